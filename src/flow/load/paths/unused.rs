//! Results that nobody reads: a `set` computed for nothing, a server asked for nothing.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Span};
use crate::expr::Expression;
use crate::flow::load::codes;
use crate::flow::load::names::World;
use crate::flow::load::paths::pieces;
use crate::flow::ways::Way;
use crate::flow::{Call, Flow, Set, Step, Verb};

/// Warns of results that nobody reads.
pub(super) fn check(world: &World<'_>, flow: &Flow, ways: &[Vec<Way<'_>>], findings: &mut Vec<Diagnostic>) {
    let read = read(flow, ways);
    for step in &flow.steps {
        match &step.verb {
            Verb::Set(Set::Value(value)) if !is_read(&read, &[&step.id]) => {
                findings.push(unused(value.span(), &format!("nobody reads \"{}\"", step.id), "remove the step"));
            }
            Verb::Set(Set::Fields { result, .. }) => {
                for (field, value) in result.iter().filter(|(field, _)| !is_read(&read, &[&step.id, field])) {
                    findings.push(unused(value.span(), &format!("nobody reads \"{}.{field}\"", step.id), "remove the line"));
                }
            }
            Verb::Call(call) if !is_read(&read, &[&step.id]) && is_idle(world, step, call) => {
                let message = format!("nobody reads what \"{}\" has looked up", step.id);
                findings.push(unused(step.span, &message, "remove the step, or read its result"));
            }
            _ => {}
        }
    }
}

fn unused(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::warning(codes::UNUSED_RESULT, span, message).help(help)
}

/// Everything that some expression or text of the flow reads, or that a review shows.
fn read(flow: &Flow, ways: &[Vec<Way<'_>>]) -> BTreeSet<Vec<String>> {
    let mut read: BTreeSet<Vec<String>> = BTreeSet::new();
    for (step, ways) in flow.steps.iter().zip(ways) {
        for piece in pieces::of_step(step, ways) {
            read.extend(piece.it.names().into_iter().map(|name| name.path).filter(|path| path[0] != step.id));
        }
        if let Verb::Review(review) = &step.verb {
            read.extend(review.show.iter().map(|at| vec![flow.steps[*at].id.clone()]));
        }
    }
    read.extend(flow.outputs.values().flat_map(Expression::names).map(|name| name.path));
    read
}

/// True if this is read, or a part of it, or all that it is part of.
fn is_read(read: &BTreeSet<Vec<String>>, path: &[&str]) -> bool {
    read.iter().any(|read| read.iter().zip(path).all(|(one, other)| one == other))
}

/// A read that has something to tell, and that no outcome of its own makes worth while.
fn is_idle(world: &World<'_>, step: &Step, call: &Call) -> bool {
    let Some(operation) = world.operations.get(&call.operation) else { return false };
    let own = |name: &String| operation.outcomes.iter().any(|rule| rule.name == *name);
    operation.is_read() && !operation.output.is_empty() && step.audit.is_none() && !call.outcomes.keys().any(own)
}
