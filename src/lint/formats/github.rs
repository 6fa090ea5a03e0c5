//! Workflow commands, which GitHub shows beside the lines of a pull request.

use crate::diagnostic::{Diagnostic, Severity, Sources, place};

/// One command a finding.
pub fn github(sources: &Sources, findings: &[Diagnostic]) -> String {
    findings.iter().map(|finding| command(sources, finding)).collect()
}

fn command(sources: &Sources, finding: &Diagnostic) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let (path, start, end) = place(sources, finding.span);
    // GitHub refuses columns of a place that goes over several lines.
    let columns = if start.line == end.line { format!(",col={},endColumn={}", start.column, end.column) } else { String::new() };
    let title = property(&format!("{} {}", finding.code.id, finding.code.name));
    let help = finding.advice().map(|help| format!(" ({help})")).unwrap_or_default();
    let message = data(&format!("{}{help}", finding.message));
    format!("::{level} file={},line={},endLine={}{columns},title={title}::{message}\n", property(path), start.line, end.line)
}

/// A text that ends no line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text that ends no property either.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
