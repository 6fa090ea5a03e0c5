//! How much is under way, for whoever waits until nothing is.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// How many have something under way.
#[derive(Clone)]
pub(super) struct Busy(Arc<Counted>);

struct Counted {
    number: Mutex<usize>,
    idle: watch::Sender<bool>,
}

/// Something is under way as long as this lives.
pub(super) struct UnderWay(Busy);

impl Busy {
    pub fn new() -> Self {
        Self(Arc::new(Counted { number: Mutex::new(0), idle: watch::channel(true).0 }))
    }

    /// True while nothing is under way.
    pub fn idle(&self) -> watch::Receiver<bool> {
        self.0.idle.subscribe()
    }

    /// Something comes under way.
    pub fn begin(&self) -> UnderWay {
        self.count(|number| number + 1);
        UnderWay(self.clone())
    }

    fn count(&self, change: impl FnOnce(usize) -> usize) {
        let mut number = self.0.number.lock().unwrap_or_else(PoisonError::into_inner);
        *number = change(*number);
        let idle = *number == 0;
        self.0.idle.send_if_modified(|was| std::mem::replace(was, idle) != idle);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.count(|number| number.saturating_sub(1));
    }
}
