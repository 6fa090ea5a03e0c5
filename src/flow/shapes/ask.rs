//! `ask`: the question, what counts as an answer, what happens when there is none.

use std::sync::LazyLock;

use crate::flow::shapes::road;
use crate::syntax::shape::{Form, Key, Record, Rule, Shape, Word};

/// 47 hours: Telegram deletes nothing older than 48.
const DELETABLE: i64 = 47 * 60 * 60 * 1000;

/// What an answer may be read as; `choice` and `choices` are keys of their own.
const ANSWERS: &[Word] = &[
    Word::new("text", "Free text; min and max count characters"),
    Word::new("name", "A person's name: two to five words of letters"),
    Word::new("integer", "A whole number"),
    Word::new("decimal", "A number"),
    Word::new("money", "A sum, with or without a currency"),
    Word::new("date", "A day, as people write it"),
    Word::new("time", "A time of day"),
    Word::new("datetime", "A day and a time"),
    Word::new("email", "An e-mail address"),
    Word::new("phone", "A typed phone number"),
    Word::new("contact", "The person's own number, by the button"),
    Word::new("yes_no", "Two buttons, or the words"),
    Word::new("photo", "A photo, or an image sent as a file"),
    Word::new("document", "A file"),
    Word::new("location", "A point on the map, by the button"),
];

/// The keys of a question.
pub fn keys() -> Vec<Key> {
    let mut keys = vec![
        Key::new("type", Shape::OneOf(ANSWERS), "What the answer is read as; text if nothing is said"),
        Key::new("choice", Shape::named("options", &OPTIONS), "One of these options"),
        Key::new("choices", Shape::named("options", &OPTIONS), "Several of these options"),
        Key::new("known", Shape::Expression, "Not none and acceptable: taken as the answer, not asked"),
        Key::new("optional", Shape::Either(vec![Shape::Boolean, Shape::LABEL]), "True, or the label of the button that skips the question"),
        Key::new("default", Shape::Expression, "The answer when attempts are used up, and on a skipped question"),
        Key::new("unclear", unclear(), "Said when the answer cannot be read; `input` is what was written"),
        Key::new("check", Shape::map(Form::Id, check()), "What must hold of the answer; the first that does not is said"),
        Key::new("attempts", attempts(), "After so many failed answers this road is taken"),
        Key::new("repeat", Shape::list(Shape::TEMPLATE), "The wording when the question is put again: the 2nd time, the 3rd and later"),
        Key::new("min", Shape::Expression, "The least: characters, number, day or number of options"),
        Key::new("max", Shape::Expression, "The greatest: characters, number, day or number of options"),
        Key::new("pattern", Shape::Text, "A regular expression that the whole text must match"),
        Key::new("typed", Shape::Expression, "Contact: true, or a condition under which a typed number is taken, too, unverified"),
        Key::new("max_size", Shape::Form(Form::Size), "The largest file that is taken: 5MB; default and at most 20MB"),
        Key::new(
            "kinds",
            Shape::list(Shape::Form(Form::Free)),
            "The files that are taken: image/*, application/pdf, or endings such as pdf",
        ),
        Key::new("many", Shape::Boolean, "True: several files are one answer, a list"),
        Key::new("country", Shape::Form(Form::Country), "How a typed number is read; default: the bot's"),
        Key::new("currency", Shape::Form(Form::Currency), "The currency when none is written; default: the bot's"),
        Key::new("pii", Shape::Boolean, "Personal data: masked in logs and consoles"),
        Key::new("secret", Shape::Boolean, "The person's message is deleted after reading, the answer kept encrypted"),
        Key::new("button", Shape::LABEL, "The label of the button that sends the contact or the location"),
    ];
    keys.extend(manner());
    keys
}

/// Keys about how a message is shown.
pub fn manner() -> Vec<Key> {
    vec![
        Key::new("protect", Shape::Boolean, "No forwarding and no saving"),
        Key::new("delete_after", Shape::Duration { min: 1, max: DELETABLE }, "The message is deleted after that; at most 47h"),
        Key::new("preview", Shape::Boolean, "True: previews of links are shown"),
        Key::new(
            "photo",
            Shape::Expression,
            "A picture above the text, if there is one: a file, or its path below the folder of the flows: ./office.png",
        ),
        Key::new(
            "document",
            Shape::Expression,
            "A file above the text, if there is one: a file, or its path below the folder of the flows: ./rules.pdf",
        ),
    ]
}

/// A message shows one file.
pub const FILE: Rule = Rule::AtMostOne { of: &["photo", "document"], but: &[], because: "a message shows one file" };

/// One of `type`, `choice` and `choices` says what an answer is.
pub const ANSWER: Rule = Rule::AtMostOne { of: &["type", "choice", "choices"], but: &[], because: "a question takes one kind of answer" };

/// Options: written in the flow, or from data.
static OPTIONS: LazyLock<Shape> = LazyLock::new(|| {
    let literal = Shape::map(Form::Id, Shape::named("option", &road::OPTION));
    Shape::told(&["from"], Shape::named("options_from_data", &FROM_DATA), literal)
});

static FROM_DATA: LazyLock<Shape> = LazyLock::new(|| {
    let more = [
        Key::new("also", Shape::map(Form::Id, Shape::named("option", &road::OPTION)), "Options after the list; each leads somewhere"),
        Key::new(
            "empty",
            Shape::named("road", &road::ROAD),
            "The road when the list is empty; without it what stands under `also` is offered alone",
        ),
    ];
    Shape::record(list().into_iter().chain(more).collect())
});

/// What whoever decides on a request chooses from: labels, or a list. None of it leads anywhere.
pub static DEMANDED: LazyLock<Shape> = LazyLock::new(|| {
    let literal = Shape::map(Form::Id, Shape::LABEL);
    Shape::told(&["from"], Shape::record(list()), literal)
});

/// A list of records as options.
fn list() -> Vec<Key> {
    vec![
        Key::new("from", Shape::Expression, "A list of records").required(),
        Key::new("where", Shape::Expression, "Over `item`: others are not offered"),
        Key::new("key", Shape::Expression, "Over `item`: unique and stable, what the button stands for").required(),
        Key::new("label", Shape::TEMPLATE, "Over `item`: what is on the button").required(),
        Key::new("label_key", Shape::Expression, "Over `item`: the translation choice.labels.<that> is used if there is one"),
    ]
}

fn unclear() -> Shape {
    let reason = |name, description| Key::new(name, Shape::TEMPLATE, description);
    let reasons = vec![
        reason("short", "Fewer characters than min"),
        reason("long", "More characters than max"),
        reason("pattern", "The pattern does not match"),
        reason("low", "Less than min"),
        reason("high", "More than max"),
        reason("early", "Before min"),
        reason("late", "After max"),
        reason("few", "Fewer options than min"),
        reason("many", "More options than max, or more files than one answer takes"),
        reason("foreign", "The contact is another person's"),
        reason("forwarded", "The contact was forwarded"),
        reason("typed", "A number was typed"),
        reason("big", "The file is larger than max_size"),
        reason("kind", "The file is of another kind"),
        reason("other", "Anything else of this type"),
        reason("else", "All reasons that are not named"),
    ];
    Shape::Either(vec![Shape::TEMPLATE, Shape::Record(Box::new(Record { keys: reasons, ..Record::default() }))])
}

fn check() -> Shape {
    Shape::ruled(
        vec![
            Key::new("when", Shape::Expression, "Must be true; sees `value`, and `result` of the call").required(),
            Key::new("say", Shape::TEMPLATE, "Said otherwise").required(),
            Key::new("call", Shape::Form(Form::Operation), "An operation that only reads, called first"),
            Key::new("with", road::inputs(), "Its inputs"),
        ],
        vec![Rule::Needs { key: "with", other: "call" }],
    )
}

fn attempts() -> Shape {
    road::without_target(vec![Key::new("max", Shape::COUNT, "So many failed answers").required()])
}
