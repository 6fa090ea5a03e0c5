//! Static types: what lint and the loader know of a value before anything runs.

use std::collections::BTreeMap;

use crate::expr::Value;

/// The type of a value, with what travels along with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    /// What kind of value it is.
    pub kind: Kind,
    /// It may be `none`.
    pub optional: bool,
    /// Personal data: masked wherever people without the right could see it.
    pub pii: bool,
    /// A secret: readable in four places only (shown text, copy button, secret input, `is none`).
    pub secret: bool,
}

/// The kinds of values.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Cannot be known; everything is allowed.
    Any,
    /// Always `none`.
    None,
    /// `boolean`, `yes_no`.
    Boolean,
    /// `integer`.
    Integer,
    /// `decimal`.
    Decimal,
    /// `money`, with `.amount` and `.currency`.
    Money,
    /// `text`, `email`, `phone`.
    Text,
    /// `name`, with `.last`, `.first`, `.middle`.
    Name,
    /// `contact`, with `.number` and `.verified`.
    Contact,
    /// `date`.
    Date,
    /// `time`.
    Clock,
    /// `datetime`.
    DateTime,
    /// `duration`.
    Duration,
    /// One of these words, each with its label in the first language.
    OneOf(Vec<(String, String)>),
    /// A list.
    List(Box<Type>),
    /// A record with exactly these fields.
    Record(BTreeMap<String, Type>),
    /// `photo`, `document`, `file`, with `.name`, `.size` and `.kind`.
    File,
    /// `location`, with `.latitude` and `.longitude`.
    Location,
}

impl Type {
    /// A certain value of this kind, without flags.
    pub fn certain(kind: Kind) -> Self {
        Self { kind, optional: false, pii: false, secret: false }
    }

    /// True for a secret, and for what has one inside.
    pub fn holds_secret(&self) -> bool {
        self.secret
            || match &self.kind {
                Kind::List(item) => item.holds_secret(),
                Kind::Record(fields) => fields.values().any(Self::holds_secret),
                _ => false,
            }
    }

    /// The same, possibly `none`.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The same, certainly there.
    pub(super) fn present(mut self) -> Self {
        self.optional = false;
        self
    }

    /// The same with the flags of what it was computed from.
    pub(super) fn flagged_by(mut self, source: &Self) -> Self {
        self.pii |= source.pii;
        self.secret |= source.secret;
        self
    }

    /// The type of a value that is known.
    pub(super) fn of(value: &Value) -> Self {
        let kind = match value {
            Value::None => return Self::certain(Kind::None).optional(),
            Value::Bool(_) => Kind::Boolean,
            Value::Integer(_) => Kind::Integer,
            Value::Decimal(_) => Kind::Decimal,
            Value::Text(_) => Kind::Text,
            Value::Date(_) => Kind::Date,
            Value::Clock(_) => Kind::Clock,
            Value::Time(_) => Kind::DateTime,
            Value::Duration(_) => Kind::Duration,
            Value::Name(_) => Kind::Name,
            Value::Contact { .. } => Kind::Contact,
            Value::Money { .. } => Kind::Money,
            Value::File(_) => Kind::File,
            Value::Location { .. } => Kind::Location,
            Value::List(items) => {
                let item = items.iter().map(Self::of).reduce(|left, right| left.either(&right));
                Kind::List(Box::new(item.unwrap_or(Self::certain(Kind::Any))))
            }
            Value::Record(fields) => Kind::Record(fields.iter().map(|(name, value)| (name.clone(), Self::of(value))).collect()),
        };
        Self::certain(kind)
    }

    /// The type of what is one or the other.
    pub(super) fn either(&self, other: &Self) -> Self {
        Self {
            kind: self.kind.either(&other.kind),
            optional: self.optional || other.optional,
            pii: self.pii || other.pii,
            secret: self.secret || other.secret,
        }
    }

    /// The type of a field; otherwise the names of the fields there are.
    pub(crate) fn field(&self, name: &str) -> Result<Self, Vec<&str>> {
        let field = match (&self.kind, name) {
            (Kind::Any, _) => Self::certain(Kind::Any),
            (Kind::None, _) => Self::certain(Kind::None).optional(),
            (Kind::Record(fields), _) => fields.get(name).cloned().ok_or_else(|| fields.keys().map(String::as_str).collect::<Vec<_>>())?,
            (Kind::Name, "last" | "first") | (Kind::Contact, "number") | (Kind::Money, "currency") | (Kind::File, "name" | "kind") => {
                Self::certain(Kind::Text)
            }
            (Kind::Name, "middle") => Self::certain(Kind::Text).optional(),
            (Kind::Contact, "verified") => Self::certain(Kind::Boolean),
            (Kind::Money, "amount") | (Kind::Location, "latitude" | "longitude") => Self::certain(Kind::Decimal),
            (Kind::File, "size") => Self::certain(Kind::Integer),
            (Kind::File, _) => return Err(vec!["name", "size", "kind"]),
            (Kind::Location, _) => return Err(vec!["latitude", "longitude"]),
            (Kind::Name, _) => return Err(vec!["last", "first", "middle"]),
            (Kind::Contact, _) => return Err(vec!["number", "verified"]),
            (Kind::Money, _) => return Err(vec!["amount", "currency"]),
            _ => return Err(Vec::new()),
        };
        let optional = field.optional || self.optional;
        Ok(Self { optional, ..field.flagged_by(self) })
    }

    /// The type of an item of a list.
    pub(super) fn item(&self) -> Option<Self> {
        match &self.kind {
            Kind::Any => Some(Self::certain(Kind::Any).flagged_by(self)),
            Kind::List(item) => Some((**item).clone().flagged_by(self)),
            _ => None,
        }
    }
}

impl Kind {
    /// In words for a message: "a text", "a list"…
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::None => "always none",
            Self::Boolean => "true or false",
            Self::Integer => "a whole number",
            Self::Decimal => "a number",
            Self::Money => "an amount of money",
            Self::Text => "a text",
            Self::Name => "a name",
            Self::Contact => "a contact",
            Self::Date => "a date",
            Self::Clock => "a time of day",
            Self::DateTime => "a moment",
            Self::Duration => "a duration",
            Self::OneOf(_) => "an option",
            Self::List(_) => "a list",
            Self::Record(_) => "a record",
            Self::File => "a file",
            Self::Location => "a location",
        }
    }

    /// True for what is a text to people.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Name | Self::Contact | Self::OneOf(_))
    }

    /// True for numbers.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Integer | Self::Decimal)
    }

    /// True if values of the two can be the same.
    pub(super) fn comparable(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Any | Self::None, _) | (_, Self::Any | Self::None))
            || (self.is_text() && other.is_text())
            || (self.is_number() && other.is_number())
            || std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// True if values of the two have an order.
    pub(super) fn ordered(&self, other: &Self) -> bool {
        let has_order = |kind: &Self| {
            kind.is_number() || matches!(kind, Self::Any | Self::Date | Self::Clock | Self::DateTime | Self::Duration | Self::Money)
        };
        has_order(self) && has_order(other) && self.comparable(other)
    }

    fn either(&self, other: &Self) -> Self {
        match (self, other) {
            _ if self == other => self.clone(),
            (Self::None, kind) | (kind, Self::None) => kind.clone(),
            (Self::OneOf(left), Self::OneOf(right)) => {
                let more = right.iter().filter(|(id, _)| !left.iter().any(|(known, _)| known == id));
                Self::OneOf(left.iter().chain(more).cloned().collect())
            }
            (Self::List(left), Self::List(right)) => Self::List(Box::new(left.either(right))),
            (Self::Record(left), Self::Record(right)) if left.keys().eq(right.keys()) => {
                Self::Record(left.iter().map(|(name, of)| (name.clone(), of.either(&right[name]))).collect())
            }
            _ if self.is_number() && other.is_number() => Self::Decimal,
            _ if self.is_text() && other.is_text() => Self::Text,
            _ => Self::Any,
        }
    }
}

/// What names mean at one place of a flow.
pub trait Names {
    /// The type of a bare name (`email`, `person`, `settings`…), or `None` if there is no such name here.
    fn type_of(&self, name: &str) -> Option<Type>;

    /// All names that could be used here, for "did you mean".
    fn all(&self) -> Vec<String>;

    /// True if `| label` can print the label of this bare name.
    fn has_label(&self, name: &str) -> bool;

    /// True if a name, or a field of it, is certainly there at this place, whatever its type says.
    fn proves(&self, _name: &str, _fields: &[String]) -> bool {
        false
    }

    /// The most characters that a name, or a field of it, can have, where more is known of it than its type says.
    fn longest(&self, _name: &str, _fields: &[String]) -> Option<usize> {
        None
    }
}
