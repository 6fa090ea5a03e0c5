//! What leaves a record for its channel: one thing at a time, in order, again until it is known to be done.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

use crate::channel::{Channel, Delivery};
use crate::engine::{Effect, EffectId, EffectKind, Receipt, Receipted, RecordId};
use crate::failpoint::{Fault, Point, reach};
use crate::runtime::counters::Counters;

/// The pause after an attempt of which nobody knows whether it was done, and its growth.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Ids of messages held: more than a record keeps itself, with those of all its cards.
const NATIVES: usize = 512;

/// The queue of one record.
pub(super) struct Outgoing {
    channel: Option<Arc<Channel>>,
    record: RecordId,
    counters: Arc<Counters>,
    queue: VecDeque<Effect>,
    /// The attempt at the first effect of the queue.
    under_way: Option<BoxFuture<'static, Delivery>>,
    /// Since it began they have done something: that they could not be reached is no longer true.
    heard_since: bool,
    /// When the next attempt may be made, if the last one came to nothing.
    rests_until: Option<Instant>,
    pause: Duration,
    /// The channel's ids of messages whose receipts are not committed yet, or are kept in the record.
    natives: Vec<(EffectId, String)>,
    /// Messages of the queue that may have arrived already.
    doubtful: BTreeSet<EffectId>,
}

/// What became of the first effect of the queue.
pub(super) struct Ended {
    pub receipt: Receipt,
    /// It was a message with a secret.
    pub secret: bool,
}

impl Outgoing {
    pub fn new(channel: Option<Arc<Channel>>, record: &RecordId, counters: Arc<Counters>) -> Self {
        Self {
            channel,
            record: record.clone(),
            counters,
            queue: VecDeque::new(),
            under_way: None,
            heard_since: false,
            rests_until: None,
            pause: FIRST_PAUSE,
            natives: Vec::new(),
            doubtful: BTreeSet::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// True while nothing is being attempted: there is nothing, or it waits to be tried again.
    pub fn is_resting(&self) -> bool {
        self.under_way.is_none() && (self.queue.is_empty() || self.rests_until.is_some())
    }

    /// True if the effect is waiting here, or under way.
    pub fn holds(&self, effect: EffectId) -> bool {
        self.queue.iter().any(|waiting| waiting.id == effect)
    }

    /// Puts an effect behind the others. One that is waiting already is not put twice.
    pub fn push(&mut self, effect: Effect) {
        if !self.holds(effect.id) {
            self.queue.push_back(effect);
        }
    }

    /// The same of an effect that a process which is gone may have performed.
    pub fn push_again(&mut self, effect: Effect) {
        if !self.holds(effect.id) && matches!(effect.kind, EffectKind::Send(_)) {
            self.doubtful.insert(effect.id);
        }
        self.push(effect);
    }

    /// They do something in their channel: they can be reached, whatever an attempt from before that comes to.
    pub fn heard(&mut self) {
        self.heard_since = self.under_way.is_some();
    }

    /// The ids the record knows.
    pub fn learn(&mut self, sent: &[(EffectId, String)]) {
        for (effect, native) in sent {
            if !self.natives.iter().any(|(known, _)| known == effect) {
                self.natives.push((*effect, native.clone()));
            }
        }
        let surplus = self.natives.len().saturating_sub(NATIVES);
        self.natives.drain(..surplus);
    }

    /// Waits until the first effect of the queue has come to something; for ever if there is none. Safe to be dropped and called again.
    pub async fn next(&mut self) -> Ended {
        loop {
            let Some(effect) = self.queue.front() else { return std::future::pending().await };
            if self.under_way.is_none() {
                if let Some(until) = self.rests_until {
                    sleep_until(until).await;
                    self.rests_until = None;
                }
                (self.under_way, self.heard_since) = (Some(self.perform(effect.clone())), false);
            }
            let Some(under_way) = &mut self.under_way else { continue };
            let delivery = under_way.await;
            self.under_way = None;
            let delivery = match delivery {
                Delivery::Unreachable if self.heard_since => Delivery::Later(Duration::ZERO),
                delivery => delivery,
            };
            if let Some(ended) = self.take(delivery) {
                return ended;
            }
        }
    }

    fn perform(&self, Effect { id, kind }: Effect) -> BoxFuture<'static, Delivery> {
        let Some(channel) = self.channel.clone() else {
            return Box::pin(async { Delivery::Refused("the channel is not there".to_owned()) });
        };
        let (record, natives) = (self.record.clone(), self.natives.clone());
        Box::pin(async move {
            let native = |effect: EffectId| natives.iter().find(|(known, _)| *known == effect).map(|(_, native)| native.clone());
            let point = Some((id.version, id.index));
            match reach(Point::Send, &record.0, point).await {
                Some(Fault::Error) => return Delivery::Later(FIRST_PAUSE),
                // Only what does no harm is done twice.
                Some(Fault::Duplicate) if !matches!(kind, EffectKind::Send(_)) => {
                    let _ = channel.perform(record.account(), &kind, &native).await;
                }
                _ => {}
            }
            let delivery = channel.perform(record.account(), &kind, &native).await;
            let is_lost = reach(Point::Sent, &record.0, point).await == Some(Fault::Error);
            if is_lost && matches!(delivery, Delivery::Done(_)) { Delivery::Ambiguous } else { delivery }
        })
    }

    /// What an attempt means for the queue; a receipt if the effect has come to an end.
    fn take(&mut self, delivery: Delivery) -> Option<Ended> {
        self.counters.delivery(&delivery);
        let effect = self.queue.front()?.id;
        let (is_message, secret) = match &self.queue.front()?.kind {
            EffectKind::Send(message) => (true, message.secret),
            _ => (false, false),
        };
        let result = match delivery {
            Delivery::Done(native) => {
                self.natives.extend(native.clone().map(|native| (effect, native)));
                if self.doubtful.remove(&effect) {
                    self.counters.repeated();
                    Receipted::Repeated(native)
                } else {
                    Receipted::Done(native)
                }
            }
            Delivery::Unreachable => Receipted::Unreachable,
            Delivery::Refused(why) => Receipted::Refused(why),
            // A code that may have arrived is not sent twice: the person asks for it again.
            Delivery::Ambiguous if secret => Receipted::Ambiguous,
            Delivery::Ambiguous => {
                if is_message {
                    self.doubtful.insert(effect);
                }
                self.rests_until = Some(Instant::now() + self.pause);
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                return None;
            }
            Delivery::Later(after) => {
                self.rests_until = Some(Instant::now() + after);
                return None;
            }
        };
        self.pause = FIRST_PAUSE;
        if result == Receipted::Unreachable {
            // All of it waits in the record until they come back.
            self.queue.clear();
            self.doubtful.clear();
        } else {
            self.queue.pop_front();
        }
        Some(Ended { receipt: Receipt { effect, result }, secret })
    }
}
