//! The parameters of a call, from a JSON or a form body, and which of them were asked for.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::methods::Refusal;
use super::shown::{self, Upload};

/// The parameters of a call.
pub(super) struct Parameters {
    given: Map<String, Value>,
    read: BTreeSet<String>,
    upload: Option<(String, Upload)>,
}

impl Parameters {
    /// Reads a body and a query string as Telegram does.
    pub(super) fn read(content_type: &str, body: &[u8], query: &str) -> Result<Self, Refusal> {
        let (mut given, mut upload) = (form(query), None);
        if body.is_empty() {
        } else if content_type.starts_with("application/json") {
            let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
                return Err(Refusal::bad("can't parse request JSON object"));
            };
            given.extend(object);
        } else if content_type.starts_with("application/x-www-form-urlencoded") {
            given.extend(form(&String::from_utf8_lossy(body)));
        } else if content_type.starts_with("multipart/form-data") {
            let (fields, file) = shown::form(content_type, body)?;
            given.extend(fields);
            upload = file;
        } else {
            return Err(Refusal::bad("unsupported content type"));
        }
        Ok(Self { given, read: BTreeSet::new(), upload })
    }

    pub(super) fn as_json(&self) -> Value {
        Value::Object(self.given.clone())
    }

    /// Those that nobody asked for.
    pub(super) fn unread(&self) -> Vec<String> {
        self.given.keys().filter(|name| !self.read.contains(*name)).cloned().collect()
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    /// The file that comes with the call under this name.
    pub(super) fn upload(&mut self, name: &str) -> Option<Upload> {
        let upload = self.upload.take_if(|(given, _)| given == name)?;
        Some(upload.1)
    }

    pub(super) fn integer(&mut self, name: &str) -> Option<i64> {
        match self.take(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.take(name) {
            Some(Value::Bool(flag)) => flag,
            Some(Value::String(text)) => matches!(text.to_ascii_lowercase().as_str(), "true" | "yes" | "1"),
            _ => false,
        }
    }

    /// An object or a list, which a form carries as JSON in a string.
    pub(super) fn json(&mut self, name: &str) -> Result<Option<Value>, Refusal> {
        match self.take(name) {
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => {
                serde_json::from_str(&text).map(Some).map_err(|_| Refusal::bad(&format!("can't parse {name} JSON object")))
            }
            Some(Value::Null) | None => Ok(None),
            Some(value) => Ok(Some(value)),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.read.insert(name.to_owned());
        self.given.get(name).cloned()
    }
}

fn form(text: &str) -> Map<String, Value> {
    reqwest::Url::parse(&format!("http://x/?{text}"))
        .map(|url| url.query_pairs().map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect())
        .unwrap_or_default()
}
