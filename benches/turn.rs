//! What the bot does for a person apart from the network — step, encrypt, commit — for sixty-four people at once, in files.
//!
//! `cargo bench --bench turn`. The figure is durable turns a second: each is on the disk before the next of the same person begins.

#[path = "../tests/support/registration.rs"]
mod registration;
#[path = "../tests/support/shipped.rs"]
mod shipped;

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use registration::registration;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use usher::engine::{Event, Record, RecordId, step};
use usher::expr::Time;
use usher::flow::Library;
use usher::store::{Commit, IndexKey, Store, StoreConfig};

fn main() {
    divan::main();
}

/// The shipped bot, a registration in it, and a store in files.
struct Bed {
    runtime: Runtime,
    library: Arc<Library>,
    turns: Arc<Vec<(Record, Event)>>,
    store: Arc<Store>,
    _folder: tempfile::TempDir,
}

impl Bed {
    fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let store = Store::open(&StoreConfig::new(folder.path().join("data"))).expect("opened");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let library = shipped::library("extended");
        let turns = registration(&library, Time(1_795_417_200_000));
        Self { runtime, library: Arc::new(library), turns: Arc::new(turns), store: Arc::new(store), _folder: folder }
    }

    /// These people register, none waiting for another.
    fn register(&self, people: Vec<RecordId>) {
        self.runtime.block_on(async {
            let mut registering = JoinSet::new();
            for person in people {
                registering.spawn(registered(self.library.clone(), self.turns.clone(), self.store.clone(), person));
            }
            while let Some(ended) = registering.join_next().await {
                ended.expect("no panic");
            }
        });
    }
}

async fn registered(library: Arc<Library>, turns: Arc<Vec<(Record, Event)>>, store: Arc<Store>, person: RecordId) {
    for (record, event) in turns.iter() {
        let mut record = record.clone();
        record.id = person.clone();
        let expected = record.version;
        let turn = step(&library, record, event.clone());
        let keys = IndexKey::all_of(&turn.record);
        let commit = Commit { expected, wake: turn.record.next_timer(), keys, facts: turn.facts, record: turn.record };
        store.commit(commit).await.expect("committed");
    }
}

#[divan::bench(args = [1, 64], sample_count = 30, sample_size = 1)]
fn durable_turns(bencher: Bencher, people: usize) {
    let bed = Bed::new();
    let mut met = 0;
    bencher
        .counter(ItemsCount::new(people * bed.turns.len()))
        .with_inputs(|| {
            met += people;
            (met..met + people).map(|number| RecordId::person("tg", &number.to_string())).collect::<Vec<_>>()
        })
        .bench_local_values(|people| bed.register(people));
}
