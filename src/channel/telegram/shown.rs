//! Files that messages show: by Telegram's id where it knows the file already, else by sending what is in them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError, RwLock};

use crate::channel::telegram::Bot;
use crate::channel::{self, Files, Unopened};
use crate::engine::Attached;
use crate::expr::{FileAt, Shown};

/// Files whose ids are remembered; the oldest goes first.
const REMEMBERED: usize = 512;

/// The way to files, and the ids that Telegram has given to those that were sent.
#[derive(Default)]
pub(super) struct Shelf {
    files: RwLock<Option<Files>>,
    known: Mutex<VecDeque<Sent>>,
}

/// A file of the flows that was sent.
struct Sent {
    digest: String,
    shown: Shown,
    id: String,
}

impl Shelf {
    pub(super) fn lend(&self, files: &Files) {
        *self.files.write().unwrap_or_else(PoisonError::into_inner) = Some(Files::clone(files));
    }

    fn known(&self) -> std::sync::MutexGuard<'_, VecDeque<Sent>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers how Telegram calls a file. Only those of the flows are sent to many.
    pub(super) fn remember(&self, attached: &Attached, id: String) {
        let FileAt::Flows { digest, .. } = &attached.file.at else { return };
        let (digest, shown) = (digest.clone(), attached.shown);
        let mut known = self.known();
        known.retain(|sent| !(sent.digest == digest && sent.shown == shown));
        known.push_back(Sent { digest, shown, id });
        if known.len() > REMEMBERED {
            known.pop_front();
        }
    }

    /// What was remembered of a file is wrong.
    pub(super) fn forget(&self, id: &str) {
        self.known().retain(|sent| sent.id != id);
    }
}

/// The id by which Telegram knows the file, if it does.
pub(super) fn id(bot: &Bot, attached: &Attached) -> Option<String> {
    if let FileAt::Flows { digest, .. } = &attached.file.at {
        let known = bot.shelf.known();
        return known.iter().find(|sent| sent.digest == *digest && sent.shown == attached.shown).map(|sent| sent.id.clone());
    }
    attached.file.held_by(&bot.name).map(str::to_owned)
}

/// What is in the file.
pub(super) async fn read(bot: &Bot, attached: &Attached) -> Result<Vec<u8>, Unopened> {
    let contents = if let Some(id) = attached.file.held_by(&bot.name) {
        super::file::open(bot, id).await?
    } else {
        let lent = bot.shelf.files.read().unwrap_or_else(PoisonError::into_inner).clone();
        channel::read(&attached.file, lent.as_ref()).await?
    };
    contents.whole().await
}
