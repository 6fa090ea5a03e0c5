//! `audit`: how histories name what flows record.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::flow::load::codes;
use crate::flow::load::files::Files;
use crate::flow::load::names::{Place, Reach, World};
use crate::flow::load::writer::{Purpose, Writer};
use crate::flow::{Flow, Text, ways};
use crate::syntax::{Kind, Node};

/// How people read what flows record.
pub(super) fn audit(bot: Option<&Node>, world: &World<'_>, findings: &mut Vec<Diagnostic>) -> BTreeMap<String, Text> {
    let mut writer = Writer::new(world.catalogs);
    let mut audit = BTreeMap::new();
    for entry in bot.and_then(|bot| bot.get("audit")).map_or(&[][..], Node::entries) {
        let (place, addresses) = (Place::new(world, Reach::Person), [format!("bot.audit.{}", entry.key)]);
        audit.insert(entry.key.clone(), writer.text(&entry.value, &addresses, &place, Purpose::Message).text);
    }
    findings.append(&mut writer.findings);
    audit
}

/// What has a name for people, and no flow records it; what is recorded under a name that is almost one of these. Only to be asked where all
/// flows could be read.
pub(super) fn check(files: &Files, flows: &BTreeMap<String, Flow>, findings: &mut Vec<Diagnostic>) {
    let by_steps = flows.values().flat_map(|flow| &flow.steps).filter_map(|step| step.audit.as_deref());
    let ways = flows.values().flat_map(|flow| (0..flow.steps.len()).flat_map(|at| ways::of_step(flow, at)));
    let by_roads = ways.filter_map(|way| way.road?.audit.as_deref());
    let by_faults = flows.values().filter_map(|flow| flow.on_fault.as_ref()?.audit.as_deref());
    let recorded: BTreeSet<&str> = by_steps.chain(by_roads).chain(by_faults).collect();
    let named = files.bot.as_ref().and_then(|bot| bot.get("audit")).map_or(&[][..], Node::entries);
    // Where nothing has a name, none was forgotten.
    if named.is_empty() {
        return;
    }
    let mut unnamed: BTreeSet<&str> = recorded.iter().copied().filter(|name| named.iter().all(|entry| entry.key != **name)).collect();
    for entry in named.iter().filter(|entry| !recorded.contains(entry.key.as_str())) {
        let message = format!("no flow records \"{}\"", entry.key);
        findings.push(Diagnostic::error(codes::UNUSED_INPUT, entry.key_span, message).nearest(&entry.key, recorded.iter().copied()));
        // It is told once that the two are called differently.
        if let Some(near) = nearest(&entry.key, recorded.iter().copied()) {
            unnamed.remove(near);
        }
    }
    for file in &files.flows {
        let mut places = Vec::new();
        gather(&file.node, &mut places);
        for (name, span) in places {
            let near = nearest(name, named.iter().map(|entry| entry.key.as_str()));
            if let (true, Some(near)) = (unnamed.remove(name), near) {
                let found = Diagnostic::warning(codes::UNNAMED_RECORD, span, format!("histories have no name for \"{name}\""));
                findings.push(found.meant(near));
            }
        }
    }
}

/// Everything that may be the name of a record, with its place.
fn gather<'n>(node: &'n Node, places: &mut Vec<(&'n str, Span)>) {
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| gather(item, places)),
        Kind::Map(entries) => {
            for entry in entries {
                match entry.value.text().filter(|_| entry.key == "audit") {
                    Some(name) => places.push((name, entry.value.span)),
                    None => gather(&entry.value, places),
                }
            }
        }
        _ => {}
    }
}
