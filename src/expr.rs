//! Typed values; conditions and templates: parse, list the names they use with places, check types, evaluate.
//!
//! The only module that names minijinja: its parser gives the grammar, and what it parsed is lowered into trees of our own, because
//! the language differs where it matters: a field of `none` is `none`, a text never compares with a number, `and` takes booleans only,
//! printing nothing is a fault. It must not know what a flow or a session is: names are looked up through [`Scope`] and [`Names`].

mod arithmetic;
mod check;
pub mod codes;
mod compare;
mod duration;
mod evaluate;
mod filters;
mod format;
mod length;
pub mod media;
mod names;
mod parse;
mod proof;
mod render;
mod tree;
mod typing;
mod value;

use crate::diagnostic::Span;

pub use duration::{parse_duration, print_duration};
pub use evaluate::{Context, Fault, Scope};
pub use length::Lengths;
pub use names::NameUse;
pub use parse::{Expression, Template};
pub use proof::{Claim, Fact, Known, Leaf, Proof};
pub use typing::{Kind, Names, Type};
pub use value::{Content, File, FileAt, MADE_AT_MOST, Name, Shown, Time, Value};

/// An expression or a template together with the place it was written at.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<T> {
    /// What was written.
    pub it: T,
    /// Where.
    pub span: Span,
}

/// The names of all filters and tests.
pub fn vocabulary() -> impl Iterator<Item = &'static str> {
    tree::Filter::ALL.into_iter().map(|(name, ..)| name).chain(tree::Test::ALL.into_iter().map(|(name, _)| name))
}
