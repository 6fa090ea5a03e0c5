//! Work on the keys: a new one that encrypts from now on, and the end of old ones.
//!
//! An old key may go only when nothing is sealed with it any more. So everything is walked in slices and sealed anew where it still
//! names an old key, each thing only if it is as it was when it was read; who writes meanwhile writes with the new key. What had been
//! sealed before the new key came and was not written yet is waited for. The walk is repeated until it finds nothing; then the key file
//! is replaced. Until that moment the file holds all keys, so that an interruption loses nothing.

use std::sync::Arc;
use std::time::Duration;

use crate::store::config::StoreError;
use crate::store::embedded::{Embedded, lock};
use crate::store::envelope::{self, START, key_of};
use crate::store::key::{KeyId, Keys};
use crate::store::layout::{self, AFTER_CURRENT, CHECK, CURRENT, HEAD, Opaque, PAUSED, PIECE, PIECED_HEAD};
use crate::store::ring::{KeyInUse, KeyState, Ring};
use crate::store::turn::id_place;
use crate::store::writer::{Job, Resealed};

/// Entries read at once.
const SLICE: usize = 64;
/// Bytes written at once, about.
const BYTES: usize = 512 << 10;
/// How long somebody who seals with keys that have been replaced is waited for before they are looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What came of retiring keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// How many things were sealed anew.
    pub sealed_anew: u64,
    /// The keys that are gone.
    pub destroyed: Vec<KeyId>,
    /// The key that encrypts now.
    pub active: KeyId,
}

/// How the things of a space are sealed.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// In pieces behind a record's head.
    Record,
    /// In pieces, for the place that so many bytes of the key name.
    Pieced(usize),
    /// The id of a record, for whatever finds it.
    Id,
    /// By itself, for its own key.
    Alone,
}

/// The spaces in which something is sealed. Opaque keys (`k`) and the layout's number are not.
const SPACES: &[(u8, Form)] = &[
    (b'r', Form::Record),
    (b'i', Form::Id),
    (b'w', Form::Id),
    (b'p', Form::Id),
    (b'h', Form::Alone),
    (b'd', Form::Alone),
    (b'j', Form::Pieced(25)),
    (b'b', Form::Pieced(25)),
    (b'c', Form::Pieced(25)),
    (b'V', Form::Alone),
    (b'v', Form::Pieced(17)),
];

/// Sealed values that lie by themselves.
const SINGLE: &[&[u8]] = &[CHECK, PAUSED];

impl Embedded {
    pub(super) fn keys_in_use(&self) -> Vec<KeyInUse> {
        lock(&self.shared.home).ring.keys()
    }

    pub(super) async fn rotate_key(&self) -> Result<KeyId, StoreError> {
        let _alone = self.shared.key_work.lock().await;
        let rotated = lock(&self.shared.home).ring.rotated()?;
        self.use_ring(rotated).await
    }

    pub(super) async fn retire_keys(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<Retired, StoreError> {
        let _alone = self.shared.key_work.lock().await;
        let ring = lock(&self.shared.home).ring.clone();
        if !ring.retiring {
            self.use_ring(Ring { retiring: true, ..ring.rotated()? }).await?;
        }
        let mut sealed_anew = 0;
        loop {
            let pass = self.seal_all_anew(&|so_far| progress(sealed_anew + so_far)).await?;
            sealed_anew += pass.done;
            match pass {
                Pass { done: 0, left: 0 } => break,
                Pass { done: 0, left } => return Err(StoreError::KeyInUse { entries: left }),
                _ => {}
            }
        }
        let keys = self.keys_in_use();
        let alone = lock(&self.shared.home).ring.without_old();
        let active = self.use_ring(alone).await?;
        let destroyed = keys.iter().filter(|key| key.state != KeyState::Active).map(|key| key.id).collect();
        Ok(Retired { sealed_anew, destroyed, active })
    }

    /// Keeps a ring and uses it from now on. When this returns, whatever was sealed with the keys before is written.
    async fn use_ring(&self, ring: Ring) -> Result<KeyId, StoreError> {
        let (before, active) = {
            let mut kept = lock(&self.shared.home);
            kept.place.keep(&ring)?;
            kept.ring = ring;
            (self.shared.replace_keys(Keys::of(&kept.ring)), kept.ring.active.id())
        };
        while Arc::strong_count(&before) > 1 {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        // Somebody who did not wait for their turn may have left it in the queue: what comes after it is written after it.
        self.submit(Job::Write(Vec::new())).await?;
        Ok(active)
    }

    async fn seal_all_anew(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<Pass, StoreError> {
        let mut pass = Pass::default();
        for key in SINGLE {
            let found = self.shared.get(key)?.map(|value| (key.to_vec(), value));
            self.seal_anew(Form::Alone, found.into_iter().collect(), &mut pass).await?;
        }
        let current = self.shared.scan(CURRENT, AFTER_CURRENT, usize::MAX)?;
        self.seal_anew(Form::Alone, current, &mut pass).await?;
        for (space, form) in SPACES {
            let mut from = vec![*space];
            loop {
                let slice = self.shared.scan(&from, &[space + 1], SLICE)?;
                let Some((last, _)) = slice.last() else { break };
                from = [last.as_slice(), &[0]].concat();
                self.seal_anew(*form, slice, &mut pass).await?;
                progress(pass.done);
            }
        }
        Ok(pass)
    }

    async fn seal_anew(&self, form: Form, found: Vec<(Vec<u8>, Vec<u8>)>, pass: &mut Pass) -> Result<(), StoreError> {
        let keys = self.shared.keys();
        let (mut anew, mut bytes) = (Vec::new(), 0);
        for (key, value) in found {
            if form.is_continued(&key) || key_of(&value).is_none_or(|id| id == keys.active || keys.cipher(&id.0).is_none()) {
                continue;
            }
            match self.sealed_anew(&keys, form, &key, &value)? {
                Some(thing) => {
                    bytes += thing.pieces.iter().map(|(_, piece)| piece.len()).sum::<usize>();
                    anew.push(thing);
                    pass.done += 1;
                }
                // It was changed while it was read: then it is under the new key, or gone.
                None if self.shared.get(&key)?.as_ref() != Some(&value) => pass.done += 1,
                None => pass.left += 1,
            }
            if bytes > BYTES {
                bytes = 0;
                self.submit(Job::Reseal(std::mem::take(&mut anew))).await?;
            }
        }
        if !anew.is_empty() {
            self.submit(Job::Reseal(anew)).await?;
        }
        Ok(())
    }

    /// The same thing under the key that encrypts now; none if it cannot be read. Its size stays, and so do its pieces.
    fn sealed_anew(&self, keys: &Keys, form: Form, key: &[u8], first: &[u8]) -> Result<Option<Resealed>, StoreError> {
        let (place, head_len, pieces) = match form {
            Form::Record => (key[..17].to_vec(), HEAD, layout::pieces_said(first)),
            Form::Pieced(place) => (key[..place].to_vec(), PIECED_HEAD, layout::pieces_said(first)),
            Form::Id => {
                let Some(record) = key.last_chunk::<16>() else { return Ok(None) };
                (id_place(record as &Opaque), START, Some(1))
            }
            Form::Alone => (key.to_vec(), START, Some(1)),
        };
        let Some(pieces) = pieces else { return Ok(None) };
        let Ok(whole) = self.shared.rest(&place, first.to_vec(), pieces)? else { return Ok(None) };
        let Ok(plain) = envelope::open(keys, &place, head_len, &whole) else { return Ok(None) };
        let head = envelope::head_anew(keys, whole.get(..head_len).unwrap_or_default());
        let sealed = envelope::seal(keys, &place, &head, &plain)?;
        let numbered = (0..=u16::MAX).zip(sealed.chunks(PIECE));
        let place_of = |number| if number == 0 { key.to_vec() } else { layout::piece(&place, number) };
        let pieces = numbered.map(|(number, piece)| (place_of(number), piece.to_vec())).collect();
        Ok(Some(Resealed { first: (key.to_vec(), first.to_vec()), pieces }))
    }
}

impl Form {
    /// True if something begins before this key: it is a later piece, or no key of this space.
    fn is_continued(self, key: &[u8]) -> bool {
        match self {
            Self::Record => key.len() != 19 || !key.ends_with(&[0, 0]),
            Self::Pieced(place) => key.len() != place + 2 || !key.ends_with(&[0, 0]),
            Self::Id | Self::Alone => false,
        }
    }
}

/// What one walk through everything has found.
#[derive(Debug, Default)]
struct Pass {
    /// Sealed anew, by this walk or by whoever wrote meanwhile.
    done: u64,
    /// Sealed with an old key and unreadable.
    left: u64,
}
