//! YAML text → a tree in which every key and every value knows its place.
//!
//! The only module that names the YAML parser. It must not know what the keys mean.

mod align;
pub mod codes;
mod comments;
mod decode;
mod mistake;
mod parse;
mod resolve;
pub mod shape;
mod trees;

use crate::diagnostic::Span;

pub use comments::comments;
pub use decode::{BadEncoding, decode};
pub use parse::{MAX_BYTES, MAX_DEPTH, parse};
pub use trees::Trees;

/// A value of a YAML file.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// The decoded text of a scalar of any kind, as the author wrote it; empty for maps and lists.
    pub scalar: Scalar,
}

/// What a [`Node`] is, by the core schema of YAML 1.2.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Nothing was written, or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent; [`Node::scalar`] keeps the author's digits.
    Float(f64),
    /// Anything else, and whatever stands in quotes.
    Text,
    /// A list.
    List(Vec<Node>),
    /// A map, in the author's order, without repeated keys.
    Map(Vec<Entry>),
}

/// One entry of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// The decoded text of a scalar, and where each byte of it came from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scalar {
    /// What the author meant: quotes, escapes and indentation removed.
    pub text: String,
    /// Where the whole scalar stands, quotes included.
    pub span: Span,
    /// Where the parts of `text` came from, in order. Empty where that could not be told; then the whole scalar stands for any part
    /// of it.
    pub origin: Vec<Run>,
}

/// A part of a decoded text and the part of the file that it was read from. If both are equally long they are the same, byte by byte;
/// otherwise the source is an escape and stands for its text as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// First byte in the text.
    pub at: u32,
    /// Bytes in the text.
    pub len: u32,
    /// First byte in the file.
    pub from: u32,
    /// Bytes in the file.
    pub width: u32,
}

impl Run {
    /// True if `next` goes on where this one ends, in the text and in the file.
    fn joins(&self, next: &Self) -> bool {
        self.len == self.width && next.len == next.width && self.at + self.len == next.at && self.from + self.width == next.from
    }
}

impl Scalar {
    /// Where bytes `start..end` of the decoded text stand in the file.
    pub fn place(&self, start: usize, end: usize) -> Span {
        let (Some(from), Some(to)) = (self.source_of(start), self.source_after(end)) else { return self.span };
        let to = if end <= start { from } else { to };
        Span { file: self.span.file, start: from, end: to.max(from) }
    }

    /// Where the byte `at` of the text begins in the file; one past the last is where the text ends.
    fn source_of(&self, at: usize) -> Option<u32> {
        if at == self.text.len() {
            return self.source_after(at);
        }
        let run = self.run_at(at)?;
        let within = u32::try_from(at).ok()? - run.at;
        Some(if run.len == run.width { run.from + within } else { run.from })
    }

    /// One past the place of the last byte before `at`.
    fn source_after(&self, at: usize) -> Option<u32> {
        let Some(last) = at.checked_sub(1) else { return self.origin.first().map(|run| run.from) };
        let run = self.run_at(last)?;
        let within = u32::try_from(at).ok()? - run.at;
        Some(if run.len == run.width { run.from + within } else { run.from + run.width })
    }

    /// The run that byte `at` of the text belongs to.
    fn run_at(&self, at: usize) -> Option<&Run> {
        let at = u32::try_from(at).ok()?;
        let index = self.origin.partition_point(|run| run.at <= at).checked_sub(1)?;
        self.origin.get(index).filter(|run| at < run.at + run.len)
    }
}

impl Node {
    /// The value under `key`, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key`, if this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar of any kind but null.
    pub fn text(&self) -> Option<&str> {
        match self.kind {
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
            _ => Some(&self.scalar.text),
        }
    }

    /// `true` or `false`, if it is one.
    pub fn boolean(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn integer(&self) -> Option<i64> {
        match self.kind {
            Kind::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// What it is, in words for a message: "a text", "a map"…
    pub fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "true or false",
            Kind::Integer(_) | Kind::Float(_) => "a number",
            Kind::Text => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}
