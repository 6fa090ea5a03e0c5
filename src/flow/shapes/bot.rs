//! `bot.yaml`: what all flows share.

use std::sync::LazyLock;

use crate::flow::shapes::declaration;
use crate::syntax::shape::{Form, Key, Shape};

/// `bot.yaml`.
pub static BOT: LazyLock<Shape> = LazyLock::new(|| {
    Shape::record(vec![
        Key::new("bot", Shape::Text, "The bot's title").required(),
        Key::new("languages", Shape::list(Shape::Form(Form::Language)), "The first is the language of the flow files"),
        Key::new("timezone", Shape::Form(Form::Zone), "Where times are shown and read: Europe/Moscow"),
        Key::new("country", Shape::Form(Form::Country), "How typed phone numbers are read; default: RU"),
        Key::new("currency", Shape::Form(Form::Currency), "The currency of sums that name none; default: RUB"),
        Key::new("quiet", quiet(), "The hours in which nobody is reminded of anything; answers always come"),
        Key::new("settings", Shape::map_or_empty(Form::Id, setting()), "Values that differ between installations; read as settings.<name>"),
        Key::new("person", declaration::fields(), "What flows may remember about a person; read as person.<name>"),
        Key::new("words", words(), "The words that work anywhere: /cancel /back /help /status /restart /language"),
        Key::new("texts", Shape::map_or_empty(Form::Id, Shape::TEMPLATE), "Built-in sentences in your own wording"),
        Key::new("events", Shape::map_or_empty(Form::Dotted, declaration::fields()), "What other systems report: name → fields"),
        Key::new("audit", Shape::map_or_empty(Form::Dotted, Shape::TEMPLATE), "How histories name what flows record with `audit`"),
        Key::new("segments", Shape::map_or_empty(Form::Id, segment()), "Groups of people, told apart by what is remembered of them"),
    ])
});

fn quiet() -> Shape {
    Shape::record(vec![
        Key::new("from", Shape::Text, "When they begin: \"21:00\"").required(),
        Key::new("to", Shape::Text, "When they are over: \"09:00\"").required(),
    ])
}

fn segment() -> Shape {
    Shape::record(vec![
        Key::new("title", Shape::TEMPLATE, "What people read").required(),
        Key::new("when", Shape::Expression, "Who belongs to it: a condition over person and settings").required(),
    ])
}

fn setting() -> Shape {
    declaration::declared(vec![Key::new("value", Shape::Any, "Its value, unless the operator's file gives another").required()])
}

fn words() -> Shape {
    let word = |name, description| Key::new(name, rule(), description);
    Shape::record(vec![
        word("cancel", "Ends the conversation in front"),
        word("back", "One question back"),
        word("help", "Help for the present step"),
        word("status", "Where the person stands"),
        word("restart", "Cancels and starts the same flow again"),
        word("language", "Chooses a language"),
    ])
}

fn rule() -> Shape {
    Shape::record(vec![
        Key::new("on", Shape::Boolean, "False: the word is an ordinary text"),
        Key::new("say", Shape::TEMPLATE, "What it says"),
        Key::new("none", Shape::TEMPLATE, "What it says when there is nothing to do it to"),
        Key::new("ask", Shape::TEMPLATE, "What it asks first"),
        Key::new("start", Shape::Form(Form::Id), "The flow it starts"),
    ])
}
