//! `usher completions`: what a shell needs to complete the command line.

use std::io::{self, Write};

use clap::Args;
use clap_complete::{Shell, generate};

use crate::cli::exit::ExitCode;

const EXAMPLE: &str = "\
Examples:
  usher completions bash > /etc/bash_completion.d/usher
  usher completions zsh > /usr/local/share/zsh/site-functions/_usher
  usher completions fish > ~/.config/fish/completions/usher.fish";

/// Print the completions of the command line for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// For which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints them.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut super::command(), "usher", &mut script);
    io::stdout().write_all(&script)?;
    Ok(ExitCode::Done)
}
