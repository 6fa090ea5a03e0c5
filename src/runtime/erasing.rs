//! Erasing a person: by the one writer of their record, so that no turn of theirs comes in between.

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::engine::{Record, RecordId, forgotten, guest_key, house_id, is_house};
use crate::runtime::dispatch::{Job, Order};
use crate::runtime::parking;
use crate::runtime::writer::commit;
use crate::store::{Act, IndexKey, Page, Store, StoreError};

/// Invitations looked for at once.
const PAGE: usize = 500;

/// What comes of it.
pub(super) type Erased = Result<Option<Act>, Unerased>;

/// Why somebody was not erased.
#[derive(Debug, Error)]
pub enum Unerased {
    /// A call may have changed something, and nobody knows yet.
    #[error("whether {operation} was done is not known yet; settle that first, or the other side keeps what nobody here can name any more")]
    Doubt {
        /// The operation.
        operation: String,
    },
    /// It is the house's: that is nobody.
    #[error("{record} is the bot's own record: roles, maintenance and outages are in it, and it is nobody's to erase")]
    House {
        /// The record.
        record: String,
    },
    /// The engine cannot make the turn.
    #[error("a fault of ours is in the way; please report it")]
    Fault,
    /// The store did not let us.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bot is stopping.
    #[error("the bot is stopping; try again when it runs or has stopped")]
    Stopping,
}

/// Erases while the driver runs.
#[derive(Debug, Clone)]
pub struct Eraser(mpsc::WeakUnboundedSender<Order>);

impl Eraser {
    pub(super) fn new(orders: &mpsc::UnboundedSender<Order>) -> Self {
        Self(orders.downgrade())
    }

    /// Erases a person, unless something of theirs is in doubt; none if there is nobody.
    pub async fn erase(&self, id: &RecordId) -> Result<Option<Act>, Unerased> {
        somebodys(id)?;
        let orders = self.0.upgrade().ok_or(Unerased::Stopping)?;
        let (done, erased) = oneshot::channel();
        orders.send(Order::Job(id.clone(), Job::Erase { done })).map_err(|_| Unerased::Stopping)?;
        drop(orders);
        erased.await.map_err(|_| Unerased::Stopping)?
    }
}

/// The record is not the house's.
fn somebodys(id: &RecordId) -> Result<(), Unerased> {
    if is_house(id) { Err(Unerased::House { record: id.0.clone() }) } else { Ok(()) }
}

/// Nothing of theirs is in doubt.
pub(super) fn settled(record: &Record) -> Result<(), Unerased> {
    match record.in_doubt() {
        Some(operation) => Err(Unerased::Doubt { operation: operation.to_owned() }),
        None => Ok(()),
    }
}

/// The invitations that somebody has opened: they forget whoever is erased.
pub(super) async fn guest_of(store: &Store, id: &RecordId) -> Result<Vec<RecordId>, StoreError> {
    let (kind, value) = guest_key(id);
    let (key, mut page, mut all) = (IndexKey::new(kind, value), Page::first(PAGE), Vec::new());
    loop {
        let listed = store.find(&key, &page).await?;
        all.extend(listed.items);
        let Some(next) = listed.next else { return Ok(all) };
        page.after = Some(next);
    }
}

/// Erases a person when nobody else works with the store, unless something of theirs is in doubt; none if there is nobody.
/// Nothing remains but facts: whoever holds a card of theirs finds out when they press it.
pub async fn erase(store: &Store, id: &RecordId) -> Result<Option<Act>, Unerased> {
    somebodys(id)?;
    match store.load(id).await {
        Ok(Some(record)) => settled(&record)?,
        // What cannot be read can be erased.
        Ok(None) | Err(StoreError::Damaged { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    for other in guest_of(store, id).await?.into_iter().chain([house_id()]) {
        if let Some(record) = store.load(&other).await? {
            let version = record.version;
            store.commit(commit(&forgotten(record, id), version)).await.map_err(StoreError::from)?;
        }
    }
    let erased = store.erase(id).await?;
    parking::forget(store, None, id).await?;
    Ok(erased)
}
