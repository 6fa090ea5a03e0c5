//! Calls that come to no end by themselves: those that wait to be sent again, and those of which nobody knows whether they were done.

use std::collections::BTreeMap;

use crate::engine::desk::acts::Act;
use crate::engine::desk::look::{ITEMS_AT_MOST, Inquiry, plain};
use crate::engine::desk::{Status, entry, of_session, refused, reply, session_name, text};
use crate::engine::steps::call;
use crate::engine::work::Work;
use crate::engine::{CallState, Calling, Record, Session, Stage, start};
use crate::expr::Value;
use crate::flow::{Operation, PathPart, Project};
use crate::operation::Answer;

/// The call that a session waits for in vain.
pub(crate) fn stuck(session: &Session) -> Option<&Calling> {
    match session.frames.last().map(|frame| &frame.stage) {
        Some(Stage::Calling(calling)) if matches!(calling.state, CallState::Pausing { .. } | CallState::Doubting { .. }) => Some(calling),
        _ => None,
    }
}

/// `list_operations`: the oldest first.
pub(super) fn open(inquiry: &Inquiry<'_>, records: &[Record]) -> Vec<Value> {
    let all = records.iter().flat_map(|record| record.sessions.iter().map(move |session| (record, session)));
    let mut open: Vec<_> = all.filter_map(|(record, session)| Some((record, session, stuck(session)?))).collect();
    open.sort_by_key(|(_, _, calling)| calling.first);
    let item = |(record, session, calling): (&Record, &Session, &Calling)| {
        let view = inquiry.view(record, Some(session));
        let operation = view.project.operations.get(&calling.operation);
        let title = operation.and_then(|operation| operation.title.as_ref()).map(|title| plain(&view, title));
        let state = if matches!(calling.state, CallState::Doubting { .. }) { "unknown" } else { "down" };
        let fields = [
            ("id", text(session_name(&record.id, &session.id))),
            ("title", text(title.filter(|title| !title.is_empty()).unwrap_or_else(|| calling.operation.clone()))),
            ("name", text(inquiry.name(record))),
            ("request", text(operation.map(line).unwrap_or_default())),
            ("state", text(state)),
            ("attempts", Value::Integer(i64::from(calling.attempts))),
            ("since", Value::Time(calling.first)),
        ];
        entry(fields)
    };
    open.into_iter().take(ITEMS_AT_MOST).map(item).collect()
}

/// What is sent, without any value.
pub(crate) fn line(operation: &Operation) -> String {
    let part = |part: &PathPart| match part {
        PathPart::Fixed(text) => text.clone(),
        PathPart::Input(name) => format!("{{{name}}}"),
    };
    format!("{} {}", operation.method, operation.path.iter().map(part).collect::<String>())
}

const SETTLED: &str = "this operation has been settled already, or is being sent right now";

/// The session whose call an act is about.
fn named(work: &Work<'_>, act: &Act<'_>) -> Option<Session> {
    let (_, id) = of_session(act.text("id")?);
    work.record.session(&id).filter(|session| stuck(session).is_some()).cloned()
}

/// `confirm_operation`: it was done; these are its outputs.
pub(super) fn confirm(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    let Some(session) = named(work, act) else { return refused(SETTLED) };
    let doubted = stuck(&session).filter(|calling| matches!(calling.state, CallState::Doubting { .. }));
    let Some(calling) = doubted else { return refused("it is certain that this operation was not done") };
    let project = work.library.projects.get(&session.version);
    let Some(operation) = project.and_then(|project: &std::sync::Arc<Project>| project.operations.get(&calling.operation)) else {
        return refused(SETTLED);
    };
    let output = match outputs(operation, act.inputs.get("output")) {
        Ok(output) => output,
        Err(why) => return refused(&why),
    };
    start::drive(work, session, false, |walk| call::confirmed(walk, output));
    reply(Status::Ok, &[])
}

/// What somebody says an operation has brought, as it declares that.
fn outputs(operation: &Operation, given: Option<&Value>) -> Result<BTreeMap<String, Value>, String> {
    let nothing = BTreeMap::new();
    let given = match given {
        Some(Value::Record(given)) => given,
        _ => &nothing,
    };
    let read = |output: &crate::flow::Output| {
        let json = given.get(&output.name).map_or(serde_json::Value::Null, Value::to_json);
        if json.is_null() && (output.of.optional || output.default.is_some()) {
            return Ok((output.name.clone(), output.default.clone().unwrap_or_default()));
        }
        let value = Value::from_json(&json, &output.of);
        value.map(|value| (output.name.clone(), value)).map_err(|expected| format!("the output \"{}\" is {expected}", output.name))
    };
    operation.output.iter().map(read).collect()
}

/// `retry_operation`: it was not done; it is sent again, with the same key.
pub(super) fn retry(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    let Some(session) = named(work, act) else { return refused(SETTLED) };
    start::drive(work, session, false, call::again);
    reply(Status::Ok, &[])
}

/// `stop_operation`: nobody tries or looks any more; the road of what it came to is taken.
pub(super) fn stop(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    let Some(session) = named(work, act) else { return refused(SETTLED) };
    start::drive(work, session, false, call::stopped);
    reply(Status::Ok, &[])
}
