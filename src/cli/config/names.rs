//! Names in the operator's file that only the flows can tell to be right.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::config::codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::flow::Project;
use crate::syntax::{Entry, Node};

/// Names, and where they stand.
#[derive(Debug, Clone, Default)]
pub struct Names {
    settings: Vec<(String, Span)>,
    connections: Vec<(String, Span)>,
    /// Those that hooks report.
    events: Vec<(String, Span)>,
    /// Where connections belong.
    place: Span,
    /// The methods that a connection may use, where that is said.
    methods: BTreeMap<String, (Vec<String>, Span)>,
    /// In which languages people are spoken to.
    languages: Vec<(String, Span)>,
    /// Values that flows judge, by the keys that lead to them.
    values: BTreeMap<Vec<String>, Span>,
}

impl Names {
    /// The names of a file.
    pub fn of(tree: &Node) -> Self {
        let keys = |of: &str| under(tree, of).map(|entry| (entry.key.clone(), entry.key_span)).collect();
        let methods = under(tree, "connections").filter_map(|entry| {
            let listed = entry.value.get("methods")?;
            Some((entry.key.clone(), (listed.items().iter().filter_map(Node::text).map(str::to_owned).collect(), listed.span)))
        });
        let languages = under(tree, "people").filter_map(|entry| {
            let language = entry.value.get("language")?;
            Some((language.text()?.to_owned(), language.span))
        });
        let place = tree.entry("connections").or(tree.entries().first()).map_or(tree.span, |entry| entry.key_span);
        let reported = under(tree, "hooks").flat_map(|hook| hook.value.get("events").map_or(&[][..], Node::items));
        let events = reported.filter_map(|event| Some((event.text()?.to_owned(), event.span))).collect();
        Self {
            settings: keys("settings"),
            connections: keys("connections"),
            events,
            place,
            methods: methods.collect(),
            languages: languages.collect(),
            values: values(tree),
        }
    }

    /// Whether the flows judge what stands in this file; if so, the finding with its place here.
    pub fn own(&self, finding: &Diagnostic) -> Option<Diagnostic> {
        let place = self.values.get(&finding.elsewhere)?;
        Some(Diagnostic { span: *place, related: Vec::new(), elsewhere: Vec::new(), ..finding.clone() })
    }

    /// What does not fit the flows of the bots: settings that none of them declares (each with the nearest that one does),
    /// connections that are missing, that nothing is sent to or that may not send what the flows do, events of hooks that none of them
    /// declares, and languages that none of them speaks.
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
        let declared: BTreeSet<&str> = projects.iter().flat_map(|project| project.bot.events.keys()).map(String::as_str).collect();
        for (name, place) in self.events.iter().filter(|(name, _)| !declared.contains(name.as_str())) {
            let finding = Diagnostic::warning(codes::UNDECLARED_EVENT, *place, format!("no event \"{name}\" is declared in bot.yaml"));
            findings.push(finding.nearest(name, declared.iter().copied()));
        }
        let spoken: BTreeSet<&str> = projects.iter().flat_map(|project| &project.bot.languages).map(String::as_str).collect();
        for (language, place) in self.languages.iter().filter(|(language, _)| !spoken.contains(language.as_str())) {
            let finding = Diagnostic::warning(codes::UNSPOKEN_LANGUAGE, *place, format!("no bot speaks \"{language}\""));
            findings.push(finding.nearest(language, spoken.iter().copied()));
        }
        findings.extend(self.refused(projects));
        findings
    }

    /// Operations that are never sent, as their connections may not use their methods: one finding for each method.
    fn refused(&self, projects: &[&Project]) -> Vec<Diagnostic> {
        let mut refused: BTreeMap<(&String, &String), Vec<&str>> = BTreeMap::new();
        for operation in projects.iter().flat_map(|project| project.operations.values()) {
            let allowed = self.methods.get(&operation.connection);
            if allowed.is_some_and(|(allowed, _)| !allowed.contains(&operation.method)) {
                refused.entry((&operation.connection, &operation.method)).or_default().push(&operation.id);
            }
        }
        let told = refused.into_iter().map(|((connection, method), mut operations)| {
            operations.sort_unstable();
            operations.dedup();
            let (_, place) = self.methods[connection];
            let others = match operations.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let message = format!("{}{others} can never be sent: {method} is not among the methods", operations[0]);
            Diagnostic::error(codes::REFUSED_METHOD, place, message).help(format!("add {method}, if the bot may send it"))
        });
        told.collect()
    }
}

/// What stands under a key of the file.
fn under<'n>(tree: &'n Node, key: &str) -> impl Iterator<Item = &'n Entry> {
    tree.get(key).map_or(&[][..], Node::entries).iter()
}

fn values(tree: &Node) -> BTreeMap<Vec<String>, Span> {
    let settings = under(tree, "settings").map(|entry| (vec!["settings".to_owned(), entry.key.clone()], entry.value.span));
    let profiles = under(tree, "connections").filter_map(|entry| {
        Some((vec!["connections".to_owned(), entry.key.clone(), "profile".to_owned()], entry.value.get("profile")?.span))
    });
    let zone = tree.get("timezone").map(|zone| (vec!["timezone".to_owned()], zone.span));
    settings.chain(profiles).chain(zone).collect()
}
