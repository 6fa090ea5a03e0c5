//! The versions of the flows that some session stands on: kept in the store, compiled at start.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic;
use crate::flow::{Installation, Library, Project, Version, load};
use crate::store::{IndexKey, Page, Store, StoreError};

/// The files of a version: paths and texts.
pub type Sources = Vec<(String, String)>;

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
        used.insert(old.clone());
        match compile(store, &old, &library.installation).await? {
            Some(project) => drop(library.projects.insert(old, Arc::new(project))),
            None => tracing::error!(version = old.0, "a version that people stand on does not load with these settings any more"),
        }
    }
    store.drop_unused_versions(&used).await?;
    Ok(library)
}

async fn is_used(store: &Store, version: &Version) -> Result<bool, StoreError> {
    let found = store.find(&IndexKey::new("version", version.0.clone()), &Page::first(1)).await?;
    Ok(!found.items.is_empty())
}

async fn compile(store: &Store, version: &Version, installation: &Installation) -> Result<Option<Project>, StoreError> {
    let Some(files) = store.get_version(version).await? else { return Ok(None) };
    let mut sources = diagnostic::Sources::default();
    for (path, text) in files {
        sources.add(path, text);
    }
    Ok(load(&sources, installation).project)
}
