//! The operations that are shipped, with the answers of the back-end they were written for.

#[path = "../support/shipped.rs"]
mod shipped;

use jiff::tz::TimeZone;
use usher::expr::{Context, Time};
use usher::operation::{Request, Sending, looked_up, request};

use super::sending::Nobody;
use super::*;

fn shipped_operation(name: &str) -> Operation {
    shipped::library("extended").project().operations[name].clone()
}

fn sent(operation: &Operation, profile: &str, inputs: &[(&str, Value)]) -> Request {
    let inputs = values(inputs);
    let sending = Sending { operation, inputs: &inputs, profile: Some(profile), key: "k3y", page: 0, next: None, fresh: false };
    request(sending, &Context { scope: &Nobody, language: "ru", zone: &TimeZone::UTC, now: Time(0) }).unwrap()
}

fn anna() -> Vec<(&'static str, Value)> {
    vec![
        ("last_name", text("Иванова")),
        ("first_name", text("Анна")),
        ("email", text("anna@example.com")),
        ("position_id", Value::Integer(1)),
        ("create_user", Value::Bool(true)),
        ("external_id", text("tg:1001")),
    ]
}

#[test]
fn creating_staff_sends_what_each_profile_takes() {
    let create = shipped_operation("erp.create_staff");
    let compat = sent(&create, "compat", &anna());
    let wanted = json!({
        "last_name": "Иванова", "first_name": "Анна", "email": "anna@example.com",
        "positions": [{ "position_id": 1, "is_primary": true }], "create_user": true,
    });
    assert_eq!((compat.method.as_str(), compat.target.as_str()), ("POST", "/api/v1/staff/"));
    assert_eq!(serde_json::from_str::<Json>(&compat.body.unwrap().text).unwrap(), wanted);
    assert!(compat.headers.is_empty());
    let extended = sent(&create, "extended", &anna());
    assert_eq!(serde_json::from_str::<Json>(&extended.body.unwrap().text).unwrap()["external_id"], "tg:1001");
    assert_eq!(extended.headers, [("Idempotency-Key".to_owned(), "k3y".to_owned())]);
}

#[test]
fn creating_staff_ends_as_the_back_end_says() {
    let create = shipped_operation("erp.create_staff");
    let ends = |profile: &str, answer: &Answer| {
        let told = outcome(&create, Some(profile), 0, answer);
        if told.look { "look".to_owned() } else { told.name }
    };
    let created = json!({
        "id": 42, "first_name": "Анна", "last_name": "Иванова", "middle_name": null, "email": "anna@example.com", "user_id": null,
        "positions": [{ "id": 1, "staff_id": 42, "position_id": 1, "is_primary": true, "position_name": "Фотограф" }],
        "activation_code": "TEST-CODE-0001", "user": null,
    });
    for profile in ["compat", "extended"] {
        for status in [200, 201] {
            assert_eq!(ends(profile, &replied_json(status, &created)), "ok");
        }
        let exists = json!({ "detail": "User with email anna@example.com already exists." });
        assert_eq!(ends(profile, &replied_json(400, &exists)), "duplicate_email");
        assert_eq!(ends(profile, &replied_json(404, &json!({ "detail": "Position with ID 1 not found" }))), "no_position");
        assert_eq!(ends(profile, &replied_json(404, &json!({ "detail": "Not Found" }))), "refused");
        let needs = json!({ "detail": "Email is required to create a user for the staff member." });
        assert_eq!(ends(profile, &replied_json(400, &needs)), "refused");
        assert_eq!(ends(profile, &replied_json(401, &json!({ "detail": "Not authenticated" }))), "down");
        let missing = json!({ "detail": [{ "type": "missing", "loc": ["body", "email"], "msg": "Field required", "input": {} }] });
        assert_eq!(ends(profile, &replied_json(422, &missing)), "invalid");
        assert_eq!(ends(profile, &refused_connection()), "down");
    }
    let duplicate = json!({ "detail": { "code": "staff_duplicate", "field": "phone", "staff_id": 42 } });
    assert_eq!(ends("extended", &replied_json(409, &duplicate)), "duplicate_phone");
    let after_commit = replied_json(500, &json!({ "detail": "Failed to create staff: greenlet_spawn has not been called" }));
    for (answer, compat, extended) in
        [(after_commit, "unknown", "down"), (replied(500, "Internal Server Error"), "unknown", "down"), (silence(), "unknown", "look")]
    {
        assert_eq!((ends("compat", &answer).as_str(), ends("extended", &answer).as_str()), (compat, extended), "{answer:?}");
    }
}

#[test]
fn finding_staff_tells_what_became_of_it() {
    let (create, find) = (shipped_operation("erp.create_staff"), shipped_operation("erp.find_staff"));
    assert_eq!(sent(&find, "extended", &[("external_id", text("tg:1001"))]).target, "/api/v1/staff/?external_id=tg:1001");
    let told = |answer: &Answer| looked_up(&create, &outcome(&find, Some("extended"), 0, answer));
    let found = told(&replied_json(200, &json!([{ "id": 42, "user_id": 7 }])));
    assert_eq!((found.name.as_str(), &found.output["id"], &found.output["user_id"]), ("ok", &Value::Integer(42), &Value::Integer(7)));
    assert_eq!(found.output["activation_code"], Value::None);
    assert_eq!(told(&replied_json(200, &json!([]))).name, "down");
    for answer in [replied_json(500, &json!([])), replied_json(401, &json!({})), silence()] {
        assert_eq!(told(&answer).name, "unknown", "{answer:?}");
    }
}

#[test]
fn positions_are_read_in_pages_and_an_empty_list_is_a_failure() {
    let list = shipped_operation("erp.list_positions");
    let first = sent(&list, "compat", &[]);
    assert_eq!((first.target.as_str(), first.keep), ("/api/v1/positions/?skip=0&limit=100", Some(600_000)));
    assert_eq!(outcome(&list, None, 0, &replied_json(200, &json!([]))).name, "empty");
    let body = json!([{ "id": 1, "name": "Фотограф", "code": "PH", "division_id": 3, "is_active": true, "function_ids": [] }]);
    let told = outcome(&list, None, 0, &replied_json(200, &body));
    assert_eq!((told.name.as_str(), told.page.map(|page| page.items)), ("ok", Some(1)));
    let Value::List(items) = &told.output["items"] else { panic!("no list") };
    let Value::Record(position) = &items[0] else { panic!("no record") };
    assert_eq!((&position["erp_access"], position.get("function_ids")), (&Value::None, None));
}
