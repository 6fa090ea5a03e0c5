//! Every example does what its README shows: each `$ usher …` of a console block is run in its folder and prints what stands below it.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A command of a README and what it is said to print.
struct Shown {
    command: String,
    output: String,
}

/// The commands of the console blocks, in order.
fn shown(readme: &str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            all.push(Shown { command: command.to_owned(), output: String::new() });
        } else if let (true, Some(last)) = (inside, all.last_mut()) {
            last.output.push_str(line);
            last.output.push('\n');
        }
    }
    all
}

fn run(folder: &Path, command: &str) -> String {
    let (words, input) = match command.split_once(" < ") {
        Some((words, file)) => (words, Stdio::from(File::open(folder.join(file)).unwrap())),
        None => (command, Stdio::null()),
    };
    let arguments: Vec<&str> = words.strip_prefix("usher ").expect("examples run usher").split(' ').collect();
    let run = Command::new(env!("CARGO_BIN_EXE_usher")).args(arguments).current_dir(folder).env_clear().stdin(input).output().unwrap();
    assert!(run.status.success(), "{command} in {}: {}", folder.display(), String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn every_example_prints_what_its_readme_shows() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let folders: Vec<PathBuf> = fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    assert!(!folders.is_empty());
    for folder in folders {
        let commands = shown(&fs::read_to_string(folder.join("README.md")).unwrap());
        assert!(commands.len() >= 3, "{} shows too little", folder.display());
        for Shown { command, output } in commands {
            assert_eq!(run(&folder, &command).trim_end(), output.trim_end(), "{command} in {}", folder.display());
        }
    }
}
