//! `connections`: the servers that operations are sent to.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cli::config::codes;
use crate::cli::config::reading::Reading;
use crate::expr::parse_duration;
use crate::fetch::{Auth, Breaker, Connection, Grant, OAuth2, Redirects, Secret, may_reach};
use crate::syntax::Node;
use crate::syntax::shape::bytes;

/// Reads all connections; none if one of them cannot be used. Where they are not wanted they are read for their mistakes alone.
pub fn read(tree: &Node, reading: &mut Reading<'_>) -> Option<BTreeMap<String, Connection>> {
    if !reading.has_connections() {
        reading.without_references(|reading| all(tree, reading));
        return Some(BTreeMap::new());
    }
    all(tree, reading)
}

fn all(tree: &Node, reading: &mut Reading<'_>) -> Option<BTreeMap<String, Connection>> {
    let entries = tree.get("connections").map_or(&[][..], Node::entries);
    // All are read before one that failed counts: the operator wants to hear of all mistakes at once.
    let read: Vec<_> = entries.iter().map(|entry| (entry.key.clone(), connection(&entry.value, reading))).collect();
    reading.together(read)
}

fn connection(node: &Node, reading: &mut Reading<'_>) -> Option<Connection> {
    // Without an address the rest is read all the same, for its mistakes.
    let base = node.get("url").and_then(|url| based(url, reading));
    let auth = node.get("auth").map_or(Some(Auth::None), |auth| signing(auth, reading));
    let mut connection = Connection { auth: auth?, redirects: redirects(node), ..base? };
    if let Some(methods) = node.get("methods") {
        connection.methods = methods.items().iter().filter_map(Node::text).map(ToOwned::to_owned).collect();
    }
    let timeout = node.get("timeout").and_then(Node::text).and_then(parse_duration).and_then(|millis| u64::try_from(millis).ok());
    connection.timeout = timeout.map_or(connection.timeout, Duration::from_millis);
    connection.answer_max = node.get("answer_max").and_then(Node::text).and_then(bytes).unwrap_or(connection.answer_max);
    connection.breaker = Some(breaker(node.get("breaker")));
    connection.private_network = node.get("private_network").and_then(Node::boolean).unwrap_or(false);
    if let Some(url) = node.get("url").filter(|_| !may_reach(&connection.base, connection.private_network)) {
        let help = if may_reach(&connection.base, true) {
            "add private_network: true, if that is meant"
        } else {
            "no bot is let near such an address; give the server another one"
        };
        let message = "this address is a private one, and the connection may not reach it: nothing would ever be sent";
        reading.error(codes::PRIVATE_ADDRESS, url.span, message, Some(help));
    }
    Some(connection)
}

/// When the server is left alone.
fn breaker(node: Option<&Node>) -> Breaker {
    let failures = node.and_then(|node| node.get("failures")).and_then(Node::integer).and_then(|failures| u32::try_from(failures).ok());
    let pause = node.and_then(|node| node.get("pause")).and_then(Node::text).and_then(parse_duration);
    let pause = pause.and_then(|millis| u64::try_from(millis).ok()).map_or(Duration::from_secs(30), Duration::from_millis);
    Breaker { failures: failures.unwrap_or(5), pause }
}

fn redirects(node: &Node) -> Redirects {
    match node.get("redirects").and_then(Node::text) {
        Some("same_origin") => Redirects::SameOrigin,
        _ => Redirects::Never,
    }
}

/// A connection to this address, with the usual limits.
fn based(node: &Node, reading: &mut Reading<'_>) -> Option<Connection> {
    let text = reading.text(node)?;
    let connection = text.parse().ok().map(Connection::new).filter(|connection| {
        let url = &connection.base;
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        ["http", "https"].contains(&url.scheme()) && url.has_host() && bare
    });
    if connection.is_none() {
        let help = "write https://host or http://host:port, without user, query and fragment; credentials belong to auth";
        reading.error(codes::BAD_ADDRESS, node.span, "this is not an address of a server", Some(help));
    }
    connection
}

fn signing(node: &Node, reading: &mut Reading<'_>) -> Option<Auth> {
    match node.get("kind").and_then(Node::text)? {
        "none" => Some(Auth::None),
        "header" => {
            let name = text(node, "name", "auth of kind header", reading);
            let value = secret(node, "value", "auth of kind header", reading);
            Some(Auth::Header { name: name?, value: value? })
        }
        "bearer" => Some(Auth::Bearer { token: secret(node, "token", "auth of kind bearer", reading)? }),
        "basic" => {
            let user = text(node, "user", "auth of kind basic", reading);
            let password = secret(node, "password", "auth of kind basic", reading);
            Some(Auth::Basic { user: user?, password: password? })
        }
        "oauth2" => oauth2(node, reading).map(Auth::OAuth2),
        _ => None,
    }
}

fn oauth2(node: &Node, reading: &mut Reading<'_>) -> Option<OAuth2> {
    const WHOSE: &str = "auth of kind oauth2";
    const CLIENT: &str = "auth of kind oauth2 with grant: client";
    const PASSWORD: &str = "auth of kind oauth2 with grant: password";
    let token_path = text(node, "token_path", WHOSE, reading);
    let (grant, client_id, client_secret) = match text(node, "grant", WHOSE, reading).as_deref() {
        Some("client") => {
            let id = text(node, "client_id", CLIENT, reading);
            let secret = secret(node, "client_secret", CLIENT, reading);
            (Grant::Client, Some(id?), Some(secret?))
        }
        Some("password") => {
            let user = text(node, "user", PASSWORD, reading);
            let password = secret(node, "password", PASSWORD, reading);
            let id = node.get("client_id").and_then(|id| reading.text(id));
            let client_secret = node.get("client_secret").and_then(|value| reading.secret("client_secret", value));
            (Grant::Password { user: user?, password: password? }, id, client_secret)
        }
        _ => return None,
    };
    let refresh_on = node.get("refresh_on").and_then(Node::integer).and_then(|status| u16::try_from(status).ok()).unwrap_or(401);
    Some(OAuth2 { grant, token_path: token_path?, client_id, client_secret, refresh_on })
}

fn text(node: &Node, key: &str, whose: &str, reading: &mut Reading<'_>) -> Option<String> {
    let value = reading.required(node, key, whose)?;
    reading.text(value)
}

fn secret(node: &Node, key: &str, whose: &str, reading: &mut Reading<'_>) -> Option<Secret> {
    let value = reading.required(node, key, whose)?;
    reading.secret(key, value)
}
