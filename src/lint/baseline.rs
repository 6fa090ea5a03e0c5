//! What was found before, and is left for another day: findings of a list are not told again. Errors are no part of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Severity, Sources, place};
use crate::lint::fingerprint::fingerprints;

/// What is left of the findings.
#[derive(Debug)]
pub struct Compared {
    /// Those that are not in the list.
    pub findings: Vec<Diagnostic>,
    /// How many are in it.
    pub known: usize,
    /// How many of the list are found no more.
    pub gone: usize,
}

/// The list of these findings, without errors, as text: one line each, so that changes of it can be read. It says where and of which
/// rule, and nothing that was written there.
pub fn written(sources: &Sources, findings: &[Diagnostic]) -> String {
    let prints = fingerprints(sources, findings);
    let entry = |(finding, print): (&Diagnostic, &String)| {
        let (path, ..) = place(sources, finding.span);
        format!("    {}", json!({ "fingerprint": print, "rule": finding.code.name, "file": path }))
    };
    let listed: Vec<_> = findings.iter().zip(&prints).filter(|(finding, _)| finding.severity != Severity::Error).map(entry).collect();
    let body = if listed.is_empty() { String::new() } else { format!("\n{}\n  ", listed.join(",\n")) };
    format!("{{\n  \"usher_baseline\": 1,\n  \"findings\": [{body}]\n}}\n")
}

/// The fingerprints of a list, or in a sentence why there are none.
pub fn read(text: &str) -> Result<BTreeSet<String>, String> {
    let whole: Value = serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
    if whole["usher_baseline"] != json!(1) {
        return Err("is no baseline of this program: it does not begin with \"usher_baseline\": 1".to_owned());
    }
    let listed = whole["findings"].as_array().ok_or("has no list of findings")?;
    let print = |entry: &Value| entry["fingerprint"].as_str().map(str::to_owned);
    listed.iter().map(|entry| print(entry).ok_or_else(|| "has an entry without a fingerprint".to_owned())).collect()
}

/// Takes out of sorted findings what stands in the list.
pub fn compare(sources: &Sources, findings: Vec<Diagnostic>, list: &BTreeSet<String>) -> Compared {
    let prints = fingerprints(sources, &findings);
    let met: BTreeSet<&String> = prints.iter().filter(|print| list.contains(*print)).collect();
    let gone = list.len() - met.len();
    let before = findings.len();
    let is_new = |finding: &Diagnostic, print: &String| finding.severity == Severity::Error || !list.contains(print);
    let left: Vec<_> =
        findings.into_iter().zip(&prints).filter(|(finding, print)| is_new(finding, print)).map(|(found, _)| found).collect();
    Compared { known: before - left.len(), gone, findings: left }
}
