//! Files → project: a bot that loads, bots that do not, and everything that is wrong with them in one run.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

#[path = "support/cases.rs"]
mod cases;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cases::cases;
use proptest::prelude::*;
use usher::diagnostic::{self, Format, Severity, Sources};
use usher::expr::Value;
use usher::flow::{
    AnswerType, BodyNode, Installation, Loaded, Next, Options, Project, Role, StandingAct, Target, Verb, Word, enclosed, load,
    possible_outcomes, unknown_settings,
};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/load").join(name)
}

fn yaml_below(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_below(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            into.push(path);
        }
    }
    into.sort();
}

fn installation() -> Installation {
    let role = |title: &str| Role { title: title.to_owned(), ..Role::default() };
    Installation { roles: [("hr".to_owned(), role("HR")), ("anyone_else".to_owned(), role("Others"))].into(), ..Installation::default() }
}

fn good_sources() -> Sources {
    let root = folder("good");
    let mut paths = Vec::new();
    yaml_below(&root, &mut paths);
    let mut sources = Sources::default();
    for path in paths {
        sources.add(path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"), std::fs::read_to_string(&path).unwrap());
    }
    sources
}

fn concise(sources: &Sources, loaded: &Loaded) -> String {
    diagnostic::render(sources, &loaded.findings, Format::Concise, false)
}

fn good() -> Project {
    let sources = good_sources();
    let loaded = load(&sources, &installation());
    assert_eq!(concise(&sources, &loaded), "", "the good bot loads without findings");
    loaded.project.expect("without findings there is a project")
}

#[test]
fn a_good_bot_loads_without_findings() {
    good();
}

/// A file beside the files of `beside`, or a folder on its own.
fn bad_sources(case: &Path) -> Sources {
    let mut files = BTreeMap::new();
    let mut take = |root: &Path, path: &Path| {
        let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        files.insert(name, std::fs::read_to_string(path).unwrap());
    };
    let mut paths = Vec::new();
    if case.is_dir() {
        yaml_below(case, &mut paths);
        for path in &paths {
            take(case, path);
        }
    } else {
        let beside = folder("beside");
        yaml_below(&beside, &mut paths);
        for path in &paths {
            take(&beside, path);
        }
        take(case.parent().unwrap(), case);
    }
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(path, text);
    }
    sources
}

/// What stands in a folder of cases: flow files, and folders that are bots of their own.
fn cases_in(folder_name: &str) -> Vec<PathBuf> {
    let mut cases: Vec<_> = std::fs::read_dir(folder(folder_name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "yaml"));
    cases.sort();
    cases
}

/// Compares with the golden files beside the cases, or writes them.
fn compare_goldens(found: impl IntoIterator<Item = (PathBuf, String)>) {
    let mut differing = Vec::new();
    for (case, found) in found {
        let golden = case.with_extension("out");
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            std::fs::write(&golden, &found).unwrap();
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != found {
            differing.push(format!("{}\n{found}", golden.display()));
        }
    }
    assert!(differing.is_empty(), "run with UPDATE_GOLDENS=1 if this is as it should be:\n{}", differing.join("\n"));
}

#[test]
fn every_mistake_is_found_at_its_place_in_one_run() {
    let cases = cases_in("bad");
    assert!(cases.len() >= 9, "only {} cases were found", cases.len());
    compare_goldens(cases.into_iter().map(|case| {
        let sources = bad_sources(&case);
        let loaded = load(&sources, &installation());
        assert!(loaded.project.is_none(), "{} was loaded", case.display());
        (case, concise(&sources, &loaded))
    }));
}

/// What loads and still hurts people: with the excerpts and the other places that explain it. What is called `fine…` is silent.
#[test]
fn what_loads_and_hurts_people_is_told_with_the_way_that_shows_it() {
    let cases = cases_in("warned");
    assert!(!cases.is_empty());
    compare_goldens(cases.into_iter().map(|case| {
        let sources = bad_sources(&case);
        let loaded = load(&sources, &installation());
        let found = diagnostic::render(&sources, &loaded.findings, Format::Human, false);
        assert!(loaded.project.is_some(), "{} was not loaded:\n{found}", case.display());
        (case, found)
    }));
}

/// The registration of the good bot, changed in one place of one file.
fn with_change(file: &str, from: &str, to: &str) -> (Sources, Loaded) {
    changed(&[(file, from, to)])
}

fn changed(changes: &[(&str, &str, &str)]) -> (Sources, Loaded) {
    let mut sources = Sources::default();
    for (_, source) in good_sources().iter() {
        let mut text = source.text.clone();
        for (_, from, to) in changes.iter().filter(|(file, _, _)| *file == source.path) {
            assert_eq!(text.matches(from).count(), 1, "{from:?} stands once in {}", source.path);
            text = text.replace(from, to);
        }
        sources.add(source.path.clone(), text);
    }
    let loaded = load(&sources, &installation());
    (sources, loaded)
}

/// Ten people break the registration in ten ways; one run tells each of them.
const TEN_WAYS: [(&str, &str, &str, &str); 10] = [
    (
        "registration.yaml",
        "    attempts: { max: 5, go: need_help }\n\n  phone:",
        "    attempts: { max: 5, go: need_hepl }\n\n  phone:",
        "FLW201",
    ),
    ("registration.yaml", "    call: erp.list_positions", "    call: erp.list_position", "FLW204"),
    ("registration.yaml", "    show: [full_name, phone, email, position]", "    show: [full_name, phone, email, positoin]", "FLW201"),
    ("registration.yaml", "      position_id: position.id\n", "", "FLW602"),
    ("registration.yaml", "      key: item.id\n", "", "FLW102"),
    ("registration.yaml", "      - { else: issued }\n", "", "FLW306"),
    ("registration.yaml", "    type: email\n", "    type: emial\n", "FLW103"),
    ("registration.yaml", "      duplicate_email:", "      duplicate_mail:", "FLW315"),
    ("registration.yaml", "      help: { label: Помощь, word: help }", "      help: { label: Помощь, word: hepl }", "FLW103"),
    ("registration.yaml", "    run: activation\n", "    run: activatoin\n", "FLW202"),
];

#[test]
fn ten_ways_of_breaking_a_registration_are_ten_errors_in_one_run() {
    let changes: Vec<_> = TEN_WAYS.iter().map(|(file, from, to, _)| (*file, *from, *to)).collect();
    let (sources, loaded) = changed(&changes);
    let errors: Vec<_> = loaded.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    for (_, _, _, code) in TEN_WAYS {
        assert!(errors.iter().any(|finding| finding.code.id == code), "{code} is missing in\n{}", concise(&sources, &loaded));
    }
    assert_eq!(errors.len(), 10, "{}", concise(&sources, &loaded));
    assert!(loaded.project.is_none());
}

#[test]
fn each_of_the_ten_is_found_alone_too() {
    for (file, from, to, code) in TEN_WAYS {
        let (sources, loaded) = with_change(file, from, to);
        assert!(loaded.findings.iter().any(|finding| finding.code.id == code), "{code}: {}", concise(&sources, &loaded));
    }
}

#[test]
fn the_model_of_the_good_bot_is_what_its_author_wrote() {
    let project = good();
    assert_eq!(project.bot.languages, ["ru", "en"]);
    assert_eq!(project.commands["start"], "registration");
    assert_eq!(project.bot.settings["code_life"].value, Value::Duration(24 * 3_600_000));
    assert_eq!(project.bot.settings["hr_contact"].translated[1].as_deref(), Some("Anna, ext. 101"));
    let leave = &project.flows["leave"];
    assert!(leave.start.as_ref().unwrap().link);
    assert_eq!(leave.step("told").unwrap().next, Next::Following);
    assert_eq!(leave.step("done").unwrap().next, Next::End("completed".into()));
    let Verb::Ask(who) = &leave.step("who").unwrap().verb else { panic!("a question") };
    let AnswerType::Choice(Options::Data(data)) = &who.answer else { panic!("options from data") };
    assert_eq!(data.empty.as_ref().unwrap().to, Target::Go(leave.index["check"]));
    assert!(data.also[1].url.is_some());
    let Verb::Say(told) = &leave.step("told").unwrap().verb else { panic!("a message") };
    assert!(matches!(&told.buttons[0].act, StandingAct::Start { flow, once: true, with } if flow == "leave" && with.len() == 1));
    let Verb::Review(check) = &leave.step("check").unwrap().verb else { panic!("a review") };
    assert_eq!(check.show, [leave.index["first_day"], leave.index["days"], leave.index["why"]]);
}

#[test]
fn what_a_step_reads_is_known_and_texts_do_not_count() {
    let project = good();
    let reads = |flow: &str, step: &str| project.flows[flow].step(step).unwrap().reads.iter().cloned().collect::<Vec<_>>();
    assert_eq!(reads("leave", "plan"), ["first_day", "where"]);
    assert_eq!(reads("leave", "sum"), ["paid"]);
    assert_eq!(reads("leave", "worth"), ["days", "paid", "where"]);
    assert_eq!(reads("leave", "who"), ["colleague"]);
    assert_eq!(reads("leave", "told"), [""; 0], "a text counts for nothing");
    assert_eq!(reads("registration", "position"), ["positions"]);
    assert_eq!(reads("registration", "staff"), ["access", "email", "full_name", "phone", "position"]);
}

#[test]
fn words_and_sentences_have_defaults_in_both_languages() {
    let mut sources = Sources::default();
    sources.add("bot.yaml", "bot: Бот\nlanguages: [en, ru, de]\n");
    let loaded = load(&sources, &Installation::default());
    let project = loaded.project.expect("a bot without flows loads");
    for (name, text) in &project.bot.texts {
        assert!(text.by_language[0].is_some() && text.by_language[1].is_some(), "{name}");
        assert!(text.by_language[2].is_none(), "{name} has no German");
        assert_eq!(text.in_language(2), text.in_language(0), "{name} falls back to the first language");
    }
    assert_eq!(project.bot.texts["yes"].in_language(0).unwrap().fixed(), Some("Yes"));
    assert_eq!(project.bot.texts["yes"].in_language(1).unwrap().fixed(), Some("Да"));
    let on: Vec<_> = project.bot.words.iter().filter(|(_, rule)| rule.on).map(|(word, _)| *word).collect();
    assert_eq!(on, [Word::Cancel, Word::Back, Word::Help, Word::Status, Word::Restart], "no flow chooses a language");
    assert!(project.bot.words[&Word::Cancel].say.is_some() && project.bot.words[&Word::Back].none.is_some());
}

#[test]
fn a_bot_needs_no_file_of_its_own() {
    let mut sources = Sources::default();
    let hello = "flow: hello\ntitle: Знакомство\nstart: { command: hello }\nfor: anyone\nsteps:\n  name: { title: Имя, ask: Как вас зовут? }\n  thanks: { say: \"Спасибо, {{ name }}!\", end: completed }\n";
    sources.add("hello.yaml", hello);
    let loaded = load(&sources, &Installation::default());
    assert_eq!(concise(&sources, &loaded), "");
    assert_eq!(loaded.project.unwrap().bot.languages, ["ru"]);
}

#[test]
fn the_version_depends_on_every_file_of_the_bot_and_on_nothing_else() {
    let version = |changes: &[(&str, &str, &str)]| changed(changes).1.project.map(|project| project.version.0);
    let first = version(&[]).unwrap();
    assert_eq!(first.len(), 16);
    assert!(first.chars().all(|letter| letter.is_ascii_hexdigit()));
    assert_eq!(version(&[]).as_ref(), Some(&first));
    for (file, from, to) in [
        ("bot.yaml", "value: 24h", "value: 25h"),
        ("leave.yaml", "Думаю.", "Подумаю."),
        ("api/erp.yaml", "keep: 10m", "keep: 11m"),
        ("messages/en.yaml", "I am thinking.", "Thinking."),
    ] {
        assert_ne!(version(&[(file, from, to)]).unwrap(), first, "{file}");
    }
    let mut backwards = Sources::default();
    let sources = good_sources();
    let files: Vec<_> = sources.iter().map(|(_, source)| source.clone()).collect();
    for file in files.iter().rev() {
        backwards.add(file.path.clone(), file.text.clone());
    }
    backwards.add("leave.test.yaml", "scenarios: leave\n");
    assert_eq!(load(&backwards, &installation()).project.unwrap().version.0, first, "neither the order nor a scenario counts");
}

#[test]
fn operations_are_what_was_declared() {
    let project = good();
    let create = &project.operations["erp.create_staff"];
    assert_eq!(create.lookup.as_ref().unwrap().call, "erp.find_staff");
    let Some(usher::flow::Body::Json(BodyNode::Map(fields))) = &create.body else { panic!("a JSON body") };
    let field = |name: &str| &fields.iter().find(|(key, _)| key == name).unwrap().1;
    assert!(matches!(field("create_user"), BodyNode::Whole(_)), "one value keeps its type");
    assert!(matches!(field("external_id"), BodyNode::Only(profile, _) if profile == "extended"));
    assert!(matches!(field("positions"), BodyNode::List(items) if items.len() == 1));
    let positions = &project.operations["erp.list_positions"];
    assert_eq!(positions.pages.as_ref().unwrap().size, 100, "the size is the entry of the query");
    assert_eq!(positions.output[0].defaults["is_active"], Value::Bool(false));
    assert!(project.operations["usher.my_sessions"].safe);
}

#[test]
fn possible_outcomes_follow_from_what_an_operation_is() {
    let project = good();
    let profiles = ["compat".to_owned(), "extended".to_owned()];
    let of = |id: &str, profiles: &[String]| possible_outcomes(&project.operations[id], profiles).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(of("erp.list_positions", &profiles), "down empty ok refused");
    assert_eq!(of("erp.create_staff", &profiles), "down duplicate_email duplicate_phone invalid no_position ok refused unknown");
    assert_eq!(of("erp.change_email", &profiles), "down invalid not_found ok refused taken", "what may be repeated is never in doubt");
    assert_eq!(of("erp.issue_code", &profiles), "absent active down ok refused unknown", "no body, so nothing is invalid");
    assert_eq!(of("erp.issue_code", &profiles[1..]), "active down ok refused unknown");
    assert_eq!(of("erp.issue_code", &profiles[..1]), "absent");
    assert_eq!(of("usher.my_sessions", &[]), "down ok refused");
}

#[test]
fn the_operators_settings_win_and_must_fit() {
    let sources = good_sources();
    let mut given = installation();
    given.settings = [("code_life".to_owned(), Value::Text("2h".into())), ("sitte".to_owned(), Value::Text("x".into()))].into();
    given.timezone = Some("Asia/Omsk".into());
    let project = load(&sources, &given).project.unwrap();
    assert_eq!(project.bot.settings["code_life"].value, Value::Duration(2 * 3_600_000));
    assert_eq!(project.bot.zone.iana_name(), Some("Asia/Omsk"));
    assert_eq!(unknown_settings(&project, &given), [("sitte".to_owned(), Some("site".to_owned()))]);
    given.settings.insert("code_life".into(), Value::Text("soon".into()));
    given.timezone = Some("Asia/Omskk".into());
    let loaded = load(&sources, &given);
    let codes: Vec<_> = loaded.findings.iter().map(|finding| finding.code.id).collect();
    assert_eq!(codes, ["FLW106", "FLW203"]);
    assert!(!concise(&sources, &loaded).contains("soon"), "a value of the operator is never repeated");
}

#[test]
fn declared_words_have_labels_in_every_language() {
    let (sources, loaded) = changed(&[
        (
            "messages/en.yaml",
            "\nleave:\n",
            "\noperations.erp.activation_state.output.state.one_of: { none: none, issued: issued, active: logged in }\n\nleave:\n",
        ),
        (
            "api/erp.yaml",
            "    code: { type: text, optional: true }\n",
            "    code: { type: text, optional: true }\n    kind: { one_of: { full: Полная, part: Частичная } }\n",
        ),
    ]);
    assert_eq!(concise(&sources, &loaded), "");
    let project = loaded.project.unwrap();
    let label = |flow: &str, path: &[&str], id: &str, language: usize| {
        let text = project.option_label(&project.flows[flow], path, id)?;
        text.in_language(language).and_then(|template| template.fixed()).map(str::to_owned)
    };
    assert_eq!(label("activation", &["state", "state"], "active", 0).as_deref(), Some("вход выполнен"));
    assert_eq!(label("activation", &["state", "state"], "active", 1).as_deref(), Some("logged in"));
    assert_eq!(label("registration", &["position", "kind"], "part", 1).as_deref(), Some("Частичная"), "a record chosen from a list");
    assert_eq!(label("activation", &["state", "outcome"], "ok", 0), None);
}

#[test]
fn the_operator_chooses_among_declared_profiles() {
    let mut given = installation();
    given.profiles = [("erp".to_owned(), "extendet".to_owned())].into();
    let sources = good_sources();
    let loaded = load(&sources, &given);
    assert_eq!(loaded.findings.len(), 1, "{}", concise(&sources, &loaded));
    assert_eq!(loaded.findings[0].code.id, "FLW214");
}

#[test]
fn a_language_the_engine_does_not_speak_is_told_what_it_lacks() {
    let mut sources = Sources::default();
    sources.add("bot.yaml", "bot: Бот\nlanguages: [ru, de]\n");
    sources.add("de.yaml", "messages: de\nbot.texts.yes: Ja\n");
    let loaded = load(&sources, &Installation::default());
    let found = concise(&sources, &loaded);
    assert!(found.starts_with("bot.yaml:2:17: warning FLW851"), "{found}");
    assert!(!found.contains(" yes,") && found.contains(" no,"), "{found}");
    assert_eq!(loaded.project.unwrap().bot.texts["yes"].in_language(1).unwrap().fixed(), Some("Ja"));
}

#[test]
fn limits_that_can_be_known_are_errors() {
    let flow = |steps: &str| format!("flow: big\ntitle: Большой\nfor: anyone\nsteps:\n{steps}  done: {{ end: done }}\n");
    let find = |text: String, code: &str| {
        let mut sources = Sources::default();
        sources.add("big.yaml", text);
        let loaded = load(&sources, &Installation::default());
        loaded
            .findings
            .iter()
            .filter(|finding| finding.code.id == code)
            .map(|finding| sources.position(finding.span).line)
            .collect::<Vec<_>>()
    };
    let many = |count: usize| lines(count, |n| format!("  step_{n}: {{ say: Да }}\n"));
    assert_eq!(find(flow(&many(199)), "FLW105"), [0; 0]);
    assert_eq!(find(flow(&many(200)), "FLW105"), [205]);
    let long = |count: usize| flow(&format!("  say: {{ say: \"<b>{}</b>&amp;\" }}\n", "я".repeat(count)));
    assert_eq!(find(long(4095), "FLW701"), [0; 0], "tags do not count, an entity counts once");
    assert_eq!(find(long(4096), "FLW701"), [5]);
    let options = |key: &str, count: usize| {
        let options = lines(count, |n| format!("      o{n}: Вариант {n}\n"));
        flow(&format!("  ask:\n    ask: Что?\n    {key}:\n{options}"))
    };
    assert_eq!(find(options("choice", 100), "FLW105"), [0; 0], "so many buttons a messenger shows");
    assert_eq!(find(options("choice", 101), "FLW105"), [108]);
    assert_eq!(find(options("choices", 99), "FLW105"), [0; 0]);
    assert_eq!(find(options("choices", 100), "FLW105"), [107], "one button ends the list");
    assert_eq!(find(options("optional: true\n    choice", 100), "FLW105"), [108], "one button skips the question");
}

#[test]
fn a_message_with_a_secret_is_protected() {
    let project = good();
    let manner = |flow: &str, step: &str| match &project.flows[flow].step(step).unwrap().verb {
        Verb::Ask(ask) => ask.manner.clone(),
        Verb::Say(say) => say.manner.clone(),
        _ => panic!("{step} shows nothing"),
    };
    let shown = manner("activation", "shown");
    assert!(shown.secret && shown.protect);
    let reminded = manner("leave", "remind_me");
    assert!(reminded.secret && reminded.protect && !reminded.preview, "it asked for a preview and prints a secret");
    assert!(!manner("activation", "ready").secret, "when a secret expires is none");
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

/// One flow with these steps beside a flow `done`.
fn flow_of(steps: &str) -> Loaded {
    let mut sources = Sources::default();
    sources.add("flow.yaml", format!("flow: hard\ntitle: Трудный\nfor: anyone\nsteps:\n{steps}  done: {{ end: done }}\n"));
    load(&sources, &Installation::default())
}

#[test]
fn results_that_refer_to_one_another_end_somewhere() {
    let backwards = lines(190, |n| format!("  s{n}: {{ set: s{} }}\n", n + 1));
    assert!(flow_of(&format!("{backwards}  s190: {{ set: 1 }}\n")).project.is_some());
    let round = "  a: { set: b }\n  b: { set: { x: a.x } }\n";
    assert!(flow_of(round).project.is_some());
    let doubling = lines(100, |n| format!("  d{}: {{ set: {{ x: d{n}, y: d{n} }} }}\n", n + 1));
    assert!(flow_of(&format!("  d0: {{ set: {{ x: 1 }} }}\n{doubling}")).project.is_some());
}

#[test]
fn many_flows_in_a_row_are_refused_and_not_walked_for_ever() {
    let mut text = String::from("flows:\n");
    for n in 0..3000 {
        let next = (n + 1) % 3000;
        text += "  f";
        text += &n.to_string();
        text += ":\n    title: Ф\n    for: anyone\n    steps:\n      a: { run: f";
        text += &next.to_string();
        text += ", outcomes: { else: b } }\n";
        text += "      b: { end: b }\n";
    }
    let mut sources = Sources::default();
    sources.add("row.yaml", text);
    let loaded = load(&sources, &Installation::default());
    assert!(loaded.findings.iter().any(|finding| finding.code.id == "FLW313"));
}

#[test]
fn a_type_that_contains_itself_is_one_error() {
    let mut sources = Sources::default();
    sources.add("erp.yaml", "operations: erp\ntypes:\n  a: { b: b, c: b, d: { list: a } }\n  b: { a: a, e: { list: a } }\nget:\n  request: GET /\n  output: { a: { at: \"\", type: a } }\n");
    let loaded = load(&sources, &Installation::default());
    assert_eq!(loaded.findings.len(), 1, "{}", concise(&sources, &loaded));
}

fn all_spans_lie_in_their_files(sources: &Sources, loaded: &Loaded) {
    for finding in &loaded.findings {
        let text = &sources.get(finding.span.file).text;
        assert!(finding.span.end as usize <= text.len(), "{} points behind the end of its file", finding.code.id);
        sources.position(finding.span);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(48), ..ProptestConfig::default() })]

    /// A line is lost, doubled, moved to another indentation, or one word becomes another: nothing makes the loader fail.
    #[test]
    fn no_edit_of_a_good_bot_makes_loading_fail(edits in prop::collection::vec((0usize..8, any::<u32>(), 0usize..6, any::<u32>()), 1..6)) {
        let mut files: Vec<(String, Vec<String>)> =
            good_sources().iter().map(|(_, source)| (source.path.clone(), source.text.lines().map(str::to_owned).collect())).collect();
        let words = ["none", "{{ x", "[", "go", "end", "ask", "42", "- a", "{ a: b }", "person", "1h", "\"\"", "|", "call", "from"];
        for (file, line, kind, word) in edits {
            let count = files.len();
            let lines = &mut files[file % count].1;
            if lines.is_empty() {
                continue;
            }
            let at = line as usize % lines.len();
            let word = words[word as usize % words.len()];
            match kind {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines[at] = format!("  {}", lines[at]),
                3 => lines[at] = lines[at].trim_start_matches("  ").to_owned(),
                4 => {
                    let key = lines[at].split_once(": ").map_or("x", |(key, _)| key).to_owned();
                    lines[at] = format!("{key}: {word}");
                }
                _ => lines[at] = lines[at].replacen(|letter: char| letter.is_ascii_lowercase(), word, 1),
            }
        }
        let mut sources = Sources::default();
        for (path, lines) in files {
            sources.add(path, lines.join("\n"));
        }
        let loaded = load(&sources, &installation());
        all_spans_lie_in_their_files(&sources, &loaded);
        let broken = loaded.findings.iter().any(|finding| finding.severity == Severity::Error);
        prop_assert_eq!(loaded.project.is_none(), broken);
    }
}

/// The flows of a bot that shows a file, which is this.
fn showing(written: &str, attached: &[(&str, Vec<u8>)]) -> Loaded {
    let mut sources = Sources::default();
    sources.add("way.yaml", format!("flow: way\ntitle: Way\nfor: anyone\nsteps: {{ x: {{ say: Look, {written}, end: completed }} }}\n"));
    for (path, bytes) in attached {
        sources.attach(*path, bytes.clone());
    }
    load(&sources, &Installation::default())
}

fn refused(written: &str, attached: &[(&str, Vec<u8>)]) -> String {
    let loaded = showing(written, attached);
    assert!(loaded.project.is_none());
    loaded.findings[0].message.clone()
}

#[test]
fn a_file_that_chats_do_not_take_is_told_before_anybody_asks_for_it() {
    let png = |size: usize| [b"\x89PNG\r\n\x1a\n".to_vec(), vec![0; size]].concat();
    assert!(refused("photo: ./a.png", &[]).contains("there is no file \"./a.png\""));
    assert!(refused("photo: ./../a.png", &[]).contains("leads out of the folder"));
    assert!(refused("photo: ./a.png", &[("./a.png", Vec::new())]).contains("is empty"));
    assert!(refused("photo: ./a.png", &[("./a.png", b"GIF89a".to_vec())]).contains("no picture"));
    assert!(refused("photo: ./a.png", &[("./a.png", png(10 << 20))]).contains("10 MB"));
    assert!(refused("document: ./a.bin", &[("./a.bin", vec![1; (20 << 20) + 1])]).contains("20 MB"));
    assert!(refused("photo: ./a.png, document: ./a.png", &[("./a.png", png(1))]).contains("photo"));
    assert!(refused("photo: 1 + 1", &[]).contains("file"));
    assert!(showing("document: ./a.bin", &[("./a.bin", vec![1; 20 << 20])]).project.is_some());
}

#[test]
fn a_file_belongs_to_the_version() {
    let version = |word: &str| showing("document: ./a.txt", &[("./a.txt", word.as_bytes().to_vec())]).project.unwrap().version;
    assert_eq!(version("one"), version("one"));
    assert_ne!(version("one"), version("two"));
    let mut sources = Sources::default();
    sources.add("a.yaml", "flow: a\nsteps: { x: { say: Look, photo: ./a.png }, y: { say: { photo: ./b.png } } }\n");
    sources.add("b.test.yaml", "scenarios: b\ntests: { x: { talk: [{ bot: Look, photo: ./c.png }] } }\n");
    assert_eq!(enclosed(&sources), ["./a.png".to_owned(), "./b.png".to_owned()].into());
}
