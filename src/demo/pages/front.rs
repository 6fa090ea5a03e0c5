//! The page of `usher demo`: the chats, the activation and what the ERP holds, side by side.
//!
//! It knows of a chat only its address and who talks in it.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;

use crate::demo::pages::language::Language;
use crate::demo::pages::layout::{STYLE, escape, guarded};

/// Somebody who talks to the bot in a chat of their own.
#[derive(Debug, Clone)]
pub struct Guest {
    /// Who it is, in Russian and in English.
    pub title: [String; 2],
    /// The address of the chat.
    pub chat: String,
}

/// The page at the bare address, with the chats of these people. The first is the one that is seen.
pub fn front(guests: Vec<Guest>) -> Router {
    let guests: Arc<[Guest]> = guests.into();
    let show = move |headers: HeaderMap| {
        let guests = Arc::clone(&guests);
        async move { page(Language::of(&headers), &guests) }
    };
    Router::new().route("/", get(show))
}

fn page(language: Language, guests: &[Guest]) -> Response {
    guarded(StatusCode::OK, language, |nonce| {
        format!(
            include_str!("front.html"),
            language = language.tag(),
            nonce = nonce,
            style = STYLE,
            front = include_str!("front.css"),
            script = include_str!("front.js"),
            title = language.pick("Демонстрация Usher", "Usher demo"),
            skip = language.pick("К чату", "Skip to the chat"),
            demo = language.pick("демонстрация", "demo"),
            lead = language.pick(
                "Сотрудник регистрируется в чате, получает код и впервые входит в ERP. Ничего не покидает этот компьютер.",
                "An employee registers in the chat, gets a code and logs in to the ERP. Nothing leaves this computer.",
            ),
            parts = language.pick("Части страницы", "Parts of the page"),
            chat = language.pick("Чат", "Chat"),
            activation = language.pick("Первый вход", "First login"),
            staff = language.pick("Что хранит ERP", "What the ERP holds"),
            staff_short = "ERP",
            people = people(language, guests),
            chats = chats(language, guests),
        )
    })
}

/// The switch between the people; none if there is nobody to switch to.
fn people(language: Language, guests: &[Guest]) -> String {
    let name = language.pick("Кто пишет", "Who writes");
    let mut switch = format!("<div class=\"people\" role=\"group\" aria-label=\"{name}\">");
    for (at, guest) in guests.iter().enumerate() {
        let _ = write!(
            switch,
            "<button type=\"button\" aria-pressed=\"{}\" aria-controls=\"chat-{at}\">{}</button>",
            at == 0,
            escape(title(language, guest))
        );
    }
    switch.push_str("</div>");
    if guests.len() > 1 { switch } else { String::new() }
}

/// A frame for each; all but the first are loaded when they are wanted.
fn chats(language: Language, guests: &[Guest]) -> String {
    let frame = |(at, guest): (usize, &Guest)| {
        let (chat, shown) = (escape(&guest.chat), if at == 0 { format!(" src=\"{}\"", escape(&guest.chat)) } else { " hidden".to_owned() });
        let name = format!("{}: {}", language.pick("Чат", "Chat"), title(language, guest));
        format!("<iframe id=\"chat-{at}\" title=\"{}\" data-src=\"{chat}\"{shown}></iframe>\n", escape(&name))
    };
    guests.iter().enumerate().map(frame).collect()
}

fn title(language: Language, guest: &Guest) -> &str {
    let [russian, english] = &guest.title;
    language.pick(russian, english)
}
