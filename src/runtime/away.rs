//! A long absence: the bot says in the house that it is there, so that it can be known at the next start for how long it was not; and
//! whoever is to hear of that is told, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::engine::{EventId, EventKind, Letter, house_id};
use crate::flow::Away;
use crate::runtime::dispatch::{Job, Order};
use crate::runtime::{SLOTS, Shared, stopped};
use crate::store::{IndexKey, Page};

/// How long after the start the bot says first that it is there: what people sent lately comes first.
const AT_FIRST: Duration = Duration::from_secs(3);

/// How often it says so.
const BEAT: Duration = Duration::from_mins(10);

/// Records asked for at once.
const PAGE: usize = 64;

/// Says from time to time that the bot is there.
pub(super) async fn beat(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let mut pause = AT_FIRST;
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            () = tokio::time::sleep(pause) => {}
        }
        // Whoever posts is gone only when everything stops.
        let _ = shared.letters.send(Letter::Alive);
        pause = BEAT;
    }
}

/// Tells those who stand at a question that the bot is back, whenever it was away for long; also at the start, in case the last process did
/// not come to the end of it.
pub(super) async fn tell(shared: Arc<Shared>, orders: mpsc::UnboundedSender<Order>, mut stop: watch::Receiver<bool>) {
    loop {
        if let Some(away) = shared.editions.away() {
            tokio::select! {
                () = tell_all(&shared, &orders, away) => {}
                () = stopped(&mut stop) => return,
            }
        }
        tokio::select! {
            () = shared.returned.notified() => {}
            () = stopped(&mut stop) => return,
        }
    }
}

async fn tell_all(shared: &Shared, orders: &mpsc::UnboundedSender<Order>, away: Away) {
    let (key, mut page) = (IndexKey::new("session", "alive"), Page::first(PAGE));
    loop {
        let Some(found) = shared.or_pause(shared.store.find(&key, &page).await).await else { continue };
        let mut answers = Vec::with_capacity(found.items.len());
        for record in found.items {
            let Ok(slot) = Arc::clone(&shared.slots).acquire_owned().await else { return };
            let (kept, answer) = oneshot::channel();
            answers.push(answer);
            // The same for each process that comes to it: nobody takes it twice.
            let id = EventId(format!("{}/away/{}", record.0, away.until.0));
            let kind = EventKind::Told { from: house_id(), letter: Letter::Away(away) };
            let _ = orders.send(Order::Job(record, Job::Event { id, kind, kept: Some(kept), slot: Some(slot) }));
        }
        // Whom a process that stops, or a store that takes nothing, has passed over is told at the next start: it is not over yet.
        for answer in answers {
            if !matches!(answer.await, Ok(Ok(()))) {
                return;
            }
        }
        let Some(next) = found.next else { break };
        page.after = Some(next);
    }
    // All slots are free again when the last one has come to something.
    let _ = shared.slots.acquire_many(SLOTS).await;
    let _ = shared.letters.send(Letter::AwayTold { until: away.until });
    tracing::info!("whoever stood at a question has been told that the bot was away for long");
}
