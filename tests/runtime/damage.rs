//! Records that cannot be read, turns that go wrong, a store that fails.

use std::path::Path;
use std::time::Duration;

use usher::engine::{RecordId, Session, SessionId};
use usher::expr::Time;
use usher::store::{Fault, Store};

use crate::support::botapi::BotApi;
use crate::support::store_files::raw;
use crate::{House, in_memory, library, message, on_disk, opened, put, said, with_effects};

/// Flips a bit in every record of a store that nobody has open.
fn damage(folder: &Path) {
    let files = raw(folder);
    for pair in files.scan_prefix(b"r") {
        let (key, mut value) = pair.map(|(key, value)| (key, value.to_vec())).unwrap();
        *value.last_mut().unwrap() ^= 1;
        files.insert(key, value).unwrap();
    }
    files.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_cannot_be_read_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let store = on_disk(folder.path());
    put(&store, with_effects(1, vec![message("привет")])).await;
    store.close().await.unwrap();
    drop(store);
    damage(folder.path());

    let (api, store) = (BotApi::start().await, on_disk(folder.path()));
    let house = House::start(&store, &api, "http://127.0.0.1:9").receive(&api);
    let (ill, well) = (api.user(1, "A", "ru"), api.user(2, "B", "ru"));
    for _ in 0..130 {
        ill.write("есть тут кто?");
    }
    well.write("/start");
    assert_eq!(well.expect_message().await.text, "Какое слово?");
    api.expect_all_confirmed().await;
    assert_eq!(said(&api, 1), [""; 0]);
    assert_eq!(house.store.health().damaged, 1);
    let counts = house.runtime.counters().counts();
    assert_eq!((counts.parked, counts.given_up), (50, 80), "of one person so much is kept");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_that_panics_is_given_up_and_others_go_on() {
    let (api, store) = (BotApi::start().await, in_memory());
    let mut record = with_effects(1, Vec::new());
    // A session always has a frame; this one has none.
    let session = Session {
        id: SessionId("AAAAAA".to_owned()),
        version: library().current,
        started: Time(0),
        touched: Time(0),
        seed: 1,
        revision: 1,
        frames: Vec::new(),
        held: false,
        silence: None,
    };
    record.front = Some(session.id.clone());
    record.sessions = vec![session];
    put(&store, record).await;
    opened(&api, 2);
    let mut house = House::start(&store, &api, "http://127.0.0.1:9");
    assert!(house.write(1, "/back").await.is_ok(), "it is not to come again");
    assert_eq!(store.load(&RecordId::person("tg", "1")).await.unwrap().unwrap().version, 1, "no turn was made");
    assert_eq!(house.write_again(1, "/back").await, Ok(()), "it came again, because nobody heard that it was taken");
    let counts = house.runtime.counters().counts();
    assert_eq!((counts.parked, counts.parked_now, counts.given_up), (1, 1, 0));
    let (parked, _) = usher::runtime::parked(&store, None).await.unwrap();
    assert_eq!((parked[0].of.0.as_str(), parked[0].id.0.as_str(), parked.len()), ("tg:1", "test/1", 1));
    house.write(2, "/start").await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, 2), ["Какое слово?"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_has_failed_is_told_whoever_meets_it_first() {
    let (api, store) = (BotApi::start().await, in_memory());
    let mut house = House::start(&store, &api, "http://127.0.0.1:9");
    house.is_idle().await;
    let Store::Memory(memory) = store.as_ref() else { unreachable!("made in memory") };
    memory.plan(1, Fault::Break);
    let commit = |account| {
        let record = with_effects(account, Vec::new());
        usher::store::Commit { record, expected: 0, wake: None, keys: Vec::new(), facts: Vec::new() }
    };
    store.commit(commit(7)).await.unwrap_err();
    // Reading is the first thing the runtime does.
    assert!(house.write(1, "/start").await.is_err());
    let mut failure = house.runtime.failure();
    let why = tokio::time::timeout(Duration::from_secs(2), failure.wait_for(Option::is_some)).await.expect("told").unwrap().clone();
    assert_eq!(why.as_deref(), Some("a planned fault"));
    house.stop().await;
}
