//! What expressions and texts are lowered into.

use regex::Regex;

use crate::diagnostic::Span;
use crate::expr::Value;

/// A part of an expression, with its place in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub span: Span,
    pub term: Term,
}

/// What a [`Node`] computes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Constant(Value),
    /// A bare name and the fields read from it.
    Name(String, Vec<String>),
    /// A field of something that is not a name.
    Field(Box<Node>, String),
    /// `list[0]`
    Item(Box<Node>, Box<Node>),
    List(Vec<Node>),
    Record(Vec<(String, Node)>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    /// `a < b <= c`: every neighbouring pair must hold.
    Compare(Box<Node>, Vec<(Comparison, Node)>),
    Arithmetic(Operator, Box<Node>, Box<Node>),
    /// `a ~ b`
    Join(Box<Node>, Box<Node>),
    If {
        condition: Box<Node>,
        then: Box<Node>,
        otherwise: Option<Box<Node>>,
    },
    Filter {
        filter: Filter,
        input: Box<Node>,
        arguments: Vec<Node>,
    },
    Test {
        test: Test,
        input: Box<Node>,
    },
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    In,
}

/// What is done with two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    DivideWhole,
    Remainder,
}

impl Operator {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::DivideWhole => "//",
            Self::Remainder => "%",
        }
    }
}

/// `value | filter`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    Default,
    Label,
    YesNo,
    Date,
    Time,
    DateTime,
    Ago,
    Plus,
    Minus,
    /// The number and the form.
    Plural,
    /// The form alone: `number=false`.
    PluralForm,
    Round,
    Money,
    Length,
    Upper,
    Lower,
    Title,
    Trim,
    Words,
    Replace,
    Truncate,
    Mask,
    Join,
    First,
    Last,
    Sort,
    Unique,
    Sum,
    Map,
    Select,
    Int,
}

impl Filter {
    /// Every filter with its name and the least and the greatest number of its arguments.
    pub const ALL: [(&'static str, Self, usize, usize); 30] = [
        ("ago", Self::Ago, 0, 0),
        ("date", Self::Date, 0, 0),
        ("datetime", Self::DateTime, 0, 0),
        ("default", Self::Default, 1, 1),
        ("first", Self::First, 0, 0),
        ("int", Self::Int, 0, 0),
        ("join", Self::Join, 1, 1),
        ("label", Self::Label, 0, 0),
        ("last", Self::Last, 0, 0),
        ("length", Self::Length, 0, 0),
        ("lower", Self::Lower, 0, 0),
        ("map", Self::Map, 1, 1),
        ("mask", Self::Mask, 0, 0),
        ("minus", Self::Minus, 1, 1),
        ("money", Self::Money, 0, 0),
        ("plural", Self::Plural, 2, 3),
        ("plus", Self::Plus, 1, 1),
        ("replace", Self::Replace, 2, 2),
        ("round", Self::Round, 0, 1),
        ("select", Self::Select, 2, 2),
        ("sort", Self::Sort, 0, 1),
        ("sum", Self::Sum, 0, 0),
        ("time", Self::Time, 0, 0),
        ("title", Self::Title, 0, 0),
        ("trim", Self::Trim, 0, 0),
        ("truncate", Self::Truncate, 1, 1),
        ("unique", Self::Unique, 0, 0),
        ("upper", Self::Upper, 0, 0),
        ("words", Self::Words, 0, 0),
        ("yes_no", Self::YesNo, 0, 0),
    ];

    /// As it is written.
    pub fn name(self) -> &'static str {
        let wanted = if self == Self::PluralForm { Self::Plural } else { self };
        Self::ALL.iter().find(|(_, filter, ..)| *filter == wanted).map_or("plural", |(name, ..)| name)
    }

    /// True if its first argument names a field, so that it must be a text in quotes.
    pub fn takes_field(self) -> bool {
        matches!(self, Self::Map | Self::Select | Self::Sort)
    }
}

/// `value is test`
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    None,
    Past,
    Future,
    Empty,
    StartingWith(Box<Node>),
    Matching(Pattern),
}

impl Test {
    /// Every test with the number of its arguments.
    pub const ALL: [(&'static str, usize); 6] =
        [("empty", 0), ("future", 0), ("matching", 1), ("none", 0), ("past", 0), ("starting_with", 1)];

    /// As it is written.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Past => "past",
            Self::Future => "future",
            Self::Empty => "empty",
            Self::StartingWith(_) => "starting_with",
            Self::Matching(_) => "matching",
        }
    }
}

/// A pattern that the whole text must match, compiled once.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    written: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern; otherwise says what is wrong with it.
    pub fn new(written: &str) -> Result<Self, String> {
        let build = |pattern: &str| regex::RegexBuilder::new(pattern).size_limit(1 << 20).build();
        let complaint = |error: regex::Error| match error {
            regex::Error::CompiledTooBig(_) => "it is too big".to_owned(),
            other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        };
        // Alone first: what closes a bracket too many would otherwise escape the anchors.
        let regex = build(written).and_then(|_| build(&format!(r"\A(?:{written})\z"))).map_err(complaint)?;
        Ok(Self { written: written.to_owned(), regex })
    }

    /// True if the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// The author's own words.
    Words(String),
    /// `{{ value }}`
    Print(Node),
    /// `{% if %}`, `{% elif %}`…, and what stands behind `{% else %}`.
    If { branches: Vec<(Node, Vec<Part>)>, otherwise: Vec<Part> },
    /// `{% for item in list %}`, and what stands behind `{% else %}`: shown for an empty list.
    For { item: String, list: Node, body: Vec<Part>, otherwise: Vec<Part> },
}
