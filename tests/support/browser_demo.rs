//! `usher demo` in a folder of its own: a person types, the bot answers.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::browser_process::Process;

/// A conversation with the real binary.
pub struct Demo {
    process: Process,
    /// Where its page is.
    pub site: String,
    /// What it said at first.
    pub greeting: String,
    arguments: Vec<String>,
    folder: TempDir,
}

impl Demo {
    /// Starts it on a free port, with the flows that are in the binary.
    pub fn start(language: &str) -> Self {
        Self::start_with(language, &[])
    }

    /// The same with these arguments besides.
    pub fn start_with(language: &str, arguments: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), language, arguments)
    }

    /// The same in a folder with these files.
    pub fn start_among(language: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self::start_in(folder, language, &[])
    }

    fn start_in(folder: TempDir, language: &str, arguments: &[&str]) -> Self {
        let arguments: Vec<String> = ["--language", language].iter().chain(arguments).map(|&word| word.to_owned()).collect();
        let (process, greeting, site) = run(&folder, &arguments, "127.0.0.1:0");
        Self { process, site, greeting, arguments, folder }
    }

    /// Ends it as a power cut does.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again where it was.
    pub fn start_again(&mut self) {
        let (process, _, site) = run(&self.folder, &self.arguments, self.site.trim_start_matches("http://"));
        assert_eq!(site, self.site, "its port is taken");
        self.process = process;
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Types a line and waits until the bot has said this.
    pub fn say(&mut self, line: &str, answer: &str) -> String {
        self.process.write(line);
        self.process.wait_for(answer)
    }

    /// Waits until the bot has said this, too.
    pub fn hear(&mut self, words: &str) -> String {
        self.process.wait_for(words)
    }

    /// Registers somebody, each line of whom is answered as it should be.
    pub fn register(&mut self, lines: &[(&str, &str)]) {
        for (line, answer) in lines {
            self.say(line, answer);
        }
    }

    /// Ends the input: what is left to read, and the exit code.
    pub fn finish(self) -> (String, Option<i32>) {
        self.process.finish()
    }
}

fn run(folder: &TempDir, arguments: &[String], listen: &str) -> (Process, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command.args(["demo", "--data", "data", "--listen", listen]).args(arguments);
    let mut process = Process::start(command.current_dir(folder).env_clear().stderr(Stdio::inherit())).unwrap();
    let (before, address) = (process.wait_for("http://"), process.wait_for("/"));
    let site = format!("http://{}", address.trim_end_matches('/'));
    (process, format!("{before}{address}"), site)
}
