//! Keys: the operator's 32 bytes, and what is derived from them.

use std::fmt;
use std::path::PathBuf;

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::store::config::StoreError;
use crate::store::ring::Ring;

/// The 32 bytes that everything stored is encrypted with. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<[u8; 32]>);

/// Tells keys apart without telling anything about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(super) [u8; 4]);

/// Where the keys come from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// The operator gives them.
    Given(Ring),
    /// A file `usher.key` in the data folder, made at the first start.
    Beside,
    /// A file elsewhere, made at the first start.
    File(PathBuf),
}

impl Key {
    /// Reads 64 hexadecimal digits, or base64 of either alphabet, with or without padding.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = if text.len() == 64 { from_hex(text) } else { from_base64(text) };
        let bytes: [u8; 32] = bytes?.as_slice().try_into().ok()?;
        Some(Self(Zeroizing::new(bytes)))
    }

    /// A new one.
    pub fn random() -> Result<Self, StoreError> {
        let mut bytes = Zeroizing::new([0; 32]);
        random(bytes.as_mut())?;
        Ok(Self(bytes))
    }

    /// What tells it apart from others.
    pub fn id(&self) -> KeyId {
        let [a, b, c, d, ..] = *labelled(self, b"usher store: key id");
        KeyId([a, b, c, d])
    }

    /// A key for another purpose, of which nothing leads back to this one.
    pub(super) fn for_purpose(&self, label: &[u8]) -> Self {
        Self(labelled(self, label))
    }

    /// Encrypts with it.
    pub(super) fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }

    /// Hashes with it.
    pub(super) fn hash(&self) -> Hmac<Sha256> {
        keyed(self.0.as_ref())
    }

    /// The bytes themselves.
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it is written to a file.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex(self.0.as_ref()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The index key of a store that has had one key only.
pub(super) fn index_key_of(key: &Key) -> Key {
    key.for_purpose(b"usher store: index")
}

/// What is derived from a [`Ring`]: what encrypts and decrypts, and what hashes what is looked for.
pub(super) struct Keys {
    /// The key that encrypts.
    pub(super) active: KeyId,
    /// All that decrypt, the active one first.
    ciphers: Vec<(KeyId, XChaCha20Poly1305)>,
    index: Hmac<Sha256>,
}

impl Keys {
    pub(super) fn of(ring: &Ring) -> Self {
        let cipher = |key: &Key| (key.id(), key.for_purpose(b"usher store: data").cipher());
        let ciphers = [&ring.active].into_iter().chain(&ring.old).map(cipher).collect();
        Self { active: ring.active.id(), ciphers, index: ring.index.hash() }
    }

    /// The cipher of this key, if the ring has it.
    pub(super) fn cipher(&self, id: &[u8]) -> Option<&XChaCha20Poly1305> {
        self.ciphers.iter().find(|(known, _)| known.0 == id).map(|(_, cipher)| cipher)
    }

    /// The opaque form of something that is looked for: half of an HMAC-SHA256 over its parts, each preceded by its length.
    pub(super) fn opaque(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut mac = self.index.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        std::array::from_fn(|at| whole[at])
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// Fills `bytes` with the system's randomness.
pub(super) fn random(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|error| StoreError::Unavailable(format!("the system gives no randomness: {error}")))
}

/// Hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn labelled(key: &Key, label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut mac = keyed(key.0.as_ref());
    mac.update(label);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| Some(nibble(pair[0])? << 4 | nibble(pair[1])?);
    text.as_bytes().chunks_exact(2).map(pair).collect::<Option<Vec<u8>>>().map(Zeroizing::new)
}

fn from_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(33));
    let (mut bits, mut count) = (0u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_be_bytes()[3]);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

    #[test]
    fn a_key_is_read_in_every_usual_form() {
        let key = Key::parse(HEX).expect("hexadecimal");
        assert_eq!(Key::parse(&format!("  {}\n", HEX.to_uppercase())), Some(key.clone()));
        for base64 in [
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8=",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8=\n",
        ] {
            assert_eq!(Key::parse(base64), Some(key.clone()), "{base64}");
        }
        assert_eq!(Key::parse("__ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8"), Key::parse("//ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8"));
        assert_eq!(*key.to_hex(), HEX);
    }

    #[test]
    fn anything_else_is_no_key() {
        for bad in ["", "secret", &HEX[1..], &HEX.replace('e', "g"), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd", "é"] {
            assert_eq!(Key::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = Key::parse(HEX).expect("hexadecimal");
        assert_eq!(format!("{key:?} {:?}", Keys::of(&key.clone().into())), "Key(…) Keys(…)");
    }

    #[test]
    fn opaque_keys_depend_on_where_their_parts_end() {
        let keys = Keys::of(&Key::parse(HEX).expect("hexadecimal").into());
        assert_ne!(keys.opaque(&[b"ab", b"c"]), keys.opaque(&[b"a", b"bc"]));
        assert_eq!(keys.opaque(&[b"ab", b"c"]), keys.opaque(&[b"ab", b"c"]));
    }
}
