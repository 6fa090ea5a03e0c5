//! `usher lint --against`: an older version in git, or in another folder.

use std::path::Path;
use std::process::Command;

use crate::support::{HELLO, Out, folder, hello, usher, write};

/// Runs git as nobody in particular, whatever the machine's own settings are.
fn git(folder: &Path, arguments: &[&str]) {
    let settings =
        ["-c", "user.name=Anna", "-c", "user.email=anna@example.com", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"];
    let run = Command::new("git").arg("-C").arg(folder).args(settings).args(arguments).output().unwrap();
    assert!(run.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
}

fn against(folder: impl AsRef<Path>, what: &str) -> Out {
    usher(folder, &["lint", "--format", "concise", "--against", what])
}

fn renamed() -> String {
    HELLO.replace("\n  name:", "\n  who:").replace("{{ name }}", "{{ who }}")
}

#[test]
fn a_commit_is_compared_with_the_files_as_they_are() {
    let bot = hello(&[]);
    git(bot.path(), &["init", "-q"]);
    git(bot.path(), &["add", "."]);
    git(bot.path(), &["commit", "-qm", "The bot"]);
    assert_eq!(against(&bot, "HEAD").stdout, "", "nothing was changed");
    write(bot.path(), "flows/hello.yaml", renamed().as_bytes());
    for name in ["HEAD", "main"] {
        let out = against(&bot, name);
        assert!(out.stdout.starts_with("flows/hello.yaml:1:7: info FLW901 step-removed: the step \"name\" is gone"), "{}", out.stdout);
        assert_eq!((out.stdout.lines().count(), out.code), (1, 0), "it is worth knowing, and keeps nobody from going on: {}", out.stdout);
    }
    write(bot.path(), "flows/hello.yaml", renamed().replace("type: text", "type: txet").as_bytes());
    let out = against(&bot, "HEAD");
    assert_eq!(out.stderr, "usher: what the change does to people is told when there are no errors any more\n", "{}", out.stdout);
}

#[test]
fn a_folder_is_compared_with_the_files_as_they_are() {
    let (old, new) = (hello(&[]), hello(&[("flows/hello.yaml", &HELLO.replace("flow: hello", "flow: greeting"))]));
    let out = against(&new, &old.path().to_string_lossy());
    assert!(out.code == 1 && out.stdout.contains("warning FLW905 entry-removed: the flow \"hello\" is gone"), "{}", out.stdout);
    let flows = against(&new, &old.path().join("flows").to_string_lossy());
    assert_eq!(flows.stdout, out.stdout, "the folder of the flows is the same");
}

#[test]
fn what_cannot_be_compared_is_one_sentence() {
    let bot = hello(&[]);
    let said = |out: Out| {
        assert_eq!((out.code, out.stdout.as_str(), out.stderr.lines().count()), (2, "", 1), "{}", out.stderr);
        out.stderr
    };
    assert!(said(against(&bot, "main")).contains("in no git repository"));
    git(bot.path(), &["init", "-q"]);
    git(bot.path(), &["commit", "-qm", "Nothing yet", "--allow-empty"]);
    assert!(said(against(&bot, "no-such-thing")).contains("no folder, branch, tag or commit \"no-such-thing\""));
    assert!(said(against(&bot, "HEAD")).contains("no flows"));
    assert!(said(against(&bot, &folder(&[]).path().to_string_lossy())).contains("holds no flows"));
    let broken = hello(&[("flows/hello.yaml", &HELLO.replace("ask:", "aks:"))]);
    assert!(said(against(&bot, &broken.path().to_string_lossy())).contains("error in the flows there"));
}
