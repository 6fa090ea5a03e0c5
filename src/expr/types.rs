//! Static types: what lint and the loader know of a value before anything runs.

use std::collections::BTreeMap;

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
}

impl Type {
    /// A certain value of this kind, without flags.
    pub fn certain(kind: Kind) -> Self {
        Self { kind, optional: false, pii: false, secret: false }
    }

    /// The same, possibly `none`.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
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
}
