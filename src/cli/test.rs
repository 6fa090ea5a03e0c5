//! `usher test`: plays the scenarios of a bot.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use crate::cli::bot::{Bot, Found, Place, is_asked};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::screen;
use crate::diagnostic::{Format, Severity, render, sort};
use crate::scenario::{self, Read};

const EXAMPLE: &str = "\
Examples:
  usher test
  usher test flows/registration.test.yaml
  usher test --filter outage         tests whose file or name has this in it";

/// Play the scenarios of a bot, with a clock of their own and a mocked ERP
///
/// Nothing is sent and nothing waits. Steps and roads that no scenario reaches are listed when all of a bot is played. The exit code is
/// 1 if a scenario does not hold.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Folders of bots, or scenario files in them; default: the bot in this folder
    paths: Vec<PathBuf>,
    /// Only tests with this in their name, written as file/test
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
}

/// Plays and tells.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut sum = Sum { played: 0, hold: true, filtered: false };
    for (place, only) in Place::of_all(&arguments.paths)? {
        sum.play(place.load(None)?, &only, arguments.filter.as_deref())?;
    }
    match sum {
        Sum { hold: false, .. } => Ok(ExitCode::Findings),
        Sum { played: 0, filtered: true, .. } => {
            let part = arguments.filter.as_deref().unwrap_or_default();
            Err(mistake(format!("no scenario has \"{part}\" in its name; --filter compares with file/test")))
        }
        Sum { played: 0, .. } => Err(mistake("no scenario was found; they stand beside the flows, in files that end in .test.yaml")),
        Sum { .. } => Ok(ExitCode::Done),
    }
}

/// What came of all bots.
struct Sum {
    played: usize,
    hold: bool,
    /// There are others, which were not asked for by name.
    filtered: bool,
}

impl Sum {
    fn play(&mut self, bot: Bot, only: &[PathBuf], filter: Option<&str>) -> anyhow::Result<()> {
        let Bot { sources, trees, installation, mut found, .. } = bot;
        let Read { mut suite, findings } = scenario::read_parsed(&sources, &trees);
        found.findings.extend(findings);
        if show_errors(found)? {
            self.hold = false;
            return Ok(());
        }
        let all = suite.tests.len();
        suite.tests.retain(|test| is_asked(&sources.get(test.span.file).path, only));
        let asked = suite.tests.len();
        suite.tests.retain(|test| filter.is_none_or(|part| format!("{}/{}", test.scenarios, test.id).contains(part)));
        self.filtered |= suite.tests.len() < asked;
        if suite.tests.is_empty() {
            return Ok(());
        }
        let report = scenario::play(&sources, &installation, &suite);
        self.played += suite.tests.len();
        self.hold &= report.passed();
        let mut out = io::stdout().lock();
        if !report.findings.is_empty() {
            out.write_all(render(&sources, &report.findings, Format::Human, screen::has_colours()).as_bytes())?;
        }
        out.write_all(report.render(&sources).as_bytes())?;
        if suite.tests.len() == all {
            out.write_all(report.coverage.render().as_bytes())?;
        }
        Ok(())
    }
}

/// Shows the errors, if there are any: a bot that does not load plays nothing.
fn show_errors(mut found: Found) -> anyhow::Result<bool> {
    found.findings.retain(|finding| finding.severity == Severity::Error);
    sort(&found.sources, &mut found.findings);
    if found.findings.is_empty() {
        return Ok(false);
    }
    io::stdout().write_all(render(&found.sources, &found.findings, Format::Human, screen::has_colours()).as_bytes())?;
    Ok(true)
}
