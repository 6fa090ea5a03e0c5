//! Sources → trees, sorted by what kind of file they are.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::diagnostic::{Diagnostic, FileId, Source, Sources, Span};
use crate::flow::Version;
use crate::flow::load::codes;
use crate::flow::load::enclosures::Enclosures;
use crate::flow::shapes::{FileKind, kind_of, shape_of};
use crate::syntax::{Entry, Node, parse, shape};

/// The trees of all files that make a bot.
#[derive(Default)]
pub(super) struct Files {
    /// `bot.yaml`; nothing if there is none.
    pub bot: Option<Node>,
    /// Flows as written: the entry whose key is the flow's id.
    pub flows: Vec<RawFlow>,
    /// Files of operations.
    pub operations: Vec<Node>,
    /// Catalogs.
    pub messages: Vec<Node>,
    /// What is no text: what messages show.
    pub enclosures: Enclosures,
    /// The content hash of all of them.
    pub version: Version,
}

/// A flow as written.
pub(super) struct RawFlow {
    /// Its id.
    pub id: String,
    /// Where the id stands.
    pub span: Span,
    /// Its keys.
    pub node: Node,
}

/// Parses all files and checks their shapes.
pub(super) fn read(sources: &Sources, findings: &mut Vec<Diagnostic>) -> Files {
    let mut files = Files::default();
    let mut hashed = BTreeMap::new();
    for (file, source) in sources.iter().filter(|(_, source)| is_read(source)) {
        let (node, mut found) = parse(file, &source.text);
        findings.append(&mut found);
        let Some(node) = node else { continue };
        let Some(kind) = kind_of(&node) else {
            findings.push(unknown_kind(file, &node));
            continue;
        };
        if matches!(kind, FileKind::Scenarios | FileKind::Usher) {
            continue;
        }
        hashed.insert(source.path.as_str(), source.text.as_str());
        shape::check(&node, shape_of(kind), findings);
        files.sort_in(kind, node, findings);
    }
    files.enclosures = Enclosures::new(sources.attached());
    files.version = version(&hashed, &files.enclosures);
    files
}

/// Scenarios are not part of the bot: they are played against it.
fn is_read(source: &Source) -> bool {
    !source.path.ends_with(".test.yaml")
}

fn unknown_kind(file: FileId, node: &Node) -> Diagnostic {
    let kinds = ["flow", "flows", "bot", "operations", "messages"];
    let written = node.entries().first();
    let span = written.map_or(Span { file, ..node.span }, |entry| entry.key_span);
    let found = Diagnostic::error(codes::UNKNOWN_KIND, span, "the first key does not tell what kind of file this is");
    let expected = "a file begins with one of flow, flows, bot, operations, messages";
    match written.and_then(|entry| crate::diagnostic::nearest(&entry.key, kinds)) {
        Some(name) => found.help(format!("did you mean \"{name}\"? {expected}")),
        None => found.help(expected),
    }
}

/// Two files with the same content under the same paths are the same version, in whatever order they were read.
fn version(files: &BTreeMap<&str, &str>, enclosures: &Enclosures) -> Version {
    let mut hash = Sha256::new();
    for (path, text) in files {
        for part in [path.as_bytes(), text.as_bytes()] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
    }
    for (path, digest) in enclosures.digests() {
        hash.update(path);
        hash.update(digest);
    }
    let first = hash.finalize().into_iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(byte));
    Version(format!("{first:016x}"))
}

impl Files {
    fn sort_in(&mut self, kind: FileKind, node: Node, findings: &mut Vec<Diagnostic>) {
        match kind {
            FileKind::Bot => self.bot(node, findings),
            FileKind::Flow => {
                let named = node.get("flow").and_then(|id| Some((id.text()?.to_owned(), id.span)));
                if let Some((id, span)) = named {
                    self.flow(RawFlow { id, span, node }, findings);
                }
            }
            FileKind::Flows => {
                let flows = node.get("flows").map(|flows| flows.entries().to_vec()).unwrap_or_default();
                for Entry { key, key_span, value } in flows {
                    self.flow(RawFlow { id: key, span: key_span, node: value }, findings);
                }
            }
            FileKind::Operations => self.operations.push(node),
            FileKind::Messages => self.messages.push(node),
            FileKind::Scenarios | FileKind::Usher => {}
        }
    }

    fn bot(&mut self, node: Node, findings: &mut Vec<Diagnostic>) {
        let place = |node: &Node| node.entries().first().map_or(node.span, |entry| entry.key_span);
        match &self.bot {
            Some(first) => findings.push(
                Diagnostic::error(codes::DUPLICATE_ID, place(&node), "there is a second file that begins with \"bot\"")
                    .help("a bot has one such file; put both into one")
                    .related(place(first), "the first one"),
            ),
            None => self.bot = Some(node),
        }
    }

    fn flow(&mut self, flow: RawFlow, findings: &mut Vec<Diagnostic>) {
        match self.flows.iter().find(|other| other.id == flow.id) {
            Some(first) => findings.push(
                Diagnostic::error(codes::DUPLICATE_ID, flow.span, format!("there are two flows with the id \"{}\"", flow.id))
                    .help("give one of them another id")
                    .related(first.span, "the first one"),
            ),
            None => self.flows.push(flow),
        }
    }
}
