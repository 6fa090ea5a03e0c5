//! Effects become messages, edits and deletions, and every answer of Telegram becomes a [`Delivery`].

use std::time::Duration;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::json;
use teloxide::types::ReplyMarkup;
use tokio::time::{Instant, sleep};
use tracing::{error, warn};

use crate::channel::telegram::form::Form;
use crate::channel::telegram::update::Talk;
use crate::channel::telegram::wire::{Failure, Method, redacted};
use crate::channel::telegram::{Bot, keyboard, setup, shown};
use crate::channel::{Delivery, Natives, Unopened, markup, resolve};
use crate::engine::{Attached, EffectKind, Message};
use crate::expr::Shown;

/// UTF-16 units of text that one message takes.
const LONGEST: usize = 4_096;

/// The same for the caption of a file.
const CAPTION: usize = 1_024;

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
        EffectKind::Freeze { of, message } => sender.freeze(resolve(of, native), message).await,
        EffectKind::Delete { of } => sender.delete(resolve(of, native)).await,
        EffectKind::Acknowledge { press, text } => sender.acknowledge(press, text.as_deref()).await,
        EffectKind::ShowCommands { language } => sender.show_menu(Some(language), &[]).await,
        EffectKind::ShowMenu(menu) => sender.show_menu(menu.language.as_deref(), &menu.roles).await,
        EffectKind::Call { .. } | EffectKind::Tell { .. } => Delivery::Refused("this is no matter of a channel".to_owned()),
    }
}

/// Tells a group that the bot talks in private. Best effort.
pub(super) async fn tell_group(bot: &Bot, talk: &Talk, html: &str) {
    let sender = Sender { bot, chat: talk.group };
    let part = Part { thread: talk.thread, ..Part::text(html.to_owned()) };
    if let Err(failure) = sender.post(&part).await {
        warn!(channel = bot.name, delivery = ?classify(&failure), "a group could not be told that the bot talks in private");
    }
}

/// Why a file was not shown.
enum Unshown {
    Failed(Failure),
    Unopened(Unopened),
}

impl From<Failure> for Unshown {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Unopened> for Unshown {
    fn from(unopened: Unopened) -> Self {
        Self::Unopened(unopened)
    }
}

/// A file on its way.
enum Carried<'a> {
    /// Telegram has it.
    Id(&'a str),
    /// This is in it.
    Bytes(&'a Attached, &'a [u8]),
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
    /// The file that the text is the caption of.
    file: Option<Attached>,
}

impl Part {
    fn text(html: String) -> Self {
        Self { html, markup: None, protect: false, preview: false, thread: None, file: None }
    }
}

/// What a part has become.
enum Posted {
    /// The message of this id.
    Message(i64),
    /// Nothing: its file is nowhere any more, and there was nothing else to say.
    Nothing,
}

#[derive(Serialize, Clone, Copy)]
struct Outgoing<'a> {
    chat_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parse_mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_preview_options: Option<Preview>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    protect_content: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<&'a ReplyMarkup>,
}

#[derive(Serialize, Clone, Copy)]
struct Preview {
    is_disabled: bool,
}

impl<'a> Outgoing<'a> {
    /// The same, saying this where the method has its words.
    fn worded(self, method: Method, html: &'a str) -> Self {
        match method {
            Method::EditMessageCaption => Self { caption: Some(html), ..self },
            _ => Self { text: Some(html), ..self },
        }
    }
}

#[derive(Deserialize)]
struct Sent {
    message_id: i64,
    #[serde(default)]
    photo: Vec<Kept>,
    document: Option<Kept>,
}

/// A file as Telegram keeps it.
#[derive(Deserialize)]
struct Kept {
    file_id: String,
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
        let mut ids: Vec<String> = Vec::new();
        for part in parts {
            let posted = if ids.is_empty() { self.try_post(part).await } else { self.pursue(part).await };
            match posted {
                Ok(Posted::Message(id)) => ids.push(id.to_string()),
                Ok(Posted::Nothing) => {}
                Err(delivery) => return delivery,
            }
        }
        Delivery::Done((!ids.is_empty()).then(|| ids.join(" ")))
    }

    /// Sends a part that follows others, with patience. In the end the message as a whole is neither done nor not done.
    async fn pursue(&self, part: &Part) -> Result<Posted, Delivery> {
        let deadline = Instant::now() + PERSISTENCE;
        loop {
            match self.try_post(part).await {
                Err(Delivery::Later(pause)) if Instant::now() + pause < deadline => sleep(pause).await,
                Err(Delivery::Later(_)) => return Err(Delivery::Ambiguous),
                posted => return posted,
            }
        }
    }

    async fn try_post(&self, part: &Part) -> Result<Posted, Delivery> {
        match &part.file {
            Some(attached) => self.try_show(part, attached).await,
            None => self.post(part).await.map(Posted::Message).map_err(|failure| self.failed(&failure)),
        }
    }

    async fn try_show(&self, part: &Part, attached: &Attached) -> Result<Posted, Delivery> {
        let posted = match self.show(part, attached).await {
            Ok(id) => Ok(id),
            Err(Unshown::Failed(failure)) => Err(failure),
            Err(Unshown::Unopened(Unopened::Unavailable(_))) => return Err(Delivery::Later(SOON)),
            Err(Unshown::Unopened(Unopened::Gone)) => {
                warn!(channel = self.bot.name, "a file that a message shows is not there any more: the text goes without it");
                if part.html.trim().is_empty() {
                    return Ok(Posted::Nothing);
                }
                self.post(part).await
            }
        };
        posted.map(Posted::Message).map_err(|failure| self.failed(&failure))
    }

    /// Sends one message that shows a file. What Telegram has taken once need not be sent again; what it takes for no picture is sent as
    /// a file.
    async fn show(&self, part: &Part, attached: &Attached) -> Result<i64, Unshown> {
        self.bot.pace.wait(self.chat).await;
        if let Some(id) = shown::id(self.bot, attached) {
            match self.write_file::<Sent>(part, attached.shown, &Carried::Id(&id)).await {
                Err(failure) if says(&failure, UNKNOWN_FILE) => self.bot.shelf.forget(&id),
                sent => return Ok(sent?.message_id),
            }
        }
        let bytes = shown::read(self.bot, attached).await?;
        let carried = Carried::Bytes(attached, &bytes);
        let sent: Sent = match self.write_file(part, attached.shown, &carried).await {
            Err(failure) if attached.shown == Shown::Photo && says(&failure, NO_PICTURE) => {
                self.write_file(part, Shown::Document, &carried).await?
            }
            sent => sent?,
        };
        let Sent { message_id, mut photo, document } = sent;
        // Of a picture Telegram keeps several sizes, the largest last.
        if let Some(kept) = if attached.shown == Shown::Photo { photo.pop() } else { document } {
            self.bot.shelf.remember(attached, kept.file_id);
        }
        Ok(message_id)
    }

    async fn write_file<T: DeserializeOwned>(&self, part: &Part, shown: Shown, carried: &Carried<'_>) -> Result<T, Failure> {
        let method = if shown == Shown::Photo { Method::SendPhoto } else { Method::SendDocument };
        let caption = Some(part.html.as_str()).filter(|html| !html.trim().is_empty());
        let formatted = Outgoing { caption, parse_mode: caption.map(|_| "HTML"), ..self.outgoing(part) };
        let sent = self.carry(method, formatted, carried).await;
        if !sent.as_ref().is_err_and(|failure| says(failure, UNREADABLE)) {
            return sent;
        }
        warn!(channel = self.bot.name, "the markup of a message cannot be read by Telegram: it goes out as plain text");
        let plain = markup::plain(&part.html);
        self.carry(method, Outgoing { caption: Some(&plain), parse_mode: None, ..formatted }, carried).await
    }

    async fn carry<T: DeserializeOwned>(&self, method: Method, outgoing: Outgoing<'_>, carried: &Carried<'_>) -> Result<T, Failure> {
        let photo = method == Method::SendPhoto;
        match carried {
            Carried::Id(id) if photo => self.bot.wire.call(method, &Outgoing { photo: Some(id), ..outgoing }).await,
            Carried::Id(id) => self.bot.wire.call(method, &Outgoing { document: Some(id), ..outgoing }).await,
            Carried::Bytes(attached, bytes) => {
                let name = if photo { "photo" } else { "document" };
                let form = Form::with_file(&outgoing, name, &attached.file, bytes).ok_or(Failure::Unsent)?;
                self.bot.wire.call_with(method, form).await
            }
        }
    }

    /// What is the same in all messages.
    fn outgoing<'p>(&self, part: &'p Part) -> Outgoing<'p> {
        Outgoing {
            chat_id: self.chat,
            message_id: None,
            message_thread_id: part.thread,
            text: None,
            caption: None,
            photo: None,
            document: None,
            parse_mode: None,
            link_preview_options: None,
            protect_content: part.protect,
            reply_markup: part.markup.as_ref(),
        }
    }

    /// Sends one message. Markup that Telegram cannot read is a mistake in a text, not a reason to say nothing.
    async fn post(&self, part: &Part) -> Result<i64, Failure> {
        self.bot.pace.wait(self.chat).await;
        let sent: Result<Sent, Failure> = self.write(Method::SendMessage, None, part).await;
        sent.map(|sent| sent.message_id)
    }

    async fn write<T: DeserializeOwned>(&self, method: Method, message: Option<i64>, part: &Part) -> Result<T, Failure> {
        let formatted = Outgoing {
            message_id: message,
            message_thread_id: part.thread.filter(|_| message.is_none()),
            parse_mode: Some("HTML"),
            link_preview_options: (method != Method::EditMessageCaption).then_some(Preview { is_disabled: !part.preview }),
            // An edited message stays as protected as it was sent.
            protect_content: part.protect && message.is_none(),
            ..self.outgoing(part)
        }
        .worded(method, &part.html);
        let written = self.bot.wire.call(method, &formatted).await;
        if !written.as_ref().is_err_and(|failure| says(failure, UNREADABLE)) {
            return written;
        }
        warn!(channel = self.bot.name, "the markup of a message cannot be read by Telegram: it goes out as plain text");
        let plain = markup::plain(&part.html);
        self.bot.wire.call(method, &Outgoing { parse_mode: None, ..formatted }.worded(method, &plain)).await
    }

    async fn edit(&self, of: Option<String>, message: &Message) -> Delivery {
        let of = last(of);
        // Only buttons under the message can be put in an edited one.
        let (Some(of), false) = (of, message.keyboard.replaces_the_persons()) else {
            return self.send(message).await;
        };
        let mut parts = match edited_parts(message) {
            Ok(parts) => parts,
            Err(why) => return Delivery::Refused(why),
        };
        let first = parts.remove(0);
        match self.rewrite(of, &first).await {
            Ok(_) => {}
            Err(failure) if says(&failure, &["message is not modified"]) => {}
            Err(failure) if says(&failure, GONE) => return self.send(message).await,
            Err(failure) => return self.repeatable(&failure),
        }
        if parts.is_empty() { Delivery::Done(None) } else { self.post_all(&parts).await }
    }

    /// Puts a part in the place of a message. The text of one that shows a file is its caption.
    async fn rewrite(&self, of: i64, part: &Part) -> Result<IgnoredAny, Failure> {
        match self.write(Method::EditMessageText, Some(of), part).await {
            Err(failure) if says(&failure, &["there is no text in the message"]) => {
                self.write(Method::EditMessageCaption, Some(of), part).await
            }
            written => written,
        }
    }

    /// Lets a message say what was chosen under it. What is too long for that, and what Telegram does not take, only loses its buttons.
    async fn freeze(&self, of: Option<String>, message: &Message) -> Delivery {
        let Some(id) = last(of.clone()) else { return Delivery::Done(None) };
        let parts = edited_parts(message).unwrap_or_default();
        let [part] = &parts[..] else { return self.strip(of).await };
        match self.rewrite(id, part).await {
            Ok(_) => Delivery::Done(None),
            Err(failure) if says(&failure, STRIPPED) => Delivery::Done(None),
            Err(Failure::Api { code: 400, .. }) => self.strip(of).await,
            Err(failure) => self.repeatable(&failure),
        }
    }

    async fn strip(&self, of: Option<String>) -> Delivery {
        let Some(of) = last(of) else { return Delivery::Done(None) };
        self.repeat(Method::EditMessageReplyMarkup, &json!({"chat_id": self.chat, "message_id": of}), STRIPPED).await
    }

    /// A message older than two days cannot be deleted by a bot any more: there is nothing left to do.
    async fn delete(&self, of: Option<String>) -> Delivery {
        for of in ids(of.as_deref().unwrap_or_default()) {
            let deleted = self.repeat(Method::DeleteMessage, &json!({"chat_id": self.chat, "message_id": of}), DELETED).await;
            if deleted != Delivery::Done(None) {
                return deleted;
            }
        }
        Delivery::Done(None)
    }

    async fn acknowledge(&self, press: &str, text: Option<&str>) -> Delivery {
        let mut parameters = json!({"callback_query_id": press});
        if let Some(text) = text {
            parameters["text"] = text.chars().take(NOTICE).collect::<String>().into();
        }
        self.repeat(Method::AnswerCallbackQuery, &parameters, ACKNOWLEDGED).await
    }

    async fn show_menu(&self, language: Option<&str>, roles: &[String]) -> Delivery {
        let scope = json!({"type": "chat", "chat_id": self.chat});
        let parameters = json!({"commands": setup::menu_of(self.bot, language, roles), "scope": scope});
        self.repeat(Method::SetMyCommands, &parameters, &[]).await
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
const GONE: &[&str] = &[
    "caption is too long",
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
];

/// Its markup is not what Telegram reads.
const UNREADABLE: &[&str] = &["can't parse entities"];

/// The id of a file is not one, or not one for this.
const UNKNOWN_FILE: &[&str] = &["file identifier", "file_id", "file_reference", "remote file", "can't use file of type"];

/// It is none that Telegram shows: too long and thin, or broken.
const NO_PICTURE: &[&str] = &["photo_invalid_dimensions", "image_process_failed", "photo_ext_invalid", "photo_save_file_invalid"];

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

/// The ids of the messages that a message became, in order.
fn ids(native: &str) -> impl Iterator<Item = i64> {
    native.split(' ').filter_map(|id| id.parse().ok())
}

/// The one that its buttons are under.
fn last(native: Option<String>) -> Option<i64> {
    ids(&native?).last()
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
    let part = |html| Part { protect: message.protect, preview: message.preview, ..Part::text(html) };
    let file = message.file.as_deref().cloned();
    // A text that is too long for a caption follows the file as a message of its own.
    let mut parts: Vec<Part> = if file.is_some() && markup::length(&message.html) <= CAPTION {
        vec![Part { file, ..part(message.html.clone()) }]
    } else {
        let alone = file.map(|file| Part { file: Some(file), ..part(String::new()) });
        alone.into_iter().chain(markup::split(&message.html, LONGEST).into_iter().map(part)).collect()
    };
    if let Some(last) = parts.last_mut() {
        last.markup = markup;
    }
    parts
}

fn receipt() -> Part {
    Part { markup: Some(keyboard::removal()), ..Part::text(RECEIVED.to_owned()) }
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
