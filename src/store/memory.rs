//! The store in memory, which can be told to fail.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use crate::engine::{Count, Record};
use crate::store::commit::{Commit, CommitError};
use crate::store::config::{StoreConfig, StoreError};
use crate::store::embedded::{Embedded, Home};
use crate::store::engine::{Broken, Changes, Engine, Pair};
use crate::store::key::KeySource;
use crate::store::ring::{Ring, RingPlace};

/// A store in memory: encoded, encrypted and written as the one in files is, by the same code.
#[derive(Debug)]
pub struct Memory {
    embedded: Embedded,
    broken: Arc<AtomicBool>,
    faults: Mutex<Faults>,
}

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is refused as when the disk is full.
    Refuse,
    /// It meets a conflict, though there is none.
    Conflict,
    /// It takes this long, by the runtime's clock.
    Delay(Duration),
    /// The engine fails while writing it: the store is poisoned.
    Break,
    /// It is written and nobody is told: the answer is that the store cannot do it now.
    LoseAnswer,
}

/// Commits asked for so far, and what happens to which.
#[derive(Debug, Default)]
struct Faults {
    commits: u64,
    planned: BTreeMap<u64, Vec<Fault>>,
}

impl Memory {
    pub(super) fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let ring = match &config.key {
            KeySource::Given(ring) => ring.clone(),
            KeySource::Beside | KeySource::File(_) => Ring::random()?,
        };
        let broken = Arc::new(AtomicBool::new(false));
        let map = Map { pairs: RwLock::default(), broken: broken.clone() };
        let embedded = Embedded::start_without_thread(Arc::new(map), Home { ring, place: RingPlace::Memory, folder: None })?;
        Ok(Self { embedded, broken, faults: Mutex::default() })
    }

    /// Plans a fault for the `nth` commit from now, counted from 1 in the order in which commits are asked for.
    pub fn plan(&self, nth: u64, fault: Fault) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let commit = faults.commits + nth;
        faults.planned.entry(commit).or_default().push(fault);
    }

    pub(super) fn embedded(&self) -> &Embedded {
        &self.embedded
    }

    /// What was planned for this commit happens.
    pub(super) async fn before_commit(&self, commit: &Commit, counts: &[Count]) -> Result<(), CommitError> {
        for fault in self.next_faults() {
            match fault {
                Fault::Refuse => return Err(CommitError::Unavailable("a planned fault".to_owned())),
                Fault::Conflict => return Err(CommitError::Conflict { current: self.current(&commit.record) }),
                Fault::Delay(time) => tokio::time::sleep(time).await,
                Fault::Break => self.broken.store(true, Ordering::Release),
                Fault::LoseAnswer => {
                    self.embedded.commit_counting(commit.clone(), counts.to_vec()).await?;
                    return Err(CommitError::Unavailable("a planned fault".to_owned()));
                }
            }
        }
        Ok(())
    }

    fn next_faults(&self) -> Vec<Fault> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.commits += 1;
        let commit = faults.commits;
        faults.planned.remove(&commit).unwrap_or_default()
    }

    fn current(&self, record: &Record) -> u64 {
        self.embedded.load(&record.id).ok().flatten().map_or(0, |stored| stored.version)
    }
}

/// An ordered map behind a lock.
struct Map {
    pairs: RwLock<BTreeMap<Vec<u8>, Vec<u8>>>,
    broken: Arc<AtomicBool>,
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Map(…)")
    }
}

impl Engine for Map {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Broken> {
        Ok(self.pairs.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Pair>, Broken> {
        if from >= to {
            return Ok(Vec::new());
        }
        let pairs = self.pairs.read().unwrap_or_else(PoisonError::into_inner);
        let found = pairs.range(from.to_vec()..to.to_vec()).take(limit);
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Pair>, Broken> {
        if from >= to {
            return Ok(None);
        }
        let pairs = self.pairs.read().unwrap_or_else(PoisonError::into_inner);
        Ok(pairs.range(from.to_vec()..to.to_vec()).next_back().map(|(key, value)| (key.clone(), value.clone())))
    }

    fn apply(&self, changes: Changes) -> Result<(), Broken> {
        if self.broken.load(Ordering::Acquire) {
            return Err(Broken("a planned fault".to_owned()));
        }
        let mut pairs = self.pairs.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in changes {
            match value {
                Some(value) => pairs.insert(key, value),
                None => pairs.remove(&key),
            };
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), Broken> {
        Ok(())
    }

    fn size(&self) -> u64 {
        let pairs = self.pairs.read().unwrap_or_else(PoisonError::into_inner);
        pairs.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum()
    }

    fn strays(&self) -> u64 {
        0
    }
}
