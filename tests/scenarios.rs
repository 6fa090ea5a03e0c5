//! The shipped bot, played: every scenario beside its flows, in every language it is written in. And a small bot that shows what
//! playing tells when a conversation goes otherwise than its scenario says.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

#[allow(dead_code)] // other tests use the rest of it
#[path = "support/shipped.rs"]
mod shipped;

#[path = "scenarios/coverage.rs"]
mod coverage;

use std::collections::BTreeSet;

use usher::diagnostic::{self, Format, Severity, Sources};
use usher::expr::Value;
use usher::flow::{Installation, Role, load};
use usher::scenario::{Report, play, read};

// — the shipped bot —

fn shipped_sources() -> Sources {
    let mut sources = Sources::default();
    for (path, text) in shipped::files() {
        sources.add(path, text);
    }
    sources
}

fn concise(sources: &Sources, findings: &[diagnostic::Diagnostic]) -> String {
    diagnostic::render(sources, findings, Format::Concise, false)
}

#[test]
fn the_shipped_flows_load_without_findings() {
    let sources = shipped_sources();
    for profile in ["compat", "extended"] {
        let loaded = load(&sources, &shipped::installation(profile));
        assert_eq!(concise(&sources, &loaded.findings), "");
    }
}

#[test]
fn every_scenario_of_the_shipped_bot_holds_in_both_languages() {
    let sources = shipped_sources();
    let read = read(&sources);
    assert_eq!(concise(&sources, &read.findings), "");
    let report = play(&sources, &shipped::installation("extended"), &read.suite);
    assert_eq!(concise(&sources, &report.findings), "");
    assert!(report.passed(), "\n{}", report.render(&sources));

    for test in &read.suite.tests {
        let of_test = |played: &&usher::scenario::Played| played.scenarios == test.scenarios && played.test == test.id;
        let languages: BTreeSet<&str> = report.played.iter().filter(of_test).map(|played| played.language.as_str()).collect();
        // Those that change the language themselves, and those that come in pairs, are in one.
        let expected = if test.id.starts_with("language_to_") || test.scenarios == "many_positions" { 1 } else { 2 };
        assert_eq!(languages.len(), expected, "{}.{} is played in {languages:?}", test.scenarios, test.id);
    }
}

#[test]
fn where_the_bot_runs_is_nothing_to_its_scenarios() {
    let sources = shipped_sources();
    let mut suite = read(&sources).suite;
    suite.tests.retain(|test| ["registration", "admin", "requests", "roles", "operations"].contains(&test.scenarios.as_str()));
    let mut installation = shipped::installation("extended");
    installation.timezone = Some("Asia/Yekaterinburg".to_owned());
    installation.settings.insert("typed_phone".to_owned(), Value::Bool(true));
    installation.settings.insert("code_life".to_owned(), Value::Text("not a duration".to_owned()));
    installation.roles.values_mut().for_each(|role| role.may.clear());
    installation.roles.values_mut().for_each(|role| "A title of the operator's own".clone_into(&mut role.title));
    installation.roles.insert("guards".to_owned(), installation.roles["hr"].clone());
    let report = play(&sources, &installation, &suite);
    assert_eq!(concise(&sources, &report.findings), "");
    assert!(report.passed() && report.played.len() > 40, "\n{}", report.render(&sources));
}

#[test]
fn the_scenarios_reach_every_step_and_take_every_road_that_can_be_taken() {
    let sources = shipped_sources();
    let report = play(&sources, &shipped::installation("extended"), &read(&sources).suite);
    let missing = |all: fn(&usher::scenario::FlowCoverage) -> &Vec<(String, bool)>| {
        let flows = report.coverage.flows.iter();
        let of_flow = flows.flat_map(|(id, flow)| all(flow).iter().filter(|(_, met)| !met).map(move |(name, _)| format!("{id}.{name}")));
        of_flow.collect::<Vec<_>>()
    };
    assert_eq!(missing(|flow| &flow.steps), Vec::<String>::new());
    // What the engine knows itself is always there. Where the ERP makes no codes, that is told before one is asked for. A decision that
    // has nothing to be chosen from is not offered.
    let impossible = [
        "admin_code.issued.outcomes.absent",
        "admin_code.revoked.outcomes.absent",
        "admin_request.which.empty",
        "registration.elsewhere.outcomes.else",
        "status.mine.outcomes.down",
        "status.mine.outcomes.refused",
    ];
    assert_eq!(missing(|flow| &flow.roads), impossible);
}

// — a small bot —

const BOT: &str =
    "bot: Test\nlanguages: [ru, en]\nperson: { staff_id: integer }\nsettings: { life: { title: Life, type: duration, value: 1h } }\n";

const FLOW: &str = r#"flow: pass
title: Пропуск
start: { command: pass }
for: anyone
steps:
  name:
    title: Имя
    ask: Как вас <b>зовут</b>?
  zone:
    title: Зона
    ask: "{{ name }}, куда?"
    choice: { office: Офис, store: Склад }
    timeout: { after: 2h, go: late }
  number:
    call: gate.issue
    with: { name: name, zone: zone }
    audit: pass.issued
    outcomes:
      known: { say: Пропуск уже есть., end: known }
      refused: { end: refused }
      invalid: { end: refused }
      down: { say: Подождите., retry: { every: [1m, 5m], max: 3 }, end: down }
      unknown: { say: Проверяю., end: down }
  remember:
    set: { person.staff_id: number.id }
  shown:
    ask: "Код: <code>{{ number.code }}</code>"
    choice: { done: Готово }
  done: { end: completed }
  late:
    say: Поздно.
    end: late
"#;

const GATE: &str = r#"operations: gate
title: Проходная
issue:
  request: POST /passes
  input: { name: { type: text, pii: true }, zone: text }
  json: { name: "{{ name }}", to: { zone: "{{ zone }}" } }
  once: { header: Idempotency-Key, remembers: 24h }
  output:
    id: { at: /id, type: integer }
    code: { at: /code, type: text, secret: true }
  outcomes:
    known: { status: 409, json: { /why: { matches: "^known" } } }
"#;

const EN: &str = r#"messages: en
pass:
  title: Pass
  name: { title: Name, ask: What is your name? }
  zone: { title: Zone, ask: "{{ name }}, where to?", choice.office: Office, choice.store: Store }
  number: { outcomes.known: There is a pass already., outcomes.down: Wait., outcomes.unknown: Checking. }
  shown: { ask: "Code: {{ number.code }}", choice.done: Done }
  late: { say: Too late. }
"#;

/// The lines that lead to the call, in the first language.
const UP_TO_CALL: &str = "- me: /pass
      - bot: Как вас зовут?
      - me: Анна
      - bot: Анна, куда?
        buttons: [Офис, Склад]
        as: zone
      - me: { press: Склад }
";

fn sources(scenarios: &str) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in [("flows/bot.yaml", BOT), ("flows/pass.yaml", FLOW), ("flows/api/gate.yaml", GATE), ("flows/messages/en.yaml", EN)]
    {
        sources.add(path, text);
    }
    sources.add("flows/pass.test.yaml", scenarios);
    sources
}

/// One test whose talk is this.
fn scenario(talk: &str) -> String {
    format!("scenarios: pass\ngiven: {{ now: 2026-11-23 10:00 }}\ntests:\n  one:\n    talk:\n      {talk}")
}

fn played(scenarios: &str) -> (String, Report) {
    let sources = sources(scenarios);
    let read = read(&sources);
    assert_eq!(concise(&sources, &read.findings), "");
    let report = play(&sources, &Installation::default(), &read.suite);
    let told = concise(&sources, &report.findings) + &report.render(&sources);
    (told, report)
}

/// Plays a talk that holds.
fn holds(talk: &str) -> Report {
    let (told, report) = played(&scenario(talk));
    assert!(report.passed() && !report.played.is_empty(), "{told}");
    report
}

/// Plays a talk that does not hold, and gives what is told of it.
fn breaks(talk: &str) -> String {
    let (told, report) = played(&scenario(talk));
    assert!(!report.passed(), "it holds");
    told
}

fn found(scenarios: &str) -> String {
    let sources = sources(scenarios);
    let mut read = read(&sources);
    read.findings.extend(play(&sources, &Installation::default(), &read.suite).findings);
    concise(&sources, &read.findings)
}

#[test]
fn a_failure_shows_its_line_the_difference_and_what_was_before() {
    let told = breaks("- me: /pass\n      - bot: Как тебя зовут?\n        buttons: [Пропустить]\n");
    let expected = "flows/pass.test.yaml:7: pass/one (ru): the message to me is another one
  expected (-), came (+)
    - Как тебя зовут?
    - [Пропустить]
    + Как вас зовут?
  the conversation so far
    me: /pass
    bot → me: Как вас зовут?

1 test played, 1 failed
";
    assert_eq!(told, expected);
}

#[test]
fn nothing_may_happen_that_no_line_names() {
    assert!(breaks("- me: /pass\n").contains("the bot said «Как вас зовут?» to me at the end, and no line says so"));
    assert!(breaks(UP_TO_CALL).contains("POST /passes was sent, and no line says so"));
    let deleted = format!(
        "{UP_TO_CALL}{}",
        "      - call: gate.issue
        output: { id: 7, code: S-7 }
      - bot: \"Код: S-7\"
        buttons: [Готово]
      - me: { press: Готово }
"
    );
    assert!(breaks(&deleted).contains("the message «Код: S-7» to me was deleted at the end, and no line says so"));
    let named = deleted.replace("buttons: [Готово]", "buttons: [Готово]\n        as: code") + "      - deleted: code\n";
    holds(&named);
}

#[test]
fn nothing_may_be_named_that_does_not_happen() {
    assert!(breaks("- me: /pass\n      - bot: \"*\"\n      - bot: Что-то ещё\n").contains("the bot has said nothing more to me"));
    assert!(
        breaks("- me: /pass\n      - bot: \"*\"\n      - http: GET /x\n        answer: { status: 200 }\n")
            .contains("the bot has sent nothing, and GET /x was expected")
    );
    let early = breaks(&format!("{UP_TO_CALL}      - bot: Готово\n"));
    assert!(early.contains("the bot has said nothing more to me: it waits for the answer to POST /passes"), "{early}");
    assert!(breaks("- me: /pass\n      - bot: \"*\"\n        as: q\n      - deleted: q\n").contains("the message \"q\" was not deleted"));
    assert!(breaks("- me: /pass\n      - bot: \"*\"\n      - me: { press: Офис }\n").contains("no message to me has buttons"));
    assert!(breaks("- me: /pass\n      - bot: \"*\"\n      - me: Анна\n      - bot: \"*\"\n        buttons: [Офис, Склад]\n      - me: { press: Крыша }\n").contains("me has no button [Крыша] to press; there are [Офис] [Склад]"));
}

#[test]
fn requests_are_compared_in_method_target_body_and_headers() {
    let sent = |line: &str| format!("{UP_TO_CALL}      - http: {line}\n");
    assert!(breaks(&sent("POST /pass")).contains("    - POST /pass\n    + POST /passes\n"));
    let other = breaks(&sent("POST /passes\n        has: { to: { zone: office } }"));
    assert!(
        other.contains("-     \"zone\": \"office\"") && other.contains("+     \"zone\": \"store\"") && !other.contains("Анна\","),
        "{other}"
    );
    assert!(breaks(&sent("POST /passes\n        headers: [X-Nothing]")).contains("the request carries no header X-Nothing"));
    assert!(breaks(&sent("POST /passes\n        same_key: first")).contains("no request is called \"first\""));
    holds(&sent(
        "POST /passes\n        has: { to: { zone: store } }\n        headers: [idempotency-key]\n        answer: { status: 409, json: { why: known to us } }\n      - bot: Пропуск уже есть.\n      - expect: { ended: { pass: known } }",
    ));
}

#[test]
fn timers_fire_on_the_way_in_their_order_and_the_key_stays() {
    let waiting = format!(
        "{UP_TO_CALL}{}",
        "      - http: POST /passes
        as: first
        answer: { refused: true }
      - bot: Подождите.
      - pass: 59s
      - expect: { requests: { \"POST /passes\": 1 } }
      - restart: true
      - pass: 1s
      - http: POST /passes
        same_key: first
        answer: { status: 503 }
      - pass: 5m
      - http: POST /passes
        same_key: first
        answer: { status: 503 }
      - expect: { ended: { pass: down }, requests: { \"POST /passes\": 3 }, audit: [] }
"
    );
    holds(&waiting);
    holds(
        "- me: /pass
      - bot: \"*\"
      - me: Анна
      - bot: \"*\"
        buttons: [Офис, Склад]
      - pass: 3h
      - bot: Поздно.
      - expect: { ended: { pass: late } }
",
    );
    let wrong = "- me: /pass\n      - bot: \"*\"\n      - expect: { waits: { pass: zone } }\n";
    assert!(breaks(wrong).contains("the flow pass waits elsewhere"));
}

#[test]
fn a_call_that_was_under_way_is_made_again_after_a_restart_if_the_key_makes_it_harmless() {
    let report = holds(&format!(
        "{UP_TO_CALL}{}",
        "      - http: POST /passes
        as: first
      - me: /status
      - bot: \"*\"
      - restart: true
      - http: POST /passes
        same_key: first
        answer: { status: 200, json: { id: 7, code: S-7 } }
      - bot: \"Код: S-7\"
        buttons: [Готово]
        flags: [protected, no_preview]
      - expect: { audit: [pass.issued], person: { me: { staff_id: 7 } }, nowhere: [S-7] }
"
    ));
    assert_eq!(
        report.coverage.flows["pass"].roads.iter().find(|(name, _)| name == "zone.choice.store"),
        Some(&("zone.choice.store".into(), true))
    );
    assert_eq!(
        report.coverage.flows["pass"].roads.iter().find(|(name, _)| name == "zone.choice.office"),
        Some(&("zone.choice.office".into(), false))
    );
    assert!(report.coverage.render().contains("  not reached: done, late\n"));
}

#[test]
fn a_road_counts_only_if_it_was_taken_and_so_does_each_end_of_a_flow_that_another_runs() {
    let mut sources = Sources::default();
    let call =
        "{ call: gate.issue, with: { name: name, zone: \"'store'\" }, outcomes: { unknown: { end: failed }, else: { end: failed } } }";
    let inner =
        format!("flow: inner\ntitle: Inner\nfor: anyone\nsteps:\n  name: {{ ask: Name? }}\n  number: {call}\n  done: {{ end: issued }}\n");
    let outer = "flow: outer\ntitle: Outer\nstart: { command: pass }\nfor: anyone\nsteps:\n  pass: { run: inner, outcomes: { issued: good, failed: bad } }\n  \
                 good: { say: Good., end: good }\n  bad: { say: Bad., end: bad }\n";
    let talk = "scenarios: outer\ntests:\n  issued:\n    talk:\n      - me: /pass\n      - bot: Name?\n      - me: Ann\n      \
                - call: gate.issue\n        output: { id: 7, code: S-7 }\n      - bot: Good.\n";
    for (path, text) in [
        ("flows/bot.yaml", "bot: Test\nlanguages: [en]\n"),
        ("flows/api/gate.yaml", GATE),
        ("flows/inner.yaml", inner.as_str()),
        ("flows/outer.yaml", outer),
        ("flows/outer.test.yaml", talk),
    ] {
        sources.add(path, text);
    }
    let report = play(&sources, &Installation::default(), &read(&sources).suite);
    assert!(report.passed(), "{}{}", concise(&sources, &report.findings), report.render(&sources));
    let told = report.coverage.render();
    assert!(told.contains("inner: 3 of 3 steps, 0 of 2 roads\n  not taken: number.outcomes.else, number.outcomes.unknown\n"), "{told}");
    assert!(told.contains("  not reached: bad\n  not taken: pass.outcomes.failed\n"), "{told}");
}

#[test]
fn expectations_tell_what_is_otherwise() {
    let after = |expect: &str| {
        breaks(&format!(
            "{UP_TO_CALL}      - call: gate.issue\n        output: {{ id: 7, code: S-7 }}\n      - bot: \"*\"\n        buttons: [Готово]\n      - expect: {expect}\n"
        ))
    };
    assert!(after("{ audit: [pass.revoked] }").contains("    - pass.revoked\n    + pass.issued\n"));
    assert!(after("{ ended: { pass: completed } }").contains("the flow pass has not ended"));
    assert!(after("{ requests: { \"POST /passes\": 2 } }").contains("POST /passes was sent 1 times, not 2"));
    assert!(after("{ person: { me: { staff_id: 8 } } }").contains("    - 8\n    + 7\n"));
    assert!(after("{ doubts: [gate.issue] }").contains("other operations are in doubt"));
    assert!(after("{ nowhere: [Анна] }").contains("«Анна» stands in"));
}

#[test]
fn an_outcome_can_be_named_above_the_wire() {
    for (outcome, said) in
        [("known", "- bot: Пропуск уже есть."), ("refused", ""), ("down", "- bot: Подождите."), ("unknown", "- bot: Проверяю.")]
    {
        // This operation has a key and no look-up: with a key nothing is ever unknown but a surprising success.
        let talk =
            format!("{UP_TO_CALL}      - call: gate.issue\n        with: {{ zone: store }}\n        outcome: {outcome}\n      {said}\n");
        if outcome == "unknown" {
            assert!(breaks(&talk).contains("no answer could be made that ends gate.issue as \"unknown\""));
        } else {
            holds(&talk);
        }
    }
    let other = format!("{UP_TO_CALL}      - call: gate.issue\n        with: {{ zone: office }}\n");
    assert!(breaks(&other).contains("the inputs of gate.issue are other ones"));
}

#[test]
fn edited_flows_are_for_new_sessions_and_a_bad_edit_changes_nothing() {
    let edit = |text: &str, more: &str| format!("- edit:\n          pass.yaml: {}\n{more}", serde_json::to_string(text).unwrap());
    let new = FLOW.replace("Как вас <b>зовут</b>?", "Ваше имя?");
    let talk = format!("{}      - me: /pass\n      - bot: Ваше имя?\n", edit(&new, ""));
    holds(&talk);
    let broken = FLOW.replace("go: late", "go: nowhere");
    let talk = format!("{}      - me: /pass\n      - bot: Как вас зовут?\n", edit(&broken, "        refused: true\n"));
    holds(&talk);
    assert!(breaks(&edit(&broken, "")).contains("the edited flows do not load"));
    assert!(breaks(&edit(&new, "        refused: true\n")).contains("should have been refused"));
}

#[test]
fn a_test_is_played_in_every_language_in_which_all_its_texts_are() {
    let languages = |talk: &str| holds(talk).played.into_iter().map(|played| played.language).collect::<Vec<_>>();
    let both = "{ ru: Как вас зовут?, en: What is your name? }";
    assert_eq!(languages(&format!("- me: /pass\n      - bot: {both}\n")), ["ru", "en"]);
    assert_eq!(
        languages(&format!(
            "- me: /pass\n      - bot: {both}\n      - me: Анна\n      - bot: Анна, куда?\n        buttons: [Офис, Склад]\n"
        )),
        ["ru"]
    );
    assert_eq!(languages("- me: /pass\n      - bot: { en: What is your name? }\n"), ["en"]);
    let none = "- me: /pass\n      - bot: { en: What is your name? }\n      - me: Анна\n      - bot: Анна, куда?\n        buttons: [Офис, Склад]\n";
    assert!(found(&scenario(none)).contains("can be played in no language"));
    let mine = scenario("- me: /pass\n      - bot: What is your name?\n").replace("given: {", "given: { people: { me: { language: en } },");
    assert!(played(&mine).1.passed());
}

#[test]
fn several_people_have_chats_of_their_own() {
    let scenarios = scenario(
        "- me: /pass
      - anna: /pass
      - bot: Как вас зовут?
        to: [anna, me]
      - anna: Анна
      - bot: Анна, куда?
        to: anna
        buttons: [Офис, Склад]
      - expect: { waits: { pass: name } }
      - anna: { press: Офис }
      - me: Иван
      - bot: Иван, куда?
        buttons: [Офис, Склад]
      - call: gate.issue
        with: { name: Анна, zone: office }
        outcome: refused
",
    )
    .replace("given: {", "given: { people: { anna: { id: 9001, language: ru } },");
    let (told, report) = played(&scenarios);
    assert!(report.passed(), "{told}");
}

#[test]
fn mistakes_are_told_with_their_places() {
    let cases = [
        ("- mee: /pass\n", "6:9: error TST202 unknown-person: nobody among \"people\" is called \"mee\" (did you mean \"me\"?)"),
        ("- bot: a\n        button: [b]\n", "7:9: error FLW101 unknown-key: there is no key \"button\" here (did you mean \"buttons\"?)"),
        ("- bot: a\n        to: anna\n", "7:13: error TST202 unknown-person"),
        ("- use: start\n", "6:14: error TST201 unknown-part: the scenarios \"pass\" have no part \"start\""),
        ("- use: other.start\n", "6:14: error TST203 unknown-scenarios: there are no scenarios \"other\""),
        ("- http: POST\n", "6:15: error FLW106 bad-format: this is no request"),
        ("- http: GET /\n        answer: { json: { data: x } }\n", "7:33: error TST204 unknown-data"),
        ("- http: GET /\n        answer: { status: 1000 }\n", "7:27: error FLW104 wrong-type"),
        ("- pass: soon\n", "6:15: error FLW106 bad-format: this is no duration"),
        ("- me: { contact: mine, phone: '1' }\n", "6:24: error FLW103 invalid-enum"),
        ("- me: { group: hello }\n", "6:15: error FLW113 not-yet"),
        ("- event: erp.activated\n", "6:9: error FLW218 unknown-event: the bot has no event \"erp.activated\""),
        ("- expect: { sees: { me: x } }\n", "6:19: error FLW113 not-yet"),
        ("- expect: { ended: { nothing: x } }\n", "6:28: error FLW202 unknown-flow"),
        ("- expect: { waits: { pass: nowhere } }\n", "6:28: error FLW201 unknown-step"),
        ("- call: gate.close\n", "6:9: error FLW204 unknown-operation: the bot has no operation \"gate.close\""),
        ("- edit: { nothing.yaml: x }\n", "6:17: error TST205 unknown-file"),
        ("- bot: { fr: Bonjour }\n", "6:14: error TST301 no-common-language: the bot has no language \"fr\""),
        ("- bot: [a]\n", "6:14: error FLW104 wrong-type"),
        ("- hello\n", "6:9: error FLW104 wrong-type"),
    ];
    for (talk, expected) in cases {
        let told = found(&scenario(talk));
        assert!(told.contains(&format!("flows/pass.test.yaml:{expected}")), "{talk}\n{told}");
    }
}

#[test]
fn mistakes_in_what_is_given_are_told() {
    let given = |given: &str| found(&format!("scenarios: pass\ngiven: {given}\ntests: {{ one: {{ talk: [] }} }}\n"));
    assert!(
        given("{ settings: { lives: 1h } }")
            .contains("2:22: error FLW215 unknown-setting: the bot has no setting \"lives\" (did you mean \"life\"?)")
    );
    assert!(given("{ settings: { life: long } }").contains("the setting \"life\" cannot have this value (it is a duration"));
    assert!(given("{ person: { me: { staff_no: 1 } } }").contains("error FLW406 unknown-field"));
    assert!(given("{ person: { anna: { staff_id: 1 } } }").contains("error TST202 unknown-person"));
    assert!(given("{ now: tomorrow }").contains("this is no date and time"));
    assert!(given("{ like: pass }").contains("are like themselves"));
    assert!(given("{ people: { bot: { id: 1 } } }").contains("nobody can be called \"bot\""));
    assert!(given("{ people: { anna: { name: Анна } } }").contains("\"anna\" has no \"id\""));
}

/// What is found when the small bot, with a change in one file, is checked with its scenarios.
fn checked(file: &str, from: &str, to: &str, scenarios: &str) -> String {
    let mut changed = Sources::default();
    for (_, source) in sources(scenarios).iter() {
        let text = if source.path == file { source.text.replace(from, to) } else { source.text.clone() };
        changed.add(source.path.clone(), text);
    }
    let role = |title: &str| Role { title: title.to_owned(), ..Role::default() };
    let installation = Installation { roles: [("guard".to_owned(), role("Охрана"))].into(), ..Installation::default() };
    let loaded = load(&changed, &installation);
    assert_eq!(concise(&changed, &loaded.findings), "");
    let mut read = read(&changed);
    read.findings.extend(usher::scenario::check(&changed, &loaded.project.unwrap(), &read.suite));
    concise(&changed, &read.findings)
}

/// Five tests in which a person of the given ones asks for a pass.
fn five(given: &str) -> String {
    let test = |number: usize| {
        let lines = "      - me: /pass\n      - http: POST /passes\n      - anna: hello\n      - http: GET /passes/";
        format!("  t{number}:\n    talk:\n{lines}{number}\n      - expect: {{ waits: {{ pass: nmae }} }}\n")
    };
    format!("scenarios: pass\n{given}\ntests:\n{}", (1..=5).map(test).collect::<Vec<_>>().concat())
}

#[test]
fn what_is_missed_in_many_places_is_told_once() {
    let given = "given: { people: { anna: { id: 5, roles: [guard] } }, profile: { gate: main } }";
    let profiles = "title: Проходная\nprofiles: [main]\nread: { request: \"GET /passes/{id}\", input: { id: integer } }";
    let found = checked("flows/api/gate.yaml", "title: Проходная", profiles, &five(given));
    assert_eq!(
        found,
        "flows/pass.test.yaml:10:28: error FLW201 unknown-step: there is no step \"nmae\" in the flow \"pass\" \
         (it stands at 4 more places; did you mean \"name\"?)\n"
    );
    let gone = "title: Проходная\nprofiles: [main]";
    let found = checked("flows/api/gate.yaml", "title: Проходная", gone, &five(given));
    assert!(found.lines().count() == 2 && found.contains("no operation sends \"GET /passes/1\""), "{found}");
    let put = profiles.replace("GET", "DELETE");
    let found = checked("flows/api/gate.yaml", "title: Проходная", &put, &five(given));
    assert!(found.lines().count() == 2 && found.contains("the nearest is \"DELETE /passes/{id}\""), "{found}");
}

#[test]
fn people_who_are_given_nowhere_are_one_mistake() {
    let talk = |who: &str| format!("      - {who}: hello\n      - bot: '*'\n        to: {who}\n");
    let lines: String = ["anna", "boris", "igor", "anna"].map(talk).concat();
    let given = "given: { people: { olga: { name: Ольга } } }";
    let text = format!("scenarios: pass\n{given}\ntests:\n  one:\n    talk:\n{lines}");
    let sources = sources(&text);
    let found = read(&sources).findings;
    let told = concise(&sources, &found);
    assert!(told.lines().count() == 1 && told.contains("\"olga\" has no \"id\""), "{told}");
    let others: Vec<&str> = found[0].related.iter().map(|(_, remark)| remark.as_str()).collect();
    assert_eq!(others, ["anna", "boris", "igor"].map(|who| format!("nobody among \"people\" is called \"{who}\"")));
}

#[test]
fn a_key_that_is_misspelt_or_unknown_brings_nothing_else() {
    let people = "people: { anna: { id: 5 } }";
    let scenario = |given: &str| five(given).replace("nmae", "name");
    for (given, expected) in [
        (format!("givn: {{ {people} }}"), "yaml:2:1: error FLW101 unknown-key: there is no key \"givn\" here (did you mean \"given\"?)"),
        (
            format!("setup: {{ {people} }}"),
            "yaml:2:1: error FLW101 unknown-key: there is no key \"setup\" here (one of scenarios, given, parts, tests)",
        ),
        (
            "given: { peple: { anna: { id: 5 } } }".to_owned(),
            "yaml:2:10: error FLW101 unknown-key: there is no key \"peple\" here (did you mean \"people\"?)",
        ),
        (format!("given: {{ like: nobody, {people} }}"), "error TST203 unknown-scenarios: there are no scenarios \"nobody\""),
        ("given: { people: { ana: { id: 5 } } }".to_owned(), "nobody among \"people\" is called \"anna\""),
    ] {
        let text = scenario(&given);
        let sources = sources(&text);
        let found = concise(&sources, &read(&sources).findings);
        assert!(found.lines().count() == 1 && found.contains(expected), "{given}:\n{found}");
    }
}

#[test]
fn profiles_and_roles_that_nobody_has_are_told() {
    let profiles = "title: Проходная\nprofiles: [main, short]";
    let check = |given: &str| {
        let talk = "tests:\n  one:\n    talk:\n      - me: /pass\n";
        checked("flows/api/gate.yaml", "title: Проходная", profiles, &format!("scenarios: pass\ngiven: {given}\n{talk}"))
    };
    assert_eq!(check("{ profile: { gate: short }, people: { anna: { id: 5, roles: [guard] } } }"), "");
    assert_eq!(
        check("{ profile: { gate: shrt }, people: { anna: { id: 5, roles: [guard, gaurd] } } }"),
        "flows/pass.test.yaml:2:27: error FLW214 unknown-profile: the operations of \"gate\" have no profile \"shrt\" (did you mean \"short\"?)\n\
         flows/pass.test.yaml:2:75: error FLW212 unknown-role: there is no role \"gaurd\" (did you mean \"guard\"?)\n"
    );
    assert_eq!(
        check("{ profile: { gaet: short } }"),
        "flows/pass.test.yaml:2:21: error FLW204 unknown-operation: there is no connection \"gaet\" (did you mean \"gate\"?)\n"
    );
}

#[test]
fn parts_are_read_even_if_nothing_uses_them_and_never_use_themselves() {
    let parts = "scenarios: pass\nparts:\n  a: [{ use: b }]\n  b: [{ use: a }]\n  c: [{ bto: x }]\ntests: {}\n";
    let told = found(parts);
    assert!(told.contains("uses itself") && told.contains("5:9: error TST202"), "{told}");
}

#[test]
fn one_broken_file_is_told_once_and_not_by_all_that_use_it() {
    let mut sources = sources("scenarios: pass\ngiven: { like: base }\ntests: { one: { talk: [{ use: base.start }] } }\n");
    sources.add("flows/base.test.yaml", "scenarios: base\nparts: { start: [\n");
    let read = read(&sources);
    assert!(read.suite.tests.is_empty());
    assert!(
        !read.findings.is_empty() && read.findings.iter().all(|found| found.code.id.starts_with("FLW00")),
        "{}",
        concise(&sources, &read.findings)
    );
}

#[test]
fn flows_that_do_not_load_are_told_and_nothing_is_played() {
    let mut sources = sources(&scenario("- me: /pass\n"));
    sources.add("flows/broken.yaml", "flow: broken\n");
    let report = play(&sources, &Installation::default(), &read(&sources).suite);
    assert!(report.played.is_empty() && !report.passed());
    assert!(report.findings.iter().all(|found| found.severity == Severity::Error));
}

#[test]
fn whatever_a_file_of_scenarios_holds_reading_and_playing_end() {
    for text in [
        "",
        "[]",
        "scenarios:",
        "scenarios: a\ntests: []",
        "scenarios: a\ntests: { b: }",
        "scenarios: a\ntests: { b: { talk: { me: x } } }",
        "a: &a [*a]",
        "scenarios: a\ngiven: []\nparts: x\ntests: { b: { talk: [{}], expect: [] } }",
    ] {
        let told = found(text);
        assert!(!told.is_empty() || text.is_empty() || text.ends_with(':') || text.ends_with("[]"), "{text}");
    }
}
