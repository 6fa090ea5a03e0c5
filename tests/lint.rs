//! What is done with findings: hidden by comments, left for another day, mended, and told to other programs.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

use serde_json::Value;
use usher::diagnostic::{Diagnostic, Format, Severity, Sources, render, sort};
use usher::flow::{Installation, load};
use usher::lint::fixes::{Edits, Risk, apply, diff, of_file};
use usher::lint::rules::{self, Of};
use usher::lint::{baseline, checks, formats, statistics::statistics, suppression};
use usher::syntax::Trees;

const HEAD: &str = "flow: hello\ntitle: Hello\nfor: anyone\nsteps:\n  done: { say: Thank you!, end: completed }\n";

/// What is found in a flow that goes on like this, comments obeyed.
fn found(steps: &str) -> (Sources, suppression::Kept) {
    let mut sources = Sources::default();
    sources.add("hello.yaml", format!("{HEAD}{steps}"));
    let loaded = load(&sources, &Installation::default());
    let mut kept = suppression::apply(&sources, loaded.findings);
    sort(&sources, &mut kept.findings);
    (sources, kept)
}

fn told(steps: &str) -> String {
    let (sources, kept) = found(steps);
    render(&sources, &kept.findings, Format::Concise, false)
}

#[test]
fn a_comment_hides_what_is_behind_it_on_the_line_and_what_follows_it() {
    for hidden in [
        "  more: { say: More, end: more } # lint: ignore[unreachable-step] by hand\n",
        "  # lint: ignore[FLW301] by hand\n  more: { say: More, end: more }\n",
        "  # lint: ignore[unreachable-step] by hand\n\n  # and a word about it\n  more:\n    say: More\n    end: more\n",
        "  # lint: ignore-file[unreachable-step] by hand\n  more: { say: More, go: most }\n  most: { say: Most, end: more }\n",
    ] {
        let (sources, kept) = found(hidden);
        assert_eq!(render(&sources, &kept.findings, Format::Concise, false), "", "{hidden}");
        assert!(kept.hidden >= 1);
    }
}

#[test]
fn a_comment_above_a_node_ends_with_the_node() {
    let steps = "  # lint: ignore[unreachable-step] by hand\n  more:\n    say: More\n    end: more\n  most: { say: Most, end: more }\n";
    assert_eq!(
        told(steps),
        "hello.yaml:10:3: warning FLW301 unreachable-step: nothing leads to the step \"most\" (lead a road to it, or remove it)\n"
    );
}

#[test]
fn a_comment_in_a_text_is_no_comment() {
    let steps = "  more:\n    say: |\n      # lint: ignore[unreachable-step] this is said\n      to everybody\n    end: more\n";
    assert!(told(steps).starts_with("hello.yaml:6:3: warning FLW301"), "{}", told(steps));
}

#[test]
fn a_comment_that_hides_nothing_is_told() {
    assert_eq!(
        told("  # lint: ignore[unreachable-step, stray-braces] by hand\n  more: { say: More, end: more }\n"),
        "hello.yaml:6:36: warning FLW011 unused-suppression: there is no \"stray-braces\" here to hide (remove the name)\n"
    );
    assert_eq!(
        told("  # lint: ignore[unreachable-stop] by hand\n"),
        "hello.yaml:6:18: warning FLW012 bad-suppression: there is no rule \"unreachable-stop\" (did you mean \"unreachable-step\"?)\n"
    );
    assert_eq!(
        told("  # lint: unreachable-step\n"),
        "hello.yaml:6:3: warning FLW012 bad-suppression: this comment hides nothing: it cannot be read (write: # lint: ignore[unreachable-step] and the reason; ignore-file for the whole file)\n"
    );
    assert!(
        told("  more: { say: More, end: more } # lint: ignore[unreachable-step]\n")
            .contains("FLW012 bad-suppression: this comment gives no reason")
    );
}

#[test]
fn nothing_hides_an_error() {
    let told = told("  more: { say: More, go: nowhere } # lint: ignore[unknown-step] later\n");
    assert!(told.contains("error FLW201"), "{told}");
    assert!(told.contains("FLW012 bad-suppression: \"unknown-step\" is an error here, and errors cannot be hidden"), "{told}");
}

#[test]
fn what_was_found_before_is_left_for_another_day_and_what_is_new_is_told() {
    let old = "  more: { say: More, end: more }\n";
    let (sources, kept) = found(old);
    let text = baseline::written(&sources, &kept.findings);
    assert!(!text.contains("nothing leads") && text.contains("\"rule\":\"unreachable-step\""), "{text}");
    let list = baseline::read(&text).unwrap();
    let (sources, kept) = found(&format!("  # a line above changes nothing\n{old}  most: {{ say: Most, end: most }}\n"));
    let compared = baseline::compare(&sources, kept.findings, &list);
    assert_eq!((compared.known, compared.gone, compared.findings.len()), (1, 0, 1));
    assert!(compared.findings[0].message.contains("most"));
    let (sources, kept) = found("");
    let compared = baseline::compare(&sources, kept.findings, &list);
    assert_eq!((compared.known, compared.gone, compared.findings.len()), (0, 1, 0));
}

#[test]
fn errors_are_no_part_of_a_list() {
    let (sources, kept) = found("  more: { say: More, go: nowhere }\n");
    let errors: Vec<_> = kept.findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert!(!errors.is_empty());
    assert_eq!(baseline::read(&baseline::written(&sources, &errors)).unwrap().len(), 0);
    assert!(baseline::read("{}").unwrap_err().contains("usher_baseline"));
    assert!(baseline::read("[").unwrap_err().starts_with("is not JSON"));
}

#[test]
fn findings_are_counted_by_rule() {
    let (_, kept) = found("  more: { say: More, end: more }\n  most: { say: Most, end: most, titel: x }\n");
    assert_eq!(statistics(&kept.findings), "     2  FLW301  unreachable-step  warning\n     1  FLW101  unknown-key       error\n");
}

/// Everything that the manual's bad examples of the files of flows report, with the files.
fn all_bad_examples() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let mut findings = Vec::new();
    for rule in rules::all() {
        let mut own = Sources::default();
        for file in rule.example(Of::Bad).filter(|file| file.ending() == "yaml") {
            own.add(format!("{}/{}", rule.name, file.path), format!("{}\n", file.text));
        }
        let found = suppression::apply(&own, load(&own, &Installation::default()).findings).findings;
        let offset = u32::try_from(sources.iter().count()).unwrap();
        for (_, source) in own.iter() {
            sources.add(source.path.clone(), source.text.clone());
        }
        findings.extend(found.into_iter().map(|mut finding| {
            finding.span.file.0 += offset;
            finding.related.iter_mut().for_each(|(span, _)| span.file.0 += offset);
            finding.fix.iter_mut().flat_map(|fix| &mut fix.edits).for_each(|edit| edit.span.file.0 += offset);
            finding
        }));
    }
    sort(&sources, &mut findings);
    assert!(findings.len() > 60 && findings.iter().any(|finding| finding.fix.is_some()));
    (sources, findings)
}

#[test]
fn sarif_is_what_its_schema_says() {
    // The pattern of languages, which we do not write, has a bracket too many; our validator refuses to read it.
    let text = include_str!("lint/sarif-2.1.0.schema.json").replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::options().build(&schema).unwrap();
    let (sources, findings) = all_bad_examples();
    for findings in [findings.as_slice(), &[]] {
        let document: Value = serde_json::from_str(&formats::sarif(&sources, findings)).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let results = document["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), findings.len());
        let described = document["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        assert!(
            results.iter().all(|result| described.iter().any(|rule| rule["id"] == result["ruleId"] && rule["help"]["text"].is_string()))
        );
    }
    let broken = serde_json::json!({ "version": "2.1.0", "runs": [{ "tool": {} }] });
    assert!(!validator.is_valid(&broken), "the schema is really asked");
}

/// What the schema of the Ant and Jenkins `JUnit` report allows: element → attributes it must have, and children.
const JUNIT: &[(&str, &[&str], &[&str])] = &[
    ("testsuites", &["name", "tests", "failures", "errors"], &["testsuite"]),
    ("testsuite", &["name", "tests", "failures", "errors"], &["testcase"]),
    ("testcase", &["name", "classname"], &["failure", "system-out"]),
    ("failure", &["message", "type"], &[]),
    ("system-out", &[], &[]),
];

#[test]
fn junit_is_what_its_readers_expect() {
    let (sources, mut findings) = all_bad_examples();
    findings[0].message = "<tag> & \"quotes\"\n\u{1b}[31mred\u{0}".to_owned();
    findings[1].severity = Severity::Info;
    for findings in [findings.as_slice(), &[]] {
        let text = formats::junit(&sources, findings);
        let document = roxmltree::Document::parse(&text).unwrap();
        for element in document.root().descendants().filter(roxmltree::Node::is_element) {
            let name = element.tag_name().name();
            let (_, attributes, children) = JUNIT.iter().find(|(known, ..)| *known == name).unwrap_or_else(|| panic!("<{name}>"));
            let own: Vec<&str> = element.attributes().map(|attribute| attribute.name()).collect();
            assert_eq!(&own, attributes, "<{name}>");
            let strange = element.children().find(|child| child.is_element() && !children.contains(&child.tag_name().name()));
            assert!(strange.is_none(), "<{name}> holds {strange:?}");
        }
        let counts = |element: roxmltree::Node<'_, '_>| {
            let of = |name: &str| element.descendants().filter(|inner| inner.has_tag_name(name)).count().to_string();
            assert_eq!(element.attribute("tests"), Some(of("testcase").as_str()));
            assert_eq!(element.attribute("failures"), Some(of("failure").as_str()));
        };
        document
            .root()
            .descendants()
            .filter(|element| element.has_tag_name("testsuites") || element.has_tag_name("testsuite"))
            .for_each(counts);
        let cases = document.root().descendants().filter(|element| element.has_tag_name("testcase")).count();
        assert_eq!(cases, findings.len().max(1));
    }
    let text = formats::junit(&sources, &findings);
    assert!(text.contains("message=\"&lt;tag&gt; &amp; &quot;quotes&quot;&#10;[31mred\""), "{text}");
}

#[test]
fn whatever_can_be_mended_is_mended_once_and_for_all() {
    let (sources, findings) = all_bad_examples();
    let mut mended = 0;
    for (file, source) in sources.iter() {
        let own: Vec<Diagnostic> = findings.iter().filter(|finding| finding.span.file == file).cloned().collect();
        let Edits { edits, findings: count } = of_file(file, &own, Risk::Taken);
        if count == 0 {
            continue;
        }
        let text = String::from_utf8(apply(source.text.as_bytes(), &edits).unwrap()).unwrap();
        let mut again = Sources::default();
        again.add("hello.yaml", text.clone());
        let left = suppression::apply(&again, load(&again, &Installation::default()).findings).findings;
        for finding in own.iter().filter(|finding| finding.fix.is_some()) {
            let same = left.iter().filter(|other| other.code == finding.code && other.message == finding.message && other.fix.is_some());
            assert_eq!(same.count(), 0, "{}: {} is still there in\n{text}", source.path, finding.message);
        }
        mended += count;
    }
    assert!(mended >= 9, "only {mended} were mended");
}

#[test]
fn only_safe_fixes_are_made_unless_more_is_wanted() {
    let (sources, findings) = all_bad_examples();
    let count = |risk| sources.iter().map(|(file, _)| of_file(file, &findings, risk).findings).sum::<usize>();
    assert!(count(Risk::Avoided) >= 2 && count(Risk::Taken) > count(Risk::Avoided) + 5);
}

#[test]
fn of_fixes_that_touch_each_other_the_first_is_made() {
    use usher::diagnostic::{Code, FileId, Fix, Span};
    let span = |start, end| Span::new(FileId(0), start, end);
    let finding = |start, end, text: &str| {
        Diagnostic::error(Code::new("FLW001", "yaml-syntax"), span(start, end), "wrong").fix(Fix::safe(span(start, end), text))
    };
    let findings = [finding(4, 6, "second"), finding(0, 5, "first"), finding(7, 7, "x"), finding(7, 7, "y"), finding(9, 10, "")];
    let Edits { edits, findings: count } = of_file(FileId(0), &findings, Risk::Avoided);
    assert_eq!((apply(b"0123456789", &edits).unwrap(), count), (b"first56x78".to_vec(), 3));
    assert_eq!(apply(b"012", &edits), None, "what does not fit is not made");
}

#[test]
fn a_diff_is_what_patch_reads() {
    use usher::diagnostic::{Edit, FileId, Span};
    let text = (1..=20).map(|line| format!("line {line}\n")).collect::<Vec<_>>().concat();
    let edit = |word: &str, by: &str| {
        let start = text.find(word).unwrap();
        Edit { span: Span::new(FileId(0), start, start + word.len()), text: by.to_owned() }
    };
    let edits = [edit("line 2\n", ""), edit("line 4", "line four\nand more"), edit("line 19", "last but one")];
    let expected = "--- a/hello.yaml
+++ b/hello.yaml
@@ -1,7 +1,7 @@
 line 1
-line 2
 line 3
-line 4
+line four
+and more
 line 5
 line 6
 line 7
@@ -16,5 +16,5 @@
 line 16
 line 17
 line 18
-line 19
+last but one
 line 20
";
    assert_eq!(diff("hello.yaml", &text, &edits.iter().collect::<Vec<_>>()), expected);
    let end = Edit { span: Span::new(FileId(0), 1, 2), text: "b".to_owned() };
    assert_eq!(
        diff("x", "aa", &[&end]),
        "--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n-aa\n\\ No newline at end of file\n+ab\n\\ No newline at end of file\n"
    );
}

/// What is found in a bot of two languages whose English is this.
fn found_in_english(english: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    sources.add("bot.yaml", "bot: Hello\nlanguages: [ru, en]\n");
    let roads = "      wait: { label: Подождите, end: waited }\n      go: Дальше\n";
    let steps = format!("  name:\n    ask: Как вас зовут?\n    choice:\n{roads}    timeout: {{ after: 1d, say: \"Жаль\", end: gone }}\n");
    sources.add(
        "hello.yaml",
        format!("flow: hello\ntitle: Привет\nfor: anyone\nstart: {{ command: hello }}\nsteps:\n{steps}  done: {{ end: completed }}\n"),
    );
    sources.add("en.yaml", format!("messages: en\nhello:\n  title: Hello\n{english}"));
    let mut findings = load(&sources, &Installation::default()).findings;
    findings.extend(checks::check(&sources, &Trees::of(&sources)));
    findings.retain(|finding| finding.severity != Severity::Info);
    sort(&sources, &mut findings);
    findings
}

#[test]
fn a_translation_of_a_flow_that_is_gone_is_told_once_where_it_begins() {
    let steps = (1..=6).map(|step| format!("  z{step}.say: Write /gone{step}\n")).collect::<Vec<_>>().concat();
    let name = "  name.ask: Your name?\n  name.choice: { wait: { label: Wait }, go: Go }\n  name.timeout: Pity\n";
    let found = found_in_english(&format!("{name}farewell:\n{steps}  a.ask: Why?\n"));
    let [only] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(only.code.name, "unknown-message-key");
    assert_eq!(only.message, "there is no flow \"farewell\" to translate");
    assert_eq!(only.help.as_deref(), Some("remove these 7 texts, or call the flow so"));
    let notes: Vec<_> = only.related.iter().map(|(_, note)| note.as_str()).collect();
    let text = |address: &str| format!("nor \"farewell.{address}\"");
    assert_eq!(notes, [text("z2.say"), text("z3.say"), text("z4.say") + " (and 3 more like it)"], "the first is at its place");
}

#[test]
fn a_misplaced_translation_is_told_with_its_address() {
    for wrong in ["name.say: Pity", "name.over: Pity", "name.timeout.say.text: Pity", "name.choice.timeout: Pity"] {
        let found = found_in_english(&format!("  name.ask: Your name?\n  name.choice: {{ wait: {{ label: Wait }}, go: Go }}\n  {wrong}\n"));
        let [only] = &found[..] else { panic!("{wrong}: {found:#?}") };
        assert_eq!(only.code.name, "unknown-message-key", "{wrong}");
        assert!(only.help.as_deref().is_some_and(|help| help.contains("timeout")), "{only:#?}");
    }
}

#[test]
fn two_flows_with_the_same_id_are_told_with_both_files() {
    let mut sources = Sources::default();
    sources.add("hello.yaml", HEAD);
    sources.add("sub/copy.yaml", HEAD);
    let found = load(&sources, &Installation::default()).findings;
    assert_eq!(found[0].message, "there are two flows with the id \"hello\", here and in hello.yaml");
}

#[test]
fn what_follows_from_a_finding_is_counted_beyond_the_first_three() {
    let steps = (1..=5).map(|step| format!("  s{step}: {{ say: On, go: s{} }}\n", step + 1)).collect::<Vec<_>>().concat();
    let (_, kept) = found(&format!("{steps}  s6: {{ say: Over, end: over }}\n"));
    let [only] = &kept.findings[..] else { panic!("{:#?}", kept.findings) };
    let last = only.related.last().map(|(_, note)| note.as_str());
    assert_eq!((only.related.len(), last), (3, Some("and so nothing leads to \"s4\" (and 2 more like it)")));
}

#[test]
fn what_is_wrong_in_a_text_and_in_its_translation_is_told_at_the_text() {
    let mut sources = Sources::default();
    sources.add("bot.yaml", "bot: Hello\nlanguages: [ru, en]\nperson: { age: { type: integer } }\n");
    sources.add("en.yaml", "messages: en\nhello: { title: Hello, old.say: \"You are {{ person.age }}\" }\n");
    let steps = "  old: { say: \"Вам {{ person.age }}\", end: done }\n";
    sources.add("hello.yaml", format!("flow: hello\ntitle: Привет\nfor: anyone\nstart: {{ command: hello }}\nsteps:\n{steps}"));
    let found = load(&sources, &Installation::default()).findings;
    let of_age: Vec<_> = found.iter().filter(|finding| finding.message.contains("person.age")).collect();
    let [only] = &of_age[..] else { panic!("{found:#?}") };
    assert_eq!((sources.get(only.span.file).path.as_str(), only.others), ("hello.yaml", 1));
}
