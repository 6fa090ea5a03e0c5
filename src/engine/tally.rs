//! What becomes of sessions, counted as it happens and committed with the turn in which it did: how many began on a day, how each of them
//! ended, where they stopped on the way. The numbers are of flows and steps; nothing in them is about a person, so nobody's erasure
//! changes what was counted.
//!
//! A session is counted under the day on which it began, whatever happens to it later: so of those that began on some days, as many have
//! ended or still wait as there were.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::work::Work;
use crate::engine::{FactKind, Record, SessionId};
use crate::expr::Time;
use crate::flow::{Flow, Project, ways};

/// A day, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// The end that counts as the flow's own wherever a flow has one of this name.
const COMPLETED: &str = "completed";

/// One thing to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The flow.
    pub flow: String,
    /// The day on which the session began, counted from that of 1 January 1970.
    pub day: i64,
    /// What.
    pub what: Counted,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// A session began.
    Began,
    /// It came to rest at a step; for the first time, or again.
    Rests {
        /// The step.
        step: String,
        /// For the first time.
        first: bool,
    },
    /// It goes on from there.
    GoesOn {
        /// The step.
        step: String,
    },
    /// It is over.
    Over {
        /// How it ended.
        how: Ending,
        /// The step at which it rested last, if it ever did.
        step: Option<String>,
        /// How long it took, in milliseconds.
        took: i64,
    },
}

/// How a session ended, in the statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As the flow wants it.
    Completed,
    /// Otherwise.
    Left,
    /// The person's time was over.
    Expired,
}

/// A session that has been counted and is not over: what must be known of it to count on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Underway {
    /// The session.
    pub session: SessionId,
    /// Its flow.
    pub flow: String,
    /// When it began.
    pub began: Time,
    /// The day that was.
    pub day: i64,
    /// The step at which it rests.
    pub at: Option<String>,
    /// The steps at which it has rested.
    pub rested: Vec<String>,
}

/// What was counted of the sessions of one flow that began on one day, or of several such days together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// How many began.
    pub started: u64,
    /// How many ended as the flow wants it.
    pub completed: u64,
    /// How many ended otherwise.
    pub left: u64,
    /// How many ended because the person's time was over.
    pub expired: u64,
    /// How long those took that were completed: how many were of each [length](length).
    pub took: BTreeMap<u8, u64>,
    /// Where they stopped.
    pub steps: BTreeMap<String, Stop>,
}

/// What was counted of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stop {
    /// How many came to it.
    pub reached: u64,
    /// How many are there now.
    pub waiting: u64,
    /// For how many it was the last.
    pub left: u64,
}

impl Tally {
    /// Counts one thing.
    pub fn count(&mut self, what: &Counted) {
        match what {
            Counted::Began => self.started += 1,
            Counted::Rests { step, first } => {
                let stop = self.steps.entry(step.clone()).or_default();
                stop.reached += u64::from(*first);
                stop.waiting += 1;
            }
            Counted::GoesOn { step } => self.goes_on(step),
            Counted::Over { how, step, took } => {
                match how {
                    Ending::Completed => {
                        self.completed += 1;
                        *self.took.entry(length(*took)).or_default() += 1;
                    }
                    Ending::Left => self.left += 1,
                    Ending::Expired => self.expired += 1,
                }
                let Some(step) = step else { return };
                self.goes_on(step);
                if *how != Ending::Completed {
                    self.steps.entry(step.clone()).or_default().left += 1;
                }
            }
        }
    }

    fn goes_on(&mut self, step: &str) {
        if let Some(stop) = self.steps.get_mut(step) {
            stop.waiting = stop.waiting.saturating_sub(1);
        }
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        self.started += other.started;
        self.completed += other.completed;
        self.left += other.left;
        self.expired += other.expired;
        for (length, count) in &other.took {
            *self.took.entry(*length).or_default() += count;
        }
        for (step, stop) in &other.steps {
            let own = self.steps.entry(step.clone()).or_default();
            own.reached += stop.reached;
            own.waiting += stop.waiting;
            own.left += stop.left;
        }
    }

    /// How many have not ended.
    pub fn waiting(&self) -> u64 {
        self.started.saturating_sub(self.completed + self.left + self.expired)
    }

    /// How long those took that were completed, the middle one of them, in milliseconds; right to a quarter or so.
    pub fn median(&self) -> Option<i64> {
        let all: u64 = self.took.values().sum();
        let mut passed = 0;
        let middle = self.took.iter().find(|(_, count)| {
            passed += **count;
            2 * passed >= all
        });
        middle.filter(|_| all > 0).map(|(length, _)| typical(*length))
    }
}

/// The length of a time among lengths of which each is about 1.4 times as long as the one before.
fn length(millis: i64) -> u8 {
    let seconds = u64::try_from(millis / 1000).unwrap_or(0);
    let Some(doublings) = seconds.checked_ilog2() else { return 0 };
    // Seven fifths are close enough to the root of two, and whole numbers are the same everywhere.
    let half = u64::from(seconds * 5 >= (1 << doublings) * 7);
    u8::try_from(2 * u64::from(doublings) + half + 1).unwrap_or(u8::MAX)
}

/// A time in the middle of a length, as people say it: so many seconds, minutes, hours or days.
fn typical(length: u8) -> i64 {
    let Some(above) = length.checked_sub(1) else { return 1000 };
    let whole = 1_i64 << (above / 2).min(40);
    let seconds = if above % 2 == 0 { whole * 6 / 5 } else { whole * 17 / 10 };
    let unit = match seconds {
        ..60 => 1,
        60..3600 => 60,
        3600..86_400 => 3600,
        _ => 86_400,
    };
    (seconds + unit / 2) / unit * unit * 1000
}

/// What of a turn is to be counted; the record takes note of what it has counted.
pub(super) fn of_turn(work: &mut Work<'_>) -> Vec<Count> {
    let mut counts = over(work);
    let project = work.project();
    let Record { sessions, underway, .. } = &mut work.record;
    for session in sessions.iter() {
        let Some(frame) = session.frames.first() else { continue };
        let at = underway.iter().position(|known| known.session == session.id).unwrap_or_else(|| {
            underway.push(Underway::begin(project, &session.id, &frame.flow, session.started, &mut counts));
            underway.len() - 1
        });
        underway[at].rest(&frame.at, &mut counts);
    }
    counts
}

/// Sessions that are not there any more, those included that began in this turn.
fn over(work: &mut Work<'_>) -> Vec<Count> {
    let (project, now) = (work.project(), work.now);
    let mut counts = Vec::new();
    let underway = std::mem::take(&mut work.record.underway);
    let is_alive = |id: &SessionId| work.record.session(id).is_some();
    let (alive, mut gone): (Vec<_>, Vec<_>) = underway.into_iter().partition(|underway| is_alive(&underway.session));
    for fact in work.facts() {
        let (Some(session), FactKind::Started { flow }) = (&fact.session, &fact.kind) else { continue };
        if !is_alive(session) {
            gone.push(Underway::begin(project, session, flow, now, &mut counts));
        }
    }
    for underway in gone {
        let end = work.facts().iter().rev().find_map(|fact| match &fact.kind {
            FactKind::Ended { flow, end } if fact.session.as_ref() == Some(&underway.session) && *flow == underway.flow => Some(end),
            _ => None,
        });
        let how = end.map_or(Ending::Left, |end| ending(project.flows.get(&underway.flow), end));
        counts.push(underway.over(how, now));
    }
    work.record.underway = alive;
    counts
}

/// How an end counts: the words are the author's.
fn ending(flow: Option<&Flow>, end: &str) -> Ending {
    let Some(flow) = flow else { return Ending::Left };
    if end == flow.expire.end {
        Ending::Expired
    } else if end == COMPLETED {
        Ending::Completed
    } else if matches!(end, "cancelled" | "fault") || ways::ends(flow).any(|end| end == COMPLETED) {
        Ending::Left
    } else {
        Ending::Completed
    }
}

/// The day of a moment, where the bot is.
pub(crate) fn day(project: &Project, at: Time) -> i64 {
    let offset = jiff::Timestamp::from_millisecond(at.0).map_or(0, |moment| project.bot.zone.to_offset(moment).seconds());
    (at.0 + i64::from(offset) * 1000).div_euclid(DAY)
}

/// What is to be counted when a record goes with all of its sessions.
pub fn gone(record: &Record, now: Time) -> Vec<Count> {
    record.underway.iter().map(|underway| underway.over(Ending::Left, now)).collect()
}

impl Underway {
    fn begin(project: &Project, session: &SessionId, flow: &str, began: Time, counts: &mut Vec<Count>) -> Self {
        let (session, flow, day) = (session.clone(), flow.to_owned(), day(project, began));
        let underway = Self { session, flow, began, day, at: None, rested: Vec::new() };
        counts.push(underway.count(Counted::Began));
        underway
    }

    fn count(&self, what: Counted) -> Count {
        Count { flow: self.flow.clone(), day: self.day, what }
    }

    fn over(&self, how: Ending, now: Time) -> Count {
        self.count(Counted::Over { how, step: self.at.clone(), took: now.0 - self.began.0 })
    }

    /// It rests at this step.
    fn rest(&mut self, step: &str, counts: &mut Vec<Count>) {
        if step.is_empty() || self.at.as_deref() == Some(step) {
            return;
        }
        counts.extend(self.at.take().map(|step| self.count(Counted::GoesOn { step })));
        let first = !self.rested.iter().any(|rested| rested == step);
        if first {
            self.rested.push(step.to_owned());
        }
        counts.push(self.count(Counted::Rests { step: step.to_owned(), first }));
        self.at = Some(step.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_as_people_say_it_and_right_to_a_quarter() {
        assert_eq!((typical(length(0)), typical(length(1000))), (1000, 1000));
        for millis in (1..400).map(|n| n * n * n * 1000) {
            let (told, whole) = (typical(length(millis)), millis);
            assert!(told * 100 >= whole * 66 && told * 66 <= whole * 100, "{whole} is told as {told}");
        }
        assert_eq!(typical(length(10 * 60_000)), 10 * 60_000);
    }

    #[test]
    fn what_began_has_ended_or_waits() {
        let mut tally = Tally::default();
        let step = || "name".to_owned();
        for _ in 0..3 {
            tally.count(&Counted::Began);
            tally.count(&Counted::Rests { step: step(), first: true });
        }
        tally.count(&Counted::Over { how: Ending::Completed, step: Some(step()), took: 600_000 });
        tally.count(&Counted::Over { how: Ending::Expired, step: Some(step()), took: 0 });
        assert_eq!((tally.started, tally.waiting(), tally.median()), (3, 1, Some(600_000)));
        assert_eq!(tally.steps["name"], Stop { reached: 3, waiting: 1, left: 1 });
        let mut both = tally.clone();
        both.add(&tally);
        assert_eq!((both.started, both.waiting(), both.steps["name"].waiting), (6, 2, 2));
    }
}
