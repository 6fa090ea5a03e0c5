//! Records for the tests of the store: what is in them follows from a name, a version and a size.

use std::collections::BTreeMap;
use std::fmt::Write;

use usher::engine::{Effect, EffectId, EffectKind, Fact, FactKind, Message, Record, RecordId};
use usher::expr::{Time, Value};
use usher::store::Commit;

/// The id of a person of the tests.
pub fn id(name: &str) -> RecordId {
    RecordId::person("tg", name)
}

/// A record whose content follows from its arguments; `size` is about what it takes in the store.
pub fn record(name: &str, version: u64, size: usize) -> Record {
    let mut record = Record::new(id(name));
    record.version = version;
    record.person.first_name = format!("Person {name}");
    // Not compressible, and different in each version: what is mixed of two versions is neither.
    let mut state = version.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ size as u64;
    let mut text = String::with_capacity(size);
    while text.len() < size {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        write!(text, "{:08x}", state >> 32).expect("a text takes everything");
    }
    record.person.fields = BTreeMap::from([("notes".to_owned(), Value::Text(text))]);
    record
}

/// The record with an effect that is not known to be done.
pub fn with_pending_effect(mut record: Record) -> Record {
    let id = EffectId { version: record.version, index: 0 };
    record.outbox.push(Effect { id, kind: EffectKind::Send(Message { html: "hello".to_owned(), ..Message::default() }) });
    record
}

/// A turn that makes `record`, with nothing beside it.
pub fn turn(record: Record) -> Commit {
    Commit { expected: record.version - 1, record, wake: None, keys: Vec::new(), facts: Vec::new() }
}

/// A fact that tells its version apart from others.
pub fn fact(version: u64, number: usize) -> Fact {
    let at = Time(i64::try_from(version).expect("versions of tests are small"));
    Fact { at, session: None, kind: FactKind::Reached { flow: "tests".to_owned(), step: format!("step{number}") } }
}
