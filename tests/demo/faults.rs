//! Failures on purpose, and what is left of a request that met one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Erp, bare, compat, extended, ivanov, like_ivanov, read, stoppable};

fn create(erp: &Erp) -> reqwest::RequestBuilder {
    erp.request("POST", "/api/v1/staff/").header("content-type", "application/json").body(ivanov().to_string())
}

async fn staff_count(erp: &Erp) -> usize {
    erp.shown("/_demo/staff").await.as_array().unwrap().len()
}

#[tokio::test]
async fn a_status_is_answered_as_often_as_asked_and_nothing_is_done() {
    let erp = extended().await;
    erp.fail(json!({ "next": 2, "route": "POST /api/v1/staff/", "status": 500 })).await;
    assert_eq!(erp.get("/api/v1/positions/").await.status, 200, "another route is unharmed");
    for _ in 0..2 {
        let answer = read(create(&erp).send().await.unwrap()).await;
        assert_eq!(
            (answer.status, answer.kind.as_str(), answer.text.as_str()),
            (500, "text/plain; charset=utf-8", "Internal Server Error")
        );
    }
    assert_eq!(staff_count(&erp).await, 0);
    assert_eq!(create(&erp).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn what_a_browser_asks_by_itself_uses_up_no_failure_and_stands_in_no_list() {
    let erp = extended().await;
    erp.fail(json!({ "next": 1, "status": 503 })).await;
    for path in ["/favicon.ico", "/apple-touch-icon.png", "/.well-known/appspecific/com.chrome.devtools.json", "/no/such/thing"] {
        assert_eq!(erp.request("GET", path).send().await.unwrap().status(), 404, "{path}");
    }
    let listed = erp.shown("/_demo/log").await;
    let paths: Vec<&str> = listed.as_array().unwrap().iter().map(|entry| entry["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/no/such/thing"]);
    assert_eq!(create(&erp).send().await.unwrap().status(), 503, "it was meant for this");
}

#[tokio::test]
async fn a_status_may_ask_to_wait() {
    let erp = extended().await;
    erp.fail(json!({ "status": 429, "retry_after": 7 })).await;
    let answer = read(create(&erp).send().await.unwrap()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "7"));
    erp.fail(json!({ "status": 502 })).await;
    assert_eq!(read(create(&erp).send().await.unwrap()).await.kind, "text/html", "a proxy answers in HTML");
    erp.fail(json!({ "status": 401 })).await;
    assert_eq!(read(create(&erp).send().await.unwrap()).await.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn an_error_after_the_commit_leaves_a_member_of_staff() {
    let erp = compat().await;
    erp.fail(json!({ "route": "POST /api/v1/staff/", "status": 500, "drop_after_commit": true })).await;
    let answer = read(create(&erp).send().await.unwrap()).await;
    assert_eq!(answer.status, 500);
    assert!(answer.json()["detail"].as_str().unwrap().starts_with("Failed to create staff: "));
    assert_eq!(staff_count(&erp).await, 1);
}

#[tokio::test]
async fn a_lost_answer_leaves_a_member_of_staff_and_a_cut_connection() {
    let erp = extended().await;
    erp.fail(json!({ "route": "POST /api/v1/staff/", "drop_after_commit": true })).await;
    assert!(create(&erp).header("idempotency-key", "key-1").send().await.is_err());
    let entry = erp.shown("/_demo/log").await[0].clone();
    assert_eq!((&entry["status"], &entry["staff_created"], &entry["fault"]), (&Value::Null, &json!(1), &json!("drop_after_commit")));
    let again = read(create(&erp).header("idempotency-key", "key-1").send().await.unwrap()).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, "true"), "the key brings the answer back");
    assert_eq!(staff_count(&erp).await, 1);
}

#[tokio::test]
async fn a_caller_who_gave_up_has_a_member_of_staff_all_the_same() {
    let erp = extended().await;
    erp.fail(json!({ "delay_ms": 300 })).await;
    assert!(create(&erp).timeout(Duration::from_millis(50)).send().await.unwrap_err().is_timeout());
    let begun = Instant::now();
    while staff_count(&erp).await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(5), "the work was never finished");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_delay_is_at_least_as_long_as_asked() {
    let erp = extended().await;
    erp.fail(json!({ "route": "GET /health", "delay_ms": 150 })).await;
    let begun = Instant::now();
    assert_eq!(erp.get("/health").await.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn garbage_and_a_huge_answer_hide_that_it_was_done() {
    let erp = extended().await;
    erp.fail(json!({ "garbage": true })).await;
    let garbage = read(create(&erp).send().await.unwrap()).await;
    assert_eq!((garbage.status, garbage.kind.as_str()), (200, "application/json"));
    assert!(serde_json::from_str::<Value>(&garbage.text).is_err());
    assert_eq!(staff_count(&erp).await, 1);
    erp.fail(json!({ "huge": true, "route": "GET /api/v1/positions/" })).await;
    let huge = read(erp.request("GET", "/api/v1/positions/").send().await.unwrap()).await;
    assert!(huge.status == 200 && huge.text.len() > 5 << 20);
}

#[tokio::test]
async fn a_login_may_be_created_and_not_linked() {
    let erp = compat().await;
    erp.fail(json!({ "unlinked": true })).await;
    let staff = erp.send("POST", "/api/v1/staff/", &ivanov()).await.json();
    assert_eq!(staff["user_id"], Value::Null);
    assert!(staff["activation_code"].is_string());
    assert_eq!(erp.shown("/_demo/staff").await[0]["linked"], false);
}

#[tokio::test]
async fn refused_connections_send_nothing_and_end_by_themselves() {
    let erp = extended().await;
    assert_eq!(erp.get("/health").await.status, 200, "a connection is open and kept");
    let other = reqwest::Client::builder().no_proxy().build().unwrap();
    let health = format!("{}/health", erp.base);
    assert!(other.get(&health).send().await.is_ok());
    erp.fail(json!({ "refuse": true, "delay_ms": 400 })).await;
    let refused = other.get(&health).send().await.unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    let begun = Instant::now();
    while other.get(&health).send().await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(5), "the door stayed shut");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_failure_that_makes_no_sense_is_refused_with_the_reason() {
    let erp = extended().await;
    let wrong = [
        (json!({}), "nothing would fail"),
        (json!({ "status": 200 }), "from 300 to 599"),
        (json!({ "garbage": true, "huge": true }), "exclude each other"),
        (json!({ "refuse": true, "route": "GET /health" }), "takes no route"),
        (json!({ "delay_ms": 1, "retry_after": 3 }), "belongs to a status"),
        (json!({ "status": 500, "route": "POST /api/v1/staff" }), "there is no route"),
        (json!({ "stauts": 500 }), "unknown field `stauts`"),
    ];
    for (fault, words) in wrong {
        let answer = erp.post("/_demo/faults", &fault).await;
        assert_eq!(answer.status, 422, "{fault}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(words), "{}", answer.text);
    }
    let plain =
        read(erp.bare("POST", "/_demo/faults").header("content-type", "text/plain").body("{\"status\":500}").send().await.unwrap()).await;
    assert_eq!(plain.status, 415, "a page elsewhere cannot break things");
}

#[tokio::test]
async fn waiting_failures_are_shown_and_forgotten() {
    let erp = extended().await;
    erp.fail(json!({ "next": 3, "status": 503 })).await;
    assert_eq!(erp.shown("/_demo/faults").await[0]["next"], 3);
    erp.fail(json!({ "next": 0 })).await;
    assert_eq!(erp.shown("/_demo/faults").await, json!([]));
}

#[tokio::test]
async fn the_journal_holds_no_personal_data() {
    let erp = extended().await;
    let code = erp.send_once("key-1", "/api/v1/staff/", &ivanov()).await.json()["activation_code"].as_str().unwrap().to_owned();
    erp.get("/api/v1/staff/?phone=%2B79000000001&email=ivanov@example.com").await;
    erp.send("POST", "/api/v1/staff/", &like_ivanov(&json!({ "external_id": "tg:2" }))).await;
    let journal = erp.shown("/_demo/log").await;
    for secret in ["79000000001", "ivanov", "Иван", "demo-key", code.as_str()] {
        assert!(!journal.to_string().contains(secret), "{secret} in {journal}");
    }
    assert_eq!(journal[0]["idempotency_key"], "key-1");
    assert_eq!(journal[1]["query"], json!(["phone", "email"]));
    assert_eq!((&journal[2]["status"], &journal[2]["staff_created"]), (&json!(409), &Value::Null));
    assert!(!erp.shown("/_demo/staff").await.to_string().contains(&code));
}

#[tokio::test]
async fn a_reset_forgets_everything_and_ids_begin_again() {
    let erp = extended().await;
    erp.send_once("key-1", "/api/v1/staff/", &ivanov()).await;
    erp.fail(json!({ "status": 500 })).await;
    assert_eq!(erp.bare("POST", "/_demo/reset").send().await.unwrap().status(), 204);
    assert_eq!((staff_count(&erp).await, erp.shown("/_demo/log").await), (0, json!([])));
    let staff = erp.send_once("key-1", "/api/v1/staff/", &ivanov()).await;
    assert_eq!((staff.status, &staff.json()["id"]), (200, &json!(1)));
}

#[tokio::test]
async fn without_its_own_listener_a_lost_answer_breaks_off_and_nothing_can_be_refused() {
    let erp = bare().await;
    erp.fail(json!({ "drop_after_commit": true })).await;
    let lost = create(&erp).send().await;
    let broke_off = match lost {
        Err(_) => true,
        Ok(response) => response.bytes().await.is_err(),
    };
    assert!(broke_off);
    assert_eq!(staff_count(&erp).await, 1);
    assert_eq!(erp.post("/_demo/faults", &json!({ "refuse": true })).await.status, 409);
}

#[tokio::test]
async fn a_stop_finishes_what_is_being_answered_and_waits_no_longer_than_that() {
    let (erp, stop, ended) = stoppable().await;
    erp.fail(json!({ "delay_ms": 200 })).await;
    let answer = tokio::spawn(create(&erp).send());
    while erp.shown("/_demo/faults").await != json!([]) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.send(()).unwrap();
    assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    let begun = Instant::now();
    ended.await.unwrap().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert!(erp.bare("GET", "/health").send().await.unwrap_err().is_connect());
}
