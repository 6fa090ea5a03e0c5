//! Values as bytes: postcard behind a byte that names the encoding.
//!
//! Postcard does not describe itself, so a change of any type that is stored is a new format: the byte grows, the old form keeps its
//! reader here, and golden files hold both. The tests below fail when a type changes and the byte does not.
//!
//! Of one kind of change the reader knows by itself: a field that is added at the very end of a record and is empty by default. Nothing,
//! zero, false and what holds nothing are bytes of zero; so what was written before such fields existed is read with zeros behind it.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The encoding of all that is stored today.
const FORMAT: u8 = 2;

/// The first encoding, of records with fewer fields at their end.
const SHORTER: u8 = 1;

/// Fields that have been added at the end of a record, at most: as many zeros as are read behind an older one.
const ADDED: usize = 32;

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
        Some((&SHORTER, rest)) => {
            let lengthened = [rest, &[0; ADDED]].concat();
            match postcard::take_from_bytes(&lengthened) {
                // All that was written has been read, and nothing but zeros beyond it.
                Ok((value, left)) if left.len() <= ADDED => Ok(value),
                _ => Err("it does not decode"),
            }
        }
        Some((later, _)) if *later > FORMAT => Err("its encoding is of a later version of this program"),
        _ => Err("it does not decode"),
    }
}

#[cfg(test)]
mod tests;
