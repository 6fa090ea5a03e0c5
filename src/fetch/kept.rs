//! Answers that are shared by all persons, and identical requests that become one.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::operation::{Answer, Request};

/// So many answers are kept.
const ANSWERS_MAX: usize = 256;

/// So many bytes of answers are kept.
const BYTES_MAX: usize = 16 << 20;

/// The kept answers.
#[derive(Default)]
pub(super) struct Kept {
    entries: Mutex<HashMap<Key, Entry>>,
}

/// What makes two requests the same. Headers and body count: a search may be sent through POST, a language in a header.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    connection: String,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

struct Entry {
    slot: Arc<Slot>,
    touched: Instant,
    bytes: usize,
}

/// One request at a time is under way for a slot; who waits for it gets its answer.
type Slot = tokio::sync::Mutex<Option<Shared>>;

struct Shared {
    began: Instant,
    ended: Instant,
    answer: Answer,
}

impl Shared {
    /// True if this answer serves somebody who came at `arrived` and takes one that is `millis` old; 0 wants one asked for afterwards.
    fn serves(&self, arrived: Instant, millis: i64) -> bool {
        let Some(age) = u64::try_from(millis).ok().filter(|millis| *millis > 0).map(Duration::from_millis) else {
            return self.began >= arrived;
        };
        self.ended >= arrived || (is_good(&self.answer) && self.began.elapsed() < age)
    }
}

impl Kept {
    /// A kept answer, the one that is just being fetched, or the one that `fetching` gets.
    pub(super) async fn share(&self, request: &Request, millis: i64, fetching: impl Future<Output = Answer>) -> Answer {
        let arrived = Instant::now();
        let key = Key::of(request);
        let slot = self.slot(&key);
        let mut shared = slot.lock().await;
        if let Some(shared) = &*shared
            && shared.serves(arrived, millis)
        {
            return shared.answer.clone();
        }
        let began = Instant::now();
        let answer = fetching.await;
        self.note(&key, &slot, &answer);
        *shared = Some(Shared { began, ended: Instant::now(), answer: answer.clone() });
        answer
    }

    fn slot(&self, key: &Key) -> Arc<Slot> {
        let mut entries = self.entries();
        if let Some(entry) = entries.get(key) {
            return Arc::clone(&entry.slot);
        }
        let slot = Arc::new(Slot::default());
        entries.insert(key.clone(), Entry { slot: Arc::clone(&slot), touched: Instant::now(), bytes: 0 });
        trim(&mut entries, key);
        slot
    }

    /// Counts an answer, and lets go of the oldest ones when there are too many. One that is no good is for those who wait only.
    fn note(&self, key: &Key, slot: &Arc<Slot>, answer: &Answer) {
        let mut entries = self.entries();
        if let Some(entry) = entries.get_mut(key).filter(|entry| Arc::ptr_eq(&entry.slot, slot)) {
            if is_good(answer) {
                entry.touched = Instant::now();
                entry.bytes = size_of(answer);
            } else {
                entries.remove(key);
            }
        }
        trim(&mut entries, key);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Key {
    fn of(request: &Request) -> Self {
        Self {
            connection: request.connection.clone(),
            method: request.method.clone(),
            target: request.target.clone(),
            headers: request.headers.clone(),
            body: request.body.as_ref().map(|body| body.text.clone()),
        }
    }
}

fn trim(entries: &mut HashMap<Key, Entry>, newest: &Key) {
    let mut bytes: usize = entries.values().map(|entry| entry.bytes).sum();
    while entries.len() > ANSWERS_MAX || bytes > BYTES_MAX {
        let others = entries.iter().filter(|(key, _)| *key != newest);
        let Some(oldest) = others.min_by_key(|(_, entry)| entry.touched).map(|(key, _)| key.clone()) else { return };
        bytes -= entries.remove(&oldest).map_or(0, |entry| entry.bytes);
    }
}

fn is_good(answer: &Answer) -> bool {
    matches!(answer, Answer::Replied { status: 200..=299, .. })
}

fn size_of(answer: &Answer) -> usize {
    match answer {
        Answer::Replied { body, .. } => body.len(),
        Answer::NothingSent { .. } | Answer::LeftAlone { .. } | Answer::Unanswered { .. } | Answer::Unsendable { .. } => 0,
    }
}
