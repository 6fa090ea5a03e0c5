//! The ways through a flow: for every step the states in which it can be reached, and how.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;

use crate::expr::{Expression, Kind, Type, Value};
use crate::flow::load::names::{Place, Reach, Sheet, Sure, World};
use crate::flow::load::paths::live::Live;
use crate::flow::load::paths::state::{Condition, State, Universe, View};
use crate::flow::load::paths::summary::Summaries;
use crate::flow::ways::{Cause, To, Way};
use crate::flow::{AnswerType, Ask, Call, Decision, DecisionAct, Flow, Operation, Options, Run, Set, Step, Target, Verb, Wait};

/// How many different states of one step are told apart; of the others only what they have in common is known. Which they are is left to
/// chance, though always the same: states that come one after another differ in little.
const STATES: usize = 64;

/// How often steps are reached before the flow is given up.
const ARRIVALS: usize = 20_000;

/// A step is reached.
pub(super) struct Arrival {
    pub step: usize,
    pub state: State,
    /// From which arrival, and on which of its step's ways; none at the beginning.
    pub from: Option<(usize, usize)>,
    /// Its state, or one on the way to it, is only what several have in common: what seems doubtful in it need not be so in any of them.
    pub merged: bool,
}

/// A flow whose ways are being explored.
pub(super) struct Explorer<'a> {
    pub world: &'a World<'a>,
    pub sheet: &'a Sheet<'a>,
    pub flow: &'a Flow,
    pub summaries: &'a Summaries<'a>,
    pub ways: Vec<Vec<Way<'a>>>,
    pub universe: Universe,
    /// The conditions of the flow, by where they are: the same ones are asked in every state.
    pub conditions: RefCell<HashMap<*const Expression, Rc<Condition>>>,
}

/// What was found.
pub(super) struct Explored<'a> {
    pub arrivals: Vec<Arrival>,
    /// The states of each step, as arrivals: none of them knows less than another, but for one at most that is merged.
    pub at: Vec<Vec<usize>>,
    /// The states in which the flow ends, by the end; those that are merged show nothing.
    pub ends: BTreeMap<&'a str, Vec<State>>,
}

impl<'a> Explorer<'a> {
    /// Explores all ways from the beginning; nothing if they are too many.
    pub(super) fn explore(&self) -> Option<Explored<'a>> {
        let mut found = Explored { arrivals: Vec::new(), at: vec![Vec::new(); self.flow.steps.len()], ends: BTreeMap::new() };
        let live = Live::of(self);
        let mut open = VecDeque::new();
        if let Some(first) = live.at.first() {
            let mut state = self.beginning();
            state.meet(first);
            found.arrive(Arrival { step: 0, state, from: None, merged: false }, &mut open);
        }
        while let Some(arrival) = open.pop_front() {
            if found.arrivals.len() > ARRIVALS {
                return None;
            }
            let step = found.arrivals[arrival].step;
            if !found.at[step].contains(&arrival) {
                continue;
            }
            let Arrival { state, merged, .. } = &found.arrivals[arrival];
            let (state, merged) = (state.clone(), *merged);
            for (number, mut state) in self.departures(step, &state) {
                match self.ways[step][number].to {
                    To::Step(to) | To::Again(to) => {
                        state.meet(&live.at[to]);
                        found.arrive(Arrival { step: to, state, from: Some((arrival, number)), merged }, &mut open);
                    }
                    To::End(end) | To::Flow { end, .. } => {
                        state.meet(&live.ends);
                        found.end(end, (!merged).then_some(state));
                    }
                    To::Stay(_) | To::Nowhere => {}
                }
            }
        }
        Some(found)
    }

    /// No step has run, and the flow's checks hold.
    fn beginning(&self) -> State {
        let mut state = self.universe.nothing();
        for step in &self.flow.steps {
            self.universe.empty(&mut state, std::slice::from_ref(&step.id));
        }
        for check in &self.flow.checks {
            state = self.universe.assume(state.clone(), &self.condition(&check.when), true).unwrap_or(state);
        }
        state
    }

    /// A condition, with the places of all that it asks.
    pub(super) fn condition(&self, condition: &'a Expression) -> Rc<Condition> {
        let mut known = self.conditions.borrow_mut();
        let placed = known.entry(std::ptr::from_ref(condition)).or_insert_with(|| Rc::new(self.universe.condition(condition)));
        Rc::clone(placed)
    }

    /// The state behind a condition; nothing if it cannot hold there.
    pub(super) fn behind(&self, state: &State, condition: Option<&'a Expression>, holds: bool) -> Option<State> {
        let Some(condition) = condition else { return holds.then(|| state.clone()) };
        let condition = self.condition(condition);
        if self.universe.judge(&condition, state) == Some(!holds) {
            return None;
        }
        self.universe.assume(state.clone(), &condition, holds)
    }

    /// The state in which the line of a branch with this index is judged; nothing if a line before it always holds.
    pub(super) fn line(&self, at: usize, number: usize, doing: &State) -> Option<State> {
        let Verb::Branch(lines) = &self.flow.steps[at].verb else { return None };
        lines[..number].iter().try_fold(doing.clone(), |state, line| self.behind(&state, line.when.as_ref(), false))
    }

    fn departures(&self, at: usize, state: &State) -> Vec<(usize, State)> {
        let mut departures = Vec::new();
        for (number, way) in self.ways[at].iter().enumerate() {
            let Some(mut state) = self.after(at, state, way.cause) else { continue };
            let step = &self.flow.steps[at];
            if !matches!(way.cause, Cause::Skipped) {
                self.forget(step, &mut state);
            }
            if let To::Again(to) = way.to {
                self.set_aside(to, &mut state);
            }
            departures.push((number, state));
        }
        departures
    }

    /// The state on the way out of a step that was entered in this one; nothing if it cannot be left so.
    pub(super) fn after(&self, at: usize, entered: &State, cause: Cause<'a>) -> Option<State> {
        let step = &self.flow.steps[at];
        let own = std::slice::from_ref(&step.id);
        if matches!(cause, Cause::Skipped) {
            let mut state = self.behind(entered, step.when.as_ref(), false)?;
            self.universe.empty(&mut state, own);
            return Some(state);
        }
        let doing = self.behind(entered, step.when.as_ref(), true)?;
        // An option that is taken was shown, so what it is shown for holds.
        let doing = match cause {
            Cause::Option(choice) => self.behind(&doing, choice.when.as_ref(), true)?,
            Cause::Decision(option) => self.behind(&doing, option.when.as_ref(), true)?,
            _ => doing,
        };
        let mut state = doing.clone();
        match (cause, &step.verb) {
            (Cause::Limit, _) => {}
            (Cause::Branch(number), Verb::Branch(lines)) => {
                let state = self.line(at, number - 1, &doing)?;
                return self.behind(&state, lines[number - 1].when.as_ref(), true);
            }
            (Cause::Done, Verb::Set(set)) => self.compute(step, set, &doing, &mut state),
            (Cause::Done, Verb::Call(call)) => self.outcome(step, call, "ok", &mut state),
            (Cause::Outcome(outcome) | Cause::Field(outcome, _), Verb::Call(call)) => self.outcome(step, call, outcome, &mut state),
            (Cause::Outcome(end), Verb::Run(run)) => self.ended(step, run, end, &mut state),
            (Cause::Done, Verb::Ask(_) | Verb::Wait(Wait::Event(_))) => self.result(own, &mut state),
            (Cause::Option(choice), Verb::Ask(ask)) if is_answer(ask) => {
                self.result(own, &mut state);
                self.universe.equal(&mut state, own, &format!("{:?}", Value::Text(choice.id.clone())));
            }
            (Cause::Decision(option), _) => self.decided(own, option, &mut state),
            // Of several options none leads on by itself: the button below them does.
            (Cause::Option(choice), Verb::Ask(ask)) if is_several(ask) && choice.road.to == Target::Complete => return None,
            (Cause::Passed | Cause::Attempts, Verb::Ask(ask)) => {
                self.universe.empty(&mut state, own);
                if let Some(default) = &ask.default {
                    self.give(own, &self.type_in(default, &doing), &mut state);
                }
            }
            _ => self.universe.empty(&mut state, own),
        }
        Some(state)
    }

    /// The result at a path is a new one, and there.
    fn result(&self, path: &[String], state: &mut State) {
        self.universe.forget(state, path);
        self.universe.put(state, path);
    }

    /// The result at a path is a new one of this type.
    fn give(&self, path: &[String], of: &Type, state: &mut State) {
        self.universe.forget(state, path);
        if of.kind == Kind::None {
            self.universe.empty(state, path);
        } else if !of.optional {
            self.universe.fill(state, path, of);
        }
    }

    fn decided(&self, own: &[String], option: &Decision, state: &mut State) {
        self.result(own, state);
        let field = |name: &str| [own[0].clone(), name.to_owned()];
        self.universe.equal(state, &field("choice"), &format!("{:?}", Value::Text(option.id.clone())));
        let demand = match &option.act {
            DecisionAct::Decide(verdict) => verdict.ask.as_ref(),
            DecisionAct::Start { .. } | DecisionAct::Url(_) => None,
        };
        let given = demand.map(|demand| if demand.is_choice() { "chosen" } else { "answer" });
        for name in ["answer", "chosen"] {
            if given == Some(name) { self.universe.put(state, &field(name)) } else { self.universe.empty(state, &field(name)) }
        }
    }

    fn compute(&self, step: &Step, set: &Set, doing: &State, state: &mut State) {
        let own = std::slice::from_ref(&step.id);
        match set {
            Set::Value(value) => self.store(own, value, doing, state),
            Set::Fields { result, person } => {
                self.result(own, state);
                for (root, fields) in [(&step.id, result), (&"person".to_owned(), person)] {
                    for (field, value) in fields {
                        self.store(&[root.clone(), field.clone()], value, doing, state);
                    }
                }
            }
        }
    }

    fn store(&self, path: &[String], value: &Expression, doing: &State, state: &mut State) {
        self.give(path, &self.type_in(value, doing), state);
        if let Some(constant) = value.value() {
            self.universe.equal(state, path, &format!("{constant:?}"));
        }
    }

    /// What a call has given with this outcome; `else` stands for several.
    fn outcome(&self, step: &Step, call: &Call, outcome: &str, state: &mut State) {
        let own = std::slice::from_ref(&step.id);
        self.result(own, state);
        let field = |name: &str| [step.id.clone(), name.to_owned()];
        self.universe.put(state, &field("outcome"));
        let Some(operation) = self.world.operations.get(&call.operation) else { return };
        let given: Vec<_> = given(operation, outcome).collect();
        let names = operation.output.iter().chain(operation.outcomes.iter().flat_map(|rule| &rule.output)).map(|output| &output.name);
        for name in names.filter(|_| outcome != "else") {
            match given.iter().find(|output| output.name == *name) {
                Some(output) if output.of.optional => {}
                Some(_) => self.universe.put(state, &field(name)),
                None => self.universe.empty(state, &field(name)),
            }
        }
    }

    /// What another flow has given at its end, and what it may have written about the person.
    fn ended(&self, step: &Step, run: &Run, end: &str, state: &mut State) {
        let own = std::slice::from_ref(&step.id);
        self.result(own, state);
        self.universe.put(state, &[step.id.clone(), "outcome".to_owned()]);
        let summary = self.summaries.of(&run.flow);
        for name in summary.outputs_at(end, |name| run.outcomes.contains_key(name)) {
            self.universe.put(state, &[step.id.clone(), name.clone()]);
        }
        for field in &summary.writes {
            self.universe.forget(state, &["person".to_owned(), field.clone()]);
        }
    }

    fn forget(&self, step: &Step, state: &mut State) {
        for (name, field) in &step.forget {
            let path: Vec<_> = std::iter::once(name).chain(field).cloned().collect();
            self.universe.empty(state, &path);
        }
    }

    /// A step is to be done again: its result is set aside, and so may be those that read it.
    fn set_aside(&self, step: usize, state: &mut State) {
        self.universe.empty(state, std::slice::from_ref(&self.flow.steps[step].id));
        let mut aside = vec![step];
        let mut open = vec![step];
        while let Some(changed) = open.pop() {
            let id = &self.flow.steps[changed].id;
            for reader in (0..self.flow.steps.len()).filter(|at| self.flow.steps[*at].reads.contains(id)) {
                if !aside.contains(&reader) {
                    self.universe.forget(state, std::slice::from_ref(&self.flow.steps[reader].id));
                    aside.push(reader);
                    open.push(reader);
                }
            }
        }
    }

    /// Whether a condition holds in this state, if that follows from it.
    pub(super) fn judge(&self, condition: &'a Expression, state: &State) -> Option<bool> {
        self.universe.judge(&self.condition(condition), state)
    }

    /// True if the value at a path is none for certain.
    pub(super) fn is_none(&self, state: &State, path: &[String]) -> bool {
        self.universe.presence(state, path) == Some(false)
    }

    /// The type of an expression where this is known.
    pub(super) fn type_in(&self, expression: &Expression, state: &State) -> Type {
        self.in_place(state, |place| expression.check(place, &mut Vec::new()))
    }

    /// The place of a step in this state.
    pub(super) fn in_place<T>(&self, state: &State, then: impl FnOnce(&Place<'_>) -> T) -> T {
        let view = View { universe: &self.universe, state };
        let mut place = Place::new(self.world, Reach::Flow(self.sheet));
        place.sure = Sure::Proven(&view);
        then(&place)
    }
}

impl<'a> Explored<'a> {
    fn arrive(&mut self, arrival: Arrival, open: &mut VecDeque<usize>) {
        if self.is_covered(&arrival) {
            return;
        }
        if arrival.merged {
            return self.merge(arrival, open);
        }
        let step = arrival.step;
        self.at[step].retain(|known| !arrival.state.is_within(&self.arrivals[*known].state));
        let newest = self.keep(arrival);
        let single = self.at[step].iter().copied().filter(|known| !self.arrivals[*known].merged);
        let surplus = if single.clone().count() > STATES { single.max_by_key(|known| self.arrivals[*known].state.rank()) } else { None };
        if surplus != Some(newest) {
            open.push_back(newest);
        }
        if let Some(surplus) = surplus {
            self.at[step].retain(|known| *known != surplus);
            let Arrival { state, from, .. } = &self.arrivals[surplus];
            let merged = Arrival { step, state: state.clone(), from: *from, merged: true };
            self.arrive(merged, open);
        }
    }

    /// What several have in common is one state.
    fn merge(&mut self, mut arrival: Arrival, open: &mut VecDeque<usize>) {
        let step = arrival.step;
        if let Some(rest) = self.at[step].iter().position(|known| self.arrivals[*known].merged) {
            let rest = self.at[step].remove(rest);
            arrival.state.meet(&self.arrivals[rest].state);
        }
        let newest = self.keep(arrival);
        open.push_back(newest);
    }

    fn keep(&mut self, arrival: Arrival) -> usize {
        let newest = self.arrivals.len();
        self.at[arrival.step].push(newest);
        self.arrivals.push(arrival);
        newest
    }

    /// True if whatever can be found out after an arrival is found out after another one. What several have in common shows nothing of
    /// a single way.
    fn is_covered(&self, arrival: &Arrival) -> bool {
        let mut known = self.at[arrival.step].iter().map(|known| &self.arrivals[*known]);
        known.any(|known| (arrival.merged || !known.merged) && known.state.is_within(&arrival.state))
    }

    /// The flow ends; in a state that shows something, if there is one.
    fn end(&mut self, end: &'a str, state: Option<State>) {
        let known = self.ends.entry(end).or_default();
        let Some(state) = state.filter(|state| !known.iter().any(|known| known.is_within(state))) else { return };
        known.retain(|known| !state.is_within(known));
        known.push(state);
    }
}

/// The outputs that an operation gives with this outcome.
fn given<'o>(operation: &'o Operation, outcome: &str) -> impl Iterator<Item = &'o crate::flow::Output> {
    let own = operation.outcomes.iter().filter(|rule| rule.name == outcome).flat_map(|rule| &rule.output).collect::<Vec<_>>();
    let usual = (outcome == "ok").then_some(&operation.output);
    usual.into_iter().flatten().chain(own)
}

/// Options beside a list from data are no answers.
fn is_answer(ask: &Ask) -> bool {
    matches!(&ask.answer, AnswerType::Choice(Options::Literal(_)))
}

fn is_several(ask: &Ask) -> bool {
    matches!(&ask.answer, AnswerType::Choices { .. })
}
