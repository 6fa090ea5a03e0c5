//! Operations that count as changes, and are taken for reads wherever they are used: the method is wrong, or a fact about it is missing,
//! and not each of the places.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{About, Diagnostic, Span, follow};
use crate::flow::load::codes;
use crate::flow::{Flow, Operation, Verb};
use crate::syntax::Node;

/// Puts what follows from it below one finding at the operation.
pub(super) fn below(
    operations: &BTreeMap<String, Operation>,
    files: &[Node],
    flows: &BTreeMap<String, Flow>,
    findings: &mut Vec<Diagnostic>,
) {
    let mut used: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    let (rest, about): (Vec<_>, Vec<_>) = std::mem::take(findings).into_iter().partition(|finding| operation(finding).is_none());
    *findings = rest;
    for finding in about {
        used.entry(operation(&finding).unwrap_or_default().to_owned()).or_default().push(finding);
    }
    // Whoever is ready for it knows that it is a change.
    let known: BTreeSet<&str> = flows
        .values()
        .flat_map(|flow| &flow.steps)
        .filter_map(|step| match &step.verb {
            Verb::Call(call) if call.outcomes.contains_key("unknown") => Some(call.operation.as_str()),
            _ => None,
        })
        .collect();
    for (id, mut found) in used {
        let cause = operations.get(&id).filter(|operation| found.len() > places(operation)).and_then(|operation| {
            if found.iter().all(|finding| finding.code == codes::IMPOSSIBLE) {
                return Some(never_unknown(operation, files));
            }
            // Its own file says that it only reads.
            let own = found.iter().position(|finding| finding.code == codes::NOT_SAFE && finding.span.file == operation.span.file);
            let is_meant = known.contains(id.as_str()) || operation.once.is_some() || operation.lookup.is_some();
            own.map(|at| found.remove(at)).or_else(|| (!is_meant).then(|| taken_for_a_read(operation, files)))
        });
        match cause {
            Some(mut cause) => {
                follow(&mut cause, found.into_iter().map(|effect| (effect.span, format!("this may follow from it: {}", effect.message))));
                findings.push(cause);
            }
            None => findings.append(&mut found),
        }
    }
}

/// How many places may be wrong by themselves. What has a body is seldom meant to be read.
fn places(operation: &Operation) -> usize {
    1 + usize::from(operation.body.is_some())
}

/// The operation whose manner a finding is about.
fn operation(finding: &Diagnostic) -> Option<&str> {
    finding.about.iter().find_map(|about| match about {
        About::Manner(operation) => Some(operation.as_str()),
        About::Value(_) | About::Declared(_) => None,
    })
}

/// Every place is ready for a doubt that the operation says there is none of.
fn never_unknown(operation: &Operation, files: &[Node]) -> Diagnostic {
    let message =
        format!("\"{}\" can be sent again, so it never ends \"unknown\", and wherever it is used somebody is ready for that", operation.id);
    let written = written(operation, files);
    let key = ["repeatable", "safe"].iter().find_map(|key| written?.entry(key));
    let place = key.map_or_else(|| method(operation, files), |entry| entry.key_span);
    let found = Diagnostic::error(codes::IMPOSSIBLE, place, message).about(About::Manner(operation.id.clone()));
    found.help(
        "remove the line if twice is not the same as once, and say how the server knows a repetition (\"once\"); else remove those roads",
    )
}

fn taken_for_a_read(operation: &Operation, files: &[Node]) -> Diagnostic {
    let message = format!(
        "\"{}\" counts as a change, as {} is no read, and wherever it is used it is taken for a read",
        operation.id, operation.method
    );
    let found = Diagnostic::error(codes::NOT_SAFE, method(operation, files), message).about(About::Manner(operation.id.clone()));
    found.help("if it changes nothing, write GET or \"safe: true\"; if twice is the same as once, \"repeatable: true\"; else name a road for \"unknown\" wherever it is called")
}

/// Where the method is written.
fn method(operation: &Operation, files: &[Node]) -> Span {
    let line = written(operation, files).and_then(|node| node.get("request"));
    line.map_or(operation.span, |line| line.scalar.place(0, operation.method.len()))
}

/// The operation as it is written.
fn written<'f>(operation: &Operation, files: &'f [Node]) -> Option<&'f Node> {
    let file = files.iter().find(|file| file.span.file == operation.span.file)?;
    file.get(operation.id.rsplit('.').next()?)
}
