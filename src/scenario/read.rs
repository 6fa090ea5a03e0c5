//! Files of scenarios → tests, with every mistake told.

mod expect;
mod files;
mod given;
mod http;
mod lines;
mod scalars;
mod sent;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Sources, explain_look_alikes, has_errors, sort, together};
use crate::flow::shapes::holds_scenarios;
use crate::scenario::codes;
use crate::scenario::read::files::{File, Files};
use crate::scenario::read::lines::Reading;
use crate::scenario::script::{Given, Line, Suite, Test, What};
use crate::syntax::{Entry, Kind, Node, Trees};

/// What reading gives.
#[derive(Debug, Clone, Default)]
pub struct Read {
    /// The tests that could be read; a test with a mistake is not among them.
    pub suite: Suite,
    /// Everything that was found, sorted.
    pub findings: Vec<Diagnostic>,
}

/// Reads all `*.test.yaml` files among the sources.
pub fn read(sources: &Sources) -> Read {
    read_parsed(sources, &Trees::of_those(sources, |source| holds_scenarios(&source.path)))
}

/// The same for whoever has parsed the files.
pub fn read_parsed(sources: &Sources, trees: &Trees) -> Read {
    let mut read = Read::default();
    let files = Files::read(sources, trees, &mut read.findings);
    let readable = if files.is_whole() { files.all() } else { &[] };
    for file in readable {
        read.suite.tests.extend(tests(&files, file, &mut read.findings));
        check_parts(&files, file, &mut read.findings);
    }
    if files.is_whole() && files.is_understood() && !has_errors(&read.findings) {
        check_used(files.all(), &mut read.findings);
    }
    let is_lost = !files.is_understood() || read.findings.iter().any(|finding| finding.code == codes::UNKNOWN_SCENARIOS);
    read.findings.iter_mut().filter(|finding| finding.code == codes::DUPLICATE_ID).for_each(|twice| twice.name_first(sources));
    read.findings.retain(|finding| !is_lost || finding.code == codes::UNKNOWN_SCENARIOS || !follows(finding));
    sort(sources, &mut read.findings);
    explain_look_alikes(sources, &mut read.findings);
    together(&mut read.findings, |finding| follows(finding).then(|| (finding.code, finding.message.clone())));
    let about: Vec<&str> = read.findings.iter().filter_map(given_as).collect();
    let lacking: BTreeSet<&str> =
        about.iter().copied().filter(|what| about.iter().filter(|other| *other == what).count() > DIFFERENT).collect();
    together(&mut read.findings, |finding| given_as(finding).filter(|what| lacking.contains(what)));
    sort(sources, &mut read.findings);
    read
}

fn tests(files: &Files, file: &File, findings: &mut Vec<Diagnostic>) -> Vec<Test> {
    let mut tests = Vec::new();
    for entry in file.tests() {
        let before = findings.len();
        let test = test(files, file, entry, findings);
        let is_wrong = findings[before..].iter().any(|finding| finding.severity == crate::diagnostic::Severity::Error);
        tests.extend(test.filter(|_| !is_wrong));
    }
    tests
}

fn test(files: &Files, file: &File, entry: &Entry, findings: &mut Vec<Diagnostic>) -> Option<Test> {
    let (mut node, before) = (entry.value.clone(), findings.len());
    let mut is_understood = scalars::mended_keys(&mut node, &["title", "given", "talk", "expect"], findings);
    if let Kind::Map(entries) = &mut node.kind
        && let Some(given) = entries.iter_mut().find(|entry| entry.key == "given")
    {
        is_understood &= scalars::mended_keys(&mut given.value, &given::KEYS, findings);
    }
    let setting = Setting::of(files, file, node.get("given"), findings);
    let Some(talk) = node.get("talk") else {
        findings.push(Diagnostic::error(codes::MISSING_KEY, entry.key_span, format!("the test \"{}\" has no \"talk\"", entry.key)));
        return None;
    };
    let mut reading = Reading { files, file, setting: &setting, within: Vec::new(), findings };
    let mut lines = reading.lines(talk);
    if let Some(node) = node.get("expect") {
        let what = What::Expect(Box::new(expect::read(&mut reading, node)));
        lines.push(Line { span: node.span, what });
    }
    if !is_understood {
        let told = findings.split_off(before);
        findings.extend(told.into_iter().filter(|finding| finding.code == codes::UNKNOWN_SCENARIOS || !follows(finding)));
    }
    let title = node.get("title").and_then(Node::text).map(str::to_owned);
    Some(Test { scenarios: file.id.clone(), id: entry.key.clone(), title, span: entry.key_span, given: setting.given, talk: lines })
}

/// True for a finding that one mistake elsewhere may bring many times: what is not given is missed wherever it is used.
fn follows(finding: &Diagnostic) -> bool {
    matches!(finding.code, codes::UNKNOWN_PERSON | codes::UNKNOWN_DATA | codes::UNKNOWN_PART | codes::UNKNOWN_SCENARIOS)
}

/// So many people may be missing by themselves; more of them have been given nowhere.
const DIFFERENT: usize = 2;

/// Where something that is missing would be given.
fn given_as(finding: &Diagnostic) -> Option<&'static str> {
    match finding.code {
        codes::UNKNOWN_PERSON => Some("people"),
        codes::MISSING_KEY if finding.message.ends_with(given::NO_ACCOUNT) => Some("people"),
        codes::UNKNOWN_DATA => Some("data"),
        _ => None,
    }
}

/// Parts that no test uses are read, too, so that a mistake in them is not found on the day they are needed.
fn check_parts(files: &Files, file: &File, findings: &mut Vec<Diagnostic>) {
    let setting = Setting::of(files, file, None, findings);
    for entry in file.parts() {
        let within = vec![format!("{}.{}", file.id, entry.key)];
        Reading { files, file, setting: &setting, within, findings }.lines(&entry.value);
    }
}

/// Warns of parts that no talk and no other part puts in its place.
fn check_used(files: &[File], findings: &mut Vec<Diagnostic>) {
    let mut used = BTreeSet::new();
    for file in files {
        let talks = file.tests().iter().filter_map(|test| test.value.get("talk"));
        for line in talks.chain(file.parts().iter().map(|part| &part.value)).flat_map(Node::items) {
            let Some(written) = line.get("use").and_then(Node::text) else { continue };
            used.insert(written.split_once('.').unwrap_or((&file.id, written)));
        }
    }
    for file in files {
        for part in file.parts().iter().filter(|part| !used.contains(&(file.id.as_str(), part.key.as_str()))) {
            let message = format!("no test uses the part \"{}\"", part.key);
            let found = Diagnostic::warning(codes::UNUSED_PART, part.key_span, message);
            findings.push(found.help("remove it, or put it into a talk with `use`"));
        }
    }
}

/// What the lines of a test may refer to.
pub(super) struct Setting {
    pub given: Given,
    pub data: BTreeMap<String, Json>,
}

impl Setting {
    fn of(files: &Files, file: &File, own: Option<&Node>, findings: &mut Vec<Diagnostic>) -> Self {
        let merged = files.given(file, own, findings);
        given::read(merged.as_ref(), files.is_understood(), findings)
    }
}
