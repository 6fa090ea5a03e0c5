//! What a demo ERP keeps from one run to the next, so that a conversation that is killed and started again meets the same ERP.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::demo::office::Office;
use crate::demo::once::Remembered;
use crate::demo::reports::Report;
use crate::demo::{DemoErp, Error};

/// The file, as it is written.
#[derive(Serialize)]
struct Written<'a> {
    office: &'a Office,
    remembered: &'a Remembered,
    reports: &'a VecDeque<Report>,
}

/// The file, as it is read.
#[derive(Deserialize)]
pub struct Found {
    /// Staff and logins.
    pub office: Office,
    /// Answers under idempotency keys.
    pub remembered: Remembered,
    /// What is still to be told.
    #[serde(default)]
    pub reports: VecDeque<Report>,
}

/// What the file holds; nothing if there is none yet.
pub fn read(file: &Path) -> Result<Option<Found>, Error> {
    match fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| Error::Kept(file.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(_) => Err(Error::Kept(file.to_owned())),
    }
}

impl DemoErp {
    /// What it holds may have changed: it is kept, and then told to whoever wants to know.
    pub(super) fn changed(&self) {
        self.keep();
        if let Some(courier) = &self.courier {
            courier.wake();
        }
    }

    /// Keeps what it holds now, before anybody hears of it. A disk that does not take it makes a demo that forgets, no more.
    pub(super) fn keep(&self) {
        let Some(file) = &self.file else { return };
        // Held until it is written: what is kept last is what is held last.
        let held = self.held();
        let written = serde_json::to_vec(&Written { office: &held.office, remembered: &held.remembered, reports: &held.reports });
        let beside = file.with_extension("new");
        let kept = written.map_err(io::Error::other).and_then(|bytes| {
            fs::write(&beside, bytes)?;
            fs::rename(&beside, file)
        });
        if let Err(error) = kept {
            tracing::warn!(%error, "the demo ERP cannot keep what it holds");
        }
    }
}
