//! The demo ERP over real HTTP: every route, every oddity, every failure on purpose, and its answers against its own description.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "demo/activation.rs"]
mod activation;
#[path = "demo/compat.rs"]
mod compat;
#[path = "demo/extended.rs"]
mod extended;
#[path = "demo/faults.rs"]
mod faults;
#[path = "demo/files.rs"]
mod files;
#[path = "demo/pages.rs"]
mod pages;
#[path = "demo/reports.rs"]
mod reports;
#[path = "demo/support.rs"]
mod support;
