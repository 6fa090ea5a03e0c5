//! Files: those that people send from a browser, and those that messages show.
//!
//! A browser does not keep what it has sent, so the bytes have to be somewhere until a call passes them on. They are held in memory
//! only: none is ever written to a disk, each is let go of after some hours, and all of them are gone with the process. Whoever needs
//! one that is gone is told that it is.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::time::Instant;

use crate::channel::web::act::{hand_in_shown, is_name};
use crate::channel::web::letter::Letter;
use crate::channel::web::{Desk, account, now};
use crate::channel::{self, Contents, Unopened};
use crate::engine::Act;
use crate::expr::{File, FileAt, media};

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
    let kind = told.unwrap_or_else(|| media::of_name(&name)).to_owned();
    let id = format!("{account}/{act}");
    let at = FileAt::Channel { channel: desk.name.clone(), id: id.clone() };
    let file = File { at, name, kind, size: body.len() as u64 };
    let shown = format!("📎 {}", file.name);
    let spool = Arc::clone(&desk);
    // Only what somebody may send is held.
    let made = move |message| {
        spool.spool.put(&id, body, Instant::now());
        Act::SharedFile { file, album: None, message }
    };
    let letter = Letter { at: now(), ..Letter::written(&shown, &act) };
    hand_in_shown(desk, &headers, letter, made).await
}

/// `GET shown/<number>`: the file that a message of the asking person's own mailbox shows. Whatever it is, it is never a page: a picture is
/// shown as one, and everything else is something to keep.
pub async fn show(State(desk): State<Arc<Desk>>, Path(number): Path<u64>, headers: HeaderMap) -> Response {
    let account = match account::account(&desk, &headers) {
        Ok(Some(account)) => account,
        Ok(None) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let Ok(mailbox) = desk.mailbox(&account).await else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let letter = mailbox.letters().iter().find(|letter| letter.number == number);
    let Some(file) = letter.and_then(Letter::shown) else { return StatusCode::NOT_FOUND.into_response() };
    match desk.contents(&file).await {
        Ok(Contents { size, pieces }) => (guarded(&file, size), Body::from_stream(pieces)).into_response(),
        Err(Unopened::Gone) => StatusCode::NOT_FOUND.into_response(),
        Err(Unopened::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

impl Desk {
    async fn contents(&self, file: &File) -> Result<Contents, Unopened> {
        if let Some(id) = file.held_by(&self.name) {
            return self.spool.get(id, Instant::now()).map(Contents::of).ok_or(Unopened::Gone);
        }
        let lent = self.lent.read().unwrap_or_else(PoisonError::into_inner).clone();
        channel::read(file, lent.as_ref()).await
    }
}

fn guarded(file: &File, size: u64) -> [(HeaderName, String); 7] {
    let (kind, shown) = if file.is_picture() { (file.kind.as_str(), "inline") } else { ("application/octet-stream", "attachment") };
    let name = file.name.bytes().fold(String::new(), |name, byte| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'.' | b'-' | b'_' => name + char::from(byte).encode_utf8(&mut [0; 4]),
        _ => format!("{name}%{byte:02X}"),
    });
    [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
        (header::CONTENT_DISPOSITION, format!("{shown}; filename*=UTF-8''{name}")),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin".to_owned()),
    ]
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
