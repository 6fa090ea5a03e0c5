//! Values: what answers, settings and outputs of operations are while a flow runs.

mod file;
mod json;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::expr::{Type, format};

pub use file::{Content, File, FileAt, MADE_AT_MOST, Shown};

/// A moment: milliseconds since 1970-01-01 00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Time(pub i64);

impl Time {
    /// The moment `millis` later; the far ends of time are clamped.
    #[must_use]
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// A person's name, read from what they wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// As the person wrote it, normalised: what is printed.
    pub text: String,
    /// Family name.
    pub last: String,
    /// Given name.
    pub first: String,
    /// Patronymic or middle names, if any.
    pub middle: Option<String>,
}

/// A value of the flow language. There is no "undefined": what has not run or was skipped is [`Value::None`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Value {
    /// Nothing.
    #[default]
    None,
    /// `boolean`, `yes_no`.
    Bool(bool),
    /// `integer`.
    Integer(i64),
    /// `decimal`.
    Decimal(#[serde(with = "rust_decimal::serde::str")] Decimal),
    /// `text`, `email`, `phone`, the id of a chosen option.
    Text(String),
    /// `date`.
    Date(civil::Date),
    /// `time`: a time of day.
    Clock(civil::Time),
    /// `datetime`: a moment.
    Time(Time),
    /// `duration`, in milliseconds.
    Duration(i64),
    /// `name`.
    Name(Name),
    /// `contact`.
    Contact {
        /// E.164.
        number: String,
        /// The channel vouches that it is the person's own.
        verified: bool,
    },
    /// `money`.
    Money {
        /// In whole units of the currency.
        #[serde(with = "rust_decimal::serde::str")]
        amount: Decimal,
        /// ISO 4217.
        currency: String,
    },
    /// A list.
    List(Vec<Value>),
    /// A record.
    Record(BTreeMap<String, Value>),
    /// `photo`, `document`, `file`.
    File(File),
    /// `location`, in degrees.
    Location {
        /// North of the equator.
        #[serde(with = "rust_decimal::serde::str")]
        latitude: Decimal,
        /// East of Greenwich.
        #[serde(with = "rust_decimal::serde::str")]
        longitude: Decimal,
    },
}

impl Value {
    /// As people read it (in a text, a review, a label); `None` for what cannot be printed: none, booleans, lists, records.
    pub fn print(&self, language: &str, zone: &TimeZone) -> Option<String> {
        format::printed(self, language, zone).map(Cow::into_owned)
    }

    /// As JSON: dates, times, moments and durations as text (RFC 3339, `1h30m`), names and contacts as their text.
    pub fn to_json(&self) -> serde_json::Value {
        json::write(self)
    }

    /// Reads JSON as a value of this type; otherwise says what was expected ("a whole number"), never the value.
    ///
    /// `money` may be a bare number; its currency is then empty and for the caller to fill in.
    pub fn from_json(json: &serde_json::Value, of: &Type) -> Result<Self, String> {
        json::read(json, of)
    }

    /// A field, of a record or of a kind that has fields (`name.last`, `contact.number`, `money.amount`, `photo.size`); a field of none is none.
    /// `None` if there is no such field.
    pub fn field(&self, name: &str) -> Option<Cow<'_, Value>> {
        let text = |text: &str| Some(Cow::Owned(Self::Text(text.to_owned())));
        match (self, name) {
            (Self::None, _) => Some(Cow::Owned(Self::None)),
            (Self::Record(fields), _) => fields.get(name).map(Cow::Borrowed),
            (Self::Name(person), "last") => text(&person.last),
            (Self::Name(person), "first") => text(&person.first),
            (Self::Name(person), "middle") => {
                Some(Cow::Owned(person.middle.as_ref().map_or(Self::None, |middle| Self::Text(middle.clone()))))
            }
            (Self::Contact { number, .. }, "number") => text(number),
            (Self::Contact { verified, .. }, "verified") => Some(Cow::Owned(Self::Bool(*verified))),
            (Self::Money { amount, .. }, "amount") => Some(Cow::Owned(Self::Decimal(*amount))),
            (Self::Money { currency, .. }, "currency") => text(currency),
            (Self::File(file), "name") => text(&file.name),
            (Self::File(file), "kind") => text(&file.kind),
            (Self::File(file), "size") => Some(Cow::Owned(Self::Integer(i64::try_from(file.size).unwrap_or(i64::MAX)))),
            (Self::Location { latitude, .. }, "latitude") => Some(Cow::Owned(Self::Decimal(*latitude))),
            (Self::Location { longitude, .. }, "longitude") => Some(Cow::Owned(Self::Decimal(*longitude))),
            _ => None,
        }
    }

    /// The same of a value that is not needed any more.
    pub(super) fn into_field(self, name: &str) -> Option<Self> {
        match self {
            Self::Record(mut fields) => fields.remove(name),
            other => other.field(name).map(Cow::into_owned),
        }
    }

    /// True for [`Value::None`].
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The text of what is a text to people: texts, names, contacts.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Name(name) => Some(&name.text),
            Self::Contact { number, .. } => Some(number),
            _ => None,
        }
    }

    /// What it is, in words for a message: "a text", "a list"…
    pub fn describe(&self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Bool(_) => "true or false",
            Self::Integer(_) | Self::Decimal(_) => "a number",
            Self::Text(_) | Self::Name(_) | Self::Contact { .. } => "a text",
            Self::Date(_) => "a date",
            Self::Clock(_) => "a time of day",
            Self::Time(_) => "a moment",
            Self::Duration(_) => "a duration",
            Self::Money { .. } => "an amount of money",
            Self::List(_) => "a list",
            Self::Record(_) => "a record",
            Self::File(_) => "a file",
            Self::Location { .. } => "a location",
        }
    }
}
