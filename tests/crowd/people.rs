//! Many people in a store, each somewhere in a registration.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::task::JoinSet;
use usher::engine::{Effect, EffectId, EffectKind, Message, Record, RecordId};
use usher::expr::Time;
use usher::flow::Library;
use usher::store::{Commit, IndexKey, Store, StoreConfig};

use crate::support::{registration, shipped};

/// Turns committed together.
const TOGETHER: usize = 500;
/// People to whom something is still to be sent.
pub const UNFINISHED: usize = 1_000;
/// Updates of each person that are remembered.
const UPDATES: u32 = 40;

/// What was written.
pub struct Written {
    /// The mean size of an encoded record.
    pub bytes_a_person: usize,
    /// All files, in MiB.
    pub on_disk: f64,
}

/// Fills a new store with people and closes it.
pub async fn store(folder: &Path, people: usize) -> Written {
    let library = shipped::library("extended");
    let kinds = parked(&library);
    let store = Arc::new(Store::open(&StoreConfig::new(folder)).unwrap());
    let files: Vec<_> = shipped::files().into_iter().filter(|(path, _)| !path.ends_with(".test.yaml")).collect();
    store.put_version(&library.current, &files).await.unwrap();
    for first in (0..people).step_by(TOGETHER) {
        let mut committing = JoinSet::new();
        for number in first..people.min(first + TOGETHER) {
            let mut commit = moved_in(&kinds[number % kinds.len()], number);
            if number % (people / UNFINISHED).max(1) == 0 {
                left_unfinished(&mut commit.record);
            }
            let store = Arc::clone(&store);
            committing.spawn(async move { store.commit(commit).await });
        }
        while let Some(committed) = committing.join_next().await {
            committed.unwrap().unwrap();
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    let on_disk = store.health().size as f64 / f64::from(1 << 20);
    store.close().await.unwrap();
    let bytes: usize = kinds.iter().map(|record| postcard::to_stdvec(record).unwrap().len()).sum();
    Written { bytes_a_person: bytes / kinds.len(), on_disk }
}

/// Records of people who stopped answering: at each question, and with everything done.
fn parked(library: &Library) -> Vec<Record> {
    let turns = registration::registration(library, now());
    let asked = turns.into_iter().map(|(record, _)| record).filter(|record| record.version > 0 && !record.has_pending_effects());
    asked.map(with_a_past).collect()
}

/// The record of somebody who has talked to the bot before: ids of messages and of updates are what most of it is.
fn with_a_past(mut record: Record) -> Record {
    record.sent = (0..UPDATES / 2).map(|n| (EffectId { version: u64::from(n), index: 0 }, format!("{}", 1_000_000 + n))).collect();
    // Numbers that look like the hashes they stand for: a small one would take less room.
    record.seen = (1..=u64::from(UPDATES)).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15), now())).collect();
    record
}

/// The first commit of somebody like that.
fn moved_in(like: &Record, number: usize) -> Commit {
    let mut record = like.clone();
    record.id = RecordId::person("tg", &format!("{}", 10_000_000 + number));
    Commit { expected: 0, wake: record.next_timer(), keys: IndexKey::all_of(&record), facts: Vec::new(), record }
}

/// A process died before it had sent this.
fn left_unfinished(record: &mut Record) {
    let message = Message { html: "Готово. Данные отправлены.".to_owned(), ..Message::default() };
    record.outbox.push(Effect { id: EffectId { version: record.version, index: 0 }, kind: EffectKind::Send(message) });
}

/// The present, so that nothing is due that would not be.
fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Time(i64::try_from(since.as_millis()).unwrap())
}
