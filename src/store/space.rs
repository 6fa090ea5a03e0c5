//! Room on the disk: commits stop before the engine would meet its end.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer of the system serves.
const FRESH: Duration = Duration::from_secs(1);

/// The room on the store's disk.
pub(super) struct Space {
    keep_free: u64,
    probe: Box<dyn Fn() -> Option<u64> + Send + Sync>,
    last: Mutex<Option<(Instant, Option<u64>)>>,
}

impl Space {
    /// There is always room.
    pub(super) fn endless() -> Self {
        Self::probed(0, || None)
    }

    /// The room on the disk of this folder, of which so many bytes are to stay free.
    pub(super) fn of(folder: PathBuf, keep_free: u64) -> Self {
        Self::probed(keep_free, move || {
            let found = rustix::fs::statvfs(&folder).ok()?;
            Some(found.f_bavail.saturating_mul(found.f_frsize))
        })
    }

    /// The room that `probe` tells of, of which so many bytes are to stay free.
    pub(super) fn probed(keep_free: u64, probe: impl Fn() -> Option<u64> + Send + Sync + 'static) -> Self {
        Self { keep_free, probe: Box::new(probe), last: Mutex::new(None) }
    }

    /// Bytes free, where that can be known. The system is asked once a second at most.
    pub(super) fn free(&self) -> Option<u64> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match *last {
            Some((at, free)) if at.elapsed() < FRESH => free,
            _ => {
                let free = (self.probe)();
                *last = Some((Instant::now(), free));
                free
            }
        }
    }

    /// What to tell those who want to write, if there is not enough room.
    pub(super) fn shortage(&self) -> Option<String> {
        let free = self.free()?;
        (free < self.keep_free).then(|| format!("{} MiB are free on its disk, {} MiB are to stay free", free >> 20, self.keep_free >> 20))
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Space").field("keep_free", &self.keep_free).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn the_system_is_asked_once_a_second() {
        let asked = Arc::new(AtomicUsize::new(0));
        let probe = asked.clone();
        let space = Space::probed(1 << 20, move || {
            probe.fetch_add(1, Ordering::Relaxed);
            Some(5)
        });
        assert!((0..1000).all(|_| space.shortage().is_some_and(|why| why == "0 MiB are free on its disk, 1 MiB are to stay free")));
        assert!(asked.load(Ordering::Relaxed) <= 2, "asked {asked:?} times");
    }

    #[test]
    fn what_cannot_be_known_does_not_stop_anybody() {
        assert_eq!(Space::of("/nowhere/at/all".into(), u64::MAX).shortage(), None);
        assert_eq!(Space::endless().shortage(), None);
        assert!(Space::of("/".into(), u64::MAX).shortage().is_some());
    }
}
