//! Notices that something in a folder has changed.
//!
//! The system's own notices come at once; looking again now and then is for what they miss: network drives, a folder that is replaced
//! as a whole, a system that has no more watches to give.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher, recommended_watcher};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

/// A change is over when nothing has happened for this long: editors write several files, and each in several moves.
const QUIET: Duration = Duration::from_millis(80);

/// A folder in which something happens all the time is looked at nevertheless.
const QUIET_WITHIN: Duration = Duration::from_millis(400);

/// How often the folder is looked at although nothing was noticed.
const LOOK: Duration = Duration::from_secs(5);

/// The same without the system's notices.
const LOOK_BLIND: Duration = Duration::from_millis(500);

/// A folder under watch.
pub struct Watch {
    touched: Arc<Notify>,
    /// Watches as long as it lives; none if the system cannot.
    watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Watches a folder with all below it.
    pub fn new(folder: &Path) -> Self {
        let touched = Arc::new(Notify::new());
        let watcher = watcher(folder, &touched);
        if let Err(error) = &watcher {
            // The path is the operator's own.
            tracing::warn!(%error, "changes of the flows are not told by the system: the folder is looked at twice a second");
        }
        Self { touched, watcher: watcher.ok() }
    }

    /// Returns when something has changed and is over, or may have changed.
    pub async fn touched(&self) {
        if self.noticed().await {
            self.settled().await;
        }
    }

    /// Returns when something has changed (true: it may go on), or may have. A change is not lost if this is dropped before.
    pub async fn noticed(&self) -> bool {
        let look = if self.watcher.is_some() { LOOK } else { LOOK_BLIND };
        tokio::select! {
            () = self.touched.notified() => true,
            () = sleep(look) => false,
        }
    }

    /// Returns when a change that was noticed is over.
    pub async fn settled(&self) {
        let latest = Instant::now() + QUIET_WITHIN;
        while Instant::now() < latest {
            let quiet = latest.min(Instant::now() + QUIET);
            if timeout_at(quiet, self.touched.notified()).await.is_err() {
                return;
            }
        }
    }
}

fn watcher(folder: &Path, touched: &Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let touched = Arc::clone(touched);
    let mut watcher = recommended_watcher(move |event: notify::Result<Event>| {
        // Reading is not a change; an error may hide one.
        if event.as_ref().map_or(true, |event| !event.kind.is_access()) {
            touched.notify_one();
        }
    })?;
    watcher.watch(folder, RecursiveMode::Recursive)?;
    Ok(watcher)
}
