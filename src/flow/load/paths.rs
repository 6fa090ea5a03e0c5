//! What is there on which way: values that may be none where they are printed, compared by size or handed on, with a way that shows it.
//!
//! A step that has not run, or was skipped, is none. So every step is explored in all states in which it can be reached
//! (`explore`), and whatever reads names there (`pieces`) is looked at in each of them. Only flows whose roads and conditions could
//! all be read are judged: where something was not understood, whatever followed from it would be no mistake of the author's.

mod conditions;
mod explore;
mod live;
mod pieces;
mod shown;
mod state;
mod summary;
mod unused;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::expr::codes as expr_codes;
use crate::expr::{Claim, Expression, Kind, Type};
use crate::flow::load::committed;
use crate::flow::load::names::{Place, World};
use crate::flow::load::paths::explore::{Explored, Explorer};
use crate::flow::load::paths::pieces::{Extra, For, It, Moment, Piece};
use crate::flow::load::paths::shown::Shown;
use crate::flow::load::paths::state::{State, Universe};
use crate::flow::load::paths::summary::Summaries;
use crate::flow::load::roads::is_required;
use crate::flow::load::verbs::approve::request;
use crate::flow::ways;
use crate::flow::{Flow, Target, Verb};
use crate::syntax::Node;

/// The flows that could be read as a whole.
pub(super) struct Judged<'a> {
    whole: BTreeSet<&'a str>,
    /// Those among them in which nothing is wrong: what else is odd there may follow from that.
    sound: BTreeSet<&'a str>,
}

impl<'a> Judged<'a> {
    /// All flows but those that are lost and those with a finding that leaves part of them unread.
    pub(super) fn new(world: &'a World<'a>, lost: &BTreeSet<String>, findings: &[Diagnostic]) -> Self {
        // A condition that is the same by its own words leaves others with nothing to ask.
        let is_wrong = |finding: &&Diagnostic| finding.severity == Severity::Error || finding.code == expr_codes::CONSTANT_CONDITION;
        let errors = || findings.iter().filter(is_wrong);
        let without = |counts: &dyn Fn(&Diagnostic) -> bool| {
            let flows = world.flows.values().filter(|sheet| {
                !lost.contains(sheet.id) && !errors().any(|finding| is_within(finding.span, sheet.node.span) && counts(finding))
            });
            flows.map(|sheet| sheet.id).collect()
        };
        Self { whole: without(&leaves_unread), sound: without(&|_| true) }
    }
}

fn is_within(inner: Span, outer: Span) -> bool {
    inner.file == outer.file && outer.start <= inner.start && inner.end <= outer.end
}

/// Mistakes of syntax, shape and reference, and expressions that cannot be read, leave a hole.
fn leaves_unread(finding: &Diagnostic) -> bool {
    let unread = [
        expr_codes::EXPRESSION_SYNTAX,
        expr_codes::TEMPLATE_SYNTAX,
        expr_codes::UNKNOWN_FILTER,
        expr_codes::UNKNOWN_TEST,
        expr_codes::UNKNOWN_FUNCTION,
        expr_codes::ASSIGNMENT_IN_CONDITION,
        expr_codes::FORBIDDEN_CONSTRUCT,
        expr_codes::UNKNOWN_NAME,
        expr_codes::UNKNOWN_FIELD,
    ];
    finding.code.id < "FLW300" || unread.contains(&finding.code)
}

/// True for a finding that says that something may be none.
pub(super) fn is_doubt(finding: &Diagnostic) -> bool {
    finding.severity == Severity::Warning && matches!(finding.code, expr_codes::MAYBE_NONE | expr_codes::PRINTS_NONE)
}

/// Looks at all flows that can be judged.
pub(super) fn check(world: &World<'_>, flows: &BTreeMap<String, Flow>, judged: &Judged<'_>, findings: &mut Vec<Diagnostic>) {
    let ids: Vec<&String> = flows.keys().collect();
    // What flows that run one another come to depends on which is asked first: each flow asks for itself, whoever else is looked at meanwhile.
    let found: Vec<_> = ids.into_par_iter().map(|id| look_at(&Summaries::new(world, flows, judged), id)).collect();
    let known: Vec<Span> = findings.iter().map(|finding| finding.span).collect();
    // What follows from a mistake that has been told at the same place is none of its own.
    findings.extend(found.into_iter().flatten().filter(|finding| !known.iter().any(|known| is_within(*known, finding.span))));
}

/// Looks at the flow of this id, if it can be judged.
fn look_at(summaries: &Summaries<'_>, id: &str) -> Vec<Diagnostic> {
    let Some(explorer) = explorer(summaries, id) else { return Vec::new() };
    let Some(explored) = explorer.explore() else { return Vec::new() };
    let mut judge = Judge { explorer: &explorer, explored: &explored, findings: Vec::new() };
    for at in 0..explorer.flow.steps.len() {
        judge.step(at);
    }
    judge.on_fault();
    if summaries.judged.sound.contains(id) {
        (0..explorer.flow.steps.len()).for_each(|at| judge.conditions(at));
        unused::check(summaries.world, explorer.flow, &explorer.ways, &mut judge.findings);
    }
    committed::check(explorer.flow, summaries.world.operations, &mut judge.findings);
    judge.findings
}

/// What explores the flow of this id, if it can be judged.
fn explorer<'a>(summaries: &'a Summaries<'a>, id: &str) -> Option<Explorer<'a>> {
    let sheet = summaries.judged.whole.contains(id).then(|| summaries.world.flows.get(id)).flatten()?;
    let flow = summaries.flows.get(id)?;
    let ways: Vec<_> = (0..flow.steps.len()).map(|at| ways::of_step(flow, at)).collect();
    let universe = universe(flow, &ways);
    Some(Explorer { world: summaries.world, sheet, flow, summaries, ways, universe, conditions: RefCell::default() })
}

fn universe(flow: &Flow, ways: &[Vec<ways::Way<'_>>]) -> Universe {
    let (mut paths, mut claims): (BTreeSet<Vec<String>>, Vec<Claim>) = Default::default();
    for (step, ways) in flow.steps.iter().zip(ways) {
        for piece in pieces::of_step(step, ways) {
            for expression in piece.it.expressions() {
                paths.extend(expression.names().into_iter().map(|name| name.path));
                claims.extend(expression.claims());
            }
            for template in piece.it.templates() {
                paths.extend(template.names().into_iter().map(|name| name.path));
            }
        }
    }
    paths.extend(flow.outputs.values().flat_map(Expression::names).map(|name| name.path));
    Universe::new(paths, claims)
}

/// Looks at one flow.
struct Judge<'j, 'a> {
    explorer: &'j Explorer<'a>,
    explored: &'j Explored<'a>,
    findings: Vec<Diagnostic>,
}

impl Judge<'_, '_> {
    fn step(&mut self, at: usize) {
        let explorer = self.explorer;
        for piece in pieces::of_step(&explorer.flow.steps[at], &explorer.ways[at]) {
            let states = self.states(at, &piece);
            let Some((_, mut common)) = states.first().cloned() else { continue };
            for (_, state) in &states {
                common.meet(state);
            }
            let mut found = self.found(&piece, &common);
            // What is not doubtful where only that is known which all states have in common is so in none of them.
            if found.iter().any(is_doubt) {
                self.tell(&piece, &states);
            }
            self.never_there(&piece, &states);
            found.retain(|finding| finding.code == expr_codes::CONSTANT_CONDITION);
            self.findings.append(&mut found);
        }
        self.shown(at);
    }

    /// What a review shows and only comes behind it. How else a value may not be there is not followed: such a line is left out.
    fn shown(&mut self, at: usize) {
        let flow = self.explorer.flow;
        let Verb::Review(review) = &flow.steps[at].verb else { return };
        if self.explored.at[at].is_empty() {
            return;
        }
        let written = self.explorer.sheet.steps[at].value.get("show").map_or(&[][..], Node::items);
        let before = self.before(at);
        for shown in review.show.iter().copied().filter(|shown| *shown == at || !before.contains(shown)) {
            let step = &flow.steps[shown];
            let Some(node) = written.iter().find(|node| node.text() == Some(step.id.as_str())) else { continue };
            let path = std::slice::from_ref(&step.id);
            self.findings.push(shown::never(node.span, path).related(step.span, "its result is not there on any way to here"));
        }
    }

    /// The steps from which ways lead to this one.
    fn before(&self, at: usize) -> BTreeSet<usize> {
        let ways = &self.explorer.ways;
        let mut before = BTreeSet::new();
        let mut changed = true;
        while changed {
            let leads = |to: usize| to == at || before.contains(&to);
            let more: Vec<_> = (0..ways.len())
                .filter(|from| !before.contains(from) && ways[*from].iter().filter_map(|way| way.to.step()).any(leads))
                .collect();
            changed = !more.is_empty();
            before.extend(more);
        }
        before
    }

    /// What is doubtful in single states, each with the way to one of them. What only seems so because states were merged is no finding.
    fn tell(&mut self, piece: &Piece<'_>, states: &[(usize, State)]) {
        let mut told: Vec<(Diagnostic, usize)> = Vec::new();
        for (arrival, state) in states.iter().filter(|(arrival, _)| !self.explored.arrivals[*arrival].merged) {
            for doubt in self.doubts(piece, state) {
                if !told.iter().any(|(known, _)| *known == doubt) {
                    told.push((doubt, *arrival));
                }
            }
        }
        for (doubt, arrival) in told {
            let path = piece.it.names().into_iter().find(|name| name.span == doubt.span).map(|name| name.path);
            let path = path.unwrap_or_default();
            let never = !path.is_empty() && states.iter().all(|(_, state)| self.explorer.is_none(state, &path));
            let doubt = if never { shown::never(doubt.span, &path) } else { doubt };
            self.findings.push(shown::with_way(self.explorer, self.explored, doubt, &Shown { path: &path, arrival, moment: piece.moment }));
        }
    }

    /// Values that are handed on as they are, and are none on every way. Nothing forbids that, but nobody writes it for that.
    fn never_there(&mut self, piece: &Piece<'_>, states: &[(usize, State)]) {
        let values = match piece.it {
            It::Value(_) | It::Remembered(..) | It::Given(..) => piece.it.expressions(),
            It::Condition(_) | It::Needed(..) | It::Text(_) => return,
        };
        for value in values {
            let names = value.names();
            let [name] = names.as_slice() else { continue };
            let is_step = self.explorer.flow.index.get(&name.path[0]);
            let (Some(source), true) = (is_step, name.span == value.span()) else { continue };
            if states.iter().all(|(_, state)| self.explorer.is_none(state, &name.path))
                && !self.findings.iter().any(|finding| finding.span == name.span)
            {
                let remark = "its result is not there on any way to here";
                self.findings.push(shown::never(name.span, &name.path).related(self.explorer.flow.steps[*source].span, remark));
            }
        }
    }

    /// The states in which a piece is looked at, each with the arrival it comes from.
    fn states(&self, at: usize, piece: &Piece<'_>) -> Vec<(usize, State)> {
        self.explored.at[at].iter().filter_map(|arrival| Some((*arrival, self.state(at, piece, *arrival)?))).collect()
    }

    /// The state in which a piece is looked at after this arrival; nothing if it never is.
    fn state(&self, at: usize, piece: &Piece<'_>, arrival: usize) -> Option<State> {
        let explorer = self.explorer;
        let when = explorer.flow.steps[at].when.as_ref();
        let entered = &self.explored.arrivals[arrival].state;
        let state = match piece.moment {
            Moment::Entering => entered.clone(),
            Moment::Doing => explorer.behind(entered, when, true)?,
            Moment::Line(number) => explorer.line(at, number, &explorer.behind(entered, when, true)?)?,
            Moment::Leaving(cause) => explorer.after(at, entered, cause)?,
        };
        explorer.behind(&state, piece.guard, true)
    }

    /// What of a piece may be none in this state and must not be.
    fn doubts(&self, piece: &Piece<'_>, state: &State) -> Vec<Diagnostic> {
        let mut found = self.found(piece, state);
        found.retain(is_doubt);
        found
    }

    fn found(&self, piece: &Piece<'_>, state: &State) -> Vec<Diagnostic> {
        self.explorer.in_place(state, |place| {
            let mut found = Vec::new();
            look(piece, &extended(place, piece.extra), &mut found);
            found
        })
    }

    /// Whatever step failed, its road is taken: nothing is known there.
    fn on_fault(&mut self) {
        let Some(road) = &self.explorer.flow.on_fault else { return };
        let nothing = self.explorer.universe.nothing();
        let plain = |it| Piece { it, moment: Moment::Doing, guard: None, extra: Extra::None };
        let mut pieces: Vec<_> = road.say.iter().map(|say| plain(It::Text(say))).collect();
        if let Target::Start { flow, with, .. } = &road.to {
            pieces.push(plain(It::Given(For::Flow(flow), with)));
        }
        for piece in pieces {
            let found = self.doubts(&piece, &nothing);
            self.findings.extend(found);
        }
    }
}

/// The place with the names that mean something only at this piece.
fn extended<'p>(place: &Place<'p>, extra: Extra<'_>) -> Place<'p> {
    match extra {
        Extra::None => place.clone(),
        Extra::Input => place.with("input", Type::certain(Kind::Text)),
        Extra::Value => place.with("value", Type::certain(Kind::Any)),
        Extra::Result(operation) => {
            let result = place.world.operations.get(operation).map_or(Type::certain(Kind::Any), |operation| place.world.of_call(operation));
            place.with("value", Type::certain(Kind::Any)).with("result", result)
        }
        Extra::Item(from) => {
            let item = match from.check(place, &mut Vec::new()).kind {
                Kind::List(item) => Type { optional: false, ..*item },
                _ => Type::certain(Kind::Any),
            };
            place.with("item", item)
        }
        Extra::Request => place.with("request", request()),
        Extra::Event => place.with("event", Type::certain(Kind::Any)),
        Extra::Decided => {
            let mut request = request();
            if let Kind::Record(fields) = &mut request.kind {
                for field in fields.values_mut() {
                    field.optional = false;
                }
            }
            place.with("request", request)
        }
    }
}

/// Looks at a piece at its place; what else is wrong with it has been reported.
fn look(piece: &Piece<'_>, place: &Place<'_>, found: &mut Vec<Diagnostic>) {
    match piece.it {
        It::Condition(condition) => {
            condition.check_condition(place, found);
        }
        It::Value(value) => {
            value.check(place, found);
        }
        It::Needed(what, value) => must_be_there(value, &value.check(place, found), what, found),
        It::Remembered(field, value) => {
            let of = value.check(place, found);
            if place.world.writable.get(field).is_some_and(|wanted| !wanted.optional) {
                must_be_there(value, &of, &format!("`person.{field}`"), found);
            }
        }
        It::Text(text) => text.by_language.iter().flatten().for_each(|template| {
            template.check(place, found);
        }),
        It::Given(whose, given) => {
            let inputs = match whose {
                For::Operation(id) => place.world.operations.get(id).map(|operation| &operation.input),
                For::Flow(id) => place.world.flows.get(id).map(|sheet| &sheet.inputs),
            };
            for (name, value) in given {
                let of = value.check(place, found);
                if inputs.and_then(|inputs| inputs.get(name)).is_some_and(is_required) {
                    must_be_there(value, &of, &format!("the input \"{name}\""), found);
                }
            }
        }
    }
}

fn must_be_there(value: &Expression, of: &Type, what: &str, found: &mut Vec<Diagnostic>) {
    if !of.optional || of.kind == Kind::Any && value.value().is_some() {
        return;
    }
    let name = match value.names().as_slice() {
        [name] if name.span == value.span() => format!("`{}`", name.path.join(".")),
        _ => "this".to_owned(),
    };
    let help = "add `| default(…)`, or lead this way around the step";
    let message = format!("{name} may be none, and {what} must be there");
    found.push(Diagnostic::warning(expr_codes::MAYBE_NONE, value.span(), message).help(help));
}
