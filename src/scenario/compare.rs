//! What was expected against what came.

use serde_json::{Map, Value as Json, json};

use crate::operation::{Part, RequestBody};

/// True if everything in `part` is in `whole`: maps may have more keys, lists have the same length.
pub(super) fn is_within(part: &Json, whole: &Json) -> bool {
    match (part, whole) {
        (Json::Object(part), Json::Object(whole)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|found| is_within(value, found)))
        }
        (Json::Array(part), Json::Array(whole)) => part.len() == whole.len() && part.iter().zip(whole).all(|(a, b)| is_within(a, b)),
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => part == whole,
    }
}

/// A request's path and query as an author writes them: percent-encoding resolved.
pub(super) fn decoded(target: &str) -> String {
    let bytes = target.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = target.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|code| u8::from_str_radix(code, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| target.to_owned())
}

/// True if a request went where a line says.
pub(super) fn same_target(written: &str, sent: &str) -> bool {
    written == sent || decoded(written) == decoded(sent)
}

/// A request's path without its query.
pub(super) fn path(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _)| path)
}

/// The body of a request as JSON: of a form, its fields as texts; of files, what is known of them.
pub(super) fn body(body: &RequestBody) -> Option<Json> {
    let RequestBody { content_type, text } = body;
    if let Some((parts, _)) = body.parts() {
        return Some(parts_of(parts));
    }
    if content_type.starts_with("application/x-www-form-urlencoded") {
        let field = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(&name.replace('+', " ")), Json::from(decoded(&value.replace('+', " "))))
        };
        return Some(Json::Object(text.split('&').filter(|pair| !pair.is_empty()).map(field).collect()));
    }
    serde_json::from_str(text).ok()
}

/// Parts by name; several of one name are a list.
fn parts_of(parts: Vec<Part>) -> Json {
    let mut fields: Map<String, Json> = Map::new();
    for part in parts {
        let (name, value) = match part {
            Part::Field { name, text } => (name, Json::from(text)),
            Part::File { name, file } => (name, json!({ "name": file.name, "kind": file.kind, "size": file.size })),
        };
        match fields.get_mut(&name) {
            Some(Json::Array(several)) => several.push(value),
            Some(one) => *one = Json::Array(vec![one.take(), value]),
            None => drop(fields.insert(name, value)),
        }
    }
    Json::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{File, FileAt};

    #[test]
    fn a_part_is_within_a_whole_that_has_more() {
        let whole = json!({ "email": "a@b.c", "positions": [{ "position_id": 1, "is_primary": true }], "n": 1.0 });
        assert!(is_within(&json!({ "positions": [{ "position_id": 1 }], "n": 1 }), &whole));
        assert!(is_within(&json!({}), &whole));
        assert!(!is_within(&json!({ "positions": [] }), &whole));
        assert!(!is_within(&json!({ "phone": null }), &whole));
        assert!(!is_within(&json!({ "email": "A@b.c" }), &whole));
    }

    #[test]
    fn targets_are_compared_as_people_write_them() {
        assert!(same_target("/api/v1/staff/?external_id=tg:1001", "/api/v1/staff/?external_id=tg%3A1001"));
        assert!(same_target("/город", "/%D0%B3%D0%BE%D1%80%D0%BE%D0%B4"));
        assert!(!same_target("/api/v1/staff/", "/api/v1/staff/?skip=0"));
        assert_eq!(decoded("/100%"), "/100%");
        assert_eq!(decoded("/%D0"), "/%D0");
        assert_eq!(path("/a/?b=c"), "/a/");
    }

    #[test]
    fn forms_are_maps_of_texts() {
        let read = |content_type: &str, text: &str| body(&RequestBody { content_type: content_type.to_owned(), text: text.to_owned() });
        assert_eq!(read("application/x-www-form-urlencoded", "a=1&b=%D1%8F+x"), Some(json!({ "a": "1", "b": "я x" })));
        assert_eq!(read("application/json", "{\"a\":1}"), Some(json!({ "a": 1 })));
        assert_eq!(read("text/plain", "hello"), None);
    }

    #[test]
    fn of_files_their_names_kinds_and_sizes_are_compared() {
        let file = |name: &str| {
            let at = FileAt::Channel { channel: "tg".into(), id: "x".into() };
            let file = File { at, name: name.into(), kind: "image/png".into(), size: 5 };
            Part::File { name: "photo".into(), file }
        };
        let field = Part::Field { name: "title".into(), text: "1".into() };
        let seen = |name: &str| json!({ "name": name, "kind": "image/png", "size": 5 });
        let parts = [field, file("a"), file("b"), file("c")];
        let whole = json!({ "title": "1", "photo": [seen("a"), seen("b"), seen("c")] });
        assert_eq!(body(&RequestBody::of_parts(&parts, "key")), Some(whole));
    }
}
