//! `usher lint`: everything that is wrong with a bot, before it talks to anybody.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::cli::bot::{Found, Place, is_asked};
use crate::cli::contracts;
use crate::cli::exit::ExitCode;
use crate::cli::screen;
use crate::cli::sources::cannot_write;
use crate::diagnostic::{Format, Severity, render, sort};
use crate::lint::formats;
use crate::scenario;

const EXAMPLE: &str = "\
Examples:
  usher lint
  usher lint examples/leave flows/registration.yaml
  usher lint --format concise        file:line:column, for editors and CI
  usher lint --format json | jq '.[].message'
  usher lint --format github --output sarif=lint.sarif --output gitlab=quality.json";

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
    /// Write the findings into a file as well, in this format; may be given several times
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    output: Vec<(Written, PathBuf)>,
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
    /// One JSON object a line
    Jsonl,
    /// SARIF 2.1.0
    Sarif,
    /// Workflow commands of GitHub
    Github,
    /// The Code Quality report of GitLab
    Gitlab,
}

impl Written {
    fn text(self, found: &Found, colour: bool) -> String {
        let (sources, findings) = (&found.sources, &found.findings);
        match self {
            Self::Human => render(sources, findings, Format::Human, colour),
            Self::Concise => render(sources, findings, Format::Concise, false),
            Self::Json => render(sources, findings, Format::Json, false),
            Self::Jsonl => formats::jsonl(sources, findings),
            Self::Sarif => formats::sarif(sources, findings),
            Self::Github => formats::github(sources, findings),
            Self::Gitlab => formats::gitlab(sources, findings),
        }
    }
}

/// A format and a file, as they stand on the command line.
fn output(text: &str) -> Result<(Written, PathBuf), String> {
    let Some((format, file)) = text.split_once('=').filter(|(_, file)| !file.is_empty()) else {
        return Err("a format and a file are wanted, such as sarif=lint.sarif".to_owned());
    };
    let unknown = || {
        let names: Vec<_> = Written::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
        let names: Vec<_> = names.iter().map(PossibleValue::get_name).collect();
        format!("there is no format \"{format}\"; there are: {}", names.join(", "))
    };
    Ok((Written::from_str(format, false).map_err(|_| unknown())?, PathBuf::from(file)))
}

/// Finds and tells.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut found = Found::default();
    for (place, only) in Place::of_all(&arguments.paths)? {
        let bot = place.load()?;
        let mut own = bot.found;
        let read = scenario::read(&bot.sources);
        own.findings.extend(read.findings);
        own.findings.extend(bot.project.iter().flat_map(|project| scenario::check(&bot.sources, project, &read.suite)));
        own.findings.extend(bot.project.iter().flat_map(|project| contracts::findings(&bot.sources, project)));
        own.findings.retain(|finding| is_asked(&own.sources.get(finding.span.file).path, &only));
        found.add(&own.sources, own.findings);
    }
    sort(&found.sources, &mut found.findings);
    for (format, file) in &arguments.output {
        fs::write(file, format.text(&found, false)).map_err(|error| cannot_write(file, &error))?;
    }
    io::stdout().write_all(arguments.format.text(&found, screen::has_colours()).as_bytes())?;
    let is_clean = found.findings.iter().all(|finding| finding.severity == Severity::Info);
    Ok(if is_clean { ExitCode::Done } else { ExitCode::Findings })
}
