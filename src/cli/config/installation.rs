//! What flows may depend on: settings, roles, profiles, the time zone.

use std::collections::BTreeMap;

use crate::channel::web;
use crate::cli::config::channels::kind;
use crate::cli::config::codes;
use crate::cli::config::reading::Reading;
use crate::diagnostic::{Diagnostic, Span};
use crate::expr::Value;
use crate::flow::{House, Installation, Known, MessageLimit, Role};
use crate::syntax::{Kind, Node};

/// Reads what flows may depend on.
pub fn read(tree: &Node, reading: &mut Reading<'_>) -> Installation {
    Installation {
        settings: settings(tree, reading),
        roles: roles(tree, reading),
        profiles: profiles(tree),
        timezone: tree.get("timezone").and_then(Node::text).map(ToOwned::to_owned),
        people: people(tree, reading),
        alerts: alerts(tree, reading),
        messages: Some(MessageLimit::read(tree.get("limits").and_then(|limits| limits.get("messages")))),
        house: House::default(),
        links: BTreeMap::new(),
        unread: false,
    }
}

/// Those who hold a role, as others see them.
fn people(tree: &Node, reading: &mut Reading<'_>) -> BTreeMap<String, Known> {
    let channels = Channels::of(tree);
    let entries = tree.get("people").map_or(&[][..], Node::entries);
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::text).map(ToOwned::to_owned);
    let known = |node: &Node| Known { name: text(node, "name"), language: text(node, "language") };
    entries.iter().filter_map(|entry| Some((channels.id(&entry.key, entry.key_span, reading)?, known(&entry.value)))).collect()
}

fn settings(tree: &Node, reading: &mut Reading<'_>) -> BTreeMap<String, Value> {
    let entries = tree.get("settings").map_or(&[][..], Node::entries);
    entries.iter().filter_map(|entry| Some((entry.key.clone(), value(&entry.value, reading)?))).collect()
}

/// A setting as it is written; which type it has is known to the flows. Without its references it is left out.
fn value(node: &Node, reading: &mut Reading<'_>) -> Option<Value> {
    Some(match &node.kind {
        Kind::Null => Value::None,
        Kind::Bool(value) => Value::Bool(*value),
        Kind::Integer(value) => Value::Integer(*value),
        Kind::Float(_) => {
            node.text().and_then(|text| text.parse().ok()).map_or_else(|| Value::Text(node.scalar.text.clone()), Value::Decimal)
        }
        Kind::Text => Value::Text(reading.text(node)?),
        Kind::List(items) => Value::List(items.iter().filter_map(|item| value(item, reading)).collect()),
        Kind::Map(entries) => {
            let fields = entries.iter().filter_map(|entry| Some((entry.key.clone(), value(&entry.value, reading)?)));
            Value::Record(fields.collect())
        }
    })
}

fn profiles(tree: &Node) -> BTreeMap<String, String> {
    let entries = tree.get("connections").map_or(&[][..], Node::entries);
    let profile = |node: &Node| node.get("profile").and_then(Node::text).map(ToOwned::to_owned);
    entries.iter().filter_map(|entry| Some((entry.key.clone(), profile(&entry.value)?))).collect()
}

/// Which role is told when a connection's server does not answer.
fn alerts(tree: &Node, reading: &mut Reading<'_>) -> BTreeMap<String, String> {
    let roles: Vec<&str> = tree.get("roles").map_or(&[][..], Node::entries).iter().map(|entry| entry.key.as_str()).collect();
    let mut alerts = BTreeMap::new();
    for entry in tree.get("connections").map_or(&[][..], Node::entries) {
        let Some(node) = entry.value.get("alert") else { continue };
        let Some(role) = node.text() else { continue };
        if roles.contains(&role) {
            alerts.insert(entry.key.clone(), role.to_owned());
        } else {
            let finding = Diagnostic::error(codes::UNKNOWN_ALERT_ROLE, node.span, format!("there is no role \"{role}\""));
            reading.findings.push(finding.nearest(role, roles.iter().copied()));
        }
    }
    alerts
}

fn roles(tree: &Node, reading: &mut Reading<'_>) -> BTreeMap<String, Role> {
    let channels = Channels::of(tree);
    let entries = tree.get("roles").map_or(&[][..], Node::entries);
    let role = |name: &str, node: &Node, reading: &mut Reading<'_>| Role {
        title: node.get("title").and_then(Node::text).unwrap_or(name).to_owned(),
        people: node.get("people").map_or(&[][..], Node::items).iter().filter_map(|person| channels.person(person, reading)).collect(),
        may: rights(node.get("may")),
    };
    entries.iter().map(|entry| (entry.key.clone(), role(&entry.key, &entry.value, reading))).collect()
}

fn rights(node: Option<&Node>) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    let one = node.text().map(ToOwned::to_owned);
    one.into_iter().chain(node.items().iter().filter_map(Node::text).map(ToOwned::to_owned)).collect()
}

/// The channels that ids of people belong to.
struct Channels<'n> {
    all: Vec<&'n str>,
    telegram: Vec<&'n str>,
    web: Vec<&'n str>,
}

impl<'n> Channels<'n> {
    fn of(tree: &'n Node) -> Self {
        let entries = tree.get("channels").map_or(&[][..], Node::entries);
        let of = |wanted: &str| {
            entries.iter().filter(|entry| kind(&entry.key, &entry.value) == wanted).map(|entry| entry.key.as_str()).collect()
        };
        Self { all: entries.iter().map(|entry| entry.key.as_str()).collect(), telegram: of("telegram"), web: of("web") }
    }

    /// The id of a person's record. A bare id is one of the only channel, or of the only Telegram bot.
    fn person(&self, node: &Node, reading: &mut Reading<'_>) -> Option<String> {
        self.id(node.text()?, node.span, reading)
    }

    fn id(&self, written: &str, span: Span, reading: &mut Reading<'_>) -> Option<String> {
        let (channel, account) = match (written.split_once(':'), self.all.as_slice(), self.telegram.as_slice()) {
            (Some((channel, account)), ..) if self.all.contains(&channel) => (channel, account),
            (Some((channel, _)), ..) => {
                let message = format!("there is no channel \"{channel}\"");
                let finding = Diagnostic::error(codes::UNKNOWN_CHANNEL, span, message).help(format!("possible: {}", self.all.join(", ")));
                reading.findings.push(finding.nearest(channel, self.all.iter().copied()));
                return None;
            }
            (None, [only], _) | (None, _, [only]) => (*only, written),
            (None, [], _) => return Some(written.to_owned()),
            (None, ..) => {
                let help = format!("write the channel before it: {}:{written}", self.all[0]);
                reading.error(codes::UNKNOWN_CHANNEL, span, "there are several channels this person may belong to", Some(&help));
                return None;
            }
        };
        if let Err((message, help)) = self.account(channel, account) {
            reading.error(codes::UNKNOWN_CHANNEL, span, message, Some(&help));
            return None;
        }
        Some(format!("{channel}:{account}"))
    }

    /// Whether there can be such an account in a channel; if not, what is wrong and what to do.
    fn account(&self, channel: &str, account: &str) -> Result<(), (String, String)> {
        let is_number = !account.starts_with('0') && account.bytes().all(|byte| byte.is_ascii_digit()) && account.parse::<i64>().is_ok();
        if self.telegram.contains(&channel) && !is_number {
            let help = format!(
                "write the number, as in {channel}:9001: `usher sessions list` shows that of whoever is talking to the bot; \
                 the first owner needs none, but the code that `usher run` makes"
            );
            return Err((
                format!("\"{account}\" is no account of Telegram: that is a whole number, and a name may become another's"),
                help,
            ));
        }
        if self.web.contains(&channel) && !web::is_account(account) {
            let help = format!("write it as `usher sessions list --all` shows it: {channel}:…");
            return Err((format!("\"{account}\" is no account of a web chat: that is 32 digits and letters from a to f"), help));
        }
        if account.is_empty() || account.starts_with('@') || account.contains(char::is_whitespace) {
            let help = format!("write it as `usher sessions list` shows it: {channel}:…");
            return Err((format!("\"{account}\" is no account of the channel \"{channel}\""), help));
        }
        Ok(())
    }
}
