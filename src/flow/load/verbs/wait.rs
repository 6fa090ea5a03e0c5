//! `wait`: time passes, or an event comes.

use crate::diagnostic::Diagnostic;
use crate::expr::{Expression, Kind, Value};
use crate::flow::load::codes;
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::steps::Written;
use crate::flow::{Due, Verb, Wait};
use crate::syntax::Node;

impl Builder<'_> {
    pub(in crate::flow::load) fn wait(&mut self, step: Written<'_>, node: &Node, place: &Place<'_>) -> Verb {
        let timeout = step.node.entry("timeout");
        if let Some(name) = node.get("event") {
            if timeout.is_none() {
                let found = Diagnostic::error(codes::MISSING_KEY, name.span, "nothing is said of what happens if the event never comes");
                self.writer.findings.push(found.help("give the step a timeout: timeout: { after: 7d, go: … }"));
            }
            if let Some(awaited) = self.awaited(name, node.get("match"), place) {
                return Verb::Wait(Wait::Event(awaited));
            }
        } else if let Some(timeout) = timeout {
            let found = Diagnostic::error(codes::MISPLACED_TIMEOUT, timeout.key_span, "a wait for a time needs no timeout");
            self.writer.findings.push(found.help("remove it; a wait for an event needs one"));
        }
        let due = match node.get("until") {
            Some(until) => self.writer.of_kind(until, place, &[Kind::DateTime]).map(Due::At),
            None if node.text().is_some() => self.after(node, place),
            None => None,
        };
        // Without a time there is an error among the findings, and nobody walks this flow.
        Verb::Wait(Wait::Time(due.unwrap_or_else(|| Due::After(Expression::constant(Value::Duration(0), node.span)))))
    }
}
