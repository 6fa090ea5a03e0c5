//! Requests.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use usher::expr::{Context, Fault, Scope, Time};
use usher::flow::{PageBy, Pages};
use usher::operation::{Request, Sending, exists, request};

use super::*;

/// A scope in which nothing may be looked up: templates of operations see their inputs only.
pub(super) struct Nobody;

impl Scope for Nobody {
    fn get(&self, _: &str) -> Option<std::borrow::Cow<'_, Value>> {
        panic!("a template looked beyond the inputs")
    }

    fn label(&self, _: &str) -> Option<String> {
        panic!("a template looked beyond the inputs")
    }
}

fn sending<'a>(operation: &'a Operation, inputs: &'a BTreeMap<String, Value>) -> Sending<'a> {
    Sending { operation, inputs, profile: None, key: "k3y", page: 0, next: None, fresh: false }
}

fn built(sending: Sending<'_>) -> Result<Request, Fault> {
    request(sending, &Context { scope: &Nobody, language: "ru", zone: &TimeZone::UTC, now: Time(0) })
}

fn sent(operation: &Operation, inputs: &[(&str, Value)]) -> Request {
    built(sending(operation, &values(inputs))).unwrap()
}

fn refusal(operation: &Operation, inputs: &[(&str, Value)]) -> String {
    built(sending(operation, &values(inputs))).unwrap_err().cause
}

fn whole(name: &str) -> BodyNode {
    BodyNode::Whole(expression(name))
}

fn entry(name: &str, node: BodyNode) -> (String, BodyNode) {
    (name.to_owned(), node)
}

fn body(operation: &Operation, inputs: &[(&str, Value)]) -> Json {
    serde_json::from_str(&sent(operation, inputs).body.unwrap().text).unwrap()
}

fn with_id(path: &str) -> Operation {
    Operation { input: [("id".to_owned(), input(Kind::Any))].into(), ..operation("GET", path) }
}

#[test]
fn a_value_in_a_path_is_encoded() {
    let operation = with_id("/staff/{id}/user");
    assert_eq!(sent(&operation, &[("id", Value::Integer(42))]).target, "/staff/42/user");
    assert_eq!(sent(&operation, &[("id", text("tg:1001"))]).target, "/staff/tg:1001/user");
    assert_eq!(sent(&operation, &[("id", text("Иван & К?#%;"))]).target, "/staff/%D0%98%D0%B2%D0%B0%D0%BD%20%26%20%D0%9A%3F%23%25%3B/user");
    assert_eq!(sent(&operation, &[("id", text("%2e%2e"))]).target, "/staff/%252e%252e/user");
}

#[test]
fn a_value_cannot_add_a_segment_or_climb() {
    let operation = with_id("/staff/{id}/user");
    for value in ["1/delete", "..", ".", "", "..\\x", "a\r\nHost: b", "a\nb", "\0"] {
        assert!(refusal(&operation, &[("id", text(value))]).contains("path"), "{value:?}");
    }
    assert!(refusal(&operation, &[]).contains("has no value"));
    assert!(refusal(&with_id("/staff/.{id}"), &[("id", text("."))]).contains("segment"));
}

#[test]
fn an_authors_path_may_be_cyrillic_and_hold_a_query() {
    let mut operation = operation("GET", "/odata/Catalog_Должности?$format=json");
    operation.query = vec![entry("$filter", BodyNode::Constant(json!("IsFolder eq false")))];
    let target = sent(&operation, &[]).target;
    assert_eq!(target, "/odata/Catalog_%D0%94%D0%BE%D0%BB%D0%B6%D0%BD%D0%BE%D1%81%D1%82%D0%B8?$format=json&$filter=IsFolder%20eq%20false");
}

#[test]
fn a_query_leaves_nothing_out_repeats_lists_and_encodes_json() {
    let mut operation = operation("GET", "/staff/");
    operation.input = ["phone", "email", "ids", "name"].map(|name| (name.to_owned(), input(Kind::Any))).into();
    operation.query = vec![
        entry("phone", whole("phone")),
        entry("email", BodyNode::Text(template("<{{ email }}>"))),
        entry("id", whole("ids")),
        entry("filters", BodyNode::Encoded(Box::new(BodyNode::List(vec![BodyNode::Constant(json!("name")), whole("name")])))),
        entry("active", BodyNode::Constant(json!(true))),
    ];
    let inputs = [("phone", text("+79991234567")), ("ids", Value::List(vec![Value::Integer(1), Value::Integer(2)])), ("name", text("a&b"))];
    assert_eq!(sent(&operation, &inputs).target, "/staff/?phone=%2B79991234567&id=1&id=2&filters=%5B%22name%22,%22a%26b%22%5D&active=true");
    assert_eq!(sent(&operation, &[("name", Value::None)]).target, "/staff/?filters=%5B%22name%22%5D&active=true");
}

#[test]
fn a_query_value_cannot_add_an_entry() {
    let mut operation = with_id("/staff/");
    operation.query = vec![entry("external_id", whole("id"))];
    assert_eq!(sent(&operation, &[("id", text("a&admin=1#x"))]).target, "/staff/?external_id=a%26admin%3D1%23x");
    assert_eq!(sent(&operation, &[("id", text("tg:1001"))]).target, "/staff/?external_id=tg:1001");
}

#[test]
fn a_body_is_typed_and_leaves_out_what_is_none() {
    let mut operation = create();
    let names = ["last_name", "middle_name", "position_id", "create_user", "external_id"];
    operation.input = names.map(|name| (name.to_owned(), input(Kind::Any))).into();
    let position = BodyNode::Map(vec![entry("position_id", whole("position_id")), entry("is_primary", BodyNode::Constant(json!(true)))]);
    operation.body = Some(Body::Json(BodyNode::Map(vec![
        entry("last_name", whole("last_name")),
        entry("middle_name", whole("middle_name")),
        entry("note", BodyNode::Text(template("{{ last_name }}, {{ middle_name }}"))),
        entry("kept", BodyNode::Keep(Box::new(whole("middle_name")))),
        entry("positions", BodyNode::List(vec![position])),
        entry("create_user", whole("create_user")),
        entry("external_id", BodyNode::Only("extended".to_owned(), Box::new(whole("external_id")))),
    ])));
    let inputs = values(&[
        ("last_name", text("О\"Нил")),
        ("position_id", Value::Integer(7)),
        ("create_user", Value::Bool(true)),
        ("external_id", text("tg:1001")),
    ]);
    let wanted = json!({
        "last_name": "О\"Нил", "kept": null, "positions": [{ "position_id": 7, "is_primary": true }], "create_user": true,
    });
    let compat = built(sending(&operation, &inputs)).unwrap().body.unwrap();
    assert_eq!(compat.content_type, "application/json");
    assert_eq!(serde_json::from_str::<Json>(&compat.text).unwrap(), wanted);
    let extended = built(Sending { profile: Some("extended"), ..sending(&operation, &inputs) }).unwrap().body.unwrap();
    assert_eq!(serde_json::from_str::<Json>(&extended.text).unwrap()["external_id"], json!("tg:1001"));
}

#[test]
fn a_text_that_asks_for_none_itself_is_not_left_out() {
    let mut operation = create();
    operation.input = [("middle".to_owned(), input(Kind::Text))].into();
    let asks = BodyNode::Text(template("-{% if middle %}{{ middle }}{% endif %}-"));
    operation.body = Some(Body::Json(BodyNode::Map(vec![entry("note", asks)])));
    assert_eq!(body(&operation, &[]), json!({ "note": "--" }));
}

#[test]
fn what_a_person_writes_is_never_a_template() {
    let mut operation = create();
    operation.input = [("note".to_owned(), input(Kind::Text))].into();
    operation.body = Some(Body::Json(BodyNode::Map(vec![entry("a", whole("note")), entry("b", BodyNode::Text(template("<{{ note }}>")))])));
    let note = "{{ 7 * 7 }} </b> \", \"admin\": true";
    assert_eq!(body(&operation, &[("note", text(note))]), json!({ "a": note, "b": format!("<{note}>") }));
}

#[test]
fn a_default_fills_an_input_that_is_not_given() {
    let mut operation = create();
    operation.input = [("level".to_owned(), Declared { default: Some(expression("3")), ..input(Kind::Integer) })].into();
    operation.body = Some(Body::Json(BodyNode::Map(vec![entry("level", whole("level"))])));
    assert_eq!(body(&operation, &[]), json!({ "level": 3 }));
    assert_eq!(body(&operation, &[("level", Value::None)]), json!({ "level": 3 }));
    assert_eq!(body(&operation, &[("level", Value::Integer(5))]), json!({ "level": 5 }));
}

#[test]
fn a_form_is_encoded_as_one() {
    let mut operation = operation("POST", "/login");
    operation.input = ["user", "scopes", "none"].map(|name| (name.to_owned(), input(Kind::Any))).into();
    operation.body = Some(Body::Form(vec![entry("username", whole("user")), entry("scope", whole("scopes")), entry("otp", whole("none"))]));
    let sent = sent(&operation, &[("user", text("a+b&c=d")), ("scopes", Value::List(vec![text("x"), text("y z")]))]).body.unwrap();
    assert_eq!(sent.content_type, "application/x-www-form-urlencoded");
    assert_eq!(sent.text, "username=a%2Bb%26c%3Dd&scope=x&scope=y%20z");
}

#[test]
fn a_header_with_a_line_break_is_refused() {
    let mut operation = with_id("/staff/");
    operation.headers = vec![entry("X-Trace", whole("id"))];
    assert_eq!(sent(&operation, &[("id", text("abc"))]).headers, [("X-Trace".to_owned(), "abc".to_owned())]);
    assert!(sent(&operation, &[]).headers.is_empty());
    for value in ["a\r\nX-Admin: 1", "a\nb", "a\rb", "a\0b"] {
        let cause = refusal(&operation, &[("id", text(value))]);
        assert!(cause.contains("X-Trace") && !cause.contains("Admin"), "{cause}");
    }
}

#[test]
fn the_bodys_own_content_type_is_taken_from_the_headers() {
    let mut operation = create();
    operation.headers = vec![entry("content-type", BodyNode::Constant(json!("application/scim+json")))];
    let sent = sent(&operation, &[]);
    assert_eq!((sent.body.unwrap().content_type.as_str(), sent.headers.len()), ("application/scim+json", 0));
}

#[test]
fn the_key_is_sent_where_the_server_honours_it() {
    let mut operation = Operation { once: Some(once()), ..create() };
    assert_eq!(sent(&operation, &[]).headers, [("Idempotency-Key".to_owned(), "k3y".to_owned())]);
    operation.once.as_mut().unwrap().only = Some("extended".to_owned());
    assert!(sent(&operation, &[]).headers.is_empty());
    let extended = built(Sending { profile: Some("extended"), ..sending(&operation, &BTreeMap::new()) }).unwrap();
    assert_eq!(extended.headers.len(), 1);
}

#[test]
fn limits_and_sharing_travel_with_the_request() {
    let operation = Operation { keep: Some(600_000), timeout: Some(2_000), answer_max: Some(99), ..read() };
    let none = BTreeMap::new();
    let usual = built(sending(&operation, &none)).unwrap();
    assert_eq!((usual.keep, usual.timeout, usual.answer_max), (Some(600_000), Some(2_000), Some(99)));
    assert_eq!(built(Sending { fresh: true, ..sending(&operation, &none) }).unwrap().keep, Some(0));
    assert_eq!(built(Sending { fresh: true, ..sending(&read(), &none) }).unwrap().keep, None);
}

#[test]
fn an_operation_of_another_profile_does_not_exist() {
    let extended = Operation { only: Some("extended".to_owned()), ..read() };
    assert!(exists(&read(), None) && exists(&read(), Some("compat")) && exists(&extended, Some("extended")));
    assert!(!exists(&extended, None) && !exists(&extended, Some("compat")));
}

fn paged(by: PageBy) -> Operation {
    Operation { pages: Some(Pages { by, size: 100, max: 20 }), ..operation("GET", "/positions/") }
}

fn page(operation: &Operation, page: u32, next: Option<&str>) -> String {
    built(Sending { page, next, ..sending(operation, &BTreeMap::new()) }).unwrap().target
}

#[test]
fn pages_are_asked_for_by_what_is_passed_over() {
    let mut operation = paged(PageBy::Skip);
    operation.query = vec![entry("skip", BodyNode::Constant(json!(0))), entry("limit", BodyNode::Constant(json!(100)))];
    assert_eq!(page(&operation, 0, None), "/positions/?skip=0&limit=100");
    assert_eq!(page(&operation, 2, None), "/positions/?skip=200&limit=100");
    operation.query = vec![entry("$skip", BodyNode::Constant(json!(5))), entry("$top", BodyNode::Constant(json!(100)))];
    assert_eq!(page(&operation, 1, None), "/positions/?$skip=105&$top=100");
    operation.query.clear();
    assert_eq!(page(&operation, 1, None), "/positions/?skip=100");
}

#[test]
fn pages_are_asked_for_by_number() {
    let mut operation = paged(PageBy::Page);
    assert_eq!(page(&operation, 0, None), "/positions/?page=1");
    assert_eq!(page(&operation, 3, None), "/positions/?page=4");
    operation.query = vec![entry("page", BodyNode::Constant(json!(0)))];
    assert_eq!(page(&operation, 3, None), "/positions/?page=3");
}

#[test]
fn pages_are_asked_for_where_the_last_one_points() {
    let operation = paged(PageBy::Next("/next".to_owned()));
    for (named, wanted) in [
        ("https://erp.example/positions/?cursor=a", "/positions/?cursor=a"),
        ("http://other.example/gateway/positions/?cursor=a", "/positions/?cursor=a"),
        ("/positions/?cursor=b%20c", "/positions/?cursor=b%20c"),
        ("?cursor=c", "/positions/?cursor=c"),
        ("Positions?$skiptoken=5", "/positions/Positions?$skiptoken=5"),
        ("/positions/page/2", "/positions/page/2"),
        ("//evil.example/positions/?a=1", "/positions/?a=1"),
    ] {
        let answer = replied_json(200, &json!({ "items": [1], "next": named }));
        let seen = told(&operation, &answer).page.unwrap();
        assert_eq!(page(&operation, 1, seen.next.as_deref()), wanted, "{named}");
    }
}

proptest! {
    #[test]
    fn no_value_ever_changes_the_shape_of_a_request(value in any::<String>()) {
        let mut operation = with_id("/staff/{id}/user");
        operation.query = vec![entry("q", whole("id"))];
        operation.headers = vec![entry("X-Id", whole("id"))];
        operation.body = Some(Body::Json(BodyNode::Map(vec![entry("id", whole("id"))])));
        if let Ok(sent) = built(sending(&operation, &values(&[("id", text(&value))]))) {
            let (path, query) = sent.target.split_once('?').unwrap();
            let segments: Vec<&str> = path.split('/').collect();
            prop_assert_eq!(segments.len(), 4);
            prop_assert!(segments[..2] == ["", "staff"] && segments[3] == "user" && !segments[2].is_empty() && segments[2] != "..");
            prop_assert!(sent.target.is_ascii() && !sent.target.contains([' ', '#', '\\', '\r', '\n']));
            prop_assert!(query.starts_with("q=") && !query.contains(['&', '+']));
            prop_assert!(sent.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])));
            prop_assert_eq!(serde_json::from_str::<Json>(&sent.body.unwrap().text).unwrap(), json!({ "id": value }));
        }
    }
}
