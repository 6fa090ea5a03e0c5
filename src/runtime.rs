//! The driver: the five lines that are the same for every channel — claim, load, step, commit, perform — and what keeps them going:
//! recovery at start, timers, a graceful stop.
//!
//! The path of a message: a channel puts an [`Incoming`] into the inbox; `dispatch` gives it to the one `writer` of its record, so that
//! turns of a record are serial and different people do not wait for each other; the writer loads the record, lets `engine::step` make
//! the turn, commits it, and only then confirms it to the channel and performs its effects: messages one after the other (`outgoing`),
//! calls beside each other, letters to other records to their writers. What becomes of them are new events of the same writer.
//!
//! An effect stays in its record until it is known to be done. Whenever a writer reads the record it takes up those that it does not
//! have under way itself; so what a killed process has left is no special case.
//!
//! Two things are answered although no turn was made, because to hand them in again would hold up everybody else for ever: what
//! concerns a record that cannot be read, and what makes the engine panic. Both are logged and put aside as they came (`parking`).
//!
//! The runtime decides nothing about a conversation: that is `engine::step`; it must not look into sessions.

mod away;
mod broadcasts;
mod busy;
mod calls;
mod clock;
mod counters;
mod desk;
mod dispatch;
mod editions;
mod erasing;
mod events;
mod files;
mod guard;
mod house;
mod letters;
mod libraries;
mod notices;
mod outgoing;
mod parking;
mod probe;
mod recovery;
mod reloads;
mod versions;
mod wakes;
mod writer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::channel::{Channel, Files, Inbox, Incoming};
use crate::engine::{Letter, Matter};
use crate::expr::Time;
use crate::fetch::Fetch;
use crate::runtime::busy::Busy;
use crate::runtime::dispatch::{Job, Order};
use crate::runtime::editions::Editions;
use crate::runtime::notices::Notices;
use crate::runtime::wakes::Wakes;
use crate::store::{Store, StoreError};

pub use counters::{Counters, Counts};
pub use editions::Flows;
pub use erasing::{Eraser, Unerased, erase};
pub use events::{Events, NotTaken};
pub use guard::{guarded, is_guarded};
pub use house::{Keeper, maintain};
pub use libraries::Libraries;
pub use parking::{Shelf, parked};
pub use reloads::Reader;
pub use versions::{Beginning, Sources, files as files_of, last, libraries, library, sources as sources_of};

/// What channels have handed in and nobody has looked at yet, at most: whoever hands in more waits.
const QUEUE: usize = 256;

/// Records that the runtime itself brings up at one time: those taken up at start and those whose timers ring.
const SLOTS: u32 = 64;

/// The pause before the store is asked again, if it could not answer.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How long a graceful stop waits for the writers, who end by themselves a little earlier.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// What the runtime needs of the outside world.
pub struct Parts {
    /// The versions in use, of each bot.
    pub libraries: Libraries,
    /// Where records are kept.
    pub store: Arc<Store>,
    /// What sends calls.
    pub fetch: Arc<Fetch>,
    /// Channels by the name that begins the ids of their people.
    pub channels: BTreeMap<String, Arc<Channel>>,
    /// What reads the flows again, of each bot whose flows are in a folder; the only bot has an empty name.
    pub readers: BTreeMap<String, Reader>,
}

/// What all parts of the runtime share.
struct Shared {
    editions: Arc<Editions>,
    store: Arc<Store>,
    fetch: Arc<Fetch>,
    channels: BTreeMap<String, Arc<Channel>>,
    wakes: Wakes,
    slots: Arc<Semaphore>,
    failed: watch::Sender<Option<String>>,
    busy: Busy,
    notices: Notices,
    counters: Arc<Counters>,
    /// Maintenance has ended.
    reopened: Notify,
    /// The bot was away for long.
    returned: Notify,
    /// A broadcast was ordered or stopped.
    ordered: Notify,
    /// Somebody may wait for the flows to be read again.
    wished: Notify,
    /// Letters to the house.
    letters: mpsc::UnboundedSender<Letter>,
    files: Files,
}

impl Shared {
    /// The store has failed: the process must end.
    fn fail(&self, why: &str) {
        self.failed.send_if_modified(|failed| failed.is_none() && failed.replace(why.to_owned()).is_none());
    }

    fn has_failed(&self) -> bool {
        self.failed.borrow().is_some()
    }

    /// Something could not be read.
    fn cannot_read(&self, error: &StoreError) {
        match error {
            StoreError::Poisoned(why) => self.fail(why),
            StoreError::Damaged { key, why } => {
                if self.notices.unreadable(key, why) {
                    self.report(Matter::Unreadable { record: key.clone() });
                }
            }
            error => tracing::error!(%error, "the store could not be read"),
        }
    }

    /// What the store has answered; nothing if it could not, after the pause that is due before it is asked again.
    async fn or_pause<T>(&self, answer: Result<T, StoreError>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.cannot_read(&error);
                tokio::time::sleep(ASK_AGAIN).await;
                None
            }
        }
    }
}

/// The running driver. Dropping it is as good as killing the process: nothing acknowledged is lost, and what was under way is taken up
/// at the next start. [`Runtime::stop`] is kinder.
pub struct Runtime {
    inbox: Inbox,
    eraser: Eraser,
    keeper: Keeper,
    shelf: Shelf,
    events: Events,
    shared: Arc<Shared>,
    stopping: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Runtime {
    /// Starts the driver, which first takes up what was under way when the process last ended. To be called within an async runtime.
    pub fn start(parts: Parts) -> Self {
        let Parts { libraries, store, fetch, channels, readers } = parts;
        let (orders, taken) = mpsc::unbounded_channel();
        let (inbox, incoming) = mpsc::channel(QUEUE);
        let (eraser, keeper) = (Eraser::new(&orders), Keeper::new(&orders));
        let (stopping, stop) = watch::channel(false);
        let (wakes, ringing) = Wakes::new();
        let (failed, _) = watch::channel(None);
        let (busy, slots) = (Busy::new(), Arc::new(Semaphore::new(SLOTS as usize)));
        let recovering = busy.begin();
        let editions = Arc::new(Editions::new(libraries));
        let (notices, counters) = (Notices::default(), Arc::default());
        let files = files::reader(&channels, Arc::clone(&editions));
        for channel in channels.values() {
            channel.lend(&files);
        }
        let (reopened, returned, ordered, wished) = (Notify::new(), Notify::new(), Notify::new(), Notify::new());
        let (letters, to_house) = mpsc::unbounded_channel();
        let shared = Shared {
            editions,
            store,
            fetch,
            channels,
            wakes,
            slots,
            failed,
            busy,
            notices,
            counters,
            reopened,
            returned,
            ordered,
            wished,
            letters,
            files,
        };
        let shared = Arc::new(shared);
        let events = Events::new(Arc::clone(&shared), orders.clone());
        let shelf = Shelf::new(&orders, Arc::clone(&shared));
        let mut tasks = JoinSet::new();
        tasks.spawn(recovery::run(Arc::clone(&shared), orders.clone(), stop.clone(), recovering));
        tasks.spawn(wakes::ring(ringing, Arc::clone(&shared), orders.clone(), stop.clone()));
        tasks.spawn(house::post(to_house, orders.clone(), stop.clone()));
        tasks.spawn(house::reopen(Arc::clone(&shared), orders.clone(), stop.clone()));
        tasks.spawn(away::beat(Arc::clone(&shared), stop.clone()));
        tasks.spawn(away::tell(Arc::clone(&shared), orders.clone(), stop.clone()));
        tasks.spawn(parking::count(Arc::clone(&shared), stop.clone()));
        tasks.spawn(broadcasts::run(Arc::clone(&shared), orders.clone(), stop.clone()));
        tasks.spawn(reloads::run(Arc::clone(&shared), readers, stop.clone()));
        tasks.spawn(probe::run(Arc::clone(&shared), stop.clone()));
        tasks.spawn(take_in(incoming, orders.clone()));
        tasks.spawn(dispatch::run(Arc::clone(&shared), taken, orders, stop));
        Self { inbox, eraser, keeper, shelf, events, shared, stopping, tasks }
    }

    /// Where channels hand in what people do.
    pub fn inbox(&self) -> Inbox {
        self.inbox.clone()
    }

    /// What erases people while it runs.
    pub fn eraser(&self) -> Eraser {
        self.eraser.clone()
    }

    /// What tells the house while it runs.
    pub fn keeper(&self) -> Keeper {
        self.keeper.clone()
    }

    /// What tries again, while it runs, what was put aside.
    pub fn shelf(&self) -> Shelf {
        self.shelf.clone()
    }

    /// Where other systems report events.
    pub fn events(&self) -> Events {
        self.events.clone()
    }

    /// The flows a bot runs on, to be replaced while it runs. The only bot has an empty name.
    pub fn flows(&self, bot: &str) -> Flows {
        Flows::new(Arc::clone(&self.shared), bot)
    }

    /// Somebody who has this code becomes the first owner, until then; nothing if there is an owner.
    pub fn offer_ownership(&self, code: &str, until: Time) {
        // Whoever posts is gone only when everything stops.
        let _ = self.shared.letters.send(Letter::Offered { code: code.to_owned(), until });
    }

    /// True if somebody may everything, or nobody could: no role may.
    pub fn is_owned(&self) -> bool {
        self.shared.editions.is_owned()
    }

    /// The same, for whoever asks again and again.
    pub fn owned(&self) -> impl Fn() -> bool + Send + use<> {
        let editions = Arc::clone(&self.shared.editions);
        move || editions.is_owned()
    }

    /// Where channels tell the address of their chats.
    pub fn links(&self) -> Links {
        Links(Arc::clone(&self.shared.editions))
    }

    /// Tells why, once the store has failed: nothing is acknowledged any more and the process must end.
    pub fn failure(&self) -> watch::Receiver<Option<String>> {
        self.shared.failed.subscribe()
    }

    /// What has been done since the start.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.shared.counters)
    }

    /// True while no message and no call is under way.
    pub fn idle(&self) -> watch::Receiver<bool> {
        self.shared.busy.idle()
    }

    /// Stops: what is under way is finished or left to the next start, the last outcomes are committed. Takes five seconds at most.
    pub async fn stop(mut self) {
        drop(self.inbox);
        self.stopping.send_replace(true);
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WITHIN, finished).await.is_err() {
            tracing::warn!("stopped with work under way; it is taken up at the next start");
        }
    }
}

/// Takes the addresses of chats, for links that others are given.
#[derive(Clone)]
pub struct Links(Arc<Editions>);

impl Links {
    /// The chat of this channel is there.
    pub fn learn(&self, channel: &str, link: &str) {
        self.0.learn_link(channel, link);
    }
}

/// Hands what channels bring to the dispatcher. The inbox is what bounds it: a channel waits for each person's answer before it hands in
/// more of theirs.
async fn take_in(mut incoming: mpsc::Receiver<Incoming>, orders: mpsc::UnboundedSender<Order>) {
    while let Some(Incoming { record, id, kind, kept }) = incoming.recv().await {
        // The dispatcher is gone only when everything stops; then the channel hears that it was not kept.
        let _ = orders.send(Order::Job(record, Job::Event { id, kind, kept: Some(kept), slot: None }));
    }
}

/// Returns when the process is to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that whoever would say so is gone, which says the same.
    let _ = stop.wait_for(|stop| *stop).await;
}
