//! What was expected against what came.

use serde_json::Value as Json;

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

/// The body of a request as JSON: of a form, its fields as texts.
pub(super) fn body(content_type: &str, text: &str) -> Option<Json> {
    if content_type.starts_with("application/x-www-form-urlencoded") {
        let field = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(&name.replace('+', " ")), Json::from(decoded(&value.replace('+', " "))))
        };
        return Some(Json::Object(text.split('&').filter(|pair| !pair.is_empty()).map(field).collect()));
    }
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        assert_eq!(body("application/x-www-form-urlencoded", "a=1&b=%D1%8F+x"), Some(json!({ "a": "1", "b": "я x" })));
        assert_eq!(body("application/json", "{\"a\":1}"), Some(json!({ "a": 1 })));
        assert_eq!(body("text/plain", "hello"), None);
    }
}
