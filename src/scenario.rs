//! Test conversations: YAML scenarios played against [`crate::engine::step`] with a clock of their own and answers written in advance.
//!
//! [`read`] turns `*.test.yaml` files into a [`Suite`] and findings, [`check`] compares it with the bot, [`play`] plays it and gives a [`Report`]. A record is written out
//! and read back after every turn, so what plays here survives a restart. It must not know the shell: nothing is sent, nothing waits.

mod answer;
mod chat;
mod check;
mod codes;
mod compare;
mod coverage;
mod difference;
mod facts;
mod numbers;
mod play;
mod read;
mod report;
mod script;
mod world;

pub use check::check;
pub use coverage::{Coverage, FlowCoverage};
pub use play::{play, play_while};
pub use read::{Read, read, read_parsed};
pub use report::{Failure, Played, Report};
pub use script::{Suite, Test};
