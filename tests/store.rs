//! The store's contract, the same for every kind, and what only the kind in files promises.

#[path = "support/store_samples.rs"]
mod samples;

#[path = "store/contract.rs"]
mod contract;
#[path = "store/damage.rs"]
mod damage;
#[path = "store/files.rs"]
mod files;
#[path = "store/model.rs"]
mod model;
