//! After a refused commit: whether the store takes anything again. Nobody may come and try while the bot says that it is not ready, so
//! it finds out by itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::runtime::{Shared, stopped};
use crate::store::StoreError;

/// How often a store that refused is tried.
const EVERY: Duration = Duration::from_secs(2);

/// Tries the store as long as the last that was known of it is a refusal.
pub(super) async fn run(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = sleep(EVERY) => {}
            () = stopped(&mut stop) => return,
        }
        if !shared.counters.is_refusing() {
            continue;
        }
        match shared.store.probe().await {
            Ok(()) => {
                shared.counters.recovered();
                shared.notices.taken();
            }
            Err(StoreError::Poisoned(why)) => shared.fail(&why),
            // It was said already, and is tried again.
            Err(_) => {}
        }
    }
}
