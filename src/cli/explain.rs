//! `usher explain`: what a finding means, why it matters, and what to do.

use std::io::{self, Write};

use clap::Args;

use crate::cli::exit::{ExitCode, mistake};
use crate::cli::{manual, screen};
use crate::diagnostic::{Format, render};
use crate::lint::manual::explained;
use crate::lint::rules::{self, Of};

const EXAMPLE: &str = "\
Examples:
  usher explain FLW304
  usher explain unreachable-step maybe-none";

/// Explain a finding: what it means, why, what to do, with a wrong and a right example
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Codes or names, as `usher lint` shows them
    #[arg(required = true, value_name = "CODE|NAME")]
    rules: Vec<String>,
}

/// Explains each of them that there is, and tells below which there are not.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (rules, unknown): (Vec<_>, Vec<_>) = arguments.rules.iter().map(|written| named(written)).partition(Result::is_ok);
    let colour = screen::has_colours();
    let mut texts = Vec::new();
    for rule in rules.into_iter().flatten() {
        let (sources, findings) = manual::play(rule, Of::Bad)?;
        texts.push(explained(rule, &render(&sources, &findings, Format::Human, colour), colour));
    }
    io::stdout().write_all(texts.join("\n").as_bytes())?;
    let unknown: Vec<_> = unknown.into_iter().filter_map(|unknown| unknown.err().map(|why| why.to_string())).collect();
    if unknown.is_empty() { Ok(ExitCode::Done) } else { Err(mistake(unknown.join("\n"))) }
}

/// The rule that is written, or a sentence that names the nearest.
pub fn named(written: &str) -> anyhow::Result<&'static rules::Rule> {
    rules::find(written).ok_or_else(|| {
        mistake(match rules::nearest_to(written) {
            Some(nearest) => format!("there is no rule \"{written}\"; did you mean \"{nearest}\"?"),
            None => format!("there is no rule \"{written}\"; `usher rules` lists them"),
        })
    })
}
