//! The one writer of a record.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until};

use crate::channel::Unkept;
use crate::engine::{
    ERASE_ME, Effect, EffectId, EffectKind, Event, EventId, EventKind, Matter, Parked, Receipt, Receipted, Record, RecordId, Turn,
    is_house, step,
};
use crate::expr::Time;
use crate::failpoint::{Fault, Mutation, Point, mutated, reach};
use crate::operation::Answer;
use crate::runtime::busy::UnderWay;
use crate::runtime::calls::Calls;
use crate::runtime::dispatch::{Job, Numbered, Order};
use crate::runtime::erasing::{Erased, Unerased, guest_of, settled};
use crate::runtime::guard::guarded;
use crate::runtime::letters::Letters;
use crate::runtime::outgoing::{Ended, Outgoing};
use crate::runtime::{Shared, clock, files, house, parking, stopped};
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
    /// It never can, for this reason: the record cannot be read, or the engine fails. The log has it.
    Ever(&'static str),
}

/// How often the effects of a turn are performed: a test may want it to happen again.
#[derive(PartialEq, Eq)]
enum Performed {
    Once,
    Twice,
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
    /// The hash of the event of a turn of which it is not known whether it was kept, and how many of the receipts it held.
    in_doubt: Option<(u64, usize)>,
    /// How long they may wait for a turn to ride with.
    sweep_after: Duration,
    /// What the record has under way was ordered this moment: nobody can have performed it.
    untouched: bool,
    /// They have asked to be erased, and that has not been dealt with.
    erasing: bool,
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
            in_doubt: None,
            sweep_after: SWEEP_AFTER,
            untouched: false,
            erasing: false,
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
        !self.erasing && self.outgoing.is_empty() && self.calls.is_empty() && self.letters.is_empty()
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
            Job::Recover { slot } => {
                self.occupy(slot);
                self.recover().await;
            }
            Job::Erase { done } => {
                let erased = self.erase(None).await;
                // Whoever asked may be gone; what is erased is erased.
                let _ = done.send(erased);
            }
            Job::EraseAsked => self.erase_asked().await,
            Job::Again { parked, done } => {
                let tried = self.try_again(&parked).await;
                // Whoever asked may be gone; what is done is done.
                let _ = done.send(tried);
            }
            Job::Event { id, kind, kept, slot } => {
                self.occupy(slot);
                if matches!(kind, EventKind::Acted { .. }) {
                    self.outgoing.heard();
                }
                let mut kept = kept;
                if mutated(Mutation::AcknowledgeBeforeDurable) {
                    let _ = kept.take().map(|kept| kept.send(Ok(())));
                }
                let made = match self.take_in(&id, &kind).await {
                    // To be handed what can never be kept again and again would hold up everybody else.
                    Err(Unmade::Ever(why)) => self.park(&id, &kind, why).await,
                    made => made,
                };
                if let Some(kept) = kept {
                    let outcome = if made.is_err() { Err(Unkept) } else { Ok(()) };
                    self.confirm(kept, outcome, (id, kind)).await;
                } else if made.is_err() {
                    // Nobody hands it in again. Whatever was kept of it all the same is taken up; a timer stays in its index.
                    self.recover().await;
                }
            }
        }
    }

    /// Puts aside what can never be kept as things are.
    async fn park(&mut self, id: &EventId, kind: &EventKind, why: &'static str) -> Result<(), Unmade> {
        parking::park(&self.shared, &self.id, (id, kind), why).await.map_err(|error| {
            if let CommitError::Poisoned(why) = error {
                self.shared.fail(&why);
            }
            Unmade::Now
        })
    }

    /// Tries once more what was put aside; true if its turn was made.
    async fn try_again(&mut self, parked: &Parked) -> Result<bool, Unkept> {
        match self.take_in(&parked.id, &parked.kind).await {
            Ok(()) => parking::drop_it(&self.shared.store, &self.shared.counters, parked).await.map(|()| true).map_err(|_| Unkept),
            Err(Unmade::Ever(_)) => Ok(false),
            Err(Unmade::Now) => Err(Unkept),
        }
    }

    /// Takes up what was under way, which reading the record does. Nobody would ask for it again.
    async fn recover(&mut self) {
        while matches!(self.load().await, Err(Unmade::Now)) {
            if self.shared.has_failed() || *self.stop.borrow() {
                return;
            }
            sleep(RETRY_AFTER).await;
        }
    }

    /// The turn of an event.
    async fn take_in(&mut self, id: &EventId, kind: &EventKind) -> Result<(), Unmade> {
        match reach(Point::Claim, &self.id.0, None).await {
            Some(Fault::Error) => return Err(Unmade::Now),
            Some(Fault::Duplicate) => drop(self.turn(id.clone(), kind.clone()).await),
            None => {}
        }
        self.turn(id.clone(), kind.clone()).await
    }

    /// Says whether an event is kept. Whoever handed it in may be gone; what is kept is kept.
    async fn confirm(&mut self, kept: oneshot::Sender<Result<(), Unkept>>, outcome: Result<(), Unkept>, event: (EventId, EventKind)) {
        let outcome = match reach(Point::Confirm, &self.id.0, None).await {
            Some(Fault::Error) => Err(Unkept),
            Some(Fault::Duplicate) => {
                let (id, kind) = event;
                let _ = self.orders.send(Order::Job(self.id.clone(), Job::Event { id, kind, kept: None, slot: None }));
                outcome
            }
            None => outcome,
        };
        let _ = kept.send(outcome);
    }

    /// Erases whoever this is, and then what was put aside of theirs.
    async fn erase(&mut self, asked: Option<EffectId>) -> Erased {
        let erased = self.erase_record(asked).await?;
        parking::forget(&self.shared.store, Some(&self.shared.counters), &self.id).await?;
        Ok(erased)
    }

    /// What erasing leaves is written in the same moment, and then done.
    async fn erase_record(&mut self, asked: Option<EffectId>) -> Erased {
        for _ in 0..CONFLICTS_AT_MOST {
            let store = Arc::clone(&self.shared.store);
            let record = match store.load(&self.id).await {
                Ok(Some(record)) => record,
                // What cannot be read can be erased; nobody can tell what it is owed.
                Ok(None) | Err(StoreError::Damaged { .. }) => return self.erase_whole().await,
                Err(error) => return Err(error.into()),
            };
            if record.is_nobody() && store.mailbox(&self.id).await?.is_empty() {
                return Ok(None);
            }
            settled(&record)?;
            let (at, seed, receipts) = (clock::now(), clock::seed(), self.receipts.clone());
            let guest_of = guest_of(&store, &self.id).await?;
            let edition = self.shared.editions.now();
            let (id, library) = (EventId(format!("{}/erased", self.id.0)), edition.library(&self.id));
            let remains = |act: u64| {
                let kind = EventKind::Erased { act, asked, guest_of: guest_of.clone() };
                let event = Event { id: id.clone(), at, seed, receipts: receipts.clone(), kind };
                let turn = step(library, record.clone(), event);
                (commit(&turn, record.version), turn.counts)
            };
            if guarded(|| remains(0)).is_none() {
                return Err(Unerased::Fault);
            }
            match store.erase_but(&self.id, &remains).await {
                Err(CommitError::Conflict { .. }) => {}
                erased => {
                    let erased = erased.map_err(StoreError::from)?;
                    self.forget().await;
                    return Ok(erased);
                }
            }
        }
        Err(StoreError::Unavailable("the record was written faster than it could be erased".to_owned()).into())
    }

    async fn erase_whole(&mut self) -> Erased {
        let erased = self.shared.store.erase(&self.id).await?;
        if erased.is_some() {
            self.forget().await;
        }
        Ok(erased)
    }

    /// They asked for it in a conversation: if it is done, that turn has the answer; otherwise they are told here.
    async fn erase_asked(&mut self) {
        let asked = self.load().await.ok().and_then(|record| record.asks_to_be_erased());
        if let Some(effect) = asked {
            let answer = match self.erase(Some(effect)).await {
                Ok(_) => None,
                Err(Unerased::Store(StoreError::Poisoned(why))) => return self.shared.fail(&why),
                Err(Unerased::Store(error)) => Some(Answer::NothingSent { why: error.to_string() }),
                Err(_) => Some(Answer::Replied { status: 400, retry_after: None, body: "{}".to_owned() }),
            };
            if let Some(answer) = answer {
                self.answered(effect, answer).await;
            }
        }
        self.erasing = false;
        self.tell_busy();
    }

    /// They ask to be erased. That is a job of its own: it is no turn, and it is not made in the middle of one.
    fn ask_to_erase(&mut self) {
        if !std::mem::replace(&mut self.erasing, true) {
            // The dispatcher is gone only when everything stops; then the next start takes it up.
            let _ = self.orders.send(Order::Job(self.id.clone(), Job::EraseAsked));
        }
    }

    /// The record is another one, and what was under way belonged to the one before. What is left to be done is taken up.
    async fn forget(&mut self) {
        let anew = Self::new(Arc::clone(&self.shared), self.id.clone(), self.orders.clone(), self.stop.clone());
        let (busy, slot, last) = (self.busy.take(), self.slot.take(), self.last);
        *self = Self { busy, slot, last, ..anew };
        if let Some(channel) = self.shared.channels.get(self.id.channel()) {
            channel.forgotten(self.id.account());
        }
        self.untouched = true;
        let _ = self.load().await;
        self.untouched = false;
    }

    fn occupy(&mut self, slot: Option<OwnedSemaphorePermit>) {
        if let Some(slot) = slot {
            self.slot = Some((slot, Instant::now() + SLOT_FOR));
        }
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
        let fault = reach(Point::Called, &self.id.0, Some((effect.version, effect.index))).await;
        let answer = if fault == Some(Fault::Error) { Answer::Unanswered { why: "a failpoint".to_owned() } } else { answer };
        let kind = EventKind::Attempted { effect, answer };
        while matches!(self.turn(id.clone(), kind.clone()).await, Err(Unmade::Now)) {
            if self.shared.has_failed() || *self.stop.borrow() {
                return;
            }
            sleep(RETRY_AFTER).await;
        }
        if fault == Some(Fault::Duplicate) && self.turn(id, kind).await.is_err() {
            // It may have been kept, with what it ordered.
            self.recover().await;
        }
        // Until now the attempt stood in the record, and was not to be made again because of that.
        self.calls.close(effect);
        self.tell_busy();
    }

    /// Commits outcomes of messages by themselves.
    async fn settle(&mut self) {
        let id = EventId(format!("{}/settled", self.id.0));
        let settled = match reach(Point::Receipt, &self.id.0, None).await {
            Some(Fault::Error) => Err(Unmade::Now),
            Some(Fault::Duplicate) => {
                let _ = self.turn(id.clone(), EventKind::Settled).await;
                self.turn(id, EventKind::Settled).await
            }
            None => self.turn(id, EventKind::Settled).await,
        };
        match settled {
            Ok(()) => {}
            Err(Unmade::Now) => self.sweep_after = RETRY_AFTER,
            Err(Unmade::Ever(_)) => self.receipts.clear(),
        }
    }

    /// One turn: load, step, commit, perform.
    async fn turn(&mut self, id: EventId, kind: EventKind) -> Result<(), Unmade> {
        for _ in 0..CONFLICTS_AT_MOST {
            let mut record = self.load().await?;
            let mistake = if matches!(kind, EventKind::Told { .. }) { Mutation::LetterTwice } else { Mutation::ForgetToDedupe };
            let forgotten = if mutated(mistake) { std::mem::take(&mut record.seen) } else { Vec::new() };
            let receipts = self.receipts.clone();
            let event = Event { id: id.clone(), at: clock::now_for(&kind), seed: clock::seed(), receipts, kind: kind.clone() };
            let expected = record.version;
            // To make it again is all that can be meant by either: the turn is a function of its arguments.
            if reach(Point::Step, &self.id.0, None).await.is_some() {
                continue;
            }
            // Held until the turn is committed: a version that it starts a session on must not go before that is known.
            let edition = self.shared.editions.now();
            let Some(mut turn) = guarded(|| step(edition.library(&self.id), record, event)) else {
                tracing::error!("a turn was given up because of a fault of ours; please report it");
                // The house cannot be told that it cannot be told.
                if !is_house(&self.id) {
                    self.shared.report(Matter::Parked { channel: self.id.channel().to_owned() });
                }
                return Err(Unmade::Ever("a fault of the program"));
            };
            turn.record.seen.extend(forgotten);
            if mutated(Mutation::PerformBeforeCommit) {
                turn.effects.iter().cloned().for_each(|effect| self.perform(effect));
            }
            match self.commit(&turn, expected).await {
                Ok(performed) => {
                    self.shared.notices.taken();
                    self.shared.counters.turn(&turn);
                    let again = if performed == Performed::Twice { turn.effects.clone() } else { Vec::new() };
                    self.committed(turn);
                    self.perform_all(again);
                    return Ok(());
                }
                Err(error) => self.uncommitted(&id, error)?,
            }
        }
        tracing::error!("a turn met another writer too often");
        Err(Unmade::Now)
    }

    /// Makes a turn durable.
    async fn commit(&mut self, turn: &Turn, expected: u64) -> Result<Performed, CommitError> {
        let unavailable = || CommitError::Unavailable("a failpoint".to_owned());
        match reach(Point::Commit, &self.id.0, None).await {
            Some(Fault::Error) => return Err(unavailable()),
            Some(Fault::Duplicate) => self.shared.store.commit_counting(commit(turn, expected), turn.counts.clone()).await?,
            None => {}
        }
        self.shared.store.commit_counting(commit(turn, expected), turn.counts.clone()).await?;
        match reach(Point::Committed, &self.id.0, None).await {
            Some(Fault::Error) => Err(unavailable()),
            Some(Fault::Duplicate) => Ok(Performed::Twice),
            None => Ok(Performed::Once),
        }
    }

    /// The store has not taken a turn; `Ok` if it may be made anew at once. What we think to know of the record may be wrong.
    fn uncommitted(&mut self, event: &EventId, error: CommitError) -> Result<(), Unmade> {
        let (before, event) = (self.record.take(), event.hash());
        // Of an event that came once more the record cannot tell.
        let is_new = before.is_some_and(|record| !record.has_seen(event));
        self.in_doubt = is_new.then_some((event, self.receipts.len()));
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
        match reach(Point::Load, &self.id.0, None).await {
            Some(Fault::Error) => return Err(Unmade::Now),
            Some(Fault::Duplicate) => drop(self.shared.store.load(&self.id).await),
            None => {}
        }
        match self.shared.store.load(&self.id).await {
            Ok(found) => {
                let record = found.unwrap_or_else(|| Record::new(self.id.clone()));
                self.forget_kept(&record);
                self.take_up(&record);
                self.record = Some(record.clone());
                Ok(record)
            }
            Err(error) => {
                self.shared.cannot_read(&error);
                let is_damaged = matches!(error, StoreError::Damaged { .. });
                Err(if is_damaged { Unmade::Ever("the record cannot be read") } else { Unmade::Now })
            }
        }
    }

    /// A turn may have been kept without a word of it: then so are the receipts it held, and to settle them once more would say that
    /// somebody cannot be reached who has come back since.
    fn forget_kept(&mut self, record: &Record) {
        if let Some((event, receipts)) = self.in_doubt.take()
            && record.has_seen(event)
        {
            self.receipts.drain(..receipts);
        }
    }

    /// Takes up what a record just read has under way and this writer has not: messages are sent, calls that may be repeated are made
    /// again, and of the others it is said truly that no answer came.
    fn take_up(&mut self, record: &Record) {
        self.outgoing.learn(&record.sent);
        self.wake_at(record.next_timer());
        for effect in &record.outbox {
            match &effect.kind {
                EffectKind::Call { request, .. } if request.operation == ERASE_ME => self.ask_to_erase(),
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
                _ if self.untouched => self.outgoing.push(effect.clone()),
                _ => self.outgoing.push_again(effect.clone()),
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
        self.in_doubt = None;
        self.sweep_after = SWEEP_AFTER;
        // A timer that is due and was due before has rung in vain: it rings again when the index is looked at, not at once for ever.
        let (at, before) = (record.next_timer(), self.record.as_ref().and_then(Record::next_timer));
        self.wake_at(at.filter(|at| *at > clock::now() || before != Some(*at)));
        self.record = Some(record);
        self.perform_all(effects);
        // Before anybody hears that the turn is kept: whoever waits until nothing is under way must not be too early.
        self.tell_busy();
    }

    /// What is said to somebody who cannot be reached waits in the record with all that was said before it, so that it comes in order.
    fn perform_all(&mut self, effects: Vec<Effect>) {
        let waits = self.record.as_ref().is_some_and(|record| record.unreachable);
        for effect in effects {
            if !(waits && effect.kind.is_kept() && effect.kind.is_for_channel()) {
                self.perform(effect);
            }
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect.kind {
            EffectKind::Call { request, .. } if request.operation == ERASE_ME => self.ask_to_erase(),
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
