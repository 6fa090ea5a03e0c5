//! `call`: an operation, and a road for every outcome it can have.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{About, Diagnostic, nearest};
use crate::expr::{Expression, Value, print_duration};
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::roads::Given;
use crate::flow::load::steps::Written;
use crate::flow::load::writer::constant;
use crate::flow::load::{codes, declare, steps};
use crate::flow::{Body, BodyNode, Call, OWN, Operation, OutcomeRoad, Retry, Verb, possible_outcomes};
use crate::syntax::{Entry, Node};

impl<'w> Builder<'w> {
    pub(in crate::flow::load) fn call(&mut self, step: Written<'_>, node: &Node, place: &Place<'_>) -> Verb {
        let operation = self.operation(node);
        let with = step.node.get("with");
        let with = match operation {
            Some(operation) => self.with(with, &operation.input, Given { what: &operation.id, span: node.span }, place),
            None => with
                .map_or(&[][..], Node::entries)
                .iter()
                .filter_map(|entry| Some((entry.key.clone(), self.writer.value(&entry.value, place)?.0)))
                .collect(),
        };
        if let Some((operation, node)) = operation.zip(step.node.get("with")) {
            self.check_own(operation, (node, &with), place);
        }
        self.note_all(&with);
        let mut entries = step.node.get("outcomes").map_or(&[][..], Node::entries).to_vec();
        if let Some(operation) = operation {
            self.check_outcomes(operation, node, &mut entries);
        }
        let outcomes = entries.iter().map(|entry| (entry.key.clone(), self.outcome(step, entry, place))).collect();
        Verb::Call(Call { operation: node.text().unwrap_or_default().to_owned(), with, outcomes })
    }

    /// The engine's own operations are given names of this bot: a flow that is not there, inputs that it does not have or a field that
    /// nobody has fail only when somebody asks for them.
    fn check_own(&mut self, operation: &Operation, (node, with): (&Node, &[(String, Expression)]), place: &Place<'_>) {
        if operation.connection != OWN {
            return;
        }
        let writable = &self.world.writable;
        for entry in node.get("fields").map_or(&[][..], Node::entries).iter().filter(|entry| !writable.contains_key(&entry.key)) {
            let message = format!("nothing called \"{}\" is remembered of a person", entry.key);
            let found = Diagnostic::error(codes::UNKNOWN_FIELD, entry.key_span, message);
            self.writer.findings.push(match nearest(&entry.key, writable.keys().map(String::as_str)) {
                Some(name) => found.meant(name),
                None => found.help("declare it under \"person\" of the bot's file"),
            });
        }
        let given = with.iter().find(|(name, _)| name == "flow").and_then(|(_, flow)| constant(flow));
        let (Some(written), Some(Value::Text(id))) = (node.get("flow"), given) else { return };
        let world = self.world;
        let Some(flow) = world.flows.get(id.as_str()) else {
            if !world.unread.may_have_flow(&id) {
                let found = Diagnostic::error(codes::UNKNOWN_FLOW, written.span, format!("there is no flow \"{id}\""));
                self.writer.findings.push(found.nearest(&id, world.flows.keys().copied()));
            }
            return;
        };
        if operation.input.contains_key("inputs") {
            self.with(node.get("inputs"), &flow.inputs, Given { what: flow.id, span: written.span }, place);
        }
    }

    /// An operation that is named. One that is not known is reported.
    pub(super) fn operation(&mut self, node: &Node) -> Option<&'w Operation> {
        let id = node.text()?;
        let world = self.world;
        let known = world.operations.get(id);
        if known.is_none() && !world.unread.may_have_operation(id) {
            let found = Diagnostic::error(codes::UNKNOWN_OPERATION, node.span, format!("there is no operation \"{id}\""))
                .nearest(id, world.operations.keys().map(String::as_str));
            self.writer.findings.push(found);
        }
        known
    }

    /// Whatever can happen has a road, and nothing that cannot. A misspelt outcome is taken for the one that was meant.
    fn check_outcomes(&mut self, operation: &Operation, node: &Node, entries: &mut [Entry]) {
        let profiles = self.world.profiles.get(&operation.connection).map_or(&[][..], Vec::as_slice);
        let possible = possible_outcomes(operation, profiles);
        for at in 0..entries.len() {
            self.check_outcome(operation, &possible, &entries[at]);
            self.check_named(operation, &entries[at]);
            let free = possible.iter().filter(|name| *name != "ok" && entries.iter().all(|entry| entry.key != **name));
            if !possible.contains(&entries[at].key)
                && entries[at].key != "else"
                && let Some(meant) = nearest(&entries[at].key, free.map(String::as_str))
            {
                meant.clone_into(&mut entries[at].key);
            }
        }
        let named = |name: &str| entries.iter().any(|entry| entry.key == name);
        let open = possible.iter().filter(|name| *name != "ok" && !named(name)).filter(|name| *name == "unknown" || !named("else"));
        let open: Vec<_> = open.map(|name| format!("\"{name}\"")).collect();
        if open.is_empty() {
            return;
        }
        let message = format!("\"{}\" can also end {}, and no road is named for that", operation.id, open.join(", "));
        let is_doubt = open == ["\"unknown\""];
        let help = if is_doubt {
            "\"unknown\" means that nobody knows whether it was done; name a road for it, \"else\" does not cover it"
        } else {
            "name each under \"outcomes\", or cover the rest with \"else\""
        };
        let mut found = Diagnostic::error(codes::UNCOVERED, node.span, message).help(help).related(operation.span, "the operation");
        found.about.extend(is_doubt.then(|| About::Manner(operation.id.clone())));
        self.writer.findings.push(found);
    }

    fn check_outcome(&mut self, operation: &Operation, possible: &BTreeSet<String>, entry: &Entry) {
        let name = entry.key.as_str();
        if name == "ok" {
            let found = Diagnostic::error(codes::IMPOSSIBLE, entry.key_span, "\"ok\" needs no road here: it completes the step");
            self.writer.findings.push(found.help("write \"go\" or \"end\" at the step itself"));
        } else if name != "else" && !possible.contains(name) {
            let message = format!("\"{}\" never ends \"{name}\"", operation.id);
            let names = possible.iter().map(String::as_str).filter(|name| *name != "ok");
            let mut found = Diagnostic::error(codes::IMPOSSIBLE, entry.key_span, message).related(operation.span, "the operation");
            found.about.extend((name == "unknown").then(|| About::Manner(operation.id.clone())));
            self.writer.findings.push(match nearest(name, names.clone()) {
                Some(near) => found.meant(near),
                None => found.help(format!("it can end {}", names.collect::<Vec<_>>().join(", "))),
            });
        }
    }

    /// A server names the fields as they were sent, or in ways of its own: only what is almost one of the former is taken for a mistake.
    fn check_named(&mut self, operation: &Operation, road: &Entry) {
        let sent = operation.body.as_ref().map(sent).unwrap_or_default();
        for entry in road.value.get("fields").map_or(&[][..], Node::entries).iter().filter(|entry| !sent.contains(entry.key.as_str())) {
            if let Some(near) = nearest(&entry.key, sent.iter().copied()) {
                let message = format!("\"{}\" sends no field \"{}\", so no server names it", operation.id, entry.key);
                self.writer.findings.push(Diagnostic::warning(codes::UNKNOWN_FIELD, entry.key_span, message).meant(near));
            }
        }
    }

    fn outcome(&mut self, step: Written<'_>, entry: &Entry, place: &Place<'_>) -> OutcomeRoad {
        let addresses = self.road_addresses(step, &format!("outcomes.{}", entry.key));
        let road = self.road(&entry.value, &addresses, place);
        let retry = entry.value.entry("retry").and_then(|retry| {
            if entry.key != "down" {
                self.refuse_key(retry, "\"retry\" belongs to the road of \"down\": only then it is certain that nothing was done");
            }
            self.retry(&retry.value)
        });
        let fields = entry.value.entry("fields").map(|fields| {
            if entry.key != "invalid" {
                self.refuse_key(fields, "\"fields\" belongs to the road of \"invalid\": only then the server names fields");
            }
            self.fields(&fields.value)
        });
        OutcomeRoad { road, retry, fields: fields.unwrap_or_default() }
    }

    fn refuse_key(&mut self, entry: &Entry, message: &str) {
        self.writer.error(codes::MISPLACED_RETRY, entry.key_span, message);
    }

    fn never(&mut self, node: &Node, key: &str, message: impl Into<String>, help: &str) {
        let span = node.get(key).map_or(node.span, |value| value.span);
        self.writer.findings.push(Diagnostic::error(codes::OUT_OF_RANGE, span, message).help(help));
    }

    fn retry(&mut self, node: &Node) -> Option<Retry> {
        let every = node.get("every")?;
        let one = std::slice::from_ref(every);
        let pauses = if every.text().is_some() { one } else { every.items() };
        let every: Vec<_> = pauses.iter().filter_map(declare::duration).collect();
        let max = node.get("max").and_then(steps::count);
        let within = node.get("for").and_then(declare::duration);
        let first = every.first()?;
        if let Some(within) = within.filter(|within| within < first) {
            let message = format!(
                "nothing is ever tried again: {} are over before the first pause of {}",
                print_duration(within),
                print_duration(*first)
            );
            self.never(node, "for", message, "let \"for\" be longer than the first pause, or remove \"retry\"");
        }
        if max == Some(1) {
            self.never(
                node,
                "max",
                "nothing is ever tried again: the first attempt is the only one",
                "write how many attempts there are in all",
            );
        }
        let counted = max.filter(|max| *max > 1).map(|max| max as usize - 1);
        if let Some((counted, never)) = counted.and_then(|counted| Some((counted, pauses.get(counted)?))) {
            let message = format!("this pause never comes: of {} attempts in all {counted} come after a pause", counted + 1);
            let found = Diagnostic::warning(codes::OUT_OF_RANGE, never.span, message);
            self.writer.findings.push(found.help("raise \"max\", or leave out the pauses behind"));
        }
        Some(Retry { every, max, within })
    }

    /// The server's field → the question that asked for it.
    fn fields(&mut self, node: &Node) -> Vec<(String, usize)> {
        let mut fields = BTreeMap::new();
        let mut order = Vec::new();
        for entry in node.entries() {
            let sheet = self.sheet;
            let Some(at) = self.step_that(&entry.value, |at| sheet.steps[at].value.get("ask").is_some()) else { continue };
            let asked = &self.sheet.steps[at];
            if asked.value.get("ask").is_none() && !self.sheet.is_doubtful(at) {
                let found = Diagnostic::error(codes::UNCHANGEABLE, entry.value.span, format!("\"{}\" is no question", asked.key));
                self.writer.findings.push(found.help("a field is put right by asking again: name the question that asked for it"));
            }
            let is_other = |other: &&Entry| other.key == asked.key && other.value.text() == Some(entry.key.as_str());
            if let Some(other) = node.entries().iter().find(is_other).filter(|other| other.key_span.start > entry.key_span.start) {
                let message =
                    format!("what the server says of \"{}\" asks for \"{}\" again, and the other way round", entry.key, other.key);
                let found =
                    Diagnostic::warning(codes::EXCHANGED_INPUTS, entry.value.span, message).related(other.value.span, "the other one");
                self.writer.findings.push(found.help("exchange the two questions"));
            }
            if fields.insert(entry.key.clone(), at).is_none() {
                order.push((entry.key.clone(), at));
            }
        }
        order
    }
}

/// The names of what a body has, at any depth.
fn sent(body: &Body) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    match body {
        Body::Json(node) => gather(node, &mut names),
        Body::Form(fields) | Body::Multipart(fields) => names.extend(fields.iter().map(|(name, _)| name.as_str())),
    }
    names
}

fn gather<'b>(node: &'b BodyNode, names: &mut BTreeSet<&'b str>) {
    match node {
        BodyNode::Map(entries) => {
            for (name, value) in entries {
                names.insert(name);
                gather(value, names);
            }
        }
        BodyNode::List(items) => items.iter().for_each(|item| gather(item, names)),
        BodyNode::Only(_, inner) | BodyNode::Keep(inner) | BodyNode::Encoded(inner) => gather(inner, names),
        BodyNode::Constant(_) | BodyNode::Whole(_) | BodyNode::Text(_) => {}
    }
}
