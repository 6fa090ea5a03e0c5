//! The pages of `usher demo` in a real browser: the whole registration in the chat, alone and beside the ERP, in several windows and
//! tabs. `PICTURES=folder` keeps pictures.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "also in the functions that tests share")]
#![allow(dead_code, reason = "what tests share is more than each of them needs")]

mod support {
    pub mod browser;
    pub mod browser_chat;
    pub mod browser_demo;
    pub mod browser_process;
}

use std::time::Duration;

use support::browser::{Browser, DESKTOP, Look, NARROW, PHONE};
use support::browser_chat::{EN, RU, Talk, begins, ends, gives_number, hears, holds, logged_in, press, reads_code, write};
use support::browser_demo::Demo;

const AT_MOST: Duration = Duration::from_mins(5);
const RUSSIAN: &str = "ru-RU,ru;q=0.9";
const ENGLISH: &str = "en-GB,en;q=0.9";
const NAME: &str = "Иванов Иван Иванович";
/// All that stands in the conversation, also while it is coming in.
const SAID: &str = "return document.getElementById('letters').innerText";
const CHAT: &str = "#chat iframe:not([hidden])";

async fn bounded(story: impl Future<Output = ()>) {
    tokio::time::timeout(AT_MOST, story).await.expect("this took too long");
}

async fn is_well(browser: &Browser) {
    let fits = "return document.documentElement.scrollWidth <= innerWidth";
    assert_eq!(browser.run(fits).await, true, "something is wider than the window");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

async fn registers(look: Look, talk: &Talk) {
    let demo = Demo::start("ru");
    let browser = Browser::start().await;
    browser.look(look).await;
    let picture = async |name: &str| browser.picture(&format!("chat-{}-{name}", look.scheme)).await;
    let chat = format!("{}/chat/", demo.site);
    browser.open(&chat).await;
    begins(&browser, talk, NAME).await;
    picture("1-number-asked").await;
    let before = browser.run(SAID).await;

    browser.open(&chat).await;
    hears(&browser, talk.steps[1]).await;
    assert_eq!(browser.run(SAID).await, before, "a page that opens again shows the same");
    gives_number(&browser, talk, "8 916 123-45-67").await;
    ends(&browser, talk, "ivanov@example.com").await;
    let code = reads_code(&browser, talk).await;
    picture("2-code").await;
    logged_in(&browser, talk, &code).await;
    picture("3-done").await;
    is_well(&browser).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_registers_in_the_browser_of_a_phone_with_a_reload_in_between() {
    bounded(registers(Look { window: PHONE, scheme: "light", languages: RUSSIAN }, &RU)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_registers_in_english_on_a_narrow_dark_screen() {
    bounded(registers(Look { window: NARROW, scheme: "dark", languages: ENGLISH }, &EN)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_shows_the_chat_the_activation_and_the_erp_side_by_side() {
    bounded(async {
        let demo = Demo::start("ru");
        let browser = Browser::start().await;
        browser.look(Look { window: DESKTOP, scheme: "light", languages: RUSSIAN }).await;
        browser.open(&format!("{}/", demo.site)).await;
        browser.enter(CHAT).await;
        begins(&browser, &RU, NAME).await;
        gives_number(&browser, &RU, "+7 916 123-45-67").await;
        ends(&browser, &RU, "ivanov@example.com").await;
        let code = reads_code(&browser, &RU).await;
        browser.leave().await;
        browser.picture("front-code").await;
        browser.enter("#activation iframe").await;
        for (field, text) in [("#code", code.as_str()), ("#password", "correct horse"), ("#repeat", "correct horse")] {
            browser.fill(field, text).await;
        }
        browser.click("#send").await;
        browser.reads("#done-title", "Вход активирован").await;
        browser.leave().await;
        browser.enter("#erp iframe").await;
        holds(&browser, "return document.querySelector('.chip.active')?.innerText === 'активен'", "the login is active").await;
        let asked = "return [...document.querySelectorAll('#asked code')].some((asked) => asked.innerText === 'POST /api/v1/staff/')";
        holds(&browser, asked, "the request is shown").await;
        browser.leave().await;
        browser.enter(CHAT).await;
        logged_in(&browser, &RU, &code).await;
        browser.leave().await;
        browser.picture("front-done").await;
        is_well(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_the_parts_are_tabs_and_two_people_have_a_chat_each() {
    bounded(async {
        let demo = Demo::start("ru");
        let browser = Browser::start().await;
        browser.look(Look { window: PHONE, scheme: "dark", languages: ENGLISH }).await;
        browser.open(&format!("{}/", demo.site)).await;
        browser.picture("front-phone").await;
        browser.enter(CHAT).await;
        begins(&browser, &EN, NAME).await;
        browser.leave().await;

        browser.click(".people button:last-child").await;
        browser.enter(CHAT).await;
        holds(&browser, "return document.querySelectorAll('.theirs').length === 0", "the second has a chat of their own").await;
        press(&browser, EN.begin[0]).await;
        press(&browser, EN.begin[1]).await;
        browser.leave().await;
        browser.click(".people button:first-child").await;
        browser.enter(CHAT).await;
        hears(&browser, EN.steps[1]).await;
        browser.leave().await;

        for (part, words) in [("activation", "First login / Activation"), ("erp", "Nobody yet")] {
            browser.click(&format!("[data-part={part}]")).await;
            let shown =
                "return [...document.querySelectorAll('.part')].filter((part) => part.checkVisibility()).map((part) => part.id).join()";
            assert_eq!(browser.run(shown).await, part);
            browser.enter(&format!("#{part} iframe")).await;
            assert!(browser.text("body").await.contains(words));
            browser.leave().await;
            browser.picture(&format!("front-phone-{part}")).await;
        }
        is_well(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_show_the_same_conversation_as_it_goes_on() {
    bounded(async {
        let demo = Demo::start("ru");
        let browser = Browser::start().await;
        let look = Look { window: DESKTOP, scheme: "light", languages: RUSSIAN };
        browser.look(look).await;
        let chat = format!("{}/chat/", demo.site);
        browser.open(&chat).await;
        begins(&browser, &RU, NAME).await;
        let first = browser.new_tab().await;
        browser.look(look).await;
        browser.open(&chat).await;
        hears(&browser, RU.steps[1]).await;
        gives_number(&browser, &RU, "+7 916 123-45-67").await;
        let second = browser.run(SAID).await;
        browser.turn_to(first).await;
        hears(&browser, RU.steps[2]).await;
        assert_eq!(browser.run(SAID).await, second);
        write(&browser, "ivanov@example.com").await;
        hears(&browser, RU.steps[3]).await;
        assert_eq!(browser.run("return document.querySelectorAll('.mine').length").await, 4, "nothing was taken twice");
        browser.quit().await;
    })
    .await;
}
