//! `usher man`: the manual, made from the command line itself, so that the two never differ.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;

use crate::cli::exit::ExitCode;
use crate::cli::sources::cannot_write;

const EXAMPLE: &str = "\
Examples:
  usher man | man -l -
  usher man --write /usr/local/share/man/man1     usher.1, usher-run.1, and so on";

/// Print the man page, or write those of all commands
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
}

/// Prints or writes.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut whole = super::command();
    whole.build();
    let Some(folder) = &arguments.write else {
        io::stdout().write_all(&page(whole)?)?;
        return Ok(ExitCode::Done);
    };
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    let of_commands = whole.get_subcommands().filter(|command| command.get_name() != "help").cloned();
    for command in of_commands.chain([whole.clone()]) {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        let path = folder.join(format!("{name}.1"));
        fs::write(&path, page(command)?).map_err(|error| cannot_write(&path, &error))?;
        writeln!(io::stdout(), "{}", path.display())?;
    }
    Ok(ExitCode::Done)
}

fn page(command: clap::Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(page)
}
