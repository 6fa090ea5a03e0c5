//! Turns that go wrong inside: a fault of ours that one person meets must not end the bot for everybody.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// True while a panic on this thread is caught by whoever runs the work.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// What the work comes to; nothing if it panics. The work is pure, so nothing is left half done.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    GUARDED.set(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(false);
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_and_only_the_work_is_guarded() {
        assert_eq!((guarded(is_guarded), is_guarded()), (Some(true), false));
        assert_eq!((guarded(|| assert!(!is_guarded(), "on purpose")), is_guarded()), (None, false));
    }
}
