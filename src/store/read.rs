//! Reading: one record, and the lists that find records.

use std::sync::atomic::Ordering;

use crate::engine::{Fact, Order, Record, RecordId};
use crate::expr::Time;
use crate::store::codec;
use crate::store::commit::IndexKey;
use crate::store::config::StoreError;
use crate::store::embedded::{Embedded, Shared, lock};
use crate::store::envelope::{open, open_plain};
use crate::store::key::hex;
use crate::store::layout::{self, HEAD, Head, Opaque, PIECED_HEAD};
use crate::store::page::{Cursor, Entry, Listed, Page};
use crate::store::turn::{ORDER, id_place, opaque_key};

/// How many items a page has at most, whatever is asked for.
const PAGE_MAX: usize = 1000;
/// How often a record that is being written while it is read is read again.
const READS: usize = 1000;

impl Embedded {
    pub(super) fn load(&self, id: &RecordId) -> Result<Option<Record>, StoreError> {
        let record = layout::record(&self.shared.keys(), id);
        self.shared.read.fetch_add(1, Ordering::Relaxed);
        let stored = self.shared.record(&record)?;
        match stored {
            Some(stored) if stored.id != *id => Err(self.shared.damaged(&record, "it is another record")),
            stored => Ok(stored),
        }
    }

    pub(super) fn find(&self, key: &IndexKey, page: &Page) -> Result<Listed<RecordId>, StoreError> {
        let shared = &self.shared;
        let opaque = opaque_key(&shared.keys(), key);
        let range = (layout::key(b'i', &[&opaque]), layout::key(b'i', &[&opaque, &[0xff; 17]]));
        let holds = |record: &Opaque, _: &[u8]| shared.is_found_by(record, &opaque);
        shared.listed(range, page, holds, |_, id| id)
    }

    pub(super) fn first(&self, order: Order, page: &Page) -> Result<Listed<RecordId>, StoreError> {
        let shared = &self.shared;
        let (from, _) = shared.stretch(order, Time(i64::MAX));
        let end = [from.as_slice(), &[0xff; 25]].concat();
        let key = |entry: &[u8]| entry.get(1..17).and_then(|bytes| Opaque::try_from(bytes).ok()).unwrap_or_default();
        let holds = |record: &Opaque, entry: &[u8]| shared.is_found_by(record, &key(entry));
        shared.listed((from, end), page, holds, |_, id| id)
    }

    pub(super) fn count(&self, order: Order, until: Time) -> Result<u64, StoreError> {
        let (mut from, end) = self.shared.stretch(order, until);
        let mut count = 0;
        loop {
            let found = self.shared.scan(&from, &end, PAGE_MAX)?;
            count += found.len() as u64;
            let Some((last, _)) = found.last().filter(|_| found.len() == PAGE_MAX) else { return Ok(count) };
            from = [last.as_slice(), &[0]].concat();
        }
    }

    pub(super) fn due(&self, now: Time, page: &Page) -> Result<Listed<(RecordId, Time)>, StoreError> {
        let range = (layout::key(b'w', &[]), layout::key(b'w', &[&layout::ordered(now), &[0xff; 17]]));
        let time = |key: &[u8]| key.get(1..9).and_then(|bytes| bytes.try_into().ok()).map(layout::from_ordered);
        let holds = |record: &Opaque, key: &[u8]| Ok(self.shared.head(record)?.is_some_and(|head| head.wake == time(key)));
        self.shared.listed(range, page, holds, |key, id| (id, time(key).unwrap_or_default()))
    }

    pub(super) fn pending(&self, page: &Page) -> Result<Listed<RecordId>, StoreError> {
        let range = (layout::key(b'p', &[]), layout::key(b'p', &[&[0xff; 17]]));
        let holds = |record: &Opaque, _: &[u8]| Ok(self.shared.head(record)?.is_some_and(|head| head.pending));
        self.shared.listed(range, page, holds, |_, id| id)
    }

    pub(super) fn records(&self, page: &Page) -> Result<Listed<RecordId>, StoreError> {
        let shared = &self.shared;
        let mut listed = Listed { items: Vec::new(), next: page.after.clone(), damaged: 0 };
        for _ in 0..page.limit.clamp(1, PAGE_MAX) {
            let after = listed.next.take();
            let from = after.map_or_else(|| layout::key(b'r', &[]), |Cursor(last)| layout::key(b'r', &[&last, &[0xff; 3]]));
            let Some((key, _)) = shared.scan(&from, &layout::key(b'r', &[&[0xff; 19]]), 1)?.pop() else { return Ok(listed) };
            let Some(record) = key.get(1..17).and_then(|bytes| Opaque::try_from(bytes).ok()) else { return Ok(listed) };
            listed.next = Some(Cursor(record.to_vec()));
            match shared.record(&record) {
                Ok(Some(stored)) => listed.items.push(stored.id),
                Ok(None) => {}
                Err(StoreError::Damaged { .. }) => listed.damaged += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(listed)
    }

    pub(super) fn journal(&self, id: &RecordId, page: &Page) -> Result<Listed<Entry>, StoreError> {
        self.journal_of(layout::record(&self.shared.keys(), id), page)
    }

    /// The facts of the latest turn before a version, with the turn's own; none if there is none before.
    pub(super) fn turn_before(&self, id: &RecordId, before: Option<u64>) -> Result<Option<(u64, Vec<Fact>)>, StoreError> {
        let record = layout::record(&self.shared.keys(), id);
        let from = layout::key(b'j', &[&record]);
        let to = layout::key(b'j', &[&record, &before.unwrap_or(u64::MAX).to_be_bytes()]);
        let Some((key, _)) = self.shared.last(&from, &to)? else { return Ok(None) };
        let Some(version) = key.get(17..25).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()) else { return Ok(None) };
        let place = layout::key(b'j', &[&record, &version]);
        let first = self.shared.get(&layout::piece(&place, 0))?.unwrap_or_default();
        // What cannot be read is left out, as in all lists.
        Ok(Some((u64::from_be_bytes(version), self.shared.facts(&place, first)?.unwrap_or_default())))
    }

    pub(super) fn stub(&self, name: &str) -> Result<Vec<Entry>, StoreError> {
        let Some(stub) = name.parse().ok().and_then(|Cursor(bytes)| Opaque::try_from(bytes).ok()) else { return Ok(Vec::new()) };
        self.journal_of(stub, &Page::first(PAGE_MAX)).map(|listed| listed.items)
    }

    fn journal_of(&self, record: Opaque, page: &Page) -> Result<Listed<Entry>, StoreError> {
        let mut listed = Listed { items: Vec::new(), next: page.after.clone(), damaged: 0 };
        for _ in 0..page.limit.clamp(1, PAGE_MAX) {
            let after = listed.next.take();
            let from = after.map_or_else(|| layout::key(b'j', &[&record]), |Cursor(last)| layout::key(b'j', &[&record, &last, &[0xff; 3]]));
            let Some((key, first)) = self.shared.scan(&from, &layout::key(b'j', &[&record, &[0xff; 11]]), 1)?.pop() else {
                return Ok(listed);
            };
            let Some(version) = key.get(17..25).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()) else { return Ok(listed) };
            listed.next = Some(Cursor(version.to_vec()));
            match self.shared.facts(&layout::key(b'j', &[&record, &version]), first)? {
                Some(facts) => listed.items.extend(facts.into_iter().map(|fact| Entry { version: u64::from_be_bytes(version), fact })),
                None => listed.damaged += 1,
            }
        }
        Ok(listed)
    }
}

impl Shared {
    /// A stored record. One that is being written meanwhile is read again, until it is of one piece.
    fn record(&self, record: &Opaque) -> Result<Option<Record>, StoreError> {
        let place = layout::key(b'r', &[record]);
        for _ in 0..READS {
            let Some(first) = self.get(&layout::piece(&place, 0))? else { return Ok(None) };
            let Some(head) = Head::read(&first) else { return Err(self.damaged(record, "it is cut short")) };
            let opened = self.rest(&place, first.clone(), head.pieces)?;
            let opened = opened.and_then(|sealed| open(&self.keys(), &place, HEAD, &sealed));
            match opened {
                Ok(plain) => return codec::decode(&plain).map(Some).map_err(|why| self.damaged(record, why)),
                Err(_) if self.get(&layout::piece(&place, 0))? != Some(first) => {}
                Err(why) => return Err(self.damaged(record, why)),
            }
        }
        Err(StoreError::Unavailable("a record was written faster than it could be read".to_owned()))
    }

    /// Puts the other pieces behind the first.
    pub(super) fn rest(&self, place: &[u8], first: Vec<u8>, pieces: u16) -> Result<Result<Vec<u8>, &'static str>, StoreError> {
        let mut whole = first;
        for number in 1..pieces {
            match self.get(&layout::piece(place, number))? {
                Some(piece) => whole.extend(piece),
                None => return Ok(Err("a piece of it is missing")),
            }
        }
        Ok(Ok(whole))
    }

    /// Opens something whose head says nothing but the number of its pieces.
    pub(super) fn open_pieced(&self, place: &[u8], first: Vec<u8>) -> Result<Result<Vec<u8>, &'static str>, StoreError> {
        let Some(pieces) = layout::pieces_said(&first) else { return Ok(Err("it is cut short")) };
        let whole = self.rest(place, first, pieces)?;
        Ok(whole.and_then(|sealed| open(&self.keys(), place, PIECED_HEAD, &sealed)))
    }

    fn facts(&self, place: &[u8], first: Vec<u8>) -> Result<Option<Vec<Fact>>, StoreError> {
        Ok(self.stored_facts(place, first)?.and_then(|stored| stored.facts()))
    }

    /// Notes that a record cannot be read, so that lists leave it out, and says so.
    fn damaged(&self, record: &Opaque, why: &'static str) -> StoreError {
        lock(&self.damaged).insert(*record);
        StoreError::Damaged { key: hex(record), why }
    }

    /// Where the entries of an order begin, and where those up to a time end.
    fn stretch(&self, order: Order, until: Time) -> (Vec<u8>, Vec<u8>) {
        let last = opaque_key(&self.keys(), &IndexKey::place(order, until));
        (layout::key(b'i', &[&last[..ORDER]]), layout::key(b'i', &[&last, &[0xff; 17]]))
    }

    fn head(&self, record: &Opaque) -> Result<Option<Head>, StoreError> {
        let first = self.get(&layout::piece(&layout::key(b'r', &[record]), 0))?;
        Ok(first.and_then(|first| Head::read(&first)))
    }

    /// True if the record's own list has this key, too.
    fn is_found_by(&self, record: &Opaque, key: &Opaque) -> Result<bool, StoreError> {
        let Some(head) = self.head(record)? else { return Ok(false) };
        let place = layout::key(b'k', &[record]);
        for number in 0..head.key_pieces {
            let piece = self.get(&layout::piece(&place, number))?.unwrap_or_default();
            if piece.as_chunks().0.contains(key) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A page of entries that end in a record and hold its sealed id. Those that the record itself does not confirm are left out, and
    /// so are those of records that cannot be read.
    fn listed<T>(
        &self,
        (start, end): (Vec<u8>, Vec<u8>),
        page: &Page,
        holds: impl Fn(&Opaque, &[u8]) -> Result<bool, StoreError>,
        item: impl Fn(&[u8], RecordId) -> T,
    ) -> Result<Listed<T>, StoreError> {
        let limit = page.limit.clamp(1, PAGE_MAX);
        let from = match &page.after {
            Some(Cursor(last)) if *last >= start => [last.as_slice(), &[0]].concat(),
            _ => start,
        };
        let end = match &page.until {
            Some(Cursor(until)) if *until < end => until.clone(),
            _ => end,
        };
        let found = if from < end { self.scan(&from, &end, limit)? } else { Vec::new() };
        let next = found.last().filter(|_| found.len() == limit).map(|(key, _)| Cursor(key.clone()));
        let mut listed = Listed { items: Vec::with_capacity(found.len()), next, damaged: 0 };
        for (key, sealed) in found {
            let Some(record) = key.last_chunk::<16>() else { continue };
            let quarantined = lock(&self.damaged).contains(record);
            match open_plain(&self.keys(), &id_place(record), &sealed).map(String::from_utf8) {
                Ok(Ok(id)) if !quarantined && holds(record, &key)? => listed.items.push(item(&key, RecordId(id))),
                Ok(Ok(_)) if !quarantined => {}
                _ => listed.damaged += 1,
            }
        }
        Ok(listed)
    }
}
