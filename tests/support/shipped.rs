//! The shipped bot, loaded from `flows/` as the binary loads it.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use usher::diagnostic::{self, Format, Sources};
use usher::flow::{Installation, Library, Role, load};

/// Every YAML file below a folder, in the order of their paths.
pub fn yaml_files(folder: &Path) -> Vec<(String, String)> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                into.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    collect(folder, &mut paths);
    paths.sort();
    let name = |path: &Path| path.strip_prefix(folder.parent().unwrap()).unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// The files of the shipped bot.
pub fn files() -> Vec<(String, String)> {
    yaml_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("flows"))
}

/// Who may do what in the shipped bot, as its operator's file says it.
const ROLES: &[(&str, &str, &[&str])] = &[
    ("hr", "Отдел кадров", &["requests", "people", "codes", "invitations", "statistics", "broadcast"]),
    ("it", "Поддержка", &["people", "codes", "sessions", "operations", "maintenance", "reload", "statistics"]),
    ("owner", "Владелец", &["all"]),
    ("alerts", "Сбои", &[]),
    ("authors", "Авторы", &[]),
];

fn role_that_may(title: &str, may: &[&str]) -> Role {
    Role { title: title.to_owned(), may: may.iter().map(|right| (*right).to_owned()).collect(), ..Role::default() }
}

/// The operator's side of the shipped bot, with the ERP in this profile.
pub fn installation(profile: &str) -> Installation {
    Installation {
        profiles: BTreeMap::from([("erp".to_owned(), profile.to_owned())]),
        roles: ROLES.iter().map(|(role, title, may)| ((*role).to_owned(), role_that_may(title, may))).collect(),
        ..Installation::default()
    }
}

/// The shipped bot.
pub fn library(profile: &str) -> Library {
    let mut sources = Sources::default();
    for (path, text) in files() {
        sources.add(path, text);
    }
    let installation = installation(profile);
    let loaded = load(&sources, &installation);
    let found = diagnostic::render(&sources, &loaded.findings, Format::Concise, false);
    Library::new(loaded.project.unwrap_or_else(|| panic!("the shipped flows do not load:\n{found}")), installation)
}
