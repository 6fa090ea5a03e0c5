//! Circles in which nobody waits: a session would go round in them for ever.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::expr::Expression;
use crate::flow::load::codes;
use crate::flow::load::walk::Exits;
use crate::flow::ways::{self, Cause};
use crate::flow::{Due, Flow, Step, Timeout, Verb, Wait};

/// A circle without a step that waits, and without a `limit`, would spin for ever. One in which only servers are asked does not spin,
/// but asks them over and over; that is told where all roads are known.
pub(super) fn report(flow: &Flow, exits: &[Exits], lost: bool, findings: &mut Vec<Diagnostic>) {
    let unlimited = |at: &usize| flow.steps[*at].limit.is_none();
    let idle: BTreeSet<usize> = (0..exits.len()).filter(unlimited).filter(|at| !waits(&flow.steps[*at])).collect();
    let mut reported = report_of(idle.iter().copied(), &idle, flow, exits, |circle, start| {
        let message = format!("these steps go round without anybody being asked: {}", names(flow, circle));
        let found = Diagnostic::error(codes::LOOP, start.span, message);
        Some(found.help("put a question or a \"wait\" into the circle, or a \"limit\" on one of its steps"))
    });
    if lost {
        findings.append(&mut reported.1);
        return;
    }
    let free = (0..exits.len()).filter(unlimited).filter(|at| !waits(&flow.steps[*at]) || is_call(&flow.steps[*at]));
    let free: BTreeSet<usize> = free.filter(|at| !reported.0.contains(at)).collect();
    reported.1.extend(
        report_of(free.iter().copied(), &free, flow, exits, |circle, start| {
            let names = names(flow, circle);
            let message = format!("these steps ask the server over and over, and no person in between: {names}");
            let found = Diagnostic::warning(codes::LOOP, start.span, message);
            Some(found.help("put a \"wait\" into the circle, or a \"limit\" on one of its steps; after a failure \"retry\" waits, too"))
        })
        .1,
    );
    report_spent(flow, exits, &mut reported);
    findings.append(&mut reported.1);
}

/// A circle may wait only as long as a limit is not reached, or a moment has not come. From then on it spins, too.
fn report_spent(flow: &Flow, exits: &[Exits], reported: &mut (BTreeSet<usize>, Vec<Diagnostic>)) {
    let spent: Vec<Option<BTreeSet<usize>>> = (0..exits.len()).map(|at| spent(flow, at)).collect();
    let exits: Vec<Exits> = exits.iter().zip(&spent).map(|(exits, spent)| spent.clone().map_or_else(|| exits.clone(), Exits::to)).collect();
    let spins = |at: &usize| spent[*at].is_some() || !waits(&flow.steps[*at]) || is_call(&flow.steps[*at]);
    let free: BTreeSet<usize> = (0..exits.len()).filter(spins).collect();
    let starts = (0..exits.len()).filter(|at| spent[*at].is_some() && !reported.0.contains(at));
    let found = report_of(starts, &free, flow, &exits, |circle, step| {
        if is_renewed(flow, circle) {
            return None;
        }
        let (what, help) = match step.limit {
            Some(_) => ("its limit is reached", "lead the road of the limit to a question, a \"wait\" or an end"),
            None => ("that moment has come", "lead the road of that moment on, or wait there for a time (`after`, `wait: 1h`)"),
        };
        let names = names(flow, circle);
        let message = format!("once {what} \"{}\" waits no more, and the steps go round for ever: {names}", step.id);
        Some(Diagnostic::error(codes::LOOP, step.span, message).help(help))
    });
    reported.1.extend(found.1);
}

/// The steps that this one leads to at once when its limit is reached, or the moment at which it ends has come; nothing if it has neither.
fn spent(flow: &Flow, at: usize) -> Option<BTreeSet<usize>> {
    let step = &flow.steps[at];
    let is_meant = |cause: Cause<'_>| match cause {
        Cause::Limit => step.limit.is_some(),
        Cause::Timeout => step.limit.is_none() && step.timeout.is_some(),
        Cause::Done => step.limit.is_none() && step.timeout.is_none(),
        _ => false,
    };
    let counts = step.limit.is_some() || moment(step).is_some();
    counts.then(|| ways::of_step(flow, at).into_iter().filter(|way| is_meant(way.cause)).filter_map(|way| way.to.step()).collect())
}

/// The moment at which the step ends by itself, if it is one that stays: not so long after something.
fn moment(step: &Step) -> Option<&Expression> {
    let ends = step.timeout.as_ref().map(|Timeout { due, .. }| due);
    let passes = if let Verb::Wait(Wait::Time(due)) = &step.verb { Some(due) } else { None };
    let Due::At(moment) = ends.or(passes)? else { return None };
    moment.names().iter().all(|name| name.path[0] != "now").then_some(moment)
}

/// Whether a moment of a circle is computed anew in it.
fn is_renewed(flow: &Flow, circle: &[usize]) -> bool {
    let mut moments = circle.iter().filter_map(|at| moment(&flow.steps[*at])).flat_map(Expression::names);
    moments.any(|name| circle.iter().any(|at| flow.steps[*at].id == name.path[0]))
}

/// What is found of each circle over `free` steps that leads through one of `starts`; the steps of all of which something is.
fn report_of(
    starts: impl Iterator<Item = usize>,
    free: &BTreeSet<usize>,
    flow: &Flow,
    exits: &[Exits],
    found: impl Fn(&[usize], &Step) -> Option<Diagnostic>,
) -> (BTreeSet<usize>, Vec<Diagnostic>) {
    let (mut reported, mut findings) = (BTreeSet::new(), Vec::new());
    for start in starts {
        if reported.contains(&start) {
            continue;
        }
        let Some(circle) = circle(start, free, exits) else { continue };
        let Some(finding) = found(&circle, &flow.steps[start]) else { continue };
        findings.push(finding);
        reported.extend(circle);
    }
    (reported, findings)
}

/// The steps of a circle, from its start to its start.
fn names(flow: &Flow, circle: &[usize]) -> String {
    circle.iter().chain(circle.first()).map(|at| flow.steps[*at].id.as_str()).collect::<Vec<_>>().join(" → ")
}

fn waits(step: &Step) -> bool {
    matches!(step.verb, Verb::Ask(_) | Verb::Review(_) | Verb::Call(_) | Verb::Run(_) | Verb::Wait(_) | Verb::Approve(_))
}

fn is_call(step: &Step) -> bool {
    matches!(step.verb, Verb::Call(_))
}

/// The shortest way from `start` back to it over `free` steps.
fn circle(start: usize, free: &BTreeSet<usize>, exits: &[Exits]) -> Option<Vec<usize>> {
    let mut came = std::collections::BTreeMap::new();
    let mut open = std::collections::VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        for &to in exits[at].steps.iter().filter(|to| free.contains(to)) {
            if to == start {
                let mut way = vec![at];
                while let Some(before) = way.last().filter(|last| **last != start).and_then(|last| came.get(last)) {
                    way.push(*before);
                }
                way.reverse();
                return Some(way);
            }
            came.entry(to).or_insert_with(|| {
                open.push_back(to);
                at
            });
        }
    }
    None
}
