//! Shapes: what keys a map may have and what may stand behind them.
//!
//! A shape is written once and serves twice: [`check`] holds a file against it and reports all that differs, each at its exact place,
//! and [`json_schema`] gives the same to editors. Which keys there are is the business of whoever writes the shapes.

mod build;
mod check;
pub mod codes;
mod form;
mod json;
mod mend;
mod reference;

use std::sync::LazyLock;

pub use check::check;
pub use form::{Form, bytes, duration_meant};
pub use json::json_schema;
pub use reference::Reference;

/// What a value may be.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Anything, nothing included.
    Any,
    /// A text without places for values.
    Text,
    /// A text in which values may stand; at most so many characters, if it is known before a value is put in.
    Template {
        /// Characters, at most.
        max: Option<usize>,
    },
    /// A condition or a value, computed.
    Expression,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// A length of time: `90s`, `1h30m`, `14d`.
    Duration {
        /// Milliseconds, at least.
        min: i64,
        /// Milliseconds, at most.
        max: i64,
    },
    /// A text of a certain form.
    Form(Form),
    /// An id, of which some are known beforehand.
    Name(&'static [Word]),
    /// One of these words.
    OneOf(&'static [Word]),
    /// A list.
    List {
        /// What each item is.
        of: Box<Shape>,
        /// Items, at least.
        min: usize,
    },
    /// A map whose keys are the author's.
    Map {
        /// What a key looks like.
        keys: Form,
        /// What each value is.
        of: Box<Shape>,
        /// Entries, at least.
        min: usize,
        /// Entries, at most.
        max: usize,
    },
    /// A map whose keys are the language's.
    Record(Box<Record>),
    /// The first of these that the kind of the value fits.
    Either(Vec<Shape>),
    /// A map that is told by one of its keys.
    Told {
        /// Any of these keys makes it `so`…
        by: &'static [&'static str],
        /// …always, or only if all its other keys are known there.
        when: Telling,
        /// What it is then.
        so: Box<Shape>,
        /// What it is otherwise.
        otherwise: Box<Shape>,
    },
    /// A shape that is used in many places, or that contains itself.
    Named(&'static str, &'static LazyLock<Shape>),
}

/// When a key tells what a map is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// The author's own keys are never called so.
    Always,
    /// The author's own keys may be called so: a record may have a field `type`.
    IfAllKnown,
}

/// A word of the language.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// As it is written.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// The language has it, this version does not run it.
    pub not_yet: bool,
}

/// A map with known keys.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Its keys, in the order in which people read about them.
    pub keys: Vec<Key>,
    /// What must hold of them together.
    pub rules: Vec<Rule>,
    /// Keys that decide which others there may be.
    pub variants: Option<Variants>,
    /// Keys of the author's, beside the known ones.
    pub others: Option<(Form, Shape)>,
}

/// A key of a record.
#[derive(Debug, Clone)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What stands behind it.
    pub shape: Shape,
    /// It must be there.
    pub required: bool,
    /// One line for authors.
    pub description: &'static str,
    /// The language has it, this version does not run it; and what can be done meanwhile.
    pub not_yet: Option<&'static str>,
}

/// What must hold of the keys of a record together.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// At most one of these, except for pairs that may stand together.
    AtMostOne {
        /// The keys.
        of: &'static [&'static str],
        /// Pairs of them that may stand together.
        but: &'static [(&'static str, &'static str)],
        /// Why they exclude each other.
        because: &'static str,
    },
    /// At least one of these.
    AtLeastOne {
        /// The keys.
        of: &'static [&'static str],
    },
    /// A key that makes sense beside another one only.
    Needs {
        /// This key…
        key: &'static str,
        /// …needs this one.
        other: &'static str,
    },
}

/// The kinds of a record, each told by the key that is its own: a step by its verb.
#[derive(Debug, Clone)]
pub struct Variants {
    /// What such a key is called: "a verb".
    pub noun: &'static str,
    /// Why there cannot be two of them.
    pub because: &'static str,
    /// All of them.
    pub all: Vec<Variant>,
    /// What a record without any of them needs instead.
    pub without: Without,
}

/// What a record without a telling key needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// This key.
    Key(&'static str),
    /// A key of the author's.
    Other,
}

/// One kind of a record.
#[derive(Debug, Clone)]
pub struct Variant {
    /// The key that tells it.
    pub key: Key,
    /// The keys it has beside those of all kinds.
    pub keys: Vec<Key>,
}
