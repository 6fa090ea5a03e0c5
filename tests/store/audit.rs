//! The chain of facts and its digests: any change and any cut is found.

use std::fs;
use std::path::Path;

use usher::engine::FactKind;
use usher::expr::Time;
use usher::store::{Commit, IndexKey, Page, Store, StoreConfig, Verified};

use crate::raw;
use crate::samples::{fact, id, record, turn};

fn open(folder: &Path) -> Store {
    Store::open(&StoreConfig::new(folder)).expect("opened")
}

async fn turns(store: &Store, name: &str, versions: std::ops::RangeInclusive<u64>) {
    for version in versions {
        let commit = Commit { facts: vec![fact(version, 1)], ..turn(record(name, version, 100)) };
        store.commit(commit).await.expect("committed");
    }
}

async fn verified(folder: &Path) -> Verified {
    let store = open(folder);
    let verified = store.verify().await.expect("verified");
    store.close().await.expect("closed");
    verified
}

/// A store with three people, two digests and turns before, between and after them.
async fn store_with_digests(folder: &Path) {
    let store = open(folder);
    for name in ["1", "2", "3"] {
        turns(&store, name, 1..=4).await;
    }
    store.take_digest(Time(1)).await.expect("taken");
    turns(&store, "1", 5..=8).await;
    turns(&store, "4", 1..=2).await;
    store.take_digest(Time(2)).await.expect("taken");
    turns(&store, "1", 9..=9).await;
    store.close().await.expect("closed");
}

#[tokio::test]
async fn what_nobody_touched_agrees_also_after_opening_again() {
    let folder = tempfile::tempdir().expect("a folder");
    store_with_digests(folder.path()).await;
    let expected = Verified { chains: 4, links: 19, unchained: 0, digests: 2, findings: Vec::new() };
    assert_eq!(verified(folder.path()).await, expected);
    let store = open(folder.path());
    turns(&store, "2", 5..=6).await;
    store.take_digest(Time(3)).await.expect("taken");
    store.retire_keys(&|_| {}).await.expect("retired");
    assert_eq!(store.verify().await.expect("verified"), Verified { links: 21, digests: 3, ..expected });
    let lines = fs::read_to_string(folder.path().join("audit.digests")).expect("a file");
    assert_eq!(lines.lines().count(), 3);
    assert!(!lines.contains("tg:"), "a digest names nobody");
}

/// What is done to the files of a store, and how.
type Harm<'a> = (&'a str, Box<dyn Fn(&sled::Db) + 'a>);

#[tokio::test]
async fn every_change_and_every_cut_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    store_with_digests(folder.path()).await;
    let keys_of =
        |db: &sled::Db, space: &str| -> Vec<sled::IVec> { db.scan_prefix(space).keys().map(|key| key.expect("readable")).collect() };
    let longest = {
        let db = raw(folder.path());
        let keys = keys_of(&db, "j");
        keys.iter().find(|key| key.ends_with(&[9, 0, 0])).expect("the one with nine links")[1..17].to_vec()
    };
    let link = |version: u8| [b"j".as_slice(), &longest, &[0, 0, 0, 0, 0, 0, 0, version, 0, 0]].concat();
    let head = [b"h".as_slice(), &longest].concat();
    let harms: Vec<Harm<'_>> = vec![
        (
            "a flipped bit",
            Box::new(|db| {
                let mut value = db.get(link(3)).expect("readable").expect("there").to_vec();
                *value.last_mut().expect("long") ^= 1;
                db.insert(link(3), value).expect("written");
            }),
        ),
        ("a removed link", Box::new(|db| drop(db.remove(link(3)).expect("removed")))),
        ("the last link removed", Box::new(|db| drop(db.remove(link(9)).expect("removed")))),
        (
            "two links that changed places",
            Box::new(|db| {
                let [a, b] = [2, 3].map(|version| db.get(link(version)).expect("readable").expect("there"));
                db.insert(link(2), b).expect("written");
                db.insert(link(3), a).expect("written");
            }),
        ),
        ("a removed head", Box::new(|db| drop(db.remove(&head).expect("removed")))),
        (
            "a whole chain removed",
            Box::new(|db| {
                (1..=9).for_each(|version| drop(db.remove(link(version)).expect("removed")));
                db.remove(&head).expect("removed");
            }),
        ),
        ("the last digest removed", Box::new(|db| drop(db.remove([b'd', 0, 0, 0, 2]).expect("removed")))),
        ("the first digest removed", Box::new(|db| drop(db.remove([b'd', 0, 0, 0, 1]).expect("removed")))),
    ];
    for (what, harm) in harms {
        let db = raw(folder.path());
        let before: Vec<_> = db.iter().map(|pair| pair.expect("readable")).collect();
        harm(&db);
        drop(db);
        let verified = verified(folder.path()).await;
        assert!(!verified.findings.is_empty(), "{what} is not found");
        println!("{what}: {}", verified.findings.join("; "));
        let db = raw(folder.path());
        db.clear().expect("cleared");
        for (key, value) in before {
            db.insert(key, value).expect("written");
        }
    }
    assert_eq!(verified(folder.path()).await.findings, [] as [String; 0], "everything is as it was");
}

/// With the end of a chain cut off and the head put back that it had then, the chain agrees with itself: the digest knows better.
#[tokio::test]
async fn a_chain_put_back_to_an_earlier_state_is_found_by_the_digest() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    turns(&store, "1", 1..=3).await;
    store.close().await.expect("closed");
    let early: Vec<_> = raw(folder.path()).iter().map(|pair| pair.expect("readable")).collect();
    let store = open(folder.path());
    turns(&store, "1", 4..=5).await;
    store.take_digest(Time(1)).await.expect("taken");
    store.close().await.expect("closed");
    let db = raw(folder.path());
    let digest: Vec<_> = db.scan_prefix("d").map(|pair| pair.expect("readable")).collect();
    db.clear().expect("cleared");
    for (key, value) in early.iter().chain(&digest) {
        db.insert(key, value).expect("written");
    }
    drop(db);
    assert_eq!(verified(folder.path()).await.findings, ["digest 1: facts that it covers are missing or were changed"]);

    // The digest put back as well: the file, or whoever it was carried to, knows better.
    let db = raw(folder.path());
    db.remove(&digest[0].0).expect("removed");
    drop(db);
    let findings = verified(folder.path()).await.findings;
    assert_eq!(findings, ["audit.digests has 1 digests that the store has not: the store was put back to an earlier state"]);
}

#[tokio::test]
async fn an_erased_person_leaves_a_stub_that_agrees_and_does_not_lead_back() {
    let folder = tempfile::tempdir().expect("a folder");
    store_with_digests(folder.path()).await;
    let store = open(folder.path());
    store.put_mail(&id("1"), &[(1, Some(vec![1; 9000])), (2, Some(vec![2]))]).await.expect("put");
    let act = store.erase(&id("1")).await.expect("erased").expect("there was somebody");
    assert_eq!((act.number, act.facts, act.messages), (1, 9, 2));
    assert_eq!(store.erase(&id("1")).await.expect("erased"), None);
    assert_eq!(store.load(&id("1")).await.expect("readable"), None);
    assert!(store.journal(&id("1"), &Page::first(9)).await.expect("readable").items.is_empty());
    assert!(store.mailbox(&id("1")).await.expect("readable").is_empty());
    assert_eq!(store.verify().await.expect("verified").findings, [] as [String; 0]);
    let left = store.stub(&act.stub).await.expect("readable");
    assert_eq!(left.len(), 10);
    assert_eq!(left[9].fact.kind, FactKind::Erased { act: 1 });

    // Whoever comes back begins anew, and the next act has the next number.
    turns(&store, "1", 1..=1).await;
    store.take_digest(Time(3)).await.expect("taken");
    assert_eq!(store.erase(&id("1")).await.expect("erased").expect("there was somebody").number, 2);
    assert_eq!(store.verify().await.expect("verified").findings, [] as [String; 0]);
    assert!(store.find(&IndexKey::new("version", "1"), &Page::first(9)).await.expect("listed").items.is_empty());
    store.close().await.expect("closed");
}
