//! What must be in the store, by the notes of those who wrote into it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use usher::engine::RecordId;
use usher::expr::Time;
use usher::store::{Commit, Entry, IndexKey, Listed, Page, Store, StoreConfig, StoreError};

use crate::samples::{fact, id, record, turn, with_pending_effect};

/// Writers in a child.
pub const WRITERS: usize = 32;
/// Records of each.
pub const RECORDS: usize = 3;
/// Bytes of a note.
pub const NOTE: usize = 12;

/// Writer, record, version.
pub fn note(writer: usize, number: usize, version: u64) -> [u8; NOTE] {
    let mut note = [0; NOTE];
    note[..2].copy_from_slice(&u16::try_from(writer).expect("few").to_be_bytes());
    note[2..4].copy_from_slice(&u16::try_from(number).expect("few").to_be_bytes());
    note[4..].copy_from_slice(&version.to_be_bytes());
    note
}

pub fn name(writer: usize, number: usize) -> String {
    format!("{writer}-{number}")
}

/// The turn that makes a version: all of it follows from whose it is and which.
pub fn commit(writer: usize, number: usize, version: u64) -> Commit {
    let size = match (version + writer as u64) % 16 {
        7 => 12 << 10,
        11 => 64 << 10,
        other => 200 * usize::try_from(other).expect("small"),
    };
    let made = record(&name(writer, number), version, size);
    let made = if version.is_multiple_of(3) { with_pending_effect(made) } else { made };
    Commit { wake: wake(version), keys: vec![key(version)], facts: vec![fact(version, number)], ..turn(made) }
}

fn wake(version: u64) -> Option<Time> {
    (!version.is_multiple_of(4)).then(|| Time((version % 4).cast_signed()))
}

fn key(version: u64) -> IndexKey {
    IndexKey::new("version", (version % 5).to_string())
}

/// What is known to have been acknowledged or found.
#[derive(Default)]
pub struct Known {
    notes: u64,
    versions: BTreeMap<(usize, usize), u64>,
}

impl Known {
    /// How many notes have been read.
    pub fn notes(&self) -> u64 {
        self.notes
    }

    /// Reads all notes; the last may be cut short.
    pub fn read(&mut self, notes: &Path) {
        let bytes = std::fs::read(notes).unwrap_or_default();
        let (notes, _) = bytes.as_chunks::<NOTE>();
        self.notes = notes.len() as u64;
        for [a, b, c, d, version @ ..] in notes {
            let record = (usize::from(u16::from_be_bytes([*a, *b])), usize::from(u16::from_be_bytes([*c, *d])));
            let known = self.versions.entry(record).or_default();
            *known = (*known).max(u64::from_be_bytes(*version));
        }
    }

    /// Opens the store and holds all of it against what is known.
    pub fn check(&mut self, data: &Path) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let store = Store::open(&StoreConfig::new(data)).expect("it opens");
            let found = self.check_records(&store).await;
            check_lists(&store, &found).await;
            assert!(store.health().is_well(), "{:?}", store.health());
            store.close().await.expect("closed");
        });
    }

    async fn check_records(&mut self, store: &Store) -> BTreeMap<RecordId, u64> {
        let mut found = BTreeMap::new();
        for (writer, number) in (0..WRITERS).flat_map(|writer| (0..RECORDS).map(move |number| (writer, number))) {
            let name = name(writer, number);
            let known = self.versions.entry((writer, number)).or_default();
            let stored = store.load(&id(&name)).await.expect("readable");
            let version = stored.as_ref().map_or(0, |stored| stored.version);
            assert!((*known..=*known + 1).contains(&version), "{name} was acknowledged at {known} and is at {version}");
            *known = version;
            if let Some(stored) = stored {
                assert!(stored == commit(writer, number, version).record, "{name} is not as it was written at {version}");
                found.insert(id(&name), version);
            }
            check_journal(store, &id(&name), number, version).await;
        }
        found
    }
}

async fn check_journal(store: &Store, id: &RecordId, number: usize, version: u64) {
    let journal = all(async |page| store.journal(id, &page).await).await;
    let expected: Vec<_> = (1..=version).map(|version| Entry { version, fact: fact(version, number) }).collect();
    assert!(journal == expected, "the journal of {} has {} of {version} entries", id.0, journal.len());
}

/// Each record is where its version says, once, and nothing else is anywhere.
async fn check_lists(store: &Store, found: &BTreeMap<RecordId, u64>) {
    let where_ = |holds: &dyn Fn(u64) -> bool| -> BTreeSet<_> {
        found.iter().filter(|(_, version)| holds(**version)).map(|(id, _)| id.clone()).collect()
    };
    let due = all(async |page| store.due(Time(100), &page).await).await;
    let expected: BTreeSet<_> = found.iter().filter_map(|(id, version)| Some((id.clone(), wake(*version)?))).collect();
    assert_eq!((due.len(), due.into_iter().collect::<BTreeSet<_>>()), (expected.len(), expected));
    assert_same(all(async |page| store.pending(&page).await).await, where_(&|version| version.is_multiple_of(3)));
    assert_same(all(async |page| store.records(&page).await).await, where_(&|_| true));
    for rest in 0..5 {
        assert_same(all(async |page| store.find(&key(rest), &page).await).await, where_(&|version| version % 5 == rest));
    }
}

fn assert_same(found: Vec<RecordId>, expected: BTreeSet<RecordId>) {
    assert_eq!((found.len(), found.into_iter().collect::<BTreeSet<_>>()), (expected.len(), expected));
}

async fn all<T>(list: impl AsyncFn(Page) -> Result<Listed<T>, StoreError>) -> Vec<T> {
    let (mut items, mut page) = (Vec::new(), Page::first(50));
    loop {
        let listed = list(page.clone()).await.expect("listed");
        assert_eq!(listed.damaged, 0);
        items.extend(listed.items);
        page.after = listed.next;
        if page.after.is_none() {
            return items;
        }
    }
}

/// True if the engine by itself, as the power cut left it, lacks what it had flushed, or does not even open.
pub fn bare_engine_lost_something(image: &Path, notes: &Path) -> bool {
    let mut known = Known::default();
    known.read(notes);
    let flushed = known.versions.get(&(0, 0)).copied().unwrap_or_default();
    let image = image.to_owned();
    let version = std::thread::spawn(move || {
        let value = sled::open(image).ok()?.get("version").ok()?;
        let version = value.as_ref().and_then(|value| value.first_chunk::<8>());
        Some(version.map_or(0, |version| u64::from_be_bytes(*version)))
    });
    !matches!(version.join(), Ok(Some(version)) if version >= flushed)
}

/// Ends what was interrupted.
pub fn retire_keys(data: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(&StoreConfig::new(data)).expect("it opens");
        store.retire_keys(&|_| {}).await.expect("retired");
        store.close().await.expect("closed");
    });
}
