//! Scenarios against the bot they are played with: flows, ends, steps, operations, addresses that it does not have. A request that is
//! expected no time at all is met by a misspelt address, too.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Sources, Span, nearest, sort, together};
use crate::flow::{Flow, OWN, Operation, PageBy, PathPart, Project, Verb, ways};
use crate::scenario::script::{Called, Chosen, Expect, Given, Sent, Suite, Test, What};
use crate::scenario::{codes, facts};

/// Ends that every flow may have.
const ALWAYS: [&str; 5] = ["expired", "cancelled", "fault", "handed_over", "not_allowed"];

/// What tests name and the bot does not have. A test that exchanges files of the bot is not looked at.
pub fn check(sources: &Sources, project: &Project, suite: &Suite) -> Vec<Diagnostic> {
    let mut checker = Checker { project, seen: BTreeSet::new(), findings: Vec::new() };
    let edits = |test: &&Test| !test.talk.iter().any(|line| matches!(line.what, What::Reload { .. }));
    for test in suite.tests.iter().filter(edits) {
        checker.given(&test.given);
        for line in &test.talk {
            match &line.what {
                What::Expect(expect) => checker.expect(expect),
                What::Called(called) => checker.called(called, line.span),
                What::Sent(sent) => checker.sent(sent, line.span),
                _ => {}
            }
        }
    }
    sort(sources, &mut checker.findings);
    // An end, a step or a request that the bot no longer has is missed by every test of it.
    together(&mut checker.findings, |finding| Some((finding.code, unnumbered(&finding.message))));
    checker.findings
}

/// A message in which parts of a path that have a digit are all the same: whose record it is makes no other request of it.
fn unnumbered(message: &str) -> String {
    let part = |part: &str| if part.contains(|letter: char| letter.is_ascii_digit()) { "…".to_owned() } else { part.to_owned() };
    message.trim_end_matches('"').split('/').map(part).collect::<Vec<_>>().join("/")
}

struct Checker<'p> {
    project: &'p Project,
    /// Places that were looked at.
    seen: BTreeSet<Span>,
    findings: Vec<Diagnostic>,
}

impl<'p> Checker<'p> {
    /// What the tests of a file take for given together is looked at once.
    fn given(&mut self, given: &Given) {
        let fields = given.person.values().flatten().filter(|fact| fact.name != facts::LANGUAGE);
        for (fact, is_setting) in given.settings.iter().map(|fact| (fact, true)).chain(fields.map(|fact| (fact, false))) {
            if self.seen.insert(fact.span) {
                let read = if is_setting { facts::setting } else { facts::field };
                read(self.project, fact, &mut self.findings);
            }
        }
        for chosen in &given.profile {
            self.profile(chosen);
        }
        let held = given.people.values().flat_map(|somebody| &somebody.roles).map(|(role, span)| (role, span));
        for (role, span) in held.chain(given.rights.iter().map(|(role, span, _)| (role, span))) {
            self.role(role, *span);
        }
    }

    fn profile(&mut self, Chosen { connection: (connection, place), profile: (profile, span) }: &Chosen) {
        if !self.seen.insert(*span) {
            return;
        }
        let profiles = &self.project.profiles;
        let Some(known) = profiles.get(connection) else {
            let message = format!("there is no connection \"{connection}\"");
            return self.unknown(codes::UNKNOWN_OPERATION, *place, message, (connection, &profiles.keys().map(String::as_str).collect()));
        };
        if !known.contains(profile) {
            let message = format!("the operations of \"{connection}\" have no profile \"{profile}\"");
            self.unknown(codes::UNKNOWN_PROFILE, *span, message, (profile, &known.iter().map(String::as_str).collect()));
        }
    }

    /// Where the operator's file declares no roles, nothing is known of them.
    fn role(&mut self, role: &str, span: Span) {
        let known: BTreeSet<&str> = self.project.bot.roles.keys().map(String::as_str).collect();
        if !known.is_empty() && !known.contains(role) && self.seen.insert(span) {
            self.unknown(codes::UNKNOWN_ROLE, span, format!("there is no role \"{role}\""), (role, &known));
        }
    }

    fn expect(&mut self, expect: &Expect) {
        for (flow, span, end) in &expect.ended {
            let Some(flow) = self.flow(flow, *span) else { continue };
            let ends: BTreeSet<&str> = ways::ends(flow).chain(ALWAYS).chain([flow.expire.end.as_str()]).collect();
            if !ends.contains(end.as_str()) {
                let message = format!("the flow \"{}\" never ends \"{end}\"", flow.id);
                self.unknown(codes::UNKNOWN_STEP, *span, message, (end, &ends));
            }
        }
        for (flow, span, step) in &expect.waits {
            let Some(flow) = self.flow(flow, *span) else { continue };
            let known = flow.step(step);
            let waits = |verb: &Verb| !matches!(verb, Verb::Say(_) | Verb::Set(_) | Verb::Branch(_) | Verb::Notify(_) | Verb::End);
            if !known.is_some_and(|step| waits(&step.verb)) {
                let steps: BTreeSet<&str> = flow.steps.iter().filter(|step| waits(&step.verb)).map(|step| step.id.as_str()).collect();
                let message = match known {
                    Some(_) => format!("nobody waits at the step \"{step}\" of the flow \"{}\": it goes on at once", flow.id),
                    None => format!("there is no step \"{step}\" in the flow \"{}\"", flow.id),
                };
                self.unknown(codes::UNKNOWN_STEP, *span, message, (step, &steps));
            }
        }
        for (request, span, _) in &expect.requests {
            let (method, target) = request.split_once(' ').unwrap_or(("", request));
            self.request(method, target, *span);
        }
        if let Some((span, operations)) = &expect.doubts {
            for operation in operations {
                self.operation(operation, *span);
            }
        }
    }

    fn called(&mut self, called: &Called, span: Span) {
        self.operation(&called.operation, span);
    }

    fn sent(&mut self, sent: &Sent, span: Span) {
        self.request(&sent.method, &sent.target, span);
    }

    fn flow(&mut self, id: &str, span: Span) -> Option<&'p Flow> {
        let project = self.project;
        let known = project.flows.get(id);
        if known.is_none() {
            let ids = project.flows.keys().map(String::as_str).collect();
            self.unknown(codes::UNKNOWN_FLOW, span, format!("there is no flow \"{id}\""), (id, &ids));
        }
        known
    }

    fn operation(&mut self, id: &str, span: Span) {
        if !self.project.operations.contains_key(id) {
            let ids = self.project.operations.keys().map(String::as_str).collect();
            self.unknown(codes::UNKNOWN_OPERATION, span, format!("there is no operation \"{id}\""), (id, &ids));
        }
    }

    /// A request that no operation ever sends.
    fn request(&mut self, method: &str, target: &str, span: Span) {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        let operations = || self.project.operations.values().filter(|operation| operation.connection != OWN);
        if operations().any(|operation| operation.method == method && fits(operation, path)) {
            return;
        }
        let address = |operation: &Operation| format!("{} {}", operation.method, written(operation));
        let addresses: Vec<String> = operations().map(address).collect();
        // What is at the same place is asked for in another way.
        let same = operations().find(|operation| operation.pages.is_none() && fits(operation, path)).map(address);
        let message = format!("no operation sends \"{method} {path}\"");
        let found = Diagnostic::error(codes::UNKNOWN_OPERATION, span, message);
        let near = same.as_deref().or_else(|| nearest(&format!("{method} {path}"), addresses.iter().map(String::as_str)));
        self.findings.push(match near {
            Some(near) => found.help(format!("the nearest is \"{near}\"")),
            None => found,
        });
    }

    fn unknown(&mut self, code: crate::diagnostic::Code, span: Span, message: String, (written, known): (&str, &BTreeSet<&str>)) {
        let found = Diagnostic::error(code, span, message);
        self.findings.push(match nearest(written, known.iter().copied()) {
            Some(near) => found.help(format!("did you mean \"{near}\"?")),
            None if known.len() <= 12 => found.help(format!("there are {}", known.iter().copied().collect::<Vec<_>>().join(", "))),
            None => found,
        });
    }
}

/// True if the operation can send a request to this path.
fn fits(operation: &Operation, path: &str) -> bool {
    // Where the server names the next page, any path may follow.
    if operation.pages.as_ref().is_some_and(|pages| matches!(pages.by, PageBy::Next(_))) {
        return true;
    }
    let mut rest = vec![path];
    for part in &operation.path {
        rest = match part {
            PathPart::Fixed(fixed) => rest.into_iter().filter_map(|rest| rest.strip_prefix(fixed.as_str())).collect(),
            // An input may be any part of what stands before the next slash.
            PathPart::Input(_) => rest.into_iter().flat_map(up_to_slash).collect(),
        };
    }
    rest.contains(&"")
}

fn up_to_slash(rest: &str) -> impl Iterator<Item = &str> {
    let end = rest.find('/').unwrap_or(rest.len());
    (0..=end).filter(|at| rest.is_char_boundary(*at)).map(move |at| &rest[at..])
}

fn written(operation: &Operation) -> String {
    let part = |part: &PathPart| match part {
        PathPart::Fixed(fixed) => fixed.clone(),
        PathPart::Input(name) => format!("{{{name}}}"),
    };
    operation.path.iter().map(part).collect()
}
