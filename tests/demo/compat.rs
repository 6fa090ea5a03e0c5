//! The back-end as it is.

use serde_json::{Value, json};

use crate::support::{compat, ivanov, like_ivanov, read, start};
use usher::demo::{Options, Profile};

#[tokio::test]
async fn creating_staff_with_a_login_answers_201_and_a_code_of_43_characters() {
    let erp = compat().await;
    let answer = erp.send("POST", "/api/v1/staff/", &ivanov()).await;
    assert_eq!(answer.status, 201);
    let staff = answer.json();
    let code = staff["activation_code"].as_str().unwrap();
    assert_eq!(code.len(), 43);
    assert!(code.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_'));
    assert_eq!(staff["positions"][0]["position_name"], "Руководитель отдела");
    assert!(staff["user_id"].is_i64());
    assert!(staff.get("expires_at").is_none() && staff.get("external_id").is_none(), "the additions are not there: {staff}");
}

#[tokio::test]
async fn creating_staff_without_a_login_gives_no_code() {
    let erp = compat().await;
    let staff = erp.send("POST", "/api/v1/staff/", &like_ivanov(&json!({ "create_user": false }))).await.json();
    assert_eq!((&staff["user_id"], &staff["activation_code"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_taken_email_is_told_in_prose_and_only_where_a_login_is_asked_for() {
    let erp = compat().await;
    erp.send("POST", "/api/v1/staff/", &ivanov()).await;
    let again = erp.send("POST", "/api/v1/staff/", &ivanov()).await;
    assert_eq!((again.status, again.json()), (400, json!({ "detail": "User with email ivanov@example.com already exists." })));
    let without = erp.send("POST", "/api/v1/staff/", &like_ivanov(&json!({ "create_user": false }))).await;
    assert_eq!(without.status, 201, "neither e-mail nor phone of staff is unique");
}

#[tokio::test]
async fn a_login_without_an_email_is_refused_in_prose() {
    let erp = compat().await;
    let answer = erp.send("POST", "/api/v1/staff/", &like_ivanov(&json!({ "email": null }))).await;
    assert_eq!((answer.status, answer.json()), (400, json!({ "detail": "Email is required to create a user for the staff member." })));
    assert_eq!(erp.shown("/_demo/staff").await, json!([]), "nothing is created");
}

#[tokio::test]
async fn an_idempotency_key_means_nothing_so_a_repetition_creates_a_second_record() {
    let erp = compat().await;
    let body = like_ivanov(&json!({ "create_user": false }));
    let first = erp.send_once("key-1", "/api/v1/staff/", &body).await.json();
    let second = erp.send_once("key-1", "/api/v1/staff/", &body).await.json();
    assert_ne!(first["id"], second["id"]);
}

#[tokio::test]
async fn unknown_positions_and_organizations_are_not_found() {
    let erp = compat().await;
    let position = erp.send("POST", "/api/v1/staff/", &like_ivanov(&json!({ "positions": [{ "position_id": 99 }] }))).await;
    assert_eq!((position.status, position.json()), (404, json!({ "detail": "Position with ID 99 not found" })));
    let organization = erp.send("POST", "/api/v1/staff/", &like_ivanov(&json!({ "organization_id": 2 }))).await;
    assert_eq!((organization.status, organization.json()), (404, json!({ "detail": "Organization with ID 2 not found" })));
}

#[tokio::test]
async fn a_missing_slash_is_redirected_with_the_query_and_no_body() {
    let erp = compat().await;
    let answer = read(erp.request("POST", "/api/v1/staff?a=1").body("{}").send().await.unwrap()).await;
    assert_eq!((answer.status, answer.text.as_str()), (307, ""));
    assert_eq!(answer.header("location"), format!("{}/api/v1/staff/?a=1", erp.base));
    let other_way = read(erp.request("GET", "/api/v1/staff/1/").send().await.unwrap()).await;
    assert_eq!(other_way.header("location"), format!("{}/api/v1/staff/1", erp.base));
}

#[tokio::test]
async fn missing_fields_are_listed_with_their_places() {
    let erp = compat().await;
    let answer = erp.send("POST", "/api/v1/staff/", &json!({})).await;
    let missing = |field: &str| json!({ "type": "missing", "loc": ["body", field], "msg": "Field required", "input": {} });
    assert_eq!((answer.status, answer.json()), (422, json!({ "detail": [missing("first_name"), missing("last_name")] })));
}

#[tokio::test]
async fn a_bad_value_is_echoed_at_its_place_in_the_lists_too() {
    let erp = compat().await;
    let body = like_ivanov(&json!({ "email": "ivan@", "positions": [{ "is_primary": "maybe" }], "hire_date": "soon", "is_active": [] }));
    let problems = erp.send("POST", "/api/v1/staff/", &body).await.json()["detail"].clone();
    let problem = |place: Value| problems.as_array().unwrap().iter().find(|problem| problem["loc"] == place).expect("a problem").clone();
    let email = problem(json!(["body", "email"]));
    assert_eq!((&email["type"], &email["input"]), (&json!("value_error"), &json!("ivan@")));
    assert_eq!(email["msg"], "value is not a valid email address: There must be something after the @-sign.");
    assert_eq!(problem(json!(["body", "positions", 0, "position_id"]))["type"], "missing");
    assert_eq!(problem(json!(["body", "positions", 0, "is_primary"]))["type"], "bool_parsing");
    assert_eq!(problem(json!(["body", "hire_date"]))["type"], "date_from_datetime_parsing");
    assert_eq!(problem(json!(["body", "is_active"]))["type"], "bool_type");
}

#[tokio::test]
async fn bodies_that_are_no_json_objects_are_told_as_the_framework_does() {
    let erp = compat().await;
    let kind = |text: &'static str, content: &'static str| {
        let request = erp.request("POST", "/api/v1/staff/").header("content-type", content).body(text);
        let erp = &erp;
        async move { erp.described("POST", "/api/v1/staff/", request).await.json()["detail"][0]["type"].clone() }
    };
    assert_eq!(kind("{\"first_name\": ", "application/json").await, "json_invalid");
    assert_eq!(kind("[1]", "application/json").await, "model_attributes_type");
    assert_eq!(kind("a=b", "application/x-www-form-urlencoded").await, "model_attributes_type");
    assert_eq!(kind("", "application/json").await, "missing");
}

#[tokio::test]
async fn a_huge_request_is_refused_before_it_is_read_to_the_end() {
    let erp = compat().await;
    let body = like_ivanov(&json!({ "photo_path": "x".repeat(2 << 20) })).to_string();
    let sent = erp.request("POST", "/api/v1/staff/").header("content-type", "application/json").body(body).send().await;
    if let Ok(response) = sent {
        assert_eq!(response.status(), 413);
    }
    assert_eq!(erp.shown("/_demo/staff").await, json!([]));
}

#[tokio::test]
async fn positions_are_a_bare_array_without_an_access_flag() {
    let erp = compat().await;
    let positions = erp.get("/api/v1/positions/?skip=0&limit=100").await.json();
    let brief = |position: &Value| {
        (position["name"].clone(), position["code"].clone(), position["attribute"].clone(), position["is_active"].clone())
    };
    let expected = [
        ("Руководитель отдела", "POS_HEAD", "HEAD", true),
        ("Фотограф", "POS_PH", "SPECIALIST", true),
        ("Ассистент", "POS_AS", "ASSISTANT", true),
    ];
    for (position, (name, code, level, active)) in positions.as_array().unwrap().iter().zip(expected) {
        assert_eq!(brief(position), (name.into(), code.into(), level.into(), active.into()));
        assert!(position.get("erp_access").is_none());
    }
    assert_eq!((positions.as_array().unwrap().len(), &positions[3]["is_active"]), (4, &json!(false)));
    assert_eq!(erp.get("/api/v1/positions/2").await.json()["code"], "POS_PH");
    assert_eq!(erp.get("/api/v1/positions/77").await.json(), json!({ "detail": "Должность не найдена" }));
}

#[tokio::test]
async fn a_long_list_of_positions_comes_in_pages_and_by_section() {
    let erp = start(Options { profile: Profile::Compat, extra_positions: 120, ..Options::default() }).await;
    let count = |target: &'static str| {
        let erp = &erp;
        async move { erp.get(target).await.json().as_array().unwrap().len() }
    };
    assert_eq!(count("/api/v1/positions/").await, 100);
    assert_eq!(count("/api/v1/positions/?skip=100&limit=100").await, 24);
    assert_eq!(count("/api/v1/positions/?section_id=1").await, 4);
    assert_eq!(erp.get("/api/v1/positions/?skip=x").await.json()["detail"][0]["loc"], json!(["query", "skip"]));
    assert_eq!(erp.get("/api/v1/positions/?skip=-1").await.text, "Internal Server Error");
}

#[tokio::test]
async fn staff_cannot_be_searched_and_errors_look_like_an_empty_list() {
    let erp = compat().await;
    erp.send("POST", "/api/v1/staff/", &ivanov()).await;
    let all = erp.get("/api/v1/staff/").await.json();
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(erp.get("/api/v1/staff/?skip=-1").await.json(), json!([]));
    let ignored = read(erp.request("GET", "/api/v1/staff/?external_id=nobody").send().await.unwrap()).await.json();
    assert_eq!(ignored.as_array().unwrap().len(), 1, "an unknown parameter is ignored, not obeyed");
}

#[tokio::test]
async fn staff_is_shown_changed_dismissed_and_removed() {
    let erp = compat().await;
    let id = erp.send("POST", "/api/v1/staff/", &like_ivanov(&json!({ "create_user": false }))).await.json()["id"].clone();
    let one = format!("/api/v1/staff/{id}");
    assert_eq!(erp.get(&one).await.json()["phone"], "+79000000001");
    let changed = erp.send("PUT", &one, &json!({ "email": "new@example.com", "middle_name": null })).await.json();
    assert_eq!(
        (&changed["email"], &changed["middle_name"], &changed["first_name"]),
        (&json!("new@example.com"), &Value::Null, &json!("Иван"))
    );
    let dismissed = erp.send("PUT", &one, &json!({ "is_active": false })).await.json();
    assert_eq!(dismissed["is_active"], false);
    let removed = erp.described("DELETE", &one, erp.request("DELETE", &one)).await;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    assert_eq!(erp.get(&one).await.json(), json!({ "detail": "Staff not found" }));
    assert_eq!(erp.get("/api/v1/staff/abc").await.json()["detail"][0]["loc"], json!(["path", "staff_id"]));
}

#[tokio::test]
async fn a_change_creates_a_login_whose_code_nobody_gets() {
    let erp = compat().await;
    let id = erp.send("POST", "/api/v1/staff/", &like_ivanov(&json!({ "create_user": false }))).await.json()["id"].clone();
    let changed = erp.send("PUT", &format!("/api/v1/staff/{id}"), &json!({ "create_user": true })).await.json();
    assert!(changed["user_id"].is_i64());
    assert!(changed.get("activation_code").is_none());
    assert_eq!(erp.shown("/_demo/staff").await[0]["login"], "issued");
}

#[tokio::test]
async fn the_additions_are_not_found() {
    let erp = compat().await;
    erp.send("POST", "/api/v1/staff/", &ivanov()).await;
    for (method, path) in
        [("POST", "/api/v1/staff/1/user"), ("POST", "/api/v1/staff/1/activation-code"), ("GET", "/api/v1/staff/1/activation")]
    {
        let answer = read(erp.request(method, path).send().await.unwrap()).await;
        assert_eq!((answer.status, answer.json()), (404, json!({ "detail": "Not Found" })), "{method} {path}");
    }
}

#[tokio::test]
async fn a_wrong_method_or_path_is_told_as_the_framework_does() {
    let erp = compat().await;
    let answer = read(erp.request("DELETE", "/api/v1/staff/").send().await.unwrap()).await;
    assert_eq!((answer.status, answer.header("allow"), answer.json()), (405, "GET, POST", json!({ "detail": "Method Not Allowed" })));
    let answer = read(erp.request("GET", "/api/v2/staff/").send().await.unwrap()).await;
    assert_eq!((answer.status, answer.json()), (404, json!({ "detail": "Not Found" })));
}

#[tokio::test]
async fn the_key_is_taken_from_three_headers_and_nothing_else_gets_in() {
    let erp = compat().await;
    let target = "/api/v1/positions/";
    let ask = |name: &'static str, value: &'static str| {
        let request = erp.bare("GET", target).header(name, value);
        let erp = &erp;
        async move { erp.described("GET", target, request).await }
    };
    for (name, value) in [("x-api-key", "demo-key"), ("api-key", "demo-key"), ("authorization", "Bearer demo-key")] {
        assert_eq!(ask(name, value).await.status, 200, "{name}");
    }
    for (name, value) in [("x-api-key", "wrong"), ("authorization", "Bearer wrong"), ("authorization", "Bearer a.b.c")] {
        let answer = ask(name, value).await;
        assert_eq!((answer.status, answer.json()), (401, json!({ "detail": "Could not validate credentials" })), "{name}");
    }
    let nobody = erp.described("GET", target, erp.bare("GET", target)).await;
    assert_eq!((nobody.status, nobody.json()), (401, json!({ "detail": "Not authenticated" })));
    assert_eq!(nobody.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn health_and_the_lists_around_positions_answer() {
    let erp = compat().await;
    assert_eq!(erp.get("/health").await.json(), json!({ "status": "ok" }));
    for (name, count) in [("organizations", 1), ("divisions", 1), ("sections", 2), ("functions", 0)] {
        assert_eq!(erp.get(&format!("/api/v1/{name}/")).await.json().as_array().unwrap().len(), count, "{name}");
    }
}

#[tokio::test]
async fn the_description_served_is_that_of_the_profile() {
    let described = |erp: crate::support::Erp| async move { erp.get("/openapi.json").await.json()["paths"].clone() };
    let (compat, extended) = (described(compat().await).await, described(crate::support::extended().await).await);
    assert!(compat.get("/api/v1/staff/{staff_id}/user").is_none());
    assert!(extended.get("/api/v1/staff/{staff_id}/user").is_some());
    assert!(compat["/api/v1/staff/"]["post"]["responses"].get("409").is_none());
    assert!(extended["/api/v1/staff/"]["post"]["responses"].get("409").is_some());
}
