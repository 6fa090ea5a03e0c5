//! What a turn of the shipped registration costs, and what loading the shipped bot costs.
//!
//! `cargo bench --bench engine`. Compare within one run only; the targets are a median of 30 µs a turn and 50 ms a load.

#[path = "../tests/support/registration.rs"]
mod registration;
#[path = "../tests/support/shipped.rs"]
mod shipped;

use divan::{Bencher, black_box};
use registration::registration;
use usher::diagnostic::Sources;
use usher::engine::step;
use usher::expr::Time;
use usher::flow::load;

fn main() {
    divan::main();
}

/// When everything happens.
const NOW: Time = Time(1_795_417_200_000);

/// One pass over all turns of a registration: divide by their number.
#[divan::bench]
fn twelve_turns_of_registration(bencher: Bencher<'_, '_>) {
    let library = shipped::library("extended");
    let turns = registration(&library, NOW);
    assert_eq!(turns.len(), 12);
    bencher.with_inputs(|| turns.clone()).bench_values(|turns| {
        for (record, event) in turns {
            black_box(step(&library, record, event));
        }
    });
}

/// Each turn by itself.
#[divan::bench(args = 0..12)]
fn one_turn(bencher: Bencher<'_, '_>, number: usize) {
    let library = shipped::library("extended");
    let turn = registration(&library, NOW).swap_remove(number);
    bencher.with_inputs(|| turn.clone()).bench_values(|(record, event)| step(&library, record, event));
}

#[divan::bench]
fn load_the_shipped_bot(bencher: Bencher<'_, '_>) {
    let installation = shipped::installation("extended");
    let mut sources = Sources::default();
    for (path, text) in shipped::files() {
        sources.add(path, text);
    }
    bencher.bench(|| black_box(load(&sources, &installation)));
}
