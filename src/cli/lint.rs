//! `usher lint`: everything that is wrong with a bot, before it talks to anybody.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::bot::{Found, Place, is_asked};
use crate::cli::contracts;
use crate::cli::exit::ExitCode;
use crate::cli::screen;
use crate::diagnostic::{Format, Severity, render, sort};
use crate::scenario;

const EXAMPLE: &str = "\
Examples:
  usher lint
  usher lint examples/leave flows/registration.yaml
  usher lint --format concise        file:line:column, for editors and CI
  usher lint --format json | jq '.[].message'";

/// Check flows, operations, translations, scenarios and usher.yaml
///
/// Operations are compared with the description of their server, if their file names one.
/// Nothing is sent and no secret is needed. Of a file or a folder inside a bot only the findings in it are shown, though all of the bot
/// is read. The exit code is 1 if there are errors or warnings.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Folders of bots, or files and folders in them; default: the bot in this folder
    paths: Vec<PathBuf>,
    /// How findings are written
    #[arg(long, value_enum, default_value_t)]
    format: Written,
}

/// How findings are written, as it stands on the command line.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Written {
    /// With the line and a ruler under it
    #[default]
    Human,
    /// One line a finding
    Concise,
    /// One JSON document
    Json,
}

/// Finds and tells.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut found = Found::default();
    for (place, only) in Place::of_all(&arguments.paths)? {
        let bot = place.load()?;
        let mut own = bot.found;
        own.findings.extend(scenario::read(&bot.sources).findings);
        own.findings.extend(bot.project.iter().flat_map(|project| contracts::findings(&bot.sources, project)));
        own.findings.retain(|finding| is_asked(&own.sources.get(finding.span.file).path, &only));
        found.add(&own.sources, own.findings);
    }
    sort(&found.sources, &mut found.findings);
    let format = match arguments.format {
        Written::Human => Format::Human,
        Written::Concise => Format::Concise,
        Written::Json => Format::Json,
    };
    io::stdout().write_all(render(&found.sources, &found.findings, format, screen::has_colours()).as_bytes())?;
    let is_clean = found.findings.iter().all(|finding| finding.severity == Severity::Info);
    Ok(if is_clean { ExitCode::Done } else { ExitCode::Findings })
}
