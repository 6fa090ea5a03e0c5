//! Backups: everything that is in a store, sealed, in one file; the same for every kind of store.
//!
//! A backup is sealed with a key that is derived from the ring's active key, and not with a password of its own: whoever has the key file
//! and the backup has the store, whoever has one of them has nothing, and when a key is retired so that an erasure becomes final, the
//! backups that still hold the erased become unreadable with it. The key file is therefore to be kept apart from the backups, and a new
//! backup to be made after each retirement.
//!
//! The file is `usher backup 1`, the key's id and a nonce, then chunks of `length | ciphertext`. Each chunk is sealed with XChaCha20-Poly1305
//! for its number and for being the last or not, so that nothing can be changed, moved, left out or cut off. It is read once to the end
//! before anything is written. Each record is read as of one moment, with its facts and its mailbox; what finds it is made from it again.

use std::io::{self, Read, Write};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::store::config::StoreError;
use crate::store::key::{Key, KeyId, random};
use crate::store::layout::Opaque;
use crate::store::ring::Ring;

/// How every backup begins.
const MAGIC: &[u8] = b"usher backup 1\n";
/// Plain bytes in a chunk.
const CHUNK: usize = 64 << 10;
/// Bytes that a seal adds.
const TAG: usize = 16;
/// Bytes of a nonce that are drawn by lot; the number of the chunk and whether it is the last fill it up.
const LOT: usize = 19;
/// One thing is not larger: a length above it is damage.
const ITEM_MAX: u32 = 512 << 20;

/// Something in a backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Item {
    /// When it was made.
    Begin { at: i64 },
    /// The files of a version.
    Version { name: String, sources: Vec<(String, String)> },
    /// The version that new sessions of a bot start on, and where it is named.
    Current { place: Vec<u8>, name: String },
    /// A record with all that belongs to it.
    Record(Box<Kept>),
    /// A digest, as a line.
    Digest(String),
    /// The number of erasures.
    Acts(u64),
    /// That was all.
    End { records: u64 },
    /// What was counted of one flow and day, and where that lies.
    Tally { place: Vec<u8>, plain: Vec<u8> },
}

/// A record, or what is left of one, with all that belongs to it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) name: Opaque,
    /// The record; none if it was erased and only its facts are left.
    pub(super) record: Option<Living>,
    /// The head of its chain.
    pub(super) chain: Option<Vec<u8>>,
    /// Its journal: versions and what lies under them.
    pub(super) facts: Vec<(u64, Vec<u8>)>,
    pub(super) letters: Vec<(u64, Vec<u8>)>,
}

/// A record as it is stored, and how it is found.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Living {
    pub(super) plain: Vec<u8>,
    pub(super) version: u64,
    pub(super) wake: Option<i64>,
    pub(super) pending: bool,
    pub(super) keys: Vec<Opaque>,
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    key.for_purpose(b"usher store: backup").cipher()
}

/// What cannot be read or written.
pub(super) fn failed(doing: &'static str, source: io::Error) -> StoreError {
    StoreError::Backup { doing, source }
}

fn broken(why: &'static str) -> StoreError {
    StoreError::BrokenBackup { why }
}

/// A backup that is being written.
pub(super) struct Writing<W> {
    out: W,
    cipher: XChaCha20Poly1305,
    head: Vec<u8>,
    number: u32,
    plain: Vec<u8>,
}

impl<W: Write> Writing<W> {
    pub(super) fn begin(mut out: W, ring: &Ring) -> Result<Self, StoreError> {
        let mut lot = [0; LOT];
        random(&mut lot)?;
        let head = [MAGIC, &ring.active.id().0, &lot].concat();
        out.write_all(&head).map_err(|error| failed("written", error))?;
        Ok(Self { out, cipher: cipher(&ring.active), head, number: 0, plain: Vec::with_capacity(2 * CHUNK) })
    }

    pub(super) fn put(&mut self, item: &Item) -> Result<(), StoreError> {
        let bytes = postcard::to_stdvec(item).map_err(|_| StoreError::Unavailable("a backup holds what has no encoding".to_owned()))?;
        let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= ITEM_MAX);
        let length = length.ok_or_else(|| StoreError::Unavailable("a record is too large for a backup".to_owned()))?;
        self.plain.extend(length.to_be_bytes());
        self.plain.extend(bytes);
        while self.plain.len() > CHUNK {
            let rest = self.plain.split_off(CHUNK);
            let chunk = std::mem::replace(&mut self.plain, rest);
            self.write(&chunk, false)?;
        }
        Ok(())
    }

    /// Writes what is left, and gives the file back.
    pub(super) fn end(mut self) -> Result<W, StoreError> {
        let chunk = std::mem::take(&mut self.plain);
        self.write(&chunk, true)?;
        Ok(self.out)
    }

    fn write(&mut self, chunk: &[u8], last: bool) -> Result<(), StoreError> {
        let payload = Payload { msg: chunk, aad: &self.head };
        let sealed = self.cipher.encrypt(&nonce(&self.head, self.number, last), payload);
        let sealed = sealed.map_err(|_| StoreError::Unavailable("a chunk cannot be encrypted".to_owned()))?;
        let length = u32::try_from(sealed.len()).expect("chunks are small").to_be_bytes();
        self.number =
            self.number.checked_add(1).ok_or_else(|| StoreError::Unavailable("the store is too large for a backup".to_owned()))?;
        self.out.write_all(&length).and_then(|()| self.out.write_all(&sealed)).map_err(|error| failed("written", error))
    }
}

/// A backup that is being read.
pub(super) struct Reading<R> {
    input: R,
    cipher: XChaCha20Poly1305,
    head: Vec<u8>,
    number: u32,
    plain: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Reading<R> {
    pub(super) fn begin(mut input: R, ring: &Ring) -> Result<Self, StoreError> {
        let mut head = vec![0; MAGIC.len() + 4 + LOT];
        input.read_exact(&mut head).map_err(|_| broken("it is no backup, or is cut short"))?;
        let Some(rest) = head.strip_prefix(MAGIC) else { return Err(broken("it is no backup of a format that this program knows")) };
        let id = KeyId([rest[0], rest[1], rest[2], rest[3]]);
        let cipher = cipher(ring.key(id).ok_or(StoreError::BackupKey { id })?);
        Ok(Self { input, cipher, head, number: 0, plain: Vec::new(), at: 0, ended: false })
    }

    /// The next thing; none at the end, which must be where the writer put it.
    pub(super) fn next(&mut self) -> Result<Option<Item>, StoreError> {
        if !self.fill(4)? {
            return if self.at == self.plain.len() { Ok(None) } else { Err(broken("it ends in the middle of something")) };
        }
        let length: [u8; 4] = self.plain[self.at..self.at + 4].try_into().expect("there are four");
        let length = u32::from_be_bytes(length);
        if length > ITEM_MAX || !self.fill(4 + length as usize)? {
            return Err(broken("it ends in the middle of something"));
        }
        let from = self.at + 4;
        self.at = from + length as usize;
        decode(&self.plain[from..self.at]).map(Some)
    }

    /// Sees to it that so many bytes can be read; false if there are not so many.
    fn fill(&mut self, wanted: usize) -> Result<bool, StoreError> {
        while self.plain.len() - self.at < wanted {
            if self.ended {
                return Ok(false);
            }
            self.plain.drain(..self.at);
            self.at = 0;
            self.read()?;
        }
        Ok(true)
    }

    fn read(&mut self) -> Result<(), StoreError> {
        let mut length = [0; 4];
        self.input.read_exact(&mut length).map_err(|_| broken("it is cut short"))?;
        let length = u32::from_be_bytes(length) as usize;
        if length > CHUNK + TAG {
            return Err(broken("it was changed"));
        }
        let mut sealed = vec![0; length];
        self.input.read_exact(&mut sealed).map_err(|_| broken("it is cut short"))?;
        let open = |last| self.cipher.decrypt(&nonce(&self.head, self.number, last), Payload { msg: &sealed, aad: &self.head });
        let (plain, last) = match open(false) {
            Ok(plain) => (plain, false),
            Err(_) => (open(true).map_err(|_| broken("it was changed"))?, true),
        };
        if last && self.input.read(&mut [0]).map_err(|error| failed("read", error))? > 0 {
            return Err(broken("something stands behind its end"));
        }
        self.plain.extend(plain);
        (self.number, self.ended) = (self.number.wrapping_add(1), last);
        Ok(())
    }
}

fn nonce(head: &[u8], number: u32, last: bool) -> XNonce {
    let mut nonce = [0; 24];
    nonce[..LOT].copy_from_slice(&head[head.len() - LOT..]);
    nonce[LOT..LOT + 4].copy_from_slice(&number.to_be_bytes());
    nonce[LOT + 4] = u8::from(last);
    nonce.into()
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    postcard::from_bytes(bytes).map_err(|_| broken("it holds what this program does not know"))
}
