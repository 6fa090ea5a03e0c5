//! `usher backup`: everything that the store holds, into one sealed file.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::control::{Line, Out, Request, ask};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::{config, live, screen};
use crate::store::{Store, StoreError};

const EXAMPLE: &str = "\
Examples:
  usher backup /backups/$(date +%F).usher";

/// Write everything that the store holds into a new file, while the bot runs or while it is stopped
///
/// The file is encrypted with the store's own key: keep the key file apart from the backups, as whoever has both has everything. A key
/// that is retired takes the backups made with it along, so make a new one after each `usher key retire`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// The file; it does not exist yet
    file: PathBuf,
    #[command(flatten)]
    config: config::Place,
}

/// Has it written.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let file = std::path::absolute(&arguments.file)
        .map_err(|error| mistake(format!("{} cannot be written: {error}", arguments.file.display())))?;
    ask(&arguments.config, Request::BackUp { file })
}

/// Writes it.
pub async fn write(store: &Store, file: &Path, out: &Out) -> anyhow::Result<ExitCode> {
    let saved = store.back_up(file).await.map_err(|error| match error {
        StoreError::Backup { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists => {
            mistake(format!("{} is there already; a backup is written into a new file", file.display()))
        }
        error => live::cannot_open(error),
    })?;
    let written = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    out(Line::Say(format!("{} in {}", screen::counted(saved.records, "record"), written.display())));
    if saved.damaged == 0 {
        return Ok(ExitCode::Done);
    }
    out(Line::Note(format!("{} records cannot be read and are not in it", saved.damaged)));
    Ok(ExitCode::Findings)
}
