//! Updates as they come, and what they mean.
//!
//! Own structs of just the fields that are used: parsing an update into them costs a sixth of parsing it wholly, and what Telegram
//! adds tomorrow cannot make an update unreadable. Strings that go into the event are taken over, not copied.

#![allow(clippy::struct_field_names, reason = "the names are the Bot API's")]

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Number;

use crate::engine::{Act, EventKind, Visitor};
use crate::expr::{File, FileAt};

/// What an update means to us.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly all of them are events")]
pub(super) enum Meaning {
    /// A person did something in their private chat.
    Event {
        /// Their account.
        account: i64,
        /// What happened.
        kind: EventKind,
        /// The album it belongs to.
        album: Option<String>,
    },
    /// Somebody talks in a group.
    Group(Talk),
    /// Nothing: it is confirmed and forgotten.
    Nothing,
}

/// Something said in a group.
#[derive(Debug)]
pub(super) struct Talk {
    /// The group.
    pub(super) group: i64,
    /// The topic of a forum.
    pub(super) thread: Option<i64>,
    /// The language of whoever said it.
    pub(super) language: Option<String>,
}

/// Who the bot is.
#[derive(Clone, Copy)]
pub(super) struct Own<'a> {
    /// The channel's name in `usher.yaml`.
    pub(super) channel: &'a str,
    /// What people call the bot, once that is known.
    pub(super) username: Option<&'a str>,
}

/// The answer of `getUpdates`.
#[derive(Deserialize)]
pub(super) struct Batch<'a> {
    #[serde(borrow)]
    pub(super) result: Vec<Update<'a>>,
}

/// One update.
#[derive(Deserialize)]
pub(super) struct Update<'a> {
    pub(super) update_id: i64,
    #[serde(borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow)]
    edited_message: Option<Message<'a>>,
    #[serde(borrow)]
    callback_query: Option<CallbackQuery<'a>>,
    my_chat_member: Option<ChatMemberUpdated>,
}

#[derive(Deserialize)]
struct Message<'a> {
    message_id: i64,
    from: Option<User>,
    chat: Chat,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    contact: Option<Contact>,
    /// The same photo in several sizes, the largest last.
    photo: Option<Vec<PhotoSize>>,
    document: Option<Document>,
    location: Option<Location>,
    forward_origin: Option<IgnoredAny>,
    business_connection_id: Option<IgnoredAny>,
    media_group_id: Option<String>,
    message_thread_id: Option<i64>,
    #[serde(default)]
    is_topic_message: bool,
    left_chat_member: Option<IgnoredAny>,
    // What follows marks a message that nobody wrote: the application reports what was done in the chat.
    pinned_message: Option<IgnoredAny>,
    message_auto_delete_timer_changed: Option<IgnoredAny>,
    write_access_allowed: Option<IgnoredAny>,
    chat_background_set: Option<IgnoredAny>,
    successful_payment: Option<IgnoredAny>,
    refunded_payment: Option<IgnoredAny>,
    users_shared: Option<IgnoredAny>,
    chat_shared: Option<IgnoredAny>,
    connected_website: Option<IgnoredAny>,
    passport_data: Option<IgnoredAny>,
    forum_topic_created: Option<IgnoredAny>,
    forum_topic_edited: Option<IgnoredAny>,
    forum_topic_closed: Option<IgnoredAny>,
    forum_topic_reopened: Option<IgnoredAny>,
    gift: Option<IgnoredAny>,
    unique_gift: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct CallbackQuery<'a> {
    id: String,
    from: User,
    #[serde(borrow)]
    message: Option<Under<'a>>,
    data: Option<String>,
    #[serde(borrow)]
    inline_message_id: Option<Cow<'a, str>>,
}

/// The message that a pressed button stands under; its date is 0 when it is gone or too old.
#[derive(Deserialize)]
struct Under<'a> {
    message_id: i64,
    chat: Chat,
    date: i64,
    #[serde(borrow)]
    business_connection_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct ChatMemberUpdated {
    chat: Chat,
    from: User,
    new_chat_member: ChatMember,
}

#[derive(Deserialize)]
struct ChatMember {
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Kicked,
    Member,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
    #[serde(rename = "type")]
    kind: ChatKind,
}

#[derive(Deserialize, PartialEq, Eq, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum ChatKind {
    Private,
    Group,
    Supergroup,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    first_name: String,
    last_name: Option<String>,
    username: Option<String>,
    language_code: Option<String>,
}

#[derive(Deserialize)]
struct Contact {
    phone_number: String,
    user_id: Option<i64>,
}

#[derive(Deserialize)]
struct PhotoSize {
    file_id: String,
    #[serde(default)]
    width: u64,
    #[serde(default)]
    height: u64,
    #[serde(default)]
    file_size: u64,
}

#[derive(Deserialize)]
struct Document {
    file_id: String,
    file_name: Option<String>,
    mime_type: Option<String>,
    #[serde(default)]
    file_size: u64,
}

#[derive(Deserialize)]
struct Location {
    latitude: Number,
    longitude: Number,
}

impl Update<'_> {
    /// What it means to this bot.
    pub(super) fn meaning(self, bot: Own<'_>) -> Meaning {
        if let Some(message) = self.message {
            message.meaning(bot)
        } else if let Some(message) = self.edited_message {
            message.edited()
        } else if let Some(query) = self.callback_query {
            query.meaning()
        } else if let Some(member) = self.my_chat_member {
            member.meaning()
        } else {
            Meaning::Nothing
        }
    }
}

impl Message<'_> {
    fn meaning(self, bot: Own<'_>) -> Meaning {
        match self.chat.kind {
            ChatKind::Private if !self.is_foreign() && !self.is_service() => self.written(bot),
            ChatKind::Group | ChatKind::Supergroup if !self.is_foreign() => self.talked(),
            _ => Meaning::Nothing,
        }
    }

    fn written(mut self, bot: Own<'_>) -> Meaning {
        let (message, forwarded) = (self.message_id.to_string(), self.forward_origin.is_some());
        let file = self.file(bot.channel);
        let Some(from) = self.from else { return Meaning::Nothing };
        let account = from.id;
        let act = if let Some(text) = self.text {
            Act::Wrote { text: without_address(text, bot.username), message, forwarded }
        } else if let Some(file) = file {
            // What an album means is for whoever takes its parts to say.
            Act::SharedFile { file, album: self.media_group_id.take(), message }
        } else if let Some((latitude, longitude)) = self.location.as_ref().and_then(Location::point) {
            Act::SharedLocation { latitude, longitude, message }
        } else if let Some(contact) = self.contact {
            Act::SharedContact { number: contact.phone_number, own: contact.user_id == Some(account), forwarded, message }
        } else {
            Act::SentOther { message }
        };
        Meaning::Event { account, kind: EventKind::Acted { who: from.visitor(), act }, album: self.media_group_id }
    }

    /// The photo or document that it is.
    fn file(&mut self, channel: &str) -> Option<File> {
        let channel = channel.to_owned();
        if let Some(document) = self.document.take() {
            let Document { file_id: id, file_name, mime_type, file_size: size } = document;
            let name = file_name.unwrap_or_else(|| "document".to_owned());
            let kind = mime_type.unwrap_or_else(|| "application/octet-stream".to_owned());
            return Some(File { at: FileAt::Channel { channel, id }, name, kind, size });
        }
        let largest = self.photo.take()?.into_iter().max_by_key(|size| size.width * size.height)?;
        let (name, kind) = ("photo.jpg".to_owned(), "image/jpeg".to_owned());
        Some(File { at: FileAt::Channel { channel, id: largest.file_id }, name, kind, size: largest.file_size })
    }

    fn edited(self) -> Meaning {
        if self.chat.kind != ChatKind::Private || self.is_foreign() {
            return Meaning::Nothing;
        }
        let (Some(from), Some(text)) = (self.from, self.text) else { return Meaning::Nothing };
        Meaning::acted(from, |_| Act::Edited { text: text.into_owned(), message: self.message_id.to_string() })
    }

    fn talked(self) -> Meaning {
        // There is nobody to tell where the bot itself was just removed.
        if self.left_chat_member.is_some() {
            return Meaning::Nothing;
        }
        let thread = self.message_thread_id.filter(|_| self.is_topic_message);
        Meaning::Group(Talk { group: self.chat.id, thread, language: self.from.and_then(|from| from.language_code) })
    }

    /// Not by a person, or meant for somebody else's account.
    fn is_foreign(&self) -> bool {
        self.from.as_ref().is_none_or(|from| from.is_bot) || self.business_connection_id.is_some()
    }

    fn is_service(&self) -> bool {
        [
            &self.pinned_message,
            &self.message_auto_delete_timer_changed,
            &self.write_access_allowed,
            &self.chat_background_set,
            &self.successful_payment,
            &self.refunded_payment,
            &self.users_shared,
            &self.chat_shared,
            &self.connected_website,
            &self.passport_data,
            &self.forum_topic_created,
            &self.forum_topic_edited,
            &self.forum_topic_closed,
            &self.forum_topic_reopened,
            &self.gift,
            &self.unique_gift,
        ]
        .iter()
        .any(|mark| mark.is_some())
    }
}

impl Location {
    /// Its degrees, digit by digit.
    fn point(&self) -> Option<(Decimal, Decimal)> {
        let degrees = |number: &Number| number.to_string().parse::<Decimal>().ok();
        Some((degrees(&self.latitude)?, degrees(&self.longitude)?))
    }
}

impl CallbackQuery<'_> {
    fn meaning(self) -> Meaning {
        let elsewhere =
            self.message.as_ref().is_some_and(|under| under.chat.kind != ChatKind::Private || under.business_connection_id.is_some());
        let Some(token) = self.data else { return Meaning::Nothing };
        if self.from.is_bot || elsewhere || self.inline_message_id.is_some() {
            return Meaning::Nothing;
        }
        let message = self.message.filter(|under| under.date != 0).map(|under| under.message_id.to_string());
        Meaning::acted(self.from, |_| Act::Pressed { token, press: self.id, message })
    }
}

impl ChatMemberUpdated {
    fn meaning(self) -> Meaning {
        let act = match self.new_chat_member.status {
            Status::Kicked => Act::Left,
            Status::Member => Act::Returned,
            Status::Other => return Meaning::Nothing,
        };
        if self.chat.kind != ChatKind::Private || self.from.is_bot { Meaning::Nothing } else { Meaning::acted(self.from, |_| act) }
    }
}

impl Meaning {
    fn acted(from: User, act: impl FnOnce(i64) -> Act) -> Self {
        let act = act(from.id);
        Self::Event { account: from.id, kind: EventKind::Acted { who: from.visitor(), act }, album: None }
    }
}

impl User {
    fn visitor(self) -> Visitor {
        Visitor { first_name: self.first_name, last_name: self.last_name, username: self.username, language: self.language_code }
    }
}

/// `/help@our_bot now` → `/help now`. Another bot's name stays: such a command is not ours.
fn without_address(text: Cow<'_, str>, username: Option<&str>) -> String {
    let word_end = text.find(char::is_whitespace).unwrap_or(text.len());
    let word = &text[..word_end];
    match word.split_once('@') {
        Some((command, name)) if command.starts_with('/') && username.is_none_or(|own| own.eq_ignore_ascii_case(name)) => {
            format!("{command}{}", &text[word_end..])
        }
        _ => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn meaning(update: &Value) -> Meaning {
        let text = update.to_string();
        serde_json::from_str::<Update>(&text).unwrap().meaning(Own { channel: "tg", username: Some("hr_bot") })
    }

    fn act(update: &Value) -> Act {
        match meaning(update) {
            Meaning::Event { kind: EventKind::Acted { act, .. }, .. } => act,
            other => panic!("{other:?}"),
        }
    }

    /// A private message with these fields.
    fn message(fields: &Value) -> Value {
        let mut message = json!({"message_id": 7, "date": 1, "from": {"id": 1001, "is_bot": false, "first_name": "Алина"},
            "chat": {"id": 1001, "type": "private"}});
        message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({"update_id": 500, "message": message})
    }

    #[test]
    fn a_text_is_taken_as_written() {
        let Meaning::Event { account, kind: EventKind::Acted { who, act }, .. } = meaning(&message(&json!({"text": "Привет \"мир\""})))
        else {
            panic!()
        };
        assert_eq!((account, who.first_name.as_str()), (1001, "Алина"));
        assert_eq!(act, Act::Wrote { text: "Привет \"мир\"".to_owned(), message: "7".to_owned(), forwarded: false });
    }

    #[test]
    fn a_command_loses_our_name_and_no_other() {
        let wrote = |text: &str| match act(&message(&json!({"text": text}))) {
            Act::Wrote { text, .. } => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(wrote("/start@HR_bot abc"), "/start abc");
        assert_eq!(wrote("/start@other_bot"), "/start@other_bot");
        assert_eq!(wrote("me@hr_bot"), "me@hr_bot");
    }

    #[test]
    fn a_contact_is_own_only_by_the_account() {
        let own = |contact: Value| match act(&message(&json!({"contact": contact}))) {
            Act::SharedContact { own, .. } => own,
            other => panic!("{other:?}"),
        };
        assert!(own(json!({"phone_number": "79001234567", "first_name": "А", "user_id": 1001})));
        assert!(!own(json!({"phone_number": "79001234567", "first_name": "А", "user_id": 1002})));
        assert!(!own(json!({"phone_number": "79001234567", "first_name": "А"})));
    }

    #[test]
    fn what_is_passed_on_is_marked() {
        let forwarded = json!({"text": "да", "forward_origin": {"type": "hidden_user", "date": 1}});
        assert!(matches!(act(&message(&forwarded)), Act::Wrote { forwarded: true, .. }));
    }

    #[test]
    fn a_photo_is_its_largest_size_and_a_document_is_what_it_is_called() {
        let sizes = json!({"photo": [{"file_id": "s", "width": 90, "height": 60, "file_size": 900},
            {"file_id": "l", "width": 1280, "height": 853, "file_size": 190_000}], "media_group_id": "g"});
        let at = |id: &str| FileAt::Channel { channel: "tg".into(), id: id.into() };
        let photo = File { at: at("l"), name: "photo.jpg".into(), kind: "image/jpeg".into(), size: 190_000 };
        assert_eq!(act(&message(&sizes)), Act::SharedFile { file: photo, album: Some("g".into()), message: "7".into() });
        let sent = json!({"document": {"file_id": "d", "file_name": "cv.pdf", "mime_type": "application/pdf", "file_size": 5}});
        let document = File { at: at("d"), name: "cv.pdf".into(), kind: "application/pdf".into(), size: 5 };
        assert_eq!(act(&message(&sent)), Act::SharedFile { file: document, album: None, message: "7".into() });
    }

    #[test]
    fn a_location_keeps_its_digits() {
        let shared = act(&message(&json!({"location": {"latitude": 55.751_244, "longitude": -37.618_423}})));
        let degrees = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(shared, Act::SharedLocation { latitude: degrees("55.751244"), longitude: degrees("-37.618423"), message: "7".into() });
    }

    #[test]
    fn media_is_other_and_service_messages_are_nothing() {
        assert!(matches!(act(&message(&json!({"sticker": {"file_id": "x"}}))), Act::SentOther { .. }));
        assert!(matches!(meaning(&message(&json!({"pinned_message": {"message_id": 3}}))), Meaning::Nothing));
    }

    #[test]
    fn bots_channels_and_business_are_nothing() {
        assert!(matches!(meaning(&message(&json!({"text": "x", "from": {"id": 5, "is_bot": true, "first_name": "b"}}))), Meaning::Nothing));
        assert!(matches!(meaning(&message(&json!({"text": "x", "from": null}))), Meaning::Nothing));
        assert!(matches!(meaning(&message(&json!({"text": "x", "business_connection_id": "q"}))), Meaning::Nothing));
        assert!(matches!(meaning(&message(&json!({"text": "x", "chat": {"id": -5, "type": "channel"}}))), Meaning::Nothing));
    }

    #[test]
    fn a_press_under_a_lost_message_names_no_message() {
        let press = |date: i64| {
            json!({"update_id": 1, "callback_query": {"id": "q1", "from": {"id": 1001, "is_bot": false, "first_name": "А"}, "chat_instance": "1",
                "data": "tok", "message": {"message_id": 9, "date": date, "chat": {"id": 1001, "type": "private"}}}})
        };
        assert_eq!(act(&press(5)), Act::Pressed { token: "tok".into(), press: "q1".into(), message: Some("9".into()) });
        assert_eq!(act(&press(0)), Act::Pressed { token: "tok".into(), press: "q1".into(), message: None });
    }

    #[test]
    fn leaving_and_coming_back() {
        let member = |status: &str| {
            json!({"update_id": 1, "my_chat_member": {"date": 1, "chat": {"id": 1001, "type": "private"},
                "from": {"id": 1001, "is_bot": false, "first_name": "А"}, "old_chat_member": {"status": "member"},
                "new_chat_member": {"status": status, "until_date": 0}}})
        };
        assert_eq!(act(&member("kicked")), Act::Left);
        assert_eq!(act(&member("member")), Act::Returned);
        assert!(matches!(meaning(&member("restricted")), Meaning::Nothing));
    }

    #[test]
    fn unknown_kinds_are_nothing() {
        assert!(matches!(meaning(&json!({"update_id": 1, "message_reaction": {"chat": 5}})), Meaning::Nothing));
    }
}
