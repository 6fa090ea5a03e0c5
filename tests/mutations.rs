//! Mistakes planted into the shipped bot and the examples: how many of them the checks find, by the kind of mistake.
//!
//! A sample is taken in every run; `USHER_MUTANTS=all cargo test --test mutations -- --nocapture` plants all of them and lists what was missed.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

#[path = "mutations/operators.rs"]
mod operators;
#[path = "support/shipped.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod shipped;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use operators::{OPERATORS, Operator, kind_of};
use usher::diagnostic::Sources;
use usher::flow::{Installation, load};
use usher::scenario;

/// Of every hundred planted mistakes at least so many are found.
const FOUND_OF_A_HUNDRED: usize = 97;

/// How many mistakes of one kind are planted in a run that is not told to plant all.
const SAMPLE: usize = 8;

/// A planted mistake brings at most so many findings in most cases: more is noise.
const COMPANY: usize = 2;

/// A bot: its files, and the operator's side.
struct Bot {
    files: Vec<(String, String)>,
    installation: Installation,
    clean: BTreeSet<String>,
}

impl Bot {
    fn new(files: Vec<(String, String)>, installation: Installation) -> Self {
        let mut bot = Self { files, installation, clean: BTreeSet::new() };
        bot.clean = bot.findings(None);
        bot
    }

    /// What is found, without places, once one file is exchanged.
    fn findings(&self, exchanged: Option<(usize, &str)>) -> BTreeSet<String> {
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
        findings.into_iter().map(|finding| format!("{} {}", finding.code.id, finding.message)).collect()
    }
}

fn bots() -> Vec<Bot> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut bots = vec![Bot::new(shipped::files(), shipped::installation("extended"))];
    for example in ["hello", "leave"] {
        bots.push(Bot::new(shipped::yaml_files(&root.join("examples").join(example).join("flows")), Installation::default()));
    }
    bots
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
        assert!(bot.clean.is_empty(), "{:#?}", bot.clean);
    }
}

#[test]
fn planted_mistakes_are_found() {
    let bots = bots();
    let whole = std::env::var("USHER_MUTANTS").is_ok_and(|wanted| wanted == "all");
    let (mut planted, mut found, mut crowded, mut missed) = (0, 0, 0, String::new());
    let mut by_operator: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for operator in OPERATORS {
        let all = mutants(operator, &bots);
        assert!(!all.is_empty(), "nothing to plant \"{}\" into", operator.name);
        for mutant in sampled(all, if whole { usize::MAX } else { SAMPLE }) {
            let new: Vec<_> = mutant.bot.findings(Some((mutant.file, &mutant.text))).difference(&mutant.bot.clean).cloned().collect();
            let counts = by_operator.entry(operator.name).or_default();
            counts.0 += 1;
            planted += 1;
            crowded += usize::from(new.len() > COMPANY);
            if new.is_empty() {
                let path = &mutant.bot.files[mutant.file].0;
                writeln!(missed, "  {}: {path}:{}: {:?} → {:?}", operator.name, mutant.line, mutant.was, mutant.is).unwrap();
            } else {
                counts.1 += 1;
                found += 1;
            }
        }
    }
    println!("{planted} planted by {} kinds, {found} found, {crowded} with more than {COMPANY} findings", OPERATORS.len());
    for (name, (planted, found)) in &by_operator {
        println!("  {name}: {found} of {planted}");
    }
    println!("missed:\n{missed}");
    assert!(found * 100 >= planted * FOUND_OF_A_HUNDRED, "{found} of {planted} found; missed:\n{missed}");
}
