//! GitLab's Code Quality report.

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity, Sources, place};
use crate::lint::fingerprint::fingerprints;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// One JSON list. Equal findings of one line have fingerprints of their own, because GitLab drops repetitions.
pub fn gitlab(sources: &Sources, findings: &[Diagnostic]) -> String {
    let prints = fingerprints(sources, findings);
    let issues: Vec<_> = findings.iter().zip(prints).map(|(finding, print)| issue(sources, finding, print)).collect();
    let text = serde_json::to_string_pretty(&issues).expect("texts and numbers are always JSON");
    text + "\n"
}

fn issue<'a>(sources: &'a Sources, finding: &Diagnostic, fingerprint: String) -> Issue<'a> {
    let (path, start, end) = place(sources, finding.span);
    let help = finding.advice().map(|help| format!(" ({help})")).unwrap_or_default();
    let severity = match finding.severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Info => "info",
    };
    Issue {
        description: format!("{}: {}{help}", finding.code.id, finding.message),
        check_name: finding.code.name,
        fingerprint,
        severity,
        location: Location { path, lines: Lines { begin: start.line, end: end.line } },
    }
}
