//! A name that nothing has is told once, wherever else it stands: it was renamed, or misspelt, once.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, FileId};
use crate::flow::load::codes;

/// How many other places a finding names.
const PLACES: usize = 3;

/// What a finding is about: the kind of what is unknown, its name, and the file if the name means something there only.
type Subject = (&'static str, String, Option<FileId>);

/// Puts findings about one name together.
pub(super) fn once(findings: &mut Vec<Diagnostic>) {
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(findings.len());
    let mut seen: BTreeMap<Subject, (usize, usize)> = BTreeMap::new();
    findings.sort_by_key(|finding| (finding.span.file, finding.span.start));
    for finding in findings.drain(..) {
        let Some(subject) = subject(&finding) else {
            kept.push(finding);
            continue;
        };
        if let Some((first, more)) = seen.get_mut(&subject) {
            *more += usize::from(join(&mut kept[*first], finding, *more));
        } else {
            seen.insert(subject, (kept.len(), 0));
            kept.push(finding);
        }
    }
    for (first, more) in seen.into_values().filter(|(_, more)| *more > PLACES) {
        let help = kept[first].help.take().map(|help| format!("; {help}")).unwrap_or_default();
        kept[first].help = Some(format!("it stands at {more} more places{help}"));
    }
    *findings = kept;
}

/// Adds the place of another finding to the first one; false if that has it already.
fn join(first: &mut Diagnostic, other: Diagnostic, more: usize) -> bool {
    if first.span == other.span || first.related.iter().any(|(span, _)| *span == other.span) {
        return false;
    }
    if more < PLACES {
        first.related.push((other.span, "and here".to_owned()));
    }
    if let (Some(fix), Some(own)) = (&mut first.fix, other.fix)
        && first.span.file == other.span.file
    {
        fix.edits.extend(own.edits);
    }
    true
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
