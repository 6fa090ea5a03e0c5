//! `wait`: time passes, or an event comes. Events may also come while a step waits for something else.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::engine::record::{Awaiting, Held, Stage};
use crate::engine::steps::approve;
use crate::engine::walk::{Onward, Trouble, Walk};
use crate::engine::{Letter, Occurrence, bulletin};
use crate::expr::Value;
use crate::flow::{Awaited, Step, Verb, Wait};

pub(super) fn enter<'p>(walk: &mut Walk<'_, '_, 'p>, step: &'p Step, wait: &'p Wait) -> Result<Onward<'p>, Trouble> {
    match wait {
        Wait::Time(due) => {
            let until = walk.moment(due, walk.work.now)?;
            walk.frame_mut().stage = Stage::Waiting(until);
        }
        Wait::Event(awaited) => {
            walk.set_timeout(step)?;
            walk.frame_mut().stage = Stage::Awaiting;
            listen(walk, awaited)?;
        }
    }
    Ok(Onward::Stay)
}

/// The time has passed.
pub(crate) fn over<'p>(walk: &mut Walk<'_, '_, 'p>) -> Result<Onward<'p>, Trouble> {
    let step = walk.step()?;
    walk.keep(Held::default());
    walk.audit(step.audit.as_ref());
    Ok(Onward::Complete)
}

/// Begins to wait for an event; one that came within the last day is taken as well.
pub(crate) fn listen(walk: &mut Walk<'_, '_, '_>, awaited: &Awaited) -> Result<(), Trouble> {
    let matching: BTreeMap<String, Value> = walk.values(&awaited.matching)?.into_iter().collect();
    let board = bulletin::of_wait(&awaited.event, &matching);
    let (session, until) = (walk.session.id.clone(), walk.frame().due);
    walk.frame_mut().awaiting = Some(Awaiting { event: awaited.event.clone(), matching: matching.clone() });
    walk.work.tell(&board, Letter::Awaits { matching, session, until });
    Ok(())
}

/// The event that was waited for has come.
pub(crate) fn came<'p>(walk: &mut Walk<'_, '_, 'p>, occurrence: &Occurrence) -> Result<Onward<'p>, Trouble> {
    let step = walk.step()?;
    let fields = Value::Record(occurrence.fields.clone());
    walk.frame_mut().awaiting = None;
    if let Verb::Wait(Wait::Event(_)) = &step.verb {
        walk.frame_mut().due = None;
        walk.keep(Held { value: fields, ..Held::default() });
        walk.audit(step.audit.as_ref());
        return Ok(Onward::Complete);
    }
    let event = step.event.as_ref().ok_or_else(|| Trouble::new(format!("step \"{}\" awaits no event", step.id)))?;
    walk.strip();
    approve::interrupted(walk);
    walk.event = Some(Cow::Owned(fields));
    Ok(Onward::Take(&event.road))
}
