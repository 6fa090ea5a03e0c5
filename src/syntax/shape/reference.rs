//! A shape as a page to read: its keys, each with what stands behind it and what it means.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::syntax::shape::{Form, Key, Record, Rule, Shape, Variants, Word};

/// The pages of several kinds of files. What is used in more than one place has a heading of its own, once, behind the first that uses it.
#[derive(Debug, Default)]
pub struct Reference {
    text: String,
    known: BTreeSet<&'static str>,
    open: Vec<(&'static str, &'static Shape)>,
}

impl Reference {
    /// Adds a kind of file.
    pub fn file(&mut self, title: &str, shape: &Shape) {
        let _ = writeln!(self.text, "## {title}\n");
        self.body(shape);
        while !self.open.is_empty() {
            let (name, shape) = self.open.remove(0);
            let _ = writeln!(self.text, "### {name}\n");
            self.body(shape);
        }
    }

    /// All that was added, as Markdown.
    pub fn finish(self) -> String {
        self.text.trim_end().to_owned() + "\n"
    }

    fn body(&mut self, shape: &Shape) {
        let what = self.noun(shape);
        if !matches!(shape, Shape::Record(_)) {
            let _ = writeln!(self.text, "{}.\n", capital(&what));
        }
        self.inside(shape, 0);
        self.text.push('\n');
    }

    /// What can stand inside a value of this shape, as a list.
    fn inside(&mut self, shape: &Shape, depth: usize) {
        match shape {
            Shape::Record(record) => self.record(record, depth),
            Shape::List { of, .. } | Shape::Map { of, .. } => self.inside(of, depth),
            Shape::Either(shapes) => shapes.iter().for_each(|shape| self.inside(shape, depth)),
            Shape::Told { so, otherwise, .. } => {
                self.inside(so, depth);
                self.inside(otherwise, depth);
            }
            Shape::OneOf(words) | Shape::Name(words) => self.words(words, depth),
            _ => {}
        }
    }

    fn record(&mut self, record: &Record, depth: usize) {
        self.keys(&record.keys, depth);
        if let Some(variants) = &record.variants {
            self.variants(variants, depth);
        }
        if let Some((form, shape)) = &record.others {
            let what = self.noun(shape);
            self.item(depth, &format!("*{}* — {what}", form.noun()));
            self.inside(shape, depth + 1);
        }
        for rule in &record.rules {
            self.item(depth, &spoken(rule));
        }
    }

    fn keys(&mut self, keys: &[Key], depth: usize) {
        for key in keys.iter().filter(|key| key.not_yet.is_none()) {
            let (what, needed) = (self.noun(&key.shape), if key.required { ", required" } else { "" });
            self.item(depth, &format!("`{}` ({what}{needed}) — {}", key.name, key.description));
            self.inside(&key.shape, depth + 1);
        }
    }

    fn variants(&mut self, variants: &Variants, depth: usize) {
        for variant in variants.all.iter().filter(|variant| variant.key.not_yet.is_none()) {
            let what = self.noun(&variant.key.shape);
            self.item(depth, &format!("**`{}`** ({}; {what}) — {}", variant.key.name, variants.noun, variant.key.description));
            self.inside(&variant.key.shape, depth + 1);
            self.keys(&variant.keys, depth + 1);
        }
    }

    fn words(&mut self, words: &[Word], depth: usize) {
        for word in words.iter().filter(|word| !word.not_yet) {
            self.item(depth, &format!("`{}`: {}", word.name, word.description));
        }
    }

    fn item(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.text, "{:indent$}- {text}", "", indent = depth * 2);
    }

    /// What a value of this shape is, in a few words.
    fn noun(&mut self, shape: &Shape) -> String {
        match shape {
            Shape::Any => "anything".to_owned(),
            Shape::Text => "a text".to_owned(),
            Shape::Template { max: None } => "a text with values".to_owned(),
            Shape::Template { max: Some(max) } => format!("a text with values, at most {max} characters"),
            Shape::Expression => "an expression".to_owned(),
            Shape::Boolean => "true or false".to_owned(),
            Shape::Integer { min, max } if min == max => min.to_string(),
            Shape::Integer { min, max } if *max >= i64::from(u32::MAX) => format!("a whole number from {min}"),
            Shape::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Shape::Duration { .. } => Form::Duration.noun().to_owned(),
            Shape::Form(form) => form.noun().to_owned(),
            Shape::Name(_) => Form::Id.noun().to_owned(),
            Shape::OneOf(words) if words.len() == 1 => format!("`{}`", words[0].name),
            Shape::OneOf(_) => "a word".to_owned(),
            Shape::List { of, .. } => format!("a list: {}", self.noun(of)),
            Shape::Map { keys, of, .. } => format!("a map from {} to {}", keys.noun(), self.noun(of)),
            Shape::Record(_) => "a map".to_owned(),
            Shape::Either(shapes) => self.either(shapes.iter()),
            Shape::Told { so, otherwise, .. } => self.either([&**so, &**otherwise].into_iter()),
            Shape::Named(name, inner) => {
                if self.known.insert(name) {
                    self.open.push((name, inner));
                }
                format!("[{name}](#{})", name.replace(' ', "-"))
            }
        }
    }

    fn either<'s>(&mut self, shapes: impl Iterator<Item = &'s Shape>) -> String {
        let mut nouns: Vec<String> = Vec::new();
        for noun in shapes.map(|shape| self.noun(shape)) {
            if !nouns.contains(&noun) {
                nouns.push(noun);
            }
        }
        nouns.join(", or ")
    }
}

fn spoken(rule: &Rule) -> String {
    let all = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    match rule {
        Rule::AtMostOne { of, because, .. } => format!("only one of {}: {because}", all(of)),
        Rule::AtLeastOne { of } => format!("at least one of {}", all(of)),
        Rule::Needs { key, other } => format!("`{key}` only beside `{other}`"),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
