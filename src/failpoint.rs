//! Where tests may interfere: the points of a turn at which something can go wrong, and what stands in for the world around it.
//!
//! Without the feature `failpoints`, which is for tests only, nothing of this is in the program: every question here is answered at
//! compile time with "nothing happens". With it, a test decides what happens at each [`Point`] — on its own thread by a [`Stage`],
//! which also stands in for the clock, chance, the Bot API and every server — or, in a process of its own, the variable
//! `USHER_FAILPOINTS` does.
//!
//! Nothing is decided here: each place says itself what an error or a repetition means for it. This module must not know what a turn is.

#[cfg(feature = "failpoints")]
mod plan;
#[cfg(feature = "failpoints")]
mod stage;

use std::future::Future;
use std::pin::Pin;

use crate::operation::{Answer, Request};

#[cfg(feature = "failpoints")]
pub use stage::{Entered, Happening, Stage, doom, enter};

/// A moment on the way of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Point {
    /// The writer of a record takes an event.
    Claim,
    /// The record is about to be read.
    Load,
    /// The turn is about to be made.
    Step,
    /// It is about to be committed.
    Commit,
    /// It is committed, and nobody knows yet.
    Committed,
    /// Whoever handed the event in is about to hear that it is kept.
    Confirm,
    /// A message is about to leave.
    Send,
    /// It has left, and nobody knows yet.
    Sent,
    /// What became of messages is about to be committed by itself.
    Receipt,
    /// A call is about to be made.
    Call,
    /// Its answer is there, and nobody knows yet.
    Called,
    /// A letter to another record is about to be handed in.
    Letter,
    /// A timer is about to ring.
    Timer,
    /// What a process that is gone has left in a record is about to be taken up.
    Recover,
}

impl Point {
    /// All of them, in the order of a turn, with their names.
    pub const ALL: [(Self, &'static str); 14] = [
        (Self::Claim, "claim"),
        (Self::Load, "load"),
        (Self::Step, "step"),
        (Self::Commit, "commit"),
        (Self::Committed, "committed"),
        (Self::Confirm, "confirm"),
        (Self::Send, "send"),
        (Self::Sent, "sent"),
        (Self::Receipt, "receipt"),
        (Self::Call, "call"),
        (Self::Called, "called"),
        (Self::Letter, "letter"),
        (Self::Timer, "timer"),
        (Self::Recover, "recover"),
    ];
}

/// What the place itself has to play; that it comes late, or that the process ends there, happens without its doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails, in the way in which it can.
    Error,
    /// It happens twice.
    Duplicate,
}

/// A mistake in the driver, made on purpose: whoever looks for lost answers and doubled deeds must find it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// Effects are performed before their turn is durable.
    PerformBeforeCommit,
    /// What is delivered again is taken for something new.
    ForgetToDedupe,
    /// Each attempt of a call has a key of its own.
    NewKeyOnRetry,
    /// An answer is acknowledged before it is durable.
    AcknowledgeBeforeDurable,
    /// Timers ring before their time.
    TimerEarly,
    /// A letter that is handed in again is taken for a new one.
    LetterTwice,
}

/// What a server that a test plays answers with, some time.
pub type Played<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How an exchange with a played Bot API ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing was sent.
    Unsent,
    /// It may have been done.
    Lost,
}

/// Status and body of an answer of the Bot API, or how it was cut off.
pub type Exchanged = Result<(u16, Vec<u8>), Cut>;

/// Comes to a point: of this record, and of this effect of it if it is about one.
#[cfg(feature = "failpoints")]
pub async fn reach(point: Point, record: &str, effect: Option<(u64, u32)>) -> Option<Fault> {
    let happening = stage::at(point, record, effect);
    match happening {
        Happening::Nothing => None,
        Happening::Fault(fault) => Some(fault),
        Happening::Delay(time) => {
            tokio::time::sleep(time).await;
            None
        }
        Happening::Crash => stage::crash().await,
    }
}

/// Comes to a point, where nothing happens.
#[cfg(not(feature = "failpoints"))]
#[inline]
#[allow(clippy::unused_async, reason = "as the one that tests interfere with")]
pub async fn reach(_: Point, _: &str, _: Option<(u64, u32)>) -> Option<Fault> {
    None
}

/// Whether the driver is to make this mistake.
#[inline]
pub fn mutated(mutation: Mutation) -> bool {
    #[cfg(feature = "failpoints")]
    return stage::ask(|stage| stage.mutated(mutation)).unwrap_or(false);
    #[cfg(not(feature = "failpoints"))]
    {
        let _ = mutation;
        false
    }
}

/// The time in milliseconds since 1970, if a test decides it.
#[inline]
pub fn now() -> Option<i64> {
    #[cfg(feature = "failpoints")]
    return stage::ask(|stage| stage.now());
    #[cfg(not(feature = "failpoints"))]
    None
}

/// Randomness, if a test decides it.
#[inline]
pub fn seed() -> Option<u64> {
    #[cfg(feature = "failpoints")]
    return stage::ask(|stage| stage.seed());
    #[cfg(not(feature = "failpoints"))]
    None
}

/// An exchange with the Bot API — status and body, or how it was cut — if a test plays it.
#[inline]
pub fn bot_api(method: &str, body: impl FnOnce() -> Vec<u8>) -> Option<Played<Exchanged>> {
    #[cfg(feature = "failpoints")]
    return stage::ask(|stage| stage.bot_api(method, &body()));
    #[cfg(not(feature = "failpoints"))]
    {
        let _ = (method, body);
        None
    }
}

/// What comes of a request, if a test plays its server.
#[inline]
pub fn server(request: &Request) -> Option<Played<Answer>> {
    #[cfg(feature = "failpoints")]
    return stage::ask(|stage| stage.server(request));
    #[cfg(not(feature = "failpoints"))]
    {
        let _ = request;
        None
    }
}
