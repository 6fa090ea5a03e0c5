//! A `limit` that counts by a value counts for everybody: in a record of the system's own for each step and value, which no two turns
//! write at once. So of two who come at the same moment only one gets the last place.
//!
//! Whoever enters such a step asks there by letter and stands still until the answer comes. The value itself is in no name: a digest of
//! it is.

use sha2::{Digest, Sha256};

use crate::engine::record::{SessionId, Stage, hex};
use crate::engine::walk::{Onward, Trouble, Walk};
use crate::engine::work::Work;
use crate::engine::{EffectId, Letter, Record, RecordId, start};
use crate::expr::Value;
use crate::flow::Limit;

/// The record that counts this step by this value.
fn of_value(flow: &str, step: &str, value: &Value) -> RecordId {
    let digest = hex(&Sha256::digest(value.to_json().to_string().as_bytes())[..16]);
    RecordId(format!("system:limit/{flow}.{step}/{digest}"))
}

/// Asks for a place at the step where the walk stands, and waits.
pub(crate) fn ask<'p>(walk: &mut Walk<'_, '_, 'p>, limit: &Limit, value: &Value) -> Onward<'p> {
    let frame = walk.frame();
    let counted = of_value(&frame.flow, &frame.at, value);
    let effect = walk.work.next_effect();
    walk.work.tell(&counted, Letter::Enters { effect, max: limit.max, per: limit.per });
    walk.frame_mut().stage = Stage::Counting(effect);
    Onward::Stay
}

/// Somebody asks for a place here.
pub(crate) fn entered(work: &mut Work<'_>, who: &RecordId, effect: EffectId, max: u32, per: i64) {
    let (now, horizon) = (work.now, work.now.plus(-per));
    let places = &mut work.record.places;
    places.retain(|at| *at > horizon);
    let free = places.len() < max as usize;
    if free {
        places.push(now);
    }
    work.tell(who, Letter::Counted { effect, free });
}

/// The answer has come: the step is entered, or its `limit` is taken. Whoever has left meanwhile has had their place.
pub(crate) fn counted(work: &mut Work<'_>, effect: EffectId, free: bool) {
    let Some(session) = awaiting(&work.record, effect) else { return };
    let Some(session) = work.record.session(&session).cloned() else { return };
    start::drive(work, session, false, |walk| -> Result<Onward<'_>, Trouble> {
        walk.frame_mut().stage = Stage::Running;
        let step = walk.step()?;
        match step.limit.as_ref() {
            Some(limit) if !free => Ok(Onward::Take(&limit.road)),
            _ => walk.perform(step),
        }
    });
}

fn awaiting(record: &Record, effect: EffectId) -> Option<SessionId> {
    let counts = |stage: &Stage| *stage == Stage::Counting(effect);
    record.sessions.iter().find(|session| session.frames.last().is_some_and(|frame| counts(&frame.stage))).map(|session| session.id.clone())
}
