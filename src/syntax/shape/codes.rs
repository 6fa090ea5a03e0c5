//! The findings about shapes.

use crate::diagnostic::Code;

/// A key that nothing reads.
pub const UNKNOWN_KEY: Code = Code::new("FLW101", "unknown-key");
/// A key that must be there.
pub const MISSING_KEY: Code = Code::new("FLW102", "missing-key");
/// A word that is none of those possible.
pub const INVALID_ENUM: Code = Code::new("FLW103", "invalid-enum");
/// A list where a text belongs, and the like.
pub const WRONG_TYPE: Code = Code::new("FLW104", "wrong-type");
/// Too many, too few, too long, too short.
pub const OUT_OF_RANGE: Code = Code::new("FLW105", "out-of-range");
/// A text that does not have the form of what it should be.
pub const BAD_FORMAT: Code = Code::new("FLW106", "bad-format");
/// Two keys that cannot stand together.
pub const MUTUALLY_EXCLUSIVE_KEYS: Code = Code::new("FLW107", "mutually-exclusive-keys");
/// A key that another verb has.
pub const KEY_NOT_FOR_VERB: Code = Code::new("FLW108", "key-not-for-verb");
/// Nothing where something belongs.
pub const EMPTY_BLOCK: Code = Code::new("FLW109", "empty-block");
/// A part of the language that this version does not run.
pub const NOT_YET: Code = Code::new("FLW113", "not-yet");
