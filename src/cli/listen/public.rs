//! The public listener: web chats and webhooks, each under the path that the operator's file gives it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderName;
use axum::middleware::{Next, from_fn};
use axum::response::{Redirect, Response};
use axum::routing::get;

use crate::channel::Channel;
use crate::cli::config;

/// In which a proxy says how it was asked.
const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Whether a proxy stands before the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    /// None: what a request says of the way it came means nothing.
    None,
    /// One on this machine.
    OnThisMachine,
}

/// What the public listener answers: each channel under its path. Whoever asks for the root is sent to the chat, if there is one alone.
pub fn public(configured: &BTreeMap<String, config::Channel>, channels: &BTreeMap<String, Arc<Channel>>, proxy: Proxy) -> Router {
    let mut routes = Router::new();
    let mut chats = Vec::new();
    for (name, channel) in channels {
        let Some(path) = configured.get(name).and_then(config::Channel::path) else { continue };
        if let Some(webhook) = channel.webhook() {
            routes = routes.route(path, webhook);
        } else if let Some(chat) = channel.router() {
            chats.push(path);
            routes = mounted(routes, path, chat);
        }
    }
    if let [path] = chats[..]
        && path != "/"
        && !configured.values().any(|channel| channel.path() == Some("/"))
    {
        let to = path.to_owned();
        routes = routes.route("/", get(async move || Redirect::temporary(&to)));
    }
    routes.layer(from_fn(move |ConnectInfo(from), request, next| believed(proxy, from, request, next)))
}

/// A chat under its path; without the last slash, the browser is sent to it, since the page's addresses are relative.
fn mounted(routes: Router, path: &str, chat: Router) -> Router {
    let bare = path.trim_end_matches('/');
    if bare.is_empty() {
        return routes.merge(chat);
    }
    let to = path.to_owned();
    routes.nest(path, chat).route(bare, get(async move || Redirect::permanent(&to)))
}

/// What a request says of the way it came is believed of a proxy on this machine alone: anybody else could write it.
async fn believed(proxy: Proxy, from: SocketAddr, mut request: Request, next: Next) -> Response {
    if proxy == Proxy::None || !from.ip().to_canonical().is_loopback() {
        request.headers_mut().remove(FORWARDED);
    }
    next.run(request).await
}
