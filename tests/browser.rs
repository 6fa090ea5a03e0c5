//! The first command of the README in full: a person registers in the terminal, and the ERP's page activates the account in a real
//! browser. `PICTURES=folder cargo test --test browser` keeps pictures of what was seen.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "also in the functions that tests share")]
#![allow(dead_code, reason = "what tests share is more than each of them needs")]

mod support {
    pub mod browser;
    pub mod browser_demo;
    pub mod browser_process;
}

use std::time::Duration;

use serde_json::Value;
use support::browser::{Browser, DESKTOP, Look, NARROW, PHONE};
use support::browser_demo::Demo;

/// Longer than any of these tests may take.
const AT_MOST: Duration = Duration::from_mins(5);

const PASSWORD: &str = "correct horse";

/// What is said in one language.
struct Words {
    /// What the person types, and what the bot answers.
    talk: &'static [(&'static str, &'static str)],
    show_code: [&'static str; 2],
    code_is: &'static str,
    welcome: &'static str,
    gone: &'static str,
    title: &'static str,
    wrong: &'static str,
    short: &'static str,
    differ: &'static str,
    done: &'static str,
    used: &'static str,
    nobody: &'static str,
    issued: &'static str,
    active: &'static str,
}

const RU: Words = Words {
    talk: &[
        ("/start", "Здравствуйте! Это бот регистрации сотрудников."),
        ("Зарегистрироваться", "/consent"),
        ("Согласен", "Шаг 1 из 4."),
        ("Иванов Иван Иванович", "Шаг 2 из 4."),
        ("Отправить мой номер", "Номер телефона, например"),
        ("+7 916 123-45-67", "Шаг 3 из 4."),
        ("ivanov@example.com", "Шаг 4 из 4."),
        ("Руководитель отдела", "Проверьте данные:"),
        ("Всё верно", "Готово! Вход в ERP создан."),
    ],
    show_code: ["Показать код", "Код активации:\n    │ "],
    code_is: "страница «Первый вход / Активация»",
    welcome: "Добро пожаловать в команду",
    gone: "(сообщение удалено)",
    title: "Первый вход / Активация",
    wrong: "Неверный код. Проверьте, что он скопирован целиком, или получите новый.",
    short: "Пароль слишком короткий: нужно не меньше 8 символов.",
    differ: "Пароли не совпадают. Введите один и тот же пароль дважды.",
    done: "Вход активирован",
    used: "Этот вход уже активирован: код использован. Войдите со своим паролем.",
    nobody: "Пока никого нет. Зарегистрируйтесь через бота — сотрудник появится здесь сам.",
    issued: "код выдан",
    active: "активен",
};

const EN: Words = Words {
    talk: &[
        ("/start", "Hello! This is the staff registration bot."),
        ("Register", "/consent"),
        ("I agree", "Step 1 of 4."),
        ("Ivanov Ivan Ivanovich", "Step 2 of 4."),
        ("Send my number", "Phone number, for example"),
        ("+7 916 123-45-67", "Step 3 of 4."),
        ("ivanov@example.com", "Step 4 of 4."),
        ("Head of department", "Check your data:"),
        ("All correct", "Done! Your ERP login has been created."),
    ],
    show_code: ["Show code", "Activation code:\n    │ "],
    code_is: "/activate",
    welcome: "Welcome to the team",
    gone: "(a message was deleted)",
    title: "First login / Activation",
    wrong: "Wrong code. Check that all of it was copied, or get a new one.",
    short: "The password is too short: it needs at least 8 characters.",
    differ: "The passwords differ. Enter the same password twice.",
    done: "Your account is active",
    used: "This login is active already: the code has been used. Log in with your password.",
    nobody: "Nobody yet. Register through the bot, and the member of staff appears here by itself.",
    issued: "code issued",
    active: "active",
};

/// Fills in the form and sends it.
async fn send(browser: &Browser, code: &str, password: &str, repeat: &str) {
    browser.fill("#code", code).await;
    browser.fill("#password", password).await;
    browser.fill("#repeat", repeat).await;
    browser.click("#send").await;
}

/// The field that is in trouble says so to whoever cannot see its frame, and is where one types next.
async fn is_blamed(browser: &Browser, field: &str) {
    let script = format!("const field = document.querySelector('{field}'); return [field.ariaInvalid, field === document.activeElement]");
    assert_eq!(browser.run(&script).await, serde_json::json!(["true", true]), "{field}");
}

/// The console holds nothing but these refusals of the API, of which a browser always tells.
async fn console_holds(browser: &Browser, refusals: &[&str]) {
    let complaints = browser.complaints().await;
    let expected = |complaint: &String, status: &&str| complaint.contains("/api/v1/auth/activate") && complaint.contains(*status);
    let same = complaints.len() == refusals.len() && complaints.iter().zip(refusals).all(|(complaint, status)| expected(complaint, status));
    assert!(same, "the console should hold {refusals:?}, it holds {complaints:#?}");
}

/// From the first word in the terminal to the last, with the browser in between.
async fn registers_and_activates(words: &Words, terminal: &str, look: Look) {
    let mut demo = Demo::start(terminal);
    let browser = Browser::start().await;
    browser.look(look).await;
    let name = |what: &str| format!("journey-{}-{}-{what}", look.scheme, look.languages.split('-').next().unwrap());
    let (staff, activate) = (format!("{}/staff", demo.site), format!("{}/activate", demo.site));

    browser.open(&staff).await;
    browser.reads(".nobody", words.nobody).await;
    demo.register(words.talk);
    browser.reads(".chip.issued", words.issued).await;
    browser.picture(&name("1-issued")).await;
    demo.say(words.show_code[0], words.show_code[1]);
    let code = demo.hear(words.code_is).lines().next().unwrap().trim().to_owned();
    assert!(code.len() >= 32, "{code}");

    browser.open(&activate).await;
    browser.reads("h1", words.title).await;
    send(&browser, "not-the-code", PASSWORD, PASSWORD).await;
    browser.reads("#code-error", words.wrong).await;
    is_blamed(&browser, "#code").await;
    browser.picture(&name("2-wrong")).await;
    send(&browser, &code, "short", "short").await;
    browser.reads("#password-error", words.short).await;
    is_blamed(&browser, "#password").await;
    assert_eq!(browser.text("#code-error").await, "", "what was put right is not blamed any more");
    send(&browser, &code, PASSWORD, "another one").await;
    browser.reads("#repeat-error", words.differ).await;
    send(&browser, &format!("  {code} "), PASSWORD, PASSWORD).await;
    browser.reads("#done-title", words.done).await;
    assert!(!browser.text("body").await.contains(words.title), "the form is still there");
    browser.picture(&name("3-done")).await;
    console_holds(&browser, &["404"]).await;

    browser.open(&staff).await;
    browser.reads(".chip.active", words.active).await;
    assert!(!browser.run("return document.documentElement.outerHTML").await.as_str().unwrap().contains(&code));
    browser.picture(&name("4-active")).await;
    browser.open(&activate).await;
    send(&browser, &code, "another password", "another password").await;
    browser.reads("#notice", words.used).await;
    browser.picture(&name("5-used")).await;
    console_holds(&browser, &["400"]).await;
    browser.quit().await;

    // The ERP has reported it: nothing had to be said in the chat.
    let goodbye = demo.hear(words.welcome);
    let (rest, ended) = demo.finish();
    let after = format!("{goodbye}{rest}");
    assert!(after.contains(words.gone), "the message with the code is not gone:\n{after}");
    assert_eq!(ended, Some(0));
}

async fn bounded(story: impl Future<Output = ()>) {
    tokio::time::timeout(AT_MOST, story).await.expect("this took too long");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_registers_and_activates_on_a_phone_in_russian() {
    let look = Look { window: PHONE, scheme: "dark", languages: "ru-RU,ru;q=0.9,en;q=0.8" };
    bounded(registers_and_activates(&RU, "ru", look)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_registers_and_activates_on_a_desktop_in_english() {
    let look = Look { window: DESKTOP, scheme: "light", languages: "en-GB,en;q=0.9,ru;q=0.1" };
    bounded(registers_and_activates(&EN, "en", look)).await;
}

/// What is wrong with how the page looks now: text too faint, something wider than the window, controls too small for a finger.
const FLAWS: &str = include_str!("support/browser_flaws.js");

async fn flaws(browser: &Browser) -> Vec<Value> {
    browser.run(FLAWS).await.as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_legible_in_every_look() {
    bounded(async {
        let demo = Demo::start("ru");
        let browser = Browser::start().await;
        for window in [NARROW, PHONE, DESKTOP] {
            for scheme in ["light", "dark"] {
                for languages in ["ru", "en"] {
                    browser.look(Look { window, scheme, languages }).await;
                    for path in ["/staff", "/activate", "/consent"] {
                        is_legible(&browser, &format!("{}{path}", demo.site), scheme, languages).await;
                        browser.picture(&format!("{}-{}-{scheme}-{languages}", &path[1..], window.0)).await;
                    }
                }
            }
        }
        console_holds(&browser, &[]).await;
        what_is_watched_for_would_be_seen(&browser).await;
        browser.quit().await;
    })
    .await;
}

async fn is_legible(browser: &Browser, address: &str, scheme: &str, language: &str) {
    browser.open(address).await;
    assert_eq!(flaws(browser).await, Vec::<Value>::new(), "{address} {scheme} {language}");
    let seen = browser.run("return [document.documentElement.lang, getComputedStyle(document.body).backgroundColor]").await;
    assert_eq!(seen[0], language, "{address}");
    let ground = seen[1].as_str().unwrap();
    let red: u8 = ground.trim_start_matches("rgb(").split(',').next().unwrap().parse().unwrap();
    assert!(if scheme == "dark" { red < 60 } else { red > 195 }, "{address} is {ground} although {scheme} is wanted");
}

/// A page that does wrong on purpose is found out: without this, silence would prove nothing.
async fn what_is_watched_for_would_be_seen(browser: &Browser) {
    browser.run("document.querySelector('h1').setAttribute('style', 'color: red')").await;
    let refused = browser.complaints().await;
    assert!(refused.iter().any(|complaint| complaint.contains("style-src")), "{refused:?}");
    browser.run("setTimeout(() => { throw new Error('on purpose') })").await;
    browser.run("console.error('aloud')").await;
    let failed = browser.complaints().await;
    assert!(["on purpose", "aloud"].iter().all(|words| failed.iter().any(|complaint| complaint.contains(words))), "{failed:?}");
    browser.run("const h1 = document.querySelector('h1'); h1.style.color = getComputedStyle(document.body).backgroundColor").await;
    browser.run("document.querySelector('h1').style.width = '5000px'").await;
    let found = flaws(browser).await;
    assert!(["faint", "wide"].iter().all(|kind| found.iter().any(|flaw| flaw[0] == *kind)), "{found:?}");
}
