//! Mailboxes: the messages of a channel that keeps its own. Each is sealed by itself under its number, so that a change writes one.

use crate::engine::RecordId;
use crate::store::config::StoreError;
use crate::store::embedded::Embedded;
use crate::store::key::{Keys, hex};
use crate::store::layout::{self, Opaque, PIECE};
use crate::store::turn::seal_pieced;

/// Bytes between the letter of the space and the piece of a message: whose it is, and its number.
const NAME: usize = 16 + 8;

/// A key and what it becomes: nothing, if it goes.
type Change = (Vec<u8>, Option<Vec<u8>>);

impl Embedded {
    pub(super) fn mailbox(&self, id: &RecordId) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let record = layout::record(&self.shared.keys(), id);
        let (from, to) = range(&record);
        let pieces = self.shared.scan(&from, &to, usize::MAX)?.into_iter();
        pieces
            .filter_map(|(key, first)| Some((number_of_first(&key)?, first)))
            .map(|(number, first)| {
                let plain = self.shared.open_pieced(&place(&record, number), first)?;
                let damaged = |why| StoreError::Damaged { key: hex(&record), why };
                plain.map(|plain| (number, plain)).map_err(damaged)
            })
            .collect()
    }

    pub(super) async fn put_mail(&self, id: &RecordId, letters: &[(u64, Option<Vec<u8>>)]) -> Result<(), StoreError> {
        // Held until it is written: whoever takes a key away waits for those who seal with it.
        let keys = self.shared.keys();
        let record = layout::record(&keys, id);
        let mut pairs = Vec::new();
        for (number, letter) in letters {
            pairs.extend(self.changes(&keys, &place(&record, *number), letter.as_deref())?);
        }
        self.write(pairs).await
    }

    /// What is to be written so that a message is this, and nothing of a longer one before it remains.
    fn changes(&self, keys: &Keys, place: &[u8], letter: Option<&[u8]>) -> Result<Vec<Change>, StoreError> {
        let before = self.shared.get(&layout::piece(place, 0))?.and_then(|first| layout::pieces_said(&first)).unwrap_or(0);
        let sealed = letter.map(|plain| seal_pieced(keys, place, plain)).transpose()?.unwrap_or_default();
        let mut pairs: Vec<Change> =
            (0..=u16::MAX).zip(sealed.chunks(PIECE)).map(|(number, piece)| (layout::piece(place, number), Some(piece.to_vec()))).collect();
        let kept = u16::try_from(pairs.len()).unwrap_or(u16::MAX);
        pairs.extend((kept..before).map(|number| (layout::piece(place, number), None)));
        Ok(pairs)
    }
}

fn place(record: &Opaque, number: u64) -> Vec<u8> {
    layout::key(b'b', &[record, &number.to_be_bytes()])
}

fn range(record: &Opaque) -> (Vec<u8>, Vec<u8>) {
    (layout::key(b'b', &[record]), layout::key(b'b', &[record, &[0xff; 11]]))
}

/// The number of the message, if this key is that of its first piece.
fn number_of_first(key: &[u8]) -> Option<u64> {
    let (name, piece) = key.get(1..)?.split_at_checked(NAME)?;
    (piece == [0, 0]).then(|| name[16..].try_into().ok().map(u64::from_be_bytes)).flatten()
}
