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
