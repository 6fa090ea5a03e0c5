//! `given`.

use std::collections::BTreeMap;

use jiff::civil;

use crate::diagnostic::Diagnostic;
use crate::flow::MessageLimit;
use crate::scenario::codes;
use crate::scenario::read::Setting;
use crate::scenario::read::scalars::{expected, json, known_keys, placed_words, text};
use crate::scenario::script::{Chosen, Fact, Given, ME, Somebody};
use crate::syntax::{Entry, Kind, Node};

/// Words that begin a line and therefore name nobody.
pub(super) const HEADS: [&str; 11] = ["bot", "http", "call", "event", "pass", "restart", "edit", "use", "deleted", "edited", "expect"];

/// What may be given.
pub(super) const KEYS: [&str; 10] = ["like", "now", "settings", "profile", "limits", "roles", "rights", "people", "person", "data"];

/// What somebody without an id lacks.
pub(super) const NO_ACCOUNT: &str = "the account in the channel";

/// The account of `me` when nothing is said about them.
const MY_ACCOUNT: &str = "1001";

/// Where it is not known what all files give, an account may be given there.
pub(super) fn read(node: Option<&Node>, is_understood: bool, findings: &mut Vec<Diagnostic>) -> Setting {
    let mut given = Given::default();
    let mut data = BTreeMap::new();
    if let Some(node) = node {
        known_keys(node, &KEYS, findings);
        given.now = node.get("now").and_then(|now| moment(now, findings));
        given.settings = entries(node, "settings", findings).iter().map(fact).collect();
        for entry in entries(node, "profile", findings) {
            let chosen = text(&entry.value, findings)
                .map(|profile| Chosen { connection: (entry.key.clone(), entry.key_span), profile: (profile, entry.value.span) });
            given.profile.extend(chosen);
        }
        for entry in entries(node, "roles", findings) {
            given.roles.extend(text(&entry.value, findings).map(|title| (entry.key.clone(), title)));
        }
        for entry in entries(node, "rights", findings) {
            let rights = placed_words(&entry.value, findings).into_iter().map(|(right, _)| right).collect();
            given.rights.push((entry.key.clone(), entry.key_span, rights));
        }
        given.messages = node.get("limits").and_then(|limits| limits.get("messages")).map(|messages| MessageLimit::read(Some(messages)));
        for entry in entries(node, "people", findings) {
            given.people.insert(entry.key.clone(), somebody(entry, is_understood, findings));
        }
        one_account_each(entries(node, "people", &mut Vec::new()), findings);
        data.extend(entries(node, "data", findings).iter().map(|entry| (entry.key.clone(), json(&entry.value))));
    }
    let me = given.people.entry(ME.to_owned()).or_default();
    if me.id.is_empty() {
        MY_ACCOUNT.clone_into(&mut me.id);
    }
    if let Some(node) = node {
        for entry in entries(node, "person", findings) {
            if !given.people.contains_key(&entry.key) {
                findings.push(unknown(entry, given.people.keys()));
            }
            given.person.insert(entry.key.clone(), entry.value.entries().iter().map(fact).collect());
        }
    }
    Setting { given, data }
}

/// Whose message is whose is told by the account.
fn one_account_each(people: &[Entry], findings: &mut Vec<Diagnostic>) {
    let mut known: BTreeMap<&str, &Entry> = BTreeMap::new();
    for (id, entry) in people.iter().filter_map(|entry| Some((entry.value.get("id")?.text()?, entry))) {
        let Some(first) = known.insert(id, entry) else { continue };
        let message = format!("\"{}\" and \"{}\" have the same account: {id}", first.key, entry.key);
        let found = Diagnostic::error(codes::DUPLICATE_ID, entry.key_span, message).related(first.key_span, "the first one");
        findings.push(found.help("give everybody an \"id\" of their own"));
    }
}

/// That nobody of this name takes part.
fn unknown<'a>(entry: &Entry, people: impl Iterator<Item = &'a String>) -> Diagnostic {
    let found = Diagnostic::error(codes::UNKNOWN_PERSON, entry.key_span, format!("nobody among \"people\" is called \"{}\"", entry.key));
    found.nearest(&entry.key, people.map(String::as_str))
}

fn entries<'a>(node: &'a Node, key: &str, findings: &mut Vec<Diagnostic>) -> &'a [Entry] {
    let Some(value) = node.get(key) else { return &[] };
    if !matches!(value.kind, Kind::Map(_) | Kind::Null) {
        expected(value, "a map", findings);
    }
    value.entries()
}

fn fact(entry: &Entry) -> Fact {
    Fact { name: entry.key.clone(), span: entry.key_span, value: json(&entry.value) }
}

fn moment(node: &Node, findings: &mut Vec<Diagnostic>) -> Option<civil::DateTime> {
    let read = node.text().and_then(|text| text.parse::<civil::DateTime>().ok());
    if read.is_none() {
        findings.push(Diagnostic::error(codes::BAD_FORMAT, node.span, "this is no date and time").help("write 2026-11-23 10:00"));
    }
    read
}

fn somebody(entry: &Entry, is_understood: bool, findings: &mut Vec<Diagnostic>) -> Somebody {
    if HEADS.contains(&entry.key.as_str()) {
        let taken = format!("nobody can be called \"{}\": lines begin with that word", entry.key);
        findings.push(Diagnostic::error(codes::INVALID_WORD, entry.key_span, taken));
    }
    let node = &entry.value;
    known_keys(node, &["id", "name", "first_name", "last_name", "username", "language", "roles"], findings);
    let mut read = |key: &str| node.get(key).and_then(|value| text(value, findings));
    let name = read("name");
    let mut somebody = Somebody {
        id: read("id").unwrap_or_default(),
        first_name: read("first_name").or(name).unwrap_or_else(|| entry.key.clone()),
        last_name: read("last_name"),
        username: read("username"),
        language: read("language"),
        roles: Vec::new(),
    };
    somebody.roles = node.get("roles").map(|roles| placed_words(roles, findings)).unwrap_or_default();
    if somebody.id.is_empty() && entry.key != ME && is_understood {
        let missing = format!("\"{}\" has no \"id\": {NO_ACCOUNT}", entry.key);
        findings.push(Diagnostic::error(codes::MISSING_KEY, entry.key_span, missing));
    }
    somebody
}
