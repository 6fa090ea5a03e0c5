//! The engine's own operations, `usher.…`: what people of a role see of others and do for them.
//!
//! Reads ([`Inquiry`]) are answered from the records that a [`Search`] finds; whoever keeps the records finds them, and what is
//! answered is decided here. Acts are letters: the record that is acted on looks whether that is allowed at that moment, does it,
//! remembers it, and answers with a letter. So an act is done once, whatever dies in between, and one kept answer is as good as another.

pub(crate) mod acts;
mod audit;
pub(crate) mod look;
mod my_data;
mod operations;
mod people;
mod requests;
pub(crate) mod segments;
mod sessions;
mod statistics;

use std::collections::BTreeMap;

use crate::engine::{RELOAD, RecordId, RequestId, SessionId, broadcasts_id, house_id};
use crate::expr::Value;
use crate::flow::Installation;
use crate::operation::Answer;

pub(crate) use acts::{Act, answered, asked, of_reload, of_request};
pub use look::{Found, Inquiry, Order, Search};
pub(crate) use operations::{line, stuck};

/// What somebody must be allowed for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// It concerns themselves.
    Nothing,
    /// Any right at all.
    Any,
    /// This one.
    Right(&'static str),
}

/// What an operation needs; nothing for one that there is not, which nobody may do.
fn needs(operation: &str) -> Option<Needs> {
    Some(match operation {
        "usher.my_sessions" | "usher.my_data" | "usher.erase_me" | "usher.is_taken" => Needs::Nothing,
        "usher.counts" => Needs::Any,
        "usher.list_requests" | "usher.get_request" | "usher.decide" => Needs::Right("requests"),
        "usher.find_people" | "usher.get_person" | "usher.set_person" | "usher.list_audit" => Needs::Right("people"),
        "usher.list_sessions" | "usher.nudge" | "usher.reset_session" | "usher.end_session" | "usher.move_session" => {
            Needs::Right("sessions")
        }
        "usher.statistics" => Needs::Right("statistics"),
        "usher.list_segments" | "usher.list_broadcasts" | "usher.broadcast" | "usher.stop_broadcast" => Needs::Right("broadcast"),
        "usher.create_invitation" => Needs::Right("invitations"),
        "usher.list_operations" | "usher.confirm_operation" | "usher.retry_operation" | "usher.stop_operation" => {
            Needs::Right("operations")
        }
        "usher.get_maintenance" | "usher.set_maintenance" => Needs::Right("maintenance"),
        RELOAD => Needs::Right("reload"),
        "usher.list_roles" | "usher.set_role" | "usher.create_role_code" => Needs::Right("roles"),
        _ => return None,
    })
}

/// True if this person may do that now.
pub fn may(installation: &Installation, person: &RecordId, operation: &str) -> bool {
    match needs(operation) {
        None => false,
        Some(Needs::Nothing) => true,
        Some(Needs::Any) => !installation.rights(&person.0).is_empty(),
        Some(Needs::Right(right)) => installation.rights(&person.0).contains(right),
    }
}

/// The record that an act concerns; nothing for a read.
pub(crate) fn addressee(operation: &str, inputs: &BTreeMap<String, Value>) -> Option<RecordId> {
    let text = |name: &str| match inputs.get(name) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    Some(match operation {
        "usher.decide" => RequestId(text("id")).record(),
        "usher.set_person" => RecordId(text("id")),
        "usher.nudge" | "usher.reset_session" | "usher.end_session" | "usher.move_session" => of_session(&text("session_id")).0,
        "usher.confirm_operation" | "usher.retry_operation" | "usher.stop_operation" => of_session(&text("id")).0,
        "usher.set_maintenance" | "usher.set_role" | "usher.create_role_code" | RELOAD => house_id(),
        "usher.broadcast" | "usher.stop_broadcast" => broadcasts_id(),
        _ => return None,
    })
}

/// A session as people of a role name it: the record, and the session in it.
fn session_name(record: &RecordId, session: &SessionId) -> String {
    format!("{}/{}", record.0, session.0)
}

/// The reverse of [`session_name`].
fn of_session(name: &str) -> (RecordId, SessionId) {
    let (record, session) = name.rsplit_once('/').unwrap_or((name, ""));
    (RecordId(record.to_owned()), SessionId(session.to_owned()))
}

/// How the engine answers itself. The words are those of HTTP, so that what an answer means is decided as for all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    /// They may not, or it cannot be done.
    Refused,
    /// There is no such thing, or none at all.
    NotFound,
    /// Somebody else was first.
    Decided,
    /// Nobody gives a role to themselves.
    Oneself,
    /// The operator's file says it, and nobody in chat may change that.
    Operators,
    /// Nobody would be left who may everything.
    LastOwner,
    /// The files have mistakes.
    Wrong,
}

pub(crate) fn reply(status: Status, fields: &[(&str, Value)]) -> Answer {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let status = match status {
        Status::Ok => 200,
        Status::Refused => 400,
        Status::NotFound => 404,
        Status::Decided => 409,
        Status::Oneself => 403,
        Status::Operators => 423,
        Status::LastOwner => 412,
        Status::Wrong => 422,
    };
    Answer::Replied { status, retry_after: None, body: Value::Record(fields.collect()).to_json().to_string() }
}

/// The answer to whoever had themselves erased.
pub(crate) fn erased(act: u64) -> Answer {
    reply(Status::Ok, &[("act", text(format!("A-{act}")))])
}

pub(crate) fn refused(why: &str) -> Answer {
    reply(Status::Refused, &[("message", text(why))])
}

/// A record of these fields.
pub(crate) fn entry<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Record(fields.map(|(name, value)| (name.to_owned(), value)).into())
}

pub(crate) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}
