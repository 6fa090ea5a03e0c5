//! What of its servers a bot uses, by flow and step.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::flow::{Operation, PathPart, Project, Verb};

/// A table of every endpoint that flows call, each with the operation, the flows and the steps that call it, as Markdown.
pub fn api_map(project: &Project) -> String {
    let mut text = String::from("# What the bot asks of its servers\n\nRead from the flows: each endpoint, and the steps that call it.\n");
    let uses = uses(project);
    let mut connections: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in uses.keys().filter_map(|id| project.operations.get(*id)) {
        connections.entry(&operation.connection).or_default().push(operation);
    }
    for (connection, operations) in connections {
        let _ = write!(text, "\n## {connection}\n\n| endpoint | operation | profile | used by |\n|---|---|---|---|\n");
        for operation in operations {
            let places = uses.get(operation.id.as_str()).into_iter().flatten().map(|place| format!("`{place}`")).collect::<Vec<_>>();
            let name = operation.id.rsplit('.').next().unwrap_or_default();
            let only = operation.only.as_deref().unwrap_or("all");
            let _ = writeln!(text, "| `{} {}` | `{name}` | {only} | {} |", operation.method, path(operation), places.join(", "));
        }
    }
    text
}

fn path(operation: &Operation) -> String {
    let part = |part: &PathPart| match part {
        PathPart::Fixed(text) => text.clone(),
        PathPart::Input(name) => format!("{{{name}}}"),
    };
    operation.path.iter().map(part).collect()
}

/// Operation → `flow.step`; a look-up is used where the operation is that it looks after.
fn uses(project: &Project) -> BTreeMap<&str, BTreeSet<String>> {
    let mut uses: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for flow in project.flows.values() {
        for step in &flow.steps {
            for called in calls(&step.verb) {
                let place = format!("{}.{}", flow.id, step.id);
                if let Some(lookup) = project.operations.get(called).and_then(|operation| operation.lookup.as_ref()) {
                    uses.entry(&lookup.call).or_default().insert(format!("{place} (look-up)"));
                }
                uses.entry(called).or_default().insert(place);
            }
        }
    }
    uses.retain(|id, _| !id.starts_with("usher."));
    uses
}

fn calls(verb: &Verb) -> Vec<&str> {
    match verb {
        Verb::Call(call) => vec![&call.operation],
        Verb::Ask(ask) => ask.checks.iter().filter_map(|check| Some(check.call.as_ref()?.0.as_str())).collect(),
        _ => Vec::new(),
    }
}
