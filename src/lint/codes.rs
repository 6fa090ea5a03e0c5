//! The codes of what only a check of the files finds; a bot is loaded without them.

use crate::diagnostic::Code;

/// A comment that hides nothing.
pub(super) const UNUSED_SUPPRESSION: Code = Code::new("FLW011", "unused-suppression");
/// A comment that hides nothing because it is written wrong.
pub(super) const BAD_SUPPRESSION: Code = Code::new("FLW012", "bad-suppression");
