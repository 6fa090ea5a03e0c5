//! The calls of one record: beside each other, each of them once at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::engine::EffectId;
use crate::fetch::{Fetch, Opener};
use crate::operation::{Answer, Request};
use crate::runtime::counters::Counters;

/// Attempts under way.
pub(super) struct Calls {
    fetch: Arc<Fetch>,
    files: Opener,
    counters: Arc<Counters>,
    attempts: FuturesUnordered<BoxFuture<'static, (EffectId, Answer)>>,
    /// Those whose answers are not committed.
    open: BTreeSet<EffectId>,
}

impl Calls {
    pub fn new(fetch: Arc<Fetch>, files: Opener, counters: Arc<Counters>) -> Self {
        Self { fetch, files, counters, attempts: FuturesUnordered::new(), open: BTreeSet::new() }
    }

    /// True if nothing is under way and every answer has been dealt with.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// True if no answer is awaited.
    pub fn are_answered(&self) -> bool {
        self.attempts.is_empty()
    }

    /// Makes an attempt, unless it is under way or its answer waits to be committed.
    pub fn begin(&mut self, effect: EffectId, request: Request) {
        if !self.open.insert(effect) {
            return;
        }
        let (fetch, files, counters) = (Arc::clone(&self.fetch), Arc::clone(&self.files), Arc::clone(&self.counters));
        self.attempts.push(Box::pin(async move {
            let began = tokio::time::Instant::now();
            let answer = fetch.send_with_files(&request, &files).await;
            let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(operation = request.operation, answer = brief(&answer), took, "called");
            counters.call(request.connection, &answer);
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

/// An answer in a word, for the log.
fn brief(answer: &Answer) -> String {
    match answer {
        Answer::Replied { status, .. } => status.to_string(),
        Answer::NothingSent { why } | Answer::Unanswered { why } | Answer::Unsendable { why } => why.clone(),
    }
}
