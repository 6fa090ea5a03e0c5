//! What the log says about trouble with the store: once each, however many turns meet it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What has been said already.
#[derive(Default)]
pub(super) struct Notices {
    /// Records that cannot be read, by their opaque keys.
    unreadable: Mutex<HashSet<String>>,
    /// The store takes nothing at present.
    refusing: AtomicBool,
}

impl Notices {
    /// A record cannot be read: it is left alone until somebody has put it right, and others go on.
    /// True if that was not known.
    pub fn unreadable(&self, record: &str, why: &str) -> bool {
        let is_new = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).insert(record.to_owned());
        if is_new {
            tracing::error!(
                record,
                why,
                "a record cannot be read: it is left alone, and what concerns it is not taken; restore it or erase it"
            );
        }
        is_new
    }

    /// The store does not take turns.
    pub fn refused(&self, why: &str) {
        if !self.refusing.swap(true, Ordering::Relaxed) {
            tracing::error!(why, "turns cannot be kept: nothing is confirmed until they can");
        }
    }

    /// The store has taken a turn.
    pub fn taken(&self) {
        if self.refusing.load(Ordering::Relaxed) && self.refusing.swap(false, Ordering::Relaxed) {
            tracing::info!("turns are kept again");
        }
    }
}
