//! Names in the operator's file that only the flows can tell to be right.

use std::collections::BTreeSet;

use crate::cli::config::codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::flow::Project;
use crate::syntax::Node;

/// Names, and where they stand.
#[derive(Debug, Clone, Default)]
pub struct Names {
    settings: Vec<(String, Span)>,
    connections: Vec<(String, Span)>,
    /// Where connections belong.
    place: Span,
}

impl Names {
    /// The names of a file.
    pub fn of(tree: &Node) -> Self {
        let keys = |of: &str| {
            let entries = tree.get(of).map_or(&[][..], Node::entries);
            entries.iter().map(|entry| (entry.key.clone(), entry.key_span)).collect()
        };
        let place = tree.entry("connections").or(tree.entries().first()).map_or(tree.span, |entry| entry.key_span);
        Self { settings: keys("settings"), connections: keys("connections"), place }
    }

    /// What does not fit the flows of the bots: settings that none of them declares (each with the nearest that one does), and
    /// connections that are missing or that nothing is sent to.
    pub fn unknown(&self, projects: &[&Project], settings: &[(String, Option<String>)]) -> Vec<Diagnostic> {
        let connections: BTreeSet<&String> = projects.iter().flat_map(|project| project.connections.keys()).collect();
        let mut findings = Vec::new();
        for (name, nearest) in settings {
            let place = self.settings.iter().find(|(known, _)| known == name).map_or(self.place, |(_, place)| *place);
            let finding = Diagnostic::warning(codes::UNKNOWN_SETTING, place, format!("no setting \"{name}\" is declared in bot.yaml"));
            findings.push(match nearest {
                Some(nearest) => finding.meant(nearest),
                None => finding,
            });
        }
        for name in connections.iter().filter(|name| self.connections.iter().all(|(known, _)| known != **name)) {
            let message = format!("the flows send to \"{name}\", and no connection has this name");
            findings.push(Diagnostic::error(codes::MISSING_CONNECTION, self.place, message).help(format!("add {name} to connections")));
        }
        for (name, place) in self.connections.iter().filter(|(name, _)| !connections.contains(name)) {
            let finding = Diagnostic::warning(codes::UNUSED_CONNECTION, *place, format!("no operations are declared for \"{name}\""));
            findings.push(finding.nearest(name, connections.iter().map(|name| name.as_str())));
        }
        findings
    }
}
