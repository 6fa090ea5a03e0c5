//! `usher doctor`: whether a bot could work here, looked at from outside: its channels, its servers and this machine.
//!
//! Nothing is changed: no update is taken, no webhook set, the store is only read (by the bot that runs, if one does), and of the servers
//! only reads are asked.

mod channels;
mod connections;
mod machine;
mod numbers;
mod report;
mod store;

use std::borrow::Cow;
use std::io::{self, Write};

use clap::{Args, ValueEnum};

use crate::cli::bot::{Candidate, Found, Running};
use crate::cli::config::{self, Config, FILE, Reach};
use crate::cli::exit::ExitCode;
use crate::cli::{process, screen};
use crate::diagnostic::Severity;

use report::Report;

const EXAMPLE: &str = "\
Examples:
  usher doctor
  usher doctor --config /etc/usher/usher.yaml
  usher doctor --format json

It ends with 0 if nothing stands in the way (there may be advice), with 1 if something does.";

/// Look at the bot's surroundings: channels, servers, disk, key, clock; each finding says what to do
///
/// Asks Telegram who the bot is and who takes its updates, asks the servers what the bot only reads, and compares them with what the
/// operations say. Nothing is changed, and a bot that is running is not disturbed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    #[command(flatten)]
    config: config::Place,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How it is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// One JSON document
    Json,
}

/// Looks, and tells.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Running { config, bots, warned } = match Running::read(&arguments.config, Reach::Usable)? {
        Ok(running) => running,
        Err(refused) => return Ok(refused),
    };
    let report = process::block_on(async {
        let mut report = Report::default();
        machine::version(&mut report);
        operators_file(&warned, &mut report);
        flows(&bots, &mut report);
        if config.has_store {
            machine::look(&config, &mut report);
            store::look(&config, &mut report).await;
        }
        channels::look(&config, &mut report).await;
        numbers::look(&config, &bots, &mut report);
        let servers = connections::look(&config, &bots, &mut report).await?;
        machine::clock(servers, &mut report);
        Ok(report)
    })?;
    let text = match arguments.format {
        Format::Human => report.human(screen::has_colours()),
        Format::Json => report.json(),
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(if report.is_sound() { ExitCode::Done } else { ExitCode::Findings })
}

/// What is wrong with the operator's file. What does not depend on it is looked at all the same.
fn operators_file(Found { sources, findings }: &Found, report: &mut Report) {
    for finding in findings {
        let (file, at) = (&sources.get(finding.span.file).path, sources.position(finding.span));
        let says = format!("{file}:{}:{}: {}", at.line, at.column, finding.message);
        let todo = finding.advice().map_or_else(|| format!("see usher explain {}", finding.code.id), Cow::into_owned);
        match finding.severity {
            Severity::Error => report.bad(FILE, says, todo),
            Severity::Warning | Severity::Info => report.advice(FILE, says, todo),
        }
    }
}

/// Whether the flows load. What is wrong with them is the business of `usher lint`.
fn flows(bots: &[Candidate], report: &mut Report) {
    for Candidate { bot, project, found } in bots {
        let about = if bot.name.is_empty() { "flows".to_owned() } else { format!("flows {}", bot.name) };
        let errors = found.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        match project {
            Some(project) => {
                let flows = screen::counted(project.flows.len(), "flow");
                report.good(about, format!("{flows}, which load; version {}", project.version.0));
            }
            None => report.bad(about, format!("they do not load: {}", screen::counted(errors, "error")), "see them with: usher lint"),
        }
    }
}

/// The channels and connections of a file that has none are no reason to say nothing.
fn nothing_of(what: &str, config: &Config, report: &mut Report) {
    let bots = screen::counted(config.bots.len(), "bot");
    report.advice(what.to_owned(), format!("there are none for {bots}"), "name them in usher.yaml");
}
