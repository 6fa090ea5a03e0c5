//! Sessions that stand on older flows.

use std::collections::BTreeSet;
use std::time::Duration;

use usher::flow::{Installation, Project, Version, load};
use usher::runtime::{files_of, sources_of};
use usher::store::{Commit, Fault, IndexKey, Store};

use crate::support::botapi::BotApi;
use crate::{FILES, House, in_memory, opened, with_effects};

fn files(question: &str) -> Vec<(String, String)> {
    FILES.iter().map(|(path, text)| ((*path).to_owned(), text.replace("Какое слово?", question))).collect()
}

fn project(files: &Vec<(String, String)>) -> Project {
    load(&sources_of(files), &Installation::default()).project.unwrap()
}

async fn stand_on(store: &Store, account: i64, version: &Version) {
    let record = with_effects(account, Vec::new());
    let keys = vec![IndexKey::new("version", version.0.clone())];
    store.commit(Commit { record, expected: 0, wake: None, keys, facts: Vec::new() }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_somebody_stands_on_stays_and_others_go() {
    let store = Store::memory().unwrap();
    let (old, unused, new) = (files("Старое?"), files("Ничьё?"), files("Новое?"));
    for sources in [&old, &unused] {
        store.put_version(&project(sources).version, sources).await.unwrap();
    }
    stand_on(&store, 1, &project(&old).version).await;
    let library = usher::runtime::library(&store, project(&new), &new, Installation::default()).await.unwrap();
    let expected = [project(&old).version, project(&new).version].into();
    assert_eq!(library.projects.keys().cloned().collect::<std::collections::BTreeSet<_>>(), expected);
    assert_eq!(store.versions().await.unwrap(), expected);
}

/// A file that messages show belongs to the version of the flows: whoever stands on the old one is shown the old file, also after a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_keeps_the_file_that_its_version_showed() {
    const WAY: &str = "flow: way\ntitle: Путь\nfor: anyone\nsteps: { x: { say: Вот, photo: ./way.png, end: completed } }\n";
    let store = Store::memory().unwrap();
    let picture = |word: &str| [b"\x89PNG\r\n\x1a\n", word.as_bytes()].concat();
    let showing = |word: &str| {
        let mut sources = sources_of(&files("Какое слово?"));
        sources.add("flows/way.yaml", WAY);
        sources.attach("./way.png", picture(word));
        files_of(&sources)
    };
    let (old, new) = (showing("old"), showing("new"));
    assert_ne!(project(&old).version, project(&new).version, "another file is another version");
    store.put_version(&project(&old).version, &old).await.unwrap();
    stand_on(&store, 1, &project(&old).version).await;
    let library = usher::runtime::library(&store, project(&new), &new, Installation::default()).await.unwrap();
    let of = |files: &Vec<(String, String)>| library.projects[&project(files).version].files.values().map(|bytes| bytes.to_vec()).next();
    assert_eq!((of(&old), of(&new)), (Some(picture("old")), Some(picture("new"))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_does_not_load_any_more_stops_nobody_and_is_kept() {
    let store = Store::memory().unwrap();
    let new = files("Новое?");
    let broken = Version("0123456789abcdef".to_owned());
    store.put_version(&broken, &[("flows/bot.yaml".to_owned(), "bot: [".to_owned())]).await.unwrap();
    stand_on(&store, 1, &broken).await;
    let library = usher::runtime::library(&store, project(&new), &new, Installation::default()).await.unwrap();
    assert_eq!(library.projects.len(), 1);
    assert!(store.versions().await.unwrap().contains(&broken), "it may load again with other settings");
}

/// The first entry that would show the use of a version belongs to a record that cannot be read: others still stand on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_to_one_record_takes_no_version_from_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (files("Старое?"), files("Новое?"));
    let version = project(&old).version;
    let store = crate::on_disk(folder.path());
    store.put_version(&version, &old).await.unwrap();
    for account in 1..=2 {
        stand_on(&store, account, &version).await;
    }
    store.close().await.unwrap();
    drop(store);
    {
        let files = crate::support::store_files::raw(folder.path());
        // Both kinds of entries are ordered by the record.
        let (key, _) = files.scan_prefix(b"r").next().unwrap().unwrap();
        files.insert(key, vec![1, 2, 3]).unwrap();
        files.flush().unwrap();
    }
    let store = crate::on_disk(folder.path());
    let library = usher::runtime::library(&store, project(&new), &new, Installation::default()).await.unwrap();
    assert!(library.projects.contains_key(&version));
}

fn versions(of: &[&Vec<(String, String)>]) -> BTreeSet<Version> {
    of.iter().map(|files| project(files).version).collect()
}

/// A turn begins a session and is slow to be committed; meanwhile the flows are replaced. What it stands on must be there afterwards,
/// although at the moment of the replacement nobody stood on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_in_flight_keeps_the_version_it_starts_a_session_on() {
    let (api, store) = (BotApi::start().await, in_memory());
    opened(&api, 1);
    let (old, new) = (files("Какое слово?"), files("Новое?"));
    store.put_version(&project(&old).version, &old).await.unwrap();
    let mut house = House::start(&store, &api, "http://127.0.0.1:9");
    let flows = house.runtime.flows("");
    let Store::Memory(memory) = &*store else { unreachable!() };
    memory.plan(1, Fault::Delay(Duration::from_millis(700)));
    let replacing = async {
        // The turn waits for its commit by now; if it did not, the outcome would be the same.
        tokio::time::sleep(Duration::from_millis(200)).await;
        flows.replace(project(&new), &new).await.unwrap();
    };
    let (kept, ()) = tokio::join!(house.write(1, "/start"), replacing);
    kept.unwrap();
    assert_eq!(store.versions().await.unwrap(), versions(&[&old, &new]));
    assert_eq!(flows.current(), project(&new).version);
    house.stop().await;
    assert_eq!(store.current_version("").await.unwrap(), Some(project(&new).version));
    let (again, _) = usher::runtime::last(&store, "", &Installation::default()).await.unwrap().expect("it is kept");
    assert_eq!(again.version, project(&new).version);
}

/// Versions go when nobody stands on them, however fast they follow each other; a version that comes back is as good as a new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_that_nobody_stands_on_go_with_the_next_replacement() {
    let (api, store) = (BotApi::start().await, in_memory());
    opened(&api, 1);
    let (old, new) = (files("Какое слово?"), files("Новое?"));
    store.put_version(&project(&old).version, &old).await.unwrap();
    let mut house = House::start(&store, &api, "http://127.0.0.1:9");
    house.write(1, "/start").await.unwrap();
    let flows = house.runtime.flows("");
    for number in 0..20 {
        let between = files(&format!("Слово {number}?"));
        flows.replace(project(&between), &between).await.unwrap();
        assert_eq!(store.versions().await.unwrap(), versions(&[&old, &between]));
    }
    flows.replace(project(&new), &new).await.unwrap();
    flows.replace(project(&old), &old).await.unwrap();
    assert_eq!(store.versions().await.unwrap(), versions(&[&old]));
    assert_eq!(store.current_version("").await.unwrap(), Some(project(&old).version));
    house.write(1, "слово").await.unwrap();
    house.stop().await;
}
