//! The forms in which findings are written.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::cli::bot::Found;
use crate::diagnostic::{Format, render};
use crate::lint::formats;

/// How findings are written, as it stands on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Written {
    /// With the line and a ruler under it
    #[default]
    Human,
    /// One line a finding
    Concise,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
    /// SARIF 2.1.0
    Sarif,
    /// Workflow commands of GitHub
    Github,
    /// The Code Quality report of GitLab
    Gitlab,
    /// The XML of `JUnit`
    Junit,
}

impl Written {
    /// The findings in this form.
    pub fn text(self, found: &Found, colour: bool) -> String {
        let (sources, findings) = (&found.sources, &found.findings);
        match self {
            Self::Human => render(sources, findings, Format::Human, colour),
            Self::Concise => render(sources, findings, Format::Concise, false),
            Self::Json => render(sources, findings, Format::Json, false),
            Self::Jsonl => formats::jsonl(sources, findings),
            Self::Sarif => formats::sarif(sources, findings),
            Self::Github => formats::github(sources, findings),
            Self::Gitlab => formats::gitlab(sources, findings),
            Self::Junit => formats::junit(sources, findings),
        }
    }
}

/// A format and a file, as they stand on the command line.
pub fn output(text: &str) -> Result<(Written, PathBuf), String> {
    let Some((format, file)) = text.split_once('=').filter(|(_, file)| !file.is_empty()) else {
        return Err("a format and a file are wanted, such as sarif=lint.sarif".to_owned());
    };
    let unknown = || {
        let names: Vec<_> = Written::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
        let names: Vec<_> = names.iter().map(PossibleValue::get_name).collect();
        format!("there is no format \"{format}\"; there are: {}", names.join(", "))
    };
    Ok((Written::from_str(format, false).map_err(|_| unknown())?, PathBuf::from(file)))
}
