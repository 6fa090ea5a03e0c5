//! Types as authors write them: `name: integer`, `name: { type: list, of: text }`, `name: { one_of: [a, b] }`, records.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use std::borrow::Cow;

use crate::diagnostic::{About, Diagnostic, Span, nearest};
use crate::expr::{Expression, Kind, Type, Value};
use crate::flow::Declared;
use crate::flow::load::codes;
use crate::syntax::{self, Entry, Node};

/// The words a type may be, besides records and the names of a file's own types.
const WORDS: [&str; 20] = [
    "text", "name", "integer", "decimal", "money", "date", "time", "datetime", "duration", "email", "phone", "contact", "yes_no",
    "boolean", "file", "photo", "document", "location", "list", "one_of",
];

/// The keys of the long form. A map with any other key is a record whose fields happen to be called so.
const LONG: [&str; 12] = ["type", "of", "list", "one_of", "optional", "default", "pii", "secret", "title", "at", "value", "only"];

/// The keys that tell the long form.
const TELLING: [&str; 3] = ["type", "one_of", "list"];

/// How deep lists and records may be nested.
const DEPTH: usize = 16;

/// How many types, fields included, one file may declare.
const BUDGET: usize = 20_000;

/// Reads declarations and reports what is wrong with them.
pub(super) struct Declarations<'a> {
    /// Records that have names of their own, as an operations file declares them.
    named: BTreeMap<&'a str, &'a Node>,
    findings: RefCell<Vec<Diagnostic>>,
    /// How many more types are read; named records may multiply.
    left: Cell<usize>,
}

impl<'a> Declarations<'a> {
    /// Without named records.
    pub(super) fn plain() -> Self {
        Self { named: BTreeMap::new(), findings: RefCell::default(), left: Cell::new(BUDGET) }
    }

    /// With the records of a map from name to record.
    pub(super) fn with_records(types: Option<&'a Node>) -> Self {
        let records = types.map_or(&[][..], Node::entries);
        Self {
            named: records.iter().map(|entry| (entry.key.as_str(), &entry.value)).collect(),
            findings: RefCell::default(),
            left: Cell::new(BUDGET),
        }
    }

    /// What was found; the list is empty afterwards.
    pub(super) fn findings(&self) -> Vec<Diagnostic> {
        self.findings.take()
    }

    /// Reads a map from name to declaration.
    pub(super) fn map(&self, node: Option<&Node>) -> BTreeMap<String, Declared> {
        let entries = node.map_or(&[][..], Node::entries);
        entries.iter().map(|entry| (entry.key.clone(), self.declared(&entry.value))).collect()
    }

    /// Reads one declaration, in the short form or the long one.
    pub(super) fn declared(&self, node: &Node) -> Declared {
        let node = &*self.put_right(node);
        let long = is_long(node);
        let title = node.get("title").filter(|_| long).and_then(Node::text).map(str::to_owned);
        let default = node.get("default").filter(|_| long).and_then(|node| {
            let mut found = Vec::new();
            let default = Expression::from_node(node, &mut found);
            self.findings.borrow_mut().append(&mut found);
            default
        });
        Declared { of: self.of(node), title, default }
    }

    /// The type a declaration means, flags included.
    pub(super) fn of(&self, node: &Node) -> Type {
        self.nested(node, DEPTH)
    }

    /// The defaults of the fields of the record that a declaration means, or that the items of its list are.
    pub(super) fn defaults(&self, node: &Node) -> Vec<(String, Node)> {
        let mut node = node;
        for _ in 0..DEPTH {
            let inner = match node.text() {
                Some(word) => self.named.get(word).copied(),
                None if is_long(node) => node.get("list").or_else(|| node.get("of")).or_else(|| node.get("type")),
                None => break,
            };
            let Some(inner) = inner else { return Vec::new() };
            node = inner;
        }
        let long = node.entries().iter().filter(|field| is_long(&field.value));
        long.filter_map(|field| Some((field.key.clone(), field.value.get("default")?.clone()))).collect()
    }

    /// A long form whose key for the type is misspelt looks like a record. It is reported, and read as it is meant.
    fn put_right<'n>(&self, node: &'n Node) -> Cow<'n, Node> {
        let Some((at, meant)) = misspelt(node) else { return Cow::Borrowed(node) };
        let mut node = node.clone();
        if let syntax::Kind::Map(entries) = &mut node.kind {
            let found =
                Diagnostic::error(codes::UNKNOWN_KIND, entries[at].key_span, format!("there is no key \"{}\" here", entries[at].key));
            self.findings.borrow_mut().push(found.meant(meant));
            meant.clone_into(&mut entries[at].key);
        }
        Cow::Owned(node)
    }

    fn nested(&self, node: &Node, depth: usize) -> Type {
        let node = &*self.put_right(node);
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.left.get().checked_sub(1)) else {
            if self.left.replace(0) > 0 {
                self.report(codes::OUT_OF_RANGE, node.span, "this type is nested too deeply, or contains itself");
            }
            return Type::certain(Kind::Any);
        };
        self.left.set(left);
        if node.text().is_some() {
            return self.word(node, depth);
        }
        if !is_long(node) {
            return Type::certain(self.record(node.entries(), depth));
        }
        let mut of = self.long(node, depth);
        let flag = |key: &str| node.get(key).and_then(Node::boolean);
        of.optional = flag("optional").unwrap_or(of.optional);
        of.pii = flag("pii").unwrap_or(of.pii);
        of.secret = flag("secret").unwrap_or(of.secret);
        of
    }

    fn long(&self, node: &Node, depth: usize) -> Type {
        if let Some(words) = node.get("one_of") {
            return Type::certain(Kind::OneOf(one_of(words)));
        }
        if let Some(item) = node.get("list") {
            return Type::certain(Kind::List(Box::new(self.nested(item, depth))));
        }
        match node.get("type") {
            Some(of) if of.text() == Some("list") => {
                let item = node.get("of").map(|item| self.nested(item, depth));
                if item.is_none() {
                    self.report(codes::BAD_TYPE, of.span, "a list needs the type of its items: \"of\"");
                }
                Type::certain(Kind::List(Box::new(item.unwrap_or_else(|| Type::certain(Kind::Any)))))
            }
            Some(of) => self.nested(of, depth),
            None => Type::certain(Kind::Any),
        }
    }

    fn word(&self, node: &Node, depth: usize) -> Type {
        let Some(word) = node.text() else { return Type::certain(Kind::Any) };
        if let Some(record) = self.named.get(word) {
            return Type::certain(self.record(record.entries(), depth));
        }
        scalar(word).unwrap_or_else(|| {
            let found = Diagnostic::error(codes::BAD_TYPE, node.span, format!("there is no type \"{word}\""));
            let names: Vec<&str> = WORDS.iter().copied().chain(self.named.keys().copied()).collect();
            let found = match nearest(word, names.iter().copied()) {
                Some(name) => found.meant(name),
                None => found.help(format!("the types are {}", names.join(", "))),
            };
            self.findings.borrow_mut().push(found);
            Type::certain(Kind::Any)
        })
    }

    fn record(&self, fields: &[Entry], depth: usize) -> Kind {
        Kind::Record(fields.iter().map(|field| (field.key.clone(), self.nested(&field.value, depth))).collect())
    }

    fn report(&self, code: crate::diagnostic::Code, span: Span, message: &str) {
        self.findings.borrow_mut().push(Diagnostic::error(code, span, message));
    }
}

/// True if this is `{ type: … }` and not a record.
pub(super) fn is_long(node: &Node) -> bool {
    let entries = node.entries();
    entries.iter().any(|entry| TELLING.contains(&entry.key.as_str())) && entries.iter().all(|entry| LONG.contains(&entry.key.as_str()))
}

/// The key of a long form that is almost right, and what is meant by it. A record whose only field has such a name is hardly meant.
fn misspelt(node: &Node) -> Option<(usize, &'static str)> {
    let entries = node.entries();
    let mut unknown = entries.iter().enumerate().filter(|(_, entry)| !LONG.contains(&entry.key.as_str()));
    let (at, entry) = unknown.next().filter(|_| unknown.next().is_none())?;
    let meant = TELLING.into_iter().find(|word| strsim::damerau_levenshtein(&entry.key, word) == 1)?;
    let is_field = |entry: &Entry| entry.value.text().is_none_or(|word| WORDS.contains(&word)) && entry.value.boolean().is_none();
    let others = || entries.iter().filter(|other| other.key != entry.key);
    (entry.key.len() > 2 && (others().count() == 0 || !others().all(is_field))).then_some((at, meant))
}

/// The type a single word means, personal data marked as such.
pub(super) fn scalar(word: &str) -> Option<Type> {
    let kind = match word {
        "text" | "email" | "phone" => Kind::Text,
        "name" => Kind::Name,
        "integer" => Kind::Integer,
        "decimal" => Kind::Decimal,
        "money" => Kind::Money,
        "date" => Kind::Date,
        "time" => Kind::Clock,
        "datetime" => Kind::DateTime,
        "duration" => Kind::Duration,
        "contact" => Kind::Contact,
        "yes_no" | "boolean" => Kind::Boolean,
        "file" | "photo" | "document" => Kind::File,
        "location" => Kind::Location,
        _ => return None,
    };
    Some(Type {
        pii: matches!(word, "name" | "email" | "phone" | "contact" | "file" | "photo" | "document" | "location"),
        ..Type::certain(kind)
    })
}

/// Words and their labels: a list of words, or a map from word to label.
fn one_of(node: &Node) -> Vec<(String, String)> {
    let words = node.items().iter().filter_map(|word| Some((word.text()?.to_owned(), word.text()?.to_owned())));
    let labelled = node.entries().iter().map(|entry| (entry.key.clone(), entry.value.text().unwrap_or(&entry.key).to_owned()));
    words.chain(labelled).collect()
}

/// Reads a value that stands in a file as a value of this type; otherwise says what was expected.
pub(super) fn value(node: &Node, of: &Type) -> Result<Value, String> {
    if matches!(node.kind, syntax::Kind::Null) {
        return Ok(Value::None);
    }
    Value::from_json(&json(node), of)
}

/// A constant of a file as JSON.
pub(super) fn json(node: &Node) -> serde_json::Value {
    match &node.kind {
        syntax::Kind::Null => serde_json::Value::Null,
        syntax::Kind::Bool(value) => (*value).into(),
        syntax::Kind::Integer(value) => (*value).into(),
        syntax::Kind::Float(value) => serde_json::Number::from_f64(*value).map_or(serde_json::Value::Null, serde_json::Value::Number),
        syntax::Kind::Text => node.scalar.text.clone().into(),
        syntax::Kind::List(items) => items.iter().map(json).collect::<Vec<_>>().into(),
        syntax::Kind::Map(entries) => {
            let fields = entries.iter().map(|entry| (entry.key.clone(), json(&entry.value)));
            serde_json::Value::Object(fields.collect())
        }
    }
}

/// A length of time that is known before anything runs, in milliseconds.
pub(super) fn duration(node: &Node) -> Option<i64> {
    match Value::from_json(&serde_json::Value::String(node.text()?.to_owned()), &Type::certain(Kind::Duration)) {
        Ok(Value::Duration(millis)) => Some(millis),
        _ => None,
    }
}

/// Why a value of one type cannot stand where another is wanted; nothing if it can. Whether it may be `none` is not looked at.
pub(super) fn misfit(given: &Type, wanted: &Type) -> Option<String> {
    let fits = match (&given.kind, &wanted.kind) {
        (Kind::Any, _)
        | (_, Kind::Any)
        | (Kind::Text | Kind::Name | Kind::Contact | Kind::OneOf(_), Kind::Text)
        | (Kind::Integer, Kind::Decimal)
        | (Kind::Text, Kind::OneOf(_)) => true,
        (Kind::None, _) => wanted.optional,
        (Kind::OneOf(given), Kind::OneOf(wanted)) => given.iter().all(|(word, _)| wanted.iter().any(|(other, _)| other == word)),
        (Kind::List(given), Kind::List(wanted)) => misfit(given, wanted).is_none(),
        (Kind::Record(given), Kind::Record(wanted)) => wanted.iter().all(|(field, wanted)| match given.get(field) {
            Some(given) => misfit(given, wanted).is_none(),
            None => wanted.optional,
        }),
        (given, wanted) => std::mem::discriminant(given) == std::mem::discriminant(wanted),
    };
    if let (false, Some(field)) = (fits, misfit_inside(given, wanted)) {
        return Some(field);
    }
    (!fits).then(|| format!("this is {}, and {} is wanted", describe(&given.kind), describe(&wanted.kind)))
}

/// The finding that a value does not fit what is declared under this name; nothing if it does.
pub(super) fn unfit(
    value: &Expression,
    given: &Type,
    (name, wanted): (&str, &Type),
    says: impl FnOnce(String) -> String,
) -> Option<Diagnostic> {
    let message = misfit(given, wanted)?;
    let mut found = Diagnostic::error(codes::TYPE_MISMATCH, value.span(), says(message));
    found.about.extend(value.reads());
    Some(found.about(About::Declared(name.to_owned())))
}

/// Of a record, or of a list of records, the first field that does not fit.
fn misfit_inside(given: &Type, wanted: &Type) -> Option<String> {
    match (&given.kind, &wanted.kind) {
        (Kind::List(given), Kind::List(wanted)) => misfit_inside(given, wanted),
        (Kind::Record(given), Kind::Record(wanted)) => {
            wanted.iter().find_map(|(name, wanted)| match given.get(name) {
                Some(given) if misfit(given, wanted).is_none() => None,
                Some(given) => Some(misfit_inside(given, wanted).unwrap_or_else(|| {
                    format!("the field \"{name}\" is {}, and {} is wanted", describe(&given.kind), describe(&wanted.kind))
                })),
                None if wanted.optional => None,
                None => {
                    let has = given.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                    Some(format!("the field \"{name}\" ({}) is not in this record of {has}", describe(&wanted.kind)))
                }
            })
        }
        _ => None,
    }
}

/// A kind in words for a message.
pub(super) fn describe(kind: &Kind) -> String {
    match kind {
        Kind::Any => "anything".into(),
        Kind::None => "none".into(),
        Kind::Boolean => "true or false".into(),
        Kind::Integer => "a whole number".into(),
        Kind::Decimal => "a number".into(),
        Kind::Money => "a sum of money".into(),
        Kind::Text => "a text".into(),
        Kind::Name => "a name".into(),
        Kind::Contact => "a contact".into(),
        Kind::Date => "a date".into(),
        Kind::Clock => "a time of day".into(),
        Kind::DateTime => "a moment".into(),
        Kind::Duration => "a duration".into(),
        Kind::OneOf(words) => format!("one of {}", words.iter().map(|(word, _)| word.as_str()).collect::<Vec<_>>().join(", ")),
        Kind::File => "a file".into(),
        Kind::Location => "a location".into(),
        Kind::List(item) => format!("a list of items, each {}", describe(&item.kind)),
        Kind::Record(fields) => format!("a record of {}", fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
    }
}
