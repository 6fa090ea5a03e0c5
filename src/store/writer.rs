//! The one thread that writes: it takes a list of jobs, applies them in order, makes all of it durable, and hands the verdicts back.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};

use tokio::sync::oneshot;

use crate::store::chain::head_place;
use crate::store::commit::CommitError;
use crate::store::engine::{Broken, Engine, View};
use crate::store::layout::{self, Head, Opaque, PIECE};
use crate::store::tallies::{Added, Counting};
use crate::store::watch::Watch;

/// Turns in one transaction, at most.
const TURNS: usize = 64;
/// Bytes of records in one transaction, at most, unless one record alone has more.
const BYTES: usize = 1 << 20;

/// What came of a job.
pub(super) type Verdict = Result<(), CommitError>;

/// Something to write.
#[derive(Debug)]
pub(super) enum Job {
    /// A turn.
    Turn(Box<Turn>),
    /// A record to remove, with all that finds it.
    Erase(Box<Erasure>),
    /// Things to seal anew, each if it is still as it was.
    Reseal(Vec<Resealed>),
    /// Keys to set or to remove, whatever they are.
    Write(Vec<(Vec<u8>, Option<Vec<u8>>)>),
    /// Nothing more comes.
    Close,
}

/// A turn as it will lie in the store.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) record: Opaque,
    pub(super) expected: u64,
    pub(super) head: Head,
    /// The sealed record.
    pub(super) sealed: Vec<u8>,
    /// The sealed id, for whatever finds the record.
    pub(super) id: Vec<u8>,
    /// What it is found by, sorted.
    pub(super) keys: Vec<Opaque>,
    /// The sealed facts, if there are any.
    pub(super) facts: Option<SealedFacts>,
    /// What it counts.
    pub(super) counting: Counting,
}

/// Facts as they will lie in the store.
#[derive(Debug)]
pub(super) struct SealedFacts {
    /// Their link in the chain.
    pub(super) link: Vec<u8>,
    /// The head of the chain with it.
    pub(super) head: Vec<u8>,
}

/// A record to remove, if it and its chain are still as they were, and what else goes or comes with that.
#[derive(Debug)]
pub(super) struct Erasure {
    pub(super) record: Opaque,
    /// Where the head of its chain lies, and what it was.
    pub(super) head: (Vec<u8>, Option<Vec<u8>>),
    /// What the first piece of the record was.
    pub(super) first: Option<Vec<u8>>,
    pub(super) changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// What is counted of its sessions, which end with it.
    pub(super) counting: Counting,
}

/// Something sealed anew.
#[derive(Debug)]
pub(super) struct Resealed {
    /// Its first piece: as it was, it says that the others are, too.
    pub(super) first: (Vec<u8>, Vec<u8>),
    /// What is written instead, that piece included.
    pub(super) pieces: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Jobs, and where the verdicts go.
pub(super) struct Group {
    pub(super) jobs: Vec<Job>,
    pub(super) done: oneshot::Sender<Vec<Verdict>>,
}

impl Group {
    /// Tells everybody that the store has failed.
    pub(super) fn refuse(self, why: &str) {
        // Whoever has gone does not need to be told.
        let _ = self.done.send(refusals(self.jobs.len(), why));
    }
}

/// The same refusal for so many jobs.
pub(super) fn refusals(jobs: usize, why: &str) -> Vec<Verdict> {
    vec![Err(CommitError::Poisoned(why.to_owned())); jobs]
}

/// The thread's life: until nobody can ask any more, or until it is closed.
pub(super) fn run(engine: Arc<dyn Engine>, watch: &Watch, groups: &mpsc::Receiver<Group>) {
    while let Ok(Group { jobs, done }) = groups.recv() {
        watch.begin(jobs.len(), done);
        let verdicts = write(engine.as_ref(), watch, &jobs);
        if jobs.iter().any(|job| matches!(job, Job::Close)) {
            // Whoever waits for the end may open the same files again: they must be let go of first.
            let_go(engine, watch);
            return watch.finish(verdicts);
        }
        watch.finish(verdicts);
    }
    let_go(engine, watch);
}

/// Drops an engine; one that has failed is left as it is instead. Its end would write once more, if it came to an end at all.
pub(super) fn let_go(engine: Arc<dyn Engine>, watch: &Watch) {
    if watch.poison().is_some() { std::mem::forget(engine) } else { drop(engine) }
}

/// Writes a list of jobs and makes it durable as a whole. The first failure of the engine is the last thing it does.
pub(super) fn write(engine: &dyn Engine, watch: &Watch, jobs: &[Job]) -> Vec<Verdict> {
    if let Some(why) = watch.poison() {
        return refusals(jobs.len(), why);
    }
    let written = catch_unwind(AssertUnwindSafe(|| apply_and_sync(engine, jobs)));
    let written = written.unwrap_or_else(|_| Err(Broken("the writer panicked".to_owned())));
    written.unwrap_or_else(|Broken(why)| refusals(jobs.len(), watch.set_poison(why)))
}

fn apply_and_sync(engine: &dyn Engine, jobs: &[Job]) -> Result<Vec<Verdict>, Broken> {
    let mut verdicts = Vec::with_capacity(jobs.len());
    while verdicts.len() < jobs.len() {
        let group = next_group(jobs, verdicts.len());
        verdicts.extend(apply(engine, &jobs[group])?);
    }
    engine.sync()?;
    Ok(verdicts)
}

/// The jobs from `start` that go into one transaction: at least one.
fn next_group(jobs: &[Job], start: usize) -> Range<usize> {
    let mut bytes = 0;
    let turns = jobs[start..].iter().take(TURNS).take_while(|job| {
        let Job::Turn(turn) = job else { return false };
        bytes += turn.sealed.len();
        bytes <= BYTES
    });
    start..start + turns.count().max(1)
}

fn apply(engine: &dyn Engine, jobs: &[Job]) -> Result<Vec<Verdict>, Broken> {
    let (mut view, mut added, mut verdicts) = (View::of(engine), Added::default(), Vec::with_capacity(jobs.len()));
    for job in jobs {
        let verdict = match job {
            Job::Turn(turn) => write_turn(&mut view, turn)?,
            Job::Erase(erasure) => erase(&mut view, erasure)?,
            Job::Reseal(things) => reseal(&mut view, things)?,
            Job::Write(pairs) => {
                write_pairs(&mut view, pairs);
                Ok(())
            }
            Job::Close => Ok(()),
        };
        match job {
            Job::Turn(turn) if verdict.is_ok() => added.add(&turn.counting),
            Job::Erase(erasure) if verdict.is_ok() => added.add(&erasure.counting),
            _ => {}
        }
        verdicts.push(verdict);
    }
    added.write(&mut view)?;
    engine.apply(view.into_changes())?;
    Ok(verdicts)
}

/// Compares and swaps one record and all that belongs to it.
fn write_turn(view: &mut View<'_>, turn: &Turn) -> Result<Verdict, Broken> {
    let place = layout::key(b'r', &[&turn.record]);
    let old = match read_head(view, &place)? {
        Ok(old) => old,
        Err(error) => return Ok(Err(error)),
    };
    if old.version != turn.expected {
        return Ok(Err(CommitError::Conflict { current: old.version }));
    }
    set_pieces(view, &place, &turn.sealed);
    remove_pieces(view, &place, turn.head.pieces..old.pieces);
    move_wake(view, turn, &old);
    if turn.head.pending != old.pending {
        let key = layout::key(b'p', &[&turn.record]);
        if turn.head.pending { view.set(key, turn.id.clone()) } else { view.remove(key) }
    }
    if turn.head.keys != old.keys {
        change_keys(view, turn, &old)?;
    }
    if let Some(facts) = &turn.facts {
        set_pieces(view, &layout::key(b'j', &[&turn.record, &turn.head.version.to_be_bytes()]), &facts.link);
        view.set(head_place(&turn.record), facts.head.clone());
    }
    Ok(Ok(()))
}

/// The head of what is stored now; an empty one if nothing is.
fn read_head(view: &View<'_>, place: &[u8]) -> Result<Result<Head, CommitError>, Broken> {
    let Some(first) = view.get(&layout::piece(place, 0))? else { return Ok(Ok(Head::default())) };
    Ok(Head::read(&first).ok_or_else(|| CommitError::Unavailable("what is stored of the record is damaged".to_owned())))
}

fn move_wake(view: &mut View<'_>, turn: &Turn, old: &Head) {
    if turn.head.wake == old.wake {
        return;
    }
    if let Some(time) = old.wake {
        view.remove(layout::wake(time, &turn.record));
    }
    if let Some(time) = turn.head.wake {
        view.set(layout::wake(time, &turn.record), turn.id.clone());
    }
}

fn change_keys(view: &mut View<'_>, turn: &Turn, old: &Head) -> Result<(), Broken> {
    let place = layout::key(b'k', &[&turn.record]);
    let before = read_keys(view, &place, old.key_pieces)?;
    for key in before.iter().filter(|key| turn.keys.binary_search(key).is_err()) {
        view.remove(layout::key(b'i', &[key, &turn.record]));
    }
    for key in turn.keys.iter().filter(|key| !before.contains(key)) {
        view.set(layout::key(b'i', &[key, &turn.record]), turn.id.clone());
    }
    set_pieces(view, &place, turn.keys.as_flattened());
    remove_pieces(view, &place, turn.head.key_pieces..old.key_pieces);
    Ok(())
}

fn read_keys(view: &View<'_>, place: &[u8], pieces: u16) -> Result<Vec<Opaque>, Broken> {
    let mut keys = Vec::new();
    for number in 0..pieces {
        let piece = view.get(&layout::piece(place, number))?.unwrap_or_default();
        keys.extend_from_slice(piece.as_chunks().0);
    }
    Ok(keys)
}

fn erase(view: &mut View<'_>, erasure: &Erasure) -> Result<Verdict, Broken> {
    let Erasure { record, head, first, changes, .. } = erasure;
    let place = layout::key(b'r', &[record]);
    let now = view.get(&layout::piece(&place, 0))?;
    if now != *first || view.get(&head.0)? != head.1 {
        let current = now.and_then(|first| Head::read(&first)).map_or(0, |head| head.version);
        return Ok(Err(CommitError::Conflict { current }));
    }
    if let Some(first) = first {
        remove_record(view, record, &place, first)?;
    }
    write_pairs(view, changes);
    Ok(Ok(()))
}

fn remove_record(view: &mut View<'_>, record: &Opaque, place: &[u8], first: &[u8]) -> Result<(), Broken> {
    // Even if nothing of it can be read, the record goes: what might still point to it finds nothing.
    let head = Head::read(first).unwrap_or(Head { pieces: 1, ..Head::default() });
    remove_pieces(view, place, 0..head.pieces.max(1));
    let keys = layout::key(b'k', &[record]);
    for key in read_keys(view, &keys, head.key_pieces)? {
        view.remove(layout::key(b'i', &[&key, record]));
    }
    remove_pieces(view, &keys, 0..head.key_pieces);
    if let Some(time) = head.wake {
        view.remove(layout::wake(time, record));
    }
    view.remove(layout::key(b'p', &[record]));
    Ok(())
}

fn reseal(view: &mut View<'_>, things: &[Resealed]) -> Result<Verdict, Broken> {
    for Resealed { first: (key, was), pieces } in things {
        if view.get(key)?.as_ref() == Some(was) {
            for (key, piece) in pieces {
                view.set(key.clone(), piece.clone());
            }
        }
    }
    Ok(Ok(()))
}

fn write_pairs(view: &mut View<'_>, pairs: &[(Vec<u8>, Option<Vec<u8>>)]) {
    for (key, value) in pairs.iter().cloned() {
        match value {
            Some(value) => view.set(key, value),
            None => view.remove(key),
        }
    }
}

/// Something in pieces as it lies there, and how many they are.
pub(super) fn read_pieces(view: &View<'_>, place: &[u8]) -> Result<(Option<Vec<u8>>, u16), Broken> {
    let Some(mut whole) = view.get(&layout::piece(place, 0))? else { return Ok((None, 0)) };
    let pieces = layout::pieces_said(&whole).unwrap_or(1);
    for number in 1..pieces {
        whole.extend(view.get(&layout::piece(place, number))?.unwrap_or_default());
    }
    Ok((Some(whole), pieces))
}

pub(super) fn set_pieces(view: &mut View<'_>, place: &[u8], bytes: &[u8]) {
    for (number, piece) in (0..=u16::MAX).zip(bytes.chunks(PIECE)) {
        view.set(layout::piece(place, number), piece.to_vec());
    }
}

pub(super) fn remove_pieces(view: &mut View<'_>, place: &[u8], numbers: Range<u16>) {
    numbers.for_each(|number| view.remove(layout::piece(place, number)));
}
