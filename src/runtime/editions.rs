//! The flows that turns are made with, and their replacement while turns are made.
//!
//! A turn takes one edition and holds it until it is committed. Sessions start on the current version of their turn's edition, so once
//! nobody holds an older edition, no session can come to stand on an older version any more: only then it may be told which versions
//! are in use, and the others may go.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Mutex, oneshot};

use crate::engine::RecordId;
use crate::flow::{Library, Project, Version};
use crate::runtime::libraries::Libraries;
use crate::runtime::versions::{self, Sources};
use crate::store::{Store, StoreError};

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

    /// The flows that a record's turns are made with.
    pub fn library(&self, record: &RecordId) -> &Library {
        self.libraries.for_record(record)
    }
}

/// The edition of now, and what ends when nobody holds it.
struct Now {
    edition: Arc<Edition>,
    gone: oneshot::Receiver<()>,
}

impl Now {
    fn new(libraries: Libraries) -> Self {
        let (held, gone) = oneshot::channel();
        Self { edition: Arc::new(Edition { libraries, _held: held }), gone }
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
        Self { now: RwLock::new(Now::new(libraries)), replacing: Mutex::new(()) }
    }

    /// What a turn that begins now is made with.
    pub fn now(&self) -> Arc<Edition> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).edition)
    }

    /// The address of a channel's chat has become known.
    pub async fn learn_link(&self, channel: &str, link: &str) {
        let _alone = self.replacing.lock().await;
        let mut libraries = self.now().libraries.clone();
        if libraries.learn_link(channel, link) {
            // Whoever still makes a turn with the older one makes it without the address, which does no harm.
            drop(self.replace(libraries));
        }
    }

    /// Turns that begin from now on are made with this. What is returned ends when no turn is made with anything older.
    fn replace(&self, libraries: Libraries) -> oneshot::Receiver<()> {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *now, Now::new(libraries)).gone
    }
}

/// The flows of a bot of a running [`crate::runtime::Runtime`].
#[derive(Clone)]
pub struct Flows {
    editions: Arc<Editions>,
    store: Arc<Store>,
    bot: String,
}

impl Flows {
    pub(super) fn new(editions: Arc<Editions>, store: Arc<Store>, bot: &str) -> Self {
        Self { editions, store, bot: bot.to_owned() }
    }

    /// The version that new sessions start on.
    pub fn current(&self) -> Version {
        self.editions.now().libraries.bot(&self.bot).current.clone()
    }

    /// New sessions start on this version from now on, and after a crash; running ones stay on theirs. When it returns, versions that
    /// nobody stands on have gone. If the store cannot keep the version, everything stays as it is; if it fails later than that, the
    /// version is live, and what is not needed any more goes at the next replacement.
    pub async fn replace(&self, project: Project, files: &Sources) -> Result<(), StoreError> {
        let _alone = self.editions.replacing.lock().await;
        let version = project.version.clone();
        versions::keep(&self.store, &self.bot, &version, files).await?;
        let mut libraries = self.editions.now().libraries.clone();
        if let Some(library) = libraries.bot_mut(&self.bot) {
            library.current = version.clone();
            library.projects.insert(version, Arc::new(project));
        }
        let gone = self.editions.replace(libraries.clone());
        // The sender is dropped without a word, which is the word.
        let _ = gone.await;
        if let Err(error) = self.tidy(libraries).await {
            tracing::warn!(%error, "versions that nobody stands on are still kept");
        }
        Ok(())
    }

    /// Lets go of versions that nobody stands on.
    async fn tidy(&self, mut libraries: Libraries) -> Result<(), StoreError> {
        let used = versions::used(&self.store, &libraries).await?;
        self.store.drop_unused_versions(&used.values().flatten().cloned().collect()).await?;
        for (bot, used) in &used {
            if let Some(library) = libraries.bot_mut(bot) {
                library.projects.retain(|version, _| used.contains(version));
            }
        }
        // The next replacement waits for those who hold this edition only, so nobody may hold an older one by then.
        let _ = self.editions.replace(libraries).await;
        Ok(())
    }
}
