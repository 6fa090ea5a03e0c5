//! The pure half of an HTTP call: what is sent, what an answer means, and whether to try again.
//!
//! Everything here is decided from data; sending is the business of `fetch`. It must not know sessions or people.

mod attempt;
mod body;
mod encode;
mod extract;
mod inputs;
mod lookup;
mod matching;
mod outcome;
mod page;
mod report;
mod request;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::expr::{File, Value};

pub use attempt::{Again, Progress, next_attempt};
pub use lookup::{looked_up, may_repeat};
pub use outcome::outcome;
pub use request::{Sending, exists, request};

/// What is sent. Holds no address and no credentials: the connection adds both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Request {
    /// The connection's name.
    pub connection: String,
    /// `connection.operation`, for logs and mocks.
    pub operation: String,
    /// `GET`, `POST`…
    pub method: String,
    /// Path and query, percent-encoded, beginning with `/`.
    pub target: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The body, if any, with its content type.
    pub body: Option<RequestBody>,
    /// Milliseconds, over the connection's.
    pub timeout: Option<i64>,
    /// Bytes of an answer, over the connection's.
    pub answer_max: Option<u64>,
    /// Milliseconds for which a good answer may be shared by all persons; a fresh one is demanded with `Some(0)`.
    pub keep: Option<i64>,
}

/// A body and its content type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestBody {
    /// `application/json`…
    pub content_type: String,
    /// The bytes, always text. Of a body that holds files, its parts in JSON: the bytes of a file are not known here.
    pub text: String,
}

/// A part of a body that holds files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// A text.
    Field {
        /// Its name.
        name: String,
        /// It.
        text: String,
    },
    /// A file, to be read from the channel when it is sent.
    File {
        /// Its name in the body, which is not the name of the file.
        name: String,
        /// Where it is.
        file: File,
    },
}

/// The content type of a body that holds files, without its boundary.
const MULTIPART: &str = "multipart/form-data; boundary=";

impl RequestBody {
    /// A body of these parts. The boundary follows from the key of the visit: all attempts send the same bytes, so that a server which
    /// compares them under one key finds them the same, and nobody who sends a file can know it beforehand.
    pub fn of_parts(parts: &[Part], key: &str) -> Self {
        let digest = Sha256::digest(format!("boundary {key}"));
        let boundary = digest[..16].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        Self { content_type: format!("{MULTIPART}{boundary}"), text: serde_json::to_string(parts).unwrap_or_default() }
    }

    /// Its parts and what stands between them, if it is a body of several.
    pub fn parts(&self) -> Option<(Vec<Part>, &str)> {
        let boundary = self.content_type.strip_prefix(MULTIPART)?;
        Some((serde_json::from_str(&self.text).ok()?, boundary))
    }
}

/// What came of sending a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The server answered.
    Replied {
        /// The status.
        status: u16,
        /// Seconds to wait by the `Retry-After` header, if it was there.
        retry_after: Option<u32>,
        /// The body as text; bytes that are no UTF-8 are replaced.
        body: String,
    },
    /// Nothing was sent: it is certain that nothing was done.
    NothingSent {
        /// Why, in words without secrets: "connection refused".
        why: String,
    },
    /// Something was sent and no whole answer came back.
    Unanswered {
        /// Why, in words without secrets: "timed out".
        why: String,
    },
    /// Nothing was sent, and trying again cannot help: a file that belongs to the request is not there any more.
    Unsendable {
        /// Why, in words for people.
        why: String,
    },
    /// Nothing was sent, because the server is left alone for a while: that is no attempt.
    LeftAlone {
        /// Why, in words without secrets.
        why: String,
    },
}

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// `ok`, an outcome of the operation's own, `invalid`, `refused`, `down`, `unknown` or `absent`.
    pub name: String,
    /// The outputs of this outcome.
    pub output: BTreeMap<String, Value>,
    /// What the server said, if it was not `ok`; `None` also when it was a look-up that told.
    pub error: Option<ErrorReport>,
    /// Seconds the server asks us to wait.
    pub retry_after: Option<u32>,
    /// The answer's number of items, for an operation that reads pages; how many the next-page rule needs.
    pub page: Option<PageSeen>,
    /// For `unknown`: a declared look-up can tell.
    pub look: bool,
}

/// What one page of a list held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageSeen {
    /// Items on it.
    pub items: usize,
    /// The next page's path, where the answer names it.
    pub next: Option<String>,
}

/// An error as a server reported it, normalised.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ErrorReport {
    /// For people; never holds what we sent.
    pub message: Option<String>,
    /// For machines.
    pub code: Option<String>,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Field → the server's words.
    pub fields: BTreeMap<String, String>,
}
