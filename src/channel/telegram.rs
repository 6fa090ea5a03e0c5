//! Telegram: a bot that polls for updates, or is brought them, and sends messages.
//!
//! Updates are confirmed only when the turns they caused are durable, so a crash loses nothing; the engine recognises what comes
//! twice. The methods of every turn go over one small HTTP client; what is asked once at start goes through `teloxide`. The token
//! is part of every address of the Bot API, therefore no error and no log line here is made from an address.

mod albums;
mod backoff;
mod file;
mod form;
mod groups;
mod keyboard;
mod pace;
mod receiver;
mod sender;
mod setup;
mod shown;
mod update;
mod webhook;
mod wire;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::routing::MethodRouter;

use crate::channel::{ChannelError, Contents, Delivery, Files, Inbox, Menus, Natives, Shutdown, Unopened};
use crate::engine::EffectKind;

use albums::Albums;
use groups::Groups;
use pace::Pace;
use shown::Shelf;
use webhook::Hook;
use wire::Wire;

/// What the operator may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the Bot API is, without a slash at the end.
    pub api_url: String,
    /// What is called by Telegram; nothing if the bot asks for updates.
    pub webhook: Option<Webhook>,
    /// How often it is looked after that the webhook is still ours, and works.
    pub look: Duration,
    /// How long a poll waits for something to happen; Telegram allows up to 50 seconds.
    pub poll: Duration,
    /// How long a call may take before it is taken for lost.
    pub answer_within: Duration,
    /// The first pause after a failed poll; it doubles up to half a minute.
    pub pause: Duration,
    /// How fast messages are sent.
    pub limits: Limits,
}

/// What is called by Telegram.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The address that Telegram calls.
    pub url: String,
    /// What Telegram shows with each call, so that nobody else is believed.
    pub secret: String,
    /// Calls at one time, from 1 to 100.
    pub connections: u8,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("url", &self.url).finish_non_exhaustive()
    }
}

/// How a bot stands with Telegram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its name, without the @.
    pub username: Option<String>,
    /// The address that Telegram brings updates to.
    pub webhook: Option<String>,
    /// Updates that wait.
    pub waiting: u32,
    /// When Telegram last could not bring an update, in seconds since 1970, and why.
    pub failed: Option<(i64, String)>,
}

/// How fast messages are sent. Edits are not counted. A rate of 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages a second to one chat, on average.
    pub chat: u32,
    /// Messages to one chat that may follow each other at once.
    pub burst: u32,
    /// Messages a second to all chats together.
    pub overall: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_url: "https://api.telegram.org".to_owned(),
            webhook: None,
            look: Duration::from_mins(1),
            poll: Duration::from_secs(50),
            answer_within: Duration::from_secs(20),
            pause: Duration::from_secs(1),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { chat: 1, burst: 3, overall: 30 }
    }
}

/// A Telegram bot.
pub struct Telegram {
    bot: Arc<Bot>,
}

/// What all parts of the channel share.
struct Bot {
    /// The channel's name in `usher.yaml`.
    name: String,
    settings: Settings,
    wire: Wire,
    rare: teloxide::Bot,
    pace: Pace,
    groups: Groups,
    albums: Albums,
    hook: Hook,
    /// Known after the first set-up.
    known: RwLock<Known>,
    shelf: Shelf,
}

/// What set-up finds out and is told.
#[derive(Default)]
struct Known {
    username: Option<String>,
    menus: Menus,
}

impl Telegram {
    /// A bot. `name` is the channel's name, which begins the ids of its people and events. Nothing is sent yet.
    pub fn new(name: &str, token: &str, settings: Settings) -> Result<Self, ChannelError> {
        if !is_token(token) {
            return Err(ChannelError::TokenMalformed);
        }
        let bot = Bot {
            name: name.to_owned(),
            wire: Wire::new(&settings.api_url, token, settings.answer_within)?,
            rare: setup::rare(&settings.api_url, token)?,
            pace: Pace::new(settings.limits),
            groups: Groups::default(),
            albums: Albums::default(),
            hook: Hook::default(),
            known: RwLock::default(),
            shelf: Shelf::default(),
            settings,
        };
        Ok(Self { bot: Arc::new(bot) })
    }

    /// The address that opens a private chat with the bot; known once [`Telegram::set_up`] has succeeded.
    pub fn link(&self) -> Option<String> {
        self.bot.link()
    }

    /// See [`crate::channel::Channel::receive`].
    pub async fn receive(&self, inbox: Inbox, shutdown: Shutdown) -> Result<(), ChannelError> {
        match &self.bot.settings.webhook {
            Some(webhook) => webhook::run(&self.bot, webhook, inbox, shutdown).await,
            None => receiver::run(&self.bot, &inbox, shutdown).await,
        }
    }

    /// How the bot stands with Telegram, without changing anything.
    pub async fn standing(&self) -> Result<Standing, ChannelError> {
        setup::standing(&self.bot).await
    }

    /// See [`crate::channel::Channel::webhook`].
    pub fn webhook(&self) -> Option<MethodRouter> {
        self.bot.settings.webhook.as_ref().map(|_| webhook::route(&self.bot))
    }

    /// See [`crate::channel::Channel::spare`].
    pub async fn spare(&self) {
        self.bot.pace.spare().await;
    }

    /// See [`crate::channel::Channel::perform`].
    pub async fn perform(&self, account: &str, kind: &EffectKind, native: Natives<'_>) -> Delivery {
        let Ok(chat) = account.parse() else {
            return Delivery::Refused("the account is not a Telegram id".to_owned());
        };
        sender::perform(&self.bot, chat, kind, native).await
    }

    /// See [`crate::channel::Channel::open`].
    pub async fn open(&self, id: &str) -> Result<Contents, Unopened> {
        file::open(&self.bot, id).await
    }

    /// See [`crate::channel::Channel::lend`].
    pub fn lend(&self, files: &Files) {
        self.bot.shelf.lend(files);
    }

    /// See [`crate::channel::Channel::set_up`].
    pub async fn set_up(&self, menus: &Menus) -> Result<(), ChannelError> {
        setup::run(&self.bot, menus).await
    }
}

impl fmt::Debug for Telegram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telegram").field("name", &self.bot.name).finish_non_exhaustive()
    }
}

impl Bot {
    fn link(&self) -> Option<String> {
        self.know(|known| known.username.as_ref().map(|name| format!("https://t.me/{name}")))
    }

    /// Reads what is known. Nothing can be left half-written, so a poisoned lock is as good as any.
    fn know<T>(&self, read: impl FnOnce(&Known) -> T) -> T {
        read(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn learn(&self, write: impl FnOnce(&mut Known)) {
        write(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Whether a token has the form of those that `BotFather` gives.
pub fn is_token(token: &str) -> bool {
    let Some((id, secret)) = token.split_once(':') else { return false };
    let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    digits && !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
