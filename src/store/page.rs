//! Lists in slices.

use std::fmt;
use std::str::FromStr;

use crate::engine::Fact;

/// Which part of a list is wanted.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where the part before it ended; none for the first.
    pub after: Option<Cursor>,
    /// Nothing that comes later in the list than this place; none: up to its end.
    pub until: Option<Cursor>,
    /// At most so many.
    pub limit: usize,
}

impl Page {
    /// The first `limit`.
    pub fn first(limit: usize) -> Self {
        Self { after: None, until: None, limit }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// What is on it. May be fewer than asked for before the end.
    pub items: Vec<T>,
    /// Where it ended, if there may be more.
    pub next: Option<Cursor>,
    /// How many entries were left out because they cannot be read.
    pub damaged: usize,
}

/// A place in a list. Opaque; it names nobody and may be shown in an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub(super) Vec<u8>);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is not a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in a list")]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() % 2 == 0 && digits.len() <= 128).ok_or(NotACursor)?;
        let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).map_err(|_| NotACursor);
        digits.chunks_exact(2).map(byte).collect::<Result<_, _>>().map(Self)
    }
}

/// Something remembered of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The version of the record that the turn made.
    pub version: u64,
    /// What.
    pub fact: Fact,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_an_address() {
        let cursor = Cursor(vec![0, 1, 0xfe, b'w']);
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["0", "0g", "é1", &"00".repeat(65)] {
            assert_eq!(bad.parse::<Cursor>(), Err(NotACursor), "{bad}");
        }
    }
}
