//! A turn as it will lie in the store: encoded, encrypted, and what finds it made opaque.

use std::collections::BTreeSet;

use crate::engine::Fact;
use crate::expr::Time;
use crate::store::chain::{ChainHead, head_place};
use crate::store::codec;
use crate::store::commit::{Commit, IndexKey};
use crate::store::config::StoreError;
use crate::store::envelope::{self, SEAL, seal_plain};
use crate::store::key::Keys;
use crate::store::layout::{self, HEAD, Head, Opaque, PIECED_HEAD};
use crate::store::tallies::Counting;
use crate::store::writer::{SealedFacts, Turn};

/// Bytes of the hash of an order; behind them stands the time.
pub(super) const ORDER: usize = 8;
/// Bytes of an id, at most: what finds a record holds it, too.
pub(super) const ID_MAX: usize = 1024;
const MINUTE: i64 = 60_000;

/// Encodes and encrypts a turn.
pub(super) fn seal_turn(keys: &Keys, commit: &Commit, chain: &ChainHead, epoch: u32, now: Time) -> Result<Turn, StoreError> {
    let Commit { record, expected, .. } = commit;
    if record.version <= *expected {
        return Err(StoreError::Unavailable(format!("a turn on version {expected} must make a later one")));
    }
    if record.id.0.len() > ID_MAX {
        return Err(StoreError::Unavailable(format!("an id has {ID_MAX} bytes at most")));
    }
    let opaque = layout::record(keys, &record.id);
    let found_by = opaque_keys(keys, &commit.keys);
    let mut head = Head {
        pieces: 0,
        version: record.version,
        wake: commit.wake.map(|wake| rounded(wake, now)),
        pending: record.has_pending_effects(),
        key_pieces: key_pieces(&found_by)?,
        keys: keys_hash(keys, &found_by),
    };
    let sealed = seal_record(keys, &opaque, &encode(record)?, &mut head)?;
    let id = seal_plain(keys, &id_place(&opaque), record.id.0.as_bytes())?;
    let facts = seal_facts(keys, &opaque, record.version, &commit.facts, chain, epoch)?;
    Ok(Turn { record: opaque, expected: *expected, head, sealed, id, keys: found_by, facts, counting: Counting::default() })
}

/// Seals an encoded record behind its head, in which the number of its pieces is filled in.
pub(super) fn seal_record(keys: &Keys, opaque: &Opaque, plain: &[u8], head: &mut Head) -> Result<Vec<u8>, StoreError> {
    head.pieces = pieces(HEAD + SEAL + plain.len())?;
    let mut clear = envelope::head(keys);
    head.write(&mut clear);
    envelope::seal(keys, &layout::key(b'r', &[opaque]), &clear, plain)
}

/// The facts as a link, and the head of the chain that they make.
fn seal_facts(
    keys: &Keys,
    record: &Opaque,
    version: u64,
    facts: &[Fact],
    chain: &ChainHead,
    epoch: u32,
) -> Result<Option<SealedFacts>, StoreError> {
    if facts.is_empty() {
        return Ok(None);
    }
    let (link, head) = chain.linked(epoch, version, encode(&facts)?);
    let place = layout::key(b'j', &[record, &version.to_be_bytes()]);
    let link = seal_pieced(keys, &place, &link.encode()?)?;
    let head = seal_plain(keys, &head_place(record), &head.encode()?)?;
    Ok(Some(SealedFacts { link, head }))
}

/// How many pieces a list of keys makes.
pub(super) fn key_pieces(found_by: &[Opaque]) -> Result<u16, StoreError> {
    pieces(found_by.as_flattened().len())
}

/// Tells whether a list of keys has changed.
pub(super) fn keys_hash(keys: &Keys, found_by: &[Opaque]) -> Opaque {
    if found_by.is_empty() { Opaque::default() } else { keys.opaque(&[b"keys", found_by.as_flattened()]) }
}

/// Seals something with nothing in its head but the number of its pieces.
pub(super) fn seal_pieced(keys: &Keys, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut clear = envelope::head(keys);
    clear.extend(pieces(PIECED_HEAD + SEAL + plain.len())?.to_be_bytes());
    envelope::seal(keys, place, &clear, plain)
}

pub(super) fn encode<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    codec::encode(value).map_err(|why| StoreError::Unavailable(why.to_owned()))
}

/// What finds a record leads to its id, which is sealed for this record alone.
pub(super) fn id_place(record: &Opaque) -> Vec<u8> {
    [b"id", record.as_slice()].concat()
}

pub(super) fn opaque_key(keys: &Keys, key: &IndexKey) -> Opaque {
    let mut opaque = keys.opaque(&[b"index", key.kind.as_bytes(), key.value.as_bytes()]);
    if let Some(at) = key.at {
        opaque[ORDER..].copy_from_slice(&layout::ordered(at));
    }
    opaque
}

pub(super) fn opaque_keys(keys: &Keys, found_by: &[IndexKey]) -> Vec<Opaque> {
    let found_by: BTreeSet<Opaque> = found_by.iter().map(|key| opaque_key(keys, key)).collect();
    found_by.into_iter().collect()
}

fn pieces(len: usize) -> Result<u16, StoreError> {
    layout::pieces(len).ok_or_else(|| StoreError::Unavailable("it is too large to be stored".to_owned()))
}

/// A wake that is far off is moved up to the next whole minute, so that most turns leave its entry where it is. Never down: nothing
/// wakes before its time.
fn rounded(wake: Time, now: Time) -> Time {
    if wake <= now.plus(MINUTE) {
        return wake;
    }
    match wake.0.rem_euclid(MINUTE) {
        0 => wake,
        past => wake.plus(MINUTE - past),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_far_wake_is_rounded_and_never_down() {
        let now = Time(1_000_000);
        for exact in [i64::MIN, -1, 0, 1_000_001, 1_060_000, 1_080_000, 120_000_000] {
            assert_eq!(rounded(Time(exact), now), Time(exact));
        }
        assert_eq!(rounded(Time(1_060_001), now), Time(1_080_000));
        assert_eq!(rounded(Time(119_999_999), now), Time(120_000_000));
        assert_eq!(rounded(Time(i64::MAX), now), Time(i64::MAX));
    }
}
