//! Words for writing shapes down.

use std::sync::LazyLock;

use crate::syntax::shape::{Form, Key, Record, Rule, Shape, Telling, Variant, Variants, Without, Word};
use crate::syntax::{Entry, Node};

/// The longest time that can be waited for: 400 days.
const LONGEST: i64 = 400 * 24 * 60 * 60 * 1000;

impl Shape {
    /// False if it cannot be told of which kind a map of this shape is.
    pub fn is_clear(&self, node: &Node) -> bool {
        match self {
            Self::Named(_, inner) => inner.is_clear(node),
            Self::Record(record) => record.is_clear(node),
            _ => true,
        }
    }

    /// A text with places for values.
    pub const TEMPLATE: Self = Self::Template { max: None };
    /// What stands on a button.
    pub const LABEL: Self = Self::Template { max: Some(64) };
    /// A length of time, up to 400 days.
    pub const DURATION: Self = Self::Duration { min: 0, max: LONGEST };
    /// The same, where no time at all makes no sense.
    pub const TIME: Self = Self::Duration { min: 1, max: LONGEST };
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

    /// The kind that its telling keys make it; of several the first counts, unless one is a key of another kind that is there, too.
    pub(super) fn told<'a>(&'a self, node: &Node) -> Option<&'a Variant> {
        self.variants.as_ref()?.telling(node).next().map(|(_, variant)| variant)
    }

    /// The names of the keys that a record of this kind may have; of one that nothing has told yet, the telling ones as well.
    pub(super) fn possible<'a>(&'a self, variant: Option<&'a Variant>) -> impl Iterator<Item = &'a str> {
        let own = variant.into_iter().flat_map(|variant| &variant.keys);
        let telling =
            self.variants.iter().filter(move |_| variant.is_none()).flat_map(|variants| &variants.all).map(|variant| &variant.key);
        self.keys.iter().chain(own).chain(telling).filter(|key| key.not_yet.is_none()).map(|key| key.name)
    }

    /// The entries whose keys only other kinds than this one have.
    pub(super) fn foreign<'a>(&'a self, node: &'a Node, variant: Option<&'a Variant>) -> impl Iterator<Item = &'a Entry> {
        let own = move |name: &str| self.key(name).is_some() || variant.is_some_and(|variant| variant.all().any(|key| key.name == name));
        let of_others = |name: &str| self.variants.as_ref().is_some_and(|variants| variants.with_key(name).next().is_some());
        node.entries().iter().filter(move |entry| !own(&entry.key) && of_others(&entry.key))
    }

    /// Whether it can be told of which kind a map is: it has one telling key, and not more keys of other kinds than of its own.
    pub(super) fn is_clear(&self, node: &Node) -> bool {
        let Some(variants) = &self.variants else { return true };
        let told = self.told(node);
        let lacks = told.is_none() && matches!(variants.without, Without::Key(key) if node.get(key).is_none());
        let is_own = |name: &str| told.is_some_and(|variant| variant.keys.iter().any(|key| key.name == name));
        let own = node.entries().iter().filter(|entry| is_own(&entry.key)).count();
        !lacks && variants.telling(node).nth(1).is_none() && self.foreign(node, told).count() <= own
    }

    /// True if the record itself, or one of its kinds, has this key.
    pub(super) fn has_somewhere(&self, name: &str) -> bool {
        self.key(name).is_some() || self.variants.as_ref().is_some_and(|variants| variants.with_key(name).next().is_some())
    }
}

impl Variant {
    /// Its keys, the telling one first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.key).chain(&self.keys)
    }
}

impl Variants {
    /// The kind that this key tells.
    pub(super) fn told_by(&self, name: &str) -> Option<&Variant> {
        self.all.iter().find(|variant| variant.key.name == name)
    }

    /// The telling keys of a map, each with the kind it tells.
    pub(super) fn telling<'a, 'n>(&'a self, node: &'n Node) -> impl Iterator<Item = (&'n Entry, &'a Variant)> + use<'a, 'n> {
        let telling = node.entries().iter().filter_map(|entry| Some((entry, self.told_by(&entry.key)?)));
        telling.filter(|(_, variant)| !self.above(variant).any(|above| node.get(above.key.name).is_some()))
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
