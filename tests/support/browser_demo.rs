//! `usher demo` in a folder of its own: a person types, the bot answers.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::browser_process::Process;

/// A conversation with the real binary.
pub struct Demo {
    process: Process,
    /// Where its demo ERP is.
    pub site: String,
    _folder: TempDir,
}

impl Demo {
    /// Starts it on a free port, with the flows that are in the binary.
    pub fn start(language: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command.args(["demo", "--data", "data", "--listen", "127.0.0.1:0", "--language", language]);
        let mut process = Process::start(command.current_dir(&folder).env_clear().stderr(Stdio::inherit())).unwrap();
        process.wait_for("http://");
        let site = format!("http://{}", process.wait_for("/").trim_end_matches('/'));
        Self { process, site, _folder: folder }
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
