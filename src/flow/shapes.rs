//! The tables of the language: which keys each kind of file has, and what stands behind them.
//!
//! They are written once. Loading holds files against them, and the schemas that editors use are made of them.

mod ask;
mod bot;
mod declaration;
mod flow;
mod operations;
mod others;
mod road;
mod scenarios;
mod step;
mod usher;

use std::sync::LazyLock;

use crate::syntax::Node;
use crate::syntax::shape::{Form, Key, Shape};

/// The kinds of files; the first key of a file tells its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// `flow: <id>`: one flow.
    Flow,
    /// `flows:`: several small flows.
    Flows,
    /// `bot: <title>`: what all flows share.
    Bot,
    /// `operations: <connection>`: what may be asked of one connection.
    Operations,
    /// `messages: <language>`: translations.
    Messages,
    /// `scenarios: <id>`: test conversations.
    Scenarios,
    /// `usher: 1`: the operator's file.
    Usher,
}

impl FileKind {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Flow, Self::Flows, Self::Bot, Self::Operations, Self::Messages, Self::Scenarios, Self::Usher];

    /// The key that a file of this kind begins with.
    pub fn first_key(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Flows => "flows",
            Self::Bot => "bot",
            Self::Operations => "operations",
            Self::Messages => "messages",
            Self::Scenarios => "scenarios",
            Self::Usher => "usher",
        }
    }
}

/// True for a file of scenarios, by its name: what it holds may be broken. They are no part of the bot; they are played against it.
pub fn holds_scenarios(path: &str) -> bool {
    path.ends_with(".test.yaml")
}

/// The kind of a file, told by its first key.
pub fn kind_of(node: &Node) -> Option<FileKind> {
    let first = node.entries().first()?;
    FileKind::ALL.into_iter().find(|kind| kind.first_key() == first.key)
}

/// What a file of this kind looks like.
pub fn shape_of(kind: FileKind) -> &'static Shape {
    match kind {
        FileKind::Flow => &flow::FLOW_FILE,
        FileKind::Flows => &flow::FLOWS_FILE,
        FileKind::Bot => &bot::BOT,
        FileKind::Operations => &operations::OPERATIONS,
        FileKind::Messages => &MESSAGES,
        FileKind::Scenarios => &scenarios::SCENARIOS,
        FileKind::Usher => &usher::USHER,
    }
}

/// Whether it can be told what a step does: it has one verb, and not more keys of other verbs than of its own.
pub fn is_clear_step(step: &Node) -> bool {
    step::STEP.is_clear(step)
}

/// Said where a key is left out without harm.
const LEAVE_OUT: &str = "leave it out: this version does without it";

/// `messages/<language>.yaml`. Which addresses there are follows from the flows.
static MESSAGES: LazyLock<Shape> = LazyLock::new(|| {
    Shape::Record(Box::new(crate::syntax::shape::Record {
        keys: vec![Key::new("messages", Shape::Form(Form::Language), "The language of this file: two letters").required()],
        others: Some((Form::Dotted, Shape::named("translation", &TRANSLATION))),
        ..Default::default()
    }))
});

/// Flow → step → field, in as many levels as the author likes: a dotted key is the same as nesting.
static TRANSLATION: LazyLock<Shape> = LazyLock::new(|| {
    let deeper = Shape::map(Form::Free, Shape::named("translation", &TRANSLATION));
    Shape::Either(vec![Shape::TEMPLATE, deeper, Shape::list(Shape::TEMPLATE)])
});
