//! Roads, and the inputs that are given on them.

use std::collections::BTreeMap;

use crate::diagnostic::{About, Diagnostic, Severity, Span, nearest};
use crate::expr::Expression;
use crate::flow::load::flows::Builder;
use crate::flow::load::names::{Place, Sheet, World};
use crate::flow::load::writer::Purpose;
use crate::flow::load::{codes, declare};
use crate::flow::{Declared, Road, Target, Word};
use crate::syntax::{Entry, Node};

/// How a session ends that another flow follows.
const HANDED_OVER: &str = "handed_over";

impl Builder<'_> {
    /// A road that leads somewhere. If it does not, that has been reported, and what it leads to cannot be judged.
    pub(super) fn road(&mut self, node: &Node, addresses: &[String], place: &Place<'_>) -> Road {
        let road = self.option_road(node, addresses, place);
        self.lost |= road.to == Target::Complete;
        road
    }

    /// A road that may lead nowhere: then its step completes normally.
    pub(super) fn option_road(&mut self, node: &Node, addresses: &[String], place: &Place<'_>) -> Road {
        if node.text().is_some() {
            return Road { say: None, audit: None, to: self.step_ref(node).map_or(Target::Complete, Target::Go) };
        }
        let say = node.get("say").map(|say| self.text(say, addresses, place, Purpose::Message));
        let audit = node.get("audit").and_then(Node::text).map(str::to_owned);
        Road { say, audit, to: self.target(node, place) }
    }

    fn target(&mut self, node: &Node, place: &Place<'_>) -> Target {
        let end = node.get("end").and_then(Node::text).map(str::to_owned);
        if let Some(start) = node.get("start") {
            let Some(flow) = self.flow_ref(start) else { return Target::End(end.unwrap_or_else(|| HANDED_OVER.into())) };
            let with = self.with(node.get("with"), &flow.inputs, Given { what: flow.id, span: start.span }, place);
            return Target::Start { flow: flow.id.to_owned(), with, end: end.unwrap_or_else(|| HANDED_OVER.into()) };
        }
        if let Some(step) = node.get("go") {
            return self.step_ref(step).map_or(Target::Complete, Target::Go);
        }
        if let Some(steps) = node.get("change") {
            return self.change(steps);
        }
        if let Some(word) = node.get("word").and_then(Node::text) {
            return Word::named(word).map_or(Target::Complete, Target::Word);
        }
        end.map_or(Target::Complete, Target::End)
    }

    fn change(&mut self, node: &Node) -> Target {
        let one = std::slice::from_ref(node);
        let nodes = if node.text().is_some() { one } else { node.items() };
        let steps = nodes.iter().filter_map(|node| {
            let (world, sheet) = (self.world, self.sheet);
            let at = self.step_that(node, |at| can_change(world, sheet, at))?;
            self.is_changeable(at, node.span).then_some(at)
        });
        let steps: Vec<_> = steps.collect();
        if steps.is_empty() { Target::Complete } else { Target::Change(steps) }
    }

    /// Only what a person answers, or what is read, can be asked again. Anything else is reported, and where it would lead is not judged.
    fn is_changeable(&mut self, at: usize, span: Span) -> bool {
        if can_change(self.world, self.sheet, at) {
            return true;
        }
        self.lost = true;
        let step = &self.sheet.steps[at];
        let mut found = Diagnostic::error(codes::UNCHANGEABLE, span, format!("\"{}\" cannot be changed", step.key));
        found.about.extend(step.value.get("call").and_then(Node::text).map(|operation| About::Manner(operation.to_owned())));
        self.writer.findings.push(
            found.help("\"change\" asks a question or a review again, or reads a safe call anew; to walk on from a step write \"go\""),
        );
        false
    }

    /// The values of `with`, against the inputs they are for.
    pub(super) fn with(
        &mut self,
        node: Option<&Node>,
        wanted: &BTreeMap<String, Declared>,
        given: Given<'_>,
        place: &Place<'_>,
    ) -> Vec<(String, Expression)> {
        let entries = node.map_or(&[][..], Node::entries);
        self.writer.findings.extend(missing(given, entries, wanted).map(|(found, names)| {
            let them = if names.len() == 1 { "it" } else { "them" };
            found.help(format!("give {them} under \"with\": with: {{ {}: … }}", names.join(": …, ")))
        }));
        let found =
            entries.iter().filter_map(|entry| Some((entry.key.clone(), self.given(entry, wanted, given, place)?))).collect::<Vec<_>>();
        self.check_exchanged(&found);
        found
    }

    /// Two inputs, each given what is called as the other one.
    fn check_exchanged(&mut self, given: &[(String, Expression)]) {
        let is_called = |value: &Expression, name: &str| match value.names().as_slice() {
            [only] => only.span == value.span() && only.path.iter().any(|part| part == name || name.split('_').any(|word| part == word)),
            _ => false,
        };
        for (at, (name, value)) in given.iter().enumerate() {
            let other = given[at + 1..].iter().find(|(other, theirs)| {
                let is_other = is_called(value, other) && is_called(theirs, name);
                is_other && !is_called(value, name) && !is_called(theirs, other)
            });
            let Some((other, theirs)) = other else { continue };
            let message = format!("\"{name}\" is given what is called \"{other}\", and \"{other}\" what is called \"{name}\"");
            let mut found = Diagnostic::warning(codes::EXCHANGED_INPUTS, value.span(), message).related(theirs.span(), "the other one");
            // Where their types differ as well, that follows from it.
            let is_either = |finding: &Diagnostic| [value.span(), theirs.span()].contains(&finding.span);
            let misfits = self.writer.findings.extract_if(.., |finding| finding.code == codes::TYPE_MISMATCH && is_either(finding));
            if misfits.count() > 0 {
                found.severity = Severity::Error;
            }
            self.writer.findings.push(found.help("exchange the two values, or give what holds them other names"));
        }
    }

    fn given(&mut self, entry: &Entry, wanted: &BTreeMap<String, Declared>, given: Given<'_>, place: &Place<'_>) -> Option<Expression> {
        let (expression, of) = self.writer.value(&entry.value, place)?;
        match wanted.get(&entry.key) {
            None => {
                let found =
                    Diagnostic::error(codes::UNKNOWN_INPUT, entry.key_span, format!("\"{}\" has no input \"{}\"", given.what, entry.key));
                self.writer.findings.push(match nearest(&entry.key, wanted.keys().map(String::as_str)) {
                    Some(name) => found.meant(name),
                    None if wanted.is_empty() => found.help("it takes no inputs"),
                    None => found.help(format!("its inputs are {}", wanted.keys().map(String::as_str).collect::<Vec<_>>().join(", "))),
                });
            }
            Some(declared) => {
                let name = format!("{}({})", given.what, entry.key);
                let says = |message| format!("the input \"{}\": {message}", entry.key);
                self.writer.findings.extend(declare::unfit(&expression, &of, (&name, &declared.of), says));
                self.writer.check_word(&expression, &declared.of);
                if of.secret && !declared.of.secret {
                    let message = format!("the input \"{}\" of \"{}\" keeps no secret, and this is one", entry.key, given.what);
                    let found = Diagnostic::error(codes::MISPLACED_SECRET, entry.value.span, message);
                    self.writer.findings.push(found.help("declare the input with \"secret: true\", or give it something else"));
                }
            }
        }
        Some(expression)
    }
}

/// True for a question, a review, a safe call, and for what nobody knows.
fn can_change(world: &World<'_>, sheet: &Sheet<'_>, at: usize) -> bool {
    let step = &sheet.steps[at].value;
    let operation = step.get("call").map(|call| call.text().and_then(|id| world.operations.get(id)));
    let is_safe = operation.is_some_and(|operation| operation.is_none_or(|operation| operation.safe));
    step.get("ask").is_some() || step.get("review").is_some() || sheet.is_doubtful(at) || is_safe
}

/// For whom inputs are, and where that is named.
#[derive(Clone, Copy)]
pub(super) struct Given<'g> {
    pub what: &'g str,
    pub span: Span,
}

/// Whether an input is given; under a name that is almost right, too, as that is told there.
pub(super) fn is_given(name: &str, entries: &[Entry], wanted: &BTreeMap<String, Declared>) -> bool {
    let is_meant = |entry: &Entry| !wanted.contains_key(&entry.key) && nearest(&entry.key, [name]).is_some();
    entries.iter().any(|entry| entry.key == name || is_meant(entry))
}

/// That inputs which must be given are not, with their names.
pub(super) fn missing<'w>(
    given: Given<'_>,
    entries: &[Entry],
    wanted: &'w BTreeMap<String, Declared>,
) -> Option<(Diagnostic, Vec<&'w str>)> {
    let is_missing = |name: &str, declared: &Declared| is_required(declared) && !is_given(name, entries, wanted);
    let names: Vec<_> = wanted.iter().filter(|(name, declared)| is_missing(name, declared)).map(|(name, _)| name.as_str()).collect();
    let (last, others) = names.split_last()?;
    let inputs = match others {
        [] => format!("input \"{last}\""),
        others => format!("inputs \"{}\" and \"{last}\"", others.join("\", \"")),
    };
    let message = format!("\"{}\" needs the {inputs}", given.what);
    Some((Diagnostic::error(codes::MISSING_INPUT, given.span, message), names))
}

/// True if an input must be given.
pub(super) fn is_required(declared: &Declared) -> bool {
    !declared.of.optional && declared.default.is_none()
}
