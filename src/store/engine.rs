//! What the store needs of an embedded engine: an ordered map with one atomic, durable way to change it.

/// The engine failed: nothing that was not synced may be believed, and nothing more is acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Broken(pub(super) String);

/// A key and its value.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// What is to be done in one transaction. It may be run more than once.
pub(super) type Work<'a> = &'a dyn Fn(&mut dyn View) -> Result<(), Broken>;

/// An ordered map of bytes. Any thread reads; one thread writes.
pub(super) trait Engine: Send + Sync {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Broken>;

    /// The first `limit` pairs of `from..to`.
    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Pair>, Broken>;

    /// The last pair of `from..to`.
    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Pair>, Broken>;

    /// Does the work: all of it or, if it fails, none.
    fn apply(&self, work: Work<'_>) -> Result<(), Broken>;

    /// Makes durable all that was applied.
    fn sync(&self) -> Result<(), Broken>;

    /// Bytes on disk.
    fn size(&self) -> u64;

    /// Values that lie where they are never synced.
    fn strays(&self) -> u64;
}

/// The map inside a transaction: what was written in it is seen.
pub(super) trait View {
    /// The value of a key.
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Broken>;

    /// Gives a key a value.
    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), Broken>;

    /// Takes a key away.
    fn remove(&mut self, key: &[u8]) -> Result<(), Broken>;
}
