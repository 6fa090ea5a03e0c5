//! The store's contract, the same for every kind, and what only the kind in files promises.

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

use usher::store::{CommitError, Store};

/// Commits a record of this name, version and size with nothing beside it.
async fn put(store: &Store, name: &str, version: u64, size: usize) -> Result<(), CommitError> {
    store.commit(samples::turn(samples::record(name, version, size))).await
}

/// The files of a store as its engine sees them. One that was just closed may still be letting go of them.
fn raw(folder: &std::path::Path) -> sled::Db {
    let config = sled::Config::new().path(folder.join("sled"));
    (0..200)
        .find_map(|_| config.open().map_err(|_| std::thread::sleep(std::time::Duration::from_millis(10))).ok())
        .expect("the files are let go of")
}
