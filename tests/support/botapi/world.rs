//! Everything that the server knows, and the one lock around it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::BotApi;
use super::faults::Faults;
use super::html::Formatted;
use super::keyboards::{Does, Key, Markup};
use super::shown::ShownFile;

/// The state behind a lock, and a bell that rings at every change.
pub(super) struct World {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

impl World {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State::default()), changed: watch::Sender::new(0) }
    }

    /// A test that has failed while it held the lock must not hide its message behind another.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state());
        self.changed.send_modify(|times| *times += 1);
        result
    }

    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

/// What the server knows.
#[derive(Default)]
pub(super) struct State {
    /// How far the clock was put forward.
    pub(super) skipped: Duration,
    pub(super) people: BTreeMap<i64, Account>,
    pub(super) chats: BTreeMap<i64, Chat>,
    last_message: i64,
    last_update: i64,
    last_press: i64,
    /// Updates that are not confirmed.
    pub(super) queue: VecDeque<Pending>,
    confirmed: Vec<Pending>,
    pub(super) allowed: Option<Vec<String>>,
    /// Grows with each poll: an older one that still waits is told to go.
    pub(super) polls: u64,
    pub(super) webhook: String,
    pub(super) hook: Hook,
    pub(super) revoked: bool,
    pub(super) presses: BTreeMap<String, Press>,
    pub(super) faults: Faults,
    /// Chat → when it was last written to, and the messages it would still take at once.
    pub(super) floods: Option<HashMap<i64, (Instant, f64)>>,
    pub(super) calls: Vec<Call>,
    pub(super) objections: Vec<String>,
    /// Files that people have sent, by id.
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

/// A person's account.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) first_name: String,
    pub(super) language: String,
    pub(super) phone: String,
    /// They have written to the bot at least once.
    pub(super) opened: bool,
    pub(super) blocked: bool,
}

/// How a webhook is called.
#[derive(Default)]
pub(super) struct Hook {
    pub(super) secret: String,
    pub(super) connections: usize,
    /// When a call last failed, and why.
    pub(super) failed: Option<(i64, String)>,
    /// What is being brought, by the queue it stands in: one at a time in each.
    pub(super) under_way: BTreeMap<i64, i64>,
    /// Every call: the update and the status it was answered with; 0 for none.
    pub(super) brought: Vec<(i64, u16)>,
}

/// An update that waits.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) id: i64,
    pub(super) at: i64,
    pub(super) kind: String,
    pub(super) body: Value,
}

/// A press of a button.
pub(super) struct Press {
    pub(super) at: i64,
    /// The notice it was answered with, once it was; empty for an answer without one.
    pub(super) answer: Option<String>,
}

/// Something the bot called.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The method, as the bot wrote it.
    pub method: String,
    /// What it was given.
    pub parameters: Value,
    /// What the bot was told; nothing while it waits or if the connection was cut.
    pub answer: Option<Value>,
    /// When it came.
    pub at: Instant,
}

/// A chat as the person sees it.
#[derive(Debug, Clone, Default)]
pub struct Chat {
    /// Everything that was ever said in it, deleted messages included.
    pub messages: Vec<Shown>,
    /// The keyboard in place of the letters, if one is shown.
    pub keyboard: Option<Vec<Vec<Key>>>,
    seen: usize,
}

/// A message as the person sees it.
#[allow(clippy::struct_excessive_bools, reason = "each says one thing that a test may ask")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// Its id.
    pub id: i64,
    /// The bot wrote it.
    pub by_bot: bool,
    /// What is read.
    pub text: String,
    /// What was sent, with its markup.
    pub html: String,
    /// The buttons under it.
    pub keys: Vec<Vec<Key>>,
    /// It cannot be forwarded or saved.
    pub protected: bool,
    /// Links have previews.
    pub preview: bool,
    /// It was deleted.
    pub deleted: bool,
    /// How often it was edited.
    pub edits: u32,
    /// It took the keyboard away.
    pub removes_keyboard: bool,
    /// It brought a keyboard: its labels.
    pub keyboard: Vec<String>,
    /// The topic of a forum it stands in.
    pub thread: Option<i64>,
    /// The file that it shows.
    pub file: Option<ShownFile>,
    /// When it was sent, in seconds.
    pub at: i64,
    pub(super) formatted: Formatted,
}

impl Shown {
    /// The labels of the buttons under it, row by row.
    pub fn labels(&self) -> Vec<Vec<&str>> {
        self.keys.iter().map(|row| row.iter().map(|key| key.label.as_str()).collect()).collect()
    }

    /// What the button with this label does.
    pub fn key(&self, label: &str) -> Option<&Does> {
        self.keys.iter().flatten().find(|key| key.label == label).map(|key| &key.does)
    }
}

impl Chat {
    /// What the bot said that is still there, from the oldest.
    pub fn said(&self) -> Vec<&str> {
        self.messages.iter().filter(|message| message.by_bot && !message.deleted).map(|message| message.text.as_str()).collect()
    }

    /// The latest message of the bot that is still there.
    pub fn last(&self) -> Option<&Shown> {
        self.messages.iter().rev().find(|message| message.by_bot && !message.deleted)
    }

    /// The message with this id.
    pub fn message(&self, id: i64) -> Option<&Shown> {
        self.messages.iter().find(|message| message.id == id)
    }

    pub(super) fn message_mut(&mut self, id: i64) -> Option<&mut Shown> {
        self.messages.iter_mut().find(|message| message.id == id && !message.deleted)
    }

    pub(super) fn next_unseen(&mut self) -> Option<Shown> {
        let place = self.messages.iter().skip(self.seen).position(|message| message.by_bot)?;
        self.seen += place + 1;
        self.messages.get(self.seen - 1).cloned()
    }
}

impl State {
    pub(super) fn now(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + self.skipped;
        i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
    }

    pub(super) fn meet(&mut self, id: i64, first_name: &str, language: &str) {
        self.people.entry(id).or_insert_with(|| Account {
            first_name: first_name.to_owned(),
            language: language.to_owned(),
            phone: format!("7900{:07}", id % 10_000_000),
            opened: false,
            blocked: false,
        });
    }

    pub(super) fn chat_mut(&mut self, id: i64) -> &mut Chat {
        self.chats.entry(id).or_default()
    }

    pub(super) fn next_message(&mut self) -> i64 {
        self.last_message += 1;
        self.last_message
    }

    pub(super) fn next_press(&mut self) -> String {
        self.last_press += 1;
        let id = format!("{}", 9_000_000_000 + self.last_press);
        self.presses.insert(id.clone(), Press { at: self.now(), answer: None });
        id
    }

    /// Queues an update, if the bot has asked for updates of its kind.
    pub(super) fn push_update(&mut self, kind: &str, body: Value) -> i64 {
        self.last_update += 1;
        let id = 500 + self.last_update;
        if self.allowed.as_ref().is_none_or(|allowed| allowed.iter().any(|allowed| allowed == kind)) {
            let at = self.now();
            self.queue.push_back(Pending { id, at, kind: kind.to_owned(), body });
        }
        id
    }

    /// Updates below the offset are confirmed; a negative one counts from the end.
    pub(super) fn confirm(&mut self, offset: i64) {
        let keep = match usize::try_from(offset) {
            Ok(_) => self.queue.iter().filter(|pending| pending.id >= offset).count(),
            Err(_) => self.queue.len().min(usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX)),
        };
        let confirmed = self.queue.len() - keep;
        self.confirmed.extend(self.queue.drain(..confirmed));
    }

    /// Messages wait for a day, presses for 150 seconds.
    pub(super) fn expire(&mut self) {
        let now = self.now();
        self.queue.retain(|pending| now - pending.at <= if pending.kind == "callback_query" { 150 } else { 86_400 });
    }

    /// What may be brought to the webhook now: the first of each queue in which nothing is under way.
    pub(super) fn due_at_webhook(&mut self) -> Vec<(i64, Pending)> {
        if self.webhook.is_empty() || self.hook.connections == 0 {
            return Vec::new();
        }
        self.expire();
        let mut due: Vec<(i64, Pending)> = Vec::new();
        for pending in &self.queue {
            let lane = lane(pending);
            let free = self.hook.connections.saturating_sub(self.hook.under_way.len()) > 0;
            if free && !self.hook.under_way.contains_key(&lane) {
                self.hook.under_way.insert(lane, pending.id);
                due.push((lane, pending.clone()));
            }
        }
        due
    }

    /// An update was brought, or not.
    pub(super) fn brought(&mut self, lane: i64, update: i64, status: u16) {
        self.hook.under_way.remove(&lane);
        self.hook.brought.push((update, status));
        if (200..300).contains(&status) {
            if let Some(place) = self.queue.iter().position(|pending| pending.id == update) {
                self.confirmed.extend(self.queue.remove(place));
            }
        } else {
            self.hook.failed = Some((self.now(), format!("Wrong response from the webhook: {status}")));
        }
    }

    pub(super) fn redeliver(&mut self, updates: usize) {
        let again = self.confirmed.split_off(self.confirmed.len().saturating_sub(updates));
        for pending in again.into_iter().rev() {
            self.queue.push_front(pending);
        }
    }

    /// Adds a message to a chat.
    pub(super) fn show(&mut self, chat: i64, mut message: Shown, markup: Markup) -> Shown {
        message.id = self.next_message();
        message.at = self.now();
        let chat = self.chat_mut(chat);
        match markup {
            Markup::None => {}
            Markup::Inline(keys) => message.keys = keys,
            Markup::Reply(keys) => {
                message.keyboard = keys.iter().flatten().map(|key| key.label.clone()).collect();
                chat.keyboard = Some(keys);
            }
            Markup::Remove => {
                message.removes_keyboard = true;
                chat.keyboard = None;
            }
        }
        chat.messages.push(message.clone());
        message
    }

    /// A message of a chat in the Bot API's form.
    pub(super) fn message_json(&self, chat: i64, message: &Shown) -> Value {
        let from = if message.by_bot { bot_json() } else { self.person_json(chat) };
        json!({"message_id": message.id, "date": message.at, "chat": self.chat_json(chat), "from": from, "text": message.text})
    }

    pub(super) fn person_json(&self, id: i64) -> Value {
        let account = self.people.get(&id);
        json!({
            "id": id,
            "is_bot": false,
            "first_name": account.map_or("Somebody", |account| account.first_name.as_str()),
            "language_code": account.map_or("en", |account| account.language.as_str()),
        })
    }

    pub(super) fn chat_json(&self, id: i64) -> Value {
        match self.people.get(&id) {
            Some(account) => json!({"id": id, "type": "private", "first_name": account.first_name}),
            None if id < 0 => json!({"id": id, "type": "supergroup", "title": "A group"}),
            None => json!({"id": id, "type": "private"}),
        }
    }

    /// Everything said and called lately, for a test that fails.
    pub(super) fn transcript(&self) -> String {
        let mut text = String::new();
        for (id, chat) in &self.chats {
            let _ = writeln!(text, "— chat {id}");
            for message in &chat.messages {
                let who = if message.by_bot { "bot" } else { "person" };
                let state = if message.deleted { " (deleted)" } else { "" };
                let _ = writeln!(text, "  {who} #{}{state}: {} {:?}", message.id, message.text, message.labels());
            }
        }
        let _ = writeln!(text, "— the last calls");
        for call in self.calls.iter().rev().take(12).rev() {
            let answer = call.answer.as_ref().map_or_else(|| "no answer".to_owned(), Value::to_string);
            let _ = writeln!(text, "  {} {} → {answer}", call.method, call.parameters);
        }
        text
    }
}

/// The queue that an update stands in: messages by chat, presses by person.
fn lane(pending: &Pending) -> i64 {
    let id = |of: &Value| of["id"].as_i64().unwrap_or_default();
    match pending.kind.as_str() {
        "callback_query" => id(&pending.body["from"]) + (3 << 33),
        "my_chat_member" => id(&pending.body["chat"]) + (4 << 33),
        _ => id(&pending.body["chat"]),
    }
}

pub(super) fn bot_json() -> Value {
    json!({"id": BotApi::ID, "is_bot": true, "first_name": "Usher", "username": BotApi::USERNAME})
}
