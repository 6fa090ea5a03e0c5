//! The verbs, one file each, in the same order: entering first, then what may come while the step waits.

pub(crate) mod approve;
pub(crate) mod ask;
mod branch;
pub(crate) mod call;
pub(crate) mod file;
pub(crate) mod notify;
pub(crate) mod review;
pub(crate) mod run;
mod say;
mod set;
mod trouble;
pub(crate) mod wait;

use crate::engine::walk::{Onward, Trouble, Walk};
use crate::flow::{Step, Verb};

/// Does what the step says.
pub(crate) fn perform<'p>(walk: &mut Walk<'_, '_, 'p>, step: &'p Step) -> Result<Onward<'p>, Trouble> {
    match &step.verb {
        Verb::Say(say) => say::enter(walk, step, say),
        Verb::Ask(ask) => ask::enter(walk, step, ask),
        Verb::Review(review) => review::enter(walk, step, review),
        Verb::Call(call) => call::enter(walk, step, call),
        Verb::Set(set) => set::enter(walk, step, set),
        Verb::Branch(branches) => branch::enter(walk, branches),
        Verb::Run(run) => run::enter(walk, run),
        Verb::Wait(due) => wait::enter(walk, step, due),
        Verb::Approve(approve) => approve::enter(walk, step, approve),
        Verb::Notify(notify) => notify::enter(walk, step, notify),
        Verb::End => Ok(Onward::Complete),
    }
}
