//! `usher graph`: what flows look like from above.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context;
use clap::{Args, ValueEnum};

use crate::cli::bot::{Place, Ready};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::sources::cannot_write;
use crate::diagnostic::{Sources, has_errors, nearest};
use crate::flow::Project;
use crate::graph::{Graph, dot, mermaid};

const EXAMPLE: &str = "\
Examples:
  usher graph                                    all flows, as a mermaid flowchart
  usher graph registration --format dot
  usher graph registration --format svg --output registration.svg";

/// Draw flows: steps, and every way on from each of them
///
/// The bot in this folder is drawn. Side roads, such as timeouts and failed calls, are dashed; where another flow begins the line is
/// bold.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// The id of a flow; default: all flows
    flow: Option<String>,
    /// Which bot, if usher.yaml has several: the folder of its flows, or a channel
    #[arg(long, value_name = "NAME")]
    bot: Option<String>,
    /// How the picture is written
    #[arg(long, value_enum, default_value_t)]
    format: Written,
    /// Write it into this file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// How pictures are written.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Written {
    /// A mermaid flowchart
    #[default]
    Mermaid,
    /// The language of Graphviz
    Dot,
    /// A picture for browsers, made by Graphviz
    Svg,
}

/// Draws.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let bot = Place::chosen(arguments.bot.as_deref())?.load(None)?;
    let is_sound = !has_errors(&bot.found.findings);
    let Some(project) = bot.project.filter(|_| is_sound) else { return Ready::refuse(bot.found, ExitCode::Findings) };
    let graph = drawn(&project, &bot.sources, arguments.flow.as_deref())?;
    let picture = match arguments.format {
        Written::Mermaid => mermaid(&graph).into_bytes(),
        Written::Dot => dot(&graph).into_bytes(),
        Written::Svg => svg(&dot(&graph))?,
    };
    match &arguments.output {
        Some(path) => fs::write(path, picture).map_err(|error| cannot_write(path, &error))?,
        None => io::stdout().write_all(&picture).context("standard output cannot be written to")?,
    }
    Ok(ExitCode::Done)
}

fn drawn(project: &Project, sources: &Sources, flow: Option<&str>) -> anyhow::Result<Graph> {
    let Some(id) = flow else { return Ok(Graph::of_bot(project, sources)) };
    let names = || project.flows.keys().map(String::as_str);
    Graph::of_flow(project, sources, id).ok_or_else(|| {
        mistake(match nearest(id, names()) {
            Some(near) => format!("there is no flow \"{id}\"; did you mean \"{near}\"?"),
            None => format!("there is no flow \"{id}\"; there are: {}", names().collect::<Vec<_>>().join(", ")),
        })
    })
}

/// Lets Graphviz make the picture.
fn svg(dot: &str) -> anyhow::Result<Vec<u8>> {
    let started = Command::new("dot").arg("-Tsvg").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = started.map_err(|error| {
        mistake(match error.kind() {
            io::ErrorKind::NotFound => "svg is made by the program \"dot\" of Graphviz, which is not installed here".to_owned(),
            _ => format!("the program \"dot\" of Graphviz cannot be started: {error}"),
        })
    })?;
    // It reads all of its input before it writes, and is told the end of it by the pipe being closed.
    let told = child.stdin.take().map_or(Ok(()), |mut input| input.write_all(dot.as_bytes()));
    let made = child.wait_with_output().context("the program \"dot\" went away")?;
    if told.is_err() || !made.status.success() {
        return Err(mistake("the program \"dot\" of Graphviz could not make the picture; --format dot shows what it was given"));
    }
    Ok(made.stdout)
}
