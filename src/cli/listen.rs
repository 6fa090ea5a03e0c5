//! The two listeners. The operator's: `/healthz` says that the process is alive, `/readyz` whether it can do its work and otherwise why
//! not, `/metrics` what it has done; it has no authentication and belongs on a loopback address. The public one: web chats,
//! webhooks, and reports of other systems, each of which looks after itself.

mod hooks;
mod metrics;
mod public;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::cli::process;
use crate::cli::status::Status;

pub use hooks::routes as hooks;
pub use public::{Proxy, public};

/// How long answers under way may take once the process is to stop; whoever keeps a connection open is not waited for longer.
const FINISH_WITHIN: Duration = Duration::from_secs(1);

/// A listener that serves.
pub struct Listening {
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Listening {
    /// Serves from now on.
    pub fn begin(listener: TcpListener, routes: Router) -> Self {
        let (stop, stopped) = oneshot::channel();
        let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, routes).with_graceful_shutdown(async {
            // An error means that whoever would say so is gone, which says the same.
            let _ = stopped.await;
        });
        let serving = tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "a listener ended by itself");
            }
        });
        Self { stop, serving }
    }

    /// Takes no more connections, and finishes what is under way.
    pub async fn stop(mut self) {
        let _ = self.stop.send(());
        if tokio::time::timeout(FINISH_WITHIN, &mut self.serving).await.is_err() {
            self.serving.abort();
        }
    }
}

/// Occupies an address that stands under `key` in the operator's file.
pub async fn bind(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await.map_err(|error| process::cannot_listen(address, &error, key))?;
    let shown = listener.local_addr().unwrap_or(address);
    tracing::info!(address = %shown, "{key}");
    Ok(listener)
}

/// A listener twice: for what is answered now, and for what will be answered later.
pub fn twins(listener: TcpListener) -> anyhow::Result<(TcpListener, TcpListener)> {
    let one = listener.into_std().context("a listener cannot be shared")?;
    let other = one.try_clone().context("a listener cannot be shared")?;
    let made = |listener| TcpListener::from_std(listener).context("a listener cannot be shared");
    Ok((made(one)?, made(other)?))
}

/// What the operator's listener answers while the store is paused.
pub fn paused() -> Router {
    let why = "paused: restored from a backup; release it with `usher resume`\n";
    Router::new().route("/healthz", get(async || "alive\n")).route("/readyz", get(async move || (StatusCode::SERVICE_UNAVAILABLE, why)))
}

/// What the public listener answers meanwhile, whatever is asked: Telegram brings its updates again, and people read why.
pub fn closed() -> Router {
    const PAGE: &str = include_str!("listen/paused.html");
    Router::new().fallback(async || (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "60")], Html(PAGE)))
}

/// Says that an address can be reached by those who should not.
pub fn warn_of_strangers(key: &str, address: SocketAddr) {
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "{key} can be reached from other machines and asks for no password; keep it behind a firewall");
    }
}

/// What the operator's listener answers.
pub fn admin(status: Arc<Status>) -> Router {
    Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(measured))
        .with_state(status)
}

async fn ready(State(status): State<Arc<Status>>) -> Response {
    let obstacles = status.obstacles();
    if obstacles.is_empty() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, obstacles.join("\n") + "\n").into_response()
}

async fn measured(State(status): State<Arc<Status>>) -> Response {
    match metrics::render(status) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
