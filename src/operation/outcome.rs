//! What an answer means.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::flow::Operation;
use crate::operation::extract::extract;
use crate::operation::lookup::{is_harmless, is_remembered, lookup};
use crate::operation::matching::{NOT_LOOKED_AT, Seen, holds};
use crate::operation::report::{field_errors, report};
use crate::operation::request::exists;
use crate::operation::{Answer, ErrorReport, Outcome, page};

/// The code of the error when nothing was sent.
pub(super) const NOT_SENT: &str = "not_sent";

/// Matches an answer against the operation's outcomes and the standard table. `key_age` is how many milliseconds ago the key was first
/// sent: a server remembers it only so long.
///
/// For an operation that reads pages, `page` is told of `ok` and of outcomes of its own that answer 2xx: the page after a last full one
/// is empty, which is the end of the list and not the outcome that an empty list has.
pub fn outcome(operation: &Operation, profile: Option<&str>, key_age: i64, answer: &Answer) -> Outcome {
    if !exists(operation, profile) {
        return named("absent", None);
    }
    let facts = Facts {
        harmless: is_harmless(operation),
        keyed: is_remembered(operation, profile, key_age),
        lookup: lookup(operation, profile).is_some(),
    };
    match answer {
        Answer::NothingSent { why } | Answer::LeftAlone { why } => named("down", Some(without_status(NOT_SENT, why))),
        Answer::Unsendable { why } => named("refused", Some(without_status("not_there", why))),
        Answer::Unanswered { why } => facts.unanswered(without_status("no_answer", why)),
        Answer::Replied { status, retry_after, body } => {
            let json = parse(body);
            let seen = Seen { status: *status, text: body, json: json.as_ref() };
            Outcome { retry_after: *retry_after, ..replied(operation, facts, seen) }
        }
    }
}

fn replied(operation: &Operation, facts: Facts, seen: Seen<'_>) -> Outcome {
    if let Some(own) = own(operation, facts, seen) {
        return own;
    }
    let error = report(operation, seen);
    match seen.status {
        200..=299 => good(operation, facts, seen),
        422 if operation.body.is_some() => named("invalid", Some(error)),
        400 if operation.body.is_some() && field_errors(&error) => named("invalid", Some(error)),
        status if NOT_LOOKED_AT.contains(&status) => named("down", Some(error)),
        300..=499 => named("refused", Some(error)),
        _ => facts.failed(error),
    }
}

/// The first outcome of the operation's own that matches. One whose outputs are not there is none: the standard table decides.
fn own(operation: &Operation, facts: Facts, seen: Seen<'_>) -> Option<Outcome> {
    let rule = operation.outcomes.iter().find(|rule| holds(&rule.matches, seen))?;
    let is_good = (200..300).contains(&seen.status);
    match extract(&rule.output, seen.json) {
        Ok(output) => Some(Outcome {
            output,
            page: if is_good && operation.pages.is_some() { page::seen(operation, seen.json) } else { None },
            look: rule.name == "unknown" && facts.lookup,
            ..named(&rule.name, (rule.name != "ok").then(|| report(operation, seen)))
        }),
        Err(surprise) if is_good => Some(facts.surprised(seen, surprise.to_string(), operation)),
        Err(_) => None,
    }
}

fn good(operation: &Operation, facts: Facts, seen: Seen<'_>) -> Outcome {
    if operation.success.as_ref().is_some_and(|success| !holds(success, seen)) {
        return facts.surprised(seen, "the answer says that it did not succeed".to_owned(), operation);
    }
    let output = match extract(&operation.output, seen.json) {
        Ok(output) => output,
        Err(surprise) => return facts.surprised(seen, surprise.to_string(), operation),
    };
    if operation.pages.is_none() {
        return Outcome { output, ..named("ok", None) };
    }
    match page::seen(operation, seen.json) {
        Some(page) => Outcome { output, page: Some(page), ..named("ok", None) },
        None => facts.surprised(seen, "the answer is not as described: the next page".to_owned(), operation),
    }
}

/// What decides whether something may be done twice.
#[derive(Debug, Clone, Copy)]
struct Facts {
    harmless: bool,
    keyed: bool,
    lookup: bool,
}

impl Facts {
    /// 5xx: it may have been done, the real servers answer so after their commit.
    fn failed(self, error: ErrorReport) -> Outcome {
        if self.harmless || self.keyed { named("down", Some(error)) } else { self.unknown(error) }
    }

    /// No whole answer. A key makes it harmless to send again, but a look-up tells what became of it.
    fn unanswered(self, error: ErrorReport) -> Outcome {
        if self.harmless || (self.keyed && !self.lookup) { named("down", Some(error)) } else { self.unknown(error) }
    }

    /// 2xx that is not as described. Sending again would give the same answer, or do it twice.
    fn surprised(self, seen: Seen<'_>, words: String, operation: &Operation) -> Outcome {
        let said = report(operation, seen);
        let error = ErrorReport { message: said.message.or(Some(words)), ..said };
        if self.harmless { named("refused", Some(error)) } else { self.unknown(error) }
    }

    fn unknown(self, error: ErrorReport) -> Outcome {
        Outcome { look: self.lookup, ..named("unknown", Some(error)) }
    }
}

fn named(name: &str, error: Option<ErrorReport>) -> Outcome {
    Outcome { name: name.to_owned(), output: BTreeMap::new(), error, retry_after: None, page: None, look: false }
}

fn without_status(code: &str, why: &str) -> ErrorReport {
    ErrorReport { message: Some(why.to_owned()), code: Some(code.to_owned()), ..ErrorReport::default() }
}

/// Some servers begin their JSON with a byte order mark.
fn parse(body: &str) -> Option<Json> {
    serde_json::from_str(body.trim_start_matches('\u{feff}')).ok()
}
