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
    store.put_version(&version, files).await?;
    let mut library = Library::new(current, installation);
    let mut used = BTreeSet::from([version.clone()]);
    for old in store.versions().await? {
        if old == version || !is_used(store, &old).await? {
            continue;
        }
        match compile(store, &old, &library.installation).await? {
            Ok(project) => drop(library.projects.insert(old.clone(), Arc::new(project))),
            // Its people are told of a fault when they go on; everybody else is served.
            Err(why) => tracing::error!(version = old.0, why, "a version that people stand on cannot be used any more"),
        }
        used.insert(old);
    }
    store.drop_unused_versions(&used).await?;
    Ok(library)
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
    let mut sources = diagnostic::Sources::default();
    for (path, text) in files {
        sources.add(path, text);
    }
    Ok(load(&sources, installation).project.ok_or("it does not load with these settings"))
}
