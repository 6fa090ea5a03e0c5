//! How a running bot is: whether it can do its work, and what it has done. Nothing in it is about a person.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::runtime::{Counters, Counts, Runtime};
use crate::store::{Health, Store};

/// What can be asked of a bot while it runs.
#[derive(Debug)]
pub struct Status {
    store: Arc<Store>,
    counters: Arc<Counters>,
    began: Instant,
    stopping: AtomicBool,
    /// Channels that are not set up yet.
    awaited: Mutex<BTreeSet<String>>,
}

impl Status {
    /// The status of a bot that begins now, none of whose channels is set up.
    pub fn new<'n>(store: Arc<Store>, runtime: &Runtime, channels: impl Iterator<Item = &'n String>) -> Self {
        let awaited = Mutex::new(channels.cloned().collect());
        Self { store, counters: runtime.counters(), began: Instant::now(), stopping: AtomicBool::new(false), awaited }
    }

    /// A channel is set up.
    pub fn is_set_up(&self, channel: &str) {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner).remove(channel);
    }

    /// The process is about to end.
    pub fn stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// What has been done since the start.
    pub fn counts(&self) -> Counts {
        self.counters.counts()
    }

    /// How the store is.
    pub fn store(&self) -> Health {
        self.store.health()
    }

    /// How long it has been running.
    pub fn up(&self) -> Duration {
        self.began.elapsed()
    }

    /// Why it cannot do its work now; empty if it can. A record that cannot be read concerns one person and not the others.
    pub fn obstacles(&self) -> Vec<String> {
        let health = self.store();
        let told = [
            (self.stopping.load(Ordering::Relaxed), "the process is stopping"),
            (health.poisoned.is_some(), "the store has failed; start again"),
            (health.closed, "the store is closed"),
            (health.short_of_space, "the store's disk is full; make room"),
            (self.counts().refusing, "the store did not take the last turn"),
        ];
        let mut obstacles: Vec<String> = told.into_iter().filter(|(holds, _)| *holds).map(|(_, why)| why.to_owned()).collect();
        let awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        obstacles.extend(awaited.iter().map(|channel| format!("the channel \"{channel}\" is not set up yet")));
        obstacles
    }
}
