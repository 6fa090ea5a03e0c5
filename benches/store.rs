//! Durable commits: what one client waits for, and how many turns sixty-four of them get through together.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use tokio::runtime::{Builder, Runtime};
use usher::engine::{Effect, EffectId, EffectKind, Fact, FactKind, Message, Record, RecordId};
use usher::expr::{Time, Value};
use usher::store::{Commit, IndexKey, Store, StoreConfig};

fn main() {
    divan::main();
}

/// A store in files, in a folder that goes with it.
struct Bed {
    runtime: Runtime,
    store: Arc<Store>,
    _folder: tempfile::TempDir,
}

impl Bed {
    fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let store = Store::open(&StoreConfig::new(folder.path().join("data"))).expect("opened");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { runtime, store: Arc::new(store), _folder: folder }
    }

    /// Each client commits one turn.
    fn commit_all(&self, turns: Vec<Commit>) {
        self.runtime.block_on(async {
            let committing: Vec<_> = turns
                .into_iter()
                .map(|turn| {
                    let store = self.store.clone();
                    tokio::spawn(async move { store.commit(turn).await })
                })
                .collect();
            for committed in committing {
                committed.await.expect("no panic").expect("committed");
            }
        });
    }
}

/// The next turn of a client: about a kilobyte, as most are.
fn turn(client: usize, version: u64) -> Commit {
    let mut record = Record::new(RecordId::person("tg", &format!("{client}")));
    record.version = version;
    record.person.fields.insert("notes".to_owned(), Value::Text("дела ".repeat(100)));
    let at = Time(1_700_000_000_000 + version.cast_signed() * 1000);
    let message = Message { html: "<b>What is your name?</b>".to_owned(), ..Message::default() };
    record.outbox.push(Effect { id: EffectId { version, index: 0 }, kind: EffectKind::Send(message) });
    let kind = FactKind::Answered { flow: "hello".to_owned(), step: "name".to_owned() };
    Commit {
        expected: version - 1,
        wake: Some(Time(4_000_000_000_000)),
        keys: vec![IndexKey::new("phone", format!("+7900{client:07}")), IndexKey::new("step", "hello.name")],
        facts: vec![Fact { at, session: None, kind }],
        record,
    }
}

#[divan::bench(args = [1, 64], sample_count = 200, sample_size = 1)]
fn durable_commits(bencher: Bencher, clients: usize) {
    let bed = Bed::new();
    let mut version = 0;
    bencher
        .counter(ItemsCount::new(clients))
        .with_inputs(|| {
            version += 1;
            (0..clients).map(|client| turn(client, version)).collect::<Vec<_>>()
        })
        .bench_local_values(|turns| bed.commit_all(turns));
}

#[divan::bench]
fn load(bencher: Bencher) {
    let bed = Bed::new();
    bed.commit_all(vec![turn(0, 1)]);
    let id = RecordId::person("tg", "0");
    bencher.bench_local(|| bed.runtime.block_on(bed.store.load(&id)));
}
