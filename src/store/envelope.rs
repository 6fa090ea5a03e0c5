//! The envelope: what is stored is `format | key id | … | nonce | ciphertext`, sealed with XChaCha20-Poly1305.
//!
//! The clear head and the place where the value lies are authenticated with it, so that no value can be moved to another place,
//! given another version or changed in any bit without being found out.

use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead, AeadInPlace, Payload};

use crate::store::config::StoreError;
use crate::store::key::{KeyId, Keys, random};

/// The first byte of every envelope.
const FORMAT: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
/// Bytes that sealing adds behind a head.
pub(super) const SEAL: usize = NONCE + TAG;
/// Bytes of a head with nothing in it.
pub(super) const START: usize = 5;

/// Begins a head: the format and the key.
pub(super) fn head(keys: &Keys) -> Vec<u8> {
    let mut head = Vec::with_capacity(64);
    head.push(FORMAT);
    head.extend(keys.active.0);
    head
}

/// Seals `plain` behind `head`, for the place `place`.
pub(super) fn seal(keys: &Keys, place: &[u8], head: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut nonce = [0; NONCE];
    random(&mut nonce)?;
    seal_with(keys, place, head, nonce, plain)
}

fn seal_with(keys: &Keys, place: &[u8], head: &[u8], nonce: [u8; NONCE], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let cipher = head.get(1..START).and_then(|id| keys.cipher(id)).expect("a head is made with the keys it is sealed with");
    let mut sealed = Vec::with_capacity(head.len() + NONCE + plain.len() + TAG);
    sealed.extend_from_slice(head);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = cipher.encrypt_in_place_detached(XNonce::from_slice(&nonce), &[place, head].concat(), &mut sealed[head.len() + NONCE..]);
    let tag = tag.map_err(|_| StoreError::Unavailable("what is to be stored is too large to be encrypted".to_owned()))?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Opens what [`seal`] made of `head_len` bytes of head for this place; otherwise says what is wrong with it.
pub(super) fn open(keys: &Keys, place: &[u8], head_len: usize, sealed: &[u8]) -> Result<Vec<u8>, &'static str> {
    let Some((head, rest)) = sealed.split_at_checked(head_len) else { return Err("it is cut short") };
    let Some((nonce, ciphertext)) = rest.split_at_checked(NONCE) else { return Err("it is cut short") };
    match head {
        [FORMAT, ..] => {}
        _ => return Err("its envelope is of an unknown format"),
    }
    let Some(cipher) = head.get(1..START).and_then(|id| keys.cipher(id)) else { return Err("it names another key") };
    let aad = [place, head].concat();
    let payload = Payload { msg: ciphertext, aad: &aad };
    cipher.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| "its tag is wrong")
}

/// The key that something was sealed with.
pub(super) fn key_of(sealed: &[u8]) -> Option<KeyId> {
    Some(KeyId(sealed.get(1..START)?.try_into().ok()?))
}

/// The same head, of the key that encrypts now.
pub(super) fn head_anew(keys: &Keys, head: &[u8]) -> Vec<u8> {
    [&[FORMAT], keys.active.0.as_slice(), head.get(START..).unwrap_or_default()].concat()
}

/// Seals something small that has no head of its own.
pub(super) fn seal_plain(keys: &Keys, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    seal(keys, place, &head(keys), plain)
}

/// Opens what [`seal_plain`] made.
pub(super) fn open_plain(keys: &Keys, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, &'static str> {
    open(keys, place, START, sealed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::key::Key;

    fn keys() -> Keys {
        Keys::of(&Key::parse(&"7f".repeat(32)).expect("a key").into())
    }

    /// What today's program seals must be readable by every later one.
    #[test]
    fn an_envelope_of_the_first_release_opens() {
        let sealed = seal_with(&keys(), b"place", &head(&keys()), [3; NONCE], "что-то".as_bytes()).expect("sealed");
        let golden = include_bytes!("../../tests/golden/envelope-v1.bin");
        assert_eq!(sealed, golden, "the envelope has changed: it needs a new format byte");
        assert_eq!(open_plain(&keys(), b"place", golden), Ok("что-то".as_bytes().to_vec()));
    }

    #[test]
    fn every_flipped_bit_is_found_out() {
        let sealed = seal_plain(&keys(), b"place", b"something").expect("sealed");
        assert!(open_plain(&keys(), b"place", &sealed).is_ok());
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open_plain(&keys(), b"place", &flipped).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(open_plain(&keys(), b"place", &sealed[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn another_place_or_key_does_not_open_it() {
        let sealed = seal_plain(&keys(), b"place", b"something").expect("sealed");
        assert_eq!(open_plain(&keys(), b"other", &sealed), Err("its tag is wrong"));
        let other = Keys::of(&Key::parse(&"7e".repeat(32)).expect("a key").into());
        assert_eq!(open_plain(&other, b"place", &sealed), Err("it names another key"));
    }
}
