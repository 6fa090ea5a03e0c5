//! `http` and `call`: what is sent, and what is answered.

use serde_json::Value as Json;

use crate::diagnostic::Diagnostic;
use crate::scenario::codes;
use crate::scenario::read::lines::Reading;
use crate::scenario::read::scalars::{boolean, duration, expected, json, text, words};
use crate::scenario::script::{Called, Reply, Sent};
use crate::syntax::{Kind, Node};

/// How long a request waits for its answer when a line does not say: what an operator's file says in an ordinary installation.
const PATIENCE: i64 = 10_000;

pub(super) fn sent(reading: &mut Reading<'_>, node: &Node) -> Option<Sent> {
    reading.only(node, &["http", "has", "headers", "same_key", "as", "answer"]);
    let line = node.get("http")?;
    let written = text(line, reading.findings)?;
    let Some((method, target)) = written.split_once(' ').filter(|(_, target)| target.starts_with('/')) else {
        reading.findings.push(Diagnostic::error(codes::BAD_FORMAT, line.span, "this is no request").help("write GET /path?query"));
        return None;
    };
    Some(Sent {
        method: method.to_owned(),
        target: target.to_owned(),
        has: node.get("has").map(json),
        headers: node.get("headers").map(|headers| headers_of(reading, headers)).unwrap_or_default(),
        same_key: node.get("same_key").and_then(|name| text(name, reading.findings)),
        name: node.get("as").and_then(|name| text(name, reading.findings)),
        reply: node.get("answer").and_then(|answer| reply(reading, answer)),
    })
}

fn headers_of(reading: &mut Reading<'_>, node: &Node) -> Vec<(String, Option<String>)> {
    match &node.kind {
        Kind::Map(entries) => {
            entries.iter().filter_map(|entry| Some((entry.key.clone(), Some(text(&entry.value, reading.findings)?)))).collect()
        }
        _ => words(node, reading.findings).into_iter().map(|name| (name, None)).collect(),
    }
}

fn reply(reading: &mut Reading<'_>, node: &Node) -> Option<Reply> {
    reading.only(node, &["status", "json", "text", "headers", "timeout", "refused", "reset", "file_gone"]);
    let Some(head) = node.entries().first() else {
        expected(node, "an answer such as { status: 200, json: {} }", reading.findings);
        return None;
    };
    match head.key.as_str() {
        "timeout" if head.value.boolean() == Some(true) => Some(Reply::TimesOut(PATIENCE)),
        "timeout" => duration(&head.value, reading.findings).map(Reply::TimesOut),
        "refused" => boolean(&head.value, reading.findings).then_some(Reply::Refuses),
        "file_gone" => boolean(&head.value, reading.findings).then_some(Reply::FileGone),
        "reset" => boolean(&head.value, reading.findings).then_some(Reply::Resets),
        _ => answers(reading, node),
    }
}

fn answers(reading: &mut Reading<'_>, node: &Node) -> Option<Reply> {
    let status = match node.get("status") {
        None => 200,
        Some(status) => {
            let number = status.integer().and_then(|number| u16::try_from(number).ok()).filter(|number| (100..600).contains(number));
            if number.is_none() {
                expected(status, "a status such as 200", reading.findings);
            }
            number?
        }
    };
    let body = match (node.get("json"), node.get("text")) {
        (Some(json), None) => body(reading, json)?.to_string(),
        (None, Some(plain)) => text(plain, reading.findings)?,
        (None, None) => String::new(),
        (Some(_), Some(plain)) => {
            reading.findings.push(Diagnostic::error(codes::UNKNOWN_KEY, plain.span, "an answer has \"json\" or \"text\", not both"));
            return None;
        }
    };
    let mut retry_after = None;
    for (name, value) in node.get("headers").map(|headers| headers_of(reading, headers)).unwrap_or_default() {
        if name.eq_ignore_ascii_case("retry-after") {
            retry_after = value.and_then(|value| value.parse().ok());
        }
    }
    Some(Reply::Answers { status, retry_after, body })
}

/// A body as written, or `{ data: name }`.
fn body(reading: &mut Reading<'_>, node: &Node) -> Option<Json> {
    let named = node.get("data").filter(|_| node.entries().len() == 1);
    let Some((name, span)) = named.and_then(|name| Some((name.text()?, name.span))) else { return Some(json(node)) };
    if let Some(data) = reading.setting.data.get(name) {
        return Some(data.clone());
    }
    let found = Diagnostic::error(codes::UNKNOWN_DATA, span, format!("nothing among \"data\" is called \"{name}\""));
    reading.findings.push(found.nearest(name, reading.setting.data.keys().map(String::as_str)));
    None
}

pub(super) fn called(reading: &mut Reading<'_>, node: &Node) -> Option<Called> {
    reading.only(node, &["call", "with", "as", "outcome", "output"]);
    let line = node.get("call")?;
    let operation = text(line, reading.findings)?;
    if !operation.contains('.') {
        let found = Diagnostic::error(codes::BAD_FORMAT, line.span, format!("\"{operation}\" is no operation"));
        reading.findings.push(found.help("write connection.operation"));
        return None;
    }
    let mut output = serde_json::Map::new();
    if let Some(node) = node.get("output") {
        let Json::Object(fields) = json(node) else {
            expected(node, "a map from output to value", reading.findings);
            return None;
        };
        output = fields;
    }
    let outcome = node.get("outcome").and_then(|outcome| text(outcome, reading.findings));
    let outcome = outcome.or_else(|| (!output.is_empty()).then(|| "ok".to_owned()));
    let name = node.get("as").and_then(|name| text(name, reading.findings));
    Some(Called { operation, with: node.get("with").map(json), name, outcome, output })
}
