//! What the embedded kinds share: commits gathered into groups for the writer thread, and the state around them.
//!
//! Whoever commits encrypts their own turn, pushes it into one list and waits. The list goes to the writer thread as a whole, and one task
//! gets it back by one message. A large group costs less a turn than a small one, so that the list is given time to grow; but not until
//! everybody is in it: while one half waits for the disk, the other half takes its turns.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, mpsc};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::engine::Count;
use crate::expr::Time;
use crate::store::chain::ChainHead;
use crate::store::commit::{Commit, CommitError};
use crate::store::config::StoreError;
use crate::store::engine::{Broken, Engine, Pair};
use crate::store::health::Health;
use crate::store::key::Keys;
use crate::store::layout::{self, Opaque};
use crate::store::ring::{Ring, RingPlace};
use crate::store::space::Space;
use crate::store::tallies::Counting;
use crate::store::turn::seal_turn;
use crate::store::watch::Watch;
use crate::store::writer::{self, Group, Job, Verdict};

/// How often the list may grow while it is gathered.
const YIELDS: usize = 8;
/// How long one group may take: a disk that has not answered by then has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// An embedded store. Dropping it ends its thread and lets go of the files, for which it blocks; [`Embedded::close`] waits politely.
#[derive(Debug)]
pub(super) struct Embedded {
    pub(super) shared: Arc<Shared>,
}

/// What readers, the gathering task and the writer thread see.
pub(super) struct Shared {
    keys: RwLock<Arc<Keys>>,
    pub(super) home: Mutex<Home>,
    /// How many digests there have been. Whoever links facts holds it until they are written.
    pub(super) epoch: Mutex<Arc<u32>>,
    /// Of what concerns the store as a whole — keys, digests, erasures, backups — one thing is done at a time.
    pub(super) key_work: tokio::sync::Mutex<()>,
    pub(super) engine: RwLock<Option<Arc<dyn Engine>>>,
    watch: Arc<Watch>,
    /// How many records have been read.
    pub(super) read: AtomicU64,
    /// Records that could not be read.
    pub(super) damaged: Mutex<BTreeSet<Opaque>>,
    space: Space,
    queue: Mutex<Queue>,
    /// Where the writer thread takes them; none if whoever gathers writes.
    groups: Mutex<Option<mpsc::Sender<Group>>>,
    hand: Hand,
    writer: Mutex<Option<thread::JoinHandle<()>>>,
    last_commit: Mutex<Option<Instant>>,
}

/// The keys, where they are kept, and the data folder, if there is one.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) ring: Ring,
    pub(super) place: RingPlace,
    pub(super) folder: Option<PathBuf>,
}

/// Who writes.
enum Hand {
    /// A thread, which may wait for a disk.
    Thread,
    /// Whoever has gathered a group, into this: there is no disk to wait for, and time stands still meanwhile, which tests that move
    /// it need.
    Gatherer(Arc<dyn Engine>),
}

/// Jobs on their way to the writer.
struct Queue {
    waiting: Vec<(Job, oneshot::Sender<Verdict>)>,
    /// So many that wait are not asked to wait for more.
    enough: usize,
    /// A task sees to it that they get to the writer.
    gathering: bool,
    /// The writer has a group.
    writing: bool,
    /// Who waits for that group, until the task takes them.
    sent: Option<Sent>,
    closed: bool,
}

/// A group that is with the writer.
struct Sent {
    answers: Vec<oneshot::Sender<Verdict>>,
    written: oneshot::Receiver<Vec<Verdict>>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { waiting: Vec::new(), enough: usize::MAX, gathering: false, writing: false, sent: None, closed: false }
    }
}

impl Embedded {
    /// Starts the writer thread over an engine, and the watch over it.
    pub(super) fn start(engine: Arc<dyn Engine>, home: Home, space: Space) -> Result<Self, StoreError> {
        Self::start_with(PATIENCE, engine, home, space)
    }

    /// Starts over an engine that has no disk.
    pub(super) fn start_without_thread(engine: Arc<dyn Engine>, home: Home) -> Result<Self, StoreError> {
        Self::begin(Hand::Gatherer(engine.clone()), PATIENCE, engine, home, Space::endless())
    }

    fn start_with(patience: Duration, engine: Arc<dyn Engine>, home: Home, space: Space) -> Result<Self, StoreError> {
        Self::begin(Hand::Thread, patience, engine, home, space)
    }

    fn begin(hand: Hand, patience: Duration, engine: Arc<dyn Engine>, home: Home, space: Space) -> Result<Self, StoreError> {
        let digests = engine.scan(b"d", b"e", usize::MAX).map_err(|broken| StoreError::Corrupt(broken.0))?;
        let last = digests.last().and_then(|(number, _)| number.get(1..5)?.try_into().ok());
        let epoch = last.map_or(0, u32::from_be_bytes);
        let (groups, received) = mpsc::channel();
        let watch = Watch::start(patience)?;
        let (writers_engine, writers_watch) = (engine.clone(), watch.clone());
        let start = || {
            let thread = thread::Builder::new().name("usher-store".to_owned());
            thread.spawn(move || writer::run(writers_engine, &writers_watch, &received))
        };
        let writer = matches!(hand, Hand::Thread).then(start).transpose();
        let writer = writer.map_err(|error| StoreError::Unavailable(format!("its thread cannot be started: {error}")))?;
        let shared = Shared {
            keys: RwLock::new(Arc::new(Keys::of(&home.ring))),
            home: Mutex::new(home),
            epoch: Mutex::new(Arc::new(epoch)),
            key_work: tokio::sync::Mutex::default(),
            engine: RwLock::new(Some(engine)),
            watch,
            read: AtomicU64::default(),
            damaged: Mutex::default(),
            space,
            queue: Mutex::default(),
            groups: Mutex::new(Some(groups)),
            hand,
            writer: Mutex::new(writer),
            last_commit: Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    #[cfg(test)]
    pub(super) async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.commit_counting(commit, Vec::new()).await
    }

    pub(super) async fn commit_counting(&self, commit: Commit, counts: Vec<Count>) -> Result<(), CommitError> {
        self.shared.check_writable()?;
        // Held until the turn is written: whoever takes a key away waits for those who seal with it.
        let (keys, epoch) = (self.shared.keys(), lock(&self.shared.epoch).clone());
        let chain = self.chain_of(&keys, &commit)?;
        let mut turn = seal_turn(&keys, &commit, &chain, *epoch, now())?;
        if !counts.is_empty() {
            turn.counting = Counting::new(&keys, commit.record.id.channel(), counts);
        }
        let record = turn.record;
        self.submit(Job::Turn(Box::new(turn))).await?;
        lock(&self.shared.damaged).remove(&record);
        Ok(())
    }

    /// The chain that the facts of a turn are added to. If another turn of the record comes in between, this one meets a conflict.
    fn chain_of(&self, keys: &Keys, commit: &Commit) -> Result<ChainHead, StoreError> {
        if commit.facts.is_empty() {
            return Ok(ChainHead::default());
        }
        self.shared.chain(keys, &layout::record(keys, &commit.record.id))
    }

    /// Writes whatever pairs, atomically.
    pub(super) async fn write(&self, pairs: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), StoreError> {
        self.shared.check_writable()?;
        Ok(self.submit(Job::Write(pairs)).await?)
    }

    pub(super) fn health(&self) -> Health {
        let shared = &self.shared;
        let engine = shared.engine.read().unwrap_or_else(PoisonError::into_inner).clone();
        Health {
            poisoned: shared.watch.poison().map(str::to_owned),
            closed: engine.is_none(),
            since_commit: lock(&shared.last_commit).map(|at| at.elapsed()),
            waiting: lock(&shared.queue).waiting.len(),
            size: engine.as_ref().map_or(0, |engine| engine.size()),
            free: shared.space.free(),
            short_of_space: shared.space.shortage().is_some(),
            damaged: lock(&shared.damaged).len(),
            read: shared.read.load(Ordering::Relaxed),
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
        self.shared.let_go();
        let verdict = answer(last?).await;
        self.shared.end();
        Ok(verdict?)
    }

    /// Queues a job and waits for its verdict.
    pub(super) async fn submit(&self, job: Job) -> Verdict {
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
        if queue.gathering {
            self.shared.send_if_enough(queue);
        } else {
            queue.gathering = true;
            runtime.spawn(Gathering::new(self.shared.clone()).run());
        }
        Ok(verdict)
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Shared {
    /// Lets go of the engine and waits for the writer thread, which ends with the group it is writing. A thread whose engine has
    /// failed may never end and is not waited for.
    fn end(&self) {
        self.let_go();
        drop(lock(&self.groups).take());
        if let Some(writer) = lock(&self.writer).take().filter(|_| self.watch.poison().is_none()) {
            // What it may say in a panic is in the poison already.
            let _ = writer.join();
        }
        self.watch.end();
    }

    fn let_go(&self) {
        if let Some(engine) = self.engine.write().unwrap_or_else(PoisonError::into_inner).take() {
            writer::let_go(engine, &self.watch);
        }
    }

    /// The keys now.
    pub(super) fn keys(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Uses other keys from now on; returns those before.
    pub(super) fn replace_keys(&self, keys: Keys) -> Arc<Keys> {
        std::mem::replace(&mut *self.keys.write().unwrap_or_else(PoisonError::into_inner), Arc::new(keys))
    }

    /// How many digests there have been.
    pub(super) fn epoch_now(&self) -> u32 {
        **lock(&self.epoch)
    }

    /// The engine, unless it has failed or is closed.
    fn engine(&self) -> Result<Arc<dyn Engine>, StoreError> {
        if let Some(why) = self.watch.poison() {
            return Err(StoreError::Poisoned(why.to_owned()));
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

    /// The last pair of `from..to`.
    pub(super) fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Pair>, StoreError> {
        self.engine()?.last(from, to).map_err(|broken| self.poisoned(broken))
    }

    fn poisoned(&self, Broken(why): Broken) -> StoreError {
        StoreError::Poisoned(self.watch.set_poison(why).to_owned())
    }

    /// Hands over what waits if it is enough and the writer thread has nothing to do.
    fn send_if_enough(&self, queue: &mut Queue) {
        if !queue.writing && queue.waiting.len() >= queue.enough && matches!(self.hand, Hand::Thread) {
            self.send_waiting(queue);
        }
    }

    /// Hands all that waits to the writer.
    fn send_waiting(&self, queue: &mut Queue) {
        let (jobs, answers) = std::mem::take(&mut queue.waiting).into_iter().unzip();
        let (done, written) = oneshot::channel();
        queue.writing = true;
        queue.sent = Some(Sent { answers, written });
        self.send(Group { jobs, done });
    }

    /// Hands a group to the writer. One whose engine has failed might never take it; one that has ended drops it.
    fn send(&self, group: Group) {
        if let Some(why) = self.watch.poison() {
            return group.refuse(why);
        }
        if let Hand::Gatherer(engine) = &self.hand {
            let verdicts = writer::write(engine.as_ref(), &self.watch, &group.jobs);
            // Whoever has gone does not need to be told.
            let _ = group.done.send(verdicts);
            return;
        }
        if let Some(groups) = lock(&self.groups).as_ref() {
            let _ = groups.send(group);
        }
    }

    /// Refuses what would only fail later: before the engine is asked, while nothing is at stake.
    fn check_writable(&self) -> Result<(), CommitError> {
        if let Some(why) = self.watch.poison() {
            return Err(CommitError::Poisoned(why.to_owned()));
        }
        self.space.shortage().map_or(Ok(()), |why| Err(CommitError::Unavailable(why)))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("poison", &self.watch.poison()).field("space", &self.space).finish_non_exhaustive()
    }
}

/// The task that takes lists of jobs to the writer while there are any. If its runtime ends before it does, those who wait are told.
struct Gathering {
    shared: Arc<Shared>,
    /// It has found nothing to take: whatever comes now is another task's.
    is_over: bool,
}

impl Gathering {
    fn new(shared: Arc<Shared>) -> Self {
        Self { shared, is_over: false }
    }

    async fn run(mut self) {
        while let Some(Sent { answers, written }) = self.next().await {
            let Ok(verdicts) = written.await else { return };
            self.written(answers.len());
            if verdicts.iter().any(Result::is_ok) {
                *lock(&self.shared.last_commit) = Some(Instant::now());
            }
            for (answer, verdict) in answers.into_iter().zip(verdicts) {
                // Whoever has gone does not need to be told.
                let _ = answer.send(verdict);
            }
        }
    }

    /// The next group that the writer has. Others may join it while they come: those whose turn is ready now cost nothing but a yield each.
    async fn next(&mut self) -> Option<Sent> {
        let mut before = lock(&self.shared.queue).waiting.len();
        for _ in 0..YIELDS {
            if lock(&self.shared.queue).writing {
                break;
            }
            tokio::task::yield_now().await;
            let now = lock(&self.shared.queue).waiting.len();
            if now == before {
                break;
            }
            before = now;
        }
        self.take()
    }

    /// The group that the writer has, or is given now; none, and the end of this task, if nothing waits.
    fn take(&mut self) -> Option<Sent> {
        let mut queue = lock(&self.shared.queue);
        if !queue.writing && !queue.waiting.is_empty() {
            self.shared.send_waiting(&mut queue);
        }
        queue.gathering = queue.writing;
        self.is_over = !queue.gathering;
        queue.sent.take()
    }

    /// A group of so many has been written: if enough wait, the next one follows at once.
    fn written(&self, count: usize) {
        let mut queue = lock(&self.shared.queue);
        queue.writing = false;
        queue.enough = (count + queue.waiting.len()).div_ceil(2);
        self.shared.send_if_enough(&mut queue);
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        if !self.is_over {
            let mut queue = lock(&self.shared.queue);
            *queue = Queue { closed: queue.closed, ..Queue::default() };
        }
    }
}

async fn answer(verdict: oneshot::Receiver<Verdict>) -> Verdict {
    verdict.await.unwrap_or_else(|_| Err(CommitError::Unavailable("it stopped before it could answer".to_owned())))
}

pub(super) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
