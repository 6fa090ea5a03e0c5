//! `channels`: where the bot talks.

use std::collections::BTreeMap;

use crate::channel::telegram::is_token;
use crate::cli::config::reading::Reading;
use crate::cli::config::{codes, hooks};
use crate::diagnostic::{Diagnostic, Span};
use crate::fetch::Secret;
use crate::syntax::Node;
use crate::syntax::shape::codes as shapes;

/// Calls that Telegram makes at one time, if nothing else is said.
const CONNECTIONS: u8 = 40;

/// A channel, as the operator configured it.
#[derive(Debug, Clone)]
pub enum Channel {
    /// A Telegram bot.
    Telegram {
        /// The bot's token.
        token: Secret,
        /// A Bot API server of the operator's own.
        api_url: Option<String>,
        /// How Telegram brings updates; nothing if the bot asks for them.
        webhook: Option<Webhook>,
    },
    /// A chat in the browser.
    Web {
        /// Where it is: begins and ends with a slash.
        path: String,
        /// Where people open it.
        url: Option<String>,
    },
    /// A conversation in the terminal.
    Terminal,
}

/// A webhook.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The address that Telegram calls.
    pub url: String,
    /// The path of that address: where it is answered.
    pub path: String,
    /// What Telegram shows with each call.
    pub secret: Secret,
    /// Calls at one time.
    pub connections: u8,
}

impl Channel {
    /// The path under which it is answered, if it is.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Telegram { webhook, .. } => webhook.as_ref().map(|webhook| webhook.path.as_str()),
            Self::Web { path, .. } => Some(path),
            Self::Terminal => None,
        }
    }
}

/// The kind of a channel: what it says, or else its name.
pub fn kind<'n>(name: &'n str, node: &'n Node) -> &'n str {
    node.get("kind").and_then(Node::text).unwrap_or(name)
}

/// Reads all channels; none if one of them cannot be used. Where they are not wanted they are read for their mistakes alone.
pub fn read(tree: &Node, reading: &mut Reading<'_>) -> Option<BTreeMap<String, Channel>> {
    if !reading.is_whole() {
        reading.without_references(|reading| all(tree, reading));
        return Some(BTreeMap::new());
    }
    all(tree, reading)
}

fn all(tree: &Node, reading: &mut Reading<'_>) -> Option<BTreeMap<String, Channel>> {
    let entries = tree.get("channels").map_or(&[][..], Node::entries);
    // All are read before one that failed counts: the operator wants to hear of all mistakes at once.
    let read: Vec<_> = entries.iter().map(|entry| (entry.key.clone(), channel(&entry.key, &entry.value, reading))).collect();
    let places: Vec<_> = entries.iter().zip(&read).filter_map(|(entry, (_, channel))| Some((entry, channel.as_ref()?.path()?))).collect();
    for entry in entries.iter().filter(|entry| tree.get("listen").is_none() && is_answered(&entry.key, &entry.value)) {
        let message = format!("the channel \"{}\" is answered over HTTP, and nothing says where to listen", entry.key);
        reading.error(codes::NO_LISTENER, entry.key_span, message, Some("add listen: 127.0.0.1:8080 to the file"));
    }
    let is_reported_to = tree.get("hooks").is_some_and(|hooks| !hooks.entries().is_empty());
    for (at, (entry, path)) in places.iter().enumerate() {
        if let Some((other, _)) = places[..at].iter().find(|(_, other)| meet(path, other)) {
            let message = format!("the channels \"{}\" and \"{}\" are answered under the same path", other.key, entry.key);
            reading.error(codes::SAME_PATH, entry.key_span, message, Some("give one of them another path"));
        }
        if is_reported_to && path.len() > 1 && meet(path, hooks::PATH) {
            let message = format!("the channel \"{}\" and what other systems report are answered under the same path", entry.key);
            let help = format!("give the channel another path: hooks have {}", hooks::PATH);
            reading.error(codes::SAME_PATH, entry.key_span, message, Some(&help));
        }
    }
    reading.together(read)
}

/// Whether others come to the channel over HTTP, whatever else is wrong with it.
fn is_answered(name: &str, node: &Node) -> bool {
    match kind(name, node) {
        "telegram" => node.get("receive").and_then(Node::text) == Some("webhook"),
        kind => kind == "web",
    }
}

/// True if one of two paths takes what belongs to the other: a chat answers everything below its path.
fn meet(one: &str, other: &str) -> bool {
    one == other || (one.ends_with('/') && other.starts_with(one)) || (other.ends_with('/') && one.starts_with(other))
}

fn channel(name: &str, node: &Node, reading: &mut Reading<'_>) -> Option<Channel> {
    match kind(name, node) {
        "telegram" => {
            let token = reading.required(node, "token", "a Telegram channel").and_then(|token| token_of(token, reading));
            let api_url = node.get("api_url").and_then(|url| address(url, reading));
            let webhook = if node.get("receive").and_then(Node::text) == Some("webhook") {
                webhook(node, reading).map(Some)
            } else {
                belongs_to_a_webhook(node, reading);
                Some(None)
            };
            Some(Channel::Telegram { token: token?, api_url, webhook: webhook? })
        }
        "web" => {
            let url = node.get("url").and_then(|node| Some((node.span, address(node, reading)? + "/")));
            let path = chat_path(name, node, reading)?;
            if let Some((place, url)) = &url {
                leads_to(*place, url, &path, reading);
            }
            Some(Channel::Web { path, url: url.map(|(_, url)| url) })
        }
        "terminal" => Some(Channel::Terminal),
        // The shape tells a wrong word of `kind`; a wrong name without one is told here.
        _ => {
            if node.get("kind").is_none() {
                let place = node.entries().first().map_or(node.span, |entry| entry.key_span);
                let message = format!("the channel \"{name}\" does not say what it is");
                let help = "add kind: telegram, kind: web or kind: terminal";
                reading.findings.push(Diagnostic::error(shapes::MISSING_KEY, place, message).help(help));
            }
            None
        }
    }
}

/// The token of a Telegram bot, if it has the form of one.
fn token_of(node: &Node, reading: &mut Reading<'_>) -> Option<Secret> {
    let token = reading.secret("token", node)?;
    let is_good = is_token(token.expose());
    if !is_good {
        let help = "compare it with the one BotFather gave: digits, a colon, then letters, digits, _ or -";
        reading.error(shapes::BAD_FORMAT, node.span, "this is not a token of Telegram", Some(help));
    }
    is_good.then_some(token)
}

/// Tells of an address that leads past the chat: proxies hand paths on as they are.
fn leads_to(place: Span, url: &str, path: &str, reading: &mut Reading<'_>) {
    let host_at = url.find("://").map_or(0, |at| at + "://".len());
    let path_at = url[host_at..].find('/').map_or(url.len(), |at| host_at + at);
    let (site, theirs) = url.split_at(path_at);
    if theirs != path {
        let message = format!("this address leads to {theirs}, and the chat is at {path}");
        reading.error(codes::BAD_ADDRESS, place, message, Some(&format!("write {site}{path}, or give the channel path: {theirs}")));
    }
}

/// Keys that mean nothing to a bot that polls are a mistake: the operator thinks that they do something.
fn belongs_to_a_webhook(node: &Node, reading: &mut Reading<'_>) {
    if let Some(secret) = node.get("secret") {
        let _ = reading.secret("secret", secret);
    }
    for key in ["url", "secret", "max_connections"] {
        if let Some(entry) = node.entry(key) {
            let message = format!("\"{key}\" belongs to a webhook, and this bot polls");
            reading.error(codes::BAD_WEBHOOK, entry.key_span, message, Some("add receive: webhook, or leave it out"));
        }
    }
}

fn webhook(node: &Node, reading: &mut Reading<'_>) -> Option<Webhook> {
    let url = reading.required(node, "url", "a webhook").and_then(|url| Some((url.span, address(url, reading)?)));
    let secret = reading.required(node, "secret", "a webhook").and_then(|secret| Some((secret.span, reading.secret("secret", secret)?)));
    let connections = node.get("max_connections").and_then(Node::text).and_then(|text| text.parse().ok()).unwrap_or(CONNECTIONS);
    // Both are looked at before one that is wrong counts.
    let url = url.and_then(|(place, url)| called(place, url, node, reading));
    let secret = secret.filter(|(place, secret)| is_shown(*place, secret, reading));
    let ((url, path), (_, secret)) = (url?, secret?);
    Some(Webhook { url, path, secret, connections })
}

/// The address that Telegram calls, and its path.
fn called(place: Span, url: String, node: &Node, reading: &mut Reading<'_>) -> Option<(String, String)> {
    let (scheme, rest) = url.split_once("://")?;
    // A Bot API server of one's own may call without TLS; Telegram's does not.
    if scheme != "https" && node.get("api_url").is_none() {
        reading.error(codes::BAD_WEBHOOK, place, "Telegram calls https addresses only", Some("write https://… and let a proxy end TLS"));
        return None;
    }
    let path = rest.find('/').map_or("/", |at| &rest[at..]).to_owned();
    if !is_path(&path) {
        reading.error(codes::BAD_WEBHOOK, place, "the path holds more than letters, digits and . _ ~ - /", Some("choose a plain path"));
        return None;
    }
    Some((url, path))
}

/// Whether Telegram shows such a secret.
fn is_shown(place: Span, secret: &Secret, reading: &mut Reading<'_>) -> bool {
    let secret = secret.expose();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let is_good = (16..=256).contains(&secret.len()) && secret.bytes().all(allowed);
    if !is_good {
        let help = "make one with: openssl rand -hex 32";
        reading.error(codes::BAD_WEBHOOK, place, "the secret must be 16 to 256 letters, digits, _ or -", Some(help));
    }
    is_good
}

fn chat_path(name: &str, node: &Node, reading: &mut Reading<'_>) -> Option<String> {
    let Some(node) = node.get("path") else { return Some(format!("/{name}/")) };
    let path = reading.text(node)?;
    if !path.starts_with('/') || !path.ends_with('/') || !is_path(&path) {
        let help = "begin and end it with a slash: /chat/";
        reading.error(codes::BAD_ADDRESS, node.span, "this is not the path of a chat", Some(help));
        return None;
    }
    Some(path)
}

/// True if a path means itself wherever it is written.
fn is_path(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-' | b'/')) && !path.contains("//")
}

fn address(node: &Node, reading: &mut Reading<'_>) -> Option<String> {
    let text = reading.text(node)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    if rest.is_none_or(|rest| rest.is_empty() || rest.contains(['?', '#', '@', ' '])) {
        reading.error(codes::BAD_ADDRESS, node.span, "this is not an address of a server", Some("write https://host or http://host:port"));
        return None;
    }
    Some(text.trim_end_matches('/').to_owned())
}
