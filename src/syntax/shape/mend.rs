//! What is certainly meant is taken so: a key or a word that is misspelt, another way to write a boolean. Each is reported, and the tree
//! goes on as if it had been written right, so that one mistake does not bring a row of others.

use crate::diagnostic::{Diagnostic, Fix, Span, excerpt, in_latin, nearest};
use crate::syntax::shape::check::{boolean_meant, listed};
use crate::syntax::shape::{Form, Record, Shape, Variant, Word, codes};
use crate::syntax::{Kind, Node, codes as yaml};

/// Puts right in `node` what is almost as `shape` says, and reports it.
pub(super) fn mend(node: &mut Node, shape: &Shape, name: Option<&str>, findings: &mut Vec<Diagnostic>) {
    match shape {
        Shape::Named(_, inner) => mend(node, inner, name, findings),
        Shape::OneOf(words) => word(node, words, name, findings),
        Shape::List { of, .. } => {
            if let Kind::List(items) = &mut node.kind {
                for item in items {
                    mend(item, of, name, findings);
                }
            }
        }
        Shape::Form(form) => latin(&mut node.scalar.text, node.span, *form, findings),
        Shape::Name(_) => latin(&mut node.scalar.text, node.span, Form::Id, findings),
        Shape::Map { keys, of, .. } => {
            if let Kind::Map(entries) = &mut node.kind {
                for entry in entries {
                    latin(&mut entry.key, entry.key_span, *keys, findings);
                    mend(&mut entry.value, of, Some(&entry.key), findings);
                }
            }
        }
        Shape::Record(record) => self::record(node, record, findings),
        Shape::Told { by, when: super::Telling::Always, so, .. }
            if !node.entries().is_empty() && so.could_be(node) && by.iter().all(|key| node.get(key).is_none()) =>
        {
            // All keys are almost those of the other kind: the one that tells it is misspelt.
            mend(node, so, name, findings);
        }
        Shape::Either(_) | Shape::Told { .. } => match shape.chosen(node) {
            Some(chosen) => mend(node, chosen, name, findings),
            None => boolean(node, shape, name, findings),
        },
        Shape::Boolean => boolean(node, shape, name, findings),
        _ => {}
    }
}

/// A name with a Cyrillic letter that looks like a Latin one is taken for the name that it looks like.
fn latin(text: &mut String, span: Span, form: Form, findings: &mut Vec<Diagnostic>) {
    if let Some(meant) = in_latin(text).filter(|meant| !form.fits(text) && form.fits(meant)) {
        let message = format!("\"{}\" is not {}", excerpt(text), form.noun());
        findings.push(Diagnostic::error(codes::BAD_FORMAT, span, message).meant(&meant));
        *text = meant;
    }
}

fn boolean(node: &mut Node, shape: &Shape, name: Option<&str>, findings: &mut Vec<Diagnostic>) {
    if !shape.takes_boolean() || node.boolean().is_some() {
        return;
    }
    let Some((text, meant)) = node.text().and_then(|text| Some((text, boolean_meant(text)?))) else { return };
    // The warning that this is a text says nothing that the error does not say better.
    findings.retain(|earlier| earlier.code != yaml::AMBIGUOUS_SCALAR || earlier.span != node.span);
    let message = format!("{} must be {}, not {}", called(name), shape.expected(), node.describe());
    let found = Diagnostic::error(codes::WRONG_TYPE, node.span, message).help(format!("write {meant}"));
    let is_name = text.chars().all(char::is_alphanumeric);
    findings.push(if is_name { found.fix(Fix::safe(node.span, meant.to_string())) } else { found });
    node.kind = Kind::Bool(meant);
}

fn word(node: &mut Node, words: &[Word], name: Option<&str>, findings: &mut Vec<Diagnostic>) {
    let Some(text) = node.text().filter(|text| words.iter().all(|word| word.name != *text)) else { return };
    let Some(near) = nearest(text, words.iter().filter(|word| !word.not_yet).map(|word| word.name)) else { return };
    let message = format!("\"{}\" is not possible for {}", excerpt(text), called(name));
    let found = Diagnostic::error(codes::INVALID_ENUM, node.span, message).meant(near);
    findings.push(found.help(format!("did you mean \"{near}\"? possible: {}", listed(words))));
    near.clone_into(&mut node.scalar.text);
}

fn called(name: Option<&str>) -> String {
    name.map_or_else(|| "this".to_owned(), |name| format!("\"{name}\""))
}

fn record(node: &mut Node, record: &Record, findings: &mut Vec<Diagnostic>) {
    if record.told(node).is_none() {
        // A misspelt verb decides which other keys there may be, so it is put right first.
        rename(node, record, None, Telling::Only, findings);
    }
    let variant = record.told(node);
    rename(node, record, variant, Telling::Never, findings);
    let Kind::Map(entries) = &mut node.kind else { return };
    for entry in entries {
        let own = variant.and_then(|variant| variant.all().find(|key| key.name == entry.key));
        let known = own.or_else(|| record.key(&entry.key)).filter(|key| key.not_yet.is_none());
        if let (None, None, Some((form, _))) = (&known, &variant, &record.others) {
            latin(&mut entry.key, entry.key_span, *form, findings);
        }
        let others = || record.others.as_ref().filter(|_| variant.is_none()).map(|(_, shape)| shape);
        if let Some(shape) = known.map(|key| &key.shape).or_else(others) {
            mend(&mut entry.value, shape, Some(&entry.key), findings);
        }
    }
}

/// Whether keys are taken for telling ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Telling {
    Only,
    Never,
}

/// Gives misspelt keys the names that were meant, unless those are there, too.
fn rename(node: &mut Node, record: &Record, variant: Option<&Variant>, telling: Telling, findings: &mut Vec<Diagnostic>) {
    if variant.is_none() && record.others.is_some() {
        return;
    }
    let names: Vec<&str> = record.possible(variant).collect();
    let is_telling = |name: &str| record.variants.as_ref().is_some_and(|variants| variants.told_by(name).is_some());
    let unknown = |key: &str| !names.contains(&key) && !is_telling(key) && !record.has_somewhere(key);
    let keys: Vec<String> = node.entries().iter().map(|entry| entry.key.clone()).collect();
    let Kind::Map(entries) = &mut node.kind else { return };
    for entry in entries.iter_mut().filter(|entry| unknown(&entry.key)) {
        let free = names.iter().copied().filter(|name| keys.iter().all(|key| key != name));
        let Some(near) = nearest(&entry.key, free).filter(|near| is_telling(near) == (telling == Telling::Only)) else { continue };
        findings.push(unknown_key(&entry.key, entry.key_span).meant(near));
        near.clone_into(&mut entry.key);
        if telling == Telling::Only {
            return;
        }
    }
}

/// A key that nothing here has.
pub(super) fn unknown_key(key: &str, span: crate::diagnostic::Span) -> Diagnostic {
    Diagnostic::error(codes::UNKNOWN_KEY, span, format!("there is no key \"{}\" here", excerpt(key)))
}
