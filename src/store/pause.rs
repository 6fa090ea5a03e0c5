//! A store that was made out of a backup is paused: nothing is sent and nothing called until somebody who has looked at it releases it.

use serde::{Deserialize, Serialize};

use crate::expr::Time;
use crate::store::config::StoreError;
use crate::store::embedded::Embedded;
use crate::store::envelope::{open_plain, seal_plain};
use crate::store::layout::PAUSED;

/// Why a store is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// When the backup was made, in milliseconds since 1970.
    pub backup: i64,
    /// All of it is there; otherwise the restoration was interrupted, and the store is to be thrown away.
    pub whole: bool,
}

impl Embedded {
    pub(super) fn paused(&self) -> Result<Option<Paused>, StoreError> {
        let Some(sealed) = self.shared.get(PAUSED)? else { return Ok(None) };
        // Whatever cannot be read there was put there to pause it.
        let plain = open_plain(&self.shared.keys(), PAUSED, &sealed).ok();
        Ok(Some(plain.and_then(|plain| serde_json::from_slice(&plain).ok()).unwrap_or(Paused { backup: 0, whole: false })))
    }

    pub(super) async fn pause(&self, backup: Time, whole: bool) -> Result<(), StoreError> {
        let paused = serde_json::to_vec(&Paused { backup: backup.0, whole }).expect("it is plain data");
        let keys = self.shared.keys();
        self.write(vec![(PAUSED.to_vec(), Some(seal_plain(&keys, PAUSED, &paused)?))]).await
    }

    pub(super) async fn resume(&self) -> Result<(), StoreError> {
        match self.paused()? {
            Some(Paused { whole: false, .. }) => {
                Err(StoreError::BrokenBackup { why: "restoring it was interrupted; empty the data folder and restore it again" })
            }
            _ => self.write(vec![(PAUSED.to_vec(), None)]).await,
        }
    }
}
