//! `hooks`: other systems that may report events.

use std::collections::BTreeMap;

use crate::cli::config::codes;
use crate::cli::config::reading::Reading;
use crate::fetch::Secret;
use crate::syntax::Node;

/// Below which reports are taken.
pub const PATH: &str = "/events/";

/// Characters of the secret that reports are signed with.
const SECRET_AT_LEAST: usize = 16;

/// Another system that may report events.
#[derive(Debug, Clone)]
pub struct Hook {
    /// Which events.
    pub events: Vec<String>,
    /// What its reports are signed with.
    pub secret: Secret,
}

/// Reads all hooks; none if one of them cannot be used. They are left out where connections are.
pub fn read(tree: &Node, reading: &mut Reading<'_>) -> Option<BTreeMap<String, Hook>> {
    if !reading.has_connections() {
        return Some(BTreeMap::new());
    }
    let entries = tree.get("hooks").map_or(&[][..], Node::entries);
    if let (Some(hooks), None) = (tree.entry("hooks").filter(|_| !entries.is_empty()), tree.get("listen")) {
        let message = "other systems report over HTTP, and nothing says where to listen";
        reading.error(codes::NO_LISTENER, hooks.key_span, message, Some("add listen: 127.0.0.1:8080 to the file"));
    }
    let read: Vec<_> = entries.iter().map(|entry| (entry.key.clone(), hook(&entry.value, reading))).collect();
    reading.together(read)
}

fn hook(node: &Node, reading: &mut Reading<'_>) -> Option<Hook> {
    let events = node.get("events").map_or(&[][..], Node::items).iter().filter_map(Node::text).map(ToOwned::to_owned).collect();
    let secret = node.get("secret").and_then(|secret| {
        let read = reading.secret("secret", secret)?;
        if read.expose().len() < SECRET_AT_LEAST {
            let message = format!("a secret of fewer than {SECRET_AT_LEAST} characters can be guessed");
            reading.error(codes::WEAK_SECRET, secret.span, message, Some("make one with: openssl rand -hex 32"));
        }
        Some(read)
    });
    Some(Hook { events, secret: secret? })
}
