//! Words for writing shapes down.

use std::sync::LazyLock;

use crate::syntax::shape::{Form, Key, Record, Rule, Shape, Telling, Variant, Variants, Word};

/// The longest time that can be waited for: 400 days.
const LONGEST: i64 = 400 * 24 * 60 * 60 * 1000;

impl Shape {
    /// A text with places for values.
    pub const TEMPLATE: Self = Self::Template { max: None };
    /// What stands on a button.
    pub const LABEL: Self = Self::Template { max: Some(64) };
    /// A length of time, up to 400 days.
    pub const DURATION: Self = Self::Duration { max: LONGEST };
    /// A whole number from 1.
    pub const COUNT: Self = Self::Integer { min: 1, max: u32::MAX as i64 };

    /// A list with at least one item.
    pub fn list(of: Self) -> Self {
        Self::List { of: Box::new(of), min: 1 }
    }

    /// A map with at least one entry, from keys of a form.
    pub fn map(keys: Form, of: Self) -> Self {
        Self::Map { keys, of: Box::new(of), min: 1, max: usize::MAX }
    }

    /// A map that may be empty.
    pub fn map_or_empty(keys: Form, of: Self) -> Self {
        Self::Map { keys, of: Box::new(of), min: 0, max: usize::MAX }
    }

    /// A record of these keys, without rules.
    pub fn record(keys: Vec<Key>) -> Self {
        Self::Record(Box::new(Record { keys, ..Record::default() }))
    }

    /// A record of these keys, of which these rules hold.
    pub fn ruled(keys: Vec<Key>, rules: Vec<Rule>) -> Self {
        Self::Record(Box::new(Record { keys, rules, ..Record::default() }))
    }

    /// A map that one of these keys makes `so`.
    pub fn told(by: &'static [&'static str], so: Self, otherwise: Self) -> Self {
        Self::Told { by, when: Telling::Always, so: Box::new(so), otherwise: Box::new(otherwise) }
    }

    /// A shape with a name.
    pub fn named(name: &'static str, shape: &'static LazyLock<Self>) -> Self {
        Self::Named(name, shape)
    }
}

impl Key {
    /// A key that may be left out.
    pub fn new(name: &'static str, shape: Shape, description: &'static str) -> Self {
        Self { name, shape, required: false, description, not_yet: None }
    }

    /// A key that this version does not run, and what can be done meanwhile.
    pub fn not_yet(name: &'static str, meanwhile: &'static str) -> Self {
        Self { not_yet: Some(meanwhile), ..Self::new(name, Shape::Any, "") }
    }

    /// The same, which must be there.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

impl Word {
    /// A word and its meaning.
    pub const fn new(name: &'static str, description: &'static str) -> Self {
        Self { name, description, not_yet: false }
    }

    /// A word that this version does not run.
    pub const fn not_yet(name: &'static str) -> Self {
        Self { name, description: "", not_yet: true }
    }
}

impl Record {
    /// The key of this name, of the record itself or of one of its kinds.
    pub(super) fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Variants {
    /// The kind that this key tells.
    pub(super) fn told_by(&self, name: &str) -> Option<&Variant> {
        self.all.iter().find(|variant| variant.key.name == name)
    }

    /// The kinds that have the telling key of this one among their own keys, and therefore win over it.
    pub(super) fn above<'a>(&'a self, variant: &'a Variant) -> impl Iterator<Item = &'a Variant> {
        self.with_key(variant.key.name)
    }

    /// The kinds that have this key.
    pub(super) fn with_key<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Variant> {
        self.all.iter().filter(move |variant| variant.key.not_yet.is_none() && variant.keys.iter().any(|key| key.name == name))
    }
}
