//! The data folder: first starts, keys, locks, room, and opening again.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use usher::engine::Record;
use usher::expr::Time;
use usher::flow::Version;
use usher::store::{Commit, CommitError, IndexKey, KeySource, Note, Page, Ring, Store, StoreConfig, StoreError};

use crate::put;
use crate::samples::{fact, id, record, turn, with_pending_effect};

fn config(folder: &Path) -> StoreConfig {
    StoreConfig::new(folder)
}

fn open(folder: &Path) -> Store {
    Store::open(&config(folder)).expect("opened")
}

fn refused(config: &StoreConfig) -> StoreError {
    Store::open(config).expect_err("it must not open")
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = IndexKey::new("phone", "+79001234567");
    let sources = vec![("flows/bot.yaml".to_owned(), "name: bot\n".repeat(1000))];
    for version in 1..=5 {
        let store = open(folder.path());
        let before: Option<Record> = store.load(&id("1")).await.expect("readable");
        assert_eq!(before, (version > 1).then(|| with_pending_effect(record("1", version - 1, 30_000))));
        let mut commit = turn(with_pending_effect(record("1", version, 30_000)));
        commit.wake = Some(Time(version.cast_signed()));
        commit.keys = vec![key.clone()];
        commit.facts = vec![fact(version, 0)];
        store.commit(commit).await.expect("committed");
        store.put_version(&Version("a".to_owned()), &sources).await.expect("kept");
        store.close().await.expect("closed");
    }
    let (store, page) = (open(folder.path()), Page::first(10));
    assert_eq!(store.due(Time(9), &page).await.expect("listed").items, [(id("1"), Time(5))]);
    assert_eq!(store.pending(&page).await.expect("listed").items, [id("1")]);
    assert_eq!(store.find(&key, &page).await.expect("listed").items, [id("1")]);
    let journal = store.journal(&id("1"), &page).await.expect("listed").items;
    assert_eq!(journal.iter().map(|entry| entry.version).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(store.get_version(&Version("a".to_owned())).await.expect("readable"), Some(sources));
    assert!(store.health().is_well());
}

#[tokio::test]
async fn dropping_the_store_without_closing_it_lets_go_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    for version in 1..=3 {
        let store = open(folder.path());
        put(&store, "1", version, 10).await.expect("committed");
    }
}

#[test]
fn the_first_start_makes_a_key_for_our_eyes_only_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("deep/data");
    let key = data.join("usher.key");
    let store = open(&data);
    assert_eq!(store.notes(), [Note::KeyCreated(key.clone()), Note::KeyBeside(key.clone())]);
    assert!(store.notes()[0].to_string().contains("keep a copy"));
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&key), mode(&data)), (0o600, 0o700));
    drop(store);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("changed");
    let notes = open(&data).notes().to_vec();
    assert_eq!(notes, [Note::KeyBeside(key.clone()), Note::KeyExposed(key)]);
}

#[tokio::test]
async fn data_without_its_key_does_not_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    put(&store, "1", 1, 10).await.expect("committed");
    store.close().await.expect("closed");
    let path = folder.path().join("usher.key");
    let text = fs::read_to_string(&path).expect("a key");
    fs::remove_file(&path).expect("removed");
    let error = refused(&config(folder.path()));
    assert!(matches!(error, StoreError::KeyMissing { .. }), "{error}");
    assert!(error.to_string().ends_with("put the key back or give it in the configuration"));
    assert!(!path.exists(), "no new key is made over data");

    fs::write(&path, "letmein").expect("written");
    assert!(matches!(refused(&config(folder.path())), StoreError::KeyMalformed { .. }));
    fs::write(&path, "00".repeat(32)).expect("written");
    let error = refused(&config(folder.path()));
    assert!(matches!(error, StoreError::WrongKey { .. }), "{error}");
    let other = KeySource::Given(Ring::random().expect("randomness"));
    assert!(matches!(refused(&StoreConfig { key: other, ..config(folder.path()) }), StoreError::WrongKey { .. }));

    let given = KeySource::Given(Ring::parse(&text).expect("a key"));
    let store = Store::open(&StoreConfig { key: given, ..config(folder.path()) }).expect("the key may be given as well");
    assert_eq!(store.load(&id("1")).await.expect("readable"), Some(record("1", 1, 10)));
    assert_eq!(store.notes(), []);
}

#[tokio::test]
async fn nothing_of_a_person_is_outside_the_envelopes() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let secrets = ["Znaimerova", "+79995550123", "tg:4815162342", "flow_of_theirs", "version_of_theirs", "source_of_theirs"];
    let mut record = record("4815162342", 1, 10);
    record.person.first_name = secrets[0].to_owned();
    let mut fact = fact(1, 0);
    fact.kind = usher::engine::FactKind::Started { flow: secrets[3].to_owned() };
    let keys = vec![IndexKey::new("phone", secrets[1]), IndexKey::new("name", secrets[0])];
    let commit = Commit { wake: Some(Time(1)), keys, facts: vec![fact], ..turn(with_pending_effect(record)) };
    assert!(!format!("{commit:?}").contains(secrets[1]));
    store.commit(commit).await.expect("committed");
    store.put_version(&Version(secrets[4].to_owned()), &[(String::new(), secrets[5].to_owned())]).await.expect("kept");
    store.close().await.expect("closed");
    for file in files_below(folder.path()) {
        let bytes = fs::read(&file).expect("readable");
        for secret in secrets {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} in {}", file.display());
        }
    }
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("listed").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Not a test of its own: holds a store open for the test below, which runs this file a second time.
#[test]
fn holder() {
    if let Some(folder) = std::env::var_os("USHER_STORE_HOLDER") {
        let _store = open(Path::new(&folder));
        println!("\nopen");
        std::io::stdin().lines().for_each(drop);
    }
}

#[test]
fn a_second_process_is_told_that_the_first_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let itself = std::env::current_exe().expect("a path");
    let mut holder = Command::new(itself)
        .args(["files::holder", "--exact", "--nocapture"])
        .env("USHER_STORE_HOLDER", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let mut lines = BufReader::new(holder.stdout.take().expect("piped")).lines();
    assert!(lines.any(|line| line.expect("readable") == "open"), "the first process opens the store");
    let error = refused(&config(folder.path()));
    let expected = format!("the store in {} is already in use by another process", folder.path().display());
    assert_eq!(error.to_string(), expected);
    drop(holder.stdin.take());
    assert!(holder.wait().expect("ended").success());
    let store = open(folder.path());
    assert!(matches!(refused(&config(folder.path())), StoreError::InUse { .. }), "nor does the same process open it twice");
    drop(store);
}

#[tokio::test]
async fn a_full_disk_refuses_commits_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    put(&store, "1", 1, 10).await.expect("committed");
    store.close().await.expect("closed");
    let store = Store::open(&StoreConfig { keep_free: u64::MAX, ..config(folder.path()) }).expect("opened");
    let Err(CommitError::Unavailable(why)) = put(&store, "1", 2, 10).await else { panic!("there is no room") };
    assert!(why.contains("MiB are free on its disk"), "{why}");
    assert_eq!(store.load(&id("1")).await.expect("readable"), Some(record("1", 1, 10)));
    let health = store.health();
    assert!(health.short_of_space && health.free.is_some() && !health.is_well());
    assert!(store.put_version(&Version("a".to_owned()), &[]).await.is_err());
    assert!(store.erase(&id("1")).await.expect("erasing makes room in the end").is_some());
}

#[test]
fn a_folder_that_is_a_file_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    fs::write(&path, "").expect("written");
    assert!(refused(&config(&path)).to_string().starts_with("cannot create "));
}

#[tokio::test]
async fn an_interrupted_first_start_is_begun_again() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(folder.path().join("sled")).expect("created");
    for file in ["first-start", "sled/conf", "sled/db", "sled/snap.0000000000000000"] {
        fs::write(folder.path().join(file), "torn by a power cut").expect("written");
    }
    let store = open(folder.path());
    put(&store, "1", 1, 10).await.expect("committed");
    store.close().await.expect("closed");
    assert!(!folder.path().join("first-start").exists());
    assert!(open(folder.path()).load(&id("1")).await.expect("readable").is_some());
}
