//! The house in a running bot: what its record says is known to every turn from the commit on, without a look into the store.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use crate::channel::Unkept;
use crate::engine::{EventId, EventKind, Letter, Matter, Record, RecordId, WAITS, house, house_id, is_broadcasts, is_house, maintained};
use crate::flow::{House, Maintenance};
use crate::runtime::dispatch::{Job, Order};
use crate::runtime::writer::commit;
use crate::runtime::{ASK_AGAIN, Shared, clock, stopped};
use crate::store::{IndexKey, Page, Store, StoreError};

/// People asked for at once.
const PAGE: usize = 64;

/// What the store says of the house.
pub(super) async fn kept(store: &Store) -> Result<House, StoreError> {
    Ok(store.load(&house_id()).await?.map(|record| house(&record)).unwrap_or_default())
}

/// A turn of a record is durable. If it is the house's, all turns that begin from now on are made with what it says.
pub(super) fn committed(shared: &Shared, record: &Record) {
    if is_broadcasts(&record.id) {
        shared.ordered.notify_one();
    }
    if !is_house(&record.id) {
        return;
    }
    shared.wished.notify_one();
    let now = house(record);
    let before = shared.editions.furnish(&now);
    if now.away.is_some() && before.away != now.away {
        shared.returned.notify_one();
    }
    if before.maintenance.is_some() && now.maintenance.is_none() {
        tracing::info!("maintenance is over");
        shared.reopened.notify_one();
    } else if before.maintenance.is_none() && now.maintenance.is_some() {
        tracing::info!("maintenance has begun: people without a role are asked to wait");
    }
}

/// Tells those who were asked to wait that maintenance is over: at the start, in case the last process did not come to it, and whenever it
/// ends. Not all at once: each occupies a slot until their matters have come to something.
pub(super) async fn reopen(shared: Arc<Shared>, orders: mpsc::UnboundedSender<Order>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tell_all(&shared, &orders) => {}
            () = stopped(&mut stop) => return,
        }
        tokio::select! {
            () = shared.reopened.notified() => {}
            () = stopped(&mut stop) => return,
        }
    }
}

async fn tell_all(shared: &Shared, orders: &mpsc::UnboundedSender<Order>) {
    let (key, mut page) = (IndexKey::new(WAITS.0, WAITS.1), Page::first(PAGE));
    while !shared.editions.is_closed() {
        let Some(found) = shared.or_pause(shared.store.find(&key, &page).await).await else { continue };
        for record in found.items {
            let Ok(slot) = Arc::clone(&shared.slots).acquire_owned().await else { return };
            let _ = orders.send(Order::Job(record.clone(), told(&record, Letter::Reopened, Some(slot))));
        }
        let Some(next) = found.next else { return };
        page.after = Some(next);
    }
}

/// Who reports what happens to the process itself.
const SYSTEM: &str = "system:runtime";

/// Takes letters to the house, one after the other, each until it is kept.
pub(super) async fn post(
    mut letters: mpsc::UnboundedReceiver<Letter>,
    orders: mpsc::UnboundedSender<Order>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let letter = tokio::select! {
            letter = letters.recv() => letter,
            () = stopped(&mut stop) => None,
        };
        let Some(letter) = letter else { return };
        let id = EventId(format!("{SYSTEM}/{}", clock::seed()));
        let kind = EventKind::Told { from: RecordId(SYSTEM.to_owned()), letter };
        loop {
            let (kept, answer) = oneshot::channel();
            let job = Job::Event { id: id.clone(), kind: kind.clone(), kept: Some(kept), slot: None };
            let _ = orders.send(Order::Job(house_id(), job));
            tokio::select! {
                answer = answer => if matches!(answer, Ok(Ok(()))) { break },
                () = stopped(&mut stop) => return,
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }
}

impl Shared {
    /// Reports to the house what people of a role are to hear of.
    pub fn report(&self, matter: Matter) {
        // Whoever posts is gone only when everything stops.
        let _ = self.letters.send(Letter::Matter(Box::new(matter)));
    }
}

/// A letter of the house that need not be kept: it is written anew whenever it may be needed, and means nothing twice.
fn told(record: &RecordId, letter: Letter, slot: Option<tokio::sync::OwnedSemaphorePermit>) -> Job {
    let id = EventId(format!("{}/house/{}", record.0, clock::seed()));
    Job::Event { id, kind: EventKind::Told { from: house_id(), letter }, kept: None, slot }
}

/// Tells the house of a running bot what the operator wants.
#[derive(Clone)]
pub struct Keeper(mpsc::WeakUnboundedSender<Order>);

impl Keeper {
    pub(super) fn new(orders: &mpsc::UnboundedSender<Order>) -> Self {
        Self(orders.downgrade())
    }

    /// Asks people to wait, or not any more. When it returns, that is kept; otherwise why it is not.
    pub async fn maintain(&self, maintenance: Option<Maintenance>) -> Result<(), String> {
        let (kept, answer) = oneshot::channel();
        let kind = EventKind::Told { from: RecordId(SYSTEM.to_owned()), letter: Letter::Ordered { maintenance } };
        let job = Job::Event { id: EventId(format!("{SYSTEM}/{}", clock::seed())), kind, kept: Some(kept), slot: None };
        let stops = || "the bot is stopping".to_owned();
        self.0.upgrade().ok_or_else(stops)?.send(Order::Job(house_id(), job)).map_err(|_| stops())?;
        answer.await.map_err(|_| stops())?.map_err(|Unkept| "the store takes nothing".to_owned())
    }
}

/// The same while no bot runs on the store.
pub async fn maintain(store: &Store, maintenance: Option<Maintenance>) -> Result<(), String> {
    let record = store.load(&house_id()).await.map_err(|error| error.to_string())?.unwrap_or_else(|| Record::new(house_id()));
    let expected = record.version;
    let turn = maintained(record, maintenance, clock::now());
    store.commit(commit(&turn, expected)).await.map_err(|error| error.to_string())
}
