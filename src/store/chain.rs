//! The chain of a record's facts: each turn's facts are hashed together with all before them, in the turn's own commit.
//!
//! The journal of a record is a list of *links*; beside the record lies the *head*, the hash of the last. A link that is changed, taken
//! out, put in or moved makes another head. Whoever cuts the end off and puts an older head back is found out by the [digests]
//! (`digest`), which hold the heads of a moment together. A link knows in which *epoch* it was made — how many digests there had been —
//! so that every digest can be made again.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::engine::Fact;
use crate::store::codec;
use crate::store::config::StoreError;
use crate::store::embedded::Shared;
use crate::store::envelope::open_plain;
use crate::store::key::Keys;
use crate::store::layout::{self, Opaque};

/// A hash of all links up to one of them.
pub(super) type Hash = [u8; 32];

/// The byte before a link; facts that were written before there were links begin with the number of their encoding.
const LINK: u8 = b'L';

/// The facts of one turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Link {
    /// How many digests there had been.
    pub(super) epoch: u32,
    /// The hash of all links before it.
    pub(super) previous: Hash,
    /// The facts as they were encoded.
    pub(super) facts: Vec<u8>,
}

/// What is known of a chain without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct ChainHead {
    /// How many links it has.
    pub(super) links: u64,
    /// The version of the record that the last of them belongs to.
    pub(super) version: u64,
    /// The epoch of the last of them.
    pub(super) epoch: u32,
    /// The hash of all.
    pub(super) head: Hash,
    /// The hash of those from epochs before that.
    pub(super) before: Hash,
}

/// What lies under a key of the journal.
pub(super) enum Stored {
    /// A link.
    Link(Link),
    /// Facts from before there were links.
    Facts(Vec<u8>),
}

impl Link {
    /// As it lies in the journal.
    pub(super) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        postcard::to_extend(self, vec![LINK]).map_err(|_| StoreError::Unavailable("a link has no encoding".to_owned()))
    }

    /// The hash of all links up to this one, which belongs to this version.
    pub(super) fn hash(&self, version: u64) -> Hash {
        let mut hash = Sha256::new_with_prefix(b"usher audit link");
        hash.update(self.previous);
        hash.update(version.to_be_bytes());
        hash.update(self.epoch.to_be_bytes());
        hash.update(&self.facts);
        hash.finalize().into()
    }
}

impl Stored {
    /// Reads what lies in the journal.
    pub(super) fn decode(bytes: Vec<u8>) -> Option<Self> {
        match bytes.split_first() {
            Some((&LINK, rest)) => postcard::from_bytes(rest).ok().map(Self::Link),
            _ => Some(Self::Facts(bytes)),
        }
    }

    /// The facts themselves.
    pub(super) fn facts(&self) -> Option<Vec<Fact>> {
        let (Self::Link(Link { facts, .. }) | Self::Facts(facts)) = self;
        codec::decode(facts).ok()
    }
}

impl ChainHead {
    /// The link that these facts make behind this head, and the head with it.
    pub(super) fn linked(&self, epoch: u32, version: u64, facts: Vec<u8>) -> (Link, Self) {
        let epoch = epoch.max(self.epoch);
        let link = Link { epoch, previous: self.head, facts };
        let before = if epoch > self.epoch { self.head } else { self.before };
        let head = Self { links: self.links + 1, version, epoch, head: link.hash(version), before };
        (link, head)
    }

    /// The hash of all links from epochs before this one; none if there were none.
    pub(super) fn at(&self, epoch: u32) -> Option<Hash> {
        let hash = if self.epoch < epoch { self.head } else { self.before };
        (hash != Hash::default()).then_some(hash)
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        postcard::to_stdvec(self).map_err(|_| StoreError::Unavailable("a head has no encoding".to_owned()))
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

/// Where the head of a record's chain lies.
pub(super) fn head_place(record: &Opaque) -> Vec<u8> {
    layout::key(b'h', &[record])
}

impl Shared {
    /// The head of a record's chain; an empty one if there is none. One that cannot be read is left to `usher audit verify`: nobody's
    /// conversation ends because of it.
    pub(super) fn chain(&self, keys: &Keys, record: &Opaque) -> Result<ChainHead, StoreError> {
        let place = head_place(record);
        let sealed = self.get(&place)?;
        let head = sealed.and_then(|sealed| open_plain(keys, &place, &sealed).ok()).and_then(|plain| ChainHead::decode(&plain));
        Ok(head.unwrap_or_default())
    }

    /// What lies in the journal for the piece `first` of this place.
    pub(super) fn stored_facts(&self, place: &[u8], first: Vec<u8>) -> Result<Option<Stored>, StoreError> {
        Ok(self.open_pieced(place, first)?.ok().and_then(Stored::decode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_depends_on_every_link_and_on_their_order() {
        let chain = |facts: &[&[u8]]| {
            let mut head = ChainHead::default();
            for (facts, version) in facts.iter().zip(1..) {
                head = head.linked(0, version, facts.to_vec()).1;
            }
            head.head
        };
        let whole = chain(&[b"a", b"b", b"c"]);
        assert_eq!(whole, chain(&[b"a", b"b", b"c"]));
        for other in [chain(&[b"a", b"b"]), chain(&[b"b", b"a", b"c"]), chain(&[b"a", b"x", b"c"]), chain(&[b"a", b"c"])] {
            assert_ne!(whole, other);
        }
    }

    #[test]
    fn a_head_remembers_what_it_was_before_the_epoch_of_its_last_link() {
        let (_, first) = ChainHead::default().linked(0, 1, vec![1]);
        let (_, second) = first.linked(2, 2, vec![2]);
        let (late, third) = second.linked(1, 3, vec![3]);
        assert_eq!(late.epoch, 2, "epochs never go back");
        assert_eq!([first.at(0), first.at(1), first.at(9)], [None, Some(first.head), Some(first.head)]);
        assert_eq!([third.at(1), third.at(2), third.at(3)], [Some(first.head), Some(first.head), Some(third.head)]);
    }
}
