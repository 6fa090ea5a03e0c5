//! Backups: of a store of one kind into one of the other, while keys change; broken ones refused before anything is written.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use usher::expr::Time;
use usher::flow::Version;
use usher::store::{Commit, IndexKey, KeySource, Kind, Page, Ring, Store, StoreConfig, StoreError};

use crate::put;
use crate::samples::{fact, id, record, turn, with_pending_effect};

const PEOPLE: usize = 30;

fn ring(data: &Path) -> Ring {
    Ring::parse(&fs::read_to_string(data.join("usher.key")).expect("a key file")).expect("a ring")
}

fn size(n: usize) -> usize {
    n * 400
}

async fn fill(store: &Store) {
    for n in 0..PEOPLE {
        let name = n.to_string();
        for version in 1..=3 {
            let made = record(&name, version, size(n));
            let made = if n % 3 == 0 { with_pending_effect(made) } else { made };
            let keys = vec![IndexKey::new("all", "1"), IndexKey::new("n", n.to_string())];
            let wake = (n % 2 == 0).then_some(Time(5));
            store.commit(Commit { keys, wake, facts: vec![fact(version, n)], ..turn(made) }).await.expect("committed");
        }
        store.put_mail(&id(&name), &[(7, Some(vec![1; 300 * n + 1]))]).await.expect("put");
    }
    store.put_version(&Version("a".to_owned()), &[("a.yaml".to_owned(), "b".repeat(20_000))]).await.expect("kept");
    store.set_current_version("", &Version("a".to_owned())).await.expect("set");
    store.take_digest(Time(1)).await.expect("taken");
    store.erase(&id("1")).await.expect("erased").expect("somebody");
}

/// Everything that the surface tells of two stores is the same.
async fn assert_same(one: &Store, other: &Store) {
    let page = Page::first(1000);
    for n in 0..PEOPLE {
        let id = id(&n.to_string());
        assert_eq!(one.load(&id).await.expect("readable"), other.load(&id).await.expect("readable"));
        assert_eq!(one.mailbox(&id).await.expect("readable"), other.mailbox(&id).await.expect("readable"));
        assert_eq!(one.journal(&id, &page).await.expect("readable"), other.journal(&id, &page).await.expect("readable"));
        let key = IndexKey::new("n", n.to_string());
        assert_eq!(one.find(&key, &page).await.expect("listed"), other.find(&key, &page).await.expect("listed"));
    }
    let all = IndexKey::new("all", "1");
    assert_eq!(one.find(&all, &page).await.expect("listed"), other.find(&all, &page).await.expect("listed"));
    assert_eq!(one.due(Time(9), &page).await.expect("listed"), other.due(Time(9), &page).await.expect("listed"));
    assert_eq!(one.pending(&page).await.expect("listed"), other.pending(&page).await.expect("listed"));
    assert_eq!(one.versions().await.expect("listed"), other.versions().await.expect("listed"));
    let version = one.current_version("").await.expect("readable").expect("one");
    assert_eq!(other.current_version("").await.expect("readable").as_ref(), Some(&version));
    assert_eq!(one.get_version(&version).await.expect("readable"), other.get_version(&version).await.expect("readable"));
    assert_eq!(one.digests().await.expect("readable"), other.digests().await.expect("readable"));
    let verified = other.verify().await.expect("verified");
    assert_eq!((one.verify().await.expect("verified"), verified.findings.is_empty()), (verified, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_moves_through_a_backup_to_the_other_kind_and_back_while_keys_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, first, second) = (folder.path().join("data"), folder.path().join("first"), folder.path().join("second"));
    let store = Arc::new(Store::open(&StoreConfig::new(&data)).expect("opened"));
    fill(&store).await;
    let rotating = store.clone();
    let rotation = tokio::spawn(async move { rotating.rotate_key().await });
    let saved = store.back_up(&first).await.expect("backed up");
    rotation.await.expect("no panic").expect("rotated");
    assert_eq!((saved.records, saved.damaged), (PEOPLE as u64 - 1, 0));

    let key = KeySource::Given(ring(&data));
    let memory = StoreConfig { kind: Kind::Memory, key: key.clone(), ..StoreConfig::new("") };
    let (memory, restored) = Store::restore(&memory, &first, None).await.expect("restored");
    assert_eq!(restored, saved);
    assert_same(&store, &memory).await;

    memory.back_up(&second).await.expect("backed up");
    let elsewhere = StoreConfig { key, ..StoreConfig::new(folder.path().join("elsewhere")) };
    let (files, _) = Store::restore(&elsewhere, &second, None).await.expect("restored");
    assert_same(&store, &files).await;
    assert!(files.paused().await.expect("readable").is_some_and(|paused| paused.whole));
    files.resume().await.expect("released");
    assert_eq!(files.paused().await.expect("readable"), None);
    put(&files, "new", 1, 10).await.expect("committed");
}

#[tokio::test]
async fn a_broken_backup_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (folder.path().join("data"), folder.path().join("backup"));
    let store = Store::open(&StoreConfig::new(&data)).expect("opened");
    for n in 0..40 {
        put(&store, &n.to_string(), 1, 6000).await.expect("committed");
    }
    store.back_up(&file).await.expect("backed up");
    assert!(store.back_up(&file).await.is_err(), "a backup is not written over");
    let (whole, ring, broken) = (fs::read(&file).expect("a file"), ring(&data), folder.path().join("broken"));
    let to = StoreConfig::new(folder.path().join("to"));
    let mut harmed: Vec<Vec<u8>> = [0, 10, 41, 42, 46, 5000, 70_000, whole.len() - 1].map(|length| whole[..length].to_vec()).to_vec();
    for at in [0, 14, 16, 30, 43, 60, 65_000, 66_000, 100_000, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        harmed.push(flipped);
    }
    // A chunk left out, and something put behind the end.
    let chunk = 4 + 16 + (64 << 10);
    harmed.push([&whole[..38], &whole[38 + chunk..]].concat());
    harmed.push([whole.as_slice(), b"x"].concat());
    for (number, bytes) in harmed.into_iter().enumerate() {
        fs::write(&broken, bytes).expect("written");
        let refused = Store::restore(&to, &broken, Some(ring.clone())).await.expect_err("refused");
        assert!(matches!(refused, StoreError::BrokenBackup { .. } | StoreError::BackupKey { .. }), "{number}: {refused}");
        assert!(!to.path.exists(), "{number}: something was written");
    }
    assert!(matches!(Store::restore(&to, &file, Some(Ring::random().expect("randomness"))).await, Err(StoreError::BackupKey { .. })));
    assert!(matches!(Store::restore(&to, &file, None).await, Err(StoreError::BackupKeyMissing { .. })));
    assert!(matches!(Store::restore(&StoreConfig::new(&data), &file, None).await, Err(StoreError::NotEmpty { .. })));
    let (restored, _) = Store::restore(&to, &file, Some(ring)).await.expect("restored");
    assert_eq!(restored.load(&id("39")).await.expect("readable"), Some(record("39", 1, 6000)));
}

#[tokio::test]
async fn a_backup_of_before_a_retirement_cannot_be_opened_after_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (folder.path().join("data"), folder.path().join("backup"));
    let store = Store::open(&StoreConfig::new(&data)).expect("opened");
    put(&store, "1", 1, 10).await.expect("committed");
    store.back_up(&file).await.expect("backed up");
    store.erase(&id("1")).await.expect("erased").expect("somebody");
    store.retire_keys(&|_| {}).await.expect("retired");
    let to = StoreConfig::new(folder.path().join("to"));
    let refused = Store::restore(&to, &file, Some(ring(&data))).await.expect_err("refused");
    assert!(refused.to_string().contains("is not in the key file"), "{refused}");
}
