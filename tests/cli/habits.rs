//! `usher lint`, used every day: chosen rules, comments, lists of what is known, fixes, unsaved files.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use tempfile::TempDir;

use crate::support::{HELLO, Out, command, hello, usher};

/// A bot with a step that nobody reaches.
fn unreached() -> TempDir {
    hello(&[("flows/hello.yaml", &format!("{HELLO}  more: {{ say: More, end: more }}\n"))])
}

fn flow(bot: &TempDir) -> String {
    fs::read_to_string(bot.path().join("flows/hello.yaml")).unwrap()
}

#[test]
fn rules_are_chosen_by_profile_code_name_and_group() {
    let bot = unreached();
    for (arguments, code, lines) in [
        (&["--profile", "default"][..], 1, 1),
        (&["--profile", "draft"], 0, 0),
        (&["--profile", "draft", "--select", "unreachable-step"], 1, 1),
        (&["--ignore", "FLW301"], 0, 0),
        (&["--ignore", "yaml,roads"], 0, 0),
        (&["--select", "yaml"], 0, 3), // of a group that is asked for, all are told, whatever the profile
        (&["--min-severity", "error"], 0, 0),
        (&["--fail-on", "error"], 0, 1),
        (&["--max-warnings", "1"], 0, 1),
        (&["--max-warnings", "0"], 1, 1),
    ] {
        let out = usher(&bot, &[&["lint", "--format", "concise"], arguments].concat());
        assert_eq!((out.code, out.stdout.lines().count()), (code, lines), "{arguments:?}: {}{}", out.stdout, out.stderr);
    }
}

#[test]
fn a_rule_that_is_not_there_is_a_mistake_of_usage() {
    let out = usher(unreached(), &["lint", "--ignore", "unreachable-stop"]);
    let said = "usher: there is no rule and no group \"unreachable-stop\"; did you mean \"unreachable-step\"?\n";
    assert_eq!((out.code, out.stdout.as_str(), out.stderr.as_str()), (2, "", said));
}

#[test]
fn errors_are_told_whatever_is_left_out() {
    let bot = hello(&[("flows/hello.yaml", &HELLO.replace("ask:", "aks:"))]);
    for arguments in [&["--ignore", "FLW101"][..], &["--select", "typo", "--select", "FLW301"], &["--max-warnings", "9"]] {
        let out = usher(&bot, &[&["lint", "--format", "concise"], arguments].concat());
        assert!(out.code == 2 || out.code == 1 && out.stdout.contains("FLW101"), "{arguments:?}: {}", out.stdout);
    }
}

#[test]
fn a_comment_hides_a_finding_and_the_summary_says_so() {
    let text = format!("{HELLO}  # lint: ignore[unreachable-step] the next version leads here\n  more: {{ say: More, end: more }}\n");
    let out = usher(hello(&[("flows/hello.yaml", &text)]), &["lint"]);
    assert_eq!((out.code, out.stdout.as_str()), (0, "no problems\nhidden: 1 by comments\n"));
}

#[test]
fn what_is_known_is_written_down_and_not_told_again() {
    let bot = unreached();
    let written = usher(&bot, &["lint", "--write-baseline", "lint.json"]);
    assert_eq!(written.code, 1, "what is written down is told once more");
    let again = usher(&bot, &["lint", "--baseline", "lint.json"]);
    assert_eq!((again.code, again.stdout.as_str(), again.stderr.as_str()), (0, "no problems\nhidden: 1 by the baseline\n", ""));
    fs::write(bot.path().join("flows/hello.yaml"), HELLO).unwrap();
    let gone = usher(&bot, &["lint", "--baseline", "lint.json"]);
    assert!(gone.code == 0 && gone.stderr.contains("1 of lint.json are found no more"), "{}", gone.stderr);
    for wrong in ["nowhere.json", "flows/hello.yaml"] {
        let out = usher(&bot, &["lint", "--baseline", wrong]);
        assert_eq!((out.code, out.stderr.lines().count()), (2, 1), "{}", out.stderr);
    }
}

#[test]
fn findings_are_counted() {
    let out = usher(unreached(), &["lint", "--statistics"]);
    assert_eq!((out.code, out.stdout.as_str()), (1, "     1  FLW301  unreachable-step  warning\n"));
    assert_eq!(usher(hello(&[]), &["lint", "--statistics"]).stdout, "no problems\n");
}

#[test]
fn a_fix_is_made_once_and_changes_nothing_the_second_time() {
    let broken = HELLO.replace("say: \"Hello, {{ name }}!\"", "say: {{ name }}").replace("type: text", "type: txet");
    let bot = hello(&[("flows/hello.yaml", &broken)]);
    let shown = usher(&bot, &["lint", "--unsafe-fixes", "--diff"]);
    assert!(shown.stdout.contains("-    say: {{ name }}\n+    say: \"{{ name }}\"\n"), "{}", shown.stdout);
    assert_eq!(flow(&bot), broken, "a diff writes nothing");
    let safe = usher(&bot, &["lint", "--fix"]);
    assert!(safe.code == 1 && safe.stderr == "usher: mended 1\n" && safe.stdout.contains("txet"), "{}{}", safe.stdout, safe.stderr);
    assert!(flow(&bot).contains("say: \"{{ name }}\"") && flow(&bot).contains("txet"));
    let nothing = usher(&bot, &["lint", "--fix", "--diff"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (1, ""));
    assert_eq!(nothing.stderr, "usher: nothing to mend without a risk; 1 finding with --unsafe-fixes\n");
    let all = usher(&bot, &["lint", "--unsafe-fixes", "flows/hello.yaml"]);
    assert_eq!((all.code, all.stdout.as_str(), all.stderr.as_str()), (0, "no problems\n", "usher: mended 1\n"));
    let mended = flow(&bot);
    let again = usher(&bot, &["lint", "--unsafe-fixes", "flows/hello.yaml"]);
    assert_eq!((again.code, again.stderr.as_str()), (0, "usher: mended 0\n"));
    assert_eq!(flow(&bot), mended);
    let left = fs::read_dir(bot.path().join("flows")).unwrap().count();
    assert_eq!(left, 3, "no temporary file stays");
}

#[test]
fn what_a_comment_was_meant_to_hide_is_not_mended_under_it() {
    let hushed =
        HELLO.replace("    say: \"Hello, {{ name }}!\"", "    # lint: ignore[typografy] as in the law\n    say: \"Hello,  {{ name }}!\"");
    let bot = hello(&[("flows/hello.yaml", &hushed)]);
    let mended = usher(&bot, &["lint", "--unsafe-fixes"]);
    assert_eq!((mended.code, mended.stdout.as_str()), (0, "no problems\nhidden: 1 by comments\n"), "{}", mended.stderr);
    assert_eq!(flow(&bot), hushed.replace("typografy", "typography"));
}

#[cfg(unix)]
#[test]
fn a_mended_file_keeps_its_mode_and_a_link_stays_a_link() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let bot = hello(&[("flows/kept/real.yaml", &HELLO.replace("say: \"Hello, {{ name }}!\"", "say: {{ name }}"))]);
    let (real, link) = (bot.path().join("flows/kept/real.yaml"), bot.path().join("flows/hello.yaml"));
    fs::remove_file(&link).unwrap();
    symlink("kept/real.yaml", &link).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    usher(&bot, &["lint", "--fix", "flows/hello.yaml"]);
    assert!(link.is_symlink() && fs::read_to_string(&real).unwrap().contains("\"{{ name }}\""));
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
}

fn piped(bot: &TempDir, text: &str, arguments: &[&str]) -> Out {
    let mut child = command(bot, arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Whoever refuses the arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    child.wait_with_output().unwrap().into()
}

#[test]
fn an_unsaved_file_is_checked_in_the_place_of_the_saved_one() {
    let bot = hello(&[]);
    let name = ["lint", "--format", "concise", "--stdin-filename"];
    let wrong = piped(&bot, &HELLO.replace("ask:", "aks:"), &[&name, &["flows/hello.yaml", "-"][..]].concat());
    assert!(wrong.code == 1 && wrong.stdout.lines().all(|line| line.starts_with("flows/hello.yaml:")), "{}", wrong.stdout);
    let right = piped(&bot, HELLO, &[&name, &["flows/hello.yaml", "-"][..]].concat());
    assert_eq!((right.code, right.stdout.as_str()), (0, ""), "{}", right.stderr);
    let second = piped(&bot, HELLO, &[&name, &["flows/second.yaml", "-"][..]].concat());
    assert!(second.code == 1 && second.stdout.contains("there are two flows with the id \"hello\""), "{}", second.stdout);
    let operators = piped(&bot, "usher: 1\nchanels: {}\n", &[&name, &["usher.yaml", "-"][..]].concat());
    assert!(operators.stdout.is_empty(), "there is no such file to be in the place of: {}", operators.stdout);
    assert_eq!(flow(&bot), HELLO);
}

#[test]
fn standard_input_needs_a_name_and_stands_alone() {
    let bot = hello(&[]);
    for arguments in [&["lint", "-"][..], &["lint", "--stdin-filename", "x.yaml"], &["lint", "--stdin-filename", "x.yaml", "-", "flows"]] {
        let out = piped(&bot, HELLO, arguments);
        assert_eq!((out.code, out.stdout.as_str(), out.stderr.lines().count()), (2, "", 1), "{arguments:?}: {}", out.stderr);
    }
    assert_eq!(piped(&bot, HELLO, &["lint", "--fix", "--stdin-filename", "flows/hello.yaml", "-"]).code, 2);
}

/// Nobody who may not look can know whether there is a store.
#[test]
fn a_data_folder_of_another_user_is_not_taken_for_an_empty_one() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let bot = hello(&[("usher.yaml", "usher: 1\n"), ("data/sled/db", "")]);
    let mode = |path: &str, mode| fs::set_permissions(bot.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
    mode("", 0o755);
    mode("data", 0o000);
    let mut list = command(&bot, &["sessions", "list"]);
    if bot.path().metadata().unwrap().uid() == 0 {
        // The rights of files are nothing to root.
        list.uid(65534);
    }
    let out: Out = list.output().unwrap().into();
    mode("data", 0o700);
    assert_eq!(out.code, 2, "{}", out.stderr);
    assert!(
        out.stderr.contains("the data folder data may not be read by this user") && !out.stderr.contains("there is no store"),
        "{}",
        out.stderr
    );
}

#[test]
fn questions_of_a_terminal_are_told_in_the_help() {
    for arguments in [["key", "retire", "--help"], ["sessions", "erase", "--help"]] {
        let help = usher(".", &arguments).stdout;
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains("On a terminal it asks before it begins") && help.contains("a script is not asked"), "{help}");
    }
}

#[test]
fn junit_is_written_beside_what_people_read() {
    let bot = unreached();
    let out = usher(&bot, &["lint", "--output", "junit=lint.xml"]);
    let xml = fs::read_to_string(bot.path().join("lint.xml")).unwrap();
    assert!(out.code == 1 && xml.contains("<testsuite name=\"flows/hello.yaml\" tests=\"1\" failures=\"1\""), "{xml}");
}
