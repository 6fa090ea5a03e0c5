//! Side roads: steps that are only met when something else happened than was hoped for. One that walks on into the next of them, just
//! because that stands behind it, is hardly meant.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::flow::load::codes;
use crate::flow::ways::{self, Cause, To};
use crate::flow::{Flow, Next};

/// Warns of side roads that run into one another.
pub(super) fn check(flow: &Flow, findings: &mut Vec<Diagnostic>) {
    let spine = spine(flow);
    for at in (0..flow.steps.len()).filter(|at| !spine.contains(at)) {
        let next = at + 1;
        let falls = flow.steps[at].next == Next::Following && ways::of_step(flow, at).iter().any(|way| falls(way.cause, way.to, next));
        if !falls || spine.contains(&next) {
            continue;
        }
        let Some(from) = entered(flow, next, at) else { continue };
        let (step, into) = (&flow.steps[at], &flow.steps[next]);
        let message = format!("the side road \"{}\" walks on into the side road \"{}\"", step.id, into.id);
        findings.push(
            Diagnostic::warning(codes::SIDE_ROAD, step.span, message)
                .help(format!("say where \"{}\" leads: end: …, or go: … (\"go: {}\" if this is meant)", step.id, into.id))
                .related(flow.steps[from].span, format!("\"{}\" is where \"{}\" leads on purpose", into.id, flow.steps[from].id)),
        );
    }
}

fn falls(cause: Cause<'_>, to: To<'_>, next: usize) -> bool {
    to == To::Step(next) && !cause.is_aside() && !matches!(cause, Cause::Skipped | Cause::Branch(_))
}

/// The steps that are met without anything going wrong.
fn spine(flow: &Flow) -> BTreeSet<usize> {
    let mut spine = BTreeSet::new();
    let mut open = if flow.steps.is_empty() { Vec::new() } else { vec![0] };
    while let Some(at) = open.pop() {
        if spine.insert(at) {
            open.extend(ways::of_step(flow, at).iter().filter(|way| !is_aside(flow, at, way.cause)).filter_map(|way| way.to.step()));
        }
    }
    spine
}

/// The ends of another flow are no accidents.
fn is_aside(flow: &Flow, at: usize, cause: Cause<'_>) -> bool {
    cause.is_aside() && !matches!((cause, &flow.steps[at].verb), (Cause::Outcome(_), crate::flow::Verb::Run(_)))
}

/// The first step, other than `before`, from which a road leads to this one on purpose.
fn entered(flow: &Flow, step: usize, before: usize) -> Option<usize> {
    let leads = |at: &usize| ways::of_step(flow, *at).iter().any(|way| is_aside(flow, *at, way.cause) && way.to.step() == Some(step));
    (0..flow.steps.len()).filter(|at| *at != before).find(leads)
}
