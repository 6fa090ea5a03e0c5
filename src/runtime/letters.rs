//! Letters to other records: handed in there at once and in order, and again until they are kept.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use crate::channel::Unkept;
use crate::engine::{EffectId, EventId, EventKind, Letter, RecordId};
use crate::failpoint::{Fault, Point, reach};
use crate::runtime::dispatch::{Job, Order};

/// The pause before a letter that the other record did not keep is handed in again.
const AGAIN: Duration = Duration::from_secs(1);

type Kept = oneshot::Receiver<Result<(), Unkept>>;

/// The letters of one record that are under way.
pub(super) struct Letters {
    from: RecordId,
    orders: mpsc::UnboundedSender<Order>,
    under_way: FuturesUnordered<BoxFuture<'static, EffectId>>,
    /// Those that are not known to be kept.
    open: BTreeSet<EffectId>,
}

impl Letters {
    pub fn new(from: RecordId, orders: mpsc::UnboundedSender<Order>) -> Self {
        Self { from, orders, under_way: FuturesUnordered::new(), open: BTreeSet::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Hands a letter in, unless it is under way.
    pub fn begin(&mut self, effect: EffectId, to: RecordId, letter: Letter) {
        if !self.open.insert(effect) {
            return;
        }
        let posted = Posted { orders: self.orders.clone(), to, id: EventId(format!("{}/tell/{effect}", self.from.0)) };
        let (from, kind) = (self.from.clone(), EventKind::Told { from: self.from.clone(), letter });
        let mut kept = posted.hand_in(kind.clone());
        self.under_way.push(Box::pin(async move {
            match reach(Point::Letter, &from.0, Some((effect.version, effect.index))).await {
                // It is not heard of that it is kept, or it is handed in once more: the same to whoever gets it.
                Some(Fault::Error | Fault::Duplicate) => kept = posted.hand_in(kind.clone()),
                None => {}
            }
            while !matches!(kept.await, Ok(Ok(()))) {
                sleep(AGAIN).await;
                kept = posted.hand_in(kind.clone());
            }
            effect
        }));
    }

    /// The next letter that is kept; for ever none if nothing is under way. Safe to be dropped and called again.
    pub async fn next(&mut self) -> EffectId {
        let Some(effect) = self.under_way.next().await else { return std::future::pending().await };
        self.open.remove(&effect);
        effect
    }
}

/// Where a letter goes.
struct Posted {
    orders: mpsc::UnboundedSender<Order>,
    to: RecordId,
    id: EventId,
}

impl Posted {
    fn hand_in(&self, kind: EventKind) -> Kept {
        let (kept, answer) = oneshot::channel();
        let job = Job::Event { id: self.id.clone(), kind, kept: Some(kept), slot: None };
        // The dispatcher is gone only when everything stops; then the letter stays in its record.
        let _ = self.orders.send(Order::Job(self.to.clone(), job));
        answer
    }
}
