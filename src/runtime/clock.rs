//! Time and randomness: what the core is given.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::expr::Time;

/// Now.
pub(super) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// How long it is until then; nothing if it is past.
pub(super) fn until(at: Time) -> Duration {
    Duration::from_millis(u64::try_from(at.0.saturating_sub(now().0)).unwrap_or(0))
}

/// Fresh randomness. A machine without any cannot make keys that nobody guesses: that is no state to go on in.
pub(super) fn seed() -> u64 {
    getrandom::u64().expect("the operating system gives random numbers")
}
