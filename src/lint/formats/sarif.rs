//! SARIF 2.1.0, which code hosts and editors import.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::diagnostic::{Code, Diagnostic, Severity, Sources, Span, place};
use crate::lint::fingerprint::fingerprints;
use crate::lint::manual::{capital, first_sentence};
use crate::lint::rules;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// One run, with the rules that found something. Columns are counted in characters, as everywhere here.
pub fn sarif(sources: &Sources, findings: &[Diagnostic]) -> String {
    let codes: BTreeSet<Code> = findings.iter().map(|finding| finding.code).collect();
    let rules: Vec<Value> = codes.iter().map(described).collect();
    let prints = fingerprints(sources, findings);
    let results: Vec<Value> = findings.iter().zip(&prints).map(|(finding, print)| result(sources, finding, print)).collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "usher", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

/// A rule with its manual, so that a reader needs no network to explain it.
fn described(code: &Code) -> Value {
    let mut described = json!({ "id": code.id, "name": code.name });
    if let Some(rule) = rules::find(code.id) {
        let (why, mend) = (capital(rule.why), capital(rule.mend));
        described["shortDescription"] = json!({ "text": first_sentence(rule.finds) });
        described["fullDescription"] = json!({ "text": rule.finds });
        described["help"] = json!({
            "text": format!("{}\n\n{why}\n\n{mend}", rule.finds),
            "markdown": format!("{}\n\n**Why?** {why}\n\n**What to do?** {mend}", rule.finds),
        });
        described["defaultConfiguration"] = json!({ "level": level(rule.severity) });
        described["properties"] = json!({ "tags": [rule.group] });
    }
    described
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(sources: &Sources, finding: &Diagnostic, print: &str) -> Value {
    let help = finding.advice().map(|help| format!("\n{help}")).unwrap_or_default();
    let mut result = json!({
        "ruleId": finding.code.id,
        "level": level(finding.severity),
        "message": { "text": format!("{}{help}", finding.message) },
        "locations": [location(sources, finding.span)],
        "partialFingerprints": { "usher/v1": print },
    });
    if !finding.related.is_empty() {
        let related = finding.related.iter().map(|(span, remark)| {
            let mut place = location(sources, *span);
            place["message"] = json!({ "text": remark });
            place
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = &finding.fix {
        let edits = fix.edits.iter().map(|edit| {
            let place = location(sources, edit.span);
            json!({
                "artifactLocation": place["physicalLocation"]["artifactLocation"],
                "replacements": [{ "deletedRegion": place["physicalLocation"]["region"], "insertedContent": { "text": edit.text } }],
            })
        });
        result["fixes"] = json!([{ "artifactChanges": edits.collect::<Vec<_>>() }]);
    }
    result
}

fn location(sources: &Sources, span: Span) -> Value {
    let (path, start, end) = place(sources, span);
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(path) },
        "region": { "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column },
    } })
}

/// A path as a relative reference: whatever is no plain character of one is escaped byte by byte.
fn uri(path: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    path.bytes().map(escaped).collect()
}
