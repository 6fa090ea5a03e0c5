//! Updates as they come, and what they mean.
//!
//! Own structs of just the fields that are used: parsing an update into them costs a sixth of parsing it wholly, and what Telegram
//! adds tomorrow cannot make an update unreadable. Strings that go into the event are taken over, not copied.

#![allow(clippy::struct_field_names, reason = "the names are the Bot API's")]

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::engine::{Act, EventKind, Visitor};

/// What an update means to us.
#[derive(Debug)]
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

impl Update<'_> {
    /// What it means; `username` is the bot's own.
    pub(super) fn meaning(self, username: Option<&str>) -> Meaning {
        if let Some(message) = self.message {
            message.meaning(username)
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
    fn meaning(self, username: Option<&str>) -> Meaning {
        match self.chat.kind {
            ChatKind::Private if !self.is_foreign() && !self.is_service() => self.written(username),
            ChatKind::Group | ChatKind::Supergroup if !self.is_foreign() => self.talked(),
            _ => Meaning::Nothing,
        }
    }

    fn written(self, username: Option<&str>) -> Meaning {
        let (message, forwarded) = (self.message_id.to_string(), self.forward_origin.is_some());
        let Some(from) = self.from else { return Meaning::Nothing };
        let account = from.id;
        let act = if let Some(text) = self.text {
            Act::Wrote { text: without_address(text, username), message, forwarded }
        } else if let Some(contact) = self.contact {
            Act::SharedContact { number: contact.phone_number, own: contact.user_id == Some(account), forwarded, message }
        } else {
            Act::SentOther { message }
        };
        Meaning::Event { account, kind: EventKind::Acted { who: from.visitor(), act }, album: self.media_group_id }
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
        serde_json::from_str::<Update>(&text).unwrap().meaning(Some("hr_bot"))
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
