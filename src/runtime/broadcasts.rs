//! What is sent to many: the records are gone through a page at a time, and whoever it concerns is told, one after the other and behind
//! every conversation. How far it has come is kept after each page, and nobody takes the same broadcast twice, so a process that dies
//! goes on where it was.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::engine::{Broadcast, EventId, EventKind, Letter, RecordId, broadcasts_id, concerns, going, may_go};
use crate::runtime::dispatch::{Job, Order};
use crate::runtime::{ASK_AGAIN, Shared, clock, stopped};
use crate::store::{Page, StoreError};

/// Records gone through before that is kept.
const PAGE: usize = 64;

/// The pause between two messages: well below what all of a bot's messages may be.
const BETWEEN: Duration = Duration::from_millis(50);

/// How often the clock is looked at in quiet hours, at least.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// Sends what was ordered, one broadcast after the other.
pub(super) async fn run(shared: Arc<Shared>, orders: mpsc::UnboundedSender<Order>, mut stop: watch::Receiver<bool>) {
    let sender = Sender { shared, orders };
    tokio::select! {
        biased;
        () = stopped(&mut stop) => {}
        () = sender.send_all() => {}
    }
}

struct Sender {
    shared: Arc<Shared>,
    orders: mpsc::UnboundedSender<Order>,
}

impl Sender {
    async fn send_all(&self) {
        loop {
            match self.shared.or_pause(self.going().await).await {
                Some(Some(broadcast)) => drop(self.shared.or_pause(self.send_a_page(&broadcast).await).await),
                Some(None) => self.shared.ordered.notified().await,
                None => {}
            }
        }
    }

    async fn going(&self) -> Result<Option<Broadcast>, StoreError> {
        Ok(self.shared.store.load(&broadcasts_id()).await?.as_ref().and_then(going))
    }

    async fn send_a_page(&self, broadcast: &Broadcast) -> Result<(), StoreError> {
        let page = Page { after: broadcast.after.as_deref().and_then(|place| place.parse().ok()), ..Page::first(PAGE) };
        let listed = self.shared.store.records(&page).await?;
        let mut sent = 0;
        for id in listed.items {
            if !self.is_for(broadcast, &id).await? {
                continue;
            }
            self.waits_for_its_time(&id).await;
            if self.going().await?.is_none_or(|now| now.id != broadcast.id) {
                // It was stopped: what has gone out until now is told, and nothing more goes.
                self.went(broadcast, sent, broadcast.after.clone()).await;
                return Ok(());
            }
            let event = EventId(format!("{}/broadcast/{}", id.0, broadcast.id));
            self.hand_in(&id, event, Letter::Broadcast { html: broadcast.html.clone() }).await;
            sent += 1;
            tokio::time::sleep(BETWEEN).await;
        }
        self.went(broadcast, sent, listed.next.as_ref().map(ToString::to_string)).await;
        Ok(())
    }

    /// True if somebody is to get it. A record that cannot be read is left out.
    async fn is_for(&self, broadcast: &Broadcast, id: &RecordId) -> Result<bool, StoreError> {
        if !self.shared.channels.contains_key(id.channel()) {
            return Ok(false);
        }
        let record = match self.shared.store.load(id).await {
            Err(error @ StoreError::Damaged { .. }) => {
                self.shared.cannot_read(&error);
                None
            }
            loaded => loaded?,
        };
        let edition = self.shared.editions.now();
        Ok(record.is_some_and(|record| concerns(edition.library(id), &record, &broadcast.segment, clock::now())))
    }

    /// Not in quiet hours, and not before what is said in conversations.
    async fn waits_for_its_time(&self, id: &RecordId) {
        loop {
            let at = may_go(self.shared.editions.now().library(id), clock::now());
            let pause = clock::until(at);
            if pause.is_zero() {
                break;
            }
            tokio::time::sleep(pause.min(LOOK_AGAIN)).await;
        }
        if let Some(channel) = self.shared.channels.get(id.channel()) {
            channel.spare().await;
        }
    }

    /// Keeps how far it has come.
    async fn went(&self, broadcast: &Broadcast, sent: u64, after: Option<String>) {
        let event = EventId(format!("{}/went/{}", broadcasts_id().0, clock::seed()));
        self.hand_in(&broadcasts_id(), event, Letter::Went { id: broadcast.id.clone(), sent, after }).await;
    }

    /// Hands a letter in until it is kept.
    async fn hand_in(&self, to: &RecordId, id: EventId, letter: Letter) {
        let kind = EventKind::Told { from: broadcasts_id(), letter };
        loop {
            let (kept, answer) = oneshot::channel();
            let job = Job::Event { id: id.clone(), kind: kind.clone(), kept: Some(kept), slot: None };
            let _ = self.orders.send(Order::Job(to.clone(), job));
            if matches!(answer.await, Ok(Ok(()))) {
                return;
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }
}
