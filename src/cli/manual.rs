//! The examples of the manual, played: each is a bot, and what is found in it is what a user would be told.

use std::io;
use std::path::Path;

use crate::cli::bot::{Found, apart};
use crate::cli::config::{self, FILE, Reach};
use crate::cli::{contracts, sources};
use crate::diagnostic::{Diagnostic, Sources, sort};
use crate::flow::{Installation, Project, load, unknown_settings};
use crate::lint::rules::{File, Of, Profile, Rule};
use crate::lint::selection::Selection;
use crate::lint::suppression;
use crate::lint::{checks, compat};
use crate::scenario;
use crate::syntax::{Trees, decode};

/// What the examples find in the environment; the key of the store is no secret of anybody.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("TELEGRAM_TOKEN", "123456:an-example"),
    ("ERP_URL", "https://erp.example.com"),
    ("ERP_KEY", "an-example"),
    ("SHOP_SECRET", "a-long-secret-of-a-shop"),
    ("STORE_KEY", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
];

/// All that is found in an example of a rule, sorted.
pub fn play(rule: &Rule, of: Of) -> io::Result<(Sources, Vec<Diagnostic>)> {
    let files: Vec<&File> = rule.example(of).collect();
    let mut found = Found::default();
    let operators = match files.iter().find(|file| file.path == FILE) {
        Some(file) => {
            let variable = |name: &str| ENVIRONMENT.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            Some(config::understand(String::from_utf8_lossy(&file.bytes()).into_owned(), None, FILE, Reach::Everything, &variable))
        }
        None => None,
    };
    let installation = operators.as_ref().map(|read| read.installation.clone()).unwrap_or_default();
    let (flows, mut findings) = flows(&files);
    let loaded = load(&flows, &installation);
    let (told_there, told_here) = apart(loaded.findings, operators.as_ref().map(|read| &read.names));
    findings.extend(told_here);
    findings.extend(scenarios(&flows, &installation));
    if let Some(project) = &loaded.project {
        let compared = contracts::compared(&flows, &Trees::of(&flows), project, &|path| described(&files, path));
        findings.extend(compared.into_iter().map(|difference| difference.finding));
        findings.extend(before(rule).iter().flat_map(|old| compat::compare(old, project, &flows)));
    }
    found.add(&flows, findings);
    let unread: Vec<String> = files.iter().filter(|file| file.ending() == "yml").map(|file| file.path.to_owned()).collect();
    let (unread, findings) = sources::unread(&unread);
    found.add(&unread, findings);
    if let Some(mut read) = operators {
        read.findings.extend(told_there);
        if let Some(project) = loaded.project.as_ref().filter(|_| !installation.unread) {
            read.findings.extend(read.names.unknown(&[project], &unknown_settings(project, &installation)));
        }
        found.add(&read.sources, read.findings);
    }
    found.findings.extend(checks::check(&found.sources, &Trees::of(&found.sources)));
    checks::blot(&mut found.sources, &found.findings);
    // What is wanted in production only is no part of the other examples.
    let selection = Selection { profile: rule.profile.max(Profile::Default), ..Selection::default() };
    found.findings.retain(|finding| selection.takes(finding));
    found.findings = suppression::apply(&found.sources, found.findings).findings;
    sort(&found.sources, &mut found.findings);
    Ok((found.sources, found.findings))
}

/// What the bot of an example was, if its rule compares.
fn before(rule: &Rule) -> Option<Project> {
    let files: Vec<&File> = rule.example(Of::Before).collect();
    if files.is_empty() { None } else { load(&flows(&files).0, &Installation::default()).project }
}

/// The files of the flows, and what is wrong with them as files.
fn flows(files: &[&File]) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.ending() == "yaml" && file.path != FILE) {
        match decode(&file.bytes()) {
            Ok(text) => {
                sources.add(file.path, text);
            }
            Err(bad) => {
                let id = sources.add(file.path, bad.text.clone());
                findings.push(bad.finding(id));
            }
        }
    }
    (sources, findings)
}

/// What reading and playing the scenarios finds; whether they hold is another question.
fn scenarios(flows: &Sources, installation: &Installation) -> Vec<Diagnostic> {
    let read = scenario::read(flows);
    let mut findings = read.findings;
    if !read.suite.tests.is_empty() {
        findings.extend(scenario::play(flows, installation, &read.suite).findings);
    }
    findings
}

fn described(files: &[&File], path: &Path) -> io::Result<String> {
    let file = files.iter().find(|file| Path::new(file.path) == path).ok_or(io::ErrorKind::NotFound)?;
    Ok(file.text.to_owned())
}
