//! The calls of one record: beside each other, each of them once at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::engine::{EffectId, Record};
use crate::failpoint::{Fault, Mutation, Point, mutated, reach};
use crate::fetch::{ADDRESS_REFUSED, METHOD_REFUSED, Opener};
use crate::flow::OWN;
use crate::operation::{Answer, Request};
use crate::runtime::{Shared, desk};

/// Attempts under way.
pub(super) struct Calls {
    shared: Arc<Shared>,
    files: Opener,
    attempts: FuturesUnordered<BoxFuture<'static, (EffectId, Answer)>>,
    /// Those whose answers are not committed.
    open: BTreeSet<EffectId>,
}

impl Calls {
    pub fn new(shared: Arc<Shared>, files: Opener) -> Self {
        Self { shared, files, attempts: FuturesUnordered::new(), open: BTreeSet::new() }
    }

    /// True if nothing is under way and every answer has been dealt with.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// True if no answer is awaited.
    pub fn are_answered(&self) -> bool {
        self.attempts.is_empty()
    }

    /// Makes an attempt of this record, unless it is under way or its answer waits to be committed.
    pub fn begin(&mut self, effect: EffectId, request: Request, record: &Record) {
        if !self.open.insert(effect) {
            return;
        }
        let (shared, files) = (Arc::clone(&self.shared), Arc::clone(&self.files));
        if request.connection == OWN {
            let record = record.clone();
            self.attempts.push(Box::pin(async move { (effect, desk::answer(&shared, record, effect).await) }));
            return;
        }
        let (at, request) = (record.id.clone(), if mutated(Mutation::NewKeyOnRetry) { rekeyed(request) } else { request });
        self.attempts.push(Box::pin(async move {
            let began = tokio::time::Instant::now();
            let point = Some((effect.version, effect.index));
            let answer = match reach(Point::Call, &at.0, point).await {
                Some(Fault::Error) => Answer::NothingSent { why: "a failpoint".to_owned() },
                // The way there may bring a request twice.
                Some(Fault::Duplicate) => {
                    drop(shared.fetch.send_with_files(&request, &files).await);
                    shared.fetch.send_with_files(&request, &files).await
                }
                None => shared.fetch.send_with_files(&request, &files).await,
            };
            let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(operation = request.operation, answer = brief(&answer), took, "called");
            if let Some(todo) = refused_by_operator(&answer) {
                tracing::error!(operation = request.operation, "nothing was sent, and usher.yaml is why: {todo}");
            }
            shared.counters.call(request.connection, &answer);
            (effect, answer)
        }));
    }

    /// An attempt that was under way when the process ended and may not be made again: that no answer came is all that can be said.
    pub fn give_up(&mut self, effect: EffectId) {
        if self.open.insert(effect) {
            let why = "the process ended while it was under way".to_owned();
            self.attempts.push(Box::pin(std::future::ready((effect, Answer::Unanswered { why }))));
        }
    }

    /// The next answer; for ever none if nothing is under way. Safe to be dropped and called again.
    pub async fn next(&mut self) -> (EffectId, Answer) {
        match self.attempts.next().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }

    /// The answer to an attempt has been dealt with.
    pub fn close(&mut self, effect: EffectId) {
        self.open.remove(&effect);
    }
}

/// The request under a key that nobody has seen, which is a mistake.
fn rekeyed(mut request: Request) -> Request {
    for (_, key) in request.headers.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("idempotency-key")) {
        *key = format!("{key}-{}", crate::runtime::clock::seed());
    }
    request
}

/// What the operator can do about it, if the operator's file is why nothing was sent.
fn refused_by_operator(answer: &Answer) -> Option<&'static str> {
    let Answer::NothingSent { why } = answer else { return None };
    match why.as_str() {
        ADDRESS_REFUSED => Some("the server's address is a private one; write private_network: true for its connection, if that is meant"),
        METHOD_REFUSED => Some("its method is not among the `methods` of its connection; add it there, if that is meant"),
        _ => None,
    }
}

/// An answer in a word, for the log.
fn brief(answer: &Answer) -> String {
    match answer {
        Answer::Replied { status, .. } => status.to_string(),
        Answer::NothingSent { why } | Answer::Unanswered { why } | Answer::Unsendable { why } | Answer::LeftAlone { why } => why.clone(),
    }
}
