//! One file a verb.

mod ask;
mod branch;
mod call;
mod review;
mod run;
mod say;
mod set;
mod wait;
