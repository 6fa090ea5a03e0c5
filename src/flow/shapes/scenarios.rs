//! `*.test.yaml`: test conversations.

use std::sync::LazyLock;

use crate::flow::shapes::{LEAVE_OUT, usher};
use crate::syntax::shape::{Form, Key, Record, Rule, Shape, Variant, Variants, Without, Word};

/// `scenarios: <id>`.
pub static SCENARIOS: LazyLock<Shape> = LazyLock::new(|| {
    Shape::record(vec![
        Key::new("scenarios", Shape::Form(Form::Id), "The id of this file, by which others use its parts").required(),
        Key::new("given", Shape::named("given", &GIVEN), "What is so before each test"),
        Key::new("parts", Shape::map_or_empty(Form::Id, talk()), "Pieces of conversation that tests use"),
        Key::new("tests", Shape::map(Form::Id, test()), "The tests").required(),
    ])
});

fn test() -> Shape {
    Shape::record(vec![
        Key::new("title", Shape::TEMPLATE, "What it shows"),
        Key::new("given", Shape::named("given", &GIVEN), "What is different for this test"),
        Key::new("talk", talk(), "The conversation, line by line").required(),
        Key::new("expect", Shape::named("expect", &EXPECT), "What is so at the end"),
    ])
}

static GIVEN: LazyLock<Shape> = LazyLock::new(|| {
    Shape::record(vec![
        Key::new("like", Shape::Form(Form::Id), "Another file whose `given` is the base of this one"),
        Key::new("now", Shape::Form(Form::Moment), "The time at which the test begins: 2026-11-23 10:05"),
        Key::new("settings", Shape::map_or_empty(Form::Id, Shape::Any), "Settings that differ from bot.yaml"),
        Key::new("profile", Shape::map_or_empty(Form::Id, Shape::Form(Form::Id)), "Connection → profile"),
        Key::new("limits", usher::limits(), "How much one person may do, as in usher.yaml; default: whatever they like"),
        Key::new(
            "roles",
            Shape::map_or_empty(Form::Id, Shape::Text),
            "The roles there are, and what each is called; default: those of usher.yaml, which tests that show titles should not depend on",
        ),
        Key::new("rights", Shape::map_or_empty(Form::Id, usher::rights()), "Role → what it may, as in usher.yaml; default: everything"),
        Key::new("people", Shape::map_or_empty(Form::Id, person()), "Who takes part; `me` is the person the flow serves"),
        Key::new("person", Shape::map_or_empty(Form::Id, Shape::map_or_empty(Form::Id, Shape::Any)), "Who → what the bot knows about them"),
        Key::new("data", Shape::map_or_empty(Form::Id, Shape::Any), "Values that answers use: json: { data: name }"),
    ])
});

fn person() -> Shape {
    Shape::record(vec![
        Key::new("id", Shape::Form(Form::Free), "Their id in the channel; default for me: 1001"),
        Key::new("name", Shape::Text, "Their whole name"),
        Key::new("first_name", Shape::Any, "Their first name; \"\" where the chat tells none"),
        Key::new("last_name", Shape::Text, "Their last name"),
        Key::new("username", Shape::Text, "Their user name, without @"),
        Key::new("language", Shape::Form(Form::Language), "Their language"),
        Key::new("roles", Shape::List { of: Box::new(Shape::Form(Form::Id)), min: 0 }, "Their roles"),
    ])
}

fn talk() -> Shape {
    Shape::List { of: Box::new(Shape::named("line", &LINE)), min: 0 }
}

/// A line of a conversation: what somebody writes or presses, what the bot says or sends, or what happens.
static LINE: LazyLock<Shape> = LazyLock::new(|| {
    let variant = |key: Key, keys: Vec<Key>| Variant { key, keys };
    let away = Shape::Either(vec![Shape::Boolean, Shape::DURATION]);
    let all = vec![
        variant(Key::new("bot", spoken(), "The next message is exactly this, tags removed; \"*\" is any"), message()),
        variant(Key::new("http", Shape::Form(Form::Sent), "The bot has sent this request"), http()),
        variant(Key::new("call", Shape::Form(Form::Operation), "The bot has called this operation"), call()),
        variant(Key::new("pass", Shape::DURATION, "So much time passes; what falls due on the way happens"), Vec::new()),
        variant(Key::new("restart", away, "The bot is stopped and started again; a duration: so much later"), Vec::new()),
        variant(Key::new("edit", Shape::map(Form::Free, Shape::TEMPLATE), "File → its new text"), edit()),
        variant(Key::new("use", Shape::Form(Form::Dotted), "A part of this file, or <file>.<part> of another"), Vec::new()),
        variant(Key::new("deleted", Shape::Form(Form::Id), "The message of this name has been deleted"), Vec::new()),
        variant(Key::new("edited", Shape::Form(Form::Id), "The message of this name has been edited"), edited()),
        variant(Key::new("expect", Shape::named("expect", &EXPECT), "What is so at this point"), Vec::new()),
    ];
    let line = Shape::Record(Box::new(Record {
        keys: vec![Key::new("as", Shape::Form(Form::Id), "A name for it, for lines to come")],
        variants: Some(Variants { noun: "something that happens", because: "a line says one thing", all, without: Without::Other }),
        others: Some((Form::Id, update())),
        ..Record::default()
    }));
    Shape::told(&["event"], event(), line)
});

/// Another system reports something.
fn event() -> Shape {
    Shape::Record(Box::new(Record {
        keys: vec![
            Key::new("event", Shape::Form(Form::Dotted), "Another system reports this event; its fields stand beside it").required(),
        ],
        others: Some((Form::Id, Shape::Any)),
        ..Record::default()
    }))
}

/// A text, or one for each language.
fn spoken() -> Shape {
    Shape::Either(vec![Shape::Text, Shape::map(Form::Language, Shape::Text)])
}

/// What a person does.
fn update() -> Shape {
    const CONTACT: &[Word] = &[
        Word::new("own", "Their own card"),
        Word::new("foreign", "Somebody else's card"),
        Word::new("forwarded", "A forwarded card"),
        Word::new("no_id", "A card without an account"),
    ];
    const DOES: &[&str] = &["press", "contact", "sticker", "edit", "link", "group", "photo", "document", "location"];
    let update = Shape::ruled(
        vec![
            Key::new("press", spoken(), "Presses the button with this label"),
            Key::new("at", Shape::Form(Form::Id), "…the message of this name, not the last one"),
            Key::new("contact", Shape::OneOf(CONTACT), "Sends a card"),
            Key::new("phone", Shape::Form(Form::Free), "…with this number"),
            Key::new("sticker", Shape::Boolean, "Sends something that is no text"),
            Key::new("photo", file(), "Sends a photo of this name"),
            Key::new("document", file(), "Sends a document of this name"),
            Key::new("size", Shape::Form(Form::Size), "…of this size; default: 200KB"),
            Key::new("kind", Shape::Text, "…of this media type; default: what the ending of the name tells"),
            Key::new("album", Shape::Form(Form::Free), "…as a part of the album of this name"),
            Key::new("location", Shape::Text, "Shares a point: degrees north and east"),
            Key::new("edit", spoken(), "Edits their last message"),
            Key::new("link", Shape::Form(Form::Free), "Opens a link with this payload"),
            Key::not_yet("group", LEAVE_OUT),
        ],
        vec![
            Rule::AtMostOne { of: DOES, but: &[], because: "a line says one thing" },
            Rule::Needs { key: "contact", other: "phone" },
            Rule::Needs { key: "phone", other: "contact" },
        ],
    );
    Shape::Either(vec![Shape::Form(Form::Free), Shape::told(DOES, update, Shape::map(Form::Language, Shape::Text))])
}

fn message() -> Vec<Key> {
    const FLAGS: &[Word] = &[Word::new("protected", "It cannot be forwarded or saved"), Word::new("no_preview", "Links have no previews")];
    let who = || Shape::Form(Form::Id);
    vec![
        Key::new("to", Shape::Either(vec![who(), Shape::list(who())]), "To whom; default: me"),
        Key::new("buttons", Shape::List { of: Box::new(spoken()), min: 0 }, "Its buttons, exactly; default: none"),
        Key::new("flags", Shape::list(Shape::OneOf(FLAGS)), "How it is shown"),
        Key::new("photo", spoken(), "The picture it shows, exactly: its path beside the flows, or its name; default: none"),
        Key::new("document", spoken(), "The file it shows, exactly: its path beside the flows, or its name; default: none"),
    ]
}

fn edited() -> Vec<Key> {
    let text = Key::new("bot", spoken(), "Its text now");
    std::iter::once(text).chain(message()).collect()
}

fn edit() -> Vec<Key> {
    vec![Key::new("refused", Shape::Boolean, "True: the new files are not taken")]
}

/// The name of a file, or `true`.
fn file() -> Shape {
    Shape::Either(vec![Shape::Boolean, Shape::Text])
}

fn http() -> Vec<Key> {
    let headers = Shape::Either(vec![Shape::list(Shape::Text), Shape::map(Form::Free, Shape::Text)]);
    vec![
        Key::new("has", Shape::Any, "The body has at least this"),
        Key::new("headers", headers, "These headers are there"),
        Key::new("same_key", Shape::Form(Form::Id), "With the idempotency key of the request of this name"),
        Key::new("answer", answer(), "What the server answers"),
    ]
}

fn answer() -> Shape {
    const SOME: &[&str] = &["status", "json", "text", "timeout", "refused", "reset", "file_gone"];
    const ONE: &[&str] = &["status", "timeout", "refused", "reset", "file_gone"];
    Shape::ruled(
        vec![
            Key::new("status", Shape::Integer { min: 100, max: 599 }, "The status; default: 200"),
            Key::new("json", Shape::Any, "The body; { data: name } is a value of given.data"),
            Key::new("text", Shape::Text, "The body as text"),
            Key::new("headers", Shape::map(Form::Free, Shape::Text), "Its headers"),
            Key::new("timeout", Shape::Either(vec![Shape::Boolean, Shape::DURATION]), "No answer; it was awaited so long"),
            Key::new("refused", Shape::Boolean, "There was no connection"),
            Key::new("reset", Shape::Boolean, "The connection broke after sending"),
            Key::new("file_gone", Shape::Boolean, "Nothing was sent: a file of it is not in its channel any more"),
        ],
        vec![
            Rule::AtLeastOne { of: SOME },
            Rule::AtMostOne { of: ONE, but: &[], because: "there is one answer" },
            Rule::AtMostOne { of: &["json", "text"], but: &[], because: "there is one body" },
        ],
    )
}

fn call() -> Vec<Key> {
    vec![
        Key::new("with", Shape::map_or_empty(Form::Id, Shape::Any), "With these inputs"),
        Key::new("outcome", Shape::Form(Form::Id), "How it ends; default: ok"),
        Key::new("output", Shape::map_or_empty(Form::Id, Shape::Any), "What it gives"),
    ]
}

static EXPECT: LazyLock<Shape> = LazyLock::new(|| {
    let ids = || Shape::map(Form::Id, Shape::Form(Form::Id));
    let times = Shape::Integer { min: 0, max: 10_000 };
    Shape::record(vec![
        Key::new("ended", ids(), "Flow → how it has ended"),
        Key::new("waits", ids(), "Flow → the step at which it waits"),
        Key::new("audit", Shape::List { of: Box::new(Shape::Form(Form::Dotted)), min: 0 }, "The records written, in order"),
        Key::new("requests", Shape::map(Form::Sent, times), "Request → how many times it was sent"),
        Key::new(
            "nowhere",
            Shape::Either(vec![Shape::Form(Form::Free), Shape::list(Shape::Form(Form::Free))]),
            "Texts that stand in no log, transcript or audit",
        ),
        Key::new(
            "doubts",
            Shape::List { of: Box::new(Shape::Form(Form::Operation)), min: 0 },
            "Operations of which nobody knows whether they were done",
        ),
        Key::new("person", Shape::map(Form::Id, Shape::map(Form::Id, Shape::Any)), "Who → what the bot knows about them"),
        Key::not_yet("sees", LEAVE_OUT),
        Key::not_yet("request", LEAVE_OUT),
    ])
});
