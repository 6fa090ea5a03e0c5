//! The whole bot — engine, driver, store, the Telegram channel — against a played Telegram and the demo ERP, by a clock of its own, with
//! everything going wrong that can. A seed decides all of it: what it finds is found again by the same seed.
//!
//! `USHER_SEEDS=100000 cargo test --test simulation` plays more of them, with `USHER_FROM=63000` beginning there, `USHER_SEED=7` one, with
//! everything that happened.
#![cfg(feature = "failpoints")]
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

#[path = "support"]
mod support {
    pub mod botapi;
    pub mod registrant;
    #[allow(dead_code, reason = "shared with tests that need more of it")]
    pub mod shipped;
}

#[path = "simulation/chance.rs"]
mod chance;
#[path = "simulation/erp.rs"]
mod erp;
#[path = "simulation/life.rs"]
mod life;
#[path = "simulation/people.rs"]
mod people;
#[path = "simulation/stage.rs"]
mod stage;
#[path = "simulation/world.rs"]
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use life::{Outcome, play};
use usher::failpoint::{Fault, Happening, Mutation, Point};
use world::Plot;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: a number")))
}

/// The story of a seed that broke a promise.
fn told(plot: &Plot, outcome: &Outcome) -> String {
    let wrong = outcome.wrong.join("\n  ");
    let hint = format!("USHER_SEED={} cargo test --test simulation a_thousand_seeds", plot.seed);
    format!("\n{}\n\nseed {} broke a promise:\n  {wrong}\n{plot:?}\nagain: {hint}\n", outcome.trace.join("\n"), plot.seed)
}

#[test]
fn a_thousand_seeds_break_no_promise() {
    if let Some(seed) = number("USHER_SEED") {
        let plot = Plot { verbose: true, ..Plot::of(seed) };
        let outcome = play(plot.clone());
        assert!(outcome.wrong.is_empty(), "{}", told(&plot, &outcome));
        println!("{}", outcome.trace.join("\n"));
        return;
    }
    let seeds = number("USHER_SEEDS").unwrap_or(1_000);
    let next = AtomicU64::new(number("USHER_FROM").unwrap_or(0));
    let player = || {
        let (mut crashes, mut registered, mut in_doubt) = (0, 0, 0);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return (crashes, registered, in_doubt);
            }
            let plot = Plot::of(seed);
            let outcome = play(plot.clone());
            assert!(outcome.wrong.is_empty(), "{}", told(&plot, &outcome));
            crashes += outcome.crashes;
            registered += outcome.registered;
            in_doubt += outcome.in_doubt;
        }
    };
    // Each world has a thread of its own for as long as it lasts, and nothing in common with the others.
    let came = thread::scope(|scope| {
        let players: Vec<_> = (0..thread::available_parallelism().map_or(1, usize::from)).map(|_| scope.spawn(player)).collect();
        players.into_iter().map(|player| player.join().unwrap()).collect::<Vec<_>>()
    });
    let (crashes, registered, in_doubt) = came.into_iter().fold((0, 0, 0), |sum, came| (sum.0 + came.0, sum.1 + came.1, sum.2 + came.2));
    println!("{seeds} seeds: {registered} registered, {in_doubt} with people to decide, {crashes} crashes");
    assert!(registered > 0 && crashes > 0, "nothing was proven");
}

#[test]
fn a_seed_is_the_same_story_twice() {
    for seed in [3, 17] {
        let story = || play(Plot { verbose: true, ..Plot::of(seed) }).trace;
        let (first, second) = (story(), story());
        let differs = first.iter().zip(&second).position(|(one, other)| one != other);
        assert!(
            differs.is_none() && first.len() == second.len(),
            "{:#?}\n{:#?}",
            differs.map(|at| &first[at - 3..=at]),
            differs.map(|at| &second[at - 3..=at])
        );
    }
}

#[test]
fn whatever_happens_at_any_point_of_a_turn_no_promise_is_broken() {
    let happenings =
        [Happening::Crash, Happening::Fault(Fault::Error), Happening::Fault(Fault::Duplicate), Happening::Delay(Duration::from_secs(3))];
    for (point, name) in Point::ALL {
        for happening in happenings {
            let nth = if matches!(point, Point::Recover | Point::Timer) { 1 } else { 3 };
            let mut planned = vec![(point, nth, happening)];
            if point == Point::Recover {
                // There must be something that a dead process has left.
                planned.push((Point::Committed, 10, Happening::Crash));
            }
            // The ERP is away at first: a timer brings the question back.
            let plot = Plot { approved: true, people: 2, outage: Some((0, 90_000)), planned, ..Plot::calm(1) };
            let outcome = play(plot.clone());
            assert!(outcome.wrong.is_empty(), "{name}: {happening:?}{}", told(&plot, &outcome));
            assert_eq!(outcome.registered, 2);
            assert!(outcome.reached.get(&point).is_some_and(|times| *times >= nth), "{name} was not reached");
        }
    }
}

/// A mistake in the driver is found out; the number of seeds it takes is told.
fn is_found(mutation: Mutation) {
    let found = (0..1_000).find_map(|seed| {
        let outcome = play(Plot { mutation: Some(mutation), ..Plot::of(seed) });
        (!outcome.wrong.is_empty()).then(|| (seed, outcome.wrong[0].clone()))
    });
    let (seed, wrong) = found.unwrap_or_else(|| panic!("{mutation:?} was not found within 1,000 seeds"));
    println!("{mutation:?}: seed {seed}: {wrong}");
}

#[test]
fn performing_before_the_commit_is_found() {
    is_found(Mutation::PerformBeforeCommit);
}

#[test]
fn forgetting_what_was_seen_is_found() {
    is_found(Mutation::ForgetToDedupe);
}

#[test]
fn a_new_key_for_each_attempt_is_found() {
    is_found(Mutation::NewKeyOnRetry);
}

#[test]
fn acknowledging_before_it_is_durable_is_found() {
    is_found(Mutation::AcknowledgeBeforeDurable);
}

#[test]
fn a_timer_that_rings_early_is_found() {
    is_found(Mutation::TimerEarly);
}

#[test]
fn a_letter_applied_twice_is_found() {
    is_found(Mutation::LetterTwice);
}
