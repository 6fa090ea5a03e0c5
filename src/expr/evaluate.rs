//! Evaluation.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use crate::diagnostic::Span;
use crate::expr::{Time, Value};

/// Where an evaluation finds its names.
pub trait Scope {
    /// The value of a bare name, `None` if there is no such name here.
    fn get(&self, name: &str) -> Option<Cow<'_, Value>>;

    /// A field of a bare name, where the scope can tell it without building the whole value; `None` means: take [`Scope::get`].
    fn field(&self, _name: &str, _field: &str) -> Option<Cow<'_, Value>> {
        None
    }

    /// The label that was shown for what the bare name `name` holds (the option a person chose), in the language of the scope.
    fn label(&self, name: &str) -> Option<String>;
}

/// Everything an evaluation may depend on.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The names.
    pub scope: &'a dyn Scope,
    /// Two letters: decides the forms of plurals, dates, yes and no.
    pub language: &'a str,
    /// In which moments are printed and times of day read.
    pub zone: &'a TimeZone,
    /// The time of the turn.
    pub now: Time,
}

/// Why an evaluation failed. Holds no value of the conversation, so it may be logged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{cause}")]
pub struct Fault {
    /// The place in the flow.
    pub span: Span,
    /// What went wrong, in the words of the flow.
    pub cause: String,
}
