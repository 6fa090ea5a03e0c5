//! Outputs that are a secret in one operation and none in another, under one name and from a place of one name: the flag was forgotten.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Span};
use crate::flow::load::codes;
use crate::syntax::Node;

/// Warns of them, in each file of operations by itself.
pub(super) fn check(files: &[Node], findings: &mut Vec<Diagnostic>) {
    for file in files {
        let outputs: Vec<_> = file.entries().iter().flat_map(|operation| outputs(&operation.value)).collect();
        let secrets: BTreeMap<_, Span> =
            outputs.iter().filter(|(_, node, _)| is_secret(node)).map(|(name, _, span)| (*name, *span)).collect();
        for (name, _, span) in outputs.iter().filter(|(_, node, _)| !is_secret(node)) {
            if let Some(secret) = secrets.get(name) {
                let message = format!("\"{}\" is a secret in another operation, and none here", name.0);
                let found = Diagnostic::warning(codes::MISPLACED_SECRET, *span, message).related(*secret, "it is a secret here");
                findings.push(found.help("write \"secret: true\" here, too, or give it another name if it is something else"));
            }
        }
    }
}

/// The texts among the outputs of an operation and its outcomes: the name and the last part of the place, what is written, where.
fn outputs(operation: &Node) -> impl Iterator<Item = ((&str, &str), &Node, Span)> {
    let outcomes = operation.get("outcomes").map_or(&[][..], Node::entries).iter().map(|outcome| &outcome.value);
    let all = std::iter::once(operation).chain(outcomes).filter_map(|node| node.get("output")).flat_map(Node::entries);
    all.filter_map(|entry| {
        let node = &entry.value;
        let place = node.get("at")?.text()?.rsplit('/').next()?;
        (node.get("type")?.text()? == "text").then_some(((entry.key.as_str(), place), node, entry.key_span))
    })
}

fn is_secret(output: &Node) -> bool {
    output.get("secret").and_then(Node::boolean) == Some(true)
}
