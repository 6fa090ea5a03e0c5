//! What only follows from another finding in the same flow is told as a note of that one: whoever mends the first mends the other, too.
//!
//! Where a road leads to the wrong step, or a step is gone, others are not reached any more, what they read is not there, and what only
//! they have read is read by nobody. All that is right, and says nothing that the first finding does not.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{About, Code, Diagnostic, FileId, Severity, Span, follow};
use crate::expr::codes as expr;
use crate::flow::load::codes;
use crate::syntax::shape::codes as shape;

/// Names and roads that are wrong.
const WRONG: [Code; 8] = [
    codes::UNKNOWN_STEP,
    codes::UNKNOWN_NAME,
    codes::MISSING_ELSE,
    codes::DEAD_END,
    codes::UNCOVERED,
    codes::IMPOSSIBLE,
    codes::NO_PATH_TO_END,
    shape::EMPTY_BLOCK,
];

/// Puts what follows from another finding below it, in each flow by itself.
pub(super) fn below(flows: impl Iterator<Item = Span>, findings: &mut Vec<Diagnostic>) {
    let mut by_file: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        by_file.entry(home(finding).file).or_default().push(at);
    }
    let mut told = BTreeSet::new();
    for flow in flows {
        let is_here = |at: &usize| {
            let span = home(&findings[*at]);
            flow.start <= span.start && span.end <= flow.end
        };
        let mut here: Vec<usize> = by_file.get(&flow.file).into_iter().flatten().copied().filter(is_here).collect();
        while let Some((cause, effects)) = first(&here, findings) {
            let note = |at: &usize| (findings[*at].span, format!("this may follow from it: {}", findings[*at].message));
            let notes: Vec<_> = effects.iter().map(note).collect();
            follow(&mut findings[cause], notes.into_iter());
            here.retain(|at| !effects.contains(at));
            told.extend(effects);
        }
    }
    let mut at = 0..;
    findings.retain(|_| at.next().is_some_and(|at| !told.contains(&at)));
}

/// Where a finding belongs: a doubt in a translation to the flow whose way it shows.
fn home(finding: &Diagnostic) -> Span {
    let way = finding.related.first().filter(|(span, _)| is_doubt(finding) && span.file != finding.span.file);
    way.map_or(finding.span, |(span, _)| *span)
}

/// The first of these findings from which others of them follow, and those.
fn first(here: &[usize], findings: &[Diagnostic]) -> Option<(usize, Vec<usize>)> {
    let mut causes: Vec<usize> = here.iter().copied().filter(|at| rank(&findings[*at]).is_some()).collect();
    causes.sort_by_key(|at| (rank(&findings[*at]), findings[*at].span.start));
    // Of those that are causes of the same the first is asked.
    causes.dedup_by_key(|at| (rank(&findings[*at]), findings[*at].code == shape::EMPTY_BLOCK));
    causes.into_iter().find_map(|cause| {
        let effects: Vec<usize> = here.iter().copied().filter(|at| *at != cause && is_effect(&findings[cause], &findings[*at])).collect();
        (!effects.is_empty()).then_some((cause, effects))
    })
}

/// How sure it is that something is a cause: a name or a road that is wrong before roads that lead nowhere.
fn rank(finding: &Diagnostic) -> Option<u8> {
    match finding.code {
        code if WRONG.contains(&code) => Some(0),
        codes::LOOP => Some(1),
        codes::SIDE_ROAD => Some(2),
        codes::UNREACHABLE_STEP => Some(3),
        _ => None,
    }
}

/// Whether a finding says that something may not be there.
fn is_doubt(finding: &Diagnostic) -> bool {
    finding.severity == Severity::Warning && matches!(finding.code, expr::MAYBE_NONE | expr::PRINTS_NONE)
}

/// Whether a finding is about this value, or about a field of it.
fn is_read(value: &About, finding: &Diagnostic) -> bool {
    let wanted = root(value);
    wanted.is_some() && finding.about.iter().any(|about| root(about) == wanted)
}

/// The name that a value is read by.
fn root(about: &About) -> Option<&str> {
    match about {
        About::Value(path) => path.split('.').next(),
        About::Declared(_) | About::Manner(_) => None,
    }
}

/// Whether a finding is what comes of such a cause.
fn is_effect(cause: &Diagnostic, finding: &Diagnostic) -> bool {
    if cause.code == shape::EMPTY_BLOCK {
        // What is to be written there may end the flow, and have the field.
        let is_unread = finding.code == codes::UNKNOWN_FIELD && finding.fix.is_none();
        return is_unread || matches!(finding.code, codes::DEAD_END | codes::IMPOSSIBLE);
    }
    let is_idle = matches!(finding.code, expr::CONSTANT_CONDITION | codes::NEVER_SET | codes::UNUSED_RESULT | codes::SHADOWED);
    if cause.code == codes::NO_PATH_TO_END && cause.about.iter().any(|about| is_read(about, finding)) {
        return true;
    }
    finding.severity == Severity::Warning && (is_doubt(finding) || is_idle || rank(finding) > rank(cause))
}
