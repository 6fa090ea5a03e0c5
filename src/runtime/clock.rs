//! Time and randomness: what the core is given.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::engine::EventKind;
use crate::expr::Time;
use crate::failpoint::{self, Mutation, mutated};

/// How much too early a timer rings, in milliseconds, where a test makes it do so.
pub(super) const EARLY: i64 = 2 * 60 * 1000;

/// Now.
pub(super) fn now() -> Time {
    if let Some(played) = failpoint::now() {
        return Time(played);
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The time of a turn that this makes.
pub(super) fn now_for(kind: &EventKind) -> Time {
    let early = matches!(kind, EventKind::Woke) && mutated(Mutation::TimerEarly);
    if early { now().plus(EARLY) } else { now() }
}

/// How long it is until then; nothing if it is past.
pub(super) fn until(at: Time) -> Duration {
    Duration::from_millis(u64::try_from(at.0.saturating_sub(now().0)).unwrap_or(0))
}

/// Fresh randomness. A machine without any cannot make keys that nobody guesses: that is no state to go on in.
pub(super) fn seed() -> u64 {
    if let Some(played) = failpoint::seed() {
        return played;
    }
    getrandom::u64().expect("the operating system gives random numbers")
}
