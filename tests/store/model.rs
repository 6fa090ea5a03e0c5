//! The store against a map: whatever is done, both say the same.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tokio::runtime::Runtime;
use usher::engine::{Fact, Record};
use usher::expr::Time;
use usher::store::{Commit, CommitError, Entry, IndexKey, Page, Store, StoreConfig};

use crate::samples::{fact, id, record, with_pending_effect};

const NAMES: [&str; 4] = ["1", "2", "3", "4"];
const WORDS: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Debug, Clone)]
enum Act {
    Commit { name: usize, stale: u64, size: usize, wake: Option<i64>, pending: bool, words: BTreeSet<usize>, facts: usize },
    Erase { name: usize },
}

#[derive(Debug)]
struct Known {
    record: Record,
    wake: Option<i64>,
    words: BTreeSet<usize>,
}

#[derive(Debug, Default)]
struct Model {
    records: BTreeMap<usize, Known>,
    journal: BTreeMap<usize, Vec<(u64, Fact)>>,
}

fn act() -> impl Strategy<Value = Act> {
    let name = 0..NAMES.len();
    let size = prop_oneof![8 => 0..2000usize, 2 => 3900..4300usize, 1 => 8000..40_000usize];
    let beside = (proptest::option::of(-3..12i64), any::<bool>(), proptest::collection::btree_set(0..WORDS.len(), 0..4), 0..4usize);
    let commit = (name.clone(), prop_oneof![6 => Just(0u64), 1 => 1..3u64], size, beside)
        .prop_map(|(name, stale, size, (wake, pending, words, facts))| Act::Commit { name, stale, size, wake, pending, words, facts });
    prop_oneof![9 => commit, 1 => name.prop_map(|name| Act::Erase { name })]
}

impl Model {
    /// Does it here and there, and compares what comes back.
    async fn apply(&mut self, store: &Store, act: &Act) {
        match act {
            Act::Erase { name } => {
                let existed = store.erase(&id(NAMES[*name])).await.expect("erased").is_some();
                self.journal.remove(name);
                assert_eq!(existed, self.records.remove(name).is_some());
            }
            Act::Commit { name, stale, size, wake, pending, words, facts } => {
                let current = self.records.get(name).map_or(0, |known| known.record.version);
                let expected = current + stale;
                let made = record(NAMES[*name], expected + 1, *size);
                let made = if *pending { with_pending_effect(made) } else { made };
                let facts: Vec<_> = (0..*facts).map(|number| fact(expected + 1, number)).collect();
                let keys = words.iter().map(|word| IndexKey::new("word", WORDS[*word])).collect();
                let commit = Commit { record: made.clone(), expected, wake: wake.map(Time), keys, facts: facts.clone() };
                let committed = store.commit(commit).await;
                if *stale > 0 {
                    return assert_eq!(committed, Err(CommitError::Conflict { current }));
                }
                assert_eq!(committed, Ok(()));
                self.journal.entry(*name).or_default().extend(facts.into_iter().map(|fact| (expected + 1, fact)));
                self.records.insert(*name, Known { record: made, wake: *wake, words: words.clone() });
            }
        }
    }

    /// Everything that can be asked has the same answer here and there.
    async fn compare(&self, store: &Store) {
        let page = Page::first(100);
        for (at, name) in NAMES.iter().enumerate() {
            let stored = store.load(&id(name)).await.expect("readable");
            assert_eq!(stored.as_ref(), self.records.get(&at).map(|known| &known.record));
            let listed = store.journal(&id(name), &page).await.expect("listed");
            let entries = self.journal.get(&at).into_iter().flatten().cloned();
            assert_eq!((listed.items, listed.damaged), (entries.map(|(version, fact)| Entry { version, fact }).collect(), 0));
        }
        for (at, word) in WORDS.iter().enumerate() {
            let found = store.find(&IndexKey::new("word", *word), &page).await.expect("listed").items;
            self.assert_same(found, |known| known.words.contains(&at));
        }
        self.assert_same(store.pending(&page).await.expect("listed").items, |known| known.record.has_pending_effects());
        self.assert_same(store.records(&page).await.expect("listed").items, |_| true);
        for now in [-4, 0, 5, 100] {
            let due = store.due(Time(now), &page).await.expect("listed").items;
            assert!(due.is_sorted_by_key(|(_, time)| *time));
            let expected = self.records.values().filter_map(|known| Some((known.record.id.clone(), Time(known.wake?))));
            let expected: BTreeSet<_> = expected.filter(|(_, time)| time.0 <= now).collect();
            assert_eq!((due.len(), due.into_iter().collect::<BTreeSet<_>>()), (expected.len(), expected));
        }
    }

    fn assert_same(&self, found: Vec<usher::engine::RecordId>, wanted: impl Fn(&Known) -> bool) {
        let expected = self.records.values().filter(|known| wanted(known)).map(|known| known.record.id.clone());
        let expected: BTreeSet<_> = expected.collect();
        assert_eq!((found.len(), found.into_iter().collect::<BTreeSet<_>>()), (expected.len(), expected));
    }
}

/// Plays acts against a store, and leaves it empty.
fn play(runtime: &Runtime, store: &Store, acts: &[Act]) {
    runtime.block_on(async {
        let mut model = Model::default();
        for act in acts {
            model.apply(store, act).await;
            model.compare(store).await;
        }
        for name in 0..NAMES.len() {
            model.apply(store, &Act::Erase { name }).await;
        }
        model.compare(store).await;
    });
}

fn check(store: &Store) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let acts = proptest::collection::vec(act(), 1..16);
    let checked = proptest::test_runner::TestRunner::new(config).run(&acts, |acts| {
        play(&runtime, store, &acts);
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
}

#[test]
fn the_store_in_memory_is_a_map() {
    check(&Store::memory().expect("opened"));
}

#[test]
fn the_store_in_files_is_a_map() {
    let folder = tempfile::tempdir().expect("a folder");
    check(&Store::open(&StoreConfig::new(folder.path())).expect("opened"));
}
