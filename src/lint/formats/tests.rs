use serde_json::{Value, json};

use super::{github, gitlab, jsonl, sarif};
use crate::diagnostic::{Code, Diagnostic, Fix, Sources, Span};

const UNKNOWN: Code = Code::new("FLW101", "unknown-key");
const FLOW: &str = "flow: hello\nsteps:\n  имя: { аск: 1, аск: 2 }\n";

/// Two findings that differ in nothing but the column, in a file below some lines.
fn example(above: &str) -> (Sources, Vec<Diagnostic>) {
    let text = format!("{above}{FLOW}");
    let places: Vec<usize> = text.match_indices("аск").map(|(at, _)| at).collect();
    let mut sources = Sources::default();
    let file = sources.add("flows/привет, a.yaml", text);
    let span = |at: usize| Span::new(file, at, at + "аск".len());
    let first = Diagnostic::error(UNKNOWN, span(places[0]), "100% odd,\nindeed").help("did you mean \"ask\"?");
    let second = Diagnostic::error(UNKNOWN, span(places[1]), "100% odd,\nindeed").related(span(places[0]), "first");
    let fix = Fix::risky(span(places[0]), "ask");
    (sources, vec![first.fix(fix), second])
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn jsonl_has_one_object_a_line() {
    let (sources, findings) = example("");
    let text = jsonl(&sources, &findings);
    let columns: Vec<Value> = text.lines().map(|line| parsed(line)["column"].clone()).collect();
    assert_eq!(columns, [10, 18]);
}

#[test]
fn nothing_of_a_message_or_a_path_ends_a_workflow_command() {
    let (sources, findings) = example("");
    let text = github(&sources, &findings);
    let expected = "::error file=flows/привет%2C a.yaml,line=3,endLine=3,col=10,endColumn=13,title=FLW101 unknown-key::\
                    100%25 odd,%0Aindeed (did you mean \"ask\"?)";
    assert_eq!((text.lines().next(), text.lines().count()), (Some(expected), 2));
}

#[test]
fn a_fingerprint_is_its_findings_own_and_outlives_changes_above_it() {
    let prints = |above: &str| -> Vec<Value> {
        let (sources, findings) = example(above);
        let all = parsed(&gitlab(&sources, &findings));
        assert_eq!(all[0]["severity"], "major");
        all.as_array().expect("a list").iter().map(|issue| issue["fingerprint"].clone()).collect()
    };
    assert_eq!(prints(""), prints("# above\n\n"));
    assert_ne!(prints("")[0], prints("")[1]);
}

#[test]
fn sarif_tells_the_rule_the_place_the_other_place_and_the_fix() {
    let (sources, findings) = example("");
    let run = parsed(&sarif(&sources, &findings))["runs"][0].clone();
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(
        (&rule["id"], &rule["name"], &rule["defaultConfiguration"]["level"]),
        (&json!("FLW101"), &json!("unknown-key"), &json!("error"))
    );
    assert!(rule["help"]["markdown"].as_str().is_some_and(|help| help.contains("**What to do?** Correct the spelling")), "{rule}");
    let uri = "flows/%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82%2C%20a.yaml";
    let region = json!({ "startLine": 3, "startColumn": 10, "endLine": 3, "endColumn": 13 });
    let place = json!({ "artifactLocation": { "uri": uri }, "region": region });
    assert_eq!(run["results"][0]["locations"], json!([{ "physicalLocation": place }]));
    let replacements = json!([{ "deletedRegion": region, "insertedContent": { "text": "ask" } }]);
    let changes = json!([{ "artifactLocation": { "uri": uri }, "replacements": replacements }]);
    assert_eq!(run["results"][0]["fixes"], json!([{ "artifactChanges": changes }]));
    assert_eq!(run["results"][1]["relatedLocations"], json!([{ "physicalLocation": place, "message": { "text": "first" } }]));
    assert_eq!(run["results"][1].get("fixes"), None);
}
