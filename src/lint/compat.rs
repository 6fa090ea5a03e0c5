//! What a change does to people who are in the middle of something: an older version of a bot held against the present one.
//!
//! Whoever is in the middle of a conversation stays on the version they began with. What hurts them is what a version cannot keep: buttons
//! and links that were sent, what is remembered of a person, the language they chose, an event they wait for; and, once they are moved to
//! the present version, a step that is gone or asks for something else. Pure: whoever calls reads both versions.

mod entries;
mod memory;
mod places;
mod steps;

use crate::diagnostic::{Code, Diagnostic, Sources, sort};
use crate::flow::Project;
use crate::lint::compat::places::Places;

/// A step that is gone.
const STEP_REMOVED: Code = Code::new("FLW901", "step-removed");
/// A step that does, or asks for, something else.
const STEP_CHANGED: Code = Code::new("FLW902", "step-type-changed");
/// What is remembered of people and does not fit any more.
const FIELD_CHANGED: Code = Code::new("FLW903", "person-field-changed");
/// An option that is gone.
const OPTION_REMOVED: Code = Code::new("FLW904", "option-removed");
/// What leads into a flow and is gone.
const ENTRY_REMOVED: Code = Code::new("FLW905", "entry-removed");
/// What a flow is given and cannot be given by what was sent.
const INPUT_CHANGED: Code = Code::new("FLW906", "input-changed");
/// An event that is not taken any more.
const EVENT_REMOVED: Code = Code::new("FLW907", "event-removed");
/// A language that is not spoken any more.
const LANGUAGE_REMOVED: Code = Code::new("FLW908", "language-removed");

/// What hurts people of the `old` version when the `new` one, whose files these are, takes its place.
pub fn compare(old: &Project, new: &Project, sources: &Sources) -> Vec<Diagnostic> {
    let compared = Compared { old, new, places: Places::new(sources) };
    let mut findings = Vec::new();
    compared.entries(&mut findings);
    compared.memory(&mut findings);
    compared.steps(&mut findings);
    sort(sources, &mut findings);
    findings
}

/// Two versions.
struct Compared<'a> {
    old: &'a Project,
    new: &'a Project,
    places: Places,
}
