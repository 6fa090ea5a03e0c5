//! The language, rule by rule: a small bot for each part of it, played through scenarios of its own.
//!
//! `tests/language/<part>.yaml` holds flows, `<part>.test.yaml` the conversations; `bot.yaml` and `api.yaml` are shared by all parts.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

#[path = "language/record.rs"]
mod record;

use std::path::Path;

use usher::diagnostic::{self, Format, Sources};
use usher::flow::{Installation, Role, enclosed};
use usher::scenario::{play, read};

fn text(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language").join(file)).unwrap()
}

/// Plays a part; every conversation must go as written.
fn holds(part: &str) {
    let mut sources = Sources::default();
    sources.add("flows/bot.yaml", text("bot.yaml"));
    sources.add("flows/api/shop.yaml", text("api.yaml"));
    sources.add("flows/messages/ru.yaml", text("ru.yaml"));
    sources.add(format!("flows/{part}.yaml"), text(&format!("{part}.yaml")));
    sources.add(format!("flows/{part}.test.yaml"), text(&format!("{part}.test.yaml")));
    for path in enclosed(&sources) {
        let name = path.rsplit('/').next().unwrap();
        sources.attach(path.clone(), [b"\x89PNG\r\n\x1a\n", name.as_bytes()].concat());
    }
    let role = |name: &str| (name.to_owned(), Role { title: name.to_owned(), ..Role::default() });
    let installation = Installation { roles: ["staff", "boss", "owner"].map(role).into(), ..Installation::default() };
    let read = read(&sources);
    let told = |findings: &[diagnostic::Diagnostic]| diagnostic::render(&sources, findings, Format::Concise, false);
    assert_eq!(told(&read.findings), "");
    let report = play(&sources, &installation, &read.suite);
    assert_eq!(told(&report.findings), "");
    assert!(report.passed() && !report.played.is_empty(), "\n{}", report.render(&sources));
}

macro_rules! parts {
    ($($part:ident)*) => {
        $(#[test] fn $part() { holds(stringify!($part)); })*
    };
}

parts! { answers options roads changes calls sessions silence decisions events files desk invitations keeping pictures }
