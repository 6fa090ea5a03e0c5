//! Every family of error bodies becomes one report, which never holds what was sent.

use usher::operation::ErrorReport;

use super::*;

fn report(status: u16, body: &Json) -> ErrorReport {
    told(&create(), &replied_json(status, body)).error.unwrap()
}

fn fields(report: &ErrorReport) -> Vec<(&str, &str)> {
    report.fields.iter().map(|(field, words)| (field.as_str(), words.as_str())).collect()
}

fn message(report: &ErrorReport) -> &str {
    report.message.as_deref().unwrap_or_default()
}

#[test]
fn fastapi_says_it_in_a_sentence() {
    let report = report(400, &json!({ "detail": "Email is required to create a user for the staff member." }));
    assert_eq!(message(&report), "Email is required to create a user for the staff member.");
    assert_eq!((report.status, report.fields.len()), (Some(400), 0));
}

#[test]
fn fastapi_lists_fields_by_the_last_text_of_their_place() {
    let body = json!({ "detail": [
        { "type": "missing", "loc": ["body", "first_name"], "msg": "Field required", "input": { "last_name": "Иванов" } },
        { "type": "value_error", "loc": ["body", "email"], "msg": "value is not a valid email address: An email address must have an @-sign.",
          "input": "ivan_at_home", "ctx": { "reason": "ivan_at_home" } },
        { "type": "int_parsing", "loc": ["body", "positions", 0, "position_id"], "msg": "Input should be a valid integer", "input": "x1y2" },
        { "type": "string_too_short", "loc": ["body", "password"], "msg": "String should have at least 8 characters", "input": "hunter2" },
        { "type": "json_invalid", "loc": ["body", 17], "msg": "JSON decode error" },
    ] });
    let report = report(422, &body);
    assert_eq!(
        fields(&report),
        [
            ("email", "value is not a valid email address: An email address must have an @-sign."),
            ("first_name", "Field required"),
            ("password", "String should have at least 8 characters"),
            ("position_id", "Input should be a valid integer"),
        ]
    );
    assert_eq!(report.code.as_deref(), Some("missing"));
    let all = format!("{report:?}");
    for sent in ["ivan_at_home", "Иванов", "x1y2", "hunter2"] {
        assert!(!all.contains(sent), "{sent}: {all}");
    }
}

#[test]
fn fastapi_gives_an_object() {
    let report = report(
        409,
        &json!({ "detail": { "code": "staff_duplicate", "field": "phone", "message": "Такой номер уже есть", "staff_id": 42 } }),
    );
    assert_eq!(report.code.as_deref(), Some("staff_duplicate"));
    assert_eq!(fields(&report), [("phone", "Такой номер уже есть")]);
    assert_eq!(message(&report), "Такой номер уже есть");
}

#[test]
fn drf_maps_fields() {
    let body = json!({
        "role": ["This field is required."],
        "address": { "city": ["Unknown city."] },
        "phones": [{}, { "number": ["Not a number."] }],
        "non_field_errors": ["Passwords do not match."],
    });
    let report = report(400, &body);
    assert_eq!(fields(&report), [("city", "Unknown city."), ("number", "Not a number."), ("role", "This field is required.")]);
    assert_eq!(message(&report), "Passwords do not match.");
}

#[test]
fn frappe_hides_its_words_in_json_inside_json() {
    let words = json!({ "message": "Не заполнено: <b>Фамилия</b>", "title": "Ошибка", "indicator": "red" }).to_string();
    let body = json!({
        "exc_type": "MandatoryError",
        "exception": "frappe.exceptions.MandatoryError: [Employee, HR-EMP-1]: first_name",
        "_server_messages": json!([words]).to_string(),
    });
    for status in [417, 500] {
        let report = report(status, &body);
        assert_eq!(message(&report), "Не заполнено: Фамилия");
        assert_eq!(report.code.as_deref(), Some("MandatoryError"));
    }
}

#[test]
fn odata_of_1c_says_it_in_its_language() {
    let body = json!({ "odata.error": { "code": "13", "message": { "lang": "ru", "value": "Неверный формат даты" } } });
    for status in [400, 500] {
        let report = report(status, &body);
        assert_eq!((message(&report), report.code.as_deref()), ("Неверный формат даты", Some("13")));
    }
    let fourth = json!({ "error": { "code": "BadRequest", "message": "Wrong", "details": [{ "code": "x", "target": "Person/Email", "message": "Taken" }] } });
    let report = report(400, &fourth);
    assert_eq!((message(&report), report.code.as_deref()), ("Wrong", Some("BadRequest")));
    assert_eq!(fields(&report), [("Email", "Taken")]);
}

#[test]
fn scim_names_its_type() {
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "scimType": "uniqueness", "detail": "userName is taken", "status": "409" });
    let report = report(409, &body);
    assert_eq!((message(&report), report.code.as_deref(), report.status), ("userName is taken", Some("uniqueness"), Some(409)));
}

#[test]
fn others_use_message_errors_and_error() {
    let okta = report(400, &json!({ "errorCode": "E0000001", "errorSummary": "Api validation failed: login" }));
    assert_eq!((message(&okta), okta.code.as_deref()), ("Api validation failed: login", Some("E0000001")));
    let laravel = report(422, &json!({ "message": "The given data was invalid.", "errors": { "email": ["Taken."] } }));
    assert_eq!((message(&laravel), fields(&laravel)), ("The given data was invalid.", vec![("email", "Taken.")]));
    let spring = report(
        400,
        &json!({ "status": 400, "errors": [{ "field": "staff.email", "defaultMessage": "must be set", "rejectedValue": "S3CRET" }] }),
    );
    assert_eq!(fields(&spring), [("email", "must be set")]);
    let api =
        report(422, &json!({ "errors": [{ "status": "422", "title": "Invalid", "source": { "pointer": "/data/attributes/phone" } }] }));
    assert_eq!(fields(&api), [("phone", "Invalid")]);
    let oauth = report(400, &json!({ "error": "invalid_grant", "error_description": "The code is over" }));
    assert_eq!((message(&oauth), oauth.code.as_deref()), ("The code is over", Some("invalid_grant")));
    let nest = report(400, &json!({ "statusCode": 400, "message": ["email must be an email"], "error": "Bad Request" }));
    assert_eq!((message(&nest), nest.fields.len()), ("email must be an email", 0));
    let odoo19 = report(
        422,
        &json!({ "name": "odoo.exceptions.UserError", "message": "Нельзя", "arguments": ["S3CRET"], "debug": "Traceback S3CRET" }),
    );
    assert_eq!(message(&odoo19), "Нельзя");
    for one in [okta, laravel, spring, api, oauth, nest, odoo19] {
        assert!(!format!("{one:?}").contains("S3CRET"), "{one:?}");
    }
}

#[test]
fn an_author_may_point_to_the_words() {
    let mut operation = create();
    operation.error = ErrorPointers {
        message: Some("/fault/text".to_owned()),
        code: Some("/fault/no".to_owned()),
        fields: Some("/fault/by_field".to_owned()),
    };
    let body = json!({ "message": "general", "fault": { "text": "Должность закрыта", "no": 77, "by_field": { "position": "закрыта" } } });
    let report = told(&operation, &replied_json(400, &body)).error.unwrap();
    assert_eq!((message(&report), report.code.as_deref()), ("Должность закрыта", Some("77")));
    assert_eq!(fields(&report), [("position", "закрыта")]);
}

#[test]
fn what_is_no_json_becomes_a_neutral_message() {
    for body in ["Internal Server Error", "<html><head><title>502 Bad Gateway</title></head></html>", "", "ivan@example.com"] {
        for status in [404, 502] {
            let report = told(&create(), &replied(status, body)).error.unwrap();
            assert_eq!(message(&report), format!("HTTP {status}"));
        }
    }
}

#[test]
fn the_exception_of_a_failed_server_is_not_repeated() {
    let body = json!({ "detail": "Failed to create staff: duplicate key value (last_name)=(Иванов)", "code": "db_error" });
    let report = report(500, &body);
    assert_eq!((message(&report), report.code.as_deref()), ("HTTP 500", Some("db_error")));
}

#[test]
fn addresses_and_long_numbers_are_masked() {
    let body = json!({ "detail": "User with email ivan.petrov+x@пример.рф or phone +7 (999) 123-45-67 already exists in unit 12." });
    assert_eq!(message(&report(400, &body)), "User with email *** or phone *** already exists in unit 12.");
}

#[test]
fn words_become_one_short_line() {
    let long = "слово ".repeat(500);
    let body = json!({ "detail": format!("a\u{202e}b\r\n\t<script>c</script> {long}") });
    let report = report(400, &body);
    assert!(message(&report).starts_with("a b c слово"), "{}", message(&report));
    assert!(message(&report).ends_with('…') && message(&report).chars().count() <= 301);
    assert!(!message(&report).contains(['\r', '\n', '\u{202e}', '<']));
}

#[test]
fn data_is_no_error() {
    let mut operation = create();
    operation.outcomes = vec![rule("empty", json_is("/tags", JsonMatch::Size(1)))];
    let report = told(&operation, &replied_json(200, &json!({ "tags": ["a"], "message": "hello" }))).error.unwrap();
    assert_eq!(report, ErrorReport { status: Some(200), ..ErrorReport::default() });
}

#[test]
fn nested_without_end_does_no_harm() {
    let deep = format!("{}1{}", "{\"a\":[".repeat(60), "]}".repeat(60));
    assert_eq!(told(&create(), &replied(400, deep)).name, "refused");
    let deeper = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(told(&create(), &replied(400, deeper)).name, "refused");
}
