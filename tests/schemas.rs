//! The schemas under `schemas/`: fresh, valid, and of the same mind as the checks that loading makes.

use std::fs;
use std::path::Path;

use serde_json::Value;
use usher::diagnostic::{Diagnostic, FileId, Format, Sources, render, sort};
use usher::flow::schema;
use usher::flow::shapes::{FileKind, kind_of, shape_of};
use usher::syntax::{Kind, Node, parse, shape};

/// A flow with every verb that this version runs, and nearly every key.
const EVERYTHING: &str = r#"
flow: everything
title: Всё сразу
start: { command: all, menu: Всё, link: true }
for: [hr, it]
check:
  new_here: { when: person.staff_id is none, say: Вы уже здесь, start: menu }
inputs:
  email: { type: email, optional: true }
  position: { id: integer, name: text, type: { type: text, optional: true } }
  level: { one_of: { low: Низкий, high: Высокий }, default: low }
outputs: { email: email }
again: resume
on_fault: { say: Что-то пошло не так, end: fault, audit: flow.fault }
steps:
  hello:
    say: "Привет, {{ person.name }}"
    protect: true
    delete_after: 47h
    preview: true
    audit: greeted
    buttons:
      site: { label: Сайт, url: "https://example.com/{{ person.id }}" }
      more: { label: Ещё, start: menu, with: { id: person.id }, once: true, when: true }
  name:
    title: Имя
    when: inputs.email is none
    ask: Как вас зовут?
    type: name
    unclear: { other: Не понял, else: Ещё раз }
    known: inputs.name
    optional: Пропустить
    default: none
    check: { another: { when: value != person.name, say: То же самое, call: erp.find, with: { name: value } } }
    attempts: { max: 5, go: sorry }
    repeat: [Ещё раз, И ещё]
    timeout: { after: 3d, say: Время вышло, end: late }
    limit: { max: 3, per: 24h, go: sorry }
    status: Ждём имя
    help: Напишите имя
    forget: [name, hello.text]
    back: false
  phone: { ask: Телефон?, type: contact, typed: true, button: Отправить, country: RU, secret: false, pii: true }
  age: { ask: Сколько лет?, type: integer, min: 1, max: 150 }
  text: { ask: Что?, min: 5, max: 500, pattern: "[а-я]+" }
  city:
    ask: Где вы?
    choice:
      kazan: Казань
      42: Ошибка
  where:
    ask: Где вы?
    choice:
      other: { label: Другой, when: age > 5, audit: chosen, say: Хорошо, change: [name, phone] }
      help: { label: Помощь, word: help }
      site: { label: Сайт, url: "https://example.com" }
      code: { label: Код, copy: "{{ name }}" }
      leave: { label: Уйти, start: menu, with: { a: 1 }, end: gone }
  many: { ask: Что ещё?, choices: { a: А, b: Б }, min: 1, max: 2 }
  from_data:
    ask: Должность?
    choice:
      from: positions.items
      where: item.is_active
      key: item.id
      label: "{{ item.name }}"
      label_key: item.code
      also: { none: { label: Нет, go: sorry } }
      empty: sorry
  look: { review: "Проверьте:", show: [name, phone], confirm: Верно, change: Изменить, timeout: { at: now, go: sorry } }
  send:
    call: erp.create_staff
    with: { name: name.first, extra: [1, { a: name }] }
    tell: Отправляю
    outcomes:
      duplicate: sorry
      invalid: { fields: { email: name, Phone: phone }, go: sorry }
      down: { say: Подождите, retry: { every: [1m, 5m], max: 8 }, go: sorry }
      unknown: { say: Проверяю, retry: { every: [1m], for: 1d }, go: sorry }
      else: { change: name }
  value: { set: "name ~ '!'" }
  fields: { set: { a: 1, person.staff_id: send.id, person.activated: true, list: [a, b], gone: none } }
  which:
    branch:
      - { when: age > 5, say: Большой, go: pause }
      - { when: age > 3, start: menu, with: { a: 1 }, end: left }
      - { else: { end: small } }
  again: { run: menu, with: { a: 1 }, outcomes: { done: pause, else: { end: cancelled } }, audit: menu.run }
  pause: { wait: 1h, status: Жду }
  until: { wait: { until: now }, go: done }
  sorry: { say: Извините, end: sorry }
  done: { end: completed }
  boss:
    approve: "Заявка {{ request.number }}"
    by: hr
    tell: Отправлено
    choice:
      yes: Да
      no: { label: Нет, when: age > 5, verdict: нет, ask: Почему?, type: text, min: 5, done: Готово, go: sorry }
      open: { label: Открыть, start: menu, with: { a: 1 } }
      page: { label: Страница, url: "https://example.com" }
    quorum: 2
    remind: [1h, 4h]
    escalate: { after: 1d, to: it }
    timeout: { after: 3d, go: sorry }
  others:
    notify: Новый сотрудник
    to: { person: boss.by.id }
    tell: Сказал
    once_per: 1h
    buttons: { show: { label: Показать, start: menu, with: { a: 1 }, once: true } }
  login: { wait: { event: erp.done, match: { staff_id: age } }, timeout: { after: 7d, go: sorry } }
  or: { ask: Ну?, event: { name: erp.done, match: { staff_id: age }, say: Пришло, go: sorry } }
"#;

/// Other kinds of files, each right.
const RIGHT: &[&str] = &[
    "flows:\n  a: { title: А, for: anyone, steps: { x: { say: Привет, end: done } } }\n",
    "bot: Бот\nlanguages: [ru, en]\ntimezone: Europe/Moscow\ncountry: RU\ncurrency: RUB\nsettings:\n  mode: { title: Как, one_of: [a, b], value: a }\n  codes: { type: list, of: text, value: [] }\nperson: { staff_id: { type: integer, title: Номер } }\nwords: { cancel: { say: Хорошо }, language: { start: language, on: true } }\ntexts: { again: Снова }\n",
    r#"
operations: erp
title: ERP
profiles: [compat, extended]
openapi: ../erp.json
types: { position: { id: integer, type: { type: text, optional: true } } }
list:
  request: GET /positions/
  query: { skip: 0, limit: 100, q: "{{ q }}" }
  pages: { by: skip, size: limit, max: 20 }
  keep: 10m
  input: { q: { type: text, optional: true } }
  output: { items: { at: "", list: position } }
  outcomes: { empty: { json: { "": { size: 0 } } } }
create:
  request: POST /staff/
  input: { name: text }
  json: { name: "{{ name }}", list: [{ x: 1 }], extra: { only: extended, value: 5 } }
  once: { header: Idempotency-Key, remembers: 24h, only: extended }
  lookup: { call: find, with: { a: name }, only: extended }
  output: { id: { at: /id, type: integer }, state: { at: /state, one_of: { a: А } } }
  outcomes:
    taken: { any: [{ status: 409 }, { status: [400, 4xx], json: { /detail: { matches: exists }, /code: x } }], output: { id: { at: /id, type: integer, optional: true } } }
    odd: { text: { matches: odd } }
  success: { json: { /ok: true } }
  error: { message: /detail }
  timeout: 5s
  answer_max: 1MB
  safe: false
  repeatable: true
"#,
    "messages: en\nbot:\n  texts: { again: Again }\n  settings.hr: HR\nhello:\n  name.ask: What is your name?\n  city: { choice.kazan: Kazan, choice: { labels: { POS-1: One } } }\n",
    r#"
scenarios: registration
given:
  like: base
  now: 2026-11-23 10:05
  settings: { mode: approved }
  profile: { erp: extended }
  people: { me: { id: 1001, first_name: Иван, language: ru } }
  person: { me: { staff_id: 42 } }
  data: { positions: [{ id: 1 }] }
parts:
  filled: [{ me: /start }]
tests:
  s01:
    title: Хорошо
    talk:
      - me: { press: Да, at: first }
      - me: { contact: own, phone: "+79000000001" }
      - me: { ru: Да, en: "Yes" }
      - me: { press: { ru: Да, en: "Yes" } }
      - bot: Привет
        buttons: [Да, { ru: Нет, en: "No" }]
        flags: [protected, no_preview]
        as: first
        to: [me]
      - http: POST /api/v1/staff/
        has: { a: 1 }
        headers: [Idempotency-Key]
        same_key: first
        answer: { status: 200, json: { data: created } }
      - call: erp.issue_code
        with: { a: 1 }
        outcome: down
      - pass: 25h
      - restart: true
      - use: base.filled
      - edit: { flows/a.yaml: "flow: a" }
      - deleted: first
      - edited: first
        bot: Готово
        buttons: [Дальше]
      - me: " "
        as: mine
      - me: { photo: true }
      - edit: { flows/a.yaml: "flow: b" }
        refused: true
      - http: GET /a
        answer: { json: [] }
      - expect: { waits: { a: b } }
    expect: { ended: { a: done }, audit: [a.b], requests: { "POST /a": 1 }, nowhere: [X], doubts: [], person: { me: { a: 1 } } }
"#,
    r#"
usher: 1
flows: flows
channels: { tg: { kind: telegram, token: "${env:TELEGRAM_TOKEN}", receive: polling }, terminal: {} }
store: { kind: sled, path: ./data, key: "${file:/run/key}" }
connections:
  erp:
    url: "${env:ERP_URL}"
    auth: { kind: oauth2, grant: password, token_path: /token, user: a, password: "${env:P}", refresh_on: 401 }
    profile: extended
    methods: [GET, POST]
    timeout: 10s
    answer_max: 1MB
    redirects: same_origin
    private_network: true
roles: { hr: { title: Кадры, people: [9001, tg:9002], may: [requests, codes] }, owner: { people: [], may: all } }
people: { 9001: { name: Анна, language: ru } }
timezone: Europe/Moscow
settings: { site: "https://example.com", days: 3 }
log: { format: json, level: info }
"#,
];

/// Changes to [`EVERYTHING`], each wrong, with the code and the place of what is found.
const WRONG: &[(&str, &str, &[&str])] = &[
    ("for: [hr, it]", "for: everybody", &["5:6 FLW103"]),
    ("for: [hr, it]", "foor: [hr, it]", &["5:1 FLW101"]),
    ("title: Всё сразу", "title: [Всё]", &["3:8 FLW104"]),
    ("again: resume", "again: resum", &["13:8 FLW103"]),
    ("    type: name\n", "    type: nmae\n", &["29:11 FLW103"]),
    ("    type: name\n", "    type: video\n", &["29:11 FLW103"]),
    ("    type: name\n", "    tpye: name\n", &["29:5 FLW101"]),
    ("    type: name\n", "    type: name\n    choice: { a: А }\n", &["30:5 FLW107"]),
    ("    type: name\n", "    type: name\n    show: [name]\n", &["30:5 FLW108"]),
    ("    type: name\n", "    type: name\n    say: Привет\n", &["30:5 FLW107"]),
    ("    protect: true", "    protect: yes", &["18:14 FLW104"]),
    ("    delete_after: 47h", "    delete_after: 48h", &["19:19 FLW105"]),
    ("    delete_after: 47h", "    delete_after: 2 days", &["19:19 FLW106"]),
    ("  hello:\n", "  Hello:\n", &["16:3 FLW106"]),
    ("max: 5, go: sorry", "max: 0, go: sorry", &["35:22 FLW105"]),
    ("timeout: { after: 3d, say: Время вышло, end: late }", "timeout: { say: Время вышло, end: late }", &["37:5 FLW102"]),
    ("timeout: { after: 3d, say: Время вышло, end: late }", "timeout: { after: 3d }", &["37:5 FLW102"]),
    ("timeout: { after: 3d, say: Время вышло, end: late }", "timeout: { after: 3d, go: name, end: late }", &["37:37 FLW107"]),
    ("go: sorry }\n    status", "change: name, with: { a: 1 } }\n    status", &["38:46 FLW102"]),
    ("forget: [name, hello.text]", "forget: []", &["41:13 FLW109"]),
    ("choice:\n      kazan: Казань", "choice:\n      kazan:", &["49:7 FLW109"]),
    ("help: { label: Помощь, word: help }", "help: { label: Помощь, word: halp }", &["55:36 FLW103"]),
    ("help: { label: Помощь, word: help }", "help: { word: help }", &["55:7 FLW102"]),
    ("help: { label: Помощь, word: help }", "help: { label: Помощь, word: help, go: name }", &["55:42 FLW107"]),
    ("      key: item.id\n", "", &["62:5 FLW102"]),
    ("      key: item.id\n", "      key: item.id\n      limit: 5\n", &["66:7 FLW101"]),
    ("show: [name, phone], ", "", &["70:3 FLW102"]),
    ("call: erp.create_staff", "call: create_staff", &["72:11 FLW106"]),
    ("retry: { every: [1m, 5m], max: 8 }", "retry: { every: 1m, max: 8 }", &["78:47 FLW104"]),
    ("retry: { every: [1m, 5m], max: 8 }", "retry: { every: [1m, 5m] }", &["78:31 FLW102"]),
    ("person.staff_id: send.id", "staff.id: send.id", &["82:26 FLW106"]),
    ("- { when: age > 5, say: Большой, go: pause }", "- { say: Большой, go: pause }", &["85:11 FLW102"]),
    ("    by: hr\n", "", &["93:3 FLW102"]),
    ("    timeout: { after: 3d, go: sorry }\n  others", "  others", &["93:3 FLW102"]),
    ("verdict: нет, ask: Почему?", "verdict: нет", &["99:54 FLW102", "99:66 FLW102"]),
    ("{ label: Открыть, start: menu, with: { a: 1 } }", "{ label: Открыть, start: menu, go: sorry }", &["100:44 FLW107"]),
    ("quorum: 2", "quorum: 0", &["102:13 FLW105"]),
    ("    to: { person: boss.by.id }\n", "", &["106:3 FLW102"]),
    ("    to: { person: boss.by.id }\n", "    to: { role: hr }\n", &["108:5 FLW102", "108:11 FLW101"]),
    ("pause: { wait: 1h, status: Жду }", "pause: { wait: { event: erp.done, match: {} } }", &["89:44 FLW109"]),
    ("pause: { wait: 1h, status: Жду }", "pause: { title: Жду }", &["89:3 FLW102"]),
    ("sorry: { say: Извините, end: sorry }", "sorry: Извините", &["91:10 FLW104"]),
    ("sorry: { say: Извините, end: sorry }", "sorry: { say: \"\", end: sorry }", &["91:17 FLW109"]),
    ("done: { end: completed }", "done: { end: completed, go: name }", &["92:27 FLW107"]),
    ("start: { command: all, menu: Всё, link: true }", "start: { menu: Всё, daily: \"10:00\" }", &["4:10 FLW102", "4:21 FLW113"]),
    ("again: resume", "migrate: pin\nremoved: [x]", &["13:1 FLW113", "14:1 FLW113"]),
    ("  email: { type: email, optional: true }", "  email: { type: email, optonal: true }", &["9:25 FLW101"]),
    ("  email: { type: email, optional: true }", "  email: { type: list, one_of: [a] }", &["9:24 FLW107"]),
];

/// Mistakes that a schema cannot see, or sees in the length of a text only.
const BEYOND_SCHEMAS: &[&str] = &["delete_after: 48h", "say: \"\"", "kazan:"];

fn everything() -> String {
    EVERYTHING.replace("      42: Ошибка\n", "      other: { label: Другой город, go: sorry }\n")
}

fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => (*value).into(),
        Kind::Integer(value) => (*value).into(),
        Kind::Float(value) => (*value).into(),
        Kind::Text => node.scalar.text.clone().into(),
        Kind::List(items) => items.iter().map(json).collect(),
        Kind::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), json(&entry.value))).collect(),
    }
}

/// The findings of the checks, sorted, and the file's kind and content for its schema.
fn checked(text: &str) -> (Vec<Diagnostic>, FileKind, Value) {
    let (node, mut findings) = parse(FileId(0), text);
    let node = node.unwrap_or_else(|| panic!("not YAML: {findings:?}"));
    let kind = kind_of(&node).expect("a kind");
    shape::check(&mut node.clone(), shape_of(kind), &mut findings);
    let mut sources = Sources::default();
    sources.add("a.yaml", text);
    sort(&sources, &mut findings);
    (findings, kind, json(&node))
}

fn shown(text: &str, findings: &[Diagnostic]) -> String {
    let mut sources = Sources::default();
    sources.add("a.yaml", text);
    render(&sources, findings, Format::Human, false)
}

fn schema_of(kind: FileKind) -> jsonschema::Validator {
    let name = match kind {
        FileKind::Flow | FileKind::Flows => "flow.schema.json",
        FileKind::Bot => "bot.schema.json",
        FileKind::Operations => "operations.schema.json",
        FileKind::Messages => "messages.schema.json",
        FileKind::Scenarios => "scenario.schema.json",
        FileKind::Usher => "usher.schema.json",
    };
    let (_, schema) = schema::all().into_iter().find(|(file, _)| *file == name).expect("a schema");
    jsonschema::draft7::new(&schema).expect("a schema that can be used")
}

fn complaints(kind: FileKind, content: &Value) -> Vec<String> {
    schema_of(kind).iter_errors(content).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_files_are_what_the_tables_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for (name, schema) in schema::all() {
        let (path, text) = (folder.join(name), format!("{schema:#}\n"));
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(&path, &text).expect("a written schema");
        }
        let present = fs::read_to_string(&path).unwrap_or_default();
        assert!(present == text, "{name} is not what the tables say: run this test with UPDATE_SCHEMAS=1");
    }
}

#[test]
fn the_reference_is_what_the_tables_say_and_names_every_filter_test_and_reason() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language.md");
    let text = schema::reference();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::write(&path, &text).expect("a written reference");
    }
    let present = fs::read_to_string(&path).unwrap_or_default();
    assert!(present == text, "docs/language.md is not what the tables say: run this test with UPDATE_SCHEMAS=1");
    let head = text.split("\n## A flow").next().expect("the part that is written by hand");
    for name in usher::expr::vocabulary() {
        let is_named = [format!("`{name}`"), format!("`{name}(")].iter().any(|written| head.contains(written));
        assert!(is_named, "docs/language.md says nothing of `{name}`");
    }
    for link in text.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(
            text.contains(&format!("\n### {}\n", link.replace('-', " "))) || text.contains(&format!("\n### {link}\n")),
            "#{link} leads nowhere"
        );
    }
}

#[test]
fn every_schema_is_a_schema() {
    for (name, schema) in schema::all() {
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#", "{name}");
        assert!(schema["title"].is_string(), "{name}");
    }
}

/// Every key that an author can write is explained, and what does not run yet is not offered.
#[test]
fn schemas_explain_every_key_and_offer_nothing_that_does_not_run() {
    for (name, schema) in schema::all() {
        let mut rest = vec![&schema];
        while let Some(value) = rest.pop() {
            for (key, property) in value.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let explained = property.is_boolean() || property["description"].as_str().is_some_and(|text| !text.is_empty());
                assert!(explained, "{name}: {key}");
                let absent = ["migrate", "console"];
                assert!(!absent.contains(&key.as_str()), "{name}: {key}");
            }
            rest.extend(value.as_object().into_iter().flat_map(serde_json::Map::values));
            rest.extend(value.as_array().into_iter().flatten());
        }
    }
}

#[test]
fn what_is_right_is_right_for_both() {
    let all = everything();
    for text in RIGHT.iter().copied().chain([all.as_str()]) {
        let (findings, kind, content) = checked(text);
        assert!(findings.is_empty(), "{}", shown(text, &findings));
        assert_eq!(complaints(kind, &content), [] as [&str; 0], "{text}");
    }
}

/// The files of the bot that is shipped, and the operator's example.
#[test]
fn shipped_files_are_right_for_both() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut files) = (vec![root.join("flows")], vec![root.join("usher.yaml")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder that can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 5, "{files:?}");
    for path in files {
        let text = fs::read_to_string(&path).expect("a file that can be read");
        let (findings, kind, content) = checked(&text);
        assert!(findings.is_empty(), "{}: {}", path.display(), shown(&text, &findings));
        assert_eq!(complaints(kind, &content), [] as [&str; 0], "{}", path.display());
    }
}

#[test]
fn what_is_wrong_is_found_at_its_place_and_refused_by_the_schema_too() {
    for (right, wrong, expected) in WRONG {
        let before = everything();
        assert!(before.contains(right), "{right}");
        let text = before.replacen(right, wrong, 1);
        let (findings, kind, content) = checked(&text);
        let mut sources = Sources::default();
        sources.add("a.yaml", text.as_str());
        let found: Vec<String> = findings
            .iter()
            .map(|finding| {
                let at = sources.position(finding.span);
                format!("{}:{} {}", at.line, at.column, finding.code.id)
            })
            .collect();
        assert_eq!(found, *expected, "{}", shown(&text, &findings));
        let beyond = BEYOND_SCHEMAS.iter().any(|part| wrong.contains(part));
        assert!(beyond || !complaints(kind, &content).is_empty(), "the schema lets this pass: {wrong}");
    }
}

#[test]
fn findings_say_what_to_do() {
    for (right, wrong, message, help) in [
        ("    type: name\n", "    tpye: name\n", "there is no key \"tpye\" here", "did you mean \"type\"?"),
        ("    type: name\n", "    show: [name]\n", "\"ask\" has no key \"show\"", "it is a key of review"),
        ("    protect: true", "    protect: yes", "\"protect\" must be true or false, not a text", "write true"),
        (
            "again: resume",
            "again: resum",
            "\"resum\" is not possible for \"again\"",
            "did you mean \"resume\"? possible: ask, resume, restart, many",
        ),
        (
            "wait: 1h, status: Жду",
            "title: Жду",
            "a verb is missing here",
            "one of say, ask, review, call, set, branch, approve, notify, run, wait, or \"end\" alone",
        ),
        ("for: [hr, it]", "for: everybody", "\"everybody\" is not possible for \"for\"", "possible: anyone"),
    ] {
        let text = everything().replacen(right, wrong, 1);
        let (findings, ..) = checked(&text);
        assert_eq!(findings.len(), 1, "{}", shown(&text, &findings));
        assert_eq!((findings[0].message.as_str(), findings[0].help.as_deref()), (message, Some(help)));
    }
}

#[test]
fn other_files_are_checked_as_well() {
    for (text, expected) in [
        ("bot: Бот\nsegments: {}\nlanguages: [russian]\nwords: { stop: { say: Стоп } }\n", &["FLW106", "FLW101"][..]),
        (
            "operations: erp\nlist: { request: FETCH /a }\nmake: { request: POST /a, json: {}, form: {}, multipart: {} }\n",
            &["FLW106", "FLW107", "FLW107"],
        ),
        ("operations: erp\nlist: { request: GET /a, outcomes: { none: {} }, output: { a: { type: text } } }\n", &["FLW102", "FLW102"]),
        (
            "usher: 2\nchannels: { web: { listen: a }, tg: { receive: webhooks } }\nstore: { kind: postgres }\n",
            &["FLW105", "FLW101", "FLW103", "FLW113"],
        ),
        ("usher: 1\nstore: { kind: postgres }\nconnections: { erp: { rate: {} } }\nhooks: {}\n", &["FLW113", "FLW102", "FLW113"]),
        (
            "scenarios: a\ntests: { x: { talk: [{ me: да, bot: нет }, { buttons: [а] }, {}, { event: erp.done }] } }\n",
            &["FLW107", "FLW108", "FLW102"],
        ),
        ("messages: english\nhello: [{ a: b }]\n", &["FLW106", "FLW104"]),
        ("flows: []\n", &["FLW104"]),
        ("flows:\n", &["FLW109"]),
    ] {
        let (findings, ..) = checked(text);
        assert_eq!(findings.iter().map(|finding| finding.code.id).collect::<Vec<_>>(), expected, "{}", shown(text, &findings));
    }
}
