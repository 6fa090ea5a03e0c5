//! `channels`: where the bot talks.

use std::collections::BTreeMap;

use crate::cli::config::codes;
use crate::cli::config::reading::Reading;
use crate::diagnostic::Diagnostic;
use crate::fetch::Secret;
use crate::syntax::Node;
use crate::syntax::shape::codes as shapes;

/// A channel, as the operator configured it.
#[derive(Debug, Clone)]
pub enum Channel {
    /// A Telegram bot that polls for updates.
    Telegram {
        /// The bot's token.
        token: Secret,
        /// A Bot API server of the operator's own.
        api_url: Option<String>,
    },
    /// A conversation in the terminal.
    Terminal,
}

/// The kind of a channel: what it says, or else its name.
pub fn kind<'n>(name: &'n str, node: &'n Node) -> &'n str {
    node.get("kind").and_then(Node::text).unwrap_or(name)
}

/// Reads all channels; none if one of them cannot be used, or if they are not wanted.
pub fn read(tree: &Node, reading: &mut Reading<'_>) -> Option<BTreeMap<String, Channel>> {
    if !reading.is_whole() {
        return Some(BTreeMap::new());
    }
    let entries = tree.get("channels").map_or(&[][..], Node::entries);
    // All are read before one that failed counts: the operator wants to hear of all mistakes at once.
    let read: Vec<_> = entries.iter().map(|entry| (entry.key.clone(), channel(&entry.key, &entry.value, reading))).collect();
    read.into_iter().map(|(name, channel)| Some((name, channel?))).collect()
}

fn channel(name: &str, node: &Node, reading: &mut Reading<'_>) -> Option<Channel> {
    match kind(name, node) {
        "telegram" => {
            let token = reading.required(node, "token", "a Telegram channel").and_then(|token| reading.secret("token", token));
            let api_url = node.get("api_url").and_then(|url| address(url, reading));
            Some(Channel::Telegram { token: token?, api_url })
        }
        "terminal" => Some(Channel::Terminal),
        // The shape tells a wrong word of `kind`; a wrong name without one is told here.
        _ => {
            if node.get("kind").is_none() {
                let place = node.entries().first().map_or(node.span, |entry| entry.key_span);
                let message = format!("the channel \"{name}\" does not say what it is");
                reading.findings.push(Diagnostic::error(shapes::MISSING_KEY, place, message).help("add kind: telegram or kind: terminal"));
            }
            None
        }
    }
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
