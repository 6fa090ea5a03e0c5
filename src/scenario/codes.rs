//! The codes of what reading scenarios finds.

use crate::diagnostic::Code;

pub(super) const UNKNOWN_KEY: Code = Code::new("FLW101", "unknown-key");
pub(super) const MISSING_KEY: Code = Code::new("FLW102", "missing-key");
pub(super) const INVALID_WORD: Code = Code::new("FLW103", "invalid-enum");
pub(super) const WRONG_TYPE: Code = Code::new("FLW104", "wrong-type");
pub(super) const BAD_FORMAT: Code = Code::new("FLW106", "bad-format");
pub(super) const NOT_YET: Code = Code::new("FLW113", "not-yet");
pub(super) const UNKNOWN_STEP: Code = Code::new("FLW201", "unknown-step");
pub(super) const UNKNOWN_FLOW: Code = Code::new("FLW202", "unknown-flow");
pub(super) const UNKNOWN_OPERATION: Code = Code::new("FLW204", "unknown-operation");
pub(super) const UNKNOWN_ROLE: Code = Code::new("FLW212", "unknown-role");
pub(super) const UNKNOWN_PROFILE: Code = Code::new("FLW214", "unknown-profile");
pub(super) const UNKNOWN_EVENT: Code = Code::new("FLW218", "unknown-event");
pub(super) const DUPLICATE_ID: Code = Code::new("FLW207", "duplicate-id");
pub(super) const UNKNOWN_SETTING: Code = Code::new("FLW215", "unknown-setting");
pub(super) const UNKNOWN_FIELD: Code = Code::new("FLW406", "unknown-field");
pub(super) const UNKNOWN_PART: Code = Code::new("TST201", "unknown-part");
pub(super) const UNKNOWN_PERSON: Code = Code::new("TST202", "unknown-person");
pub(super) const UNKNOWN_SCENARIOS: Code = Code::new("TST203", "unknown-scenarios");
pub(super) const UNKNOWN_DATA: Code = Code::new("TST204", "unknown-data");
pub(super) const UNKNOWN_FILE: Code = Code::new("TST205", "unknown-file");
pub(super) const ENDLESS: Code = Code::new("TST206", "endless-scenario");
pub(super) const UNUSED_PART: Code = Code::new("TST207", "unused-part");
pub(super) const NO_LANGUAGE: Code = Code::new("TST301", "no-common-language");
