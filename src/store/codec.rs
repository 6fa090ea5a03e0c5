//! Values as bytes: postcard behind a byte that names the encoding.
//!
//! Postcard does not describe itself, so a change of any type that is stored is a new format: the byte grows, the old form keeps its
//! reader here, and golden files hold both. The tests below fail when a type changes and the byte does not.
//!
//! A field that is put behind the last one of a record is the cheap case: what was stored before it ends early, and is read as if zeros
//! followed, which stand for nothing: no list, no text, no number, no option. In any other place a field needs a reader of its own.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The encoding of all that is stored today.
const FORMAT: u8 = 2;
/// The one before: the same, but that a record has fewer fields at its end.
const SHORTER: u8 = 1;
/// More zeros than all fields that came since can take.
const ABSENT: [u8; 64] = [0; 64];

/// The bytes of a value.
pub(super) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, &'static str> {
    postcard::to_extend(value, vec![FORMAT]).map_err(|_| "it has no encoding")
}

/// The value of these bytes, all of them; otherwise what is wrong with them, without the value.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, &'static str> {
    match bytes.split_first() {
        Some((&FORMAT, rest)) => match postcard::take_from_bytes(rest) {
            Ok((value, [])) => Ok(value),
            _ => Err("it does not decode"),
        },
        Some((&SHORTER, rest)) => match postcard::take_from_bytes(&[rest, &ABSENT].concat()) {
            Ok((value, left)) if left.len() <= ABSENT.len() && left.iter().all(|byte| *byte == 0) => Ok(value),
            _ => Err("it does not decode"),
        },
        Some((later, _)) if *later > FORMAT => Err("its encoding is of a later version of this program"),
        _ => Err("it does not decode"),
    }
}

#[cfg(test)]
mod tests;
