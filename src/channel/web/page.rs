//! The page, its style and its script: three documents without anything from elsewhere.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{Html, IntoResponse, Response};

use crate::channel::web::{Desk, Numbers, markup};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'none'; \
                      base-uri 'none'; frame-ancestors 'self'";

/// What the page says by itself, Russian and English.
const WORDS: &[(&str, &str, &str)] = &[
    ("title", "Чат", "Chat"),
    ("skip", "К сообщению", "Skip to the message"),
    ("log", "Разговор", "Conversation"),
    ("label", "Ваше сообщение", "Your message"),
    ("attach", "Прикрепить файл", "Attach a file"),
    ("large", "Файл больше 20 МБ.", "The file is larger than 20 MB."),
    ("nowhere", "Браузер не сообщил, где вы находитесь.", "The browser did not tell where you are."),
    ("placeholder", "Сообщение", "Message"),
    ("send", "Отправить", "Send"),
    ("menu", "Меню", "Menu"),
    ("begin", "Начать", "Begin"),
    ("hello", "Нажмите «Начать» — или напишите сообщение.", "Press “Begin”, or write a message."),
    ("you", "Вы", "You"),
    ("bot", "Бот", "Bot"),
    ("copied", "Скопировано", "Copied"),
    ("offline", "Нет связи. Соединяемся…", "No connection. Connecting…"),
    ("failed", "Не отправлено. Попробуйте ещё раз.", "Not sent. Try again."),
    ("number", "Номер телефона", "Phone number"),
    ("cancel", "Отмена", "Cancel"),
    ("spoiler", "Скрытый текст, нажмите, чтобы показать", "Hidden text, press to show"),
    ("noscript", "Для чата нужен JavaScript.", "The chat needs JavaScript."),
];

/// What is said of a number: whether the bot will take it as confirmed.
const TYPED: (&str, &str) =
    ("Номер передаётся как введённый вручную: он не подтверждён.", "The number is passed on as typed: it is not verified.");
const BELIEVED: (&str, &str) =
    ("Демонстрация: номер считается вашим без проверки.", "A demonstration: the number is taken for yours without a check.");

/// `GET`: the page.
pub async fn show(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    let language = language(&headers);
    let pick = |russian: &'static str, english: &'static str| if language == "ru" { russian } else { english };
    let note = if desk.numbers == Numbers::Believed { BELIEVED } else { TYPED };
    let commands = serde_json::to_string(&desk.commands(language)).unwrap_or_default();
    let mut document = include_str!("page.html").replace("{language}", language);
    for (name, russian, english) in WORDS {
        document = document.replace(&format!("{{{name}}}"), &markup::escaped(pick(russian, english)));
    }
    document = document.replace("{note}", &markup::escaped(pick(note.0, note.1)));
    let extra = [(header::CONTENT_LANGUAGE, language), (header::VARY, "accept-language")];
    // The commands come last: nothing in them is taken for a place of something else.
    (extra, guarded(), Html(document.replace("{commands}", &markup::escaped(&commands)))).into_response()
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

/// Of Russian and English, the one that stands first among what the browser wants; Russian if it wants neither.
fn language(headers: &HeaderMap) -> &'static str {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tags = wanted.split(',').map(|range| range.trim().get(..2).unwrap_or_default().to_ascii_lowercase());
    let first = tags.into_iter().find(|tag| tag == "ru" || tag == "en");
    if first.as_deref() == Some("en") { "en" } else { "ru" }
}
