//! The flows that turns are made with, and their replacement while turns are made.
//!
//! A turn takes one edition and holds it until it is committed. Sessions start on the current version of their turn's edition, so once
//! nobody holds an older edition, no session can come to stand on an older version any more: only then it may be told which versions
//! are in use, and the others may go.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Mutex, oneshot};

use crate::engine::{Matter, RecordId};
use crate::flow::{Away, House, Library, Project, Version};
use crate::runtime::Shared;
use crate::runtime::libraries::Libraries;
use crate::runtime::versions::{self, Sources};
use crate::store::StoreError;

/// The versions of one moment.
pub(super) struct Edition {
    libraries: Libraries,
    /// Tells, when it is dropped, that nobody holds the edition.
    _held: oneshot::Sender<()>,
}

impl Edition {
    /// The current flows of each bot.
    pub fn projects(&self) -> impl Iterator<Item = &Arc<Project>> {
        self.libraries.iter().map(|(_, library)| library.project())
    }

    /// A file of the flows, of whichever version has it.
    pub fn file(&self, digest: &str) -> Option<Arc<[u8]>> {
        let mut projects = self.libraries.iter().flat_map(|(_, library)| library.projects.values());
        projects.find_map(|project| project.files.get(digest).cloned())
    }

    /// True if this channel is one of the bot that a record belongs to.
    pub fn is_of_the_bot_of(&self, channel: &str, record: &RecordId) -> bool {
        self.libraries.name_for(&RecordId::person(channel, "")) == self.libraries.name_for(record)
    }

    /// The name of the bot that a record belongs to.
    pub fn bot_of(&self, record: &RecordId) -> &str {
        self.libraries.name_for(record)
    }

    /// The flows that a record's turns are made with.
    pub fn library(&self, record: &RecordId) -> &Library {
        self.libraries.for_record(record)
    }
}

/// What ends when nobody holds an edition any more.
type Gone = oneshot::Receiver<()>;

/// The edition of now, and those that may still be held.
struct Now {
    edition: Arc<Edition>,
    gone: Gone,
    older: Vec<Gone>,
}

impl Now {
    fn new(libraries: Libraries, older: Vec<Gone>) -> Self {
        let (held, gone) = oneshot::channel();
        Self { edition: Arc::new(Edition { libraries, _held: held }), gone, older }
    }

    /// Turns that begin from now on are made with this.
    fn replace(&mut self, libraries: Libraries) {
        let Self { gone, mut older, .. } = std::mem::replace(self, Self::new(libraries, Vec::new()));
        older.push(gone);
        older.retain_mut(|gone| matches!(gone.try_recv(), Err(TryRecvError::Empty)));
        self.older = older;
    }
}

/// Where the edition of now is found.
pub(super) struct Editions {
    now: RwLock<Now>,
    /// Replacements are made one after the other.
    replacing: Mutex<()>,
}

impl Editions {
    pub fn new(libraries: Libraries) -> Self {
        Self { now: RwLock::new(Now::new(libraries, Vec::new())), replacing: Mutex::new(()) }
    }

    /// What a turn that begins now is made with.
    pub fn now(&self) -> Arc<Edition> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).edition)
    }

    /// The address of a channel's chat has become known.
    pub fn learn_link(&self, channel: &str, link: &str) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let mut libraries = now.edition.libraries.clone();
        if libraries.learn_link(channel, link) {
            now.replace(libraries);
        }
    }

    /// Turns that begin from now on are made with this, in the installation as it is. When all that is returned has ended, no turn is made with
    /// anything older.
    fn replace(&self, mut libraries: Libraries) -> Vec<Gone> {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        libraries.dwell_with(&now.edition.libraries);
        now.replace(libraries);
        std::mem::take(&mut now.older)
    }

    /// Turns that begin from now on are made in this house; what was known of it before.
    pub fn furnish(&self, house: &House) -> House {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let mut libraries = now.edition.libraries.clone();
        let before = libraries.house().clone();
        if before != *house {
            libraries.furnish(house);
            now.replace(libraries);
        }
        before
    }

    /// True if somebody may everything, or no role may.
    pub fn is_owned(&self) -> bool {
        self.now().libraries.is_owned()
    }

    /// The time that the bot was away, while not all have heard of it.
    pub fn away(&self) -> Option<Away> {
        self.now().libraries.house().away
    }

    /// True while people without a role are asked to wait.
    pub fn is_closed(&self) -> bool {
        self.now().libraries.house().maintenance.is_some()
    }
}

/// The flows of a bot of a running [`crate::runtime::Runtime`].
#[derive(Clone)]
pub struct Flows {
    shared: Arc<Shared>,
    bot: String,
}

impl Flows {
    pub(super) fn new(shared: Arc<Shared>, bot: &str) -> Self {
        Self { shared, bot: bot.to_owned() }
    }

    /// Tells the authors that edited files were not taken, and why.
    pub fn refused(&self, findings: String) {
        self.shared.report(Matter::EditRefused { bot: self.bot.clone(), findings });
    }

    /// The version that new sessions start on.
    pub fn current(&self) -> Version {
        self.shared.editions.now().libraries.bot(&self.bot).current.clone()
    }

    /// New sessions start on this version from now on, and after a crash; running ones stay on theirs. When it returns, versions that
    /// nobody stands on have gone. If the store cannot keep the version, everything stays as it is; if it fails later than that, the
    /// version is live, and what is not needed any more goes at the next replacement.
    pub async fn replace(&self, project: Project, files: &Sources) -> Result<(), StoreError> {
        let Shared { editions, store, .. } = &*self.shared;
        let _alone = editions.replacing.lock().await;
        let version = project.version.clone();
        versions::keep(store, &self.bot, &version, files).await?;
        let mut libraries = editions.now().libraries.clone();
        if let Some(library) = libraries.bot_mut(&self.bot) {
            library.current = version.clone();
            library.projects.insert(version.clone(), Arc::new(project));
        }
        for gone in editions.replace(libraries.clone()) {
            // The sender is dropped without a word, which is the word.
            let _ = gone.await;
        }
        self.shared.report(Matter::EditLive { bot: self.bot.clone(), version: version.0 });
        if let Err(error) = self.tidy(libraries).await {
            tracing::warn!(%error, "versions that nobody stands on are still kept");
        }
        Ok(())
    }

    /// Lets go of versions that nobody stands on.
    async fn tidy(&self, mut libraries: Libraries) -> Result<(), StoreError> {
        let used = versions::used(&self.shared.store, &libraries).await?;
        self.shared.store.drop_unused_versions(&used.values().flatten().cloned().collect()).await?;
        for (bot, used) in &used {
            if let Some(library) = libraries.bot_mut(bot) {
                library.projects.retain(|version, _| used.contains(version));
            }
        }
        // The next replacement waits for those who hold this edition and later ones only, so nobody may hold an older one by then.
        for gone in self.shared.editions.replace(libraries) {
            let _ = gone.await;
        }
        Ok(())
    }
}
