//! The way out to one server: open, or shut while the server is left alone. Whoever waits goes in the order in which they came.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::fetch::breaker::{Breaker, Ended, Leave, Rule, Ticket};
use crate::operation::Answer;

/// One gate.
pub(super) struct Gate {
    breaker: Mutex<Breaker>,
    /// Held by the first of those who wait.
    turn: tokio::sync::Mutex<()>,
    changed: Notify,
}

/// A request that went. It is over when this is.
pub(super) struct Pass<'g> {
    gate: &'g Gate,
    ticket: Option<Ticket>,
}

impl Gate {
    pub fn new(rule: Rule) -> Self {
        Self { breaker: Mutex::new(Breaker::new(rule)), turn: tokio::sync::Mutex::default(), changed: Notify::new() }
    }

    /// Lets a request go, at once or after those before it; nothing if it is not to be sent now.
    pub async fn enter(&self) -> Option<Pass<'_>> {
        if let Some(known) = self.ask_if_closed() {
            return self.pass(known);
        }
        let _turn = self.turn.lock().await;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.lock().ask(Instant::now()) {
                Leave::Wait => {}
                known => return self.pass(known),
            }
            changed.await;
        }
    }

    fn ask_if_closed(&self) -> Option<Leave> {
        let mut breaker = self.lock();
        breaker.is_closed().then(|| breaker.ask(Instant::now()))
    }

    fn pass(&self, leave: Leave) -> Option<Pass<'_>> {
        match leave {
            Leave::Go(ticket) => Some(Pass { gate: self, ticket: Some(ticket) }),
            Leave::Wait | Leave::Rest => None,
        }
    }

    fn ended(&self, ticket: Ticket, how: Ended) {
        self.lock().ended(ticket, how, Instant::now());
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// The request has come to this.
    pub fn ended(mut self, answer: &Answer) {
        let how = match answer {
            Answer::Replied { status, .. } if *status < 500 => Ended::Answered,
            Answer::Replied { .. } | Answer::NothingSent { .. } | Answer::Unanswered { .. } => Ended::Failed,
            // It was never for the server to answer.
            Answer::Unsendable { .. } | Answer::LeftAlone { .. } => Ended::Left,
        };
        if let Some(ticket) = self.ticket.take() {
            self.gate.ended(ticket, how);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.gate.ended(ticket, Ended::Left);
        }
    }
}
