//! `say`: a message and its standing buttons.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Span};
use crate::flow::load::codes;
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::roads::Given;
use crate::flow::load::steps::{Prints, Written};
use crate::flow::load::writer::Purpose;
use crate::flow::{Say, StandingAct, StandingButton, Text, Verb};
use crate::syntax::{Entry, Node};

/// The most buttons below a message, as Telegram takes them.
pub(in crate::flow::load) const BUTTONS: usize = 100;

impl Builder<'_> {
    pub(in crate::flow::load) fn say(&mut self, step: Written<'_>, text: &Node, place: &Place<'_>) -> Verb {
        let address = self.step_address(step, "say");
        let message = self.written(text, &[address], place, Purpose::Shown);
        let manner = self.manner(step, Prints::any([message.secret].into_iter()), place);
        Verb::Say(Say { text: message.text, manner, buttons: self.buttons(step, place) })
    }

    /// The standing buttons of a message.
    pub(in crate::flow::load) fn buttons(&mut self, step: Written<'_>, place: &Place<'_>) -> Vec<StandingButton> {
        let entries = step.node.get("buttons").map_or(&[][..], Node::entries);
        if let Some(entry) = entries.get(BUTTONS) {
            self.writer.error(codes::OUT_OF_RANGE, entry.key_span, format!("a message has at most {BUTTONS} buttons"));
        }
        let buttons: Vec<_> = entries.iter().filter_map(|entry| self.button(step, entry, place)).collect();
        self.check_labels(buttons.iter().zip(entries).map(|(button, entry)| (&button.label, entry)));
        buttons
    }

    fn button(&mut self, step: Written<'_>, entry: &Entry, place: &Place<'_>) -> Option<StandingButton> {
        let node = &entry.value;
        let field = format!("buttons.{}", entry.key);
        let addresses = [self.step_address(step, &field), self.step_address(step, &format!("{field}.label"))];
        let label = self.label(node.get("label"), &addresses, place);
        let when = node.get("when").and_then(|when| self.condition(when, place));
        let act = self.act(step, &field, node, place)?;
        Some(StandingButton { id: entry.key.clone(), label, when, act })
    }

    fn act(&mut self, step: Written<'_>, field: &str, node: &Node, place: &Place<'_>) -> Option<StandingAct> {
        let address = |builder: &Self, key: &str| builder.step_address(step, &format!("{field}.{key}"));
        if let Some(url) = node.get("url") {
            let address = address(self, "url");
            return Some(StandingAct::Url(self.text(url, &[address], place, Purpose::Address)));
        }
        if let Some(copy) = node.get("copy") {
            let address = address(self, "copy");
            return Some(StandingAct::Copy(self.text(copy, &[address], place, Purpose::Copied)));
        }
        let start = node.get("start")?;
        let flow = self.flow_ref(start)?;
        let with = self.with(node.get("with"), &flow.inputs, Given { what: flow.id, span: start.span }, place);
        let once = node.get("once").and_then(Node::boolean) == Some(true);
        Some(StandingAct::Start { flow: flow.id.to_owned(), with, once })
    }

    /// Two buttons with the same words cannot be told apart, neither by eye nor when somebody types them. Of those with a condition only
    /// the same one is certain to show both.
    pub(in crate::flow::load) fn check_labels<'t>(&mut self, labels: impl Iterator<Item = (&'t Text, &'t Entry)>) {
        let labels: Vec<_> = labels.collect();
        let mut told: BTreeSet<Span> = BTreeSet::new();
        for (index, language) in self.writer.catalogs.languages().iter().enumerate() {
            let mut seen: Vec<(&str, &Entry)> = Vec::new();
            for (text, entry) in &labels {
                let Some(label) = text.in_language(index).and_then(|template| template.fixed()).map(str::trim) else { continue };
                let condition = |entry: &Entry| entry.value.get("when").and_then(Node::text).map(str::to_owned);
                let same = |(other, first): &&(&str, &Entry)| *other == label && condition(first) == condition(entry);
                let Some((_, first)) = seen.iter().find(same) else {
                    seen.push((label, entry));
                    continue;
                };
                if told.insert(entry.key_span) {
                    let place = if index == 0 { String::new() } else { format!(" in the language \"{language}\"") };
                    let message = format!("two buttons say \"{label}\"{place}");
                    self.writer.findings.push(
                        Diagnostic::warning(codes::DUPLICATE_LABEL, entry.key_span, message)
                            .help("people cannot tell them apart; give one of them other words")
                            .related(first.key_span, "the first one"),
                    );
                }
            }
        }
    }
}
