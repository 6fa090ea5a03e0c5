//! All that is found in the bots that are asked about.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::cli::bot::{Edited, Found, Place, is_asked};
use crate::cli::contracts;
use crate::cli::exit::mistake;
use crate::cli::lint::against::Against;
use crate::cli::sources::cannot_read;
use crate::contract;
use crate::diagnostic::{Diagnostic, FileId, Severity, sort};
use crate::lint::selection::Selection;
use crate::lint::suppression;
use crate::lint::{checks, compat};
use crate::scenario;

/// The path that stands for standard input.
const STDIN: &str = "-";

/// What is asked about.
#[derive(Debug)]
pub struct Asked {
    paths: Vec<PathBuf>,
    edited: Option<Edited>,
    /// The version that the bots are compared with.
    pub against: Option<Against>,
}

/// What is told of it.
#[derive(Debug, Default)]
pub struct Told {
    /// Findings, sorted.
    pub found: Found,
    /// How many findings comments hide.
    pub hidden: usize,
    /// A bot with errors cannot be compared with how it was.
    pub is_uncompared: bool,
}

impl Asked {
    /// The paths of the command line; `-` is a file that an editor has not saved, and is called `name`.
    pub fn read(paths: &[PathBuf], name: Option<&Path>) -> anyhow::Result<Self> {
        let from_stdin = paths.iter().any(|path| path == Path::new(STDIN));
        match (from_stdin, name) {
            (false, None) => Ok(Self { paths: paths.to_vec(), edited: None, against: None }),
            (true, None) => Err(mistake("what comes from standard input needs a name: --stdin-filename flows/hello.yaml")),
            (false, Some(_)) => Err(mistake("--stdin-filename belongs to the path -")),
            (true, Some(_)) if paths.len() > 1 => Err(mistake("the path - stands alone")),
            (true, Some(name)) => {
                let mut text = String::new();
                io::stdin().read_to_string(&mut text).map_err(|error| match error.kind() {
                    io::ErrorKind::InvalidData => mistake("what comes from standard input is not UTF-8"),
                    _ => error.into(),
                })?;
                Ok(Self { paths: Vec::new(), edited: Some(Edited { path: place_of(name)?, text }), against: None })
            }
        }
    }

    /// Whether the text comes from standard input, so that there is no file to write to.
    pub fn is_edited(&self) -> bool {
        self.edited.is_some()
    }

    /// Reads everything and finds what is wrong with it.
    pub fn search(&self, selection: &Selection) -> anyhow::Result<Told> {
        let mut told = Told::default();
        let places = match &self.edited {
            Some(edited) => [(Place::of(&edited.path), vec![edited.path.clone()])].into(),
            None => Place::of_all(&self.paths)?,
        };
        for (place, only) in places {
            let bot = place.load(self.edited.as_ref())?;
            let (mut own, mut trees) = (bot.found, bot.trees);
            let errors = own.findings.iter().filter(|finding| finding.severity == Severity::Error);
            let broken: BTreeSet<FileId> = errors.map(|finding| finding.span.file).collect();
            let read = scenario::read_parsed(&bot.sources, &trees);
            own.findings.extend(read.findings);
            own.findings.extend(bot.project.iter().flat_map(|project| scenario::check(&bot.sources, project, &read.suite)));
            // What is wrong with the flows may follow from what is wrong with an operation; one that is broken itself is not compared.
            for project in bot.project.iter().chain(&bot.draft) {
                let mut differences = contracts::findings(&bot.sources, &trees, project);
                differences.retain(|difference| !broken.contains(&difference.finding.span.file));
                let compared = contract::below(differences, project, &mut own.findings);
                own.findings.extend(compared);
            }
            trees.add(&own.sources);
            own.findings.extend(checks::check(&own.sources, &trees));
            checks::blot(&mut own.sources, &own.findings);
            match (&self.against, &bot.project) {
                (Some(against), Some(project)) => {
                    own.findings.extend(compat::compare(&against.project(&place, &bot.installation)?, project, &bot.sources));
                }
                (Some(_), None) => told.is_uncompared = true,
                (None, _) => {}
            }
            let kept = suppression::apply(&own.sources, own.findings);
            own.findings = kept.findings;
            own.findings.retain(|finding| selection.takes(finding) && is_asked(&own.sources.get(finding.span.file).path, &only));
            told.hidden += kept.hidden;
            told.found.add(&own.sources, own.findings);
        }
        sort(&told.found.sources, &mut told.found.findings);
        // Several bots may find the same in the operator's file that they have in common.
        let mut known = BTreeSet::new();
        let sources = &told.found.sources;
        let key =
            |finding: &Diagnostic| (sources.get(finding.span.file).path.clone(), finding.span.start, finding.code, finding.message.clone());
        told.found.findings.retain(|finding| known.insert(key(finding)));
        Ok(told)
    }
}

/// Where a file is or would be.
fn place_of(name: &Path) -> anyhow::Result<PathBuf> {
    let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = name.file_name().ok_or_else(|| mistake(format!("{} is no name of a file", name.display())))?;
    Ok(folder.canonicalize().map_err(|error| cannot_read(folder, &error))?.join(file))
}
