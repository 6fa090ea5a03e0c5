//! The command line: arguments, the operator's file, the sources, and how the process ends.
//!
//! One file a subcommand. What a subcommand finds out goes to standard output, what it has to say about itself to standard error.
//! Nothing here decides about a conversation.

mod audit;
mod backup;
mod bot;
mod chat;
mod completions;
pub mod config;
mod contracts;
mod control;
mod demo;
mod demo_erp;
mod doctor;
mod exit;
mod explain;
mod graph;
mod key;
mod lint;
mod listen;
mod live;
mod logging;
mod maintenance;
mod man;
pub mod manual;
mod menus;
mod new;
mod owner;
mod parked;
mod process;
mod reload;
mod restore;
pub mod rules;
mod run;
mod schema;
mod screen;
mod sessions;
pub mod sources;
mod status;
mod test;
mod watch;

use std::io::{self, Write};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

pub use exit::ExitCode;

/// Conversations as YAML flows, run durably.
#[derive(Debug, Parser)]
#[command(name = "usher", version, arg_required_else_help = true, max_term_width = 100, after_help = exit::EXPLAINED)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Arguments),
    Run(run::Arguments),
    Chat(chat::Arguments),
    Lint(lint::Arguments),
    Explain(explain::Arguments),
    Rules(rules::Arguments),
    Test(test::Arguments),
    New(new::Arguments),
    Graph(graph::Arguments),
    Sessions(sessions::Arguments),
    Parked(parked::Arguments),
    Audit(audit::Arguments),
    Key(key::Arguments),
    Maintenance(maintenance::Arguments),
    Backup(backup::Arguments),
    Restore(restore::Arguments),
    Resume(restore::Resume),
    Doctor(doctor::Arguments),
    Schema(schema::Arguments),
    DemoErp(demo_erp::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the command line of this process.
pub fn main() -> std::process::ExitCode {
    exit::catch_panics();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return explain(&error).into(),
    };
    let ended = match arguments.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Chat(arguments) => chat::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::New(arguments) => new::run(&arguments),
        Command::Graph(arguments) => graph::run(&arguments),
        Command::Sessions(arguments) => sessions::run(arguments),
        Command::Parked(arguments) => parked::run(arguments),
        Command::Audit(arguments) => audit::run(arguments),
        Command::Key(arguments) => key::run(&arguments),
        Command::Maintenance(arguments) => maintenance::run(arguments),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Restore(arguments) => restore::run(&arguments),
        Command::Resume(arguments) => restore::resume(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::DemoErp(arguments) => demo_erp::run(arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    };
    ended.unwrap_or_else(|error| exit::report(&error)).into()
}

/// The command line as it is described to shells and in the manual.
fn command() -> clap::Command {
    Arguments::command()
}

/// Help and the version were asked for; anything else was not understood.
fn explain(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell that the terminal is gone.
    let _ = error.print();
    let _ = io::stdout().flush();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::Done,
        _ => ExitCode::Usage,
    }
}
