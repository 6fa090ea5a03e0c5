//! Damage: what is found out, what goes on, and what is said.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use usher::expr::Time;
use usher::flow::Version;
use usher::store::{Commit, IndexKey, Page, Store, StoreConfig, StoreError};

use crate::samples::{fact, id, record, turn, with_pending_effect};
use crate::{put, raw};

fn open(folder: &Path) -> Store {
    Store::open(&StoreConfig::new(folder)).expect("opened")
}

fn flip(db: &sled::Db, key: &[u8], bit: usize) {
    let mut value = db.get(key).expect("readable").expect("there").to_vec();
    let at = bit % (value.len() * 8);
    value[at / 8] ^= 1 << (at % 8);
    db.insert(key, value).expect("written");
}

fn keys_of(db: &sled::Db, space: u8) -> Vec<Vec<u8>> {
    db.scan_prefix([space]).keys().map(|key| key.expect("readable").to_vec()).collect()
}

#[tokio::test]
async fn a_flipped_bit_damages_its_record_and_no_other() {
    const SMALL: usize = 700;
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    for n in 0..SMALL {
        let commit = turn(with_pending_effect(record(&n.to_string(), 1, n % 60)));
        store.commit(Commit { wake: Some(Time(1)), ..commit }).await.expect("committed");
    }
    for name in ["large", "whole"] {
        put(&store, name, 1, 20_000).await.expect("committed");
    }
    store.close().await.expect("closed");

    // Every bit of the head, the nonce and the beginning of what is encrypted, each in a record of its own.
    let db = raw(folder.path());
    let pieces = keys_of(&db, b'r');
    let large: Vec<_> = pieces.iter().filter(|key| key.ends_with(&[0, 3])).collect();
    let small: Vec<_> = pieces.iter().filter(|key| !large.iter().any(|large| large[..17] == key[..17])).collect();
    assert_eq!((large.len(), small.len()), (2, SMALL));
    for (bit, key) in small[..SMALL - 50].iter().enumerate() {
        flip(&db, key, bit);
    }
    flip(&db, large[0], 5);
    db.flush().expect("flushed");
    drop(db);

    let store = open(folder.path());
    let mut damaged = 0;
    for name in (0..SMALL).map(|n| n.to_string()).chain(["large".to_owned(), "whole".to_owned()]) {
        match store.load(&id(&name)).await {
            Ok(Some(stored)) => assert_eq!(stored.id, id(&name)),
            Err(error @ StoreError::Damaged { .. }) => {
                damaged += 1;
                assert!(!error.to_string().contains(&id(&name).0), "an error names nobody");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(damaged, SMALL - 50 + 1);
    assert_eq!(store.health().damaged, damaged);
    let (mut page, mut due) = (Page::first(100), 0);
    loop {
        let listed = store.due(Time(9), &page).await.expect("listed");
        due += listed.items.len();
        page.after = listed.next;
        if page.after.is_none() {
            break;
        }
    }
    assert_eq!(due, 50, "nobody is woken who cannot be read");
    let all = store.records(&Page::first(1000)).await.expect("listed");
    assert_eq!((all.items.len(), all.damaged), (51, damaged));
    put(&store, "somebody", 1, 10).await.expect("others go on");
}

#[tokio::test]
async fn flipped_bits_beside_the_record_are_found_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let key = IndexKey::new("phone", "+79001234567");
    for name in ["1", "2"] {
        let commit = turn(with_pending_effect(record(name, 1, 10)));
        let facts = vec![fact(1, 0)];
        store.commit(Commit { wake: Some(Time(1)), keys: vec![key.clone()], facts, ..commit }).await.expect("committed");
    }
    store.put_version(&Version("a".to_owned()), &[("a".to_owned(), "b".to_owned())]).await.expect("kept");
    store.close().await.expect("closed");

    for bit in [0, 10, 60, 300] {
        let db = raw(folder.path());
        let flipped: Vec<_> = b"wpijv".iter().map(|space| keys_of(&db, *space).remove(0)).collect();
        for key in &flipped {
            flip(&db, key, bit);
        }
        drop(db);

        let (store, page) = (open(folder.path()), Page::first(10));
        let due = store.due(Time(9), &page).await.expect("listed");
        assert_eq!((due.items.len(), due.damaged), (1, 1));
        let pending = store.pending(&page).await.expect("listed");
        assert_eq!((pending.items.len(), pending.damaged), (1, 1));
        let found = store.find(&key, &page).await.expect("listed");
        assert_eq!((found.items.len(), found.damaged), (1, 1));
        let mut journals = (0, 0);
        for name in ["1", "2"] {
            let journal = store.journal(&id(name), &page).await.expect("listed");
            journals = (journals.0 + journal.items.len(), journals.1 + journal.damaged);
            assert!(store.load(&id(name)).await.expect("readable").is_some());
        }
        assert_eq!(journals, (1, 1));
        assert!(matches!(store.get_version(&Version("a".to_owned())).await, Err(StoreError::Damaged { .. })));
        store.close().await.expect("closed");

        let db = raw(folder.path());
        for key in &flipped {
            flip(&db, key, bit);
        }
    }
    let store = open(folder.path());
    assert_eq!(store.due(Time(9), &Page::first(10)).await.expect("listed").items.len(), 2);
}

#[tokio::test]
async fn one_persons_record_in_anothers_place_is_found_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    for name in ["1", "2"] {
        put(&store, name, 1, 10).await.expect("committed");
    }
    store.close().await.expect("closed");
    let db = raw(folder.path());
    let [first, second] = &keys_of(&db, b'r')[..] else { panic!("two records") };
    let (one, other) = (db.get(first).expect("readable").expect("there"), db.get(second).expect("readable").expect("there"));
    db.insert(first, other).expect("written");
    db.insert(second, one).expect("written");
    drop(db);
    let store = open(folder.path());
    for name in ["1", "2"] {
        assert!(matches!(store.load(&id(name)).await, Err(StoreError::Damaged { .. })));
    }
    // Such a record can still be removed, and its person starts anew.
    assert!(store.erase(&id("1")).await.expect("erased").is_some());
    put(&store, "1", 1, 10).await.expect("committed");
    assert_eq!(store.load(&id("1")).await.expect("readable"), Some(record("1", 1, 10)));
    assert_eq!(store.health().damaged, 1);
}

#[tokio::test]
async fn a_layout_of_a_later_program_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    open(folder.path()).close().await.expect("closed");
    let db = raw(folder.path());
    db.insert("mlayout", vec![200]).expect("written");
    drop(db);
    let error = Store::open(&StoreConfig::new(folder.path())).expect_err("it must not open");
    assert!(error.to_string().starts_with("the store has layout 200"), "{error}");
}

#[tokio::test]
async fn a_snapshot_left_half_written_does_not_keep_the_store_from_opening() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    put(&store, "1", 1, 10).await.expect("committed");
    store.close().await.expect("closed");
    fs::write(folder.path().join("sled/snap.FFFFFFFFFFFFFFFF.generating"), "half of a snapshot").expect("written");
    assert_eq!(open(folder.path()).load(&id("1")).await.expect("readable"), Some(record("1", 1, 10)));
}

#[tokio::test]
async fn a_torn_conf_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    put(&store, "1", 1, 10).await.expect("committed");
    store.close().await.expect("closed");
    let conf = folder.path().join("sled/conf");
    let whole = fs::read(&conf).expect("readable");
    for length in 0..whole.len() {
        fs::write(&conf, &whole[..length]).expect("written");
        opens_whole_or_says_why(folder.path()).await;
    }
    fs::write(&conf, &whole).expect("written");
    assert_eq!(open(folder.path()).load(&id("1")).await.expect("readable"), Some(record("1", 1, 10)));
}

async fn opens_whole_or_says_why(folder: &Path) {
    match Store::open(&StoreConfig::new(folder)) {
        Ok(store) => {
            assert_eq!(store.load(&id("1")).await.expect("readable"), Some(record("1", 1, 10)));
            store.close().await.expect("closed");
        }
        Err(StoreError::Corrupt(_)) => {}
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn damage_anywhere_in_the_log_ends_in_an_error_and_no_panic() {
    for round in 0..20u64 {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(folder.path());
        for version in 1..=40 {
            put(&store, "1", version, 9000).await.expect("committed");
        }
        store.close().await.expect("closed");
        scratch(&folder.path().join("sled/db"), round);
        match Store::open(&StoreConfig::new(folder.path())) {
            Ok(store) => match store.load(&id("1")).await {
                Ok(Some(stored)) => assert_eq!(stored, record("1", stored.version, 9000), "never what was not written"),
                Ok(None) | Err(StoreError::Damaged { .. } | StoreError::Poisoned(_)) => {}
                Err(error) => panic!("{error}"),
            },
            Err(StoreError::Corrupt(_) | StoreError::WrongKey { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Overwrites 64 bytes somewhere in the written part of a file.
fn scratch(path: &Path, round: u64) {
    let mut file = fs::OpenOptions::new().read(true).write(true).open(path).expect("opened");
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).expect("readable");
    let written = bytes.iter().rposition(|byte| *byte != 0).expect("something is written") as u64;
    file.seek(SeekFrom::Start(round.wrapping_mul(0x9e37_79b9_7f4a_7c15) % written)).expect("sought");
    file.write_all(&[0xa5; 64]).expect("written");
}

#[tokio::test]
async fn a_value_where_it_is_never_synced_is_an_alarm() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    put(&store, "1", 1, 200_000).await.expect("committed");
    assert!(store.health().is_well());
    fs::write(folder.path().join("sled/blobs/1"), "a blob").expect("written");
    assert_eq!((store.health().strays, store.health().is_well()), (1, false));
}
