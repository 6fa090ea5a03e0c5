//! The real binary: what it prints, how it ends, and what it never shows.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "cli/config.rs"]
mod config;
#[path = "cli/demo_erp.rs"]
mod demo_erp;
#[path = "cli/graph.rs"]
mod graph;
#[path = "cli/habits.rs"]
mod habits;
#[path = "cli/lint.rs"]
mod lint;
#[path = "cli/new.rs"]
mod new;
#[path = "cli/rules.rs"]
mod rules;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/support.rs"]
mod support;
#[path = "cli/test.rs"]
mod test;

use support::usher;

#[test]
fn without_arguments_it_teaches_and_ends_with_usage() {
    let out = usher(".", &[]);
    assert_eq!(out.code, 2);
    assert!(out.stderr.contains("Usage: usher <COMMAND>") && out.stderr.contains("Exit codes: 0 done"), "{}", out.stderr);
}

#[test]
fn help_of_every_command_has_an_example() {
    let help = usher(".", &["--help"]);
    assert_eq!(help.code, 0);
    for command in ["lint", "explain", "rules", "test", "new", "graph", "schema", "demo-erp"] {
        assert!(help.stdout.contains(&format!("\n  {command}")), "{command} is not listed: {}", help.stdout);
        let own = usher(".", &[command, "--help"]);
        assert_eq!(own.code, 0);
        assert!(own.stdout.contains(&format!("Examples:\n  usher {command}")), "{}", own.stdout);
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let out = usher(".", &["--version"]);
    assert_eq!((out.code, out.stdout.trim()), (0, concat!("usher ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn an_unknown_command_or_argument_is_usage() {
    assert_eq!(usher(".", &["lnit"]).code, 2);
    assert_eq!(usher(".", &["lint", "--formt", "json"]).code, 2);
}
