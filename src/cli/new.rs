//! `usher new`: the folder of a bot that already talks.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};

use crate::cli::exit::{ExitCode, mistake};
use crate::cli::sources::{cannot_read, cannot_write};
use crate::flow::schema;

/// The files of the smallest example: what is handed out is what is tested there.
const RUSSIAN: [(&str, &str); 4] = [
    ("flows/bot.yaml", include_str!("../../examples/hello/flows/bot.yaml")),
    ("flows/hello.yaml", include_str!("../../examples/hello/flows/hello.yaml")),
    ("flows/hello.test.yaml", include_str!("../../examples/hello/flows/hello.test.yaml")),
    ("flows/messages/en.yaml", include_str!("../../examples/hello/flows/messages/en.yaml")),
];

/// The same bot with English as its first language.
const ENGLISH: [(&str, &str); 4] = [
    ("flows/bot.yaml", include_str!("new/en/bot.yaml")),
    ("flows/hello.yaml", include_str!("new/en/hello.yaml")),
    ("flows/hello.test.yaml", include_str!("new/en/hello.test.yaml")),
    ("flows/messages/ru.yaml", include_str!("new/en/ru.yaml")),
];

/// The operator's file.
const OPERATORS: (&str, &str) = ("usher.yaml", include_str!("../../examples/hello/usher.yaml"));

/// What holds answers of people has no place in a repository.
const IGNORED: &str = "/data\n";

/// The beginning of the line of `bot.yaml` that names the bot.
const TITLE: &str = "bot: ";

/// Characters of a title, at most.
const LONGEST_TITLE: usize = 64;

const EXAMPLE: &str = "\
Examples:
  usher new my-bot
  usher new my-bot --title 'Заявки на отпуск'
  usher new my-bot --language en";

/// Make the folder of a new bot: a flow with two questions in Russian and English, its scenarios, usher.yaml
///
/// The bot is checked, tested and can be talked to at once: usher lint, usher test, usher chat.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// The folder; it does not exist yet, or is empty
    folder: PathBuf,
    /// Its first language, in which its flows are written; the other one is a translation
    #[arg(long, value_enum, default_value_t)]
    language: Language,
    /// What the bot is called
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
}

/// The first language of a new bot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Language {
    /// Russian
    #[default]
    Ru,
    /// English
    En,
}

/// Makes the folder.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = &arguments.folder;
    let title = arguments.title.as_deref().map(named).transpose()?;
    refuse_to_overwrite(folder)?;
    // The example lies two folders deeper in its repository than a bot does in its own.
    let nearer = |text: &str| text.replace("$schema=../../", "$schema=");
    write(&folder.join(OPERATORS.0), &nearer(OPERATORS.1))?;
    let files = match arguments.language {
        Language::Ru => RUSSIAN.map(|(path, text)| (path, nearer(text))),
        Language::En => ENGLISH.map(|(path, text)| (path, text.to_owned())),
    };
    for (path, text) in files {
        let called = |line: &str| title.clone().filter(|_| line.starts_with(TITLE)).unwrap_or_else(|| line.to_owned());
        write(&folder.join(path), &text.lines().map(|line| called(line) + "\n").collect::<String>())?;
    }
    write(&folder.join(".gitignore"), IGNORED)?;
    for (name, schema) in schema::all() {
        write(&folder.join("schemas").join(name), &format!("{schema:#}\n"))?;
    }
    let made = match folder.display() {
        _ if *folder == Path::new(".") => "The bot is here. Next:".to_owned(),
        there => format!("The bot is in {there}. Next: cd {}, then", quoted(&there.to_string())),
    };
    writeln!(io::stdout(), "{made} usher lint, usher test, usher chat (and write /start)")
        .context("standard output cannot be written to")?;
    Ok(ExitCode::Done)
}

/// As a shell reads it back; a plain path is left as it is.
fn quoted(path: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+@%:=".contains(letter);
    if path.chars().all(is_plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

/// The line that names the bot. A JSON text is a YAML text, too, whatever is in it.
fn named(title: &str) -> anyhow::Result<String> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > LONGEST_TITLE || title.chars().any(char::is_control) {
        return Err(mistake(format!("a title has 1 to {LONGEST_TITLE} characters on one line")));
    }
    Ok(format!("bot: {}", serde_json::Value::from(title)))
}

fn refuse_to_overwrite(folder: &Path) -> anyhow::Result<()> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(mistake(format!("{} is not empty, and nothing in it is overwritten; name a new folder", folder.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(cannot_read(folder, &error)),
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    }
    fs::write(path, text).map_err(|error| cannot_write(path, &error))
}
