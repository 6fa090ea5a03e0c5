//! The schemas that editors use and the reference that authors read, made of the same tables that loading uses.

use serde_json::{Value, json};

use crate::flow::shapes::{FileKind, shape_of};
use crate::syntax::shape::{Reference, json_schema};

/// Every schema, under the name of its file.
pub fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("flow.schema.json", flow()),
        ("bot.schema.json", of(FileKind::Bot, "What all flows of a bot share")),
        ("operations.schema.json", of(FileKind::Operations, "What a bot may ask of one connection")),
        ("messages.schema.json", of(FileKind::Messages, "The texts of the flows in another language")),
        ("scenario.schema.json", of(FileKind::Scenarios, "Test conversations")),
        ("usher.schema.json", of(FileKind::Usher, "The operator's file")),
    ]
}

/// What cannot be told from the tables: types, names, expressions and texts.
const WORDS: &str = include_str!("language.md");

/// The reference of the language, as Markdown.
pub fn reference() -> String {
    let mut reference = Reference::default();
    for (kind, title) in [
        (FileKind::Flow, "A flow: `flow: <id>`"),
        (FileKind::Flows, "Several small flows: `flows:`"),
        (FileKind::Bot, "What all flows share: `bot: <title>`"),
        (FileKind::Operations, "What may be asked of a server: `operations: <connection>`"),
        (FileKind::Messages, "Translations: `messages: <language>`"),
        (FileKind::Scenarios, "Test conversations: `scenarios: <id>`"),
        (FileKind::Usher, "The operator's file: `usher: 1`"),
    ] {
        reference.file(title, shape_of(kind));
    }
    format!("{WORDS}\n{}", reference.finish())
}

fn of(kind: FileKind, title: &str) -> Value {
    titled(json_schema(shape_of(kind)), title)
}

/// A file of flows holds one flow or several; the first key tells.
fn flow() -> Value {
    let (mut one, mut several) = (json_schema(shape_of(FileKind::Flow)), json_schema(shape_of(FileKind::Flows)));
    let mut definitions = take(&mut several, "definitions");
    if let (Some(all), Value::Object(more)) = (definitions.as_object_mut(), take(&mut one, "definitions")) {
        all.extend(more);
    }
    take(&mut several, "$schema");
    let head = take(&mut one, "$schema");
    let schema = json!({
        "$schema": head,
        "if": { "type": "object", "required": [FileKind::Flows.first_key()] },
        "then": several,
        "else": one,
        "definitions": definitions,
    });
    titled(schema, "A flow, or several small ones")
}

fn take(schema: &mut Value, key: &str) -> Value {
    schema.as_object_mut().and_then(|schema| schema.shift_remove(key)).unwrap_or_default()
}

/// The title stands behind the version of the schema and before everything else.
fn titled(mut schema: Value, title: &str) -> Value {
    let head = take(&mut schema, "$schema");
    let mut titled = serde_json::Map::new();
    titled.insert("$schema".to_owned(), head);
    titled.insert("title".to_owned(), json!(title));
    titled.extend(schema.as_object().cloned().unwrap_or_default());
    Value::Object(titled)
}
