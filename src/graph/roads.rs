//! Every way on from the beginning of a flow and from each of its steps, as edges with words on them.

use crate::expr::print_duration;
use crate::flow::ways::{self, Cause, To, Way as WayOn};
use crate::flow::{Approve, Ask, Call, DecisionAct, Flow, Review, StandingAct, StandingButton, Step, Target, Verb};
use crate::graph::labels::{Labels, fixed};
use crate::graph::{Edge, Point, Way};

/// The edges that leave the beginning and the steps of a flow.
pub(super) fn of_flow(flow: &Flow, labels: Labels<'_>) -> Vec<Edge> {
    let mut roads = Roads { flow, labels, edges: Vec::new() };
    roads.beginning();
    for at in 0..flow.steps.len() {
        roads.step(at);
    }
    roads.edges
}

struct Roads<'a> {
    flow: &'a Flow,
    labels: Labels<'a>,
    edges: Vec<Edge>,
}

impl Roads<'_> {
    fn beginning(&mut self) {
        let begin = Point::Begin(self.flow.id.clone());
        for check in &self.flow.checks {
            let Some(flow) = &check.start else { continue };
            let label = format!("unless {}", self.labels.written(&check.when));
            let road = format!("check.{}", check.id);
            self.edges.push(Edge { from: begin.clone(), to: Point::Begin(flow.clone()), road, label, way: Way::Start });
        }
        if !self.flow.steps.is_empty() {
            let to = self.place(0);
            self.edges.push(Edge { from: begin.clone(), to, road: "begin".into(), label: String::new(), way: Way::Main });
        }
        let to = match self.flow.on_fault.as_ref().map(|road| &road.to) {
            Some(Target::End(end)) => (self.end(end), Way::Side),
            Some(Target::Start { flow, .. }) => (Point::Begin(flow.clone()), Way::Start),
            Some(Target::Go(at)) => (self.place(*at), Way::Side),
            _ => return,
        };
        self.edges.push(Edge { from: begin, to: to.0, road: "on_fault".into(), label: "fault".into(), way: to.1 });
    }

    fn step(&mut self, at: usize) {
        let step = &self.flow.steps[at];
        if let Verb::Run(run) = &step.verb {
            let to = Point::Begin(run.flow.clone());
            self.edges.push(Edge { from: self.place(at), to, road: "run".into(), label: "runs".into(), way: Way::Start });
        }
        let edges = ways::of_step(self.flow, at).into_iter().filter_map(|way| self.edge(at, &way));
        let mut edges: Vec<_> = edges.collect();
        let starts = match &step.verb {
            Verb::Say(say) => self.buttons(at, &say.buttons),
            Verb::Notify(notify) => self.buttons(at, &notify.buttons),
            Verb::Approve(approve) => self.of_card(at, approve),
            _ => Vec::new(),
        };
        edges.splice(1..1, starts);
        self.edges.append(&mut edges);
    }

    /// The standing buttons that start a flow.
    fn buttons(&self, at: usize, buttons: &[StandingButton]) -> Vec<Edge> {
        let starting = buttons.iter().filter_map(|button| {
            let StandingAct::Start { flow, .. } = &button.act else { return None };
            let label = fixed(&button.label).unwrap_or_else(|| button.id.clone());
            let road = format!("buttons.{}", button.id);
            Some(Edge { from: self.place(at), to: Point::Begin(flow.clone()), road, label, way: Way::Start })
        });
        starting.collect()
    }

    /// The options of a card that start a flow for whoever presses them.
    fn of_card(&self, at: usize, approve: &Approve) -> Vec<Edge> {
        let starting = approve.options.iter().filter_map(|option| {
            let DecisionAct::Start { flow, .. } = &option.act else { return None };
            let label = fixed(&option.label).unwrap_or_else(|| option.id.clone());
            let road = format!("choice.{}", option.id);
            Some(Edge { from: self.place(at), to: Point::Begin(flow.clone()), road, label, way: Way::Start })
        });
        starting.collect()
    }

    fn edge(&self, at: usize, on: &WayOn<'_>) -> Option<Edge> {
        let step = &self.flow.steps[at];
        let (mut label, mut way) = (self.label(step, on.cause), way(step, on.cause));
        let to = match on.to {
            To::Step(to) => self.place(to),
            To::Again(to) => {
                way = Way::Side;
                self.place(to)
            }
            To::End(end) => self.end(end),
            To::Flow { flow, .. } => {
                way = Way::Start;
                Point::Begin(flow.to_owned())
            }
            To::Stay(word) => {
                way = Way::Side;
                label = format!("{label}: /{}", word.name());
                self.place(at)
            }
            To::Nowhere => return None,
        };
        Some(Edge { from: self.place(at), to, road: on.cause.name(self.flow), label, way })
    }

    /// What is written on a way; nothing where it is plain.
    fn label(&self, step: &Step, cause: Cause<'_>) -> String {
        match (cause, &step.verb) {
            (Cause::Done, _) => String::new(),
            (Cause::Skipped, _) => step.when.as_ref().map(|when| format!("unless {}", self.labels.written(when))).unwrap_or_default(),
            (Cause::Option(choice), _) => fixed(&choice.label).unwrap_or_else(|| choice.id.clone()),
            (Cause::Decision(option), _) => fixed(&option.label).unwrap_or_else(|| option.id.clone()),
            (Cause::Passed | Cause::Attempts, Verb::Ask(ask)) => self.of_ask(ask, cause),
            (Cause::Empty, _) => "nothing to choose from".into(),
            (Cause::Confirmed | Cause::Changed(_), Verb::Review(review)) => self.of_review(review, cause),
            (Cause::Branch(number), Verb::Branch(lines)) => {
                lines[number - 1].when.as_ref().map_or_else(|| "else".to_owned(), |when| self.labels.written(when))
            }
            (Cause::Outcome(name), Verb::Call(call)) => of_call(call, name),
            (Cause::Outcome("else"), Verb::Run(run)) if run.outcomes.len() == 1 => String::new(),
            (Cause::Field(outcome, field), _) => format!("{outcome}: {field}"),
            (Cause::Limit, _) => {
                step.limit.as_ref().map(|limit| format!("more than {} in {}", limit.max, print_duration(limit.per))).unwrap_or_default()
            }
            (Cause::Timeout, _) => step.timeout.as_ref().map(|timeout| self.labels.due(&timeout.due)).unwrap_or_default(),
            (Cause::Event, _) => step.event.as_ref().map(|event| event.awaited.event.clone()).unwrap_or_default(),
            (Cause::Outcome(name), _) => name.to_owned(),
            (Cause::Passed | Cause::Attempts | Cause::Confirmed | Cause::Changed(_) | Cause::Branch(_), _) => cause.name(self.flow),
        }
    }

    fn of_ask(&self, ask: &Ask, cause: Cause<'_>) -> String {
        match &ask.attempts {
            Some(attempts) if matches!(cause, Cause::Attempts) => format!("{} failed answers", attempts.max),
            _ => ask.optional.as_ref().and_then(fixed).unwrap_or_else(|| self.labels.sentence("skip")),
        }
    }

    fn of_review(&self, review: &Review, cause: Cause<'_>) -> String {
        let (written, sentence) = match cause {
            Cause::Confirmed => (&review.confirm, "confirm_yes"),
            _ => (&review.change, "confirm_change"),
        };
        written.as_ref().and_then(fixed).unwrap_or_else(|| self.labels.sentence(sentence))
    }

    fn place(&self, at: usize) -> Point {
        Point::Step(self.flow.id.clone(), self.flow.steps[at].id.clone())
    }

    fn end(&self, name: &str) -> Point {
        Point::End(self.flow.id.clone(), name.to_owned())
    }
}

fn of_call(call: &Call, outcome: &str) -> String {
    let retried = call.outcomes.get(outcome).is_some_and(|road| road.retry.is_some());
    if retried { format!("{outcome}, tries used up") } else { outcome.to_owned() }
}

/// The ends of another flow are where it was meant to go; the outcomes of a call are what happens instead.
fn way(step: &Step, cause: Cause<'_>) -> Way {
    let hoped = match cause {
        Cause::Outcome(_) => matches!(step.verb, Verb::Run(_)),
        Cause::Skipped | Cause::Changed(_) => false,
        _ => !cause.is_aside(),
    };
    if hoped { Way::Main } else { Way::Side }
}
