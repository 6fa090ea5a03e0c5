//! The store's contract, the same for every kind, and what only the kind in files promises.

#[path = "support/store_files.rs"]
mod raw_files;
#[path = "support/store_samples.rs"]
mod samples;

#[path = "store/audit.rs"]
mod audit;
#[path = "store/backup.rs"]
mod backup;
#[path = "store/contract.rs"]
mod contract;
#[path = "store/damage.rs"]
mod damage;
#[path = "store/files.rs"]
mod files;
#[path = "store/golden.rs"]
mod golden;
#[path = "store/keys.rs"]
mod keys;
#[path = "store/model.rs"]
mod model;
#[path = "store/tallies.rs"]
mod tallies;

use raw_files::raw;
use usher::store::{CommitError, Store};

/// Commits a record of this name, version and size with nothing beside it.
async fn put(store: &Store, name: &str, version: u64, size: usize) -> Result<(), CommitError> {
    store.commit(samples::turn(samples::record(name, version, size))).await
}
