//! What follows from the roads of a flow: steps nobody reaches, ends nobody reaches, circles in which nobody waits.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::flow::load::codes;
use crate::flow::load::flows::Built;
use crate::flow::{AnswerType, Ask, Choice, Flow, Next, Options, Road, Step, Target, Verb};

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
    report_circles(flow, &exits, findings);
    if built.lost {
        return;
    }
    let reached = reached(&exits);
    for step in (0..flow.steps.len()).filter(|at| !reached.contains(at)).map(|at| &flow.steps[at]) {
        let found = Diagnostic::warning(codes::UNREACHABLE_STEP, step.span, format!("nothing leads to the step \"{}\"", step.id));
        findings.push(found.help("lead a road to it, or remove it"));
    }
    report_no_end(flow, &exits, &reached, findings);
}

/// Where a step can lead.
#[derive(Default)]
struct Exits {
    /// To these steps.
    steps: BTreeSet<usize>,
    /// Out of the flow.
    ends: bool,
    /// To the step behind it, and there is none.
    dead: bool,
}

impl Exits {
    fn of(flow: &Flow, at: usize) -> Self {
        let step = &flow.steps[at];
        let mut exits = Self::default();
        if step.when.is_some() {
            exits.follow(flow, at);
        }
        if completes(step) {
            match &step.next {
                Next::Following => exits.follow(flow, at),
                Next::Go(to) => exits.to(*to),
                Next::End(_) => exits.ends = true,
            }
        }
        for road in roads(step) {
            exits.take(&road.to);
        }
        if let Verb::Call(call) = &step.verb {
            call.outcomes.values().flat_map(|outcome| &outcome.fields).for_each(|(_, to)| exits.to(*to));
        }
        exits
    }

    fn follow(&mut self, flow: &Flow, at: usize) {
        if at + 1 < flow.steps.len() {
            self.to(at + 1);
        } else {
            self.dead = true;
        }
    }

    fn to(&mut self, step: usize) {
        self.steps.insert(step);
    }

    fn take(&mut self, target: &Target) {
        match target {
            Target::Go(to) => self.to(*to),
            Target::Change(steps) => self.steps.extend(steps),
            Target::End(_) | Target::Start { .. } => self.ends = true,
            Target::Complete | Target::Word(_) => {}
        }
    }
}

/// True if the step can complete normally.
fn completes(step: &Step) -> bool {
    match &step.verb {
        Verb::Ask(ask) => answered(ask),
        Verb::Branch(lines) => lines.iter().any(|line| line.road.to == Target::Complete),
        Verb::Run(run) => run.outcomes.values().any(|road| road.to == Target::Complete),
        Verb::Approve(approve) => approve.verdicts().any(|(_, verdict)| verdict.road.to == Target::Complete),
        _ => true,
    }
}

/// A question whose options all lead away is never simply answered.
fn answered(ask: &Ask) -> bool {
    let literal = |choices: &[Choice]| {
        choices.iter().any(|choice| choice.road.to == Target::Complete && choice.url.is_none() && choice.copy.is_none())
    };
    let by_answer = match &ask.answer {
        AnswerType::Choice(Options::Literal(choices)) => literal(choices),
        _ => true,
    };
    by_answer || ask.optional.is_some() || ask.default.is_some()
}

/// All roads of a step.
pub(super) fn roads(step: &Step) -> Vec<&Road> {
    let mut roads: Vec<&Road> =
        step.timeout.iter().map(|timeout| &timeout.road).chain(step.limit.iter().map(|limit| &limit.road)).collect();
    match &step.verb {
        Verb::Ask(ask) => {
            roads.extend(ask.attempts.iter().filter_map(|attempts| attempts.road.as_ref()));
            match &ask.answer {
                AnswerType::Choice(options) | AnswerType::Choices { options, .. } => roads.extend(options_roads(options)),
                _ => {}
            }
        }
        Verb::Call(call) => roads.extend(call.outcomes.values().map(|outcome| &outcome.road)),
        Verb::Branch(lines) => roads.extend(lines.iter().map(|line| &line.road)),
        Verb::Run(run) => roads.extend(run.outcomes.values()),
        Verb::Approve(approve) => roads.extend(approve.verdicts().map(|(_, verdict)| &verdict.road)),
        Verb::Say(_) | Verb::Review(_) | Verb::Set(_) | Verb::Wait(_) | Verb::Notify(_) | Verb::End => {}
    }
    roads
}

fn options_roads(options: &Options) -> Vec<&Road> {
    match options {
        Options::Literal(choices) => choices.iter().map(|choice| &choice.road).collect(),
        Options::Data(data) => data.also.iter().map(|choice| &choice.road).chain(&data.empty).collect(),
    }
}

fn report_dead_end(flow: &Flow, exits: &[Exits], findings: &mut Vec<Diagnostic>) {
    let Some((step, last)) = flow.steps.last().zip(exits.last()) else { return };
    if !last.dead {
        return;
    }
    let ends = step.next != Next::Following || !completes(step);
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

fn reached(exits: &[Exits]) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = if exits.is_empty() { Vec::new() } else { vec![0] };
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
    if let Some(at) = reached.iter().find(|at| !ending.contains(at)) {
        let step = &flow.steps[*at];
        let found = Diagnostic::error(codes::NO_PATH_TO_END, step.span, format!("from \"{}\" no way leads to an end", step.id));
        findings.push(found.help("add an option or a road that ends the session: end: …"));
    }
}

/// A circle without a step that waits, and without a `limit`, would spin for ever.
fn report_circles(flow: &Flow, exits: &[Exits], findings: &mut Vec<Diagnostic>) {
    let free: BTreeSet<usize> = (0..exits.len()).filter(|at| !waits(&flow.steps[*at]) && flow.steps[*at].limit.is_none()).collect();
    let mut reported = BTreeSet::new();
    for &start in &free {
        if reported.contains(&start) {
            continue;
        }
        let Some(circle) = circle(start, &free, exits) else { continue };
        let names = circle.iter().map(|at| flow.steps[*at].id.as_str()).collect::<Vec<_>>().join(" → ");
        let message = format!("these steps go round without anybody being asked: {names} → {}", flow.steps[start].id);
        let found = Diagnostic::error(codes::LOOP, flow.steps[start].span, message);
        findings.push(found.help("put a question or a \"wait\" into the circle, or a \"limit\" on one of its steps"));
        reported.extend(circle);
    }
}

fn waits(step: &Step) -> bool {
    matches!(step.verb, Verb::Ask(_) | Verb::Review(_) | Verb::Call(_) | Verb::Run(_) | Verb::Wait(_) | Verb::Approve(_))
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
