//! The texts of a file that people read.

use crate::diagnostic::Span;
use crate::flow::shapes::FileKind;
use crate::syntax::{Entry, Kind, Node, Scalar};

/// Keys whose value is read by people.
const TEXTS: [&str; 12] = ["title", "say", "ask", "review", "tell", "help", "status", "label", "confirm", "change", "button", "menu"];

/// Keys with several texts below them.
const SEVERAL: [&str; 3] = ["unclear", "repeat", "texts"];

/// A text, and what of it is only words.
pub struct Text<'a> {
    scalar: &'a Scalar,
    /// As it is written.
    pub written: &'a str,
    /// The same with values, statements, tags and addresses blotted out, byte for byte.
    pub words: String,
}

impl Text<'_> {
    /// Where a part of it stands in the file.
    pub fn place(&self, start: usize, end: usize) -> Span {
        self.scalar.place(start, end)
    }
}

/// All texts of a file of this kind, each with the key of the file that it stands under.
pub fn of(tree: &Node, kind: FileKind) -> Vec<(&str, Text<'_>)> {
    let mut found = Vec::new();
    for entry in tree.entries() {
        let mut own = Vec::new();
        match kind {
            FileKind::Messages if entry.key != "messages" => all(&entry.value, &mut own),
            FileKind::Bot if entry.key == "bot" => all(&entry.value, &mut own),
            _ => by_key(entry, &mut own),
        }
        found.extend(own.into_iter().map(|text| (entry.key.as_str(), text)));
    }
    found
}

fn by_key<'a>(entry: &'a Entry, found: &mut Vec<Text<'a>>) {
    let key = entry.key.as_str();
    let is_text = TEXTS.contains(&key) && matches!(entry.value.kind, Kind::Text);
    let is_choice = matches!(key, "choice" | "choices") && entry.value.get("from").is_none();
    if is_text || SEVERAL.contains(&key) {
        all(&entry.value, found);
        return;
    }
    for inner in entry.value.entries() {
        if is_choice && matches!(inner.value.kind, Kind::Text) { all(&inner.value, found) } else { by_key(inner, found) }
    }
    for item in entry.value.items() {
        item.entries().iter().for_each(|inner| by_key(inner, found));
    }
}

fn all<'a>(node: &'a Node, found: &mut Vec<Text<'a>>) {
    match &node.kind {
        Kind::Text => found.push(Text { scalar: &node.scalar, written: &node.scalar.text, words: words(&node.scalar.text) }),
        Kind::Map(entries) => entries.iter().for_each(|entry| all(&entry.value, found)),
        Kind::List(items) => items.iter().for_each(|item| all(item, found)),
        _ => {}
    }
}

/// What a blotted byte becomes: no letter, no space, no sign.
const BLOT: char = '\u{1}';

/// The text without what is not words.
fn words(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let hidden = hidden(rest);
        if hidden > 0 {
            left.extend(std::iter::repeat_n(BLOT, hidden));
            rest = &rest[hidden..];
        } else {
            left.push(char);
            rest = &rest[char.len_utf8()..];
        }
    }
    left
}

/// How many bytes at the beginning are a value, a statement, a tag or an address.
fn hidden(text: &str) -> usize {
    for (opens, closes) in [("{{", "}}"), ("{%", "%}"), ("<", ">")] {
        if text.starts_with(opens) {
            return text.find(closes).map_or(0, |at| at + closes.len());
        }
    }
    let is_address = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
    if is_address { text.find(char::is_whitespace).unwrap_or(text.len()) } else { 0 }
}
