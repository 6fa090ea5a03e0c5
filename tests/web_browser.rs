//! The whole registration in the chat of `usher demo`, in a real browser with a phone's window. `PICTURES=folder` keeps pictures.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "also in the functions that tests share")]
#![allow(dead_code, reason = "what tests share is more than each of them needs")]

mod support {
    pub mod browser;
    pub mod browser_demo;
    pub mod browser_process;
}

use std::time::Duration;

use support::browser::{Browser, Look, NARROW, PHONE};
use support::browser_demo::Demo;

const AT_MOST: Duration = Duration::from_mins(5);

async fn hears(browser: &Browser, words: &str) {
    let script = format!("return [...document.querySelectorAll('.theirs')].at(-1)?.innerText.includes({words:?}) ?? false");
    holds(browser, &script, words).await;
}

/// Waits until a script says that it is so.
async fn holds(browser: &Browser, script: &str, what: &str) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while browser.run(script).await != true {
        assert!(tokio::time::Instant::now() < deadline, "waiting for «{what}», the page reads:\n{}", browser.text("body").await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Presses the last button with this on it.
async fn press(browser: &Browser, label: &str) {
    let find = format!("const key = [...document.querySelectorAll('.key')].filter((key) => key.innerText === {label:?}).at(-1);");
    holds(browser, &format!("{find} return key !== undefined"), label).await;
    browser.run(&format!("{find} key.click()")).await;
}

async fn write(browser: &Browser, text: &str) {
    browser.fill("#text", text).await;
    browser.click("#write button").await;
}

async fn registers(look: Look, words: &[&str; 13]) {
    let demo = Demo::start("ru");
    let browser = Browser::start().await;
    browser.look(look).await;
    let picture = async |name: &str| browser.picture(&format!("chat-{}-{name}", look.scheme)).await;
    let chat = format!("{}/chat/", demo.site);
    browser.open(&chat).await;
    press(&browser, words[0]).await;
    picture("1-start").await;
    press(&browser, words[1]).await;
    press(&browser, words[2]).await;
    hears(&browser, words[3]).await;
    write(&browser, "Иванов Иван Иванович").await;
    hears(&browser, words[4]).await;
    picture("2-number-asked").await;
    let before = browser.text("#letters").await;

    browser.open(&chat).await;
    hears(&browser, words[4]).await;
    assert_eq!(browser.text("#letters").await, before, "a page that opens again shows the same");
    press(&browser, words[5]).await;
    browser.fill("#own", "8 916 123-45-67").await;
    picture("3-number").await;
    browser.click("#number button[type=submit]").await;
    hears(&browser, words[6]).await;
    write(&browser, "ivanov@example.com").await;
    hears(&browser, words[7]).await;
    press(&browser, words[8]).await;
    press(&browser, words[9]).await;
    press(&browser, words[10]).await;
    holds(&browser, "return document.querySelector('.protected code, .protected .spoiler') !== null", "the code").await;
    picture("4-code").await;
    let code = browser.run("return [...document.querySelectorAll('.protected code')].at(-1)?.textContent ?? ''").await;
    assert!(code.as_str().unwrap().len() >= 32, "{code}");
    press(&browser, words[11]).await;
    hears(&browser, words[12]).await;
    let gone = format!("return !document.documentElement.outerHTML.includes({code})");
    holds(&browser, &gone, "the message with the code is deleted").await;
    picture("5-done").await;
    let wide = "return document.documentElement.scrollWidth <= innerWidth && getComputedStyle(document.documentElement).colorScheme !== ''";
    assert_eq!(browser.run(wide).await, true, "nothing is wider than the window");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_registers_in_the_browser_of_a_phone_with_a_reload_in_between() {
    let words = [
        "Начать",
        "Зарегистрироваться",
        "Согласен",
        "Шаг 1 из 4.",
        "Шаг 2 из 4.",
        "Отправить мой номер",
        "Шаг 3 из 4.",
        "Шаг 4 из 4.",
        "Руководитель отдела",
        "Всё верно",
        "Показать код",
        "Я вошёл",
        "Личный кабинет",
    ];
    let look = Look { window: PHONE, scheme: "light", languages: "ru-RU,ru;q=0.9" };
    tokio::time::timeout(AT_MOST, registers(look, &words)).await.expect("this took too long");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_registers_in_english_on_a_narrow_dark_screen() {
    let words = [
        "Begin",
        "Register",
        "I agree",
        "Step 1 of 4.",
        "Step 2 of 4.",
        "Send my number",
        "Step 3 of 4.",
        "Step 4 of 4.",
        "Head of department",
        "All correct",
        "Show code",
        "I have logged in",
        "Your cabinet",
    ];
    let look = Look { window: NARROW, scheme: "dark", languages: "en-GB,en;q=0.9" };
    tokio::time::timeout(AT_MOST, registers(look, &words)).await.expect("this took too long");
}
