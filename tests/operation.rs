//! The pure half of HTTP calls: what is sent, what an answer means, whether to try again. The bodies are those of real servers.

#![allow(clippy::unwrap_used, reason = "also in the functions that tests share")]

#[path = "operation/attempts.rs"]
mod attempts;
#[path = "operation/errors_of_servers.rs"]
mod errors_of_servers;
#[path = "operation/outcomes.rs"]
mod outcomes;
#[path = "operation/sending.rs"]
mod sending;
#[path = "operation/shipped_operations.rs"]
mod shipped_operations;

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Value as Json, json};
use usher::diagnostic::Span;
use usher::expr::{Expression, Kind, Template, Type, Value};
use usher::flow::{
    Body, BodyNode, Declared, ErrorPointers, JsonMatch, Lookup, Match, Once, Operation, OutcomeRule, Output, PathPart, StatusPattern,
};
use usher::operation::{Answer, Outcome, outcome};
use usher::syntax::Scalar;

const HOUR: i64 = 3_600_000;

/// An operation of the connection `erp` without inputs, outputs, outcomes and facts.
fn operation(method: &str, path: &str) -> Operation {
    Operation {
        id: "erp.tried".to_owned(),
        connection: "erp".to_owned(),
        span: Span::default(),
        title: None,
        method: method.to_owned(),
        path: parts(path),
        input: BTreeMap::new(),
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
        output: Vec::new(),
        outcomes: Vec::new(),
        success: None,
        error: ErrorPointers::default(),
        safe: false,
        repeatable: false,
        once: None,
        lookup: None,
        keep: None,
        pages: None,
        only: None,
        timeout: None,
        answer_max: None,
    }
}

fn parts(path: &str) -> Vec<PathPart> {
    let mut parts = Vec::new();
    for (at, piece) in path.split(['{', '}']).enumerate() {
        if !piece.is_empty() {
            parts.push(if at % 2 == 0 { PathPart::Fixed(piece.to_owned()) } else { PathPart::Input(piece.to_owned()) });
        }
    }
    parts
}

/// The unsafe operation of most tests: `POST` with a body, which gives an `id`.
fn create() -> Operation {
    Operation {
        body: Some(Body::Json(BodyNode::Map(Vec::new()))),
        output: vec![output("id", "/id", Type::certain(Kind::Integer))],
        ..operation("POST", "/api/v1/staff/")
    }
}

/// The safe one: `GET`, which gives an `id`.
fn read() -> Operation {
    Operation { output: vec![output("id", "/id", Type::certain(Kind::Integer))], ..operation("GET", "/api/v1/staff/42") }
}

fn once() -> Once {
    Once { header: "Idempotency-Key".to_owned(), remembers: 24 * HOUR, only: None }
}

fn lookup() -> Lookup {
    Lookup { call: "erp.find_staff".to_owned(), with: Vec::new(), only: None }
}

fn output(name: &str, at: &str, of: Type) -> Output {
    Output { name: name.to_owned(), at: at.to_owned(), of, defaults: BTreeMap::new(), default: None }
}

fn input(kind: Kind) -> Declared {
    Declared { of: Type::certain(kind).optional(), title: None, default: None }
}

fn record(fields: &[(&str, Type)]) -> Kind {
    Kind::Record(fields.iter().map(|(name, of)| ((*name).to_owned(), of.clone())).collect())
}

fn list(of: Kind) -> Type {
    Type::certain(Kind::List(Box::new(Type::certain(of))))
}

fn status(status: u16) -> Match {
    Match { status: vec![StatusPattern::Exact(status)], ..Match::default() }
}

fn json_is(at: &str, what: JsonMatch) -> Match {
    Match { json: vec![(at.to_owned(), what)], ..Match::default() }
}

fn matches(pattern: &str) -> JsonMatch {
    JsonMatch::Matches(Regex::new(pattern).unwrap())
}

fn rule(name: &str, matches: Match) -> OutcomeRule {
    OutcomeRule { name: name.to_owned(), matches, output: Vec::new() }
}

fn expression(text: &str) -> Expression {
    Expression::parse(&scalar(text)).unwrap()
}

fn template(text: &str) -> Template {
    Template::parse(&scalar(text)).unwrap()
}

fn scalar(text: &str) -> Scalar {
    Scalar { text: text.to_owned(), ..Scalar::default() }
}

fn values(pairs: &[(&str, Value)]) -> BTreeMap<String, Value> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn replied(status: u16, body: impl Into<String>) -> Answer {
    Answer::Replied { status, retry_after: None, body: body.into() }
}

fn replied_json(status: u16, body: &Json) -> Answer {
    replied(status, body.to_string())
}

fn silence() -> Answer {
    Answer::Unanswered { why: "timed out".to_owned() }
}

fn refused_connection() -> Answer {
    Answer::NothingSent { why: "connection refused".to_owned() }
}

fn created() -> Answer {
    replied_json(201, &json!({ "id": 42, "user_id": null, "activation_code": "TEST-CODE-0001" }))
}

/// The outcome of an answer to a first attempt made just now.
fn told(operation: &Operation, answer: &Answer) -> Outcome {
    outcome(operation, None, 0, answer)
}
