//! What concerns several flows at once: commands, and flows that run one another.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::expr::{Expression, codes as expr_codes};
use crate::flow::load::codes;
use crate::flow::load::names::{Sheet, World};
use crate::flow::{Admits, Flow, StandingAct, Step, Target, Verb, Word, ways};
use crate::syntax::{Entry, Node};

/// How many flows may run one another.
const DEPTH: usize = 8;

/// How many flows are looked at for a circle, so that no set of files takes long.
const SEARCHES: usize = 200;

/// Ends that a child may have without writing them.
const ALWAYS: [&str; 3] = ["expired", "cancelled", "fault"];

/// Which flow a command starts.
pub(super) fn commands(world: &World<'_>, findings: &mut Vec<Diagnostic>) -> BTreeMap<String, String> {
    let mut commands: BTreeMap<String, (String, Span)> = BTreeMap::new();
    for sheet in world.flows.values() {
        let Some((command, node)) =
            sheet.node.get("start").and_then(|start| start.get("command")).and_then(|node| Some((node.text()?, node)))
        else {
            continue;
        };
        if Word::named(command).is_some() {
            let message = format!("/{command} is one of the words that work anywhere, so it cannot start a flow");
            findings.push(Diagnostic::error(codes::CONFLICTING_COMMANDS, node.span, message).help("choose another command"));
            continue;
        }
        match commands.get(command) {
            Some((other, span)) => findings.push(
                Diagnostic::error(codes::CONFLICTING_COMMANDS, node.span, format!("/{command} starts the flow \"{other}\" already"))
                    .help("choose another command for one of them")
                    .related(*span, "the first one"),
            ),
            None => {
                commands.insert(command.to_owned(), (sheet.id.to_owned(), node.span));
            }
        }
    }
    commands.into_iter().map(|(command, (flow, _))| (command, flow)).collect()
}

/// Flows that run one another in a circle, or too deeply; and ends of a child that its parent forgot.
pub(super) fn runs(world: &World<'_>, flows: &BTreeMap<String, Flow>, findings: &mut Vec<Diagnostic>) {
    let heights = heights(world);
    let mut searches = SEARCHES;
    for sheet in world.flows.values() {
        for (step, child) in children(sheet, world) {
            check_ends(step, child, (world, flows), findings);
            if heights[sheet.id] > DEPTH && searches > 0 {
                searches -= 1;
                check_circle(sheet, step, child, world, findings);
            }
        }
        if heights[sheet.id] == DEPTH + 1 {
            let message = format!("\"{}\" and the flows it runs are {} deep, and {DEPTH} is the most", sheet.id, DEPTH + 1);
            findings.push(Diagnostic::error(codes::RECURSION, sheet.span, message).help("let some of them \"start\" the next instead"));
        }
    }
}

fn check_circle(sheet: &Sheet<'_>, step: &Entry, child: &Sheet<'_>, world: &World<'_>, findings: &mut Vec<Diagnostic>) {
    if reaches(child, sheet.id, world) {
        let span = step.value.get("run").map_or(step.key_span, |run| run.span);
        let message = format!("\"{}\" runs \"{}\", which leads back to it", sheet.id, child.id);
        let found = Diagnostic::error(codes::RECURSION, span, message);
        findings.push(found.help("a flow cannot run itself; use \"go\" within it, or \"start\" to leave for another"));
    }
}

fn children<'w>(sheet: &'w Sheet<'w>, world: &'w World<'w>) -> impl Iterator<Item = (&'w Entry, &'w Sheet<'w>)> {
    sheet.steps.iter().filter_map(|step| Some((step, world.flows.get(step.value.get("run")?.text()?)?)))
}

/// How many flows are open at once when each of them runs, itself included; at most two more than is allowed. A circle has no height
/// of its own: it grows until that is reached.
fn heights<'w>(world: &'w World<'w>) -> BTreeMap<&'w str, usize> {
    let mut heights: BTreeMap<&str, usize> = world.flows.keys().map(|id| (*id, 1)).collect();
    for _ in 0..=DEPTH {
        let above = |sheet: &'w Sheet<'w>| children(sheet, world).map(|(_, child)| heights[child.id]).max().unwrap_or(0) + 1;
        heights = world.flows.values().map(|sheet| (sheet.id, above(sheet))).collect();
    }
    heights
}

fn reaches(from: &Sheet<'_>, to: &str, world: &World<'_>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(sheet) = open.pop() {
        if sheet.id == to {
            return true;
        }
        if seen.insert(sheet.id) {
            open.extend(children(sheet, world).map(|(_, child)| child));
        }
    }
    false
}

fn check_ends(step: &Entry, child: &Sheet<'_>, (world, flows): (&World<'_>, &BTreeMap<String, Flow>), findings: &mut Vec<Diagnostic>) {
    let Some(flow) = flows.get(child.id) else { return };
    let ends = ends(flow, world);
    if flow.steps.is_empty() {
        return;
    }
    let entries = step.value.get("outcomes").map_or(&[][..], Node::entries);
    for entry in
        entries.iter().filter(|entry| entry.key != "else" && !ALWAYS.contains(&entry.key.as_str()) && !ends.contains(entry.key.as_str()))
    {
        let message = format!("the flow \"{}\" never ends \"{}\"", child.id, entry.key);
        let found = Diagnostic::error(codes::IMPOSSIBLE, entry.key_span, message).related(child.span, "the flow");
        findings.push(match nearest(&entry.key, ends.iter().copied()) {
            Some(near) => found.meant(near),
            None => found.help(format!("it ends {}", ends.iter().copied().collect::<Vec<_>>().join(", "))),
        });
    }
    // An end under a name that is almost right has been told.
    let is_meant = |key: &str, end: &str| !ends.contains(key) && nearest(key, ends.iter().copied()) == Some(end);
    let named = |name: &str| entries.iter().any(|entry| entry.key == name || is_meant(&entry.key, name));
    let open: Vec<_> = ends.iter().filter(|end| !named(end)).map(|end| format!("\"{end}\"")).collect();
    if !named("else") && !open.is_empty() {
        let span = step.value.get("run").map_or(step.key_span, |run| run.span);
        let message = format!("the flow \"{}\" can also end {}, and no road is named for that", child.id, open.join(", "));
        findings.push(
            Diagnostic::error(codes::UNCOVERED, span, message)
                .help("name each under \"outcomes\", or cover the rest with \"else\"")
                .related(child.span, "the flow"),
        );
    }
}

/// Buttons that are shown to those alone whom the flow that they start turns away.
pub(super) fn starts(flows: &BTreeMap<String, Flow>, findings: &mut Vec<Diagnostic>) {
    // Elsewhere one name means another thing in another flow.
    let is_shared = |condition: &Expression| condition.names().iter().all(|name| matches!(name.path[0].as_str(), "person" | "settings"));
    for (when, started) in flows.values().flat_map(|flow| &flow.steps).flat_map(starters).filter(|(when, _)| is_shared(when)) {
        let checks = flows.get(started).map_or(&[][..], |flow| &flow.checks);
        if let Some(check) = checks.iter().find(|check| is_shared(&check.when) && when.excludes(&check.when)) {
            let message = format!("whoever is shown this may not begin \"{started}\": its check \"{}\" asks for the opposite", check.id);
            let found = Diagnostic::warning(expr_codes::CONSTANT_CONDITION, when.span(), message);
            findings.push(found.help("correct one of the two conditions").related(check.when.span(), "the check"));
        }
    }
}

/// The buttons of a step that start another flow under a condition: that, and the flow.
fn starters(step: &Step) -> Vec<(&Expression, &str)> {
    match &step.verb {
        Verb::Say(say) => say.buttons.iter().filter_map(|button| Some((button.when.as_ref()?, started(&button.act)?))).collect(),
        Verb::Ask(ask) => {
            ways::choices(ask).iter().filter_map(|choice| Some((choice.when.as_ref()?, handed_to(&choice.road.to)?))).collect()
        }
        _ => Vec::new(),
    }
}

fn started(act: &StandingAct) -> Option<&str> {
    match act {
        StandingAct::Start { flow, .. } => Some(flow),
        StandingAct::Url(_) | StandingAct::Copy(_) => None,
    }
}

fn handed_to(target: &Target) -> Option<&str> {
    match target {
        Target::Start { flow, .. } => Some(flow),
        _ => None,
    }
}

/// The ends that a flow's roads lead to. Of a flow that is for a role which there is not that has been told, and nothing follows from it.
fn ends<'f>(flow: &'f Flow, world: &World<'_>) -> BTreeSet<&'f str> {
    let mut ends: BTreeSet<&str> = ways::ends(flow).collect();
    let is_for_some = match &flow.admits {
        Admits::Anyone => false,
        Admits::Roles(roles) => world.installation.unread || roles.iter().all(|role| world.installation.roles.contains_key(role)),
    };
    if !flow.checks.is_empty() || is_for_some {
        ends.insert("not_allowed");
    }
    ends
}
