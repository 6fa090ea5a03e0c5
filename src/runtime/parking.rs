//! What cannot be dealt with is put aside: it is kept, counted and shown, nobody waits for it, and it can be tried again or dropped.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use crate::channel::Unkept;
use crate::engine::{EventId, EventKind, PARKED, Parked, RecordId};
use crate::runtime::counters::Counters;
use crate::runtime::dispatch::{Job, Order};
use crate::runtime::{Shared, clock, stopped};
use crate::store::{Commit, CommitError, Cursor, IndexKey, Page, Store, StoreError};

/// Of one record so many are kept, at most: what comes when there are as many is only counted and logged.
const OF_ONE_AT_MOST: usize = 50;

/// Listed at once.
const PAGE: usize = 100;

/// Puts something aside. When this returns it is kept, unless too much of the same record waits already.
pub(super) async fn park(shared: &Shared, of: &RecordId, (id, kind): (&EventId, &EventKind), why: &'static str) -> Result<(), CommitError> {
    if matches!(kind, EventKind::Woke | EventKind::Settled | EventKind::Erased { .. } | EventKind::Attempted { .. }) {
        // These come again by themselves.
        return Ok(());
    }
    let waiting = shared.store.find(&of_record(of), &Page::first(OF_ONE_AT_MOST)).await?;
    let parked = Parked { of: of.clone(), id: id.clone(), kind: kind.clone(), at: clock::now(), why: why.to_owned() };
    if waiting.items.len() >= OF_ONE_AT_MOST && !waiting.items.contains(&Parked::record_id(&parked.name())) {
        shared.counters.given_up();
        tracing::error!(why, "something could not be dealt with, and is not kept: too much of the same person is parked already");
        return Ok(());
    }
    let record = parked.record();
    let commit = Commit { expected: 0, wake: None, keys: IndexKey::all_of(&record), facts: Vec::new(), record };
    match shared.store.commit(commit).await {
        Ok(()) => {
            shared.counters.parked();
            tracing::error!(
                name = parked.name(),
                what = parked.what(),
                why,
                "parked: `usher parked` shows it, tries it again and drops it"
            );
            Ok(())
        }
        // It was put aside before, and whoever brought it did not hear of that.
        Err(CommitError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What is put aside, a page of it, in no order.
pub async fn parked(store: &Store, after: Option<Cursor>) -> Result<(Vec<Parked>, Option<Cursor>), StoreError> {
    let page = Page { after, ..Page::first(PAGE) };
    let listed = store.find(&IndexKey::new(PARKED.0, PARKED.1), &page).await?;
    let mut parked = Vec::new();
    for id in listed.items {
        parked.extend(store.load(&id).await?.as_ref().and_then(Parked::of));
    }
    Ok((parked, listed.next))
}

/// It is not kept any more.
pub(super) async fn drop_it(store: &Store, counters: &Counters, parked: &Parked) -> Result<(), StoreError> {
    store.remove(&Parked::record_id(&parked.name())).await?;
    counters.unparked();
    Ok(())
}

/// Nothing that concerns this record is kept any more.
pub(super) async fn forget(store: &Store, counters: Option<&Counters>, of: &RecordId) -> Result<(), StoreError> {
    for id in store.find(&of_record(of), &Page::first(OF_ONE_AT_MOST)).await?.items {
        store.remove(&id).await?;
        if let Some(counters) = counters {
            counters.unparked();
        }
    }
    Ok(())
}

fn of_record(of: &RecordId) -> IndexKey {
    IndexKey::new(PARKED.0, &of.0)
}

/// Counts what is there when the process begins, and says so.
pub(super) async fn count(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let (mut page, mut waiting) = (Page::first(PAGE), 0);
    let counted = async {
        loop {
            match shared.store.find(&IndexKey::new(PARKED.0, PARKED.1), &page).await {
                Ok(listed) => {
                    waiting += listed.items.len() as u64;
                    let Some(next) = listed.next else { return };
                    page.after = Some(next);
                }
                // The number is for people; what is parked is none the worse for it.
                Err(error) => return shared.cannot_read(&error),
            }
        }
    };
    tokio::select! {
        () = counted => {}
        () = stopped(&mut stop) => return,
    }
    shared.counters.found_parked(waiting);
    if waiting > 0 {
        tracing::warn!(waiting, "parked updates wait to be tried again or dropped: usher parked");
    }
}

/// Tries again and drops what was put aside, while the driver runs.
#[derive(Clone)]
pub struct Shelf {
    orders: mpsc::WeakUnboundedSender<Order>,
    shared: Arc<Shared>,
}

impl Shelf {
    pub(super) fn new(orders: &mpsc::UnboundedSender<Order>, shared: Arc<Shared>) -> Self {
        Self { orders: orders.downgrade(), shared }
    }

    /// Tries it again; true if its turn was made, and it is not put aside any more.
    pub async fn try_again(&self, parked: Parked) -> Result<bool, String> {
        let stops = || "the bot is stopping".to_owned();
        let (done, tried) = oneshot::channel();
        let (of, job) = (parked.of.clone(), Job::Again { parked: Box::new(parked), done });
        self.orders.upgrade().ok_or_else(stops)?.send(Order::Job(of, job)).map_err(|_| stops())?;
        tried.await.map_err(|_| stops())?.map_err(|Unkept| "the store takes nothing".to_owned())
    }

    /// It was dropped.
    pub fn dropped(&self) {
        self.shared.counters.unparked();
    }
}
