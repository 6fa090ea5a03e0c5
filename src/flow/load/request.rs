//! The request line of an operation: `METHOD /path/{input}`.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::expr::Kind;
use crate::flow::load::writer::Writer;
use crate::flow::load::{codes, personal};
use crate::flow::{Declared, PathPart};
use crate::syntax::Node;

/// The methods that there are.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// Reads it: the method, and the path cut at its inputs.
pub(super) fn line(node: &Node, inputs: &BTreeMap<String, Declared>, writer: &mut Writer<'_>) -> (String, Vec<PathPart>) {
    let text = node.text().unwrap_or_default();
    let (method, path) = text.split_once(' ').unwrap_or((text, ""));
    let start = text.len() - path.len();
    let begin = start + (path.len() - path.trim_start().len());
    let mut line = Line { node, inputs, writer };
    // What is no method has been reported, and is the one that was meant.
    let method = if METHODS.contains(&method) { method } else { nearest(method, METHODS).unwrap_or(method) };
    (method.to_owned(), line.path(path.trim(), begin))
}

/// Reports a profile that the file does not declare.
pub(super) fn profile(node: &Node, profiles: &[String], writer: &mut Writer<'_>) {
    let Some(name) = node.text().filter(|name| !profiles.iter().any(|known| known == name)) else { return };
    let found = Diagnostic::error(codes::UNKNOWN_PROFILE, node.span, format!("there is no profile \"{name}\""));
    writer.findings.push(match nearest(name, profiles.iter().map(String::as_str)) {
        Some(near) => found.help(format!("did you mean \"{near}\"?")),
        None if profiles.is_empty() => found.help(format!("declare it at the top of the file: profiles: [{name}]")),
        None => found.help(format!("this file declares {}", profiles.join(", "))),
    });
}

struct Line<'l, 'c> {
    node: &'l Node,
    inputs: &'l BTreeMap<String, Declared>,
    writer: &'l mut Writer<'c>,
}

impl Line<'_, '_> {
    /// `begin` is where the path starts in the text of the line.
    fn path(&mut self, path: &str, begin: usize) -> Vec<PathPart> {
        let whole = self.node.scalar.place(begin, begin + path.len());
        if let Some(at) = path.find(['?', '#', '\\']) {
            let span = self.node.scalar.place(begin + at, begin + path.len());
            self.refuse(
                span,
                "the path goes on with what does not belong to a path",
                "what follows a question mark stands under \"query\"",
            );
        }
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            self.refuse(whole, "the path leads upwards", "write the path as the server knows it");
        }
        self.parts(path, begin)
    }

    fn parts(&mut self, path: &str, begin: usize) -> Vec<PathPart> {
        let (mut parts, mut at) = (Vec::new(), 0);
        while at < path.len() {
            let open = path[at..].find('{').map_or(path.len(), |offset| at + offset);
            if open > at {
                parts.push(PathPart::Fixed(path[at..open].to_owned()));
            }
            if open == path.len() {
                break;
            }
            let Some(close) = path[open..].find('}').map(|offset| open + offset) else {
                let span = self.node.scalar.place(begin + open, begin + path.len());
                self.refuse(span, "the brace is not closed", "an input stands in braces: /staff/{id}");
                break;
            };
            let name = path[open + 1..close].trim();
            self.check_input(name, self.node.scalar.place(begin + open + 1, begin + close));
            parts.push(PathPart::Input(name.to_owned()));
            at = close + 1;
        }
        parts
    }

    /// A piece of a path is one value that is always there.
    fn check_input(&mut self, name: &str, span: Span) {
        match self.inputs.get(name) {
            None => {
                let found = Diagnostic::error(codes::UNKNOWN_NAME, span, format!("there is no input \"{name}\""));
                let known = self.inputs.keys().map(String::as_str);
                self.writer.findings.push(match nearest(name, known) {
                    Some(near) => found.help(format!("did you mean \"{near}\"?")),
                    None => found.help(format!("declare it: input: {{ {name}: text }}")),
                });
            }
            Some(declared) if declared.of.optional && declared.default.is_none() => {
                self.refuse(
                    span,
                    &format!("the input \"{name}\" is optional, and a path needs it"),
                    "remove \"optional\", or put the input into the query",
                );
            }
            Some(declared) if matches!(declared.of.kind, Kind::List(_) | Kind::Record(_) | Kind::File | Kind::Location) => {
                self.refuse(span, &format!("the input \"{name}\" is no single value"), "only a single value can stand in a path");
            }
            Some(declared) if declared.of.secret => self.writer.findings.push(personal::secret_in_address(span, "the path")),
            Some(declared) if declared.of.pii => self.writer.findings.push(personal::in_address(span, "the path")),
            Some(_) => {}
        }
    }

    fn refuse(&mut self, span: Span, message: &str, help: &str) {
        self.writer.findings.push(Diagnostic::error(codes::BAD_FORMAT, span, message).help(help));
    }
}
