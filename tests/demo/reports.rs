//! What the demo ERP reports by itself: each activation, signed, until it is taken.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use usher::demo::{DemoErp, Options, Profile, Receiver};

use crate::support::{Erp, ivanov, like_ivanov, run, start};

const SECRET: &str = "a-secret_of-no-worth";
const PASSWORD: &str = "correct horse";

/// Whoever is told: what came, and how it is answered; 200 if nothing else is said.
#[derive(Clone, Default)]
struct Ear {
    heard: Arc<Mutex<Vec<Value>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Ear {
    async fn listen(&self, address: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/bot/events/erp.activated", post(hear)).with_state(self.clone());
        tokio::spawn(axum::serve(listener, routes).into_future());
        address
    }

    fn heard(&self) -> Vec<Value> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until this many reports have come, and a little longer for one that should not.
    async fn hears(&self, count: usize) -> Vec<Value> {
        let come = async {
            while self.heard().len() < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), come).await.unwrap_or_else(|_| panic!("only {:?}", self.heard()));
        tokio::time::sleep(Duration::from_millis(300)).await;
        let heard = self.heard();
        assert_eq!(heard.len(), count, "{heard:?}");
        heard
    }
}

async fn hear(State(ear): State<Ear>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers["x-usher-signature"].to_str().unwrap();
    let (at, seal) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let now = jiff::Timestamp::now().as_second();
    assert!((now - at.parse::<i64>().unwrap()).abs() < 60, "it would be refused as too old: {signature}");
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{at}.").as_bytes());
    mac.update(&body);
    assert_eq!(seal, format!("{:x}", mac.finalize().into_bytes()));
    ear.heard.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
    let answer = ear.answers.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(answer).unwrap()
}

fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn telling(ear: SocketAddr, profile: Profile) -> Options {
    let receiver = Receiver::new(&format!("http://{ear}/bot/"), SECRET.to_owned()).unwrap();
    Options { profile, receiver: Some(receiver), ..Options::default() }
}

/// Hires and activates; the number of the member of staff.
async fn activated(erp: &Erp, staff: &Value) -> Value {
    let staff = erp.send("POST", "/api/v1/staff/", staff).await.json();
    let body = json!({ "activation_code": staff["activation_code"], "password": PASSWORD });
    assert_eq!(erp.post("/api/v1/auth/activate", &body).await.status, 200);
    staff["id"].clone()
}

fn petrova() -> Value {
    like_ivanov(&json!({ "last_name": "Петрова", "email": "petrova@example.com", "phone": "+79000000002", "external_id": "tg:1002" }))
}

#[tokio::test]
async fn an_activation_is_reported_once_wherever_the_clock_stands() {
    let ear = Ear::default();
    let erp = start(telling(ear.listen(anywhere()).await, Profile::Extended)).await;
    erp.post("/_demo/clock", &json!({ "advance": 3600 })).await;
    let id = activated(&erp, &ivanov()).await;
    let heard = ear.hears(1).await;
    assert_eq!(heard[0]["fields"], json!({ "staff_id": id }));
    let wrong = json!({ "activation_code": "x".repeat(43), "password": PASSWORD });
    assert_eq!(erp.post("/api/v1/auth/activate", &wrong).await.status, 404);
    let other = activated(&erp, &petrova()).await;
    let heard = ear.hears(2).await;
    assert_eq!(heard[1]["fields"], json!({ "staff_id": other }));
    assert_ne!(heard[0]["id"], heard[1]["id"]);
    // All is forgotten, and the numbers begin anew.
    erp.post("/_demo/reset", &json!({})).await;
    assert_eq!(activated(&erp, &ivanov()).await, id);
    assert_ne!(ear.hears(3).await[2]["id"], heard[0]["id"]);
}

#[tokio::test]
async fn the_page_that_needs_no_script_reports_as_well() {
    let ear = Ear::default();
    let erp = start(telling(ear.listen(anywhere()).await, Profile::Extended)).await;
    let staff = erp.send("POST", "/api/v1/staff/", &ivanov()).await.json();
    let form = [("activation_code", staff["activation_code"].as_str().unwrap()), ("password", PASSWORD), ("repeat", PASSWORD)];
    let body = form.map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).join("&");
    let request = erp.bare("POST", "/activate").header("content-type", "application/x-www-form-urlencoded").body(body);
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(ear.hears(1).await[0]["fields"], json!({ "staff_id": staff["id"] }));
}

#[tokio::test]
async fn what_is_not_taken_is_told_again_and_what_is_refused_is_not() {
    let ear = Ear::default();
    ear.answers.lock().unwrap().extend([503, 200, 422, 200]);
    let erp = start(telling(ear.listen(anywhere()).await, Profile::Extended)).await;
    let id = activated(&erp, &ivanov()).await;
    let heard = ear.hears(2).await;
    assert_eq!((&heard[0], &heard[0]["fields"]["staff_id"]), (&heard[1], &id), "the same report, under the same id");
    let refused = activated(&erp, &petrova()).await;
    assert_eq!(ear.hears(3).await[2]["fields"]["staff_id"], refused);
    let third = like_ivanov(&json!({ "email": "third@example.com", "phone": "+79000000003", "external_id": "tg:1003" }));
    let third = activated(&erp, &third).await;
    assert_eq!(ear.hears(4).await[3]["fields"]["staff_id"], third, "one that is refused does not hold up the next");
}

fn kept(address: SocketAddr, folder: &Path) -> DemoErp {
    DemoErp::kept_in(telling(address, Profile::Extended), folder.join("erp.json")).unwrap()
}

#[tokio::test]
async fn a_receiver_that_is_away_hears_it_later_and_from_the_next_run_as_well() {
    let ear = Ear::default();
    let address = TcpListener::bind(anywhere()).await.unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (erp, first_run) = run(kept(address, folder.path())).await;
    let one = activated(&erp, &ivanov()).await;
    first_run.abort();
    assert!(first_run.await.unwrap_err().is_cancelled());
    let (erp, _second_run) = run(kept(address, folder.path())).await;
    let other = activated(&erp, &petrova()).await;
    ear.listen(address).await;
    let told: Vec<Value> = ear.hears(2).await.iter().map(|report| report["fields"]["staff_id"].clone()).collect();
    assert_eq!(told, [one, other]);
    let left: Value = serde_json::from_slice(&std::fs::read(folder.path().join("erp.json")).unwrap()).unwrap();
    assert_eq!(left["reports"], json!([]), "what was taken is not told in a third run");
    assert!(!left.to_string().contains(SECRET));
}

#[tokio::test]
async fn the_back_end_as_it_is_reports_nothing() {
    let ear = Ear::default();
    let erp = start(telling(ear.listen(anywhere()).await, Profile::Compat)).await;
    activated(&erp, &ivanov()).await;
    ear.hears(0).await;
}

#[test]
fn a_receiver_is_an_address_of_a_server() {
    for wrong in
        ["", "127.0.0.1:8080", "ftp://bot.example.com", "http://", "http://user:word@bot.example.com", "http://bot.example.com/?a=b"]
    {
        assert!(Receiver::new(wrong, SECRET.to_owned()).is_err(), "{wrong}");
    }
    for right in ["http://127.0.0.1:8080", "https://bot.example.com/", "https://bot.example.com/usher"] {
        assert!(Receiver::new(right, SECRET.to_owned()).is_ok(), "{right}");
    }
}
