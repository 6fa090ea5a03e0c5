//! What the store needs of an embedded engine: an ordered map with one atomic, durable way to change it.

use std::collections::BTreeMap;

/// The engine failed: nothing that was not synced may be believed, and nothing more is acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Broken(pub(super) String);

/// A key and its value.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// Keys with the values they get, or without one if they go.
pub(super) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// An ordered map of bytes. Any thread reads; one thread writes.
pub(super) trait Engine: Send + Sync {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Broken>;

    /// The first `limit` pairs of `from..to`.
    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Pair>, Broken>;

    /// The last pair of `from..to`.
    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Pair>, Broken>;

    /// Makes these changes in one transaction: all of them or, if it fails, none.
    fn apply(&self, changes: Changes) -> Result<(), Broken>;

    /// Makes durable all that was applied.
    fn sync(&self) -> Result<(), Broken>;

    /// Bytes on disk.
    fn size(&self) -> u64;

    /// Values that lie where they are never synced.
    fn strays(&self) -> u64;
}

/// The map as it will be once the changes that are gathered here are applied. Only one thread writes, so that nothing moves below it.
pub(super) struct View<'e> {
    engine: &'e dyn Engine,
    changes: Changes,
}

impl<'e> View<'e> {
    /// The map as it is.
    pub(super) fn of(engine: &'e dyn Engine) -> Self {
        Self { engine, changes: Changes::new() }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Broken> {
        self.changes.get(key).map_or_else(|| self.engine.get(key), |value| Ok(value.clone()))
    }

    /// Gives a key a value.
    pub(super) fn set(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.changes.insert(key, Some(value));
    }

    /// Takes a key away.
    pub(super) fn remove(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }

    /// What is to be applied.
    pub(super) fn into_changes(self) -> Changes {
        self.changes
    }
}
