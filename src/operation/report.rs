//! What a server said about an error, whatever its family.
//!
//! What is reported reaches people and logs, so it never holds what was sent: submitted values that servers echo beside their words
//! (`input`, `ctx`) are not read at all, and addresses and long numbers inside the words are masked.

mod families;
mod words;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::flow::Operation;
use crate::operation::ErrorReport;
use crate::operation::matching::Seen;
use crate::operation::report::words::{clean, code_of, field_name};

/// So many fields are reported.
const FIELDS_MAX: usize = 50;

/// Reads the report of an error: first where the operation points to, then in the usual places. Of a server that failed (5xx) only words
/// meant for people are taken: what else it says is often the text of an exception, with values in it.
pub(super) fn report(operation: &Operation, seen: Seen<'_>) -> ErrorReport {
    let mut found = Found::default();
    if let Some(json) = seen.json {
        pointed(operation, json, &mut found);
        families::for_people(json, &mut found);
        if seen.status < 500 {
            families::all(json, seen.status, &mut found);
        } else {
            let mut rest = Found::default();
            families::all(json, seen.status, &mut rest);
            found.code = found.code.or(rest.code);
        }
    }
    found.into_report(seen.status)
}

/// True if the report names fields.
pub(super) fn field_errors(report: &ErrorReport) -> bool {
    !report.fields.is_empty()
}

/// What has been found so far; whoever comes first is right.
#[derive(Debug, Default)]
struct Found {
    message: Option<String>,
    code: Option<String>,
    fields: BTreeMap<String, String>,
}

impl Found {
    fn message(&mut self, text: &str) {
        if self.message.is_none() {
            self.message = clean(text);
        }
    }

    fn code(&mut self, json: &Json) {
        if self.code.is_none() {
            self.code = code_of(json);
        }
    }

    fn field(&mut self, name: &str, text: &str) {
        let (Some(name), Some(text)) = (field_name(name), clean(text)) else { return };
        if self.fields.len() < FIELDS_MAX {
            self.fields.entry(name).or_insert(text);
        }
    }

    fn into_report(self, status: u16) -> ErrorReport {
        let Self { message, code, fields } = self;
        let told = || {
            let lines: Vec<_> = fields.iter().take(3).map(|(field, words)| format!("{field}: {words}")).collect();
            (!lines.is_empty()).then(|| lines.join("; "))
        };
        // Bodies that are no JSON, and what a failed server says, are no words for people.
        let neutral = || (!(200..300).contains(&status)).then(|| format!("HTTP {status}"));
        ErrorReport { message: message.or_else(told).or_else(neutral), code, status: Some(status), fields }
    }
}

fn pointed(operation: &Operation, json: &Json, found: &mut Found) {
    let at = |pointer: &Option<String>| pointer.as_deref().and_then(|pointer| json.pointer(pointer));
    if let Some(message) = at(&operation.error.message) {
        for text in words::texts(message) {
            found.message(text);
        }
    }
    if let Some(code) = at(&operation.error.code) {
        found.code(code);
    }
    if let Some(fields) = at(&operation.error.fields) {
        families::fields(fields, found);
    }
}
