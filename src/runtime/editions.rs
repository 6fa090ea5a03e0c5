//! The flows that turns are made with, and their replacement while turns are made.
//!
//! A turn takes one edition and holds it until it is committed. Sessions start on the current version of their turn's edition, so once
//! nobody holds an older edition, no session can come to stand on an older version any more: only then it may be told which versions
//! are in use, and the others may go.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Mutex, oneshot};

use crate::flow::{Library, Project, Version};
use crate::runtime::versions::{self, Sources};
use crate::store::{Store, StoreError};

/// The versions of one moment.
pub(super) struct Edition {
    library: Library,
    /// Tells, when it is dropped, that nobody holds the edition.
    _held: oneshot::Sender<()>,
}

impl Edition {
    pub fn library(&self) -> &Library {
        &self.library
    }
}

/// The edition of now, and what ends when nobody holds it.
struct Now {
    edition: Arc<Edition>,
    gone: oneshot::Receiver<()>,
}

impl Now {
    fn new(library: Library) -> Self {
        let (held, gone) = oneshot::channel();
        Self { edition: Arc::new(Edition { library, _held: held }), gone }
    }
}

/// Where the edition of now is found.
pub(super) struct Editions {
    now: RwLock<Now>,
    /// Replacements are made one after the other.
    replacing: Mutex<()>,
}

impl Editions {
    pub fn new(library: Library) -> Self {
        Self { now: RwLock::new(Now::new(library)), replacing: Mutex::new(()) }
    }

    /// What a turn that begins now is made with.
    pub fn now(&self) -> Arc<Edition> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).edition)
    }

    /// Turns that begin from now on are made with this. What is returned ends when no turn is made with anything older.
    fn replace(&self, library: Library) -> oneshot::Receiver<()> {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *now, Now::new(library)).gone
    }
}

/// The flows of a running [`crate::runtime::Runtime`].
#[derive(Clone)]
pub struct Flows {
    editions: Arc<Editions>,
    store: Arc<Store>,
}

impl Flows {
    pub(super) fn new(editions: Arc<Editions>, store: Arc<Store>) -> Self {
        Self { editions, store }
    }

    /// The version that new sessions start on.
    pub fn current(&self) -> Version {
        self.editions.now().library().current.clone()
    }

    /// New sessions start on this version from now on, and after a crash; running ones stay on theirs. When it returns, versions that
    /// nobody stands on have gone. If the store cannot keep the version, everything stays as it is; if it fails later than that, the
    /// version is live, and what is not needed any more goes at the next replacement.
    pub async fn replace(&self, project: Project, files: &Sources) -> Result<(), StoreError> {
        let _alone = self.editions.replacing.lock().await;
        let version = project.version.clone();
        versions::keep(&self.store, &version, files).await?;
        let mut library = self.editions.now().library().clone();
        library.current = version.clone();
        library.projects.insert(version, Arc::new(project));
        let gone = self.editions.replace(library.clone());
        // The sender is dropped without a word, which is the word.
        let _ = gone.await;
        if let Err(error) = self.tidy(library).await {
            tracing::warn!(%error, "versions that nobody stands on are still kept");
        }
        Ok(())
    }

    /// Lets go of versions that nobody stands on.
    async fn tidy(&self, mut library: Library) -> Result<(), StoreError> {
        let used = versions::used(&self.store, &library.current).await?;
        self.store.drop_unused_versions(&used).await?;
        library.projects.retain(|version, _| used.contains(version));
        // The next replacement waits for those who hold this edition only, so nobody may hold an older one by then.
        let _ = self.editions.replace(library).await;
        Ok(())
    }
}
