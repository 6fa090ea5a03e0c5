//! A bot's folder: which operator's file and which flows belong together, and all that is found in both.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::config::{self, Config, FILE, FLOWS, Names, Reach, Read};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::screen;
use crate::cli::sources::{self, Collected, cannot_read};
use crate::diagnostic::{self, Diagnostic, FileId, Format, Severity, Sources, Span, has_errors};
use crate::flow::{Installation, Project, load, load_parsed, unknown_settings};
use crate::syntax::Trees;

/// The file that every bot with more than one flow has.
const BOT: &str = "bot.yaml";

/// Where a bot's files are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The operator's file, if there is one.
    pub operators: Option<PathBuf>,
    /// The folder of the flows.
    pub flows: PathBuf,
    /// The folders of all bots of the operator's file.
    pub all: Vec<PathBuf>,
}

/// A file of a bot as an editor has it, not saved yet.
#[derive(Debug)]
pub struct Edited {
    /// Where it is or would be, with all links resolved.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// A bot, read and loaded.
#[derive(Debug)]
pub struct Bot {
    /// The files of the flows, called as whoever runs the command sees them.
    pub sources: Sources,
    /// What they hold, as it was parsed.
    pub trees: Trees,
    /// What the operator says that flows may depend on.
    pub installation: Installation,
    /// The flows, compiled, if there is no error in them.
    pub project: Option<Project>,
    /// What could be made of them, if there is one.
    pub draft: Option<Project>,
    /// All that was found, in the flows and in the operator's file.
    pub found: Found,
}

/// Findings of one or several bots with the files they point into.
#[derive(Debug, Default)]
pub struct Found {
    /// The files.
    pub sources: Sources,
    /// The findings.
    pub findings: Vec<Diagnostic>,
}

impl Found {
    /// Takes over findings that point into files of their own.
    pub fn add(&mut self, sources: &Sources, findings: Vec<Diagnostic>) {
        let offset = u32::try_from(self.sources.iter().count()).unwrap_or(u32::MAX);
        for (_, source) in sources.iter() {
            self.sources.add(source.path.clone(), source.text.clone());
        }
        self.sources = std::mem::take(&mut self.sources).with_attached(sources);
        let moved = |span: Span| Span { file: FileId(span.file.0.saturating_add(offset)), ..span };
        self.findings.extend(findings.into_iter().map(|mut finding| {
            finding.span = moved(finding.span);
            finding.related = finding.related.into_iter().map(|(span, remark)| (moved(span), remark)).collect();
            for edit in finding.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
                edit.span = moved(edit.span);
            }
            finding
        }));
    }
}

impl Place {
    /// The bots that these paths belong to, each with the paths that are asked about; none of them means all of the bot.
    pub fn of_all(paths: &[PathBuf]) -> anyhow::Result<BTreeMap<Self, Vec<PathBuf>>> {
        if paths.is_empty() {
            return Ok(Self::here()?.each().map(|place| (place, Vec::new())).collect());
        }
        let mut places: BTreeMap<Self, Vec<PathBuf>> = BTreeMap::new();
        let mut whole = Vec::new();
        for path in paths {
            let path = path.canonicalize().map_err(|error| cannot_read(path, &error))?;
            let found = Self::of(&path);
            // What is no part of some bot's flows concerns all of them.
            let several = !path.starts_with(&found.flows);
            for place in found.clone().each().filter(|place| several || place.flows == found.flows) {
                if place.flows.starts_with(&path) {
                    whole.push(place.clone());
                }
                places.entry(place).or_default().push(path.clone());
            }
        }
        for place in whole {
            places.insert(place, Vec::new());
        }
        Ok(places)
    }

    /// The bots of the same operator's file, this one among them.
    fn each(self) -> impl Iterator<Item = Self> {
        let flows = if self.all.is_empty() { vec![self.flows] } else { self.all.clone() };
        flows.into_iter().map(move |flows| Self { operators: self.operators.clone(), flows, all: self.all.clone() })
    }

    /// The bot in the current folder.
    fn here() -> anyhow::Result<Self> {
        let here = Path::new(".").canonicalize().map_err(|error| cannot_read(Path::new("."), &error))?;
        let is_bot = [FILE, BOT, FLOWS].iter().any(|name| here.join(name).exists());
        if is_bot {
            Ok(Self::of(&here))
        } else {
            Err(mistake(format!("there is no {FILE} and no folder {FLOWS} here; name the folder of a bot")))
        }
    }

    /// The bot that a path belongs to: the nearest folder upwards whose operator's file claims it, or else whose `bot.yaml` stands
    /// above it, or else the path's own folder.
    pub fn of(path: &Path) -> Self {
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
        let mut nearest = None;
        for above in folder.ancestors() {
            let operators = above.join(FILE);
            if operators.is_file() {
                let all = flows_of(&operators);
                let within = all.iter().find(|flows| path.starts_with(flows));
                let claimed = within.or_else(|| all.iter().find(|flows| path == operators || flows.starts_with(path))).cloned();
                if let Some(flows) = claimed {
                    return Self { operators: Some(operators), flows, all };
                }
            }
            if nearest.is_none() && above.join(BOT).is_file() {
                nearest = Some(above.to_owned());
            }
        }
        let below = folder.join(FLOWS);
        let own = if path.is_dir() && below.is_dir() { below } else { folder.to_owned() };
        Self { operators: None, flows: nearest.unwrap_or(own), all: Vec::new() }
    }

    /// Reads and loads the bot as whoever checks it: without secrets, and with a file as it is being edited.
    pub fn load(&self, edited: Option<&Edited>) -> anyhow::Result<Bot> {
        let mut found = Found::default();
        let edited_here = |path: &Path| edited.filter(|edited| edited.path == path);
        let read = self.operators.as_deref().map(|path| match edited_here(path) {
            Some(Edited { text, .. }) => {
                let folder = path.parent().unwrap_or(Path::new(""));
                Ok(config::understand(text.clone(), Some(folder), &shown(path), Reach::Flows, &|_| None))
            }
            None => operators_file(path, Reach::Flows),
        });
        let read = read.transpose()?;
        let installation = read.as_ref().map(|read| read.installation.clone()).unwrap_or_default();
        let mut collected = sources::collect(&self.flows, &shown(&self.flows), self.operators.as_deref())?;
        if let Some(edited) = edited.filter(|edited| Some(edited.path.as_path()) != self.operators.as_deref()) {
            collected.put(&shown(&edited.path), &edited.text)?;
        }
        let trees = Trees::of(&collected.sources);
        let loaded = load_parsed(&collected.sources, &trees, &installation);
        let (told_there, told_here) = apart(loaded.findings, read.as_ref().map(|read| &read.names));
        // Flows that only the operator's file keeps from loading know what belongs into it.
        let known = loaded.project.as_ref().or(loaded.draft.as_ref().filter(|_| !has_errors(&told_here)));
        found.add(&collected.sources, told_here);
        found.findings.extend(collected.findings);
        let (unread, findings) = sources::unread(&collected.unread);
        found.add(&unread, findings);
        if let Some(Read { sources, findings, names, .. }) = read {
            let mut own = told_there;
            // The operator's file is told of once, however many bots it has.
            if self.all.first().is_none_or(|first| *first == self.flows) {
                own.extend(findings);
                if let Some(project) = known.filter(|_| !installation.unread) {
                    own.extend(self.unknown(project, &names, &installation)?);
                }
            }
            found.add(&sources, own);
        }
        Ok(Bot { sources: collected.sources, trees, installation, project: loaded.project, draft: loaded.draft, found })
    }
}

impl Place {
    /// The bot in the current folder that is asked for, or the only one.
    pub fn chosen(wanted: Option<&str>) -> anyhow::Result<Self> {
        let here = Self::here()?;
        let Some(operators) = &here.operators else {
            return match wanted {
                None => Ok(here),
                Some(_) => Err(mistake(format!("bots are told apart by {FILE}, and there is none here; leave --bot out"))),
            };
        };
        let bots = operators_file(operators, Reach::Flows)?.config.map(|config| config.bots).unwrap_or_default();
        // A file that cannot be read has one bot, in the folder where it usually is.
        let at = if bots.is_empty() { 0 } else { chosen(operators, &bots, wanted)? };
        Ok(here.each().nth(at).unwrap_or_else(|| unreachable!("each bot has its folder")))
    }

    /// What the operator's file says that no bot of it knows; nothing if one of the others cannot be asked, as it does not load.
    fn unknown(&self, project: &Project, names: &Names, installation: &Installation) -> anyhow::Result<Vec<Diagnostic>> {
        let mut others = Vec::new();
        for flows in self.all.iter().filter(|flows| **flows != self.flows) {
            let collected = sources::collect(flows, &shown(flows), self.operators.as_deref())?;
            let Some(other) = load(&collected.sources, installation).project else { return Ok(Vec::new()) };
            others.push(other);
        }
        let projects: Vec<&Project> = std::iter::once(project).chain(&others).collect();
        Ok(unknown_to(&projects, names, installation))
    }
}

/// What the operator's file says that none of these bots knows.
fn unknown_to(projects: &[&Project], names: &Names, installation: &Installation) -> Vec<Diagnostic> {
    let mut unknown = projects.iter().map(|project| unknown_settings(project, installation));
    let mut settings = unknown.next().unwrap_or_default();
    for other in unknown {
        settings.retain(|(name, _)| other.iter().any(|(also, _)| also == name));
    }
    names.unknown(projects, &settings)
}

/// What the flows find in the operator's file, at its places there, and what they find in themselves.
pub fn apart(findings: Vec<Diagnostic>, names: Option<&Names>) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let (mut there, mut here) = (Vec::new(), Vec::new());
    for finding in findings {
        match names.and_then(|names| names.own(&finding)) {
            Some(own) => there.push(own),
            None => here.push(finding),
        }
    }
    (there, here)
}

/// A bot that may run.
#[derive(Debug)]
pub struct Ready {
    /// What the operator's file says.
    pub config: Config,
    /// The flows, compiled.
    pub project: Project,
    /// Their files.
    pub sources: Sources,
}

/// A bot, read for running it, whatever its flows are like.
#[derive(Debug)]
pub struct Running {
    /// What the operator's file says.
    pub config: Config,
    /// Its bots; one at least.
    pub bots: Vec<Candidate>,
    /// What was found in it: nothing that is a reason not to run, unless that was left out.
    pub warned: Found,
}

/// A bot that is to run.
#[derive(Debug)]
pub struct Candidate {
    /// What the operator's file says of it.
    pub bot: config::Bot,
    /// The flows, compiled; none if something is wrong with them.
    pub project: Option<Project>,
    /// Their files, and what was found in them.
    pub found: Found,
}

impl Ready {
    /// Reads and loads a bot of this operator's file: the one that is asked for, or the only one. If it may not run, all that is wrong with
    /// it is shown, and how the process ends is returned.
    pub fn load(operators: &Path, bot: Option<&str>, reach: Reach) -> anyhow::Result<Result<Self, ExitCode>> {
        let Running { config, mut bots, .. } = match Running::read(operators, reach)? {
            Ok(running) => running,
            Err(refused) => return Ok(Err(refused)),
        };
        let at = chosen(operators, &config.bots, bot)?;
        let Candidate { project, found, .. } = bots.swap_remove(at);
        match project {
            Some(project) => Ok(Ok(Self { config, project, sources: found.sources })),
            None => Self::refuse(found, ExitCode::Findings).map(Err),
        }
    }

    /// Shows the errors of a bot that may not run.
    pub fn refuse(mut found: Found, ended: ExitCode) -> anyhow::Result<ExitCode> {
        found.findings.retain(|finding| finding.severity == Severity::Error);
        diagnostic::sort(&found.sources, &mut found.findings);
        let text = diagnostic::render(&found.sources, &found.findings, Format::Human, screen::has_colours());
        io::stderr().write_all(text.as_bytes())?;
        Ok(ended)
    }
}

impl Running {
    /// Reads and loads the bot of this operator's file. If that file cannot be used, all that is wrong with it is shown, and how the
    /// process ends is returned; with [`Reach::Usable`] only if nothing of it can be.
    pub fn read(operators: &Path, reach: Reach) -> anyhow::Result<Result<Self, ExitCode>> {
        if !operators.is_file() {
            return Err(mistake(format!("there is no {} here; name the operator's file with --config", operators.display())));
        }
        let read = operators_file(operators, reach)?;
        let (mut findings, mut bots) = (read.findings, Vec::new());
        for bot in &read.bots {
            let collected = match sources::collect(&bot.flows, &shown(&bot.flows), Some(operators)) {
                Ok(collected) => collected,
                // What is wrong with the file itself says more.
                Err(_) if has_errors(&findings) => continue,
                Err(error) => return Err(error),
            };
            let (project, mut found) = loaded(collected, &read.installation);
            let (own, rest) = apart(std::mem::take(&mut found.findings), Some(&read.names));
            findings.extend(own);
            found.findings = rest;
            bots.push(Candidate { bot: bot.clone(), project, found });
        }
        let projects: Option<Vec<&Project>> = bots.iter().map(|bot| bot.project.as_ref()).collect();
        if let Some(projects) = projects.filter(|_| !read.installation.unread) {
            findings.extend(unknown_to(&projects, &read.names, &read.installation));
        }
        let is_usable = reach == Reach::Usable || !has_errors(&findings);
        diagnostic::sort(&read.sources, &mut findings);
        findings.dedup();
        let mut told = Found::default();
        told.add(&read.sources, findings);
        match read.config.filter(|_| is_usable) {
            Some(config) => Ok(Ok(Self { config, bots, warned: told })),
            None => Ready::refuse(told, ExitCode::Usage).map(Err),
        }
    }

    /// Tells what somebody should look at in the operator's file, if there is anything.
    pub fn warn(&self) -> anyhow::Result<()> {
        if self.warned.findings.is_empty() {
            return Ok(());
        }
        let text = diagnostic::render(&self.warned.sources, &self.warned.findings, Format::Human, screen::has_colours());
        Ok(io::stderr().write_all(text.as_bytes())?)
    }
}

/// What the files of a folder come to: the project, unless something is wrong with them, and what was found.
pub fn loaded(collected: Collected, installation: &Installation) -> (Option<Project>, Found) {
    let loaded = load(&collected.sources, installation);
    let mut findings = loaded.findings;
    findings.extend(collected.findings);
    let project = loaded.project.filter(|_| !has_errors(&findings));
    (project, Found { sources: collected.sources, findings })
}

/// Which of the bots of an operator's file is asked for: by the folder of its flows, as it is written there, or by a channel of its own.
pub fn chosen(operators: &Path, bots: &[config::Bot], wanted: Option<&str>) -> anyhow::Result<usize> {
    let folder = |bot: &config::Bot| if bot.name.is_empty() { beside(operators, &bot.flows) } else { bot.name.clone() };
    let there_are = || bots.iter().map(folder).collect::<Vec<_>>().join(", ");
    let Some(wanted) = wanted else {
        return match bots {
            [_] => Ok(0),
            _ => Err(mistake(format!("{} has several bots; say which is meant with --bot: {}", shown(operators), there_are()))),
        };
    };
    let plain = wanted.trim_start_matches("./").trim_end_matches('/');
    let by_folder = bots.iter().position(|bot| folder(bot) == plain);
    by_folder
        .or_else(|| bots.iter().position(|bot| bot.channels.iter().any(|channel| channel == wanted)))
        .ok_or_else(|| mistake(format!("there is no bot \"{wanted}\" in {}; there are: {}", shown(operators), there_are())))
}

/// A folder as an operator's file would name it.
fn beside(operators: &Path, folder: &Path) -> String {
    let own = operators.parent().unwrap_or(Path::new(""));
    folder.strip_prefix(own).unwrap_or(folder).to_string_lossy().trim_start_matches("./").trim_end_matches('/').to_owned()
}

/// Reads an operator's file with the environment of this process.
pub fn operators_file(path: &Path, reach: Reach) -> anyhow::Result<Read> {
    let variable = |name: &str| env::var(name).ok();
    config::read(path, &shown(path), reach, &variable).map_err(|error| cannot_read(path, &error))
}

/// A path as whoever runs the command sees it: from the current folder, if it is below that.
pub fn shown(path: &Path) -> String {
    let here = env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    let path = path.strip_prefix(&here).unwrap_or(path);
    path.to_string_lossy().into_owned()
}

/// Whether a file, as it is shown, is asked about: all are if no paths are given.
pub fn is_asked(file: &str, paths: &[PathBuf]) -> bool {
    let below = |path: &str| path.is_empty() || file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    paths.is_empty() || paths.iter().any(|path| below(&shown(path)))
}

/// The folders of the flows, as an operator's file says it.
fn flows_of(operators: &Path) -> Vec<PathBuf> {
    let silent = |_: &str| None;
    let said = config::read(operators, FILE, Reach::Flows, &silent).ok().and_then(|read| read.config).map(|config| config.bots);
    let flows = said.map(|bots| bots.into_iter().map(|bot| bot.flows).collect());
    let flows: Vec<PathBuf> = flows.unwrap_or_else(|| vec![operators.with_file_name(FLOWS)]);
    flows.into_iter().map(|flows| flows.canonicalize().unwrap_or(flows)).collect()
}
