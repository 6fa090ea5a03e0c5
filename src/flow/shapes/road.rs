//! Roads: whatever leads somewhere is written the same everywhere.

use std::sync::LazyLock;

use crate::syntax::shape::{Form, Key, Rule, Shape, Word};

/// The keys that lead somewhere.
const TARGETS: &[&str] = &["go", "end", "change", "start"];

/// The keys of an option that lead somewhere, or make it something other than an answer.
const OPTION_TARGETS: &[&str] = &["go", "end", "change", "start", "word", "url", "copy"];

/// `end` may say how the session ends when another flow starts.
const TOGETHER: &[(&str, &str)] = &[("start", "end")];

const ONE_WAY: &str = "a road leads to one place";

/// The words that work anywhere.
const WORDS: &[Word] = &[
    Word::new("cancel", "Ends this conversation"),
    Word::new("back", "One question back"),
    Word::new("help", "The help of this step"),
    Word::new("status", "Where the person stands"),
    Word::new("restart", "Starts the same flow again"),
    Word::new("language", "Chooses a language"),
];

/// A road by itself: a step's id, or a map.
pub static ROAD: LazyLock<Shape> = LazyLock::new(|| Shape::Either(vec![Shape::Form(Form::Id), with_keys(Vec::new(), Vec::new())]));

/// A road with keys of its own beside those of every road.
pub fn with_keys(own: Vec<Key>, rules: Vec<Rule>) -> Shape {
    let at_least = [Rule::AtLeastOne { of: TARGETS }];
    Shape::ruled(own.into_iter().chain(keys()).collect(), rules.into_iter().chain(at_least).chain(exclusive()).collect())
}

/// The same, which need not lead anywhere.
pub fn without_target(own: Vec<Key>) -> Shape {
    Shape::ruled(own.into_iter().chain(keys()).collect(), exclusive().to_vec())
}

/// An option written in the flow: a label, or a map.
pub static OPTION: LazyLock<Shape> = LazyLock::new(|| {
    let own = vec![
        Key::new("label", Shape::LABEL, "What is on the button").required(),
        Key::new("when", Shape::Expression, "False: the option is hidden"),
        Key::new("word", Shape::OneOf(WORDS), "As if the person had written this word; the question keeps waiting"),
        Key::new("url", Shape::TEMPLATE, "The button opens this address; it is not an answer"),
        Key::new("copy", Shape::TEMPLATE, "The button copies this text; it is not an answer"),
    ];
    let rules = vec![
        Rule::AtMostOne { of: OPTION_TARGETS, but: TOGETHER, because: "an option does one thing" },
        Rule::Needs { key: "with", other: "start" },
    ];
    Shape::Either(vec![Shape::LABEL, Shape::ruled(own.into_iter().chain(keys()).collect(), rules)])
});

/// The inputs of a flow or an operation.
pub fn inputs() -> Shape {
    Shape::map_or_empty(Form::Id, value())
}

/// An expression, or lists and maps built of expressions.
pub fn value() -> Shape {
    Shape::named("value", &VALUE)
}

static VALUE: LazyLock<Shape> = LazyLock::new(|| {
    let inner = || Shape::named("value", &VALUE);
    Shape::Either(vec![Shape::Expression, Shape::List { of: Box::new(inner()), min: 0 }, Shape::map_or_empty(Form::Free, inner())])
});

/// The keys of every road.
pub fn keys() -> Vec<Key> {
    let step = || Shape::Form(Form::Id);
    vec![
        Key::new("say", Shape::TEMPLATE, "Said to the person first"),
        Key::new("audit", Shape::Form(Form::Dotted), "The record written when this road is taken"),
        Key::new("go", step(), "Walk on from this step; every step met is done anew"),
        Key::new("end", Shape::Form(Form::Id), "The session ends so"),
        Key::new(
            "change",
            Shape::Either(vec![step(), Shape::list(step())]),
            "Ask again only this question (or these), and what depends on it",
        ),
        Key::new("start", Shape::Form(Form::Id), "The session ends and this flow starts for the same person"),
        Key::new("with", inputs(), "The inputs of the flow that starts"),
    ]
}

fn exclusive() -> [Rule; 2] {
    [Rule::AtMostOne { of: TARGETS, but: TOGETHER, because: ONE_WAY }, Rule::Needs { key: "with", other: "start" }]
}
