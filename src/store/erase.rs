//! Erasing: all that is kept of a person goes at once, and what remains cannot be led back to them.
//!
//! The record, what finds it, its mailbox and its place in every index go in one transaction. Its facts hold names of the flow and no
//! values; they stay, because others must be able to see that nothing was cut out of them, but under a name that was drawn by lot: not
//! even whoever has all keys can tell whose they were. The last of them is the number of the act.

use crate::engine::{Fact, FactKind, RecordId, gone};
use crate::expr::Time;
use crate::store::chain::{ChainHead, Stored, head_place};
use crate::store::commit::CommitError;
use crate::store::config::StoreError;
use crate::store::embedded::{Embedded, lock, now};
use crate::store::envelope::seal_plain;
use crate::store::key::{Keys, hex, random};
use crate::store::layout::{self, ACTS, Opaque, PIECE};
use crate::store::tallies::Counting;
use crate::store::turn::{encode, seal_pieced};
use crate::store::writer::{Erasure, Job};

/// How often an erasure is begun again because the record was written meanwhile.
const TRIES: usize = 100;

/// What an erasure has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Its number, counted from 1.
    pub number: u64,
    /// When.
    pub at: Time,
    /// The name under which the facts remain.
    pub stub: String,
    /// How many turns' facts remain.
    pub facts: u64,
    /// How many messages went.
    pub messages: u64,
}

/// A key and what it becomes: nothing, if it goes.
type Change = (Vec<u8>, Option<Vec<u8>>);

impl Embedded {
    pub(super) async fn erase(&self, id: &RecordId) -> Result<Option<Act>, StoreError> {
        // Neither digests nor backups are made meanwhile: they would see the facts under both names or under none.
        let _alone = self.shared.key_work.lock().await;
        let keys = self.shared.keys();
        let record = layout::record(&keys, id);
        for _ in 0..TRIES {
            let head_was = self.shared.get(&head_place(&record))?;
            let first_was = self.shared.get(&layout::piece(&layout::key(b'r', &[&record]), 0))?;
            let letters = self.shared.scan(&layout::key(b'b', &[&record]), &layout::key(b'b', &[&record, &[0xff; 11]]), usize::MAX)?;
            if head_was.is_none() && first_was.is_none() && letters.is_empty() {
                return Ok(None);
            }
            let mut changes: Vec<Change> = letters.iter().map(|(key, _)| (key.clone(), None)).collect();
            let messages = letters.iter().filter(|(key, _)| key.ends_with(&[0, 0])).count() as u64;
            let mut act = Act { number: self.acts()? + 1, at: now(), stub: String::new(), facts: 0, messages };
            self.move_facts(&keys, &record, &mut act, &mut changes)?;
            changes.push((ACTS.to_vec(), Some(act.number.to_be_bytes().to_vec())));
            // Whoever is in the middle of something leaves it.
            let lost = self.load(id).ok().flatten().map(|record| gone(&record, act.at)).unwrap_or_default();
            let counting = Counting::new(&keys, id.channel(), lost);
            let erasure = Erasure { record, head: (head_place(&record), head_was), first: first_was, changes, counting };
            match self.submit(Job::Erase(Box::new(erasure))).await {
                Err(CommitError::Conflict { .. }) => {}
                verdict => {
                    verdict?;
                    lock(&self.shared.damaged).remove(&record);
                    return Ok(Some(act));
                }
            }
        }
        Err(StoreError::Unavailable("the record was written faster than it could be erased".to_owned()))
    }

    pub(super) async fn remove_record(&self, id: &RecordId) -> Result<(), StoreError> {
        let record = layout::record(&self.shared.keys(), id);
        let head = self.shared.get(&head_place(&record))?;
        let first = self.shared.get(&layout::piece(&layout::key(b'r', &[&record]), 0))?;
        if first.is_none() {
            return Ok(());
        }
        let erasure = Erasure { record, head: (head_place(&record), head), first, changes: Vec::new(), counting: Counting::default() };
        match self.submit(Job::Erase(Box::new(erasure))).await {
            // It is in use again.
            Err(CommitError::Conflict { .. }) => Ok(()),
            verdict => Ok(verdict?),
        }
    }

    /// How many erasures there have been.
    pub(super) fn acts(&self) -> Result<u64, StoreError> {
        let stored = self.shared.get(ACTS)?.and_then(|bytes| <[u8; 8]>::try_from(bytes.as_slice()).ok());
        Ok(stored.map_or(0, u64::from_be_bytes))
    }

    /// The facts of a record under a name drawn by lot, with the act behind them.
    fn move_facts(&self, keys: &Keys, record: &Opaque, act: &mut Act, changes: &mut Vec<Change>) -> Result<(), StoreError> {
        let mut stub = Opaque::default();
        random(&mut stub)?;
        act.stub = hex(&stub);
        let head = self.shared.chain(keys, record)?;
        let mut last = head.version;
        for (key, first) in self.shared.scan(&layout::key(b'j', &[record]), &layout::key(b'j', &[record, &[0xff; 11]]), usize::MAX)? {
            changes.push((key.clone(), None));
            let Some(version) = key.strip_suffix(&[0, 0]).and_then(|place| place.get(17..25)?.try_into().ok()).map(u64::from_be_bytes)
            else {
                continue;
            };
            last = last.max(version);
            // What cannot be read is not moved; that it is missing is found out, as it would have been before.
            match self.shared.stored_facts(&layout::key(b'j', &[record, &version.to_be_bytes()]), first)? {
                Some(Stored::Link(link)) => put(keys, &stub, version, &link.encode()?, changes)?,
                Some(Stored::Facts(facts)) => put(keys, &stub, version, &facts, changes)?,
                None => continue,
            }
            act.facts += 1;
        }
        let fact = Fact { at: act.at, session: None, kind: FactKind::Erased { act: act.number } };
        let (link, head) = head.linked(self.shared.epoch_now(), last + 1, encode(&vec![fact])?);
        put(keys, &stub, last + 1, &link.encode()?, changes)?;
        changes.push((head_place(record), None));
        changes.push((head_place(&stub), Some(seal_head(keys, &stub, &head)?)));
        Ok(())
    }
}

/// Seals a head for its place.
pub(super) fn seal_head(keys: &Keys, record: &Opaque, head: &ChainHead) -> Result<Vec<u8>, StoreError> {
    seal_plain(keys, &head_place(record), &head.encode()?)
}

/// Puts something into the journal of a record.
pub(super) fn put(keys: &Keys, record: &Opaque, version: u64, plain: &[u8], changes: &mut Vec<Change>) -> Result<(), StoreError> {
    let place = layout::key(b'j', &[record, &version.to_be_bytes()]);
    let sealed = seal_pieced(keys, &place, plain)?;
    let pieces = (0..=u16::MAX).zip(sealed.chunks(PIECE));
    changes.extend(pieces.map(|(number, piece)| (layout::piece(&place, number), Some(piece.to_vec()))));
    Ok(())
}
