//! The verbs that turn to other people: `approve` and `notify`.

use std::sync::LazyLock;

use crate::flow::shapes::{ask, road, step};
use crate::syntax::shape::{Form, Key, Rule, Shape, Variant, Word};

/// What whoever decides may have to write first.
const ANSWERS: &[Word] = &[
    Word::new("text", "Free text, three characters at least unless min says otherwise"),
    Word::new("name", "A person's name"),
    Word::new("integer", "A whole number"),
    Word::new("decimal", "A number"),
    Word::new("money", "A sum"),
    Word::new("date", "A day"),
    Word::new("time", "A time of day"),
    Word::new("datetime", "A day and a time"),
    Word::new("email", "An e-mail address"),
    Word::new("phone", "A phone number"),
];

/// The keys of an option that lead somewhere, or make it no decision.
const TARGETS: &[&str] = &["go", "end", "change", "start", "url"];

/// `approve`: a decision by people.
pub fn approve() -> Variant {
    let options = Shape::map(Form::Id, Shape::named("decision", &OPTION));
    let pauses = Shape::list(Shape::TIME);
    let keys = vec![
        Key::new("by", Shape::Form(Form::Id), "The role that decides; nobody decides on their own request").required(),
        Key::new("tell", Shape::TEMPLATE, "Said to the person when the request is sent; the answer to /status, too").required(),
        Key::new("choice", options, "What can be decided").required(),
        Key::new("quorum", Shape::COUNT, "So many different people must take the same option; default: 1"),
        Key::new("remind", Shape::Either(vec![Shape::TIME, pauses]), "After how long those who have not answered are reminded, once each"),
        Key::new("escalate", Shape::named("escalate", &ESCALATE), "Another role may decide, too, after some time"),
        step::timeout().required(),
        step::audit("The record written when it is decided"),
        step::event(),
    ];
    Variant { key: Key::new("approve", Shape::TEMPLATE, "A decision by people of a role; this is the card they see"), keys }
}

/// `notify`: a message to others.
pub fn notify() -> Variant {
    let person = Shape::record(vec![Key::new("person", Shape::Expression, "The id of the person").required()]);
    let mut keys = vec![
        Key::new("to", Shape::Either(vec![Shape::Form(Form::Id), person]), "A role, or { person: id }").required(),
        Key::new("tell", Shape::TEMPLATE, "Said to the person of this conversation"),
        Key::new("buttons", Shape::map(Form::Id, step::button()), "Buttons that stay valid after the session has ended"),
        Key::new("once_per", Shape::TIME, "Nobody gets more than one from this step in this time"),
        step::audit("The record written when the message is sent"),
    ];
    keys.extend(ask::manner());
    Variant { key: Key::new("notify", Shape::TEMPLATE, "A message to others; the walk goes on"), keys }
}

/// An option of a card: a label, or a map.
static OPTION: LazyLock<Shape> = LazyLock::new(|| {
    let own = vec![
        Key::new("label", Shape::LABEL, "What is on the button").required(),
        Key::new("when", Shape::Expression, "False: the option is hidden"),
        Key::new("verdict", Shape::TEMPLATE, "What others read of it: rejected"),
        Key::new("ask", Shape::TEMPLATE, "What whoever decides must write or choose first"),
        Key::new("type", Shape::OneOf(ANSWERS), "What that is read as; text if nothing is said"),
        Key::new(
            "choice",
            Shape::named("demanded_options", &ask::DEMANDED),
            "One of these is chosen; a list that is empty hides the option",
        ),
        Key::new("min", Shape::Expression, "The least of it"),
        Key::new("max", Shape::Expression, "The greatest of it"),
        Key::new("pattern", Shape::Text, "A regular expression that the whole text must match"),
        Key::new("done", Shape::TEMPLATE, "Told to whoever decided"),
        Key::new("url", Shape::TEMPLATE, "The button opens this address; it is no decision"),
    ];
    let rules = vec![
        Rule::AtMostOne { of: TARGETS, but: &[], because: "an option does one thing" },
        Rule::AtMostOne { of: &["type", "choice"], but: &[], because: "one kind of answer is asked for" },
        Rule::AtMostOne { of: &["min", "choice"], but: &[], because: "one option is chosen" },
        Rule::AtMostOne { of: &["max", "choice"], but: &[], because: "one option is chosen" },
        Rule::AtMostOne { of: &["pattern", "choice"], but: &[], because: "nothing is written" },
        Rule::Needs { key: "type", other: "ask" },
        Rule::Needs { key: "choice", other: "ask" },
        Rule::Needs { key: "min", other: "ask" },
        Rule::Needs { key: "max", other: "ask" },
        Rule::Needs { key: "pattern", other: "ask" },
        Rule::AtMostOne { of: &["ask", "start", "url"], but: &[], because: "only a decision needs words" },
        Rule::AtMostOne { of: &["verdict", "start", "url"], but: &[], because: "only a decision has a verdict" },
        Rule::AtMostOne { of: &["done", "start", "url"], but: &[], because: "only a decision is done" },
        Rule::Needs { key: "with", other: "start" },
    ];
    Shape::Either(vec![Shape::LABEL, Shape::ruled(own.into_iter().chain(road::keys()).collect(), rules)])
});

static ESCALATE: LazyLock<Shape> = LazyLock::new(|| {
    Shape::record(vec![
        Key::new("after", Shape::TIME, "After so long without a decision").required(),
        Key::new("to", Shape::Form(Form::Id), "This role may decide, too").required(),
    ])
});
