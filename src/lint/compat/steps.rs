//! Steps that are gone or changed: who is moved to the present version loses what they had there, and is asked anew.

use crate::diagnostic::{Diagnostic, nearest};
use crate::flow::{AnswerType, Ask, Flow, Options, Step, Verb};
use crate::lint::compat::{Compared, OPTION_REMOVED, STEP_CHANGED, STEP_REMOVED};

impl Compared<'_> {
    /// Compares the steps of the flows that both versions have.
    pub(super) fn steps(&self, findings: &mut Vec<Diagnostic>) {
        for old in self.old.flows.values() {
            let Some(new) = self.new.flows.get(&old.id) else { continue };
            for step in old.steps.iter().filter(|step| is_felt(step)) {
                match new.index.get(&step.id).map(|at| &new.steps[*at]) {
                    None => findings.push(self.removed(step, old, new)),
                    Some(now) if kind(now) != kind(step) => findings.push(self.changed(step, now, new)),
                    Some(now) => self.options(step, now, new, findings),
                }
            }
        }
    }

    fn removed(&self, step: &Step, old: &Flow, new: &Flow) -> Diagnostic {
        let message = format!("the step \"{}\" is gone: whoever is moved from it to this version loses what it held", step.id);
        let found = Diagnostic::info(STEP_REMOVED, self.places.of_flow(&new.id, &[]), message);
        let added = new.steps.iter().filter(|now| !old.index.contains_key(&now.id) && kind(now) == kind(step));
        match nearest(&step.id, added.map(|now| now.id.as_str())) {
            Some(name) => found.help(format!("if it is called \"{name}\" now, keep the old id: people see the title, not the id")),
            None => found.help("let the conversations that are under way end on the version they began with"),
        }
    }

    fn changed(&self, step: &Step, now: &Step, flow: &Flow) -> Diagnostic {
        let message = format!("the step \"{}\" was {}, and is {}: an answer given before does not count", step.id, kind(step), kind(now));
        let place = self.places.of_flow(&flow.id, &["steps", &step.id]);
        Diagnostic::info(STEP_CHANGED, place, message).help("give the new step an id of its own, if both can stand in the flow")
    }

    fn options(&self, step: &Step, now: &Step, flow: &Flow, findings: &mut Vec<Diagnostic>) {
        let left = options(now);
        for option in options(step).into_iter().filter(|option| !left.contains(option)) {
            let message =
                format!("\"{}\" has no option \"{option}\" any more: whoever has chosen it is asked again when moved here", step.id);
            let place = self.places.of_flow(&flow.id, &["steps", &step.id, "choice"]);
            findings.push(
                Diagnostic::info(OPTION_REMOVED, place, message)
                    .help("keep the option while it is somebody's answer; its label may change"),
            );
        }
    }
}

/// True for a step that people stand at, or that holds something.
fn is_felt(step: &Step) -> bool {
    !matches!(step.verb, Verb::Say(_) | Verb::Branch(_) | Verb::Notify(_) | Verb::End)
}

/// What a step does, with what it asks for.
fn kind(step: &Step) -> &'static str {
    match &step.verb {
        Verb::Say(_) => "a message",
        Verb::Ask(ask) => answer(ask),
        Verb::Review(_) => "a review",
        Verb::Call(_) => "a call",
        Verb::Set(_) => "a computation",
        Verb::Branch(_) => "a branch",
        Verb::Run(_) => "a flow that is run",
        Verb::Wait(_) => "a wait",
        Verb::Approve(_) => "a decision",
        Verb::Notify(_) => "a notification",
        Verb::End => "an end",
    }
}

fn answer(ask: &Ask) -> &'static str {
    match &ask.answer {
        AnswerType::Text { .. } => "a question for a text",
        AnswerType::Name => "a question for a name",
        AnswerType::Integer(_) => "a question for a whole number",
        AnswerType::Decimal(_) => "a question for a number",
        AnswerType::Money(..) => "a question for a sum",
        AnswerType::Date(_) => "a question for a day",
        AnswerType::Clock(_) => "a question for a time",
        AnswerType::DateTime(_) => "a question for a moment",
        AnswerType::Email => "a question for an e-mail address",
        AnswerType::Phone(_) => "a question for a phone number",
        AnswerType::Contact { .. } => "a question for a contact",
        AnswerType::YesNo => "a question for yes or no",
        AnswerType::Choice(_) => "a choice",
        AnswerType::Choices { .. } => "a choice of several",
        AnswerType::Photo(_) => "a question for a photo",
        AnswerType::Document(_) => "a question for a document",
        AnswerType::Location => "a question for a place",
    }
}

fn options(step: &Step) -> Vec<&str> {
    let Verb::Ask(ask) = &step.verb else { return Vec::new() };
    match &ask.answer {
        AnswerType::Choice(Options::Literal(choices)) | AnswerType::Choices { options: Options::Literal(choices), .. } => {
            choices.iter().map(|choice| choice.id.as_str()).collect()
        }
        _ => Vec::new(),
    }
}
