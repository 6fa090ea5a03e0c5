//! The driver against a store on the disk, a strict Bot API server and an ERP that a test decides: nothing is done twice, nobody waits
//! for somebody else, and an end is an end.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]
#![allow(clippy::disallowed_methods, reason = "part of the shell: it reads the clock")]

#[path = "support"]
mod support {
    pub mod botapi;
    #[allow(dead_code, reason = "shared with tests that need more of it")]
    pub mod http;
    pub mod store_files;
}

mod runtime {
    mod away;
    mod broadcasts;
    mod damage;
    mod decisions;
    mod desk;
    mod erasing;
    mod events;
    mod flood;
    mod house;
    mod limits;
    mod outreach;
    mod processes;
    mod recovery;
    mod stopping;
    mod versions;
}

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use support::botapi::BotApi;
use usher::channel::telegram::{Limits, Settings, Telegram};
use usher::channel::{Channel, ChannelError, Inbox, Incoming, Unkept};
use usher::diagnostic::Sources;
use usher::engine::{Act, Effect, EffectId, EffectKind, EventId, EventKind, Message, Record, RecordId, Visitor};
use usher::fetch::{Connection, Fetch};
use usher::flow::{Installation, Library, load};
use usher::operation::Request;
use usher::runtime::{Libraries, Parts, Runtime};
use usher::store::{Commit, Store, StoreConfig};

/// A bot that asks for a word and tells it to a server.
const FILES: &[(&str, &str)] = &[
    ("flows/bot.yaml", "bot: Проба\nlanguages: [ru]\n"),
    (
        "flows/api/erp.yaml",
        "operations: erp\ntell:\n  request: POST /tell\n  input: { word: text }\n  json: { word: \"{{ word }}\" }\n  repeatable: true\n  \
         output: { ok: { at: /ok, type: boolean } }\n",
    ),
    (
        "flows/word.yaml",
        "flow: word\ntitle: Слово\nstart: { command: start }\nfor: anyone\nsteps:\n  word: { ask: \"Какое слово?\", type: text, max: 50 }\n  \
         sending: { say: \"Передаю.\" }\n  told:\n    call: erp.tell\n    with: { word: word }\n    outcomes:\n      \
         refused: { say: \"Отказ.\", end: refused }\n      down: { say: \"Не вышло.\", end: down }\n      \
         else: { say: \"Отказ.\", end: refused }\n  \
         done: { say: \"Передано: {{ word }}\", end: done }\n",
    ),
];

fn library() -> Library {
    library_of(FILES, Installation::default())
}

fn library_of(files: &[(&str, &str)], installation: Installation) -> Library {
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(*path, *text);
    }
    let loaded = load(&sources, &installation);
    let found = usher::diagnostic::render(&sources, &loaded.findings, usher::diagnostic::Format::Concise, false);
    Library::new(loaded.project.unwrap_or_else(|| panic!("{found}")), installation)
}

fn channel(api: &BotApi) -> Arc<Channel> {
    let limits = Limits { chat: 0, burst: 0, overall: 0 };
    let answer_within = Duration::from_mins(1);
    let settings = Settings { api_url: api.url(), answer_within, pause: Duration::from_millis(20), limits, ..Settings::default() };
    Arc::new(Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, settings).unwrap()))
}

/// A bot in this process, over a store that outlives it.
struct House {
    store: Arc<Store>,
    runtime: Runtime,
    receiving: Option<JoinHandle<Result<(), ChannelError>>>,
    shutdown: watch::Sender<bool>,
    next: u64,
}

impl House {
    /// Starts; what people do comes from the test only.
    fn start(store: &Arc<Store>, api: &BotApi, erp: &str) -> Self {
        Self::with(library(), store, api, erp)
    }

    /// The same of another bot.
    fn with(library: Library, store: &Arc<Store>, api: &BotApi, erp: &str) -> Self {
        let base = Connection { private_network: true, timeout: Duration::from_mins(1), ..Connection::new(erp.parse().unwrap()) };
        Self::over(library, store, api, base)
    }

    /// The same of a bot that asks no server, once it has nothing left to do.
    async fn of(library: Library, store: &Arc<Store>, api: &BotApi) -> Self {
        let house = Self::with(library, store, api, "http://127.0.0.1:9");
        house.is_idle().await;
        house
    }

    /// The same with this connection to its server.
    fn over(library: Library, store: &Arc<Store>, api: &BotApi, base: Connection) -> Self {
        let fetch = Arc::new(Fetch::new(BTreeMap::from([("erp".to_owned(), base)])).unwrap());
        let channels = BTreeMap::from([("tg".to_owned(), channel(api))]);
        let runtime = Runtime::start(Parts {
            libraries: Libraries::of_one(library),
            store: Arc::clone(store),
            fetch,
            channels,
            readers: BTreeMap::new(),
        });
        Self { store: Arc::clone(store), runtime, receiving: None, shutdown: watch::channel(false).0, next: 0 }
    }

    /// Takes updates from the server, too.
    fn receive(mut self, api: &BotApi) -> Self {
        let (channel, inbox, stop): (_, Inbox, _) = (channel(api), self.runtime.inbox(), self.shutdown.subscribe());
        self.receiving = Some(tokio::spawn(async move { channel.receive(inbox, stop).await }));
        self
    }

    /// Somebody writes; whether that was kept.
    async fn write(&mut self, account: i64, text: &str) -> Result<(), Unkept> {
        self.next += 1;
        let id = EventId(format!("test/{}", self.next));
        self.hand_in(id, account, text).await
    }

    /// The last thing that somebody wrote comes once more.
    async fn write_again(&self, account: i64, text: &str) -> Result<(), Unkept> {
        self.hand_in(EventId(format!("test/{}", self.next)), account, text).await
    }

    async fn hand_in(&self, id: EventId, account: i64, text: &str) -> Result<(), Unkept> {
        self.act(id, account, Act::Wrote { text: text.to_owned(), message: "1".to_owned(), forwarded: false }).await
    }

    async fn act(&self, id: EventId, account: i64, act: Act) -> Result<(), Unkept> {
        let (kept, answer) = oneshot::channel();
        let kind = EventKind::Acted { who: Visitor { first_name: "A".to_owned(), ..Visitor::default() }, act };
        let record = RecordId::person("tg", &account.to_string());
        self.runtime.inbox().send(Incoming { record, id, kind, kept }).await.unwrap();
        tokio::time::timeout(Duration::from_secs(10), answer).await.expect("an answer").unwrap_or(Err(Unkept))
    }

    async fn is_idle(&self) {
        let mut idle = self.runtime.idle();
        tokio::time::timeout(Duration::from_secs(20), idle.wait_for(|idle| *idle)).await.expect("it comes to rest").unwrap();
    }

    async fn stop(self) {
        self.shutdown.send_replace(true);
        if let Some(receiving) = self.receiving {
            let _ = receiving.await;
        }
        self.runtime.stop().await;
    }
}

fn on_disk(folder: &Path) -> Arc<Store> {
    Arc::new(Store::open(&StoreConfig::new(folder)).unwrap())
}

fn in_memory() -> Arc<Store> {
    Arc::new(Store::memory().unwrap())
}

/// A record whose first turn ordered these effects; nothing is known of what became of them.
fn with_effects(account: i64, effects: Vec<EffectKind>) -> Record {
    let mut record = Record::new(RecordId::person("tg", &account.to_string()));
    record.version = 1;
    let numbered = (0..).zip(effects);
    record.outbox = numbered.map(|(index, kind)| Effect { id: EffectId { version: 1, index }, kind }).collect();
    record
}

fn message(html: &str) -> EffectKind {
    EffectKind::Send(Message { html: html.to_owned(), ..Message::default() })
}

fn call(repeatable: bool) -> EffectKind {
    let request = Request {
        connection: "erp".to_owned(),
        operation: "erp.tell".to_owned(),
        method: "POST".to_owned(),
        target: "/tell".to_owned(),
        headers: Vec::new(),
        body: None,
        timeout: None,
        answer_max: None,
        keep: None,
    };
    EffectKind::Call { request, repeatable }
}

async fn put(store: &Store, record: Record) {
    let commit = Commit { expected: record.version - 1, wake: record.next_timer(), record, keys: Vec::new(), facts: Vec::new() };
    store.commit(commit).await.unwrap();
}

/// What the bot said to somebody, in order.
fn said(api: &BotApi, account: i64) -> Vec<String> {
    api.chat(account).messages.into_iter().filter(|message| message.by_bot).map(|message| message.text).collect()
}

/// Somebody the bot may write to.
fn opened(api: &BotApi, account: i64) {
    api.user(account, "A", "ru").write("(opened before)");
}
