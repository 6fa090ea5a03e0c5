//! Usher: a declarative conversation engine.
//!
//! A dialogue — its questions, checks, wording, HTTP calls and what happens when those fail — is a YAML flow. A generic interpreter
//! runs it for every person in a chat and keeps their progress durably. The house has two storeys:
//!
//! * the **core** decides and is pure — no clock, randomness, files, environment or network: [`diagnostic`] (findings and their
//!   places), [`syntax`] (YAML with positions), [`expr`] (values, conditions, templates), [`flow`] (the model and its loading),
//!   [`operation`] (the pure half of an HTTP call), [`contract`] (operations against their server's description), [`engine`] (one
//!   function: record + event → turn), [`scenario`] (test conversations), [`graph`] (pictures of flows), [`lint`] (findings in the
//!   forms of other programs);
//! * the **shell** acts, waits and may fail; it is behind the feature `shell`.
//!
//! The path of a message: a `channel` turns an update into an `Event`, the `runtime` loads the person's record from the `store` and
//! calls [`engine::step`], the turn is committed, and only then its effects are performed by `channel` and `fetch`, whose outcomes are
//! new events.

// — the core: what would make it depend on anything but its arguments is refused —

#[deny(clippy::disallowed_methods)]
pub mod contract;
#[deny(clippy::disallowed_methods)]
pub mod diagnostic;
#[deny(clippy::disallowed_methods)]
pub mod engine;
#[deny(clippy::disallowed_methods)]
pub mod expr;
#[deny(clippy::disallowed_methods)]
pub mod flow;
#[deny(clippy::disallowed_methods)]
pub mod graph;
#[deny(clippy::disallowed_methods)]
pub mod lint;
#[deny(clippy::disallowed_methods)]
pub mod operation;
#[deny(clippy::disallowed_methods)]
pub mod scenario;
#[deny(clippy::disallowed_methods)]
pub mod syntax;

// — the shell —

#[cfg(feature = "shell")]
pub mod channel;
#[cfg(feature = "shell")]
pub mod cli;
#[cfg(feature = "shell")]
pub mod demo;
#[cfg(feature = "shell")]
pub mod failpoint;
#[cfg(feature = "shell")]
pub mod fetch;
#[cfg(feature = "shell")]
pub mod runtime;
#[cfg(feature = "shell")]
pub mod store;
