//! Types as authors declare them: `name: T`, or `name: { type: T, … }`, or a record.

use std::sync::LazyLock;

use crate::syntax::shape::{Form, Key, Rule, Shape, Telling, Word};

/// The types that need no declaration.
const BUILT_IN: &[Word] = &[
    Word::new("text", "A text"),
    Word::new("name", "A person's name, with .last .first .middle"),
    Word::new("integer", "A whole number"),
    Word::new("decimal", "A number"),
    Word::new("money", "A sum, with .amount and .currency"),
    Word::new("date", "A day"),
    Word::new("time", "A time of day"),
    Word::new("datetime", "A moment"),
    Word::new("duration", "A length of time: 90s, 1h30m, 14d"),
    Word::new("email", "An e-mail address"),
    Word::new("phone", "A phone number"),
    Word::new("contact", "A card of a messenger, with .number and .verified"),
    Word::new("yes_no", "True or false"),
    Word::new("boolean", "True or false"),
    Word::new("list", "A list; `of` tells of what"),
    Word::new("file", "A file that a person sent, with .name .size .kind"),
    Word::new("photo", "The same, of a photo"),
    Word::new("document", "The same, of a document"),
    Word::new("location", "A point on the map, with .latitude and .longitude"),
];

const ONE_TYPE: &str = "a value has one type";

/// A declaration: the short form, the long form, or the fields of a record.
pub static TYPE: LazyLock<Shape> = LazyLock::new(|| {
    Shape::Either(vec![
        Shape::Name(BUILT_IN),
        Shape::Told {
            by: &["type", "one_of", "list"],
            when: Telling::IfAllKnown,
            so: Box::new(declared(Vec::new())),
            otherwise: Box::new(fields()),
        },
    ])
});

/// The fields of a record.
pub fn fields() -> Shape {
    Shape::map_or_empty(Form::Id, Shape::named("type", &TYPE))
}

/// The long form, with keys of its own.
pub fn declared(own: Vec<Key>) -> Shape {
    let rules = vec![
        Rule::AtLeastOne { of: &["type", "one_of", "list"] },
        Rule::AtMostOne { of: &["type", "one_of", "list"], but: &[], because: ONE_TYPE },
        Rule::Needs { key: "of", other: "type" },
    ];
    Shape::ruled(own.into_iter().chain(keys()).collect(), rules)
}

/// Words to choose from: a list, or a map from word to label.
fn one_of() -> Shape {
    Shape::Either(vec![Shape::list(Shape::Form(Form::Free)), Shape::map(Form::Free, Shape::LABEL)])
}

fn keys() -> Vec<Key> {
    let of = || Shape::named("type", &TYPE);
    vec![
        Key::new("type", of(), "The type: text, integer, email, list…, or a record"),
        Key::new("of", of(), "The type of a list's items"),
        Key::new("list", of(), "A list of this"),
        Key::new("one_of", one_of(), "One of these words; a map gives each a label"),
        Key::new("optional", Shape::Boolean, "True: the value may be none"),
        Key::new("default", Shape::Any, "Taken when there is no value"),
        Key::new("pii", Shape::Boolean, "Personal data: masked in logs and consoles"),
        Key::new("secret", Shape::Boolean, "Kept encrypted, shown in protected messages only, erased soon"),
        Key::new("title", Shape::TEMPLATE, "What people call it"),
    ]
}
