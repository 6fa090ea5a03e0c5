//! `usher graph`.

use crate::support::{HELLO, Out, command, hello, usher};

#[test]
fn a_flow_is_drawn_as_it_is_asked_for() {
    let bot = hello(&[]);
    let out = usher(&bot, &["graph"]);
    assert!(out.code == 0 && out.stdout.starts_with("flowchart TD\n"), "{}{}", out.stdout, out.stderr);
    assert!(out.stdout.contains("step.hello.name --> step.hello.greeting"), "{}", out.stdout);
    let file = usher(&bot, &["graph", "hello", "--format", "dot", "--output", "hello.dot"]);
    assert_eq!((file.code, file.stdout.as_str()), (0, ""), "{}", file.stderr);
    let dot = std::fs::read_to_string(bot.path().join("hello.dot")).unwrap();
    assert!(dot.starts_with("digraph usher {") && dot.ends_with("}\n"), "{dot}");
}

#[test]
fn a_wrong_flow_or_file_is_one_sentence() {
    let bot = hello(&[]);
    let out = usher(&bot, &["graph", "helo"]);
    assert_eq!((out.code, out.stderr.as_str()), (2, "usher: there is no flow \"helo\"; did you mean \"hello\"?\n"));
    let out = usher(&bot, &["graph", "--output", "nowhere/x.mmd"]);
    assert_eq!((out.code, out.stderr.lines().count()), (2, 1), "{}", out.stderr);
}

#[test]
fn a_bot_that_does_not_load_is_not_drawn() {
    let out = usher(hello(&[("flows/hello.yaml", &HELLO.replace("ask:", "aks:"))]), &["graph"]);
    assert_eq!((out.code, out.stdout.as_str()), (1, ""));
    assert!(out.stderr.contains("aks"), "{}", out.stderr);
}

#[test]
fn svg_is_made_by_graphviz_and_without_it_refused_in_one_sentence() {
    let missing = "usher: svg is made by the program \"dot\" of Graphviz, which is not installed here\n";
    let bot = hello(&[]);
    let out: Out = command(&bot, &["graph", "--format", "svg"]).env("PATH", bot.path()).output().unwrap().into();
    assert_eq!((out.code, out.stderr.as_str()), (2, missing));
    let path = std::env::var("PATH").unwrap();
    let out: Out = command(&bot, &["graph", "--format", "svg"]).env("PATH", path).output().unwrap().into();
    assert!(out.stdout.contains("<svg") || out.stderr == missing, "{}{}", out.stdout, out.stderr);
}
