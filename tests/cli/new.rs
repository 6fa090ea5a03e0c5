//! `usher new`.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::support::{Out, command, folder, usher};

fn is_sound(bot: &Path) {
    let lint = usher(bot, &["lint"]);
    assert_eq!((lint.code, lint.stdout.trim()), (0, "no problems"), "{}{}", lint.stdout, lint.stderr);
    let test = usher(bot, &["test"]);
    assert!(test.code == 0 && test.stdout.contains("5 tests played, 0 failed"), "{}{}", test.stdout, test.stderr);
}

/// What is typed brings an answer with these words.
fn talks(bot: &Path, typed: &str, words: &str) {
    let file = bot.with_extension("talk");
    fs::write(&file, typed).unwrap();
    let input = fs::File::open(&file).unwrap();
    let talk: Out = command(bot, &["chat"]).stdin(Stdio::from(input)).output().unwrap().into();
    assert!(talk.code == 0 && talk.stdout.contains(words), "{}{}", talk.stdout, talk.stderr);
}

fn names_a_schema_that_is_there(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let schema = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").unwrap();
    assert!(path.parent().unwrap().join(schema).is_file(), "{schema}");
}

#[test]
fn a_new_bot_lints_clean_tests_green_and_talks() {
    let here = folder(&[]);
    let made = usher(&here, &["new", "bots/first", "--title", "Бот \"CRM\": #1"]);
    assert_eq!((made.code, made.stderr.as_str()), (0, ""));
    let bot = here.path().join("bots/first");
    is_sound(&bot);

    talks(&bot, "/hello\nАнна\n1\n", "Вы из города Казань");
    assert!(fs::read_to_string(bot.join("flows/bot.yaml")).unwrap().contains("bot: \"Бот \\\"CRM\\\": #1\"\n"));
    assert_eq!(fs::read_to_string(bot.join(".gitignore")).unwrap(), "/data\n");
}

#[test]
fn a_new_bot_speaks_english_first_if_that_is_wanted() {
    let here = folder(&[]);
    let bot = here.path().join("bot");
    assert_eq!(usher(&here, &["new", "bot", "--language", "en", "--title", "Leave"]).code, 0);
    is_sound(&bot);
    talks(&bot, "/hello\nAnn\n1\n", "You are from London");
    assert!(fs::read_to_string(bot.join("flows/bot.yaml")).unwrap().contains("bot: \"Leave\"\nlanguages: [en, ru]\n"));
    for path in ["flows/bot.yaml", "flows/hello.yaml", "flows/hello.test.yaml", "flows/messages/ru.yaml"] {
        names_a_schema_that_is_there(&bot.join(path));
    }
}

#[test]
fn every_file_names_a_schema_that_is_there() {
    let here = folder(&[]);
    let made = usher(&here, &["new", "."]);
    assert_eq!(made.code, 0, "an empty folder will do");
    assert!(made.stdout.starts_with("The bot is here. Next: usher lint"), "{}", made.stdout);
    for path in ["usher.yaml", "flows/bot.yaml", "flows/hello.yaml", "flows/hello.test.yaml", "flows/messages/en.yaml"] {
        names_a_schema_that_is_there(&here.path().join(path));
    }
}

#[test]
fn what_is_to_be_typed_next_is_quoted_for_a_shell() {
    let here = folder(&[]);
    for (name, shown) in [("My Bot", "'My Bot'"), ("Ann's", "'Ann'\\''s'"), ("боты/first_1.0", "боты/first_1.0")] {
        let made = usher(&here, &["new", name]);
        assert!(made.stdout.contains(&format!("Next: cd {shown}, then usher lint")), "{}", made.stdout);
    }
}

#[test]
fn nothing_is_overwritten() {
    let here = folder(&[("bot/usher.yaml", "mine")]);
    for arguments in [["new", "bot"], ["new", "bot/usher.yaml"]] {
        let out = usher(&here, &arguments);
        assert_eq!((out.code, out.stderr.lines().count()), (2, 1), "{}", out.stderr);
    }
    assert_eq!(fs::read_dir(here.path().join("bot")).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(here.path().join("bot/usher.yaml")).unwrap(), "mine");
    let out = usher(&here, &["new", "other", "--title", " "]);
    assert_eq!((out.code, here.path().join("other").exists()), (2, false));
}
