//! The log: standard error, in lines for people or for programs. It holds names of flows, operations and channels, never a value.

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
    let lines = tracing_subscriber::fmt().with_env_filter(only_ours).with_writer(std::io::stderr).with_ansi(false);
    // A second beginning in one process changes nothing.
    let _ = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}
