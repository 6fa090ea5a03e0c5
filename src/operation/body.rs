//! Bodies, queries and headers: documents with the inputs filled in.

use serde_json::{Map, Value as Json};

use crate::expr::{Context, Fault, Template, Value};
use crate::flow::BodyNode;
use crate::operation::Part;

/// Fills documents in.
#[derive(Clone, Copy)]
pub(super) struct Filling<'a> {
    /// The profile the operator chose.
    pub(super) profile: Option<&'a str>,
    /// The inputs.
    pub(super) context: Context<'a>,
}

impl Filling<'_> {
    /// The node as JSON; `None` leaves its entry out.
    pub(super) fn json(&self, node: &BodyNode) -> Result<Option<Json>, Fault> {
        match node {
            BodyNode::Constant(value) => Ok(Some(value.clone())),
            BodyNode::Whole(expression) => {
                let value = expression.evaluate(&self.context)?;
                Ok((!value.is_none()).then(|| value.to_json()))
            }
            BodyNode::Text(template) => Ok(self.text(template)?.map(Json::String)),
            BodyNode::Map(entries) => self.map(entries).map(Some),
            BodyNode::List(items) => {
                let items = items.iter().filter_map(|item| self.json(item).transpose());
                Ok(Some(Json::Array(items.collect::<Result<_, _>>()?)))
            }
            BodyNode::Only(profile, value) => {
                if self.is_in(profile) {
                    self.json(value)
                } else {
                    Ok(None)
                }
            }
            BodyNode::Keep(value) => Ok(Some(self.json(value)?.unwrap_or(Json::Null))),
            BodyNode::Encoded(value) => Ok(self.json(value)?.map(|json| Json::String(json.to_string()))),
        }
    }

    /// Names with their values, as queries, headers and forms take them: a list repeats its name, `none` leaves it out.
    pub(super) fn entries(&self, entries: &[(String, BodyNode)]) -> Result<Vec<(String, String)>, Fault> {
        let mut filled = Vec::with_capacity(entries.len());
        for (name, node) in entries {
            filled.extend(self.words(node)?.into_iter().map(|word| (name.clone(), word)));
        }
        Ok(filled)
    }

    /// The parts of a body that holds files: a list repeats its name, `none` leaves it out.
    pub(super) fn parts(&self, entries: &[(String, BodyNode)]) -> Result<Vec<Part>, Fault> {
        let mut parts = Vec::with_capacity(entries.len());
        for (name, node) in entries {
            self.part(name, node, &mut parts)?;
        }
        Ok(parts)
    }

    fn part(&self, name: &str, node: &BodyNode, parts: &mut Vec<Part>) -> Result<(), Fault> {
        match node {
            BodyNode::List(items) => items.iter().try_for_each(|item| self.part(name, item, parts)),
            BodyNode::Only(profile, _) if !self.is_in(profile) => Ok(()),
            BodyNode::Only(_, value) => self.part(name, value, parts),
            BodyNode::Whole(expression) => {
                files_or_words(name, expression.evaluate(&self.context)?, parts);
                Ok(())
            }
            other => {
                parts.extend(self.words(other)?.into_iter().map(|text| Part::Field { name: name.to_owned(), text }));
                Ok(())
            }
        }
    }

    fn words(&self, node: &BodyNode) -> Result<Vec<String>, Fault> {
        match node {
            BodyNode::List(items) => {
                let mut all = Vec::new();
                for item in items {
                    all.extend(self.words(item)?);
                }
                Ok(all)
            }
            BodyNode::Only(profile, value) => {
                if self.is_in(profile) {
                    self.words(value)
                } else {
                    Ok(Vec::new())
                }
            }
            BodyNode::Keep(value) => {
                let words = self.words(value)?;
                Ok(if words.is_empty() { vec![String::new()] } else { words })
            }
            _ => Ok(self.json(node)?.map(words_of).unwrap_or_default()),
        }
    }

    fn map(&self, entries: &[(String, BodyNode)]) -> Result<Json, Fault> {
        let mut map = Map::with_capacity(entries.len());
        for (key, node) in entries {
            if let Some(value) = self.json(node)? {
                map.insert(key.clone(), value);
            }
        }
        Ok(Json::Object(map))
    }

    /// A text that would print an input that is `none` is left out; one that asks first (`{% if %}`) is not.
    fn text(&self, template: &Template) -> Result<Option<String>, Fault> {
        match template.render_plain(&self.context) {
            Ok(text) => Ok(Some(text)),
            Err(_) if self.reads_nothing(template) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn reads_nothing(&self, template: &Template) -> bool {
        template.names().iter().any(|used| {
            let Some((name, fields)) = used.path.split_first() else { return false };
            let Some(value) = self.context.scope.get(name) else { return false };
            let end = fields.iter().try_fold(value.into_owned(), |value, field| value.field(field).map(std::borrow::Cow::into_owned));
            end.is_none_or(|value| value.is_none())
        })
    }

    fn is_in(&self, profile: &str) -> bool {
        self.profile == Some(profile)
    }
}

/// A value as parts of this name.
fn files_or_words(name: &str, value: Value, parts: &mut Vec<Part>) {
    match value {
        Value::File(file) => parts.push(Part::File { name: name.to_owned(), file }),
        Value::List(items) => items.into_iter().for_each(|item| files_or_words(name, item, parts)),
        value => parts.extend(words_of(value.to_json()).into_iter().map(|text| Part::Field { name: name.to_owned(), text })),
    }
}

/// One value as plain words: what a path, a query, a header or a form can hold.
pub(super) fn plain(value: &Value) -> Option<String> {
    match words_of(value.to_json()).as_slice() {
        [word] => Some(word.clone()),
        _ => None,
    }
}

fn words_of(json: Json) -> Vec<String> {
    match json {
        Json::Null => Vec::new(),
        Json::String(text) => vec![text],
        Json::Array(items) => items.into_iter().flat_map(words_of).collect(),
        scalar_or_map => vec![scalar_or_map.to_string()],
    }
}
