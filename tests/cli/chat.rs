//! `usher chat`.

use std::process::Stdio;

use tempfile::TempDir;

use crate::support::{BOT, HELLO, Out, command, hello, usher, write};

/// Two bots of one file.
fn two() -> TempDir {
    let channels = "usher: 1\nlisten: 127.0.0.1:8080\nchannels:\n  tg: { kind: web, path: /tg/ }\n  office: { kind: web, path: /office/, flows: flows-hr }\n";
    let leave = HELLO.replace("flow: hello", "flow: leave").replace("What is your name?", "How many days?");
    hello(&[("usher.yaml", channels), ("flows-hr/bot.yaml", BOT), ("flows-hr/leave.yaml", &leave)])
}

fn talk(bot: &TempDir, arguments: &[&str], said: &str) -> Out {
    write(bot.path(), "said", said.as_bytes());
    let input = std::fs::File::open(bot.path().join("said")).unwrap();
    command(bot, arguments).stdin(Stdio::from(input)).output().unwrap().into()
}

#[test]
fn each_of_several_bots_can_be_talked_to_and_drawn() {
    let bots = two();
    for (name, question, step) in [
        ("flows", "What is your name?", "hello.name"),
        ("flows-hr", "How many days?", "leave.name"),
        ("office", "How many days?", "leave.name"),
    ] {
        let out = talk(&bots, &["chat", "--bot", name], "/start\n");
        assert!(out.code == 0 && out.stdout.contains(question), "{name}: {}{}", out.stdout, out.stderr);
        let out = usher(&bots, &["graph", "--bot", name]);
        assert!(out.code == 0 && out.stdout.contains(step), "{name}: {}{}", out.stdout, out.stderr);
        assert_eq!(out.stdout.matches("flowchart").count(), 1);
    }
    for command in ["chat", "graph"] {
        let out = usher(&bots, &[command]);
        assert_eq!(
            (out.code, out.stderr.as_str()),
            (2, "usher: usher.yaml has several bots; say which is meant with --bot: flows, flows-hr\n")
        );
        let out = usher(&bots, &[command, "--bot", "it"]);
        assert_eq!((out.code, out.stderr.as_str()), (2, "usher: there is no bot \"it\" in usher.yaml; there are: flows, flows-hr\n"));
    }
}

#[test]
fn an_address_or_a_method_that_is_not_allowed_is_told_with_what_allows_it() {
    let operations = "operations: erp\ntitle: ERP\nlook: { request: GET /look, output: {} }\n";
    let flow = "flow: hello\ntitle: Hello\nstart: { command: start }\nfor: anyone\nsteps:\n  look: { call: erp.look, outcomes: { else: gone } }\n  \
                gone: { say: Nothing came., end: gone }\n";
    let file = |connection: &str| format!("usher: 1\nconnections: {{ erp: {{ {connection} }} }}\n");
    for (connection, place, todo) in [
        ("url: \"http://127.0.0.1:1\"", "usher.yaml:2:28", "private_network: true"),
        ("url: \"http://169.254.169.254\", private_network: true", "usher.yaml:2:28", "give the server another one"),
        ("url: \"https://erp.example.com\", methods: [POST]", "usher.yaml:2:64", "add GET"),
        ("url: \"http://10.0.0.1\", methods: [GET], private_network: true", "", ""),
    ] {
        let bot = hello(&[("usher.yaml", &file(connection)), ("flows/hello.yaml", flow), ("flows/api/erp.yaml", operations)]);
        let told = usher(&bot, &["lint", "--format", "concise"]).stdout;
        assert!(told.starts_with(place) && told.contains(todo), "{connection}: {told}");
        if !place.is_empty() {
            let out = usher(&bot, &["chat"]);
            assert!(out.code == 2 && out.stderr.contains(place) && out.stderr.contains(todo), "{} {}", out.code, out.stderr);
        }
    }
    // What a name leads to is known when it is looked up.
    let file = file("url: \"http://localhost:1\"");
    let bot = hello(&[("usher.yaml", &file), ("flows/hello.yaml", flow), ("flows/api/erp.yaml", operations)]);
    let out = talk(&bot, &["chat"], "/start\n");
    assert!(out.stdout.contains("Nothing came."), "{}{}", out.stdout, out.stderr);
    assert!(out.stderr.contains("write private_network: true for its connection"), "{}", out.stderr);
}
