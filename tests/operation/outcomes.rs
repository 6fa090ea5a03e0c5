//! The two tables: what an answer means.

use proptest::prelude::*;
use usher::flow::{PageBy, Pages};
use usher::operation::looked_up;

use super::*;

fn name(operation: &Operation, answer: &Answer) -> String {
    told(operation, answer).name
}

#[test]
fn a_good_answer_is_ok_with_its_outputs() {
    let told = told(&create(), &created());
    assert_eq!((told.name.as_str(), told.error, told.look), ("ok", None, false));
    assert_eq!(told.output, values(&[("id", Value::Integer(42))]));
}

#[test]
fn a_good_answer_without_a_body_is_ok_where_nothing_is_taken() {
    let revoke = operation("DELETE", "/staff/42/activation-code");
    assert_eq!(name(&revoke, &replied(204, "")), "ok");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_answer() {
    assert_eq!(name(&read(), &replied(200, "\u{feff}{\"id\": 1}")), "ok");
}

#[test]
fn a_refused_field_is_invalid_where_there_is_a_body() {
    let missing = json!({ "detail": [{ "type": "missing", "loc": ["body", "first_name"], "msg": "Field required", "input": {} }] });
    let by_field = json!({ "role": ["This field is required."] });
    assert_eq!(name(&create(), &replied_json(422, &missing)), "invalid");
    assert_eq!(name(&create(), &replied(422, "<html>")), "invalid");
    assert_eq!(name(&create(), &replied_json(400, &by_field)), "invalid");
    assert_eq!(name(&create(), &replied_json(400, &json!({ "detail": "Email is required" }))), "refused");
    assert_eq!(name(&read(), &replied_json(422, &missing)), "refused");
    assert_eq!(name(&read(), &replied_json(400, &by_field)), "refused");
}

#[test]
fn what_the_server_did_not_look_at_is_down_for_every_operation() {
    for operation in [create(), read(), Operation { once: Some(once()), lookup: Some(lookup()), ..create() }] {
        for status in [401, 403, 408, 425, 429] {
            let told = told(&operation, &Answer::Replied { status, retry_after: Some(7), body: "{}".to_owned() });
            assert_eq!((told.name.as_str(), told.retry_after), ("down", Some(7)), "{status}");
        }
        let told = told(&operation, &refused_connection());
        assert_eq!(told.name, "down");
        assert_eq!(told.error.unwrap().message.as_deref(), Some("connection refused"));
    }
}

#[test]
fn any_other_4xx_and_3xx_is_refused() {
    for operation in [create(), read(), Operation { once: Some(once()), lookup: Some(lookup()), ..create() }] {
        for status in [301, 302, 307, 308, 400, 402, 404, 405, 409, 410, 413, 417, 451] {
            assert_eq!(name(&operation, &replied(status, "")), "refused", "{status}");
        }
    }
}

/// Each kind of operation with what it ends on 5xx, on nothing, and on a 2xx that is not as described; `look` is unknown that a look-up
/// can tell.
fn table() -> Vec<(&'static str, Operation, [&'static str; 3])> {
    let forgotten = Once { remembers: 0, ..once() };
    let elsewhere = Once { only: Some("extended".to_owned()), ..once() };
    let lookup_elsewhere = Lookup { only: Some("extended".to_owned()), ..lookup() };
    vec![
        ("safe by method", read(), ["down", "down", "refused"]),
        ("safe by declaration", Operation { safe: true, ..create() }, ["down", "down", "refused"]),
        ("repeatable", Operation { repeatable: true, ..create() }, ["down", "down", "refused"]),
        (
            "repeatable with all facts",
            Operation { repeatable: true, once: Some(once()), lookup: Some(lookup()), ..create() },
            ["down", "down", "refused"],
        ),
        ("once", Operation { once: Some(once()), ..create() }, ["down", "down", "unknown"]),
        ("once and lookup", Operation { once: Some(once()), lookup: Some(lookup()), ..create() }, ["down", "look", "look"]),
        ("once forgotten", Operation { once: Some(forgotten.clone()), ..create() }, ["unknown", "unknown", "unknown"]),
        ("once forgotten and lookup", Operation { once: Some(forgotten), lookup: Some(lookup()), ..create() }, ["look", "look", "look"]),
        ("once of another profile", Operation { once: Some(elsewhere), ..create() }, ["unknown", "unknown", "unknown"]),
        ("lookup", Operation { lookup: Some(lookup()), ..create() }, ["look", "look", "look"]),
        ("lookup of another profile", Operation { lookup: Some(lookup_elsewhere), ..create() }, ["unknown", "unknown", "unknown"]),
        ("no fact", create(), ["unknown", "unknown", "unknown"]),
    ]
}

#[test]
fn doubtful_answers_end_as_the_facts_allow() {
    for (kind, operation, wanted) in table() {
        let answers = [
            vec![
                replied(500, "Internal Server Error"),
                replied(502, "<html>"),
                replied_json(503, &json!({})),
                replied(599, ""),
                replied(999, ""),
            ],
            vec![silence(), Answer::Unanswered { why: "connection reset".to_owned() }],
            vec![
                replied(200, ""),
                replied(200, "<html><body>Please sign in</body></html>"),
                replied_json(200, &json!({})),
                replied_json(200, &json!({ "id": null })),
                replied_json(200, &json!({ "id": "forty-two" })),
                replied_json(201, &json!([])),
                replied(204, ""),
            ],
        ];
        for (answers, wanted) in answers.iter().zip(wanted) {
            for answer in answers {
                let told = told(&operation, answer);
                let ended = if told.look { "look" } else { told.name.as_str() };
                assert_eq!(ended, wanted, "{kind}: {answer:?}");
                assert!(!told.look || told.name == "unknown");
                assert!(told.error.is_some() && told.output.is_empty(), "{kind}: {answer:?}");
            }
        }
    }
}

#[test]
fn a_key_counts_as_long_as_the_server_remembers_it() {
    let operation = Operation { once: Some(once()), ..create() };
    let failure = replied(500, "");
    assert_eq!(outcome(&operation, None, 24 * HOUR - 1, &failure).name, "down");
    assert_eq!(outcome(&operation, None, 24 * HOUR, &failure).name, "unknown");
}

#[test]
fn a_profile_decides_which_facts_there_are() {
    let only = Some("extended".to_owned());
    let mut operation = Operation { once: Some(once()), lookup: Some(lookup()), ..create() };
    operation.once.as_mut().unwrap().only.clone_from(&only);
    operation.lookup.as_mut().unwrap().only.clone_from(&only);
    let failure = replied(500, "Internal Server Error");
    assert_eq!(outcome(&operation, Some("extended"), 0, &failure).name, "down");
    assert_eq!(outcome(&operation, Some("compat"), 0, &failure).name, "unknown");
    assert!(outcome(&operation, Some("extended"), 0, &silence()).look);
    assert!(!outcome(&operation, Some("compat"), 0, &silence()).look);
    let absent = Operation { only, ..create() };
    assert_eq!(outcome(&absent, Some("compat"), 0, &created()).name, "absent");
}

#[test]
fn the_first_outcome_of_its_own_that_matches_wins() {
    let mut operation = create();
    let duplicate = |field| {
        let json = vec![
            ("/detail/code".to_owned(), JsonMatch::Equals(json!("staff_duplicate"))),
            ("/detail/field".to_owned(), JsonMatch::Equals(json!(field))),
        ];
        Match { json, ..status(409) }
    };
    let prose = Match { json: vec![("/detail".to_owned(), matches("already exists"))], ..status(400) };
    let existing = Output { default: None, ..output("existing_id", "/detail/staff_id", Type::certain(Kind::Integer).optional()) };
    operation.outcomes = vec![
        OutcomeRule { output: vec![existing.clone()], ..rule("duplicate_phone", duplicate("phone")) },
        OutcomeRule {
            output: vec![existing],
            ..rule("duplicate_email", Match { any: vec![duplicate("email"), prose], ..Match::default() })
        },
        rule("no_position", Match { json: vec![("/detail".to_owned(), matches("^Position with ID"))], ..status(404) }),
        rule("any_conflict", Match { status: vec![StatusPattern::Class(4)], ..Match::default() }),
    ];
    let phone = told(&operation, &replied_json(409, &json!({ "detail": { "code": "staff_duplicate", "field": "phone", "staff_id": 42 } })));
    assert_eq!((phone.name.as_str(), &phone.output), ("duplicate_phone", &values(&[("existing_id", Value::Integer(42))])));
    let error = phone.error.unwrap();
    assert_eq!((error.code.as_deref(), error.status), (Some("staff_duplicate"), Some(409)));

    let prose = told(&operation, &replied_json(400, &json!({ "detail": "User with email ivan@example.com already exists." })));
    assert_eq!((prose.name.as_str(), &prose.output), ("duplicate_email", &values(&[("existing_id", Value::None)])));
    assert_eq!(prose.error.unwrap().message.as_deref(), Some("User with email *** already exists."));

    assert_eq!(name(&operation, &replied_json(404, &json!({ "detail": "Position with ID 7 not found" }))), "no_position");
    assert_eq!(name(&operation, &replied(418, "")), "any_conflict");
    assert_eq!(name(&operation, &created()), "ok");
}

#[test]
fn an_outcome_of_its_own_has_only_its_own_outputs() {
    let mut operation = create();
    operation.outcomes = vec![rule("seen", status(200))];
    let seen = told(&operation, &replied_json(200, &json!({ "id": 42 })));
    assert_eq!((seen.name.as_str(), seen.output.len()), ("seen", 0));
    assert_eq!(told(&operation, &created()).output.len(), 1);
}

#[test]
fn an_outcome_whose_outputs_are_missing_is_not_that_outcome() {
    let mut operation = create();
    let needs = vec![output("existing_id", "/staff_id", Type::certain(Kind::Integer))];
    operation.outcomes = vec![
        OutcomeRule { output: needs.clone(), ..rule("duplicate", status(409)) },
        OutcomeRule { output: needs, ..rule("merged", status(200)) },
    ];
    assert_eq!(name(&operation, &replied_json(409, &json!({ "staff_id": 1 }))), "duplicate");
    assert_eq!(name(&operation, &replied_json(409, &json!({}))), "refused");
    assert_eq!(name(&operation, &replied_json(200, &json!({ "id": 1 }))), "unknown");
}

#[test]
fn an_empty_body_of_a_server_out_of_order_is_no_not_found() {
    let mut find = read();
    find.outcomes = vec![rule("not_found", json_is("", JsonMatch::Size(0)))];
    assert_eq!(name(&find, &replied_json(200, &json!([]))), "not_found");
    assert_eq!(name(&find, &replied_json(404, &json!({}))), "not_found");
    for status in [401, 403, 408, 425, 429, 500, 502, 503] {
        for body in [json!([]), json!({})] {
            assert_eq!(name(&find, &replied_json(status, &body)), "down", "{status}");
        }
    }
    find.outcomes = vec![rule("closed", Match { status: vec![StatusPattern::Class(5)], ..json_is("/closed", JsonMatch::Present) })];
    assert_eq!(name(&find, &replied_json(503, &json!({ "closed": true }))), "closed");
}

#[test]
fn matches_look_at_json_and_text() {
    let answer = json!({ "n": 1, "s": "ошибка", "none": null, "list": [1, 2], "a/b": 1, "map": { "x": 1 } });
    let holds = |wanted: Match| {
        let mut operation = read();
        operation.outcomes = vec![rule("mine", wanted)];
        name(&operation, &replied_json(200, &answer)) == "mine"
    };
    assert!(holds(json_is("/n", JsonMatch::Equals(json!(1)))) && holds(json_is("/n", JsonMatch::Equals(json!(1.0)))));
    assert!(!holds(json_is("/n", JsonMatch::Equals(json!("1")))) && !holds(json_is("/x", JsonMatch::Equals(json!(1)))));
    assert!(holds(json_is("/map", JsonMatch::Equals(json!({ "x": 1 })))) && holds(json_is("/a~1b", JsonMatch::Present)));
    assert!(holds(json_is("/s", matches("^ошиб"))) && !holds(json_is("/n", matches("1"))));
    assert!(
        holds(json_is("/list", JsonMatch::Size(2)))
            && holds(json_is("/s", JsonMatch::Size(6)))
            && holds(json_is("/map", JsonMatch::Size(1)))
    );
    assert!(!holds(json_is("/n", JsonMatch::Size(1))));
    assert!(holds(json_is("/s", JsonMatch::Present)) && !holds(json_is("/none", JsonMatch::Present)));
    assert!(
        holds(json_is("/none", JsonMatch::Absent)) && holds(json_is("/x", JsonMatch::Absent)) && !holds(json_is("/s", JsonMatch::Absent))
    );
    assert!(holds(Match { text: Some(Regex::new("ошибка").unwrap()), ..Match::default() }));
    assert!(!holds(Match { text: Some(Regex::new("ошибка").unwrap()), ..status(500) }));
}

#[test]
fn a_good_status_with_an_error_inside_is_no_success() {
    let success = Some(json_is("/error", JsonMatch::Absent));
    let odoo = json!({ "jsonrpc": "2.0", "error": { "code": 200, "message": "Odoo Server Error", "data": {
        "name": "odoo.exceptions.ValidationError", "message": "Такой сотрудник уже есть", "debug": "Traceback: secret" } } });
    let search = Operation { safe: true, success: success.clone(), ..operation("POST", "/jsonrpc") };
    let told_of_search = told(&search, &replied_json(200, &odoo));
    assert_eq!(told_of_search.name, "refused");
    let error = told_of_search.error.unwrap();
    assert_eq!(error.message.as_deref(), Some("Такой сотрудник уже есть"));
    assert_eq!((error.code.as_deref(), error.status), (Some("odoo.exceptions.ValidationError"), Some(200)));
    assert_eq!(name(&search, &replied_json(200, &json!({ "result": [] }))), "ok");
    assert_eq!(name(&search, &replied(200, "<html>")), "refused");
    assert_eq!(name(&Operation { safe: false, success, ..search }, &replied_json(200, &odoo)), "unknown");
}

#[test]
fn outputs_are_typed_and_keep_declared_fields_only() {
    let position = record(&[
        ("id", Type::certain(Kind::Integer)),
        ("name", Type::certain(Kind::Text)),
        ("is_active", Type::certain(Kind::Boolean)),
        ("erp_access", Type::certain(Kind::Boolean).optional()),
        ("since", Type::certain(Kind::DateTime).optional()),
    ]);
    let items = Output { defaults: values(&[("is_active", Value::Bool(false))]), ..output("items", "", list(position)) };
    let operation = Operation { output: vec![items], ..operation("GET", "/positions/") };
    let body = json!([
        { "id": 1, "name": "Фотограф", "is_active": true, "erp_access": null, "division_id": 9, "since": "" },
        { "id": 2.0, "name": "Монтажёр", "is_active": null, "erp_access": true },
    ]);
    let told = told(&operation, &replied_json(200, &body));
    let wanted = |id, name: &str, active, access| {
        let since = Value::None;
        Value::Record(values(&[
            ("id", Value::Integer(id)),
            ("name", text(name)),
            ("is_active", Value::Bool(active)),
            ("erp_access", access),
            ("since", since),
        ]))
    };
    let items = vec![wanted(1, "Фотограф", true, Value::None), wanted(2, "Монтажёр", false, Value::Bool(true))];
    assert_eq!(told.output, values(&[("items", Value::List(items))]));
    for surprise in [json!([{ "id": 1 }]), json!([null]), json!({}), json!([{ "id": "1", "name": "x" }]), json!("x")] {
        assert_eq!(name(&operation, &replied_json(200, &surprise)), "refused", "{surprise}");
    }
}

#[test]
fn a_missing_output_is_its_default_or_none() {
    let mut operation = read();
    operation.output = vec![
        Output { default: Some(text("?")), ..output("code", "/code", Type::certain(Kind::Text)) },
        output("user", "/user/id", Type::certain(Kind::Integer).optional()),
        output("dotted", "/odata.count", Type::certain(Kind::Integer).optional()),
    ];
    let wanted = values(&[("code", text("?")), ("user", Value::None), ("dotted", Value::Integer(3))]);
    assert_eq!(told(&operation, &replied_json(200, &json!({ "user": {}, "odata.count": 3 }))).output, wanted);
}

#[test]
fn what_is_not_as_described_is_said_without_what_was_there() {
    let told = told(&create(), &replied_json(200, &json!({ "id": "S3CRET" })));
    let message = told.error.unwrap().message.unwrap();
    assert!(message.contains("id") && message.contains("a whole number") && !message.contains("S3CRET"), "{message}");
}

fn paged(by: PageBy) -> Operation {
    let mut operation = operation("GET", "/positions/");
    operation.output = vec![output("items", "/data", list(Kind::Integer))];
    operation.outcomes = vec![rule("empty", json_is("/data", JsonMatch::Size(0)))];
    operation.pages = Some(Pages { by, size: 2, max: 3 });
    operation
}

#[test]
fn a_page_tells_how_many_items_it_held() {
    let operation = paged(PageBy::Skip);
    let full = told(&operation, &replied_json(200, &json!({ "data": [1, 2] })));
    assert_eq!((full.name.as_str(), full.page.unwrap().items), ("ok", 2));
    let empty = told(&operation, &replied_json(200, &json!({ "data": [] })));
    assert_eq!((empty.name.as_str(), empty.page.unwrap().items), ("empty", 0));
    assert_eq!(told(&operation, &replied(500, "")).page, None);
    assert_eq!(told(&read(), &replied_json(200, &json!({ "id": 1 }))).page, None);
}

#[test]
fn a_next_page_that_leads_astray_is_not_as_described() {
    let operation = paged(PageBy::Next("/next".to_owned()));
    let with = |next: Json| told(&operation, &replied_json(200, &json!({ "data": [1], "next": next })));
    assert_eq!(with(json!(null)).page.unwrap().next, None);
    assert_eq!(with(json!("")).page.unwrap().next, None);
    assert_eq!(with(json!("/positions/?c=2")).page.unwrap().next.as_deref(), Some("/positions/?c=2"));
    for astray in [
        json!("/a/../../admin"),
        json!("/a/%2e%2E/admin"),
        json!("/a//b"),
        json!("\\\\evil"),
        json!("/a\r\nb"),
        json!(7),
        json!("https://evil.example"),
    ] {
        assert_eq!(with(astray.clone()).name, "refused", "{astray}");
    }
}

#[test]
fn a_look_up_tells_what_became_of_the_operation() {
    let mut operation = create();
    operation.output.push(output("activation_code", "/activation_code", Type::certain(Kind::Text).optional()));
    let find = Operation { outcomes: vec![rule("not_found", status(404))], ..read() };
    let found = looked_up(&operation, &told(&find, &replied_json(200, &json!({ "id": 42 }))));
    assert_eq!(found.name, "ok");
    assert_eq!(found.output, values(&[("id", Value::Integer(42)), ("activation_code", Value::None)]));
    let not_found = looked_up(&operation, &told(&find, &replied(404, "")));
    assert_eq!((not_found.name.as_str(), not_found.look), ("down", false));
    for answer in [replied(500, ""), replied(401, ""), replied(200, "<html>"), replied(409, ""), silence(), refused_connection()] {
        let still = looked_up(&operation, &told(&find, &answer));
        assert_eq!((still.name.as_str(), still.look), ("unknown", true), "{answer:?}");
    }
}

/// Bodies that come near to what is described.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let near = prop::sample::select(vec![
        r#"{"id": 42}"#,
        r#"{"id": "42"}"#,
        r#"{"id": null}"#,
        r#"[{"id": 42}]"#,
        r#"{"detail": [{"loc": ["body", "id"], "msg": "no"}]}"#,
        r#"{"error": {"data": {"message": "x"}}}"#,
        r#"{"_server_messages": "[\"{\\\"message\\\": \\\"x\\\"}\"]"}"#,
        "<html>",
    ]);
    let cut = (near.clone(), any::<prop::sample::Index>()).prop_map(|(text, at)| text.as_bytes()[..at.index(text.len() + 1)].to_vec());
    prop_oneof![any::<Vec<u8>>(), near.prop_map(|text| text.as_bytes().to_vec()), cut]
}

proptest! {
    #[test]
    fn nothing_but_what_is_described_is_ok(status in 100u16..700, bytes in body(), age in any::<i64>()) {
        let body = String::from_utf8_lossy(&bytes).into_owned();
        let described = serde_json::from_str::<Json>(body.trim_start_matches('\u{feff}')).is_ok_and(|json| json["id"].as_i64().is_some());
        for (kind, operation, _) in table() {
            let told = outcome(&operation, None, age, &replied(status, body.clone()));
            prop_assert_eq!(told.name == "ok", (200..300).contains(&status) && described, "{}: {} {}", kind, status, body);
            prop_assert!(["ok", "invalid", "refused", "down", "unknown"].contains(&told.name.as_str()));
            prop_assert_eq!(told.error.is_none(), told.name == "ok");
        }
    }
}
