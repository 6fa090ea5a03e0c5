//! `run`: another flow. Whether all its ends are covered is looked at when that flow is built, too.

use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::roads::Given;
use crate::flow::load::steps::Written;
use crate::flow::{Run, Verb};
use crate::syntax::Node;

impl Builder<'_> {
    pub(in crate::flow::load) fn run(&mut self, step: Written<'_>, node: &Node, place: &Place<'_>) -> Verb {
        let child = self.flow_ref(node);
        let with = match child {
            Some(child) => self.with(step.node.get("with"), &child.inputs, Given { what: child.id, span: node.span }, place),
            None => Vec::new(),
        };
        self.note_all(&with);
        let entries = step.node.get("outcomes").map_or(&[][..], Node::entries);
        let outcomes = entries.iter().map(|entry| {
            let addresses = self.road_addresses(step, &format!("outcomes.{}", entry.key));
            (entry.key.clone(), self.road(&entry.value, &addresses, place))
        });
        let outcomes = outcomes.collect();
        Verb::Run(Run { flow: node.text().unwrap_or_default().to_owned(), with, outcomes })
    }
}
