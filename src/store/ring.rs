//! The key ring: one key that encrypts, old ones that open what they sealed before, and one that hashes what is looked for.
//!
//! A store begins with one key, from which both others are derived. The first rotation parts them: from then on the ring names the
//! index key by itself, so that the key that encrypts can change every day while everything is still found. The index key encrypts
//! nothing and stays as long as the store: another one would mean to build every name in the store anew.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::store::config::StoreError;
use crate::store::folder::write_ring;
use crate::store::key::{Key, KeyId, hex, index_key_of};

/// What stands above the keys in a file.
const PREAMBLE: &str = "# The keys of an Usher store. Whoever has this file can read the store; without it nobody can.\n";

/// The keys of a store. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Ring {
    pub(super) index: Key,
    pub(super) active: Key,
    pub(super) old: Vec<Key>,
    /// Everything is being sealed anew, and then the old keys go.
    pub(super) retiring: bool,
}

/// A key, as it may be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyInUse {
    /// Tells it apart from others and tells nothing else about it.
    pub id: KeyId,
    /// What it is used for.
    pub state: KeyState,
}

/// What a key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It encrypts.
    Active,
    /// It opens what was sealed with it before.
    Old,
    /// As [`KeyState::Old`], until everything has been sealed anew.
    Retiring,
}

impl From<Key> for Ring {
    fn from(key: Key) -> Self {
        Self { index: index_key_of(&key), active: key, old: Vec::new(), retiring: false }
    }
}

impl Ring {
    /// Reads a key file: one key alone, or a ring as [`Ring::to_text`] writes it.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(key) = Key::parse(text) {
            return Some(key.into());
        }
        let (mut index, mut active, mut old, mut retiring) = (None, None, Vec::new(), false);
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.split_once(' ') {
                Some(("index", key)) if index.is_none() => index = Some(Key::parse(key)?),
                Some(("active", key)) if active.is_none() => active = Some(Key::parse(key)?),
                Some(("old", key)) => old.push(Key::parse(key)?),
                None if line == "retiring" => retiring = true,
                _ => return None,
            }
        }
        Some(Self { index: index?, active: active?, old, retiring })
    }

    /// The ring in a file; none if there is no such file.
    pub fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let malformed = || StoreError::KeyMalformed { from: path.display().to_string() };
        match fs::read_to_string(path).map(Zeroizing::new) {
            Ok(text) => Self::parse(&text).map(Some).ok_or_else(malformed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(malformed()),
            Err(source) => Err(StoreError::KeyFile { doing: "read", path: path.to_owned(), source }),
        }
    }

    /// As it is written to a file.
    pub fn to_text(&self) -> Zeroizing<String> {
        if *self == Self::from(self.active.clone()) {
            return Zeroizing::new(format!("{}\n", *self.active.to_hex()));
        }
        // As long as it will ever be, so that no copy of keys is left behind in memory by growing.
        let mut text = Zeroizing::new(String::with_capacity(PREAMBLE.len() + 80 * (3 + self.old.len())));
        text.push_str(PREAMBLE);
        let lines = [("index", &self.index), ("active", &self.active)].into_iter().chain(self.old.iter().map(|key| ("old", key)));
        for (name, key) in lines {
            text.push_str(name);
            text.push(' ');
            text.push_str(&key.to_hex());
            text.push('\n');
        }
        if self.retiring {
            text.push_str("retiring\n");
        }
        text
    }

    /// A ring of new keys.
    pub fn random() -> Result<Self, StoreError> {
        Key::random().map(Self::from)
    }

    /// The ring with a new key that encrypts from now on.
    pub(super) fn rotated(&self) -> Result<Self, StoreError> {
        let old = [&self.active].into_iter().chain(&self.old).cloned().collect();
        Ok(Self { index: self.index.clone(), active: Key::random()?, old, retiring: self.retiring })
    }

    /// The ring without its old keys.
    pub(super) fn without_old(&self) -> Self {
        Self { old: Vec::new(), retiring: false, ..self.clone() }
    }

    /// The key of this id.
    pub(super) fn key(&self, id: KeyId) -> Option<&Key> {
        [&self.active].into_iter().chain(&self.old).find(|key| key.id() == id)
    }

    /// The keys, the active one first.
    pub fn keys(&self) -> Vec<KeyInUse> {
        let state = if self.retiring { KeyState::Retiring } else { KeyState::Old };
        let active = KeyInUse { id: self.active.id(), state: KeyState::Active };
        [active].into_iter().chain(self.old.iter().map(|key| KeyInUse { id: key.id(), state })).collect()
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys()).finish()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Where a ring is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RingPlace {
    /// In this file, which is ours to write.
    File(PathBuf),
    /// With the operator, who alone can change it.
    Operator,
    /// In memory, with the store.
    Memory,
}

impl RingPlace {
    /// Keeps this ring instead of the one before, of which nothing is left.
    pub fn keep(&self, ring: &Ring) -> Result<(), StoreError> {
        match self {
            Self::File(path) => write_ring(ring, path),
            Self::Operator => Err(StoreError::KeyGiven),
            Self::Memory => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_read_as_it_was_written() {
        let first = Ring::random().expect("randomness");
        assert_eq!(first.to_text().lines().count(), 1, "one key needs no ring");
        let second = first.rotated().expect("randomness");
        let third = Ring { retiring: true, ..second.rotated().expect("randomness") };
        for ring in [&first, &second, &third, &third.without_old()] {
            assert_eq!(Ring::parse(&ring.to_text()).as_ref(), Some(ring));
            assert_eq!(ring.index, first.index, "what is looked for is hashed as before");
        }
        let states: Vec<_> = third.keys().iter().map(|key| key.state).collect();
        assert_eq!(states, [KeyState::Active, KeyState::Retiring, KeyState::Retiring]);
        assert!(!third.without_old().to_text().contains(first.active.to_hex().as_str()));
    }

    #[test]
    fn anything_else_is_no_ring() {
        let ring = Ring::random().and_then(|ring| ring.rotated()).expect("randomness").to_text();
        let without = |word: &str| ring.lines().filter(|line| !line.starts_with(word)).collect::<Vec<_>>().join("\n");
        let doubled = format!("{}active {}\n", *ring, "00".repeat(32));
        for bad in
            ["", "letmein", &without("index"), &without("active"), &doubled, &format!("{}more\n", *ring), &ring.replace("old ", "old")]
        {
            assert_eq!(Ring::parse(bad), None);
        }
    }

    #[test]
    fn a_ring_is_never_printed() {
        let ring = Ring::random().and_then(|ring| ring.rotated()).expect("randomness");
        let printed = format!("{ring:?}");
        assert!(ring.to_text().lines().filter_map(|line| line.split_once(' ')).all(|(_, key)| !printed.contains(key)));
    }
}
