//! Effects become messages, edits and deletions, and every answer of Telegram becomes a [`Delivery`].

use std::time::Duration;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::json;
use teloxide::types::ReplyMarkup;
use tokio::time::{Instant, sleep};
use tracing::{error, warn};

use crate::channel::telegram::update::Talk;
use crate::channel::telegram::wire::{Failure, Method, redacted};
use crate::channel::telegram::{Bot, keyboard};
use crate::channel::{Delivery, Natives, markup, resolve};
use crate::engine::{EffectKind, Message};

/// UTF-16 units of text that one message takes.
const LONGEST: usize = 4_096;

/// What carries away a contact keyboard when the message itself must carry buttons: a message has either. It stands under the
/// number that was just shared, as a receipt of it.
const RECEIVED: &str = "✓";

/// When something that was not done may be tried again.
const SOON: Duration = Duration::from_secs(3);

/// How long to wait before something is tried again that only the operator can put right.
const LATE: Duration = Duration::from_mins(1);

/// How long a message of several parts is pursued once its first part is out; after that it counts as half sent.
const PERSISTENCE: Duration = Duration::from_mins(1);

/// Characters of a notice that answers a press.
const NOTICE: usize = 200;

/// Does one effect in this chat.
pub(super) async fn perform(bot: &Bot, chat: i64, kind: &EffectKind, native: Natives<'_>) -> Delivery {
    let sender = Sender { bot, chat };
    match kind {
        EffectKind::Send(message) => sender.send(message).await,
        EffectKind::Edit { of, message } => sender.edit(resolve(of, native), message).await,
        EffectKind::Strip { of } => sender.strip(resolve(of, native)).await,
        EffectKind::Delete { of } => sender.delete(resolve(of, native)).await,
        EffectKind::Acknowledge { press, text } => sender.acknowledge(press, text.as_deref()).await,
        EffectKind::Call { .. } | EffectKind::Tell { .. } | EffectKind::ShowCommands { .. } => {
            Delivery::Refused("this is not a matter of messages".to_owned())
        }
    }
}

/// Tells a group that the bot talks in private. Best effort.
pub(super) async fn tell_group(bot: &Bot, talk: &Talk, html: &str) {
    let sender = Sender { bot, chat: talk.group };
    let part = Part { html: html.to_owned(), markup: None, protect: false, preview: false, thread: talk.thread };
    if let Err(failure) = sender.post(&part).await {
        warn!(channel = bot.name, delivery = ?classify(&failure), "a group could not be told that the bot talks in private");
    }
}

struct Sender<'a> {
    bot: &'a Bot,
    chat: i64,
}

/// One message of the Bot API.
struct Part {
    html: String,
    markup: Option<ReplyMarkup>,
    protect: bool,
    preview: bool,
    thread: Option<i64>,
}

#[derive(Serialize)]
struct Outgoing<'a> {
    chat_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i64>,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parse_mode: Option<&'static str>,
    link_preview_options: Preview,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    protect_content: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<&'a ReplyMarkup>,
}

#[derive(Serialize)]
struct Preview {
    is_disabled: bool,
}

#[derive(Deserialize)]
struct Sent {
    message_id: i64,
}

impl Sender<'_> {
    async fn send(&self, message: &Message) -> Delivery {
        match parts(message) {
            Ok(parts) => self.post_all(&parts).await,
            Err(why) => Delivery::Refused(why),
        }
    }

    /// Sends parts in order. As long as nothing is out, a failure is the whole message's; later parts are pursued here, because
    /// doing it all again would repeat the first ones.
    async fn post_all(&self, parts: &[Part]) -> Delivery {
        let mut last = None;
        for part in parts {
            let posted = if last.is_none() { self.try_post(part).await } else { self.pursue(part).await };
            match posted {
                Ok(id) => last = Some(id.to_string()),
                Err(delivery) => return delivery,
            }
        }
        Delivery::Done(last)
    }

    /// Sends a part that follows others, with patience. In the end the message as a whole is neither done nor not done.
    async fn pursue(&self, part: &Part) -> Result<i64, Delivery> {
        let deadline = Instant::now() + PERSISTENCE;
        loop {
            match self.try_post(part).await {
                Err(Delivery::Later(pause)) if Instant::now() + pause < deadline => sleep(pause).await,
                Err(Delivery::Later(_)) => return Err(Delivery::Ambiguous),
                posted => return posted,
            }
        }
    }

    async fn try_post(&self, part: &Part) -> Result<i64, Delivery> {
        self.post(part).await.map_err(|failure| self.failed(&failure))
    }

    /// Sends one message. Markup that Telegram cannot read is a mistake in a text, not a reason to say nothing.
    async fn post(&self, part: &Part) -> Result<i64, Failure> {
        self.bot.pace.wait(self.chat).await;
        let sent: Result<Sent, Failure> = self.write(Method::SendMessage, None, part).await;
        sent.map(|sent| sent.message_id)
    }

    async fn write<T: DeserializeOwned>(&self, method: Method, message: Option<i64>, part: &Part) -> Result<T, Failure> {
        let formatted = Outgoing {
            chat_id: self.chat,
            message_id: message,
            message_thread_id: part.thread.filter(|_| message.is_none()),
            text: &part.html,
            parse_mode: Some("HTML"),
            link_preview_options: Preview { is_disabled: !part.preview },
            // An edited message stays as protected as it was sent.
            protect_content: part.protect && message.is_none(),
            reply_markup: part.markup.as_ref(),
        };
        let written = self.bot.wire.call(method, &formatted).await;
        if !written.as_ref().is_err_and(|failure| says(failure, &["can't parse entities"])) {
            return written;
        }
        warn!(channel = self.bot.name, "the markup of a message cannot be read by Telegram: it goes out as plain text");
        let plain = markup::plain(&part.html);
        self.bot.wire.call(method, &Outgoing { text: &plain, parse_mode: None, ..formatted }).await
    }

    async fn edit(&self, of: Option<String>, message: &Message) -> Delivery {
        let of = of.and_then(|id| id.parse::<i64>().ok());
        // Only buttons under the message can be put in an edited one.
        let (Some(of), false) = (of, message.keyboard.replaces_the_persons()) else {
            return self.send(message).await;
        };
        let mut parts = match edited_parts(message) {
            Ok(parts) => parts,
            Err(why) => return Delivery::Refused(why),
        };
        let first = parts.remove(0);
        let written: Result<IgnoredAny, Failure> = self.write(Method::EditMessageText, Some(of), &first).await;
        match written {
            Ok(_) => {}
            Err(failure) if says(&failure, &["message is not modified"]) => {}
            Err(failure) if says(&failure, GONE) => return self.send(message).await,
            Err(failure) => return self.repeatable(&failure),
        }
        if parts.is_empty() { Delivery::Done(None) } else { self.post_all(&parts).await }
    }

    async fn strip(&self, of: Option<String>) -> Delivery {
        let Some(of) = of.and_then(|id| id.parse::<i64>().ok()) else { return Delivery::Done(None) };
        self.repeat(Method::EditMessageReplyMarkup, &json!({"chat_id": self.chat, "message_id": of}), STRIPPED).await
    }

    /// A message older than two days cannot be deleted by a bot any more: there is nothing left to do.
    async fn delete(&self, of: Option<String>) -> Delivery {
        let Some(of) = of.and_then(|id| id.parse::<i64>().ok()) else { return Delivery::Done(None) };
        self.repeat(Method::DeleteMessage, &json!({"chat_id": self.chat, "message_id": of}), DELETED).await
    }

    async fn acknowledge(&self, press: &str, text: Option<&str>) -> Delivery {
        let mut parameters = json!({"callback_query_id": press});
        if let Some(text) = text {
            parameters["text"] = text.chars().take(NOTICE).collect::<String>().into();
        }
        self.repeat(Method::AnswerCallbackQuery, &parameters, ACKNOWLEDGED).await
    }

    /// Something that does no harm when it is done twice.
    async fn repeat(&self, method: Method, parameters: &impl Serialize, as_good_as_done: &[&str]) -> Delivery {
        match self.bot.wire.call::<IgnoredAny>(method, parameters).await {
            Ok(_) => Delivery::Done(None),
            Err(failure) if says(&failure, as_good_as_done) => Delivery::Done(None),
            Err(failure) => self.repeatable(&failure),
        }
    }

    fn repeatable(&self, failure: &Failure) -> Delivery {
        match failure {
            Failure::Lost | Failure::Server(_) => Delivery::Later(SOON),
            failure => self.failed(failure),
        }
    }

    /// What a failure means, and what it teaches: Telegram's wish for a pause concerns whatever goes to this chat, a token that is
    /// not accepted concerns the operator.
    fn failed(&self, failure: &Failure) -> Delivery {
        match failure {
            Failure::Api { code: 429, retry_after, .. } => {
                self.bot.pace.hold(self.chat, Duration::from_secs(retry_after.unwrap_or(1)));
            }
            Failure::Api { code: 401, .. } => error!(channel = self.bot.name, "the token is not accepted any more"),
            _ => {}
        }
        classify(failure)
    }
}

/// The message cannot be edited any more, or is not there.
const GONE: &[&str] =
    &["message to edit not found", "message can't be edited", "message_id_invalid", "message identifier is not specified"];

/// Its buttons are gone already.
const STRIPPED: &[&str] = &[
    "message is not modified",
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
];

/// It is gone already, or stays for ever.
const DELETED: &[&str] =
    &["message to delete not found", "message can't be deleted", "message_id_invalid", "message identifier is not specified"];

/// Nobody waits for it any more.
const ACKNOWLEDGED: &[&str] = &["query is too old", "query id is invalid", "query_id_invalid"];

/// Nobody is there to read it: they never opened the bot, or left Telegram. Blocking the bot is an error of its own, 403.
const ABSENT: &[&str] = &["chat not found", "user not found", "peer_id_invalid", "user_is_blocked", "user is deactivated"];

/// True if Telegram refuses with one of these words. They are compared loosely, as the wording changes from year to year.
fn says(failure: &Failure, words: &[&str]) -> bool {
    let Failure::Api { code: 400, description, .. } = failure else { return false };
    let description = description.to_lowercase();
    words.iter().any(|word| description.contains(word))
}

/// What a failure means for something that must not be done twice.
fn classify(failure: &Failure) -> Delivery {
    match failure {
        Failure::Unsent => Delivery::Later(SOON),
        Failure::Lost | Failure::Server(_) => Delivery::Ambiguous,
        Failure::Api { code: 429, retry_after, .. } => Delivery::Later(Duration::from_secs(retry_after.unwrap_or(1))),
        Failure::Api { code: 403, .. } => Delivery::Unreachable,
        failure if says(failure, ABSENT) => Delivery::Unreachable,
        // The token was revoked, or the address is wrong: once the operator has put it right, the message can go.
        Failure::Api { code: 401 | 404, .. } => Delivery::Later(LATE),
        Failure::Api { description, .. } => Delivery::Refused(redacted(description)),
    }
}

/// The messages that a message becomes; the buttons are under the last one.
fn parts(message: &Message) -> Result<Vec<Part>, String> {
    let buttons = keyboard::markup(&message.keyboard)?;
    match (message.remove_keyboard, buttons) {
        (false, buttons) => Ok(texts(message, buttons)),
        (true, None) => Ok(texts(message, Some(keyboard::removal()))),
        // A new contact keyboard replaces the old one.
        (true, Some(ReplyMarkup::Keyboard(contact))) => Ok(texts(message, Some(contact.into()))),
        (true, Some(buttons)) => Ok(std::iter::once(receipt()).chain(texts(message, Some(buttons))).collect()),
    }
}

/// The same for a message that takes the place of another: the first part goes there, and a contact keyboard has to be taken away
/// by a message of its own.
fn edited_parts(message: &Message) -> Result<Vec<Part>, String> {
    let mut parts = texts(message, keyboard::markup(&message.keyboard)?);
    if message.remove_keyboard {
        parts.insert(1, receipt());
    }
    Ok(parts)
}

fn texts(message: &Message, markup: Option<ReplyMarkup>) -> Vec<Part> {
    let mut parts: Vec<Part> = markup::split(&message.html, LONGEST)
        .into_iter()
        .map(|html| Part { html, markup: None, protect: message.protect, preview: message.preview, thread: None })
        .collect();
    if let Some(last) = parts.last_mut() {
        last.markup = markup;
    }
    parts
}

fn receipt() -> Part {
    Part { html: RECEIVED.to_owned(), markup: Some(keyboard::removal()), protect: false, preview: false, thread: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Keyboard;
    use crate::engine::{Button, Press};

    fn api(code: u16, description: &str) -> Failure {
        Failure::Api { code, description: description.to_owned(), retry_after: None }
    }

    fn message(html: &str, keyboard: Keyboard) -> Message {
        Message { html: html.to_owned(), keyboard, ..Message::default() }
    }

    fn rows() -> Keyboard {
        Keyboard::Rows(vec![vec![Button { label: "Да".to_owned(), press: Press::Token("t".to_owned()) }]])
    }

    #[test]
    fn failures_are_told_apart() {
        assert_eq!(classify(&Failure::Unsent), Delivery::Later(SOON));
        assert_eq!(classify(&Failure::Lost), Delivery::Ambiguous);
        assert_eq!(classify(&Failure::Server(502)), Delivery::Ambiguous);
        assert_eq!(classify(&api(403, "Forbidden: bot was blocked by the user")), Delivery::Unreachable);
        assert_eq!(classify(&api(400, "Bad Request: chat not found")), Delivery::Unreachable);
        assert_eq!(
            classify(&api(400, "Bad Request: BUTTON_DATA_INVALID")),
            Delivery::Refused("Bad Request: BUTTON_DATA_INVALID".to_owned())
        );
        assert_eq!(classify(&api(401, "Unauthorized")), Delivery::Later(LATE));
    }

    #[test]
    fn buttons_stand_under_the_last_part() {
        let parts = parts(&message(&"слово ".repeat(1_000), rows())).unwrap();
        assert_eq!(parts.iter().map(|part| part.markup.is_some()).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_contact_keyboard_goes_with_the_message_or_before_its_buttons() {
        let plain = Message { remove_keyboard: true, ..message("Спасибо", Keyboard::None) };
        let one = parts(&plain).unwrap();
        assert_eq!((one.len(), one[0].markup.clone()), (1, Some(keyboard::removal())));

        let with_buttons = Message { remove_keyboard: true, ..message("Дальше", rows()) };
        let two = parts(&with_buttons).unwrap();
        assert_eq!((two.len(), two[0].markup.clone()), (2, Some(keyboard::removal())));
        assert_eq!(two[0].html, RECEIVED);

        let edited = edited_parts(&with_buttons).unwrap();
        assert_eq!((edited[0].html.as_str(), edited[1].html.as_str()), ("Дальше", RECEIVED));
    }
}
