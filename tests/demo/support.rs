//! A demo ERP on a port of its own, a client, and the check of answers against the description.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use usher::demo::{DemoErp, Options, Profile, router, serve};

/// A running demo ERP.
pub struct Erp {
    pub base: String,
    pub client: Client,
    pub profile: Profile,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: u16,
    pub kind: String,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub async fn compat() -> Erp {
    start(Options { profile: Profile::Compat, ..Options::default() }).await
}

pub async fn extended() -> Erp {
    start(Options::default()).await
}

pub async fn start(options: Options) -> Erp {
    run(DemoErp::new(options).unwrap()).await.0
}

/// This one, and what ends it at once.
pub async fn run(erp: DemoErp) -> (Erp, JoinHandle<std::io::Result<()>>) {
    let (erp, listener, state) = prepare(erp).await;
    (erp, tokio::spawn(serve(listener, state, std::future::pending())))
}

/// One whose router is served by others.
pub async fn bare() -> Erp {
    let (erp, listener, state) = prepare(DemoErp::new(Options::default()).unwrap()).await;
    tokio::spawn(axum::serve(listener, router(state)).into_future());
    erp
}

/// One that can be stopped, and what tells that it has.
pub async fn stoppable() -> (Erp, oneshot::Sender<()>, JoinHandle<std::io::Result<()>>) {
    let (erp, listener, state) = prepare(DemoErp::new(Options::default()).unwrap()).await;
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(serve(listener, state, async move { drop(stopped.await) }));
    (erp, stop, ended)
}

async fn prepare(erp: DemoErp) -> (Erp, TcpListener, Arc<DemoErp>) {
    let profile = erp.profile;
    let state = Arc::new(erp);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let client = Client::builder().redirect(redirect::Policy::none()).timeout(Duration::from_secs(10)).no_proxy().build().unwrap();
    (Erp { base, client, profile }, listener, state)
}

impl Erp {
    /// A request without a key.
    pub fn bare(&self, method: &str, target: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{target}", self.base))
    }

    /// A request with the key.
    pub fn request(&self, method: &str, target: &str) -> RequestBuilder {
        self.bare(method, target).header("x-api-key", "demo-key")
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.described("GET", target, self.request("GET", target)).await
    }

    pub async fn send(&self, method: &str, target: &str, body: &Value) -> Answer {
        let request = self.request(method, target).header("content-type", "application/json").body(body.to_string());
        self.described(method, target, request).await
    }

    /// Sends under an idempotency key.
    pub async fn send_once(&self, key: &str, target: &str, body: &Value) -> Answer {
        let request = self.request("POST", target).header("idempotency-key", key);
        self.described("POST", target, request.header("content-type", "application/json").body(body.to_string())).await
    }

    /// Sends, and checks the answer against what the description says of it.
    pub async fn described(&self, method: &str, target: &str, request: RequestBuilder) -> Answer {
        let answer = read(request.send().await.unwrap()).await;
        check(self.profile, method, target, &answer);
        answer
    }

    /// Asks for a failure.
    pub async fn fail(&self, fault: Value) {
        let answer = self.post("/_demo/faults", &fault).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
    }

    /// Posts JSON to a control.
    pub async fn post(&self, target: &str, body: &Value) -> Answer {
        let request = self.bare("POST", target).header("content-type", "application/json").body(body.to_string());
        read(request.send().await.unwrap()).await
    }

    /// What a control shows.
    pub async fn shown(&self, target: &str) -> Value {
        read(self.bare("GET", target).send().await.unwrap()).await.json()
    }
}

pub async fn read(response: Response) -> Answer {
    let headers = response.headers().clone();
    let kind = headers.get("content-type").map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
    Answer { status: response.status().as_u16(), kind, headers, text: response.text().await.unwrap() }
}

pub fn ivanov() -> Value {
    json!({
        "first_name": "Иван",
        "last_name": "Иванов",
        "middle_name": "Иванович",
        "email": "ivanov@example.com",
        "phone": "+79000000001",
        "positions": [{ "position_id": 1, "is_primary": true }],
        "create_user": true,
        "external_id": "tg:1001",
    })
}

/// The same person with other values in some fields; null takes a field away.
pub fn like_ivanov(changes: &Value) -> Value {
    let mut staff = ivanov();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            staff.as_object_mut().unwrap().remove(name);
        } else {
            staff[name] = value.clone();
        }
    }
    staff
}

/// The description, as it is in the repository.
pub fn description() -> Value {
    serde_json::from_str(include_str!("../../schemas/erp.openapi.json")).unwrap()
}

/// An answer has to be described: its status for this profile, its kind of body, and its schema.
fn check(profile: Profile, method: &str, target: &str, answer: &Answer) {
    let whole = description();
    let path = target.split('?').next().unwrap();
    let (_, item) = whole["paths"].as_object().unwrap().iter().find(|(known, _)| fits(known, path)).expect("a described path");
    let operation = &item[method.to_lowercase()];
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{method} {path}: status {} is not described: {}", answer.status, answer.text);
    for part in [item, operation, response] {
        assert!(
            part.get("x-profile").is_none_or(|only| only == profile.name()),
            "{method} {path}: {} is not of this profile",
            answer.status
        );
    }
    let Some(content) = response.get("content") else { return assert_eq!(answer.text, "", "{method} {path}: no body is described") };
    let kind = answer.kind.split(';').next().unwrap();
    let media = content.get(kind).unwrap_or_else(|| panic!("{method} {path}: {kind} is not described"));
    if kind != "application/json" {
        return;
    }
    let mut schema = media["schema"].clone();
    schema["components"] = whole["components"].clone();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&answer.json()).map(|error| format!("{} {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{method} {path} {}: {wrong:?} in {}", answer.status, answer.text);
}

fn fits(known: &str, path: &str) -> bool {
    let (known, path): (Vec<_>, Vec<_>) = (known.split('/').collect(), path.split('/').collect());
    known.len() == path.len() && known.iter().zip(&path).all(|(part, value)| part == value || (part.starts_with('{') && !value.is_empty()))
}
