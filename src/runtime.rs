//! The driver: the five lines that are the same for every channel — claim, load, step, commit, perform — and what keeps them going:
//! recovery at start, timers, a graceful stop.
//!
//! Each record that something happens to has one task, its [`writer`], so that turns of a record are serial and different people do
//! not wait for each other. Nothing is sent before the turn that ordered it is durable. The runtime decides nothing about a
//! conversation: that is `engine::step`; it must not look into sessions.
#![allow(clippy::disallowed_methods, reason = "part of the shell: it reads the clock and draws randomness")]

mod clock;
mod outgoing;
mod versions;
mod wakes;
mod writer;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::channel::{Channel, Inbox, Incoming, Unkept};
use crate::engine::{EventId, EventKind, RecordId};
use crate::fetch::Fetch;
use crate::flow::Library;
use crate::runtime::wakes::Wakes;
use crate::runtime::writer::Writer;
use crate::store::{Page, Store, StoreError};

pub use versions::{Sources, library};

/// Jobs that wait for a record's writer, at most: whoever hands in more waits.
const QUEUE: usize = 256;

/// Records recovered at one time at start.
const RECOVERED_AT_ONCE: usize = 64;

/// How long a graceful stop waits for what is under way.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// What the runtime needs of the outside world.
pub struct Parts {
    /// The versions in use.
    pub library: Library,
    /// Where records are kept.
    pub store: Arc<Store>,
    /// What sends calls.
    pub fetch: Arc<Fetch>,
    /// Channels by the name that begins the ids of their people.
    pub channels: BTreeMap<String, Arc<Channel>>,
}

/// What every writer shares.
pub(crate) struct Shared {
    library: Library,
    store: Arc<Store>,
    fetch: Arc<Fetch>,
    channels: BTreeMap<String, Arc<Channel>>,
    wakes: Wakes,
    failed: watch::Sender<Option<String>>,
    busy: Busy,
}

/// How many writers have something under way.
struct Busy {
    writers: Mutex<usize>,
    idle: watch::Sender<bool>,
}

impl Busy {
    /// One more writer has, or has not, something under way.
    fn count(&self, busy: bool) {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        *writers = if busy { *writers + 1 } else { writers.saturating_sub(1) };
        self.idle.send_replace(*writers == 0);
    }
}

/// Something to do for one record.
pub(crate) enum Job {
    /// Something happened.
    Event { id: EventId, kind: EventKind, kept: Option<oneshot::Sender<Result<(), Unkept>>> },
    /// The process has started: what was under way is taken up again.
    Recover,
}

/// A job and whose it is; or a writer with nothing left to do.
enum Order {
    Job(RecordId, Job),
    Idle(RecordId),
}

/// The running driver. Dropping it stops nothing: call [`Runtime::stop`].
pub struct Runtime {
    orders: mpsc::UnboundedSender<Order>,
    inbox: Inbox,
    shared: Arc<Shared>,
    stopping: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Runtime {
    /// Starts the driver and takes up what was under way when the process last ended.
    pub async fn start(parts: Parts) -> Result<Self, StoreError> {
        let Parts { library, store, fetch, channels } = parts;
        let (orders, taken) = mpsc::unbounded_channel();
        let (inbox, incoming) = mpsc::channel(QUEUE);
        let (stopping, stop) = watch::channel(false);
        let (wakes, ringing) = Wakes::new();
        let (failed, _) = watch::channel(None);
        let busy = Busy { writers: Mutex::new(0), idle: watch::channel(true).0 };
        let shared = Arc::new(Shared { library, store, fetch, channels, wakes, failed, busy });
        let mut tasks = JoinSet::new();
        tasks.spawn(dispatch(Arc::clone(&shared), taken, orders.clone(), stop.clone()));
        tasks.spawn(take_in(incoming, orders.clone()));
        tasks.spawn(wakes::ring(ringing, Arc::clone(&shared.store), orders.clone(), stop));
        let runtime = Self { orders, inbox, shared, stopping, tasks };
        runtime.recover().await?;
        Ok(runtime)
    }

    /// Where channels hand in what people do.
    pub fn inbox(&self) -> Inbox {
        self.inbox.clone()
    }

    /// Tells why, once the store has failed: nothing is acknowledged any more and the process must end.
    pub fn failure(&self) -> watch::Receiver<Option<String>> {
        self.shared.failed.subscribe()
    }

    /// True while no message and no call is under way.
    pub fn idle(&self) -> watch::Receiver<bool> {
        self.shared.busy.idle.subscribe()
    }

    /// Takes up every record with effects that are not known to be done.
    async fn recover(&self) -> Result<(), StoreError> {
        let mut page = Page::first(RECOVERED_AT_ONCE);
        loop {
            let listed = self.shared.store.pending(&page).await?;
            if listed.damaged > 0 {
                tracing::error!(records = listed.damaged, "records that cannot be read were left alone");
            }
            for record in listed.items {
                let _ = self.orders.send(Order::Job(record, Job::Recover));
            }
            let Some(next) = listed.next else { return Ok(()) };
            page.after = Some(next);
            tokio::task::yield_now().await;
        }
    }

    /// Stops: what is under way is finished or left to the next start, the last outcomes are committed.
    pub async fn stop(mut self) {
        drop(self.inbox);
        self.stopping.send_replace(true);
        drop(self.orders);
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WITHIN, finished).await.is_err() {
            tracing::warn!("stopped with work under way; it is taken up at the next start");
        }
    }
}

/// Hands what channels bring to the writers.
async fn take_in(mut incoming: mpsc::Receiver<Incoming>, orders: mpsc::UnboundedSender<Order>) {
    while let Some(Incoming { record, id, kind, kept }) = incoming.recv().await {
        let _ = orders.send(Order::Job(record, Job::Event { id, kind, kept: Some(kept) }));
    }
}

/// Owns the writers: one a record, made when something happens to it, let go when it has nothing left to do.
async fn dispatch(
    shared: Arc<Shared>,
    mut taken: mpsc::UnboundedReceiver<Order>,
    orders: mpsc::UnboundedSender<Order>,
    mut stop: watch::Receiver<bool>,
) {
    let mut writers: HashMap<RecordId, mpsc::UnboundedSender<Job>> = HashMap::new();
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            order = taken.recv() => match order {
                Some(Order::Job(record, job)) => {
                    let job = match writers.get(&record) {
                        Some(writer) => match writer.send(job) {
                            Ok(()) => continue,
                            Err(unsent) => unsent.0,
                        },
                        None => job,
                    };
                    let (jobs, queue) = mpsc::unbounded_channel();
                    let _ = jobs.send(job);
                    writers.insert(record.clone(), jobs);
                    running.spawn(Writer::new(Arc::clone(&shared), record, orders.clone(), stop.clone()).run(queue));
                }
                Some(Order::Idle(record)) => drop(writers.remove(&record)),
                None => break,
            },
            Some(ended) = running.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(panicked = error.is_panic(), "a writer ended by itself");
                }
            }
            () = stopped(&mut stop) => break,
        }
    }
    drop(writers);
    while running.join_next().await.is_some() {}
}

/// Returns when the process is to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that whoever would say so is gone, which says the same.
    let _ = stop.wait_for(|stop| *stop).await;
}
