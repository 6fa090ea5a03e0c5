//! Findings about one thing told once: the first, with the places of the others.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;

/// How many other places a finding names.
const PLACES: usize = 3;

/// Of findings with the same subject the first stays, and names the places of the others; those without a subject stay as they are.
pub fn together<S: Ord>(findings: &mut Vec<Diagnostic>, mut subject: impl FnMut(&Diagnostic) -> Option<S>) {
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(findings.len());
    let mut seen: BTreeMap<S, (usize, usize)> = BTreeMap::new();
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
        let remark = if other.message == first.message { "and here".to_owned() } else { other.message };
        first.related.push((other.span, remark));
    }
    if let (Some(fix), Some(own)) = (&mut first.fix, other.fix)
        && first.span.file == other.span.file
    {
        fix.edits.extend(own.edits);
    }
    true
}
