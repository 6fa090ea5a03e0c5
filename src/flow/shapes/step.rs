//! A step: the keys of every step, and for each verb its own.

use std::sync::LazyLock;

use crate::flow::shapes::{LEAVE_OUT, ask, others, road};
use crate::syntax::shape::{Form, Key, Record, Rule, Shape, Variant, Variants, Without};

/// A step.
pub static STEP: LazyLock<Shape> = LazyLock::new(|| {
    Shape::Record(Box::new(Record {
        keys: common(),
        rules: vec![Rule::AtMostOne { of: &["go", "end"], but: &[], because: "a step leads to one place" }, ask::ANSWER, ask::FILE],
        variants: Some(Variants {
            noun: "a verb",
            because: "a step does one thing",
            all: vec![say(), ask(), review(), call(), set(), branch(), others::approve(), others::notify(), run(), wait()],
            without: Without::Key("end"),
        }),
        others: None,
    }))
});

/// Keys of any step.
fn common() -> Vec<Key> {
    vec![
        Key::new("title", Shape::TEMPLATE, "Short name: shown in the review, in /status and in statistics"),
        Key::new("when", Shape::Expression, "False: the step is skipped and its result is none"),
        Key::new("go", Shape::Form(Form::Id), "The step that follows; default: the next one in the file"),
        Key::new("end", Shape::Form(Form::Id), "The session ends so"),
        Key::new("status", Shape::TEMPLATE, "The answer to /status here"),
        Key::new("help", Shape::TEMPLATE, "The answer to /help here"),
        Key::new("limit", Shape::named("limit", &LIMIT), "Entered more often than that: this road instead"),
        Key::new("forget", Shape::list(Shape::Form(Form::Dotted)), "Results erased when the step is left"),
        Key::new("back", Shape::Boolean, "False: /back does not go before this step"),
        Key::not_yet("renamed_from", LEAVE_OUT),
        Key::not_yet("replaced_by", LEAVE_OUT),
        Key::not_yet("ask_again", LEAVE_OUT),
    ]
}

/// Entered more often than that: a road.
static LIMIT: LazyLock<Shape> = LazyLock::new(|| {
    road::with_keys(
        vec![
            Key::new("max", Shape::COUNT, "So many times…").required(),
            Key::new("per", Shape::TIME, "…within this time").required(),
            Key::new("by", Shape::Expression, "Counted by this value, for everybody; without it each person is counted"),
        ],
        Vec::new(),
    )
});

/// When waiting ends by itself: a road.
static TIMEOUT: LazyLock<Shape> = LazyLock::new(|| {
    road::with_keys(
        vec![
            Key::new("after", Shape::Expression, "So long after the step was entered: 3d"),
            Key::new("at", Shape::Expression, "At this moment"),
        ],
        vec![Rule::AtLeastOne { of: &["after", "at"] }, Rule::AtMostOne { of: &["after", "at"], but: &[], because: "time is up once" }],
    )
});

fn say() -> Variant {
    let mut keys = vec![
        Key::new("buttons", Shape::map(Form::Id, button()), "Buttons that stay valid after the session has ended"),
        audit("The record written when the message is sent"),
    ];
    keys.extend(ask::manner());
    Variant { key: Key::new("say", Shape::TEMPLATE, "A message; the walk goes on"), keys }
}

/// A standing button.
pub fn button() -> Shape {
    Shape::ruled(
        vec![
            Key::new("label", Shape::LABEL, "What is on the button").required(),
            Key::new("when", Shape::Expression, "False: the button is hidden"),
            Key::new("url", Shape::TEMPLATE, "Opens this address"),
            Key::new("copy", Shape::TEMPLATE, "Copies this text"),
            Key::new("start", Shape::Form(Form::Id), "Starts this flow"),
            Key::new("with", road::inputs(), "The inputs of the flow"),
            Key::new("once", Shape::Boolean, "True: the button goes away after the first press"),
        ],
        vec![
            Rule::AtLeastOne { of: &["url", "copy", "start"] },
            Rule::AtMostOne { of: &["url", "copy", "start"], but: &[], because: "a button does one thing" },
            Rule::Needs { key: "with", other: "start" },
            Rule::Needs { key: "once", other: "start" },
        ],
    )
}

fn ask() -> Variant {
    let mut keys = ask::keys();
    keys.extend([timeout(), audit("The record written when the question is asked"), event()]);
    Variant { key: Key::new("ask", Shape::TEMPLATE, "A question; waits for the answer"), keys }
}

fn review() -> Variant {
    let keys = vec![
        Key::new("show", Shape::list(Shape::Form(Form::Id)), "The steps shown, in this order; each has a title").required(),
        Key::new("confirm", Shape::LABEL, "The label of the confirming button"),
        Key::new("change", Shape::LABEL, "The label of the changing button"),
        timeout(),
        audit("The record written when the summary is shown"),
        event(),
    ];
    Variant { key: Key::new("review", Shape::TEMPLATE, "A summary to confirm or to change; waits"), keys }
}

fn call() -> Variant {
    let road = Shape::Either(vec![Shape::Form(Form::Id), Shape::named("outcome_road", &OUTCOME)]);
    let keys = vec![
        Key::new("with", road::inputs(), "The inputs of the operation"),
        Key::new("outcomes", Shape::map(Form::Id, road), "Where each outcome other than ok leads; `else` for the rest"),
        tell(),
        audit("The record written when the call ended ok"),
    ];
    Variant { key: Key::new("call", Shape::Form(Form::Operation), "An operation of a connection; waits for its outcome"), keys }
}

/// The road of an outcome.
static OUTCOME: LazyLock<Shape> = LazyLock::new(|| {
    road::with_keys(
        vec![
            Key::new("retry", retry(), "On `down`: wait and try again"),
            Key::new("fields", Shape::map(Form::Free, Shape::Form(Form::Id)), "On `invalid`: which question asks for which field"),
        ],
        Vec::new(),
    )
});

fn retry() -> Shape {
    Shape::ruled(
        vec![
            Key::new("every", Shape::list(Shape::TIME), "The pauses; the last repeats").required(),
            Key::new("max", Shape::COUNT, "Attempts in all"),
            Key::new("for", Shape::TIME, "The time since the first attempt"),
        ],
        vec![
            Rule::AtLeastOne { of: &["max", "for"] },
            Rule::AtMostOne { of: &["max", "for"], but: &[], because: "one of them ends the attempts" },
        ],
    )
}

fn set() -> Variant {
    let fields = Shape::map(Form::Target, road::value());
    let shape = Shape::Either(vec![Shape::Expression, fields]);
    Variant {
        key: Key::new("set", shape, "A value, or fields; `person.<field>` is remembered about the person"),
        keys: vec![audit("The record written when the values are computed")],
    }
}

fn branch() -> Variant {
    let otherwise = vec![Key::new("else", Shape::named("road", &road::ROAD), "The road when nothing else holds").required()];
    let when = vec![Key::new("when", Shape::Expression, "Must be true; the first that is wins").required()];
    let line = Shape::told(&["else"], Shape::record(otherwise), road::with_keys(when, Vec::new()));
    Variant { key: Key::new("branch", Shape::list(line), "Roads with conditions; the last is `else`"), keys: Vec::new() }
}

fn run() -> Variant {
    let keys = vec![
        Key::new("with", road::inputs(), "The inputs of the flow"),
        Key::new("outcomes", Shape::map(Form::Id, Shape::named("road", &road::ROAD)), "Where each end of it leads; `else` for the rest"),
        tell(),
        audit("The record written when the flow has ended"),
    ];
    Variant { key: Key::new("run", Shape::Form(Form::Id), "Another flow; goes on here when it ends"), keys }
}

/// The values that the fields of an event must have.
fn matching() -> Shape {
    Shape::map(Form::Id, Shape::Expression)
}

/// `event`: a road taken when an event comes.
pub fn event() -> Key {
    Key::new("event", Shape::named("event", &EVENT), "The road that is taken when this event comes meanwhile")
}

static EVENT: LazyLock<Shape> = LazyLock::new(|| {
    let own = vec![
        Key::new("name", Shape::Form(Form::Dotted), "The event").required(),
        Key::new("match", matching(), "Which one: its fields, and the values they must have"),
    ];
    road::with_keys(own, Vec::new())
});

fn wait() -> Variant {
    let until = Shape::record(vec![Key::new("until", Shape::Expression, "Until this moment").required()]);
    let event = Shape::record(vec![
        Key::new("event", Shape::Form(Form::Dotted), "The event that is awaited").required(),
        Key::new("match", matching(), "Which one: its fields, and the values they must have"),
    ]);
    let moment = Shape::told(&["event"], event, until);
    Variant {
        key: Key::new("wait", Shape::Either(vec![Shape::Expression, moment]), "Time passes: 1h, or { until: moment }; or { event } comes"),
        keys: vec![tell(), audit("The record written when waiting is over"), timeout()],
    }
}

/// `timeout`.
pub fn timeout() -> Key {
    Key::new("timeout", Shape::named("timeout", &TIMEOUT), "When waiting ends by itself")
}

fn tell() -> Key {
    Key::new("tell", Shape::TEMPLATE, "Said to the person when the step begins; the answer to /status, too")
}

/// `audit`.
pub fn audit(description: &'static str) -> Key {
    Key::new("audit", Shape::Form(Form::Dotted), description)
}
