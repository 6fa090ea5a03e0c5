//! Signs as they are typed, where print has better ones.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::lint::checks::texts::Text;
use crate::lint::codes;

/// A pattern whose first group is replaced.
struct Habit {
    pattern: Regex,
    by: &'static str,
    message: &'static str,
}

static HABITS: LazyLock<Vec<Habit>> = LazyLock::new(|| {
    let habit = |pattern: &str, by, message| Habit { pattern: Regex::new(pattern).expect("a test tries every pattern"), by, message };
    vec![
        habit(r"[^\s](\.\.\.)", "…", "three full stops where one sign is meant"),
        habit(r"[^\s\n]( - )[^\s\n]", " — ", "a hyphen where a dash is meant"),
        habit(r"[\p{L}\d.,!?]( {2,})[^\s]", " ", "more than one space between words"),
        habit(r"[\p{L}\d]( +)[,.!?;:](?:\s|$)", "", "a space before a punctuation mark"),
    ]
});

/// Words in straight quotes; the first group is what they enclose.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""([^"\n]*\p{Cyrillic}[^"\n]*)""#).expect("a test tries every pattern"));

/// Checks a text.
pub fn check(text: &Text<'_>, findings: &mut Vec<Diagnostic>) {
    for habit in HABITS.iter() {
        for found in habit.pattern.captures_iter(&text.words).filter_map(|found| found.get(1)) {
            let place = text.place(found.start(), found.end());
            let written = if habit.by.is_empty() { "leave it out".to_owned() } else { format!("write \"{}\"", habit.by) };
            findings.push(told(place, habit.message).help(written).fix(Fix::risky(place, habit.by)));
        }
    }
    for found in QUOTED.find_iter(&text.words) {
        let (start, end) = (found.start(), found.end());
        let edit = |from: usize, to: usize, text_: &str| Edit { span: text.place(from, to), text: text_.to_owned() };
        let edits = vec![edit(start, start + 1, "«"), edit(end - 1, end, "»")];
        let found = told(text.place(start, end), "straight quotes around Russian words").help("write «»");
        findings.push(found.fix(Fix { edits, safe: false }));
    }
}

fn told(place: crate::diagnostic::Span, message: &str) -> Diagnostic {
    Diagnostic { severity: Severity::Info, ..Diagnostic::warning(codes::TYPOGRAPHY, place, message) }
}
