//! `api/<connection>.yaml`: what may be asked of one connection.

use std::sync::LazyLock;

use crate::flow::shapes::{declaration, road};
use crate::syntax::shape::{Form, Key, Record, Rule, Shape, Word};

/// `operations: <connection>` and the operations by name.
pub static OPERATIONS: LazyLock<Shape> = LazyLock::new(|| {
    Shape::Record(Box::new(Record {
        keys: vec![
            Key::new("operations", Shape::Form(Form::Id), "The connection, as the operator's file names it").required(),
            Key::new("title", Shape::TEMPLATE, "What admins call it"),
            Key::new("profiles", Shape::list(Shape::Form(Form::Id)), "Profiles that the operator may choose from"),
            Key::new("openapi", Shape::Text, "The description to check against"),
            Key::new("types", Shape::map_or_empty(Form::Id, declaration::fields()), "Records that several operations use"),
        ],
        others: Some((Form::Id, Shape::named("operation", &OPERATION))),
        ..Record::default()
    }))
});

static OPERATION: LazyLock<Shape> = LazyLock::new(|| {
    Shape::ruled(
        vec![
            Key::new("title", Shape::TEMPLATE, "What admins call it"),
            Key::new("request", Shape::Form(Form::Request), "Method and path; {input} is a value, percent-encoded").required(),
            Key::new("input", declaration::fields(), "What it takes"),
            Key::new("query", Shape::map_or_empty(Form::Free, body()), "Entries of the query; one that is none is left out"),
            Key::new("headers", Shape::map_or_empty(Form::Free, body()), "Headers; one that is none is left out"),
            Key::new("json", body(), "The body as JSON; a text that is one {{ }} keeps its type"),
            Key::new("form", Shape::map_or_empty(Form::Free, body()), "The body as a form"),
            Key::new(
                "multipart",
                Shape::map_or_empty(Form::Free, body()),
                "The body as a form with files; a text that is one {{ }} of a file is the file",
            ),
            Key::new("output", outputs(), "What is taken from a good answer"),
            Key::new("outcomes", Shape::map_or_empty(Form::Id, matching(vec![output_key()])), "Answers of its own; the first match wins"),
            Key::new("success", Shape::named("match", &MATCH), "What a good answer must also satisfy"),
            Key::new("error", error(), "Where the server's words about an error stand"),
            Key::new("safe", Shape::Boolean, "True: it only reads, though the method is not GET"),
            Key::new("repeatable", Shape::Boolean, "True: doing it twice is the same as once"),
            Key::new("once", once(), "The server honours our key and does nothing twice"),
            Key::new("lookup", lookup(), "An operation that finds what this one has made"),
            Key::new("keep", Shape::TIME, "The answer is shared by all persons that long; only if it reads"),
            Key::new("pages", pages(), "Reads on and joins the lists; only if it reads"),
            only("It exists in this profile; elsewhere the outcome is absent"),
            Key::new("timeout", Shape::TIME, "How long an answer is awaited; default: the connection's"),
            Key::new("answer_max", Shape::Form(Form::Size), "The largest answer: 1MB; default: the connection's"),
        ],
        vec![Rule::AtMostOne { of: &["json", "form", "multipart"], but: &[], because: "a request has one body" }],
    )
});

/// Any YAML: texts are templates.
fn body() -> Shape {
    Shape::Any
}

fn output_key() -> Key {
    Key::new("output", outputs(), "What is taken from such an answer")
}

fn outputs() -> Shape {
    let at = Key::new("at", Shape::Form(Form::Pointer), "The place in the answer: /id, or \"\" for all of it").required();
    Shape::map_or_empty(Form::Id, declaration::declared(vec![at]))
}

static MATCH: LazyLock<Shape> = LazyLock::new(|| matching(Vec::new()));

/// What an answer must be like; all that is written must hold.
fn matching(own: Vec<Key>) -> Shape {
    let status = || Shape::Form(Form::Status);
    let keys = vec![
        Key::new("status", Shape::Either(vec![status(), Shape::list(status())]), "404, 4xx, or a list of them"),
        Key::new("json", Shape::map(Form::Pointer, at_pointer()), "Place → value, { matches }, { size }, present or absent"),
        Key::new("text", Shape::record(vec![Key::new("matches", Shape::Text, "A regular expression").required()]), "The body as text"),
        Key::new("any", Shape::list(Shape::named("match", &MATCH)), "One of these holds"),
    ];
    let rule = Rule::AtLeastOne { of: &["status", "json", "text", "any"] };
    Shape::ruled(own.into_iter().chain(keys).collect(), vec![rule])
}

/// What stands at a place of the body: a value, or something about it.
fn at_pointer() -> Shape {
    let about = Shape::ruled(
        vec![
            Key::new("matches", Shape::Text, "A regular expression that the text matches"),
            Key::new("size", Shape::Integer { min: 0, max: i64::from(u32::MAX) }, "The size of a list, a map or a text"),
        ],
        vec![Rule::AtMostOne { of: &["matches", "size"], but: &[], because: "a text is matched, a list is counted" }],
    );
    Shape::told(&["matches", "size"], about, Shape::Any)
}

fn error() -> Shape {
    let pointer = |name, description| Key::new(name, Shape::Form(Form::Pointer), description);
    Shape::record(vec![
        pointer("message", "Where the message stands"),
        pointer("code", "Where the code stands"),
        pointer("fields", "Where the messages by field stand"),
    ])
}

fn once() -> Shape {
    Shape::record(vec![
        Key::new("header", Shape::Text, "The header that carries our key").required(),
        Key::new("remembers", Shape::TIME, "How long the server remembers it").required(),
        only("In this profile only"),
    ])
}

fn lookup() -> Shape {
    Shape::record(vec![
        Key::new("call", Shape::Form(Form::Dotted), "The operation, of this connection unless another is named").required(),
        Key::new("with", road::inputs(), "Its inputs, over the inputs of this one"),
        only("In this profile only"),
    ])
}

fn pages() -> Shape {
    const BY: &[Word] = &[
        Word::new("skip", "The query entry skip grows by the size"),
        Word::new("page", "The query entry page grows by one"),
        Word::new("next", "The answer names the path of the next page"),
    ];
    Shape::record(vec![
        Key::new("by", Shape::OneOf(BY), "How the next page is asked for").required(),
        Key::new(
            "size",
            Shape::Either(vec![Shape::COUNT, Shape::Form(Form::Free)]),
            "Items a page: a number, or the query entry that holds it",
        )
        .required(),
        Key::new("next", Shape::Form(Form::Pointer), "By next: where the path of the next page stands in the answer"),
        Key::new("max", Shape::COUNT, "Pages, at most; default: 20"),
    ])
}

fn only(description: &'static str) -> Key {
    Key::new("only", Shape::Form(Form::Id), description)
}
