//! The process that is killed.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use usher::store::{CommitError, Store, StoreConfig};

use crate::check::{self, NOTE, RECORDS, WRITERS};
use crate::samples::id;

/// A variable and its value.
pub type Variable = (&'static str, OsString);

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// This file, run a second time.
pub struct Child {
    process: std::process::Child,
    notes: PathBuf,
}

impl Child {
    pub fn start(part: &str, data: &Path, notes: &Path, variables: Option<&[Variable]>) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        command.args(["child::plays_its_part", "--exact", "--nocapture"]);
        command.env("STORE_PART", part).env("STORE_DATA", data).env("STORE_NOTES", notes);
        command.envs(variables.into_iter().flatten().map(|(name, value)| (name, value)));
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started");
        Self { process, notes: notes.to_owned() }
    }

    /// Waits until there are so many notes altogether.
    pub fn wait_for_notes(&mut self, count: u64) {
        let length = || std::fs::metadata(&self.notes).map_or(0, |notes| notes.len());
        let started = Instant::now();
        while length() < count * NOTE as u64 {
            assert!(started.elapsed() < PATIENCE, "the child writes nothing");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn kill(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("ended");
    }

    pub fn wait_until_killed(self) {
        let status = self.wait();
        assert_eq!(status.signal(), Some(9), "not the power cut, but {status}");
    }

    pub fn wait_until_done(self) {
        let status = self.wait();
        assert!(status.success(), "{status}");
    }

    fn wait(mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().expect("waited for") {
                return status;
            }
            if started.elapsed() > PATIENCE {
                self.process.kill().expect("killed");
                panic!("the child hangs");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Not a test of its own: what a child does.
#[test]
fn plays_its_part() {
    let Ok(part) = std::env::var("STORE_PART") else { return };
    let path = |name| PathBuf::from(std::env::var_os(name).expect("given"));
    let notes = OpenOptions::new().create(true).append(true).open(path("STORE_NOTES")).expect("opened");
    match part.as_str() {
        "writers" => write_with_many_writers(&path("STORE_DATA"), notes),
        "retirer" => write_and_retire(&path("STORE_DATA"), notes),
        "bare" => write_with_the_engine_alone(&path("STORE_DATA"), notes),
        other => panic!("no part {other}"),
    }
}

/// Writes until it is killed or the store fails; then the store must say so and stay failed.
fn write_with_many_writers(data: &Path, notes: File) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let store = Arc::new(Store::open(&StoreConfig::new(data)).expect("opened"));
        let notes = Arc::new(notes);
        let writers: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(write(store.clone(), notes.clone(), writer))).collect();
        for writer in writers {
            writer.await.expect("no panic");
        }
        assert!(store.health().poisoned.is_some());
        assert!(store.close().await.is_err());
    });
}

/// The same while keys are retired one after the other.
fn write_and_retire(data: &Path, notes: File) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let store = Arc::new(Store::open(&StoreConfig::new(data)).expect("opened"));
        let notes = Arc::new(notes);
        for writer in 0..WRITERS / 4 {
            tokio::spawn(write(store.clone(), notes.clone(), writer));
        }
        loop {
            store.retire_keys(&|_| {}).await.expect("retired");
        }
    });
}

/// Commits one version after the other, and notes each that is acknowledged; once refused, it must be refused for ever.
async fn write(store: Arc<Store>, notes: Arc<File>, writer: usize) {
    let mut versions = [0; RECORDS];
    for (number, version) in versions.iter_mut().enumerate() {
        let stored = store.load(&id(&check::name(writer, number))).await;
        match stored {
            Ok(stored) => *version = stored.map_or(0, |stored| stored.version),
            Err(usher::store::StoreError::Poisoned(_)) => return,
            Err(error) => panic!("{error}"),
        }
    }
    loop {
        for (number, version) in versions.iter_mut().enumerate() {
            match store.commit(check::commit(writer, number, *version + 1)).await {
                Ok(()) => *version += 1,
                Err(CommitError::Poisoned(_)) => return stays_refused(&store, writer).await,
                Err(error) => panic!("{error}"),
            }
            (&*notes).write_all(&check::note(writer, number, *version)).expect("noted");
        }
    }
}

async fn stays_refused(store: &Store, writer: usize) {
    for _ in 0..20 {
        let refused = store.commit(check::commit(writer, RECORDS, 1)).await;
        assert!(matches!(refused, Err(CommitError::Poisoned(_))), "{refused:?}");
    }
}

/// One writer over the engine as it comes: its own flush, and nothing else.
fn write_with_the_engine_alone(data: &Path, mut notes: File) {
    let db = sled::open(data).expect("opened");
    for version in 1u64.. {
        db.insert("version", version.to_be_bytes().repeat(200)).expect("written");
        db.flush().expect("flushed");
        notes.write_all(&check::note(0, 0, version)).expect("noted");
    }
}
