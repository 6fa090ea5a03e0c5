//! The limit of messages: whoever writes much faster than a person can is told so once in a while, and what they write meanwhile means
//! nothing. Nothing of theirs changes by it, and nobody is barred.
//!
//! It is a bucket that fills with time, and time is that of the events. Presses of buttons, files and corrections count like words: each
//! of them is a turn and an answer of the bot's, whatever it is made with.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::engine::work::Work;
use crate::engine::{Act, EffectKind, FactKind};
use crate::expr::{Time, Value};
use crate::flow::MessageLimit;

/// What is remembered when somebody is told to wait.
const FLOODED: &str = "person.flooded";

/// How fast somebody has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Flood {
    /// When they may write as many messages at once as anybody.
    pub rested: Time,
    /// When they were told to wait last.
    pub told: Option<Time>,
    /// How many of their messages were dropped, ever.
    pub dropped: u64,
}

impl Flood {
    /// Counts a message; false if it is one too many.
    fn admits(&mut self, limit: &MessageLimit, now: Time) -> bool {
        let whole = limit.refill.saturating_mul(i64::from(limit.burst));
        // A clock that was put back must not leave anybody out for longer than an empty bucket would.
        let rested = self.rested.clamp(now, now.plus(whole));
        let next = rested.plus(limit.refill);
        let admits = next <= now.plus(whole);
        self.rested = if admits { next } else { rested };
        admits
    }

    /// Counts a message that was dropped; true if they are to be told.
    fn drops(&mut self, limit: &MessageLimit, now: Time) -> bool {
        self.dropped = self.dropped.saturating_add(1);
        let is_known = self.told.is_some_and(|told| (told..told.plus(limit.notice)).contains(&now));
        if !is_known {
            self.told = Some(now);
        }
        !is_known
    }
}

/// True if what they do is dropped.
pub(super) fn drops(work: &mut Work<'_>, act: &Act) -> bool {
    let Some(limit) = work.library.installation.messages else { return false };
    let now = work.now;
    if matches!(act, Act::Left | Act::Returned) || work.record.flood.admits(&limit, now) {
        return false;
    }
    work.dropped = true;
    // A button that nobody acknowledges would keep turning.
    if let Act::Pressed { press, .. } = act {
        work.order(EffectKind::Acknowledge { press: press.clone(), text: None });
    }
    if work.record.flood.drops(&limit, now) {
        let seconds = Value::Integer((limit.notice + 999) / 1000);
        work.note(None, FactKind::Audited { name: FLOODED.to_owned() });
        work.say_with("flood", |view| view.with("seconds", Cow::Owned(seconds)));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: MessageLimit = MessageLimit { burst: 5, refill: 5000, notice: 30_000 };

    #[test]
    fn as_many_as_the_bucket_holds_pass_at_once_and_then_one_for_each_refill() {
        let mut flood = Flood::default();
        let passed = |flood: &mut Flood, at: i64, times: u32| (0..times).filter(|_| flood.admits(&LIMIT, Time(at))).count();
        assert_eq!(passed(&mut flood, 1_000_000, 30), 5);
        assert_eq!(passed(&mut flood, 1_004_999, 30), 0, "nothing has come back yet");
        assert_eq!(passed(&mut flood, 1_005_000, 30), 1);
        assert_eq!(passed(&mut flood, 1_015_000, 30), 2);
        assert_eq!(passed(&mut flood, 1_000_000_000, 30), 5, "it never holds more");
    }

    #[test]
    fn a_clock_that_is_put_back_leaves_nobody_out_for_long() {
        let mut flood = Flood::default();
        assert!(flood.admits(&LIMIT, Time(1_000_000_000)));
        assert!(!flood.admits(&LIMIT, Time(1000)), "how much is left cannot be known");
        assert!(flood.admits(&LIMIT, Time(6000)));
    }

    #[test]
    fn whoever_floods_is_told_once_in_a_while() {
        let mut flood = Flood::default();
        let told: Vec<i64> = (0..100).map(|second| second * 1000).filter(|at| flood.drops(&LIMIT, Time(*at))).collect();
        assert_eq!((told, flood.dropped), (vec![0, 30_000, 60_000, 90_000], 100));
        assert!(flood.drops(&LIMIT, Time(5000)), "the clock was put back");
    }
}
