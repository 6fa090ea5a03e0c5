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
use support::browser_chat::{
    EN, RU, Talk, begins, ends, gives_number, has_heard, hears, holds, is_welcomed, logged_in, press, reads_code, write,
};
use support::browser_demo::Demo;

const AT_MOST: Duration = Duration::from_mins(5);
const RUSSIAN: &str = "ru-RU,ru;q=0.9";
const ENGLISH: &str = "en-GB,en;q=0.9";
const NAME: &str = "Иванов Иван Иванович";
/// All that stands in the conversation, also while it is coming in.
const SAID: &str = "return document.getElementById('letters').innerText";
/// The chat of HR, after those of two employees.
const HR: &str = ".people button:nth-child(3)";
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
        let browser = Browser::seeing(Look { window: DESKTOP, scheme: "light", languages: RUSSIAN }, &format!("{}/", demo.site)).await;
        browser.enter(CHAT).await;
        begins(&browser, &RU, NAME).await;
        write(&browser, "89161234567").await;
        let last = "const keys = [...document.querySelectorAll('.key.number')];
            return keys.length === 2 && keys.filter((key) => key.checkVisibility()).length === 1 && keys[1].checkVisibility()";
        holds(&browser, last, "whoever is asked again for the number has one button for it").await;
        gives_number(&browser, &RU, "+7 916 123-45-67").await;
        ends(&browser, &RU, "ivanov@example.com").await;
        let code = reads_code(&browser, &RU).await;
        browser.leave().await;
        browser.picture("front-code").await;
        browser.enter("#activation iframe").await;
        for (field, text) in [("#code", code.as_str()), ("#password", "short"), ("#repeat", "other")] {
            browser.fill(field, text).await;
        }
        browser.click("#send").await;
        let both = "return ['password', 'repeat'].every((name) => document.getElementById(`${name}-error`).textContent !== '')";
        holds(&browser, both, "all that is wrong is told at once").await;
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
        // Nobody has pressed «Я вошёл»: the ERP has reported it.
        is_welcomed(&browser, &RU, &code).await;
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
        let browser = Browser::seeing(Look { window: PHONE, scheme: "dark", languages: ENGLISH }, &format!("{}/", demo.site)).await;
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
async fn a_reload_shows_the_chat_and_the_part_that_were_chosen() {
    bounded(async {
        let demo = Demo::start("ru");
        let browser = Browser::seeing(Look { window: PHONE, scheme: "light", languages: RUSSIAN }, &format!("{}/", demo.site)).await;
        let reload = "window.isEarlier = true; location.reload()";
        let shows = async |part: &str, chat: &str| {
            let shown = format!(
                "const frames = [...document.querySelectorAll('#chat iframe:not([hidden])')],
                    pressed = [...document.querySelectorAll('.people [aria-pressed=true]')].map((one) => one.getAttribute('aria-controls'));
                 return !window.isEarlier && document.body.dataset.shown === {part:?}
                    && frames.map((frame) => frame.contentWindow.location.pathname).join() === {chat:?}
                    && pressed.join() === frames.map((frame) => frame.id).join()
                    && document.querySelector('[data-part={part}]').getAttribute('aria-current') === 'true'"
            );
            holds(&browser, &shown, &format!("{part} and {chat}")).await;
        };
        shows("chat", "/chat/").await;
        browser.click(HR).await;
        shows("chat", "/as/hr/").await;
        browser.run(reload).await;
        shows("chat", "/as/hr/").await;
        let others = "return [...document.querySelectorAll('#chat iframe[hidden]')].every((frame) => frame.contentWindow.location.href === 'about:blank')";
        holds(&browser, others, "the other chats hold no connection").await;
        browser.enter(CHAT).await;
        holds(&browser, "return document.getElementById('state').innerText === 'на связи'", "the chat of HR is open").await;
        browser.leave().await;
        browser.click("[data-part=erp]").await;
        browser.run(reload).await;
        shows("erp", "/as/hr/").await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_while_the_bot_is_away_waits_and_arrives_by_itself() {
    bounded(async {
        let mut demo = Demo::start("ru");
        let browser = Browser::seeing(Look { window: PHONE, scheme: "light", languages: RUSSIAN }, &format!("{}/chat/", demo.site)).await;
        for label in RU.begin {
            press(&browser, label).await;
        }
        hears(&browser, RU.steps[0]).await;
        assert_eq!(browser.text("#state").await, "на связи");
        demo.kill();
        holds(&browser, "return document.getElementById('trouble').innerText.startsWith('Бот не отвечает')", "it says so").await;
        write(&browser, NAME).await;
        holds(&browser, "return document.querySelector('.mine.open .foot')?.innerText === 'ждёт связи'", "the message waits").await;
        browser.picture("chat-away").await;
        demo.start_again();
        hears(&browser, RU.steps[1]).await;
        holds(&browser, "return document.getElementById('state').innerText === 'на связи'", "it is back").await;
        let written = format!("return [...document.querySelectorAll('.mine')].filter((mine) => mine.innerText.includes('{NAME}')).length");
        assert_eq!(browser.run(&written).await, 1, "it was taken once");
        assert_eq!(browser.run("return document.querySelector('.open')").await, serde_json::Value::Null, "nothing waits any more");
        browser.quit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_erp_and_a_lost_answer_are_waited_for_and_nobody_is_created_twice() {
    bounded(async {
        let demo = Demo::start("ru");
        let browser = Browser::seeing(Look { window: DESKTOP, scheme: "dark", languages: RUSSIAN }, &format!("{}/chat/", demo.site)).await;
        begins(&browser, &RU, NAME).await;
        gives_number(&browser, &RU, "+7 916 123-45-67").await;
        write(&browser, "ivanov@example.com").await;
        press(&browser, RU.position).await;
        holds(&browser, "return [...document.querySelectorAll('.key')].some((key) => key.innerText === 'Всё верно')", "the review").await;
        for fault in [r#"{"route":"POST /api/v1/staff/","drop_after_commit":true}"#, r#"{"route":"GET /api/v1/staff/","delay_ms":3000}"#] {
            let sent = format!(
                "return fetch('/_demo/faults', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, body: {fault:?} }}).then((answer) => answer.ok)"
            );
            assert_eq!(browser.run(&sent).await, true);
        }
        press(&browser, RU.confirm).await;
        has_heard(&browser, "Отправляю данные в ERP").await;
        hears(&browser, "Вход в ERP создан").await;
        browser.open(&format!("{}/staff", demo.site)).await;
        assert_eq!(browser.run("return document.querySelectorAll('#held tbody tr').length").await, 1);
        let asked = browser.run("return document.getElementById('asked').innerText").await;
        assert_eq!(asked.as_str().unwrap().matches("сломано нарочно").count(), 2, "{asked}");
        is_well(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_broken_on_purpose_is_told_until_it_is_used_up() {
    bounded(async {
        let demo = Demo::start("ru");
        let browser = Browser::seeing(Look { window: DESKTOP, scheme: "light", languages: ENGLISH }, &format!("{}/staff", demo.site)).await;
        let press = async |label: &str| {
            let found = format!("[...document.querySelectorAll('[data-fault]')].find((button) => button.innerText === {label:?})");
            browser.run(&format!("{found}.click(); return true")).await;
        };
        let says = |words: &str| format!("return document.getElementById('told').innerText === {words:?}");
        let asks = "return fetch('/api/v1/positions/', { headers: { 'X-API-Key': 'demo-key' } }).then((answer) => answer.status)";
        let broken = says("The next three requests will get error 503.");
        press("Error 503").await;
        holds(&browser, &broken, "what was broken").await;
        for _ in 0..2 {
            assert_eq!(browser.run(asks).await, 503);
        }
        // The page asks anew every second: it has seen that one request is left.
        holds(&browser, "return document.querySelectorAll('#asked .chip.bad').length === 2", "two requests failed").await;
        assert_eq!(browser.run(&broken).await, true, "one more will fail");
        assert_eq!(browser.run(asks).await, 503);
        holds(&browser, &says(""), "it is used up").await;
        press("Repair").await;
        let well = says("The ERP is well again. The bot tries again by itself, usually within a minute.");
        holds(&browser, &well, "it is well, and when the chat goes on").await;
        browser.run("return new Promise((done) => setTimeout(() => done(true), 2500))").await;
        assert_eq!(browser.run(&well).await, true, "that is not used up");
        browser.quit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_is_turned_page_by_page_and_searched() {
    bounded(async {
        let demo = Demo::start_with("ru", &["--extra-positions", "60"]);
        let browser = Browser::seeing(Look { window: PHONE, scheme: "dark", languages: RUSSIAN }, &format!("{}/chat/", demo.site)).await;
        begins(&browser, &RU, NAME).await;
        gives_number(&browser, &RU, "+7 916 123-45-67").await;
        write(&browser, "ivanov@example.com").await;
        hears(&browser, RU.steps[3]).await;
        let offered = "[...document.querySelectorAll('#letters .theirs:last-of-type .key')].map((key) => key.innerText)";
        let first = browser.run(&format!("return {offered}")).await;
        browser.picture("chat-list").await;
        press(&browser, "Дальше ›").await;
        holds(&browser, &format!("return !{offered}.includes({})", first[0]), "the second page").await;
        write(&browser, "участка 47").await;
        holds(&browser, &format!("return {offered}.includes('Специалист участка 47') && {offered}.length < 4"), "what was searched for")
            .await;
        press(&browser, "Специалист участка 47").await;
        hears(&browser, "Должность: Специалист участка 47").await;
        is_well(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_of_it_can_be_done_with_the_keyboard() {
    bounded(async {
        let demo = Demo::start("ru");
        let browser = Browser::seeing(Look { window: DESKTOP, scheme: "light", languages: RUSSIAN }, &format!("{}/chat/", demo.site)).await;
        holds(&browser, "return document.activeElement.id === 'text'", "one can write at once").await;
        browser.types("/start", &["Enter"]).await;
        hears(&browser, "Здравствуйте!").await;
        let to = async |label: &str| {
            let is_at = format!("return document.activeElement.innerText === {label:?}");
            for _ in 0..12 {
                if browser.run(&is_at).await == true {
                    return;
                }
                browser.types("", &["Shift+Tab"]).await;
            }
            panic!("«{label}» cannot be reached with the keyboard");
        };
        to("Зарегистрироваться").await;
        browser.types("", &["Enter"]).await;
        hears(&browser, "Для регистрации нужно").await;
        holds(&browser, "return document.activeElement !== document.body", "the focus is not lost with the button").await;
        to("Меню").await;
        browser.types("", &["Enter", "Down", "Escape"]).await;
        assert_eq!(
            browser.run("return [document.activeElement.id, document.getElementById('menu').hidden]").await,
            serde_json::json!(["menu-button", true])
        );
        let folds = "document.getElementById('menu-button').click(); document.getElementById('text').focus(); \
                     return document.getElementById('menu').hidden";
        assert_eq!(browser.run(folds).await, true, "whoever goes on writing does not write under the menu");
        is_well(&browser).await;
        browser.quit().await;
    })
    .await;
}

/// A bot with something for the staff department alone, and who that is elsewhere.
const OFFICE: [(&str, &str); 3] = [
    (
        "usher.yaml",
        "usher: 1\nchannels:\n  tg: { kind: telegram, token: \"${env:TOKEN}\" }\nroles:\n  hr: { title: Отдел кадров, people: [9001] }\n",
    ),
    ("flows/bot.yaml", "bot: Кадры\nlanguages: [ru]\n"),
    (
        "flows/papers.yaml",
        "flow: papers\ntitle: Бумаги\nstart: { command: papers, menu: Бумаги }\nfor: [hr]\nsteps:\n  here:\n    say: Вот бумаги отдела кадров.\n    end: completed\n",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_holds_a_role_has_a_chat_and_may_do_what_others_may_not() {
    bounded(async {
        let demo = Demo::start_among("ru", &OFFICE);
        let browser = Browser::seeing(Look { window: DESKTOP, scheme: "light", languages: RUSSIAN }, &format!("{}/", demo.site)).await;
        browser.enter(CHAT).await;
        holds(&browser, "return document.getElementById('state').innerText === 'на связи'", "the chat is open").await;
        write(&browser, "/papers").await;
        holds(&browser, "return document.querySelectorAll('.theirs').length === 1", "an answer").await;
        assert!(!browser.text("#letters").await.contains("Вот бумаги"), "the employee is no holder of the role");
        browser.leave().await;
        assert_eq!(browser.text(".people button:last-child").await, "Отдел кадров");
        browser.click(".people button:last-child").await;
        browser.enter(CHAT).await;
        holds(&browser, "return document.getElementById('state').innerText === 'на связи'", "the other chat is open").await;
        write(&browser, "/papers").await;
        hears(&browser, "Вот бумаги отдела кадров.").await;
        let offered = "return document.getElementById('menu').textContent.includes('/papers')";
        holds(&browser, offered, "the menu has what the role may begin").await;
        browser.run("window.isEarlier = true; location.reload()").await;
        let anew = "return !window.isEarlier && document.getElementById('menu')?.textContent.includes('/papers')";
        holds(&browser, anew, "a page that is loaded anew has the same").await;
        browser.leave().await;
        is_well(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_begins_where_no_flow_is_called_start_is_shown_what_there_is() {
    let flow = |name: &str, title: &str| {
        format!(
            "flow: {name}\ntitle: {title}\nstart: {{ command: {name}, menu: {title} }}\nfor: anyone\nsteps:\n  here:\n    say: Это {name}.\n    end: completed\n"
        )
    };
    let (bill, key) = (flow("bill", "Оплатить счёт"), flow("key", "Попросить ключ"));
    let files = [OFFICE[0], OFFICE[1], ("flows/bill.yaml", bill.as_str()), ("flows/key.yaml", key.as_str())];
    bounded(async {
        let demo = Demo::start_among("ru", &files);
        let browser = Browser::seeing(Look { window: PHONE, scheme: "light", languages: RUSSIAN }, &format!("{}/chat/", demo.site)).await;
        press(&browser, RU.begin[0]).await;
        hears(&browser, "/bill — Оплатить счёт\n/key — Попросить ключ").await;
        let sent = "return [...document.querySelectorAll('.mine .text')].map((text) => text.firstChild.textContent).join()";
        assert_eq!(browser.run(sent).await, "/start", "the same as the button of Telegram");
        browser.run("document.querySelector('.theirs button.command').click()").await;
        hears(&browser, "Это bill.").await;
        is_well(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hr_approves_a_request_beside_the_employee_who_waits_for_it() {
    bounded(async {
        let demo = Demo::start_with("ru", &["--set", "mode=approved", "--set", "position_by=admin"]);
        let browser = Browser::seeing(Look { window: DESKTOP, scheme: "light", languages: RUSSIAN }, &format!("{}/", demo.site)).await;
        assert_eq!(browser.text(HR).await, "Отдел кадров");
        browser.click(HR).await;
        browser.enter(CHAT).await;
        holds(&browser, "return document.getElementById('state').innerText === 'на связи'", "the chat of HR is open").await;
        browser.leave().await;

        browser.click(".people button:first-child").await;
        browser.enter(CHAT).await;
        begins(&browser, &RU, NAME).await;
        gives_number(&browser, &RU, "+7 916 123-45-67").await;
        ends(&browser, &RU, "ivanov@example.com").await;
        hears(&browser, "отправлена администратору").await;
        browser.leave().await;

        browser.click(HR).await;
        browser.enter(CHAT).await;
        hears(&browser, "Новая заявка №").await;
        browser.leave().await;
        browser.picture("approval-card").await;
        browser.enter(CHAT).await;
        press(&browser, "Одобрить").await;
        hears(&browser, "Какая должность у сотрудника").await;
        press(&browser, "Фотограф").await;
        has_heard(&browser, "одобрена (Фотограф): Отдел кадров").await;
        browser.leave().await;
        browser.picture("approval-decided").await;

        browser.click(".people button:first-child").await;
        browser.enter(CHAT).await;
        let code = reads_code(&browser, &RU).await;
        logged_in(&browser, &RU, &code).await;
        browser.leave().await;
        is_well(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_speaks_the_language_that_the_person_chose() {
    bounded(async {
        let demo = Demo::start("ru");
        let browser = Browser::seeing(Look { window: PHONE, scheme: "light", languages: RUSSIAN }, &format!("{}/chat/", demo.site)).await;
        press(&browser, RU.begin[0]).await;
        hears(&browser, "Здравствуйте!").await;
        let zone = "const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
            return [...document.querySelectorAll('article time')].every((time) => time.title.endsWith(`(${timeZone})`))";
        holds(&browser, zone, "the time of a message names its zone").await;
        write(&browser, "/language").await;
        press(&browser, "English").await;
        holds(
            &browser,
            "return document.documentElement.lang === 'en' && document.getElementById('state').innerText === 'online'",
            "English",
        )
        .await;
        browser.run("window.isEarlier = true; location.reload()").await;
        let anew = "return !window.isEarlier && document.querySelector('#menu-button span')?.innerText === 'Menu'";
        holds(&browser, anew, "a page that is loaded anew speaks it at once").await;
        is_well(&browser).await;
        browser.quit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_opens_the_link_of_an_invitation_is_met_by_what_it_brings_once() {
    bounded(async {
        let demo = Demo::start("ru");
        let office = Browser::start().await;
        office.look(Look { window: DESKTOP, scheme: "light", languages: RUSSIAN }).await;
        office.open(&format!("{}/as/hr/", demo.site)).await;
        holds(&office, "return document.getElementById('state').innerText === 'на связи'", "the chat of HR is open").await;
        write(&office, "/invite").await;
        press(&office, "Без e-mail").await;
        press(&office, "Фотограф").await;
        hears(&office, "?start=").await;
        let link = office.run("return [...document.querySelectorAll('.theirs')].at(-1).innerText.match(/http\\S+start=\\S+/)[0]").await;
        let link = link.as_str().unwrap();
        assert!(link.starts_with(&format!("{}/chat/?start=", demo.site)), "{link}");
        let scanned = "return document.querySelector('.theirs img.picture')?.naturalWidth > 100";
        holds(&office, scanned, "the picture of it").await;
        office.picture("invitation").await;

        let guest = Browser::start().await;
        guest.look(Look { window: PHONE, scheme: "light", languages: RUSSIAN }).await;
        guest.open(link).await;
        press(&guest, RU.begin[1]).await;
        press(&guest, RU.begin[2]).await;
        hears(&guest, RU.steps[0]).await;
        assert_eq!(guest.run("return location.search").await, "", "a page that is loaded anew does not bring it again");
        let began = "return [...document.querySelectorAll('.mine')].filter((one) => one.innerText.includes('/start')).length";
        assert_eq!(guest.run(began).await, 1);
        guest.run("location.reload()").await;
        hears(&guest, RU.steps[0]).await;
        assert_eq!(guest.run(began).await, 1);
        is_well(&guest).await;
        guest.quit().await;
        office.quit().await;
    })
    .await;
}
