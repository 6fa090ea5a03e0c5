//! The facts about an operation in one profile, and what a look-up tells.

use std::collections::BTreeMap;

use crate::flow::{Lookup, Once, Operation};
use crate::operation::Outcome;

/// The look-up of this operation, where it exists in this profile.
pub(super) fn lookup<'a>(operation: &'a Operation, profile: Option<&str>) -> Option<&'a Lookup> {
    operation.lookup.as_ref().filter(|lookup| is_in(lookup.only.as_deref(), profile))
}

/// What the outcome of a look-up says of the operation itself: found is `ok` with the look-up's outputs (those it lacks are `none`), not
/// found is `down`, and anything else leaves it unknown. Has no error report: no server spoke of the operation.
pub fn looked_up(operation: &Operation, found: &Outcome) -> Outcome {
    let told =
        |name: &str| Outcome { name: name.to_owned(), output: BTreeMap::new(), error: None, retry_after: None, page: None, look: false };
    match found.name.as_str() {
        "ok" => {
            let take = |name: &String| (name.clone(), found.output.get(name).cloned().unwrap_or_default());
            Outcome { output: operation.output.iter().map(|output| take(&output.name)).collect(), ..told("ok") }
        }
        "not_found" => told("down"),
        _ => Outcome { retry_after: found.retry_after, look: true, ..told("unknown") },
    }
}

/// An attempt that was under way when the process ended may be made again: it does no harm, or the server knows our key.
pub fn may_repeat(operation: &Operation, profile: Option<&str>) -> bool {
    is_harmless(operation) || once(operation, profile).is_some()
}

/// Doing it twice does no harm, whatever the server remembers.
pub(super) fn is_harmless(operation: &Operation) -> bool {
    operation.is_read() || operation.repeatable
}

/// `once`, where it exists in this profile.
pub(super) fn once<'a>(operation: &'a Operation, profile: Option<&str>) -> Option<&'a Once> {
    operation.once.as_ref().filter(|once| is_in(once.only.as_deref(), profile))
}

/// True if the server still knows our key `age` milliseconds after it was first sent.
pub(super) fn is_remembered(operation: &Operation, profile: Option<&str>, age: i64) -> bool {
    once(operation, profile).is_some_and(|once| age < once.remembers)
}

fn is_in(only: Option<&str>, profile: Option<&str>) -> bool {
    only.is_none_or(|only| profile == Some(only))
}
