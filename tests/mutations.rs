//! Mistakes planted into the shipped bot and the examples: how many of them the checks find, by the kind of mistake.
//!
//! A sample is taken in every run; `USHER_MUTANTS=all cargo test --test mutations -- --nocapture` plants all of them, or as many of a kind as
//! it says, and lists what was missed and what was told more than twice. `USHER_MUTANTS_OF="a step;a method"` takes only the kinds in whose
//! names one of these words is.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

#[path = "mutations/operators.rs"]
mod operators;
#[path = "support/shipped.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod shipped;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use operators::{OPERATORS, Operator, kind_of};
use usher::contract::{self, Contract, Difference, contracts};
use usher::diagnostic::{Severity, Sources};
use usher::flow::{Installation, Project, load};
use usher::scenario;
use usher::syntax::Trees;

/// Of every hundred planted mistakes at least so many are found.
const FOUND_OF_A_HUNDRED: usize = 97;

/// How many mistakes of one kind are planted in a run that is not told to plant all.
const SAMPLE: usize = 5;

/// A planted mistake brings at most so many findings: more is noise.
const COMPANY: usize = 2;

/// A bot: its files, and the operator's side.
struct Bot {
    folder: PathBuf,
    files: Vec<(String, String)>,
    installation: Installation,
}

impl Bot {
    /// What `usher lint` finds once one file is exchanged, without places and as often as it is found.
    fn findings(&self, exchanged: Option<(usize, &str)>) -> Vec<String> {
        let mut sources = Sources::default();
        for (at, (path, text)) in self.files.iter().enumerate() {
            let text = exchanged.filter(|(other, _)| *other == at).map_or(text.as_str(), |(_, text)| text);
            sources.add(path.as_str(), text);
        }
        let loaded = load(&sources, &self.installation);
        let read = scenario::read(&sources);
        let mut findings = loaded.findings;
        findings.extend(read.findings);
        findings.extend(loaded.project.iter().flat_map(|project| scenario::check(&sources, project, &read.suite)));
        let broken: Vec<_> =
            findings.iter().filter(|finding| finding.severity == Severity::Error).map(|finding| finding.span.file).collect();
        for project in loaded.project.iter().chain(&loaded.draft) {
            let mut differences = self.contracts(&sources, project);
            differences.retain(|difference| !broken.contains(&difference.finding.span.file));
            let compared = contract::below(differences, project, &mut findings);
            findings.extend(compared);
        }
        findings.into_iter().map(|finding| format!("{} {}", finding.code.id, finding.message)).collect()
    }
}

impl Bot {
    /// In what the operations differ from the descriptions of their servers.
    fn contracts(&self, sources: &Sources, project: &Project) -> Vec<Difference> {
        let all = contracts(&Trees::of(sources));
        let of = |contract: &Contract| {
            let path = self.folder.join(&sources.get(contract.file).path).with_file_name(&contract.path);
            contract.check(&std::fs::read_to_string(path).unwrap(), project)
        };
        all.iter().flat_map(of).collect()
    }
}

fn bots() -> Vec<Bot> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = Bot { folder: root.to_owned(), files: shipped::files(), installation: shipped::installation("extended") };
    let examples = ["hello", "leave", "ticket"].map(|example| {
        let folder = root.join("examples").join(example);
        Bot { files: shipped::yaml_files(&folder.join("flows")), folder, installation: Installation::default() }
    });
    std::iter::once(shipped).chain(examples).collect()
}

/// A mistake of one kind at one place of a file.
struct Mutant<'a> {
    bot: &'a Bot,
    file: usize,
    text: String,
    line: usize,
    was: String,
    is: String,
}

fn mutants<'a>(operator: &Operator, bots: &'a [Bot]) -> Vec<Mutant<'a>> {
    let pattern = regex::Regex::new(operator.pattern).unwrap();
    let mut mutants = Vec::new();
    for bot in bots {
        for (file, (_, text)) in bot.files.iter().enumerate().filter(|(_, (_, text))| operator.kinds.contains(&kind_of(text))) {
            for found in pattern.captures_iter(text) {
                let place = found.get(1).unwrap();
                let Some(is) = (operator.change)(place.as_str()).filter(|is| is != place.as_str()) else { continue };
                if !(operator.is_mistake)(text, place.as_str()) {
                    continue;
                }
                let changed = format!("{}{is}{}", &text[..place.start()], &text[place.end()..]);
                let line = text[..place.start()].matches('\n').count() + 1;
                mutants.push(Mutant { bot, file, text: changed, line, was: place.as_str().to_owned(), is });
            }
        }
    }
    mutants
}

/// Every `n`th, so that at most so many are left, from all over the files.
fn sampled<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let every = all.len().div_ceil(most).max(1);
    all.into_iter().step_by(every).collect()
}

#[test]
fn the_shipped_bot_and_the_examples_have_no_findings() {
    for bot in bots() {
        let findings = bot.findings(None);
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

/// What became of the mistakes of one kind.
#[derive(Default)]
struct Tally {
    planted: usize,
    found: usize,
    crowded: usize,
}

#[test]
fn planted_mistakes_are_found_and_each_is_told_once() {
    let bots = bots();
    let wanted = std::env::var("USHER_MUTANTS").ok();
    let most = wanted.map_or(SAMPLE, |wanted| wanted.parse().unwrap_or(usize::MAX));
    let (mut missed, mut crowds) = (String::new(), String::new());
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let named = std::env::var("USHER_MUTANTS_OF").ok();
    let is_wanted = |operator: &&Operator| named.as_ref().is_none_or(|named| named.split(';').any(|part| operator.name.contains(part)));
    for operator in OPERATORS.iter().filter(is_wanted) {
        let all = mutants(operator, &bots);
        assert!(!all.is_empty(), "nothing to plant \"{}\" into", operator.name);
        for mutant in sampled(all, most) {
            let findings = mutant.bot.findings(Some((mutant.file, &mutant.text)));
            let tally = tallies.entry(operator.name).or_default();
            tally.planted += 1;
            tally.found += usize::from(!findings.is_empty());
            let place =
                || format!("  {}: {}:{}: {:?} → {:?}", operator.name, mutant.bot.files[mutant.file].0, mutant.line, mutant.was, mutant.is);
            if findings.is_empty() {
                writeln!(missed, "{}", place()).unwrap();
            }
            if findings.len() > COMPANY {
                tally.crowded += 1;
                writeln!(crowds, "{}\n      {}", place(), findings.join("\n      ")).unwrap();
            }
        }
    }
    let sum = |of: fn(&Tally) -> usize| tallies.values().map(of).sum::<usize>();
    let (planted, found, crowded) = (sum(|tally| tally.planted), sum(|tally| tally.found), sum(|tally| tally.crowded));
    println!("{planted} planted by {} kinds, {found} found, {crowded} with more than {COMPANY} findings", OPERATORS.len());
    for (name, tally) in &tallies {
        let crowded = if tally.crowded > 0 { format!(", {} with more than {COMPANY} findings", tally.crowded) } else { String::new() };
        println!("  {name}: {} of {}{crowded}", tally.found, tally.planted);
    }
    println!("missed:\n{missed}\nin company:\n{crowds}");
    assert!(found * 100 >= planted * FOUND_OF_A_HUNDRED, "{found} of {planted} found; missed:\n{missed}");
    assert!(crowds.is_empty(), "one mistake brings more than {COMPANY} findings:\n{crowds}");
}
