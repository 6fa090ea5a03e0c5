//! What is counted: together with the turn or not at all, once, and the same after everything that may happen to a store.

use usher::engine::{Count, Counted, Ending, Record, SessionId, Stop, Tally, Underway};
use usher::expr::Time;
use usher::store::{CommitError, Store, StoreConfig};

use crate::samples::{id, record, turn};

const DAY: i64 = 20_000;

fn counts(what: Vec<Counted>) -> Vec<Count> {
    what.into_iter().map(|what| Count { flow: "hello".to_owned(), day: DAY, what }).collect()
}

fn begun() -> Vec<Count> {
    counts(vec![Counted::Began, Counted::Rests { step: "name".to_owned(), first: true }])
}

/// A record in the middle of a session that has been counted.
fn in_the_middle(name: &str, version: u64) -> Record {
    let session = SessionId("K7M2QX".to_owned());
    let (at, rested) = (Some("name".to_owned()), vec!["name".to_owned()]);
    let underway = Underway { session, flow: "hello".to_owned(), began: Time(0), day: DAY, at, rested };
    Record { underway: vec![underway], ..record(name, version, 100) }
}

async fn of_the_day(store: &Store) -> Tally {
    store.tally("tg", "hello", DAY).await.expect("readable")
}

#[tokio::test]
async fn what_a_turn_counts_is_kept_with_it_or_not_at_all() {
    let store = Store::memory().expect("opens");
    store.commit_counting(turn(record("1", 1, 100)), begun()).await.expect("committed");
    let late = store.commit_counting(turn(record("1", 1, 100)), begun()).await;
    assert_eq!(late, Err(CommitError::Conflict { current: 1 }));
    let over = Counted::Over { how: Ending::Completed, step: Some("name".to_owned()), took: 600_000 };
    store.commit_counting(turn(record("1", 2, 100)), counts(vec![over])).await.expect("committed");
    let tally = of_the_day(&store).await;
    assert_eq!((tally.started, tally.completed, tally.median()), (1, 1, Some(600_000)));
    assert_eq!(store.tally("tg", "hello", DAY + 1).await.expect("readable"), Tally::default(), "days are counted apart");
    assert_eq!(store.tally("chat", "hello", DAY).await.expect("readable"), Tally::default(), "and so are channels");
}

#[tokio::test]
async fn turns_that_are_written_together_are_all_counted() {
    let store = Store::memory().expect("opens");
    let names: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    let commits = names.iter().map(|name| store.commit_counting(turn(record(name, 1, 100)), begun()));
    assert!(futures_util::future::join_all(commits).await.into_iter().all(|verdict| verdict.is_ok()));
    assert_eq!(of_the_day(&store).await.steps["name"], Stop { reached: 200, waiting: 200, left: 0 });
}

#[tokio::test]
async fn whoever_is_erased_in_the_middle_has_left_and_stays_counted() {
    let store = Store::memory().expect("opens");
    for name in ["1", "2"] {
        store.commit_counting(turn(in_the_middle(name, 1)), begun()).await.expect("committed");
    }
    store.erase(&id("1")).await.expect("erased").expect("somebody");
    let tally = of_the_day(&store).await;
    assert_eq!((tally.started, tally.left, tally.waiting()), (2, 1, 1));
    assert_eq!(tally.steps["name"], Stop { reached: 2, waiting: 1, left: 1 });
}

#[tokio::test]
async fn counts_survive_a_stop_a_new_key_and_a_backup() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = StoreConfig { keep_free: 0, ..StoreConfig::new(folder.path().join("data")) };
    let store = Store::open(&config).expect("opens");
    // Many steps: the counts are in several pieces.
    let steps = (0..300).map(|number| Counted::Rests { step: format!("step_with_a_long_name_{number}"), first: true });
    store.commit_counting(turn(record("1", 1, 100)), counts(steps.chain([Counted::Began]).collect())).await.expect("committed");
    store.rotate_key().await.expect("rotated");
    store.commit_counting(turn(record("1", 2, 100)), begun()).await.expect("committed");
    store.retire_keys(&|_| ()).await.expect("retired");
    let backup = folder.path().join("backup");
    store.back_up(&backup).await.expect("written");
    let before = of_the_day(&store).await;
    assert_eq!((before.started, before.steps.len()), (2, 301));
    store.close().await.expect("closes");
    drop(store);
    let store = Store::open(&config).expect("opens");
    assert_eq!(of_the_day(&store).await, before);
    let ring = None;
    let key = usher::store::KeySource::File(folder.path().join("data/usher.key"));
    let restored = StoreConfig { keep_free: 0, key, ..StoreConfig::new(folder.path().join("restored")) };
    let (restored, _) = Store::restore(&restored, &backup, ring).await.expect("restored");
    assert_eq!(of_the_day(&restored).await, before);
}
