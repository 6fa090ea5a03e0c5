//! One file a verb.

pub(super) mod approve;
mod ask;
mod branch;
mod call;
mod notify;
mod review;
mod run;
pub(super) mod say;
mod set;
mod wait;
