//! The real binary: what it prints, how it ends, and what it never shows.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "cli/against.rs"]
mod against;
#[path = "cli/chat.rs"]
mod chat;
#[path = "cli/config.rs"]
mod config;
#[path = "cli/demo.rs"]
mod demo;
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
    for command in ["lint", "explain", "rules", "test", "new", "graph", "doctor", "schema", "demo-erp", "completions", "man"] {
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

#[test]
fn completions_and_the_manual_name_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let out = usher(".", &["completions", shell]);
        assert!(
            out.code == 0 && ["doctor", "lint", "demo-erp"].iter().all(|command| out.stdout.contains(command)),
            "{shell}: {}",
            out.stdout
        );
    }
    assert_eq!(usher(".", &["completions", "cmd"]).code, 2);
    let folder = support::folder(&[]);
    let written = usher(&folder, &["man", "--write", "deep/man1"]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    for page in ["usher", "usher-run", "usher-doctor", "usher-demo-erp"] {
        let text = std::fs::read_to_string(folder.path().join(format!("deep/man1/{page}.1"))).unwrap();
        assert!(text.contains(".TH") && (page == "usher" || text.contains("Examples:")), "{page}: {text}");
    }
    assert!(usher(".", &["man"]).stdout.contains(".TH usher 1"));
}
