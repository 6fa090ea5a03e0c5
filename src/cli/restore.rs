//! `usher restore`: a store out of a backup.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroizing;

use crate::cli::control::{self, Request, ask};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::sources::cannot_read;
use crate::cli::{audit, config, live, process};
use crate::store::{Ring, Store};

const EXAMPLE: &str = "\
Examples:
  usher restore /backups/2026-11-26.usher --key /safe/usher.key
  usher run        # paused: look around with `usher sessions list`
  usher resume";

/// Make a store out of a backup, in an empty data folder
///
/// The whole file is checked before anything is written. A backup is older than the world: the bot starts paused and sends and calls
/// nothing until `usher resume`; then calls of which nobody knows whether they were done are looked up or go their `unknown` road.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// The backup
    file: PathBuf,
    /// The key file of the time when the backup was made; without it the store's own is taken
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    config: config::Place,
}

/// Restores.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let store = match control::store_of(&arguments.config)? {
        Ok(store) => store,
        Err(refused) => return Ok(refused),
    };
    // A backup that is not there is told before anything that may be wrong with a key.
    fs::File::open(&arguments.file).map_err(|error| cannot_read(&arguments.file, &error))?;
    let ring = arguments.key.as_ref().map(|path| {
        let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|error| cannot_read(path, &error))?;
        Ring::parse(&text).ok_or_else(|| mistake(format!("{} holds no keys", path.display())))
    });
    let ring = ring.transpose()?;
    process::block_on(async {
        let (restored, saved) = Store::restore(&store, &arguments.file, ring).await.map_err(live::cannot_open)?;
        restored.close().await?;
        println!("{} records as of {} in {}", saved.records, audit::moment(saved.at.0), store.path.display());
        println!("The bot starts paused; release it with `usher resume` when nobody else works for these people.");
        Ok(ExitCode::Done)
    })
}

/// Release a bot that was restored from a backup
///
/// Works while the bot runs and waits, and while it is stopped.
#[derive(Debug, Args)]
pub struct Resume {
    #[command(flatten)]
    config: config::Place,
}

/// Releases.
pub fn resume(arguments: &Resume) -> anyhow::Result<ExitCode> {
    ask(&arguments.config, Request::Resume)
}
