//! Channels: where people are talked to. What they do becomes an [`Incoming`]; an effect becomes a message.
//!
//! A channel decides nothing. It knows no flow, no session and no record: it hands in what happened, waits until that is durable
//! before it confirms it to the outside world, and says honestly how far an effect got. Retrying, giving up and remembering
//! belong to whoever calls it.

pub mod markup;
pub mod telegram;
pub mod terminal;
pub mod web;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::MethodRouter;
use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};

use crate::channel::telegram::Telegram;
use crate::channel::terminal::Terminal;
use crate::channel::web::Web;
use crate::engine::{EffectId, EffectKind, EventId, EventKind, MessageRef, RecordId};
use crate::expr::{File, FileAt};
use crate::store::Store;

/// What a channel hands in: one thing a person did.
#[derive(Debug)]
pub struct Incoming {
    /// Whose record it concerns.
    pub record: RecordId,
    /// Its id: the same thing handed in twice has the same one.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// Answered when the turn is durable, or cannot be kept now. Dropping it says that it was not kept. What can never be kept, because
    /// the record cannot be read or the engine fails on it, is answered as if it were: coming again it would hold up everybody.
    pub kept: oneshot::Sender<Result<(), Unkept>>,
}

/// The turn of an [`Incoming`] could not be made durable: the channel hands it in again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the turn could not be kept")]
pub struct Unkept;

/// Where a channel hands in what happened.
pub type Inbox = mpsc::Sender<Incoming>;

/// Becomes true when the process is to stop. A dropped sender means the same.
pub type Shutdown = watch::Receiver<bool>;

/// Resolves a message that an effect sent to the channel's own id of it.
pub type Natives<'a> = &'a (dyn Fn(EffectId) -> Option<String> + Send + Sync);

/// A file that can be read now.
pub struct Contents {
    /// Bytes in all.
    pub size: u64,
    /// They, in order.
    pub pieces: BoxStream<'static, io::Result<Bytes>>,
}

impl Contents {
    /// A file that is held as a whole.
    pub fn of(bytes: Bytes) -> Self {
        Self { size: bytes.len() as u64, pieces: stream::once(ready(Ok(bytes))).boxed() }
    }

    /// All of it, if it is not larger than a chat takes.
    async fn whole(self) -> Result<Vec<u8>, Unopened> {
        let broken = |error: io::Error| Unopened::Unavailable(error.kind().to_string());
        let mut pieces = self.pieces;
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.try_next().await.map_err(broken)? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > LARGEST {
                return Err(Unopened::Gone);
            }
        }
        Ok(bytes)
    }
}

/// Reads a file, wherever it is.
pub type Files = Arc<dyn Fn(File) -> BoxFuture<'static, Result<Contents, Unopened>> + Send + Sync>;

/// The largest file that a chat takes, in bytes.
const LARGEST: usize = 20 << 20;

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unopened {
    /// The channel has it no more, or never gives it away.
    #[error("the file is not there any more")]
    Gone,
    /// Not now; in words without secrets.
    #[error("the file cannot be read now: {0}")]
    Unavailable(String),
}

/// How far an effect got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Done; the channel's id of the message, if it made one; of several into which one was split, all, with spaces between.
    Done(Option<String>),
    /// The person cannot be reached: they blocked the bot or never opened it.
    Unreachable,
    /// It cannot be done, ever; why, without any text of the message.
    Refused(String),
    /// It may have been done.
    Ambiguous,
    /// It was certainly not done, or may be done twice without harm; it may be tried again after this long.
    Later(Duration),
}

/// What people are offered before they write anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Menus {
    /// The language of whoever has none of those below.
    pub language: String,
    /// Language (two letters) → what the bot is called.
    pub titles: BTreeMap<String, String>,
    /// Language (two letters) → its commands.
    pub commands: BTreeMap<String, Vec<Command>>,
    /// Language (two letters) → what a group is told once a day, in HTML. [`LINK`] in it stands for the address of the private chat.
    pub private_only: BTreeMap<String, String>,
}

/// A command of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Without the slash.
    pub name: String,
    /// What it does, in the language of the menu.
    pub title: String,
    /// The roles that it is for; empty for one that everybody may use.
    pub roles: Vec<String>,
}

/// In [`Menus::private_only`]: replaced by the address of the private chat, which only the channel knows.
pub const LINK: &str = "{link}";

impl Menus {
    /// What anybody may begin with, in a language or else in the default one.
    pub fn commands_of(&self, language: &str) -> Vec<&Command> {
        self.commands_for(language, &[])
    }

    /// What somebody of these roles may begin with, in a language or else in the default one.
    pub fn commands_for(&self, language: &str, roles: &[String]) -> Vec<&Command> {
        let all = Self::in_language(&self.commands, language, &self.language).into_iter().flatten();
        all.filter(|command| command.roles.is_empty() || command.roles.iter().any(|role| roles.contains(role))).collect()
    }

    /// What the bot is called in a language, or else in the default one.
    pub fn title_in(&self, language: &str) -> &str {
        Self::in_language(&self.titles, language, &self.language).map_or("", String::as_str)
    }

    /// Whether the bot speaks this language.
    pub fn has(&self, language: &str) -> bool {
        language == self.language || self.commands.contains_key(language)
    }

    /// The text for groups in a language, or else in the default one. The language may be a whole tag such as `en-US`.
    pub fn private_only_in(&self, language: &str) -> Option<&str> {
        Self::in_language(&self.private_only, language, &self.language).map(String::as_str)
    }

    fn in_language<'a, T>(texts: &'a BTreeMap<String, T>, tag: &str, default: &str) -> Option<&'a T> {
        let wanted = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        texts.get(&wanted).or_else(|| texts.get(default))
    }
}

/// Why a channel cannot go on. No variant holds a token or anything a person wrote.
#[derive(Debug, Error)]
pub enum ChannelError {
    /// The token is not of the form that `BotFather` gives.
    #[error("the token does not look like one: digits, a colon, then letters, digits, `_` or `-`")]
    TokenMalformed,
    /// The Bot API knows no bot with this token.
    #[error("the token is not accepted: compare it with the one BotFather gave, or ask BotFather for a new one")]
    TokenRefused,
    /// The address of the Bot API is not one.
    #[error("the address of the Bot API must be an http or https URL without a query")]
    AddressMalformed,
    /// The machine's TLS or HTTP stack cannot be set up.
    #[error("no HTTP client can be prepared")]
    NoClient,
    /// The Bot API cannot be reached now.
    #[error("the Bot API cannot be reached: {0}")]
    Unavailable(String),
    /// The Bot API refuses something that was asked at start.
    #[error("the Bot API refuses it: {0}")]
    Refused(String),
    /// Nobody takes what the channel hands in.
    #[error("nobody takes what people do: the inbox is closed")]
    Closed,
    /// The terminal's input or output failed.
    #[error("the terminal failed: {0}")]
    Stream(#[from] std::io::Error),
}

/// A place where people are talked to.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one value for each bot of the process")]
pub enum Channel {
    /// A Telegram bot.
    Telegram(Telegram),
    /// A conversation with one person in a terminal.
    Terminal(Terminal),
    /// A chat in the browser.
    Web(Web),
}

impl Channel {
    /// Hands in what people do until told to stop, or until nobody is left to listen to. A network that is down is waited for.
    pub async fn receive(&self, inbox: Inbox, shutdown: Shutdown) -> Result<(), ChannelError> {
        match self {
            Self::Telegram(telegram) => telegram.receive(inbox, shutdown).await,
            Self::Terminal(terminal) => terminal.receive(inbox, shutdown).await,
            Self::Web(web) => web.receive(inbox, shutdown).await,
        }
    }

    /// Does one effect for the person with this account. Effects of one account are to be performed one after the other, in order.
    pub async fn perform(&self, account: &str, kind: &EffectKind, native: Natives<'_>) -> Delivery {
        match self {
            Self::Telegram(telegram) => telegram.perform(account, kind, native).await,
            Self::Terminal(terminal) => terminal.perform(kind, native).await,
            Self::Web(web) => web.perform(account, kind, native).await,
        }
    }

    /// Waits until no message of a conversation waits for its place: what is sent to many comes behind all of them.
    pub async fn spare(&self) {
        match self {
            Self::Telegram(telegram) => telegram.spare().await,
            Self::Terminal(_) | Self::Web(_) => {}
        }
    }

    /// All that was kept of somebody is gone: pages that are open show what there is now.
    pub fn forgotten(&self, account: &str) {
        match self {
            Self::Telegram(_) | Self::Terminal(_) => {}
            Self::Web(web) => web.forgotten(account),
        }
    }

    /// Begins to read a file that a person sent here, by the channel's own id of it. May be done again.
    pub async fn open(&self, id: &str) -> Result<Contents, Unopened> {
        match self {
            Self::Telegram(telegram) => telegram.open(id).await,
            Self::Terminal(terminal) => terminal.open(id).await,
            Self::Web(web) => web.open(id),
        }
    }

    /// Shows the menus, and checks that the channel can work at all. To be called at start and whenever the menus change; may be
    /// repeated at will.
    pub async fn set_up(&self, menus: &Menus) -> Result<(), ChannelError> {
        match self {
            Self::Telegram(telegram) => telegram.set_up(menus).await,
            Self::Terminal(terminal) => terminal.set_up(menus).await,
            Self::Web(web) => {
                web.set_up(menus);
                Ok(())
            }
        }
    }

    /// The address of the chat with the bot, to which `?start=…` may be added; nothing if it has none, or does not know it yet.
    pub fn link(&self) -> Option<String> {
        match self {
            Self::Telegram(telegram) => telegram.link(),
            Self::Web(web) => web.link(),
            Self::Terminal(_) => None,
        }
    }

    /// Gives the channel the store, if it keeps anything there. To be called before it receives.
    pub fn attach(&self, store: &Arc<Store>) {
        if let Self::Web(web) = self {
            web.attach(store);
        }
    }

    /// Gives the channel the way to files that it does not hold itself. To be called before it performs anything.
    pub fn lend(&self, files: &Files) {
        match self {
            Self::Telegram(telegram) => telegram.lend(files),
            Self::Web(web) => web.lend(files),
            // A terminal shows no files, it names them.
            Self::Terminal(_) => {}
        }
    }

    /// What it answers over HTTP below a path of its own, if it does; to be mounted under a path that ends with a slash.
    pub fn router(&self) -> Option<Router> {
        match self {
            Self::Web(web) => Some(web.router()),
            Self::Telegram(_) | Self::Terminal(_) => None,
        }
    }

    /// What answers at the path of its webhook, if it has one.
    pub fn webhook(&self) -> Option<MethodRouter> {
        match self {
            Self::Telegram(telegram) => telegram.webhook(),
            Self::Web(_) | Self::Terminal(_) => None,
        }
    }
}

/// Returns when the process is to stop.
async fn stopped(shutdown: &mut Shutdown) {
    // An error means that the sender is gone, which says the same.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// Reads a file by the way that was lent; without one, what is held nowhere else.
async fn read(file: &File, lent: Option<&Files>) -> Result<Contents, Unopened> {
    match (lent, &file.at) {
        (Some(files), _) => files(file.clone()).await,
        (None, FileAt::Here(content)) => Ok(Contents::of(content.0.clone().into())),
        (None, _) => Err(Unopened::Gone),
    }
}

/// The native id of a message, if it is known.
fn resolve(of: &MessageRef, native: Natives<'_>) -> Option<String> {
    match of {
        MessageRef::Ours(effect) => native(*effect),
        MessageRef::Native(id) => Some(id.clone()),
    }
}
