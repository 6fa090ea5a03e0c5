//! Digests: once a day the heads of all chains are hashed together and signed, and the digest is written into the store and appended to
//! a file in the data folder, from where it can be carried elsewhere.
//!
//! A digest names nobody. It covers every link made before it: the epoch grows first, so that whatever is committed meanwhile belongs to
//! the next one. The heads are added up as keyed hashes, so that their order does not matter and an erased record's chain, which gets
//! another name, still counts. The signature is Ed25519 by a key derived from the ring's index key.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use ::ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use hmac::Mac;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::expr::Time;
use crate::store::chain::{ChainHead, Hash};
use crate::store::config::StoreError;
use crate::store::embedded::{Embedded, lock};
use crate::store::envelope::{open_plain, seal_plain};
use crate::store::key::{Key, hex};
use crate::store::layout;
use crate::store::writer::Job;

/// The file in the data folder to which digests are appended.
pub(super) const FILE: &str = "audit.digests";
/// Heads read at once.
const SLICE: usize = 256;

/// The heads of all chains at one moment, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Counted from 1.
    pub number: u32,
    /// When it was made, in milliseconds since 1970.
    pub at: i64,
    /// How many chains there were.
    pub chains: u64,
    /// What their heads come to.
    pub heads: String,
    /// The hash of the digest before it; zeros before the first.
    pub previous: String,
    /// The key that verifies the signature.
    pub key: String,
    /// The signature over all that.
    pub signature: String,
}

impl Digest {
    /// The text that is signed.
    fn text(&self) -> String {
        let Self { number, at, chains, heads, previous, key, .. } = self;
        format!("usher audit digest\n{number}\n{at}\n{chains}\n{heads}\n{previous}\n{key}\n")
    }

    /// What the next digest calls this one.
    pub(super) fn hash(&self) -> String {
        hex(&Sha256::digest(format!("{}{}\n", self.text(), self.signature)))
    }

    /// True if it was signed by this key and is as it was.
    pub(super) fn is_signed_by(&self, public: &str) -> bool {
        let bytes = |text: &str| -> Option<Vec<u8>> {
            let digits: Option<Vec<u8>> = text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
            Some(digits?.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or_default()).collect())
        };
        let (Some(key), Some(signature)) = (bytes(public), bytes(&self.signature)) else { return false };
        self.key == public && UnparsedPublicKey::new(&ED25519, key).verify(self.text().as_bytes(), &signature).is_ok()
    }

    /// The digest as a line of the file.
    pub(super) fn line(&self) -> String {
        serde_json::to_string(self).expect("a digest is plain data")
    }
}

/// The sum of the heads of many chains, each as a keyed hash: equal for equal heads in whatever order, and for no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sum {
    chains: u64,
    words: [u64; 4],
}

impl Sum {
    /// The sum with another one added to it.
    pub(super) fn plus(self, other: Self) -> Self {
        let (mut words, mut carry) = (self.words, false);
        for (word, added) in words.iter_mut().zip(other.words) {
            let (once, first) = word.overflowing_add(added);
            let (twice, second) = once.overflowing_add(u64::from(carry));
            (*word, carry) = (twice, first || second);
        }
        Self { chains: self.chains.wrapping_add(other.chains), words }
    }

    /// What makes nothing of it when it is added.
    pub(super) fn negative(self) -> Self {
        let inverted = Self { chains: self.chains.wrapping_neg(), words: self.words.map(|word| !word) };
        inverted.plus(Self { chains: 0, words: [1, 0, 0, 0] })
    }

    pub(super) fn chains(self) -> u64 {
        self.chains
    }

    pub(super) fn heads(self) -> String {
        self.words.iter().rev().fold(String::new(), |mut text, word| {
            let _ = write!(text, "{word:016x}");
            text
        })
    }
}

/// What digests are made and verified with.
pub(super) struct Seal {
    hash: hmac::Hmac<Sha256>,
    pair: Ed25519KeyPair,
}

impl Seal {
    pub(super) fn of(index: &Key) -> Self {
        let seed = index.for_purpose(b"usher store: audit signature");
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.bytes()).expect("any 32 bytes are a seed");
        Self { hash: index.for_purpose(b"usher store: audit heads").hash(), pair }
    }

    /// A head as a summand.
    pub(super) fn summand(&self, head: &Hash) -> Sum {
        let mut mac = self.hash.clone();
        mac.update(head);
        let bytes: Hash = mac.finalize().into_bytes().into();
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_be_bytes(*bytes);
        }
        Sum { chains: 1, words }
    }

    /// The key that verifies signatures.
    pub(super) fn public(&self) -> String {
        hex(self.pair.public_key().as_ref())
    }

    fn sign(&self, mut digest: Digest) -> Digest {
        digest.signature = hex(self.pair.sign(digest.text().as_bytes()).as_ref());
        digest
    }
}

/// Where a digest lies.
pub(super) fn place(number: u32) -> Vec<u8> {
    layout::key(b'd', &[&number.to_be_bytes()])
}

impl Embedded {
    pub(super) fn seal(&self) -> Seal {
        Seal::of(&lock(&self.shared.home).ring.index)
    }

    /// All digests, the oldest first; those that cannot be read are left out.
    pub(super) fn digests(&self) -> Result<Vec<Digest>, StoreError> {
        let keys = self.shared.keys();
        let found = self.shared.scan(b"d", b"e", usize::MAX)?.into_iter();
        Ok(found.filter_map(|(key, sealed)| serde_json::from_slice(&open_plain(&keys, &key, &sealed).ok()?).ok()).collect())
    }

    pub(super) async fn take_digest(&self, at: Time) -> Result<Digest, StoreError> {
        let _alone = self.shared.key_work.lock().await;
        let number = self.next_epoch().await?;
        let (seal, sum) = (self.seal(), self.sum_of_heads(number)?);
        let previous = self.digests()?.last().map_or_else(|| hex(&Hash::default()), Digest::hash);
        let key = seal.public();
        let unsigned = Digest { number, at: at.0, chains: sum.chains(), heads: sum.heads(), previous, key, signature: String::new() };
        let digest = seal.sign(unsigned);
        let keys = self.shared.keys();
        let sealed = seal_plain(&keys, &place(number), digest.line().as_bytes())?;
        // The file first: a digest that is only there is written again, one that is only in the store would look cut off.
        if let Some(folder) = lock(&self.shared.home).folder.clone() {
            append(&folder, &digest)?;
        }
        self.write(vec![(place(number), Some(sealed))]).await?;
        Ok(digest)
    }

    /// Begins the next epoch. When this returns, whatever was linked in the one before is written.
    async fn next_epoch(&self) -> Result<u32, StoreError> {
        let last = self.digests()?.last().map_or(0, |digest| digest.number);
        let before = std::mem::replace(&mut *lock(&self.shared.epoch), Arc::new(last + 1));
        while Arc::strong_count(&before) > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        self.submit(Job::Write(Vec::new())).await?;
        Ok(last + 1)
    }

    fn sum_of_heads(&self, epoch: u32) -> Result<Sum, StoreError> {
        let (keys, seal) = (self.shared.keys(), self.seal());
        let (mut sum, mut from) = (Sum::default(), b"h".to_vec());
        loop {
            let slice = self.shared.scan(&from, b"i", SLICE)?;
            let Some((last, _)) = slice.last() else { return Ok(sum) };
            from = [last.as_slice(), &[0]].concat();
            let heads = slice.iter().filter_map(|(key, sealed)| ChainHead::decode(&open_plain(&keys, key, sealed).ok()?)?.at(epoch));
            sum = heads.fold(sum, |sum, head| sum.plus(seal.summand(&head)));
        }
    }
}

/// Appends a digest to the file, durably. One that is the last there already, after an interruption, is not doubled.
pub(super) fn append(folder: &Path, digest: &Digest) -> Result<(), StoreError> {
    let path = folder.join(FILE);
    let failed = |source| StoreError::Folder { doing: "write", path: path.clone(), source };
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let kept: String = known.lines().filter(|line| !is_of(line, digest.number)).fold(String::new(), |text, line| text + line + "\n");
    if kept.len() != known.len() {
        std::fs::write(&path, kept).map_err(failed)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
    writeln!(file, "{}", digest.line()).and_then(|()| file.sync_all()).map_err(failed)
}

fn is_of(line: &str, number: u32) -> bool {
    serde_json::from_str::<Digest>(line).is_ok_and(|digest| digest.number == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_does_not_depend_on_the_order_and_takes_back_what_was_added() {
        let seal = Seal::of(&Key::random().expect("randomness"));
        let [a, b, c] = [1, 2, 3].map(|n| seal.summand(&[n; 32]));
        assert_eq!(a.plus(b).plus(c), c.plus(a).plus(b));
        assert_eq!(a.plus(b).plus(a.negative()), b);
        assert_eq!(a.plus(a.negative()), Sum::default());
        assert_ne!(a.plus(b), a.plus(c));
    }

    #[test]
    fn a_signature_holds_for_what_was_signed() {
        let seal = Seal::of(&Key::random().expect("randomness"));
        let unsigned = Digest {
            number: 1,
            at: 2,
            chains: 3,
            heads: "aa".to_owned(),
            previous: "bb".to_owned(),
            key: seal.public(),
            signature: String::new(),
        };
        let digest = seal.sign(unsigned);
        assert!(digest.is_signed_by(&seal.public()));
        assert!(!Digest { chains: 4, ..digest.clone() }.is_signed_by(&seal.public()));
        assert!(!digest.is_signed_by(&Seal::of(&Key::random().expect("randomness")).public()));
    }
}
