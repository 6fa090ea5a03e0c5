//! Flow files: one flow, or several small ones.

use std::sync::LazyLock;

use crate::flow::shapes::{LEAVE_OUT, declaration, step};
use crate::syntax::shape::{Form, Key, Rule, Shape, Word};

/// Steps in a flow, at most.
const MOST_STEPS: usize = 200;

/// `flow: <id>` and its keys.
pub static FLOW_FILE: LazyLock<Shape> = LazyLock::new(|| {
    let id = Key::new("flow", Shape::Form(Form::Id), "The flow's id").required();
    Shape::record(std::iter::once(id).chain(keys()).collect())
});

/// `flows:` and a map from id to flow.
pub static FLOWS_FILE: LazyLock<Shape> = LazyLock::new(|| {
    let flows = Shape::map(Form::Id, Shape::named("flow", &FLOW));
    Shape::record(vec![Key::new("flows", flows, "Several small flows, each under its id").required()])
});

static FLOW: LazyLock<Shape> = LazyLock::new(|| Shape::record(keys()));

const ANYONE: &[Word] = &[Word::new("anyone", "Everybody")];

const AGAIN: &[Word] = &[
    Word::new("ask", "Ask: go on, or start again?"),
    Word::new("resume", "Go on"),
    Word::new("restart", "Start again"),
    Word::new("many", "Open one more"),
];

fn keys() -> Vec<Key> {
    let steps = Shape::Map { keys: Form::Id, of: Box::new(Shape::named("step", &step::STEP)), min: 1, max: MOST_STEPS };
    let admits = Shape::Either(vec![Shape::OneOf(ANYONE), Shape::list(Shape::Form(Form::Id))]);
    vec![
        Key::new("title", Shape::TEMPLATE, "What people see").required(),
        Key::new("start", start(), "How people start it; without it only run, buttons and words do"),
        Key::new("for", admits, "Who may be in it: anyone, or a list of roles").required(),
        Key::new("check", Shape::map(Form::Id, check()), "What must hold before it begins; the first that does not is said"),
        Key::new("inputs", declaration::fields(), "What it is given; read as inputs.<name>"),
        Key::new("outputs", Shape::map_or_empty(Form::Id, Shape::Expression), "What it gives back when it ends"),
        Key::new("again", Shape::OneOf(AGAIN), "It is started while a session of it is alive; default: ask"),
        Key::new("remind", remind(), "After how long a silence at a question the person is reminded of it, once each"),
        Key::new("expire", expire(), "After how long a silence at a question the session ends; default: 7d"),
        Key::new("on_fault", on_fault(), "When the flow itself fails; default: an apology, and the end fault"),
        Key::new("steps", steps, "The steps; the first is where it begins").required(),
        Key::not_yet("retention", LEAVE_OUT),
        Key::not_yet("migrate", LEAVE_OUT),
        Key::not_yet("removed", LEAVE_OUT),
    ]
}

fn start() -> Shape {
    const BY_HAND: &str = "this version starts flows by command, menu, link, invitation, event, buttons and run";
    const REQUIRED: &[Word] = &[Word::new("required", "Nobody begins it without an invitation")];
    let invitation = Shape::Either(vec![Shape::Boolean, Shape::OneOf(REQUIRED)]);
    Shape::ruled(
        vec![
            Key::new("command", Shape::Form(Form::Command), "The command, without its slash"),
            Key::new("menu", Shape::TEMPLATE, "Its line in the messenger's command menu"),
            Key::new("link", Shape::Boolean, "True: a link with ?start=<flow id> opens it"),
            Key::new("invitation", invitation, "True: invitations open it, with inputs. required: nobody begins it without one"),
            Key::new("event", Shape::Form(Form::Dotted), "An event that begins it, for each person whose fields match"),
            Key::new("match", Shape::map(Form::Dotted, Shape::Expression), "Field of the person → value: person.staff_id: event.staff_id"),
            Key::not_yet("daily", BY_HAND),
            Key::not_yet("segment", BY_HAND),
        ],
        vec![Rule::Needs { key: "menu", other: "command" }, Rule::Needs { key: "match", other: "event" }],
    )
}

fn check() -> Shape {
    Shape::record(vec![
        Key::new("when", Shape::Expression, "Must be true").required(),
        Key::new("say", Shape::TEMPLATE, "Said otherwise").required(),
        Key::new("start", Shape::Form(Form::Id), "The flow that is started then"),
    ])
}

fn remind() -> Shape {
    let after = Shape::Either(vec![Shape::DURATION, Shape::list(Shape::DURATION)]);
    let whole = Shape::record(vec![
        Key::new("after", after, "How long after the last thing they did; a list for several reminders").required(),
        Key::new("say", Shape::TEMPLATE, "Said before the question is put again; default: the built-in sentence remind"),
    ]);
    Shape::Either(vec![Shape::DURATION, whole])
}

fn expire() -> Shape {
    let whole = Shape::record(vec![
        Key::new("after", Shape::DURATION, "How long after the last thing they did; default: 7d"),
        Key::new("say", Shape::TEMPLATE, "Said to the person; default: nothing"),
        Key::new("end", Shape::Form(Form::Id), "The session ends so; default: expired"),
    ]);
    Shape::Either(vec![Shape::DURATION, whole])
}

fn on_fault() -> Shape {
    Shape::record(vec![
        Key::new("say", Shape::TEMPLATE, "Said to the person").required(),
        Key::new("end", Shape::Form(Form::Id), "The session ends so").required(),
        Key::new("audit", Shape::Form(Form::Dotted), "The record written"),
    ])
}
