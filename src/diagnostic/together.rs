//! Findings about one thing told once: the first, with the places of the others.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Span};

/// How many other places a finding names.
pub(super) const PLACES: usize = 3;

/// Of findings with the same subject the first stays, and names the places of the others; those without a subject stay as they are.
pub fn together<S: Ord>(findings: &mut Vec<Diagnostic>, mut subject: impl FnMut(&Diagnostic) -> Option<S>) {
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(findings.len());
    let mut seen: BTreeMap<S, (usize, usize)> = BTreeMap::new();
    for finding in findings.drain(..) {
        let Some(subject) = subject(&finding) else {
            kept.push(finding);
            continue;
        };
        if let Some((first, named)) = seen.get_mut(&subject) {
            *named += usize::from(join(&mut kept[*first], finding, *named < PLACES));
        } else {
            seen.insert(subject, (kept.len(), 0));
            kept.push(finding);
        }
    }
    *findings = kept;
}

/// Adds another finding to the first one, by its place if that `is_named`; false if the first one has the place already.
fn join(first: &mut Diagnostic, other: Diagnostic, is_named: bool) -> bool {
    if first.span == other.span || first.related.iter().any(|(span, _)| *span == other.span) {
        return false;
    }
    if is_named {
        let remark = if other.message == first.message { "and here".to_owned() } else { other.message };
        first.related.push((other.span, remark));
    }
    first.others += 1 + other.others;
    if let (Some(fix), Some(own)) = (&mut first.fix, other.fix)
        && first.span.file == other.span.file
    {
        fix.edits.extend(own.edits);
    }
    true
}

/// Puts what may follow from a finding below it, each place with its remark. The last one that is named says how many there are more.
pub fn follow(cause: &mut Diagnostic, effects: impl ExactSizeIterator<Item = (Span, String)>) {
    let more = effects.len().saturating_sub(PLACES);
    for (at, (span, remark)) in effects.take(PLACES).enumerate() {
        let rest = if at + 1 == PLACES && more > 0 { format!(" (and {more} more like it)") } else { String::new() };
        cause.related.push((span, remark + &rest));
    }
}
