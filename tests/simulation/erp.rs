//! The demo ERP, asked without a network and by the clock of the simulation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request as HttpRequest;
use serde_json::{Value, json};
use tower::ServiceExt;

use usher::demo::{DemoErp, Options, Profile, router};
use usher::operation::{Answer, Request};

pub struct Erp {
    router: Router,
    /// How far its clock has been moved ahead of the real one, in seconds.
    moved: Mutex<i64>,
    /// Whose employee was to be created under which keys.
    pub keys: Mutex<BTreeMap<String, BTreeSet<String>>>,
}

impl Erp {
    pub fn new(profile: Profile) -> Self {
        let erp = DemoErp::new(Options { profile, ..Options::default() }).unwrap();
        Self { router: router(Arc::new(erp)), moved: Mutex::default(), keys: Mutex::default() }
    }

    /// Lets its clock show this time, in milliseconds since 1970. It takes steps of a year at most.
    async fn set_clock(&self, now: i64) {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let ahead = now / 1000 - i64::try_from(real).unwrap();
        loop {
            let by = (ahead - *self.moved.lock().unwrap()).clamp(0, 31_000_000);
            if by == 0 {
                return;
            }
            *self.moved.lock().unwrap() += by;
            self.ask("POST", "/_demo/clock", &[], Some(json!({ "advance": by }).to_string())).await;
        }
    }

    async fn ask(&self, method: &str, target: &str, headers: &[(String, String)], body: Option<String>) -> (u16, Option<u32>, String) {
        let mut request = HttpRequest::builder().method(method).uri(target).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.header("x-api-key", "demo-key").body(body.map_or_else(Body::empty, Body::from)).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (status, retry_after) = (answer.status().as_u16(), answer.headers().get("retry-after").cloned());
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap_or_default();
        let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        (status, retry_after, String::from_utf8_lossy(&body).into_owned())
    }

    /// Does what a request of the bot asks.
    pub async fn perform(&self, request: &Request, now: i64) -> Answer {
        self.set_clock(now).await;
        let body = request.body.as_ref().map(|body| body.text.clone());
        self.note_key(request, body.as_deref());
        let (status, retry_after, body) = self.ask(&request.method, &request.target, &request.headers, body).await;
        Answer::Replied { status, retry_after, body }
    }

    fn note_key(&self, request: &Request, body: Option<&str>) {
        if request.operation != "erp.create_staff" {
            return;
        }
        let key = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("idempotency-key")).map(|(_, key)| key.clone());
        let body: Value = body.and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
        let whose = body["external_id"].as_str().or(body["email"].as_str()).unwrap_or_default().to_owned();
        self.keys.lock().unwrap().entry(whose).or_default().extend(key);
    }

    /// Somebody opens the page and activates their login; whether it took the code.
    pub async fn activate(&self, code: &str, now: i64) -> bool {
        self.set_clock(now).await;
        let body = json!({ "activation_code": code, "password": "correct horse" }).to_string();
        self.ask("POST", "/api/v1/auth/activate", &[], Some(body)).await.0 == 200
    }

    /// All staff.
    pub async fn staff(&self) -> Vec<Value> {
        let (.., body) = self.ask("GET", "/_demo/staff", &[], None).await;
        serde_json::from_str::<Value>(&body).unwrap().as_array().cloned().unwrap_or_default()
    }
}
