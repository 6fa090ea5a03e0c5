//! A request as the API reads it: method, path, query, headers and body in one plain value.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::Limited;

use crate::demo::reply::Reply;

/// The largest body that is read.
const MAX_BODY: usize = 1 << 20;
/// The largest body with a file in it.
const MAX_FILES: usize = 21 << 20;

/// One request.
#[derive(Debug)]
pub struct Call {
    /// `GET`, `POST`…
    pub method: Method,
    /// The decoded path.
    pub path: String,
    /// The query as it was sent.
    pub raw_query: Option<String>,
    /// The query, decoded.
    pub queries: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The values of `{}` in the route's path.
    pub parameters: Vec<String>,
}

impl Call {
    /// Reads a request to its end.
    pub async fn read(request: Request) -> Result<Self, Reply> {
        let (parts, body) = request.into_parts();
        let too_large = || Reply::json(413, serde_json::json!({ "detail": "Request Entity Too Large" }));
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let max = if kind.starts_with("multipart/form-data") { MAX_FILES } else { MAX_BODY };
        let body = Limited::new(body, max).collect().await.map_err(|_| too_large())?.to_bytes();
        let raw_query = parts.uri.query().map(ToOwned::to_owned);
        let queries = pairs(raw_query.as_deref().unwrap_or_default().as_bytes());
        let path = percent_decoded(parts.uri.path());
        Ok(Self { method: parts.method, path, raw_query, queries, headers: parts.headers, body, parameters: Vec::new() })
    }

    /// A value of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.queries.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the body calls itself JSON.
    pub fn is_json(&self) -> bool {
        let kind = self.kind();
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
    }

    /// The fields of a form body; none of any other body.
    pub fn form(&self) -> Vec<(String, String)> {
        if self.kind() == "application/x-www-form-urlencoded" { pairs(&self.body) } else { Vec::new() }
    }

    /// The number in a place of the path, or `FastAPI`'s words about it.
    pub fn id(&self, name: &str) -> Result<i64, Reply> {
        let text = self.parameters.first().map_or("", String::as_str);
        let words = "Input should be a valid integer, unable to parse string as an integer";
        text.parse().map_err(|_| Reply::problem("int_parsing", &["path", name], words, &text.into()))
    }

    fn kind(&self) -> String {
        let kind = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().to_lowercase()
    }
}

/// Name and value pairs of a query or form.
pub fn pairs(text: &[u8]) -> Vec<(String, String)> {
    String::from_utf8_lossy(text)
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (percent_decoded(&name.replace('+', " ")), percent_decoded(&value.replace('+', " "))))
        .collect()
}

/// A text with its `%41` decoded; whatever is no escape stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escape = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        // A sign is no digit, though `from_str_radix` takes one.
        let decoded = escape.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match decoded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) if byte == b'%' => {
                bytes.push(value);
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_and_broken_escapes_stay() {
        let read = pairs("username=a%2Bb%40c.ru&password=%D0%BF+%zz%4&empty&&%+f=%+f".as_bytes());
        let expected = [("username", "a+b@c.ru"), ("password", "п %zz%4"), ("empty", ""), ("% f", "% f")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
