//! `usher test`.

use crate::support::{BOT, HELLO, HELLO_TEST, folder, hello, usher};

#[test]
fn scenarios_that_hold_are_counted_and_coverage_is_told() {
    let out = usher(hello(&[]), &["test"]);
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    assert!(out.stdout.contains("1 test played, 0 failed") && out.stdout.contains("hello: 2 of 2 steps"), "{}", out.stdout);
}

#[test]
fn a_scenario_that_does_not_hold_shows_what_came_instead() {
    let out = usher(hello(&[("flows/hello.test.yaml", &HELLO_TEST.replace("Hello, Ann!", "Hello, Bob!"))]), &["test"]);
    assert_eq!(out.code, 1);
    assert!(out.stdout.contains("Hello, Bob!") && out.stdout.contains("Hello, Ann!") && out.stdout.contains("1 failed"), "{}", out.stdout);
}

#[test]
fn tests_are_chosen_by_name_and_by_file() {
    let two = format!("{HELLO_TEST}  fails:\n    talk:\n      - me: /start\n      - bot: Something else\n");
    let bot = hello(&[("flows/hello.test.yaml", &two)]);
    assert_eq!(usher(&bot, &["test"]).code, 1);
    let chosen = usher(&bot, &["test", "--filter", "hello/greets"]);
    assert!(chosen.code == 0 && chosen.stdout.contains("1 test played") && !chosen.stdout.contains("steps"), "{}", chosen.stdout);
    assert_eq!(usher(&bot, &["test", "flows/hello.test.yaml"]).code, 1);
    let none = usher(&bot, &["test", "--filter", "nothing-like-this"]);
    assert!(none.code == 2 && none.stderr.contains("no scenario has \"nothing-like-this\" in its name"), "{}", none.stderr);
}

/// Nobody has switched it off: the bot has not got it.
#[test]
fn a_word_without_its_flow_is_no_answer_to_a_question() {
    let talk = |command: &str, says: &str| {
        format!(
            "scenarios: hello\ntests:\n  greets:\n    talk:\n      - me: /start\n      - bot: What is your name?\n      - me: {command}\n{says}"
        )
    };
    let refused = "      - bot: \"There is no such command. What I can do: /help\"\n";
    for command in ["/foo", "/language"] {
        let out = usher(hello(&[("flows/hello.test.yaml", &talk(command, refused))]), &["test"]);
        assert_eq!(out.code, 0, "{command}: {}{}", out.stdout, out.stderr);
    }
    let off = format!("{BOT}words: {{ language: {{ on: false }} }}\n");
    let taken = talk("/language", "      - bot: \"Hello, /language!\"\n");
    let out = usher(hello(&[("flows/hello.test.yaml", &taken), ("flows/bot.yaml", &off)]), &["test"]);
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
}

#[test]
fn flows_that_do_not_load_are_findings_and_nothing_is_played() {
    let out = usher(hello(&[("flows/hello.yaml", &HELLO.replace("ask:", "aks:"))]), &["test"]);
    assert!(out.code == 1 && out.stdout.contains("aks") && !out.stdout.contains("played"), "{}", out.stdout);
}

#[test]
fn a_bot_without_scenarios_is_told_where_they_belong() {
    let out = usher(folder(&[("flows/bot.yaml", BOT), ("flows/hello.yaml", HELLO)]), &["test"]);
    assert!(out.code == 2 && out.stderr.contains(".test.yaml"), "{}", out.stderr);
}
