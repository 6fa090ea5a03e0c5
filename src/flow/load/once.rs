//! A name that nothing has is told once, wherever else it stands: it was renamed, or misspelt, once. So is what is wrong with a value
//! in the same words at several places, and whatever else is when a value is not what many places take it for.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, FileId, Sources, together};
use crate::expr::codes as expr;
use crate::flow::load::codes;

/// What a finding is about: the kind of what is unknown, its name, and the file if the name means something there only.
type Subject = (&'static str, String, Option<FileId>);

/// Findings about one value, beyond which it is the value that is wrong, and not each of the places.
const DIFFERENT: usize = 2;

/// Puts findings about one name or one value together.
pub(super) fn once(sources: &Sources, findings: &mut Vec<Diagnostic>) {
    findings.sort_by_key(|finding| (finding.span.file, finding.span.start));
    together(findings, |finding| subject(finding).or_else(|| same_words(sources, finding)));
    let mut about: BTreeMap<Subject, usize> = BTreeMap::new();
    for value in findings.iter().filter_map(|finding| value(sources, finding)) {
        *about.entry(value).or_default() += 1;
    }
    together(findings, |finding| value(sources, finding).filter(|value| about[value] > DIFFERENT));
}

fn subject(finding: &Diagnostic) -> Option<Subject> {
    let name = || finding.message.split(['"', '`']).nth(1).map(str::to_owned);
    let last = || finding.message.rsplit(['"', '`']).nth(1).map(str::to_owned);
    let here = Some(finding.span.file);
    match finding.code {
        // A step that is not there is no name of an expression either.
        codes::UNKNOWN_STEP | codes::UNKNOWN_NAME => Some(("step", name()?, here)),
        codes::UNKNOWN_FLOW => Some(("flow", name()?, None)),
        codes::UNKNOWN_OPERATION => Some(("operation", name()?, None)),
        codes::UNKNOWN_ROLE => Some(("role", name()?, None)),
        codes::UNKNOWN_EVENT => Some(("event", name()?, None)),
        codes::UNKNOWN_FIELD if finding.message.contains("remembered") => Some(("field", name()?, None)),
        codes::UNKNOWN_FIELD => Some(("field", last()?.trim_start_matches("person.").to_owned(), None)),
        codes::UNKNOWN_INPUT | codes::MISSING_INPUT => Some((finding.code.id, finding.message.clone(), None)),
        _ => None,
    }
}

/// What is wrong with a value, told in the same words about the same words.
fn same_words(sources: &Sources, finding: &Diagnostic) -> Option<Subject> {
    is_of_value(finding).then(|| (finding.code.id, format!("{} {}", finding.message, sources.words(finding.span)), None))
}

/// The step whose result a finding is about; nothing where a name was misspelt, which is a mistake of its own.
fn value(sources: &Sources, finding: &Diagnostic) -> Option<Subject> {
    const SHARED: [&str; 10] = ["person", "settings", "session", "inputs", "step", "item", "value", "result", "request", "event"];
    let words = match finding.code {
        expr::UNKNOWN_FIELD => finding.message.split('`').nth(1)?,
        _ => sources.words(finding.span),
    };
    let root = words.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()?;
    let is_own = is_of_value(finding) && finding.fix.is_none() && root.starts_with(char::is_alphabetic) && !SHARED.contains(&root);
    is_own.then(|| ("value", root.to_owned(), Some(finding.span.file)))
}

fn is_of_value(finding: &Diagnostic) -> bool {
    let codes = [codes::NEVER_SET, expr::MAYBE_NONE, expr::PRINTS_NONE, expr::TYPE_MISMATCH, expr::UNKNOWN_FIELD];
    codes.contains(&finding.code)
}
