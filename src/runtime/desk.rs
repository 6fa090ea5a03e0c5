//! The desk: what people of a role ask about others is looked up in the store, by keys, never by looking at all records.
//!
//! Which records are looked at and what is answered is decided in `engine`; acts are letters and do not come by here.

use std::collections::BTreeSet;

use crate::engine::{EffectId, Found, Inquiry, Record, RecordId, Search, Tally};
use crate::operation::Answer;
use crate::runtime::{Shared, clock};
use crate::store::{IndexKey, Page, StoreError};

/// Records looked at before others get their turn.
const PAGE: usize = 64;

/// Answers an attempt of this record that asks the engine itself.
pub(super) async fn answer(shared: &Shared, by: Record, effect: EffectId) -> Answer {
    let Some(calling) = by.calling(effect) else {
        return Answer::NothingSent { why: "nobody waits for an answer any more".to_owned() };
    };
    let edition = shared.editions.now();
    let (operation, inputs, now) = (&calling.operation, &calling.inputs, clock::now());
    let inquiry = Inquiry { library: edition.library(&by.id), by: &by, operation, inputs, now };
    let channels: Vec<&str> =
        shared.channels.keys().map(String::as_str).filter(|channel| edition.is_of_the_bot_of(channel, &by.id)).collect();
    let looked = async {
        let found = match inquiry.search() {
            Ok(Search::Everybody(most)) => everybody(shared, &channels, &inquiry, most).await?,
            Ok(search) => look(shared, &channels, search).await?,
            Err(answer) => return Ok(answer),
        };
        let further = match inquiry.further(&found) {
            Some(search) => look(shared, &channels, search).await?,
            None => Found::default(),
        };
        Ok(inquiry.answer(&found, &further))
    };
    looked.await.unwrap_or_else(|error: StoreError| {
        shared.cannot_read(&error);
        Answer::NothingSent { why: "the store could not be read".to_owned() }
    })
}

async fn look(shared: &Shared, channels: &[&str], search: Search) -> Result<Found, StoreError> {
    let (mut ids, mut counts, mut tally) = (Vec::new(), Vec::new(), Tally::default());
    match search {
        // They are counted and not kept.
        Search::Everybody(_) => {}
        Search::Each(each) => ids = each,
        Search::Keys(keys, most) => {
            for (kind, value) in keys {
                ids.extend(shared.store.find(&IndexKey::new(kind, value), &Page::first(most)).await?.items);
            }
        }
        Search::First(order, most) => ids = shared.store.first(order, &Page::first(most)).await?.items,
        Search::Facts { of, before, most } => return facts(shared, &of, before, most).await,
        Search::Count(orders) => {
            for (order, until) in orders {
                counts.push(shared.store.count(order, until).await?);
            }
        }
        Search::Tallies { flow, from, to } => {
            for channel in channels {
                for day in from..=to {
                    tally.add(&shared.store.tally(channel, &flow, day).await?);
                }
            }
        }
    }
    Ok(Found { records: loaded(shared, ids).await?, counts, tally, ..Found::default() })
}

/// Turns looked at for one page of facts, at most: long stretches of them may tell nothing.
const TURNS: usize = 300;

async fn facts(shared: &Shared, of: &RecordId, mut before: Option<u64>, most: usize) -> Result<Found, StoreError> {
    let mut found = Found::default();
    for _ in 0..TURNS {
        let Some((version, facts)) = shared.store.turn_before(of, before).await? else { return Ok(found) };
        if found.facts.len() >= most {
            break;
        }
        found.facts.extend(facts.into_iter().rev().filter(|fact| fact.kind.is_telling()));
        before = Some(version);
    }
    Ok(Found { earlier: before, ..found })
}

/// Everybody of these channels, a page at a time; others get their turn in between.
async fn everybody(shared: &Shared, channels: &[&str], inquiry: &Inquiry<'_>, most: usize) -> Result<Found, StoreError> {
    let (mut found, mut page, mut looked_at) = (Found::default(), Page::first(PAGE), 0);
    loop {
        let listed = shared.store.records(&page).await?;
        for record in loaded(shared, listed.items.into_iter().filter(|id| channels.contains(&id.channel())).collect()).await? {
            looked_at += 1;
            inquiry.count(&record, &mut found.counts);
        }
        let Some(next) = listed.next else { return Ok(found) };
        if looked_at >= most {
            found.more = true;
            return Ok(found);
        }
        page.after = Some(next);
        tokio::task::yield_now().await;
    }
}

/// The records, each once. One that cannot be read is left out: others can be shown.
async fn loaded(shared: &Shared, ids: Vec<RecordId>) -> Result<Vec<Record>, StoreError> {
    let (mut seen, mut records) = (BTreeSet::new(), Vec::new());
    for id in ids {
        if !seen.insert(id.clone()) {
            continue;
        }
        match shared.store.load(&id).await {
            Ok(record) => records.extend(record),
            Err(error @ StoreError::Damaged { .. }) => shared.cannot_read(&error),
            Err(error) => return Err(error),
        }
    }
    Ok(records)
}
