//! The findings about operations and the description of their server.

use crate::diagnostic::Code;

/// Path and method that the description does not have.
pub(super) const UNKNOWN_OPERATION: Code = Code::new("FLW601", "undescribed-operation");
/// A parameter that the server demands and nobody sends.
pub(super) const MISSING_PARAMETER: Code = Code::new("FLW602", "missing-parameter");
/// A body that the server would refuse.
pub(super) const BODY_MISMATCH: Code = Code::new("FLW603", "body-mismatch");
/// Something is read from an answer that has no such place, or another type there.
pub(super) const ANSWER_MISMATCH: Code = Code::new("FLW604", "response-field-unknown");
/// A documented answer that means something and ends as any other refusal.
pub(super) const UNHANDLED_STATUS: Code = Code::new("FLW605", "unhandled-status");
/// The server is about to drop it.
pub(super) const DEPRECATED: Code = Code::new("FLW612", "deprecated-operation");
/// A status is awaited that the description does not have.
pub(super) const UNDOCUMENTED_STATUS: Code = Code::new("FLW615", "undocumented-status");
/// The description is missing, or is none.
pub(super) const NO_DESCRIPTION: Code = Code::new("FLW616", "no-description");
/// A password that is read as if it were none.
pub(super) const MISPLACED_SECRET: Code = Code::new("FLW652", "misplaced-secret");
/// A parameter that the server does not know, or of another type.
pub(super) const PARAMETER_MISMATCH: Code = Code::new("FLW617", "parameter-mismatch");
