//! The codes of what loading finds; those of texts, shapes and expressions stand in their own modules.

use crate::diagnostic::Code;

pub(super) const UNKNOWN_KIND: Code = Code::new("FLW101", "unknown-key");
pub(super) const MISSING_KEY: Code = Code::new("FLW102", "missing-key");
pub(super) const INVALID_WORD: Code = Code::new("FLW103", "invalid-enum");
pub(super) const OUT_OF_RANGE: Code = Code::new("FLW105", "out-of-range");
pub(super) const BAD_FORMAT: Code = Code::new("FLW106", "bad-format");
pub(super) const INVALID_PATTERN: Code = Code::new("FLW112", "invalid-regex");
pub(super) const NOT_YET: Code = Code::new("FLW113", "not-yet");

pub(super) const UNKNOWN_STEP: Code = Code::new("FLW201", "unknown-step");
pub(super) const UNKNOWN_FLOW: Code = Code::new("FLW202", "unknown-flow");
pub(super) const BAD_TYPE: Code = Code::new("FLW203", "bad-type");
pub(super) const UNKNOWN_OPERATION: Code = Code::new("FLW204", "unknown-operation");
pub(super) const UNKNOWN_ADDRESS: Code = Code::new("FLW205", "unknown-message-key");
pub(super) const DUPLICATE_ID: Code = Code::new("FLW207", "duplicate-id");
pub(super) const UNUSED_INPUT: Code = Code::new("FLW208", "unused-definition");
pub(super) const RESERVED_NAME: Code = Code::new("FLW210", "reserved-name");
pub(super) const UNKNOWN_ROLE: Code = Code::new("FLW212", "unknown-role");
pub(super) const UNKNOWN_PROFILE: Code = Code::new("FLW214", "unknown-profile");
pub(super) const UNKNOWN_LANGUAGE: Code = Code::new("FLW216", "unknown-language");
pub(super) const UNKNOWN_TEXT: Code = Code::new("FLW217", "unknown-built-in-text");
pub(super) const UNKNOWN_EVENT: Code = Code::new("FLW218", "unknown-event");
pub(super) const UNUSABLE_FILE: Code = Code::new("FLW219", "unusable-file");

pub(super) const UNNAMED_RECORD: Code = Code::new("FLW221", "unnamed-record");

pub(super) const UNREACHABLE_STEP: Code = Code::new("FLW301", "unreachable-step");
pub(super) const NO_PATH_TO_END: Code = Code::new("FLW302", "no-path-to-end");
pub(super) const DEAD_END: Code = Code::new("FLW303", "dead-end-step");
pub(super) const LOOP: Code = Code::new("FLW304", "loop-without-exit");
pub(super) const MISSING_ELSE: Code = Code::new("FLW306", "missing-else");
pub(super) const SHADOWED: Code = Code::new("FLW307", "shadowed-branch");
pub(super) const CONFLICTING_COMMANDS: Code = Code::new("FLW310", "conflicting-triggers");
pub(super) const RECURSION: Code = Code::new("FLW313", "subflow-recursion");
pub(super) const UNCOVERED: Code = Code::new("FLW314", "uncovered-outcome");
pub(super) const IMPOSSIBLE: Code = Code::new("FLW315", "impossible-outcome");
pub(super) const UNCHANGEABLE: Code = Code::new("FLW316", "unchangeable-step");
pub(super) const MISPLACED_RETRY: Code = Code::new("FLW317", "misplaced-retry");
pub(super) const MISSING_ROAD: Code = Code::new("FLW318", "missing-road");
pub(super) const SIDE_ROAD: Code = Code::new("FLW319", "side-road-runs-on");
pub(super) const MISPLACED_TIMEOUT: Code = Code::new("FLW321", "misplaced-timeout");

pub(super) const EMPTY_LIST: Code = Code::new("FLW322", "empty-list");

pub(super) const COMMITTED: Code = Code::new("FLW320", "change-of-committed");

pub(super) const NEVER_SET: Code = Code::new("FLW401", "use-before-definition");
pub(super) const UNKNOWN_NAME: Code = Code::new("FLW403", "unknown-name");
pub(super) const UNUSED_RESULT: Code = Code::new("FLW404", "unused-result");
pub(super) const TYPE_MISMATCH: Code = Code::new("FLW405", "type-mismatch");
pub(super) const UNKNOWN_FIELD: Code = Code::new("FLW406", "unknown-field");

pub(super) const STRAY_BRACES: Code = Code::new("FLW513", "stray-braces");

pub(super) const MISSING_INPUT: Code = Code::new("FLW602", "missing-parameter");
pub(super) const LACKING_OUTPUT: Code = Code::new("FLW604", "response-field-unknown");
pub(super) const UNKNOWN_INPUT: Code = Code::new("FLW613", "unknown-input");
pub(super) const NOT_SAFE: Code = Code::new("FLW614", "not-safe");
pub(super) const EXCHANGED_INPUTS: Code = Code::new("FLW618", "exchanged-inputs");
pub(super) const MISPLACED_SECRET: Code = Code::new("FLW652", "misplaced-secret");

pub(super) const PERSONAL_IN_ADDRESS: Code = Code::new("FLW653", "personal-data-in-address");
pub(super) const PERSONAL_TO_OTHERS: Code = Code::new("FLW654", "personal-data-without-right");
pub(super) const BEFORE_CONSENT: Code = Code::new("FLW655", "missing-consent");
pub(super) const PASSWORD: Code = Code::new("FLW656", "asks-for-password");

pub(super) const TOO_LONG: Code = Code::new("FLW701", "message-too-long");
pub(super) const BAD_HTML: Code = Code::new("FLW703", "bad-html");
pub(super) const BAD_ADDRESS: Code = Code::new("FLW707", "bad-url-button");
pub(super) const EMPTY_MESSAGE: Code = Code::new("FLW709", "empty-message");
pub(super) const DUPLICATE_LABEL: Code = Code::new("FLW807", "duplicate-button-label");

pub(super) const MISSING_TRANSLATION: Code = Code::new("FLW851", "missing-translation");
pub(super) const PLACEHOLDER_MISMATCH: Code = Code::new("FLW852", "placeholder-mismatch");
pub(super) const PLURAL_FORMS: Code = Code::new("FLW853", "plural-forms");
pub(super) const UNTRANSLATED: Code = Code::new("FLW858", "untranslated-text");
pub(super) const SURPLUS_TRANSLATION: Code = Code::new("FLW856", "unused-translation");
