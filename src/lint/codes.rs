//! The codes of what only a check of the files finds; a bot is loaded without them.

use crate::diagnostic::Code;

/// A comment that hides nothing.
pub(super) const UNUSED_SUPPRESSION: Code = Code::new("FLW011", "unused-suppression");
/// A comment that hides nothing because it is written wrong.
pub(super) const BAD_SUPPRESSION: Code = Code::new("FLW012", "bad-suppression");
/// A sign that nobody sees.
pub(super) const INVISIBLE: Code = Code::new("FLW008", "invisible-characters");
/// No line names the schema.
pub(super) const MISSING_MODELINE: Code = Code::new("FLW010", "missing-schema-modeline");
/// Ends of lines of two kinds.
pub(super) const MIXED_LINE_ENDS: Code = Code::new("FLW013", "mixed-line-ends");
/// A sign as it is typed.
pub(super) const UNKNOWN_COMMAND: Code = Code::new("FLW220", "unknown-command");
pub(super) const TYPOGRAPHY: Code = Code::new("FLW808", "typography");
/// What was to be written later.
pub(super) const PLACEHOLDER_TEXT: Code = Code::new("FLW809", "placeholder-text");
/// A word in two alphabets.
pub(super) const MIXED_ALPHABETS: Code = Code::new("FLW811", "mixed-alphabets");
/// A noun that does not go with its number.
pub(super) const PLURAL_BY_HAND: Code = Code::new("FLW855", "plural-by-hand");
/// A secret in a file that is shown and kept.
pub(super) const HARDCODED_SECRET: Code = Code::new("FLW651", "hardcoded-secret");
