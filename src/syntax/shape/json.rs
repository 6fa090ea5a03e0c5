//! A shape as JSON Schema (draft-07, which editors know best).
//!
//! The schema says what [`super::check`] says, as far as a schema can. It is made for completion, too: all keys of a record stand
//! beside each other with their descriptions, and what depends on a verb is added by conditions.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::syntax::shape::{Form, Key, Record, Rule, Shape, Telling, Variant, Variants, Without, Word};

/// The schema of a file of this shape.
pub fn json_schema(shape: &Shape) -> Value {
    let mut writer = Writer { definitions: BTreeMap::new() };
    let mut schema = object([("$schema", json!("http://json-schema.org/draft-07/schema#"))]);
    schema.extend(writer.write(shape));
    if !writer.definitions.is_empty() {
        let definitions = writer.definitions.into_iter().map(|(name, schema)| (name.to_owned(), schema));
        schema.insert("definitions".to_owned(), Value::Object(definitions.collect()));
    }
    Value::Object(schema)
}

struct Writer {
    definitions: BTreeMap<&'static str, Value>,
}

impl Writer {
    fn write(&mut self, shape: &Shape) -> Map<String, Value> {
        match shape {
            Shape::Any => Map::new(),
            Shape::Text | Shape::Template { .. } | Shape::Expression | Shape::Form(Form::Free) => scalar(),
            Shape::Boolean => object([("type", json!("boolean"))]),
            Shape::Integer { min, max } if min == max => object([("const", json!(min))]),
            Shape::Integer { min, max } => object([("type", json!("integer")), ("minimum", json!(min)), ("maximum", json!(max))]),
            Shape::Duration { .. } => pattern(Form::Duration),
            // A number without quotes is a good status, but not a string for a schema.
            Shape::Form(Form::Status) => object([("type", json!(["string", "integer"])), ("pattern", json!(Form::Status.pattern()))]),
            Shape::Form(form) => pattern(*form),
            Shape::Name(words) => object([("anyOf", json!([words_of(words), pattern(Form::Id)]))]),
            Shape::OneOf(words) => words_of(words),
            Shape::List { of, min } => {
                object([("type", json!("array")), ("items", Value::Object(self.write(of))), ("minItems", json!(min))])
            }
            Shape::Map { keys, of, min, max } => self.map(*keys, of, *min, *max),
            Shape::Record(record) => self.record(record),
            Shape::Either(shapes) => {
                let all: Vec<Value> = shapes.iter().map(|shape| Value::Object(self.write(shape))).collect();
                object([("anyOf", json!(all))])
            }
            Shape::Told { by, when, so, otherwise } => self.told(by, *when, so, otherwise),
            Shape::Named(name, inner) => {
                if !self.definitions.contains_key(name) {
                    // Known before it is written, as it may contain itself.
                    self.definitions.insert(name, Value::Null);
                    let schema = self.write(inner);
                    self.definitions.insert(name, Value::Object(schema));
                }
                object([("$ref", json!(format!("#/definitions/{name}")))])
            }
        }
    }

    fn map(&mut self, keys: Form, of: &Shape, min: usize, max: usize) -> Map<String, Value> {
        let mut schema = object([("type", json!("object")), ("additionalProperties", Value::Object(self.write(of)))]);
        if keys != Form::Free {
            schema.insert("propertyNames".to_owned(), json!({ "pattern": keys.pattern() }));
        }
        if min > 0 {
            schema.insert("minProperties".to_owned(), json!(min));
        }
        if max < usize::MAX {
            schema.insert("maxProperties".to_owned(), json!(max));
        }
        schema
    }

    fn told(&mut self, by: &[&str], when: Telling, so: &Shape, otherwise: &Shape) -> Map<String, Value> {
        let known = known_keys(so);
        let telling = by.iter().filter(|key| known.contains(key));
        let any: Vec<Value> = telling.map(|key| json!({ "required": [key] })).collect();
        if any.is_empty() {
            return self.write(otherwise);
        }
        let mut condition = object([("type", json!("object")), ("anyOf", json!(any))]);
        if when == Telling::IfAllKnown {
            condition.insert("propertyNames".to_owned(), json!({ "enum": known }));
        }
        object([("if", Value::Object(condition)), ("then", Value::Object(self.write(so))), ("else", Value::Object(self.write(otherwise)))])
    }

    fn record(&mut self, record: &Record) -> Map<String, Value> {
        let mut properties = self.properties(&record.keys);
        let mut all: Vec<Value> = record.rules.iter().flat_map(rule).collect();
        if let Some(variants) = &record.variants {
            all.extend(self.variants(variants, &record.keys));
            for key in variants.all.iter().flat_map(|variant| std::iter::once(&variant.key).chain(&variant.keys)) {
                if key.not_yet.is_none() && !properties.contains_key(key.name) {
                    properties.insert(key.name.to_owned(), json!({ "description": key.description }));
                }
            }
        }
        let mut schema = object([("type", json!("object")), ("properties", Value::Object(properties))]);
        let required = required(&record.keys);
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        match &record.others {
            Some((form, shape)) => {
                schema.insert("additionalProperties".to_owned(), Value::Object(self.write(shape)));
                schema.insert("propertyNames".to_owned(), json!({ "pattern": form.pattern() }));
            }
            None => {
                schema.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        if !all.is_empty() {
            schema.insert("allOf".to_owned(), json!(all));
        }
        schema
    }

    fn properties(&mut self, keys: &[Key]) -> Map<String, Value> {
        let known = keys.iter().filter(|key| key.not_yet.is_none());
        known.map(|key| (key.name.to_owned(), self.described(key))).collect()
    }

    /// In draft-07 nothing beside a reference counts, so the reference is wrapped.
    fn described(&mut self, key: &Key) -> Value {
        let schema = self.write(&key.shape);
        let mut described = object([("description", json!(key.description))]);
        if schema.contains_key("$ref") {
            described.insert("allOf".to_owned(), json!([schema]));
        } else {
            described.extend(schema);
        }
        Value::Object(described)
    }

    /// One telling key at most, and with each the keys that go with it.
    fn variants(&mut self, variants: &Variants, common: &[Key]) -> Vec<Value> {
        let live: Vec<_> = variants.all.iter().filter(|variant| variant.key.not_yet.is_none()).collect();
        let mut one_of: Vec<Value> = live.iter().map(|variant| told(variants, variant)).collect();
        let telling: Vec<Value> = live.iter().map(|variant| json!({ "required": [variant.key.name] })).collect();
        one_of.push(match variants.without {
            Without::Key(key) => json!({ "required": [key], "not": { "anyOf": telling } }),
            Without::Other => json!({ "not": { "anyOf": telling } }),
        });
        let mut all = vec![json!({ "oneOf": one_of })];
        for variant in live {
            let mut properties: Map<String, Value> =
                common.iter().filter(|key| key.not_yet.is_none()).map(|key| (key.name.to_owned(), json!(true))).collect();
            properties.insert(variant.key.name.to_owned(), self.described(&variant.key));
            properties.extend(self.properties(&variant.keys));
            let mut then = object([("properties", Value::Object(properties)), ("additionalProperties", json!(false))]);
            let required = required(&variant.keys);
            if !required.is_empty() {
                then.insert("required".to_owned(), json!(required));
            }
            all.push(json!({ "if": told(variants, variant), "then": then }));
        }
        all
    }
}

/// A record is of this kind if its key is there, and no other kind that has the same key.
fn told(variants: &Variants, variant: &Variant) -> Value {
    let above: Vec<Value> = variants.above(variant).map(|above| json!({ "required": [above.key.name] })).collect();
    if above.is_empty() {
        return json!({ "required": [variant.key.name] });
    }
    json!({ "required": [variant.key.name], "not": { "anyOf": above } })
}

fn rule(rule: &Rule) -> Vec<Value> {
    match rule {
        Rule::AtMostOne { of, but, .. } => {
            let pairs = of.iter().enumerate().flat_map(|(index, one)| of[index + 1..].iter().map(move |other| (*one, *other)));
            let apart = pairs.filter(|(one, other)| !but.contains(&(*one, *other)) && !but.contains(&(*other, *one)));
            apart.map(|(one, other)| json!({ "not": { "required": [one, other] } })).collect()
        }
        Rule::AtLeastOne { of } => {
            let any: Vec<Value> = of.iter().map(|key| json!({ "required": [key] })).collect();
            vec![json!({ "anyOf": any })]
        }
        Rule::Needs { key, other } => vec![json!({ "dependencies": { *key: [other] } })],
    }
}

fn required(keys: &[Key]) -> Vec<&str> {
    keys.iter().filter(|key| key.required).map(|key| key.name).collect()
}

fn known_keys(shape: &Shape) -> Vec<&str> {
    match shape {
        Shape::Record(record) => record.keys.iter().filter(|key| key.not_yet.is_none()).map(|key| key.name).collect(),
        Shape::Named(_, inner) => known_keys(inner),
        _ => Vec::new(),
    }
}

/// A text, a number or a boolean: YAML needs no quotes, and a text may be any of them.
fn scalar() -> Map<String, Value> {
    object([("type", json!(["string", "number", "boolean"]))])
}

fn pattern(form: Form) -> Map<String, Value> {
    object([("type", json!("string")), ("pattern", json!(form.pattern()))])
}

fn words_of(words: &[Word]) -> Map<String, Value> {
    let live: Vec<_> = words.iter().filter(|word| !word.not_yet).collect();
    let names: Vec<&str> = live.iter().map(|word| word.name).collect();
    let meanings: Vec<&str> = live.iter().map(|word| word.description).collect();
    object([("enum", json!(names)), ("enumDescriptions", json!(meanings))])
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
