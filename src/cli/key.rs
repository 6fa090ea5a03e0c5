//! `usher key`: the keys that the store is encrypted with.

use std::sync::atomic::{AtomicU64, Ordering};

use clap::{Args, Subcommand};

use crate::cli::control::{Line, Out, Request, ask};
use crate::cli::exit::ExitCode;
use crate::cli::{config, live, screen};
use crate::store::{KeyState, Store};

const EXAMPLE: &str = "\
Examples:
  usher key list
  usher key retire && usher backup /backups/$(date +%F).usher";

/// How often it is told how far retiring has come: after so many things.
const NOTE_EVERY: u64 = 10_000;

/// List, rotate and retire the keys that the store is encrypted with
///
/// Works while the bot runs and while it is stopped. Whatever happens in the middle, nothing is lost; a retirement that was interrupted
/// goes on when it is asked for again.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    #[command(subcommand)]
    does: Does,
    #[command(flatten)]
    config: config::Place,
}

#[derive(Debug, Subcommand)]
enum Does {
    /// Which keys there are, the active one first
    List,
    /// Make a new key: it encrypts from now on, the others still open what they have sealed
    Rotate,
    /// Make a new key, seal everything anew with it and destroy all others: what was erased is then unreadable in old backups, too
    ///
    /// On a terminal it asks before it begins, and does nothing unless the answer is y; a script is not asked.
    Retire,
}

/// Does what is asked.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let is_final = matches!(arguments.does, Does::Retire);
    if is_final && !screen::is_confirmed("Backups that have been made so far can never be opened again.")? {
        return Ok(ExitCode::Usage);
    }
    ask(
        &arguments.config,
        match arguments.does {
            Does::List => Request::Keys,
            Does::Rotate => Request::RotateKey,
            Does::Retire => Request::RetireKeys,
        },
    )
}

/// Lists the keys.
pub fn list(store: &Store, out: &Out) -> ExitCode {
    let keys = store.keys();
    let is_interrupted = keys.iter().any(|key| key.state == KeyState::Retiring);
    for key in keys {
        let state = match key.state {
            KeyState::Active => "active",
            KeyState::Old => "old",
            KeyState::Retiring => "being retired",
        };
        out(Line::Say(format!("{}  {state}", key.id)));
    }
    if is_interrupted {
        out(Line::Note("a retirement was interrupted or is under way; `usher key retire` goes on with it".to_owned()));
    }
    ExitCode::Done
}

/// Makes a new key.
pub async fn rotate(store: &Store, out: &Out) -> anyhow::Result<ExitCode> {
    let active = store.rotate_key().await.map_err(live::cannot_open)?;
    out(Line::Say(format!("The key {active} encrypts from now on. Copy the key file to where its copy is kept.")));
    Ok(ExitCode::Done)
}

/// Retires all keys but a new one.
pub async fn retire(store: &Store, out: &Out) -> anyhow::Result<ExitCode> {
    let told = AtomicU64::new(0);
    let progress = |done: u64| {
        if done / NOTE_EVERY > told.swap(done / NOTE_EVERY, Ordering::Relaxed) {
            out(Line::Note(format!("{done} things sealed anew")));
        }
    };
    let retired = store.retire_keys(&progress).await.map_err(live::cannot_open)?;
    let destroyed: Vec<String> = retired.destroyed.iter().map(ToString::to_string).collect();
    out(Line::Say(format!("{} things were sealed anew with the key {}.", retired.sealed_anew, retired.active)));
    out(Line::Say(format!("Destroyed: {}. Backups made before this cannot be opened any more; make a new one now.", destroyed.join(", "))));
    Ok(ExitCode::Done)
}
