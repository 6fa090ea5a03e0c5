//! The one writer of a record.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, oneshot, watch};

use crate::channel::Unkept;
use crate::engine::{Effect, EffectId, EffectKind, Event, EventId, EventKind, Receipt, Record, RecordId, Turn, step};
use crate::operation::{Answer, Request};
use crate::runtime::outgoing::Outgoing;
use crate::runtime::{Job, Order, Shared, clock, stopped};
use crate::store::{Commit, CommitError, IndexKey};

/// Outcomes of messages ride with the person's next turn; after this long without one they are committed by themselves.
const SWEEP_AFTER: Duration = Duration::from_millis(150);

/// A writer with nothing under way is let go after this long.
const IDLE_AFTER: Duration = Duration::from_secs(5);

/// How often a turn is made anew because another process was faster.
const CONFLICTS_AT_MOST: u32 = 5;

/// The pause before a turn that the store did not take is tried again, where nobody outside would hand it in again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

pub(super) struct Writer {
    shared: Arc<Shared>,
    id: RecordId,
    orders: mpsc::UnboundedSender<Order>,
    stop: watch::Receiver<bool>,
    record: Option<Record>,
    outgoing: Outgoing,
    calls: FuturesUnordered<BoxFuture<'static, (EffectId, Answer)>>,
    receipts: Vec<Receipt>,
    busy: bool,
}

impl Writer {
    pub fn new(shared: Arc<Shared>, id: RecordId, orders: mpsc::UnboundedSender<Order>, stop: watch::Receiver<bool>) -> Self {
        let outgoing = Outgoing::new(shared.channels.get(id.channel()).cloned(), &id);
        Self { shared, id, orders, stop, record: None, outgoing, calls: FuturesUnordered::new(), receipts: Vec::new(), busy: false }
    }

    /// Takes jobs until it is let go.
    pub async fn run(mut self, mut jobs: mpsc::UnboundedReceiver<Job>) {
        let mut let_go = false;
        let mut stop = self.stop.clone();
        let mut stopping = *stop.borrow();
        loop {
            self.tell_busy();
            let quiet = if self.receipts.is_empty() { IDLE_AFTER } else { SWEEP_AFTER };
            tokio::select! {
                biased;
                job = jobs.recv(), if !let_go => match job {
                    Some(job) => self.take(job).await,
                    None => let_go = true,
                },
                Some((effect, answer)) = self.calls.next(), if !self.calls.is_empty() => self.answered(effect, answer).await,
                receipt = self.outgoing.next(), if !self.outgoing.is_empty() => self.receipts.push(receipt),
                () = tokio::time::sleep(quiet), if !let_go => {
                    if !self.receipts.is_empty() {
                        self.settle().await;
                    } else if self.is_idle() {
                        let _ = self.orders.send(Order::Idle(self.id.clone()));
                    }
                }
                () = std::future::ready(()), if let_go && self.is_idle() => break,
                () = stopped(&mut stop), if !stopping => {
                    stopping = true;
                    jobs.close();
                }
            }
        }
        if !self.receipts.is_empty() {
            self.settle().await;
        }
    }

    fn is_idle(&self) -> bool {
        self.outgoing.is_empty() && self.calls.is_empty()
    }

    /// Says when something comes under way, and when nothing is any more.
    fn tell_busy(&mut self) {
        if self.busy == self.is_idle() {
            self.busy = !self.busy;
            self.shared.busy.count(self.busy);
        }
    }

    async fn take(&mut self, job: Job) {
        match job {
            Job::Recover => self.recover().await,
            Job::Event { id, kind, kept } => {
                let outcome = self.turn(id, kind).await;
                answer(kept, outcome);
            }
        }
    }

    /// An attempt of a call has ended. Nobody outside would say so again, so it is kept trying until the store takes it.
    async fn answered(&mut self, effect: EffectId, answer: Answer) {
        let id = EventId(format!("{}/attempt/{effect}", self.id.0));
        while self.turn(id.clone(), EventKind::Attempted { effect, answer: answer.clone() }).await.is_err() {
            if self.shared.failed.borrow().is_some() || *self.stop.borrow() {
                return;
            }
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }

    /// Commits outcomes of messages by themselves.
    async fn settle(&mut self) {
        let id = EventId(format!("{}/settled", self.id.0));
        if self.turn(id, EventKind::Settled).await.is_err() {
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }

    /// One turn: step, commit, perform.
    async fn turn(&mut self, id: EventId, kind: EventKind) -> Result<(), Unkept> {
        for _ in 0..CONFLICTS_AT_MOST {
            let record = self.load().await?;
            let receipts = self.receipts.clone();
            let event = Event { id: id.clone(), at: clock::now(), seed: clock::seed(), receipts, kind: kind.clone() };
            let expected = record.version;
            let turn = step(&self.shared.library, record, event);
            match self.shared.store.commit(commit(&turn, expected)).await {
                Ok(()) => {
                    self.receipts.clear();
                    self.committed(turn);
                    return Ok(());
                }
                Err(CommitError::Conflict { .. }) => self.record = None,
                Err(CommitError::Unavailable(why)) => {
                    tracing::error!(why, "a turn could not be kept");
                    return Err(Unkept);
                }
                Err(CommitError::Poisoned(why)) => {
                    self.shared.failed.send_replace(Some(why));
                    return Err(Unkept);
                }
            }
        }
        tracing::error!("a turn met another writer too often");
        Err(Unkept)
    }

    /// The record as it is now; a new one for somebody never seen before.
    async fn load(&mut self) -> Result<Record, Unkept> {
        if let Some(record) = &self.record {
            return Ok(record.clone());
        }
        match self.shared.store.load(&self.id).await {
            Ok(found) => {
                let record = found.unwrap_or_else(|| Record::new(self.id.clone()));
                self.outgoing.learn(&record.sent);
                self.record = Some(record.clone());
                Ok(record)
            }
            Err(error) => {
                tracing::error!(%error, "a record could not be read");
                Err(Unkept)
            }
        }
    }

    /// The turn is durable: now, and only now, its effects are performed.
    fn committed(&mut self, turn: Turn) {
        let Turn { record, effects, .. } = turn;
        if let Some(at) = record.next_timer() {
            self.shared.wakes.set(at, &self.id);
        }
        self.record = Some(record);
        for effect in effects {
            self.perform(effect);
        }
        // Before anybody hears that the turn is kept: whoever waits until nothing is under way must not be too early.
        self.tell_busy();
    }

    fn perform(&mut self, effect: Effect) {
        match effect.kind {
            EffectKind::Call { request, .. } => self.call(effect.id, request),
            kind if !kind.is_kept() => {
                let Some(channel) = self.shared.channels.get(self.id.channel()).cloned() else { return };
                let account = self.id.account().to_owned();
                // Best effort: its outcome means nothing to anybody.
                tokio::spawn(async move { channel.perform(&account, &kind, &|_| None).await });
            }
            _ => self.outgoing.push(effect),
        }
    }

    fn call(&mut self, effect: EffectId, request: Request) {
        let fetch = Arc::clone(&self.shared.fetch);
        self.calls.push(Box::pin(async move {
            let began = tokio::time::Instant::now();
            let answer = fetch.send(&request).await;
            let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(operation = request.operation, answer = brief(&answer), took, "called");
            (effect, answer)
        }));
    }

    /// Takes up what was under way when the process ended: messages are sent, calls that may be repeated are made again, and of the
    /// others it is said truly that no answer came.
    async fn recover(&mut self) {
        let Ok(record) = self.load().await else { return };
        if record.unreachable {
            return;
        }
        if let Some(at) = record.next_timer() {
            self.shared.wakes.set(at, &self.id);
        }
        let under_way: Vec<Effect> = record.outbox.clone();
        tracing::info!(effects = under_way.len(), "taking up what was under way");
        for effect in under_way {
            match effect.kind {
                EffectKind::Call { repeatable: false, .. } => {
                    let why = "the process ended while it was under way".to_owned();
                    self.calls.push(Box::pin(std::future::ready((effect.id, Answer::Unanswered { why }))));
                }
                EffectKind::Call { request, .. } => self.call(effect.id, request),
                _ => self.outgoing.push(effect),
            }
        }
    }
}

fn commit(turn: &Turn, expected: u64) -> Commit {
    Commit {
        record: turn.record.clone(),
        expected,
        wake: turn.record.next_timer(),
        keys: turn.record.index_keys().into_iter().map(|(kind, value)| IndexKey::new(kind, value)).collect(),
        facts: turn.facts.clone(),
    }
}

fn answer(kept: Option<oneshot::Sender<Result<(), Unkept>>>, outcome: Result<(), Unkept>) {
    if let Some(kept) = kept {
        // Whoever handed it in may be gone; what is kept is kept.
        let _ = kept.send(outcome);
    }
}

/// An answer in a word, for the log.
fn brief(answer: &Answer) -> String {
    match answer {
        Answer::Replied { status, .. } => status.to_string(),
        Answer::NothingSent { why } | Answer::Unanswered { why } => why.clone(),
    }
}
