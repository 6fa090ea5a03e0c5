//! `docs/coverage.md`: what the customer asked for, and what proves that the shipped bot does it. The table is written from the points
//! below and from the scenarios as they have just been played: `UPDATE_GOLDENS=1 cargo test --test scenarios` writes it anew.

#[path = "coverage/points.rs"]
mod points;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use usher::scenario::{Report, Suite, play, read};

use crate::{shipped, shipped_sources};
use points::{POINTS, Point, STORIES};

/// A scenario of the shipped bot, or a test of the code.
#[derive(Clone, Copy)]
pub enum Proof {
    /// `<file>.<test>` of the shipped scenarios.
    Played(&'static str),
    /// A test function: its file and its name.
    Tested(&'static str, &'static str),
}

/// The languages in which a scenario has held, or what is wrong with it.
fn held(report: &Report, scenario: &str) -> Result<String, String> {
    let played: Vec<_> = report.played.iter().filter(|played| format!("{}.{}", played.scenarios, played.test) == scenario).collect();
    if played.is_empty() {
        return Err(format!("there is no scenario {scenario}"));
    }
    if played.iter().any(|played| played.failure.is_some()) {
        return Err(format!("{scenario} does not hold"));
    }
    let languages: BTreeSet<&str> = played.iter().map(|played| played.language.as_str()).collect();
    Ok(languages.into_iter().rev().collect::<Vec<_>>().join(", "))
}

fn proven(report: &Report, proof: Proof) -> Result<String, String> {
    match proof {
        Proof::Played(scenario) => held(report, scenario).map(|languages| format!("`{scenario}` ({languages})")),
        Proof::Tested(file, function) => {
            let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap_or_default();
            let is_there = text.contains(&format!("fn {function}("));
            is_there.then(|| format!("[`{function}`](../{file})")).ok_or_else(|| format!("{file} has no test {function}"))
        }
    }
}

/// A row of the table: the point, what proves it, what is missing.
fn row(report: &Report, point: &Point) -> Result<String, String> {
    let proofs = point.proofs.iter().map(|proof| proven(report, *proof)).collect::<Result<Vec<_>, _>>()?;
    let result = match (proofs.is_empty(), point.missing.is_empty()) {
        (true, true) => return Err(format!("nothing proves point {}, and nothing says why", point.number)),
        (true, false) => "no",
        (false, false) => "in part",
        (false, true) => "yes",
    };
    let proofs = if proofs.is_empty() { "—".to_owned() } else { proofs.join("<br>") };
    Ok(format!("| {} | {} | {proofs} | {result} | {} |\n", point.number, point.asked, point.missing))
}

/// The scenarios of a story are those whose names begin with it: `s04b_duplicate_email_in_prose` is of S04.
fn of_story<'s>(suite: &'s Suite, story: &'s str) -> impl Iterator<Item = String> + 's {
    let is_of = |id: &str, story: &str| {
        id.strip_prefix(story).is_some_and(|rest| {
            rest.starts_with('_') || rest.chars().nth(1) == Some('_') && !rest.starts_with(|c: char| c.is_ascii_digit())
        })
    };
    suite.tests.iter().filter(move |test| is_of(&test.id, story)).map(|test| format!("{}.{}", test.scenarios, test.id))
}

fn story_row(report: &Report, suite: &Suite, (story, told, missing): &(&str, &str, &str)) -> Result<String, String> {
    let scenarios: Vec<_> = of_story(suite, &story.to_lowercase()).collect();
    let proofs = scenarios.iter().map(|scenario| held(report, scenario).map(|languages| format!("`{scenario}` ({languages})")));
    let proofs = proofs.collect::<Result<Vec<_>, _>>()?;
    if proofs.is_empty() && missing.is_empty() {
        return Err(format!("no scenario tells the story {story}, and nothing says why"));
    }
    let proofs = if proofs.is_empty() { "—".to_owned() } else { proofs.join("<br>") };
    Ok(format!("| {story} | {told} | {proofs} | {missing} |\n"))
}

fn table() -> Result<String, String> {
    let sources = shipped_sources();
    let suite = read(&sources).suite;
    let report = play(&sources, &shipped::installation("extended"), &suite);
    let whole = POINTS.iter().filter(|point| point.missing.is_empty()).count();
    let mut text = format!(
        "# What is asked for, and what proves it\n\n\
         Written by `tests/scenarios/coverage.rs` from the scenarios as they were played; a test fails when it is out of date.\n\n\
         ## The points\n\n{whole} of {} are proven in whole.\n\n\
         | # | asked for | proven by | proven | missing |\n|---|---|---|---|---|\n",
        POINTS.len()
    );
    for point in POINTS {
        text += &row(&report, point)?;
    }
    text += "\n## The stories\n\n| story | tells of | scenarios | missing |\n|---|---|---|---|\n";
    for story in STORIES {
        text += &story_row(&report, &suite, story)?;
    }
    write!(text, "\n{} scenarios, each in the languages that stand beside it.\n", suite.tests.len()).map_err(|error| error.to_string())?;
    Ok(text)
}

#[test]
fn the_table_of_what_is_proven_is_up_to_date() {
    let table = table().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/coverage.md");
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), table, "run with UPDATE_GOLDENS=1 if this is as it should be");
}

#[test]
fn every_point_is_in_the_table_once() {
    assert_eq!(POINTS.iter().map(|point| point.number).collect::<Vec<_>>(), (1..=52).collect::<Vec<_>>());
}
