//! Whether to try again.

use usher::expr::Time;
use usher::flow::Retry;
use usher::operation::{Again, Progress, looked_up, next_attempt};

use super::*;

const MINUTE: i64 = 60_000;
const START: Time = Time(1_000_000_000);

fn retry() -> Retry {
    Retry { every: vec![MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR], max: Some(8), within: None }
}

fn progress<'a>(outcome: &'a Outcome, retry: Option<&'a Retry>) -> Progress<'a> {
    Progress { outcome, first: START, now: START, attempts: 1, lookups: 0, retry }
}

fn down(operation: &Operation) -> Outcome {
    told(operation, &refused_connection())
}

fn not_found(operation: &Operation) -> Outcome {
    let find = Operation { outcomes: vec![rule("not_found", status(404))], ..read() };
    looked_up(operation, &told(&find, &replied(404, "")))
}

fn look_failed(operation: &Operation) -> Outcome {
    looked_up(operation, &told(&read(), &silence()))
}

#[test]
fn what_has_ended_is_settled() {
    let mut operation = create();
    operation.outcomes = vec![rule("duplicate", status(409))];
    for answer in [created(), replied(409, ""), replied(422, ""), replied(404, "")] {
        let told = told(&operation, &answer);
        assert_eq!(next_attempt(&operation, None, progress(&told, Some(&retry()))), Again::Settled, "{answer:?}");
    }
}

#[test]
fn the_nth_pause_is_the_nth_entry_and_the_last_repeats() {
    let (operation, patience) = (create(), retry());
    let told = down(&operation);
    let pauses = [1, 5, 15, 60, 60, 60, 60].map(|minutes| Again::At(START.plus(minutes * MINUTE)));
    for (attempts, wanted) in (1..).zip(pauses) {
        assert_eq!(next_attempt(&operation, None, Progress { attempts, ..progress(&told, Some(&patience)) }), wanted, "{attempts}");
    }
}

#[test]
fn max_counts_attempts_in_all() {
    let (operation, patience) = (create(), retry());
    let told = down(&operation);
    assert_eq!(next_attempt(&operation, None, Progress { attempts: 8, ..progress(&told, Some(&patience)) }), Again::Settled);
    assert_eq!(next_attempt(&operation, None, progress(&told, None)), Again::Settled);
}

#[test]
fn within_counts_from_the_first_attempt() {
    let operation = create();
    let patience = Retry { every: vec![10 * MINUTE], max: None, within: Some(HOUR) };
    let told = down(&operation);
    let at = |minutes| Progress { now: START.plus(minutes * MINUTE), attempts: 5, ..progress(&told, Some(&patience)) };
    assert_eq!(next_attempt(&operation, None, at(50)), Again::At(START.plus(HOUR)));
    assert_eq!(next_attempt(&operation, None, at(51)), Again::Settled);
}

#[test]
fn retry_after_wins_when_it_is_longer() {
    let (operation, patience) = (create(), retry());
    let busy = |seconds| told(&operation, &Answer::Replied { status: 429, retry_after: Some(seconds), body: String::new() });
    for (seconds, wanted) in [(5, MINUTE), (600, 10 * MINUTE), (u32::MAX, 24 * HOUR)] {
        let told = busy(seconds);
        assert_eq!(next_attempt(&operation, None, progress(&told, Some(&patience))), Again::At(START.plus(wanted)), "{seconds}");
    }
    let impatient = Retry { within: Some(HOUR), ..retry() };
    assert_eq!(next_attempt(&operation, None, progress(&busy(7200), Some(&impatient))), Again::Settled);
}

#[test]
fn a_pause_is_never_nothing() {
    let operation = read();
    let told = down(&operation);
    let eager = Retry { every: vec![0], max: None, within: None };
    assert_eq!(next_attempt(&operation, None, progress(&told, Some(&eager))), Again::At(START.plus(1000)));
    let listless = Retry { every: Vec::new(), max: None, within: None };
    assert_eq!(next_attempt(&operation, None, progress(&told, Some(&listless))), Again::Settled);
}

#[test]
fn a_doubt_is_looked_up_at_once_or_left_to_people() {
    let unknowing = create();
    let told_unknowing = told(&unknowing, &silence());
    assert_eq!(next_attempt(&unknowing, None, progress(&told_unknowing, Some(&retry()))), Again::Doubt);
    let operation = Operation { lookup: Some(lookup()), ..create() };
    let told = told(&operation, &replied(500, "Internal Server Error"));
    assert_eq!(next_attempt(&operation, None, progress(&told, Some(&retry()))), Again::LookUp);
    // A later attempt is in doubt again: what an earlier look-up said does not count.
    let second = Progress { attempts: 2, lookups: 3, ..progress(&told, None) };
    assert_eq!(next_attempt(&operation, None, second), Again::LookUp);
}

#[test]
fn a_look_up_that_fails_is_made_again_for_a_day() {
    let operation = Operation { lookup: Some(lookup()), ..create() };
    let told = look_failed(&operation);
    let mut now = START;
    let mut pauses = Vec::new();
    for lookups in 1.. {
        match next_attempt(&operation, None, Progress { now, lookups, ..progress(&told, None) }) {
            Again::LookUpAt(at) => {
                pauses.push((at.0 - now.0) / MINUTE);
                now = at;
            }
            again => {
                assert_eq!(again, Again::Doubt);
                break;
            }
        }
    }
    assert_eq!(pauses[..6], [1, 5, 15, 60, 60, 60]);
    let waited: i64 = pauses.iter().sum();
    assert!((23 * 60..=24 * 60).contains(&waited), "{waited}");
}

#[test]
fn what_a_look_up_does_not_find_is_sent_again() {
    let operation = Operation { lookup: Some(lookup()), ..create() };
    let told = not_found(&operation);
    let looked = Progress { lookups: 1, ..progress(&told, None) };
    assert_eq!(next_attempt(&operation, None, looked), Again::Settled);
    let patience = retry();
    assert_eq!(next_attempt(&operation, None, Progress { retry: Some(&patience), ..looked }), Again::At(START.plus(MINUTE)));
}

/// The server remembers the key for a day; this is what happens when patience is longer than that.
#[test]
fn a_forgotten_key_is_never_sent_blindly() {
    let patience = Retry { every: vec![HOUR], max: None, within: None };
    let keyed = Operation { once: Some(once()), ..create() };
    let late =
        |outcome, attempts, lookups| Progress { now: START.plus(24 * HOUR), attempts, lookups, ..progress(outcome, Some(&patience)) };
    let (failed, refused) = (outcome(&keyed, None, HOUR, &replied(500, "")), down(&keyed));
    // An attempt among the earlier ones may have done it, and nothing can tell.
    assert_eq!(next_attempt(&keyed, None, late(&failed, 24, 0)), Again::Doubt);
    assert_eq!(next_attempt(&keyed, None, late(&refused, 24, 0)), Again::Doubt);
    // The only attempt certainly did nothing.
    assert_eq!(next_attempt(&keyed, None, late(&refused, 1, 0)), Again::At(START.plus(25 * HOUR)));
    assert_eq!(next_attempt(&keyed, None, late(&failed, 1, 0)), Again::Doubt);
    // A look-up can tell; once it has, there is no doubt left.
    let both = Operation { lookup: Some(lookup()), ..keyed };
    assert_eq!(next_attempt(&both, None, late(&refused, 24, 0)), Again::LookUp);
    let not_found = not_found(&both);
    assert_eq!(next_attempt(&both, None, late(&not_found, 24, 1)), Again::At(START.plus(25 * HOUR)));
    // Before that, the key is good.
    let early = Progress { now: START.plus(HOUR), ..late(&failed, 2, 0) };
    assert_eq!(next_attempt(&both, None, early), Again::At(START.plus(2 * HOUR)));
    // And what does no harm is not asked about.
    let repeatable = Operation { repeatable: true, ..both };
    assert_eq!(next_attempt(&repeatable, None, late(&failed, 24, 0)), Again::At(START.plus(25 * HOUR)));
}
