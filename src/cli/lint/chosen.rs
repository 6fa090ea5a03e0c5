//! Which findings are told, and which of them are a failure.

use clap::{Args, ValueEnum};

use crate::cli::exit::{ExitCode, mistake};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rules::{self, Profile, groups};
use crate::lint::selection::{Selection, codes};

/// The arguments that choose.
#[derive(Debug, Args)]
pub struct Chosen {
    /// How much is wanted of the bot: draft leaves out what is not there yet, production adds what only matters then
    #[arg(long, value_enum, default_value_t = Wanted::Default)]
    profile: Wanted,
    /// Tell only these rules, whatever the profile: codes, names or groups; errors are always told
    #[arg(long, value_name = "RULE,…", value_delimiter = ',')]
    select: Vec<String>,
    /// Do not tell these rules; errors are always told
    #[arg(long, value_name = "RULE,…", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Tell nothing milder than this
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = Level::Info)]
    min_severity: Level,
    /// Exit with 1 if there is anything at least so bad
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = Level::Warning)]
    fail_on: Level,
    /// Exit with 1 only if there are more warnings than this, or errors
    #[arg(long, value_name = "NUMBER")]
    max_warnings: Option<usize>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wanted {
    /// It is being written
    Draft,
    /// It is used
    Default,
    /// People depend on it
    Production,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    Error,
    Warning,
    Info,
}

impl Level {
    fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

impl Chosen {
    /// What is told.
    pub fn selection(&self) -> anyhow::Result<Selection> {
        let profile = match self.profile {
            Wanted::Draft => Profile::Draft,
            Wanted::Default => Profile::Default,
            Wanted::Production => Profile::Production,
        };
        Ok(Selection { profile, select: all(&self.select)?, ignore: all(&self.ignore)?, least: self.min_severity.severity() })
    }

    /// How the process ends with these findings.
    pub fn verdict(&self, findings: &[Diagnostic]) -> ExitCode {
        let count = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let is_failed = match self.max_warnings {
            Some(most) => count(Severity::Error) > 0 || count(Severity::Warning) > most,
            None => findings.iter().any(|finding| finding.severity <= self.fail_on.severity()),
        };
        if is_failed { ExitCode::Findings } else { ExitCode::Done }
    }
}

fn all(written: &[String]) -> anyhow::Result<Vec<&'static str>> {
    let mut chosen = Vec::new();
    for word in written.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
        chosen.extend(codes(word).ok_or_else(|| unknown(word))?);
    }
    Ok(chosen)
}

fn unknown(word: &str) -> anyhow::Error {
    let group = crate::diagnostic::nearest(word, groups().iter().map(|group| group.name));
    mistake(match rules::nearest_to(word).or(group) {
        Some(nearest) => format!("there is no rule and no group \"{word}\"; did you mean \"{nearest}\"?"),
        None => format!("there is no rule and no group \"{word}\"; `usher rules` lists them"),
    })
}
