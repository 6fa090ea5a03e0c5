//! The forms of findings that programs read, each in a file of its own. The same findings give the same bytes.

mod github;
mod gitlab;
mod jsonl;
mod junit;
mod sarif;

#[cfg(test)]
mod tests;

pub use github::github;
pub use gitlab::gitlab;
pub use jsonl::jsonl;
pub use junit::junit;
pub use sarif::sarif;
