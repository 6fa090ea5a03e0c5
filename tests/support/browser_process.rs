//! A program that a test starts, listens to, and never leaves behind.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How long a program may take to say what it is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running program and what it has printed.
pub struct Process {
    child: Child,
    printed: Arc<Printed>,
    /// How much of it has been taken in.
    heard: usize,
}

#[derive(Default)]
struct Printed {
    text: Mutex<(Vec<u8>, bool)>,
    more: Condvar,
}

impl Process {
    /// Starts it as the head of a process group, so that its children end with it.
    pub fn start(command: &mut Command) -> std::io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).spawn()?;
        let printed = Arc::new(Printed::default());
        let (mut output, listener) = (child.stdout.take().unwrap(), Arc::clone(&printed));
        thread::spawn(move || {
            let mut piece = [0; 4096];
            loop {
                let count = output.read(&mut piece).unwrap_or(0);
                let mut text = listener.text.lock().unwrap();
                text.0.extend_from_slice(&piece[..count]);
                text.1 = count == 0;
                listener.more.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Ok(Self { child, printed, heard: 0 })
    }

    /// Writes a line to it.
    pub fn write(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Waits until it has printed this, and returns what came up to there.
    pub fn wait_for(&mut self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut text = self.printed.text.lock().unwrap();
        loop {
            if let Some(at) = find(&text.0[self.heard..], words.as_bytes()) {
                let from = self.heard;
                self.heard += at + words.len();
                return String::from_utf8(text.0[from..self.heard].to_vec()).unwrap();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!text.1 && !left.is_zero(), "waiting for «{words}», heard:\n{}", String::from_utf8_lossy(&text.0[self.heard..]));
            text = self.printed.more.wait_timeout(text, left).unwrap().0;
        }
    }

    /// Ends its input, waits until it ends by itself, and returns the rest of what it printed and its exit code.
    pub fn finish(mut self) -> (String, Option<i32>) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + PATIENCE;
        let mut text = self.printed.text.lock().unwrap();
        while !text.1 {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "it does not end");
            text = self.printed.more.wait_timeout(text, left).unwrap().0;
        }
        let rest = String::from_utf8(text.0[self.heard..].to_vec()).unwrap();
        drop(text);
        (rest, self.child.wait().unwrap().code())
    }
}

impl Process {
    /// Ends it and its children at once, as a power cut does.
    pub fn kill(&mut self) {
        // An error means that it is gone already.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn find(text: &[u8], words: &[u8]) -> Option<usize> {
    text.windows(words.len()).position(|part| part == words)
}
