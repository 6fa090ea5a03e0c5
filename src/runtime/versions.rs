//! The versions of the flows that some session stands on: kept in the store, compiled at start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::diagnostic;
use crate::flow::shapes::holds_scenarios;
use crate::flow::{Installation, Library, Project, Version, load};
use crate::runtime::house;
use crate::runtime::libraries::Libraries;
use crate::store::{IndexKey, Page, Store, StoreError};

/// The files of a version: paths and texts.
pub type Sources = Vec<(String, String)>;

/// What a path begins with whose file is no text: it stands in the place of a text in base64.
const NO_TEXT: &str = "./";

/// The files of flows as they are kept: all texts, and what their messages show.
pub fn files(sources: &diagnostic::Sources) -> Sources {
    let texts = sources.iter().map(|(_, file)| (file.path.clone(), file.text.clone())).filter(|(path, _)| !holds_scenarios(path));
    let shown = sources.attached().iter().map(|(path, bytes)| (path.clone(), STANDARD.encode(bytes)));
    texts.chain(shown).collect()
}

/// Files that were kept, to be loaded. What is damaged is left out: loading says that it is missing.
pub fn sources(files: &Sources) -> diagnostic::Sources {
    let mut sources = diagnostic::Sources::default();
    for (path, text) in files {
        match STANDARD.decode(text).ok().filter(|_| path.starts_with(NO_TEXT)) {
            Some(bytes) => sources.attach(path.clone(), bytes),
            None => drop(sources.add(path.clone(), text.clone())),
        }
    }
    sources
}

/// Records asked for at once.
const PAGE: usize = 64;

/// A bot that is about to begin: its name, the version that its new sessions start on, and the channels on which it speaks. The only
/// bot, or the one that others stand beside, has an empty name.
#[derive(Debug)]
pub struct Beginning {
    /// By which the store knows the bot.
    pub name: String,
    /// The current version.
    pub project: Project,
    /// Its files.
    pub files: Sources,
    /// Its channels.
    pub channels: Vec<String>,
}

/// Keeps the current version, and compiles every other version that a session stands on. Versions nobody uses are dropped.
pub async fn library(store: &Store, current: Project, files: &Sources, installation: Installation) -> Result<Library, StoreError> {
    let alone = Beginning { name: String::new(), project: current, files: files.clone(), channels: Vec::new() };
    let libraries = libraries(store, vec![alone], installation).await?;
    Ok(libraries.bot("").clone())
}

/// The same for several bots over one store.
pub async fn libraries(store: &Store, bots: Vec<Beginning>, installation: Installation) -> Result<Libraries, StoreError> {
    let mut libraries = Libraries::none();
    for Beginning { name, project, files, channels } in bots {
        keep(store, &name, &project.version, &files).await?;
        libraries.add(&name, Library::new(project, installation.clone()), &channels);
    }
    let mut compiled: BTreeMap<Version, Option<Arc<Project>>> = BTreeMap::new();
    let used = used(store, &libraries).await?;
    for (bot, versions) in &used {
        let Some(library) = libraries.bot_mut(bot) else { continue };
        for old in versions.iter().filter(|old| **old != library.current) {
            if !compiled.contains_key(old) {
                compiled.insert(old.clone(), usable(store, old, &library.installation).await?);
            }
            if let Some(Some(project)) = compiled.get(old) {
                library.projects.insert(old.clone(), Arc::clone(project));
            }
        }
    }
    store.drop_unused_versions(&used.into_values().flatten().collect()).await?;
    libraries.furnish(&house::kept(store).await?);
    Ok(libraries)
}

/// A version that people stand on, compiled; nothing if it cannot be any more.
async fn usable(store: &Store, version: &Version, installation: &Installation) -> Result<Option<Arc<Project>>, StoreError> {
    match compile(store, version, installation).await? {
        Ok(project) => Ok(Some(Arc::new(project))),
        // Its people are told of a fault when they go on; everybody else is served.
        Err(why) => {
            tracing::error!(version = version.0, why, "a version that people stand on cannot be used any more");
            Ok(None)
        }
    }
}

/// Makes a version the one that new sessions of a bot start on, also for the next start.
pub(super) async fn keep(store: &Store, bot: &str, version: &Version, files: &Sources) -> Result<(), StoreError> {
    store.put_version(version, files).await?;
    store.set_current_version(bot, version).await
}

/// The version that new sessions of a bot started on when the process last ended, and its files, if it still loads: what a bot lives on
/// while its own files are broken.
pub async fn last(store: &Store, bot: &str, installation: &Installation) -> Result<Option<(Project, Sources)>, StoreError> {
    let Some(version) = store.current_version(bot).await? else { return Ok(None) };
    let files = match store.get_version(&version).await {
        Ok(Some(files)) => files,
        Ok(None) | Err(StoreError::Damaged { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(loaded(&files, installation).map(|project| (project, files)))
}

/// Which versions each bot must keep: its current one and those that some session of its people stands on.
pub(super) async fn used(store: &Store, libraries: &Libraries) -> Result<BTreeMap<String, BTreeSet<Version>>, StoreError> {
    let current = |(bot, library): (&str, &Library)| (bot.to_owned(), BTreeSet::from([library.current.clone()]));
    let mut used: BTreeMap<String, BTreeSet<Version>> = libraries.iter().map(current).collect();
    for version in store.versions().await? {
        let without: BTreeSet<String> =
            used.iter().filter(|(_, versions)| !versions.contains(&version)).map(|(bot, _)| bot.clone()).collect();
        for bot in users(store, &version, libraries, without).await? {
            used.entry(bot).or_default().insert(version.clone());
        }
    }
    Ok(used)
}

/// Those of these bots some of whose people stand on the version; all of them if that cannot be told because a record cannot be read.
async fn users(store: &Store, version: &Version, libraries: &Libraries, mut of: BTreeSet<String>) -> Result<BTreeSet<String>, StoreError> {
    let key = IndexKey::new("version", version.0.clone());
    let (mut page, mut users) = (Page::first(PAGE), BTreeSet::new());
    while !of.is_empty() {
        // A page may be empty although more follow: entries that their records do not confirm are left out.
        let found = store.find(&key, &page).await?;
        if found.damaged > 0 {
            users.append(&mut of);
        }
        users.extend(found.items.iter().filter_map(|record| of.take(libraries.name_for(record))));
        let Some(next) = found.next else { break };
        page.after = Some(next);
    }
    Ok(users)
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
    load(&sources(files), installation).project
}
