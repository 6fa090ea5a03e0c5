//! Every way on from a step: how it can be left, and where that leads. Whoever judges, draws or walks a flow reads it here.

use crate::flow::{AnswerType, Ask, Call, Choice, DataOptions, Decision, Flow, Next, Options, Road, Step, Target, Verb, Word};

/// A way on from a step.
#[derive(Debug, Clone, Copy)]
pub struct Way<'f> {
    /// How the step is left.
    pub cause: Cause<'f>,
    /// Where that leads.
    pub to: To<'f>,
    /// The road as written; none where the step simply completes.
    pub road: Option<&'f Road>,
}

/// How a step is left.
#[derive(Debug, Clone, Copy)]
pub enum Cause<'f> {
    /// It has done its work: said, computed, waited, been answered, ended well.
    Done,
    /// Its `when` is false.
    Skipped,
    /// An option was taken.
    Option(&'f Choice),
    /// Others decided so.
    Decision(&'f Decision),
    /// The question was passed over by its button.
    Passed,
    /// The attempts at an answer are used up.
    Attempts,
    /// There was nothing to choose from.
    Empty,
    /// A review was confirmed.
    Confirmed,
    /// A line of a review is to be changed: the index of the question.
    Changed(usize),
    /// The line with this number, counted from 1, was the first true one.
    Branch(usize),
    /// A call, or another flow, ended so; `else` stands for all that are not named.
    Outcome(&'f str),
    /// The server refused a field: the outcome, and the field.
    Field(&'f str, &'f str),
    /// It was entered too often.
    Limit,
    /// It has waited too long.
    Timeout,
    /// An event came.
    Event,
}

/// Where a way leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To<'f> {
    /// To this step, which is done anew.
    Step(usize),
    /// Back to this step: it is asked again, and what depends on it.
    Again(usize),
    /// The session ends so.
    End(&'f str),
    /// Another flow begins, and the session ends so.
    Flow {
        /// The flow.
        flow: &'f str,
        /// The end.
        end: &'f str,
    },
    /// A word is said, and the step keeps waiting.
    Stay(Word),
    /// To the step behind it, and there is none.
    Nowhere,
}

impl To<'_> {
    /// The step that is walked on from.
    pub fn step(self) -> Option<usize> {
        match self {
            Self::Step(at) | Self::Again(at) => Some(at),
            Self::End(_) | Self::Flow { .. } | Self::Stay(_) | Self::Nowhere => None,
        }
    }
}

impl Cause<'_> {
    /// What the way is called among the ways of its step: `next`, `choice.agree`, `outcomes.down`, `branch.2`…
    pub fn name(self, flow: &Flow) -> String {
        match self {
            Self::Done => "next".into(),
            Self::Skipped => "skipped".into(),
            Self::Option(choice) => format!("choice.{}", choice.id),
            Self::Decision(option) => format!("choice.{}", option.id),
            Self::Passed => "optional".into(),
            Self::Attempts => "attempts".into(),
            Self::Empty => "empty".into(),
            Self::Confirmed => "confirm".into(),
            Self::Changed(at) => format!("change.{}", flow.steps[at].id),
            Self::Branch(number) => format!("branch.{number}"),
            Self::Outcome(name) => format!("outcomes.{name}"),
            Self::Field(outcome, field) => format!("outcomes.{outcome}.fields.{field}"),
            Self::Limit => "limit".into(),
            Self::Timeout => "timeout".into(),
            Self::Event => "event".into(),
        }
    }

    /// True if something else happened than was hoped for.
    pub fn is_aside(self) -> bool {
        match self {
            Self::Outcome(_) | Self::Field(..) | Self::Attempts | Self::Empty | Self::Limit | Self::Timeout | Self::Event => true,
            Self::Done
            | Self::Skipped
            | Self::Option(_)
            | Self::Decision(_)
            | Self::Passed
            | Self::Confirmed
            | Self::Changed(_)
            | Self::Branch(_) => false,
        }
    }
}

/// The ways on from the step at this place, in the order in which they are written.
pub fn of_step(flow: &Flow, at: usize) -> Vec<Way<'_>> {
    let step = &flow.steps[at];
    let mut ways = Ways { flow, at, found: Vec::new() };
    match &step.verb {
        Verb::Ask(ask) => ways.ask(ask),
        Verb::Review(review) => {
            ways.complete(Cause::Confirmed, None);
            ways.found.extend(review.show.iter().map(|&at| Way { cause: Cause::Changed(at), to: To::Again(at), road: None }));
        }
        Verb::Call(call) => ways.call(call),
        Verb::Branch(lines) => {
            (1..).zip(lines).for_each(|(number, line)| ways.road(Cause::Branch(number), &line.road));
        }
        Verb::Run(run) => run.outcomes.iter().for_each(|(end, road)| ways.road(Cause::Outcome(end), road)),
        Verb::Approve(approve) => {
            approve.verdicts().for_each(|(option, verdict)| ways.road(Cause::Decision(option), &verdict.road));
        }
        Verb::Say(_) | Verb::Set(_) | Verb::Wait(_) | Verb::Notify(_) | Verb::End => ways.complete(Cause::Done, None),
    }
    ways.aside(step);
    ways.found
}

/// How a flow can end by its own roads.
pub fn ends(flow: &Flow) -> impl Iterator<Item = &str> {
    let roads = (0..flow.steps.len()).flat_map(|at| of_step(flow, at)).filter_map(|way| match way.to {
        To::End(end) | To::Flow { end, .. } => Some(end),
        To::Step(_) | To::Again(_) | To::Stay(_) | To::Nowhere => None,
    });
    let fault = flow.on_fault.iter().filter_map(|road| match &road.to {
        Target::End(end) | Target::Start { end, .. } => Some(end.as_str()),
        _ => None,
    });
    roads.chain(fault)
}

struct Ways<'f> {
    flow: &'f Flow,
    at: usize,
    found: Vec<Way<'f>>,
}

impl<'f> Ways<'f> {
    fn ask(&mut self, ask: &'f Ask) {
        match &ask.answer {
            AnswerType::Choice(Options::Literal(choices)) => self.choices(choices),
            AnswerType::Choice(Options::Data(data)) => self.data(data),
            AnswerType::Choices { options, .. } => {
                // Ticking an option leads nowhere yet: the button below them does.
                self.complete(Cause::Done, None);
                match options {
                    Options::Literal(choices) => self.choices(choices),
                    Options::Data(data) => self.data(data),
                }
            }
            _ => self.complete(Cause::Done, None),
        }
        if ask.optional.is_some() {
            self.complete(Cause::Passed, None);
        }
        if let Some(attempts) = &ask.attempts {
            match &attempts.road {
                Some(road) => self.road(Cause::Attempts, road),
                None => self.complete(Cause::Attempts, None),
            }
        }
    }

    /// An option that opens an address or copies a text is no answer.
    fn choices(&mut self, choices: &'f [Choice]) {
        for choice in choices.iter().filter(|choice| choice.url.is_none() && choice.copy.is_none()) {
            self.road(Cause::Option(choice), &choice.road);
        }
    }

    fn data(&mut self, data: &'f DataOptions) {
        self.complete(Cause::Done, None);
        self.choices(&data.also);
        if let Some(empty) = &data.empty {
            self.road(Cause::Empty, empty);
        }
    }

    fn call(&mut self, call: &'f Call) {
        self.complete(Cause::Done, None);
        for (name, outcome) in &call.outcomes {
            for (field, at) in &outcome.fields {
                self.found.push(Way { cause: Cause::Field(name, field), to: To::Again(*at), road: Some(&outcome.road) });
            }
            self.road(Cause::Outcome(name), &outcome.road);
        }
    }

    /// What any step may have.
    fn aside(&mut self, step: &'f Step) {
        if step.when.is_some() {
            self.found.push(Way { cause: Cause::Skipped, to: self.following(), road: None });
        }
        if let Some(limit) = &step.limit {
            self.road(Cause::Limit, &limit.road);
        }
        if let Some(timeout) = &step.timeout {
            self.road(Cause::Timeout, &timeout.road);
        }
        if let Some(event) = &step.event {
            self.road(Cause::Event, &event.road);
        }
    }

    fn road(&mut self, cause: Cause<'f>, road: &'f Road) {
        let mut lead = |to| self.found.push(Way { cause, to, road: Some(road) });
        match &road.to {
            Target::Complete => self.complete(cause, Some(road)),
            Target::Go(at) => lead(To::Step(*at)),
            Target::End(end) => lead(To::End(end)),
            Target::Change(steps) => steps.iter().for_each(|&at| lead(To::Again(at))),
            Target::Start { flow, end, .. } => lead(To::Flow { flow, end }),
            Target::Word(word) => lead(To::Stay(*word)),
        }
    }

    /// The step completes normally.
    fn complete(&mut self, cause: Cause<'f>, road: Option<&'f Road>) {
        let to = match &self.flow.steps[self.at].next {
            Next::Following => self.following(),
            Next::Go(at) => To::Step(*at),
            Next::End(end) => To::End(end),
        };
        self.found.push(Way { cause, to, road });
    }

    fn following(&self) -> To<'f> {
        if self.at + 1 < self.flow.steps.len() { To::Step(self.at + 1) } else { To::Nowhere }
    }
}
