//! Percent-encoding: what may stand as it is, by place.

use std::fmt::Write;

/// What may stand unencoded in one place of an address, beside letters, digits and `-._~`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// The author's own piece of a path, which may go on into a query and may be percent-encoded already.
    Fixed,
    /// A value inside one segment of a path.
    Segment,
    /// The name of a query entry, which is the author's.
    Name,
    /// The value of a query entry.
    Query,
    /// A name or value of a form.
    Form,
}

impl Place {
    fn keeps(self, byte: u8) -> bool {
        let others: &[u8] = match self {
            Self::Fixed => b"/?%&=$!'()*+,;:@[]",
            Self::Segment => b":",
            Self::Name => b"$!()*,:@[]",
            Self::Query => b"$!()*,:@/",
            Self::Form => b"*",
        };
        byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || others.contains(&byte)
    }
}

/// Encodes `text` for `place`.
pub(super) fn encode(text: &str, place: Place) -> String {
    let mut encoded = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        if place.keeps(byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes everything");
        }
    }
    encoded
}

/// Joins entries the way queries and forms are written.
pub(super) fn entries(entries: &[(String, String)], names: Place, values: Place) -> String {
    let written = entries.iter().map(|(name, value)| format!("{}={}", encode(name, names), encode(value, values)));
    written.collect::<Vec<_>>().join("&")
}
