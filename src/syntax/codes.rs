//! The findings about YAML itself.

use crate::diagnostic::Code;

/// The file is not YAML.
pub const YAML_SYNTAX: Code = Code::new("FLW001", "yaml-syntax");
/// An alias without an anchor before it.
pub const UNKNOWN_ANCHOR: Code = Code::new("FLW002", "unknown-anchor");
/// The same key twice in one map.
pub const DUPLICATE_KEY: Code = Code::new("FLW003", "duplicate-key");
/// A plain word that other readers of YAML take for true or false.
pub const AMBIGUOUS_SCALAR: Code = Code::new("FLW004", "ambiguous-scalar");
/// Too large, too deep, or made so by aliases.
pub const ALIAS_BOMB: Code = Code::new("FLW005", "alias-bomb");
/// A value that begins with braces and is not in quotes.
pub const UNQUOTED_TEMPLATE: Code = Code::new("FLW006", "unquoted-template");
/// Not UTF-8.
pub const BAD_ENCODING: Code = Code::new("FLW007", "bad-encoding");
/// A part of YAML that the language does without: further documents, tags, merge keys.
pub const UNSUPPORTED_YAML: Code = Code::new("FLW009", "unsupported-yaml");
