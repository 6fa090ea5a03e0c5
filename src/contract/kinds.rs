//! Kinds of JSON values, and which of them the language's types read and write.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::expr::Kind;

/// A kind of JSON value. A number without a fraction is of the first of the two kinds of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum JsonKind {
    Text,
    Whole,
    Fraction,
    Boolean,
    List,
    Record,
    Null,
}

impl JsonKind {
    /// The kinds that a schema allows by its own words; nothing if it does not say.
    pub(super) fn said_by(schema: &Json) -> Option<BTreeSet<Self>> {
        let named = |name: &Json| {
            Some(match name.as_str()? {
                "string" => vec![Self::Text],
                "integer" => vec![Self::Whole],
                "number" => vec![Self::Whole, Self::Fraction],
                "boolean" => vec![Self::Boolean],
                "array" => vec![Self::List],
                "object" => vec![Self::Record],
                "null" => vec![Self::Null],
                _ => return None,
            })
        };
        match schema.get("type") {
            Some(Json::Array(names)) => return Some(names.iter().map(named).collect::<Option<Vec<_>>>()?.concat().into_iter().collect()),
            Some(name) => return Some(named(name)?.into_iter().collect()),
            None => {}
        }
        if let Some(only) = schema.get("const") {
            return Some(BTreeSet::from([Self::of(only)]));
        }
        if let Some(values) = schema.get("enum").and_then(Json::as_array) {
            return Some(values.iter().map(Self::of).collect());
        }
        let implied = [("properties", Self::Record), ("items", Self::List)];
        implied.into_iter().find(|(key, _)| schema.get(key).is_some()).map(|(_, kind)| BTreeSet::from([kind]))
    }

    /// The kind of a value.
    pub(super) fn of(value: &Json) -> Self {
        match value {
            Json::Null => Self::Null,
            Json::Bool(_) => Self::Boolean,
            Json::Number(number) if number.is_f64() => Self::Fraction,
            Json::Number(_) => Self::Whole,
            Json::String(_) => Self::Text,
            Json::Array(_) => Self::List,
            Json::Object(_) => Self::Record,
        }
    }

    /// The kinds that a value of this type is read from; nothing if any will do.
    pub(super) fn read_as(kind: &Kind) -> Option<Vec<Self>> {
        Some(match kind {
            Kind::Any | Kind::None => return None,
            Kind::Boolean => vec![Self::Boolean],
            Kind::Integer => vec![Self::Whole, Self::Fraction],
            Kind::Decimal => vec![Self::Whole, Self::Fraction, Self::Text],
            Kind::Money => vec![Self::Record, Self::Whole, Self::Fraction, Self::Text],
            Kind::Contact => vec![Self::Text, Self::Record],
            Kind::List(_) => vec![Self::List],
            Kind::Record(_) | Kind::File | Kind::Location => vec![Self::Record],
            Kind::Text | Kind::Name | Kind::Date | Kind::Clock | Kind::DateTime | Kind::Duration | Kind::OneOf(_) => vec![Self::Text],
        })
    }

    /// The kind that a value of this type is written as; nothing if that cannot be known.
    pub(super) fn written(kind: &Kind) -> Option<Self> {
        Some(match kind {
            Kind::Any | Kind::None => return None,
            Kind::Boolean => Self::Boolean,
            Kind::Integer => Self::Whole,
            Kind::Decimal => Self::Fraction,
            Kind::List(_) => Self::List,
            Kind::Record(_) | Kind::Money | Kind::File | Kind::Location => Self::Record,
            _ => Self::Text,
        })
    }

    /// In words: `a text`.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Whole => "a whole number",
            Self::Fraction => "a number",
            Self::Boolean => "true or false",
            Self::List => "a list",
            Self::Record => "a record",
            Self::Null => "null",
        }
    }

    /// Several in words: `a text or null`.
    pub(super) fn list(kinds: &BTreeSet<Self>) -> String {
        let is_number = kinds.contains(&Self::Fraction);
        let words = kinds.iter().filter(|kind| !(is_number && **kind == Self::Whole)).map(|kind| kind.words());
        words.collect::<Vec<_>>().join(" or ")
    }
}
