//! A name that nothing has is told once, wherever else it stands: it was renamed, or misspelt, once. So is what is wrong with a value
//! in the same words at several places, and whatever else is when a value is not what many places take it for.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, FileId, Severity, Sources, together};
use crate::expr::codes as expr;
use crate::flow::load::codes;

/// What a finding is about: the kind of what is unknown, its name, and the file if the name means something there only.
type Subject = (&'static str, String, Option<FileId>);

/// Findings about one value, beyond which it is the value that is wrong, and not each of the places.
const DIFFERENT: usize = 2;

/// Puts findings about one name or one value together. What is wrong in a text and in its translations is told at the text.
pub(super) fn once(sources: &Sources, catalogs: &BTreeSet<FileId>, findings: &mut Vec<Diagnostic>) {
    findings.sort_by_key(|finding| (catalogs.contains(&finding.span.file), finding.span.file, finding.span.start));
    together(findings, |finding| subject(finding).or_else(|| given(finding)).or_else(|| same_words(sources, finding)));
    together(findings, way);
    let mistaken = mistaken(sources, findings);
    let mut at = 0;
    together(findings, |_| {
        at += 1;
        mistaken[at - 1].clone()
    });
    let mut about: BTreeMap<Subject, usize> = BTreeMap::new();
    for value in findings.iter().filter_map(|finding| value(sources, finding)) {
        *about.entry(value).or_default() += 1;
    }
    together(findings, |finding| value(sources, finding).filter(|value| about[value] > different(finding)));
}

/// Fields that a value does not have, and that are like none it has, are of another value: two of them tell that.
fn different(finding: &Diagnostic) -> usize {
    if finding.code == expr::UNKNOWN_FIELD { 1 } else { DIFFERENT }
}

/// The step that is not on a way, with that way: whatever its result is read for there.
fn way(finding: &Diagnostic) -> Option<Subject> {
    let is_doubt = finding.severity == Severity::Warning && matches!(finding.code, expr::MAYBE_NONE | expr::PRINTS_NONE);
    let (step, remark) = finding.related.first().filter(|(_, remark)| is_doubt && remark.contains(" on the way "))?;
    Some(("way", format!("{} {remark}", step.start), Some(step.file)))
}

/// For each finding about a value that is of the wrong type, or may not be there, that value: the same one, where one is held against
/// another. What is wrong with it is wrong where it comes from, and not at each of the places.
fn mistaken(sources: &Sources, findings: &[Diagnostic]) -> Vec<Option<Subject>> {
    // Words with a meaning of their own, and names that mean something else at each place.
    const PASSING: [&str; 10] = ["true", "false", "none", "now", "item", "value", "input", "result", "request", "event"];
    let mut known: BTreeMap<(&str, FileId, String), String> = BTreeMap::new();
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_path = |text: &&str| text.starts_with(|letter: char| letter.is_ascii_lowercase()) && text.split('.').all(is_part);
    let subject = |finding: &Diagnostic| {
        let how = match (finding.severity, finding.code) {
            (Severity::Error, expr::TYPE_MISMATCH | expr::PRINTS_NONE | expr::BAD_ARGUMENTS) => "typed",
            (Severity::Warning, expr::MAYBE_NONE | expr::PRINTS_NONE) => "none",
            _ => return None,
        };
        let file = finding.span.file;
        let whole = Some(sources.words(finding.span));
        // A single word in a message may be a filter's.
        let named = finding.message.split('`').skip(1).step_by(2).filter(|named| named.contains('.'));
        let paths: Vec<&str> = whole
            .into_iter()
            .chain(named)
            .filter(is_path)
            .filter(|path| !PASSING.contains(&path.split('.').next().unwrap_or_default()))
            .collect();
        let first = paths.first()?;
        let key = paths.iter().find_map(|path| known.get(&(how, file, (*path).to_owned())).cloned());
        let key = key.unwrap_or_else(|| (*first).to_owned());
        known.extend(paths.iter().map(|path| ((how, file, (*path).to_owned()), key.clone())));
        Some((how, key, Some(file)))
    };
    findings.iter().map(subject).collect()
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
        // How an operation or a flow can end is said by itself, and not by those that use it. What may be in doubt is thought of at each place.
        codes::UNCOVERED | codes::IMPOSSIBLE if !finding.message.starts_with("this flow") && !finding.message.contains("\"unknown\"") => {
            Some((finding.code.id, finding.message.clone(), None))
        }
        _ => None,
    }
}

/// An input that takes something else than it is given in several places: its declaration is wrong rather than each of them.
fn given(finding: &Diagnostic) -> Option<Subject> {
    let is_of_input = matches!(finding.code, codes::TYPE_MISMATCH | codes::MISPLACED_SECRET);
    let is_given = is_of_input && finding.message.starts_with("the input \"");
    is_given.then(|| (finding.code.id, finding.message.clone(), None))
}

/// What is wrong with a value, told in the same words about the same words.
fn same_words(sources: &Sources, finding: &Diagnostic) -> Option<Subject> {
    let is_told = is_of_value(finding) || finding.code == expr::CONSTANT_CONDITION;
    is_told.then(|| (finding.code.id, format!("{} {}", finding.message, sources.words(finding.span)), None))
}

/// The step whose result a finding is about, or the input or the field of the person; nothing where a name was misspelt, which is a
/// mistake of its own.
fn value(sources: &Sources, finding: &Diagnostic) -> Option<Subject> {
    const SHARED: [&str; 10] = ["person", "settings", "session", "inputs", "step", "item", "value", "result", "request", "event"];
    const DECLARED: [&str; 3] = ["person", "settings", "inputs"];
    let words = match finding.code {
        expr::UNKNOWN_FIELD => finding.message.split('`').nth(1)?,
        _ => sources.words(finding.span),
    };
    let mut parts = words.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let root = parts.next()?;
    let is_own = is_of_value(finding) && finding.fix.is_none() && root.starts_with(char::is_alphabetic);
    if DECLARED.contains(&root) {
        let field = parts.next().filter(|field| !field.is_empty() && is_own)?;
        return Some(("declared", format!("{root}.{field}"), (root == "inputs").then_some(finding.span.file)));
    }
    (is_own && !SHARED.contains(&root)).then(|| ("value", root.to_owned(), Some(finding.span.file)))
}

fn is_of_value(finding: &Diagnostic) -> bool {
    let codes = [codes::NEVER_SET, expr::MAYBE_NONE, expr::PRINTS_NONE, expr::TYPE_MISMATCH, expr::UNKNOWN_FIELD];
    codes.contains(&finding.code)
}
