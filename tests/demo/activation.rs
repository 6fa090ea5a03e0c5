//! From a code to a login, over the API.

use serde_json::{Value, json};

use crate::support::{Answer, Erp, compat, extended, ivanov};

async fn hire(erp: &Erp) -> Value {
    erp.send("POST", "/api/v1/staff/", &ivanov()).await.json()
}

async fn activate(erp: &Erp, code: &Value, password: &str) -> Answer {
    let target = "/api/v1/auth/activate";
    let body = json!({ "activation_code": code, "password": password }).to_string();
    erp.described("POST", target, erp.bare("POST", target).header("content-type", "application/json").body(body)).await
}

async fn log_in(erp: &Erp, body: &'static str) -> Answer {
    let target = "/api/v1/auth/login";
    let request = erp.bare("POST", target).header("content-type", "application/x-www-form-urlencoded").body(body);
    erp.described("POST", target, request).await
}

#[tokio::test]
async fn a_code_opens_a_login_and_the_login_opens_the_api() {
    for erp in [compat().await, extended().await] {
        let code = hire(&erp).await["activation_code"].clone();
        let right = "grant_type=password&username=ivanov%40example.com&password=correct+horse";
        assert_eq!(log_in(&erp, right).await.status, 401, "not before activation");
        let answer = activate(&erp, &code, "correct horse").await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "msg": "User activated successfully" })));
        let token = log_in(&erp, right).await.json();
        assert_eq!(token["token_type"], "bearer");
        let request = erp.bare("GET", "/api/v1/staff/").bearer_auth(token["access_token"].as_str().unwrap());
        assert_eq!(erp.described("GET", "/api/v1/staff/", request).await.status, 200);
        let wrong = log_in(&erp, "username=ivanov@example.com&password=wrong+horse").await;
        assert_eq!((wrong.status, wrong.header("www-authenticate")), (401, "Bearer"));
    }
}

#[tokio::test]
async fn a_used_code_and_a_wrong_code_are_told_apart() {
    let erp = compat().await;
    let code = hire(&erp).await["activation_code"].clone();
    let wrong = activate(&erp, &"x".repeat(43).into(), "long enough").await;
    assert_eq!((wrong.status, wrong.json()), (404, json!({ "detail": "Invalid activation code." })));
    activate(&erp, &code, "long enough").await;
    let used = activate(&erp, &code, "long enough").await;
    assert_eq!((used.status, used.json()), (400, json!({ "detail": "User is already activated." })));
}

#[tokio::test]
async fn a_short_password_is_refused_and_echoed() {
    let erp = compat().await;
    let answer = activate(&erp, &hire(&erp).await["activation_code"], "short").await;
    let problem = &answer.json()["detail"][0];
    assert_eq!((answer.status, &problem["type"], &problem["input"]), (422, &json!("string_too_short"), &json!("short")));
    assert_eq!(problem["loc"], json!(["body", "password"]));
}

#[tokio::test]
async fn json_is_no_login_form() {
    let erp = compat().await;
    let target = "/api/v1/auth/login";
    let request = erp.bare("POST", target).header("content-type", "application/json").body("{\"username\":\"a\",\"password\":\"b\"}");
    let problems = erp.described("POST", target, request).await.json()["detail"].clone();
    let places: Vec<&Value> = problems.as_array().unwrap().iter().map(|problem| &problem["loc"][1]).collect();
    assert_eq!(places, ["username", "password"]);
}

#[tokio::test]
async fn a_code_expires_in_the_extended_profile_only() {
    for (erp, status) in [(compat().await, 200), (extended().await, 410)] {
        let code = hire(&erp).await["activation_code"].clone();
        erp.post("/_demo/clock", &json!({ "advance": 25 * 3600 })).await;
        assert_eq!(activate(&erp, &code, "long enough").await.status, status);
    }
}

#[tokio::test]
async fn a_new_code_makes_the_old_one_wrong() {
    let erp = extended().await;
    let staff = hire(&erp).await;
    let new = erp.send("POST", &format!("/api/v1/staff/{}/activation-code", staff["id"]), &json!({})).await.json();
    assert_eq!(activate(&erp, &staff["activation_code"], "long enough").await.status, 404);
    assert_eq!(activate(&erp, &new["activation_code"], "long enough").await.status, 200);
}

#[tokio::test]
async fn dismissal_shuts_the_login_and_its_tokens() {
    let erp = extended().await;
    let staff = hire(&erp).await;
    activate(&erp, &staff["activation_code"], "long enough").await;
    let right = "username=ivanov@example.com&password=long+enough";
    let token = log_in(&erp, right).await.json()["access_token"].as_str().unwrap().to_owned();
    erp.send("PUT", &format!("/api/v1/staff/{}", staff["id"]), &json!({ "is_active": false })).await;
    let answer = log_in(&erp, right).await;
    assert_eq!((answer.status, answer.json()), (400, json!({ "detail": "Inactive user" })));
    let request = erp.bare("GET", "/api/v1/staff/").bearer_auth(&token);
    assert_eq!(erp.described("GET", "/api/v1/staff/", request).await.status, 401);
}

#[tokio::test]
async fn the_login_follows_a_corrected_email() {
    let erp = extended().await;
    let staff = hire(&erp).await;
    activate(&erp, &staff["activation_code"], "long enough").await;
    erp.send("PUT", &format!("/api/v1/staff/{}", staff["id"]), &json!({ "email": "right@example.com" })).await;
    assert_eq!(log_in(&erp, "username=right@example.com&password=long+enough").await.status, 200);
}
