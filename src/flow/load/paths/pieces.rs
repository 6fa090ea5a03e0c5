//! Every expression and text of a step, and when in the life of the step it is looked at.

use crate::expr::{Expression, NameUse, Template};
use crate::flow::ways::{Cause, Way};
use crate::flow::{
    AnswerType, Approve, Ask, Awaited, Bounds, Call, Choice, DataOptions, DecisionAct, Due, Manner, Notify, Options, Recipient, Review,
    Run, Say, Set, StandingAct, StandingButton, Step, Target, Text, Verb, Verdict, Wait,
};

/// Something of a step that reads names.
#[derive(Clone)]
pub(super) struct Piece<'f> {
    pub it: It<'f>,
    pub moment: Moment<'f>,
    /// It is looked at only where this holds.
    pub guard: Option<&'f Expression>,
    pub extra: Extra<'f>,
}

/// What it is.
#[derive(Clone, Copy)]
pub(super) enum It<'f> {
    Condition(&'f Expression),
    Value(&'f Expression),
    /// A value that must be there: what it is for.
    Needed(&'static str, &'f Expression),
    /// A value of a person's field.
    Remembered(&'f str, &'f Expression),
    Text(&'f Text),
    /// Inputs of an operation or a flow.
    Given(For<'f>, &'f [(String, Expression)]),
}

/// Whose inputs they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For<'f> {
    Operation(&'f str),
    Flow(&'f str),
}

/// When it is looked at.
#[derive(Clone, Copy)]
pub(super) enum Moment<'f> {
    /// Before the step is done at all.
    Entering,
    /// While it is done, or waits.
    Doing,
    /// While the line of a branch with this index is judged: those before it are false.
    Line(usize),
    /// On the way out.
    Leaving(Cause<'f>),
}

/// Names that mean something only there.
#[derive(Clone, Copy)]
pub(super) enum Extra<'f> {
    None,
    /// What was written.
    Input,
    /// The answer that is judged.
    Value,
    /// The answer, and what an operation says of it.
    Result(&'f str),
    /// An item of a list.
    Item(&'f Expression),
    /// A request that others are to decide.
    Request,
    /// A request that they have decided.
    Decided,
    /// What came from another system.
    Event,
}

impl<'f> It<'f> {
    /// Its expressions.
    pub(super) fn expressions(self) -> Vec<&'f Expression> {
        match self {
            Self::Condition(expression) | Self::Value(expression) | Self::Needed(_, expression) | Self::Remembered(_, expression) => {
                vec![expression]
            }
            Self::Text(_) => Vec::new(),
            Self::Given(_, given) => given.iter().map(|(_, expression)| expression).collect(),
        }
    }

    /// The names it reads.
    pub(super) fn names(self) -> Vec<NameUse> {
        let expressions = self.expressions().into_iter().flat_map(Expression::names);
        expressions.chain(self.templates().flat_map(Template::names)).collect()
    }

    /// Its texts, in all languages.
    pub(super) fn templates(self) -> impl Iterator<Item = &'f Template> {
        let text = match self {
            Self::Text(text) => Some(text),
            _ => None,
        };
        text.into_iter().flat_map(|text| text.by_language.iter().flatten())
    }
}

/// All pieces of a step, whose ways these are.
pub(super) fn of_step<'f>(step: &'f Step, ways: &[Way<'f>]) -> Vec<Piece<'f>> {
    let mut pieces = Pieces { found: Vec::new(), moment: Moment::Entering, guard: None, extra: Extra::None };
    pieces.condition(step.when.as_ref());
    pieces.moment = Moment::Doing;
    pieces.text(step.title.as_ref());
    pieces.extra = if matches!(step.verb, Verb::Approve(_)) { Extra::Request } else { Extra::None };
    for text in [&step.tell, &step.status, &step.help] {
        pieces.text(text.as_ref());
    }
    pieces.extra = Extra::None;
    if let Some(timeout) = &step.timeout {
        pieces.due(&timeout.due);
    }
    if let Some(by) = step.limit.as_ref().and_then(|limit| limit.by.as_ref()) {
        pieces.add(It::Needed("what its limit counts by", by));
    }
    if let Some(event) = &step.event {
        pieces.awaited(&event.awaited);
    }
    match &step.verb {
        Verb::Say(say) => pieces.say(say),
        Verb::Ask(ask) => pieces.ask(ask),
        Verb::Review(review) => pieces.review(review),
        Verb::Call(call) => pieces.call(call),
        Verb::Set(set) => pieces.set(set),
        Verb::Branch(lines) => {
            for (at, line) in lines.iter().enumerate() {
                pieces.moment = Moment::Line(at);
                pieces.condition(line.when.as_ref());
            }
        }
        Verb::Run(run) => pieces.run(run),
        Verb::Wait(Wait::Time(due)) => pieces.due(due),
        Verb::Wait(Wait::Event(awaited)) => pieces.awaited(awaited),
        Verb::Approve(approve) => pieces.approve(approve),
        Verb::Notify(notify) => pieces.notify(notify),
        Verb::End => {}
    }
    pieces.roads(ways);
    pieces.found
}

struct Pieces<'f> {
    found: Vec<Piece<'f>>,
    moment: Moment<'f>,
    guard: Option<&'f Expression>,
    extra: Extra<'f>,
}

impl<'f> Pieces<'f> {
    fn add(&mut self, it: It<'f>) {
        self.found.push(self.piece(it));
    }

    fn piece(&self, it: It<'f>) -> Piece<'f> {
        Piece { it, moment: self.moment, guard: self.guard, extra: self.extra }
    }

    fn condition(&mut self, condition: Option<&'f Expression>) {
        self.found.extend(condition.map(|condition| self.piece(It::Condition(condition))));
    }

    fn value(&mut self, value: Option<&'f Expression>) {
        self.found.extend(value.map(|value| self.piece(It::Value(value))));
    }

    fn text(&mut self, text: Option<&'f Text>) {
        self.found.extend(text.map(|text| self.piece(It::Text(text))));
    }

    fn with(&mut self, whose: For<'f>, given: &'f [(String, Expression)]) {
        self.add(It::Given(whose, given));
    }

    fn due(&mut self, due: &'f Due) {
        match due {
            Due::After(due) => self.add(It::Needed("how long it waits", due)),
            Due::At(due) => self.add(It::Needed("when it falls due", due)),
        }
    }

    fn awaited(&mut self, awaited: &'f Awaited) {
        for (_, value) in &awaited.matching {
            self.value(Some(value));
        }
    }

    fn say(&mut self, say: &'f Say) {
        self.text(Some(&say.text));
        self.shown(&say.manner);
        say.buttons.iter().for_each(|button| self.button(button));
    }

    fn shown(&mut self, manner: &'f Manner) {
        self.value(manner.file.as_ref().map(|enclosed| &enclosed.file));
    }

    fn button(&mut self, button: &'f StandingButton) {
        self.condition(button.when.as_ref());
        self.guard = button.when.as_ref();
        self.text(Some(&button.label));
        match &button.act {
            StandingAct::Url(text) | StandingAct::Copy(text) => self.text(Some(text)),
            StandingAct::Start { flow, with, .. } => self.with(For::Flow(flow), with),
        }
        self.guard = None;
    }

    fn ask(&mut self, ask: &'f Ask) {
        self.text(Some(&ask.text));
        self.shown(&ask.manner);
        self.value(ask.known.as_ref());
        self.value(ask.default.as_ref());
        self.text(ask.optional.as_ref());
        self.text(ask.button.as_ref());
        ask.repeat.iter().for_each(|text| self.text(Some(text)));
        self.extra = Extra::Input;
        ask.unclear.values().for_each(|text| self.text(Some(text)));
        for check in &ask.checks {
            self.extra = Extra::Value;
            if let Some((operation, with)) = &check.call {
                self.with(For::Operation(operation), with);
                self.extra = Extra::Result(operation);
            }
            self.condition(Some(&check.when));
            self.text(Some(&check.say));
        }
        self.extra = Extra::None;
        self.answer(&ask.answer);
    }

    fn answer(&mut self, answer: &'f AnswerType) {
        match answer {
            AnswerType::Integer(bounds)
            | AnswerType::Decimal(bounds)
            | AnswerType::Money(bounds, _)
            | AnswerType::Date(bounds)
            | AnswerType::Clock(bounds)
            | AnswerType::DateTime(bounds) => self.bounds(bounds),
            AnswerType::Choice(options) | AnswerType::Choices { options, .. } => match options {
                Options::Literal(choices) => self.choices(choices),
                Options::Data(data) => self.data(data),
            },
            _ => {}
        }
    }

    fn bounds(&mut self, bounds: &'f Bounds) {
        self.value(bounds.min.as_ref());
        self.value(bounds.max.as_ref());
    }

    fn choices(&mut self, choices: &'f [Choice]) {
        for choice in choices {
            self.condition(choice.when.as_ref());
            self.guard = choice.when.as_ref();
            self.text(Some(&choice.label));
            self.text(choice.url.as_ref());
            self.text(choice.copy.as_ref());
            self.guard = None;
        }
    }

    fn data(&mut self, data: &'f DataOptions) {
        self.add(It::Needed("what there is to choose from", &data.from));
        self.extra = Extra::Item(&data.from);
        self.condition(data.filter.as_ref());
        self.add(It::Needed("what a button stands for", &data.key));
        self.text(Some(&data.label));
        self.value(data.label_key.as_ref());
        data.labels.values().for_each(|text| self.text(Some(text)));
        self.extra = Extra::None;
        self.choices(&data.also);
    }

    fn review(&mut self, review: &'f Review) {
        self.text(Some(&review.text));
        self.text(review.confirm.as_ref());
        self.text(review.change.as_ref());
    }

    fn call(&mut self, call: &'f Call) {
        self.with(For::Operation(&call.operation), &call.with);
    }

    fn set(&mut self, set: &'f Set) {
        match set {
            Set::Value(value) => self.value(Some(value)),
            Set::Fields { result, person } => {
                for (_, value) in result {
                    self.value(Some(value));
                }
                for (field, value) in person {
                    self.add(It::Remembered(field, value));
                }
            }
        }
    }

    fn run(&mut self, run: &'f Run) {
        self.with(For::Flow(&run.flow), &run.with);
    }

    fn approve(&mut self, approve: &'f Approve) {
        self.extra = Extra::Request;
        self.text(Some(&approve.card));
        for option in &approve.options {
            self.condition(option.when.as_ref());
            self.guard = option.when.as_ref();
            self.text(Some(&option.label));
            match &option.act {
                DecisionAct::Decide(verdict) => self.verdict(verdict),
                DecisionAct::Start { flow, with } => self.with(For::Flow(flow), with),
                DecisionAct::Url(text) => self.text(Some(text)),
            }
            self.guard = None;
        }
        self.extra = Extra::None;
    }

    fn verdict(&mut self, verdict: &'f Verdict) {
        self.text(verdict.verdict.as_ref());
        if let Some(demand) = &verdict.ask {
            self.text(Some(&demand.text));
            self.answer(&demand.answer);
        }
        self.extra = Extra::Decided;
        self.text(verdict.done.as_ref());
        self.extra = Extra::Request;
    }

    fn notify(&mut self, notify: &'f Notify) {
        self.text(Some(&notify.text));
        self.shown(&notify.manner);
        if let Recipient::Person(person) = &notify.to {
            self.add(It::Needed("who is notified", person));
        }
        notify.buttons.iter().for_each(|button| self.button(button));
    }

    /// What is said, and given, on the roads.
    fn roads(&mut self, ways: &[Way<'f>]) {
        for way in ways {
            let Some(road) = way.road else { continue };
            self.moment = Moment::Leaving(way.cause);
            self.extra = match way.cause {
                Cause::Decision(_) => Extra::Decided,
                Cause::Event => Extra::Event,
                _ => Extra::None,
            };
            self.text(road.say.as_ref());
            if let Target::Start { flow, with, .. } = &road.to {
                self.with(For::Flow(flow), with);
            }
        }
    }
}
