//! Collects the YAML files of a folder, and what their messages show: the same files in the same order on every machine, and none from outside the folder.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::cli::exit::mistake;
use crate::diagnostic::{Code, Diagnostic, FileId, Sources, Span};
use crate::flow::{LARGEST, enclosed};
use crate::syntax::MAX_BYTES;
use crate::syntax::codes::{ALIAS_BOMB, BAD_ENCODING};

/// A file that looks like a flow and is not read.
const UNREAD_FILE: Code = Code::new("USH009", "unread-file");

/// Files, at most: more are not a bot but a mistake in the path.
const MAX_FILES: usize = 5_000;
/// Folders in folders, at most.
const MAX_DEPTH: usize = 16;

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Collected {
    /// The files, sorted by path.
    pub sources: Sources,
    /// What is wrong with them as files.
    pub findings: Vec<Diagnostic>,
    /// Files that look like flows and are not read, because their names end in `.yml`.
    pub unread: Vec<String>,
    /// The folder, with all links resolved.
    root: PathBuf,
}

/// A walk that is under way.
struct Walk<'a> {
    /// The folder, with all links resolved.
    root: PathBuf,
    /// What is left out.
    except: Option<&'a Path>,
    /// Folders that were seen: a link may lead back.
    seen: BTreeSet<PathBuf>,
    /// Path as shown → where the file is.
    files: Vec<(String, PathBuf)>,
}

/// Collects `**/*.yaml` of `folder`, which is called `shown` in paths. Hidden files and folders, `except`, and links that lead out of
/// the folder are left out.
pub fn collect(folder: &Path, shown: &str, except: Option<&Path>) -> anyhow::Result<Collected> {
    let root = folder.canonicalize().map_err(|error| cannot_read(folder, &error))?;
    let except = except.and_then(|path| path.canonicalize().ok());
    let mut walk = Walk { root, except: except.as_deref(), seen: BTreeSet::new(), files: Vec::new() };
    walk.folder(folder, shown.trim_end_matches('/'), 0)?;
    walk.files.sort();
    let mut collected = Collected { root: walk.root, ..Collected::default() };
    for (shown, path) in walk.files {
        collected.add(&path, shown)?;
    }
    collected.attach()?;
    Ok(collected)
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, shown: &str, depth: usize) -> anyhow::Result<()> {
        let real = folder.canonicalize().map_err(|error| cannot_read(folder, &error))?;
        if depth > MAX_DEPTH || !self.seen.insert(real) {
            return Ok(());
        }
        let entries = fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| cannot_read(folder, &error))?;
            // A name that is no UTF-8 cannot be shown; flows have names that can.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !name.starts_with('.') {
                let shown = if shown.is_empty() || shown == "." { name } else { format!("{shown}/{name}") };
                self.entry(&entry.path(), shown, depth)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, shown: String, depth: usize) -> anyhow::Result<()> {
        // A link that leads nowhere or out of the folder is not ours to read.
        let Some(real) = path.canonicalize().ok().filter(|real| real.starts_with(&self.root)) else { return Ok(()) };
        if real.is_dir() {
            return self.folder(path, &shown, depth + 1);
        }
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if is_yaml && real.is_file() && Some(real.as_path()) != self.except {
            self.files.push((shown, path.to_owned()));
        }
        if self.files.len() > MAX_FILES {
            let folder = self.root.display();
            return Err(mistake(format!("{folder} holds more than {MAX_FILES} YAML files; is it the folder of a bot?")));
        }
        Ok(())
    }
}

impl Collected {
    /// Takes this text for that of a file, which need not be there yet.
    pub fn put(&mut self, path: &str, text: &str) -> anyhow::Result<()> {
        let mut sources = Sources::default();
        let known = self.sources.iter().find(|(_, source)| source.path == path).map(|(file, _)| file);
        for (file, source) in self.sources.iter() {
            sources.add(source.path.clone(), if Some(file) == known { text } else { &source.text });
        }
        if known.is_none() {
            sources.add(path, text);
        }
        self.findings.retain(|finding| Some(finding.span.file) != known);
        self.sources = sources;
        self.attach()
    }

    /// Adds the files that messages show. What is not there, or leads out of the folder, is left to loading, which says so.
    fn attach(&mut self) -> anyhow::Result<()> {
        for written in enclosed(&self.sources) {
            let path = self.root.join(&written);
            let within = path.canonicalize().ok().filter(|real| real.starts_with(&self.root) && real.is_file());
            let Some(path) = within else { continue };
            self.sources.attach(written, read(&path, LARGEST).map_err(|error| cannot_read(&path, &error))?);
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, shown: String) -> anyhow::Result<()> {
        let file = FileId(u32::try_from(self.sources.iter().count()).unwrap_or(u32::MAX));
        if path.extension().is_some_and(|extension| extension == "yml") {
            self.unread.push(shown);
            return Ok(());
        }
        let bytes = read(path, MAX_BYTES).map_err(|error| cannot_read(path, &error))?;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let start = error.utf8_error().valid_up_to();
                let finding = Diagnostic::error(BAD_ENCODING, Span::new(file, start, start + 1), "the file is not UTF-8");
                self.findings.push(finding.help("save it as UTF-8"));
                String::from_utf8_lossy(error.as_bytes()).into_owned()
            }
        };
        if text.len() > MAX_BYTES {
            let message = format!("the file is larger than {MAX_BYTES} bytes");
            self.findings.push(Diagnostic::error(ALIAS_BOMB, Span::new(file, 0, 0), message));
        }
        self.sources.add(shown, text);
        Ok(())
    }
}

/// Findings about files that are not read. Their texts have no part in anything, so the files stand here empty.
pub fn unread(paths: &[String]) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let find = |path: &String| {
        let place = Span::new(sources.add(path.clone(), String::new()), 0, 0);
        Diagnostic::warning(UNREAD_FILE, place, "this file is not read: its name does not end in .yaml").help("rename it")
    };
    let findings = paths.iter().map(find).collect();
    (sources, findings)
}

/// The file, or as much of it as shows that it is too large.
fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Why something cannot be read, in one sentence.
pub fn cannot_read(path: &Path, error: &io::Error) -> anyhow::Error {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path }.display();
    mistake(match error.kind() {
        io::ErrorKind::NotFound => format!("{path} does not exist"),
        io::ErrorKind::PermissionDenied => format!("{path} may not be read by this user"),
        io::ErrorKind::NotADirectory => format!("{path} is not a folder"),
        _ => format!("{path} cannot be read: {error}"),
    })
}

/// Why a folder cannot be made or written to, in one sentence.
pub fn cannot_write(path: &Path, error: &io::Error) -> anyhow::Error {
    let path = path.display();
    mistake(match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => format!("{path} may not be written to by this user"),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => format!("{path} is not a folder"),
        _ => format!("{path} cannot be written to: {error}"),
    })
}
