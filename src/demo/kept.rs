//! What a demo ERP keeps from one run to the next, so that a conversation that is killed and started again meets the same ERP.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::demo::office::Office;
use crate::demo::once::Remembered;
use crate::demo::{DemoErp, Error};

/// The file, as it is written.
#[derive(Serialize)]
struct Written<'a> {
    office: &'a Office,
    remembered: &'a Remembered,
}

/// The file, as it is read.
#[derive(Deserialize)]
struct Found {
    office: Office,
    remembered: Remembered,
}

/// What the file holds; nothing if there is none yet.
pub fn read(file: &Path) -> Result<Option<(Office, Remembered)>, Error> {
    match fs::read(file) {
        Ok(bytes) => {
            let found: Found = serde_json::from_slice(&bytes).map_err(|_| Error::Kept(file.to_owned()))?;
            Ok(Some((found.office, found.remembered)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(_) => Err(Error::Kept(file.to_owned())),
    }
}

impl DemoErp {
    /// Keeps what it holds now, before anybody hears of it. A disk that does not take it makes a demo that forgets, no more.
    pub(super) fn keep(&self) {
        let Some(file) = &self.file else { return };
        let written = {
            let held = self.held();
            serde_json::to_vec(&Written { office: &held.office, remembered: &held.remembered })
        };
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
