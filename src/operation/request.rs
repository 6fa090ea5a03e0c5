//! What is sent.

use std::collections::BTreeMap;

use crate::expr::{Context, Fault, Scope, Value};
use crate::flow::{Body, Operation, PageBy, PathPart};
use crate::operation::body::{Filling, plain};
use crate::operation::encode::{Place, encode, entries};
use crate::operation::inputs::Inputs;
use crate::operation::lookup::once;
use crate::operation::page;
use crate::operation::{Request, RequestBody};

/// One attempt to be built.
#[derive(Clone, Copy)]
pub struct Sending<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// Its inputs by name.
    pub inputs: &'a BTreeMap<String, Value>,
    /// The profile the operator chose.
    pub profile: Option<&'a str>,
    /// The idempotency key of this visit; sent in the header of `once`, where that exists in this profile.
    pub key: &'a str,
    /// The page to read, from 0.
    pub page: u32,
    /// The next page's path, as the last answer named it.
    pub next: Option<&'a str>,
    /// Kept answers do not serve.
    pub fresh: bool,
}

/// True if the operation exists in this profile; one that does not has the outcome `absent` and is never sent.
pub fn exists(operation: &Operation, profile: Option<&str>) -> bool {
    operation.only.as_deref().is_none_or(|only| profile == Some(only))
}

/// Builds the request. Fails where a template of the operation fails, and where a value cannot stand in its place: nothing, a slash or
/// a line break in a path, a line break in a header. The scope of `context` is ignored: templates see the inputs.
pub fn request(sending: Sending<'_>, context: &Context<'_>) -> Result<Request, Fault> {
    let operation = sending.operation;
    let inputs = Inputs::new(operation, sending.inputs, context)?;
    let filling = Filling { profile: sending.profile, context: Context { scope: &inputs, ..*context } };

    let mut headers = headers(&sending, &filling)?;
    let body = operation.body.as_ref().map(|body| request_body(body, &filling, &mut headers)).transpose()?.flatten();
    Ok(Request {
        connection: operation.connection.clone(),
        operation: operation.id.clone(),
        method: operation.method.clone(),
        target: target(&sending, &inputs, &filling)?,
        headers,
        body,
        timeout: operation.timeout,
        answer_max: operation.answer_max,
        keep: operation.keep.map(|millis| if sending.fresh { 0 } else { millis }),
    })
}

fn target(sending: &Sending<'_>, inputs: &Inputs<'_>, filling: &Filling<'_>) -> Result<String, Fault> {
    let operation = sending.operation;
    let own = path(operation, inputs)?;
    if let Some(next) = sending.next {
        let (path, _) = own.split_once('?').unwrap_or((&own, ""));
        return Ok(page::follow(path, next));
    }
    let mut query = filling.entries(&operation.query)?;
    match operation.pages.as_ref().map(|pages| (&pages.by, pages.size)) {
        Some((PageBy::Skip, size)) => page::skip(&mut query, u64::from(sending.page) * u64::from(size)),
        Some((PageBy::Page, _)) => page::number(&mut query, sending.page),
        Some((PageBy::Next(_), _)) | None => {}
    }
    if query.is_empty() {
        return Ok(own);
    }
    let joint = if own.contains('?') { '&' } else { '?' };
    Ok(format!("{own}{joint}{}", entries(&query, Place::Name, Place::Query)))
}

/// The path. A value stays inside its segment: servers decode `%2F` and `%2E%2E` before they look for the route, so encoding alone
/// would not keep a value from choosing another one.
fn path(operation: &Operation, inputs: &Inputs<'_>) -> Result<String, Fault> {
    let refused = |cause: String| Fault { span: operation.span, cause };
    let mut path = String::new();
    for part in &operation.path {
        match part {
            PathPart::Fixed(text) => path.push_str(&encode(text, Place::Fixed)),
            PathPart::Input(name) => {
                let value = inputs.get(name).and_then(|value| plain(&value)).filter(|text| !text.is_empty());
                let text = value.ok_or_else(|| refused(format!("input \"{name}\" stands in the path and has no value")))?;
                if text.contains(['/', '\\']) || text.chars().any(char::is_control) {
                    return Err(refused(format!("input \"{name}\" stands in the path and holds a slash or a control character")));
                }
                path.push_str(&encode(&text, Place::Segment));
            }
        }
    }
    let (segments, _) = path.split_once('?').unwrap_or((&path, ""));
    if segments.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(refused("a segment of the path would be \".\" or \"..\"".into()));
    }
    Ok(if path.starts_with('/') { path } else { format!("/{path}") })
}

fn headers(sending: &Sending<'_>, filling: &Filling<'_>) -> Result<Vec<(String, String)>, Fault> {
    let operation = sending.operation;
    let mut headers = filling.entries(&operation.headers)?;
    if let Some((name, _)) = headers.iter().find(|(_, value)| value.chars().any(char::is_control)) {
        let cause = format!("the value of the header \"{name}\" holds a line break or another control character");
        return Err(Fault { span: operation.span, cause });
    }
    if let Some(once) = once(operation, sending.profile) {
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case(&once.header));
        headers.push((once.header.clone(), sending.key.to_owned()));
    }
    Ok(headers)
}

/// The body; a `Content-Type` among the headers is its own.
fn request_body(body: &Body, filling: &Filling<'_>, headers: &mut Vec<(String, String)>) -> Result<Option<RequestBody>, Fault> {
    if let Body::Multipart(entries) = body {
        return Ok(Some(RequestBody::of_parts(&filling.parts(entries)?)));
    }
    let (usual, text) = match body {
        Body::Multipart(_) => return Ok(None),
        Body::Json(node) => ("application/json", filling.json(node)?.map(|json| json.to_string())),
        Body::Form(fields) => {
            let filled = filling.entries(fields)?;
            ("application/x-www-form-urlencoded", Some(entries(&filled, Place::Form, Place::Form)))
        }
    };
    let named = headers.iter().position(|(name, _)| name.eq_ignore_ascii_case("content-type")).map(|at| headers.remove(at).1);
    Ok(text.map(|text| RequestBody { content_type: named.unwrap_or_else(|| usual.to_owned()), text }))
}
