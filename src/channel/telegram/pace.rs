//! How fast messages go out: about one a second to a chat with short bursts, about thirty a second in all.
//!
//! A message takes its place in the chat first and in the whole bot only when the chat's turn has come, so that one busy chat does
//! not hold up the others.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::channel::telegram::Limits;

/// Chats remembered before the idle ones are forgotten.
const REMEMBERED: usize = 4_096;

/// How many messages of the whole bot may leave at the same instant.
const OVERALL_BURST: u32 = 3;

/// Gives messages their turns.
pub(super) struct Pace {
    limits: Limits,
    meters: Mutex<Meters>,
}

/// For each chat and for the whole bot: when it would be idle again if messages were spread evenly.
#[derive(Default)]
struct Meters {
    chats: HashMap<i64, Instant>,
    overall: Option<Instant>,
}

impl Pace {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, meters: Mutex::default() }
    }

    /// Waits until a message may be sent to this chat.
    pub(super) async fn wait(&self, chat: i64) {
        sleep_until(self.reserve_chat(chat, Instant::now())).await;
        sleep_until(self.reserve_overall(Instant::now())).await;
    }

    /// Waits until no message of a conversation waits for its place in the whole bot: what is sent to many comes behind all of them.
    pub(super) async fn spare(&self) {
        while let Some(idle) = self.busy_until(Instant::now()) {
            sleep_until(idle).await;
        }
    }

    /// When all messages that wait now will have left; nothing if none waits.
    fn busy_until(&self, now: Instant) -> Option<Instant> {
        self.meters().overall.filter(|idle| *idle > now)
    }

    /// Telegram wants nothing to be sent to this chat for so long.
    pub(super) fn hold(&self, chat: i64, pause: Duration) {
        let burst = self.limits.burst.max(1) - 1;
        let idle = Instant::now() + pause + every(self.limits.chat) * burst;
        let mut meters = self.meters();
        let meter = meters.chats.entry(chat).or_insert(idle);
        *meter = (*meter).max(idle);
    }

    fn reserve_chat(&self, chat: i64, now: Instant) -> Instant {
        let mut meters = self.meters();
        if meters.chats.len() >= REMEMBERED {
            meters.chats.retain(|_, idle| *idle > now);
        }
        let idle = meters.chats.entry(chat).or_insert(now);
        reserve(idle, now, self.limits.chat, self.limits.burst)
    }

    fn reserve_overall(&self, now: Instant) -> Instant {
        let mut meters = self.meters();
        reserve(meters.overall.get_or_insert(now), now, self.limits.overall, OVERALL_BURST)
    }

    fn meters(&self) -> MutexGuard<'_, Meters> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time at which the next message may leave.
fn reserve(idle: &mut Instant, now: Instant, rate: u32, burst: u32) -> Instant {
    let every = every(rate);
    let ahead = every * (burst.max(1) - 1);
    let leaves = idle.checked_sub(ahead).map_or(now, |earliest| earliest.max(now));
    *idle = (*idle).max(leaves) + every;
    leaves
}

/// The time a message takes at this rate; none where there is no limit.
fn every(rate: u32) -> Duration {
    Duration::from_secs(1).checked_div(rate).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace() -> Pace {
        Pace::new(Limits { chat: 1, burst: 3, overall: 30 })
    }

    #[test]
    fn what_is_sent_to_many_waits_until_conversations_have_had_their_places() {
        let (pace, now) = (pace(), Instant::now());
        assert_eq!(pace.busy_until(now), None);
        for _ in 0..60 {
            pace.reserve_overall(now);
        }
        let spare = pace.busy_until(now).unwrap();
        assert!((spare - now).as_millis().abs_diff(2000) < 5, "sixty messages at thirty a second");
        assert_eq!(pace.busy_until(spare), None);
        pace.reserve_overall(spare);
        assert_eq!(pace.reserve_overall(spare), spare, "whoever comes then does not wait for the one that was sent to many");
    }

    #[test]
    fn a_chat_takes_a_burst_and_then_one_a_second() {
        let (pace, now) = (pace(), Instant::now());
        let waits: Vec<u64> = (0..6).map(|_| (pace.reserve_chat(1, now) - now).as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 1, 2, 3]);
        assert_eq!(pace.reserve_chat(2, now), now, "another chat does not wait");
    }

    #[test]
    fn a_chat_at_rest_may_burst_again() {
        let (pace, now) = (pace(), Instant::now());
        for _ in 0..5 {
            pace.reserve_chat(1, now);
        }
        let later = now + Duration::from_secs(10);
        assert_eq!([(); 4].map(|()| (pace.reserve_chat(1, later) - later).as_secs()), [0, 0, 0, 1]);
    }

    #[test]
    fn all_chats_together_are_bounded() {
        let (pace, now) = (pace(), Instant::now());
        let last = (0..63).map(|_| pace.reserve_overall(now)).last().unwrap();
        assert!(last - now >= Duration::from_millis(1_990), "{:?}", last - now);
    }

    #[test]
    fn a_hold_is_kept() {
        let pace = pace();
        pace.hold(1, Duration::from_secs(7));
        assert!(pace.reserve_chat(1, Instant::now()) > Instant::now() + Duration::from_secs(6));
        assert!(pace.reserve_chat(2, Instant::now()) <= Instant::now());
    }

    #[test]
    fn no_limit_means_none() {
        let (pace, now) = (Pace::new(Limits { chat: 0, burst: 0, overall: 0 }), Instant::now());
        assert!((0..100).all(|_| pace.reserve_chat(1, now) == now && pace.reserve_overall(now) == now));
    }
}
