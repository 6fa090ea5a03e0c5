//! What people do in their chats.

use serde_json::{Value, json};

use super::BotApi;
use super::keyboards::Does;
use super::world::{Chat, Shown, State};

/// A contact card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// The own number, by the button.
    Own,
    /// Somebody else's, from the address book.
    Foreign,
    /// The own card, passed on from another chat.
    Forwarded,
}

/// A person with Telegram.
#[derive(Clone, Copy)]
pub struct User<'a> {
    pub(super) api: &'a BotApi,
    pub(super) id: i64,
}

impl User<'_> {
    /// The account.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The private chat.
    pub fn chat(&self) -> Chat {
        self.api.chat(self.id)
    }

    /// The next message of the bot. Waits for it.
    pub async fn expect_message(&self) -> Shown {
        self.api.expect_message(self.id).await
    }

    /// Writes a text; returns the message's id.
    pub fn write(&self, text: &str) -> i64 {
        self.post(text, json!({"text": text}))
    }

    /// Passes on a text from elsewhere.
    pub fn forward(&self, text: &str) -> i64 {
        self.post(text, json!({"text": text, "forward_origin": {"type": "hidden_user", "sender_user_name": "X", "date": 1}}))
    }

    /// Sends a sticker.
    pub fn sticker(&self) -> i64 {
        self.post("(sticker)", json!({"sticker": {"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 1, "height": 1}}))
    }

    /// Sends a document that holds this; returns its id.
    pub fn document(&self, name: &str, kind: &str, bytes: &[u8]) -> String {
        let id = self.file(bytes);
        let document = json!({"file_id": id, "file_unique_id": id, "file_name": name, "mime_type": kind, "file_size": bytes.len()});
        self.post("(document)", json!({ "document": document }));
        id
    }

    /// Sends a photo, of which Telegram keeps two sizes; returns the id of the larger one.
    pub fn photo(&self, bytes: &[u8]) -> String {
        let (small, large) = (self.file(&bytes[..bytes.len() / 2]), self.file(bytes));
        let size = |id: &str, side: usize, size: usize| json!({"file_id": id, "file_unique_id": id, "width": side, "height": side, "file_size": size});
        let sizes = [size(&small, 90, bytes.len() / 2), size(&large, 1280, bytes.len())];
        self.post("(photo)", json!({ "photo": sizes }));
        large
    }

    fn file(&self, bytes: &[u8]) -> String {
        self.api.change(|state| {
            let id = format!("file-{}", state.files.len() + 1);
            state.files.insert(id.clone(), bytes.to_vec());
            id
        })
    }

    /// Sends an album of so many pictures.
    pub fn album(&self, pictures: usize) {
        let group = format!("album-{}", self.api.change(State::next_message));
        for _ in 0..pictures {
            self.post(
                "(photo)",
                json!({"photo": [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}], "media_group_id": group}),
            );
        }
    }

    /// Sends a contact card.
    pub fn share_contact(&self, card: Card) -> i64 {
        let phone = self.api.state().people[&self.id].phone.clone();
        let own = json!({"phone_number": phone, "first_name": "A", "user_id": self.id});
        let fields = match card {
            Card::Own => json!({"contact": own}),
            Card::Foreign => json!({"contact": {"phone_number": "79995550000", "first_name": "B", "user_id": self.id + 1}}),
            Card::Forwarded => json!({"contact": own, "forward_origin": {"type": "user", "date": 1}}),
        };
        self.post("(contact)", fields)
    }

    /// Presses the newest button with this label, or a key of the keyboard that is shown; returns the press's id, if it is one that
    /// wants an answer.
    pub fn press(&self, label: &str) -> Option<String> {
        let chat = self.chat();
        let newest = chat.messages.iter().rev().find(|message| !message.deleted && message.key(label).is_some());
        if let Some(message) = newest {
            return self.press_under(message.id, label);
        }
        let key = chat.keyboard.iter().flatten().flatten().find(|key| key.label == label);
        match key.map(|key| &key.does) {
            Some(Does::ShareContact) => self.share_contact(Card::Own),
            Some(_) => self.write(label),
            None => panic!("there is no button {label:?}\n{}", self.api.state().transcript()),
        };
        None
    }

    /// Presses a button of one message, even if the message is gone from the chat but not from the screen.
    pub fn press_under(&self, message: i64, label: &str) -> Option<String> {
        let shown = self.chat().message(message).cloned();
        let data = match shown.as_ref().and_then(|shown| shown.key(label)) {
            Some(Does::Data(data)) => data.clone(),
            Some(_) => return None,
            None => panic!("there is no button {label:?} under {message}\n{}", self.api.state().transcript()),
        };
        Some(self.press_data(message, &data))
    }

    /// A press with any data, as an application that does not play by the rules may send it.
    pub fn press_data(&self, message: i64, data: &str) -> String {
        self.api.change(|state| {
            let id = state.next_press();
            let shown = state.chat_mut(self.id).message(message).filter(|shown| !shown.deleted).cloned();
            let under = match shown {
                Some(shown) => state.message_json(self.id, &shown),
                None => json!({"message_id": message, "date": 0, "chat": state.chat_json(self.id)}),
            };
            let query = json!({"id": id, "from": state.person_json(self.id), "chat_instance": "1", "data": data, "message": under});
            state.push_update("callback_query", query);
            id
        })
    }

    /// Changes the last text they wrote.
    pub fn edit(&self, text: &str) {
        self.api.change(|state| {
            let message = state.chat_mut(self.id).messages.iter_mut().rev().find(|message| !message.by_bot && !message.deleted);
            let Some(message) = message else { panic!("there is nothing to edit") };
            text.clone_into(&mut message.text);
            let message = message.clone();
            let mut body = state.message_json(self.id, &message);
            body["edit_date"] = state.now().into();
            state.push_update("edited_message", body);
        });
    }

    /// Blocks the bot.
    pub fn block(&self) {
        self.set_blocked("member", "kicked");
    }

    /// Unblocks the bot.
    pub fn unblock(&self) {
        self.set_blocked("kicked", "member");
    }

    /// Writes in a group the bot is in. The group is negative.
    pub fn in_group(&self, group: i64, text: &str) {
        self.api.change(|state| {
            state.chat_mut(group);
            let id = state.next_message();
            let body = json!({"message_id": id, "date": state.now(), "chat": state.chat_json(group), "from": state.person_json(self.id), "text": text});
            state.push_update("message", body);
        });
    }

    fn set_blocked(&self, old: &str, new: &str) {
        self.api.change(|state| {
            if let Some(account) = state.people.get_mut(&self.id) {
                account.blocked = new == "kicked";
            }
            let member = |status: &str| json!({"status": status, "user": super::world::bot_json(), "until_date": 0});
            let body = json!({
                "chat": state.chat_json(self.id),
                "from": state.person_json(self.id),
                "date": state.now(),
                "old_chat_member": member(old),
                "new_chat_member": member(new),
            });
            state.push_update("my_chat_member", body);
        });
    }

    /// Says something in the private chat.
    fn post(&self, shown: &str, fields: Value) -> i64 {
        self.api.change(|state| {
            if let Some(account) = state.people.get_mut(&self.id) {
                assert!(!account.blocked, "whoever has blocked a bot cannot write to it");
                account.opened = true;
            }
            let message = Shown { text: shown.to_owned(), ..Shown::default() };
            let message = state.show(self.id, message, super::keyboards::Markup::None);
            let mut body = state.message_json(self.id, &message);
            if let (Some(body), Value::Object(fields)) = (body.as_object_mut(), fields) {
                body.remove("text");
                body.extend(fields);
            }
            state.push_update("message", body);
            message.id
        })
    }
}
