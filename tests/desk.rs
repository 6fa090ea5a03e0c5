//! Who may do what: each of the engine's own operations is refused for each role that lacks its right, at the moment it is done.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

#[path = "desk/my_data.rs"]
mod my_data;
#[path = "desk/people.rs"]
mod people;

use std::collections::{BTreeMap, BTreeSet};

use usher::diagnostic::Sources;
use usher::engine::{
    EffectId, EffectKind, Event, EventId, EventKind, FactKind, Found, Inquiry, Letter, RELOAD, Record, RecordId, Reloaded, Turn, house_id,
    may, step, wishes,
};
use usher::expr::{Time, Value};
use usher::flow::{Installation, Library, RIGHTS, Role, load};
use usher::operation::Answer;

/// The right that each operation needs; `any` for one that needs some right, whichever.
const NEEDS: &[(&str, &[&str])] = &[
    ("any", &["counts"]),
    ("requests", &["list_requests", "get_request", "decide"]),
    ("people", &["find_people", "get_person", "set_person", "list_audit"]),
    ("sessions", &["list_sessions", "nudge", "reset_session", "end_session", "move_session"]),
    ("maintenance", &["get_maintenance", "set_maintenance"]),
    ("reload", &["reload_flows"]),
    ("roles", &["list_roles", "set_role", "create_role_code"]),
    ("statistics", &["statistics"]),
    ("broadcast", &["list_segments", "list_broadcasts", "broadcast", "stop_broadcast"]),
    ("invitations", &["create_invitation"]),
    ("operations", &["list_operations", "confirm_operation", "retry_operation", "stop_operation"]),
];

/// What concerns nobody but whoever asks: everybody may.
const ONESELF: [&str; 4] = ["my_sessions", "my_data", "erase_me", "is_taken"];

/// A bot with a role for each right, called like it and held by `tg:<right>`, one without any, and one with all.
fn library() -> Library {
    let mut sources = Sources::default();
    sources.add(
        "flows/bot.yaml",
        "bot: Test\nlanguages: [en]\nperson: { nick: text, pass: { holder: text, code: { type: text, secret: true } } }\n",
    );
    sources.add("flows/a.yaml", "flow: a\ntitle: A\nstart: { command: a }\nfor: anyone\nsteps: { z: { end: completed } }\n");
    let role = |name: &str, may: &[&str]| {
        let may = may.iter().map(|right| (*right).to_owned()).collect();
        (name.to_owned(), Role { title: name.to_owned(), people: vec![format!("tg:{name}")], may })
    };
    let mut roles: BTreeMap<_, _> = RIGHTS.iter().map(|right| role(right, &[right])).collect();
    roles.extend([role("none", &[]), role("all", &["all"])]);
    let installation = Installation { roles, ..Installation::default() };
    Library::new(load(&sources, &installation).project.unwrap(), installation)
}

fn allowed(role: &str, needs: &str) -> bool {
    role == "all" || needs == role || (needs == "any" && role != "none")
}

fn each(mut look: impl FnMut(&Library, &str, &str, bool)) {
    let library = library();
    for (needs, operations) in NEEDS {
        for operation in *operations {
            for role in RIGHTS.into_iter().chain(["none", "all", "nobody"]) {
                look(&library, role, &format!("usher.{operation}"), role != "nobody" && allowed(role, needs));
            }
        }
    }
}

#[test]
fn every_operation_is_spoken_of_here() {
    let library = library();
    let own = library.project().operations.keys().filter(|id| id.starts_with("usher."));
    let spoken = NEEDS.iter().flat_map(|(_, operations)| *operations).map(|name| format!("usher.{name}"));
    let spoken: BTreeSet<_> = spoken.chain(ONESELF.map(|name| format!("usher.{name}"))).collect();
    assert_eq!(own.cloned().collect::<BTreeSet<_>>(), spoken);
}

#[test]
fn a_role_may_what_its_rights_say_and_nothing_else() {
    each(|library, role, operation, allowed| {
        let person = RecordId::person("tg", role);
        assert_eq!(may(&library.installation, &person, operation), allowed, "{role} and {operation}");
    });
}

#[test]
fn what_concerns_oneself_everybody_may() {
    let library = library();
    for role in RIGHTS.into_iter().chain(["none", "all", "nobody"]) {
        for name in ONESELF {
            assert!(may(&library.installation, &RecordId::person("tg", role), &format!("usher.{name}")), "{role} and {name}");
        }
    }
}

#[test]
fn nothing_is_looked_up_for_whoever_may_not_ask() {
    let texts = [("id", "tg:1"), ("text", "anna"), ("flow", "a")].map(|(name, text)| (name.to_owned(), Value::Text(text.to_owned())));
    let inputs: BTreeMap<_, _> = texts.into_iter().chain([("days".to_owned(), Value::Integer(7))]).collect();
    each(|library, role, operation, allowed| {
        if !library.project().operations[operation].is_read() {
            return;
        }
        let by = Record::new(RecordId::person("tg", role));
        let inquiry = Inquiry { library, by: &by, operation, inputs: &inputs, now: Time(0) };
        assert_eq!(inquiry.search().is_ok(), allowed, "{role} and {operation}");
    });
}

#[test]
fn a_field_with_a_secret_inside_is_shown_to_nobody() {
    let library = library();
    let mut record = Record::new(RecordId::person("tg", "1"));
    record.version = 5;
    let field = |name: &str, text: &str| (name.to_owned(), Value::Text(text.to_owned()));
    let pass = Value::Record([field("holder", "Anna"), field("code", "hidden")].into());
    record.person.fields = [field("nick", "Mouse"), ("pass".to_owned(), pass)].into();
    let (by, inputs) = (Record::new(RecordId::person("tg", "all")), BTreeMap::from([field("id", "tg:1")]));
    let inquiry = Inquiry { library: &library, by: &by, operation: "usher.get_person", inputs: &inputs, now: Time(0) };
    let Answer::Replied { body, .. } = inquiry.answer(&Found { records: vec![record], ..Found::default() }, &Found::default()) else {
        panic!("an answer")
    };
    assert!(body.contains("Mouse") && !body.contains("hidden"), "{body}");
}

#[test]
fn an_act_that_is_not_allowed_changes_nothing_is_answered_and_remembered() {
    each(|library, role, operation, allowed| {
        if library.project().operations[operation].is_read() {
            return;
        }
        let mut record = Record::new(RecordId::person("tg", "1"));
        record.version = 5;
        let nick = Value::Record([("nick".to_owned(), Value::Text("x".to_owned()))].into());
        let inputs = BTreeMap::from([("fields".to_owned(), nick), ("id".to_owned(), Value::Text("tg:1".to_owned()))]);
        let (from, effect) = (RecordId::person("tg", role), EffectId { version: 1, index: 0 });
        let letter = Letter::Asked { effect, operation: operation.to_owned(), inputs, name: role.to_owned() };
        let kind = EventKind::Told { from: from.clone(), letter };
        let event = Event { id: EventId("told".to_owned()), at: Time(0), seed: 1, receipts: Vec::new(), kind };
        let turn = step(library, record.clone(), event);
        let told = turn.effects.iter().find_map(|effect| match &effect.kind {
            EffectKind::Tell { to, letter: Letter::Answered { answer: Answer::Replied { status, .. }, .. } } => Some((to, *status)),
            _ => None,
        });
        assert_eq!(told.map(|(to, _)| to), Some(&from), "{role} is answered about {operation}");
        let outcome = turn.facts.iter().find_map(|fact| match &fact.kind {
            FactKind::Administered { operation: of, by, outcome } if of == operation && *by == from.0 => Some(outcome.as_str()),
            _ => None,
        });
        assert!(outcome.is_some(), "{operation} of {role} is remembered");
        if !allowed {
            assert_eq!((told.map(|(_, status)| status), outcome), (Some(400), Some("refused")), "{role} and {operation}");
            assert_eq!((turn.record.person, turn.record.sessions), (record.person, record.sessions), "{role} and {operation}");
        } else if operation == "usher.set_person" {
            assert_eq!((told.map(|(_, status)| status), outcome), (Some(200), Some("ok")));
        }
    });
}

/// The status and the fields of the answer to somebody who asked for something, and how it is remembered.
fn answered(turn: &Turn) -> Option<(u16, serde_json::Value, String)> {
    let answer = turn.effects.iter().find_map(|effect| match &effect.kind {
        EffectKind::Tell { letter: Letter::Answered { answer: Answer::Replied { status, body, .. }, .. }, .. } => Some((*status, body)),
        _ => None,
    });
    let outcome = turn.facts.iter().find_map(|fact| match &fact.kind {
        FactKind::Administered { operation, by, outcome } if operation == RELOAD => Some(format!("{outcome} {by}")),
        _ => None,
    });
    answer.map(|(status, body)| (status, serde_json::from_str(body).unwrap(), outcome.unwrap()))
}

#[test]
fn whoever_has_the_flows_read_again_is_answered_once_when_they_have_been() {
    let library = library();
    let effect = EffectId { version: 1, index: 0 };
    let told = |record: Record, from: &RecordId, letter: Letter, id: &str| {
        let kind = EventKind::Told { from: from.clone(), letter };
        step(&library, record, Event { id: EventId(id.to_owned()), at: Time(0), seed: 1, receipts: Vec::new(), kind })
    };
    let asked = || Letter::Asked { effect, operation: RELOAD.to_owned(), inputs: BTreeMap::new(), name: "Anna".to_owned() };
    let nobody = RecordId::person("tg", "maintenance");
    let turn = told(Record::new(house_id()), &nobody, asked(), "1");
    assert_eq!(answered(&turn).map(|(status, _, outcome)| (status, outcome)), Some((400, "refused tg:maintenance".to_owned())));
    assert!(wishes(&turn.record).is_empty(), "nothing is read for whoever may not");

    let somebody = RecordId::person("tg", "reload");
    for (came, status, fields, outcome) in [
        (Reloaded::Live { version: "v2".to_owned(), changed: true }, 200, serde_json::json!({ "version": "v2", "changed": true }), "ok"),
        (Reloaded::Wrong { findings: "a.yaml:3".to_owned() }, 422, serde_json::json!({ "findings": "a.yaml:3" }), "wrong"),
        (Reloaded::Impossible { why: "no folder".to_owned() }, 400, serde_json::json!({ "message": "no folder" }), "refused"),
    ] {
        let turn = told(Record::new(house_id()), &somebody, asked(), "1");
        assert!(answered(&turn).is_none(), "not before they have been read");
        let [wish] = &wishes(&turn.record)[..] else { panic!("one waits") };
        let read = || Letter::Reloaded { wish: wish.clone(), came: came.clone() };
        let turn = told(turn.record, &house_id(), read(), "2");
        assert_eq!(answered(&turn), Some((status, fields, format!("{outcome} tg:reload"))));
        assert!(wishes(&turn.record).is_empty());
        assert!(answered(&told(turn.record, &house_id(), read(), "3")).is_none(), "once");
    }
}
