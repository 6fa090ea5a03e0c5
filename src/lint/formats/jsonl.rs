//! One JSON object a line, for programs that read while we write.

use crate::diagnostic::{Diagnostic, Sources, as_json};

/// The objects of the format `json`, one a line.
pub fn jsonl(sources: &Sources, findings: &[Diagnostic]) -> String {
    findings.iter().map(|finding| format!("{}\n", as_json(sources, finding))).collect::<Vec<_>>().concat()
}
