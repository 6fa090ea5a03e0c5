//! Ways into flows that stand in old messages: buttons, links, commands, and the inputs they give.

use crate::diagnostic::{Diagnostic, nearest};
use crate::flow::{Declared, Flow};
use crate::lint::compat::{Compared, ENTRY_REMOVED, INPUT_CHANGED};

impl Compared<'_> {
    /// Flows that are gone, ways into flows that are gone, inputs that are not what they were.
    pub(super) fn entries(&self, findings: &mut Vec<Diagnostic>) {
        for old in self.old.flows.values() {
            match self.new.flows.get(&old.id) {
                Some(new) => self.entry(old, new, findings),
                None => findings.push(self.flow_removed(old)),
            }
        }
    }

    fn flow_removed(&self, old: &Flow) -> Diagnostic {
        let message = format!("the flow \"{}\" is gone: buttons and links in old messages lead to it", old.id);
        let added = self.new.flows.keys().filter(|id| !self.old.flows.contains_key(*id));
        let found = Diagnostic::warning(ENTRY_REMOVED, self.places.bot(), message);
        match nearest(&old.id, added.map(String::as_str)) {
            Some(name) => found.help(format!("if it is called \"{name}\" now, keep the old id: people never see it")),
            None => found.help("keep it, with one step that says where to go now, until nobody has such a message"),
        }
    }

    fn entry(&self, old: &Flow, new: &Flow, findings: &mut Vec<Diagnostic>) {
        let command = |flow: &Flow| flow.start.as_ref().and_then(|start| start.command.clone());
        if let Some(word) = command(old).filter(|word| !self.new.commands.contains_key(word)) {
            let message = format!("/{word} starts nothing any more, and people know it");
            let place = self.places.of_flow(&new.id, &["start", "command"]);
            findings.push(Diagnostic::warning(ENTRY_REMOVED, place, message).help("keep the command, or let a small flow answer it"));
        }
        let opens = |flow: &Flow| flow.start.as_ref().is_some_and(|start| start.link);
        if opens(old) && !opens(new) {
            let message = format!("links that open \"{}\" lead nowhere any more", new.id);
            let place = self.places.of_flow(&new.id, &["start"]);
            findings.push(Diagnostic::warning(ENTRY_REMOVED, place, message).help("keep link: true while such links are about"));
        }
        self.inputs(old, new, findings);
    }

    /// A button that was sent keeps the inputs that it was given.
    fn inputs(&self, old: &Flow, new: &Flow, findings: &mut Vec<Diagnostic>) {
        let is_required = |declared: &Declared| !declared.of.optional && declared.default.is_none();
        for (name, declared) in &new.inputs {
            let place = || self.places.of_flow(&new.id, &["inputs", name]);
            let found = match old.inputs.get(name) {
                Some(before) if before.of.kind != declared.of.kind => {
                    let message = format!("the input \"{name}\" has another type: buttons in old messages give the old one");
                    Diagnostic::warning(INPUT_CHANGED, place(), message).help("give the new input another name, and make it optional")
                }
                Some(before) if !is_required(before) && is_required(declared) => {
                    let message = format!("the input \"{name}\" is required now, and buttons in old messages may not give it");
                    Diagnostic::warning(INPUT_CHANGED, place(), message).help("make it optional, or give it a default")
                }
                None if is_required(declared) => {
                    let message = format!("the input \"{name}\" is new and required: buttons in old messages do not give it");
                    Diagnostic::warning(INPUT_CHANGED, place(), message).help("make it optional, or give it a default")
                }
                _ => continue,
            };
            findings.push(found);
        }
    }
}
