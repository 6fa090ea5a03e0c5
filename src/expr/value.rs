//! Values: what answers, settings and outputs of operations are while a flow runs.

use std::collections::BTreeMap;

use jiff::civil;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

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
}

#[allow(unused_variables, missing_docs)]
impl Value {
    /// As people read it (in a text, a review, a label); `None` for what cannot be printed: none, booleans, lists, records.
    pub fn print(&self, language: &str, zone: &jiff::tz::TimeZone) -> Option<String> {
        todo!()
    }
    /// As JSON: dates, times, moments and durations as text (RFC 3339, `1h30m`), names and contacts as their text.
    pub fn to_json(&self) -> serde_json::Value {
        todo!()
    }
    /// Reads JSON as a value of this type; otherwise says what was expected ("a whole number"), never the value.
    pub fn from_json(json: &serde_json::Value, of: &crate::expr::Type) -> Result<Self, String> {
        todo!()
    }
    /// A field, of a record or of a kind that has fields (`name.last`, `contact.number`, `money.amount`); a field of none is none.
    pub fn field(&self, name: &str) -> Option<std::borrow::Cow<'_, Value>> {
        todo!()
    }
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}
