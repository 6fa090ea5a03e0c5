//! `usher parked`: what could not be dealt with, to be tried again or dropped.

use clap::{Args, Subcommand};

use crate::cli::audit::moment;
use crate::cli::control::{Desk, Line, Out, Request, ask};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::{config, live};
use crate::engine::Parked;
use crate::runtime::parked;
use crate::store::Store;

const EXAMPLE: &str = "\
Examples:
  usher parked list
  usher parked retry 5f0c19a2b7d4
  usher parked drop --all";

/// Show what could not be dealt with because of a fault of the program, try it again, drop it
///
/// What makes the program fail is put aside as it came, and everything else goes on. It waits, over restarts as well, until it is tried
/// again (after an update of the program, or when a record can be read again) or dropped. What people wrote is not shown.
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
    /// What is parked: name, when, whose, what, why
    List,
    /// Try it again, in the running bot
    Retry(Which),
    /// Drop it: it is never dealt with
    Drop(Which),
}

/// Which of them.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// Its name, as `list` shows it
    name: Option<String>,
    /// All of them
    #[arg(long)]
    all: bool,
}

/// Does what is asked.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let request = match arguments.does {
        Does::List => Request::Parked,
        Does::Retry(which) => Request::RetryParked { name: which.name },
        Does::Drop(which) => Request::DropParked { name: which.name },
    };
    ask(&arguments.config, request)
}

/// Lists what is parked, the oldest first.
pub async fn list(store: &Store, out: &Out) -> anyhow::Result<ExitCode> {
    let all = chosen(store, None).await?;
    for parked in &all {
        let (name, at, of) = (parked.name(), moment(parked.at.0), &parked.of.0);
        out(Line::Say(format!("{name}  {at}  {of:<16} {:<20} {}", parked.what(), parked.why)));
    }
    if all.is_empty() {
        out(Line::Note("nothing is parked".to_owned()));
    }
    Ok(ExitCode::Done)
}

/// Tries again what was chosen, the oldest first.
pub async fn retry(desk: &Desk, name: Option<&str>, out: &Out) -> anyhow::Result<ExitCode> {
    let mut ended = ExitCode::Done;
    for parked in chosen(&desk.store, name).await? {
        let name = parked.name();
        if desk.try_again(parked).await? {
            out(Line::Say(format!("{name}: done")));
        } else {
            ended = ExitCode::Findings;
            out(Line::Say(format!("{name}: fails as before, and stays parked")));
        }
    }
    Ok(ended)
}

/// Drops what was chosen.
pub async fn drop_chosen(desk: &Desk, name: Option<&str>, out: &Out) -> anyhow::Result<ExitCode> {
    for parked in chosen(&desk.store, name).await? {
        desk.store.remove(&Parked::record_id(&parked.name())).await.map_err(live::cannot_open)?;
        desk.dropped();
        out(Line::Say(format!("{}: dropped", parked.name())));
    }
    Ok(ExitCode::Done)
}

/// The one with this name, or all of them, the oldest first.
async fn chosen(store: &Store, name: Option<&str>) -> anyhow::Result<Vec<Parked>> {
    let Some(name) = name else {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (some, next) = parked(store, after).await.map_err(live::cannot_open)?;
            all.extend(some);
            if next.is_none() {
                break;
            }
            after = next;
        }
        all.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        return Ok(all);
    };
    let record = store.load(&Parked::record_id(name)).await.map_err(live::cannot_open)?;
    let parked = record.as_ref().and_then(Parked::of);
    Ok(vec![parked.ok_or_else(|| mistake(format!("nothing of the name \"{name}\" is parked; `usher parked list` shows the names")))?])
}
