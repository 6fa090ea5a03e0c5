//! Plays tests, line by line.

mod calls;
mod deeds;
mod expectations;
mod messages;
mod names;
mod stage;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Sources, Span, has_errors};
use crate::flow::{Installation, Project};
use crate::scenario::play::stage::Bots;
use crate::scenario::report::{Failure, Played, Report};
use crate::scenario::script::{Line, Suite, Test, What};
use crate::scenario::world::{Problem, World};
use crate::scenario::{Coverage, codes};

/// Tests that are played one after another: the flows are loaded once for all of them, and others are played beside them.
const TOGETHER: usize = 64;

/// Plays every test in each of its languages against the flows among the sources. `base` is what the operator says where a test says
/// nothing.
pub fn play(sources: &Sources, base: &Installation, suite: &Suite) -> Report {
    play_while(&|| true, sources, base, suite)
}

/// The same for as long as the answer is wanted: it is asked before each test, and those that remain then are not played.
pub fn play_while(is_wanted: &(dyn Fn() -> bool + Sync), sources: &Sources, base: &Installation, suite: &Suite) -> Report {
    let mut report = Report::default();
    let mut bots = Bots::new(sources, base);
    let Some(project) = bots.usual(&mut report.findings) else { return report };
    report.coverage = Coverage::of(&project);
    let parts: Vec<Report> =
        suite.tests.par_chunks(TOGETHER).map(|tests| play_together(is_wanted, bots.clone(), &project, tests)).collect();
    for part in parts {
        report.add(part);
    }
    crate::diagnostic::sort(sources, &mut report.findings);
    report
}

fn play_together(is_wanted: &(dyn Fn() -> bool + Sync), mut bots: Bots<'_>, project: &Project, tests: &[Test]) -> Report {
    let mut report = Report { coverage: Coverage::of(project), ..Report::default() };
    for test in tests.iter().take_while(|_| is_wanted()) {
        let languages = test.languages(&project.bot.languages);
        if languages.is_empty() {
            let message = format!("the test \"{}\" can be played in no language: its texts have none in common", test.id);
            report.findings.push(Diagnostic::error(codes::NO_LANGUAGE, test.span, message));
        }
        let before = report.findings.len();
        names::check(test, project, &bots, &mut report.findings);
        if report.findings.len() > before {
            continue;
        }
        for language in languages {
            let played = play_one(&mut bots, test, &language, &mut report);
            report.played.extend(played);
        }
    }
    report
}

/// One test in one language; nothing if it cannot be set up.
fn play_one(bots: &mut Bots<'_>, test: &Test, language: &str, report: &mut Report) -> Option<Played> {
    let before = report.findings.len();
    let library = bots.library(&test.given, &mut report.findings)?;
    let mut coverage = std::mem::take(&mut report.coverage);
    let world = stage::set(library, &test.given, language, &mut coverage, &mut report.findings);
    let is_wrong = has_errors(&report.findings[before..]);
    let failure = if is_wrong {
        None
    } else {
        Player { world, bots, language, named: BTreeMap::new(), sent: BTreeMap::new(), files: BTreeMap::new() }.play(test)
    };
    report.coverage = coverage;
    let Test { scenarios, id, title, .. } = test;
    let played = Played { scenarios: scenarios.clone(), test: id.clone(), title: title.clone(), language: language.to_owned(), failure };
    (!is_wrong).then_some(played)
}

/// A test being played.
struct Player<'a, 'b, 's> {
    world: World<'a>,
    bots: &'b mut Bots<'s>,
    language: &'b str,
    /// Messages by the names that lines gave them: whose, and their places.
    named: BTreeMap<String, Vec<(String, usize)>>,
    /// Requests by the names that lines gave them, as their idempotency keys.
    sent: BTreeMap<String, Option<String>>,
    /// Files that are other ones by now.
    files: BTreeMap<String, String>,
}

/// Why a line does not hold.
struct Broken {
    span: Option<Span>,
    message: String,
    difference: Option<String>,
}

impl Broken {
    fn because(message: impl Into<String>) -> Self {
        Self { span: None, message: message.into(), difference: None }
    }

    fn at(self, span: Span) -> Self {
        Self { span: Some(span), ..self }
    }

    fn with(self, difference: String) -> Self {
        Self { difference: Some(difference), ..self }
    }
}

impl From<Problem> for Broken {
    fn from(problem: Problem) -> Self {
        Self::because(problem)
    }
}

impl Player<'_, '_, '_> {
    fn play(mut self, test: &Test) -> Option<Failure> {
        let broken = test.talk.iter().find_map(|line| Some((self.line(line).err()?, line.span)));
        let (broken, span) = match broken {
            Some(broken) => broken,
            None => (self.nothing_unnamed().err()?, test.span),
        };
        let transcript = std::mem::take(&mut self.world.transcript);
        Some(Failure { span: broken.span.unwrap_or(span), message: broken.message, difference: broken.difference, transcript })
    }

    fn line(&mut self, line: &Line) -> Result<(), Broken> {
        // What the engine asks itself it answers itself, unless the line says otherwise.
        if !matches!(&line.what, What::Called(called) if called.operation.starts_with("usher.")) {
            self.world.answer_itself()?;
        }
        match &line.what {
            What::Does { who, deed, name } => self.does(who, deed, name.as_ref()),
            What::Says(said) => self.says(said),
            What::Sent(sent) => self.sent(sent),
            What::Called(called) => self.called(called),
            What::Pass(millis) => {
                self.world.note(format!("— {} passes —", spoken(*millis)));
                Ok(self.world.pass(*millis)?)
            }
            What::Event { event, fields } => self.event(event, fields),
            What::Restart(after) => Ok(self.world.restart(*after)?),
            What::Reload { files, refused } => self.reload(files, *refused),
            What::Deleted(name) => self.deleted(name),
            What::Edited { name, to, becomes } => self.edited(name, to.as_deref(), becomes.as_ref()),
            What::Expect(expect) => self.expect(expect),
        }
    }

    fn event(&mut self, event: &str, fields: &serde_json::Map<String, serde_json::Value>) -> Result<(), Broken> {
        let read = self.world.library.project().bot.read_event(event, fields);
        let fields = read.map_err(|why| Broken::because(format!("nobody can report this: {why}")))?;
        self.world.note(format!("— {event} is reported —"));
        Ok(self.world.report(event, fields)?)
    }

    fn reload(&mut self, files: &[(String, Span, String)], refused: bool) -> Result<(), Broken> {
        for (path, span, text) in files {
            let full = self.bots.path(path).ok_or_else(|| Broken::because(format!("there is no file \"{path}\"")).at(*span))?;
            self.files.insert(full, text.clone());
        }
        self.world.note("— the flows are edited —");
        let loaded = self.bots.edited(&self.files, &self.world.library.installation);
        match (loaded, refused) {
            (Ok(project), false) => {
                let version = project.version.clone();
                self.world.library.projects.insert(version.clone(), project.into());
                self.world.library.current = version;
                Ok(())
            }
            (Err(_), true) => Ok(()),
            (Ok(_), true) => Err(Broken::because("the edited flows should have been refused, and they load")),
            (Err(findings), false) => Err(Broken::because(format!("the edited flows do not load: {findings}"))),
        }
    }

    /// Everything that happened was named by some line.
    fn nothing_unnamed(&mut self) -> Result<(), Broken> {
        self.world.answer_itself()?;
        let people: Vec<String> = self.world.people.keys().cloned().collect();
        for who in people {
            if let Some(surplus) = self.next_happened(&who) {
                let message = format!("{} at the end, and no line says so", surplus.told(&who));
                let came: Vec<String> = surplus.block().lines().map(|line| format!("+ {line}")).collect();
                return Err(Broken::because(message).with(came.join("\n")));
            }
        }
        match self.world.calls.front() {
            Some(call) => Err(Broken::because(format!("{} {} was sent, and no line says so", call.request.method, call.request.target))),
            None => Ok(()),
        }
    }
}

/// A duration as an author writes it.
fn spoken(millis: i64) -> String {
    crate::expr::Value::Duration(millis).to_json().as_str().unwrap_or_default().to_owned()
}
