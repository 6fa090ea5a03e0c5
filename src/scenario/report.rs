//! What playing gives, and how it is told.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Sources, Span, has_errors};
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

/// Tests that are named of those that failed in the same way.
const NAMED: usize = 5;

impl Report {
    /// Takes over what came of other tests of the same flows.
    pub(super) fn add(&mut self, other: Self) {
        self.played.extend(other.played);
        self.findings.extend(other.findings);
        self.coverage.add(&other.coverage);
    }

    /// True if every test holds and nothing is wrong with any.
    pub fn passed(&self) -> bool {
        self.played.iter().all(|played| played.failure.is_none()) && !has_errors(&self.findings)
    }

    /// The failures in full, and how many tests held.
    pub fn render(&self, sources: &Sources) -> String {
        let mut out = String::new();
        for (failure, of) in self.failures() {
            out += &failure.render(sources, &of);
            out.push('\n');
        }
        let _ = writeln!(out, "{} played, {} failed", count(self.played.len()), self.failed());
        out
    }

    /// The failures without the conversations before them.
    pub fn brief(&self, sources: &Sources) -> String {
        self.failures().into_iter().map(|(failure, of)| failure.brief(sources, of[0])).collect()
    }

    /// How many tests failed.
    pub fn failed(&self) -> usize {
        self.played.iter().filter(|played| played.failure.is_some()).count()
    }
}

impl Report {
    /// What failed and in which tests: a mistake in a part that many tests play is one mistake.
    fn failures(&self) -> Vec<(&Failure, Vec<&Played>)> {
        let mut failures: Vec<(&Failure, Vec<&Played>)> = Vec::new();
        for played in &self.played {
            let Some(failure) = &played.failure else { continue };
            match failures.iter_mut().find(|(known, _)| known.is_as(failure)) {
                Some((_, of)) => of.push(played),
                None => failures.push((failure, vec![played])),
            }
        }
        failures
    }
}

impl Played {
    /// As `usher test --filter` takes it, and the language.
    fn name(&self) -> String {
        format!("{}/{} ({})", self.scenarios, self.test, self.language)
    }
}

fn count(number: usize) -> String {
    match number {
        1 => "1 test".to_owned(),
        _ => format!("{number} tests"),
    }
}

impl Failure {
    /// The same line went otherwise in the same way.
    fn is_as(&self, other: &Self) -> bool {
        (self.span, &self.message, &self.difference) == (other.span, &other.message, &other.difference)
    }

    /// Where, what, and the difference.
    fn brief(&self, sources: &Sources, first: &Played) -> String {
        let place = sources.position(self.span);
        let path = &sources.get(self.span.file).path;
        let mut out = format!("{path}:{}: {}: {}\n", place.line, first.name(), self.message);
        if let Some(difference) = &self.difference {
            let _ = writeln!(out, "  expected (-), came (+)\n{}", indented(difference, "    "));
        }
        out
    }

    fn render(&self, sources: &Sources, of: &[&Played]) -> String {
        let (first, others) = of.split_first().expect("a failure is that of a test");
        let mut out = self.brief(sources, first);
        if !self.transcript.is_empty() {
            let from = self.transcript.len().saturating_sub(SHOWN);
            let _ = writeln!(out, "  the conversation so far\n{}", indented(&self.transcript[from..].join("\n"), "    "));
        }
        if !others.is_empty() {
            let _ = writeln!(out, "  the same in {}", named(others));
        }
        out
    }
}

/// Some of them by name, and how many more there are.
fn named(played: &[&Played]) -> String {
    let names: Vec<String> = played.iter().take(NAMED).map(|played| played.name()).collect();
    match played.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(test: &str, came: &str) -> Played {
        let failure = Failure {
            span: Span::default(),
            message: "the message to me is another one".to_owned(),
            difference: Some(format!("- Да\n+ {came}")),
            transcript: vec![format!("me: /{test}")],
        };
        Played { scenarios: "pass".to_owned(), test: test.to_owned(), title: None, language: "ru".to_owned(), failure: Some(failure) }
    }

    #[test]
    fn the_same_mistake_of_many_tests_is_told_once() {
        let mut sources = Sources::default();
        sources.add("flows/pass.test.yaml", "scenarios: pass\n");
        let names = ["one", "two", "three", "four", "five", "six", "seven"];
        let mut report = Report { played: names.map(|name| played(name, "Нет")).into(), ..Report::default() };
        report.played.push(played("other", "Может быть"));
        let told = report.render(&sources);
        let expected = "flows/pass.test.yaml:1: pass/one (ru): the message to me is another one
  expected (-), came (+)
    - Да
    + Нет
  the conversation so far
    me: /one
  the same in pass/two (ru), pass/three (ru), pass/four (ru), pass/five (ru), pass/six (ru) and 1 more

flows/pass.test.yaml:1: pass/other (ru): the message to me is another one
  expected (-), came (+)
    - Да
    + Может быть
  the conversation so far
    me: /other

8 tests played, 8 failed
";
        assert_eq!(told, expected);
    }
}
