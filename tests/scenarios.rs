//! The shipped bot, played: every scenario beside its flows, in every language it is written in.

#[path = "support/shipped.rs"]
mod shipped;

use std::collections::BTreeSet;

use usher::diagnostic::{self, Format, Sources};
use usher::scenario::{Report, play, read};

fn sources() -> Sources {
    let mut sources = Sources::default();
    for (path, text) in shipped::files() {
        sources.add(path, text);
    }
    sources
}

fn played() -> (Sources, Report) {
    let sources = sources();
    let read = read(&sources);
    assert!(read.findings.is_empty(), "{}", diagnostic::render(&sources, &read.findings, Format::Concise, false));
    let report = play(&sources, &shipped::installation("extended"), &read.suite);
    (sources, report)
}

#[test]
fn every_scenario_of_the_shipped_bot_holds() {
    let (sources, report) = played();
    assert!(report.findings.is_empty(), "{}", diagnostic::render(&sources, &report.findings, Format::Concise, false));
    assert!(report.passed(), "\n{}", report.render(&sources));
    let languages: BTreeSet<&str> = report.played.iter().map(|played| played.language.as_str()).collect();
    assert_eq!(languages, ["en", "ru"].into());
    println!("{}", report.coverage.render());
}
