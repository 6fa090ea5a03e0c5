//! How a store is opened, and what can go wrong with it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::store::key::{KeyId, KeySource};

/// The kinds of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In memory.
    Memory,
    /// In files.
    Sled,
}

/// What the operator says about the store.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Its kind.
    pub kind: Kind,
    /// The data folder. It holds the store, its lock and, with [`KeySource::Beside`], the key.
    pub path: PathBuf,
    /// Where its key comes from.
    pub key: KeySource,
    /// Bytes of the disk that must stay free: below this mark commits are refused until there is space again.
    pub keep_free: u64,
}

impl StoreConfig {
    /// The usual: files in `path`, the key beside them, 64 MiB kept free.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { kind: Kind::Sled, path: path.as_ref().to_owned(), key: KeySource::Beside, keep_free: 64 << 20 }
    }
}

/// Something the operator should hear when the store has been opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The first start made a key.
    KeyCreated(PathBuf),
    /// The key lies beside what it encrypts.
    KeyBeside(PathBuf),
    /// Other users of the machine may read the key.
    KeyExposed(PathBuf),
    /// Keys were being retired when the process ended.
    Retiring,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyCreated(path) => write!(
                f,
                "a new key was written to {}; without it nothing that is stored can be read, so keep a copy apart from the backups",
                path.display()
            ),
            Self::KeyBeside(path) => write!(f, "the key lies beside the data it encrypts ({}); move it to a secret store", path.display()),
            Self::Retiring => f.write_str("old keys were being retired when the process ended; `usher key retire` goes on with it"),
            Self::KeyExposed(path) => write!(f, "other users may read the key in {}; set its mode to 0600", path.display()),
        }
    }
}

/// Why the store cannot be opened, read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The data folder does not let us.
    #[error("cannot {doing} {path}", path = path.display())]
    Folder {
        /// What was tried: "create", "open", "lock".
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("the store in {path} is already in use by another process", path = path.display())]
    InUse {
        /// The data folder.
        path: PathBuf,
    },
    /// The data folder is another user's: what we make in it would lock them out.
    #[error("the data folder {path} belongs to another user (number {owner}); run this as that user", path = path.display())]
    Foreign {
        /// The data folder.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// There is data, and no key.
    #[error(
        "the store in {folder} is encrypted and its key file {key} is missing; put the key back or give it in the configuration",
        folder = folder.display(), key = key.display()
    )]
    KeyMissing {
        /// The data folder.
        folder: PathBuf,
        /// Where the key was looked for.
        key: PathBuf,
    },
    /// The key file does not let us.
    #[error("cannot {doing} the key file {path}", path = path.display())]
    KeyFile {
        /// What was tried: "read", "create", "write over".
        doing: &'static str,
        /// The key file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What is given as a key is none.
    #[error("{from} is not a key: 32 bytes are expected, as 64 hexadecimal digits or in base64, or a ring of them")]
    KeyMalformed {
        /// Where it was read.
        from: String,
    },
    /// The operator gives the keys, so that they are not ours to change.
    #[error(
        "the keys are given in the configuration and only there can they be changed; to let this program change them, name their file with store.key_file"
    )]
    KeyGiven,
    /// An old key cannot go.
    #[error(
        "{entries} stored things are still sealed with an old key and cannot be read; erase or restore what they belong to, then retire the key again"
    )]
    KeyInUse {
        /// How many things name an old key.
        entries: u64,
    },
    /// A backup's file does not let us.
    #[error("the backup cannot be {doing}")]
    Backup {
        /// What was tried: "read", "written".
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A backup is not whole.
    #[error("the backup cannot be used: {why}")]
    BrokenBackup {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The key that a backup was sealed with is not there.
    #[error(
        "the backup was made with the key {id}, which is not in the key file; name the key file of that time with --key, if the key was not retired since"
    )]
    BackupKey {
        /// The key.
        id: KeyId,
    },
    /// Nobody says with which key a backup is opened.
    #[error(
        "the backup is sealed, and no key was given to open it; name a copy of the key file of that time with --key (none lies in {key})",
        key = key.display()
    )]
    BackupKeyMissing {
        /// Where a key of the store's own was looked for.
        key: PathBuf,
    },
    /// Something lies where a backup is to be restored.
    #[error("{path} is not empty; a backup is restored into an empty folder only", path = path.display())]
    NotEmpty {
        /// The data folder.
        path: PathBuf,
    },
    /// The key is a key, but not this store's.
    #[error("the key is not the one that the store in {path} was encrypted with", path = path.display())]
    WrongKey {
        /// The data folder.
        path: PathBuf,
    },
    /// Its layout is of a later version of this program.
    #[error("the store has layout {found}, this program knows layouts up to {known}; use a later version of the program")]
    Newer {
        /// The layout found.
        found: u8,
        /// The last layout known.
        known: u8,
    },
    /// The files are damaged as a whole.
    #[error("the store's files are damaged and cannot be opened ({0}); restore them from a backup")]
    Corrupt(String),
    /// One record, or one version's sources, cannot be read. Others can.
    #[error("stored under {key} is something that cannot be read: {why}")]
    Damaged {
        /// The opaque key, in hexadecimal digits.
        key: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The store failed earlier and does nothing more until the process is started again.
    #[error("the store has failed and acknowledges nothing more: {0}")]
    Poisoned(String),
    /// Not now.
    #[error("the store cannot do this now: {0}")]
    Unavailable(String),
}
