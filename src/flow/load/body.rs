//! Queries, headers and bodies of requests.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::expr::{self, Expression, Template, Type};
use crate::flow::load::names::InputNames;
use crate::flow::load::writer::Writer;
use crate::flow::load::{codes, declare, request};
use crate::flow::{Body, BodyNode, Declared};
use crate::syntax::{Kind, Node};

/// Builds what a request is made of, and notes which inputs it uses.
pub(super) struct Bodies<'b, 'c> {
    pub profiles: &'b [String],
    pub inputs: &'b BTreeMap<String, Declared>,
    pub writer: &'b mut Writer<'c>,
    /// The inputs used so far.
    pub used: BTreeSet<String>,
}

/// Headers that belong to the connection or to the protocol.
const REFUSED: [&str; 8] =
    ["authorization", "connection", "content-length", "content-type", "cookie", "host", "proxy-authorization", "transfer-encoding"];

impl Bodies<'_, '_> {
    /// The body of an operation, if it has one.
    pub(super) fn body(&mut self, operation: &Node) -> Option<Body> {
        let json = operation.get("json").map(|node| Body::Json(self.node(node, Place::Body)));
        json.or_else(|| operation.get("form").map(|node| Body::Form(self.entries(node))))
            .or_else(|| operation.get("multipart").map(|node| Body::Multipart(self.parts(node))))
    }

    /// Fields and files.
    fn parts(&mut self, node: &Node) -> Vec<(String, BodyNode)> {
        for entry in node.entries().iter().filter(|entry| entry.key.contains(['"', '\\']) || entry.key.chars().any(char::is_control)) {
            self.writer.error(codes::BAD_FORMAT, entry.key_span, "the name of a part holds no quotes, backslashes and control characters");
        }
        node.entries().iter().map(|entry| (entry.key.clone(), self.node(&entry.value, Place::Part))).collect()
    }

    /// Entries of a query or a form.
    pub(super) fn entries(&mut self, node: &Node) -> Vec<(String, BodyNode)> {
        node.entries().iter().map(|entry| (entry.key.clone(), self.node(&entry.value, Place::Entry))).collect()
    }

    /// Entries of `headers`.
    pub(super) fn headers(&mut self, node: &Node) -> Vec<(String, BodyNode)> {
        for entry in node.entries() {
            let token = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
            if entry.key.is_empty() || !entry.key.chars().all(token) {
                self.writer.error(codes::BAD_FORMAT, entry.key_span, format!("\"{}\" is no name of a header", entry.key));
            } else if REFUSED.contains(&entry.key.to_ascii_lowercase().as_str()) {
                let message = format!("the header \"{}\" is not an operation's to send", entry.key);
                let found = Diagnostic::error(codes::BAD_FORMAT, entry.key_span, message);
                self.writer.findings.push(found.help("what signs a request in belongs to the connection, in the operator's file"));
            }
        }
        self.entries(node)
    }

    /// Notes the inputs of an expression that is checked elsewhere.
    pub(super) fn mention(&mut self, node: &Node) {
        let mut unheard = Vec::new();
        if let Some(expression) = Expression::from_node(node, &mut unheard) {
            self.note(expression.names());
        }
    }

    fn note(&mut self, names: Vec<crate::expr::NameUse>) {
        self.used.extend(names.into_iter().filter_map(|name| name.path.into_iter().next()));
    }

    fn node(&mut self, node: &Node, place: Place) -> BodyNode {
        match &node.kind {
            Kind::Text => self.template(node, place),
            Kind::List(items) => BodyNode::List(items.iter().map(|item| self.node(item, place)).collect()),
            Kind::Map(entries) => match Special::of(node, place) {
                Some(special) => self.special(node, special, place),
                None => BodyNode::Map(entries.iter().map(|entry| (entry.key.clone(), self.node(&entry.value, place))).collect()),
            },
            _ => BodyNode::Constant(declare::json(node)),
        }
    }

    fn special(&mut self, node: &Node, special: Special, place: Place) -> BodyNode {
        let mut value = match special {
            Special::Json => {
                BodyNode::Encoded(Box::new(node.get("json").map_or(BodyNode::List(Vec::new()), |json| self.node(json, Place::Body))))
            }
            Special::Value => node.get("value").map_or(BodyNode::Constant(serde_json::Value::Null), |value| self.node(value, place)),
        };
        if node.get("keep").and_then(Node::boolean) == Some(true) {
            value = BodyNode::Keep(Box::new(value));
        }
        if let Some((only, name)) = node.get("only").and_then(|only| Some((only, only.text()?))) {
            request::profile(only, self.profiles, self.writer);
            value = BodyNode::Only(name.to_owned(), Box::new(value));
        }
        value
    }

    /// A scalar that is one `{{ }}` keeps the type of its value; anything else is text.
    fn template(&mut self, node: &Node, place: Place) -> BodyNode {
        let template = match Template::parse(&node.scalar) {
            Ok(template) => template,
            Err(found) => {
                self.writer.findings.push(*found);
                return BodyNode::Constant(serde_json::Value::Null);
            }
        };
        let names = InputNames(self.inputs);
        self.note(template.names());
        if let Some(expression) = template.whole() {
            let of = expression.check(&names, &mut self.writer.findings);
            if place != Place::Part && holds_file(&of) {
                let found = Diagnostic::error(codes::TYPE_MISMATCH, node.span, "a file cannot be written here");
                self.writer.findings.push(found.help("a file is sent as a part of a body: put it under \"multipart\""));
            }
            return BodyNode::Whole(expression.clone());
        }
        template.check(&names, &mut self.writer.findings);
        match template.fixed() {
            Some(text) => BodyNode::Constant(text.into()),
            None => BodyNode::Text(template),
        }
    }
}

/// Where a piece stands: `{ json: … }` is an encoding in a query, and a field called so in a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Entry,
    Body,
    /// A part of a body of several, which may be a file.
    Part,
}

/// True for a file and for what files are in.
fn holds_file(of: &Type) -> bool {
    match &of.kind {
        expr::Kind::File => true,
        expr::Kind::List(item) => holds_file(item),
        expr::Kind::Record(fields) => fields.values().any(holds_file),
        _ => false,
    }
}

/// A map that is not a map of the body.
#[derive(Clone, Copy)]
enum Special {
    /// `{ only, keep, value }`.
    Value,
    /// `{ json }`.
    Json,
}

impl Special {
    fn of(node: &Node, place: Place) -> Option<Self> {
        let keys = || node.entries().iter().map(|entry| entry.key.as_str());
        if keys().any(|key| key == "value")
            && keys().any(|key| key != "value")
            && keys().all(|key| matches!(key, "only" | "keep" | "value"))
        {
            return Some(Self::Value);
        }
        (place != Place::Body && keys().eq(["json"])).then_some(Self::Json)
    }
}
