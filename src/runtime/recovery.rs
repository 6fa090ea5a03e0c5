//! The start: what was under way when the process last ended is taken up again, a few records at a time.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};

use crate::engine::RecordId;
use crate::failpoint::{Fault, Point, reach};
use crate::runtime::busy::UnderWay;
use crate::runtime::dispatch::{Job, Order};
use crate::runtime::{SLOTS, Shared, clock, stopped};
use crate::store::{Listed, Page, Store};

/// Records asked for at once.
const PAGE: usize = 256;

/// Takes up every record with effects that are not known to be done. Servers that come back from an outage together with us must not
/// meet everybody at once, so each record occupies a slot until its matters have come to something.
pub(super) async fn run(shared: Arc<Shared>, orders: mpsc::UnboundedSender<Order>, mut stop: watch::Receiver<bool>, under_way: UnderWay) {
    tokio::select! {
        biased;
        () = stopped(&mut stop) => {}
        () = take_up_all(&shared, &orders) => {}
    }
    drop(under_way);
}

async fn take_up_all(shared: &Shared, orders: &mpsc::UnboundedSender<Order>) {
    let (mut records, mut damaged) = (0, 0);
    // A process that is killed again and again before it comes to the end must not leave always the same people to the last: each begins
    // elsewhere, and comes round.
    let start = Store::anywhere_in_pending(clock::seed());
    for (after, until) in [(Some(start.clone()), None), (None, Some(start))] {
        let mut page = Page { after, until, limit: PAGE };
        loop {
            let Some(listed) = shared.or_pause(shared.store.pending(&page).await).await else { continue };
            let Listed { items, next, damaged: left_out } = listed;
            damaged += left_out;
            for record in items {
                let Ok(slot) = Arc::clone(&shared.slots).acquire_owned().await else { return };
                records += 1;
                take_up(record, slot, orders).await;
            }
            let Some(next) = next else { break };
            page.after = Some(next);
        }
    }
    // All slots are free again when the last one has come to something.
    let _ = shared.slots.acquire_many(SLOTS).await;
    if damaged > 0 {
        tracing::error!(records = damaged, "records that cannot be read were left alone");
    }
    if records > 0 {
        tracing::info!(records, "what was under way has been taken up");
    }
}

/// Hands one to its writer. The dispatcher is gone only when everything stops.
async fn take_up(record: RecordId, slot: OwnedSemaphorePermit, orders: &mpsc::UnboundedSender<Order>) {
    let twice = reach(Point::Recover, &record.0, None).await == Some(Fault::Duplicate);
    let again = twice.then(|| Order::Job(record.clone(), Job::Recover { slot: None }));
    let _ = orders.send(Order::Job(record, Job::Recover { slot: Some(slot) }));
    if let Some(again) = again {
        let _ = orders.send(again);
    }
}
