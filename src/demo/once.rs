//! What was answered under which `Idempotency-Key`: the same request gets the same answer for a day, and nothing is done again.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::demo::call::Call;
use crate::demo::reply::Reply;

/// How long an answer is remembered.
const MEMORY: Duration = Duration::from_hours(24);
/// The longest key that is taken.
const MAX_KEY: usize = 255;

/// Answers by key.
#[derive(Default, Serialize, Deserialize)]
pub struct Remembered {
    answers: HashMap<String, Answered>,
}

#[derive(Serialize, Deserialize)]
struct Answered {
    request: [u8; 32],
    reply: Reply,
    until: Timestamp,
}

impl Remembered {
    /// The answer to give instead of doing something: the one given before, or a refusal of the key.
    pub fn answer(&mut self, key: &str, call: &Call, now: Timestamp) -> Option<Reply> {
        self.answers.retain(|_, answered| answered.until > now);
        if key.is_empty() || key.len() > MAX_KEY {
            return Some(Reply::detail(400, json!({ "code": "idempotency_key_invalid" })));
        }
        let answered = self.answers.get(key)?;
        if answered.request != fingerprint(call) {
            return Some(Reply::detail(422, json!({ "code": "idempotency_key_reused" })));
        }
        Some(Reply { replayed: true, created: None, ..answered.reply.clone() }.with("idempotency-replayed", "true"))
    }

    /// Remembers an answer, unless nothing was done for it and the request may well be mended and sent again.
    pub fn remember(&mut self, key: &str, call: &Call, reply: &Reply, now: Timestamp) {
        let was_done = reply.status < 500 && ![401, 422].contains(&reply.status);
        if let Some(until) = now.checked_add(MEMORY).ok().filter(|_| was_done) {
            self.answers.insert(key.to_owned(), Answered { request: fingerprint(call), reply: reply.clone(), until });
        }
    }
}

/// What makes two requests the same.
fn fingerprint(call: &Call) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [call.method.as_str().as_bytes(), call.path.as_bytes(), &call.body] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
