//! Whether to try again.

use crate::expr::Time;
use crate::flow::{Operation, Retry};
use crate::operation::Outcome;
use crate::operation::lookup::{is_harmless, is_remembered, lookup, once};
use crate::operation::outcome::NOT_SENT;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Pauses between look-ups; the last repeats.
const LOOK_PAUSES: [i64; 4] = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR];

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

impl Progress<'_> {
    /// Only a look-up leaves an operation without a report: `looked_up` says so.
    fn is_told_by_lookup(&self) -> bool {
        self.lookups > 0 && self.outcome.error.is_none()
    }

    /// `pause` from now, or as long as the server asks for, if that is longer. No server may ask for more than a day.
    fn after(&self, pause: i64) -> Time {
        let asked = self.outcome.retry_after.map_or(0, |seconds| i64::from(seconds).saturating_mul(SECOND).min(DAY));
        self.now.plus(pause.max(asked))
    }
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
pub fn next_attempt(operation: &Operation, profile: Option<&str>, progress: Progress<'_>) -> Again {
    match progress.outcome.name.as_str() {
        "down" => after_down(operation, profile, &progress),
        "unknown" => after_unknown(&progress),
        _ => Again::Settled,
    }
}

fn after_down(operation: &Operation, profile: Option<&str>, progress: &Progress<'_>) -> Again {
    let Some(at) = progress.retry.and_then(|retry| retry_at(retry, progress)) else { return Again::Settled };
    if is_certain(operation, profile, progress, at) {
        return Again::At(at);
    }
    if lookup(operation, profile).is_some() { Again::LookUp } else { Again::Doubt }
}

/// When the author's patience allows the next attempt.
fn retry_at(retry: &Retry, progress: &Progress<'_>) -> Option<Time> {
    if retry.max.is_some_and(|max| progress.attempts >= max) {
        return None;
    }
    let nth = usize::try_from(progress.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let pause = retry.every.get(nth).or(retry.every.last())?;
    let at = progress.after((*pause).max(SECOND));
    let waited = at.0.saturating_sub(progress.first.0);
    retry.within.is_none_or(|within| waited <= within).then_some(at)
}

/// True if another attempt then does nothing twice. What an operation with a key calls `down` may have been done by any of its attempts,
/// so once the server has forgotten the key, only a look-up or the very first attempt can vouch that nothing was.
fn is_certain(operation: &Operation, profile: Option<&str>, progress: &Progress<'_>, at: Time) -> bool {
    let age = at.0.saturating_sub(progress.first.0);
    is_harmless(operation)
        || once(operation, profile).is_none()
        || is_remembered(operation, profile, age)
        || progress.is_told_by_lookup()
        || (progress.attempts <= 1 && says_not_done(progress.outcome))
}

/// True for `down` of an attempt that certainly did nothing: it was not sent, or the server did not look at it.
fn says_not_done(outcome: &Outcome) -> bool {
    let Some(error) = &outcome.error else { return false };
    error.code.as_deref() == Some(NOT_SENT) || error.status.is_some_and(|status| status < 500)
}

fn after_unknown(progress: &Progress<'_>) -> Again {
    if !progress.outcome.look {
        return Again::Doubt;
    }
    if !progress.is_told_by_lookup() {
        return Again::LookUp;
    }
    let made = usize::try_from(progress.lookups).unwrap_or(usize::MAX);
    let hours = i64::try_from(made.saturating_sub(LOOK_PAUSES.len() - 1)).unwrap_or(i64::MAX);
    let waited = LOOK_PAUSES.iter().take(made.min(LOOK_PAUSES.len() - 1)).sum::<i64>().saturating_add(hours.saturating_mul(HOUR));
    if waited > DAY {
        return Again::Doubt;
    }
    Again::LookUpAt(progress.after(LOOK_PAUSES[made.saturating_sub(1).min(LOOK_PAUSES.len() - 1)]))
}
