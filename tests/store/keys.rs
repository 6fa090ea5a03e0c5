//! Keys of a store in files: rotated, retired, refused.

use std::fs;
use std::path::Path;

use usher::store::{KeySource, KeyState, Note, Ring, Store, StoreConfig, StoreError};

use crate::samples::{id, record};
use crate::{put, raw};

fn open(folder: &Path) -> Store {
    Store::open(&StoreConfig::new(folder)).expect("opened")
}

#[tokio::test]
async fn a_retired_key_opens_nothing_any_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let (key, store) = (folder.path().join("usher.key"), open(folder.path()));
    put(&store, "1", 1, 10).await.expect("committed");
    let first = fs::read_to_string(&key).expect("a key");
    store.rotate_key().await.expect("rotated");
    let both = fs::read_to_string(&key).expect("a ring");
    assert!(both.contains(first.trim()), "the old key is kept while something may name it");
    store.retire_keys(&|_| {}).await.expect("retired");
    store.close().await.expect("closed");

    let last = fs::read_to_string(&key).expect("a ring");
    let old: Vec<_> = both.lines().filter(|line| !line.starts_with('#') && !line.starts_with("index")).collect();
    assert!(old.iter().all(|line| !last.contains(line.split_once(' ').expect("a name and a key").1)), "nothing of them is left");
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&key).expect("there").permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert!(fs::read_dir(folder.path()).expect("listed").flatten().all(|entry| !entry.path().to_string_lossy().contains(".new")));
    let with_old = StoreConfig { key: KeySource::Given(Ring::parse(&both).expect("a ring")), ..StoreConfig::new(folder.path()) };
    assert!(matches!(Store::open(&with_old), Err(StoreError::WrongKey { .. })));
    let store = open(folder.path());
    assert_eq!(store.load(&id("1")).await.expect("readable"), Some(record("1", 1, 10)));
    assert_eq!(store.keys().len(), 1);
}

#[tokio::test]
async fn a_key_that_something_unreadable_names_does_not_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    for name in ["1", "2"] {
        put(&store, name, 1, 10).await.expect("committed");
    }
    store.close().await.expect("closed");
    {
        let db = raw(folder.path());
        let (key, value) = db.scan_prefix("r").next().expect("one").expect("readable");
        let mut value = value.to_vec();
        *value.last_mut().expect("long") ^= 1;
        db.insert(key, value).expect("written");
        db.flush().expect("flushed");
    }
    // The engine lets go of its files a moment after it is dropped; opening waits for that.
    let store = open(folder.path());
    assert!(matches!(store.retire_keys(&|_| {}).await, Err(StoreError::KeyInUse { entries: 1 })));
    assert_eq!(store.keys().iter().map(|key| key.state).collect::<Vec<_>>(), [KeyState::Active, KeyState::Retiring]);
    store.close().await.expect("closed");
    let store = open(folder.path());
    assert!(store.notes().contains(&Note::Retiring), "{:?}", store.notes());
    for name in ["1", "2"] {
        store.erase(&id(name)).await.expect("erased");
    }
    assert_eq!(store.retire_keys(&|_| {}).await.expect("retired").destroyed.len(), 1);
}

#[tokio::test]
async fn keys_that_the_operator_gives_are_not_changed() {
    let (folder, ring) = (tempfile::tempdir().expect("a folder"), Ring::random().expect("randomness"));
    let store = Store::open(&StoreConfig { key: KeySource::Given(ring), ..StoreConfig::new(folder.path()) }).expect("opened");
    assert!(matches!(store.rotate_key().await, Err(StoreError::KeyGiven)));
    assert!(matches!(store.retire_keys(&|_| {}).await, Err(StoreError::KeyGiven)));
    assert_eq!(store.keys().len(), 1);
}

#[tokio::test]
async fn a_key_file_elsewhere_is_made_kept_and_changed_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, key) = (folder.path().join("data"), folder.path().join("secrets.key"));
    let config = StoreConfig { key: KeySource::File(key.clone()), ..StoreConfig::new(&data) };
    let store = Store::open(&config).expect("opened");
    assert_eq!(store.notes(), [Note::KeyCreated(key.clone())]);
    store.rotate_key().await.expect("rotated");
    store.close().await.expect("closed");
    assert!(!data.join("usher.key").exists());
    assert_eq!(Store::open(&config).expect("opened").keys().len(), 2);
}
