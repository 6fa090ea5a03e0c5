//! The store: records, their index, their journal and the flow versions they stand on, durable and encrypted.
//!
//! A commit is one turn: the record, what finds it, when it wakes and what is to be remembered of it become durable together or not
//! at all, and only if nobody else was faster. When [`Store::commit`] returns `Ok`, the turn survives the process and the power.
//!
//! Nothing personal stands outside an encrypted envelope: keys of the store are keyed hashes. The embedded kinds share one engine
//! surface (`engine`) below one writer thread (`writer`); what differs between them is one file each. The store must not know what a
//! record means: it asks for its version, whether it has pending effects, and nothing else.

mod codec;
mod commit;
mod config;
mod embedded;
mod engine;
mod envelope;
mod folder;
mod health;
mod key;
mod layout;
mod mailbox;
mod memory;
mod page;
mod read;
mod sled;
mod space;
mod turn;
mod versions;
mod watch;
mod writer;

use std::collections::BTreeSet;

use crate::engine::{Record, RecordId};
use crate::expr::Time;
use crate::flow::Version;
use crate::store::embedded::Embedded;

pub use commit::{Commit, CommitError, IndexKey};
pub use config::{Kind, Note, StoreConfig, StoreError};
pub use health::Health;
pub use key::{Key, KeySource};
pub use memory::{Fault, Memory};
pub use page::{Cursor, Entry, Listed, Page};
pub use sled::Sled;

/// The store, of one of its kinds.
#[derive(Debug)]
pub enum Store {
    /// Gone with the process; for tests and demonstrations.
    Memory(Memory),
    /// Files in a data folder.
    Sled(Sled),
}

#[allow(clippy::unused_async, reason = "the surface is one for all kinds; reads of the embedded ones do not wait")]
impl Store {
    /// Opens the store, and creates it in an empty data folder. What the operator should hear of it is in [`Store::notes`].
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        match config.kind {
            Kind::Memory => Memory::open(config).map(Self::Memory),
            Kind::Sled => Sled::open(config).map(Self::Sled),
        }
    }

    /// An empty store in memory, with a key of its own.
    pub fn memory() -> Result<Self, StoreError> {
        Self::open(&StoreConfig { kind: Kind::Memory, ..StoreConfig::new("") })
    }

    /// What the operator should hear about the way the store was opened.
    pub fn notes(&self) -> &[Note] {
        match self {
            Self::Memory(_) => &[],
            Self::Sled(sled) => sled.notes(),
        }
    }

    /// The record of this id, if there is one.
    pub async fn load(&self, id: &RecordId) -> Result<Option<Record>, StoreError> {
        self.embedded().load(id)
    }

    /// Makes a turn durable. On `Ok` it is; on an error nothing of it was written, unless the store is
    /// [poisoned](CommitError::Poisoned). A commit whose future is dropped may still be written.
    pub async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        if let Self::Memory(memory) = self {
            memory.before_commit(&commit).await?;
        }
        self.embedded().commit(commit).await
    }

    /// Removes a record with all that finds it, its journal and its mailbox; `false` if there was nothing.
    pub async fn erase(&self, id: &RecordId) -> Result<bool, StoreError> {
        self.embedded().erase(id).await
    }

    /// The records whose last commit had this key.
    pub async fn find(&self, key: &IndexKey, page: &Page) -> Result<Listed<RecordId>, StoreError> {
        self.embedded().find(key, page)
    }

    /// The records that want to be woken by now, the earliest first, each with the time at which.
    pub async fn due(&self, now: Time, page: &Page) -> Result<Listed<(RecordId, Time)>, StoreError> {
        self.embedded().due(now, page)
    }

    /// The records with effects that are not known to be done.
    pub async fn pending(&self, page: &Page) -> Result<Listed<RecordId>, StoreError> {
        self.embedded().pending(page)
    }

    /// All records, in no order that means anything: for backups and exports, slice by slice.
    pub async fn records(&self, page: &Page) -> Result<Listed<RecordId>, StoreError> {
        self.embedded().records(page)
    }

    /// What is remembered of a record, the oldest first. A page's limit counts turns.
    pub async fn journal(&self, id: &RecordId, page: &Page) -> Result<Listed<Entry>, StoreError> {
        self.embedded().journal(id, page)
    }

    /// The messages that a channel keeps of this person, by their numbers.
    pub async fn mailbox(&self, id: &RecordId) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.embedded().mailbox(id)
    }

    /// Keeps messages under their numbers, or takes those away that are nothing now; all of it, or nothing.
    pub async fn put_mail(&self, id: &RecordId, letters: &[(u64, Option<Vec<u8>>)]) -> Result<(), StoreError> {
        self.embedded().put_mail(id, letters).await
    }

    /// A keyed hash by which a text that was given away is known again: of the store's key, for this purpose and nothing else.
    pub fn signature(&self, purpose: &str, text: &str) -> [u8; 16] {
        self.embedded().shared.keys.opaque(&[b"signature", purpose.as_bytes(), text.as_bytes()])
    }

    /// Keeps the files of a flow version: paths and texts. A version that is kept already is left alone.
    pub async fn put_version(&self, version: &Version, sources: &[(String, String)]) -> Result<(), StoreError> {
        self.embedded().put_version(version, sources).await
    }

    /// The versions that are kept.
    pub async fn versions(&self) -> Result<BTreeSet<Version>, StoreError> {
        self.embedded().versions()
    }

    /// The files of a flow version, if it is kept.
    pub async fn get_version(&self, version: &Version) -> Result<Option<Vec<(String, String)>>, StoreError> {
        self.embedded().get_version(version)
    }

    /// Remembers which version new sessions of a bot start on. Its files are to be [kept](Store::put_version) before. The only bot has an
    /// empty name.
    pub async fn set_current_version(&self, bot: &str, version: &Version) -> Result<(), StoreError> {
        self.embedded().set_current_version(bot, version).await
    }

    /// The version that new sessions of a bot started on last, if any ever did.
    pub async fn current_version(&self, bot: &str) -> Result<Option<Version>, StoreError> {
        self.embedded().current_version(bot)
    }

    /// Removes all versions but these; returns how many went.
    pub async fn drop_unused_versions(&self, used: &BTreeSet<Version>) -> Result<usize, StoreError> {
        self.embedded().drop_unused_versions(used).await
    }

    /// Writes something that means nothing, durably: whether commits would be taken. One that was planned to fail does not count here.
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.embedded().write(vec![(layout::PROBE.to_vec(), Some(Vec::new()))]).await
    }

    /// How it is.
    pub fn health(&self) -> Health {
        self.embedded().health()
    }

    /// Finishes what was asked, takes nothing more, and lets go of the files. Closing twice does nothing.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.embedded().close().await
    }

    /// What the kinds share.
    fn embedded(&self) -> &Embedded {
        match self {
            Self::Memory(memory) => memory.embedded(),
            Self::Sled(sled) => sled.embedded(),
        }
    }
}
