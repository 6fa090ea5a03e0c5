//! The body of a request.

use serde_json::Value as Json;

use crate::contract::codes;
use crate::contract::kinds::JsonKind;
use crate::contract::place::{Place, Sight};
use crate::contract::sheet::{Sent, Sheet};
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::expr::Type;
use crate::flow::{Body, BodyNode};
use crate::syntax::Node;

/// Compares what is sent with what the description takes.
pub(super) fn check(sheet: &mut Sheet<'_>, offered: &Json) {
    let (document, operation) = (sheet.document, sheet.operation);
    let described = offered.get("requestBody").and_then(|body| document.resolve(body));
    let request = sheet.node.entry("request").map_or(operation.span, |entry| entry.key_span);
    let Some(body) = &operation.body else {
        if described.is_some_and(|body| body.get("required") == Some(&Json::Bool(true))) {
            let found = Diagnostic::error(codes::BODY_MISMATCH, request, "the description demands a body, and none is sent");
            sheet.tell(found.help("write it under \"json\", \"form\" or \"multipart\""));
        }
        return;
    };
    let key = body.key();
    let Some(entry) = sheet.node.entry(key) else { return };
    let Some(described) = described else {
        sheet.tell(Diagnostic::error(codes::BODY_MISMATCH, entry.key_span, "the description takes no body here"));
        return;
    };
    let Some(media) = described.get("content").and_then(Json::as_object) else { return };
    let is_ours = |name: &str| match body {
        Body::Json(_) => is_json(name),
        Body::Form(_) => name.starts_with("application/x-www-form-urlencoded"),
        Body::Multipart(_) => name.starts_with("multipart/form-data"),
    };
    let Some((_, media_type)) = media.iter().find(|(name, _)| is_ours(name)) else {
        if !media.keys().any(|name| name.contains('*')) {
            let known = media.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let found = Diagnostic::error(codes::BODY_MISMATCH, entry.key_span, format!("the description takes no body as {key}"));
            sheet.tell(found.help(format!("it takes {known}")));
        }
        return;
    };
    let Some(place) = media_type.get("schema").and_then(|schema| Place::new(document, schema)) else { return };
    match body {
        Body::Json(piece) => walk(sheet, piece, &entry.value, &place),
        Body::Form(entries) | Body::Multipart(entries) => record(sheet, entries, (&entry.value, entry.key_span), &place, Writing::Text),
    }
}

/// True for `application/json` and its relatives.
pub(super) fn is_json(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or_default().trim();
    media == "application/json" || media.ends_with("+json")
}

/// How values travel: in a form all is text, or a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    Typed,
    Text,
}

fn walk(sheet: &mut Sheet<'_>, piece: &BodyNode, node: &Node, place: &Place<'_>) {
    let (piece, node) = inner(piece, node);
    match piece {
        BodyNode::Map(entries) => {
            if let Some(kind) = misfit(place, JsonKind::Record) {
                return wrong(sheet, node.span, kind);
            }
            record(sheet, entries, (node, node.span), place, Writing::Typed);
        }
        BodyNode::List(items) => {
            if let Some(kind) = misfit(place, JsonKind::List) {
                return wrong(sheet, node.span, kind);
            }
            let Sight::Found(item) = place.item() else { return };
            items.iter().zip(node.items()).for_each(|(piece, node)| walk(sheet, piece, node, &item));
        }
        _ => {
            let sent = sheet.sent(piece);
            scalar(sheet, &sent, node.span, place);
        }
    }
}

/// A piece without what is said about it, and where it stands.
fn inner<'p>(piece: &'p BodyNode, node: &'p Node) -> (&'p BodyNode, &'p Node) {
    let bare = |piece: &'p BodyNode| match piece {
        BodyNode::Keep(within) if matches!(**within, BodyNode::Map(_) | BodyNode::List(_)) => &**within,
        other => other,
    };
    match piece {
        BodyNode::Only(_, within) => (bare(within), node.get("value").unwrap_or(node)),
        BodyNode::Keep(_) => (bare(piece), node.get("value").unwrap_or(node)),
        other => (other, node),
    }
}

fn scalar(sheet: &mut Sheet<'_>, sent: &Sent, at: Span, place: &Place<'_>) {
    let finding = match sent {
        Sent::Constant(value) => constant(value, place),
        Sent::Kept(of) if of.optional && !place.may_be_none() && place.kinds().is_some() => {
            Some("the description takes no null here, and this may be none".to_owned())
        }
        Sent::Typed(of) | Sent::Kept(of) => typed(of, place),
        Sent::Nothing | Sent::Map | Sent::List => None,
    };
    if let Some(message) = finding {
        let found = Diagnostic::error(codes::BODY_MISMATCH, at, message);
        sheet.tell(found);
    }
}

fn constant(value: &Json, place: &Place<'_>) -> Option<String> {
    if let Some(message) = misfit(place, JsonKind::of(value)) {
        return Some(message);
    }
    let values = place.values()?;
    let known = || values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    (!value.is_null() && !values.contains(&value)).then(|| format!("the description takes one of {} here", known()))
}

fn typed(of: &Type, place: &Place<'_>) -> Option<String> {
    misfit(place, JsonKind::written(&of.kind)?)
}

/// Why a value of this kind cannot stand there; nothing if it can.
fn misfit(place: &Place<'_>, given: JsonKind) -> Option<String> {
    let wanted = place.kinds()?;
    let message = || format!("the description takes {} here, and this is {}", JsonKind::list(&wanted), given.words());
    (!wanted.contains(&given)).then(message)
}

fn wrong(sheet: &mut Sheet<'_>, at: Span, message: String) {
    sheet.tell(Diagnostic::error(codes::BODY_MISMATCH, at, message));
}

fn record(sheet: &mut Sheet<'_>, entries: &[(String, BodyNode)], (node, at): (&Node, Span), place: &Place<'_>, writing: Writing) {
    let mut given = Vec::new();
    for (name, piece) in entries {
        let sent = sheet.sent(piece);
        if matches!(sent, Sent::Nothing) {
            continue;
        }
        given.push(name.as_str());
        let Some(entry) = node.entry(name) else { continue };
        match place.field(name) {
            Sight::Unknown => {}
            Sight::Missing(known) => {
                let found =
                    Diagnostic::error(codes::BODY_MISMATCH, entry.key_span, format!("the description has no field \"{name}\" here"));
                sheet.tell(match nearest(name, known.iter().copied()) {
                    Some(near) => found.help(format!("did you mean \"{near}\"?")),
                    None => found.help(format!("it has {}", known.join(", "))),
                });
            }
            Sight::Found(field) => {
                if matches!(&sent, Sent::Typed(of) if of.optional) && place.required().contains(&name.as_str()) {
                    let message = format!("the description demands \"{name}\", and this may be none");
                    let found = Diagnostic::error(codes::BODY_MISMATCH, entry.value.span, message);
                    sheet.tell(found.help("make the input certain, or give it a default"));
                }
                if writing == Writing::Typed {
                    walk(sheet, piece, &entry.value, &field);
                }
            }
        }
    }
    for name in place.required().into_iter().filter(|name| !given.contains(name)) {
        let found = Diagnostic::error(codes::BODY_MISMATCH, at, format!("the description demands the field \"{name}\""));
        sheet.tell(found.help("add it to the body"));
    }
}
