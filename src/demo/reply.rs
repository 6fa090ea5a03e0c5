//! An answer as plain data, so that it can be remembered and given again.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::demo::Profile;
use crate::demo::office::Refusal;

/// An answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers, but for those that every answer has.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// Its body.
    pub body: Content,
    /// Whom it created.
    pub created: Option<i64>,
    /// Whether it was given before, under the same idempotency key.
    pub replayed: bool,
}

/// A body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Content {
    /// None.
    Empty,
    /// JSON.
    Json(Value),
    /// Text of some kind.
    Text(Cow<'static, str>, String),
}

impl Reply {
    /// A JSON answer.
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Content::Json(body), created: None, replayed: false }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { body: Content::Empty, ..Self::json(status, Value::Null) }
    }

    /// A text answer.
    pub fn text(status: u16, kind: &'static str, text: impl Into<String>) -> Self {
        Self { body: Content::Text(kind.into(), text.into()), ..Self::json(status, Value::Null) }
    }

    /// `FastAPI`'s `HTTPException`.
    pub fn detail(status: u16, detail: impl Into<Value>) -> Self {
        Self::json(status, json!({ "detail": detail.into() }))
    }

    /// One problem of `FastAPI`'s 422 list.
    pub fn problem(kind: &str, place: &[&str], words: &str, input: &Value) -> Self {
        Self::json(422, json!({ "detail": [{ "type": kind, "loc": place, "msg": words, "input": input }] }))
    }

    /// 401 that asks for a bearer token.
    pub fn unauthorized(detail: &str) -> Self {
        Self::detail(401, detail).with("www-authenticate", "Bearer")
    }

    /// What an exception that nobody caught looks like: text, not JSON.
    pub fn crash() -> Self {
        Self::text(500, "text/plain; charset=utf-8", "Internal Server Error")
    }

    /// A refusal in the words of the profile.
    pub fn refusal(profile: Profile, refusal: &Refusal) -> Self {
        match profile {
            Profile::Compat => Self::prose(refusal),
            Profile::Extended => Self::object(refusal),
        }
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn prose(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::EmailRequired => Self::detail(400, "Email is required to create a user for the staff member."),
            Refusal::UserExists { email, .. } => Self::detail(400, format!("User with email {email} already exists.")),
            Refusal::Duplicate { field, .. } => Self::detail(400, format!("Staff with this {field} already exists.")),
            Refusal::NoPosition(id) => Self::detail(404, format!("Position with ID {id} not found")),
            Refusal::NoOrganization(id) => Self::detail(404, format!("Organization with ID {id} not found")),
            Refusal::NoStaff => Self::detail(404, "Staff not found"),
            Refusal::NoUser => Self::detail(404, "User not found"),
            Refusal::UserPresent => Self::detail(400, "User already exists."),
            Refusal::Active => Self::detail(400, "User is already activated."),
            Refusal::WrongCode => Self::detail(404, "Invalid activation code."),
            Refusal::Expired => Self::detail(400, "Activation code has expired."),
        }
    }

    fn object(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::EmailRequired => Self::problem("missing", &["body", "email"], "Email is required to create a user", &Value::Null),
            Refusal::UserExists { staff_id, .. } => Self::duplicate("email", *staff_id),
            Refusal::Duplicate { field, staff_id } => Self::duplicate(field, *staff_id),
            Refusal::UserPresent => Self::detail(409, json!({ "code": "user_exists" })),
            Refusal::Expired => Self::detail(410, json!({ "code": "activation_code_expired" })),
            Refusal::NoPosition(_)
            | Refusal::NoOrganization(_)
            | Refusal::NoStaff
            | Refusal::NoUser
            | Refusal::Active
            | Refusal::WrongCode => Self::prose(refusal),
        }
    }

    fn duplicate(field: &str, staff_id: i64) -> Self {
        Self::detail(409, json!({ "code": "staff_duplicate", "field": field, "staff_id": staff_id }))
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response<Body> {
        let (kind, body) = match self.body {
            Content::Empty => (None, Body::empty()),
            Content::Json(value) => (Some(Cow::Borrowed("application/json")), Body::from(value.to_string())),
            Content::Text(kind, text) => (Some(kind), Body::from(text)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(kind) = kind.and_then(|kind| HeaderValue::from_str(&kind).ok()) {
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        for (name, value) in self.headers {
            // A value that cannot be a header came from the request (its host); the answer does without it.
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
