//! Counters: what became of the sessions of a flow that began on a day, in a channel. Turns bring what is to be counted, and the writer
//! adds it up in the transaction that makes them durable: once for all turns in it that concern the same flow and day.
//!
//! The numbers are sealed as everything is, though they tell of nobody. One that cannot be read is begun anew: a turn is worth more.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{Count, Counted, Tally};
use crate::store::codec;
use crate::store::config::StoreError;
use crate::store::embedded::Embedded;
use crate::store::engine::{Broken, View};
use crate::store::envelope;
use crate::store::key::Keys;
use crate::store::layout::{self, PIECED_HEAD};
use crate::store::turn::seal_pieced;
use crate::store::writer::{read_pieces, remove_pieces, set_pieces};

/// What a turn counts.
#[derive(Debug, Default)]
pub(super) struct Counting {
    keys: Option<Arc<Keys>>,
    counts: Vec<(Vec<u8>, Counted)>,
}

impl Counting {
    /// What is counted of records of this channel.
    pub(super) fn new(keys: &Arc<Keys>, channel: &str, counts: Vec<Count>) -> Self {
        let placed = counts.into_iter().map(|count| (place(keys, channel, &count.flow, count.day), count.what));
        Self { keys: Some(Arc::clone(keys)), counts: placed.collect() }
    }
}

/// What is counted in one transaction, by the place of the counter.
#[derive(Default)]
pub(super) struct Added<'t>(BTreeMap<&'t [u8], (&'t Keys, Vec<&'t Counted>)>);

impl<'t> Added<'t> {
    /// A turn has been written.
    pub(super) fn add(&mut self, counting: &'t Counting) {
        let Some(keys) = &counting.keys else { return };
        for (place, what) in &counting.counts {
            let (newest, counted) = self.0.entry(place).or_insert((keys, Vec::new()));
            *newest = keys;
            counted.push(what);
        }
    }

    /// Adds it to what was counted before.
    pub(super) fn write(self, view: &mut View<'_>) -> Result<(), Broken> {
        for (place, (keys, counted)) in self.0 {
            let (old, pieces) = read_pieces(view, place)?;
            let mut tally = old.and_then(|sealed| opened(keys, place, &sealed)).unwrap_or_default();
            for what in counted {
                tally.count(what);
            }
            let sealed = codec::encode(&tally).ok().and_then(|plain| seal_pieced(keys, place, &plain).ok());
            let Some(sealed) = sealed else { continue };
            set_pieces(view, place, &sealed);
            remove_pieces(view, place, layout::pieces(sealed.len()).unwrap_or(pieces)..pieces);
        }
        Ok(())
    }
}

fn opened(keys: &Keys, place: &[u8], sealed: &[u8]) -> Option<Tally> {
    let plain = envelope::open(keys, place, PIECED_HEAD, sealed).ok()?;
    codec::decode(&plain).ok()
}

fn place(keys: &Keys, channel: &str, flow: &str, day: i64) -> Vec<u8> {
    layout::key(b'c', &[&keys.opaque(&[b"tally", channel.as_bytes(), flow.as_bytes()]), &day.to_be_bytes()])
}

impl Embedded {
    pub(super) fn tally(&self, channel: &str, flow: &str, day: i64) -> Result<Tally, StoreError> {
        let keys = self.shared.keys();
        let place = place(&keys, channel, flow, day);
        let Some(first) = self.shared.get(&layout::piece(&place, 0))? else { return Ok(Tally::default()) };
        // One that is just being written may be of two minds; it is right again at the next look.
        let plain = self.shared.open_pieced(&place, first)?.ok();
        Ok(plain.and_then(|plain| codec::decode(&plain).ok()).unwrap_or_default())
    }
}
