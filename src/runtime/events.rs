//! Events of other systems: each is posted on its boards, and told to the people whom flows may begin with it for.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use tokio::sync::{mpsc, oneshot};

use crate::engine::{EventId, EventKind, Letter, Occurrence, RecordId, boards, persons, value_key};
use crate::runtime::dispatch::{Job, Order};
use crate::runtime::{Shared, clock};
use crate::store::{IndexKey, Page};

/// People asked for at once.
const PAGE: usize = 256;

/// Who says what other systems report.
const SYSTEM: &str = "system:hooks";

/// Why an event was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It is not one of the bot's events, or its fields are other ones; what is wrong, without any value.
    #[error("{0}")]
    Wrong(String),
    /// It cannot be kept now.
    #[error("it cannot be kept now; report it again a little later")]
    Unkept,
}

/// Where events are reported.
#[derive(Clone)]
pub struct Events {
    shared: Arc<Shared>,
    orders: mpsc::UnboundedSender<Order>,
}

impl Events {
    pub(super) fn new(shared: Arc<Shared>, orders: mpsc::UnboundedSender<Order>) -> Self {
        Self { shared, orders }
    }

    /// Reports an event. When it returns, the event is kept, and whoever waits for it will hear of it; the same id is taken once.
    pub async fn report(&self, event: &str, id: &str, given: &Map<String, Json>) -> Result<(), NotTaken> {
        let edition = self.shared.editions.now();
        let mut read = edition.projects().map(|project| project.bot.read_event(event, given));
        let first = read.next().unwrap_or_else(|| Err("there is no bot".to_owned()));
        // Each bot declares the events it knows; the first that knows this one says how it is read.
        let fields = first.or_else(|why| read.find_map(Result::ok).ok_or(why)).map_err(NotTaken::Wrong)?;
        let occurrence = Occurrence { id: id.to_owned(), event: event.to_owned(), at: clock::now(), fields };
        for board in boards(&occurrence) {
            self.tell(board, &occurrence, Starts::Nothing).await?;
        }
        let flows = edition.projects().flat_map(|project| project.flows.values());
        let started = flows.filter_map(|flow| flow.start.as_ref()?.event.as_ref());
        let mut people = BTreeSet::new();
        for start in started.filter(|start| start.event == event) {
            if let Some((kind, value)) = persons(start, &occurrence).as_ref().and_then(value_key) {
                people.extend(self.found_by(IndexKey::new(kind, value)).await?);
            }
        }
        for person in people {
            self.tell(person, &occurrence, Starts::Flows).await?;
        }
        Ok(())
    }

    async fn found_by(&self, key: IndexKey) -> Result<Vec<RecordId>, NotTaken> {
        let (mut page, mut found) = (Page::first(PAGE), Vec::new());
        loop {
            let listed = self.shared.store.find(&key, &page).await.map_err(|error| {
                self.shared.cannot_read(&error);
                NotTaken::Unkept
            })?;
            found.extend(listed.items);
            let Some(next) = listed.next else { return Ok(found) };
            page.after = Some(next);
        }
    }

    async fn tell(&self, record: RecordId, occurrence: &Occurrence, starts: Starts) -> Result<(), NotTaken> {
        let id = EventId(format!("report/{}/{}", occurrence.event, occurrence.id));
        let letter = Letter::Occurred { occurrence: occurrence.clone(), starts: matches!(starts, Starts::Flows) };
        let (kept, answer) = oneshot::channel();
        let kind = EventKind::Told { from: RecordId(SYSTEM.to_owned()), letter };
        // The dispatcher is gone only when everything stops; then the answer is that it was not kept.
        let _ = self.orders.send(Order::Job(record, Job::Event { id, kind, kept: Some(kept), slot: None }));
        answer.await.ok().and_then(Result::ok).ok_or(NotTaken::Unkept)
    }
}

/// What an event may start where it is told.
#[derive(Clone, Copy)]
enum Starts {
    Nothing,
    Flows,
}
