//! Whether an answer is like what an author described.

use serde_json::Value as Json;

use crate::flow::{JsonMatch, Match, StatusPattern};

/// Statuses by which a server says that it did not look at the request. Like a failure (5xx), their bodies say nothing about the matter,
/// so only a match that names such a status sees them: an empty list from a server that is out of order is no "not found".
pub(super) const NOT_LOOKED_AT: [u16; 5] = [401, 403, 408, 425, 429];

/// An answer as matches see it.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    /// The status.
    pub(super) status: u16,
    /// The body as text.
    pub(super) text: &'a str,
    /// The body, if it is JSON.
    pub(super) json: Option<&'a Json>,
}

/// True if all that `wanted` gives holds.
pub(super) fn holds(wanted: &Match, seen: Seen<'_>) -> bool {
    holds_within(wanted, seen, false)
}

fn holds_within(wanted: &Match, seen: Seen<'_>, status_named: bool) -> bool {
    let status_named = status_named || !wanted.status.is_empty();
    status_holds(wanted, seen.status)
        && (status_named || says_something(wanted, seen.status))
        && wanted.json.iter().all(|(at, what)| json_holds(at, what, seen))
        && wanted.text.as_ref().is_none_or(|pattern| pattern.is_match(seen.text))
        && (wanted.any.is_empty() || wanted.any.iter().any(|one| holds_within(one, seen, status_named)))
}

fn status_holds(wanted: &Match, status: u16) -> bool {
    wanted.status.is_empty()
        || wanted.status.iter().any(|pattern| match pattern {
            StatusPattern::Exact(exact) => status == *exact,
            StatusPattern::Class(class) => status / 100 == *class,
        })
}

/// A match that only gathers alternatives leaves the question of the status to them.
fn says_something(wanted: &Match, status: u16) -> bool {
    let only_gathers = wanted.json.is_empty() && wanted.text.is_none() && !wanted.any.is_empty();
    only_gathers || (status < 500 && !NOT_LOOKED_AT.contains(&status))
}

fn json_holds(at: &str, what: &JsonMatch, seen: Seen<'_>) -> bool {
    // Of a body that is no JSON nothing can be said, not even that something is missing from it.
    if seen.json.is_none() && !seen.text.trim().is_empty() {
        return false;
    }
    let found = seen.json.and_then(|json| json.pointer(at));
    match (what, found) {
        (JsonMatch::Absent, found) => found.is_none_or(Json::is_null),
        (JsonMatch::Present, found) => found.is_some_and(|json| !json.is_null()),
        (JsonMatch::Equals(wanted), Some(found)) => equal(wanted, found),
        (JsonMatch::Equals(wanted), None) => wanted.is_null(),
        (JsonMatch::Matches(pattern), Some(Json::String(text))) => pattern.is_match(text),
        (JsonMatch::Size(size), Some(found)) => size_of(found) == Some(*size),
        (JsonMatch::Matches(_) | JsonMatch::Size(_), _) => false,
    }
}

/// Equal by value: `1` and `1.0` are the same number, whoever wrote it.
fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(x), Json::Number(y)) => x == y || (x.is_f64() || y.is_f64()) && x.as_f64() == y.as_f64(),
        (Json::Array(x), Json::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| equal(x, y)),
        (Json::Object(x), Json::Object(y)) => x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| equal(x, y))),
        _ => a == b,
    }
}

fn size_of(json: &Json) -> Option<usize> {
    match json {
        Json::Array(items) => Some(items.len()),
        Json::Object(map) => Some(map.len()),
        Json::String(text) => Some(text.chars().count()),
        _ => None,
    }
}
