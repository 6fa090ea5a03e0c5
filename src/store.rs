//! The store: records, their index, their journal and the flow versions they stand on, durable and encrypted.
//!
//! A commit is one turn: the record, what finds it, when it wakes and what is to be remembered of it become durable together or not
//! at all, and only if nobody else was faster. When [`Store::commit`] returns `Ok`, the turn survives the process and the power.
//!
//! Nothing personal stands outside an encrypted envelope: keys of the store are keyed hashes. The embedded kinds share one engine
//! surface (`engine`) below one writer thread (`writer`); what differs between them is one file each. The store must not know what a
//! record means: it asks for its version, whether it has pending effects, and nothing else.

mod backup;
mod chain;
mod codec;
mod commit;
mod config;
mod digest;
mod embedded;
mod engine;
mod envelope;
mod erase;
mod folder;
mod health;
mod key;
mod keywork;
mod layout;
mod mailbox;
mod memory;
mod page;
mod pause;
mod read;
mod ring;
mod saving;
mod sled;
mod space;
mod tallies;
mod turn;
mod verify;
mod versions;
mod watch;
mod writer;

use std::collections::BTreeSet;
use std::path::Path;

use crate::engine::{Count, Fact, Order, Record, RecordId, Tally};
use crate::expr::Time;
use crate::flow::Version;
use crate::store::embedded::Embedded;

pub use commit::{Commit, CommitError, IndexKey};
pub use config::{Kind, Note, StoreConfig, StoreError};
pub use digest::Digest;
pub use erase::Act;
pub use folder::KEY_FILE;
pub use health::Health;
pub use key::{Key, KeyId, KeySource};
pub use keywork::Retired;
pub use memory::{Fault, Memory};
pub use page::{Cursor, Entry, Listed, Page};
pub use pause::Paused;
pub use ring::{KeyInUse, KeyState, Ring};
pub use saving::Saved;
pub use sled::Sled;
pub use verify::Verified;

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

    /// True if there is a store in files that these words open.
    pub fn exists(config: &StoreConfig) -> bool {
        config.kind == Kind::Sled && folder::holds_a_store(&config.path)
    }

    /// True if another process has the store in files that these words open.
    pub fn is_in_use(config: &StoreConfig) -> bool {
        config.kind == Kind::Sled && folder::is_locked(&config.path)
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
        self.commit_counting(commit, Vec::new()).await
    }

    /// The same with what the turn counts, which becomes durable with it.
    pub async fn commit_counting(&self, commit: Commit, counts: Vec<Count>) -> Result<(), CommitError> {
        if let Self::Memory(memory) = self {
            memory.before_commit(&commit, &counts).await?;
        }
        self.embedded().commit_counting(commit, counts).await
    }

    /// What was counted of the sessions of a flow that began on this day in this channel.
    pub async fn tally(&self, channel: &str, flow: &str, day: i64) -> Result<Tally, StoreError> {
        self.embedded().tally(channel, flow, day)
    }

    /// Removes a record with all that finds it and its mailbox, at once; none if there was nothing. What remains are its facts, which hold
    /// no values, under a name that does not lead back to it.
    pub async fn erase(&self, id: &RecordId) -> Result<Option<Act>, StoreError> {
        self.embedded().erase(id).await
    }

    /// The same, with a turn in the place of the record, all at once: `remains` makes it and what it counts, given the number of the
    /// act. What it remembers goes where the other facts go.
    pub async fn erase_but(
        &self,
        id: &RecordId,
        remains: &(dyn Fn(u64) -> (Commit, Vec<Count>) + Sync),
    ) -> Result<Option<Act>, CommitError> {
        self.embedded().erase_but(id, remains).await
    }

    /// Removes a record that is of nobody: what is remembered of it stays under its name. Nothing happens if it was written meanwhile.
    pub async fn remove(&self, id: &RecordId) -> Result<(), StoreError> {
        self.embedded().remove_record(id).await
    }

    /// The records whose last commit had this key.
    pub async fn find(&self, key: &IndexKey, page: &Page) -> Result<Listed<RecordId>, StoreError> {
        self.embedded().find(key, page)
    }

    /// The records that stand in an order, the earliest first; one may stand in it more than once.
    pub async fn first(&self, order: Order, page: &Page) -> Result<Listed<RecordId>, StoreError> {
        self.embedded().first(order, page)
    }

    /// How many places of an order are taken up to a time.
    pub async fn count(&self, order: Order, until: Time) -> Result<u64, StoreError> {
        self.embedded().count(order, until)
    }

    /// The records that want to be woken by now, the earliest first, each with the time at which.
    pub async fn due(&self, now: Time, page: &Page) -> Result<Listed<(RecordId, Time)>, StoreError> {
        self.embedded().due(now, page)
    }

    /// The records with effects that are not known to be done.
    pub async fn pending(&self, page: &Page) -> Result<Listed<RecordId>, StoreError> {
        self.embedded().pending(page)
    }

    /// A place in the list of [`Self::pending`] that the number draws, with about as many before it as behind it on the average.
    pub fn anywhere_in_pending(drawn: u64) -> Cursor {
        Cursor(layout::key(b'p', &[&drawn.to_be_bytes(), &[0; 8]]))
    }

    /// All records, in no order that means anything: for backups and exports, slice by slice.
    pub async fn records(&self, page: &Page) -> Result<Listed<RecordId>, StoreError> {
        self.embedded().records(page)
    }

    /// What is remembered of a record, the oldest first. A page's limit counts turns.
    pub async fn journal(&self, id: &RecordId, page: &Page) -> Result<Listed<Entry>, StoreError> {
        self.embedded().journal(id, page)
    }

    /// What the latest turn before a version has remembered of a record, with the turn's own version: whoever goes on with that reads
    /// backwards, and no more than they want. Nothing if there is none.
    pub async fn turn_before(&self, id: &RecordId, version: Option<u64>) -> Result<Option<(u64, Vec<Fact>)>, StoreError> {
        self.embedded().turn_before(id, version)
    }

    /// What remains of somebody who was erased, by the name that the [`Act`] tells; nothing if there is no such name.
    pub async fn stub(&self, name: &str) -> Result<Vec<Entry>, StoreError> {
        self.embedded().stub(name)
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
        self.embedded().shared.keys().opaque(&[b"signature", purpose.as_bytes(), text.as_bytes()])
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

    /// Its keys, the active one first.
    pub fn keys(&self) -> Vec<KeyInUse> {
        self.embedded().keys_in_use()
    }

    /// Makes a new key, which encrypts from now on. What older keys have sealed they still open.
    pub async fn rotate_key(&self) -> Result<KeyId, StoreError> {
        self.embedded().rotate_key().await
    }

    /// Makes a new key, seals everything anew with it, slice by slice, and only then destroys all others. If it is interrupted, nothing
    /// is lost, and the next call goes on. `progress` is told now and then how many things have been sealed anew.
    pub async fn retire_keys(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<Retired, StoreError> {
        self.embedded().retire_keys(progress).await
    }

    /// Hashes the heads of all chains of facts together, signs that, and keeps it in the store and in a file of the data folder.
    pub async fn take_digest(&self, at: Time) -> Result<Digest, StoreError> {
        self.embedded().take_digest(at).await
    }

    /// All digests, the oldest first.
    pub async fn digests(&self) -> Result<Vec<Digest>, StoreError> {
        self.embedded().digests()
    }

    /// Makes all chains and digests again and tells what does not agree.
    pub async fn verify(&self) -> Result<Verified, StoreError> {
        self.embedded().verify().await
    }

    /// Writes everything into a new file, sealed, while everybody goes on.
    pub async fn back_up(&self, path: &Path) -> Result<Saved, StoreError> {
        self.embedded().back_up(path).await
    }

    /// Makes a store out of a backup, in an empty place. `ring` opens the backup, if the key file of the new store does not. The store is
    /// [paused](Store::paused).
    pub async fn restore(config: &StoreConfig, path: &Path, ring: Option<Ring>) -> Result<(Self, Saved), StoreError> {
        saving::restore(config, path, ring).await
    }

    /// Why nothing may be done with it yet: it was made out of a backup, which is older than the world.
    pub async fn paused(&self) -> Result<Option<Paused>, StoreError> {
        self.embedded().paused()
    }

    /// Releases a store that was made out of a backup.
    pub async fn resume(&self) -> Result<(), StoreError> {
        self.embedded().resume().await
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
