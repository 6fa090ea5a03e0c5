//! HTTP: connections that can be cut, methods by name in any case, and the poll that waits.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{DefaultBodyLimit, State as With};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::serve::{IncomingStream, Listener};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout_at};

use super::BotApi;
use super::faults::Fault;
use super::methods::{self, Refusal};
use super::parameters::Parameters;
use super::world::{Call, World};

/// Serves on a thread of its own until told to stop; returns the address once connections are taken.
pub(super) async fn start(world: Arc<World>, stopped: oneshot::Receiver<()>) -> SocketAddr {
    let (ready, address) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            ready.send(listener.local_addr().unwrap()).unwrap();
            let bringing = bring(Arc::clone(&world));
            let app = Router::new().fallback(answer).layer(DefaultBodyLimit::max(21 << 20)).with_state(world);
            let service = app.into_make_service_with_connect_info::<Cut>();
            tokio::select! {
                _ = async { axum::serve(Cuttables(listener), service).await } => {}
                () = bringing => {}
                _ = stopped => {}
            }
        });
    });
    address.await.unwrap()
}

async fn answer(With(world): With<Arc<World>>, ConnectInfo(cut): ConnectInfo<Cut>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(path) = uri.path().strip_prefix("/file/bot") {
        return file(&world, path);
    }
    let Some((token, method)) = uri.path().strip_prefix("/bot").and_then(|path| path.split_once('/')) else {
        return refused(&Refusal::new(404, "Not Found"));
    };
    if token != BotApi::TOKEN || world.state().revoked {
        return refused(&Refusal::new(401, "Unauthorized"));
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parameters = match Parameters::read(content_type, &body, uri.query().unwrap_or_default()) {
        Ok(parameters) => parameters,
        Err(refusal) => return refused(&refusal),
    };
    let call = Call { method: method.to_owned(), parameters: parameters.as_json(), answer: None, at: Instant::now() };
    let (place, fault) = world.change(|state| {
        state.calls.push(call);
        (state.calls.len() - 1, state.faults.take(method))
    });
    let outcome = match &fault {
        Some(Fault::TooMany(seconds)) => Err(Refusal::too_many(*seconds)),
        Some(Fault::Refuse(code, why)) => Err(Refusal::new(*code, why)),
        Some(Fault::Status(status)) => {
            world.change(|state| state.calls[place].answer = Some(json!({ "ok": false, "error_code": status })));
            return (StatusCode::from_u16(*status).unwrap(), "<html><h1>The server has failed</h1></html>").into_response();
        }
        Some(Fault::DropBefore) => {
            cut.cut();
            return StatusCode::OK.into_response();
        }
        _ if method.eq_ignore_ascii_case("getUpdates") => get_updates(&world, &mut parameters).await,
        _ => world.change(|state| methods::call(state, &method.to_ascii_lowercase(), &mut parameters)),
    };
    if outcome.is_ok() {
        let unknown = parameters.unread().into_iter().map(|name| format!("{method}: {name}"));
        world.change(|state| state.objections.extend(unknown));
    }
    match fault {
        Some(Fault::DropAfter) => {
            cut.cut();
            return StatusCode::OK.into_response();
        }
        Some(Fault::Garbage) => return (StatusCode::OK, "<html>").into_response(),
        Some(Fault::Slow(delay)) => sleep(delay).await,
        _ => {}
    }
    let response = written(&outcome);
    world.change(|state| {
        if let Some(call) = state.calls.get_mut(place) {
            call.answer = Some(json_of(&outcome));
        }
    });
    response
}

/// Brings updates to the webhook, again and again until they are taken.
async fn bring(world: Arc<World>) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut changed = world.watch();
    loop {
        changed.borrow_and_update();
        let due = world.state().due_at_webhook();
        for (lane, pending) in due {
            let (client, world) = (client.clone(), Arc::clone(&world));
            let (url, secret) = {
                let state = world.state();
                (state.webhook.clone(), state.hook.secret.clone())
            };
            tokio::spawn(async move {
                let body = json!({"update_id": pending.id, pending.kind.as_str(): pending.body});
                let request = client.post(url).header("X-Telegram-Bot-Api-Secret-Token", secret).json(&body);
                let status = request.send().await.map_or(0, |answer| answer.status().as_u16());
                if !(200..300).contains(&status) {
                    sleep(Duration::from_millis(50)).await;
                }
                world.change(|state| state.brought(lane, pending.id, status));
            });
        }
        if changed.changed().await.is_err() {
            return;
        }
    }
}

/// A file, by the path that `getFile` gave.
fn file(world: &World, path: &str) -> Response {
    let id = path.strip_prefix(&format!("{}/documents/", BotApi::TOKEN)).and_then(|name| name.strip_suffix(".bin"));
    match id.and_then(|id| world.state().files.get(id).cloned()) {
        Some(bytes) => bytes.into_response(),
        None => refused(&Refusal::new(404, "Not Found")),
    }
}

/// Waits for updates; an older poll that still waits is sent away.
pub(super) async fn get_updates(world: &World, parameters: &mut Parameters) -> Result<Value, Refusal> {
    let limit = parameters.integer("limit").unwrap_or(100).clamp(1, 100);
    let wait = parameters.integer("timeout").unwrap_or(0).clamp(0, 50);
    let offset = parameters.integer("offset");
    let allowed = parameters.json("allowed_updates")?;
    let mut changed = world.watch();
    let mine = world.change(|state| {
        if !state.webhook.is_empty() {
            return Err(Refusal::new(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            ));
        }
        if let Some(Value::Array(kinds)) = &allowed {
            state.allowed = Some(kinds.iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect())
                .filter(|kinds: &Vec<String>| !kinds.is_empty());
        }
        state.confirm(offset.unwrap_or(0));
        state.polls += 1;
        Ok(state.polls)
    })?;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(wait.unsigned_abs());
    loop {
        changed.borrow_and_update();
        {
            let mut state = world.state();
            if state.polls != mine {
                return Err(Refusal::new(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                ));
            }
            state.expire();
            if !state.queue.is_empty() {
                let take = usize::try_from(limit).unwrap_or(100);
                return Ok(state
                    .queue
                    .iter()
                    .take(take)
                    .map(|pending| json!({"update_id": pending.id, pending.kind.as_str(): pending.body}))
                    .collect());
            }
        }
        if timeout_at(deadline, changed.changed()).await.is_err() {
            return Ok(json!([]));
        }
    }
}

fn written(outcome: &Result<Value, Refusal>) -> Response {
    match outcome {
        Ok(_) => Json(json_of(outcome)).into_response(),
        Err(refusal) => refused(refusal),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.code).unwrap();
    (status, Json(json_of(&Err(refusal.clone())))).into_response()
}

pub(super) fn json_of(outcome: &Result<Value, Refusal>) -> Value {
    match outcome {
        Ok(result) => json!({"ok": true, "result": result}),
        Err(Refusal { code, description, retry_after: None }) => json!({"ok": false, "error_code": code, "description": description}),
        Err(Refusal { code, description, retry_after: Some(seconds) }) => {
            json!({"ok": false, "error_code": code, "description": description, "parameters": {"retry_after": seconds}})
        }
    }
}

/// A handle that cuts a connection.
#[derive(Clone, Default)]
struct Cut(Arc<AtomicBool>);

impl Cut {
    fn cut(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Acquire) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl Connected<IncomingStream<'_, Cuttables>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Cuttables>) -> Self {
        stream.io().cut.clone()
    }
}

struct Cuttables(TcpListener);

impl Listener for Cuttables {
    type Io = Cuttable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Cuttable, SocketAddr) {
        loop {
            if let Ok((stream, address)) = self.0.accept().await {
                let _ = stream.set_nodelay(true);
                return (Cuttable { stream, cut: Cut::default() }, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection whose writes fail once it is cut, so that no answer gets out.
struct Cuttable {
    stream: TcpStream,
    cut: Cut,
}

impl AsyncRead for Cuttable {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.cut.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.cut.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
