//! Timers: which record wants to be woken when. The store's wake index is the truth; what falls due soon is held in memory.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::engine::{EventId, EventKind, RecordId};
use crate::expr::Time;
use crate::runtime::{Job, Order, clock, stopped};
use crate::store::{Page, Store};

/// How far ahead timers are held in memory, and how often the store is asked for more.
const AHEAD: i64 = 3 * 60 * 1000;
const ASK_EVERY: Duration = Duration::from_secs(60);

/// Records woken with one question to the store.
const WOKEN_AT_ONCE: usize = 256;

/// Takes the times at which records want to be woken.
pub(super) struct Wakes(mpsc::UnboundedSender<(Time, RecordId)>);

impl Wakes {
    pub fn new() -> (Self, mpsc::UnboundedReceiver<(Time, RecordId)>) {
        let (set, ringing) = mpsc::unbounded_channel();
        (Self(set), ringing)
    }

    /// The record wants to be woken then. A time that has become meaningless does no harm: the engine looks at what is due.
    pub fn set(&self, at: Time, record: &RecordId) {
        if at.0 <= clock::now().0 + AHEAD {
            let _ = self.0.send((at, record.clone()));
        }
    }
}

/// Wakes records at their time, never before it.
pub(super) async fn ring(
    mut set: mpsc::UnboundedReceiver<(Time, RecordId)>,
    store: Arc<Store>,
    orders: mpsc::UnboundedSender<Order>,
    mut stop: watch::Receiver<bool>,
) {
    let mut soon: BTreeSet<(Time, RecordId)> = BTreeSet::new();
    let mut ask = tokio::time::interval(ASK_EVERY);
    loop {
        let next = soon.first().map_or(ASK_EVERY, |(at, _)| clock::until(*at));
        tokio::select! {
            Some(timer) = set.recv() => drop(soon.insert(timer)),
            () = tokio::time::sleep(next), if !soon.is_empty() => {
                let now = clock::now();
                while soon.first().is_some_and(|(at, _)| *at <= now) {
                    let Some((at, record)) = soon.pop_first() else { break };
                    let id = EventId(format!("{}/timer/{}", record.0, at.0));
                    let _ = orders.send(Order::Job(record, Job::Event { id, kind: EventKind::Woke, kept: None }));
                }
            }
            _ = ask.tick() => look_ahead(&store, &mut soon).await,
            () = stopped(&mut stop) => return,
        }
    }
}

/// Fetches what falls due within the next minutes.
async fn look_ahead(store: &Store, soon: &mut BTreeSet<(Time, RecordId)>) {
    let horizon = clock::now().plus(AHEAD);
    let mut page = Page::first(WOKEN_AT_ONCE);
    loop {
        let listed = match store.due(horizon, &page).await {
            Ok(listed) => listed,
            Err(error) => return tracing::error!(%error, "the timers could not be read"),
        };
        // The index rounds times up to the minute; a record that wants to be woken earlier has said so itself, or does at its next turn.
        soon.extend(listed.items.into_iter().map(|(record, at)| (at, record)));
        let Some(next) = listed.next else { return };
        page.after = Some(next);
    }
}
