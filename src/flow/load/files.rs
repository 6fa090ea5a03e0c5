//! Sources → trees, sorted by what kind of file they are.

use std::collections::BTreeMap;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::diagnostic::{self, Diagnostic, FileId, Source, Sources, Span};
use crate::flow::Version;
use crate::flow::load::codes;
use crate::flow::load::enclosures::Enclosures;
use crate::flow::load::unread::Unread;
use crate::flow::shapes::{FileKind, holds_scenarios, kind_of, shape_of};
use crate::syntax::{Entry, Kind, Node, Trees, shape};

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
    /// What is in files that could not be read.
    pub unread: Unread,
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

/// Sorts the trees of all files, each with its shape checked.
pub(super) fn read(sources: &Sources, trees: &Trees, findings: &mut Vec<Diagnostic>) -> Files {
    let mut files = Files::default();
    let mut hashed = BTreeMap::new();
    let read: Vec<_> = sources.iter().filter(|(_, source)| is_read(source)).collect();
    let shaped: Vec<_> = read.into_par_iter().map(|(file, source)| (source, shaped(file, trees))).collect();
    for (source, (tree, mut found)) in shaped {
        findings.append(&mut found);
        match tree {
            None => files.unread.note(&source.text),
            Some((FileKind::Scenarios | FileKind::Usher, _)) => {}
            Some((kind, node)) => {
                hashed.insert(source.path.as_str(), source.text.as_str());
                files.sort_in(kind, node, findings);
            }
        }
    }
    files.enclosures = Enclosures::new(sources.attached());
    files.version = version(&hashed, &files.enclosures);
    files
}

/// The tree of one file as its kind wants it, and what is wrong with it; no tree if it cannot be read.
fn shaped(file: FileId, trees: &Trees) -> (Option<(FileKind, Node)>, Vec<Diagnostic>) {
    let (node, mut findings) = trees.parsed(file);
    let tree = node.and_then(|mut node| {
        let kind = kind_of(&node).or_else(|| misspelt_kind(file, &mut node, &mut findings))?;
        if !matches!(kind, FileKind::Scenarios | FileKind::Usher) {
            shape::check(&mut node, shape_of(kind), &mut findings);
        }
        Some((kind, node))
    });
    (tree, findings)
}

/// Scenarios are read by whoever plays them.
pub(super) fn is_read(source: &Source) -> bool {
    !holds_scenarios(&source.path)
}

/// Reports that the kind of a file is unknown. A first key that is almost right is put right, so that the file is read nevertheless.
fn misspelt_kind(file: FileId, node: &mut Node, findings: &mut Vec<Diagnostic>) -> Option<FileKind> {
    const KINDS: [&str; 5] = ["flow", "flows", "bot", "operations", "messages"];
    const EXPECTED: &str = "a file begins with one of flow, flows, bot, operations, messages";
    if matches!(node.kind, Kind::Null) {
        let found = Diagnostic::error(codes::UNKNOWN_KIND, Span { file, ..node.span }, "this file is empty");
        findings.push(found.help(format!("{EXPECTED}; remove it if it is not needed")));
        return None;
    }
    let span = node.entries().first().map_or(Span { file, ..node.span }, |entry| entry.key_span);
    let found = Diagnostic::error(codes::UNKNOWN_KIND, span, "the first key does not tell what kind of file this is");
    let near = node.entries().first().and_then(|entry| diagnostic::nearest(&entry.key, KINDS));
    findings.push(match near {
        Some(name) => found.meant(name).help(format!("did you mean \"{name}\"? {EXPECTED}")),
        None => found.help(EXPECTED),
    });
    if let (Some(name), Kind::Map(entries)) = (near, &mut node.kind) {
        name.clone_into(&mut entries.first_mut()?.key);
    }
    kind_of(node)
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
