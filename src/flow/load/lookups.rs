//! Look-ups: what one operation says of another can be judged when all operations are known.

use crate::diagnostic::{About, Diagnostic, nearest};
use crate::expr::Expression;
use crate::flow::Operation;
use crate::flow::load::names::InputNames;
use crate::flow::load::operations::Interface;
use crate::flow::load::roads::{Given, missing};
use crate::flow::load::{codes, declare};
use crate::syntax::{Entry, Node};

/// Checks every look-up.
pub(super) fn resolve(interface: &mut Interface, files: &[Node], findings: &mut Vec<Diagnostic>) {
    for file in files {
        let Some(connection) = file.get("operations").and_then(Node::text) else { continue };
        for entry in file.entries() {
            let operation = interface.operations.get(&format!("{connection}.{}", entry.key));
            if let Some((operation, node)) = operation.zip(entry.value.get("lookup")) {
                let lacking = check(operation, node, interface, findings);
                if let Some(operation) = interface.operations.get_mut(&format!("{connection}.{}", entry.key)) {
                    // Whoever asks whether it is there is right to.
                    let lacked = operation.output.iter_mut().filter(|output| lacking.contains(&output.name));
                    lacked.for_each(|output| output.of.optional = true);
                }
            }
        }
    }
}

/// Tells the outputs that the operation must have and its look-up does not give.
fn check(operation: &Operation, node: &Node, interface: &Interface, findings: &mut Vec<Diagnostic>) -> Vec<String> {
    let mut lacking = Vec::new();
    let (Some(lookup), Some(call)) = (&operation.lookup, node.get("call")) else { return lacking };
    let Some(asked) = interface.operations.get(&lookup.call) else {
        let found = Diagnostic::error(codes::UNKNOWN_OPERATION, call.span, format!("there is no operation \"{}\"", lookup.call));
        findings.push(found.nearest(&lookup.call, interface.operations.keys().map(String::as_str)));
        return lacking;
    };
    if asked.id == operation.id {
        let found = Diagnostic::error(codes::NOT_SAFE, call.span, format!("\"{}\" cannot look up what it has made itself", asked.id));
        findings.push(found.help("name an operation that only reads, and finds it"));
        return lacking;
    }
    if !asked.safe {
        let found =
            Diagnostic::error(codes::NOT_SAFE, call.span, format!("\"{}\" changes something, so it cannot be a look-up", lookup.call));
        let found = found.about(About::Manner(asked.id.clone()));
        findings.push(found.help("a look-up only reads: GET, or \"safe: true\"").related(asked.span, "the operation"));
    }
    if !asked.outcomes.iter().any(|rule| rule.name == "not_found") {
        let message = format!("\"{}\" has no outcome \"not_found\", so it cannot tell that nothing was done", lookup.call);
        findings.push(Diagnostic::error(codes::IMPOSSIBLE, call.span, message).related(asked.span, "declare the outcome here"));
    }
    for output in operation.output.iter().filter(|output| !output.of.optional && output.default.is_none()) {
        if !asked.output.iter().any(|other| other.name == output.name) {
            let message = format!("\"{}\" does not give the output \"{}\", which \"{}\" must have", lookup.call, output.name, operation.id);
            findings.push(Diagnostic::error(codes::LACKING_OUTPUT, call.span, message).related(asked.span, "declare the output here"));
            lacking.push(output.name.clone());
        }
    }
    let entries = node.get("with").map_or(&[][..], Node::entries);
    for entry in entries {
        check_input(operation, asked, entry, findings);
    }
    let given = Given { what: &lookup.call, span: call.span };
    findings.extend(missing(given, entries, &asked.input).map(|(found, _)| found));
    lacking
}

/// The values come from the inputs of the operation that is looked up.
fn check_input(operation: &Operation, asked: &Operation, entry: &Entry, findings: &mut Vec<Diagnostic>) {
    let Some(wanted) = asked.input.get(&entry.key) else {
        let found = Diagnostic::error(codes::UNKNOWN_INPUT, entry.key_span, format!("\"{}\" has no input \"{}\"", asked.id, entry.key));
        findings.push(match nearest(&entry.key, asked.input.keys().map(String::as_str)) {
            Some(name) => found.meant(name),
            None => found,
        });
        return;
    };
    let Some(expression) = Expression::from_node(&entry.value, findings) else { return };
    let given = expression.check(&InputNames(&operation.input), findings);
    if let Some(message) = declare::misfit(&given, &wanted.of) {
        findings.push(Diagnostic::error(codes::TYPE_MISMATCH, entry.value.span, message));
    }
}
