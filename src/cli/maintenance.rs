//! `usher maintenance`: people are asked to wait, and are not any more.

use clap::{Args, Subcommand};

use crate::cli::control::{Desk, Line, Out, Request, ask};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::{config, live};
use crate::engine::{house, house_id};
use crate::flow::Maintenance;
use crate::store::Store;

const EXAMPLE: &str = "\
Examples:
  usher maintenance on --text \"Back at 15:00.\"
  usher maintenance off";

/// Ask people to wait while something is being done
///
/// Works while the bot runs and while it is stopped. Whoever holds no role is asked to wait and gets their question again when it is over;
/// nobody's progress changes. It outlives a restart.
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
    /// Ask people to wait
    On {
        /// In these words; without it in the bot's own
        #[arg(long, value_name = "TEXT")]
        text: Option<String>,
    },
    /// Let people go on
    Off,
    /// Say whether people are asked to wait
    Status,
}

/// Does what is asked.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let request = match arguments.does {
        Does::On { text } => {
            let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            Request::Maintain { maintenance: Some(Maintenance { text }) }
        }
        Does::Off => Request::Maintain { maintenance: None },
        Does::Status => Request::Maintenance,
    };
    ask(&arguments.config, request)
}

/// Switches it on or off.
pub async fn set(desk: &Desk, maintenance: Option<Maintenance>, out: &Out) -> anyhow::Result<ExitCode> {
    if maintenance
        .as_ref()
        .and_then(|maintenance| maintenance.text.as_ref())
        .is_some_and(|text| text.chars().count() > Maintenance::TEXT_AT_MOST)
    {
        return Err(mistake(format!("the text is longer than {} characters", Maintenance::TEXT_AT_MOST)));
    }
    desk.maintain(maintenance).await?;
    status(&desk.store, out).await
}

/// Says how it is.
pub async fn status(store: &Store, out: &Out) -> anyhow::Result<ExitCode> {
    let record = store.load(&house_id()).await.map_err(live::cannot_open)?;
    out(Line::Say(match record.and_then(|record| house(&record).maintenance) {
        None => "Maintenance is off.".to_owned(),
        Some(Maintenance { text: None }) => "Maintenance is on: people without a role are asked to wait.".to_owned(),
        Some(Maintenance { text: Some(text) }) => format!("Maintenance is on: people without a role are asked to wait.\n{text}"),
    }));
    Ok(ExitCode::Done)
}
