//! What an answer means.

use crate::flow::Operation;
use crate::operation::{Answer, Outcome};

/// Matches an answer against the operation's outcomes and the standard table. `key_age` is how many milliseconds ago the key was first
/// sent: a server remembers it only so long.
pub fn outcome(_operation: &Operation, _profile: Option<&str>, _key_age: i64, _answer: &Answer) -> Outcome {
    todo!()
}
