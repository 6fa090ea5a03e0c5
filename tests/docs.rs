//! The author's guides are bots: every YAML block of a guide is a file of it, which loads without findings and whose scenarios hold.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

use std::path::Path;

use usher::diagnostic::{Format, Sources, render};
use usher::flow::{Installation, Role, load};
use usher::scenario;

/// The YAML blocks of a guide, each named by what it begins with.
fn files_of(guide: &str) -> Sources {
    let mut sources = Sources::default();
    for (at, block) in guide.split("```yaml\n").skip(1).enumerate() {
        let text = block.split("```").next().unwrap();
        let path = match text.split(':').next().unwrap() {
            "bot" => "flows/bot.yaml".to_owned(),
            "operations" => format!("flows/api/{at}.yaml"),
            "scenarios" => format!("flows/{at}.test.yaml"),
            _ => format!("flows/{at}.yaml"),
        };
        sources.add(path, text);
    }
    sources
}

#[test]
fn the_blocks_of_the_guides_are_bots_that_lint_clean_and_whose_scenarios_hold() {
    for guide in ["authors.md", "authors.ru.md"] {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(guide)).unwrap();
        let sources = files_of(&text);
        assert!(sources.iter().count() >= 8, "{guide} shows too little");
        let office = Role { title: "Office".to_owned(), may: vec!["people".to_owned()], ..Role::default() };
        let installation = Installation { roles: [("office".to_owned(), office)].into(), ..Installation::default() };
        let mut findings = load(&sources, &installation).findings;
        let read = scenario::read(&sources);
        findings.extend(read.findings);
        assert!(findings.is_empty(), "{guide}\n{}", render(&sources, &findings, Format::Concise, false));
        let report = scenario::play(&sources, &installation, &read.suite);
        assert!(!read.suite.tests.is_empty() && report.passed(), "{guide}\n{}", report.render(&sources));
    }
}

#[test]
fn the_guides_say_the_same_in_both_languages() {
    let read = |guide: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(guide)).unwrap();
    let headings = |text: &str| {
        text.lines().filter(|line| line.starts_with('#') && line.contains("# ")).map(|line| line.find(' ')).collect::<Vec<_>>()
    };
    let keys = |text: &str| text.matches("\n  ").count();
    let (english, russian) = (read("authors.md"), read("authors.ru.md"));
    assert_eq!(headings(&english), headings(&russian), "a chapter is missing in one of them");
    assert_eq!(keys(&english), keys(&russian), "a line of an example is missing in one of them");
}

/// The text of every test in the repository.
fn tests_below(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            tests_below(&entry, into);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&std::fs::read_to_string(&entry).unwrap());
        }
    }
}

#[test]
fn every_promise_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guarantees = std::fs::read_to_string(root.join("docs/guarantees.md")).unwrap();
    let mut code = String::new();
    for folder in ["tests", "src"] {
        tests_below(&root.join(folder), &mut code);
    }
    let promises: Vec<&str> = guarantees.split("\n### G").skip(1).collect();
    assert_eq!(promises.len(), 10, "G1 to G10");
    let is_test = |name: &&str| name.contains('_') && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    for (promise, number) in promises.iter().zip(1..) {
        let named: Vec<&str> = promise.split('`').skip(1).step_by(2).filter(is_test).collect();
        assert!(!named.is_empty() && promise.starts_with(&format!("{number}. ")), "G{number} names no test");
    }
    // Names of metrics and of files are no tests.
    let named = guarantees.split('`').skip(1).step_by(2).filter(is_test).filter(|name| !name.starts_with("usher_"));
    for name in named {
        assert!(code.contains(&format!("fn {name}(")), "there is no test {name}");
    }
}
