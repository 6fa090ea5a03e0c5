//! `usher rules`: every kind of finding there is.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::exit::{ExitCode, mistake};
use crate::cli::manual as examples;
use crate::diagnostic::{Format, render};
use crate::lint::manual;
use crate::lint::rules::{Of, Rule, groups};

const EXAMPLE: &str = "\
Examples:
  usher rules                              a list for people
  usher rules --format json | jq '.[].name'
  usher rules --write docs/rules           the manual as Markdown";

/// List every kind of finding that `usher lint` and `usher test` can report
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// How the list is written
    #[arg(long, value_enum, default_value_t)]
    format: Written,
    /// Write the manual as Markdown files into this folder
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Written {
    /// A line a rule
    #[default]
    Human,
    /// One JSON document with everything the manual says
    Json,
}

/// Lists or writes.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(folder) = &arguments.write {
        write(folder)?;
        return Ok(ExitCode::Done);
    }
    let text = match arguments.format {
        Written::Human => manual::listed(),
        Written::Json => format!("{:#}\n", manual::as_json()),
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::Done)
}

/// The pages of the manual, by the names of their files.
pub fn pages() -> anyhow::Result<Vec<(String, String)>> {
    let said = |rule: &Rule| -> anyhow::Result<String> {
        let (sources, findings) = examples::play(rule, Of::Bad)?;
        Ok(render(&sources, &findings, Format::Human, false))
    };
    let mut pages = vec![("README.md".to_owned(), manual::index())];
    for group in groups() {
        let all = group.rules.iter().map(|rule| Ok((rule.code, said(rule)?))).collect::<anyhow::Result<Vec<_>>>()?;
        let says = |rule: &Rule| {
            let text = all.iter().find(|(code, _)| *code == rule.code).map_or("", |(_, text)| text);
            // The line that counts the findings says nothing that is not seen.
            text.rsplit_once("\n\n").map_or(text, |(findings, _)| findings).to_owned()
        };
        pages.push((format!("{}.md", group.name), manual::page(group, &says)));
    }
    Ok(pages)
}

fn write(folder: &Path) -> anyhow::Result<()> {
    let cannot = |path: &Path, error: &io::Error| mistake(format!("{} cannot be written: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| cannot(folder, &error))?;
    for (name, text) in pages()? {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| cannot(&path, &error))?;
        writeln!(io::stdout(), "{}", path.display())?;
    }
    Ok(())
}
