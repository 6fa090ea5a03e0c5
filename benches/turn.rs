//! What the bot does for a person apart from the network — step, encrypt, commit — for sixty-four people at once, in files.
//!
//! `cargo bench --bench turn`, with `--features jemalloc` as a busy bot is built. The figure is durable turns a second: each is on the disk
//! before the next of the same person begins. Beside it stands what the disk and its engine take alone: a bare thread that sets and
//! removes what these turns set and remove, in places as far apart, for as many people who wait, and knows nothing of flows, encryption, chains or tests. The
//! target is 0.8 of that.

#[path = "../tests/support/registration.rs"]
mod registration;
#[path = "../tests/support/shipped.rs"]
mod shipped;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;

use divan::Bencher;
use divan::counter::ItemsCount;
use registration::registration;
use sled::Batch;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use usher::engine::{Event, Record, RecordId, step};
use usher::expr::Time;
use usher::flow::Library;
use usher::store::{Commit, IndexKey, Store, StoreConfig};

#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    divan::main();
}

/// The shipped bot, a registration in it, and a store in files.
struct Bed {
    runtime: Runtime,
    library: Arc<Library>,
    turns: Arc<Vec<(Record, Event)>>,
    store: Arc<Store>,
    folder: tempfile::TempDir,
}

impl Bed {
    fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let store = Store::open(&StoreConfig::new(folder.path().join("data"))).expect("opened");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let library = shipped::library("extended");
        let turns = registration(&library, Time(1_795_417_200_000));
        Self { runtime, library: Arc::new(library), turns: Arc::new(turns), store: Arc::new(store), folder }
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
    for turn in turns.iter() {
        commit(&library, &store, &person, turn).await;
    }
}

async fn commit(library: &Library, store: &Store, person: &RecordId, (record, event): &(Record, Event)) {
    let mut record = record.clone();
    record.id = person.clone();
    let expected = record.version;
    let turn = step(library, record, event.clone());
    let keys = IndexKey::all_of(&turn.record);
    let commit = Commit { expected, wake: turn.record.next_timer(), keys, facts: turn.facts, record: turn.record };
    store.commit(commit).await.expect("committed");
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

/// Keys to set or to remove.
type Writes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// What each turn of a registration sets and removes in the store, and the name of the record, which stands in all of these keys.
fn writes_of_turns() -> (Vec<Writes>, Vec<u8>) {
    let bed = Bed::new();
    let (data, person) = (bed.folder.path().join("data"), RecordId::person("tg", "1"));
    bed.runtime.block_on(bed.store.close()).expect("closed");
    let (mut before, mut record, mut all) = (stored(&data), Vec::new(), Vec::new());
    for turn in bed.turns.iter() {
        bed.runtime.block_on(async {
            let store = Store::open(&StoreConfig::new(data.clone())).expect("opened");
            commit(&bed.library, &store, &person, turn).await;
            store.close().await.expect("closed");
        });
        let after = stored(&data);
        record = after.keys().find(|key| key[0] == b'r').expect("a record")[1..17].to_vec();
        let set = after.iter().filter(|(key, value)| before.get(*key) != Some(value));
        let removed = before.keys().filter(|key| !after.contains_key(*key));
        let writes = set.map(|(key, value)| (key.clone(), Some(value.clone()))).chain(removed.map(|key| (key.clone(), None)));
        all.push(writes.filter(|(key, _)| place_in(key, &record).is_some()).collect());
        before = after;
    }
    (all, record)
}

/// All that lies in the files of a store that is closed.
fn stored(data: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let db = sled::open(data.join("sled")).expect("the files of the store");
    db.iter().map(|pair| pair.map(|(key, value)| (key.to_vec(), value.to_vec())).expect("readable")).collect()
}

fn place_in(key: &[u8], record: &[u8]) -> Option<usize> {
    key.windows(record.len()).position(|part| part == record)
}

/// What to write, and whom to tell that they are on the disk.
type Job = (Writes, oneshot::Sender<()>);

/// A thread that writes whatever waits as one batch and brings it to the disk.
fn bare_writer(folder: &Path) -> mpsc::Sender<Job> {
    let path = folder.join("bare");
    let db = sled::Config::new().path(&path).cache_capacity(16 << 20).flush_every_ms(Some(500)).open().expect("a database");
    let log = OpenOptions::new().write(true).open(path.join("db")).expect("its log");
    let (jobs, waiting) = mpsc::channel::<Job>();
    thread::spawn(move || {
        while let Ok(first) = waiting.recv() {
            let group: Vec<Job> = std::iter::once(first).chain(waiting.try_iter().take(63)).collect();
            let mut batch = Batch::default();
            for (key, value) in group.iter().flat_map(|(writes, _)| writes) {
                match value {
                    Some(value) => batch.insert(key.as_slice(), value.as_slice()),
                    None => batch.remove(key.as_slice()),
                }
            }
            db.apply_batch(batch).expect("written");
            db.flush().expect("flushed");
            log.sync_data().expect("on the disk");
            for (_, done) in group {
                done.send(()).expect("somebody waits");
            }
        }
    });
    jobs
}

/// The same writes for another person, whose name is as far from the others' as a hash is.
fn for_person(writes: &Writes, record: &[u8], person: usize) -> Writes {
    let mut writes = writes.clone();
    let name = (person as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for (key, _) in &mut writes {
        let at = place_in(key, record).expect("each of these keys names the record");
        key[at..at + 8].copy_from_slice(&name.to_be_bytes());
    }
    writes
}

#[divan::bench(args = [64], sample_count = 30, sample_size = 1)]
fn the_same_by_a_bare_thread(bencher: Bencher, people: usize) {
    let (writes, record) = writes_of_turns();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let jobs = bare_writer(folder.path());
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (writes, record, mut met) = (Arc::new(writes), Arc::new(record), 0);
    bencher
        .counter(ItemsCount::new(people * writes.len()))
        .with_inputs(|| {
            met += people;
            met..met + people
        })
        .bench_local_values(|people| {
            runtime.block_on(async {
                let mut writing = JoinSet::new();
                for person in people {
                    let (jobs, writes, record) = (jobs.clone(), writes.clone(), record.clone());
                    writing.spawn(async move {
                        for turn in writes.iter() {
                            let (done, on_the_disk) = oneshot::channel();
                            jobs.send((for_person(turn, &record, person), done)).expect("the thread lives");
                            on_the_disk.await.expect("written");
                        }
                    });
                }
                while let Some(ended) = writing.join_next().await {
                    ended.expect("no panic");
                }
            });
        });
}
