//! The store in files, over sled 0.34.7 and against what is wrong with it.
//!
//! * Its `flush` ends in `sync_file_range`, which promises nothing about a disk's own cache or about the size of the file. So every
//!   commit ends in an `fdatasync` on a handle of our own.
//! * Its `conf` is never synced, nor are its folders: a power cut soon after the first start leaves a store that does not open. So
//!   they are synced before the first acknowledgement, and an interrupted first start is begun again.
//! * A snapshot that was being written when the process died is taken for a whole one. So such files are removed before it opens.
//! * Large pages go to `blobs/`, which it never syncs. So values have 4 KiB at most, and health raises an alarm if one is there.
//! * It panics where it meets corruption. So every call is caught, and the first error is the last: nothing more is acknowledged
//!   until the process has been started again.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ::sled::Batch;

use crate::store::config::{Note, StoreConfig, StoreError};
use crate::store::embedded::{Embedded, Home};
use crate::store::engine::{Broken, Changes, Engine, Pair};
use crate::store::envelope::{open_plain, seal_plain};
use crate::store::folder::Folder;
use crate::store::key::Keys;
use crate::store::layout::{CHECK, LAYOUT};
use crate::store::space::Space;

/// The layout this program writes.
const KNOWN_LAYOUT: u8 = 1;
/// More of it makes no turn faster, and memory is not ours alone.
const CACHE: u64 = 16 << 20;
/// What the check value holds.
const CHECKED: &[u8] = b"usher";

/// The store in files.
#[derive(Debug)]
pub struct Sled {
    embedded: Embedded,
    notes: Vec<Note>,
}

impl Sled {
    pub(super) fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let folder = Folder::open(&config.path)?;
        let path = folder.path().to_owned();
        let empty = folder.is_empty()?;
        let (ring, place, notes) = folder.ring(&config.key, empty)?;
        let keys = Keys::of(&ring);
        let files = if empty { Files::create(folder, &keys)? } else { Files::open(folder, &keys)? };
        let home = Home { ring, place, folder: Some(path.clone()) };
        let embedded = Embedded::start(Arc::new(files), home, Space::of(path, config.keep_free))?;
        Ok(Self { embedded, notes })
    }

    pub(super) fn embedded(&self) -> &Embedded {
        &self.embedded
    }

    pub(super) fn notes(&self) -> &[Note] {
        &self.notes
    }
}

/// An open database and our own handle of its log. The folder goes last: with it goes the lock.
struct Files {
    db: ::sled::Db,
    log: File,
    folder: Folder,
}

impl Files {
    fn create(folder: Folder, keys: &Keys) -> Result<Self, StoreError> {
        folder.begin()?;
        let files = Self::start(folder)?;
        let check = seal_plain(keys, CHECK, CHECKED)?;
        let written = files.apply([(LAYOUT.to_vec(), Some(vec![KNOWN_LAYOUT])), (CHECK.to_vec(), Some(check))].into());
        written.and_then(|()| files.sync()).map_err(|broken| StoreError::Poisoned(broken.0))?;
        files.folder.sync_engine()?;
        files.folder.finish()?;
        Ok(files)
    }

    fn open(folder: Folder, keys: &Keys) -> Result<Self, StoreError> {
        folder.remove_unfinished_snapshots()?;
        let files = Self::start(folder)?;
        files.check(keys)?;
        files.folder.sync_engine()?;
        Ok(files)
    }

    fn start(folder: Folder) -> Result<Self, StoreError> {
        let engine = folder.engine();
        let db = open_database(&engine, folder.path())?;
        let path = engine.join("db");
        let log = OpenOptions::new().read(true).write(true).open(&path);
        let log = log.map_err(|source| StoreError::Folder { doing: "open", path, source })?;
        Ok(Self { db, log, folder })
    }

    /// Refuses a store of a later layout, and a key that is not the store's.
    fn check(&self, keys: &Keys) -> Result<(), StoreError> {
        let stored = |key| self.get(key).map_err(|broken| StoreError::Corrupt(broken.0));
        match stored(LAYOUT)?.as_deref() {
            Some(&[layout]) if layout <= KNOWN_LAYOUT => {}
            Some(&[found]) => return Err(StoreError::Newer { found, known: KNOWN_LAYOUT }),
            _ => return Err(StoreError::Corrupt("its layout is not noted".to_owned())),
        }
        let check = stored(CHECK)?.ok_or_else(|| StoreError::Corrupt("its check value is missing".to_owned()))?;
        match open_plain(keys, CHECK, &check) {
            Ok(value) if value == CHECKED => Ok(()),
            _ => Err(StoreError::WrongKey { path: self.folder.path().to_owned() }),
        }
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Engine for Files {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Broken> {
        guarded(|| Ok(self.db.get(key)?.map(|value| value.to_vec())))
    }

    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Pair>, Broken> {
        if from >= to {
            return Ok(Vec::new());
        }
        let pair = |found: ::sled::Result<(::sled::IVec, ::sled::IVec)>| found.map(|(key, value)| (key.to_vec(), value.to_vec()));
        guarded(|| self.db.range(from..to).take(limit).map(pair).collect())
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Pair>, Broken> {
        if from >= to {
            return Ok(None);
        }
        let pair = |(key, value): (::sled::IVec, ::sled::IVec)| (key.to_vec(), value.to_vec());
        guarded(|| self.db.range(from..to).next_back().transpose().map(|found| found.map(pair)))
    }

    /// A batch and a transaction of sled's are written alike: under one lock, between two marks of its log. A batch reads nothing first.
    fn apply(&self, changes: Changes) -> Result<(), Broken> {
        let mut batch = Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        guarded(|| self.db.apply_batch(batch))
    }

    fn sync(&self) -> Result<(), Broken> {
        guarded(|| self.db.flush().map(|_| ()))?;
        self.log.sync_data().map_err(|error| Broken(format!("its log cannot be synced: {error}")))
    }

    fn size(&self) -> u64 {
        files_in(&self.folder.engine()).map(|file| file.blocks() * 512).sum()
    }

    fn strays(&self) -> u64 {
        files_in(&self.folder.engine().join("blobs")).count() as u64
    }
}

impl From<::sled::Error> for Broken {
    fn from(error: ::sled::Error) -> Self {
        Self(error.to_string())
    }
}

/// Opens the database. A lock that an earlier instance of this process is just letting go of is waited for; the folder's own lock
/// has already told other processes off.
fn open_database(engine: &Path, folder: &Path) -> Result<::sled::Db, StoreError> {
    let config = || ::sled::Config::new().path(engine).cache_capacity(CACHE).flush_every_ms(Some(500));
    for _ in 0..100 {
        let opened = catch(|| config().open()).map_err(|broken| StoreError::Corrupt(broken.0))?;
        match opened {
            Ok(db) => return Ok(db),
            Err(::sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(::sled::Error::Io(source)) if is_of_the_system(&source) => {
                return Err(StoreError::Folder { doing: "open", path: engine.to_owned(), source });
            }
            Err(error) => return Err(StoreError::Corrupt(error.to_string())),
        }
    }
    Err(StoreError::InUse { path: folder.to_owned() })
}

/// True for what the operator mends outside the store: rights, room, missing files.
fn is_of_the_system(error: &io::Error) -> bool {
    use io::ErrorKind::{NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), NotFound | PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull)
}

fn guarded<T>(work: impl FnOnce() -> ::sled::Result<T>) -> Result<T, Broken> {
    catch(work)?.map_err(Broken::from)
}

/// Turns a panic of sled's into an error.
fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Broken> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        let said: String = said.unwrap_or("without a word").chars().take(200).collect();
        Broken(format!("the engine panicked: {said}"))
    })
}

fn files_in(folder: &Path) -> impl Iterator<Item = fs::Metadata> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).filter(fs::Metadata::is_file)
}
