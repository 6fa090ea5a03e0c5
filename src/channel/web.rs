//! The web chat: a page in a browser, its messages kept in a mailbox of the store.
//!
//! A browser is an account: a random name in a signed cookie. What a person does is a `POST`, answered when its turn is durable; what
//! they are told is committed to the mailbox and only then pushed to every open page by server-sent events. Message ids are the
//! mailbox's own numbers. A page that opens is given the whole mailbox, so that reloading, a second tab and a closed one lose nothing.

mod account;
mod act;
mod files;
mod letter;
mod mailbox;
mod markup;
mod page;
mod room;

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::routing::{get, post};
use tokio::sync::watch;

use crate::channel::{ChannelError, Contents, Delivery, Files, Inbox, Menus, Natives, Shutdown, Unopened, resolve, stopped};
use crate::engine::{EffectKind, Message, Record, RecordId};
use crate::store::{Store, StoreError};

pub use account::is_account;

use files::Spool;
use letter::Letter;
use mailbox::Mailbox;
use room::{News, Rooms};

/// The largest body of a request, in bytes.
const BODY: usize = 32 * 1024;
/// How long to wait before something that the store did not take is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// What a number is worth that somebody gives as their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbers {
    /// As much as any text: a browser cannot show that it is theirs. The flow decides whether that is enough.
    #[default]
    Typed,
    /// It is taken for theirs, as the terminal takes it. For demonstrations on one machine only.
    Believed,
}

/// A chat in the browser.
pub struct Web {
    desk: Arc<Desk>,
}

/// What requests and effects share.
struct Desk {
    name: String,
    numbers: Numbers,
    /// Where people open the page, if anybody has said so.
    address: Option<String>,
    store: OnceLock<Arc<Store>>,
    inbox: watch::Sender<Option<Inbox>>,
    rooms: Rooms,
    menus: RwLock<Menus>,
    spool: Spool,
    lent: RwLock<Option<Files>>,
}

/// Where people come in.
#[derive(Clone)]
struct Door {
    desk: Arc<Desk>,
    /// The account of everybody who comes in here, if there is but one.
    only: Option<String>,
}

impl FromRef<Door> for Arc<Desk> {
    fn from_ref(door: &Door) -> Self {
        Arc::clone(&door.desk)
    }
}

impl Web {
    /// A chat that is not open yet: it needs a store. `name` is the channel's name, which begins the ids of its people and events;
    /// `address` is where people open the page, as a browser shows it.
    pub fn new(name: &str, numbers: Numbers, address: Option<String>) -> Self {
        let desk = Desk {
            name: name.to_owned(),
            numbers,
            address,
            store: OnceLock::new(),
            inbox: watch::Sender::new(None),
            rooms: Rooms::default(),
            menus: RwLock::default(),
            spool: Spool::default(),
            lent: RwLock::default(),
        };
        Self { desk: Arc::new(desk) }
    }

    /// See [`crate::channel::Channel::link`]. The page hands in what stands behind `?start=` as a browser of Telegram's would.
    pub fn link(&self) -> Option<String> {
        self.desk.address.clone()
    }

    /// Gives it the store of its mailboxes. The first one stays.
    pub fn attach(&self, store: &Arc<Store>) {
        self.desk.store.get_or_init(|| Arc::clone(store));
    }

    /// See [`crate::channel::Channel::lend`].
    pub fn lend(&self, files: &Files) {
        *self.desk.lent.write().unwrap_or_else(PoisonError::into_inner) = Some(Files::clone(files));
    }

    /// The page and what it talks to. Addresses are relative: it may be mounted under any path that ends with a slash, and each path
    /// makes its browsers known for itself.
    pub fn router(&self) -> Router {
        Self::behind(Door { desk: Arc::clone(&self.desk), only: None })
    }

    /// The same for a single account: whoever opens this page is that person. For demonstrations on one machine only.
    pub fn router_of(&self, account: &str) -> Router {
        Self::behind(Door { desk: Arc::clone(&self.desk), only: Some(account.to_owned()) })
    }

    fn behind(door: Door) -> Router {
        Router::new()
            .route("/", get(page::show))
            .route("/style.css", get(page::style))
            .route("/script.js", get(page::script))
            .route("/enter", post(account::enter))
            .route("/events", get(room::listen))
            .route("/shown/{number}", get(files::show))
            .route("/text", post(act::text))
            .route("/press", post(act::press))
            .route("/contact", post(act::contact))
            .route("/location", post(act::location))
            .layer(DefaultBodyLimit::max(BODY))
            .route("/file", post(files::upload).layer(DefaultBodyLimit::max(files::LARGEST)))
            .with_state(door)
    }

    /// See [`crate::channel::Channel::receive`].
    pub async fn receive(&self, inbox: Inbox, mut shutdown: Shutdown) -> Result<(), ChannelError> {
        let nobody = inbox.clone();
        self.desk.inbox.send_replace(Some(inbox));
        let ended = tokio::select! {
            () = stopped(&mut shutdown) => Ok(()),
            () = nobody.closed() => Err(ChannelError::Closed),
        };
        self.desk.inbox.send_replace(None);
        ended
    }

    /// See [`crate::channel::Channel::forgotten`].
    pub fn forgotten(&self, account: &str) {
        self.desk.rooms.of(account).tell(room::News::Anew);
    }

    /// See [`crate::channel::Channel::perform`].
    pub async fn perform(&self, account: &str, kind: &EffectKind, native: Natives<'_>) -> Delivery {
        let number = |of| resolve(of, native).and_then(|id| id.parse().ok());
        let done = match kind {
            EffectKind::Send(message) => self.desk.send(account, message).await.map(Some),
            EffectKind::Edit { of, message } => self.desk.edit(account, number(of), message).await,
            EffectKind::Strip { of } => self.desk.alter(account, number(of), Letter::strip).await.map(|_| None),
            EffectKind::Freeze { of, message } => self.desk.alter(account, number(of), |letter| letter.freeze(message)).await.map(|_| None),
            EffectKind::Delete { of } => self.desk.alter(account, number(of), Letter::remove).await.map(|_| None),
            EffectKind::Acknowledge { text, .. } => {
                if let Some(text) = text {
                    self.desk.rooms.of(account).tell(News::Notice(text.clone()));
                }
                Ok(None)
            }
            EffectKind::ShowCommands { language } => {
                self.desk.offer(account, language, &[]);
                Ok(None)
            }
            EffectKind::ShowMenu(menu) => {
                self.desk.offer(account, menu.language.as_deref().unwrap_or_default(), &menu.roles);
                Ok(None)
            }
            EffectKind::Call { .. } | EffectKind::Tell { .. } => return Delivery::Refused("this is not a matter of messages".to_owned()),
        };
        match done {
            Ok(number) => Delivery::Done(number.map(|number| number.to_string())),
            Err(StoreError::Poisoned(_)) => Delivery::Ambiguous,
            Err(_) => Delivery::Later(AGAIN),
        }
    }

    /// See [`crate::channel::Channel::open`].
    pub fn open(&self, id: &str) -> Result<Contents, Unopened> {
        let bytes = self.desk.spool.get(id, tokio::time::Instant::now()).ok_or(Unopened::Gone)?;
        Ok(Contents::of(bytes))
    }

    /// See [`crate::channel::Channel::set_up`].
    pub fn set_up(&self, menus: &Menus) {
        *self.desk.menus.write().unwrap_or_else(PoisonError::into_inner) = menus.clone();
    }
}

impl Desk {
    fn record(&self, account: &str) -> RecordId {
        RecordId::person(&self.name, account)
    }

    fn store(&self) -> Result<&Arc<Store>, StoreError> {
        self.store.get().ok_or_else(|| StoreError::Unavailable("the web chat is not open yet".to_owned()))
    }

    /// What is known of whoever has this account, if they have done anything yet.
    async fn known(&self, account: &str) -> Option<Record> {
        self.store().ok()?.load(&self.record(account)).await.ok()?
    }

    async fn mailbox(&self, account: &str) -> Result<Mailbox<'_>, StoreError> {
        Mailbox::open(self.store()?, self.record(account)).await
    }

    /// Puts a message into the mailbox. A number that was asked for before is not asked for any more, if the message says so.
    async fn send(&self, account: &str, message: &Message) -> Result<u64, StoreError> {
        let room = self.rooms.of(account);
        let _order = room.writing.lock().await;
        let mut mailbox = self.mailbox(account).await?;
        if message.remove_keyboard {
            mailbox.stop_asking();
        }
        let number = mailbox.add(Letter { at: now(), ..Letter::told(message) });
        room.publish(mailbox).await?;
        Ok(number)
    }

    /// Changes a message, or sends it if there is nothing left to change; then its new number.
    async fn edit(&self, account: &str, number: Option<u64>, message: &Message) -> Result<Option<u64>, StoreError> {
        let changed = self
            .alter(account, number, |letter| {
                // The file of a message stays what it is.
                let file = letter.file.take();
                *letter = Letter { number: letter.number, at: letter.at, file, ..Letter::told(message) };
            })
            .await?;
        if changed { Ok(None) } else { self.send(account, message).await.map(Some) }
    }

    /// Changes a message; `false` if it is not there any more.
    async fn alter(&self, account: &str, number: Option<u64>, change: impl FnOnce(&mut Letter)) -> Result<bool, StoreError> {
        let Some(number) = number else { return Ok(false) };
        let room = self.rooms.of(account);
        let _order = room.writing.lock().await;
        let mut mailbox = self.mailbox(account).await?;
        let found = mailbox.change(number, change);
        room.publish(mailbox).await?;
        Ok(found)
    }

    /// What the bot is called in a language.
    fn title(&self, language: &str) -> String {
        self.menus.read().unwrap_or_else(PoisonError::into_inner).title_in(language).to_owned()
    }

    /// Shows somebody who speaks this language and holds these roles what they may begin with.
    fn offer(&self, account: &str, language: &str, roles: &[String]) {
        self.rooms.of(account).tell(News::Commands(language.to_owned(), self.commands(language, roles)));
    }

    /// What the menu of a language offers somebody of these roles: what is to be written, and what it does.
    fn commands(&self, language: &str, roles: &[String]) -> Vec<(String, String)> {
        let menus = self.menus.read().unwrap_or_else(PoisonError::into_inner);
        menus.commands_for(language, roles).iter().map(|command| (format!("/{}", command.name), command.title.clone())).collect()
    }
}

/// The time, in seconds.
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").field("name", &self.desk.name).finish_non_exhaustive()
    }
}
