//! The one writer of a record.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use crate::channel::Unkept;
use crate::engine::{Effect, EffectId, EffectKind, Event, EventId, EventKind, Matter, Receipt, Receipted, Record, RecordId, Turn, step};
use crate::expr::Time;
use crate::operation::Answer;
use crate::runtime::busy::UnderWay;
use crate::runtime::calls::Calls;
use crate::runtime::dispatch::{Job, Numbered, Order};
use crate::runtime::erasing::erase;
use crate::runtime::guard::guarded;
use crate::runtime::letters::Letters;
use crate::runtime::outgoing::{Ended, Outgoing};
use crate::runtime::{Shared, clock, files, house, stopped};
use crate::store::{Commit, CommitError, IndexKey, StoreError};

/// Outcomes of messages ride with the person's next turn; after this long without one they are committed by themselves.
const SWEEP_AFTER: Duration = Duration::from_millis(150);

/// A writer with nothing under way is let go after this long.
const IDLE_AFTER: Duration = Duration::from_secs(5);

/// How often a turn is made anew because another process was faster.
const CONFLICTS_AT_MOST: u32 = 5;

/// The pause before a turn that the store did not take is tried again, where nobody outside would hand it in again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How long a slot is occupied by somebody whose matters do not come to an end: others must get their turn.
const SLOT_FOR: Duration = Duration::from_secs(10);

/// How long what is under way may go on once the process is to stop.
const FINISH_WITHIN: Duration = Duration::from_secs(4);

/// Why a turn was not made.
enum Unmade {
    /// It cannot be kept now. Later it may.
    Now,
    /// It never can: the record cannot be read, or the engine fails. The log has it.
    Ever,
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    id: RecordId,
    orders: mpsc::UnboundedSender<Order>,
    stop: watch::Receiver<bool>,
    /// As it is in the store, as far as we know.
    record: Option<Record>,
    outgoing: Outgoing,
    calls: Calls,
    letters: Letters,
    /// What became of messages, not committed yet.
    receipts: Vec<Receipt>,
    /// How long they may wait for a turn to ride with.
    sweep_after: Duration,
    /// Shows that something is under way.
    busy: Option<UnderWay>,
    slot: Option<(OwnedSemaphorePermit, Instant)>,
    /// The number of the last job taken.
    last: u64,
}

impl Writer {
    pub fn new(shared: Arc<Shared>, id: RecordId, orders: mpsc::UnboundedSender<Order>, stop: watch::Receiver<bool>) -> Self {
        let outgoing = Outgoing::new(shared.channels.get(id.channel()).cloned(), &id, Arc::clone(&shared.counters));
        let calls = Calls::new(Arc::clone(&shared), files::opener(&shared.files));
        let letters = Letters::new(id.clone(), orders.clone());
        Self {
            shared,
            id,
            orders,
            stop,
            record: None,
            outgoing,
            calls,
            letters,
            receipts: Vec::new(),
            sweep_after: SWEEP_AFTER,
            busy: None,
            slot: None,
            last: 0,
        }
    }

    /// Takes jobs until it is let go, or told to stop.
    pub async fn run(mut self, mut jobs: mpsc::UnboundedReceiver<Numbered>) {
        let mut stop = self.stop.clone();
        loop {
            let quiet = self.rest();
            tokio::select! {
                biased;
                job = jobs.recv() => match job {
                    Some(job) => self.take(job).await,
                    // The dispatcher has let go of it: because it asked for that, or because everything stops.
                    None => break,
                },
                (effect, answer) = self.calls.next() => self.answered(effect, answer).await,
                ended = self.outgoing.next() => self.ended(ended),
                effect = self.letters.next() => self.receipts.push(Receipt { effect, result: Receipted::Done(None) }),
                () = sleep(quiet) => self.quiet().await,
                () = stopped(&mut stop) => break,
            }
        }
        jobs.close();
        while let Ok(job) = jobs.try_recv() {
            self.take(job).await;
        }
        self.finish().await;
    }

    /// Before it waits again: says whether anything is under way, and how long it may be quiet until something is to be done about it.
    fn rest(&mut self) -> Duration {
        self.tell_busy();
        let quiet = if self.receipts.is_empty() { IDLE_AFTER } else { self.sweep_after };
        let Some((_, until)) = &self.slot else { return quiet };
        quiet.min(until.saturating_duration_since(Instant::now()))
    }

    /// Nothing has happened for a while.
    async fn quiet(&mut self) {
        if self.slot.as_ref().is_some_and(|(_, until)| *until <= Instant::now()) {
            self.slot = None;
        } else if !self.receipts.is_empty() {
            self.settle().await;
        } else if self.is_idle() {
            self.let_go_of_what_is_over().await;
            let _ = self.orders.send(Order::Idle(self.id.clone(), self.last));
        }
    }

    /// A record of the system's own that has nothing left to do goes. One that stays because of a crash does no harm.
    async fn let_go_of_what_is_over(&mut self) {
        if !self.record.as_ref().is_some_and(Record::is_over) {
            return;
        }
        match self.shared.store.remove(&self.id).await {
            Ok(()) => self.record = None,
            Err(error) => self.shared.cannot_read(&error),
        }
    }

    /// The process stops: what is under way may end within a moment, and what is known is kept.
    async fn finish(&mut self) {
        let deadline = Instant::now() + FINISH_WITHIN;
        while !(self.calls.are_answered() && self.outgoing.is_resting()) {
            self.tell_busy();
            tokio::select! {
                biased;
                (effect, answer) = self.calls.next() => self.answered(effect, answer).await,
                ended = self.outgoing.next() => self.ended(ended),
                () = sleep_until(deadline) => break,
            }
        }
        if !self.receipts.is_empty() {
            self.settle().await;
        }
    }

    fn is_idle(&self) -> bool {
        self.outgoing.is_empty() && self.calls.is_empty() && self.letters.is_empty()
    }

    /// Says when something comes under way, and when nothing is any more.
    fn tell_busy(&mut self) {
        if self.is_idle() {
            (self.busy, self.slot) = (None, None);
        } else if self.busy.is_none() {
            self.busy = Some(self.shared.busy.begin());
        }
    }

    async fn take(&mut self, Numbered { number, job }: Numbered) {
        self.last = number;
        match job {
            // Reading the record takes up what was under way.
            Job::Recover { slot } => {
                self.occupy(slot);
                let _ = self.load().await;
            }
            Job::Erase { done } => {
                let erased = erase(&self.shared.store, &self.id).await;
                if matches!(erased, Ok(Some(_))) {
                    self.forget();
                }
                // Whoever asked may be gone; what is erased is erased.
                let _ = done.send(erased);
            }
            Job::Event { id, kind, kept, slot } => {
                if let Some(slot) = slot {
                    self.occupy(slot);
                }
                let made = self.turn(id, kind).await;
                if matches!(made, Err(Unmade::Ever)) {
                    self.shared.counters.given_up();
                }
                if let Some(kept) = kept {
                    // To be handed what can never be kept again and again would hold up everybody else.
                    let outcome = if matches!(made, Err(Unmade::Now)) { Err(Unkept) } else { Ok(()) };
                    // Whoever handed it in may be gone; what is kept is kept.
                    let _ = kept.send(outcome);
                }
            }
        }
    }

    /// The record is gone, and with it whatever was under way.
    fn forget(&mut self) {
        let anew = Self::new(Arc::clone(&self.shared), self.id.clone(), self.orders.clone(), self.stop.clone());
        let (slot, last) = (self.slot.take(), self.last);
        *self = Self { slot, last, ..anew };
    }

    fn occupy(&mut self, slot: OwnedSemaphorePermit) {
        self.slot = Some((slot, Instant::now() + SLOT_FOR));
    }

    /// A message has come to something. What became of one with a secret is kept at once: after a crash it would be sent again.
    fn ended(&mut self, Ended { receipt, secret }: Ended) {
        self.receipts.push(receipt);
        if secret {
            self.sweep_after = Duration::ZERO;
        }
    }

    /// An attempt of a call has ended. Nobody outside would say so again, so it is kept trying until the store takes it.
    async fn answered(&mut self, effect: EffectId, answer: Answer) {
        let id = EventId(format!("{}/attempt/{effect}", self.id.0));
        let kind = EventKind::Attempted { effect, answer };
        while matches!(self.turn(id.clone(), kind.clone()).await, Err(Unmade::Now)) {
            if self.shared.has_failed() || *self.stop.borrow() {
                return;
            }
            sleep(RETRY_AFTER).await;
        }
        // Until now the attempt stood in the record, and was not to be made again because of that.
        self.calls.close(effect);
        self.tell_busy();
    }

    /// Commits outcomes of messages by themselves.
    async fn settle(&mut self) {
        let id = EventId(format!("{}/settled", self.id.0));
        match self.turn(id, EventKind::Settled).await {
            Ok(()) => {}
            Err(Unmade::Now) => self.sweep_after = RETRY_AFTER,
            Err(Unmade::Ever) => self.receipts.clear(),
        }
    }

    /// One turn: load, step, commit, perform.
    async fn turn(&mut self, id: EventId, kind: EventKind) -> Result<(), Unmade> {
        for _ in 0..CONFLICTS_AT_MOST {
            let record = self.load().await?;
            let receipts = self.receipts.clone();
            let event = Event { id: id.clone(), at: clock::now(), seed: clock::seed(), receipts, kind: kind.clone() };
            let expected = record.version;
            // Held until the turn is committed: a version that it starts a session on must not go before that is known.
            let edition = self.shared.editions.now();
            let Some(turn) = guarded(|| step(edition.library(&self.id), record, event)) else {
                tracing::error!("a turn was given up because of a fault of ours; please report it");
                self.shared.report(Matter::Parked { channel: self.id.channel().to_owned() });
                return Err(Unmade::Ever);
            };
            match self.shared.store.commit_counting(commit(&turn, expected), turn.counts.clone()).await {
                Ok(()) => {
                    self.shared.notices.taken();
                    self.shared.counters.turn();
                    self.committed(turn);
                    return Ok(());
                }
                Err(error) => self.uncommitted(error)?,
            }
        }
        tracing::error!("a turn met another writer too often");
        Err(Unmade::Now)
    }

    /// The store has not taken a turn; `Ok` if it may be made anew at once. What we think to know of the record may be wrong.
    fn uncommitted(&mut self, error: CommitError) -> Result<(), Unmade> {
        self.record = None;
        match error {
            CommitError::Conflict { .. } => return Ok(()),
            CommitError::Unavailable(why) => {
                self.shared.counters.refused();
                self.shared.notices.refused(&why);
            }
            CommitError::Poisoned(why) => self.shared.fail(&why),
        }
        Err(Unmade::Now)
    }

    /// The record as it is now; a new one for somebody never seen before.
    async fn load(&mut self) -> Result<Record, Unmade> {
        if let Some(record) = &self.record {
            return Ok(record.clone());
        }
        match self.shared.store.load(&self.id).await {
            Ok(found) => {
                let record = found.unwrap_or_else(|| Record::new(self.id.clone()));
                self.take_up(&record);
                self.record = Some(record.clone());
                Ok(record)
            }
            Err(error) => {
                self.shared.cannot_read(&error);
                Err(if matches!(error, StoreError::Damaged { .. }) { Unmade::Ever } else { Unmade::Now })
            }
        }
    }

    /// Takes up what a record just read has under way and this writer has not: messages are sent, calls that may be repeated are made
    /// again, and of the others it is said truly that no answer came.
    fn take_up(&mut self, record: &Record) {
        self.outgoing.learn(&record.sent);
        self.wake_at(record.next_timer());
        for effect in &record.outbox {
            match &effect.kind {
                EffectKind::Call { repeatable: false, .. } => self.calls.give_up(effect.id),
                EffectKind::Call { request, .. } => self.calls.begin(effect.id, request.clone(), record),
                EffectKind::Tell { .. } if self.receipts.iter().any(|receipt| receipt.effect == effect.id) => {}
                EffectKind::Tell { to, letter } => self.letters.begin(effect.id, to.clone(), letter.clone()),
                // It waits until they come back, or has been sent and only that is not kept yet.
                // A process that is gone may have sent it: a secret is not sent twice unasked.
                EffectKind::Send(message) if message.secret && !record.unreachable && !self.outgoing.holds(effect.id) => {
                    self.receipts.push(Receipt { effect: effect.id, result: Receipted::Ambiguous });
                }
                _ if record.unreachable || self.receipts.iter().any(|receipt| receipt.effect == effect.id) => {}
                _ => self.outgoing.push(effect.clone()),
            }
        }
        self.tell_busy();
    }

    fn wake_at(&self, at: Option<Time>) {
        if let Some(at) = at {
            self.shared.wakes.set(at, &self.id);
        }
    }

    /// The turn is durable: now, and only now, its effects are performed.
    fn committed(&mut self, turn: Turn) {
        let Turn { record, effects, .. } = turn;
        house::committed(&self.shared, &record);
        self.receipts.clear();
        self.sweep_after = SWEEP_AFTER;
        // A timer that is due and was due before has rung in vain: it rings again when the index is looked at, not at once for ever.
        let (at, before) = (record.next_timer(), self.record.as_ref().and_then(Record::next_timer));
        self.wake_at(at.filter(|at| *at > clock::now() || before != Some(*at)));
        self.record = Some(record);
        for effect in effects {
            self.perform(effect);
        }
        // Before anybody hears that the turn is kept: whoever waits until nothing is under way must not be too early.
        self.tell_busy();
    }

    fn perform(&mut self, effect: Effect) {
        match effect.kind {
            EffectKind::Call { request, .. } => {
                let Some(record) = &self.record else { return };
                self.calls.begin(effect.id, request, record);
            }
            EffectKind::Tell { to, letter } => self.letters.begin(effect.id, to, letter),
            kind if !kind.is_kept() => {
                let Some(channel) = self.shared.channels.get(self.id.channel()).cloned() else { return };
                let account = self.id.account().to_owned();
                // Best effort: its outcome means nothing to anybody.
                tokio::spawn(async move { channel.perform(&account, &kind, &|_| None).await });
            }
            _ => self.outgoing.push(effect),
        }
    }
}

/// A turn as the store takes it.
pub(super) fn commit(turn: &Turn, expected: u64) -> Commit {
    Commit {
        record: turn.record.clone(),
        expected,
        wake: turn.record.next_timer(),
        keys: IndexKey::all_of(&turn.record),
        facts: turn.facts.clone(),
    }
}
