//! How far a request got, and the answer to it.

use std::error::Error;
use std::io;

use reqwest::Response;

use crate::fetch::address::{ADDRESS_REFUSED, AddressRefused, NameNotFound};
use crate::fetch::retry_after;
use crate::operation::Answer;

/// Nothing was sent.
pub(super) fn not_sent(why: &str) -> Answer {
    Answer::NothingSent { why: why.to_owned() }
}

/// What came of a request to which no answer began. Until the connection stands, name, address and TLS included, nothing was sent.
pub(super) fn failed(error: &reqwest::Error) -> Answer {
    if error.is_builder() {
        not_sent("the request cannot be written down")
    } else if error.is_connect() {
        not_sent(why_not_connected(error))
    } else {
        unanswered(why_broken(error, "connection closed without an answer"))
    }
}

/// Reads the body. What is larger than it may be is not read on: the answer is then as good as none.
pub(super) async fn read(mut response: Response, max: u64) -> Answer {
    let too_large = || Answer::Unanswered { why: format!("answer larger than {max} bytes") };
    let status = response.status().as_u16();
    let retry_after = retry_after::seconds(response.headers());
    if response.content_length().is_some_and(|length| length > max) {
        return too_large();
    }
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if (body.len() + chunk.len()) as u64 > max => return too_large(),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return unanswered(why_broken(&error, "answer cut short")),
        }
    }
    let body = String::from_utf8(body).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Answer::Replied { status, retry_after, body }
}

fn unanswered(why: &str) -> Answer {
    Answer::Unanswered { why: why.to_owned() }
}

/// In words of our own: the errors themselves print addresses.
fn why_not_connected(error: &reqwest::Error) -> &'static str {
    let is = |what: fn(&(dyn Error + 'static)) -> bool| causes(error).any(what);
    if is(<dyn Error>::is::<AddressRefused>) {
        ADDRESS_REFUSED
    } else if is(<dyn Error>::is::<NameNotFound>) {
        "name not found"
    } else if error.is_timeout() {
        "connecting timed out"
    } else if is(|cause| cause.to_string().contains("certificate")) {
        "certificate not accepted"
    } else {
        match kind_of(error) {
            Some(io::ErrorKind::ConnectionRefused) => "connection refused",
            Some(io::ErrorKind::TimedOut) => "connecting timed out",
            Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => "network unreachable",
            Some(io::ErrorKind::InvalidData) => "TLS failed",
            _ => "connecting failed",
        }
    }
}

fn why_broken(error: &reqwest::Error, otherwise: &'static str) -> &'static str {
    if error.is_timeout() {
        return "timed out";
    }
    match kind_of(error) {
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe) => "connection reset",
        Some(io::ErrorKind::TimedOut) => "timed out",
        _ => otherwise,
    }
}

/// The innermost I/O error says what happened; TLS wraps one in another, past which `source` does not look.
fn kind_of(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut innermost = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last()?;
    while let Some(inner) = innermost.get_ref().and_then(|inner| inner.downcast_ref()) {
        innermost = inner;
    }
    Some(innermost.kind())
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    std::iter::successors(Some(first), |&cause| cause.source())
}
