//! The XML of `JUnit`, which nearly every build server shows: a suite a file, a test case a finding.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Severity, Sources, place};

/// One document. A finding of severity info is a case that passed, with its words beside; without findings there is one case, so that
/// build servers do not take the empty report for a failure.
pub fn junit(sources: &Sources, findings: &[Diagnostic]) -> String {
    let mut suites: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for finding in findings {
        suites.entry(place(sources, finding.span).0).or_default().push(finding);
    }
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (tests, failures) = (findings.len().max(1), failures(findings.iter()));
    let _ = writeln!(text, "<testsuites name=\"usher lint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">");
    if findings.is_empty() {
        text += "  <testsuite name=\"usher lint\" tests=\"1\" failures=\"0\" errors=\"0\">\n";
        text += "    <testcase name=\"no problems\" classname=\"usher.lint\"/>\n  </testsuite>\n";
    }
    for (path, own) in suites {
        let (count, failed) = (own.len(), self::failures(own.iter().copied()));
        let _ = writeln!(text, "  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{failed}\" errors=\"0\">", escaped(path));
        for finding in own {
            case(&mut text, sources, finding);
        }
        text += "  </testsuite>\n";
    }
    text + "</testsuites>\n"
}

fn failures<'a>(findings: impl Iterator<Item = &'a Diagnostic>) -> usize {
    findings.filter(|finding| finding.severity != Severity::Info).count()
}

fn case(text: &mut String, sources: &Sources, finding: &Diagnostic) {
    let (path, start, _) = place(sources, finding.span);
    let at = format!("{path}:{}:{}", start.line, start.column);
    let name = escaped(&format!("{} {} at {}:{}", finding.code.id, finding.code.name, start.line, start.column));
    let _ = writeln!(text, "    <testcase name=\"{name}\" classname=\"{}\">", escaped(path));
    let help = finding.advice().map(|help| format!("\n{help}")).unwrap_or_default();
    let body = escaped(&format!("{at}: {}{help}", finding.message));
    if finding.severity == Severity::Info {
        let _ = writeln!(text, "      <system-out>{body}</system-out>");
    } else {
        let (message, of) = (escaped(&finding.message), finding.severity);
        let _ = writeln!(text, "      <failure message=\"{message}\" type=\"{of}\">{body}</failure>");
    }
    text.push_str("    </testcase>\n");
}

/// A text that is no markup; characters that XML cannot hold are left out.
fn escaped(text: &str) -> String {
    let is_kept = |char: &char| matches!(char, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let mut safe = String::with_capacity(text.len());
    for char in text.chars().filter(is_kept) {
        match char {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\n' => safe += "&#10;",
            '\t' => safe += "&#9;",
            other => safe.push(other),
        }
    }
    safe
}
