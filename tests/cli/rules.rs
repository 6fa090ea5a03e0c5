//! `usher explain` and `usher rules`.

use serde_json::Value;

use crate::support::{folder, usher};

#[test]
fn a_finding_is_explained_by_its_code_and_by_its_name() {
    let out = usher(folder(&[]), &["explain", "FLW301"]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
    for part in
        ["FLW301 unreachable-step   warning", "\nWhy\n", "\nWhat to do\n", "\nWrong\n", "\nRight\n", "nothing leads to the step \"city\""]
    {
        assert!(out.stdout.contains(part), "{part:?} is missing: {}", out.stdout);
    }
    assert!(!out.stdout.contains('\u{1b}'), "no colours into a pipe");
    assert_eq!(usher(folder(&[]), &["explain", "Unreachable-Step"]).stdout, out.stdout);
}

#[test]
fn several_findings_are_explained_at_once() {
    let out = usher(folder(&[]), &["explain", "FLW301", "maybe-none"]);
    assert!(out.stdout.contains("FLW301 unreachable-step") && out.stdout.contains("FLW402 maybe-none"), "{}", out.stdout);
}

#[test]
fn a_rule_that_is_not_there_is_one_sentence_with_the_nearest() {
    let out = usher(folder(&[]), &["explain", "unreachable-stop"]);
    let said = "usher: there is no rule \"unreachable-stop\"; did you mean \"unreachable-step\"?\n";
    assert_eq!((out.code, out.stdout.as_str(), out.stderr.as_str()), (2, "", said));
    let out = usher(folder(&[]), &["explain", "unreachable-stop", "FLW402", "42"]);
    assert!(out.stdout.contains("FLW402 maybe-none"), "what there is, is explained: {}", out.stdout);
    assert_eq!((out.code, out.stderr.as_str()), (2, &*format!("{said}there is no rule \"42\"; `usher rules` lists them\n")));
    let out = usher(folder(&[]), &["explain", "42"]);
    assert_eq!((out.code, out.stderr.as_str()), (2, "usher: there is no rule \"42\"; `usher rules` lists them\n"));
    assert_eq!(usher(folder(&[]), &["explain"]).code, 2);
}

#[test]
fn all_rules_are_listed_for_people_and_for_programs() {
    let people = usher(folder(&[]), &["rules"]);
    let programs = usher(folder(&[]), &["rules", "--format", "json"]);
    let all: Value = serde_json::from_str(&programs.stdout).unwrap();
    let all = all.as_array().unwrap();
    assert!(all.len() > 80);
    for rule in all {
        let line = format!("  {}  {} ", rule["code"].as_str().unwrap(), rule["name"].as_str().unwrap());
        assert!(people.stdout.contains(&line), "{line} is not listed");
        assert!(["error", "warning", "info"].contains(&rule["severity"].as_str().unwrap()));
        assert!(!rule["bad"][0]["text"].as_str().unwrap().is_empty());
    }
}

#[test]
fn the_manual_is_written_where_it_is_wanted() {
    let place = folder(&[]);
    let out = usher(&place, &["rules", "--write", "manual/rules"]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
    let index = std::fs::read_to_string(place.path().join("manual/rules/README.md")).unwrap();
    assert!(index.contains("| [FLW301](roads.md#flw301-unreachable-step) | `unreachable-step` | warning |"), "{index}");
    let refused = usher(&place, &["rules", "--write", "manual/rules/README.md"]);
    assert_eq!((refused.code, refused.stderr.lines().count()), (2, 1), "{}", refused.stderr);
}
