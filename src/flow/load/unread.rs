//! What is in files that could not be read: enough of it to know what others may mean that seem to name nothing.
//!
//! Such a file has been reported; that the flows in it are unknown is no mistake of those who run them.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, nearest};
use crate::flow::shapes::FileKind;

/// The parts of a bot that are hidden in files with mistakes of syntax.
#[derive(Debug, Default)]
pub(super) struct Unread {
    /// `bot.yaml` is among them.
    pub bot: bool,
    /// Ids of flows.
    flows: BTreeSet<String>,
    /// Connections.
    connections: BTreeSet<String>,
    /// Languages of catalogs.
    languages: BTreeSet<String>,
    /// There is one of which nothing is known.
    anything: bool,
}

impl Unread {
    /// Notes what a file that could not be read seems to hold, by its lines.
    pub(super) fn note(&mut self, text: &str) {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with(['#', '%']) && *line != "---");
        let (key, value) = lines.next().and_then(|line| line.split_once(':')).unwrap_or_default();
        let value = value.split('#').next().unwrap_or_default().trim().trim_matches(['"', '\'']).to_owned();
        match kind(key.trim()) {
            Some(FileKind::Flow) => self.flows.extend([value]),
            Some(FileKind::Flows) => self.flows.extend(lines.filter_map(second_level).map(str::to_owned)),
            Some(FileKind::Bot) => self.bot = true,
            Some(FileKind::Operations) => self.connections.extend([value]),
            Some(FileKind::Messages) => self.languages.extend([value]),
            Some(FileKind::Scenarios | FileKind::Usher) => {}
            None => (self.anything, self.bot) = (true, true),
        }
    }

    /// Takes out what may follow from the file that says what all flows share, if that could not be read: what is wrong within the steps
    /// of one flow, or within one text, follows from nothing else.
    pub(super) fn forgive(&self, findings: &mut Vec<Diagnostic>) {
        const OF_ITSELF: [&str; 3] = ["FLW3", "FLW50", "FLW7"];
        let is_of_itself = |id: &str| id < "FLW202" || OF_ITSELF.iter().any(|group| id.starts_with(group));
        findings.retain(|finding| !self.bot || is_of_itself(finding.code.id));
    }

    /// Whether a flow that is not known may be there.
    pub(super) fn may_have_flow(&self, id: &str) -> bool {
        self.anything || self.flows.contains(id)
    }

    /// Whether there are flows of which nothing is known but that they are there.
    pub(super) fn has_flows(&self) -> bool {
        self.anything || !self.flows.is_empty()
    }

    /// Whether an operation that is not known may be there.
    pub(super) fn may_have_operation(&self, id: &str) -> bool {
        self.anything || id.split_once('.').is_some_and(|(connection, _)| self.connections.contains(connection))
    }

    /// Whether a text may be translated there.
    pub(super) fn may_translate(&self, language: &str) -> bool {
        self.anything || self.languages.contains(language)
    }

    /// Whether a text may stand there that a catalog translates.
    pub(super) fn may_have_text(&self, address: &str) -> bool {
        let (owner, rest) = address.split_once('.').unwrap_or((address, ""));
        match owner {
            "bot" => self.bot || self.anything,
            "operations" => self.may_have_operation(rest),
            flow => self.may_have_flow(flow),
        }
    }
}

fn kind(key: &str) -> Option<FileKind> {
    let keys = FileKind::ALL.map(FileKind::first_key);
    let key = if keys.contains(&key) { key } else { nearest(key, keys)? };
    FileKind::ALL.into_iter().find(|kind| kind.first_key() == key)
}

/// The key of a line that is indented as the flows of a file are.
fn second_level(line: &str) -> Option<&str> {
    let key = line.strip_prefix("  ").filter(|rest| !rest.starts_with([' ', '#', '-']))?;
    key.split_once(':').map(|(key, _)| key)
}
