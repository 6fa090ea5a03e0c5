//! Maintenance: people without a role are asked to wait, and hear of it when it is over. What the ERP answers, what others decide and what
//! falls due goes on meanwhile.

use crate::engine::desk::acts::Act as Asked;
use crate::engine::desk::{Status, refused, reply, text};
use crate::engine::house::{Kept, is_here};
use crate::engine::steps::review::escape;
use crate::engine::work::Work;
use crate::engine::{Act, Counter, EffectKind, Fact, FactKind, Record, Turn, start, words};
use crate::expr::{Time, Value};
use crate::flow::{Installation, Maintenance};
use crate::operation::Answer;

/// By which those are found who were asked to wait: a kind of key, and its value.
pub const WAITS: (&str, &str) = ("waits", "maintenance");

/// The mark of those who were asked to wait, among the counters.
const MARK: &str = "maintenance";

/// True for somebody who was asked to wait and has not heard yet that it is over.
pub fn waits(record: &Record) -> bool {
    record.counters.iter().any(|counter| counter.step == MARK)
}

/// Asks somebody to wait, if that is what people are asked now; their act means nothing then, and nothing of theirs changes.
pub(crate) fn holds_back(work: &mut Work<'_>, act: &Act) -> bool {
    let installation = &work.library.installation;
    let Some(maintenance) = &installation.house.maintenance else {
        // Whoever comes by themself when it is over need not be told.
        forget(work);
        return false;
    };
    if installation.roles_of(&work.record.id.0).next().is_some() {
        return false;
    }
    if let Act::Pressed { press, .. } = act {
        work.order(EffectKind::Acknowledge { press: press.clone(), text: None });
    }
    if !matches!(act, Act::Left | Act::Returned) {
        match &maintenance.text {
            Some(text) => work.say_html(escape(text)),
            None => work.say("maintenance"),
        }
        if !waits(&work.record) {
            work.record.counters.push(Counter { step: MARK.to_owned(), entered: vec![work.now] });
        }
    }
    true
}

fn forget(work: &mut Work<'_>) {
    work.record.counters.retain(|counter| counter.step != MARK);
}

/// It is over: whoever was asked to wait gets their question again, once.
pub(crate) fn over(work: &mut Work<'_>) {
    if work.library.installation.house.maintenance.is_some() || !waits(&work.record) {
        return;
    }
    forget(work);
    work.say("maintenance_over");
    if let Some(present) = words::present(work) {
        start::show_again(work, &present);
    }
}

/// `set_maintenance`.
pub(crate) fn set(work: &mut Work<'_>, act: &Asked<'_>) -> Answer {
    let Some(Value::Bool(active)) = act.inputs.get("active") else { return refused("whether it is active is not said") };
    let words = act.text("text").map(str::trim).filter(|text| !text.is_empty());
    if !is_here(work) || words.is_some_and(|text| text.chars().count() > Maintenance::TEXT_AT_MOST) {
        return refused("these words are too long");
    }
    let maintenance = active.then(|| Maintenance { text: words.map(str::to_owned) });
    let answer = shown(maintenance.as_ref());
    put(&mut work.record, maintenance);
    answer
}

/// The operator's own command.
pub(crate) fn ordered(work: &mut Work<'_>, maintenance: Option<Maintenance>) {
    if is_here(work) {
        let fact = by_the_operator(maintenance.as_ref());
        work.note(None, fact);
        put(&mut work.record, maintenance);
    }
}

/// The turn that the operator's command makes of the house's record while no bot runs.
pub fn maintained(mut record: Record, maintenance: Option<Maintenance>, at: Time) -> Turn {
    record.version += 1;
    let facts = vec![Fact { at, session: None, kind: by_the_operator(maintenance.as_ref()) }];
    put(&mut record, maintenance);
    Turn { record, effects: Vec::new(), facts, counts: Vec::new(), dropped: false }
}

fn by_the_operator(maintenance: Option<&Maintenance>) -> FactKind {
    let name = if maintenance.is_some() { "maintenance.started" } else { "maintenance.stopped" };
    FactKind::Audited { name: name.to_owned() }
}

fn put(record: &mut Record, maintenance: Option<Maintenance>) {
    let mut kept = Kept::of(record);
    kept.maintenance = maintenance;
    kept.keep(record);
}

/// `get_maintenance`.
pub(crate) fn state(installation: &Installation) -> Answer {
    shown(installation.house.maintenance.as_ref())
}

fn shown(maintenance: Option<&Maintenance>) -> Answer {
    let words = maintenance.and_then(|maintenance| maintenance.text.as_deref()).map_or(Value::None, text);
    reply(Status::Ok, &[("active", Value::Bool(maintenance.is_some())), ("text", words)])
}
