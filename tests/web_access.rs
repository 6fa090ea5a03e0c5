//! Whoever uses the pages with a screen reader, a keyboard or little sight: axe-core finds nothing serious in any of them, in both
//! languages and both looks.
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

use serde_json::Value;
use support::browser::{Browser, DESKTOP, Look, PHONE};
use support::browser_chat::{EN, RU, Talk, begins, ends, gives_number, hears, press, reads_code};
use support::browser_demo::Demo;

const AT_MOST: Duration = Duration::from_mins(8);
const AXE: &str = include_str!("vendor/axe-core/axe.min.js");
/// What axe holds against the page or the frame the browser is turned to. Colours are looked at when nothing moves any more.
const JUDGE: &str = "document.getAnimations().forEach((animation) => animation.finish());
    return axe.run(document, { iframes: false, resultTypes: ['violations'] }).then(({ violations }) => violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`)]))";

async fn has_no_barriers(browser: &Browser, what: &str) {
    browser.run(AXE).await;
    let found = browser.run(JUDGE).await;
    assert_eq!(found, Value::Array(Vec::new()), "{what}");
}

async fn is_open_to_everybody(look: Look, talk: &Talk) {
    let demo = Demo::start("ru");
    let browser = Browser::start().await;
    browser.look(look).await;
    let Look { scheme, languages, .. } = look;
    for path in ["/", "/staff", "/activate", "/consent", "/chat/"] {
        browser.open(&format!("{}{path}", demo.site)).await;
        has_no_barriers(&browser, &format!("{path} {scheme} {languages}")).await;
    }
    begins(&browser, talk, "Иванов Иван Иванович").await;
    has_no_barriers(&browser, "a question with buttons").await;
    press(&browser, talk.send_number).await;
    has_no_barriers(&browser, "the number is asked for").await;
    browser.run("document.getElementById('cancel').click(); document.getElementById('menu-button').click()").await;
    has_no_barriers(&browser, "the menu is open").await;
    gives_number(&browser, talk, "8 916 123-45-67").await;
    ends(&browser, talk, "ivanov@example.com").await;
    let code = reads_code(&browser, talk).await;
    has_no_barriers(&browser, "the code").await;
    browser.open(&format!("{}/activate", demo.site)).await;
    browser.fill("#code", &code).await;
    browser.click("#send").await;
    has_no_barriers(&browser, "the form complains").await;
    browser.open(&format!("{}/staff", demo.site)).await;
    has_no_barriers(&browser, "somebody is there").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

async fn bounded(story: impl Future<Output = ()>) {
    tokio::time::timeout(AT_MOST, story).await.expect("this took too long");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_are_open_to_everybody_in_russian_and_light() {
    bounded(is_open_to_everybody(Look { window: PHONE, scheme: "light", languages: "ru" }, &RU)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_are_open_to_everybody_in_russian_and_dark() {
    bounded(is_open_to_everybody(Look { window: DESKTOP, scheme: "dark", languages: "ru" }, &RU)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_are_open_to_everybody_in_english_and_light() {
    bounded(is_open_to_everybody(Look { window: DESKTOP, scheme: "light", languages: "en" }, &EN)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_are_open_to_everybody_in_english_and_dark() {
    bounded(is_open_to_everybody(Look { window: PHONE, scheme: "dark", languages: "en" }, &EN)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_barrier_would_be_found() {
    bounded(async {
        let demo = Demo::start("ru");
        let browser = Browser::start().await;
        browser.look(Look { window: DESKTOP, scheme: "light", languages: "ru" }).await;
        browser.open(&format!("{}/chat/", demo.site)).await;
        browser.run(AXE).await;
        browser.run("document.querySelector('label[for=text]').remove(); document.getElementById('text').placeholder = ''").await;
        browser.run("document.querySelector('h1').style.color = '#ddd'").await;
        let found = browser.run(JUDGE).await;
        let rules: Vec<&str> = found.as_array().unwrap().iter().filter_map(|rule| rule[0].as_str()).collect();
        assert!(rules.contains(&"label") && rules.contains(&"color-contrast"), "{found}");
        browser.quit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_message_is_announced_and_a_page_that_opens_is_not() {
    bounded(async {
        let demo = Demo::start("ru");
        let browser = Browser::start().await;
        browser.look(Look { window: PHONE, scheme: "light", languages: "ru" }).await;
        browser.open(&format!("{}/chat/", demo.site)).await;
        press(&browser, RU.begin[0]).await;
        hears(&browser, "Здравствуйте!").await;
        let log = "const log = document.getElementById('letters'); return [log.role, log.ariaLive, log.ariaLabel]";
        assert_eq!(browser.run(log).await, serde_json::json!(["log", "polite", "Разговор"]));
        let spoken = browser.run("return document.querySelector('.theirs .unseen').textContent").await;
        assert_eq!(spoken, "Бот: ", "it is said who speaks");
        let still = "return [...document.styleSheets[0].cssRules].filter((rule) => rule.conditionText?.includes('reduced-motion')).length > 0 \
            && ![...document.styleSheets[0].cssRules].some((rule) => rule.style?.animationName)";
        assert_eq!(browser.run(still).await, true, "nothing moves for whoever does not want that");
        browser.quit().await;
    })
    .await;
}
