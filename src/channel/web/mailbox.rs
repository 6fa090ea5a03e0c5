//! The last messages of one person, and what is being changed of them.

use crate::channel::web::letter::Letter;
use crate::engine::RecordId;
use crate::store::{Store, StoreError};

/// Messages kept.
const KEPT: usize = 200;

/// A mailbox under change: nothing is kept before [`Mailbox::commit`]. One at a time for each person.
pub struct Mailbox<'s> {
    store: &'s Store,
    id: RecordId,
    letters: Vec<Letter>,
    changed: Vec<u64>,
}

impl<'s> Mailbox<'s> {
    /// Reads all of it.
    pub async fn open(store: &'s Store, id: RecordId) -> Result<Self, StoreError> {
        let stored = store.mailbox(&id).await?;
        let letters = stored.iter().map(|(number, letter)| {
            let damaged = |_| StoreError::Damaged { key: number.to_string(), why: "it is no message" };
            serde_json::from_slice::<Letter>(letter).map_err(damaged)
        });
        let letters = letters.collect::<Result<_, _>>()?;
        Ok(Self { store, id, letters, changed: Vec::new() })
    }

    /// The messages, the oldest first.
    pub fn letters(&self) -> &[Letter] {
        &self.letters
    }

    /// Puts a message behind the others; its number.
    pub fn add(&mut self, letter: Letter) -> u64 {
        let number = self.letters.last().map_or(0, |last| last.number) + 1;
        self.letters.push(Letter { number, ..letter });
        self.changed.push(number);
        number
    }

    /// The message the person wrote by this act.
    pub fn written_by(&self, act: &str) -> Option<u64> {
        self.letters.iter().find(|letter| letter.by.as_deref() == Some(act)).map(|letter| letter.number)
    }

    /// Changes a message; `false` if it is not there.
    pub fn change(&mut self, number: u64, change: impl FnOnce(&mut Letter)) -> bool {
        let Some(letter) = self.letters.iter_mut().find(|letter| letter.number == number && !letter.gone) else { return false };
        let before = letter.clone();
        change(letter);
        if *letter != before {
            self.changed.push(number);
        }
        true
    }

    /// No message asks for a number or a location any more.
    pub fn stop_asking(&mut self) {
        for letter in self.letters.iter_mut().filter(|letter| letter.asks_to_share()) {
            letter.strip();
            self.changed.push(letter.number);
        }
    }

    /// Makes the changes durable, lets go of what is older than the last messages, and returns what has changed.
    pub async fn commit(mut self) -> Result<Vec<Letter>, StoreError> {
        let surplus = self.letters.len().saturating_sub(KEPT);
        let old = self.letters.drain(..surplus).map(|letter| (letter.number, None)).collect::<Vec<_>>();
        let changed: Vec<Letter> = self.letters.into_iter().filter(|letter| self.changed.contains(&letter.number)).collect();
        let mut pairs = Vec::with_capacity(changed.len() + old.len());
        for letter in &changed {
            let text = serde_json::to_vec(letter).map_err(|_| StoreError::Unavailable("a message cannot be encoded".to_owned()))?;
            pairs.push((letter.number, Some(text)));
        }
        pairs.extend(old);
        if !pairs.is_empty() {
            self.store.put_mail(&self.id, &pairs).await?;
        }
        Ok(changed)
    }
}
