//! The watch over the writer thread: why the store has failed, if it has, and who waits for it.
//!
//! An engine whose disk does not answer, or one of whose own threads has died, may never come back from a call. Nobody waits for
//! that longer than the watch has patience: then the store counts as failed, and the process can end and be started again.

use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::store::config::StoreError;
use crate::store::embedded::lock;
use crate::store::writer::{Verdict, refusals};

/// What is known of the writer.
pub(super) struct Watch {
    poison: OnceLock<String>,
    patience: Duration,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    at_work: Option<AtWork>,
    ended: bool,
}

/// A group that is being written.
struct AtWork {
    since: Instant,
    jobs: usize,
    done: oneshot::Sender<Vec<Verdict>>,
}

impl Watch {
    /// Starts watching.
    pub(super) fn start(patience: Duration) -> Result<Arc<Self>, StoreError> {
        let watch = Arc::new(Self { poison: OnceLock::new(), patience, state: Mutex::default(), ended: Condvar::new() });
        let watching = watch.clone();
        thread::Builder::new()
            .name("usher-store-watch".to_owned())
            .spawn(move || watching.run())
            .map_err(|error| StoreError::Unavailable(format!("its thread cannot be started: {error}")))?;
        Ok(watch)
    }

    /// Why the store has failed, if it has.
    pub(super) fn poison(&self) -> Option<&str> {
        self.poison.get().map(String::as_str)
    }

    /// The store has failed; the first reason stays.
    pub(super) fn set_poison(&self, why: String) -> &str {
        self.poison.get_or_init(|| why)
    }

    /// A group is being written from now on.
    pub(super) fn begin(&self, jobs: usize, done: oneshot::Sender<Vec<Verdict>>) {
        lock(&self.state).at_work = Some(AtWork { since: Instant::now(), jobs, done });
    }

    /// It has been written. Those who wait are told, unless they have been told something else meanwhile.
    pub(super) fn finish(&self, verdicts: Vec<Verdict>) {
        if let Some(group) = lock(&self.state).at_work.take() {
            // Whoever has gone does not need to be told.
            let _ = group.done.send(verdicts);
        }
    }

    /// Ends the watch.
    pub(super) fn end(&self) {
        lock(&self.state).ended = true;
        self.ended.notify_all();
    }

    /// Looks now and then: to be woken for each group would cost more than the groups.
    fn run(&self) {
        let mut state = lock(&self.state);
        while !state.ended {
            if let Some(group) = state.at_work.take_if(|group| group.since.elapsed() > self.patience) {
                let why = self.set_poison(format!("the disk has not answered for {} s", self.patience.as_secs()));
                let _ = group.done.send(refusals(group.jobs, why));
            }
            state = self.ended.wait_timeout(state, self.patience / 4).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
