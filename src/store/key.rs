//! Keys: the operator's 32 bytes, and what is derived from them.

use std::fmt;

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::store::config::StoreError;

/// The 32 bytes that everything stored is encrypted with. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<[u8; 32]>);

/// Where the key comes from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// The operator gives it.
    Given(Key),
    /// A file `usher.key` in the data folder, made at the first start.
    Beside,
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

/// What is derived from a [`Key`]: one key encrypts, the other hashes what is looked for.
pub(super) struct Keys {
    /// Tells keys apart without telling anything about them.
    pub(super) id: [u8; 4],
    /// Encrypts.
    pub(super) cipher: XChaCha20Poly1305,
    index: Hmac<Sha256>,
}

impl Keys {
    pub(super) fn derive(key: &Key) -> Self {
        let [a, b, c, d, ..] = *labelled(key, b"usher store: key id");
        let data = labelled(key, b"usher store: data");
        let index = labelled(key, b"usher store: index");
        Self { id: [a, b, c, d], cipher: XChaCha20Poly1305::new((&*data).into()), index: keyed(index.as_ref()) }
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
        assert_eq!(format!("{:?} {:?}", KeySource::Given(key.clone()), Keys::derive(&key)), "Given(Key(…)) Keys(…)");
    }

    #[test]
    fn opaque_keys_depend_on_where_their_parts_end() {
        let keys = Keys::derive(&Key::parse(HEX).expect("hexadecimal"));
        assert_ne!(keys.opaque(&[b"ab", b"c"]), keys.opaque(&[b"a", b"bc"]));
        assert_eq!(keys.opaque(&[b"ab", b"c"]), keys.opaque(&[b"ab", b"c"]));
    }
}
