//! `usher lint`: everything that is wrong with a bot, before it talks to anybody.

mod against;
mod chosen;
mod mend;
mod search;
mod written;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::exit::{ExitCode, mistake};
use crate::cli::screen;
use crate::cli::sources::{cannot_read, cannot_write};
use crate::lint::baseline;
use crate::lint::fixes::Risk;
use crate::lint::statistics::statistics;

use self::against::Against;
use self::chosen::Chosen;
use self::mend::Mending;
use self::search::{Asked, Told};
use self::written::{Written, output};

/// A fix may make room for another; more rounds than this are never of use.
const ROUNDS: usize = 10;

const EXAMPLE: &str = "\
Examples:
  usher lint
  usher lint examples/leave flows/registration.yaml
  usher lint --format concise        file:line:column, for editors and CI
  usher lint --format json | jq '.[].message'
  usher lint --format github --output sarif=lint.sarif --output junit=lint.xml
  usher lint --profile production --ignore typography
  usher lint --fix                   mend what can be mended without changing the meaning
  usher lint --unsafe-fixes --diff   show what would be mended, and write nothing
  usher lint --write-baseline lint.json; usher lint --baseline lint.json
  usher lint --against main          what the change does to people who are in the middle of something
  usher lint --stdin-filename flows/hello.yaml - < unsaved

A comment hides findings that are no mistake, behind their line or on a line of its own above the node:
  # lint: ignore[unreachable-step] the ERP leads here
  # lint: ignore-file[typography] quoted from the law
Errors keep the bot from running, so nothing hides them. What a rule means: usher explain RULE";

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
    /// Count the findings by rule instead of showing them
    #[arg(long)]
    statistics: bool,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    mending: Mending,
    /// Tell only what is not in this list
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the list of all that is found now, errors excepted
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// Tell as well what hurts people since this version: a commit, branch or tag of git, or a folder
    #[arg(long, value_name = "GIT_REF|DIR", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    against: Option<String>,
    /// The file that the path - stands for: standard input is checked in its place
    #[arg(long, value_name = "FILE")]
    stdin_filename: Option<PathBuf>,
}

/// Finds and tells.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let selection = arguments.chosen.selection()?;
    let mut asked = Asked::read(&arguments.paths, arguments.stdin_filename.as_deref())?;
    asked.against = arguments.against.as_deref().map(Against::new);
    let mut told = asked.search(&selection)?;
    let risk = arguments.mending.risk();
    if arguments.mending.diff {
        let shown = mend::shown(&told.found, risk);
        if shown.is_empty() {
            writeln!(io::stderr(), "usher: nothing to mend{}", mend::beyond(&told.found, risk))?;
        }
        return say(&shown).map(|()| arguments.chosen.verdict(&told.found.findings));
    }
    if arguments.mending.is_wanted() {
        if asked.is_edited() {
            return Err(mistake("what comes from standard input cannot be written to; add --diff to see the fixes"));
        }
        told = mended(&asked, told, risk, |asked| asked.search(&selection))?;
    }
    let known = arguments.baseline.as_deref().map(|file| compare(&mut told, file)).transpose()?;
    if let Some(file) = &arguments.write_baseline {
        let text = baseline::written(&told.found.sources, &told.found.findings);
        fs::write(file, text).map_err(|error| cannot_write(file, &error))?;
    }
    for (format, file) in &arguments.output {
        fs::write(file, format.text(&told.found, false)).map_err(|error| cannot_write(file, &error))?;
    }
    if told.is_uncompared {
        writeln!(io::stderr(), "usher: what the change does to people is told when there are no errors any more")?;
    }
    say(&arguments.text(&told, known.unwrap_or_default()))?;
    Ok(arguments.chosen.verdict(&told.found.findings))
}

impl Arguments {
    fn text(&self, told: &Told, known: usize) -> String {
        if self.statistics {
            return statistics(&told.found.findings);
        }
        let text = self.format.text(&told.found, screen::has_colours());
        let hidden: Vec<String> = [(told.hidden, "by comments"), (known, "by the baseline")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, by)| format!("{count} {by}"))
            .collect();
        if hidden.is_empty() || self.format != Written::Human { text } else { format!("{text}hidden: {}\n", hidden.join(", ")) }
    }
}

/// Mends, and looks again, until there is nothing more to mend.
fn mended(asked: &Asked, mut told: Told, risk: Risk, search: impl Fn(&Asked) -> anyhow::Result<Told>) -> anyhow::Result<Told> {
    let mut all = 0;
    for _ in 0..ROUNDS {
        let mended = mend::mend(&told.found, risk)?;
        if mended == 0 {
            break;
        }
        all += mended;
        told = search(asked)?;
    }
    writeln!(io::stderr(), "usher: mended {all}")?;
    Ok(told)
}

/// Leaves out what stands in the list, and tells how much that is.
fn compare(told: &mut Told, file: &Path) -> anyhow::Result<usize> {
    let text = fs::read_to_string(file).map_err(|error| cannot_read(file, &error))?;
    let list = baseline::read(&text).map_err(|why| mistake(format!("{} {why}", file.display())))?;
    let compared = baseline::compare(&told.found.sources, std::mem::take(&mut told.found.findings), &list);
    told.found.findings = compared.findings;
    if compared.gone > 0 {
        let file = file.display();
        writeln!(io::stderr(), "usher: {} of {file} are found no more; write it anew with --write-baseline {file}", compared.gone)?;
    }
    Ok(compared.known)
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}
