//! `wait`: time passes.

use crate::expr::{Expression, Kind, Value};
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::{Due, Verb};
use crate::syntax::Node;

impl Builder<'_> {
    pub(in crate::flow::load) fn wait(&mut self, node: &Node, place: &Place<'_>) -> Verb {
        let due = match node.get("until") {
            Some(until) => self.writer.of_kind(until, place, &[Kind::DateTime]).map(Due::At),
            None if node.text().is_some() => self.after(node, place),
            None => None,
        };
        // Without a time there is an error among the findings, and nobody walks this flow.
        Verb::Wait(due.unwrap_or_else(|| Due::After(Expression::constant(Value::Duration(0), node.span))))
    }
}
