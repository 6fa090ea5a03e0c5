//! `approve`: a decision by people of a role.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::expr::{Kind, Type};
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::roads::Given;
use crate::flow::load::steps::{self, Written};
use crate::flow::load::writer::Purpose;
use crate::flow::load::{answers, codes, declare};
use crate::flow::{AnswerType, Approve, Decision, DecisionAct, Demand, Escalate, Road, Target, Text, Verb, Verdict};
use crate::syntax::{Entry, Node};

/// Characters of a reason, at least, where the author says nothing.
const REASON: usize = 3;

/// Whoever has one of these rights may know of whom a request is.
const RIGHTS: [&str; 3] = ["requests", "people", "all"];

impl Builder<'_> {
    pub(in crate::flow::load) fn approve(&mut self, step: Written<'_>, text: &Node, place: &Place<'_>) -> Verb {
        let place = with_request(place);
        let address = self.step_address(step, "approve");
        let card = self.text(text, &[address], &place, Purpose::Message);
        let by = self.role(step.node.get("by"));
        self.check_told(text, &card, (&by, &RIGHTS), &place);
        if let Some(to) = step.node.get("escalate").and_then(|escalate| escalate.get("to")?.text()).filter(|to| *to != by) {
            self.check_told(text, &card, (to, &RIGHTS), &place);
        }
        let entries = step.node.get("choice").map_or(&[][..], Node::entries);
        let options: Vec<_> = entries.iter().filter_map(|entry| self.decision(step, entry, &place)).collect();
        self.check_labels(options.iter().map(|option| &option.label).zip(entries));
        self.check_count(step.node, "choice", entries);
        if !options.is_empty() && !options.iter().any(Decision::is_certain) {
            let span = step.node.entry("choice").map_or(text.span, |choice| choice.key_span);
            let found = Diagnostic::error(codes::MISSING_ROAD, span, "nothing here is certain to decide the request");
            self.writer.findings.push(found.help("add an option without \"when\", \"start\", \"url\" and a choice from data"));
        }
        let ends = step.node.get("timeout").and_then(|timeout| declare::duration(timeout.get("after")?)).filter(|ends| *ends > 0);
        Verb::Approve(Box::new(Approve {
            card,
            by: by.clone(),
            options,
            quorum: step.node.get("quorum").and_then(steps::count).unwrap_or(1),
            remind: self.reminders(step.node.get("remind"), ends),
            escalate: step.node.get("escalate").and_then(|node| self.escalate(node, &by, ends)),
        }))
    }

    fn decision(&mut self, step: Written<'_>, entry: &Entry, place: &Place<'_>) -> Option<Decision> {
        let node = &entry.value;
        let field = |builder: &Self, tail: &str| builder.step_address(step, &format!("choice.{}{tail}", entry.key));
        let label = if node.text().is_some() { Some(node) } else { node.get("label") };
        let labels = [field(self, ""), field(self, ".label")];
        self.pass_over_hollow(node, &labels[..1]);
        let label = self.label(label, &labels, place);
        let when = node.get("when").and_then(|when| self.condition(when, place));
        let act = if let Some(start) = node.get("start") {
            let flow = self.flow_ref(start)?;
            let with = self.with(node.get("with"), &flow.inputs, Given { what: flow.id, span: start.span }, place);
            DecisionAct::Start { flow: flow.id.to_owned(), with }
        } else if let Some(url) = node.get("url") {
            let address = field(self, ".url");
            DecisionAct::Url(self.text(url, &[address], place, Purpose::Address))
        } else {
            let says = [field(self, ".say")];
            let demand = field(self, ".ask");
            let plain = Road { say: None, audit: None, to: Target::Complete };
            DecisionAct::Decide(Box::new(Verdict {
                road: if node.text().is_some() { plain } else { self.option_road(node, &says, place) },
                verdict: node.get("verdict").map(|verdict| self.text(verdict, &[field(self, ".verdict")], place, Purpose::Message)),
                ask: is_demanding(node)
                    .then(|| Demand { text: self.question(node, demand, place), answer: self.demanded(step, entry, place) }),
                done: node.get("done").map(|done| self.text(done, &[field(self, ".done")], place, Purpose::Message)),
            }))
        };
        Some(Decision { id: entry.key.clone(), label, when, act })
    }

    /// What is asked before a decision; where it is forgotten, that has been reported.
    fn question(&mut self, decision: &Node, address: String, place: &Place<'_>) -> Text {
        let Some(ask) = decision.get("ask") else {
            self.writer.catalogs.leave(&address);
            return self.blank();
        };
        self.text(ask, &[address], place, Purpose::Message)
    }

    /// What counts as the answer that a decision needs.
    fn demanded(&mut self, step: Written<'_>, option: &Entry, place: &Place<'_>) -> AnswerType {
        let node = &option.value;
        if let Some(choice) = node.get("choice") {
            return AnswerType::Choice(self.options(step, &format!("choice.{}.choice", option.key), choice, place));
        }
        match self.typed(node, place) {
            AnswerType::Text { max, pattern, .. } if node.get("min").is_none() => AnswerType::Text { min: REASON, max, pattern },
            other => other,
        }
    }

    /// A role that is named. One that the operator does not know is reported, and one that nobody holds as well.
    pub(in crate::flow::load) fn role(&mut self, node: Option<&Node>) -> String {
        let Some((node, name)) = node.and_then(|node| Some((node, node.text()?))) else { return String::new() };
        self.know_role(name, node.span);
        name.to_owned()
    }

    /// Nothing is later than the end of the waiting, where that is known.
    fn is_in_time(&mut self, node: &Node, what: &str, ends: Option<i64>) -> bool {
        let is_late = declare::duration(node).zip(ends).is_some_and(|(after, ends)| after >= ends);
        if is_late {
            let message = format!("{what} never comes: the timeout of the step has come by then");
            let found = Diagnostic::error(codes::OUT_OF_RANGE, node.span, message);
            self.writer.findings.push(found.help("both are counted from the request: write a shorter time here, or a longer timeout"));
        }
        !is_late
    }

    fn reminders(&mut self, node: Option<&Node>, ends: Option<i64>) -> Vec<i64> {
        let Some(node) = node else { return Vec::new() };
        let one = std::slice::from_ref(node);
        let nodes = if node.text().is_some() { one } else { node.items() };
        let mut after: Vec<i64> = Vec::new();
        for node in nodes {
            if !self.is_in_time(node, "this reminder", ends) {
                continue;
            }
            match declare::duration(node) {
                Some(millis) if millis > 0 && after.last().is_none_or(|before| *before < millis) => after.push(millis),
                Some(_) => {
                    let found = Diagnostic::error(codes::OUT_OF_RANGE, node.span, "this reminder does not come after the one before it");
                    self.writer.findings.push(found.help("each is counted from the request; write the shorter ones first"));
                }
                None => {}
            }
        }
        after
    }

    fn escalate(&mut self, node: &Node, by: &str, ends: Option<i64>) -> Option<Escalate> {
        let to = self.role(node.get("to"));
        if let Some(written) = node.get("to").filter(|_| to == by) {
            let message = format!("this escalation reaches nobody else: \"{by}\" decides already");
            let found = Diagnostic::warning(codes::OUT_OF_RANGE, written.span, message);
            self.writer.findings.push(found.help("name another role, or leave the escalation out"));
        }
        let after = node.get("after")?;
        self.is_in_time(after, "this escalation", ends);
        Some(Escalate { after: declare::duration(after)?, to })
    }
}

/// The same place with what a request's texts know of it.
pub(in crate::flow::load) fn with_request<'w>(place: &Place<'w>) -> Place<'w> {
    place.with("request", request())
}

/// `request` as its texts see it. Who decided, and how, is known to those that are read afterwards.
pub(in crate::flow::load) fn request() -> Type {
    let text = || Type::certain(Kind::Text);
    let fields = [
        ("id", text()),
        ("number", text()),
        ("at", Type::certain(Kind::DateTime)),
        ("by", decider().optional()),
        ("verdict", text().optional()),
    ];
    Type::certain(Kind::Record(fields.map(|(name, of)| (name.to_owned(), of)).into()))
}

/// The result of a decision.
pub(in crate::flow::load) fn decided(step: &Node, place: &Place<'_>) -> Type {
    let entries = step.get("choice").map_or(&[][..], Node::entries);
    let decides = entries.iter().filter(|entry| entry.value.get("start").is_none() && entry.value.get("url").is_none());
    let label = |node: &Node| node.text().or_else(|| node.get("label")?.text()).unwrap_or_default().to_owned();
    let words: Vec<_> = decides.clone().map(|entry| (entry.key.clone(), label(&entry.value))).collect();
    let fields = [
        ("choice", Type::certain(Kind::OneOf(words))),
        ("answer", demanded(decides.clone().filter(|entry| entry.value.get("choice").is_none()), place)),
        ("chosen", demanded(decides.filter(|entry| entry.value.get("choice").is_some()), place)),
        ("number", Type::certain(Kind::Text)),
        ("at", Type::certain(Kind::DateTime)),
        ("by", decider()),
    ];
    Type::certain(Kind::Record(fields.map(|(name, of)| (name.to_owned(), of)).into()))
}

fn decider() -> Type {
    let fields = ["id", "name"].map(|name| (name.to_owned(), Type::certain(Kind::Text)));
    Type::certain(Kind::Record(BTreeMap::from(fields)))
}

/// What is written, or chosen, before a decision: of one type if all options ask for that one.
fn demanded<'n>(options: impl Iterator<Item = &'n Entry>, place: &Place<'_>) -> Type {
    let mut types = options.filter(|entry| is_demanding(&entry.value)).map(|entry| answers::result(&entry.value, place));
    let first = types.next().unwrap_or_else(|| Type::certain(Kind::Text));
    let same = types.all(|other| other.kind == first.kind);
    Type { kind: if same { first.kind } else { Kind::Any }, optional: true, ..Type::certain(Kind::Text) }
}

/// Whether something is written or chosen before this decision: it says how even where the question is forgotten.
fn is_demanding(decision: &Node) -> bool {
    ["ask", "choice", "type"].iter().any(|key| decision.get(key).is_some())
}
