//! The stage on which a test plays the world, for everything that runs on its thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::failpoint::{Exchanged, Fault, Mutation, Played, Point, plan};
use crate::operation::{Answer, Request};

/// What happens at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// What always does.
    Nothing,
    /// The process ends.
    Crash,
    /// It takes this long.
    Delay(Duration),
    /// The place plays it.
    Fault(Fault),
}

/// What a test decides.
pub trait Stage {
    /// The time in milliseconds since 1970.
    fn now(&self) -> i64;
    /// Randomness.
    fn seed(&self) -> u64;
    /// What happens at a point: of this record, and of this effect of it if it is about one.
    fn at(&self, point: Point, record: &str, effect: Option<(u64, u32)>) -> Happening;
    /// Whether the driver makes this mistake.
    fn mutated(&self, mutation: Mutation) -> bool;
    /// The Bot API.
    fn bot_api(&self, method: &str, body: &[u8]) -> Played<Exchanged>;
    /// Every other server.
    fn server(&self, request: &Request) -> Played<Answer>;
    /// The process has ended: nothing that it still does may be seen by anybody.
    fn crashed(&self);
}

thread_local! {
    static STAGE: RefCell<Option<Rc<dyn Stage>>> = const { RefCell::new(None) };
    static DOOMED: Cell<bool> = const { Cell::new(false) };
}

/// The stage is set as long as this lives.
#[must_use]
pub struct Entered(());

/// Sets the stage for this thread, for a process that begins.
pub fn enter(stage: Rc<dyn Stage>) -> Entered {
    STAGE.set(Some(stage));
    DOOMED.set(false);
    Entered(())
}

impl Drop for Entered {
    fn drop(&mut self) {
        STAGE.set(None);
        DOOMED.set(false);
    }
}

/// The process on this thread has ended, as by `kill -9`: what is left of it waits for ever wherever it comes to.
pub fn doom() {
    if !DOOMED.replace(true) {
        ask(|stage| stage.crashed());
    }
}

/// Asks the stage, if there is one.
pub(super) fn ask<T>(question: impl FnOnce(&dyn Stage) -> T) -> Option<T> {
    let stage = STAGE.with_borrow(Clone::clone)?;
    Some(question(stage.as_ref()))
}

/// What happens at a point.
pub(super) fn at(point: Point, record: &str, effect: Option<(u64, u32)>) -> Happening {
    if DOOMED.get() {
        return Happening::Crash;
    }
    ask(|stage| stage.at(point, record, effect)).unwrap_or_else(|| plan::at(point))
}

/// The process ends here.
pub(super) async fn crash<T>() -> T {
    if ask(|_| ()).is_none() {
        plan::kill();
    }
    doom();
    std::future::pending().await
}
