//! Places of a JSON document as a schema describes them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::contract::document::Document;
use crate::contract::kinds::JsonKind;

/// How deep schemas may refer to schemas before a place counts as not understood.
const MAX_DEPTH: usize = 16;
/// How many forms one place may have before it counts as not understood.
const MAX_FORMS: usize = 64;

/// One form a value may have: schemas that hold at once.
type Form<'d> = Vec<&'d Json>;

/// A place that is described, and the forms its value may have.
#[derive(Clone)]
pub(super) struct Place<'d> {
    document: &'d Document,
    forms: Vec<Form<'d>>,
    /// It may be left out.
    pub may_lack: bool,
}

/// What the description says of a place below another one.
pub(super) enum Sight<'d> {
    /// Nothing that is understood.
    Unknown,
    /// There is no such place; these are the ones there are.
    Missing(Vec<&'d str>),
    /// It is there.
    Found(Place<'d>),
}

impl<'d> Place<'d> {
    /// The place that this schema describes; nothing if it is not understood.
    pub(super) fn new(document: &'d Document, schema: &'d Json) -> Option<Self> {
        Some(Self { document, forms: expand(document, schema, MAX_DEPTH)?, may_lack: false })
    }

    /// A place that may have the forms of either.
    pub(super) fn or(mut self, other: Self) -> Self {
        self.forms.extend(other.forms);
        self.may_lack |= other.may_lack;
        self
    }

    /// The kinds its value may have; nothing if some form does not say.
    pub(super) fn kinds(&self) -> Option<BTreeSet<JsonKind>> {
        let each: Option<Vec<_>> = self.forms.iter().map(|form| kinds(form)).collect();
        Some(each?.into_iter().flatten().collect())
    }

    /// True if its value may be null or be left out.
    pub(super) fn may_be_none(&self) -> bool {
        self.may_lack || self.kinds().is_some_and(|kinds| kinds.contains(&JsonKind::Null))
    }

    /// True if it is described as a password.
    pub(super) fn is_password(&self) -> bool {
        let says_so = |schema: &&Json| schema.get("format").and_then(Json::as_str) == Some("password");
        self.forms.iter().any(|form| form.iter().any(says_so))
    }

    /// The values it may have, if it has only certain ones.
    pub(super) fn values(&self) -> Option<Vec<&'d Json>> {
        let of_form = |form: &Form<'d>| {
            form.iter().find_map(|schema| match (schema.get("const"), schema.get("enum").and_then(Json::as_array)) {
                (Some(only), _) => Some(vec![only]),
                (None, listed) => listed.map(|values| values.iter().collect()),
            })
        };
        let each: Option<Vec<Vec<_>>> = self.forms.iter().filter(|form| !is_null(form)).map(of_form).collect();
        each.map(|each| each.concat()).filter(|values| !values.is_empty())
    }

    /// The names of the fields that every form demands.
    pub(super) fn required(&self) -> Vec<&'d str> {
        let of_form = |form: &Form<'d>| -> BTreeSet<&'d str> {
            form.iter().filter_map(|schema| schema.get("required")?.as_array()).flatten().filter_map(Json::as_str).collect()
        };
        let each = self.forms.iter().filter(|form| !is_null(form)).map(of_form);
        each.reduce(|left, right| &left & &right).into_iter().flatten().collect()
    }

    /// The items of a list.
    pub(super) fn item(&self) -> Sight<'d> {
        self.step(None)
    }

    /// The field `name` of a record.
    pub(super) fn field(&self, name: &str) -> Sight<'d> {
        self.step(Some(name))
    }

    /// What stands at a JSON Pointer.
    pub(super) fn at(&self, pointer: &str) -> Sight<'d> {
        let mut place = self.clone();
        for token in pointer.split('/').skip(1) {
            match place.step(Some(&token.replace("~1", "/").replace("~0", "~"))) {
                Sight::Found(next) => {
                    let may_lack = place.may_be_none();
                    place = next;
                    place.may_lack |= may_lack;
                }
                other => return other,
            }
        }
        Sight::Found(place)
    }

    fn step(&self, name: Option<&str>) -> Sight<'d> {
        let (mut found, mut known, mut may_lack) = (Vec::new(), BTreeSet::new(), false);
        for form in &self.forms {
            match step(self.document, form, name) {
                Step::Unknown => return Sight::Unknown,
                Step::Missing => {
                    may_lack = true;
                    known.extend(properties(form).map(|(name, _)| name));
                }
                Step::Found { forms, required } => {
                    may_lack |= !required;
                    found.extend(forms);
                }
            }
        }
        if found.is_empty() {
            return Sight::Missing(known.into_iter().collect());
        }
        Sight::Found(Self { document: self.document, forms: found, may_lack })
    }
}

enum Step<'d> {
    Unknown,
    Missing,
    Found { forms: Vec<Form<'d>>, required: bool },
}

fn step<'d>(document: &'d Document, form: &Form<'d>, name: Option<&str>) -> Step<'d> {
    let Some(kinds) = kinds(form) else { return Step::Unknown };
    let is_index = name.is_none_or(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    if kinds.contains(&JsonKind::List) && is_index {
        // What a tuple holds at each place is not followed.
        if form.iter().any(|schema| schema.get("prefixItems").is_some()) {
            return Step::Unknown;
        }
        // A list may be empty, but whoever reads its first item knows that: an outcome tells an empty list apart.
        return together(document, form.iter().filter_map(|schema| schema.get("items")), true);
    }
    let Some(name) = name.filter(|_| kinds.contains(&JsonKind::Record)) else { return Step::Missing };
    let mut matching = properties(form).filter(|(known, _)| *known == name).map(|(_, schema)| schema).peekable();
    if matching.peek().is_some() {
        return together(document, matching, requires(form, name));
    }
    if is_open(form) { Step::Unknown } else { Step::Missing }
}

fn together<'d>(document: &'d Document, schemas: impl Iterator<Item = &'d Json>, required: bool) -> Step<'d> {
    let expanded = schemas.map(|schema| expand(document, schema, MAX_DEPTH)).reduce(|left, right| product(&left?, &right?));
    match expanded.flatten() {
        Some(forms) => Step::Found { forms, required },
        None => Step::Unknown,
    }
}

/// True if a record of this form may have fields that it does not name. Descriptions seldom forbid them, and yet a field that is not
/// named is a mistake far more often than a secret: only what says that it is open, or names nothing, is.
fn is_open(form: &Form<'_>) -> bool {
    let says_so = |schema: &&Json| {
        schema.get("additionalProperties").is_some_and(|more| more != &Json::Bool(false)) || schema.get("patternProperties").is_some()
    };
    form.iter().any(says_so) || properties(form).next().is_none()
}

fn requires(form: &Form<'_>, name: &str) -> bool {
    form.iter().filter_map(|schema| schema.get("required")?.as_array()).flatten().any(|required| required.as_str() == Some(name))
}

fn properties<'f, 'd: 'f>(form: &'f Form<'d>) -> impl Iterator<Item = (&'d str, &'d Json)> + 'f {
    form.iter().filter_map(|schema| schema.get("properties")?.as_object()).flatten().map(|(name, schema)| (name.as_str(), schema))
}

fn is_null(form: &Form<'_>) -> bool {
    kinds(form).is_some_and(|kinds| kinds == BTreeSet::from([JsonKind::Null]))
}

/// The kinds that all schemas of a form allow; nothing if none of them says.
fn kinds(form: &Form<'_>) -> Option<BTreeSet<JsonKind>> {
    let said = form.iter().filter_map(|schema| JsonKind::said_by(schema));
    let mut kinds = said.reduce(|left, right| &left & &right)?;
    if form.iter().any(|schema| schema.get("nullable") == Some(&Json::Bool(true))) {
        kinds.insert(JsonKind::Null);
    }
    Some(kinds)
}

/// The forms that a schema allows: references followed, `allOf` joined, `anyOf` and `oneOf` told apart.
fn expand<'d>(document: &'d Document, schema: &'d Json, depth: usize) -> Option<Vec<Form<'d>>> {
    schema.as_object().filter(|_| depth > 0)?;
    let mut forms = vec![vec![schema]];
    if schema.get("$ref").is_some() {
        forms = product(&forms, &expand(document, document.resolve(schema)?, depth - 1)?)?;
    }
    for part in schema.get("allOf").and_then(Json::as_array).into_iter().flatten() {
        forms = product(&forms, &expand(document, part, depth - 1)?)?;
    }
    for parts in ["anyOf", "oneOf"].into_iter().filter_map(|word| schema.get(word)?.as_array()) {
        let each: Option<Vec<_>> = parts.iter().map(|part| expand(document, part, depth - 1)).collect();
        forms = product(&forms, &each?.concat())?;
    }
    Some(forms)
}

fn product<'d>(left: &[Form<'d>], right: &[Form<'d>]) -> Option<Vec<Form<'d>>> {
    let joined = left.iter().flat_map(|one| right.iter().map(move |other| [one.as_slice(), other.as_slice()].concat()));
    (left.len() * right.len() <= MAX_FORMS).then(|| joined.collect())
}
