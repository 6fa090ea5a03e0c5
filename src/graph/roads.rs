//! Every way on from the beginning of a flow and from each of its steps.

use crate::expr::print_duration;
use crate::flow::{
    AnswerType, Approve, Ask, Call, Choice, DataOptions, DecisionAct, Flow, Next, Notify, Options, Review, Road, Run, Say, StandingAct,
    StandingButton, Step, Target, Verb,
};
use crate::graph::labels::{Labels, fixed};
use crate::graph::{Edge, Point, Way};

/// The edges that leave the beginning and the steps of a flow.
pub(super) fn of_flow(flow: &Flow, labels: Labels<'_>) -> Vec<Edge> {
    let mut roads = Roads { flow, labels, edges: Vec::new() };
    roads.beginning();
    for at in 0..flow.steps.len() {
        roads.step(&Leaving { flow, at });
    }
    roads.edges
}

struct Roads<'a> {
    flow: &'a Flow,
    labels: Labels<'a>,
    edges: Vec<Edge>,
}

/// The step that is left.
struct Leaving<'a> {
    flow: &'a Flow,
    at: usize,
}

impl<'a> Leaving<'a> {
    fn step(&self) -> &'a Step {
        &self.flow.steps[self.at]
    }

    fn point(&self) -> Point {
        Point::Step(self.flow.id.clone(), self.step().id.clone())
    }
}

/// A way on before it is known where it leads.
struct Signpost {
    road: String,
    label: String,
    way: Way,
}

impl Signpost {
    fn new(road: impl Into<String>, label: impl Into<String>, way: Way) -> Self {
        Self { road: road.into(), label: label.into(), way }
    }

    fn to(self, from: Point, to: Point) -> Edge {
        let Self { road, label, way } = self;
        Edge { from, to, road, label, way }
    }
}

impl Roads<'_> {
    fn beginning(&mut self) {
        let begin = Point::Begin(self.flow.id.clone());
        for check in &self.flow.checks {
            let Some(flow) = &check.start else { continue };
            let label = format!("unless {}", self.labels.written(&check.when));
            self.edges.push(Signpost::new(format!("check.{}", check.id), label, Way::Start).to(begin.clone(), Point::Begin(flow.clone())));
        }
        if !self.flow.steps.is_empty() {
            self.edges.push(Signpost::new("begin", "", Way::Main).to(begin.clone(), self.place(0)));
        }
        if let Some(road) = &self.flow.on_fault {
            self.lead(&begin, Signpost::new("on_fault", "fault", Way::Side), road);
        }
    }

    fn step(&mut self, from: &Leaving<'_>) {
        let step = from.step();
        match &step.verb {
            Verb::Ask(ask) => self.ask(from, ask),
            Verb::Review(review) => self.review(from, review),
            Verb::Call(call) => self.call(from, call),
            Verb::Branch(lines) => {
                for (number, line) in (1..).zip(lines) {
                    let label = line.when.as_ref().map_or_else(|| "else".to_owned(), |when| self.labels.written(when));
                    self.road(from, Signpost::new(format!("branch.{number}"), label, Way::Main), &line.road);
                }
            }
            Verb::Run(run) => self.run(from, run),
            Verb::Say(say) => self.say(from, say),
            Verb::Approve(approve) => self.approve(from, approve),
            Verb::Notify(notify) => self.notify(from, notify),
            Verb::Set(_) | Verb::Wait(_) | Verb::End => self.complete(from, Signpost::new("next", "", Way::Main)),
        }
        self.aside(from);
    }

    /// What any step may have.
    fn aside(&mut self, from: &Leaving<'_>) {
        let step = from.step();
        if let Some(when) = &step.when {
            let post = Signpost::new("skipped", format!("unless {}", self.labels.written(when)), Way::Side);
            self.edges.extend(self.following(from).map(|to| post.to(from.point(), to)));
        }
        if let Some(limit) = &step.limit {
            let label = format!("more than {} in {}", limit.max, print_duration(limit.per));
            self.road(from, Signpost::new("limit", label, Way::Side), &limit.road);
        }
        if let Some(timeout) = &step.timeout {
            self.road(from, Signpost::new("timeout", self.labels.due(&timeout.due), Way::Side), &timeout.road);
        }
    }

    fn say(&mut self, from: &Leaving<'_>, say: &Say) {
        self.complete(from, Signpost::new("next", "", Way::Main));
        self.buttons(from, &say.buttons);
    }

    fn buttons(&mut self, from: &Leaving<'_>, buttons: &[StandingButton]) {
        for button in buttons {
            let StandingAct::Start { flow, .. } = &button.act else { continue };
            let label = fixed(&button.label).unwrap_or_else(|| button.id.clone());
            let post = Signpost::new(format!("buttons.{}", button.id), label, Way::Start);
            self.edges.push(post.to(from.point(), Point::Begin(flow.clone())));
        }
    }

    fn ask(&mut self, from: &Leaving<'_>, ask: &Ask) {
        match &ask.answer {
            AnswerType::Choice(Options::Literal(choices)) => self.choices(from, choices),
            AnswerType::Choice(Options::Data(data)) => self.data(from, data),
            AnswerType::Choices { options, .. } => {
                // Ticking an option leads nowhere yet: the button below them does.
                self.complete(from, Signpost::new("next", "", Way::Main));
                match options {
                    Options::Literal(choices) => self.choices(from, choices),
                    Options::Data(data) => self.data(from, data),
                }
            }
            _ => self.complete(from, Signpost::new("next", "", Way::Main)),
        }
        if let Some(skip) = &ask.optional {
            let label = fixed(skip).unwrap_or_else(|| self.labels.sentence("skip"));
            self.complete(from, Signpost::new("optional", label, Way::Main));
        }
        if let Some(attempts) = &ask.attempts {
            let post = Signpost::new("attempts", format!("{} failed answers", attempts.max), Way::Side);
            match &attempts.road {
                Some(road) => self.road(from, post, road),
                None => self.complete(from, post),
            }
        }
    }

    fn choices(&mut self, from: &Leaving<'_>, choices: &[Choice]) {
        for choice in choices.iter().filter(|choice| choice.url.is_none() && choice.copy.is_none()) {
            let label = fixed(&choice.label).unwrap_or_else(|| choice.id.clone());
            self.road(from, Signpost::new(format!("choice.{}", choice.id), label, Way::Main), &choice.road);
        }
    }

    fn data(&mut self, from: &Leaving<'_>, data: &DataOptions) {
        self.complete(from, Signpost::new("next", "", Way::Main));
        self.choices(from, &data.also);
        if let Some(empty) = &data.empty {
            self.road(from, Signpost::new("empty", "nothing to choose from", Way::Side), empty);
        }
    }

    fn review(&mut self, from: &Leaving<'_>, review: &Review) {
        let label = |written: &Option<_>, name| written.as_ref().and_then(fixed).unwrap_or_else(|| self.labels.sentence(name));
        let (confirm, change) = (label(&review.confirm, "confirm_yes"), label(&review.change, "confirm_change"));
        self.complete(from, Signpost::new("confirm", confirm, Way::Main));
        for &at in &review.show {
            let post = Signpost::new(format!("change.{}", self.flow.steps[at].id), change.clone(), Way::Side);
            self.edges.push(post.to(from.point(), self.place(at)));
        }
    }

    fn call(&mut self, from: &Leaving<'_>, call: &Call) {
        self.complete(from, Signpost::new("next", "", Way::Main));
        for (name, outcome) in &call.outcomes {
            for (field, at) in &outcome.fields {
                let post = Signpost::new(format!("outcomes.{name}.fields.{field}"), format!("{name}: {field}"), Way::Side);
                self.edges.push(post.to(from.point(), self.place(*at)));
            }
            let label = if outcome.retry.is_some() { format!("{name}, tries used up") } else { name.clone() };
            self.road(from, Signpost::new(format!("outcomes.{name}"), label, Way::Side), &outcome.road);
        }
    }

    fn approve(&mut self, from: &Leaving<'_>, approve: &Approve) {
        for (option, verdict) in approve.verdicts() {
            let label = fixed(&option.label).unwrap_or_else(|| option.id.clone());
            self.road(from, Signpost::new(format!("choice.{}", option.id), label, Way::Main), &verdict.road);
        }
        for option in &approve.options {
            let DecisionAct::Start { flow, .. } = &option.act else { continue };
            let label = fixed(&option.label).unwrap_or_else(|| option.id.clone());
            let post = Signpost::new(format!("choice.{}", option.id), label, Way::Start);
            self.edges.push(post.to(from.point(), Point::Begin(flow.clone())));
        }
    }

    fn notify(&mut self, from: &Leaving<'_>, notify: &Notify) {
        self.complete(from, Signpost::new("next", "", Way::Main));
        self.buttons(from, &notify.buttons);
    }

    fn run(&mut self, from: &Leaving<'_>, run: &Run) {
        self.edges.push(Signpost::new("run", "runs", Way::Start).to(from.point(), Point::Begin(run.flow.clone())));
        for (name, road) in &run.outcomes {
            let label = if name == "else" && run.outcomes.len() == 1 { "" } else { name };
            self.road(from, Signpost::new(format!("outcomes.{name}"), label, Way::Main), road);
        }
    }

    /// A road of a step.
    fn road(&mut self, from: &Leaving<'_>, post: Signpost, road: &Road) {
        match &road.to {
            Target::Complete => self.complete(from, post),
            Target::Word(word) => {
                let post = Signpost { label: format!("{}: /{}", post.label, word.name()), way: Way::Side, ..post };
                self.edges.push(post.to(from.point(), from.point()));
            }
            _ => self.lead(&from.point(), post, road),
        }
    }

    /// A road that leads away by itself.
    fn lead(&mut self, from: &Point, post: Signpost, road: &Road) {
        match &road.to {
            Target::Go(at) => self.edges.push(post.to(from.clone(), self.place(*at))),
            Target::End(end) => self.edges.push(post.to(from.clone(), self.end(end))),
            Target::Change(steps) => {
                let Signpost { road, label, .. } = post;
                let back = |at: &usize| Signpost::new(road.clone(), label.clone(), Way::Side).to(from.clone(), self.place(*at));
                self.edges.extend(steps.iter().map(back).collect::<Vec<_>>());
            }
            Target::Start { flow, .. } => {
                self.edges.push(Signpost { way: Way::Start, ..post }.to(from.clone(), Point::Begin(flow.clone())));
            }
            Target::Complete | Target::Word(_) => {}
        }
    }

    /// The step completes normally.
    fn complete(&mut self, from: &Leaving<'_>, post: Signpost) {
        let to = match &from.step().next {
            Next::Following => self.following(from),
            Next::Go(at) => Some(self.place(*at)),
            Next::End(end) => Some(self.end(end)),
        };
        self.edges.extend(to.map(|to| post.to(from.point(), to)));
    }

    fn following(&self, from: &Leaving<'_>) -> Option<Point> {
        (from.at + 1 < self.flow.steps.len()).then(|| self.place(from.at + 1))
    }

    fn place(&self, at: usize) -> Point {
        Point::Step(self.flow.id.clone(), self.flow.steps[at].id.clone())
    }

    fn end(&self, name: &str) -> Point {
        Point::End(self.flow.id.clone(), name.to_owned())
    }
}
