//! What the bot does for a person apart from the network — step, encrypt, commit — for sixty-four people at once, in files.
//!
//! `cargo bench --bench turn`. The figure is durable turns a second: each is on the disk before the next of the same person begins.
//! Beside it stands what the disk and its engine take alone: a bare thread that writes as many and as large values for as many people
//! who wait, and knows nothing of flows, keys, chains or tests. The target is 0.8 of that.

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
use sled::transaction::ConflictableTransactionError;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
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

/// What the turns of one person leave in the store: kind of value → how many, and how long one is.
type Values = BTreeMap<u8, (usize, usize)>;

/// What so many people's registrations have left, for one of them.
fn left_by_registrations() -> (Values, usize) {
    const PEOPLE: usize = 64;
    let bed = Bed::new();
    bed.register((0..PEOPLE).map(|number| RecordId::person("tg", &number.to_string())).collect());
    bed.runtime.block_on(bed.store.close()).expect("closed");
    let db = sled::open(bed.folder.path().join("data/sled")).expect("the files of the store");
    let mut values = BTreeMap::<u8, (usize, usize)>::new();
    for pair in db.iter() {
        let (key, value) = pair.expect("readable");
        let (count, bytes) = values.entry(key[0]).or_default();
        *count += 1;
        *bytes += value.len();
    }
    (values.into_iter().map(|(kind, (count, bytes))| (kind, (count / PEOPLE, bytes / count))).collect(), bed.turns.len())
}

/// Values to write, and whom to tell that they are on the disk.
type Job = (Vec<(Vec<u8>, Vec<u8>)>, oneshot::Sender<()>);

/// A thread that writes whatever waits as one transaction and brings it to the disk.
fn bare_writer(folder: &Path) -> mpsc::Sender<Job> {
    let path = folder.join("bare");
    let db = sled::Config::new().path(&path).cache_capacity(16 << 20).flush_every_ms(Some(500)).open().expect("a database");
    let log = OpenOptions::new().write(true).open(path.join("db")).expect("its log");
    let (jobs, waiting) = mpsc::channel::<Job>();
    thread::spawn(move || {
        while let Ok(first) = waiting.recv() {
            let group: Vec<Job> = std::iter::once(first).chain(waiting.try_iter().take(63)).collect();
            let written = db.transaction(|tree| {
                for (key, value) in group.iter().flat_map(|(values, _)| values) {
                    tree.insert(key.as_slice(), value.as_slice())?;
                }
                Ok::<_, ConflictableTransactionError<()>>(())
            });
            written.expect("written");
            db.flush().expect("flushed");
            log.sync_data().expect("on the disk");
            for (_, done) in group {
                done.send(()).expect("somebody waits");
            }
        }
    });
    jobs
}

/// What one turn of a person writes: their record, and its part of what only grows.
fn written(values: &Values, person: usize, turn: usize, turns: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut pairs = Vec::new();
    for (kind, (count, length)) in values {
        let numbers = match kind {
            b'r' | b'h' => 0..1,
            b'i' | b'j' => turn * count / turns..(turn + 1) * count / turns,
            _ => continue,
        };
        for number in numbers {
            let name = [&[*kind][..], &person.to_be_bytes(), &number.to_be_bytes()].concat();
            pairs.push((name, vec![u8::try_from(turn).unwrap_or_default(); *length]));
        }
    }
    pairs
}

#[divan::bench(args = [64], sample_count = 30, sample_size = 1)]
fn the_same_by_a_bare_thread(bencher: Bencher, people: usize) {
    let (values, turns) = left_by_registrations();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let jobs = bare_writer(folder.path());
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (values, mut met) = (Arc::new(values), 0);
    bencher
        .counter(ItemsCount::new(people * turns))
        .with_inputs(|| {
            met += people;
            met..met + people
        })
        .bench_local_values(|people| {
            runtime.block_on(async {
                let mut writing = JoinSet::new();
                for person in people {
                    let (jobs, values) = (jobs.clone(), values.clone());
                    writing.spawn(async move {
                        for turn in 0..turns {
                            let (done, on_the_disk) = oneshot::channel();
                            jobs.send((written(&values, person, turn, turns), done)).expect("the thread lives");
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
