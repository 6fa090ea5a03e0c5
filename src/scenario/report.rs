//! What playing gives, and how it is told.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Severity, Sources, Span};
use crate::scenario::Coverage;

/// What came of a suite.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Each test in each of its languages.
    pub played: Vec<Played>,
    /// Mistakes that show only against the flows: a setting or a field they do not have.
    pub findings: Vec<Diagnostic>,
    /// What the tests reach.
    pub coverage: Coverage,
}

/// One test in one language.
#[derive(Debug, Clone)]
pub struct Played {
    /// The id of its file.
    pub scenarios: String,
    /// Its own id.
    pub test: String,
    /// What it shows, for people.
    pub title: Option<String>,
    /// Two letters.
    pub language: String,
    /// What went otherwise than it says, if anything.
    pub failure: Option<Failure>,
}

/// What went otherwise than a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The line.
    pub span: Span,
    /// What went otherwise: one sentence, lower case, no full stop.
    pub message: String,
    /// Expected (`-`) and come (`+`), line by line.
    pub difference: Option<String>,
    /// What had happened before, the last thing last.
    pub transcript: Vec<String>,
}

/// Lines of the transcript that are shown with a failure.
const SHOWN: usize = 14;

impl Report {
    /// True if every test holds and nothing is wrong with any.
    pub fn passed(&self) -> bool {
        self.played.iter().all(|played| played.failure.is_none()) && self.findings.iter().all(|found| found.severity != Severity::Error)
    }

    /// The failures in full, and how many tests held.
    pub fn render(&self, sources: &Sources) -> String {
        let mut out = String::new();
        for played in &self.played {
            if let Some(failure) = &played.failure {
                out += &failure.render(sources, played);
                out.push('\n');
            }
        }
        let failed = self.played.iter().filter(|played| played.failure.is_some()).count();
        let _ = writeln!(out, "{} played, {failed} failed", count(self.played.len()));
        out
    }
}

fn count(number: usize) -> String {
    match number {
        1 => "1 test".to_owned(),
        _ => format!("{number} tests"),
    }
}

impl Failure {
    fn render(&self, sources: &Sources, played: &Played) -> String {
        let mut out = String::new();
        let place = sources.position(self.span);
        let path = &sources.get(self.span.file).path;
        let _ = writeln!(out, "{path}:{}: {}.{} ({}): {}", place.line, played.scenarios, played.test, played.language, self.message);
        if let Some(difference) = &self.difference {
            let _ = writeln!(out, "  expected (-), came (+)\n{}", indented(difference, "    "));
        }
        if !self.transcript.is_empty() {
            let from = self.transcript.len().saturating_sub(SHOWN);
            let _ = writeln!(out, "  the conversation so far\n{}", indented(&self.transcript[from..].join("\n"), "    "));
        }
        out
    }
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
