//! What stands before the first line: the flows as the test installs them, the people, the clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil;
use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::engine::{Record, Visitor};
use crate::expr::Time;
use crate::flow::{Installation, Known, Library, Project, RIGHTS, Role, load};
use crate::scenario::coverage::Coverage;
use crate::scenario::facts;
use crate::scenario::script::{Fact, Given};
use crate::scenario::world::{World, record_id};

/// The clock of a test that says nothing of it.
const USUAL_START: (i16, i8, i8, i8) = (2026, 1, 12, 10);

/// The flows, loaded once for each installation that tests ask for.
#[derive(Clone)]
pub(super) struct Bots<'s> {
    sources: &'s Sources,
    /// Without what the operator says of the place where the bot runs: a test is about the flows, and must not fail for another time
    /// zone or telephone number of the staff department.
    base: Installation,
    loaded: Vec<(Installation, Arc<Project>)>,
}

impl<'s> Bots<'s> {
    pub fn new(sources: &'s Sources, base: &Installation) -> Self {
        let base = Installation { settings: BTreeMap::new(), timezone: None, ..base.clone() };
        Self { sources, base, loaded: Vec::new() }
    }

    /// The flows where a test says nothing of the place.
    pub fn usual(&mut self, findings: &mut Vec<Diagnostic>) -> Option<Arc<Project>> {
        let base = self.base.clone();
        self.project(&base, findings)
    }

    /// The flows in this installation; nothing if they do not load.
    pub fn project(&mut self, installation: &Installation, findings: &mut Vec<Diagnostic>) -> Option<Arc<Project>> {
        // Who people are and how fast they write changes nothing of the flows.
        let installation = &Installation { people: BTreeMap::new(), messages: None, ..installation.clone() };
        if let Some((_, project)) = self.loaded.iter().find(|(known, _)| known == installation) {
            return Some(Arc::clone(project));
        }
        let loaded = load(self.sources, installation);
        let Some(project) = loaded.project else {
            findings.extend(loaded.findings.into_iter().filter(|found| found.severity == Severity::Error));
            return None;
        };
        let project = Arc::new(project);
        self.loaded.push((installation.clone(), Arc::clone(&project)));
        Some(project)
    }

    /// The flows as a test installs them.
    pub fn library(&mut self, given: &Given, findings: &mut Vec<Diagnostic>) -> Option<Library> {
        let project = self.usual(findings)?;
        let installation = installation(self.base.clone(), &project, given, findings);
        let project = self.project(&installation, findings)?;
        let current = project.version.clone();
        Some(Library { current: current.clone(), projects: [(current, project)].into(), installation: Arc::new(installation) })
    }

    /// The path of a file that a test calls so: whole, or without the folder of the flows.
    pub fn path(&self, written: &str) -> Option<String> {
        let ends = |path: &&str| *path == written || path.strip_suffix(written).is_some_and(|folder| folder.ends_with('/'));
        self.paths().find(ends).map(str::to_owned)
    }

    /// The paths of all files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|(_, source)| source.path.as_str())
    }

    /// The flows with other texts in some files, or the first mistake in them.
    pub fn edited(&self, files: &BTreeMap<String, String>, installation: &Installation) -> Result<Project, String> {
        let mut sources = Sources::default();
        for (_, source) in self.sources.iter() {
            sources.add(source.path.clone(), files.get(&source.path).unwrap_or(&source.text).clone());
        }
        let loaded = load(&sources.with_attached(self.sources), installation);
        let first = || loaded.findings.iter().find(|found| found.severity == Severity::Error);
        loaded.project.ok_or_else(|| first().map_or_else(String::new, |found| found.message.clone()))
    }
}

fn installation(base: Installation, project: &Project, given: &Given, findings: &mut Vec<Diagnostic>) -> Installation {
    let mut installation = base;
    installation.profiles.extend(given.profile.iter().map(|chosen| (chosen.connection.0.clone(), chosen.profile.0.clone())));
    for fact in &given.settings {
        if let Some(value) = facts::setting(project, fact, findings) {
            installation.settings.insert(fact.name.clone(), value);
        }
    }
    // A link of the usual channel looks as it does there.
    installation.links.entry("tg".to_owned()).or_insert_with(|| "https://t.me/bot".to_owned());
    // A test's clock stands still: without its own word nobody writes too fast.
    installation.messages = given.messages;
    if !given.roles.is_empty() {
        let titled = |(name, title): &(String, String)| (name.clone(), Role { title: title.clone(), ..Role::default() });
        installation.roles = given.roles.iter().map(titled).collect();
    }
    // Who holds a role is for the test to say: others would be told things that no line names.
    // What a role may do is for the operator to change, and no test of the flows fails by that.
    for (name, role) in &mut installation.roles {
        role.people.clear();
        let said = given.rights.iter().find(|(of, ..)| of == name).map(|(.., rights)| rights.clone());
        role.may = said.unwrap_or_else(|| RIGHTS.map(str::to_owned).to_vec());
    }
    for somebody in given.people.values() {
        installation
            .people
            .insert(record_id(&somebody.id).0, Known { name: Some(somebody.first_name.clone()), language: somebody.language.clone() });
        for (role, _) in &somebody.roles {
            let holders = &mut installation.roles.entry(role.clone()).or_default().people;
            let id = record_id(&somebody.id).0;
            if !holders.contains(&id) {
                holders.push(id);
            }
        }
    }
    installation
}

/// The world before the first line.
pub(super) fn set<'a>(
    library: Library,
    given: &Given,
    language: &str,
    coverage: &'a mut Coverage,
    findings: &mut Vec<Diagnostic>,
) -> World<'a> {
    let project = Arc::clone(library.project());
    let (year, month, day, hour) = USUAL_START;
    let start = given.now.unwrap_or_else(|| civil::date(year, month, day).at(hour, 0, 0, 0));
    let now = start.to_zoned(project.bot.zone.clone()).map_or(0, |zoned| zoned.timestamp().as_millisecond());
    let mut world = World::new(library, Time(now), coverage);
    for (who, somebody) in &given.people {
        let visitor = Visitor {
            first_name: somebody.first_name.clone(),
            last_name: somebody.last_name.clone(),
            username: somebody.username.clone(),
            language: Some(somebody.language.clone().unwrap_or_else(|| language.to_owned())),
        };
        let mut record = Record::new(record_id(&somebody.id));
        // All of them have written before: what they are told unasked is in their language.
        record.person.language.clone_from(&visitor.language);
        for fact in given.person.get(who).map(Vec::as_slice).unwrap_or_default() {
            know(&mut record, &project, fact, findings);
        }
        world.join(who, visitor, record);
    }
    world
}

/// What the bot knows of somebody before the first line.
fn know(record: &mut Record, project: &Project, fact: &Fact, findings: &mut Vec<Diagnostic>) {
    if let (facts::LANGUAGE, Json::String(language)) = (fact.name.as_str(), &fact.value) {
        record.person.language = Some(language.clone());
        record.person.language_chosen = true;
        return;
    }
    if let Some(value) = facts::field(project, fact, findings) {
        record.person.fields.insert(fact.name.clone(), value);
    }
}
