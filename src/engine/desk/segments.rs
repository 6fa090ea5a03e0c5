//! Segments: the groups of people that a bot knows, and how many there are in each.
//!
//! Which group somebody belongs to follows from what is remembered of them and from the flows of the moment, so nothing about it is kept:
//! people are looked at one after another, all groups at once, and only so many of them.

use std::collections::BTreeMap;

use crate::engine::Record;
use crate::engine::desk::look::{Inquiry, plain};
use crate::engine::desk::{Status, entry, reply, text};
use crate::expr::{Time, Value};
use crate::flow::Library;
use crate::operation::Answer;

/// People looked at for one question, at most.
pub(super) const LOOKED_AT: usize = 20_000;

/// Counts somebody in each group that they belong to. A condition that fails holds for nobody.
pub(super) fn count(inquiry: &Inquiry<'_>, record: &Record, counts: &mut Vec<u64>) {
    let segments = &inquiry.library.project().bot.segments;
    counts.resize(segments.len(), 0);
    let view = inquiry.view(record, None);
    for ((_, segment), count) in segments.iter().zip(counts) {
        *count += u64::from(segment.when.holds(&view.context()).unwrap_or(false));
    }
}

/// True if somebody belongs to this group.
pub(crate) fn holds(library: &Library, record: &Record, segment: &str, now: Time) -> bool {
    let inquiry = Inquiry { library, by: record, operation: "", inputs: &BTreeMap::new(), now };
    let segments = &library.project().bot.segments;
    let view = inquiry.view(record, None);
    segments.iter().any(|(id, of)| id == segment && of.when.holds(&view.context()).unwrap_or(false))
}

/// The groups, each with its number.
pub(super) fn shown(inquiry: &Inquiry<'_>, counts: &[u64], more: bool) -> Answer {
    let view = inquiry.view(inquiry.by, None);
    let segments = &inquiry.library.project().bot.segments;
    let items = segments.iter().enumerate().map(|(at, (id, segment))| {
        let people = counts.get(at).and_then(|count| i64::try_from(*count).ok()).unwrap_or_default();
        let fields = [("id", text(id)), ("title", text(plain(&view, &segment.title))), ("people", Value::Integer(people))];
        entry(fields)
    });
    let items: Vec<Value> = items.collect();
    if items.is_empty() {
        return reply(Status::NotFound, &[]);
    }
    reply(Status::Ok, &[("items", Value::List(items)), ("more", Value::Bool(more))])
}
