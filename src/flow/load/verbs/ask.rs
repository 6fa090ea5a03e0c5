//! `ask`: a question. What counts as an answer is read by `answers`.

use std::collections::BTreeMap;

use crate::diagnostic::{About, Diagnostic, Span};
use crate::expr::{Expression, Kind, Type};
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::roads::Given;
use crate::flow::load::steps::{Prints, Written};
use crate::flow::load::writer::{Purpose, wrong_type};
use crate::flow::load::{answers, codes, declare, steps};
use crate::flow::{Ask, Attempts, Check, Operation, Text, Verb};
use crate::syntax::{self, Entry, Node};

/// What is told of a bound or a reason that belongs to another type.
const FOREIGN: &str = "an answer of ";

impl Builder<'_> {
    pub(in crate::flow::load) fn ask(&mut self, step: Written<'_>, text: &Node, place: &Place<'_>) -> Verb {
        let address = self.step_address(step, "ask");
        let question = self.written(text, &[address], place, Purpose::Shown);
        let (repeat, repeats_secret) = self.repeat(step, place);
        let manner = self.manner(step, Prints::any([question.secret, repeats_secret].into_iter()), place);
        self.check_password(step.id, text, step.node);
        let before = self.writer.findings.len();
        let answer = self.answer(step, place);
        let of = answers::result(step.node, place);
        let known = step.node.get("known").and_then(|node| self.taken(step, node, &of, place));
        let default = step.node.get("default").and_then(|node| self.taken(step, node, &of, place));
        let mut value = of.clone();
        value.optional = false;
        let input = Type { pii: of.pii, secret: of.secret, ..Type::certain(Kind::Text) };
        let judged = place.with("value", value);
        let unclear = self.unclear(step, &place.with("input", input));
        self.tell_foreign(step.node, before);
        Verb::Ask(Box::new(Ask {
            text: question.text,
            answer,
            known,
            optional: self.optional(step, place),
            unclear,
            checks: self.answer_checks(step, &judged),
            attempts: self.attempts(step, place, default.is_some()),
            default,
            repeat,
            pii: of.pii,
            secret: of.secret,
            button: step.node.get("button").map(|button| {
                let address = self.step_address(step, "button");
                self.text(button, &[address], place, Purpose::Label)
            }),
            manner,
        }))
    }

    /// Several bounds and reasons that are those of another type say once that the type is another: of what was found since, the first of
    /// them stands for the others.
    fn tell_foreign(&mut self, step: &Node, before: usize) {
        let bounds: Vec<Span> = ["min", "max", "known", "default"].iter().filter_map(|key| Some(step.get(key)?.span)).collect();
        let is_foreign = |finding: &Diagnostic| match finding.code {
            codes::BAD_TYPE | codes::INVALID_WORD => finding.message.contains(FOREIGN),
            codes::TYPE_MISMATCH => bounds.contains(&finding.span),
            _ => false,
        };
        let (foreign, rest): (Vec<_>, Vec<_>) = self.writer.findings.split_off(before).into_iter().partition(is_foreign);
        self.writer.findings.extend(rest);
        let mut foreign = foreign.into_iter();
        let Some(first) = foreign.next() else { return };
        self.writer.findings.push(foreign.fold(first, |first, other| first.related(other.span, other.message)));
    }

    fn repeat(&mut self, step: Written<'_>, place: &Place<'_>) -> (Vec<Text>, bool) {
        let (mut texts, mut secret) = (Vec::new(), false);
        for (number, node) in (1..).zip(step.node.get("repeat").map_or(&[][..], Node::items)) {
            let address = self.step_address(step, &format!("repeat.{number}"));
            let written = self.written(node, &[address], place, Purpose::Shown);
            secret |= written.secret;
            texts.push(written.text);
        }
        (texts, secret)
    }

    /// A value that is taken for an answer: it must be one.
    fn taken(&mut self, step: Written<'_>, node: &Node, answer: &Type, place: &Place<'_>) -> Option<Expression> {
        let (expression, of) = self.writer.value(node, place)?;
        self.note(&expression);
        if of.secret && !answer.secret {
            self.writer.misplaced_secret(node.span);
        }
        let answer = Type { optional: true, ..answer.clone() };
        // Both are texts, and none is ever the other.
        let wanted = match (answers::word(step.node), &of.kind) {
            ("email", Kind::Name | Kind::Contact) => Some("an e-mail address"),
            ("phone", Kind::Name) => Some("a phone number"),
            _ => None,
        };
        let other = wanted.map(|wanted| format!("this is {}, and {wanted} is wanted", declare::describe(&of.kind)));
        if let Some(message) = declare::misfit(&of, &answer).or(other) {
            self.writer.findings.push(wrong_type(&expression, node.span, format!("this cannot be an answer: {message}")));
        }
        Some(expression)
    }

    /// The skip button: the author's words, or the built-in ones.
    fn optional(&mut self, step: Written<'_>, place: &Place<'_>) -> Option<Text> {
        let node = step.node.get("optional")?;
        match node.kind {
            syntax::Kind::Bool(false) => None,
            syntax::Kind::Bool(true) => self.world.texts.get("skip").cloned(),
            _ => {
                let address = self.step_address(step, "optional");
                Some(self.text(node, &[address], place, Purpose::Label))
            }
        }
    }

    fn unclear(&mut self, step: Written<'_>, place: &Place<'_>) -> BTreeMap<String, Text> {
        let Some(node) = step.node.get("unclear") else { return BTreeMap::new() };
        if node.text().is_some() {
            let addresses = [self.step_address(step, "unclear"), self.step_address(step, "unclear.else")];
            return [("else".to_owned(), self.text(node, &addresses, place, Purpose::Message))].into();
        }
        let reasons = answers::reasons(step.node);
        let mut texts = BTreeMap::new();
        for entry in node.entries() {
            if answers::REASONS.contains(&entry.key.as_str()) && !reasons.contains(&entry.key.as_str()) {
                let found = Diagnostic::error(
                    codes::INVALID_WORD,
                    entry.key_span,
                    format!("{FOREIGN}this type is never unclear because of \"{}\"", entry.key),
                );
                self.writer.findings.push(match crate::diagnostic::nearest(&entry.key, reasons.iter().copied()) {
                    Some(name) => found.meant(name),
                    None => found.help(format!("the reasons are {}, else", reasons.join(", "))),
                });
            }
            let address = self.step_address(step, &format!("unclear.{}", entry.key));
            texts.insert(entry.key.clone(), self.text(&entry.value, &[address], place, Purpose::Message));
        }
        texts
    }

    fn answer_checks(&mut self, step: Written<'_>, place: &Place<'_>) -> Vec<Check> {
        let entries = step.node.get("check").map_or(&[][..], Node::entries);
        entries.iter().filter_map(|entry| self.answer_check(step, entry, place)).collect()
    }

    fn answer_check(&mut self, step: Written<'_>, entry: &Entry, place: &Place<'_>) -> Option<Check> {
        let call = entry.value.get("call").and_then(|call| Some((call, self.operation(call)?)));
        let mut place = place.clone();
        let call = call.map(|(node, operation)| {
            let with = self.asked(operation, node, &entry.value, &place);
            place = place.with("result", self.world.of_call(operation));
            (operation.id.clone(), with)
        });
        let [address, long] = self.road_addresses(step, &format!("check.{}", entry.key));
        let when = entry.value.get("when").and_then(|when| self.secret_condition(when, &place));
        if let Some(when) = &when {
            self.check_judged(step, when);
        }
        let say = entry.value.get("say").map(|say| self.text(say, &[address, long], &place, Purpose::Message));
        Some(Check { id: entry.key.clone(), when: when?, say: say?, call })
    }

    /// While an answer is judged the result of its step is still what was answered before, if anything was.
    fn check_judged(&mut self, step: Written<'_>, when: &Expression) {
        let names = when.names();
        let is_judged = names.iter().any(|name| matches!(name.path[0].as_str(), "value" | "result"));
        let Some(own) = names.iter().find(|name| name.path[0] == step.id).filter(|_| !is_judged) else { return };
        let message = format!("`{}` is not there yet while its answer is checked", own.path.join("."));
        let found = Diagnostic::warning(codes::NEVER_SET, own.span, message);
        self.writer.findings.push(found.help("what is being checked is called `value` here"));
    }

    /// What a check gives the operation it asks, which must only read.
    fn asked(&mut self, operation: &Operation, node: &Node, check: &Node, place: &Place<'_>) -> Vec<(String, Expression)> {
        if !operation.is_read() {
            let message = format!("\"{}\" changes something, so a check cannot ask it", operation.id);
            let found = Diagnostic::error(codes::NOT_SAFE, node.span, message).related(operation.span, "the operation");
            let found = found.about(About::Manner(operation.id.clone()));
            self.writer.findings.push(found.help("a check only reads: GET, or \"safe: true\""));
        }
        let with = self.with(check.get("with"), &operation.input, Given { what: &operation.id, span: node.span }, place);
        self.note_all(&with);
        with
    }

    /// A check judges the answer itself, which may be a secret; any other secret is refused.
    fn secret_condition(&mut self, node: &Node, place: &Place<'_>) -> Option<Expression> {
        let mut plain = place.clone();
        plain.extra.iter_mut().for_each(|(_, of)| of.secret = false);
        self.condition(node, &plain)
    }

    fn attempts(&mut self, step: Written<'_>, place: &Place<'_>, has_default: bool) -> Option<Attempts> {
        let node = step.node.get("attempts")?;
        let max = node.get("max").and_then(steps::count);
        let leads = ["go", "end", "change", "start", "word"].iter().any(|key| node.get(key).is_some());
        let addresses = self.road_addresses(step, "attempts");
        if !leads && !has_default {
            let found = Diagnostic::error(codes::MISSING_ROAD, node.span, "nothing is said of what happens when the attempts are used up");
            self.writer.findings.push(found.help("write where that leads (go, end, start), or give the question a \"default\""));
        }
        let road = leads.then(|| self.road(node, &addresses, place));
        Some(Attempts { max: max?, road })
    }
}
