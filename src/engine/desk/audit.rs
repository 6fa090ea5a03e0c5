//! What is remembered of somebody, as those read it who may: who, what and when, and never a value.

use std::collections::BTreeSet;

use crate::engine::desk::look::{Found, Inquiry, Search, plain};
use crate::engine::desk::{Status, reply, text};
use crate::engine::{Fact, FactKind, Record, RecordId};
use crate::expr::Value;
use crate::flow::{DecisionAct, Project, Step, Text, Verb, audited};
use crate::operation::Answer;

/// Lines of a page.
const LINES: usize = 10;

/// Pages that can be turned to by their number: each is found by reading up to its end.
const PAGES: usize = 50;

impl FactKind {
    /// True for what tells others something; steps and answers one by one do not.
    pub fn is_telling(&self) -> bool {
        !matches!(self, Self::Reached { .. } | Self::Answered { .. })
    }
}

/// `list_audit`: the latest first; `before` is what the page before said comes next, `page` counts from the latest.
pub(super) fn search(inquiry: &Inquiry<'_>) -> Search {
    let before = match inquiry.inputs.get("before") {
        Some(Value::Integer(before)) => u64::try_from(*before).ok(),
        _ => None,
    };
    let (before, most) = turned_to(inquiry).map_or((before, LINES), |page| (None, LINES * (page + 1)));
    Search::Facts { of: RecordId(inquiry.text("id").to_owned()), before, most }
}

/// The page that is asked for by its number.
fn turned_to(inquiry: &Inquiry<'_>) -> Option<usize> {
    match inquiry.inputs.get("page") {
        Some(Value::Integer(page)) => usize::try_from(*page).ok().map(|page| page.min(PAGES - 1)),
        _ => None,
    }
}

/// Those who did something, besides the person themself: they are named. And the person, who knows the numbers of their requests.
pub(super) fn others(inquiry: &Inquiry<'_>, found: &Found) -> Search {
    let others = found.facts.iter().filter_map(|fact| Line::of(inquiry, None, fact).by);
    let others: BTreeSet<_> = others.chain([inquiry.text("id")]).collect();
    Search::Each(others.into_iter().map(|id| RecordId(id.to_owned())).collect())
}

pub(super) fn page(inquiry: &Inquiry<'_>, found: &Found, others: &[Record]) -> Answer {
    if found.facts.is_empty() && found.earlier.is_none() {
        return reply(Status::NotFound, &[]);
    }
    let page = turned_to(inquiry);
    let rest = found.facts.get(page.unwrap_or_default() * LINES..).unwrap_or_default();
    let facts = if page.is_some() { &rest[..rest.len().min(LINES)] } else { rest };
    let has_older = rest.len() > facts.len() || found.earlier.is_some();
    let older = page.map(|page| page + 1).filter(|page| has_older && *page < PAGES);
    let newer = page.and_then(|page| page.checked_sub(1));
    let telling: Vec<_> = facts.iter().filter(|fact| !is_of_a_part(inquiry.library.project(), &fact.kind)).collect();
    let shown = if telling.is_empty() { facts.iter().collect() } else { telling };
    let items = shown.into_iter().map(|fact| item(inquiry, fact, others)).collect();
    let next = found.earlier.and_then(|version| i64::try_from(version).ok()).map_or(Value::None, Value::Integer);
    let [newer, older] = [newer, older].map(|page| page.and_then(|page| i64::try_from(page).ok()).map_or(Value::None, Value::Integer));
    reply(Status::Ok, &[("items", Value::List(items)), ("next", next), ("newer", newer), ("older", older)])
}

/// True for the beginning and the end of what is no conversation of its own: a flow that others run, and in which nothing waits.
fn is_of_a_part(project: &Project, kind: &FactKind) -> bool {
    let (FactKind::Started { flow } | FactKind::Ended { flow, .. }) = kind else { return false };
    let goes_on = |step: &Step| matches!(step.verb, Verb::Say(_) | Verb::Set(_) | Verb::Branch(_) | Verb::Notify(_) | Verb::End);
    project.flows.get(flow).is_some_and(|flow| flow.start.is_none() && flow.steps.iter().all(goes_on))
}

fn item(inquiry: &Inquiry<'_>, fact: &Fact, others: &[Record]) -> Value {
    let record = others.iter().find(|record| record.id.0 == inquiry.text("id"));
    let Line { what, by } = Line::of(inquiry, record, fact);
    let by = by.map_or(Value::None, |id| text(known_as(inquiry, id, others)));
    Value::Record([("at".to_owned(), Value::Time(fact.at)), ("what".to_owned(), text(what)), ("by".to_owned(), by)].into())
}

/// What was done, and the record of whoever did it, if that is somebody else.
pub(super) struct Line<'f> {
    pub what: String,
    pub by: Option<&'f str>,
}

impl<'f> Line<'f> {
    /// Of something that is remembered of this person.
    pub fn of(inquiry: &Inquiry<'_>, record: Option<&Record>, fact: &'f Fact) -> Self {
        let flow = |id: &str| titled(inquiry, id, |project| project.flows.get(id).map(|flow| &flow.title));
        let verdict = |flow: &str, step: &str, choice: &str| titled(inquiry, choice, |project| verdict(project, flow, step, choice));
        let operation = |id: &str| titled(inquiry, id, |project| project.operations.get(id).and_then(|operation| operation.title.as_ref()));
        let say = |name: &str, subject: String, how: &str| inquiry.sentence(name, [("subject", text(subject)), ("how", text(how))]);
        let perhaps = |known: Option<&str>| known.map_or(Value::None, text);
        let (what, by) = match &fact.kind {
            FactKind::Started { flow: id } => (say("fact_started", flow(id), ""), None),
            FactKind::Reached { flow: id, step } | FactKind::Answered { flow: id, step } => (format!("{}: {step}", flow(id)), None),
            FactKind::Called { operation: id, outcome, .. } => (say("fact_called", operation(id), outcome), None),
            FactKind::Audited { name } => {
                let own = audited(name, inquiry.language()).unwrap_or(name);
                (titled(inquiry, own, |project| project.bot.audit.get(name)), None)
            }
            FactKind::Requested { flow: id, .. } => {
                let number = perhaps(record.and_then(|record| number(record, fact)));
                (inquiry.sentence("fact_requested", [("subject", text(flow(id))), ("number", number)]), None)
            }
            FactKind::Decided { flow: id, step, choice, by } => {
                let number = record.and_then(|record| number(record, fact));
                let reason = record.zip(number).and_then(|(record, number)| reason(record, fact, step, number));
                let (subject, how) = (text(flow(id)), text(verdict(id, step, choice)));
                let given = [("subject", subject), ("how", how), ("number", perhaps(number)), ("reason", perhaps(reason))];
                let line = inquiry.sentence("fact_decided", given);
                (line, Some(by.as_str()))
            }
            FactKind::Handed { flow: id, to } => (say("fact_handed", flow(id), ""), Some(to.as_str())),
            FactKind::Ended { flow: id, end } => (say("fact_ended", flow(id), end), None),
            FactKind::Denied { flow: id } => (say("fact_denied", flow(id), ""), None),
            FactKind::Faulted { flow: id, step, .. } => (say("fact_failed", flow(id), step), None),
            FactKind::Undelivered { .. } => (say("fact_undelivered", String::new(), ""), None),
            FactKind::Repeated { .. } => (say("fact_repeated", String::new(), ""), None),
            FactKind::Erased { act } => (say("fact_erased", format!("A-{act}"), ""), None),
            FactKind::Administered { operation: id, by, outcome } => (say("fact_called", operation(id), outcome), Some(by.as_str())),
        };
        Self { what, by }
    }
}

/// The number of the request that was made or decided then, as long as the person's record knows it.
fn number<'r>(record: &'r Record, fact: &Fact) -> Option<&'r str> {
    let session = fact.session.as_ref()?;
    let waiting = record.requests().map(|(_, deciding)| deciding).find(|deciding| deciding.request.session() == *session);
    let mut closed = record.closed.iter().filter(|closed| closed.request.session() == *session);
    if let FactKind::Decided { .. } = fact.kind {
        return closed.find(|closed| closed.at == fact.at).map(|closed| closed.number.as_str());
    }
    if let Some(waiting) = waiting.filter(|waiting| waiting.made <= fact.at) {
        return Some(&waiting.number);
    }
    // Of requests that were sent one after another the first that was over later is the one; those before it may be forgotten.
    let mut before = None;
    let over = closed.find(|closed| {
        let is_later = closed.at >= fact.at;
        before = if is_later { before } else { Some(closed.number.as_str()) };
        is_later
    });
    over.filter(|over| over.follows.as_deref() == before).map(|over| over.number.as_str())
}

/// What was written for a decision, as long as the session that asked for it goes on. The journal itself holds no such thing.
fn reason<'r>(record: &'r Record, fact: &Fact, step: &str, number: &str) -> Option<&'r str> {
    let session = record.session(fact.session.as_ref()?)?;
    let results = session.frames.iter().filter_map(|frame| frame.results.get(step));
    results.into_iter().find_map(|held| {
        let Value::Record(fields) = &held.value else { return None };
        let is_its = matches!(fields.get("number"), Some(Value::Text(of)) if of == number);
        match fields.get("answer") {
            Some(Value::Text(answer)) if is_its => Some(answer.as_str()),
            _ => None,
        }
    })
}

/// A title in the present flows, or the id of what is not there any more.
pub(super) fn titled<'p>(inquiry: &Inquiry<'p>, id: &str, title: impl FnOnce(&'p Project) -> Option<&'p Text>) -> String {
    let library = inquiry.library;
    let title = title(library.project()).map(|title| plain(&inquiry.view(inquiry.by, None), title));
    title.filter(|title| !title.is_empty()).unwrap_or_else(|| id.to_owned())
}

/// How a decision reads in the present flows.
fn verdict<'p>(project: &'p Project, flow: &str, step: &str, choice: &str) -> Option<&'p Text> {
    let Verb::Approve(approve) = &project.flows.get(flow)?.step(step)?.verb else { return None };
    let option = approve.options.iter().find(|option| option.id == choice)?;
    match &option.act {
        DecisionAct::Decide(verdict) => verdict.verdict.as_ref().or(Some(&option.label)),
        DecisionAct::Start { .. } | DecisionAct::Url(_) => None,
    }
}

/// What somebody is called who did something.
fn known_as(inquiry: &Inquiry<'_>, id: &str, others: &[Record]) -> String {
    let nobody = || Record::new(RecordId(id.to_owned()));
    inquiry.name(&others.iter().find(|record| record.id.0 == id).cloned().unwrap_or_else(nobody))
}

/// The same for somebody who is to know nobody's id or own name: as the operator names them, or by their role.
pub(super) fn named(inquiry: &Inquiry<'_>, id: &str) -> Option<String> {
    let installation = &inquiry.library.installation;
    let named = installation.people.get(id).and_then(|known| known.name.clone());
    let role = || installation.roles.iter().find(|(_, role)| role.people.iter().any(|person| person == id));
    named.or_else(|| role().map(|(name, role)| inquiry.role_title(name, role).to_owned()))
}
