//! Files that people send from a browser.
//!
//! A browser does not keep what it has sent, so the bytes have to be somewhere until a call passes them on. They are held in memory
//! only: none is ever written to a disk, each is let go of after some hours, and all of them are gone with the process. Whoever needs
//! one that is gone is told that it is.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use tokio::time::Instant;

use crate::channel::kinds;
use crate::channel::web::act::{hand_in_shown, is_name};
use crate::channel::web::letter::Letter;
use crate::channel::web::{Desk, account, now};
use crate::engine::Act;
use crate::expr::File;

/// The largest file, in bytes: what other channels pass on, too.
pub const LARGEST: usize = 20 << 20;
/// Bytes held of all people together; the oldest file makes room for the newest.
const TOGETHER: usize = 256 << 20;
/// How long a file is held.
const HELD: Duration = Duration::from_hours(6);
/// The longest name, in characters.
const NAME: usize = 120;

/// Files held, the oldest first.
#[derive(Default)]
pub struct Spool(Mutex<VecDeque<Held>>);

struct Held {
    /// Whose it is, and a name that cannot be guessed.
    id: String,
    bytes: Bytes,
    since: Instant,
}

impl Spool {
    fn put(&self, id: &str, bytes: Bytes, now: Instant) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|file| now.duration_since(file.since) < HELD && file.id != id);
        held.push_back(Held { id: id.to_owned(), bytes, since: now });
        while held.iter().map(|file| file.bytes.len()).sum::<usize>() > TOGETHER {
            held.pop_front();
        }
    }

    /// The bytes of a file, if they are still held.
    pub fn get(&self, id: &str, now: Instant) -> Option<Bytes> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|file| now.duration_since(file.since) < HELD);
        held.iter().find(|file| file.id == id).map(|file| file.bytes.clone())
    }
}

/// What a page says of a file beside its bytes.
#[derive(Deserialize)]
pub struct Named {
    act: String,
    name: String,
}

/// `POST file?act=…&name=…`, the body being the file.
pub async fn upload(State(desk): State<Arc<Desk>>, Query(named): Query<Named>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Named { act, name } = named;
    let name: String = name.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(NAME).collect();
    if name.trim().is_empty() || body.is_empty() || !is_name(&act) {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    let account = match account::account(&desk, &headers) {
        Ok(Some(account)) => account,
        Ok(None) => return StatusCode::UNAUTHORIZED,
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE,
    };
    let told = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).filter(|kind| kind.contains('/') && kind.len() <= 100);
    let kind = told.unwrap_or_else(|| kinds::of_name(&name)).to_owned();
    let file = File { channel: desk.name.clone(), id: format!("{account}/{act}"), name, kind, size: body.len() as u64 };
    let (id, shown) = (file.id.clone(), format!("📎 {}", file.name));
    let spool = Arc::clone(&desk);
    // Only what somebody may send is held.
    let made = move |message| {
        spool.spool.put(&id, body, Instant::now());
        Act::SharedFile { file, album: None, message }
    };
    let letter = Letter { at: now(), ..Letter::written(&shown, &act) };
    hand_in_shown(desk, &headers, letter, made).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_held_for_hours_and_no_longer() {
        let (spool, now) = (Spool::default(), Instant::now());
        spool.put("a/1", Bytes::from_static(b"one"), now);
        assert_eq!(spool.get("a/1", now + HELD / 2).as_deref(), Some(&b"one"[..]));
        assert_eq!(spool.get("a/1", now + HELD), None);
    }

    #[test]
    fn the_oldest_make_room_and_what_comes_again_is_the_same_file() {
        let (spool, now) = (Spool::default(), Instant::now());
        let large = Bytes::from(vec![0; LARGEST]);
        let ids: Vec<String> = (0..=TOGETHER / LARGEST).map(|number| format!("a/{number}")).collect();
        for id in &ids {
            spool.put(id, large.clone(), now);
        }
        assert_eq!(spool.get(&ids[0], now), None);
        assert!(spool.get(&ids[1], now).is_some() && spool.get(&ids[ids.len() - 1], now).is_some());
        spool.put(&ids[1], Bytes::from_static(b"again"), now);
        assert_eq!(spool.get(&ids[1], now).as_deref(), Some(&b"again"[..]));
    }
}
