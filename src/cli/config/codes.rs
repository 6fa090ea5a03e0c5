//! The findings about the operator's file.

use crate::diagnostic::Code;

/// The file is of another kind.
pub const NO_OPERATORS_FILE: Code = Code::new("USH001", "no-operators-file");
/// `${…}` that is no reference.
pub const BAD_REFERENCE: Code = Code::new("USH002", "bad-reference");
/// A variable that is not set, or is empty.
pub const MISSING_VARIABLE: Code = Code::new("USH003", "missing-variable");
/// A file that cannot be read.
pub const UNREADABLE_FILE: Code = Code::new("USH004", "unreadable-file");
/// A secret that stands in the file itself.
pub const INLINE_SECRET: Code = Code::new("USH005", "inline-secret");
/// An address that is none.
pub const BAD_ADDRESS: Code = Code::new("USH006", "bad-address");
/// A key of the store that is none.
pub const BAD_KEY: Code = Code::new("USH007", "bad-key");
/// A person whose channel cannot be told.
pub const UNKNOWN_CHANNEL: Code = Code::new("USH008", "unknown-channel");
/// A setting that no flow declares.
pub const UNKNOWN_SETTING: Code = Code::new("USH010", "undeclared-setting");
/// A connection that flows use and nobody configured.
pub const MISSING_CONNECTION: Code = Code::new("USH011", "missing-connection");
/// A connection without operations.
pub const UNUSED_CONNECTION: Code = Code::new("USH012", "unused-connection");
/// A place to listen on that is none.
pub const BAD_LISTENER: Code = Code::new("USH013", "bad-listener");
/// A channel or a hook that is answered over HTTP, and no place to listen on.
pub const NO_LISTENER: Code = Code::new("USH014", "no-listener");
/// Two channels that are answered under one path.
pub const SAME_PATH: Code = Code::new("USH015", "same-path");
/// A webhook that Telegram would not call.
pub const BAD_WEBHOOK: Code = Code::new("USH016", "bad-webhook");
/// Bots whose folders of flows are not apart.
pub const SHARED_FLOWS: Code = Code::new("USH017", "shared-flows");
/// An event that a hook reports and no bot declares.
pub const UNDECLARED_EVENT: Code = Code::new("USH018", "undeclared-event");
/// A role that is to be told of outages and is none.
pub const UNKNOWN_ALERT_ROLE: Code = Code::new("USH019", "unknown-alert-role");
/// An operation whose method its connection may not use.
pub const REFUSED_METHOD: Code = Code::new("USH020", "refused-method");
/// An address in a private network for a connection that may not reach one.
pub const PRIVATE_ADDRESS: Code = Code::new("USH021", "private-address");
/// A language of somebody that no bot speaks.
pub const UNSPOKEN_LANGUAGE: Code = Code::new("USH022", "unspoken-language");
/// A secret that can be guessed.
pub const WEAK_SECRET: Code = Code::new("USH023", "weak-secret");
