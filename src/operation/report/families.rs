//! Where the families of servers put their words.

use serde_json::{Map, Value as Json};

use crate::operation::report::Found;
use crate::operation::report::words::texts;

/// Keys that hold a message, the most telling first.
const MESSAGES: [&str; 8] = ["message", "msg", "defaultMessage", "detail", "error_description", "errorSummary", "description", "title"];

/// Keys that hold a code.
const CODES: [&str; 7] = ["code", "error_code", "errorCode", "scimType", "exc_type", "type", "status_code"];

/// Keys that name a field.
const FIELDS: [&str; 6] = ["field", "property", "path", "target", "attribute", "param"];

/// What the first element of a pydantic `loc` says: where in the request the field was.
const PLACES: [&str; 5] = ["body", "query", "path", "header", "cookie"];

/// How deep maps of fields are read.
const DEPTH_MAX: usize = 8;

/// Words that are meant for people whatever the status: Frappe's `_server_messages` and `OData`'s error.
pub(super) fn for_people(json: &Json, found: &mut Found) {
    let Json::Object(map) = json else { return };
    frappe(map, found);
    if let Some(Json::Object(error)) = map.get("odata.error") {
        odata(error, found);
    }
}

/// All families. A good answer (2xx) is data and no error, but for the `error` that JSON-RPC puts into it.
pub(super) fn all(json: &Json, status: u16, found: &mut Found) {
    let Json::Object(map) = json else {
        if let (Json::String(text), 400..) = (json, status) {
            found.message(text);
        }
        return;
    };
    if let Some(error) = map.get("error") {
        error_key(error, map, found);
    }
    if status < 300 {
        return;
    }
    if let Some(detail) = map.get("detail") {
        described(detail, found);
    }
    if let Some(errors) = map.get("errors") {
        fields(errors, found);
    }
    for key in ["code", "error_code", "errorCode", "scimType", "exc_type"] {
        if let Some(code) = map.get(key) {
            found.code(code);
        }
    }
    // DRF answers with the map of fields itself.
    if map.values().all(is_complaint) {
        field_map(map, DEPTH_MAX, found);
    }
    own_words(map, found);
}

/// Words by field: a map of them, or a list of complaints that each name their field.
pub(super) fn fields(json: &Json, found: &mut Found) {
    match json {
        Json::Object(map) => field_map(map, DEPTH_MAX, found),
        Json::Array(items) => {
            for item in items {
                complaint(item, found);
            }
        }
        Json::String(text) => found.message(text),
        _ => {}
    }
}

/// `FastAPI` and DRF: a text, a list of complaints, or an object with a code, a field and words.
fn described(detail: &Json, found: &mut Found) {
    match detail {
        Json::String(text) => found.message(text),
        Json::Array(_) => fields(detail, found),
        Json::Object(map) if map.values().all(is_complaint) => field_map(map, DEPTH_MAX, found),
        Json::Object(map) => {
            complaint(detail, found);
            own_words(map, found);
        }
        _ => {}
    }
}

/// One complaint of a list: pydantic's, Spring's, JSON:API's, `OData`'s. What it echoes of the request (`input`, `ctx`) is not read.
fn complaint(item: &Json, found: &mut Found) {
    let map = match item {
        Json::String(text) => return found.message(text),
        Json::Object(map) => map,
        _ => return,
    };
    let words = MESSAGES.iter().find_map(|key| map.get(*key)).and_then(|json| texts(json).first().copied());
    for key in CODES {
        if let Some(code) = map.get(key) {
            found.code(code);
        }
    }
    let code = CODES.iter().find_map(|key| map.get(*key)).and_then(Json::as_str);
    match (field_of(map), words.or(code)) {
        (Some(field), Some(words)) => found.field(field, words),
        (None, Some(_)) => words.into_iter().for_each(|words| found.message(words)),
        _ => {}
    }
}

fn field_of(map: &Map<String, Json>) -> Option<&str> {
    if let Some(Json::Array(place)) = map.get("loc") {
        let skipped = usize::from(place.first().and_then(Json::as_str).is_some_and(|first| PLACES.contains(&first)));
        return place.iter().skip(skipped).filter_map(Json::as_str).next_back();
    }
    let pointer = map.get("source").and_then(|source| source.get("pointer"));
    let named = pointer.or_else(|| FIELDS.iter().find_map(|key| map.get(*key)))?;
    let named = match named {
        Json::String(text) => text,
        Json::Array(path) => path.iter().filter_map(Json::as_str).next_back()?,
        _ => return None,
    };
    named.rsplit(['/', '.']).find(|part| !part.is_empty() && part.parse::<u32>().is_err())
}

fn frappe(map: &Map<String, Json>, found: &mut Found) {
    let messages = map.get("_server_messages").and_then(Json::as_str).and_then(|text| serde_json::from_str::<Vec<Json>>(text).ok());
    for message in messages.unwrap_or_default() {
        let Json::String(text) = message else { continue };
        match serde_json::from_str::<Json>(&text) {
            Ok(Json::Object(inner)) => inner.get("message").and_then(Json::as_str).into_iter().for_each(|text| found.message(text)),
            _ => found.message(&text),
        }
    }
    if let Some(code) = map.get("exc_type") {
        found.code(code);
    }
}

fn odata(error: &Map<String, Json>, found: &mut Found) {
    match error.get("message") {
        Some(Json::Object(message)) => message.get("value").and_then(Json::as_str).into_iter().for_each(|text| found.message(text)),
        Some(Json::String(text)) => found.message(text),
        _ => {}
    }
    if let Some(code) = error.get("code") {
        found.code(code);
    }
}

/// `error`: JSON-RPC (Odoo) with its `data`, `OData` 4 with its `details`, OAuth's word, or a sentence.
fn error_key(error: &Json, map: &Map<String, Json>, found: &mut Found) {
    match error {
        Json::Object(inner) => {
            if let Some(Json::Object(data)) = inner.get("data") {
                data.get("message").and_then(Json::as_str).into_iter().for_each(|text| found.message(text));
                data.get("name").into_iter().for_each(|name| found.code(name));
            }
            odata(inner, found);
            inner.get("details").into_iter().for_each(|details| fields(details, found));
            own_words(inner, found);
        }
        Json::String(text) => {
            found.code(error);
            map.get("error_description").and_then(Json::as_str).into_iter().for_each(|text| found.message(text));
            if !MESSAGES.iter().any(|key| map.contains_key(*key)) {
                found.message(text);
            }
        }
        _ => {}
    }
}

fn own_words(map: &Map<String, Json>, found: &mut Found) {
    for key in MESSAGES {
        for text in map.get(key).map(texts).unwrap_or_default() {
            found.message(text);
        }
    }
}

/// A list of texts, or of maps of such lists: what DRF puts under a field.
fn is_complaint(json: &Json) -> bool {
    match json {
        Json::Array(items) => items.iter().all(|item| match item {
            Json::String(_) => true,
            Json::Object(map) => map.values().all(is_complaint),
            _ => false,
        }),
        Json::Object(map) => !map.is_empty() && map.values().all(is_complaint),
        _ => false,
    }
}

fn field_map(map: &Map<String, Json>, depth: usize, found: &mut Found) {
    if depth == 0 {
        return;
    }
    for (name, json) in map {
        match json {
            Json::String(text) => named(name, text, found),
            Json::Object(inner) => field_map(inner, depth - 1, found),
            Json::Array(items) => {
                for item in items {
                    match item {
                        Json::String(text) => named(name, text, found),
                        Json::Object(inner) => field_map(inner, depth - 1, found),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// The names for a complaint about the whole are no fields.
fn named(name: &str, text: &str, found: &mut Found) {
    match name {
        "non_field_errors" | "__all__" | "message" | "detail" | "error" | "errors" | "" => found.message(text),
        _ => found.field(name, text),
    }
}
