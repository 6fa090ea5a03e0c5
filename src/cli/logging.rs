//! The log: standard error, in lines for people or for programs. It holds names of flows, operations and channels, never a value.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::cli::config::{Log, LogFormat, LogLevel};

/// Begins to log. Only this program's own lines: libraries below it may know addresses and tokens.
pub fn begin(log: Log) {
    let level = match log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    // What became of an edit is told whatever the level: whoever edits waits for it.
    let only_ours = EnvFilter::new(format!("off,usher={level},usher::cli::reload=info"));
    let lines = tracing_subscriber::fmt().with_env_filter(only_ours).with_writer(|| Line).with_ansi(false);
    // A second beginning in one process changes nothing.
    let _ = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}

/// Counts the lines, if somebody is invited to type on the same terminal.
static PROMPT: OnceLock<watch::Sender<u64>> = OnceLock::new();

/// From now on somebody is invited to type where the log is shown: its lines are written over the prompt, and this changes with each.
/// It never does if the log goes elsewhere.
pub fn beside_a_prompt() -> watch::Receiver<u64> {
    PROMPT.get_or_init(|| watch::Sender::new(0)).subscribe()
}

/// Where a line of the log goes.
struct Line;

impl Write for Line {
    /// Whoever reads the log may go away, and its disk may be full: the bot goes on without it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut stderr = io::stderr().lock();
        let prompt = PROMPT.get().filter(|_| stderr.is_terminal());
        if prompt.is_some() {
            let _ = stderr.write_all(b"\r");
        }
        let _ = stderr.write_all(line);
        if let Some(prompt) = prompt {
            prompt.send_modify(|lines| *lines += 1);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = io::stderr().flush();
        Ok(())
    }
}
