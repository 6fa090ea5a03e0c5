//! The manual of findings: complete, true and fresh. Every example is played as a bot.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use usher::cli::{manual, rules as pages};
use usher::diagnostic::{Diagnostic, Format, Severity, Sources, render};
use usher::lint::rules::{self, Of, Rule};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn concise((sources, findings): &(Sources, Vec<Diagnostic>)) -> String {
    render(sources, findings, Format::Concise, false)
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            rust_files(&entry, into);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            into.push(entry);
        }
    }
}

/// Every code with its name that the sources, without their tests, can report.
fn reported() -> BTreeMap<String, BTreeSet<String>> {
    let pattern = regex::Regex::new(r#"Code::new\(\s*"([A-Z]+[0-9]+)",\s*"([a-z0-9-]+)",?\s*\)"#).unwrap();
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    let mut codes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in files.iter().filter(|path| !path.ends_with("tests.rs")) {
        let text = fs::read_to_string(path).unwrap();
        let product = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
        for found in pattern.captures_iter(product) {
            codes.entry(found[1].to_owned()).or_default().insert(found[2].to_owned());
        }
    }
    codes
}

#[test]
fn whatever_is_reported_is_in_the_manual_and_nothing_else_is() {
    let reported = reported();
    assert!(reported.len() > 80, "only {} codes were found in the sources", reported.len());
    let known: BTreeMap<String, BTreeSet<String>> =
        rules::all().map(|rule| (rule.code.to_owned(), BTreeSet::from([rule.name.to_owned()]))).collect();
    let missing: Vec<_> = reported.iter().filter(|(code, names)| known.get(*code) != Some(names)).collect();
    let surplus: Vec<_> = known.iter().filter(|(code, _)| !reported.contains_key(*code)).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "not in the manual: {missing:?}\nnever reported: {surplus:?}");
}

#[test]
fn codes_and_names_are_told_apart_and_both_are_accepted() {
    let all: Vec<&Rule> = rules::all().collect();
    let words: BTreeSet<&str> = all.iter().flat_map(|rule| [rule.code, rule.name]).collect();
    assert_eq!(words.len(), all.len() * 2, "a code or a name is there twice");
    for rule in &all {
        for written in [rule.code.to_owned(), rule.name.to_owned(), rule.code.to_lowercase(), rule.name.to_uppercase()] {
            assert_eq!(rules::find(&written).map(|rule| rule.code), Some(rule.code), "{written}");
        }
    }
    for group in rules::groups() {
        assert!(group.rules.is_sorted_by_key(|rule| rule.code), "{} is not in order", group.name);
    }
    assert_eq!(rules::nearest_to("duplicate-kye"), Some("duplicate-key"));
    assert_eq!(rules::nearest_to("flw33"), Some("FLW313"));
}

#[test]
fn every_bad_example_has_its_own_finding_and_no_other_and_every_good_one_has_none() {
    let mut golden = String::new();
    let mut wrong = String::new();
    for rule in rules::all() {
        let bad = manual::play(rule, Of::Bad).unwrap();
        let _ = write!(golden, "{} {}\n{}\n", rule.code, rule.name, concise(&bad));
        let is_own = |finding: &Diagnostic| finding.code == rule.id();
        if bad.1.is_empty() || !bad.1.iter().all(is_own) {
            let _ = writeln!(wrong, "{} {}, bad example:\n{}", rule.code, rule.name, concise(&bad));
        }
        if !bad.1.iter().any(|finding| finding.severity == rule.severity) {
            let _ = writeln!(wrong, "{} {} is no {}", rule.code, rule.name, rule.severity);
        }
        let good = manual::play(rule, Of::Good).unwrap();
        if good.1.iter().any(|finding| finding.severity != Severity::Info || is_own(finding)) {
            let _ = writeln!(wrong, "{} {}, good example:\n{}", rule.code, rule.name, concise(&good));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    let path = root().join("tests/lint/rules.out");
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &golden).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == golden, "run with UPDATE_GOLDENS=1 if this is as it should be:\n{golden}");
}

#[test]
fn the_pages_are_fresh() {
    let folder = root().join("docs/rules");
    let pages = pages::pages().unwrap();
    for (name, text) in &pages {
        let kept = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(&kept == text, "docs/rules/{name} is stale: usher rules --write docs/rules");
    }
    let names: BTreeSet<String> = pages.into_iter().map(|(name, _)| name).collect();
    let kept = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names, kept, "a page without a group");
}

#[test]
fn the_manual_says_sentences() {
    for rule in rules::all() {
        for text in [rule.finds, rule.why, rule.mend] {
            assert!(text.ends_with(['.', '…']), "{}: {text}", rule.code);
            assert!(!text.contains("TODO") && text.chars().all(|char| !char.is_control() || char == '\n'), "{}", rule.code);
        }
        assert!(rule.finds.chars().next().unwrap().is_uppercase() || rule.finds.starts_with('`'), "{}: {}", rule.code, rule.finds);
        assert!(rule.example(Of::Bad).next().is_some() && rule.example(Of::Good).next().is_some(), "{}: an example is missing", rule.code);
    }
}
