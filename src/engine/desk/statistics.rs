//! Statistics: of the sessions of a flow that began within some days, how many ended and how, and where the others stopped.

use std::collections::BTreeMap;

use crate::engine::desk::look::{Inquiry, Search, plain};
use crate::engine::desk::{Status, entry, refused, reply, text};
use crate::engine::tally::{Stop, Tally, day};
use crate::expr::Value;
use crate::flow::Flow;
use crate::operation::Answer;

/// Days that are counted together, at most.
const DAYS_AT_MOST: i64 = 366;

/// Which days: the last so many, today included.
pub(super) fn search(inquiry: &Inquiry<'_>) -> Result<Search, Answer> {
    if flow(inquiry).is_none() {
        return Err(refused("there is no such flow"));
    }
    let days = match inquiry.inputs.get("days") {
        Some(Value::Integer(days)) if (1..=DAYS_AT_MOST).contains(days) => *days,
        _ => return Err(refused("statistics are of one day to 366")),
    };
    let to = day(inquiry.library.project(), inquiry.now);
    Ok(Search::Tallies { flow: inquiry.text("flow").to_owned(), from: to - (days - 1), to })
}

fn flow<'a>(inquiry: &Inquiry<'a>) -> Option<&'a Flow> {
    inquiry.library.project().flows.get(inquiry.text("flow"))
}

/// The numbers.
pub(super) fn shown(inquiry: &Inquiry<'_>, tally: &Tally) -> Answer {
    let Some(flow) = flow(inquiry) else { return refused("there is no such flow") };
    let fields = [
        ("started", number(tally.started)),
        ("completed", number(tally.completed)),
        ("waiting", number(tally.waiting())),
        ("left", number(tally.left)),
        ("expired", number(tally.expired)),
        ("median", tally.median().map_or(Value::None, Value::Duration)),
        ("steps", Value::List(steps(inquiry, flow, &tally.steps))),
    ];
    reply(Status::Ok, &fields)
}

/// The steps that have a title, in their order. Whoever stops at one without a title has come from the titled one before it, and counts
/// there.
fn steps(inquiry: &Inquiry<'_>, flow: &Flow, stops: &BTreeMap<String, Stop>) -> Vec<Value> {
    let view = inquiry.view(inquiry.by, None);
    let mut rows: Vec<(String, String, Stop)> = Vec::new();
    for step in &flow.steps {
        let stop = stops.get(&step.id).copied().unwrap_or_default();
        match (&step.title, rows.last_mut()) {
            (Some(title), _) => rows.push((step.id.clone(), plain(&view, title), stop)),
            (None, Some((.., before))) => {
                before.waiting += stop.waiting;
                before.left += stop.left;
            }
            (None, None) if stop != Stop::default() => rows.push((step.id.clone(), plain(&view, &flow.title), stop)),
            (None, None) => {}
        }
    }
    let row = |(id, title, stop): (String, String, Stop)| {
        let fields = [
            ("id", text(id)),
            ("title", text(title)),
            ("reached", number(stop.reached)),
            ("waiting", number(stop.waiting)),
            ("left", number(stop.left)),
        ];
        entry(fields)
    };
    rows.into_iter().filter(|(.., stop)| *stop != Stop::default()).map(row).collect()
}

fn number(count: u64) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}
