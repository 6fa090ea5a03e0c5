//! Boards on which events of other systems are posted: a record of the system's own for each event and each value of a field, so that
//! whoever waits for `staff_id: 42` hears of nothing else. What was posted is kept for a day, for those who begin to wait after it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::engine::steps::wait;
use crate::engine::work::Work;
use crate::engine::{EventId, Letter, Occurrence, RecordId, Session, SessionId, start};
use crate::expr::{Context, Scope, Time, Value};
use crate::flow::{Flow, StartEvent};

/// How long what was posted is kept, in milliseconds.
const KEPT_FOR: i64 = 24 * 60 * 60 * 1000;

/// What is kept at most, the oldest going first, and who may wait at one board.
const KEPT_AT_MOST: usize = 100;
const WAITING_AT_MOST: usize = 2000;

/// What a board holds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Board {
    /// What was posted, the latest last.
    pub posted: Vec<Occurrence>,
    /// Who waits.
    pub waiting: Vec<Waiting>,
}

/// Somebody who waits at a board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// Their record.
    pub record: RecordId,
    /// The session.
    pub session: SessionId,
    /// The values that the fields of the event must have.
    pub matching: BTreeMap<String, Value>,
    /// When it stops waiting at the latest.
    pub until: Option<Time>,
}

const PREFIX: &str = "system:event/";

/// The board that a wait with these values looks at: of its first field, else the one of all.
pub(crate) fn of_wait(event: &str, matching: &BTreeMap<String, Value>) -> RecordId {
    matching.iter().next().map_or_else(|| of_all(event), |(field, value)| of_field(event, field, value))
}

/// Every board that an event is posted on.
pub fn boards(occurrence: &Occurrence) -> Vec<RecordId> {
    let event = &occurrence.event;
    let fields = occurrence.fields.iter().map(|(field, value)| of_field(event, field, value));
    std::iter::once(of_all(event)).chain(fields).collect()
}

fn of_all(event: &str) -> RecordId {
    RecordId(format!("{PREFIX}{event}"))
}

fn of_field(event: &str, field: &str, value: &Value) -> RecordId {
    RecordId(format!("{PREFIX}{event}/{field}={}", value.to_json()))
}

/// An event is posted on this board, or has come to a person.
pub(crate) fn occurred(work: &mut Work<'_>, occurrence: &Occurrence, starts: bool) {
    if work.record.id.0.starts_with(PREFIX) {
        return post(work, occurrence);
    }
    let once = EventId(format!("event/{}/{}", occurrence.event, occurrence.id));
    if let Some(session) = work.record.sessions.iter().find(|session| awaits(session, occurrence)).cloned() {
        if work.is_new(&once) {
            start::drive(work, session, false, |walk| wait::came(walk, occurrence));
        }
    } else if starts {
        begin(work, occurrence, &once);
    }
}

fn post(work: &mut Work<'_>, occurrence: &Occurrence) {
    let now = work.now;
    let Board { posted, waiting } = &mut work.record.board;
    posted.retain(|earlier| earlier.at.plus(KEPT_FOR) > now && earlier.id != occurrence.id);
    posted.push(occurrence.clone());
    let surplus = posted.len().saturating_sub(KEPT_AT_MOST);
    posted.drain(..surplus);
    let (told, kept) = std::mem::take(waiting).into_iter().partition::<Vec<_>, _>(|one| occurrence.has(&one.matching));
    *waiting = kept;
    for one in told {
        work.tell(&one.record, Letter::Occurred { occurrence: occurrence.clone(), starts: false });
    }
}

/// Somebody begins to wait at this board.
pub(crate) fn awaited(work: &mut Work<'_>, newcomer: Waiting) {
    let now = work.now;
    let Board { posted, waiting } = &mut work.record.board;
    posted.retain(|earlier| earlier.at.plus(KEPT_FOR) > now);
    waiting.retain(|one| one.until.is_none_or(|until| until > now) && !one.is_of(&newcomer));
    let missed: Vec<_> = posted.iter().filter(|earlier| earlier.has(&newcomer.matching)).cloned().collect();
    let record = newcomer.record.clone();
    waiting.push(newcomer);
    let surplus = waiting.len().saturating_sub(WAITING_AT_MOST);
    waiting.drain(..surplus);
    for occurrence in missed {
        work.tell(&record, Letter::Occurred { occurrence, starts: false });
    }
}

fn awaits(session: &Session, occurrence: &Occurrence) -> bool {
    let awaiting = session.frames.last().and_then(|frame| frame.awaiting.as_ref());
    awaiting.is_some_and(|awaiting| awaiting.event == occurrence.event && occurrence.has(&awaiting.matching))
}

impl Occurrence {
    /// True if its fields have these values.
    fn has(&self, matching: &BTreeMap<String, Value>) -> bool {
        matching.iter().all(|(field, value)| self.fields.get(field) == Some(value))
    }
}

impl Waiting {
    /// True if it is the same session.
    fn is_of(&self, other: &Self) -> bool {
        (&self.record, &self.session) == (&other.record, &other.session)
    }
}

/// Begins every flow that the event starts for this person.
fn begin(work: &mut Work<'_>, occurrence: &Occurrence, once: &EventId) {
    let project = Arc::clone(work.library.project());
    let event = |flow: &&Flow| flow.start.as_ref().and_then(|start| start.event.as_ref()).map(|event| is_for(work, event, occurrence));
    let begun: Vec<_> = project.flows.values().filter(|flow| event(flow) == Some(true)).collect();
    if begun.is_empty() || !work.is_new(once) {
        return;
    }
    for flow in begun {
        work.count_anew();
        start::begin(work, flow, inputs(flow, occurrence));
    }
}

fn is_for(work: &Work<'_>, event: &StartEvent, occurrence: &Occurrence) -> bool {
    if event.event != occurrence.event {
        return false;
    }
    let fields = Value::Record(occurrence.fields.clone());
    let view = work.view().with("event", Cow::Borrowed(&fields));
    let person = view.get("person");
    event.matching.iter().all(|(field, value)| {
        let own = person.as_ref().and_then(|person| person.field(field).map(Cow::into_owned));
        let wanted = value.evaluate(&view.context()).ok();
        own.is_some_and(|own| !own.is_none() && Some(own) == wanted)
    })
}

/// The inputs that are called as fields of the event.
fn inputs(flow: &Flow, occurrence: &Occurrence) -> BTreeMap<String, Value> {
    let given = |name: &String| Some((name.clone(), occurrence.fields.get(name)?.clone()));
    flow.inputs.keys().filter_map(given).collect()
}

/// What somebody whom an event may start a flow for can be found by: a value of a field of theirs. `event` is the event's own fields.
pub fn persons(event: &StartEvent, occurrence: &Occurrence) -> Option<Value> {
    struct Fields<'a>(&'a Value);
    impl Scope for Fields<'_> {
        fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
            (name == "event").then_some(Cow::Borrowed(self.0))
        }
        fn label(&self, _: &str) -> Option<String> {
            None
        }
    }
    let fields = Value::Record(occurrence.fields.clone());
    let (_, value) = event.matching.first()?;
    let context = Context { scope: &Fields(&fields), language: "en", zone: &TimeZone::UTC, now: occurrence.at };
    value.evaluate(&context).ok().filter(|value| !value.is_none())
}
