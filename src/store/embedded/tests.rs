//! Groups, failures and room, over engines that do as they are told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::*;
use crate::engine::{Record, RecordId};
use crate::store::commit::IndexKey;
use crate::store::engine::Changes;
use crate::store::turn::ID_MAX;

/// A map that counts and can be told to fail.
#[derive(Default)]
struct Told {
    pairs: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    transactions: AtomicU64,
    syncs: AtomicU64,
    sync_fails: AtomicBool,
    get_fails: AtomicBool,
    apply_panics: AtomicBool,
    slow: AtomicBool,
    stuck: AtomicBool,
}

impl Engine for Told {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Broken> {
        if self.get_fails.load(Ordering::Relaxed) {
            return Err(Broken("told to".to_owned()));
        }
        Ok(lock(&self.pairs).get(key).cloned())
    }

    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Pair>, Broken> {
        let pairs = lock(&self.pairs);
        Ok(pairs.range(from.to_vec()..to.to_vec()).take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Pair>, Broken> {
        let pairs = lock(&self.pairs);
        Ok(pairs.range(from.to_vec()..to.to_vec()).next_back().map(|(key, value)| (key.clone(), value.clone())))
    }

    fn apply(&self, changes: Changes) -> Result<(), Broken> {
        assert!(!self.apply_panics.load(Ordering::Relaxed), "told to");
        self.transactions.fetch_add(1, Ordering::Relaxed);
        let mut pairs = lock(&self.pairs);
        for (key, value) in changes {
            assert!(value.as_ref().is_none_or(|value| value.len() <= 4096), "a value is too large");
            match value {
                Some(value) => pairs.insert(key, value),
                None => pairs.remove(&key),
            };
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), Broken> {
        if self.slow.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
        while self.stuck.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(5));
        }
        self.syncs.fetch_add(1, Ordering::Relaxed);
        if self.sync_fails.load(Ordering::Relaxed) { Err(Broken("told to".to_owned())) } else { Ok(()) }
    }

    fn size(&self) -> u64 {
        0
    }

    fn strays(&self) -> u64 {
        0
    }
}

fn start(engine: &Arc<Told>, space: Space) -> Embedded {
    let keys = Home { ring: Ring::random().expect("randomness"), place: RingPlace::Memory, folder: None };
    Embedded::start(engine.clone(), keys, space).expect("started")
}

fn turn(name: &str, version: u64) -> Commit {
    let mut record = Record::new(RecordId::person("tg", name));
    record.version = version;
    Commit { record, expected: version - 1, wake: None, keys: Vec::new(), facts: Vec::new() }
}

fn version(store: &Embedded, name: &str) -> u64 {
    let stored = store.load(&RecordId::person("tg", name)).expect("readable");
    stored.map_or(0, |record| record.version)
}

async fn all(commits: impl IntoIterator<Item = impl Future<Output = Verdict>>) -> Vec<Verdict> {
    let mut commits: Vec<_> = commits.into_iter().map(Box::pin).map(Some).collect();
    let mut verdicts: Vec<Option<Verdict>> = commits.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (commit, verdict) in commits.iter_mut().zip(&mut verdicts) {
            if let Some(std::task::Poll::Ready(ready)) = commit.as_mut().map(|commit| commit.as_mut().poll(context)) {
                (*commit, *verdict) = (None, Some(ready));
            }
        }
        if commits.iter().all(Option::is_none) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    verdicts.into_iter().map(|verdict| verdict.expect("every commit is answered")).collect()
}

#[tokio::test]
async fn commits_that_wait_together_are_synced_together() {
    let engine = Arc::new(Told::default());
    let store = start(&engine, Space::endless());
    let verdicts = all((0..200).map(|n| store.commit(turn(&n.to_string(), 1)))).await;
    assert!(verdicts.iter().all(Result::is_ok));
    let (transactions, syncs) = (engine.transactions.load(Ordering::Relaxed), engine.syncs.load(Ordering::Relaxed));
    assert!(transactions >= 4, "at most 64 turns are in a transaction, so 200 need more than {transactions}");
    assert!(syncs <= 3, "200 commits were synced {syncs} times");
}

#[tokio::test]
async fn commits_of_one_record_in_one_group_are_applied_in_order() {
    let store = start(&Arc::default(), Space::endless());
    let verdicts = all((1..=100).map(|version| store.commit(turn("1", version)))).await;
    assert!(verdicts.iter().all(Result::is_ok), "{verdicts:?}");
    assert_eq!(version(&store, "1"), 100);
}

#[tokio::test]
async fn half_of_those_who_commit_do_not_wait_for_the_others() {
    let store = start(&Arc::default(), Space::endless());
    assert!(all((0..4).map(|n| store.commit(turn(&n.to_string(), 1)))).await.iter().all(Result::is_ok));
    let mut halves = [0, 1].map(|n| Box::pin(store.commit(turn(&n.to_string(), 2))));
    let mut writing = Vec::new();
    for commit in &mut halves {
        assert!(std::future::poll_fn(|context| std::task::Poll::Ready(commit.as_mut().poll(context))).await.is_pending());
        writing.push(lock(&store.shared.queue).writing);
    }
    assert_eq!(writing, [false, true]);
    assert_eq!(all(halves).await, [Ok(()), Ok(())]);
}

#[tokio::test]
async fn a_task_that_has_ended_drops_nothing_that_came_after_it() {
    let store = start(&Arc::default(), Space::endless());
    let mut ended = Gathering::new(store.shared.clone());
    assert!(ended.take().is_none(), "nothing waits");
    let commit = store.commit(turn("1", 1));
    tokio::pin!(commit);
    // Queued, and not taken yet: the task that takes it runs when this one waits.
    assert!(std::future::poll_fn(|context| std::task::Poll::Ready(commit.as_mut().poll(context))).await.is_pending());
    drop(ended);
    assert_eq!(commit.await, Ok(()));
}

#[tokio::test]
async fn a_conflict_fails_alone() {
    let store = start(&Arc::default(), Space::endless());
    store.commit(turn("1", 1)).await.expect("committed");
    let commits = [turn("0", 1), turn("1", 1), turn("1", 2), turn("2", 7), turn("3", 1)];
    let verdicts = all(commits.into_iter().map(|commit| store.commit(commit))).await;
    let conflict = |current| Err(CommitError::Conflict { current });
    assert_eq!(verdicts, [Ok(()), conflict(1), Ok(()), conflict(0), Ok(())]);
}

#[tokio::test]
async fn a_turn_that_makes_no_later_version_is_refused() {
    let store = start(&Arc::default(), Space::endless());
    let commit = Commit { expected: 1, ..turn("1", 1) };
    assert!(matches!(store.commit(commit).await, Err(CommitError::Unavailable(_))));
    let long = turn(&"9".repeat(ID_MAX), 1);
    assert!(matches!(store.commit(long).await, Err(CommitError::Unavailable(_))));
}

#[tokio::test]
async fn a_failed_sync_acknowledges_nothing_any_more() {
    let engine = Arc::new(Told::default());
    let store = start(&engine, Space::endless());
    store.commit(turn("1", 1)).await.expect("committed");
    engine.sync_fails.store(true, Ordering::Relaxed);
    let verdicts = all((0..100).map(|n| store.commit(turn(&n.to_string(), 3)))).await;
    let poisoned = Err(CommitError::Poisoned("told to".to_owned()));
    assert!(verdicts.iter().all(|verdict| *verdict == poisoned), "not even the conflicts are known: {verdicts:?}");
    engine.sync_fails.store(false, Ordering::Relaxed);
    assert_eq!(store.commit(turn("1", 2)).await, poisoned);
    assert!(matches!(store.load(&RecordId::person("tg", "1")), Err(StoreError::Poisoned(_))));
    assert_eq!(store.health().poisoned.as_deref(), Some("told to"));
    assert!(!store.health().is_well());
    assert!(matches!(store.close().await, Err(StoreError::Poisoned(_))));
}

#[tokio::test]
async fn a_failed_read_poisons_the_store() {
    let engine = Arc::new(Told::default());
    let store = start(&engine, Space::endless());
    engine.get_fails.store(true, Ordering::Relaxed);
    assert!(matches!(store.load(&RecordId::person("tg", "1")), Err(StoreError::Poisoned(_))));
    engine.get_fails.store(false, Ordering::Relaxed);
    assert!(matches!(store.commit(turn("1", 1)).await, Err(CommitError::Poisoned(_))));
}

#[tokio::test]
async fn a_panic_of_the_writer_poisons_the_store() {
    let engine = Arc::new(Told::default());
    let store = start(&engine, Space::endless());
    engine.apply_panics.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        assert_eq!(store.commit(turn("1", 1)).await, Err(CommitError::Poisoned("the writer panicked".to_owned())));
    }
}

#[tokio::test]
async fn commits_stop_without_room_and_go_on_with_it() {
    let (engine, full) = (Arc::new(Told::default()), Arc::new(AtomicBool::new(false)));
    let probe = full.clone();
    let free = move || Some(if probe.load(Ordering::Relaxed) { 0 } else { 2 });
    let store = start(&engine, Space::probed(1, free));
    store.commit(turn("1", 1)).await.expect("committed");
    full.store(true, Ordering::Relaxed);
    thread::sleep(Duration::from_millis(1100));
    assert!(matches!(store.commit(turn("1", 2)).await, Err(CommitError::Unavailable(_))));
    assert_eq!((engine.transactions.load(Ordering::Relaxed), version(&store, "1")), (1, 1), "the engine was not asked");
    assert!(store.health().short_of_space && !store.health().is_well());
    full.store(false, Ordering::Relaxed);
    thread::sleep(Duration::from_millis(1100));
    store.commit(turn("1", 2)).await.expect("committed");
    assert!(store.health().is_well());
}

#[tokio::test]
async fn closing_finishes_what_was_asked_and_takes_nothing_more() {
    let engine = Arc::new(Told::default());
    let store = Arc::new(start(&engine, Space::endless()));
    engine.slow.store(true, Ordering::Relaxed);
    let committing = store.clone();
    let waiting = tokio::spawn(async move { all((0..100).map(|n| committing.commit(turn(&n.to_string(), 1)))).await });
    tokio::task::yield_now().await;
    store.close().await.expect("closed");
    assert!(waiting.await.expect("no panic").iter().all(Result::is_ok));
    assert!(matches!(store.commit(turn("1", 2)).await, Err(CommitError::Unavailable(_))));
    assert!(matches!(store.load(&RecordId::person("tg", "1")), Err(StoreError::Unavailable(_))));
    store.close().await.expect("closing twice does nothing");
    assert_eq!(Arc::strong_count(&engine), 1, "the engine is let go of");
    assert!(store.health().closed);
}

#[test]
fn who_waits_is_told_when_the_runtime_ends_and_the_next_runtime_goes_on() {
    let engine = Arc::new(Told::default());
    let store = Arc::new(start(&engine, Space::endless()));
    engine.slow.store(true, Ordering::Relaxed);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let committing = store.clone();
    runtime.block_on(async {
        tokio::spawn(async move { committing.commit(turn("1", 1)).await });
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    });
    drop(runtime);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    assert_eq!(runtime.block_on(store.commit(turn("1", 2))), Ok(()), "the first commit was written all the same");
}

#[test]
fn no_runtime_is_no_panic() {
    let store = start(&Arc::default(), Space::endless());
    let mut commit = Box::pin(store.commit(turn("1", 1)));
    let polled = commit.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(matches!(polled, std::task::Poll::Ready(Err(CommitError::Unavailable(_)))));
}

#[tokio::test]
async fn a_turn_that_moves_nothing_writes_nothing_but_the_record() {
    let engine = Arc::new(Told::default());
    let store = start(&engine, Space::endless());
    let far = |millis| Some(now().plus(86_400_000 - now().0.rem_euclid(60_000) + millis));
    let keys = vec![IndexKey::new("phone", "+79001234567")];
    store.commit(Commit { wake: far(1), keys: keys.clone(), ..turn("1", 1) }).await.expect("committed");
    let before = lock(&engine.pairs).clone();
    store.commit(Commit { wake: far(59_999), keys, ..turn("1", 2) }).await.expect("committed");
    let after = lock(&engine.pairs).clone();
    let changed: Vec<_> = after.iter().filter(|(key, value)| before.get(*key) != Some(value)).map(|(key, _)| key[0]).collect();
    assert_eq!((changed, before.len()), (vec![b'r'], after.len()));
}

#[tokio::test]
async fn a_disk_that_does_not_answer_has_failed() {
    let engine = Arc::new(Told::default());
    let keys = Home { ring: Ring::random().expect("randomness"), place: RingPlace::Memory, folder: None };
    let store = Embedded::start_with(Duration::from_millis(100), engine.clone(), keys, Space::endless()).expect("started");
    store.commit(turn("1", 1)).await.expect("committed");
    engine.stuck.store(true, Ordering::Relaxed);
    let verdicts = all((2..9).map(|version| store.commit(turn("1", version)))).await;
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Err(CommitError::Poisoned(why)) if why.contains("has not answered"))));
    assert!(matches!(store.commit(turn("2", 1)).await, Err(CommitError::Poisoned(_))));
    assert!(matches!(store.close().await, Err(StoreError::Poisoned(_))), "and nobody waits for it to close");
    drop(store);
    engine.stuck.store(false, Ordering::Relaxed);
}
