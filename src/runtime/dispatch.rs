//! Who writes which record: one writer a record, made when something happens to it, let go when it has nothing left to do.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::channel::Unkept;
use crate::engine::{EventId, EventKind, Parked, RecordId};
use crate::runtime::erasing::Erased;
use crate::runtime::writer::Writer;
use crate::runtime::{Shared, stopped};

/// Something to do for one record.
#[allow(clippy::large_enum_variant, reason = "nearly all of them are events")]
pub(super) enum Job {
    /// Something happened.
    Event {
        id: EventId,
        kind: EventKind,
        /// Answered when the turn is durable, or can never be.
        kept: Option<oneshot::Sender<Result<(), Unkept>>>,
        /// The place it occupies among those that the runtime itself brings up.
        slot: Option<OwnedSemaphorePermit>,
    },
    /// All that is kept of whoever it is goes.
    Erase { done: oneshot::Sender<Erased> },
    /// The same, because they asked for it in a conversation.
    EraseAsked,
    /// What was put aside is tried again; answered whether its turn was made.
    Again { parked: Box<Parked>, done: oneshot::Sender<Result<bool, Unkept>> },
    /// What was under way when the process last ended is taken up.
    Recover { slot: Option<OwnedSemaphorePermit> },
}

/// A job and its number: no two jobs of one run have the same.
pub(super) struct Numbered {
    pub number: u64,
    pub job: Job,
}

/// What the dispatcher is told.
#[allow(clippy::large_enum_variant, reason = "nearly all of them are jobs")]
pub(super) enum Order {
    /// Something is to be done for a record.
    Job(RecordId, Job),
    /// A writer has nothing to do any more since it took the job of this number.
    Idle(RecordId, u64),
}

/// A writer's queue, and the last job that was put into it.
struct Desk {
    jobs: mpsc::UnboundedSender<Numbered>,
    last: u64,
}

/// Hands jobs to writers until told to stop; then waits for the writers.
pub(super) async fn run(
    shared: Arc<Shared>,
    mut taken: mpsc::UnboundedReceiver<Order>,
    orders: mpsc::UnboundedSender<Order>,
    mut stop: watch::Receiver<bool>,
) {
    let mut desks: HashMap<RecordId, Desk> = HashMap::new();
    let mut writers = JoinSet::new();
    let mut number = 0;
    loop {
        // In this order, so that the same things happening lead to the same.
        tokio::select! {
            biased;
            order = taken.recv() => match order {
                Some(Order::Job(record, job)) => {
                    number += 1;
                    let numbered = Numbered { number, job };
                    let Some(numbered) = put(&mut desks, &record, numbered) else { continue };
                    let (jobs, queue) = mpsc::unbounded_channel();
                    // The other end is held just below.
                    let _ = jobs.send(numbered);
                    desks.insert(record.clone(), Desk { jobs, last: number });
                    writers.spawn(Writer::new(Arc::clone(&shared), record, orders.clone(), stop.clone()).run(queue));
                }
                Some(Order::Idle(record, last)) => let_go(&mut desks, &record, last),
                None => break,
            },
            Some(ended) = writers.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(panicked = error.is_panic(), "a writer ended by itself; the next job of its record gets a new one");
                }
            }
            () = stopped(&mut stop) => break,
        }
    }
    drop(desks);
    while writers.join_next().await.is_some() {}
}

/// Puts a job on the record's desk; gives it back if nobody sits there.
fn put(desks: &mut HashMap<RecordId, Desk>, record: &RecordId, numbered: Numbered) -> Option<Numbered> {
    let Some(desk) = desks.get_mut(record) else { return Some(numbered) };
    desk.last = numbered.number;
    desk.jobs.send(numbered).err().map(|unsent| unsent.0)
}

/// Lets a writer go that has had nothing to do since this job. One that was given another meanwhile stays: a second one beside it would
/// mix up the order of messages.
fn let_go(desks: &mut HashMap<RecordId, Desk>, record: &RecordId, last: u64) {
    if desks.get(record).is_some_and(|desk| desk.last == last) {
        desks.remove(record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(number: u64) -> Numbered {
        Numbered { number, job: Job::Event { id: EventId(number.to_string()), kind: EventKind::Settled, kept: None, slot: None } }
    }

    #[test]
    fn a_writer_is_let_go_only_if_it_knows_of_every_job() {
        let (record, mut desks) = (RecordId::person("tg", "1"), HashMap::new());
        let (jobs, mut queue) = mpsc::unbounded_channel();
        desks.insert(record.clone(), Desk { jobs, last: 3 });
        assert!(put(&mut desks, &record, numbered(7)).is_none());
        let_go(&mut desks, &record, 3);
        assert_eq!(queue.try_recv().map(|taken| taken.number), Ok(7), "it has not been let go of");
        let_go(&mut desks, &record, 7);
        assert!(desks.is_empty() && queue.try_recv().is_err());
    }

    #[test]
    fn a_job_comes_back_from_a_desk_whose_writer_has_died() {
        let (record, mut desks) = (RecordId::person("tg", "1"), HashMap::new());
        let (jobs, queue) = mpsc::unbounded_channel();
        desks.insert(record.clone(), Desk { jobs, last: 3 });
        drop(queue);
        assert!(put(&mut desks, &record, numbered(7)).is_some_and(|unsent| unsent.number == 7));
    }
}
