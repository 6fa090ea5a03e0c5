//! Runs the binary in a folder, and makes folders to run it in.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What came of a run.
pub struct Out {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

pub fn command(folder: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command.current_dir(folder).args(arguments).env_clear();
    command
}

pub fn usher(folder: impl AsRef<Path>, arguments: &[&str]) -> Out {
    // The folder may be a temporary one, which is gone with its owner.
    command(&folder, arguments).output().unwrap().into()
}

impl From<Output> for Out {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// A flow that loads.
pub const HELLO: &str = "flow: hello
title: Hello
start: { command: start }
for: anyone
steps:
  name:
    ask: What is your name?
    type: text
  greeting:
    say: \"Hello, {{ name }}!\"
    end: greeted
";

/// A scenario that holds for it.
pub const HELLO_TEST: &str = "scenarios: hello
tests:
  greets:
    talk:
      - me: /start
      - bot: What is your name?
      - me: Ann
      - bot: Hello, Ann!
";

/// The file that all flows share.
pub const BOT: &str = "bot: Hello\nlanguages: [en]\n";

/// A folder with these files.
pub fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(folder.path(), path, text.as_bytes());
    }
    folder
}

pub fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A bot that loads, in the folder `flows`, and one more file.
pub fn hello(more: &[(&str, &str)]) -> TempDir {
    let usual = [("flows/bot.yaml", BOT), ("flows/hello.yaml", HELLO), ("flows/hello.test.yaml", HELLO_TEST)];
    folder(&[&usual, more].concat())
}
