//! What happened to somebody and made us fail: put aside whole, so that it can be dealt with once the fault is mended, and nobody else waits
//! for it. Each is a record of the system's own, found by that and by whom it concerns.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::engine::record::hex;
use crate::engine::{Act, EventId, EventKind, Record, RecordId};
use crate::expr::{Time, Value};

/// How the records are named: this, and a hash of what happened to whom.
const PREFIX: &str = "system:parked/";

/// Where in the record it stands.
const FIELD: &str = "parked";

/// What all of them are found by. What concerns one record is found by the same kind of key and that record's name.
pub const PARKED: (&str, &str) = ("parked", "waiting");

/// Something that was put aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parked {
    /// Whom it concerns.
    pub of: RecordId,
    /// The id under which it came.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// When it was put aside.
    pub at: Time,
    /// Why, in words without any value.
    pub why: String,
}

impl Parked {
    /// The short name by which operators call it.
    pub fn name(&self) -> String {
        let digest = Sha256::new().chain_update(&self.of.0).chain_update([0]).chain_update(&self.id.0).finalize();
        hex(&digest[..6])
    }

    /// The id of the record that holds what has this short name.
    pub fn record_id(name: &str) -> RecordId {
        RecordId(format!("{PREFIX}{name}"))
    }

    /// The record that holds it.
    pub fn record(&self) -> Record {
        let mut record = Record::new(Self::record_id(&self.name()));
        record.version = 1;
        let text = serde_json::to_string(self).expect("texts, numbers and lists have a form in JSON");
        record.person.fields.insert(FIELD.to_owned(), Value::Text(text));
        record
    }

    /// What this record holds, if it is one of these.
    pub fn of(record: &Record) -> Option<Self> {
        if !record.id.0.starts_with(PREFIX) {
            return None;
        }
        let Some(Value::Text(text)) = record.person.fields.get(FIELD) else { return None };
        serde_json::from_str(text).ok()
    }

    /// What it is, in a word or two and without what it says.
    pub fn what(&self) -> &'static str {
        match &self.kind {
            EventKind::Acted { act, .. } => match act {
                Act::Wrote { .. } => "a message",
                Act::Edited { .. } => "a changed message",
                Act::Pressed { .. } => "a press of a button",
                Act::SharedContact { .. } => "a contact",
                Act::SharedFile { .. } => "a file",
                Act::SharedLocation { .. } => "a place",
                Act::SentOther { .. } => "something else",
                Act::Left => "they blocked the bot",
                Act::Returned => "they came back",
            },
            EventKind::Told { .. } => "a letter",
            EventKind::Attempted { .. } => "an answer to a call",
            EventKind::Woke | EventKind::Settled | EventKind::Erased { .. } => "an event of our own",
        }
    }
}

/// What such a record is found by.
pub(crate) fn keys(record: &Record) -> Option<Vec<(&'static str, String)>> {
    let parked = Parked::of(record)?;
    Some(vec![(PARKED.0, PARKED.1.to_owned()), (PARKED.0, parked.of.0)])
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::engine::{Letter, Occurrence, Visitor};

    #[test]
    fn whatever_happened_is_kept_whole() {
        let acts = [
            Act::Wrote { text: "Ivanov \"<b>\"".to_owned(), message: "7".to_owned(), forwarded: false },
            Act::SharedLocation { latitude: Decimal::new(5575, 2), longitude: Decimal::new(-375, 1), message: "8".to_owned() },
            Act::Left,
        ];
        let who = Visitor { first_name: "Анна".to_owned(), ..Visitor::default() };
        let acted = acts.map(|act| EventKind::Acted { who: who.clone(), act });
        let fields = [("n".to_owned(), Value::Decimal(Decimal::new(15, 1))), ("t".to_owned(), Value::Time(Time(5)))];
        let (id, event) = ("7".to_owned(), "erp.activated".to_owned());
        let letter = Letter::Occurred { occurrence: Occurrence { id, event, at: Time(1), fields: fields.into() }, starts: true };
        let told = EventKind::Told { from: RecordId("system:x".to_owned()), letter };
        for (number, kind) in acted.into_iter().chain([told]).enumerate() {
            let (of, id) = (RecordId::person("tg", "1"), EventId(format!("tg/update/{number}")));
            let parked = Parked { of, id, kind, at: Time(3), why: "a fault of ours".to_owned() };
            let record = parked.record();
            assert_eq!(record.id, Parked::record_id(&parked.name()));
            assert_eq!(Parked::of(&record).as_ref(), Some(&parked));
            assert_eq!(record.index_keys(), [("parked", "waiting".to_owned()), ("parked", "tg:1".to_owned())]);
        }
    }
}
