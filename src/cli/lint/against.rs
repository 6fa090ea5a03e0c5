//! The older version of a bot that `--against` names: another folder, or a commit of the repository that the bot is in.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::cli::bot::{self, Place};
use crate::cli::exit::mistake;
use crate::cli::sources::{Collected, collect};
use crate::diagnostic::{Severity, Sources};
use crate::flow::{Installation, Project, enclosed, load};

/// What a bot was.
#[derive(Debug, Clone)]
pub struct Against {
    written: String,
}

impl Against {
    /// As it was written on the command line.
    pub fn new(written: &str) -> Self {
        Self { written: written.to_owned() }
    }

    /// The bot at `place` as it was. The operator's side is the present one.
    pub fn project(&self, place: &Place, installation: &Installation) -> anyhow::Result<Project> {
        let folder = Path::new(&self.written);
        let sources = if folder.is_dir() { of_folder(folder, place)? } else { self.of_commit(&place.flows)? };
        let loaded = load(&sources, installation);
        let wrong = loaded.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        loaded.project.ok_or_else(|| {
            let errors = if wrong == 1 { "an error".to_owned() } else { format!("{wrong} errors") };
            mistake(format!("nothing can be compared with {}: there is {errors} in the flows there", self.written))
        })
    }

    fn of_commit(&self, flows: &Path) -> anyhow::Result<Sources> {
        let root = self
            .git(flows, ["rev-parse", "--show-toplevel"])?
            .ok_or_else(|| mistake(format!("{} is no folder, and {} is in no git repository", self.written, bot::shown(flows))))?;
        let root = PathBuf::from(root.trim_end_matches('\n'));
        let root = root.canonicalize().unwrap_or(root);
        let commit = format!("{}^{{commit}}", self.written);
        let known = self.git(flows, ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        let commit =
            known.ok_or_else(|| mistake(format!("there is no folder, branch, tag or commit \"{}\" to compare with", self.written)))?;
        let commit = commit.trim();
        let within = flows.strip_prefix(&root).unwrap_or(Path::new("")).to_string_lossy().into_owned();
        let listed = self.git(&root, ["ls-tree", "-r", "-z", "--name-only", commit, "--", &format!("./{within}")])?.unwrap_or_default();
        let mut sources = Sources::default();
        for path in listed.split('\0').filter(|path| is_read(path)) {
            let text = self.git(&root, ["cat-file", "blob", &format!("{commit}:{path}")])?;
            let shown = path.strip_prefix(&within).unwrap_or(path).trim_start_matches('/');
            sources.add(shown, text.unwrap_or_default());
        }
        for path in enclosed(&sources) {
            let within = Path::new(&within).join(path.trim_start_matches("./")).to_string_lossy().into_owned();
            if let Some(bytes) = self.bytes(&root, ["cat-file", "blob", &format!("{commit}:{within}")])? {
                sources.attach(path, bytes);
            }
        }
        if sources.iter().next().is_none() {
            return Err(mistake(format!("{} had no flows in {} at \"{}\"", bot::shown(&root), bot::shown(flows), self.written)));
        }
        Ok(sources)
    }

    /// What git writes; nothing if it says no.
    fn git<const N: usize>(&self, folder: &Path, arguments: [&str; N]) -> anyhow::Result<Option<String>> {
        Ok(self.bytes(folder, arguments)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn bytes<const N: usize>(&self, folder: &Path, arguments: [&str; N]) -> anyhow::Result<Option<Vec<u8>>> {
        let Output { status, stdout, .. } =
            Command::new("git").arg("-C").arg(folder).args(arguments.map(OsStr::new)).output().map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    mistake(format!("{} is no folder, and git, which would know a commit of that name, is not installed", self.written))
                }
                _ => mistake(format!("git cannot be started: {error}")),
            })?;
        Ok(status.success().then_some(stdout))
    }
}

/// The flows of another folder: those of the bot in it, or the folder itself.
fn of_folder(folder: &Path, place: &Place) -> anyhow::Result<Sources> {
    let name = place.flows.file_name().map(Path::new);
    let folder = name.map(|name| folder.join(name)).filter(|flows| flows.is_dir()).unwrap_or_else(|| folder.to_owned());
    let Collected { sources, .. } = collect(&folder, "", None)?;
    if sources.iter().next().is_none() {
        return Err(mistake(format!("{} holds no flows to compare with", folder.display())));
    }
    Ok(sources)
}

/// Files that are read of a folder are read of a commit.
fn is_read(path: &str) -> bool {
    let is_hidden = path.split('/').any(|part| part.starts_with('.'));
    Path::new(path).extension().is_some_and(|extension| extension == "yaml") && !is_hidden
}
