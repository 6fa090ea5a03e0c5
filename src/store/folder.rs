//! The data folder: its lock, its key file, and which of its files must be on the disk before anything is acknowledged.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use crate::store::config::{Note, StoreError};
use crate::store::key::KeySource;
use crate::store::ring::{Ring, RingPlace};

/// The key file, if it lies in the data folder.
pub const KEY_FILE: &str = "usher.key";
/// Where the embedded engine has its files.
const ENGINE: &str = "sled";
/// The file that keeps others out.
pub(super) const LOCK: &str = "lock";
/// While this file exists, the store is being created and nothing in it was ever acknowledged.
const FIRST_START: &str = "first-start";

/// A data folder that is ours as long as this lives.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Keeps others out; released with the file.
    _lock: File,
}

impl Folder {
    /// Creates the folder if it is not there, and locks it.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(failed("find", path))?;
        create(&path)?;
        let owner = fs::metadata(&path).map_err(failed("find", &path))?.uid();
        if owner != rustix::process::geteuid().as_raw() {
            return Err(StoreError::Foreign { path, owner });
        }
        let lock = lock(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// The folder itself.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the embedded engine has its files.
    pub(super) fn engine(&self) -> PathBuf {
        self.path.join(ENGINE)
    }

    /// True if there is no store yet. What an interrupted first start has left is removed.
    pub(super) fn is_empty(&self) -> Result<bool, StoreError> {
        let engine = self.engine();
        if exists(&self.path.join(FIRST_START))? && exists(&engine)? {
            fs::remove_dir_all(&engine).map_err(failed("remove", &engine))?;
        }
        Ok(!exists(&engine)?)
    }

    /// The keys, where they are kept, and what the operator should hear of them.
    pub(super) fn ring(&self, source: &KeySource, empty: bool) -> Result<(Ring, RingPlace, Vec<Note>), StoreError> {
        let path = match source {
            KeySource::Given(ring) => return Ok((ring.clone(), RingPlace::Operator, Vec::new())),
            KeySource::Beside => self.path.join(KEY_FILE),
            KeySource::File(path) => path.clone(),
        };
        let beside = Some(Note::KeyBeside(path.clone())).filter(|_| matches!(source, KeySource::Beside));
        let place = RingPlace::File(path.clone());
        match Ring::read(&path)? {
            Some(ring) => {
                let mode = fs::metadata(&path).map_err(failed("read", &path))?.mode();
                let exposed = (mode & 0o077 != 0).then_some(Note::KeyExposed(path));
                let retiring = ring.retiring.then_some(Note::Retiring);
                Ok((ring, place, beside.into_iter().chain(exposed).chain(retiring).collect()))
            }
            None if empty => {
                let ring = Ring::random()?;
                place.keep(&ring)?;
                Ok((ring, place, [Note::KeyCreated(path)].into_iter().chain(beside).collect()))
            }
            None => Err(StoreError::KeyMissing { folder: self.path.clone(), key: path }),
        }
    }

    /// Marks that the store is being created.
    pub(super) fn begin(&self) -> Result<(), StoreError> {
        let path = self.path.join(FIRST_START);
        let mut file = File::create(&path).map_err(failed("create", &path))?;
        file.write_all(b"The store beside this file is being created; nothing in it was ever acknowledged.\n")
            .and_then(|()| file.sync_all())
            .map_err(failed("write", &path))?;
        self.sync_path(&self.path)
    }

    /// Marks that it has been created.
    pub(super) fn finish(&self) -> Result<(), StoreError> {
        let path = self.path.join(FIRST_START);
        fs::remove_file(&path).map_err(failed("remove", &path))?;
        self.sync_path(&self.path)
    }

    /// Removes snapshots that were being written when the process died: the engine would take the newest for a whole one.
    pub(super) fn remove_unfinished_snapshots(&self) -> Result<(), StoreError> {
        let engine = self.engine();
        if !exists(&engine)? {
            return Ok(());
        }
        for entry in fs::read_dir(&engine).map_err(failed("list", &engine))? {
            let path = entry.map_err(failed("list", &engine))?.path();
            if path.extension().is_some_and(|extension| extension == "generating") {
                fs::remove_file(&path).map_err(failed("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Puts on the disk what the engine only wrote: its settings and log, and that they exist at all.
    pub(super) fn sync_engine(&self) -> Result<(), StoreError> {
        let engine = self.engine();
        for entry in fs::read_dir(&engine).map_err(failed("list", &engine))? {
            let path = entry.map_err(failed("list", &engine))?.path();
            match self.sync_path(&path) {
                // The engine replaces its snapshots as it likes.
                Err(StoreError::Folder { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                synced => synced?,
            }
        }
        self.sync_path(&engine)?;
        self.sync_path(&self.path)
    }

    fn sync_path(&self, path: &Path) -> Result<(), StoreError> {
        debug_assert!(path.starts_with(&self.path));
        sync(path)
    }
}

/// True if a store lies in this data folder.
pub(super) fn holds_a_store(path: &Path) -> bool {
    path.join(ENGINE).is_dir()
}

/// True if another process has locked this data folder. Nothing is made in it.
pub(super) fn is_locked(path: &Path) -> bool {
    let locked = |file: File| rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK);
    File::open(path.join(LOCK)).is_ok_and(locked)
}

/// Creates a folder with what is above it, durably, for our own eyes.
fn create(path: &Path) -> Result<(), StoreError> {
    let missing: Vec<&Path> = path.ancestors().take_while(|above| !above.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed("create", path))?;
    missing.iter().filter_map(|made| made.parent()).try_for_each(sync)
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join(LOCK);
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(failed("open", &path))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::InUse { path: folder.to_owned() }),
        Err(error) => Err(failed("lock", &path)(error.into())),
    }
}

/// Writes the ring so that there is never half a ring under its name. Of the one before nothing is left: when the new one is on the
/// disk under the name, the old file, which has no name any more, is written over.
pub(super) fn write_ring(ring: &Ring, path: &Path) -> Result<(), StoreError> {
    let before = OpenOptions::new().write(true).open(path).ok();
    let new = path.with_extension("key.new");
    let mut options = OpenOptions::new();
    // Of the file beside it nobody knows: what fails is told of the key file.
    let spoilt = |doing| move |source| StoreError::KeyFile { doing, path: path.to_owned(), source };
    let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&new).map_err(spoilt("create"))?;
    file.write_all(ring.to_text().as_bytes()).and_then(|()| file.sync_all()).map_err(spoilt("write"))?;
    fs::rename(&new, path).map_err(spoilt("create"))?;
    sync(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    before.map_or(Ok(()), |before| write_over(before).map_err(spoilt("write over")))
}

fn write_over(mut file: File) -> io::Result<()> {
    let length = file.metadata()?.len();
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.sync_all()
}

fn exists(path: &Path) -> Result<bool, StoreError> {
    path.try_exists().map_err(failed("find", path))
}

fn sync(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(failed("sync", path))
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Folder { doing, path, source }
}
