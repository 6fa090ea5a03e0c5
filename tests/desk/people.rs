//! How people are called who came by a channel that gives no names, and how what they did reads.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use usher::diagnostic::Sources;
use usher::engine::{Fact, FactKind, Found, Inquiry, Record, RecordId};
use usher::expr::{Name, Time, Value};
use usher::flow::{Installation, Library, Role, load};
use usher::operation::Answer;

const BROWSER: &str = "web:0123456789abcdef0123456789abcdef";

fn library() -> Library {
    let mut sources = Sources::default();
    sources
        .add("flows/bot.yaml", "bot: Клуб\nlanguages: [ru, en, de]\nperson: { full_name: name, chief: { type: name, optional: true } }\n");
    sources.add(
        "flows/trip.yaml",
        "flow: trip\ntitle: Поездка\nstart: { command: trip }\nfor: anyone\nsteps:\n  boss:\n    approve: \"Можно?\"\n    by: boss\n    \
         tell: Спросил.\n    choice: { yes: { label: Да, verdict: одобрена } }\n    timeout: { after: 9d, end: late }\n  z: { end: completed }\n",
    );
    sources.add("flows/part.yaml", "flow: part\ntitle: Часть\nfor: anyone\nsteps: { a: { say: Да., end: over } }\n");
    let role =
        |person: &str| Role { title: "Начальство".to_owned(), people: vec![person.to_owned()], may: ["all".to_owned()].into() };
    let roles = [("boss".to_owned(), role("tg:1")), ("clerk".to_owned(), role(BROWSER))].into();
    let installation = Installation { roles, ..Installation::default() };
    Library::new(load(&sources, &installation).project.unwrap(), installation)
}

fn name(last: &str, first: &str) -> Value {
    Value::Name(Name { text: format!("{last} {first}"), last: last.to_owned(), first: first.to_owned(), middle: None })
}

/// Somebody who came with a browser, with these fields.
fn visitor(fields: &[(&str, Value)]) -> Record {
    let mut record = Record::new(RecordId(BROWSER.to_owned()));
    record.person.fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    record
}

/// What somebody of a role is answered.
fn asked(library: &Library, language: &str, operation: &str, found: &Found, further: &Found) -> Json {
    let mut by = Record::new(RecordId("tg:1".to_owned()));
    by.person.language = Some(language.to_owned());
    let inputs = ["id", "text"].map(|name| (name.to_owned(), Value::Text(String::new())));
    let inputs = BTreeMap::from(inputs);
    let inquiry = Inquiry { library, by: &by, operation, inputs: &inputs, now: Time(0) };
    let Answer::Replied { body, .. } = inquiry.answer(found, further) else { panic!("an answer") };
    serde_json::from_str(&body).unwrap()
}

fn called(library: &Library, record: Record) -> [String; 3] {
    let found = Found { records: vec![record], ..Found::default() };
    let answer = |operation| asked(library, "ru", operation, &found, &Found::default());
    let clerks = &answer("usher.list_roles")["items"][1]["holders"][0]["name"];
    let names = [&answer("usher.get_person")["name"], &answer("usher.find_people")["items"][0]["name"], clerks];
    names.map(|name| name.as_str().unwrap().to_owned())
}

#[test]
fn whoever_came_with_a_browser_is_called_by_the_name_that_is_remembered_of_them() {
    let library = library();
    let registered = visitor(&[("full_name", name("Петрова", "Анна"))]);
    assert_eq!(called(&library, registered.clone()), ["Петрова Анна"; 3]);
    let mut known_to_the_channel = registered;
    known_to_the_channel.person.first_name = "Анечка".to_owned();
    assert_eq!(called(&library, known_to_the_channel.clone()), ["Петрова Анна"; 3]);
    // Of two names nobody can tell which is theirs.
    known_to_the_channel.person.fields.insert("chief".to_owned(), name("Главный", "Пётр"));
    assert_eq!(called(&library, known_to_the_channel), ["Анечка"; 3]);
}

#[test]
fn whoever_is_called_nothing_is_shown_by_a_short_form_of_their_id() {
    let mut library = library();
    library.installation = Installation::default().into();
    assert_eq!(visitor(&[]).name(&library, 0), "web:012345…");
    assert_eq!(Record::new(RecordId("tg:1234567890".to_owned())).name(&library, 0), "tg:1234567890");
}

#[test]
fn among_those_who_hold_a_role_nobody_is_called_by_it() {
    let [elsewhere, _, among_them] = called(&library(), visitor(&[]));
    assert!(!elsewhere.starts_with("web:"), "{elsewhere}");
    assert_eq!(among_them, "web:012345…");
}

#[test]
fn a_number_finds_first_whom_it_tells_apart() {
    let library = library();
    let somebody = |account: &str, called: &str, fields: &[(&str, i64)]| {
        let mut record = Record::new(RecordId(format!("tg:{account}")));
        record.person.first_name = called.to_owned();
        record.person.fields = fields.iter().map(|(name, number)| ((*name).to_owned(), Value::Integer(*number))).collect();
        record
    };
    let (anna, boris, vera) = (
        somebody("7", "Анна", &[("floor", 1)]),
        somebody("8", "Борис", &[("floor", 1), ("card", 1)]),
        somebody("9", "Вера", &[("floor", 1)]),
    );
    let found = Found { records: vec![anna, boris, vera], ..Found::default() };
    let by = Record::new(RecordId("tg:1".to_owned()));
    for written in ["1", "№1", "# 1"] {
        let inputs = BTreeMap::from([("text".to_owned(), Value::Text(written.to_owned()))]);
        let inquiry = Inquiry { library: &library, by: &by, operation: "usher.find_people", inputs: &inputs, now: Time(0) };
        let Answer::Replied { body, .. } = inquiry.answer(&found, &Found::default()) else { panic!("an answer") };
        let items: Json = serde_json::from_str(&body).unwrap();
        let names: Vec<_> = items["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Борис", "Анна", "Вера"], "{written}");
    }
}

#[test]
fn what_was_done_reads_as_people_say_it_with_the_name_of_whoever_did_it() {
    let library = library();
    let by = BROWSER.to_owned();
    let flow = || "trip".to_owned();
    let kinds = [
        FactKind::Administered { operation: "usher.decide".to_owned(), by: by.clone(), outcome: "ok".to_owned() },
        FactKind::Called { operation: "usher.erase_me".to_owned(), outcome: "down".to_owned(), attempt: 1 },
        FactKind::Decided { flow: flow(), step: "boss".to_owned(), choice: "yes".to_owned(), by },
        FactKind::Ended { flow: flow(), end: "expired".to_owned() },
        FactKind::Ended { flow: flow(), end: "late".to_owned() },
        // A part of a conversation is none of its own.
        FactKind::Started { flow: "part".to_owned() },
        FactKind::Ended { flow: "part".to_owned(), end: "over".to_owned() },
    ];
    let facts = kinds.map(|kind| Fact { at: Time(0), session: None, kind }).into();
    let found = Found { facts, ..Found::default() };
    let doer = Found { records: vec![visitor(&[("full_name", name("Петрова", "Анна"))])], ..Found::default() };
    let lines = |language: &str| {
        let page = asked(&library, language, "usher.list_audit", &found, &doer);
        let line = |item: &Json| format!("{} | {}", item["what"].as_str().unwrap(), item["by"].as_str().unwrap_or_default());
        page["items"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(
        lines("ru"),
        [
            "Принять решение по заявке: выполнено | Петрова Анна",
            "Удалить свои данные: нет ответа | ",
            "решение по заявке «Поездка»: одобрена | Петрова Анна",
            "закончен диалог «Поездка»: срок вышел | ",
            "закончен диалог «Поездка» | ",
        ]
    );
    assert_eq!(lines("en")[..2], ["Decide on a request: done | Петрова Анна", "Delete one's own data: no answer | "]);
    let titled = |id: &String| library.project().operations[id].title.as_ref().is_some_and(|title| title.in_language(2).is_some());
    let untitled: Vec<_> = library.project().operations.keys().filter(|id| !titled(id)).collect();
    assert!(untitled.is_empty(), "nobody has a word for {untitled:?}");
}
