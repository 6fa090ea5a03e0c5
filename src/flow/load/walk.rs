//! What follows from the roads of a flow: steps nobody reaches, ends nobody reaches.

use std::collections::BTreeSet;

use crate::diagnostic::{About, Diagnostic, follow, together};
use crate::flow::load::flows::Built;
use crate::flow::load::{circles, codes, personal, side_roads};
use crate::flow::ways::{self, Cause, To};
use crate::flow::{Flow, Verb};

/// A flow with more steps is refused by its shape.
const STEPS: usize = 200;

/// Checks the roads of a flow.
pub(super) fn check(built: &Built, findings: &mut Vec<Diagnostic>) {
    let flow = &built.flow;
    if flow.steps.len() > STEPS {
        return;
    }
    let exits: Vec<Exits> = (0..flow.steps.len()).map(|at| Exits::of(flow, at)).collect();
    report_dead_end(flow, &exits, findings);
    circles::report(flow, &exits, built.lost, findings);
    if built.lost {
        return;
    }
    let reached = reached(0, &exits);
    report_unreachable(flow, &exits, &reached, findings);
    report_no_end(flow, &exits, &reached, findings);
    report_doubtful(flow, &reached, findings);
    side_roads::check(flow, findings);
    personal::before_consent(flow, findings);
}

/// Where a step can lead.
#[derive(Clone, Default)]
pub(super) struct Exits {
    /// To these steps.
    pub steps: BTreeSet<usize>,
    /// Out of the flow.
    ends: bool,
    /// To the step behind it, and there is none.
    dead: bool,
}

impl Exits {
    /// To these steps alone.
    pub fn to(steps: BTreeSet<usize>) -> Self {
        Self { steps, ..Self::default() }
    }

    fn of(flow: &Flow, at: usize) -> Self {
        let mut exits = Self::default();
        for way in ways::of_step(flow, at) {
            exits.steps.extend(way.to.step());
            exits.ends |= matches!(way.to, To::End(_) | To::Flow { .. });
            exits.dead |= way.to == To::Nowhere;
        }
        exits
    }
}

/// True if the step can complete normally.
fn completes(flow: &Flow, at: usize) -> bool {
    ways::of_step(flow, at).iter().any(|way| !matches!(way.cause, Cause::Skipped) && (way.to == To::Nowhere))
}

fn report_dead_end(flow: &Flow, exits: &[Exits], findings: &mut Vec<Diagnostic>) {
    let Some((step, last)) = flow.steps.last().zip(exits.last()) else { return };
    if !last.dead {
        return;
    }
    let ends = !completes(flow, flow.steps.len() - 1);
    let message = if ends {
        format!("when \"{}\" is skipped there is no step behind it", step.id)
    } else {
        format!("the flow stops at \"{}\": there is no step behind it", step.id)
    };
    let help = if ends {
        "add a last step that only ends: done: { end: completed }"
    } else {
        "say how the session ends (end: completed), or where it goes on (go)"
    };
    findings.push(Diagnostic::error(codes::DEAD_END, step.span, message).help(help));
}

/// Steps that nobody reaches, beyond which they have one cause.
const SEVERAL: usize = 2;

/// A step that nobody reaches stands for those that only it leads to. Of several such the first stands for all: one road that is missing
/// leaves them behind.
fn report_unreachable(flow: &Flow, exits: &[Exits], entered: &BTreeSet<usize>, findings: &mut Vec<Diagnostic>) {
    let mut left: BTreeSet<usize> = (0..exits.len()).filter(|at| !entered.contains(at)).collect();
    let mut told = Vec::new();
    while let Some(first) = left.first().copied() {
        // Nothing leads to it; in a circle, nothing from outside.
        let root = left.iter().copied().find(|at| left.iter().all(|from| from == at || !exits[*from].steps.contains(at)));
        let root = root.unwrap_or(first);
        let behind: Vec<usize> = reached(root, exits).into_iter().filter(|at| left.remove(at) && *at != root).collect();
        let step = &flow.steps[root];
        let found = Diagnostic::warning(codes::UNREACHABLE_STEP, step.span, format!("nothing leads to the step \"{}\"", step.id));
        let mut found = found.help("lead a road to it, or remove it");
        let lost = behind.iter().map(|at| &flow.steps[*at]);
        follow(&mut found, lost.map(|step| (step.span, format!("and so nothing leads to \"{}\"", step.id))));
        told.push(found);
    }
    let several = told.len() > SEVERAL;
    together(&mut told, |_| several.then_some(()));
    findings.append(&mut told);
}

/// The steps that are reached from this one, itself included.
fn reached(from: usize, exits: &[Exits]) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = if exits.is_empty() { Vec::new() } else { vec![from] };
    while let Some(at) = open.pop() {
        if reached.insert(at) {
            open.extend(exits[at].steps.iter().copied());
        }
    }
    reached
}

/// The first step from which no end can be reached stands for all of them.
fn report_no_end(flow: &Flow, exits: &[Exits], reached: &BTreeSet<usize>, findings: &mut Vec<Diagnostic>) {
    let mut ending: BTreeSet<usize> = (0..exits.len()).filter(|at| exits[*at].ends || exits[*at].dead).collect();
    loop {
        let more: Vec<_> = (0..exits.len()).filter(|at| !ending.contains(at) && !exits[*at].steps.is_disjoint(&ending)).collect();
        if more.is_empty() {
            break;
        }
        ending.extend(more);
    }
    if let Some(at) = reached.iter().find(|at| is_stuck(flow, **at)) {
        let step = &flow.steps[*at];
        let found =
            Diagnostic::error(codes::NO_PATH_TO_END, step.span, format!("nobody gets past \"{}\": no answer leads on from it", step.id));
        let found = found.about(About::Value(step.id.clone()));
        findings.push(
            found.help("add an option that is an answer, or one that leads somewhere: what opens a link, copies or is a word does not"),
        );
    } else if let Some(at) = reached.iter().find(|at| !ending.contains(at)) {
        let step = &flow.steps[*at];
        let found = Diagnostic::error(codes::NO_PATH_TO_END, step.span, format!("from \"{}\" no way leads to an end", step.id));
        findings.push(found.help("add an option or a road that ends the session: end: …"));
    }
}

/// The ways on from a question once it has been asked.
fn onward(flow: &Flow, at: usize) -> impl Iterator<Item = ways::Way<'_>> {
    let leads = |way: &ways::Way<'_>| !matches!(way.cause, Cause::Skipped | Cause::Limit) && !matches!(way.to, To::Stay(_));
    ways::of_step(flow, at).into_iter().filter(leads)
}

/// True for a question that nobody can answer.
fn is_stuck(flow: &Flow, at: usize) -> bool {
    matches!(flow.steps[at].verb, Verb::Ask(_)) && onward(flow, at).next().is_none()
}

/// The questions of which it depends on one condition whether there is any way on.
fn report_doubtful(flow: &Flow, reached: &BTreeSet<usize>, findings: &mut Vec<Diagnostic>) {
    let asked = |at: &usize| matches!(flow.steps[*at].verb, Verb::Ask(_)) && flow.steps[*at].when.is_none();
    for at in reached.iter().copied().filter(asked) {
        let mut onward = onward(flow, at);
        if let (Some(ways::Way { cause: Cause::Option(choice), .. }), None) = (onward.next(), onward.next())
            && choice.when.is_some()
        {
            let step = &flow.steps[at];
            let message = format!("the only way on from \"{}\" is the option \"{}\", which is not always there", step.id, choice.id);
            let found = Diagnostic::warning(codes::MISSING_ROAD, step.span, message);
            findings.push(found.help("who does not get it stands still: add another option, or give the question a \"when\" of its own"));
        }
    }
}
