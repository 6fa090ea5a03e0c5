//! What is committed.

use std::fmt;

use thiserror::Error;

use crate::engine::{Fact, Order, Record};
use crate::expr::Time;
use crate::store::config::StoreError;

/// One turn, to be made durable as a whole.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The record after the turn; its `version` is the one that will be stored, and is greater than `expected`.
    pub record: Record,
    /// The version that must be stored now; 0 if there must be none.
    pub expected: u64,
    /// When the record wants to be woken.
    pub wake: Option<Time>,
    /// All keys by which it is found from now on.
    pub keys: Vec<IndexKey>,
    /// What is to be remembered of the turn.
    pub facts: Vec<Fact>,
}

/// Something a record is found by: a phone, a word of a name, a state. The store sees it only as a keyed hash.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexKey {
    /// What it is: `phone`, `version`, `state`.
    pub kind: String,
    /// The value, in the form in which it will be looked for.
    pub value: String,
    /// The place in a list that is kept in order, if it is one: the time stands in the store as it is.
    pub at: Option<Time>,
}

impl IndexKey {
    /// A key of this kind and value.
    pub fn new(kind: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind: kind.into(), value: value.into(), at: None }
    }

    /// A place in an order.
    pub fn place(order: Order, at: Time) -> Self {
        Self { at: Some(at), ..Self::new("order", order.name()) }
    }

    /// All that a record is found by.
    pub fn all_of(record: &Record) -> Vec<Self> {
        let places = record.in_order().into_iter().map(|(order, at)| Self::place(order, at));
        record.index_keys().into_iter().map(|(kind, value)| Self::new(kind, value)).chain(places).collect()
    }
}

impl fmt::Debug for IndexKey {
    /// Without the value, which is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexKey").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Why a turn was not committed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommitError {
    /// Somebody else was faster, or the record is not where it was thought to be.
    #[error("the record is at version {current}")]
    Conflict {
        /// The version that is stored; 0 if there is none.
        current: u64,
    },
    /// Nothing was written; later it may work.
    #[error("the store takes nothing now: {0}")]
    Unavailable(String),
    /// The store has failed: whether this turn was written is not known, and nothing more is. The process must be started again.
    #[error("the store has failed and acknowledges nothing more: {0}")]
    Poisoned(String),
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Poisoned(why) => Self::Poisoned(why),
            StoreError::Unavailable(why) => Self::Unavailable(why),
            error => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<CommitError> for StoreError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict { current } => Self::Unavailable(format!("the record is at version {current}")),
            CommitError::Unavailable(why) => Self::Unavailable(why),
            CommitError::Poisoned(why) => Self::Poisoned(why),
        }
    }
}
