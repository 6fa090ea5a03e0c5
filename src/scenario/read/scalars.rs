//! The small things that lines are made of.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value as Json};

use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::expr::{Kind as Of, Type, Value};
use crate::scenario::codes;
use crate::scenario::script::{Phrase, Words};
use crate::syntax::{Kind, Node};

/// Reports the keys of a map that are none of these.
pub(super) fn known_keys(node: &Node, keys: &[&str], findings: &mut Vec<Diagnostic>) {
    for entry in node.entries().iter().filter(|entry| !keys.contains(&entry.key.as_str())) {
        let found = Diagnostic::error(codes::UNKNOWN_KEY, entry.key_span, format!("there is no key \"{}\" here", entry.key));
        findings.push(match nearest(&entry.key, keys.iter().copied()) {
            Some(name) => found.meant(name),
            None => found.help(format!("one of {}", keys.join(", "))),
        });
    }
}

/// The same; and a key that is only misspelt goes on as what was meant, so that nothing else follows from it. False if some key was not
/// understood.
pub(super) fn mended_keys(node: &mut Node, keys: &[&str], findings: &mut Vec<Diagnostic>) -> bool {
    known_keys(node, keys, findings);
    let Kind::Map(entries) = &mut node.kind else { return true };
    let mut understood = true;
    for at in 0..entries.len() {
        if keys.contains(&entries[at].key.as_str()) {
            continue;
        }
        let missing = keys.iter().copied().filter(|key| entries.iter().all(|entry| entry.key != *key));
        match nearest(&entries[at].key, missing) {
            Some(name) => name.clone_into(&mut entries[at].key),
            None => understood = false,
        }
    }
    understood
}

/// Reports that something else was expected.
pub(super) fn expected(node: &Node, what: &str, findings: &mut Vec<Diagnostic>) {
    let message = format!("{what} was expected here, and this is {}", node.describe());
    findings.push(Diagnostic::error(codes::WRONG_TYPE, node.span, message));
}

/// A text; anything else is reported.
pub(super) fn text(node: &Node, findings: &mut Vec<Diagnostic>) -> Option<String> {
    let text = node.text().map(str::to_owned);
    if text.is_none() {
        expected(node, "a text", findings);
    }
    text
}

/// `true` or `false`; anything else is reported.
pub(super) fn boolean(node: &Node, findings: &mut Vec<Diagnostic>) -> bool {
    if node.boolean().is_none() {
        expected(node, "true or false", findings);
    }
    node.boolean().unwrap_or_default()
}

/// A duration in milliseconds; anything else is reported.
pub(super) fn duration(node: &Node, findings: &mut Vec<Diagnostic>) -> Option<i64> {
    let read = node.text().and_then(|text| Value::from_json(&Json::from(text), &Type::certain(Of::Duration)).ok());
    if let Some(Value::Duration(millis)) = read {
        return Some(millis);
    }
    findings.push(Diagnostic::error(codes::BAD_FORMAT, node.span, "this is no duration").help("write 60s, 1h30m, 3d"));
    None
}

/// One word or a list of them.
pub(super) fn words(node: &Node, findings: &mut Vec<Diagnostic>) -> Vec<String> {
    placed_words(node, findings).into_iter().map(|(word, _)| word).collect()
}

/// The same, each with its place.
pub(super) fn placed_words(node: &Node, findings: &mut Vec<Diagnostic>) -> Vec<(String, Span)> {
    let nodes = if matches!(node.kind, Kind::List(_)) { node.items() } else { std::slice::from_ref(node) };
    nodes.iter().filter_map(|node| Some((text(node, findings)?, node.span))).collect()
}

/// A text, or one by language. A plain one is of the first language.
pub(super) fn phrase(node: &Node, findings: &mut Vec<Diagnostic>) -> Option<Phrase> {
    let words = match &node.kind {
        Kind::Map(entries) => {
            let read = |entry: &crate::syntax::Entry| Some((entry.key.clone(), normal(&text(&entry.value, &mut Vec::new())?)));
            let by: BTreeMap<_, _> = entries.iter().filter_map(read).collect();
            if !is_by_language(node) || by.len() < entries.len() {
                expected(node, "a text, or one text for each language ({ ru: …, en: … }),", findings);
                return None;
            }
            Words::By(by)
        }
        _ => Words::First(normal(&text(node, findings)?)),
    };
    Some(Phrase { span: node.span, words })
}

/// What somebody writes: a plain text is the same whatever language the bot speaks.
pub(super) fn spoken(node: &Node, findings: &mut Vec<Diagnostic>) -> Option<Phrase> {
    let phrase = phrase(node, findings)?;
    let words = match phrase.words {
        Words::First(text) => Words::Any(text),
        words => words,
    };
    Some(Phrase { words, ..phrase })
}

/// The labels of buttons.
pub(super) fn labels(node: &Node, findings: &mut Vec<Diagnostic>) -> Vec<Phrase> {
    if !matches!(node.kind, Kind::List(_)) {
        expected(node, "a list of labels", findings);
    }
    node.items().iter().filter_map(|item| phrase(item, findings)).collect()
}

/// True for a map whose keys are all codes of languages.
pub(super) fn is_by_language(node: &Node) -> bool {
    let is_code = |key: &str| key.len() == 2 && key.bytes().all(|byte| byte.is_ascii_lowercase());
    !node.entries().is_empty() && node.entries().iter().all(|entry| is_code(&entry.key))
}

/// The final line break of a block is not part of the text.
fn normal(text: &str) -> String {
    text.trim_end_matches('\n').to_owned()
}

/// Any YAML as JSON.
pub(super) fn json(node: &Node) -> Json {
    match &node.kind {
        Kind::Null => Json::Null,
        Kind::Bool(value) => Json::Bool(*value),
        Kind::Integer(number) => Json::from(*number),
        Kind::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Kind::Text => Json::from(node.scalar.text.as_str()),
        Kind::List(items) => Json::Array(items.iter().map(json).collect()),
        Kind::Map(entries) => Json::Object(entries.iter().map(|entry| (entry.key.clone(), json(&entry.value))).collect::<Map<_, _>>()),
    }
}
