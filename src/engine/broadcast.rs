//! Broadcasts: a message to everybody of a segment. What was ordered, how far it has come and who stopped it stands in one record of the
//! system's own; whoever keeps the records goes through them, a few at a time, and says here after each stretch how far that was.
//!
//! Who belongs to the segment is looked at when it is their turn, so whoever has left it meanwhile hears nothing. Nothing goes out in the
//! bot's quiet hours, and nothing to somebody who cannot be reached.

use serde::{Deserialize, Serialize};

use crate::engine::desk::acts::Act;
use crate::engine::desk::look::{Inquiry, Search, plain};
use crate::engine::desk::{Status, entry, refused, reply, segments, text};
use crate::engine::record::Record;
use crate::engine::steps::review::escape;
use crate::engine::work::Work;
use crate::engine::{EffectKind, Message, RecordId, silence};
use crate::expr::{Time, Value};
use crate::flow::Library;
use crate::operation::Answer;

/// The record's name, and where in it the broadcasts stand.
const NAME: &str = "system:broadcasts";
const FIELD: &str = "broadcasts";
const TEXT: &str = "kept";

/// Broadcasts remembered, the latest last; one that is under way is not forgotten.
const REMEMBERED: usize = 20;

/// Broadcasts that wait or are under way at one time.
const OPEN_AT_MOST: usize = 5;

/// Letters of a text.
const LONGEST: usize = 3000;

/// A broadcast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broadcast {
    /// Its id.
    pub id: String,
    /// To whom.
    pub segment: String,
    /// What, as HTML.
    pub html: String,
    /// When it was ordered.
    pub at: Time,
    /// To how many it has been sent.
    pub sent: u64,
    /// The record up to which everybody has been looked at.
    pub after: Option<String>,
    /// How it is.
    pub state: State,
}

/// How a broadcast is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It goes on, or waits for one before it or for the morning.
    Open,
    /// It has come to its end.
    Done,
    /// Somebody has stopped it.
    Stopped,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Stopped => "stopped",
        }
    }
}

/// The record in which broadcasts stand.
pub fn broadcasts_id() -> RecordId {
    RecordId(NAME.to_owned())
}

/// True for the record in which broadcasts stand.
pub fn is_broadcasts(record: &RecordId) -> bool {
    record.0 == NAME
}

/// The broadcasts of this record, the latest last.
fn kept(record: &Record) -> Vec<Broadcast> {
    let Some(Value::Record(fields)) = record.person.fields.get(FIELD) else { return Vec::new() };
    let Some(Value::Text(text)) = fields.get(TEXT) else { return Vec::new() };
    serde_json::from_str(text).unwrap_or_default()
}

fn keep(record: &mut Record, mut all: Vec<Broadcast>) {
    let surplus = all.len().saturating_sub(REMEMBERED);
    let over: Vec<String> = all.iter().filter(|of| of.state != State::Open).take(surplus).map(|of| of.id.clone()).collect();
    all.retain(|of| !over.contains(&of.id));
    let text = serde_json::to_string(&all).expect("texts, numbers and lists have a form in JSON");
    record.person.fields.insert(FIELD.to_owned(), Value::Record([(TEXT.to_owned(), Value::Text(text))].into()));
}

/// The broadcast that goes on now, of those in this record.
pub fn going(record: &Record) -> Option<Broadcast> {
    kept(record).into_iter().find(|broadcast| broadcast.state == State::Open)
}

/// This moment, or the end of the quiet hours that it lies in: when a broadcast may go on.
pub fn may_go(library: &Library, now: Time) -> Time {
    silence::bots_quiet_over(library.project(), now)
}

/// True if somebody is to get what is sent to this segment.
pub fn concerns(library: &Library, record: &Record, segment: &str, now: Time) -> bool {
    let is_somebody = !record.unreachable && !record.is_nobody() && !record.id.0.starts_with("system:");
    is_somebody && segments::holds(library, record, segment, now)
}

// — in the record of the broadcasts —

/// `broadcast`.
pub(crate) fn order(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    let (segment, words) = (act.text("segment").unwrap_or_default(), act.text("text").map_or("", str::trim));
    let is_known = work.project().bot.segments.iter().any(|(id, _)| id == segment);
    if !is_broadcasts(&work.record.id) || !is_known {
        return refused("there is no such segment");
    }
    if words.is_empty() || words.chars().count() > LONGEST {
        return refused("a text has up to 3000 letters");
    }
    let mut all = kept(&work.record);
    if all.iter().filter(|broadcast| broadcast.state == State::Open).count() >= OPEN_AT_MOST {
        return refused("too many broadcasts wait");
    }
    let (id, html, segment) = (work.draw_word(), escape(words), segment.to_owned());
    all.push(Broadcast { id: id.clone(), segment, html, at: work.now, sent: 0, after: None, state: State::Open });
    keep(&mut work.record, all);
    reply(Status::Ok, &[("id", text(id))])
}

/// `stop_broadcast`.
pub(crate) fn stop(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    let mut all = kept(&work.record);
    let named = |broadcast: &&mut Broadcast| Some(broadcast.id.as_str()) == act.text("id") && broadcast.state == State::Open;
    let Some(broadcast) = all.iter_mut().find(named) else { return reply(Status::NotFound, &[]) };
    broadcast.state = State::Stopped;
    let sent = i64::try_from(broadcast.sent).unwrap_or(i64::MAX);
    keep(&mut work.record, all);
    reply(Status::Ok, &[("sent", Value::Integer(sent))])
}

/// A stretch of the records has been gone through: it was sent to so many more; nothing follows if `after` is nothing.
pub(crate) fn went(work: &mut Work<'_>, id: &str, sent: u64, after: Option<String>) {
    if !is_broadcasts(&work.record.id) {
        return;
    }
    let mut all = kept(&work.record);
    if let Some(broadcast) = all.iter_mut().find(|broadcast| broadcast.id == id) {
        broadcast.sent += sent;
        if broadcast.state == State::Open && after.is_none() {
            broadcast.state = State::Done;
        }
        broadcast.after = after;
    }
    keep(&mut work.record, all);
}

// — in the records of people —

/// Shows what is sent to many. It changes nothing of what they are doing: a keyboard that is shown stays.
pub(crate) fn show(work: &mut Work<'_>, html: String) {
    if !work.record.unreachable {
        work.order(EffectKind::Send(Message { html, ..Message::default() }));
    }
}

// — for whoever asks —

/// What is looked at for `list_broadcasts`.
pub(crate) fn search() -> Search {
    Search::Each(vec![broadcasts_id()])
}

/// `list_broadcasts`: the latest first.
pub(crate) fn listed(inquiry: &Inquiry<'_>, records: &[Record]) -> Answer {
    let view = inquiry.view(inquiry.by, None);
    let title = |id: &str| {
        let found = inquiry.library.project().bot.segments.iter().find(|(known, _)| known.as_str() == id);
        found.map_or_else(|| id.to_owned(), |(_, segment)| plain(&view, &segment.title))
    };
    let shown = |broadcast: Broadcast| {
        entry([
            ("id", text(broadcast.id)),
            ("title", text(title(&broadcast.segment))),
            ("text", text(crate::engine::words::without_tags(&broadcast.html))),
            ("state", text(broadcast.state.name())),
            ("sent", Value::Integer(i64::try_from(broadcast.sent).unwrap_or(i64::MAX))),
            ("since", Value::Time(broadcast.at)),
        ])
    };
    let items: Vec<Value> = records.first().map(kept).unwrap_or_default().into_iter().rev().map(shown).collect();
    if items.is_empty() { reply(Status::NotFound, &[]) } else { reply(Status::Ok, &[("items", Value::List(items))]) }
}
