//! The versions of the flows that some session stands on: kept in the store, compiled at start.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic;
use crate::flow::{Installation, Library, Project, Version, load};
use crate::store::{IndexKey, Page, Store, StoreError};

/// The files of a version: paths and texts.
pub type Sources = Vec<(String, String)>;

/// Records asked for at once.
const PAGE: usize = 64;

/// Keeps the current version, and compiles every other version that a session stands on. Versions nobody uses are dropped.
pub async fn library(store: &Store, current: Project, files: &Sources, installation: Installation) -> Result<Library, StoreError> {
    let version = current.version.clone();
    keep(store, &version, files).await?;
    let mut library = Library::new(current, installation);
    let used = used(store, &version).await?;
    for old in used.iter().filter(|old| **old != version) {
        match compile(store, old, &library.installation).await? {
            Ok(project) => drop(library.projects.insert(old.clone(), Arc::new(project))),
            // Its people are told of a fault when they go on; everybody else is served.
            Err(why) => tracing::error!(version = old.0, why, "a version that people stand on cannot be used any more"),
        }
    }
    store.drop_unused_versions(&used).await?;
    Ok(library)
}

/// Makes a version the one that new sessions start on, also for the next start.
pub(super) async fn keep(store: &Store, version: &Version, files: &Sources) -> Result<(), StoreError> {
    store.put_version(version, files).await?;
    store.set_current_version(version).await
}

/// The version that new sessions started on when the process last ended, and its files, if it still loads: what a bot lives on while
/// its own files are broken.
pub async fn last(store: &Store, installation: &Installation) -> Result<Option<(Project, Sources)>, StoreError> {
    let Some(version) = store.current_version().await? else { return Ok(None) };
    let files = match store.get_version(&version).await {
        Ok(Some(files)) => files,
        Ok(None) | Err(StoreError::Damaged { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(loaded(&files, installation).map(|project| (project, files)))
}

/// Which versions must stay: the current one and those that some session stands on.
pub(super) async fn used(store: &Store, current: &Version) -> Result<BTreeSet<Version>, StoreError> {
    let mut used = BTreeSet::from([current.clone()]);
    for version in store.versions().await? {
        if !used.contains(&version) && is_used(store, &version).await? {
            used.insert(version);
        }
    }
    Ok(used)
}

/// True if some session stands on the version, or if that cannot be told because a record cannot be read.
async fn is_used(store: &Store, version: &Version) -> Result<bool, StoreError> {
    let key = IndexKey::new("version", version.0.clone());
    let mut page = Page::first(PAGE);
    loop {
        // A page may be empty although more follow: entries that their records do not confirm are left out.
        let found = store.find(&key, &page).await?;
        if !found.items.is_empty() || found.damaged > 0 {
            return Ok(true);
        }
        let Some(next) = found.next else { return Ok(false) };
        page.after = Some(next);
    }
}

/// The version, compiled with the settings of now; or why it cannot be.
async fn compile(store: &Store, version: &Version, installation: &Installation) -> Result<Result<Project, &'static str>, StoreError> {
    let files = match store.get_version(version).await {
        Ok(Some(files)) => files,
        Ok(None) => return Ok(Err("its files are not there")),
        Err(StoreError::Damaged { why, .. }) => return Ok(Err(why)),
        Err(error) => return Err(error),
    };
    Ok(loaded(&files, installation).ok_or("it does not load with these settings"))
}

fn loaded(files: &Sources, installation: &Installation) -> Option<Project> {
    let mut sources = diagnostic::Sources::default();
    for (path, text) in files {
        sources.add(path.clone(), text.clone());
    }
    load(&sources, installation).project
}
