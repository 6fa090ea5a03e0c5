//! `usher schema`: the schemas that editors complete and check with.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::Value;

use crate::cli::exit::{ExitCode, mistake};
use crate::diagnostic::nearest;
use crate::flow::schema;

/// How the files' names end.
const ENDING: &str = ".schema.json";

const EXAMPLE: &str = "\
Examples:
  usher schema                      the names
  usher schema flow                 one schema, on standard output
  usher schema --write schemas      all of them, as files
  usher schema --reference          every key of the language, as a page to read

An editor with the YAML language server uses a schema that the file's first line names:
  # yaml-language-server: $schema=../schemas/flow.schema.json";

/// Print or write the JSON Schemas of flows, operations, scenarios and usher.yaml
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Which schema: flow, bot, operations…; default: a list of all
    name: Option<String>,
    /// Print the reference of the language instead
    #[arg(long, conflicts_with_all = ["name", "write"])]
    reference: bool,
    /// Write files into this folder
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
}

/// Prints, lists or writes schemas.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.reference {
        return print(schema::reference().trim_end()).map(|()| ExitCode::Done);
    }
    let all = schema::all();
    let chosen: Vec<(&str, Value)> = match &arguments.name {
        None => all,
        Some(name) => vec![find(all, name)?],
    };
    match &arguments.write {
        Some(folder) => write(&chosen, folder)?,
        None if arguments.name.is_some() => chosen.iter().try_for_each(|(_, schema)| print(&format!("{schema:#}")))?,
        None => chosen.iter().try_for_each(|(file, _)| print(short(file)))?,
    }
    Ok(ExitCode::Done)
}

fn find(all: Vec<(&'static str, Value)>, name: &str) -> anyhow::Result<(&'static str, Value)> {
    let names: Vec<&str> = all.iter().map(|(file, _)| short(file)).collect();
    let wrong = match nearest(name, names.iter().copied()) {
        Some(nearest) => format!("there is no schema \"{name}\"; did you mean \"{nearest}\"?"),
        None => format!("there is no schema \"{name}\"; there are: {}", names.join(", ")),
    };
    all.into_iter().find(|(file, _)| [*file, short(file)].contains(&name)).ok_or_else(|| mistake(wrong))
}

fn write(schemas: &[(&str, Value)], folder: &Path) -> anyhow::Result<()> {
    let cannot = |path: &Path, error: &io::Error| mistake(format!("{} cannot be written: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| cannot(folder, &error))?;
    for (file, schema) in schemas {
        let path = folder.join(file);
        fs::write(&path, format!("{schema:#}\n")).map_err(|error| cannot(&path, &error))?;
        print(&path.display().to_string())?;
    }
    Ok(())
}

fn print(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("standard output cannot be written to")
}

fn short(file: &str) -> &str {
    file.strip_suffix(ENDING).unwrap_or(file)
}
