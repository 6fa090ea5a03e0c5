//! What people do: each a `POST` with a name of its own, answered when its turn is durable. Sent again, it is the same act.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use rust_decimal::Decimal;
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::channel::terminal::own_contact;
use crate::channel::web::account::{account, is_ours};
use crate::channel::web::letter::Letter;
use crate::channel::web::{Desk, Numbers, now};
use crate::channel::{Inbox, Incoming};
use crate::engine::{Act, EventId, EventKind, Visitor};

/// The longest text, in characters: as long as a message of Telegram.
const LONGEST: usize = 4096;
/// How long a browser waits until it hears that an act could not be kept.
const PATIENCE: Duration = Duration::from_secs(30);

/// A text or a number.
#[derive(Deserialize)]
pub struct Written {
    act: String,
    text: String,
}

/// A press.
#[derive(Deserialize)]
pub struct Pressed {
    act: String,
    token: String,
    message: u64,
}

/// `POST text`.
pub async fn text(State(desk): State<Arc<Desk>>, headers: HeaderMap, Json(written): Json<Written>) -> StatusCode {
    write(desk, &headers, (written, false), typed).await
}

/// `POST contact`: a number that somebody says is theirs.
pub async fn contact(State(desk): State<Arc<Desk>>, headers: HeaderMap, Json(written): Json<Written>) -> StatusCode {
    match desk.numbers {
        Numbers::Typed => write(desk, &headers, (written, true), typed).await,
        Numbers::Believed => write(desk, &headers, (written, false), |text, message| own_contact(&text, message)).await,
    }
}

fn typed(text: String, message: String) -> Act {
    Act::Wrote { text, message, forwarded: false }
}

/// `POST location`: degrees north and east.
pub async fn location(State(desk): State<Arc<Desk>>, headers: HeaderMap, Json(written): Json<Written>) -> StatusCode {
    let degrees = |text: &str| text.trim().parse::<Decimal>().ok();
    let point = written.text.split_once(',').and_then(|(north, east)| Some((degrees(north)?, degrees(east)?)));
    let Some((latitude, longitude)) = point else { return StatusCode::UNPROCESSABLE_ENTITY };
    write(desk, &headers, (written, false), move |_, message| Act::SharedLocation { latitude, longitude, message }).await
}

/// `POST press`.
pub async fn press(State(desk): State<Arc<Desk>>, headers: HeaderMap, Json(pressed): Json<Pressed>) -> StatusCode {
    let Pressed { act, token, message } = pressed;
    if token.len() > 64 || !is_name(&act) {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    let (account, inbox) = match admitted(&desk, &headers) {
        Ok(admitted) => admitted,
        Err(refused) => return refused,
    };
    let who = visitor(&headers);
    whole(async move {
        let room = desk.rooms.of(&account);
        let _order = room.acting.lock().await;
        let pressed = Act::Pressed { token, press: act.clone(), message: Some(message.to_string()) };
        answer(hand_in(&desk, &inbox, (&account, &act), who, pressed).await)
    })
    .await
}

/// Puts what was written into the mailbox, hands it in, and marks it as taken or takes it away again.
async fn write(
    desk: Arc<Desk>,
    headers: &HeaderMap,
    (Written { act, text }, unverified): (Written, bool),
    made: impl FnOnce(String, String) -> Act + Send + 'static,
) -> StatusCode {
    let text = text.trim().to_owned();
    if text.is_empty() || text.chars().count() > LONGEST || !is_name(&act) {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    let letter = Letter { unverified, at: now(), ..Letter::written(&text, &act) };
    hand_in_shown(desk, headers, letter, |message| made(text, message)).await
}

/// The same of whatever is shown by this letter.
pub(super) async fn hand_in_shown(
    desk: Arc<Desk>,
    headers: &HeaderMap,
    letter: Letter,
    made: impl FnOnce(String) -> Act + Send + 'static,
) -> StatusCode {
    let (account, inbox) = match admitted(&desk, headers) {
        Ok(admitted) => admitted,
        Err(refused) => return refused,
    };
    let (who, act) = (visitor(headers), letter.by.clone().unwrap_or_default());
    whole(async move {
        let room = desk.rooms.of(&account);
        let _order = room.acting.lock().await;
        let Ok(number) = desk.note(&account, letter, &act).await else { return StatusCode::SERVICE_UNAVAILABLE };
        let kept = hand_in(&desk, &inbox, (&account, &act), who, made(number.to_string())).await;
        let noted = if kept {
            desk.alter(&account, Some(number), |letter| letter.open = false).await
        } else {
            desk.alter(&account, Some(number), Letter::remove).await
        };
        if let Err(error) = noted {
            tracing::warn!(channel = desk.name, %error, "the mailbox does not say what became of a message");
        }
        answer(kept)
    })
    .await
}

/// Does all of it, also if the browser goes away meanwhile.
async fn whole(work: impl Future<Output = StatusCode> + Send + 'static) -> StatusCode {
    tokio::spawn(work).await.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl Desk {
    /// The number of what was written by this act, which may be there from an earlier attempt.
    async fn note(&self, account: &str, letter: Letter, act: &str) -> Result<u64, crate::store::StoreError> {
        let room = self.rooms.of(account);
        let _order = room.writing.lock().await;
        let mut mailbox = self.mailbox(account).await?;
        let number = mailbox.written_by(act).unwrap_or_else(|| mailbox.add(letter));
        room.publish(mailbox).await?;
        Ok(number)
    }
}

/// Who sends this and where it goes, if it may be sent and the chat is open.
fn admitted(desk: &Desk, headers: &HeaderMap) -> Result<(String, Inbox), StatusCode> {
    if !is_ours(headers) {
        return Err(StatusCode::FORBIDDEN);
    }
    let account = account(desk, headers).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?.ok_or(StatusCode::UNAUTHORIZED)?;
    let inbox = desk.inbox.borrow().clone().ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    Ok((account, inbox))
}

/// True if the turn is durable.
async fn hand_in(desk: &Desk, inbox: &Inbox, (account, name): (&str, &str), who: Visitor, act: Act) -> bool {
    let (kept, answer) = oneshot::channel();
    let id = EventId(format!("{}/{account}/{name}", desk.name));
    let incoming = Incoming { record: desk.record(account), id, kind: EventKind::Acted { who, act }, kept };
    let handed_in = async { inbox.send(incoming).await.is_ok() && matches!(answer.await, Ok(Ok(()))) };
    timeout(PATIENCE, handed_in).await.unwrap_or(false)
}

fn answer(kept: bool) -> StatusCode {
    if kept { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE }
}

fn visitor(headers: &HeaderMap) -> Visitor {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = wanted.split([',', ';']).next().map(str::trim).filter(|tag| !tag.is_empty() && *tag != "*" && tag.len() <= 35);
    Visitor { language: first.map(str::to_owned), ..Visitor::default() }
}

/// A name as the page makes them: nothing else becomes part of an event's id.
pub(super) fn is_name(act: &str) -> bool {
    (8..=64).contains(&act.len()) && act.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
