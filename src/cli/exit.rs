//! How the process ends.

use std::io::{self, Write};
use std::{fmt, panic, process};

use crate::runtime;

/// What the exit code tells a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// What was asked is done.
    Done = 0,
    /// It is done, and there are findings, or tests that failed.
    Findings = 1,
    /// It was not begun: the arguments, the operator's file or the machine do not allow it.
    Usage = 2,
    /// Our own fault.
    Internal = 3,
}

/// The exit codes, for the end of the help.
pub const EXPLAINED: &str = "Exit codes: 0 done · 1 findings or failed tests · 2 usage or configuration · 3 our own fault";

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// A mistake of whoever runs the command: one sentence, and exit code 2.
#[derive(Debug)]
pub struct Mistake(pub String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mistake {}

/// A mistake of whoever runs the command.
pub fn mistake(sentence: impl Into<String>) -> anyhow::Error {
    Mistake(sentence.into()).into()
}

/// Says what went wrong in one line, with its causes. A reader that went away is nothing wrong.
pub fn report(error: &anyhow::Error) -> ExitCode {
    if error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)) {
        return ExitCode::Done;
    }
    complain(&format!("usher: {error:#}"));
    if error.chain().any(<dyn std::error::Error>::is::<Mistake>) { ExitCode::Usage } else { ExitCode::Internal }
}

/// Turns a panic into one sentence and exit code 3: a backtrace helps nobody who runs a bot. A panic that concerns one turn only is
/// told as well, and the bot goes on: started again, it would be given the same turn.
pub fn catch_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        complain(&format!("usher: this is our own fault: something that cannot happen has happened at {place}; please report it"));
        if !runtime::is_guarded() {
            process::exit(i32::from(ExitCode::Internal as u8));
        }
    }));
}

/// Writes one line to standard error, if anybody listens.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
