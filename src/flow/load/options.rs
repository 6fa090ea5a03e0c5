//! Options: written in the flow, or made from data.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::expr::{Expression, Kind, NameUse, Type, Value};
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::steps::Written;
use crate::flow::load::verbs::say::BUTTONS;
use crate::flow::load::writer::{Purpose, wrong_type};
use crate::flow::load::{codes, declare};
use crate::flow::{Choice, DataOptions, OWN, Operation, Options, Road, Target, Text};
use crate::syntax::{self, Entry, Node};

/// Words with a meaning beside options from data: translations stand under them.
const BESIDE_DATA: [&str; 3] = ["label", "labels", "empty"];

/// The outcome that operations have for a list without items.
const EMPTY: &str = "empty";

/// Options that stand under a key of a step.
#[derive(Clone, Copy)]
struct Under<'u> {
    step: Written<'u>,
    /// `choice` or `choices`.
    key: &'u str,
}

impl Builder<'_> {
    /// The options under `choice` or `choices`.
    pub(super) fn options(&mut self, step: Written<'_>, key: &str, node: &Node, place: &Place<'_>) -> Options {
        let under = Under { step, key };
        if node.get("from").is_some() {
            return Options::Data(Box::new(self.data(under, node, place)));
        }
        Options::Literal(self.literal(under, node.entries(), place))
    }

    fn literal(&mut self, under: Under<'_>, entries: &[Entry], place: &Place<'_>) -> Vec<Choice> {
        self.check_count(under.step.node, under.key, entries);
        let choices: Vec<_> = entries.iter().map(|entry| self.choice(under, entry, place)).collect();
        self.check_labels(choices.iter().map(|choice| &choice.label).zip(entries));
        choices
    }

    /// All options that are written stand below one message, with the buttons that end a list and skip a question; those with a
    /// condition may be hidden, unless they are far too many.
    pub(super) fn check_count(&mut self, step: &Node, key: &str, entries: &[Entry]) {
        let skip = step.get("optional").is_some_and(|optional| optional.boolean() != Some(false));
        let most = BUTTONS - usize::from(key == "choices") - usize::from(skip);
        let mut shown = entries.iter().filter(|entry| entry.value.get("when").is_none());
        if let Some(entry) = shown.nth(most).or_else(|| entries.get(10 * BUTTONS)) {
            let found = Diagnostic::error(codes::OUT_OF_RANGE, entry.key_span, format!("a message has at most {most} buttons for options"));
            self.writer.findings.push(found.help("take the options \"from\" a list, which is shown page by page, or ask in two steps"));
        }
    }

    fn choice(&mut self, under: Under<'_>, entry: &Entry, place: &Place<'_>) -> Choice {
        let (id, node) = (&entry.key, &entry.value);
        let field = |builder: &Self, tail: &str| builder.option_addresses(under, &format!("{id}{tail}"));
        self.pass_over_hollow(node, &field(self, ""));
        let mut labels = field(self, "");
        labels.extend(field(self, ".label"));
        let label = if node.text().is_some() { Some(node) } else { node.get("label") };
        let label = self.label(label, &labels, place);
        let plain = Road { say: None, audit: None, to: Target::Complete };
        let says = field(self, ".say");
        let road = if node.text().is_some() { plain } else { self.option_road(node, &says, place) };
        let (urls, copies) = (field(self, ".url"), field(self, ".copy"));
        Choice {
            id: id.clone(),
            label,
            when: node.get("when").and_then(|when| self.condition(when, place)),
            road,
            url: node.get("url").map(|url| self.text(url, &urls, place, Purpose::Address)),
            copy: node.get("copy").map(|copy| self.text(copy, &copies, place, Purpose::Copied)),
        }
    }

    /// An option behind which nothing is written has been reported: where it leads, and what it says, is not known.
    pub(super) fn pass_over_hollow(&mut self, option: &Node, addresses: &[String]) {
        if option.kind == syntax::Kind::Null {
            self.lost = true;
            for address in addresses {
                self.writer.catalogs.leave(address);
            }
        }
    }

    /// A catalog may say `choice` for `choices`, too.
    fn option_addresses(&self, under: Under<'_>, tail: &str) -> Vec<String> {
        let mut keys = vec![under.key];
        keys.extend((under.key == "choices").then_some("choice"));
        keys.into_iter().map(|key| self.step_address(under.step, &format!("{key}.{tail}"))).collect()
    }

    fn data(&mut self, under: Under<'_>, node: &Node, place: &Place<'_>) -> DataOptions {
        let from = node.get("from").and_then(|from| self.expression(from, place).map(|found| (found, from)));
        let item = match &from {
            Some(((list, of), from)) => self.item(list, of, from),
            None => Type::certain(Kind::Any),
        };
        if let Some(((list, _), from)) = &from {
            self.check_empty(under, node, (list, from));
        }
        let inner = place.with("item", item);
        let key = node.get("key").and_then(|key| self.key(key, &inner));
        let nothing = || Expression::constant(Value::None, node.span);
        let labels = self.option_addresses(under, "label");
        let empties = self.option_addresses(under, "empty.say");
        DataOptions {
            from: from.map_or_else(nothing, |((from, _), _)| from),
            filter: node.get("where").and_then(|filter| self.condition(filter, &inner)),
            key: key.unwrap_or_else(nothing),
            label: self.label(node.get("label"), &labels, &inner),
            label_key: node.get("label_key").and_then(|key| self.of_kind(key, &inner, &[Kind::Text, Kind::Integer])),
            labels: self.labels(under, node, &inner),
            also: self.also(under, node, place),
            empty: node.get("empty").map(|empty| self.road(empty, &empties, place)),
        }
    }

    /// Where nobody says what happens when there is nothing to choose from, that is a fault of the flow. What stands beside a list is
    /// offered alone.
    fn check_empty(&mut self, under: Under<'_>, node: &Node, (list, from): (&Expression, &Node)) {
        let is_asked = under.step.node.get("ask").is_some();
        if !is_asked || node.get("empty").is_some() || node.get("also").is_some() {
            return;
        }
        if node.get("where").is_some() || list.names().iter().any(|name| self.may_be_empty(name)) {
            let found = Diagnostic::warning(codes::EMPTY_LIST, from.span, "this list may be empty, and nothing says what happens then");
            self.writer.findings.push(found.help("say where that leads: `empty: …`; without it the conversation ends as faulty"));
        }
    }

    /// A setting, and what a server gives whose operation has no outcome of its own for an empty list.
    fn may_be_empty(&self, name: &NameUse) -> bool {
        let step = self.sheet.steps.iter().find(|step| step.key == name.path[0]);
        let operation = step.and_then(|step| self.world.operations.get(step.value.get("call")?.text()?));
        let is_open = |operation: &Operation| operation.connection != OWN && operation.outcomes.iter().all(|rule| rule.name != EMPTY);
        name.path[0] == "settings" || (name.path.len() == 2 && operation.is_some_and(is_open))
    }

    fn item(&mut self, list: &Expression, of: &Type, from: &Node) -> Type {
        match &of.kind {
            Kind::List(item) => Type { optional: false, ..(**item).clone() },
            Kind::Any => Type::certain(Kind::Any),
            kind => {
                let message = format!("options are made from a list, and this is {}", declare::describe(kind));
                self.writer.findings.push(wrong_type(list, from.span, message));
                Type::certain(Kind::Any)
            }
        }
    }

    /// What a button stands for is a single value.
    fn key(&mut self, node: &Node, place: &Place<'_>) -> Option<Expression> {
        let (key, of) = self.expression(node, place)?;
        if !matches!(of.kind, Kind::Any | Kind::Text | Kind::Integer | Kind::OneOf(_)) {
            let message = format!("a key is a text or a whole number, and this is {}", declare::describe(&of.kind));
            self.writer.findings.push(wrong_type(&key, node.span, message));
        }
        Some(key)
    }

    /// The catalogs' labels for the keys that `label_key` gives.
    fn labels(&mut self, under: Under<'_>, node: &Node, place: &Place<'_>) -> BTreeMap<String, Text> {
        if node.get("label_key").is_none() {
            return BTreeMap::new();
        }
        let mut labels: BTreeMap<String, Text> = BTreeMap::new();
        for language in 1..self.writer.catalogs.languages().len() {
            for address in self.option_addresses(under, "labels") {
                for (key, node) in self.writer.catalogs.under(language, &address) {
                    let template = self.writer.translation(language, node, place, Purpose::Label, &mut false);
                    let blank = self.blank();
                    labels.entry(key).or_insert(blank).by_language[language] = template;
                }
            }
        }
        labels
    }

    /// They are no answers, so each must lead away.
    fn also(&mut self, under: Under<'_>, node: &Node, place: &Place<'_>) -> Vec<Choice> {
        if let Some(hollow) = node.get("also") {
            self.pass_over_hollow(hollow, &[self.step_address(under.step, under.key)]);
        }
        let entries = node.get("also").map_or(&[][..], Node::entries);
        let choices = self.literal(under, entries, place);
        for (choice, entry) in choices.iter().zip(entries) {
            if BESIDE_DATA.contains(&choice.id.as_str()) {
                let message = format!("an option beside options from data cannot be called \"{}\"", choice.id);
                self.writer.findings.push(Diagnostic::error(codes::RESERVED_NAME, entry.key_span, message).help("choose another id"));
            }
            let leads = ["go", "end", "change", "start", "word"].iter().any(|key| entry.value.get(key).is_some());
            if !leads && choice.url.is_none() && choice.copy.is_none() {
                let message = format!("the option \"{}\" stands beside options from data and leads nowhere", choice.id);
                let found = Diagnostic::error(codes::MISSING_ROAD, entry.key_span, message);
                self.writer
                    .findings
                    .push(found.help("it is no record, so it cannot be the answer; say where it leads: go, end, change, start, word"));
            }
        }
        choices
    }
}
