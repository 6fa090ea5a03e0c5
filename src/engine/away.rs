//! The bot was away for a day or longer. A channel has forgotten by then what people sent meanwhile, so whoever stood at a question is told
//! that the bot is back, and asked again where they stopped: once, not in quiet hours, and only if they did something in the last week
//! before. Whom a reminder of the flow tells the same is not told twice.

use serde::{Deserialize, Serialize};

use crate::engine::record::Session;
use crate::engine::scope::zone;
use crate::engine::work::Work;
use crate::engine::{Record, silence, start};
use crate::expr::Time;
use crate::flow::Away;

const HOUR: i64 = 60 * 60 * 1000;

/// After so long people are told.
pub(crate) const LONG: i64 = 24 * HOUR;

/// Whoever did nothing for so long before is left alone.
const LATELY: i64 = 7 * 24 * HOUR;

/// How exactly it is known when the bot was there last: what people did shortly after that was done before it went.
const ABOUT: i64 = HOUR;

/// They are to be told that the bot was away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Back {
    /// Since when it was.
    pub since: Time,
    /// When they are told.
    pub at: Time,
}

/// The house says that the bot is back.
pub(crate) fn returned(work: &mut Work<'_>, away: Away) {
    if stands(&work.record, away.since).is_none() {
        return;
    }
    let zone = zone(work.project(), &work.record.person);
    let at = silence::quiet_over(work, work.now, &zone);
    work.record.back = Some(Back { since: away.since, at });
    ring(work);
}

/// Tells them, if it is time.
pub(crate) fn ring(work: &mut Work<'_>) {
    let Some(back) = work.record.back.filter(|back| back.at <= work.now) else { return };
    work.record.back = None;
    let Some(session) = stands(&work.record, back.since).cloned() else { return };
    let closed = work.library.installation.house.maintenance.is_some();
    if closed || work.record.unreachable || silence::reminds_since(work, &session, back.since) {
        return;
    }
    work.record.front = Some(session.id.clone());
    work.say("away_over");
    start::drive(work, session, false, start::put_again);
}

/// The session whose question waits, if they did something shortly before the bot went, and nothing since.
fn stands(record: &Record, since: Time) -> Option<&Session> {
    let lately = |session: &&Session| (since.plus(-LATELY)..since.plus(ABOUT)).contains(&session.touched);
    record.asking().filter(|session| session.awaits_person()).filter(lately)
}
