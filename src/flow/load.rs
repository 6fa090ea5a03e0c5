//! Files → project, and everything that is wrong with them, in one run.
//!
//! The way of a file: text → tree (`syntax`) → shape checked (`shapes`) → sorted by kind (`files`). Then what others refer to is read
//! first — the bot's header, catalogs, operations, the flows' inputs — and put together as a `World`; with it every flow is built
//! step by step (`flows`, `steps`, `verbs`), its names looked up (`names`), its texts gathered in all languages (`writer`). Last comes
//! what only the whole shows: roads (`walk`), commands and flows that run one another (`together`), missing translations (`catalog`).
//!
//! Whoever meets a part of the wrong kind passes over it: its shape has been reported.

mod answers;
mod body;
mod bot;
mod catalog;
mod circles;
mod codes;
mod committed;
mod declare;
mod declared;
mod enclosures;
mod events;
mod files;
mod flows;
mod follows;
mod half_secrets;
mod labels;
mod links;
mod lookups;
mod manners;
mod markup;
mod matching;
mod names;
mod once;
mod operations;
mod options;
mod own;
mod paths;
mod personal;
mod records;
mod request;
mod retention;
mod roads;
mod side_roads;
mod silence;
mod steps;
mod together;
mod unread;
mod verbs;
mod walk;
mod wordings;
mod writer;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::diagnostic::{self, Diagnostic, Severity, Sources};
use crate::flow::load::catalog::Catalogs;
use crate::flow::load::declare::Declarations;
use crate::flow::load::files::Files;
use crate::flow::load::flows::Built;
use crate::flow::load::names::{Sheet, World};
use crate::flow::load::paths::Judged;
use crate::flow::{Bot, Installation, Project};
use crate::syntax::Trees;

pub use enclosures::{LARGEST, enclosed};

/// What loading gives.
#[derive(Debug)]
pub struct Loaded {
    /// The project, if there is no error among the findings.
    pub project: Option<Project>,
    /// What could be made of the files, if there is an error among the findings: to be looked at, not to be run. Parts of it are missing.
    pub draft: Option<Project>,
    /// Everything that was found, sorted.
    pub findings: Vec<Diagnostic>,
}

/// Loads all files of a flows folder (scenarios are left to `scenario`).
pub fn load(sources: &Sources, installation: &Installation) -> Loaded {
    load_parsed(sources, &Trees::of_those(sources, files::is_read), installation)
}

/// The same for whoever has parsed the files.
pub fn load_parsed(sources: &Sources, trees: &Trees, installation: &Installation) -> Loaded {
    let mut findings = Vec::new();
    let files = files::read(sources, trees, &mut findings);
    let project = build(&files, installation, &mut findings);
    files.unread.forgive(&mut findings);
    findings.iter_mut().filter(|finding| finding.code == codes::DUPLICATE_ID).for_each(|twice| twice.name_first(sources));
    let catalogs = files.messages.iter().map(|file| file.span.file).collect();
    once::once(sources, &catalogs, &mut findings);
    diagnostic::explain_look_alikes(sources, &mut findings);
    diagnostic::sort(sources, &mut findings);
    let broken = findings.iter().any(|finding| finding.severity == Severity::Error);
    let (project, draft) = if broken { (None, Some(project)) } else { (Some(project), None) };
    Loaded { project, draft, findings }
}

/// The names of the operator's settings that the bot does not declare, each with the nearest name it does declare.
pub fn unknown_settings(project: &Project, installation: &Installation) -> Vec<(String, Option<String>)> {
    bot::undeclared(&project.bot.settings, installation)
}

fn build(files: &Files, installation: &Installation, findings: &mut Vec<Diagnostic>) -> Project {
    let mut header = bot::header(files.bot.as_ref(), &files.messages, installation, findings);
    let (languages, places) = (header.languages.clone(), std::mem::take(&mut header.places));
    let catalogs = Catalogs::new(&languages, &places, &files.messages, findings);
    if installation.unread {
        catalogs.leave("bot.roles");
    }
    let (roles, titles) = (bot::roles(installation, &catalogs), bot::titles(&catalogs));
    let fields = bot::fields(&header.person, &catalogs);
    bot::translate_settings(&mut header.settings, &catalogs);
    let interface = operations::build(&files.operations, installation, &header.person, &catalogs, findings);
    half_secrets::check(&files.operations, findings);
    let mut world = World {
        catalogs: &catalogs,
        installation,
        country: &header.country,
        currency: &header.currency,
        settings: bot::settings_type(&header),
        person: bot::person_type(&header),
        writable: bot::writable(&header),
        texts: BTreeMap::new(),
        operations: &interface.operations,
        profiles: &interface.profiles,
        events: events::declared(files.bot.as_ref(), findings),
        flows: sheets(files, findings),
        unread: &files.unread,
        enclosures: &files.enclosures,
    };
    world.texts = bot::texts(files.bot.as_ref(), &world, findings);
    let words = bot::words(files.bot.as_ref(), &world, findings);
    let segments = bot::segments(files.bot.as_ref(), &world, findings);
    let audit = records::audit(files.bot.as_ref(), &world, findings);
    let (mut flows, mut lost) = (BTreeMap::new(), BTreeSet::new());
    world.work_out_all();
    for (built, mut found) in build_all(&world) {
        findings.append(&mut found);
        lost.extend(built.lost.then(|| built.flow.id.clone()));
        flows.insert(built.flow.id.clone(), built.flow);
    }
    let judged = Judged::new(&world, &lost, findings);
    paths::check(&world, &flows, &judged, findings);
    // What would record it may be what is missing on the way to steps that nobody reaches.
    let is_whole = lost.is_empty() && !files.unread.has_flows();
    if is_whole && !findings.iter().any(|finding| finding.code == codes::UNREACHABLE_STEP) {
        records::check(files, &flows, findings);
    }
    let labels = labels::gather(files, &catalogs);
    let events = std::mem::take(&mut world.events);
    together::runs(&world, &flows, findings);
    together::starts(&flows, findings);
    let commands = together::commands(&world, findings);
    catalogs.report(&world.flows.values().map(|sheet| (sheet.id.to_owned(), sheet.span)).collect(), &files.unread, findings);
    manners::below(world.operations, &files.operations, &flows, findings);
    declared::below(files, findings);
    follows::below(world.flows.values().map(|sheet| sheet.node.span), findings);
    let texts = world.texts;
    let bot::Header { title, zone, quiet, country, currency, settings, person, .. } = header;
    Project {
        version: files.version.clone(),
        bot: Bot {
            title,
            titles,
            roles,
            fields,
            languages: languages.clone(),
            zone,
            quiet,
            country,
            currency,
            settings,
            person,
            events,
            words,
            texts,
            segments,
            audit,
        },
        flows,
        operations: interface.operations,
        connections: interface.connections,
        profiles: interface.profiles,
        commands,
        labels,
        files: files.enclosures.by_digest(),
    }
}

/// Builds all flows side by side; each comes with what is wrong with it, in the order of their ids.
fn build_all(world: &World<'_>) -> Vec<(Built, Vec<Diagnostic>)> {
    let build = |sheet: &Sheet<'_>| {
        let mut findings = Vec::new();
        let mut built = flows::build(world, sheet, &mut findings);
        // A step of this name may have led anywhere.
        built.lost |= findings.iter().any(|finding| finding.code == codes::UNKNOWN_NAME && finding.fix.is_none());
        walk::check(&built, &mut findings);
        (built, findings)
    };
    world.flows.values().collect::<Vec<_>>().into_par_iter().map(build).collect()
}

/// What must be known of every flow before the first is built.
fn sheets<'a>(files: &'a Files, findings: &mut Vec<Diagnostic>) -> BTreeMap<&'a str, Sheet<'a>> {
    let declarations = Declarations::plain();
    let sheets = files.flows.iter().map(|raw| (raw.id.as_str(), Sheet::new(raw, declarations.map(raw.node.get("inputs")))));
    let sheets = sheets.collect();
    findings.append(&mut declarations.findings());
    sheets
}
