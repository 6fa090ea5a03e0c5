//! Outputs: what is taken from an answer, and whether the answer is as described.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::expr::{Kind, Type, Value};
use crate::flow::Output;

/// An answer that is not as described; holds the output's name and what was expected there, never what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not as described: {output}: {expected}")]
pub(super) struct Surprise {
    output: String,
    expected: String,
}

/// Takes all outputs from a body.
pub(super) fn extract(outputs: &[Output], body: Option<&Json>) -> Result<BTreeMap<String, Value>, Surprise> {
    let take = |output: &Output| {
        let surprise = |expected| Surprise { output: output.name.clone(), expected };
        Ok((output.name.clone(), take(output, body).map_err(surprise)?))
    };
    outputs.iter().map(take).collect()
}

fn take(output: &Output, body: Option<&Json>) -> Result<Value, String> {
    let found = body.and_then(|body| body.pointer(&output.at)).filter(|json| !is_missing(json, &output.of));
    match found {
        Some(json) => read(json, &output.of, &output.defaults),
        None => missing(&output.of, output.default.as_ref()),
    }
}

/// Reads a value of a declared type. Records keep their declared fields only; `defaults` are those of the outermost records.
fn read(json: &Json, of: &Type, defaults: &BTreeMap<String, Value>) -> Result<Value, String> {
    match &of.kind {
        Kind::List(item) => {
            let Json::Array(items) = json else { return Err("a list was expected".to_owned()) };
            items.iter().map(|json| read_or_missing(json, item, None, defaults)).collect::<Result<_, _>>().map(Value::List)
        }
        Kind::Record(fields) => {
            let Json::Object(map) = json else { return Err("a record was expected".to_owned()) };
            let field = |(name, of): (&String, &Type)| {
                let json = map.get(name).unwrap_or(&Json::Null);
                let value = read_or_missing(json, of, defaults.get(name), &BTreeMap::new());
                value.map(|value| (name.clone(), value)).map_err(|expected| format!("{name}: {expected}"))
            };
            fields.iter().map(field).collect::<Result<_, _>>().map(Value::Record)
        }
        _ => Value::from_json(json, of),
    }
}

fn read_or_missing(json: &Json, of: &Type, default: Option<&Value>, defaults: &BTreeMap<String, Value>) -> Result<Value, String> {
    if is_missing(json, of) { missing(of, default) } else { read(json, of, defaults) }
}

fn missing(of: &Type, default: Option<&Value>) -> Result<Value, String> {
    match default {
        Some(default) => Ok(default.clone()),
        None if of.optional || matches!(of.kind, Kind::None) => Ok(Value::None),
        None => Err("it is missing".to_owned()),
    }
}

/// `null`, and, where something other than a text is expected and may be left out, the empty text that many servers send instead.
fn is_missing(json: &Json, of: &Type) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) => text.is_empty() && of.optional && !matches!(of.kind, Kind::Text | Kind::Any),
        _ => false,
    }
}
