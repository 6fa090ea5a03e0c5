//! Where things lie: keys of the embedded engines, and the clear head of a record.
//!
//! | key | value |
//! |---|---|
//! | `r` record piece | the sealed record, in pieces; the first begins with its head |
//! | `k` record piece | the opaque keys the record is found by, to know which to remove |
//! | `i` key record | the sealed id: the record is found by this key; in an order, half of the key is a time |
//! | `w` time record | the sealed id: the record wakes then |
//! | `p` record | the sealed id: the record has effects that are not known to be done |
//! | `j` record version piece | the sealed facts of a turn |
//! | `h` record | the sealed head of the chain of its facts |
//! | `d` number | a sealed digest of all heads |
//! | `b` record number piece | a sealed message of the mailbox |
//! | `c` flow day piece | the sealed counts of the sessions of a flow that began on a day |
//! | `V` version | the sealed name of a flow version |
//! | `v` version piece | its sealed sources |
//! | `m` name | what the store knows of itself |
//!
//! `record`, `key`, `flow` (and its channel) and `version` are keyed hashes of 16 bytes; numbers are big-endian, so that order is kept.

use crate::engine::RecordId;
use crate::expr::Time;
use crate::store::key::Keys;

/// An opaque hash.
pub(super) type Opaque = [u8; 16];

/// No value is larger: the engine would put larger pages into files that it never syncs.
pub(super) const PIECE: usize = 4096;

/// Bytes of the head of anything stored in pieces, up to and with the number of pieces.
pub(super) const PIECED_HEAD: usize = 7;

/// Names the check value.
pub(super) const CHECK: &[u8] = b"mcheck";
/// Names the sealed name of the flow version that new sessions start on.
pub(super) const CURRENT: &[u8] = b"mcurrent";
/// The end of such names: those of several bots begin with it.
pub(super) const AFTER_CURRENT: &[u8] = b"mcurrenu";
/// Names the number of erasures.
pub(super) const ACTS: &[u8] = b"macts";
/// Names what is sealed there while a restored store is not released.
pub(super) const PAUSED: &[u8] = b"mpaused";
/// Names nothing: it is written to know whether anything can be.
pub(super) const PROBE: &[u8] = b"mprobe";
/// Names the layout's number.
pub(super) const LAYOUT: &[u8] = b"mlayout";

/// The opaque name of a record.
pub(super) fn record(keys: &Keys, id: &RecordId) -> Opaque {
    keys.opaque(&[b"record", id.0.as_bytes()])
}

/// A key: the letter of its space, then its parts.
pub(super) fn key(space: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
    key.push(space);
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

/// The first piece of something, or another.
pub(super) fn piece(of: &[u8], number: u16) -> Vec<u8> {
    [of, &number.to_be_bytes()].concat()
}

/// A time in an order that bytes keep.
pub(super) fn ordered(time: Time) -> [u8; 8] {
    (time.0.cast_unsigned() ^ 1 << 63).to_be_bytes()
}

/// The reverse of [`ordered`].
pub(super) fn from_ordered(bytes: [u8; 8]) -> Time {
    Time((u64::from_be_bytes(bytes) ^ 1 << 63).cast_signed())
}

/// The wake entry of a record.
pub(super) fn wake(time: Time, record: &Opaque) -> Vec<u8> {
    key(b'w', &[&ordered(time), record])
}

/// How many pieces `len` bytes make; none if they are too many.
pub(super) fn pieces(len: usize) -> Option<u16> {
    u16::try_from(len.div_ceil(PIECE)).ok()
}

/// How many pieces something has, as its first piece says.
pub(super) fn pieces_said(first: &[u8]) -> Option<u16> {
    let said = first.get(PIECED_HEAD - 2..PIECED_HEAD)?;
    Some(u16::from_be_bytes(said.try_into().ok()?))
}

/// The clear part of a stored record: what must be known of it without decrypting it. Authenticated with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Head {
    pub(super) pieces: u16,
    pub(super) version: u64,
    pub(super) wake: Option<Time>,
    pub(super) pending: bool,
    /// How many pieces the list of its keys has.
    pub(super) key_pieces: u16,
    /// Tells whether its keys have changed.
    pub(super) keys: Opaque,
}

/// Bytes of a record's head.
pub(super) const HEAD: usize = PIECED_HEAD + 8 + 1 + 8 + 2 + 16;

impl Head {
    /// Writes it behind the beginning of an envelope.
    pub(super) fn write(&self, head: &mut Vec<u8>) {
        head.extend(self.pieces.to_be_bytes());
        head.extend(self.version.to_be_bytes());
        head.push(u8::from(self.wake.is_some()) | u8::from(self.pending) << 1);
        head.extend(ordered(self.wake.unwrap_or_default()));
        head.extend(self.key_pieces.to_be_bytes());
        head.extend(self.keys);
    }

    /// Reads it from the first piece of a record.
    pub(super) fn read(first: &[u8]) -> Option<Self> {
        let (pieces, rest) = first.get(PIECED_HEAD - 2..HEAD)?.split_first_chunk()?;
        let (version, rest) = rest.split_first_chunk()?;
        let (&[flags], rest) = rest.split_first_chunk()?;
        let (wake, rest) = rest.split_first_chunk()?;
        let (key_pieces, rest) = rest.split_first_chunk()?;
        Some(Self {
            pieces: u16::from_be_bytes(*pieces),
            version: u64::from_be_bytes(*version),
            wake: (flags & 1 == 1).then(|| from_ordered(*wake)),
            pending: flags & 2 == 2,
            key_pieces: u16::from_be_bytes(*key_pieces),
            keys: rest.try_into().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_order_as_bytes() {
        let times = [i64::MIN, -1, 0, 1, i64::MAX].map(Time);
        assert!(times.map(ordered).is_sorted());
        assert_eq!(times.map(ordered).map(from_ordered), times);
    }

    #[test]
    fn a_head_is_read_as_it_was_written() {
        let head = Head { pieces: 3, version: u64::MAX, wake: Some(Time(-5)), pending: true, key_pieces: 1, keys: *b"0123456789abcdef" };
        for head in [head, Head { wake: None, ..head }, Head { pending: false, ..head }, Head::default()] {
            let mut bytes = vec![1; PIECED_HEAD - 2];
            head.write(&mut bytes);
            assert_eq!(bytes.len(), HEAD);
            assert_eq!((Head::read(&bytes), pieces_said(&bytes)), (Some(head), Some(head.pieces)));
            assert_eq!(Head::read(&bytes[..HEAD - 1]), None);
        }
    }
}
