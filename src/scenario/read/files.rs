//! The files of scenarios as written, and how one builds on another.

use crate::diagnostic::{Diagnostic, Sources, Span};
use crate::flow::shapes::holds_scenarios;
use crate::scenario::codes;
use crate::scenario::read::given::KEYS;
use crate::scenario::read::scalars::mended_keys;
use crate::syntax::{Entry, Kind, Node, Trees};

/// All files of scenarios.
pub(in crate::scenario) struct Files {
    all: Vec<File>,
    is_whole: bool,
    is_understood: bool,
}

/// One file as written.
pub(in crate::scenario) struct File {
    /// Its id.
    pub id: String,
    span: Span,
    node: Node,
}

impl File {
    /// Its tests as written.
    pub fn tests(&self) -> &[Entry] {
        self.node.get("tests").map(Node::entries).unwrap_or_default()
    }

    /// Its parts as written.
    pub fn parts(&self) -> &[Entry] {
        self.node.get("parts").map(Node::entries).unwrap_or_default()
    }
}

impl Files {
    /// Takes the files whose names say that they hold scenarios.
    pub fn read(sources: &Sources, trees: &Trees, findings: &mut Vec<Diagnostic>) -> Self {
        let mut files = Self { all: Vec::new(), is_whole: true, is_understood: true };
        for (id, _) in sources.iter().filter(|(_, source)| holds_scenarios(&source.path)) {
            let (node, mut found) = trees.parsed(id);
            findings.append(&mut found);
            let is_read = node.is_some_and(|node| files.add(node, findings));
            files.is_whole &= is_read;
        }
        files
    }

    /// False if a file could not be read: what others use of it would seem not to be there.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// False if a file has a key of which nobody knows what it was to give: what tests use of it would seem not to be there.
    pub fn is_understood(&self) -> bool {
        self.is_understood
    }

    /// All of them, in the order of their paths.
    pub fn all(&self) -> &[File] {
        &self.all
    }

    /// The file of this id.
    pub fn named(&self, id: &str) -> Option<&File> {
        self.all.iter().find(|file| file.id == id)
    }

    /// The ids of all files.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|file| file.id.as_str())
    }

    /// `given` of the files this one is like, changed by its own, changed by that of a test.
    pub fn given(&self, file: &File, own: Option<&Node>, findings: &mut Vec<Diagnostic>) -> Option<Node> {
        let mut seen = vec![file.id.clone()];
        let of_file = self.given_of(file, &mut seen, findings);
        if let Some(like) = own.and_then(|own| own.entry("like")) {
            findings.push(Diagnostic::error(
                codes::UNKNOWN_KEY,
                like.key_span,
                "\"like\" stands in the \"given\" of a file, not of a test",
            ));
        }
        merge(of_file, own.cloned())
    }

    fn given_of(&self, file: &File, seen: &mut Vec<String>, findings: &mut Vec<Diagnostic>) -> Option<Node> {
        let own = file.node.get("given");
        let like = own.and_then(|own| own.get("like")).and_then(|like| Some((like.text()?, like.span)));
        let Some((like, span)) = like else { return own.cloned() };
        if seen.iter().any(|id| id == like) {
            findings.push(Diagnostic::error(codes::ENDLESS, span, format!("the scenarios \"{like}\" are like themselves")));
            return own.cloned();
        }
        let Some(model) = self.named(like) else {
            let found = Diagnostic::error(codes::UNKNOWN_SCENARIOS, span, format!("there are no scenarios \"{like}\""));
            findings.push(found.nearest(like, self.ids()));
            return own.cloned();
        };
        seen.push(like.to_owned());
        merge(self.given_of(model, seen, findings), own.cloned())
    }

    /// Takes a file in; false if it does not tell its id.
    fn add(&mut self, mut node: Node, findings: &mut Vec<Diagnostic>) -> bool {
        self.is_understood &= mended_keys(&mut node, &["scenarios", "given", "parts", "tests"], findings);
        if let Kind::Map(entries) = &mut node.kind
            && let Some(given) = entries.iter_mut().find(|entry| entry.key == "given")
        {
            self.is_understood &= mended_keys(&mut given.value, &KEYS, findings);
        }
        let Some((id, span)) = node.get("scenarios").and_then(|id| Some((id.text()?.to_owned(), id.span))) else {
            let missing = Diagnostic::error(codes::MISSING_KEY, start_of(&node), "a file of scenarios begins with \"scenarios: <id>\"");
            findings.push(missing);
            return false;
        };
        for key in ["given", "parts", "tests"] {
            if let Some(other) = node.get(key).filter(|value| !matches!(value.kind, Kind::Map(_) | Kind::Null)) {
                let message = format!("\"{key}\" is a map, and this is {}", other.describe());
                findings.push(Diagnostic::error(codes::WRONG_TYPE, other.span, message));
            }
        }
        if let Some(first) = self.named(&id) {
            let twice = Diagnostic::error(codes::DUPLICATE_ID, span, format!("there are two files of scenarios \"{id}\""));
            findings.push(twice.related(first.span, "the first one"));
            return true;
        }
        self.all.push(File { id, span, node });
        true
    }
}

/// The first key of a map, or the place of anything else.
fn start_of(node: &Node) -> Span {
    node.entries().first().map_or(node.span, |entry| entry.key_span)
}

/// Maps are merged key by key; anything else is replaced.
fn merge(under: Option<Node>, over: Option<Node>) -> Option<Node> {
    let (Some(mut under), Some(over)) = (under.clone(), over.clone()) else { return over.or(under) };
    let (Kind::Map(entries), Kind::Map(changes)) = (&mut under.kind, &over.kind) else { return Some(over) };
    for change in changes {
        match entries.iter_mut().find(|entry| entry.key == change.key) {
            Some(entry) => {
                let merged = merge(Some(entry.value.clone()), Some(change.value.clone()));
                entry.key_span = change.key_span;
                entry.value = merged.unwrap_or_else(|| change.value.clone());
            }
            None => entries.push(change.clone()),
        }
    }
    Some(under)
}
