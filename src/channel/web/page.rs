//! The page, its style and its script: three documents without anything from elsewhere.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{Html, IntoResponse, Response};

use crate::channel::web::account::account;
use crate::channel::web::{Desk, Numbers, markup};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'none'; \
                      base-uri 'none'; frame-ancestors 'self'";

/// What the page says by itself, Russian and English.
const WORDS: &[(&str, &str, &str)] = &[
    ("skip", "К сообщению", "Skip to the message"),
    ("log", "Разговор", "Conversation"),
    ("label", "Ваше сообщение", "Your message"),
    ("attach", "Прикрепить файл", "Attach a file"),
    ("lost", "Файла здесь больше нет", "The file is not here any more"),
    ("bytes", "Б КБ МБ", "B KB MB"),
    ("large", "Файл больше 20 МБ.", "The file is larger than 20 MB."),
    ("nowhere", "Браузер не сообщил, где вы находитесь.", "The browser did not tell where you are."),
    ("placeholder", "Сообщение", "Message"),
    ("send", "Отправить", "Send"),
    ("menu", "Меню", "Menu"),
    ("begin", "Начать", "Begin"),
    ("hello", "Нажмите «Начать» или напишите сообщение. Можно прерваться в любой момент: разговор останется здесь.", HELLO),
    ("you", "Вы", "You"),
    ("bot", "Бот", "Bot"),
    ("copied", "Скопировано", "Copied"),
    ("down", "К новым сообщениям", "New messages"),
    ("connecting", "соединяемся…", "connecting…"),
    ("alone", "нет связи", "no connection"),
    ("online", "на связи", "online"),
    ("offline", "Нет сети. Написанное отправится само.", "No network. What you write will be sent by itself."),
    (
        "away",
        "Бот не отвечает, соединяемся… Написанное отправится само.",
        "The bot is away, connecting… What you write will be sent by itself.",
    ),
    ("waiting", "ждёт связи", "waiting for a connection"),
    ("refused", "Не принято. Проверьте сообщение и отправьте ещё раз.", "Not accepted. Check the message and send it again."),
    ("failed", "Не отправлено. Попробуйте ещё раз.", "Not sent. Try again."),
    ("again", "Не доставлено. Отправить ещё раз", "Not delivered. Send again"),
    ("unverified", "не подтверждён", "not verified"),
    ("number", "Номер телефона", "Phone number"),
    ("cancel", "Отмена", "Cancel"),
    ("spoiler", "Скрытый текст, нажмите, чтобы показать", "Hidden text, press to show"),
    ("noscript", "Для чата нужен JavaScript.", "The chat needs JavaScript."),
];
const HELLO: &str = "Press “Begin”, or write a message. You can stop at any moment: the conversation stays here.";

/// What is said of a number: whether the bot will take it as confirmed.
const TYPED: (&str, &str) =
    ("Номер передаётся как введённый вручную: он не подтверждён.", "The number is passed on as typed: it is not verified.");
const BELIEVED: (&str, &str) =
    ("Демонстрация: номер считается вашим без проверки.", "A demonstration: the number is taken for yours without a check.");

/// `GET`: the page.
pub async fn show(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    let language = match chosen(&desk, &headers).await {
        Some(chosen) => chosen,
        None => language(&headers),
    };
    let pick = |russian: &'static str, english: &'static str| if language == "ru" { russian } else { english };
    let note = if desk.numbers == Numbers::Believed { BELIEVED } else { TYPED };
    let commands = serde_json::to_string(&desk.commands(language, &[])).unwrap_or_default();
    let mut document = include_str!("page.html").replace("{language}", language);
    for (name, russian, english) in WORDS {
        document = document.replace(&format!("{{{name}}}"), &markup::escaped(pick(russian, english)));
    }
    document = document.replace("{note}", &markup::escaped(pick(note.0, note.1)));
    let extra = [(header::CONTENT_LANGUAGE, language), (header::VARY, "accept-language, cookie")];
    // The bot's own words come last: nothing in them is taken for a place of something else.
    let (before, after) = document.split_once("{commands}").unwrap_or((&document, ""));
    let title = markup::escaped(&desk.title(language));
    let own = |part: &str| part.replace("{title}", &title);
    (extra, guarded(), Html(own(before) + &markup::escaped(&commands) + &own(after))).into_response()
}

/// `GET style.css`.
pub async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], guarded(), include_str!("style.css")).into_response()
}

/// `GET script.js`.
pub async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], guarded(), include_str!("script.js")).into_response()
}

fn guarded() -> [(HeaderName, &'static str); 4] {
    [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ]
}

/// The language that the person speaks with the bot, if the page speaks it, too.
async fn chosen(desk: &Desk, headers: &HeaderMap) -> Option<&'static str> {
    let language = desk.known(&account(desk, headers).ok()??).await?.person.language?;
    ["ru", "en"].into_iter().find(|known| *known == language)
}

/// Of Russian and English, the one that stands first among what the browser wants; Russian if it wants neither.
fn language(headers: &HeaderMap) -> &'static str {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tags = wanted.split(',').map(|range| range.trim().get(..2).unwrap_or_default().to_ascii_lowercase());
    let first = tags.into_iter().find(|tag| tag == "ru" || tag == "en");
    if first.as_deref() == Some("en") { "en" } else { "ru" }
}
