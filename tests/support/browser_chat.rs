//! A person at the web chat, in the page or the frame that the browser is turned to.

use std::time::Duration;

use crate::support::browser::Browser;

/// How long something may take to become so.
const PATIENCE: Duration = Duration::from_mins(1);
const GLANCE: Duration = Duration::from_millis(50);

/// What is on the buttons and in the questions of the shipped registration, in the order in which they come.
pub struct Talk {
    pub begin: [&'static str; 3],
    pub steps: [&'static str; 4],
    pub send_number: &'static str,
    pub position: &'static str,
    pub confirm: &'static str,
    pub show_code: &'static str,
    pub welcome: &'static str,
}

pub const RU: Talk = Talk {
    begin: ["Начать", "Зарегистрироваться", "Согласен"],
    steps: ["Шаг 1 из 4.", "Шаг 2 из 4.", "Шаг 3 из 4.", "Шаг 4 из 4."],
    send_number: "Отправить мой номер",
    position: "Руководитель отдела",
    confirm: "Всё верно",
    show_code: "Показать код",
    welcome: "Добро пожаловать в команду",
};

pub const EN: Talk = Talk {
    begin: ["Begin", "Register", "I agree"],
    steps: ["Step 1 of 4.", "Step 2 of 4.", "Step 3 of 4.", "Step 4 of 4."],
    send_number: "Send my number",
    position: "Head of department",
    confirm: "All correct",
    show_code: "Show code",
    welcome: "Welcome to the team",
};

/// Waits until a script says that it is so.
pub async fn holds(browser: &Browser, script: &str, what: &str) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while browser.run(script).await != true {
        assert!(tokio::time::Instant::now() < deadline, "waiting for «{what}», the page reads:\n{}", browser.text("body").await);
        tokio::time::sleep(GLANCE).await;
    }
}

/// Waits until this is in the last message of the bot.
pub async fn hears(browser: &Browser, words: &str) {
    let script = format!("return [...document.querySelectorAll('.theirs')].at(-1)?.innerText.includes({words:?}) ?? false");
    holds(browser, &script, words).await;
}

/// Waits until the bot has said this, whatever it has said since.
pub async fn has_heard(browser: &Browser, words: &str) {
    let script = format!("return [...document.querySelectorAll('.theirs')].some((letter) => letter.innerText.includes({words:?}))");
    holds(browser, &script, words).await;
}

/// Presses the last button with this on it.
pub async fn press(browser: &Browser, label: &str) {
    let find = format!("const key = [...document.querySelectorAll('.key')].filter((key) => key.innerText === {label:?}).at(-1);");
    holds(browser, &format!("{find} return key !== undefined && !key.disabled"), label).await;
    browser.run(&format!("{find} key.click()")).await;
}

/// Writes a message.
pub async fn write(browser: &Browser, text: &str) {
    browser.fill("#text", text).await;
    browser.click("#write button[type=submit]").await;
}

/// Up to the question for the number.
pub async fn begins(browser: &Browser, talk: &Talk, full_name: &str) {
    for label in talk.begin {
        press(browser, label).await;
    }
    hears(browser, talk.steps[0]).await;
    write(browser, full_name).await;
    hears(browser, talk.steps[1]).await;
}

/// Gives the number that was asked for.
pub async fn gives_number(browser: &Browser, talk: &Talk, number: &str) {
    press(browser, talk.send_number).await;
    browser.fill("#own", number).await;
    browser.click("#number button[type=submit]").await;
    hears(browser, talk.steps[2]).await;
}

/// The e-mail, the position, and that all of it is right.
pub async fn ends(browser: &Browser, talk: &Talk, email: &str) {
    write(browser, email).await;
    hears(browser, talk.steps[3]).await;
    press(browser, talk.position).await;
    press(browser, talk.confirm).await;
}

/// Asks for the code and reads it.
pub async fn reads_code(browser: &Browser, talk: &Talk) -> String {
    press(browser, talk.show_code).await;
    holds(browser, "return document.querySelector('.protected code') !== null", "the code").await;
    let code = browser.run("return [...document.querySelectorAll('.protected code')].at(-1).textContent").await;
    let code = code.as_str().unwrap().to_owned();
    assert!(code.len() >= 32, "{code}");
    let seen = "const code = [...document.querySelectorAll('.protected code')].at(-1).getBoundingClientRect(), \
                room = document.getElementById('letters').getBoundingClientRect(); return code.top >= room.top && code.bottom <= room.bottom";
    holds(browser, seen, "the code can be seen however small the page is").await;
    let stands_out = "const link = [...document.querySelectorAll('.theirs .text a')].at(-1); \
                      return getComputedStyle(link).color !== getComputedStyle(link.parentElement).color";
    holds(browser, stands_out, "a link can be told from the words around it").await;
    code
}

/// Activates the login, and is welcomed: the ERP has reported it.
pub async fn logged_in(browser: &Browser, talk: &Talk, code: &str) {
    let body = format!("{{ activation_code: {code:?}, password: 'a-long-password' }}");
    let activate = format!(
        "return fetch('/api/v1/auth/activate', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, \
         body: JSON.stringify({body}) }}).then((answer) => answer.ok)"
    );
    assert_eq!(browser.run(&activate).await, true, "the code works");
    is_welcomed(browser, talk, code).await;
}

/// Hears that they have logged in; then the code is gone from the page.
pub async fn is_welcomed(browser: &Browser, talk: &Talk, code: &str) {
    hears(browser, talk.welcome).await;
    let gone = format!("return !document.documentElement.outerHTML.includes({code:?})");
    holds(browser, &gone, "the message with the code is deleted").await;
}
