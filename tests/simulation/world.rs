//! The world of one seed: everything that outlives a process, what is seen from outside, and what goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio::time::Instant;

use usher::demo::Profile;
use usher::engine::{Record, RecordId};
use usher::failpoint::{Happening, Mutation, Point};
use usher::store::{Key, KeySource, Kind, Store, StoreConfig};

use crate::chance::Chance;
use crate::erp::Erp;
use crate::support::botapi::BotApi;

/// When it begins, in milliseconds since 1970: a working day of the year 2100, long before the quiet hours.
pub const MORNING: i64 = 4_102_729_200_000;

/// An effect of a record, as it can be told apart.
pub type EffectName = (u64, u32);

/// What is to happen.
#[derive(Debug, Clone)]
pub struct Plot {
    pub seed: u64,
    pub profile: Profile,
    /// HR decides.
    pub approved: bool,
    pub people: i64,
    /// Until then things go wrong, in milliseconds since the beginning.
    pub storm: i64,
    /// The ERP cannot be reached at all in this time.
    pub outage: Option<(i64, i64)>,
    pub crashes: u32,
    /// What happens the nth time that a point is reached; nothing else does, if there is any.
    pub planned: Vec<(Point, u64, Happening)>,
    /// Every point that is reached is told.
    pub verbose: bool,
    pub mutation: Option<Mutation>,
}

impl Plot {
    /// What a seed means.
    pub fn of(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let begin = i64::try_from(chance.within(0, 600_000)).unwrap();
        Self {
            seed,
            profile: if chance.once_in(4) { Profile::Compat } else { Profile::Extended },
            approved: chance.once_in(2),
            people: i64::try_from(chance.within(1, 3)).unwrap(),
            storm: 30 * 60_000,
            outage: chance.once_in(4).then_some((begin, begin + 600_000)),
            crashes: u32::try_from(chance.within(0, 4)).unwrap(),
            planned: Vec::new(),
            verbose: false,
            mutation: None,
        }
    }

    /// Nothing goes wrong.
    pub fn calm(seed: u64) -> Self {
        Self { storm: 0, outage: None, crashes: 0, profile: Profile::Extended, ..Self::of(seed) }
    }
}

pub struct World {
    pub plot: Plot,
    pub api: BotApi,
    pub erp: Erp,
    pub store: Arc<Store>,
    pub crash: Notify,
    pub doomed: AtomicBool,
    clock: Mutex<(i64, Option<Instant>)>,
    chance: Mutex<Chance>,
    book: Mutex<Book>,
}

/// What was seen.
#[derive(Default)]
pub struct Book {
    pub trace: Vec<String>,
    pub wrong: Vec<String>,
    pub crashes: u32,
    pub reached: BTreeMap<Point, u64>,
    /// The effect that is on its way to a chat.
    pub sending: BTreeMap<String, EffectName>,
    /// How often which text of an effect was shown.
    pub shown: BTreeMap<(String, EffectName, String), u32>,
    /// How often it may have been shown without anybody's knowing.
    pub explained: BTreeMap<(String, EffectName), u32>,
    /// The latest effect that was shown.
    pub latest: BTreeMap<String, EffectName>,
    /// Whoever did something a second time, because nothing came.
    pub impatient: BTreeSet<i64>,
    /// Whose employee was certainly not created, and when that was heard: it is tried again a minute later and not before.
    pub refused: BTreeMap<String, i64>,
    /// Whose requests the network brought twice.
    pub twice: BTreeSet<String>,
    /// What they did last, and when.
    pub acted: BTreeMap<i64, i64>,
    /// What they answered already: chat, message and its text.
    pub answered: BTreeMap<(i64, i64, String), i64>,
    /// Codes that were typed in.
    pub codes: BTreeMap<i64, Vec<String>>,
}

impl World {
    pub fn new(plot: Plot) -> Self {
        let key = Key::parse(&"5a".repeat(32)).unwrap();
        let config = StoreConfig { kind: Kind::Memory, key: KeySource::Given(key.into()), ..StoreConfig::new("") };
        let api = BotApi::played();
        api.limit_floods();
        Self {
            api,
            erp: Erp::new(plot.profile),
            store: Arc::new(Store::open(&config).unwrap()),
            crash: Notify::new(),
            doomed: AtomicBool::new(false),
            clock: Mutex::new((MORNING, None)),
            chance: Mutex::new(Chance::new(plot.seed.wrapping_mul(3).wrapping_add(1))),
            book: Mutex::default(),
            plot,
        }
    }

    /// A process begins: its time goes on from here.
    pub fn wake(&self) {
        self.clock.lock().unwrap().1 = Some(Instant::now());
        self.doomed.store(false, Ordering::Relaxed);
    }

    /// It has ended, and the next one begins so much later.
    pub fn sleep(&self, millis: i64) {
        let now = self.now();
        *self.clock.lock().unwrap() = (now + millis, None);
    }

    pub fn now(&self) -> i64 {
        let (base, since) = *self.clock.lock().unwrap();
        base + since.map_or(0, |since| i64::try_from(since.elapsed().as_millis()).unwrap())
    }

    /// Milliseconds since the beginning.
    pub fn elapsed(&self) -> i64 {
        self.now() - MORNING
    }

    pub fn is_stormy(&self) -> bool {
        self.elapsed() < self.plot.storm
    }

    pub fn is_out(&self) -> bool {
        self.plot.outage.is_some_and(|(from, to)| (from..to).contains(&self.elapsed()))
    }

    pub fn chance<T>(&self, draw: impl FnOnce(&mut Chance) -> T) -> T {
        draw(&mut self.chance.lock().unwrap())
    }

    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Notes what happens.
    pub fn note(&self, what: impl std::fmt::Display) {
        let line = format!("{:>9.3} {what}", Duration::from_millis(self.elapsed().unsigned_abs()).as_secs_f64());
        self.book().trace.push(line);
    }

    /// Notes that a promise was broken.
    pub fn accuse(&self, what: String) {
        self.note(format_args!("WRONG: {what}"));
        self.book().wrong.push(what);
    }

    /// What the store holds of a record.
    pub fn stored(&self, id: &str) -> Option<Record> {
        self.store.load(&RecordId(id.to_owned())).now_or_never()?.ok()?
    }

    /// Everybody's records.
    pub fn records(&self) -> Vec<Record> {
        (1..=self.plot.people).chain(crate::people::ADMINS).filter_map(|account| self.stored(&format!("tg:{account}"))).collect()
    }

    /// The process has ended. A message that was shown and whose receipt is not kept may come again: the record knows that it is open.
    pub fn explain_by_crash(&self) {
        let open: Vec<(String, EffectName)> = {
            let book = self.book();
            book.shown.keys().map(|(record, effect, _)| (record.clone(), *effect)).collect::<BTreeSet<_>>().into_iter().collect()
        };
        for (record, effect) in open {
            let is_open =
                self.stored(&record).is_some_and(|stored| stored.outbox.iter().any(|kept| (kept.id.version, kept.id.index) == effect));
            if is_open {
                *self.book().explained.entry((record, effect)).or_default() += 1;
            }
        }
    }
}

/// True if some record has applied the update: durably, as seen from outside.
pub fn has_applied(update: i64, records: &[Record]) -> bool {
    let digest = Sha256::digest(format!("tg/update/{update}").as_bytes());
    let hash = u64::from_le_bytes(digest[..8].try_into().unwrap());
    records.iter().any(|record| record.seen.iter().any(|(known, _)| *known == hash))
}
