//! Names in a test that the flows do not have: told before anything is played.

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::flow::Project;
use crate::scenario::codes;
use crate::scenario::play::stage::Bots;
use crate::scenario::script::{Expect, Line, Test, What};

/// Reports flows, steps, operations, files and languages that are not there.
pub(super) fn check(test: &Test, project: &Project, bots: &Bots<'_>, findings: &mut Vec<Diagnostic>) {
    check_languages(test, &project.bot.languages, findings);
    for line in &test.talk {
        match &line.what {
            What::Called(called) if !project.operations.contains_key(&called.operation) => {
                let names = project.operations.keys().map(String::as_str);
                findings.push(unknown(codes::UNKNOWN_OPERATION, line.span, "operation", &called.operation, names));
            }
            What::Event { event, .. } if !project.bot.events.contains_key(event) => {
                let names = project.bot.events.keys().map(String::as_str);
                findings.push(unknown(codes::UNKNOWN_EVENT, line.span, "event", event, names));
            }
            What::Reload { files, .. } => {
                for (path, span, _) in files.iter().filter(|(path, ..)| bots.path(path).is_none()) {
                    findings.push(unknown(codes::UNKNOWN_FILE, *span, "file", path, bots.paths()));
                }
            }
            What::Expect(expect) => check_flows(expect, project, findings),
            _ => {}
        }
    }
}

fn check_flows(expect: &Expect, project: &Project, findings: &mut Vec<Diagnostic>) {
    for (flow, span, _) in expect.ended.iter().chain(&expect.waits) {
        if !project.flows.contains_key(flow) {
            findings.push(unknown(codes::UNKNOWN_FLOW, *span, "flow", flow, project.flows.keys().map(String::as_str)));
        }
    }
    for (flow, span, step) in &expect.waits {
        if let Some(flow) = project.flows.get(flow).filter(|flow| flow.step(step).is_none()) {
            findings.push(unknown(codes::UNKNOWN_STEP, *span, "step", step, flow.index.keys().map(String::as_str)));
        }
    }
}

/// A text in a language that the bot does not speak is never read.
fn check_languages(test: &Test, of_bot: &[String], findings: &mut Vec<Diagnostic>) {
    for phrase in test.talk.iter().flat_map(Line::phrases) {
        for language in phrase.named_languages() {
            if !of_bot.iter().any(|known| known == language) {
                findings.push(unknown(codes::NO_LANGUAGE, phrase.span, "language", language, of_bot.iter().map(String::as_str)));
            }
        }
    }
}

fn unknown<'n>(code: Code, span: Span, what: &str, name: &str, names: impl Iterator<Item = &'n str>) -> Diagnostic {
    Diagnostic::error(code, span, format!("the bot has no {what} \"{name}\"")).nearest(name, names)
}
