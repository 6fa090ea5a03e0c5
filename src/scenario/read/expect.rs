//! `expect`.

use crate::diagnostic::{Diagnostic, Span};
use crate::scenario::codes;
use crate::scenario::read::lines::Reading;
use crate::scenario::read::scalars::{expected, json, text, words};
use crate::scenario::script::{Expect, Fact};
use crate::syntax::{Kind, Node};

pub(super) fn read(reading: &mut Reading<'_>, node: &Node) -> Expect {
    let mut expect = Expect::default();
    for entry in node.entries() {
        let value = &entry.value;
        match entry.key.as_str() {
            "ended" => expect.ended = pairs(reading, value),
            "waits" => expect.waits = pairs(reading, value),
            "audit" => expect.audit = Some((value.span, words(value, reading.findings))),
            "requests" => expect.requests = counts(reading, value),
            "nowhere" => expect.nowhere = strings(reading, value),
            "doubts" => expect.doubts = Some((value.span, words(value, reading.findings))),
            "person" => expect.person = people(reading, value),
            "request" | "sees" => {
                let later = format!("\"{}\" belongs to decisions of people, which are not part of the language yet", entry.key);
                reading.not_yet::<()>(entry, &later);
            }
            _ => {}
        }
    }
    reading.only(node, &["ended", "waits", "audit", "requests", "nowhere", "doubts", "person", "request", "sees"]);
    if !matches!(node.kind, Kind::Map(_) | Kind::Null) {
        expected(node, "a map of what must be so", reading.findings);
    }
    expect
}

fn pairs(reading: &mut Reading<'_>, node: &Node) -> Vec<(String, Span, String)> {
    if !matches!(node.kind, Kind::Map(_)) {
        expected(node, "a map from flow to its end or step", reading.findings);
    }
    node.entries().iter().filter_map(|entry| Some((entry.key.clone(), entry.key_span, text(&entry.value, reading.findings)?))).collect()
}

fn counts(reading: &mut Reading<'_>, node: &Node) -> Vec<(String, Span, usize)> {
    let mut counts = Vec::new();
    for entry in node.entries() {
        match entry.value.integer().and_then(|count| usize::try_from(count).ok()) {
            Some(count) => counts.push((entry.key.clone(), entry.key_span, count)),
            None => expected(&entry.value, "a number", reading.findings),
        }
    }
    counts
}

fn strings(reading: &mut Reading<'_>, node: &Node) -> Vec<(Span, String)> {
    let Kind::List(items) = &node.kind else { return text(node, reading.findings).map(|text| (node.span, text)).into_iter().collect() };
    items.iter().filter_map(|item| Some((item.span, text(item, reading.findings)?))).collect()
}

fn people(reading: &mut Reading<'_>, node: &Node) -> Vec<(String, Fact)> {
    let mut facts = Vec::new();
    for entry in node.entries() {
        if !reading.setting.given.people.contains_key(&entry.key) {
            let nobody = format!("nobody among \"people\" is called \"{}\"", entry.key);
            let found = Diagnostic::error(codes::UNKNOWN_PERSON, entry.key_span, nobody);
            reading.findings.push(found.nearest(&entry.key, reading.setting.given.people.keys().map(String::as_str)));
        }
        for field in entry.value.entries() {
            facts.push((entry.key.clone(), Fact { name: field.key.clone(), span: field.key_span, value: json(&field.value) }));
        }
    }
    facts
}
