//! Operations as declared: what the bot may ask of a connection.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::diagnostic::Span;
use crate::expr::{Template, Type, Value};
use crate::flow::model::{Declared, Text};

/// The connection of the engine's own operations.
pub const OWN: &str = "usher";

/// One request of a connection.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `connection.operation`.
    pub id: String,
    /// The connection's name.
    pub connection: String,
    /// Where its key stands.
    pub span: Span,
    /// For admins.
    pub title: Option<Text>,
    /// `GET`, `POST`…
    pub method: String,
    /// The path, cut at its inputs.
    pub path: Vec<PathPart>,
    /// What it takes.
    pub input: BTreeMap<String, Declared>,
    /// Query entries in order.
    pub query: Vec<(String, BodyNode)>,
    /// Header entries in order.
    pub headers: Vec<(String, BodyNode)>,
    /// The body.
    pub body: Option<Body>,
    /// What is taken from a good answer.
    pub output: Vec<Output>,
    /// The outcomes of its own, in order: the first match wins.
    pub outcomes: Vec<OutcomeRule>,
    /// What a good answer must also satisfy.
    pub success: Option<Match>,
    /// Where the server's words about an error are, when the usual places do not hold them.
    pub error: ErrorPointers,
    /// A read.
    pub safe: bool,
    /// Doing it twice is the same as once.
    pub repeatable: bool,
    /// The server honours our key.
    pub once: Option<Once>,
    /// A safe operation that recognises our own object.
    pub lookup: Option<Lookup>,
    /// Milliseconds for which the answer is shared by all persons.
    pub keep: Option<i64>,
    /// Reads on and joins the lists.
    pub pages: Option<Pages>,
    /// It exists in this profile only.
    pub only: Option<String>,
    /// Milliseconds, over the connection's.
    pub timeout: Option<i64>,
    /// Bytes, over the connection's.
    pub answer_max: Option<u64>,
}

impl Operation {
    /// True if the engine itself is asked, and nothing is sent.
    pub fn is_own(&self) -> bool {
        self.connection == OWN
    }

    /// True if it changes nothing: GET and HEAD by themselves, others where the author says so.
    pub fn is_read(&self) -> bool {
        self.safe || matches!(self.method.as_str(), "GET" | "HEAD")
    }
}

/// A piece of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathPart {
    /// As it stands.
    Fixed(String),
    /// The value of this input, percent-encoded.
    Input(String),
}

/// A body and how it is encoded.
#[derive(Debug, Clone)]
pub enum Body {
    /// JSON.
    Json(BodyNode),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, BodyNode)>),
    /// `multipart/form-data`: fields and files.
    Multipart(Vec<(String, BodyNode)>),
}

impl Body {
    /// The key under which it is written.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Json(_) => "json",
            Self::Form(_) => "form",
            Self::Multipart(_) => "multipart",
        }
    }
}

/// A piece of a body, query or header.
#[derive(Debug, Clone)]
pub enum BodyNode {
    /// As it stands.
    Constant(serde_json::Value),
    /// A scalar that is one `{{ }}`: keeps its type; `none` leaves the entry out.
    Whole(crate::expr::Expression),
    /// A text with values in it.
    Text(Template),
    /// A map.
    Map(Vec<(String, BodyNode)>),
    /// A list.
    List(Vec<BodyNode>),
    /// `{ only: profile, value }`: left out in other profiles.
    Only(String, Box<BodyNode>),
    /// `{ keep: true, value }`: `none` is sent as null.
    Keep(Box<BodyNode>),
    /// `{ json: … }`: encoded as JSON text (query and headers).
    Encoded(Box<BodyNode>),
}

/// What is taken from an answer.
#[derive(Debug, Clone)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// JSON Pointer; empty for the whole body.
    pub at: String,
    /// Its type, flags included.
    pub of: Type,
    /// Fields of the records in it (or of the items of the list) that have defaults: field → value.
    pub defaults: BTreeMap<String, Value>,
    /// Taken when it is missing.
    pub default: Option<Value>,
}

/// An outcome of its own.
#[derive(Debug, Clone)]
pub struct OutcomeRule {
    /// Its name.
    pub name: String,
    /// When it holds.
    pub matches: Match,
    /// What is taken from such an answer.
    pub output: Vec<Output>,
}

/// What an answer must be like; all that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Match {
    /// One of these statuses; empty: any.
    pub status: Vec<StatusPattern>,
    /// What stands at these JSON Pointers.
    pub json: Vec<(String, JsonMatch)>,
    /// The body as text matches.
    pub text: Option<Regex>,
    /// One of these holds; empty: not asked.
    pub any: Vec<Match>,
}

/// A status or a class of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusPattern {
    /// Exactly.
    Exact(u16),
    /// `4xx`: the first digit.
    Class(u16),
}

/// What stands at a place of a JSON body.
#[derive(Debug, Clone)]
pub enum JsonMatch {
    /// Exactly this.
    Equals(serde_json::Value),
    /// A text that matches.
    Matches(Regex),
    /// A list, map or text of this size.
    Size(usize),
    /// Something other than null.
    Present,
    /// Nothing, or null.
    Absent,
}

/// Where the server's words about an error are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorPointers {
    /// The message.
    pub message: Option<String>,
    /// A code.
    pub code: Option<String>,
    /// Messages by field.
    pub fields: Option<String>,
}

/// `once`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// The header that carries our key.
    pub header: String,
    /// Milliseconds for which the server remembers it.
    pub remembers: i64,
    /// In this profile only.
    pub only: Option<String>,
}

/// `lookup`.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// `connection.operation` of a safe operation.
    pub call: String,
    /// Its inputs, over the inputs of this operation.
    pub with: Vec<(String, crate::expr::Expression)>,
    /// In this profile only.
    pub only: Option<String>,
}

/// `pages`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    /// How the next page is asked for.
    pub by: PageBy,
    /// Items a page.
    pub size: u32,
    /// Pages, at most.
    pub max: u32,
}

/// How the next page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageBy {
    /// The query entry `skip` grows by the size.
    Skip,
    /// The query entry `page` grows by one.
    Page,
    /// The answer names the next path at this JSON Pointer.
    Next(String),
}

/// Query entries that say how many items to pass over: the plain one, and how `OData`, Frappe and others write it.
const SKIPS: [&str; 6] = ["skip", "$skip", "offset", "limit_start", "start", "startIndex"];

impl PageBy {
    /// The names of query entries that say which page is meant; the first one is written where none is.
    pub fn entries(&self) -> &'static [&'static str] {
        match self {
            Self::Skip => &SKIPS,
            Self::Page => &["page"],
            Self::Next(_) => &[],
        }
    }
}

/// The outcomes a call of this operation can have in one of these profiles (none declared: in the only one there is). Which they are
/// follows from what the operation declares of itself: a read can always be sent again, so it never ends `unknown`.
pub fn possible_outcomes(operation: &Operation, profiles: &[String]) -> BTreeSet<String> {
    let absent = |profile: Option<&String>| operation.only.is_some() && operation.only.as_ref() != profile;
    let profiles: Vec<_> = if profiles.is_empty() { vec![None] } else { profiles.iter().map(Some).collect() };
    let mut outcomes = BTreeSet::new();
    if profiles.iter().any(|profile| absent(*profile)) {
        outcomes.insert("absent".to_owned());
    }
    if profiles.into_iter().any(|profile| !absent(profile)) {
        outcomes.extend(operation.outcomes.iter().map(|rule| rule.name.clone()));
        outcomes.extend(["ok", "refused", "down"].map(str::to_owned));
        outcomes.extend(operation.body.as_ref().map(|_| "invalid".to_owned()));
        let repeats = operation.safe || operation.repeatable;
        outcomes.extend((!repeats).then(|| "unknown".to_owned()));
    }
    outcomes
}
