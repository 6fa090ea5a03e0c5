//! Timers: which record wants to be woken when. The store's wake index is the truth; what falls due soon is held in memory.
//!
//! A timer rings late rather than early: the time is read again before it rings, whatever the clock did meanwhile. If its turn cannot
//! be made, the index still has it, and the next look at the index finds it again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::engine::{EventId, EventKind, RecordId};
use crate::expr::Time;
use crate::failpoint::{Fault, Mutation, Point, mutated, reach};
use crate::runtime::dispatch::{Job, Order};
use crate::runtime::{Shared, clock, stopped};
use crate::store::Page;

/// How far ahead timers are held in memory, and how often the store is asked for more.
const AHEAD: i64 = 3 * 60 * 1000;
const ASK_EVERY: Duration = Duration::from_mins(1);

/// Records listed with one question to the store.
const PAGE: usize = 256;

/// Timers held in memory, about: the earliest. What a long outage has left beyond that waits in the index.
const HELD: usize = 10_000;

/// Takes the times at which records want to be woken.
pub(super) struct Wakes(mpsc::UnboundedSender<(Time, RecordId)>);

impl Wakes {
    pub fn new() -> (Self, mpsc::UnboundedReceiver<(Time, RecordId)>) {
        let (set, ringing) = mpsc::unbounded_channel();
        (Self(set), ringing)
    }

    /// The record wants to be woken then. A time that has become meaningless does no harm: the engine looks at what is due.
    pub fn set(&self, at: Time, record: &RecordId) {
        if at.0 <= clock::now().0.saturating_add(AHEAD) {
            // Whoever rings is gone only when everything stops.
            let _ = self.0.send((at, record.clone()));
        }
    }
}

/// Wakes records at their time, never before it, and not more of them at once than there are slots.
pub(super) async fn ring(
    mut set: mpsc::UnboundedReceiver<(Time, RecordId)>,
    shared: Arc<Shared>,
    orders: mpsc::UnboundedSender<Order>,
    mut stop: watch::Receiver<bool>,
) {
    let mut soon: BTreeSet<(Time, RecordId)> = BTreeSet::new();
    let mut ask = tokio::time::interval(ASK_EVERY);
    ask.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let next = soon.first().map_or(ASK_EVERY, |(at, _)| until(*at));
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            Some(timer) = set.recv() => drop(soon.insert(timer)),
            () = tokio::time::sleep(next), if !next.is_zero() => {}
            Ok(slot) = Arc::clone(&shared.slots).acquire_owned(), if next.is_zero() => {
                let Some((at, record)) = soon.pop_first() else { continue };
                let id = EventId(format!("{}/timer/{}", record.0, at.0));
                let fault = reach(Point::Timer, &record.0, None).await;
                let ringing = |slot| Order::Job(record.clone(), Job::Event { id: id.clone(), kind: EventKind::Woke, kept: None, slot });
                if fault != Some(Fault::Error) {
                    let _ = orders.send(ringing(Some(slot)));
                }
                if fault == Some(Fault::Duplicate) {
                    let _ = orders.send(ringing(None));
                }
            }
            _ = ask.tick() => look_ahead(&shared, &mut soon).await,
        }
    }
}

/// How long it is until a timer rings.
fn until(at: Time) -> Duration {
    let early = if mutated(Mutation::TimerEarly) { clock::EARLY } else { 0 };
    clock::until(at.plus(-early))
}

/// Fetches what falls due within the next minutes, the earliest first.
async fn look_ahead(shared: &Shared, soon: &mut BTreeSet<(Time, RecordId)>) {
    let horizon = clock::now().plus(AHEAD);
    let mut page = Page::first(PAGE);
    while soon.len() < HELD {
        let listed = match shared.store.due(horizon, &page).await {
            Ok(listed) => listed,
            Err(error) => return shared.cannot_read(&error),
        };
        // The index rounds times up to the minute; a record that wants to be woken earlier has said so itself, or does at its next turn.
        soon.extend(listed.items.into_iter().map(|(record, at)| (at, record)));
        let Some(next) = listed.next else { return };
        page.after = Some(next);
    }
}
