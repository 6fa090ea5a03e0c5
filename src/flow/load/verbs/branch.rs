//! `branch`: the first true line is taken.

use crate::diagnostic::{Diagnostic, follow};
use crate::flow::load::codes;
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::steps::Written;
use crate::flow::{Branch, Verb};
use crate::syntax::{Entry, Node};

impl Builder<'_> {
    pub(in crate::flow::load) fn branch(&mut self, step: Written<'_>, lines: &Node, place: &Place<'_>) -> Verb {
        let items = lines.items();
        let otherwise = items.iter().position(|line| line.get("else").is_some());
        match otherwise {
            None => {
                // Where the walk goes then is unknown, and so is what it would have reached.
                self.lost = true;
                let span = step.node.entry("branch").map_or(lines.span, |entry| entry.key_span);
                let found = Diagnostic::error(codes::MISSING_ELSE, span, "nothing is said for the case that no line is true");
                self.writer.findings.push(found.help("end the list with: - { else: … }"));
            }
            Some(at) => {
                self.check_beside(step.node);
                let mut behind = items.iter().skip(at + 1);
                if let Some(line) = behind.next() {
                    let message = "this line stands behind \"else\", so it is never looked at";
                    let mut found = Diagnostic::error(codes::MISSING_ELSE, line.span, message).help("\"else\" comes last");
                    follow(&mut found, behind.map(|line| (line.span, "nor is this one".to_owned())));
                    self.writer.findings.push(found);
                }
            }
        }
        let mut branches: Vec<_> = (1..).zip(items).filter_map(|(number, line)| self.line(step, number, line, place)).collect();
        // Where else the lines lead is judged as it is meant.
        branches.sort_by_key(|branch| branch.when.is_none());
        Verb::Branch(branches)
    }

    /// Each line of a branch leads somewhere, and one of them is taken: only where the step is skipped there is a way past them.
    fn check_beside(&mut self, step: &Node) {
        let beside = ["go", "end"].iter().find_map(|key| step.entry(key)).filter(|_| step.get("when").is_none());
        if let Some(entry) = beside {
            let message = format!("this \"{}\" is never taken: every line of the branch leads somewhere", entry.key);
            let found = Diagnostic::warning(codes::SHADOWED, entry.key_span, message);
            self.writer.findings.push(found.help("remove it, or write it at the \"else\" of the branch"));
        }
    }

    fn line(&mut self, step: Written<'_>, number: usize, line: &Node, place: &Place<'_>) -> Option<Branch> {
        let addresses = self.road_addresses(step, &format!("branch.{number}"));
        if let Some(Entry { value, .. }) = line.entry("else") {
            return Some(Branch { when: None, road: self.road(value, &addresses, place) });
        }
        let when = line.get("when").and_then(|when| self.condition(when, place));
        let road = self.road(line, &addresses, place);
        Some(Branch { when: Some(when?), road })
    }
}
