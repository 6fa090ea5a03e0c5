//! What every kind of store promises.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use usher::engine::{Order, Record};
use usher::expr::{Time, Value};
use usher::flow::Version;
use usher::store::{Commit, CommitError, Fault, IndexKey, KeyState, Page, Store, StoreConfig, StoreError};

use crate::put;
use crate::samples::{fact, id, record, turn, with_pending_effect};

/// Every promise is kept by every kind.
macro_rules! contract {
    ($($promise:ident)*) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                super::$promise(super::Arc::new(super::Store::memory().expect("opened"))).await;
            })*
        }
        mod sled {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let folder = tempfile::tempdir().expect("a folder");
                let store = super::Arc::new(super::Store::open(&super::StoreConfig::new(folder.path())).expect("opened"));
                super::$promise(store.clone()).await;
                assert_eq!(store.health().strays, 0, "nothing lies where it is never synced");
                store.close().await.expect("closed");
            })*
        }
    };
}

contract! {
    places_are_listed_in_their_order_and_counted
    a_record_is_created_once
    sixty_four_writers_lose_no_update
    large_records_grow_and_shrink
    a_reader_sees_whole_versions_while_they_change
    pages_hold_everything_once
    a_wake_is_moved_and_not_doubled
    old_keys_find_nobody
    an_erased_record_leaves_nothing
    an_erasing_turn_leaves_what_it_makes_and_nothing_else
    facts_are_read_from_the_end
    versions_are_kept_until_they_are_dropped
    ids_and_keys_are_not_mixed_up
    a_new_key_is_used_at_once_and_old_ones_still_open
    keys_are_retired_while_everybody_writes
}

async fn a_record_is_created_once(store: Arc<Store>) {
    assert_eq!(store.load(&id("1")).await.expect("readable"), None);
    put(&store, "1", 1, 100).await.expect("created");
    assert_eq!(put(&store, "1", 1, 100).await, Err(CommitError::Conflict { current: 1 }));
    assert_eq!(put(&store, "2", 8, 100).await, Err(CommitError::Conflict { current: 0 }));
    assert_eq!(store.load(&id("1")).await.expect("readable"), Some(record("1", 1, 100)));
    assert_eq!(store.load(&id("2")).await.expect("readable"), None);
}

async fn sixty_four_writers_lose_no_update(store: Arc<Store>) {
    const EACH: i64 = 8;
    let writers: Vec<_> = (0..64)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    while let Err(error) = store.commit(increment(&store).await).await {
                        assert!(matches!(error, CommitError::Conflict { .. }), "{error}");
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic");
    }
    let stored = store.load(&id("shared")).await.expect("readable").expect("there");
    assert_eq!((stored.version, stored.person.fields.get("n")), (64 * 8, Some(&Value::Integer(64 * EACH))));
}

async fn a_new_key_is_used_at_once_and_old_ones_still_open(store: Arc<Store>) {
    put(&store, "1", 1, 9000).await.expect("committed");
    let first = store.keys()[0].id;
    let second = store.rotate_key().await.expect("rotated");
    put(&store, "2", 1, 9000).await.expect("committed");
    let keys: Vec<_> = store.keys().iter().map(|key| (key.id, key.state)).collect();
    assert_eq!(keys, [(second, KeyState::Active), (first, KeyState::Old)]);
    for name in ["1", "2"] {
        assert_eq!(store.load(&id(name)).await.expect("readable"), Some(record(name, 1, 9000)));
    }
}

async fn keys_are_retired_while_everybody_writes(store: Arc<Store>) {
    let (page, stop) = (Page::first(100), Arc::new(std::sync::atomic::AtomicBool::new(false)));
    for n in 0..20 {
        let made = with_pending_effect(record(&n.to_string(), 1, n * 700));
        let facts = vec![fact(1, n)];
        let commit = Commit { wake: Some(Time(1)), keys: vec![IndexKey::new("all", "1")], facts, ..turn(made) };
        store.commit(commit).await.expect("committed");
        store.put_mail(&id(&n.to_string()), &[(1, Some(vec![1; 5000]))]).await.expect("put");
    }
    store.put_version(&Version("a".to_owned()), &[("a".to_owned(), "b".repeat(9000))]).await.expect("kept");
    store.set_current_version("", &Version("a".to_owned())).await.expect("set");
    let (writing, stopped) = (store.clone(), stop.clone());
    let writer = tokio::spawn(async move {
        let mut version = 0;
        while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
            version += 1;
            put(&writing, "busy", version, 6000).await.expect("committed");
            writing.put_mail(&id("busy"), &[(version, Some(vec![2; 5000]))]).await.expect("put");
        }
        version
    });
    for _ in 0..3 {
        let before = store.keys()[0].id;
        let retired = store.retire_keys(&|_| {}).await.expect("retired");
        assert_eq!(retired.destroyed, [before]);
        assert!(retired.sealed_anew >= 100, "{retired:?}");
        assert_eq!(store.keys().iter().map(|key| key.id).collect::<Vec<_>>(), [retired.active]);
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let version = writer.await.expect("no panic");
    assert_eq!(store.load(&id("busy")).await.expect("readable"), Some(record("busy", version, 6000)));
    assert_eq!(store.mailbox(&id("busy")).await.expect("readable").len() as u64, version);
    for n in 0..20 {
        let name = n.to_string();
        assert_eq!(store.load(&id(&name)).await.expect("readable"), Some(with_pending_effect(record(&name, 1, n * 700))));
        assert_eq!(store.mailbox(&id(&name)).await.expect("readable"), [(1, vec![1; 5000])]);
        assert_eq!(store.journal(&id(&name), &page).await.expect("readable").items[0].fact, fact(1, n));
    }
    assert_eq!(store.find(&IndexKey::new("all", "1"), &page).await.expect("listed").items.len(), 20);
    assert_eq!(store.due(Time(1), &page).await.expect("listed").items.len(), 20);
    assert_eq!(store.pending(&page).await.expect("listed").items.len(), 20);
    let version = store.current_version("").await.expect("readable").expect("set");
    assert!(store.get_version(&version).await.expect("readable").is_some());
    assert!(store.health().is_well(), "{:?}", store.health());
}

async fn increment(store: &Store) -> Commit {
    let mut record = store.load(&id("shared")).await.expect("readable").unwrap_or_else(|| Record::new(id("shared")));
    record.version += 1;
    let n = record.person.fields.entry("n".to_owned()).or_insert(Value::Integer(0));
    if let Value::Integer(n) = n {
        *n += 1;
    }
    turn(record)
}

async fn large_records_grow_and_shrink(store: Arc<Store>) {
    let sizes = [100, 12 << 10, 200 << 10, 4000, 64 << 10, 4096, 4097, 0, 8192, 3 << 20];
    for (size, version) in sizes.into_iter().zip(1..) {
        put(&store, "1", version, size).await.expect("committed");
        assert_eq!(store.load(&id("1")).await.expect("readable"), Some(record("1", version, size)));
    }
    assert!(store.health().size > 3 << 20);
}

async fn a_reader_sees_whole_versions_while_they_change(store: Arc<Store>) {
    put(&store, "1", 1, 40 << 10).await.expect("committed");
    let writing = store.clone();
    let writer = tokio::spawn(async move {
        for version in 2..=200 {
            put(&writing, "1", version, 40 << (version % 11)).await.expect("committed");
        }
    });
    let mut last = 1;
    while last < 200 {
        let stored = store.load(&id("1")).await.expect("never half of one and half of another").expect("there");
        assert!(stored.version >= last, "{} after {last}", stored.version);
        last = stored.version;
        tokio::task::yield_now().await;
    }
    writer.await.expect("no panic");
}

async fn places_are_listed_in_their_order_and_counted(store: Arc<Store>) {
    // The names are in another order than the times.
    let at = |n: i64| Time((n * 7919) % 101);
    for n in 0..25 {
        let keys = vec![IndexKey::place(Order::Waiting, at(n)), IndexKey::place(Order::Silent, at(n))];
        store.commit(Commit { keys, ..turn(record(&n.to_string(), 1, 10)) }).await.expect("committed");
    }
    let mut ordered: Vec<i64> = (0..25).collect();
    ordered.sort_by_key(|n| at(*n));
    let names = |numbers: &[i64]| numbers.iter().map(|n| id(&n.to_string())).collect::<Vec<_>>();
    let first = store.first(Order::Waiting, &Page::first(10)).await.expect("listed");
    assert_eq!(first.items, names(&ordered[..10]));
    let rest = store.first(Order::Waiting, &Page { after: first.next, ..Page::first(100) }).await.expect("listed");
    assert_eq!(rest.items, names(&ordered[10..]));
    assert_eq!(store.count(Order::Waiting, at(ordered[4])).await.expect("counted"), 5);
    assert_eq!(store.count(Order::Waiting, Time(i64::MAX)).await.expect("counted"), 25);
    // What waits no longer is listed no longer, in this order and in no other.
    let oldest = store.load(&id(&ordered[0].to_string())).await.expect("read").expect("there");
    let keys = vec![IndexKey::place(Order::Silent, at(ordered[0]))];
    store.commit(Commit { keys, expected: 1, ..turn(Record { version: 2, ..oldest }) }).await.expect("committed");
    assert_eq!(store.first(Order::Waiting, &Page::first(1)).await.expect("listed").items, names(&ordered[1..2]));
    assert_eq!(store.count(Order::Waiting, Time(i64::MAX)).await.expect("counted"), 24);
    assert_eq!(store.first(Order::Silent, &Page::first(1)).await.expect("listed").items, names(&ordered[..1]));
    assert_eq!(store.first(Order::Doubtful, &Page::first(1)).await.expect("listed").items, []);
}

async fn pages_hold_everything_once(store: Arc<Store>) {
    let key = IndexKey::new("state", "waiting");
    for n in 0..25 {
        let record = with_pending_effect(record(&n.to_string(), 1, 10));
        let facts = (0..3).map(|number| fact(1, number)).collect();
        store.commit(Commit { wake: Some(Time(n)), keys: vec![key.clone()], facts, ..turn(record) }).await.expect("committed");
    }
    let all: BTreeSet<_> = (0..25).map(|n| id(&n.to_string())).collect();
    for limit in [1, 7, 25, 26, usize::MAX] {
        let mut page = Page::first(limit);
        let mut seen = [vec![], vec![], vec![], vec![]];
        let mut cursors = [None, None, None, None];
        for round in 0.. {
            assert!(round < 30, "the pages end");
            for (at, (seen, cursor)) in seen.iter_mut().zip(&mut cursors).enumerate() {
                if round > 0 && cursor.is_none() {
                    continue;
                }
                page.after = cursor.take();
                let listed = match at {
                    0 => store.find(&key, &page).await,
                    1 => store.pending(&page).await,
                    2 => store.records(&page).await,
                    _ => store.due(Time(100), &page).await.map(|due| usher::store::Listed {
                        items: due.items.into_iter().map(|(id, _)| id).collect(),
                        next: due.next,
                        damaged: due.damaged,
                    }),
                };
                let listed = listed.expect("listed");
                assert_eq!(listed.damaged, 0);
                assert!(listed.items.len() <= limit);
                seen.extend(listed.items);
                // A cursor goes through an address and back.
                *cursor = listed.next.map(|next| next.to_string().parse().expect("a cursor"));
            }
            if cursors.iter().all(Option::is_none) {
                break;
            }
        }
        for seen in seen {
            assert_eq!(seen.len(), 25, "limit {limit}");
            assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all);
        }
    }
    let due = store.due(Time(9), &Page::first(100)).await.expect("listed").items;
    let expected: Vec<_> = (0..10).map(|n: i64| (id(&n.to_string()), Time(n))).collect();
    assert_eq!(due, expected, "in the order of their times, those to come not yet");
}

async fn a_wake_is_moved_and_not_doubled(store: Arc<Store>) {
    let due = async || store.due(Time(i64::MAX), &Page::first(10)).await.expect("listed").items;
    for (version, wake) in (1..).zip([Some(-5), Some(70), Some(70), None, Some(i64::MAX), Some(30), None]) {
        let wake = wake.map(Time);
        store.commit(Commit { wake, ..turn(record("1", version, 10)) }).await.expect("committed");
        assert_eq!(due().await, wake.map(|time| (id("1"), time)).into_iter().collect::<Vec<_>>());
    }
    // A far one comes late by less than a minute, and never early.
    let far = Time(4_000_000_000_001);
    store.commit(Commit { wake: Some(far), ..turn(record("1", 8, 10)) }).await.expect("committed");
    let [(_, time)] = due().await[..] else { panic!("one entry") };
    assert!(time >= far && time < far.plus(60_000), "{time:?}");
}

async fn old_keys_find_nobody(store: Arc<Store>) {
    let keys = |words: &[&str]| words.iter().map(|word| IndexKey::new("name", *word)).collect::<Vec<_>>();
    let found = async |word| store.find(&IndexKey::new("name", word), &Page::first(9)).await.expect("listed").items;
    let many: Vec<String> = (0..600).map(|n| format!("word{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let words: [&[&str]; 6] = [&["анна"], &["анна", "ким", "ким"], &["ким"], &many, &[], &["анна"]];
    for (version, now) in (1..).zip(words) {
        store.commit(Commit { keys: keys(now), ..turn(record("1", version, 10)) }).await.expect("committed");
        for word in ["анна", "ким", "word0", "word599"] {
            assert_eq!(!found(word).await.is_empty(), now.contains(&word), "{word} in version {version}");
        }
    }
    assert_eq!(store.find(&IndexKey::new("phone", "анна"), &Page::first(9)).await.expect("listed").items, []);
}

async fn an_erasing_turn_leaves_what_it_makes_and_nothing_else(store: Arc<Store>) {
    let (key, kept) = (IndexKey::new("phone", "+79001234567"), IndexKey::new("state", "new"));
    for version in 1..=3 {
        let mut commit = turn(with_pending_effect(record("1", version, 9000)));
        (commit.wake, commit.keys, commit.facts) = (Some(Time(5)), vec![key.clone()], vec![fact(version, 0)]);
        store.commit(commit).await.expect("committed");
    }
    store.put_mail(&id("1"), &[(1, Some(vec![7; 9000]))]).await.expect("put");
    let remains = |expected: u64| {
        let (kept, id) = (kept.clone(), id("1"));
        move |act: u64| {
            assert_eq!(act, 1);
            let record = Record { version: expected + 1, ..Record::new(id.clone()) };
            let commit = Commit { record, expected, wake: Some(Time(9)), keys: vec![kept.clone()], facts: vec![fact(expected + 1, 0)] };
            (commit, Vec::new())
        }
    };
    // Somebody else was faster: nothing is erased.
    assert_eq!(store.erase_but(&id("1"), &remains(2)).await, Err(CommitError::Conflict { current: 3 }));
    assert_eq!(store.load(&id("1")).await.expect("readable").expect("there").version, 3);

    let act = store.erase_but(&id("1"), &remains(3)).await.expect("erased").expect("there was somebody");
    assert_eq!((act.number, act.facts, act.messages), (1, 3, 1));
    let page = Page::first(10);
    let left = Record { version: 4, ..Record::new(id("1")) };
    assert_eq!(store.load(&id("1")).await.expect("readable"), Some(left));
    assert!(store.find(&key, &page).await.expect("listed").items.is_empty());
    assert_eq!(store.find(&kept, &page).await.expect("listed").items, [id("1")]);
    assert!(store.pending(&page).await.expect("listed").items.is_empty());
    assert!(store.due(Time(8), &page).await.expect("listed").items.is_empty());
    assert_eq!(store.due(Time(9), &page).await.expect("listed").items, [(id("1"), Time(9))]);
    assert!(store.journal(&id("1"), &page).await.expect("listed").items.is_empty());
    assert!(store.mailbox(&id("1")).await.expect("listed").is_empty());
    let stub = store.stub(&act.stub).await.expect("listed");
    let versions: Vec<u64> = stub.iter().map(|entry| entry.version).collect();
    assert_eq!((versions, &stub[3].fact), (vec![1, 2, 3, 4, 4], &fact(4, 0)), "the turn's own facts, and the act, are with the others");
    assert_eq!(store.verify().await.expect("verified").findings, [] as [String; 0]);

    // It goes on from there like any other.
    put(&store, "1", 5, 100).await.expect("committed");
    assert_eq!(store.load(&id("1")).await.expect("readable"), Some(record("1", 5, 100)));
}

async fn facts_are_read_from_the_end(store: Arc<Store>) {
    assert_eq!(store.turn_before(&id("1"), None).await.expect("read"), None);
    for (name, version) in [("1", 1), ("2", 1), ("1", 2), ("1", 3), ("1", 4)] {
        let mut commit = turn(record(name, version, 10));
        // One turn in between has nothing to tell.
        commit.facts = if version == 3 { Vec::new() } else { vec![fact(version, 0), fact(version, 6000)] };
        store.commit(commit).await.expect("committed");
    }
    let (mut before, mut seen) = (None, Vec::new());
    while let Some((version, facts)) = store.turn_before(&id("1"), before).await.expect("read") {
        assert_eq!(facts, [fact(version, 0), fact(version, 6000)]);
        seen.push(version);
        before = Some(version);
    }
    assert_eq!(seen, [4, 2, 1]);
}

async fn an_erased_record_leaves_nothing(store: Arc<Store>) {
    assert_eq!(store.erase(&id("1")).await.expect("erased"), None);
    let key = IndexKey::new("phone", "+79001234567");
    for version in 1..=200 {
        let mut commit = turn(with_pending_effect(record("1", version, 9000)));
        commit.wake = Some(Time(5));
        commit.keys = vec![key.clone()];
        commit.facts = vec![fact(version, 0)];
        store.commit(commit).await.expect("committed");
    }
    put(&store, "2", 1, 10).await.expect("committed");
    assert!(store.erase(&id("1")).await.expect("erased").is_some());
    let page = Page::first(10);
    assert_eq!(store.load(&id("1")).await.expect("readable"), None);
    assert!(store.find(&key, &page).await.expect("listed").items.is_empty());
    assert!(store.pending(&page).await.expect("listed").items.is_empty());
    assert!(store.due(Time(100), &page).await.expect("listed").items.is_empty());
    assert!(store.journal(&id("1"), &page).await.expect("listed").items.is_empty());
    assert_eq!(store.records(&page).await.expect("listed").items, [id("2")]);
    put(&store, "1", 1, 10).await.expect("somebody new");
    assert!(store.journal(&id("1"), &page).await.expect("listed").items.is_empty());
}

async fn versions_are_kept_until_they_are_dropped(store: Arc<Store>) {
    let version = |name: &str| Version(name.repeat(4));
    let large = vec![("flows/large.yaml".to_owned(), "text: привет\n".repeat(60_000)), ("flows/bot.yaml".to_owned(), String::new())];
    let small = vec![("flows/bot.yaml".to_owned(), "name: bot\n".to_owned())];
    assert_eq!(store.get_version(&version("aaaa")).await.expect("readable"), None);
    for _ in 0..2 {
        store.put_version(&version("aaaa"), &large).await.expect("kept");
        store.put_version(&version("bbbb"), &small).await.expect("kept");
    }
    assert_eq!(store.versions().await.expect("listed"), BTreeSet::from([version("aaaa"), version("bbbb")]));
    assert_eq!(store.get_version(&version("aaaa")).await.expect("readable"), Some(large.clone()));
    assert_eq!(store.get_version(&version("bbbb")).await.expect("readable"), Some(small.clone()));
    assert_eq!(store.drop_unused_versions(&BTreeSet::from([version("bbbb"), version("cccc")])).await.expect("dropped"), 1);
    assert_eq!(store.versions().await.expect("listed"), BTreeSet::from([version("bbbb")]));
    assert_eq!(store.get_version(&version("aaaa")).await.expect("readable"), None);
    store.put_version(&version("aaaa"), &large).await.expect("kept");
    assert_eq!(store.get_version(&version("aaaa")).await.expect("readable"), Some(large));
    assert_eq!(store.drop_unused_versions(&BTreeSet::new()).await.expect("dropped"), 2);
    assert_eq!(store.versions().await.expect("listed"), BTreeSet::new());
}

async fn ids_and_keys_are_not_mixed_up(store: Arc<Store>) {
    let ids = ["tg:1", "tg:11", "tg2:1", "", "система:ok", "tg:1\0"].map(|text| usher::engine::RecordId(text.to_owned()));
    for (id, size) in ids.iter().zip(1..) {
        let mut record = record("", 1, size);
        record.id = id.clone();
        store.commit(Commit { facts: vec![fact(1, size)], ..turn(record) }).await.expect("committed");
    }
    for (id, size) in ids.iter().zip(1..) {
        assert_eq!(store.load(id).await.expect("readable").map(|record| record.id), Some(id.clone()));
        let journal = store.journal(id, &Page::first(10)).await.expect("listed").items;
        assert_eq!(journal.into_iter().map(|entry| (entry.version, entry.fact)).collect::<Vec<_>>(), [(1, fact(1, size))]);
    }
}

#[tokio::test]
async fn planned_faults_happen_to_the_commits_they_were_planned_for() {
    let store = Store::memory().expect("opened");
    let Store::Memory(memory) = &store else { panic!("in memory") };
    put(&store, "1", 1, 10).await.expect("committed");
    memory.plan(1, Fault::Refuse);
    memory.plan(2, Fault::Conflict);
    memory.plan(3, Fault::Delay(Duration::from_millis(30)));
    memory.plan(4, Fault::LoseAnswer);
    memory.plan(5, Fault::Break);
    assert!(matches!(put(&store, "1", 2, 10).await, Err(CommitError::Unavailable(_))));
    assert_eq!(put(&store, "1", 2, 10).await, Err(CommitError::Conflict { current: 1 }));
    let before = tokio::time::Instant::now();
    assert_eq!(put(&store, "1", 2, 10).await, Ok(()));
    assert!(before.elapsed() >= Duration::from_millis(30));
    assert!(matches!(put(&store, "1", 3, 10).await, Err(CommitError::Unavailable(_))));
    assert_eq!(store.load(&id("1")).await.expect("readable"), Some(record("1", 3, 10)), "written, and nobody was told");
    assert!(matches!(put(&store, "1", 4, 10).await, Err(CommitError::Poisoned(_))));
    assert!(matches!(put(&store, "2", 1, 10).await, Err(CommitError::Poisoned(_))));
    assert!(matches!(store.load(&id("1")).await, Err(StoreError::Poisoned(_))));
}
