//! When a server is left alone: after so many failures in a row nothing is sent for a while, then one request tries, and if it is answered
//! the others follow, a few more with each answer. Decisions only; [`super::gate`] waits.

use std::time::Duration;

use tokio::time::Instant;

/// Requests under way at one time that show that a server is well again.
const WELL: u32 = 32;

/// What the operator says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// After so many failures in a row nothing is sent.
    pub failures: u32,
    /// For so long.
    pub pause: Duration,
}

/// What a request is to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// It goes, and says how it ended.
    Go(Ticket),
    /// Others are under way that will show whether the server is well: it waits for them.
    Wait,
    /// Nothing is sent.
    Rest,
}

/// Of which spell a request is: how one ended that began before the server was left alone says nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The server answered, whatever it said.
    Answered,
    /// It did not, or said that it cannot.
    Failed,
    /// Nobody waited for the end.
    Left,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    Recovering { under_way: u32, allowed: u32 },
}

/// What is known of one server.
#[derive(Debug)]
pub(super) struct Breaker {
    rule: Rule,
    spell: u64,
    state: State,
}

impl Breaker {
    pub fn new(rule: Rule) -> Self {
        Self { rule, spell: 0, state: State::Closed { failures: 0 } }
    }

    /// True while nothing is wrong, as far as is known.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed { .. })
    }

    /// A request wants to go.
    pub fn ask(&mut self, now: Instant) -> Leave {
        match &mut self.state {
            State::Closed { .. } => {}
            State::Open { until } if now < *until => return Leave::Rest,
            State::Open { .. } => self.state = State::Recovering { under_way: 1, allowed: 1 },
            State::Recovering { under_way, allowed } if *under_way < *allowed => *under_way += 1,
            State::Recovering { .. } => return Leave::Wait,
        }
        Leave::Go(Ticket(self.spell))
    }

    /// A request that went has ended.
    pub fn ended(&mut self, ticket: Ticket, how: Ended, now: Instant) {
        if ticket.0 != self.spell {
            return;
        }
        match (&mut self.state, how) {
            (State::Closed { failures }, Ended::Answered) => *failures = 0,
            (State::Closed { failures }, Ended::Failed) => {
                *failures += 1;
                if *failures >= self.rule.failures {
                    self.open(now);
                }
            }
            (State::Recovering { under_way, allowed }, Ended::Answered) => {
                *under_way = under_way.saturating_sub(1);
                *allowed += 1;
                if *allowed > WELL {
                    self.state = State::Closed { failures: 0 };
                }
            }
            (State::Recovering { .. }, Ended::Failed) => self.open(now),
            (State::Recovering { under_way, .. }, Ended::Left) => *under_way = under_way.saturating_sub(1),
            (State::Closed { .. }, Ended::Left) | (State::Open { .. }, _) => {}
        }
    }

    fn open(&mut self, now: Instant) {
        self.spell += 1;
        self.state = State::Open { until: now + self.rule.pause };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);

    fn breaker() -> (Breaker, Instant) {
        (Breaker::new(Rule { failures: 3, pause: PAUSE }), Instant::now())
    }

    fn go(breaker: &mut Breaker, now: Instant) -> Ticket {
        match breaker.ask(now) {
            Leave::Go(ticket) => ticket,
            other => panic!("{other:?}"),
        }
    }

    fn broken() -> (Breaker, Instant) {
        let (mut breaker, now) = breaker();
        for _ in 0..3 {
            let ticket = go(&mut breaker, now);
            breaker.ended(ticket, Ended::Failed, now);
        }
        (breaker, now)
    }

    #[test]
    fn only_failures_in_a_row_count() {
        let (mut breaker, now) = breaker();
        for how in [Ended::Failed, Ended::Failed, Ended::Answered, Ended::Failed, Ended::Failed] {
            let ticket = go(&mut breaker, now);
            breaker.ended(ticket, how, now);
        }
        assert!(breaker.is_closed());
        let ticket = go(&mut breaker, now);
        breaker.ended(ticket, Ended::Failed, now);
        assert_eq!(breaker.ask(now), Leave::Rest);
    }

    #[test]
    fn after_the_pause_one_tries_and_the_others_wait_for_it() {
        let (mut breaker, now) = broken();
        assert_eq!(breaker.ask(now + PAUSE.mul_f64(0.9)), Leave::Rest);
        let later = now + PAUSE;
        let probe = go(&mut breaker, later);
        assert_eq!(breaker.ask(later), Leave::Wait);
        breaker.ended(probe, Ended::Failed, later);
        assert_eq!(breaker.ask(later), Leave::Rest, "the pause begins anew");
        let probe = go(&mut breaker, later + PAUSE);
        breaker.ended(probe, Ended::Left, later + PAUSE);
        go(&mut breaker, later + PAUSE);
    }

    #[test]
    fn with_each_answer_a_few_more_go_until_all_is_well() {
        let (mut breaker, now) = broken();
        let later = now + PAUSE;
        let mut under_way = vec![go(&mut breaker, later)];
        let mut most = 1;
        for _ in 0..WELL {
            breaker.ended(under_way.pop().unwrap(), Ended::Answered, later);
            while !breaker.is_closed() {
                let Leave::Go(ticket) = breaker.ask(later) else { break };
                under_way.push(ticket);
            }
            most = most.max(under_way.len());
        }
        assert!(breaker.is_closed() && most <= WELL as usize, "{most}");
    }

    #[test]
    fn what_began_before_says_nothing_afterwards() {
        let (mut breaker, now) = breaker();
        let old = go(&mut breaker, now);
        for _ in 0..3 {
            let ticket = go(&mut breaker, now);
            breaker.ended(ticket, Ended::Failed, now);
        }
        breaker.ended(old, Ended::Answered, now);
        assert_eq!(breaker.ask(now), Leave::Rest);
        let probe = go(&mut breaker, now + PAUSE);
        breaker.ended(old, Ended::Failed, now + PAUSE);
        assert_eq!(breaker.ask(now + PAUSE), Leave::Wait);
        breaker.ended(probe, Ended::Answered, now + PAUSE);
        go(&mut breaker, now + PAUSE);
    }
}
