//! Stores that earlier programs have written open, and everything in them is there.
//!
//! `tests/golden/store-*` are data folders as they were left behind; each keeps being opened for ever. A new layout gets a new folder:
//! `cargo test --test store -- --ignored write_a_golden_store` writes the one of today.

use std::path::{Path, PathBuf};

use usher::engine::{Fact, FactKind, Record, RecordId};
use usher::expr::Time;
use usher::flow::Version;
use usher::store::{Commit, IndexKey, Page, Store, StoreConfig};

use crate::samples;

const PEOPLE: u64 = 5;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// A person's record, of one piece or of several.
fn person(number: u64) -> Record {
    samples::record(&number.to_string(), 2, usize::try_from(number).expect("small") * 3000)
}

/// The turn by which the record came to be.
fn turn(number: u64) -> Commit {
    Commit {
        record: person(number),
        expected: 0,
        wake: Some(Time(1_700_000_000_000)),
        keys: vec![IndexKey::new("number", number.to_string()), IndexKey::new("golden", "all")],
        facts: vec![Fact { at: Time(1_700_000_000_000), session: None, kind: FactKind::Audited { name: format!("golden.{number}") } }],
    }
}

fn sources() -> Vec<(String, String)> {
    vec![("hello.yaml".to_owned(), "flow: hello\n".repeat(1000))]
}

#[tokio::test]
#[ignore = "writes files into the repository"]
async fn write_a_golden_store() {
    let folder = golden().join(std::env::var("USHER_GOLDEN").unwrap_or_else(|_| "store-new".to_owned()));
    let store = Store::open(&StoreConfig::new(&folder)).expect("opens");
    for number in 1..=PEOPLE {
        store.commit(turn(number)).await.expect("committed");
        store.put_mail(&person(number).id, &[(number, Some(vec![7; 5000]))]).await.expect("put");
    }
    let version = Version("golden".to_owned());
    store.put_version(&version, &sources()).await.expect("kept");
    store.set_current_version("", &version).await.expect("set");
    store.close().await.expect("closes");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("created");
    for entry in std::fs::read_dir(from).expect("listed").map(|entry| entry.expect("an entry")) {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

#[tokio::test]
async fn stores_of_every_earlier_layout_open_whole() {
    let entries = std::fs::read_dir(golden()).expect("listed").map(|entry| entry.expect("an entry"));
    let stores: Vec<_> = entries.filter(|entry| entry.path().is_dir()).collect();
    assert!(!stores.is_empty(), "there are golden stores");
    for entry in stores {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        copy(&entry.path(), &data);
        let store = Store::open(&StoreConfig { keep_free: 0, ..StoreConfig::new(&data) }).expect("opens");
        everything_is_there(&store).await;
        store.close().await.expect("closes");
    }
}

async fn everything_is_there(store: &Store) {
    let all = Page::first(100);
    for number in 1..=PEOPLE {
        let expected = person(number);
        assert_eq!(store.load(&expected.id).await.expect("loads").as_ref(), Some(&expected));
        let found = store.find(&IndexKey::new("number", number.to_string()), &all).await.expect("found");
        assert_eq!(found.items, std::slice::from_ref(&expected.id));
        let journal = store.journal(&expected.id, &all).await.expect("read");
        assert_eq!((journal.items.len(), journal.items[0].version, &journal.items[0].fact), (1, 2, &turn(number).facts[0]));
        assert_eq!(store.mailbox(&expected.id).await.expect("read"), [(number, vec![7; 5000])]);
    }
    let ids: Vec<RecordId> = store.due(Time(1_700_000_000_000), &all).await.expect("listed").items.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len() as u64, PEOPLE);
    let version = store.current_version("").await.expect("read").expect("there is one");
    assert_eq!(store.get_version(&version).await.expect("read"), Some(sources()));
    assert!(store.health().is_well());
}
