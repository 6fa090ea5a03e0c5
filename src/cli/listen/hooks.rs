//! `POST /events/<name>`: what trusted systems report.
//!
//! A report is signed: `X-Usher-Signature: t=<seconds since 1970>,v1=<hexadecimal HMAC-SHA256 of "<t>.<body>">`, with the hook's secret.
//! One that is older than five minutes is refused, and the same `id` is taken once, so a report can be repeated and not be replayed.
//! The body is `{ "id": "…", "fields": { … } }`. 200 says that it is kept; 503 that it is to be sent again.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hmac::{Hmac, Mac};
use serde_json::{Map, Value as Json};
use sha2::Sha256;

use crate::cli::config::Hook;
use crate::runtime::{Events, NotTaken};

/// How far the clocks of the two systems may be apart, in seconds.
const APART: i64 = 5 * 60;

/// The largest report, in bytes.
const LARGEST: usize = 64 * 1024;

/// The longest id of a report, in bytes.
const LONGEST_ID: usize = 200;

/// The header with the signature.
const SIGNATURE: &str = "x-usher-signature";

struct Hooks {
    hooks: BTreeMap<String, Hook>,
    events: Events,
}

/// The routes for what other systems report.
pub fn routes(hooks: BTreeMap<String, Hook>, events: Events) -> Router {
    let state = Arc::new(Hooks { hooks, events });
    Router::new().route("/events/{event}", post(reported)).layer(DefaultBodyLimit::max(LARGEST)).with_state(state)
}

async fn reported(State(state): State<Arc<Hooks>>, Path(event): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let trusted = state.hooks.values().filter(|hook| hook.events.contains(&event));
    let signed = signature(&headers);
    let now = jiff::Timestamp::now().as_second();
    // One answer for every way of not being trusted: it tells nobody which events there are.
    let Some((at, seal)) = signed.filter(|(at, _)| (now - at).abs() <= APART) else { return refused() };
    if !trusted.fold(false, |known, hook| known | hook.signs(at, &body, &seal)) {
        return refused();
    }
    let Some((id, fields)) = read(&body) else {
        return (StatusCode::BAD_REQUEST, "the body must be { \"id\": \"…\", \"fields\": { … } }\n").into_response();
    };
    match state.events.report(&event, &id, &fields).await {
        Ok(()) => "kept\n".into_response(),
        Err(error @ NotTaken::Wrong(_)) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}\n")).into_response(),
        Err(error @ NotTaken::Unkept) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

fn refused() -> Response {
    (StatusCode::UNAUTHORIZED, "the signature is missing, too old or not of a hook that may report this\n").into_response()
}

/// When a report was signed, in seconds, and its seal.
fn signature(headers: &HeaderMap) -> Option<(i64, Vec<u8>)> {
    let written = headers.get(SIGNATURE)?.to_str().ok()?;
    let part = |name: &str| written.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    Some((part("t")?.parse().ok()?, bytes(part("v1")?)?))
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    if !hexadecimal.is_ascii() || !hexadecimal.len().is_multiple_of(2) {
        return None;
    }
    (0..hexadecimal.len()).step_by(2).map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).ok()).collect()
}

fn read(body: &[u8]) -> Option<(String, Map<String, Json>)> {
    let Json::Object(mut report) = serde_json::from_slice(body).ok()? else { return None };
    let id = report.get("id")?.as_str().filter(|id| !id.is_empty() && id.len() <= LONGEST_ID)?.to_owned();
    match report.remove("fields") {
        None => Some((id, Map::new())),
        Some(Json::Object(fields)) => Some((id, fields)),
        Some(_) => None,
    }
}

impl Hook {
    /// True if this is the hook's seal of the report. Takes the same time whatever the seal.
    fn signs(&self, at: i64, body: &[u8], seal: &[u8]) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.expose().as_bytes()).expect("HMAC takes keys of any length");
        mac.update(at.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.verify_slice(seal).is_ok()
    }
}
