//! Fixes, made in the files.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;

use clap::Args;

use crate::cli::bot::Found;
use crate::cli::exit::mistake;
use crate::cli::screen;
use crate::cli::sources::{cannot_read, cannot_write};
use crate::diagnostic::FileId;
use crate::lint::fixes::{Edits, Risk, apply, diff, of_file};

/// The arguments about fixes.
#[derive(Debug, Args)]
pub struct Mending {
    /// Mend what can be mended without changing the meaning
    #[arg(long)]
    fix: bool,
    /// Mend as well what was most likely meant otherwise: misspelt names, foreign operators
    #[arg(long)]
    unsafe_fixes: bool,
    /// Show what --fix or --unsafe-fixes would write, and write nothing
    #[arg(long)]
    pub diff: bool,
}

impl Mending {
    /// Whether anything is to be mended.
    pub fn is_wanted(&self) -> bool {
        self.fix || self.unsafe_fixes
    }

    /// Whether risky fixes are wanted.
    pub fn risk(&self) -> Risk {
        if self.unsafe_fixes { Risk::Taken } else { Risk::Avoided }
    }
}

/// Makes the fixes of these findings and tells how many findings they mend. A file is changed as a whole or not at all.
pub fn mend(found: &Found, risk: Risk) -> anyhow::Result<usize> {
    let mut mended = 0;
    for (file, Edits { edits, findings }) in changed(found, risk) {
        let source = found.sources.get(file);
        let path = Path::new(&source.path);
        let path = path.canonicalize().map_err(|error| cannot_read(path, &error))?;
        let bytes = fs::read(&path).map_err(|error| cannot_read(&path, &error))?;
        // What was read may be blotted out where it is secret, but it is as long as the file; if it is not, somebody has just written it.
        let made = apply(&bytes, &edits).filter(|_| bytes.len() == source.text.len());
        let made = made.ok_or_else(|| mistake(format!("{} was changed in the meantime; nothing is written to it", source.path)))?;
        replace(&path, &made).map_err(|error| cannot_write(&path, &error))?;
        mended += findings;
    }
    Ok(mended)
}

/// The fixes as a unified diff.
pub fn shown(found: &Found, risk: Risk) -> String {
    let one = |(file, Edits { edits, .. }): (FileId, Edits<'_>)| {
        let source = found.sources.get(file);
        diff(&source.path, &source.text, &edits)
    };
    changed(found, risk).into_iter().map(one).collect()
}

/// How many more would be mended if risks were taken, in words; nothing if none would.
pub fn beyond(found: &Found, risk: Risk) -> String {
    let more: usize = changed(found, Risk::Taken).iter().map(|(_, edits)| edits.findings).sum();
    match risk {
        Risk::Avoided if more > 0 => format!(" without a risk; {} with --unsafe-fixes", screen::counted(more, "finding")),
        _ => String::new(),
    }
}

fn changed(found: &Found, risk: Risk) -> Vec<(FileId, Edits<'_>)> {
    let files: BTreeSet<FileId> = found.findings.iter().map(|finding| finding.span.file).collect();
    let edits = files.into_iter().map(|file| (file, of_file(file, &found.findings, risk)));
    edits.filter(|(_, edits)| !edits.edits.is_empty()).collect()
}

/// Writes beside the file and puts the new one in its place, so that nobody ever reads half of it.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside: PathBuf = path.with_file_name(format!(".{name}.{}.tmp", process::id()));
    let written = write(path, &beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What could not be written may not be there, either.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write(path: &Path, beside: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(beside)?;
    file.set_permissions(fs::metadata(path)?.permissions())?;
    file.write_all(bytes)?;
    file.sync_all()
}
