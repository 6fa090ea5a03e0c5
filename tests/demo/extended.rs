//! The back-end with the agreed additions.

use serde_json::{Value, json};

use crate::support::{extended, ivanov, like_ivanov};

fn duplicate(field: &str, staff_id: &Value) -> Value {
    json!({ "detail": { "code": "staff_duplicate", "field": field, "staff_id": staff_id } })
}

#[tokio::test]
async fn creating_staff_answers_200_with_a_code_that_expires_in_a_day() {
    let erp = extended().await;
    let answer = erp.send("POST", "/api/v1/staff/", &ivanov()).await;
    assert_eq!(answer.status, 200);
    let staff = answer.json();
    let expires: jiff::Timestamp = staff["expires_at"].as_str().unwrap().parse().unwrap();
    let hours = (expires - jiff::Timestamp::now()).total(jiff::Unit::Hour).unwrap();
    assert!((23.9..=24.0).contains(&hours), "{hours}");
    assert_eq!(staff["external_id"], "tg:1001");
}

#[tokio::test]
async fn positions_say_who_may_have_a_login() {
    let erp = extended().await;
    let access: Vec<Value> =
        erp.get("/api/v1/positions/").await.json().as_array().unwrap().iter().map(|one| one["erp_access"].clone()).collect();
    assert_eq!(access, [true, true, false, true].map(Value::from));
}

#[tokio::test]
async fn whoever_is_known_already_is_told_by_field_and_id() {
    let erp = extended().await;
    let id = erp.send("POST", "/api/v1/staff/", &ivanov()).await.json()["id"].clone();
    let other = json!({ "external_id": "tg:2", "email": "other@example.com", "phone": "+79000000002", "telegram_id": 2 });
    for (field, value) in [("phone", "8 (900) 000-00-01"), ("email", "IVANOV@example.com"), ("external_id", "tg:1001")] {
        let mut changes = other.clone();
        changes[field] = value.into();
        let answer = erp.send("POST", "/api/v1/staff/", &like_ivanov(&changes)).await;
        assert_eq!((answer.status, answer.json()), (409, duplicate(field, &id)), "{field}");
    }
    let second = erp.send("POST", "/api/v1/staff/", &like_ivanov(&other)).await.json()["id"].clone();
    let taken = erp.send("PUT", &format!("/api/v1/staff/{second}"), &json!({ "email": "ivanov@example.com" })).await;
    assert_eq!((taken.status, taken.json()), (409, duplicate("email", &id)));
}

#[tokio::test]
async fn a_login_without_an_email_is_a_problem_of_the_field() {
    let erp = extended().await;
    let answer = erp.send("POST", "/api/v1/staff/", &like_ivanov(&json!({ "email": null }))).await;
    assert_eq!((answer.status, &answer.json()["detail"][0]["loc"]), (422, &json!(["body", "email"])));
}

#[tokio::test]
async fn staff_is_found_by_external_id_phone_and_email() {
    let erp = extended().await;
    let id = erp.send("POST", "/api/v1/staff/", &ivanov()).await.json()["id"].clone();
    let other = json!({ "external_id": "tg:2", "email": "other@example.com", "phone": "+79000000002" });
    erp.send("POST", "/api/v1/staff/", &like_ivanov(&other)).await;
    for query in [
        "external_id=tg:1001",
        "external_id=tg%3A1001",
        "phone=%2B7+900+000-00-01",
        "email=Ivanov@Example.com",
        "phone=89000000001&email=ivanov@example.com",
    ] {
        let found = erp.get(&format!("/api/v1/staff/?{query}")).await.json();
        assert_eq!((found.as_array().unwrap().len(), &found[0]["id"]), (1, &id), "{query}");
    }
    for query in ["external_id=", "external_id=tg:3", "phone=89000000001&email=other@example.com"] {
        assert_eq!(erp.get(&format!("/api/v1/staff/?{query}")).await.json(), json!([]), "{query}");
    }
}

#[tokio::test]
async fn the_same_request_under_the_same_key_is_done_once_and_answered_the_same() {
    let erp = extended().await;
    let first = erp.send_once("key-1", "/api/v1/staff/", &ivanov()).await;
    let second = erp.send_once("key-1", "/api/v1/staff/", &ivanov()).await;
    assert_eq!(first.text, second.text, "the code included");
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));
    assert_eq!(erp.shown("/_demo/staff").await.as_array().unwrap().len(), 1);
    let journal = erp.shown("/_demo/log").await;
    let created: Vec<&Value> = journal.as_array().unwrap().iter().map(|entry| &entry["staff_created"]).collect();
    assert_eq!(created, [&json!(1), &Value::Null]);
}

#[tokio::test]
async fn a_refusal_is_remembered_too_but_not_a_body_that_was_never_accepted() {
    let erp = extended().await;
    let id = erp.send("POST", "/api/v1/staff/", &ivanov()).await.json()["id"].clone();
    let again = like_ivanov(&json!({ "external_id": "tg:2" }));
    assert_eq!(erp.send_once("key-1", "/api/v1/staff/", &again).await.status, 409);
    let one = format!("/api/v1/staff/{id}");
    erp.described("DELETE", &one, erp.request("DELETE", &one)).await;
    assert_eq!(erp.send_once("key-1", "/api/v1/staff/", &again).await.status, 409, "remembered");
    assert_eq!(erp.send_once("key-2", "/api/v1/staff/", &json!({})).await.status, 422);
    assert_eq!(erp.send_once("key-2", "/api/v1/staff/", &again).await.status, 200, "the key of a malformed request is free");
}

#[tokio::test]
async fn a_key_is_not_taken_for_another_request_and_is_forgotten_after_a_day() {
    let erp = extended().await;
    erp.send_once("key-1", "/api/v1/staff/", &ivanov()).await;
    let other = like_ivanov(&json!({ "external_id": "tg:2", "email": "b@example.com", "phone": "+79000000002" }));
    let reused = erp.send_once("key-1", "/api/v1/staff/", &other).await;
    assert_eq!((reused.status, &reused.json()["detail"]["code"]), (422, &json!("idempotency_key_reused")));
    let elsewhere = erp.send_once("key-1", "/api/v1/staff/1/activation-code", &json!({})).await;
    assert_eq!(elsewhere.status, 422);
    for key in ["", "k".repeat(256).as_str()] {
        assert_eq!(erp.send_once(key, "/api/v1/staff/", &other).await.json()["detail"]["code"], "idempotency_key_invalid");
    }
    assert_eq!(erp.post("/_demo/clock", &json!({ "advance": 24 * 3600 + 1 })).await.status, 200);
    assert_eq!(erp.send_once("key-1", "/api/v1/staff/", &other).await.status, 200);
}

#[tokio::test]
async fn two_requests_at_once_under_one_key_create_one_record() {
    let erp = extended().await;
    let body = ivanov();
    let (one, other) = tokio::join!(erp.send_once("key-1", "/api/v1/staff/", &body), erp.send_once("key-1", "/api/v1/staff/", &body));
    assert_eq!(one.text, other.text);
    assert_eq!(erp.shown("/_demo/staff").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_login_is_created_later_once() {
    let erp = extended().await;
    let id = erp.send("POST", "/api/v1/staff/", &like_ivanov(&json!({ "create_user": false }))).await.json()["id"].clone();
    let target = format!("/api/v1/staff/{id}/user");
    let created = erp.send_once("key-1", &target, &json!({})).await;
    assert_eq!((created.status, created.json()["activation_code"].as_str().unwrap().len()), (201, 43));
    assert_eq!(erp.send_once("key-1", &target, &json!({})).await.text, created.text);
    let again = erp.send_once("key-2", &target, &json!({})).await;
    assert_eq!((again.status, again.json()), (409, json!({ "detail": { "code": "user_exists" } })));
    assert_eq!(erp.send("POST", "/api/v1/staff/99/user", &json!({})).await.status, 404);
}

#[tokio::test]
async fn a_login_needs_an_email_later_too() {
    let erp = extended().await;
    let id = erp.send("POST", "/api/v1/staff/", &like_ivanov(&json!({ "create_user": false, "email": null }))).await.json()["id"].clone();
    assert_eq!(erp.send("POST", &format!("/api/v1/staff/{id}/user"), &json!({})).await.status, 422);
}

#[tokio::test]
async fn the_state_of_a_login_is_told_at_every_stage() {
    let erp = extended().await;
    let staff = erp.send("POST", "/api/v1/staff/", &like_ivanov(&json!({ "create_user": false }))).await.json();
    let one = format!("/api/v1/staff/{}", staff["id"]);
    let state = || async { erp.get(&format!("{one}/activation")).await.json() };
    assert_eq!(state().await, json!({ "state": "none", "issued_at": null, "expires_at": null }));
    assert_eq!(erp.send("POST", &format!("{one}/activation-code"), &json!({})).await.status, 404, "no login, no code");
    let made = erp.send("POST", &format!("{one}/user"), &json!({})).await.json();
    let told = state().await;
    assert_eq!((&told["state"], &told["expires_at"]), (&json!("issued"), &made["expires_at"]));
    let revoke = format!("{one}/activation-code");
    for _ in 0..2 {
        assert_eq!(erp.described("DELETE", &revoke, erp.request("DELETE", &revoke)).await.status, 204, "revoking is repeatable");
    }
    assert_eq!(state().await["state"], "none");
    let code = erp.send("POST", &revoke, &json!({})).await.json()["activation_code"].clone();
    erp.send("POST", "/api/v1/auth/activate", &json!({ "activation_code": code, "password": "long enough" })).await;
    assert_eq!(state().await, json!({ "state": "active", "issued_at": null, "expires_at": null }));
    let active = erp.send("POST", &revoke, &json!({})).await;
    assert_eq!((active.status, active.json()), (409, json!({ "detail": { "code": "user_active" } })));
    assert_eq!(erp.get("/api/v1/staff/99/activation").await.status, 404);
}
