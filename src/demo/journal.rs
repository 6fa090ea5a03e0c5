//! What was asked and how it was answered, for tests and demonstrations. No bodies and no values of a query: they hold personal data.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::{Value, json};

/// How many requests are kept.
const KEPT: usize = 10_000;

/// The last requests, the oldest first.
#[derive(Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
    count: u64,
}

/// One request and its answer.
pub struct Entry {
    /// When it came.
    pub at: Timestamp,
    /// `GET`, `POST`…
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The names in the query.
    pub query: Vec<String>,
    /// The `Idempotency-Key`, if there was one.
    pub key: Option<String>,
    /// The status; none if the connection was cut.
    pub status: Option<u16>,
    /// Whom it created.
    pub created: Option<i64>,
    /// Whether the answer had been given before.
    pub replayed: bool,
    /// What was broken on purpose.
    pub fault: Option<&'static str>,
}

impl Journal {
    /// Adds a request.
    pub fn add(&mut self, entry: Entry) {
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.count += 1;
    }

    /// The last ones with their numbers, the newest first.
    pub fn latest(&self, most: usize) -> impl Iterator<Item = (u64, &Entry)> {
        (1..=self.count).rev().zip(self.entries.iter().rev()).take(most)
    }

    /// All of them as JSON.
    pub fn to_json(&self) -> Value {
        let first = self.count - self.entries.len() as u64 + 1;
        (first..).zip(&self.entries).map(|(number, entry)| entry.to_json(number)).collect()
    }
}

impl Entry {
    fn to_json(&self, number: u64) -> Value {
        json!({
            "number": number,
            "at": self.at.to_string(),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "idempotency_key": self.key,
            "status": self.status,
            "staff_created": self.created,
            "replayed": self.replayed,
            "fault": self.fault,
        })
    }
}
