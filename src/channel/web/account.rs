//! Who a browser is: a random name in a signed cookie.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::channel::web::{Desk, Door};
use crate::store::{Store, StoreError};

/// How long a browser is known, in seconds: half a year.
const KNOWN: u32 = 180 * 24 * 3600;
/// Bytes of a name.
const NAME: usize = 16;

/// Whether there can be such an account of a web chat: it is what [`random`] makes.
pub fn is_account(account: &str) -> bool {
    account.len() == 2 * NAME && account.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The account of the browser that sends this; none if it has none, or one that we did not give.
pub fn account(desk: &Desk, headers: &HeaderMap) -> Result<Option<String>, StoreError> {
    let store = desk.store()?;
    let cookie = format!("{}=", cookie_name(desk));
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut given = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().strip_prefix(&cookie));
    Ok(given.find_map(|value| known(desk, store, value)))
}

/// `POST enter`: gives the browser an account, unless it has one. The page itself does not: a browser that comes by a link from
/// another site shows its cookie only to what the page asks for.
pub async fn enter(State(door): State<Door>, headers: HeaderMap) -> Response {
    let desk = &door.desk;
    if !is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match account(desk, &headers) {
        Ok(Some(_)) => StatusCode::NO_CONTENT.into_response(),
        Ok(None) => fresh(&door, &headers).unwrap_or(StatusCode::SERVICE_UNAVAILABLE.into_response()),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// True if a page of this chat sends this, as the browser says.
pub fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = text("origin").and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == text("host")
}

fn fresh(door: &Door, headers: &HeaderMap) -> Option<Response> {
    let Door { desk, only } = door;
    let account = match only {
        Some(account) => account.clone(),
        None => random()?,
    };
    let signature = hex(&desk.store().ok()?.signature(&purpose(desk), &account));
    let https = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let secure = if https { "; Secure" } else { "" };
    let cookie = format!("{}={account}.{signature}; Max-Age={KNOWN}; HttpOnly; SameSite=Strict{secure}", cookie_name(desk));
    Some((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie), (header::CACHE_CONTROL, "no-store".to_owned())]).into_response())
}

fn random() -> Option<String> {
    let mut name = [0; NAME];
    getrandom::fill(&mut name).ok()?;
    Some(hex(&name))
}

fn known(desk: &Desk, store: &Store, value: &str) -> Option<String> {
    let (account, signature) = value.split_once('.')?;
    let right = hex(&store.signature(&purpose(desk), account));
    // In the same time wherever the first difference is: a signature is not to be guessed byte by byte.
    let differs = right.bytes().zip(signature.bytes()).fold(right.len() ^ signature.len(), |all, (a, b)| all | usize::from(a ^ b));
    (differs == 0).then(|| account.to_owned())
}

fn cookie_name(desk: &Desk) -> String {
    format!("usher-{}", desk.name)
}

fn purpose(desk: &Desk) -> String {
    format!("web account of {}", desk.name)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
