//! What each request does, in the running bot and without one.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::cli::control::{Line, Out, Request, Standing};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::{audit, backup, key, live, maintenance, parked, sessions};
use crate::engine::{Parked, RecordId, house, house_id};
use crate::flow::Maintenance;
use crate::runtime::{Eraser, Keeper, Shelf, erase, maintain};
use crate::store::{Act, Store};

/// What requests are performed on.
pub struct Desk {
    /// The store.
    pub store: Arc<Store>,
    /// The bot, once it works with the store.
    bot: Mutex<Option<Bot>>,
    released: watch::Sender<bool>,
}

/// What a running bot is asked by.
#[derive(Clone)]
pub struct Bot {
    /// Erases people.
    pub eraser: Eraser,
    /// Tells the house.
    pub keeper: Keeper,
    /// Tries again what was put aside.
    pub shelf: Shelf,
}

impl Desk {
    /// A store that nobody else works with.
    pub fn alone(store: Arc<Store>) -> Self {
        Self { store, bot: Mutex::default(), released: watch::channel(false).0 }
    }

    /// From now on the bot works with the store.
    pub fn attach(&self, bot: Bot) {
        *self.bot.lock().unwrap_or_else(PoisonError::into_inner) = Some(bot);
    }

    fn bot(&self) -> Option<Bot> {
        self.bot.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks people to wait, or not any more.
    pub async fn maintain(&self, maintenance: Option<Maintenance>) -> anyhow::Result<()> {
        let kept = match self.bot() {
            Some(bot) => bot.keeper.maintain(maintenance).await,
            None => maintain(&self.store, maintenance).await,
        };
        kept.map_err(|why| mistake(format!("that cannot be kept now: {why}")))
    }

    /// Tries again what was put aside; true if that succeeds. Only a bot that runs can.
    pub async fn try_again(&self, parked: Parked) -> anyhow::Result<bool> {
        let bot = self.bot().ok_or_else(|| mistake("only a bot that runs can try it again; start it first"))?;
        bot.shelf.try_again(parked).await.map_err(|why| mistake(format!("that cannot be tried now: {why}")))
    }

    /// Something that was put aside was dropped.
    pub fn dropped(&self) {
        if let Some(bot) = self.bot() {
            bot.shelf.dropped();
        }
    }

    /// Becomes true when a pause is over.
    pub fn released(&self) -> watch::Receiver<bool> {
        self.released.subscribe()
    }

    /// Erases a person: by the one who writes their record, if somebody does.
    pub async fn erase(&self, id: &RecordId) -> anyhow::Result<Option<Act>> {
        let erased = match self.bot() {
            Some(bot) => bot.eraser.erase(id).await,
            None => erase(&self.store, id).await,
        };
        erased.map_err(|error| mistake(error.to_string()))
    }
}

/// Performs a request.
pub async fn perform(desk: &Desk, request: Request, out: &Out) -> anyhow::Result<ExitCode> {
    let store = &desk.store;
    match request {
        Request::Keys => Ok(key::list(store, out)),
        Request::RotateKey => key::rotate(store, out).await,
        Request::RetireKeys => key::retire(store, out).await,
        Request::BackUp { file } => backup::write(store, &file, out).await,
        Request::Resume => resume(desk, out).await,
        Request::Sessions { all, flow, step, days, limit } => {
            sessions::list(store, &sessions::Wanted { all, flow, step, days, limit }, out).await
        }
        Request::Show { person } => sessions::show(store, &person, out).await,
        Request::Export { person } => sessions::export(store, &person, out).await,
        Request::Erase { person } => sessions::erase(desk, &person, out).await,
        Request::Parked => parked::list(store, out).await,
        Request::RetryParked { name } => parked::retry(desk, name.as_deref(), out).await,
        Request::DropParked { name } => parked::drop_chosen(desk, name.as_deref(), out).await,
        Request::Audit { person, name, since, limit } => audit::list(store, &audit::Wanted { person, name, since, limit }, out).await,
        Request::VerifyAudit => audit::verify(store, out).await,
        Request::Standing => {
            out(Line::Say(serde_json::to_string(&standing(store).await?)?));
            Ok(ExitCode::Done)
        }
        Request::Maintenance => maintenance::status(store, out).await,
        Request::Maintain { maintenance } => maintenance::set(desk, maintenance, out).await,
    }
}

/// How it stands with the bot, by what its store says.
pub async fn standing(store: &Store) -> anyhow::Result<Standing> {
    let record = store.load(&house_id()).await?;
    Ok(Standing { paused: store.paused().await?, house: record.map(|record| house(&record)).unwrap_or_default() })
}

async fn resume(desk: &Desk, out: &Out) -> anyhow::Result<ExitCode> {
    if desk.store.paused().await.map_err(live::cannot_open)?.is_none() {
        out(Line::Say("The store is not paused.".to_owned()));
        return Ok(ExitCode::Done);
    }
    desk.store.resume().await.map_err(live::cannot_open)?;
    desk.released.send_replace(true);
    out(Line::Say("Released: what was under way is taken up, as after a kill.".to_owned()));
    Ok(ExitCode::Done)
}
