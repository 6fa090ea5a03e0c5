//! Requests that wait for decisions, as those see them who decide.

use crate::engine::desk::look::{ITEMS_AT_MOST, Inquiry, Search, plain};
use crate::engine::desk::{Status, entry, reply, text};
use crate::engine::record::value_key;
use crate::engine::scope::View;
use crate::engine::{Closed, Deciding, Record, Session, offers, words};
use crate::expr::Value;
use crate::flow::{AnswerType, Approve, Decision, Demand, Options, Verb, Verdict};
use crate::operation::Answer;

/// What is said of somebody's request beside them: of the one with this number, else of the first that waits.
pub(super) fn of_person(inquiry: &Inquiry<'_>, record: &Record, number: Option<&str>) -> [(&'static str, Value); 4] {
    let closed = record.closed.iter().rev().find(|closed| Some(closed.number.as_str()) == number);
    let waits = |deciding: &Deciding| number.is_none_or(|number| deciding.number == number);
    let waiting = record.requests().map(|(_, deciding)| deciding).find(|deciding| waits(deciding));
    let first = || record.requests().map(|(_, deciding)| deciding).next();
    let [id, number, state, verdict] = match (waiting, closed) {
        (None, Some(closed)) => {
            let verdict = closed.verdict.in_language(inquiry.by.person.language.as_deref());
            let verdict = if verdict.is_empty() { Value::None } else { text(words::without_tags(verdict)) };
            [text(&closed.request.0), text(&closed.number), text(if closed.by.is_some() { "decided" } else { "closed" }), verdict]
        }
        (waiting, _) => match waiting.or_else(first) {
            Some(deciding) => [text(&deciding.request.0), text(&deciding.number), text("waiting"), Value::None],
            None => [const { Value::None }; 4],
        },
    };
    [("request_id", id), ("request_number", number), ("request_state", state), ("request_verdict", verdict)]
}

/// `list_requests`: the oldest first.
pub(super) fn waiting(inquiry: &Inquiry<'_>, records: &[Record]) -> Vec<Value> {
    let flow = inquiry.text("flow");
    let all = records.iter().flat_map(|record| record.requests().map(move |(session, deciding)| (record, session, deciding)));
    let of_flow = |session: &Session| flow.is_empty() || session.frames.iter().any(|frame| frame.flow == flow);
    let mut waiting: Vec<_> = all.filter(|(_, session, _)| of_flow(session)).collect();
    waiting.sort_by_key(|(_, _, deciding)| deciding.made);
    let item = |(record, session, deciding): (&Record, &Session, &Deciding)| {
        let fields = [
            ("id", text(&deciding.request.0)),
            ("number", text(&deciding.number)),
            ("title", text(inquiry.flow_title(record, session))),
            ("name", text(inquiry.name(record))),
            ("age", Value::Duration(inquiry.now.0 - deciding.made.0)),
            ("person_id", text(&record.id.0)),
        ];
        entry(fields)
    };
    waiting.into_iter().take(ITEMS_AT_MOST).map(item).collect()
}

/// `get_request`.
pub(super) fn one(inquiry: &Inquiry<'_>, record: Option<&Record>, alike: &[Record]) -> Answer {
    let id = inquiry.text("id");
    let Some(record) = record else { return reply(Status::NotFound, &[]) };
    if let Some((session, deciding)) = record.requests().find(|(_, deciding)| deciding.request.0 == id) {
        return shown(inquiry, record, (session, deciding), alike);
    }
    match record.closed.iter().find(|closed| closed.request.0 == id) {
        Some(over) => closed(inquiry, record, over),
        None => reply(Status::NotFound, &[]),
    }
}

fn shown(inquiry: &Inquiry<'_>, record: &Record, (session, deciding): (&Session, &Deciding), alike: &[Record]) -> Answer {
    let others = alike.iter().filter(|other| other.id != record.id).map(|other| text(inquiry.name(other)));
    reply(
        Status::Ok,
        &[
            ("number", text(&deciding.number)),
            ("state", text("waiting")),
            ("card", text(words::without_tags(deciding.card.in_language(inquiry.by.person.language.as_deref())))),
            ("since", Value::Time(deciding.made)),
            ("duplicates", Value::List(others.collect())),
            ("options", Value::List(options(inquiry, record, session))),
            ("person_id", text(&record.id.0)),
        ],
    )
}

fn closed(inquiry: &Inquiry<'_>, record: &Record, over: &Closed) -> Answer {
    let verdict = over.verdict.in_language(inquiry.by.person.language.as_deref());
    let by = over.by.as_ref().map(|(by, _)| by.name.as_str());
    reply(
        Status::Ok,
        &[
            ("number", text(&over.number)),
            ("state", text(if by.is_some() { "decided" } else { "closed" })),
            ("card", text("")),
            ("since", Value::Time(over.at)),
            ("duplicates", Value::List(Vec::new())),
            ("options", Value::List(Vec::new())),
            ("person_id", text(&record.id.0)),
            ("verdict", if verdict.is_empty() { Value::None } else { text(verdict) }),
            ("by_name", by.map_or(Value::None, text)),
        ],
    )
}

/// What can be decided now, and what must be written with it.
fn options(inquiry: &Inquiry<'_>, record: &Record, session: &Session) -> Vec<Value> {
    let view = inquiry.view(record, Some(session));
    let Some(approve) = here(inquiry, session) else { return Vec::new() };
    let shown = approve.verdicts().filter(|(option, _)| option.when.as_ref().is_none_or(|when| when.holds(&view.context()) == Ok(true)));
    let item = |(option, verdict): (&Decision, &Verdict)| {
        let asks = verdict.ask.as_ref().map_or(Value::None, |ask| text(plain(&view, &ask.text)));
        let chooses = verdict.ask.as_ref().map(|ask| choices(&view, ask)).unwrap_or_default();
        // Where there is nothing to choose from the option is hidden on the card, too.
        if verdict.data().is_some() && chooses.is_empty() {
            return None;
        }
        let choices = if chooses.is_empty() { Value::None } else { Value::List(chooses) };
        Some(entry([("id", text(&option.id)), ("label", text(plain(&view, &option.label))), ("asks", asks), ("choices", choices)]))
    };
    shown.filter_map(item).collect()
}

/// What a decision is chosen from, if it is: the key of each and its label.
fn choices(view: &View<'_>, demand: &Demand) -> Vec<Value> {
    let one = |key: &str, label: String| entry([("id", text(key)), ("label", text(label))]);
    match &demand.answer {
        AnswerType::Choice(Options::Literal(choices)) => choices.iter().map(|choice| one(&choice.id, plain(view, &choice.label))).collect(),
        AnswerType::Choice(Options::Data(data)) => {
            let offers = offers::from_data(view, data).unwrap_or_default();
            offers.into_iter().map(|offer| one(&offer.key, offer.label)).collect()
        }
        _ => Vec::new(),
    }
}

fn here<'q>(inquiry: &Inquiry<'q>, session: &Session) -> Option<&'q Approve> {
    let project = inquiry.library.projects.get(&session.version)?;
    let frame = session.frames.last()?;
    match &project.flows.get(&frame.flow)?.step(&frame.at)?.verb {
        Verb::Approve(approve) => Some(approve),
        _ => None,
    }
}

/// Whoever has the same number or address as this person gives: the phones and the e-mails they were asked for, and those that are
/// remembered of them.
pub(super) fn alike(inquiry: &Inquiry<'_>, record: &Record) -> Option<Search> {
    let (session, _) = record.requests().find(|(_, deciding)| deciding.request.0 == inquiry.text("id"))?;
    let project = inquiry.library.projects.get(&session.version)?;
    let mut keys = Vec::new();
    for frame in &session.frames {
        let Some(flow) = project.flows.get(&frame.flow) else { continue };
        for step in &flow.steps {
            let Verb::Ask(ask) = &step.verb else { continue };
            if let AnswerType::Email | AnswerType::Phone(_) | AnswerType::Contact { .. } = &ask.answer
                && let Some(held) = frame.results.get(&step.id)
            {
                keys.extend(value_key(&held.value));
            }
        }
    }
    (!keys.is_empty()).then_some(Search::Keys(keys, ITEMS_AT_MOST))
}
