//! What names mean at a place of a flow, and what the result of each step is.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use crate::diagnostic::Span;
use crate::expr::{Expression, Kind, Known, Names, Type};
use crate::flow::load::answers;
use crate::flow::load::catalog::Catalogs;
use crate::flow::load::enclosures::Enclosures;
use crate::flow::load::events::{self, Events};
use crate::flow::load::files::RawFlow;
use crate::flow::load::roads::is_required;
use crate::flow::load::unread::Unread;
use crate::flow::load::verbs::approve;
use crate::flow::shapes::is_clear_step;
use crate::flow::{Declared, Installation, Operation, Text};
use crate::syntax::{self, Entry, Node};

/// Names that mean something of their own; no step may be called so.
pub(super) const RESERVED: [&str; 12] =
    ["inputs", "settings", "person", "session", "step", "now", "value", "input", "item", "request", "event", "result"];

/// How many results may be looked up through one another before their type is given up: they are steps that name later steps.
const DEPTH: usize = 48;

/// How many fields, those of its fields included, the result of a step may have.
const FIELDS: usize = 5_000;

/// Everything that flows may refer to: all of it is known before the first step is built.
pub(super) struct World<'a> {
    /// Translations.
    pub catalogs: &'a Catalogs<'a>,
    /// The operator's side.
    pub installation: &'a Installation,
    /// Country of typed phone numbers.
    pub country: &'a str,
    /// The default of `money`.
    pub currency: &'a str,
    /// A record of all settings.
    pub settings: Type,
    /// A record of all that is known of a person.
    pub person: Type,
    /// What flows may write of it, with the types they may write.
    pub writable: BTreeMap<String, Type>,
    /// Built-in sentences.
    pub texts: BTreeMap<String, Text>,
    /// Operations by `connection.operation`.
    pub operations: &'a BTreeMap<String, Operation>,
    /// The profiles that each connection's operations know.
    pub profiles: &'a BTreeMap<String, Vec<String>>,
    /// What other systems report.
    pub events: Events,
    /// Flows as written.
    pub flows: BTreeMap<&'a str, Sheet<'a>>,
    /// What is in files that could not be read.
    pub unread: &'a Unread,
    /// Files beside the flows, by their paths.
    pub enclosures: &'a Enclosures,
}

/// A flow as written, with what others must know of it before it is built.
pub(super) struct Sheet<'a> {
    /// Its id.
    pub id: &'a str,
    /// Where the id stands.
    pub span: Span,
    /// Its keys.
    pub node: &'a Node,
    /// Its steps, in order.
    pub steps: &'a [Entry],
    /// Id → place among the steps.
    pub index: BTreeMap<&'a str, usize>,
    /// What it is given.
    pub inputs: BTreeMap<String, Declared>,
    /// For each step, whether it cannot be told what it does: that has been reported, and nothing that follows from it is.
    doubtful: Vec<bool>,
    /// The types of the steps' results, as far as they are known.
    results: RwLock<Vec<Slot>>,
    outputs: Mutex<Slot>,
}

/// A type that is found out when it is first asked for.
#[derive(Clone, Default)]
enum Slot {
    #[default]
    Open,
    /// Being found out: whoever asks now asks in a circle.
    Busy,
    Known(Type),
}

impl<'a> Sheet<'a> {
    pub(super) fn new(raw: &'a RawFlow, inputs: BTreeMap<String, Declared>) -> Self {
        let steps = raw.node.get("steps").map_or(&[][..], Node::entries);
        let index = steps.iter().enumerate().map(|(at, entry)| (entry.key.as_str(), at)).collect();
        let doubtful = steps.iter().map(|entry| !is_clear_step(&entry.value)).collect();
        let results = RwLock::new(vec![Slot::Open; steps.len()]);
        Self { id: &raw.id, span: raw.span, node: &raw.node, steps, index, inputs, doubtful, results, outputs: Mutex::default() }
    }

    /// Whether it cannot be told what the step at this place does.
    pub(super) fn is_doubtful(&self, at: usize) -> bool {
        self.doubtful.get(at).copied().unwrap_or_default()
    }

    fn known(&self) -> RwLockReadGuard<'_, Vec<Slot>> {
        self.results.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn learn(&self, at: usize, slot: Slot) {
        self.results.write().unwrap_or_else(PoisonError::into_inner)[at] = slot;
    }

    fn output(&self) -> MutexGuard<'_, Slot> {
        self.outputs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An input without which the flow cannot begin.
    pub(super) fn required_input(&self) -> Option<&str> {
        self.required_inputs().next()
    }

    /// The inputs without which the flow cannot begin.
    pub(super) fn required_inputs(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().filter(|(_, declared)| is_required(declared)).map(|(name, _)| name.as_str())
    }
}

impl World<'_> {
    /// Finds out the types of all results and outputs, so that whoever asks for them afterwards, however many do at once, is told the same.
    pub(super) fn work_out_all(&self) {
        for sheet in self.flows.values() {
            for at in 0..sheet.steps.len() {
                self.result(sheet, at, 0);
            }
            self.outputs(sheet, 0);
        }
    }

    /// The type of a step's result.
    pub(super) fn result(&self, sheet: &Sheet<'_>, at: usize, depth: usize) -> Type {
        if depth > DEPTH {
            return Type::certain(Kind::Any);
        }
        match sheet.known().get(at) {
            Some(Slot::Known(of)) => return of.clone(),
            Some(Slot::Open) => {}
            Some(Slot::Busy) | None => return Type::certain(Kind::Any),
        }
        if sheet.is_doubtful(at) {
            return any();
        }
        sheet.learn(at, Slot::Busy);
        let place = Place { world: self, reach: Reach::Flow(sheet), extra: Vec::new(), depth: depth + 1, sure: Sure::All };
        let of = bounded(self.work_out(sheet, &sheet.steps[at].value, &place));
        sheet.learn(at, Slot::Known(of.clone()));
        of
    }

    fn work_out(&self, sheet: &Sheet<'_>, step: &Node, place: &Place<'_>) -> Type {
        if step.get("ask").is_some() {
            return answers::result(step, place);
        }
        if let Some(call) = step.get("call") {
            return call.text().and_then(|id| self.operations.get(id)).map_or_else(any, |operation| self.of_call(operation));
        }
        if let Some(set) = step.get("set") {
            return of_set(set, place);
        }
        if let Some(run) = step.get("run") {
            return run.text().and_then(|id| self.flows.get(id)).map_or_else(any, |child| self.outputs(child, place.depth));
        }
        if step.get("approve").is_some() {
            return approve::decided(step, place);
        }
        if let Some(name) = step.get("wait").and_then(|wait| wait.get("event")?.text()) {
            return self.events.get(name).map_or_else(any, events::fields);
        }
        let wordless = ["say", "review", "branch", "wait", "notify", "go", "end"].iter().any(|key| step.get(key).is_some());
        if wordless && sheet.node.get("steps").is_some() { Type::certain(Kind::None) } else { any() }
    }

    /// What a call gives: the outputs of every outcome, which of them it was, and what the server said.
    pub(super) fn of_call(&self, operation: &Operation) -> Type {
        let profiles = self.profiles.get(&operation.connection).map_or(&[][..], Vec::as_slice);
        let outcomes = crate::flow::possible_outcomes(operation, profiles);
        let own = operation.outcomes.iter().flat_map(|rule| &rule.output);
        let mut fields = BTreeMap::new();
        for output in operation.output.iter().chain(own) {
            fields.entry(output.name.clone()).and_modify(|of| *of = either(of, &output.of)).or_insert_with(|| output.of.clone());
        }
        fields.insert("outcome".into(), Type::certain(Kind::OneOf(outcomes.into_iter().map(|name| (name.clone(), name)).collect())));
        fields.insert("error".into(), error_report());
        Type::certain(Kind::Record(fields))
    }

    /// What a flow gives at its end.
    fn outputs(&self, child: &Sheet<'_>, depth: usize) -> Type {
        let known = std::mem::replace(&mut *child.output(), Slot::Busy);
        let of = match known {
            Slot::Known(of) => of,
            Slot::Busy => any(),
            Slot::Open => {
                let place = Place { world: self, reach: Reach::Flow(child), extra: Vec::new(), depth: depth + 1, sure: Sure::All };
                let entries = child.node.get("outputs").map_or(&[][..], Node::entries);
                let mut fields: BTreeMap<_, _> = entries.iter().map(|entry| (entry.key.clone(), place.silently(&entry.value))).collect();
                fields.insert("outcome".into(), Type::certain(Kind::Text));
                Type::certain(Kind::Record(fields))
            }
        };
        *child.output() = Slot::Known(of.clone());
        of
    }
}

/// Whether what a step computed may be `none` depends on the roads that led to it, so it is taken to be certain here.
fn of_set(set: &Node, place: &Place<'_>) -> Type {
    let computed = |node: &Node| Type { optional: false, ..place.silently(node) };
    if !matches!(set.kind, syntax::Kind::Map(_)) {
        return computed(set);
    }
    let fields = set.entries().iter().filter(|entry| !entry.key.starts_with("person."));
    Type::certain(Kind::Record(fields.map(|entry| (entry.key.clone(), computed(&entry.value))).collect()))
}

/// What is known of a value that two outcomes give under one name.
fn either(one: &Type, other: &Type) -> Type {
    let kind = if one.kind == other.kind { one.kind.clone() } else { Kind::Any };
    Type { kind, optional: one.optional || other.optional, pii: one.pii || other.pii, secret: one.secret || other.secret }
}

/// Records of records of records grow beyond all measure; of such a one nothing is known.
fn bounded(of: Type) -> Type {
    let mut left = FIELDS;
    if fits(&of, &mut left) { of } else { any() }
}

fn fits(of: &Type, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else { return false };
    *left = rest;
    match &of.kind {
        Kind::List(item) => fits(item, left),
        Kind::Record(fields) => fields.values().all(|field| fits(field, left)),
        _ => true,
    }
}

fn error_report() -> Type {
    let text = || Type::certain(Kind::Text).optional();
    let fields = [("message", text()), ("code", text()), ("status", Type::certain(Kind::Integer).optional()), ("fields", any())];
    Type::certain(Kind::Record(fields.map(|(name, of)| (name.to_owned(), of)).into())).optional()
}

fn any() -> Type {
    Type::certain(Kind::Any)
}

/// Which names a place can see.
#[derive(Clone, Copy)]
pub(super) enum Reach<'w> {
    /// Settings only: texts that belong to no person.
    Bot,
    /// A person, too: before a session begins.
    Person,
    /// A session as well, at whatever step it waits.
    Session,
    /// Everything a step of the flow can see.
    Flow(&'w Sheet<'w>),
}

/// What names mean at one place.
#[derive(Clone)]
pub(super) struct Place<'w> {
    /// What there is.
    pub world: &'w World<'w>,
    /// What of it can be seen from here.
    pub reach: Reach<'w>,
    /// Names that mean something only here.
    pub extra: Vec<(&'static str, Type)>,
    /// How many results are being worked out around this one.
    pub depth: usize,
    /// Which results are there.
    pub sure: Sure<'w>,
}

/// Which results of steps are there at a place.
#[derive(Clone, Copy)]
pub(super) enum Sure<'w> {
    /// All of them: what they are is asked, not whether.
    All,
    /// It is not known yet: each may be none.
    Unknown,
    /// Those that are proven there.
    Proven(&'w dyn Known),
}

impl<'w> Place<'w> {
    pub(super) fn new(world: &'w World<'w>, reach: Reach<'w>) -> Self {
        Self { world, reach, extra: Vec::new(), depth: 0, sure: Sure::Unknown }
    }

    /// The same place with one more name.
    pub(super) fn with(&self, name: &'static str, of: Type) -> Self {
        let mut place = self.clone();
        place.extra.push((name, of));
        place
    }

    /// The type of an expression; what is wrong with it is reported when its step is built.
    pub(super) fn silently(&self, node: &Node) -> Type {
        let mut unheard = Vec::new();
        Expression::from_node(node, &mut unheard).map_or_else(any, |expression| expression.check(self, &mut unheard))
    }

    fn sheet(&self) -> Option<&'w Sheet<'w>> {
        match self.reach {
            Reach::Flow(sheet) => Some(sheet),
            _ => None,
        }
    }

    fn built_in(&self, name: &str) -> Option<Type> {
        let in_session = matches!(self.reach, Reach::Session | Reach::Flow(_));
        let with_person = !matches!(self.reach, Reach::Bot);
        match name {
            "settings" => Some(self.world.settings.clone()),
            "person" if with_person => Some(self.world.person.clone()),
            "now" if with_person => Some(Type::certain(Kind::DateTime)),
            "session" if in_session => {
                Some(record(&[("id", Kind::Text), ("number", Kind::Text), ("title", Kind::Text), ("started", Kind::DateTime)]))
            }
            // Which question of how many it is, only a step that is asked knows of itself.
            "step" if matches!(self.reach, Reach::Session) => Some(record(&[("title", Kind::Text)])),
            "step" if in_session => Some(record(&[("title", Kind::Text), ("number", Kind::Integer), ("total", Kind::Integer)])),
            "inputs" => match self.reach {
                Reach::Flow(sheet) => Some(inputs(sheet)),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Names for Place<'_> {
    fn type_of(&self, name: &str) -> Option<Type> {
        if let Some((_, of)) = self.extra.iter().rev().find(|(extra, _)| *extra == name) {
            return Some(of.clone());
        }
        self.built_in(name).or_else(|| {
            let sheet = self.sheet()?;
            let at = *sheet.index.get(name)?;
            let of = self.world.result(sheet, at, self.depth);
            Some(if matches!(self.sure, Sure::All) { of } else { uncertain(of, &sheet.steps[at].value) })
        })
    }

    fn all(&self) -> Vec<String> {
        let steps = self.sheet().into_iter().flat_map(|sheet| sheet.index.keys().copied());
        let built_in = RESERVED.into_iter().filter(|name| self.built_in(name).is_some());
        self.extra.iter().map(|(name, _)| *name).chain(built_in).chain(steps).map(str::to_owned).collect()
    }

    fn proves(&self, name: &str, fields: &[String]) -> bool {
        let Sure::Proven(known) = self.sure else { return false };
        let path: Vec<_> = std::iter::once(name.to_owned()).chain(fields.iter().cloned()).collect();
        !self.extra.iter().any(|(extra, _)| *extra == name) && known.presence(&path) == Some(true)
    }

    fn longest(&self, name: &str, fields: &[String]) -> Option<usize> {
        let sheet = self.sheet().filter(|_| fields.is_empty() && self.extra.iter().all(|(extra, _)| *extra != name))?;
        answers::longest(&sheet.steps[*sheet.index.get(name)?].value)
    }

    fn has_label(&self, name: &str) -> bool {
        if let Some((_, of)) = self.extra.iter().rev().find(|(extra, _)| *extra == name) {
            return matches!(of.kind, Kind::OneOf(_));
        }
        let Some(step) = self.sheet().and_then(|sheet| Some(&sheet.steps[*sheet.index.get(name)?].value)) else { return false };
        step.get("choice").is_some() || step.get("choices").is_some()
    }
}

/// A result that may not be there; of what several roads fill in, each field.
fn uncertain(mut of: Type, step: &Node) -> Type {
    let by_field = ["call", "set", "run"].iter().any(|verb| step.get(verb).is_some());
    if let (Kind::Record(fields), true) = (&mut of.kind, by_field) {
        for field in fields.values_mut() {
            field.optional = true;
        }
    }
    of.optional = true;
    of
}

/// A default fills what is not given, so such an input is certain.
fn inputs(sheet: &Sheet<'_>) -> Type {
    let fields = sheet.inputs.iter().map(|(name, declared)| {
        let optional = declared.of.optional && declared.default.is_none();
        (name.clone(), Type { optional, ..declared.of.clone() })
    });
    Type::certain(Kind::Record(fields.collect()))
}

/// A record of certain values.
pub(super) fn record(fields: &[(&str, Kind)]) -> Type {
    Type::certain(Kind::Record(fields.iter().map(|(name, kind)| ((*name).to_owned(), Type::certain(kind.clone()))).collect()))
}

/// The names that the templates and expressions of an operation see: its inputs.
pub(super) struct InputNames<'a>(pub(super) &'a BTreeMap<String, Declared>);

impl Names for InputNames<'_> {
    fn type_of(&self, name: &str) -> Option<Type> {
        self.0.get(name).map(|declared| declared.of.clone())
    }

    fn all(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn has_label(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|declared| matches!(declared.of.kind, Kind::OneOf(_)))
    }
}
