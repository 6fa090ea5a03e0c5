//! The pictures of the README, taken of the real thing: `tests/full pictures` writes them into `docs/pictures`.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "also in the functions that tests share")]
#![allow(dead_code, reason = "what tests share is more than each of them needs")]

mod support {
    pub mod browser;
    pub mod browser_chat;
    pub mod browser_demo;
    pub mod browser_process;
    pub mod palette;
}

use std::path::{Path, PathBuf};

use support::browser::{Browser, Look};
use support::browser_chat::{EN, RU, begins, ends, gives_number, hears, holds, logged_in, press, reads_code, write};
use support::browser_demo::Demo;
use support::palette::small;

const WIDE: (u32, u32, bool) = (1280, 800, false);
const PHONE: (u32, u32, bool) = (390, 760, true);
const SHEET: (u32, u32, bool) = (1040, 700, false);
const RUSSIAN: &str = "ru-RU,ru;q=0.9";
const ENGLISH: &str = "en-GB,en;q=0.9";
const CHAT: &str = "#chat iframe:not([hidden])";
/// What no picture may be larger than, in bytes.
const LARGEST: usize = 150_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures")
}

async fn take(browser: &Browser, name: &str) {
    let picture = small(&browser.seen().await);
    assert!(picture.len() <= LARGEST, "{name} has {} bytes", picture.len());
    std::fs::write(folder().join(format!("{name}.png")), picture).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes docs/pictures"]
async fn pictures_of_the_demo_and_the_erp() {
    let demo = Demo::start("ru");
    let browser = Browser::start().await;
    browser.look(Look { window: WIDE, scheme: "light", languages: RUSSIAN }).await;
    let colleagues = [
        ("Петрова Анна Сергеевна", "+7 916 222-33-44", "petrova@example.com"),
        ("Сидоров Олег Павлович", "+7 916 333-44-55", "sidorov@example.com"),
    ];
    for (at, (name, number, email)) in colleagues.into_iter().enumerate() {
        browser.forget().await;
        browser.open(&format!("{}/chat/", demo.site)).await;
        begins(&browser, &RU, name).await;
        gives_number(&browser, &RU, number).await;
        ends(&browser, &RU, email).await;
        let code = reads_code(&browser, &RU).await;
        if at == 0 {
            activates(&browser, &demo, &code).await;
        }
    }
    browser.forget().await;
    browser.open(&format!("{}/", demo.site)).await;
    browser.enter(CHAT).await;
    begins(&browser, &RU, "Иванов Иван Иванович").await;
    gives_number(&browser, &RU, "+7 916 123-45-67").await;
    ends(&browser, &RU, "ivanov@example.com").await;
    let code = reads_code(&browser, &RU).await;
    browser.leave().await;
    browser.enter("#activation iframe").await;
    for (field, text) in [("#code", code.as_str()), ("#password", "correct horse"), ("#repeat", "correct horse")] {
        browser.fill(field, text).await;
    }
    browser.run("document.activeElement.blur()").await;
    browser.leave().await;
    take(&browser, "demo").await;
    browser.look(Look { window: SHEET, scheme: "dark", languages: ENGLISH }).await;
    browser.open(&format!("{}/staff", demo.site)).await;
    take(&browser, "erp").await;
    browser.quit().await;
}

async fn activates(browser: &Browser, demo: &Demo, code: &str) {
    browser.open(&format!("{}/activate", demo.site)).await;
    for (field, text) in [("#code", code), ("#password", "correct horse"), ("#repeat", "correct horse")] {
        browser.fill(field, text).await;
    }
    browser.click("#send").await;
    browser.reads("#done-title", "Вход активирован").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes docs/pictures"]
async fn pictures_of_the_chat() {
    let demo = Demo::start("ru");
    let browser = Browser::seeing(Look { window: PHONE, scheme: "light", languages: RUSSIAN }, &format!("{}/chat/", demo.site)).await;
    press(&browser, RU.begin[0]).await;
    hears(&browser, "Здравствуйте!").await;
    take(&browser, "chat-light").await;
    browser.forget().await;
    browser.look(Look { window: PHONE, scheme: "dark", languages: ENGLISH }).await;
    browser.open(&format!("{}/chat/", demo.site)).await;
    begins(&browser, &EN, "Ivanova Maria Petrovna").await;
    gives_number(&browser, &EN, "+7 916 123-45-67").await;
    write(&browser, "ivanova@example.com").await;
    press(&browser, EN.position).await;
    holds(&browser, "return [...document.querySelectorAll('#letters .key')].some((key) => key.innerText === 'All correct')", "the review")
        .await;
    take(&browser, "chat-dark").await;
    press(&browser, EN.confirm).await;
    let code = reads_code(&browser, &EN).await;
    take(&browser, "chat-code").await;
    logged_in(&browser, &EN, &code).await;
    browser.quit().await;
}

/// What is typed in the terminal, and what the answer begins with.
const TYPED: [(&str, &str); 5] = [
    ("/start", "Помощь"),
    ("1", "Не согласен"),
    ("1", "Иванов Иван Иванович"),
    ("Иванов Иван Иванович", "Отправить мой номер"),
    ("1", "например"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes docs/pictures"]
async fn pictures_of_the_terminal() {
    let mut demo = Demo::start("ru");
    let mut shown = format!("$ usher demo\n{}", demo.greeting);
    for (line, answer) in TYPED {
        shown.push_str(&demo.say(line, answer));
        shown.push_str(&demo.hear("\n"));
    }
    let browser = Browser::seeing(Look { window: (880, 900, false), scheme: "dark", languages: RUSSIAN }, "about:blank").await;
    let draw = format!("const text = {};\n{}", serde_json::to_string(&shown).unwrap(), include_str!("support/terminal.js"));
    browser.run(&draw).await;
    let height = browser.run("return Math.ceil(document.body.getBoundingClientRect().height)").await.as_u64().unwrap();
    browser.look(Look { window: (880, u32::try_from(height).unwrap(), false), scheme: "dark", languages: RUSSIAN }).await;
    take(&browser, "terminal").await;
    browser.quit().await;
}

#[test]
fn the_readme_shows_pictures_that_are_there_and_small() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let named: Vec<&str> = readme.split("docs/pictures/").skip(1).map(|part| part.split(".png").next().unwrap()).collect();
    assert!(named.len() >= 5, "the README shows too little");
    for name in named {
        let size = std::fs::metadata(folder().join(format!("{name}.png"))).unwrap_or_else(|_| panic!("there is no picture {name}")).len();
        assert!(size > 5_000 && size <= LARGEST as u64, "{name} has {size} bytes");
    }
}
