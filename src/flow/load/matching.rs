//! What an answer must be like: `{ status: 409, json: { /detail/code: taken } }`.

use regex::{Regex, RegexBuilder};

use crate::diagnostic::Diagnostic;
use crate::flow::load::writer::Writer;
use crate::flow::load::{codes, declare};
use crate::flow::{JsonMatch, Match, StatusPattern};
use crate::syntax::{Entry, Kind, Node};

/// How many bytes a compiled pattern may take.
const PATTERN: usize = 1 << 20;

/// Reads a match.
pub(super) fn read(node: &Node, writer: &mut Writer<'_>) -> Match {
    Match {
        status: node.get("status").map(statuses).unwrap_or_default(),
        json: node.get("json").map_or(&[][..], Node::entries).iter().filter_map(|entry| place(entry, writer)).collect(),
        text: node.get("text").and_then(|text| pattern(text.get("matches").unwrap_or(text), writer)),
        any: node.get("any").map_or(&[][..], Node::items).iter().map(|node| read(node, writer)).collect(),
    }
}

/// Compiles an author's pattern.
pub(super) fn pattern(node: &Node, writer: &mut Writer<'_>) -> Option<Regex> {
    compile(node, node.text()?, writer)
}

/// Compiles a pattern that a whole text must match.
pub(super) fn whole_pattern(node: &Node, writer: &mut Writer<'_>) -> Option<Regex> {
    compile(node, node.text()?, writer)?;
    compile(node, &format!(r"\A(?:{})\z", node.text()?), writer)
}

fn compile(node: &Node, text: &str, writer: &mut Writer<'_>) -> Option<Regex> {
    RegexBuilder::new(text)
        .size_limit(PATTERN)
        .build()
        .map_err(|cause| {
            let why = match cause {
                regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
                _ => cause.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
            };
            writer.findings.push(Diagnostic::error(codes::INVALID_PATTERN, node.span, format!("this pattern cannot be used: {why}")));
        })
        .ok()
}

fn statuses(node: &Node) -> Vec<StatusPattern> {
    let one = std::slice::from_ref(node);
    let nodes = if matches!(node.kind, Kind::List(_)) { node.items() } else { one };
    nodes.iter().filter_map(status).collect()
}

fn status(node: &Node) -> Option<StatusPattern> {
    let text = node.text()?;
    let class = text.strip_suffix("xx").and_then(|digit| digit.parse().ok()).map(StatusPattern::Class);
    text.parse().ok().map(StatusPattern::Exact).or(class)
}

fn place(entry: &Entry, writer: &mut Writer<'_>) -> Option<(String, JsonMatch)> {
    Some((entry.key.clone(), wanted(&entry.value, writer)?))
}

fn wanted(node: &Node, writer: &mut Writer<'_>) -> Option<JsonMatch> {
    if let [only] = node.entries() {
        match only.key.as_str() {
            "matches" => return Some(JsonMatch::Matches(pattern(&only.value, writer)?)),
            "size" => return only.value.integer().and_then(|size| usize::try_from(size).ok()).map(JsonMatch::Size),
            _ => {}
        }
    }
    Some(match node.text() {
        Some("present") => JsonMatch::Present,
        Some("absent") => JsonMatch::Absent,
        _ => JsonMatch::Equals(declare::json(node)),
    })
}

/// True if whatever the second matches is matched by the first, too. One that asks nothing has been reported.
pub(super) fn covers(first: &Match, second: &Match) -> bool {
    let asks = !first.status.is_empty() || !first.json.is_empty() || first.text.is_some();
    asks && first.any.is_empty()
        && has_statuses(&first.status, &second.status)
        && first.text.as_ref().is_none_or(|text| is_same(text, second))
        && {
            let asks = |(at, wanted): &(String, JsonMatch)| second.json.iter().any(|(other, what)| at == other && implies(what, wanted));
            first.json.iter().all(asks)
        }
}

fn is_same(text: &Regex, second: &Match) -> bool {
    second.text.as_ref().is_some_and(|other| other.as_str() == text.as_str())
}

/// None at all stands for any.
fn has_statuses(first: &[StatusPattern], second: &[StatusPattern]) -> bool {
    let has = |status: &StatusPattern| {
        let class = match status {
            StatusPattern::Exact(status) => status / 100,
            StatusPattern::Class(class) => *class,
        };
        first.contains(status) || first.contains(&StatusPattern::Class(class))
    };
    first.is_empty() || (!second.is_empty() && second.iter().all(has))
}

/// True if what is one is the other, too.
fn implies(one: &JsonMatch, other: &JsonMatch) -> bool {
    match (one, other) {
        (JsonMatch::Equals(one), JsonMatch::Equals(other)) => one == other,
        (JsonMatch::Matches(one), JsonMatch::Matches(other)) => one.as_str() == other.as_str(),
        (JsonMatch::Size(one), JsonMatch::Size(other)) => one == other,
        (JsonMatch::Equals(one), JsonMatch::Present) => !one.is_null(),
        (JsonMatch::Absent, JsonMatch::Absent) | (JsonMatch::Matches(_) | JsonMatch::Size(_) | JsonMatch::Present, JsonMatch::Present) => {
            true
        }
        _ => false,
    }
}
