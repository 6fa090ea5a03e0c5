//! How the store is.

use std::time::Duration;

/// How the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Why it has failed, if it has: the process must be started again.
    pub poisoned: Option<String>,
    /// It has been closed.
    pub closed: bool,
    /// How long ago something was last made durable, if anything was since the start.
    pub since_commit: Option<Duration>,
    /// Commits that wait.
    pub waiting: usize,
    /// Bytes it occupies.
    pub size: u64,
    /// Bytes free on its disk, where that can be known.
    pub free: Option<u64>,
    /// Commits are refused for want of space.
    pub short_of_space: bool,
    /// Records found unreadable since the start. They are left alone; others go on.
    pub damaged: usize,
    /// Records read since the start.
    pub read: u64,
    /// Values that the embedded engine put into files of their own, which it never syncs. Anything but 0 is an alarm.
    pub strays: u64,
}

impl Health {
    /// True if it takes commits and nothing in it is damaged.
    pub fn is_well(&self) -> bool {
        self.poisoned.is_none() && !self.closed && !self.short_of_space && self.damaged == 0 && self.strays == 0
    }
}
