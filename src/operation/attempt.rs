//! Whether to try again.

use crate::expr::Time;
use crate::flow::{Operation, Retry};
use crate::operation::Outcome;

/// How far a call has come when an attempt or a look-up of it has ended.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// How the attempt or look-up ended, seen from the operation (not from the look-up's operation).
    pub outcome: &'a Outcome,
    /// When the first attempt was ordered.
    pub first: Time,
    /// Now.
    pub now: Time,
    /// Attempts made.
    pub attempts: u32,
    /// Look-ups made.
    pub lookups: u32,
    /// The author's patience, on the road of `down`.
    pub retry: Option<&'a Retry>,
}

/// What happens to a call next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// This is how it ended.
    Settled,
    /// Send again with the same key, then.
    At(Time),
    /// Look it up at once.
    LookUp,
    /// Nobody knows; look it up again then.
    LookUpAt(Time),
    /// Nobody knows and nothing can tell: only a person can settle it.
    Doubt,
}

/// Decides what happens after an attempt.
pub fn next_attempt(_operation: &Operation, _profile: Option<&str>, _progress: Progress<'_>) -> Again {
    todo!()
}
