//! A form with a file, as the Bot API takes files.

use bytes::Bytes;
use hyper::header::HeaderValue;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::expr::File;

/// The body of a call, and what it is.
pub(super) struct Form {
    pub kind: HeaderValue,
    pub body: Bytes,
}

impl Form {
    /// The parameters of a call, and a file under this name.
    pub fn with_file(parameters: &impl Serialize, name: &str, file: &File, bytes: &[u8]) -> Option<Self> {
        let Ok(Value::Object(parameters)) = serde_json::to_value(parameters) else { return None };
        let boundary = boundary(bytes);
        let mut body = Vec::with_capacity(bytes.len() + 1024);
        for (name, value) in parameters {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            part(&mut body, &boundary, &format!("name=\"{name}\""), text.as_bytes());
        }
        let head = format!("name=\"{name}\"; filename=\"{}\"\r\nContent-Type: {}", plain(&file.name), media(&file.kind));
        part(&mut body, &boundary, &head, bytes);
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let kind = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}")).ok()?;
        Some(Self { kind, body: body.into() })
    }
}

fn part(body: &mut Vec<u8>, boundary: &str, head: &str, content: &[u8]) {
    body.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n");
}

/// What stands between the parts: made of the file itself, so that it cannot stand in it.
fn boundary(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("usher-".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// A name without what would end its place in the header.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_control() || matches!(c, '"' | '\\' | '/') { '_' } else { c }).collect()
}

/// A kind as it may stand in a header. What somebody's program calls it may be anything.
fn media(kind: &str) -> &str {
    let may = |byte: u8| byte.is_ascii_alphanumeric() || b"/.+-".contains(&byte);
    if kind.bytes().all(may) { kind } else { "application/octet-stream" }
}
