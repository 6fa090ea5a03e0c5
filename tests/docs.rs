//! The author's guides are bots: every YAML block of a guide is a file of it, which loads without findings and whose scenarios hold.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

#[path = "support/shipped.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod shipped;

use std::collections::BTreeSet;
use std::path::Path;

use usher::diagnostic::{FileId, Format, Sources, render};
use usher::flow::shapes::{FileKind, shape_of};
use usher::flow::{Installation, Role, load};
use usher::scenario;
use usher::syntax::parse;
use usher::syntax::shape::check;

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

/// The guides for operators.
const OPERATORS: [&str; 2] = ["operators.md", "operators.ru.md"];

fn root(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|_| panic!("{path} is not there"))
}

/// Every key of an object of a schema, however deep.
fn keys_of(schema: &serde_json::Value, into: &mut BTreeSet<String>) {
    let Some(object) = schema.as_object() else { return };
    for (key, value) in object {
        if let ("properties", Some(properties)) = (key.as_str(), value.as_object()) {
            into.extend(properties.keys().cloned());
        }
        keys_of(value, into);
        for item in value.as_array().into_iter().flatten() {
            keys_of(item, into);
        }
    }
}

#[test]
fn the_operators_guides_name_every_key_and_every_metric_and_their_file_is_right() {
    let mut keys = BTreeSet::new();
    keys_of(&serde_json::from_str(&root("schemas/usher.schema.json")).unwrap(), &mut keys);
    let metrics: BTreeSet<String> = root("src/cli/listen/metrics.rs")
        .lines()
        .filter_map(|line| Some(line.strip_prefix("//! | `usher_")?.split('`').next()?.to_owned()))
        .map(|name| format!("usher_{name}"))
        .collect();
    assert!(keys.len() > 30 && metrics.len() > 8, "they were not found: {keys:?} {metrics:?}");
    for guide in OPERATORS {
        let text = root(&format!("docs/{guide}"));
        for word in keys.iter().chain(&metrics) {
            let named = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|part| part == word);
            assert!(named, "{guide} does not name {word}");
        }
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap();
            let (tree, mut findings) = parse(FileId(0), block);
            check(&mut tree.unwrap(), shape_of(FileKind::Usher), &mut findings);
            let mut sources = Sources::default();
            sources.add(guide, block);
            assert!(findings.is_empty(), "{}", render(&sources, &findings, Format::Concise, false));
        }
    }
    let headings = |guide: &str| root(&format!("docs/{guide}")).lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(headings(OPERATORS[0]), headings(OPERATORS[1]), "a chapter is missing in one of them");
}

/// All flow files, as one text.
fn shipped_flows() -> String {
    let folders = ["flows", "flows/admin"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let is_flow = |path: &std::path::PathBuf| path.to_string_lossy().ends_with(".yaml") && !path.to_string_lossy().ends_with(".test.yaml");
    files.filter(is_flow).map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn the_mistake_that_the_readme_shows_is_told_so() {
    let readme = root("README.md");
    let shown = readme.split("```text\n").find(|block| block.starts_with("error[")).unwrap().split("```").next().unwrap();
    let line = shown.lines().find(|line| line.contains(" | ") && !line.trim_start().starts_with('|')).unwrap();
    let (number, broken) = line.split_once(" | ").unwrap();
    let at: usize = number.trim().parse().unwrap();
    let mut sources = Sources::default();
    for (path, text) in shipped::files() {
        let is_broken = shown.contains(&format!("{path}:"));
        let lines = text.lines().enumerate().map(|(index, whole)| if is_broken && index + 1 == at { broken } else { whole });
        sources.add(path, lines.collect::<Vec<_>>().join("\n") + "\n");
    }
    let told = render(&sources, &load(&sources, &shipped::installation("extended")).findings, Format::Human, false);
    assert!(told.starts_with(shown), "README.md shows:\n{shown}\nand it is:\n{told}");
}

#[test]
fn the_flow_that_the_readme_shows_is_the_first_example() {
    let example = root("examples/hello/flows/hello.yaml");
    let flow = example.split_once('\n').unwrap().1;
    assert!(root("README.md").contains(&format!("```yaml\n{flow}```")), "README.md and examples/hello differ");
}

#[test]
fn the_guides_of_hr_name_commands_and_buttons_that_exist() {
    let (flows, english) = (shipped_flows(), root("flows/messages/en.yaml"));
    for (guide, words, quotes) in [("hr.md", &english, ['“', '”']), ("hr.ru.md", &flows, ['«', '»'])] {
        let text = root(&format!("docs/{guide}"));
        let commands: BTreeSet<&str> = text.split("`/").skip(1).map(|rest| rest.split('`').next().unwrap()).collect();
        assert!(commands.len() > 10, "{guide} names too few commands");
        for command in commands {
            let known = flows.contains(&format!("command: {command} ")) || flows.contains(&format!("command: {command},"));
            assert!(known || ["cancel", "role"].contains(&command), "{guide}: there is no /{command}");
        }
        let quoted = text.split(quotes[0]).skip(1).map(|rest| rest.split(quotes[1]).next().unwrap());
        for label in quoted.filter(|label| *label != "✓") {
            assert!(words.contains(label), "{guide}: no button is called so: {label}");
        }
        for picture in text.split("src=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(picture).exists(), "{guide}: {picture}");
        }
    }
    let headings = |guide: &str| root(&format!("docs/{guide}")).lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(headings("hr.md"), headings("hr.ru.md"), "a chapter is missing in one of them");
}

#[test]
fn what_the_shipped_flows_put_on_record_has_a_name_for_people() {
    let flows = shipped_flows();
    let recorded = |rest: &str| rest.split([' ', ',', '}', '\n']).next().unwrap().to_owned();
    let names: BTreeSet<String> = flows.split("audit: ").skip(1).map(recorded).filter(|name| !name.is_empty()).collect();
    assert!(names.len() > 20, "{names:?}");
    let bot = root("flows/bot.yaml");
    let named = bot.split("\naudit:").nth(1).unwrap().split("\n\n").next().unwrap();
    for name in names {
        let has_own_words = usher::flow::audited(&name, "ru").is_some();
        assert!(has_own_words || named.contains(&format!("\n  {name}: ")), "{name} has no name in bot.yaml");
    }
}

/// The files and folders of the root that sources hold in themselves.
fn included(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            included(&entry, into);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&entry).unwrap();
            let paths = text.split("include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next());
            let outside = paths.filter(|path| path.starts_with("../")).filter_map(|path| path.split('/').find(|part| *part != ".."));
            into.extend(outside.filter(|part| !entry.parent().unwrap().join(part).exists()).map(str::to_owned));
        }
    }
}

#[test]
fn what_is_deployed_is_made_of_files_that_are_there() {
    let container = root("deploy/Containerfile");
    let copied: Vec<&str> =
        container.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--from")).collect();
    assert!(!copied.is_empty());
    for line in &copied {
        let parts: Vec<&str> = line.split_whitespace().collect();
        for source in &parts[..parts.len() - 1] {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(source).exists(), "{source} is copied and is not there");
        }
    }
    // Whatever the program holds in itself, and whatever Cargo.toml names, is needed for the build.
    let mut needed: BTreeSet<String> = ["Cargo.lock", "src", "benches", "tests"].map(str::to_owned).into();
    included(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut needed);
    assert!(needed.contains("flows"), "what the program holds was not found");
    for needed in &needed {
        assert!(copied.iter().any(|line| line.split_whitespace().any(|word| word == needed)), "{needed} is needed for the build");
    }
    assert!(container.lines().any(|line| line.starts_with("USER ") && !line.contains("root")), "nobody runs it as root");
    assert!(
        container.contains("VOLUME [\"/data\", \"/key\"]") && container.contains("key_file: /key/usher.key"),
        "the key lies beside the data"
    );
    let unit = root("deploy/usher.service");
    for line in ["ExecStart=/usr/local/bin/usher run --config /etc/usher/usher.yaml", "Restart=on-failure", "RestartPreventExitStatus=1 2"]
    {
        assert!(unit.lines().any(|written| written == line), "{line}");
    }
}
