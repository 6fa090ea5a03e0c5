//! An answer that ends a call as a test wants it: what a server would have to say for this outcome and these outputs.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::expr::Value;
use crate::flow::{JsonMatch, Match, Operation, Output, StatusPattern};
use crate::operation::{Answer, outcome};

/// Builds an answer for an outcome and its outputs. What was built is read as any answer is: if it would end otherwise, a test that
/// speaks of the outcome cannot say what it wants, and is told so.
pub(super) fn answer_that_ends(
    operation: &Operation,
    profile: Option<&str>,
    wanted: &str,
    output: &Map<String, Json>,
) -> Result<Answer, String> {
    let rule = operation.outcomes.iter().find(|rule| rule.name == wanted);
    let candidates = match (rule, wanted) {
        (Some(rule), _) => {
            matching(&rule.matches).into_iter().map(|(status, body)| replied(status, &filled(body, &rule.output, output))).collect()
        }
        (None, "ok") => vec![replied(200, &filled(of_success(operation), &operation.output, output))],
        (None, "invalid") => vec![replied(422, &Json::from("invalid"))],
        (None, "refused") => vec![replied(418, &Json::from("refused")), replied(418, &Json::Object(Map::new()))],
        (None, "down") => vec![Answer::NothingSent { why: "connection refused".to_owned() }],
        (None, "unknown") => vec![Answer::Unanswered { why: "timed out".to_owned() }, replied(500, &Json::Null)],
        _ => return Err(format!("{} has no outcome \"{wanted}\"", operation.id)),
    };
    let ends = |answer: &Answer| {
        let came = outcome(operation, profile, 0, answer);
        came.name == wanted && has(&came.output, output)
    };
    let found = candidates.into_iter().find(ends);
    found.ok_or_else(|| format!("no answer could be made that ends {} as \"{wanted}\" with this output: write an http line", operation.id))
}

fn has(came: &BTreeMap<String, Value>, wanted: &Map<String, Json>) -> bool {
    wanted.iter().all(|(name, value)| came.get(name).is_some_and(|came| came.to_json() == *value))
}

fn replied(status: u16, body: &Json) -> Answer {
    Answer::Replied { status, retry_after: None, body: body.to_string() }
}

/// A body that says what a good answer must say.
fn of_success(operation: &Operation) -> Json {
    let success = operation.success.as_ref().and_then(|success| matching(success).into_iter().next());
    success.map_or(Json::Null, |(_, body)| body)
}

/// Statuses and bodies that a match holds of, as far as they can be made up.
fn matching(wanted: &Match) -> Vec<(u16, Json)> {
    let mut body = Json::Null;
    for (at, what) in &wanted.json {
        let value = match what {
            JsonMatch::Equals(value) => value.clone(),
            JsonMatch::Matches(pattern) => Json::from(literal(pattern.as_str())),
            JsonMatch::Size(size) => Json::Array(vec![Json::Null; *size]),
            JsonMatch::Present => Json::from(true),
            JsonMatch::Absent => continue,
        };
        put(&mut body, at, value);
    }
    let statuses = wanted.status.iter().map(|status| match status {
        StatusPattern::Exact(status) => *status,
        StatusPattern::Class(class) => class * 100,
    });
    let statuses: Vec<u16> = if wanted.status.is_empty() { vec![200, 400, 409] } else { statuses.collect() };
    let mut all: Vec<(u16, Json)> = statuses.iter().map(|status| (*status, body.clone())).collect();
    for one in &wanted.any {
        all.extend(matching(one));
    }
    all
}

/// The plain text in a pattern, which the pattern most often matches.
fn literal(pattern: &str) -> String {
    pattern.trim_start_matches('^').trim_end_matches('$').replace('\\', "")
}

/// Puts outputs where the operation will look for them.
fn filled(mut body: Json, outputs: &[Output], values: &Map<String, Json>) -> Json {
    for output in outputs {
        if let Some(value) = values.get(&output.name) {
            put(&mut body, &output.at, value.clone());
        }
    }
    if body.is_null() { Json::Object(Map::new()) } else { body }
}

/// Puts a value at a JSON Pointer, making what is missing on the way.
fn put(body: &mut Json, at: &str, value: Json) {
    let mut here = body;
    for part in at.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        here = match key.parse::<usize>() {
            Ok(index) if index < 1000 => {
                if !here.is_array() {
                    *here = Json::Array(Vec::new());
                }
                let Json::Array(items) = here else { return };
                if items.len() <= index {
                    items.resize(index + 1, Json::Null);
                }
                &mut items[index]
            }
            _ => {
                if !here.is_object() {
                    *here = Json::Object(Map::new());
                }
                let Json::Object(fields) = here else { return };
                fields.entry(key).or_insert(Json::Null)
            }
        };
    }
    *here = value;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_put_where_pointers_lead() {
        let mut body = Json::Null;
        put(&mut body, "/0/id", json!(42));
        put(&mut body, "/0/a~1b", json!("c"));
        assert_eq!(body, json!([{ "id": 42, "a/b": "c" }]));
        put(&mut body, "", json!([]));
        assert_eq!(body, json!([]));
    }

    #[test]
    fn a_pattern_mostly_matches_its_own_words() {
        assert_eq!(literal("^Position with ID"), "Position with ID");
        assert_eq!(literal(r"v1\.0$"), "v1.0");
    }
}
