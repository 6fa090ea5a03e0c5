//! Bytes → text.

use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::syntax::codes;

/// A file that is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not UTF-8: byte {byte:#04x} at line {line}")]
pub struct BadEncoding {
    /// What can be read of it: every wrong byte is replaced, and everything before the first stands at its own place.
    pub text: String,
    /// Where the first wrong byte is.
    pub at: usize,
    /// The wrong byte.
    pub byte: u8,
    /// Its line, from 1.
    pub line: usize,
}

impl BadEncoding {
    /// The finding about it, in the file that holds [`BadEncoding::text`].
    pub fn finding(&self, file: FileId) -> Diagnostic {
        let help = match (self.at, self.byte) {
            (0, 0xff | 0xfe) => "this looks like UTF-16: save the file as UTF-8",
            _ => "save the file as UTF-8",
        };
        let span = Span::new(file, self.at, self.at + char::REPLACEMENT_CHARACTER.len_utf8());
        Diagnostic::error(codes::BAD_ENCODING, span, format!("the byte {:#04x} here is not UTF-8", self.byte)).help(help)
    }
}

/// The text of a file, without the byte order mark that some editors put at its beginning.
pub fn decode(bytes: &[u8]) -> Result<String, BadEncoding> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let at = error.valid_up_to();
            let text = String::from_utf8_lossy(bytes).into_owned();
            let line = text[..at].matches('\n').count() + 1;
            Err(BadEncoding { text, at, byte: bytes.get(at).copied().unwrap_or_default(), line })
        }
    }
}
