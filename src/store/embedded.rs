//! What the embedded kinds share: commits gathered into groups for the writer thread, and the state around them.
//!
//! Whoever commits encrypts their own turn, pushes it into one list and waits. One task hands the list to the writer thread as a
//! whole and gets it back by one message. While that thread waits for the disk, the next list grows.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, mpsc};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::engine::{Fact, Record, RecordId};
use crate::expr::Time;
use crate::store::codec;
use crate::store::commit::{Commit, CommitError, IndexKey};
use crate::store::config::StoreError;
use crate::store::engine::{Broken, Engine, Pair};
use crate::store::envelope::{self, seal_plain};
use crate::store::health::Health;
use crate::store::key::Keys;
use crate::store::layout::{self, HEAD, Head, Opaque, PIECED_HEAD};
use crate::store::space::Space;
use crate::store::writer::{self, Group, Job, Poison, Turn, Verdict};

/// How often the list may grow while it is gathered.
const YIELDS: usize = 8;
/// Bytes an envelope adds behind its head.
const SEAL: usize = 24 + 16;
/// Bytes of an id, at most: what finds a record holds it, too.
const ID_MAX: usize = 1024;
const MINUTE: i64 = 60_000;

/// An embedded store. Dropping it ends its thread and lets go of the files, for which it blocks; [`Embedded::close`] waits politely.
#[derive(Debug)]
pub(super) struct Embedded {
    pub(super) shared: Arc<Shared>,
}

/// What readers, the gathering task and the writer thread see.
pub(super) struct Shared {
    pub(super) keys: Keys,
    pub(super) engine: RwLock<Option<Arc<dyn Engine>>>,
    pub(super) poison: Poison,
    /// Records that could not be read.
    pub(super) damaged: Mutex<BTreeSet<Opaque>>,
    space: Space,
    queue: Mutex<Queue>,
    groups: Mutex<Option<mpsc::Sender<Group>>>,
    writer: Mutex<Option<thread::JoinHandle<()>>>,
    last_commit: Mutex<Option<Instant>>,
}

/// Jobs that wait for the writer.
#[derive(Default)]
struct Queue {
    waiting: Vec<(Job, oneshot::Sender<Verdict>)>,
    /// A task is taking them to the writer.
    gathering: bool,
    closed: bool,
}

impl Embedded {
    /// Starts the writer thread over an engine.
    pub(super) fn start(engine: Arc<dyn Engine>, keys: Keys, space: Space) -> Result<Self, StoreError> {
        let (groups, received) = mpsc::channel();
        let poison: Poison = Arc::new(OnceLock::new());
        let (writers_engine, writers_poison) = (engine.clone(), poison.clone());
        let writer = thread::Builder::new()
            .name("usher-store".to_owned())
            .spawn(move || writer::run(writers_engine, &writers_poison, &received))
            .map_err(|error| StoreError::Unavailable(format!("its thread cannot be started: {error}")))?;
        let shared = Shared {
            keys,
            engine: RwLock::new(Some(engine)),
            poison,
            damaged: Mutex::default(),
            space,
            queue: Mutex::default(),
            groups: Mutex::new(Some(groups)),
            writer: Mutex::new(Some(writer)),
            last_commit: Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    pub(super) async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.shared.check_writable()?;
        let turn = seal_turn(&self.shared.keys, &commit, now()).map_err(|error| match error {
            StoreError::Unavailable(why) => CommitError::Unavailable(why),
            error => CommitError::Unavailable(error.to_string()),
        })?;
        let record = turn.record;
        self.submit(Job::Turn(Box::new(turn))).await?;
        lock(&self.shared.damaged).remove(&record);
        Ok(())
    }

    /// Writes whatever pairs, atomically.
    pub(super) async fn write(&self, pairs: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), StoreError> {
        self.shared.check_writable()?;
        Ok(self.submit(Job::Write(pairs)).await?)
    }

    pub(super) async fn erase(&self, id: &RecordId) -> Result<bool, StoreError> {
        let record = layout::record(&self.shared.keys, id);
        let existed = self.shared.get(&layout::piece(&layout::key(b'r', &[&record]), 0))?.is_some();
        self.submit(Job::Erase(record)).await?;
        self.erase_journal(&record).await?;
        lock(&self.shared.damaged).remove(&record);
        Ok(existed)
    }

    pub(super) fn health(&self) -> Health {
        let shared = &self.shared;
        let engine = shared.engine.read().unwrap_or_else(PoisonError::into_inner).clone();
        Health {
            poisoned: shared.poison.get().cloned(),
            closed: engine.is_none(),
            since_commit: lock(&shared.last_commit).map(|at| at.elapsed()),
            waiting: lock(&shared.queue).waiting.len(),
            size: engine.as_ref().map_or(0, |engine| engine.size()),
            free: shared.space.free(),
            short_of_space: shared.space.shortage().is_some(),
            damaged: lock(&shared.damaged).len(),
            strays: engine.as_ref().map_or(0, |engine| engine.strays()),
        }
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let last = {
            let mut queue = lock(&self.shared.queue);
            if queue.closed {
                return Ok(());
            }
            let last = self.push(&mut queue, Job::Close);
            queue.closed = true;
            last
        };
        drop(self.shared.engine.write().unwrap_or_else(PoisonError::into_inner).take());
        let verdict = answer(last?).await;
        self.shared.end();
        Ok(verdict?)
    }

    /// Queues a job and waits for its verdict.
    async fn submit(&self, job: Job) -> Verdict {
        let verdict = {
            let mut queue = lock(&self.shared.queue);
            if queue.closed {
                return Err(CommitError::Unavailable("it is closed".to_owned()));
            }
            self.push(&mut queue, job)?
        };
        answer(verdict).await
    }

    /// Queues a job, and sees to it that a task takes the list to the writer.
    fn push(&self, queue: &mut Queue, job: Job) -> Result<oneshot::Receiver<Verdict>, CommitError> {
        let runtime = Handle::try_current().map_err(|_| CommitError::Unavailable("no runtime runs".to_owned()))?;
        let (done, verdict) = oneshot::channel();
        queue.waiting.push((job, done));
        if !queue.gathering {
            queue.gathering = true;
            runtime.spawn(Gathering(self.shared.clone()).run());
        }
        Ok(verdict)
    }

    async fn erase_journal(&self, record: &Opaque) -> Result<(), StoreError> {
        let (from, to) = (layout::key(b'j', &[record]), layout::key(b'j', &[record, &[0xff; 11]]));
        loop {
            let slice = self.shared.scan(&from, &to, 64)?;
            if slice.is_empty() {
                return Ok(());
            }
            self.submit(Job::Write(slice.into_iter().map(|(key, _)| (key, None)).collect())).await?;
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Shared {
    /// Lets go of the engine and waits for the writer thread, which ends with the group it is writing.
    fn end(&self) {
        drop(self.engine.write().unwrap_or_else(PoisonError::into_inner).take());
        drop(lock(&self.groups).take());
        if let Some(writer) = lock(&self.writer).take() {
            // What it may say in a panic is in the poison already.
            let _ = writer.join();
        }
    }

    /// The engine, unless it has failed or is closed.
    fn engine(&self) -> Result<Arc<dyn Engine>, StoreError> {
        if let Some(why) = self.poison.get() {
            return Err(StoreError::Poisoned(why.clone()));
        }
        let engine = self.engine.read().unwrap_or_else(PoisonError::into_inner).clone();
        engine.ok_or_else(|| StoreError::Unavailable("it is closed".to_owned()))
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.engine()?.get(key).map_err(|broken| self.poisoned(broken))
    }

    /// The first `limit` pairs of `from..to`.
    pub(super) fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.engine()?.scan(from, to, limit).map_err(|broken| self.poisoned(broken))
    }

    fn poisoned(&self, Broken(why): Broken) -> StoreError {
        StoreError::Poisoned(self.poison.get_or_init(|| why).clone())
    }

    /// Hands a group to the writer; false if there is none any more.
    fn send(&self, group: Group) -> bool {
        lock(&self.groups).as_ref().is_some_and(|groups| groups.send(group).is_ok())
    }

    /// Refuses what would only fail later: before the engine is asked, while nothing is at stake.
    fn check_writable(&self) -> Result<(), CommitError> {
        if let Some(why) = self.poison.get() {
            return Err(CommitError::Poisoned(why.clone()));
        }
        self.space.shortage().map_or(Ok(()), |why| Err(CommitError::Unavailable(why)))
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("poison", &self.poison.get()).field("space", &self.space).finish_non_exhaustive()
    }
}

/// The task that takes lists of jobs to the writer while there are any. If its runtime ends before it does, those who wait are told.
struct Gathering(Arc<Shared>);

impl Gathering {
    async fn run(self) {
        loop {
            self.wait_while_it_grows().await;
            let Some(waiting) = self.take() else { return };
            let (jobs, answers): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
            let (done, written) = oneshot::channel();
            if !self.0.send(Group { jobs, done }) {
                return;
            }
            let Ok(verdicts) = written.await else { return };
            if verdicts.iter().any(Result::is_ok) {
                *lock(&self.0.last_commit) = Some(Instant::now());
            }
            for (answer, verdict) in answers.into_iter().zip(verdicts) {
                // Whoever has gone does not need to be told.
                let _ = answer.send(verdict);
            }
        }
    }

    /// Lets others join the group: those whose turn is ready now cost nothing but a yield each.
    async fn wait_while_it_grows(&self) {
        let length = || lock(&self.0.queue).waiting.len();
        let mut before = length();
        for _ in 0..YIELDS {
            tokio::task::yield_now().await;
            let now = length();
            if now == before {
                return;
            }
            before = now;
        }
    }

    /// The whole list; none, and the end of this task, if it is empty.
    fn take(&self) -> Option<Vec<(Job, oneshot::Sender<Verdict>)>> {
        let mut queue = lock(&self.0.queue);
        queue.gathering = !queue.waiting.is_empty();
        queue.gathering.then(|| std::mem::take(&mut queue.waiting))
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        let mut queue = lock(&self.0.queue);
        if queue.gathering {
            queue.gathering = false;
            queue.waiting.clear();
        }
    }
}

async fn answer(verdict: oneshot::Receiver<Verdict>) -> Verdict {
    verdict.await.unwrap_or_else(|_| Err(CommitError::Unavailable("it stopped before it could answer".to_owned())))
}

/// Encodes and encrypts a turn.
fn seal_turn(keys: &Keys, commit: &Commit, now: Time) -> Result<Turn, StoreError> {
    let Commit { record, expected, .. } = commit;
    if record.version <= *expected {
        return Err(StoreError::Unavailable(format!("a turn on version {expected} must make a later one")));
    }
    if record.id.0.len() > ID_MAX {
        return Err(StoreError::Unavailable(format!("an id has {ID_MAX} bytes at most")));
    }
    let opaque = layout::record(keys, &record.id);
    let found_by = opaque_keys(keys, &commit.keys);
    let mut head = Head {
        pieces: 0,
        version: record.version,
        wake: commit.wake.map(|wake| rounded(wake, now)),
        pending: record.has_pending_effects(),
        key_pieces: pieces(found_by.as_flattened().len())?,
        keys: if found_by.is_empty() { Opaque::default() } else { keys.opaque(&[b"keys", found_by.as_flattened()]) },
    };
    let sealed = seal_record(keys, &opaque, record, &mut head)?;
    let id = seal_plain(keys, &id_place(&opaque), record.id.0.as_bytes())?;
    let facts = seal_facts(keys, &opaque, record.version, &commit.facts)?;
    Ok(Turn { record: opaque, expected: *expected, head, sealed, id, keys: found_by, facts })
}

fn seal_record(keys: &Keys, opaque: &Opaque, record: &Record, head: &mut Head) -> Result<Vec<u8>, StoreError> {
    let plain = encode(record)?;
    head.pieces = pieces(HEAD + SEAL + plain.len())?;
    let mut clear = envelope::head(keys);
    head.write(&mut clear);
    envelope::seal(keys, &layout::key(b'r', &[opaque]), &clear, &plain)
}

fn seal_facts(keys: &Keys, record: &Opaque, version: u64, facts: &[Fact]) -> Result<Option<Vec<u8>>, StoreError> {
    if facts.is_empty() {
        return Ok(None);
    }
    let place = layout::key(b'j', &[record, &version.to_be_bytes()]);
    seal_pieced(keys, &place, &encode(&facts)?).map(Some)
}

/// Seals something with nothing in its head but the number of its pieces.
pub(super) fn seal_pieced(keys: &Keys, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut clear = envelope::head(keys);
    clear.extend(pieces(PIECED_HEAD + SEAL + plain.len())?.to_be_bytes());
    envelope::seal(keys, place, &clear, plain)
}

pub(super) fn encode<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    codec::encode(value).map_err(|why| StoreError::Unavailable(why.to_owned()))
}

/// What finds a record leads to its id, which is sealed for this record alone.
pub(super) fn id_place(record: &Opaque) -> Vec<u8> {
    [b"id", record.as_slice()].concat()
}

pub(super) fn opaque_key(keys: &Keys, key: &IndexKey) -> Opaque {
    keys.opaque(&[b"index", key.kind.as_bytes(), key.value.as_bytes()])
}

fn opaque_keys(keys: &Keys, found_by: &[IndexKey]) -> Vec<Opaque> {
    let found_by: BTreeSet<Opaque> = found_by.iter().map(|key| opaque_key(keys, key)).collect();
    found_by.into_iter().collect()
}

fn pieces(len: usize) -> Result<u16, StoreError> {
    layout::pieces(len).ok_or_else(|| StoreError::Unavailable("it is too large to be stored".to_owned()))
}

/// A wake that is far off is moved up to the next whole minute, so that most turns leave its entry where it is. Never down: nothing
/// wakes before its time.
fn rounded(wake: Time, now: Time) -> Time {
    if wake <= now.plus(MINUTE) {
        return wake;
    }
    match wake.0.rem_euclid(MINUTE) {
        0 => wake,
        past => wake.plus(MINUTE - past),
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
