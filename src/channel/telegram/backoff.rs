//! How long to wait after failures: doubling, bounded, and a little different each time so that many bots do not return at once.

use std::time::Duration;

use crate::failpoint;

const LONGEST: Duration = Duration::from_secs(30);

/// A growing pause.
pub(super) struct Backoff {
    first: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration) -> Self {
        Self { first, next: first }
    }

    /// All is well again.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }

    /// The pause now; the next one is longer.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST);
        // Without randomness the pause is merely not spread.
        let random = failpoint::seed().map(|seed| (seed >> 32) as u32).or_else(|| getrandom::u32().ok()).unwrap_or(u32::MAX / 2);
        pause.mul_f64(0.75 + 0.5 * f64::from(random) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_stay_bounded_and_begin_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1));
        let pauses: Vec<Duration> = (0..8).map(|_| backoff.pause()).collect();
        assert!(pauses[0] >= Duration::from_millis(750) && pauses[0] <= Duration::from_millis(1250), "{pauses:?}");
        assert!(pauses[3] >= Duration::from_secs(6), "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= LONGEST.mul_f64(1.25)), "{pauses:?}");
        backoff.reset();
        assert!(backoff.pause() <= Duration::from_millis(1250));
    }
}
