//! The house: the one record of the system's own that holds what people tell the bot itself while it runs. Maintenance is in it, the roles
//! that were given in chat, the codes by which somebody may come to hold one, who waits for the flows to be read again, and what people of
//! a role were told of trouble.
//!
//! What every turn must know of it is a [`House`], which whoever keeps the records reads from the record with [`house`] when a turn of it
//! is committed, and gives to all turns from then on. Everything else stays here. The record is changed by letters alone: acts of people of
//! a role, and what persons and the runtime report.

mod alerts;
mod codes;
mod maintenance;
mod reloads;
mod roles;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::engine::away::LONG;
use crate::engine::work::Work;
use crate::engine::{Record, RecordId};
use crate::expr::{Time, Value};
use crate::flow::{Away, House, Maintenance};

pub use alerts::Matter;
pub(crate) use alerts::{WAITING_AT_MOST, heard, report};
pub(crate) use codes::{claim, claimed, create, offered};
pub use maintenance::{WAITS, maintained, waits};
pub(crate) use maintenance::{holds_back, ordered, over, set as set_maintenance, state as maintenance_state};
pub use reloads::{RELOAD, Reloaded, Wish, wishes};
pub(crate) use reloads::{reloaded, wish as wish_reload};
pub(crate) use roles::{forget, listed, people as role_people, set as set_role};

/// The record's name.
const NAME: &str = "system:house";

/// Where in the record it stands.
const FIELD: &str = "house";
const TEXT: &str = "kept";

/// The record of the house.
pub fn house_id() -> RecordId {
    RecordId(NAME.to_owned())
}

/// True for the record of the house.
pub fn is_house(record: &RecordId) -> bool {
    record.0 == NAME
}

/// What all turns are to know from the turn on that made this record.
pub fn house(record: &Record) -> House {
    let Kept { maintenance, given, codes, outages, away, .. } = Kept::of(record);
    let outages = outages.into_iter().map(|(connection, outage)| (connection, outage.waiting)).collect();
    House { maintenance, given, has_codes: !codes.is_empty(), outages, away }
}

/// True in a turn of the house: nobody else has anything of the kind.
fn is_here(work: &Work<'_>) -> bool {
    is_house(&work.record.id)
}

/// All that the house keeps. It is written seldom and will grow, so it is kept in a form that describes itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    maintenance: Option<Maintenance>,
    given: BTreeMap<String, BTreeSet<String>>,
    codes: Vec<codes::Code>,
    guesses: codes::Guesses,
    outages: BTreeMap<String, alerts::Outage>,
    doubts: BTreeMap<String, alerts::Doubts>,
    told: BTreeMap<String, Time>,
    edits: alerts::Edits,
    alive: Option<Time>,
    away: Option<Away>,
    reloads: Vec<Wish>,
}

impl Kept {
    fn of(record: &Record) -> Self {
        let Some(Value::Record(fields)) = record.person.fields.get(FIELD) else { return Self::default() };
        let Some(Value::Text(text)) = fields.get(TEXT) else { return Self::default() };
        serde_json::from_str(text).unwrap_or_default()
    }

    fn keep(&self, record: &mut Record) {
        let text = serde_json::to_string(self).expect("maps of texts, numbers and lists have a form in JSON");
        let fields = Value::Record([(TEXT.to_owned(), Value::Text(text))].into());
        record.person.fields.insert(FIELD.to_owned(), fields);
    }
}

/// When the house has something to tell by itself; nothing for every other record.
pub(crate) fn next_timer(record: &Record) -> Option<Time> {
    is_house(&record.id).then(|| alerts::next_timer(&Kept::of(record))).flatten()
}

/// The house tells what is due.
pub(crate) fn ring(work: &mut Work<'_>) {
    if is_here(work) {
        let mut kept = Kept::of(&work.record);
        alerts::ring(work, &mut kept);
        kept.keep(&mut work.record);
    }
}

/// The bot is there. If it was not for long, those who stand at a question are to hear of it.
pub(crate) fn alive(work: &mut Work<'_>) {
    if !is_here(work) {
        return;
    }
    let mut kept = Kept::of(&work.record);
    if let Some(since) = kept.alive.replace(work.now).filter(|since| since.plus(LONG) <= work.now) {
        kept.away = Some(Away { since, until: work.now });
    }
    kept.keep(&mut work.record);
}

/// All who were to hear of it have.
pub(crate) fn away_told(work: &mut Work<'_>, until: Time) {
    let mut kept = Kept::of(&work.record);
    if is_here(work) && kept.away.is_some_and(|away| away.until == until) {
        kept.away = None;
        kept.keep(&mut work.record);
    }
}
