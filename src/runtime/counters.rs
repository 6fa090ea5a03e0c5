//! What the runtime has done since the process began, as plain numbers. Whoever shows them decides how; nothing in them is about a person.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::channel::Delivery;
use crate::engine::{FactKind, Turn};
use crate::operation::Answer;

/// The numbers at one moment. All of them only grow until the process ends, but for [`Counts::refusing`] and [`Counts::parked_now`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Turns that became durable.
    pub turns: u64,
    /// Messages that were dropped: whoever sent them writes too fast.
    pub dropped: u64,
    /// Sessions that came to where their flow says nothing that can be done.
    pub faults: u64,
    /// Commits that the store did not take, those that another writer was faster than apart.
    pub commits_refused: u64,
    /// The last commit was one of those, and the store has taken nothing since.
    pub refusing: bool,
    /// Events that could not be dealt with and were parked.
    pub parked: u64,
    /// Parked events that wait to be tried again or dropped. This goes up and down.
    pub parked_now: u64,
    /// Events that could not be dealt with and are not kept either: more of one person are parked already than there is room for.
    pub given_up: u64,
    /// Attempts to bring something to a person, by how they ended: `done`, `unreachable`, `refused`, `ambiguous`, `later`.
    pub deliveries: BTreeMap<&'static str, u64>,
    /// Messages sent again after an attempt of which nobody knows what it came to.
    pub repeated: u64,
    /// Attempts of calls, by connection and by how they ended: `2xx` and its like, `other`, `unsent`, `unanswered`, `left_alone`.
    pub calls: BTreeMap<(String, &'static str), u64>,
}

/// The numbers as they grow.
#[derive(Debug, Default)]
pub struct Counters(Mutex<Counts>);

impl Counters {
    /// The numbers now.
    pub fn counts(&self) -> Counts {
        self.lock().clone()
    }

    pub(super) fn turn(&self, turn: &Turn) {
        let mut counts = self.lock();
        counts.turns += 1;
        counts.dropped += u64::from(turn.dropped);
        for fact in &turn.facts {
            if let FactKind::Faulted { flow, step, cause } = &fact.kind {
                counts.faults += 1;
                tracing::error!(flow, step, "a flow failed: {cause}; mend it, and try it with `usher test`");
            }
        }
        counts.refusing = false;
    }

    pub(super) fn is_refusing(&self) -> bool {
        self.lock().refusing
    }

    /// The store would take commits again.
    pub(super) fn recovered(&self) {
        self.lock().refusing = false;
    }

    pub(super) fn refused(&self) {
        let mut counts = self.lock();
        counts.commits_refused += 1;
        counts.refusing = true;
    }

    pub(super) fn parked(&self) {
        let mut counts = self.lock();
        counts.parked += 1;
        counts.parked_now += 1;
    }

    /// So many were parked when the process began.
    pub(super) fn found_parked(&self, events: u64) {
        self.lock().parked_now = events;
    }

    /// One of those was dealt with, or dropped.
    pub(super) fn unparked(&self) {
        let mut counts = self.lock();
        counts.parked_now = counts.parked_now.saturating_sub(1);
    }

    pub(super) fn given_up(&self) {
        self.lock().given_up += 1;
    }

    pub(super) fn repeated(&self) {
        self.lock().repeated += 1;
    }

    pub(super) fn delivery(&self, delivery: &Delivery) {
        let ended = match delivery {
            Delivery::Done(_) => "done",
            Delivery::Unreachable => "unreachable",
            Delivery::Refused(_) => "refused",
            Delivery::Ambiguous => "ambiguous",
            Delivery::Later(_) => "later",
        };
        *self.lock().deliveries.entry(ended).or_default() += 1;
    }

    pub(super) fn call(&self, connection: String, answer: &Answer) {
        let ended = match answer {
            Answer::Replied { status: 200..=299, .. } => "2xx",
            Answer::Replied { status: 300..=399, .. } => "3xx",
            Answer::Replied { status: 400..=499, .. } => "4xx",
            Answer::Replied { status: 500..=599, .. } => "5xx",
            Answer::Replied { .. } => "other",
            Answer::NothingSent { .. } | Answer::Unsendable { .. } => "unsent",
            Answer::LeftAlone { .. } => "left_alone",
            Answer::Unanswered { .. } => "unanswered",
        };
        *self.lock().calls.entry((connection, ended)).or_default() += 1;
    }

    /// Numbers cannot be left half-written, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
