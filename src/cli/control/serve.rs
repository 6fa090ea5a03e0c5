//! The running bot's side of the socket.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::cli::control::perform::perform;
use crate::cli::control::{Desk, Line, NAME, Out, Request, address, last_line};

/// A request is not longer.
const REQUEST_MAX: u64 = 64 << 10;

/// A socket that is listened on. Dropping it ends that.
pub struct Control {
    listening: JoinHandle<()>,
    path: PathBuf,
}

impl Control {
    /// Listens in a data folder that is ours. A socket that a killed process has left there is replaced. Without a socket the bot goes on:
    /// it can be stopped for what commands have to do.
    pub fn begin(folder: &Path, desk: Arc<Desk>) -> Option<Self> {
        let path = folder.join(NAME);
        let listener = address(folder).and_then(|(address, _folder)| {
            // Usually there is none.
            let _ = fs::remove_file(&path);
            let listener = UnixListener::bind(address)?;
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            Ok(listener)
        });
        match listener {
            Ok(listener) => Some(Self { listening: tokio::spawn(listen(listener, desk)), path }),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "commands on the store will only work while the bot is stopped");
                None
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.listening.abort();
        // It may be gone with its folder.
        let _ = fs::remove_file(&self.path);
    }
}

async fn listen(listener: UnixListener, desk: Arc<Desk>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream, Arc::clone(&desk)))),
            Err(error) => {
                tracing::warn!(%error, "a command could not be listened to");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// Reads one request and writes what comes of it. What was begun is ended also if whoever asked goes away.
async fn answer(stream: UnixStream, desk: Arc<Desk>) {
    let (reading, mut writing) = stream.into_split();
    let mut line = String::new();
    if BufReader::new(reading.take(REQUEST_MAX)).read_line(&mut line).await.is_err() {
        return;
    }
    let (sender, mut lines) = mpsc::unbounded_channel();
    let out: Out = Arc::new(move |line| drop(sender.send(line)));
    let performing = tokio::spawn(async move {
        let request = serde_json::from_str::<Request>(&line);
        let last = match request {
            Ok(request) => last_line(perform(&desk, request, &out).await),
            Err(_) => Line::Fail { why: "the running bot is of another version of this program".to_owned(), mistake: true },
        };
        out(last);
    });
    while let Some(line) = lines.recv().await {
        let Ok(line) = serde_json::to_string(&line) else { continue };
        if writing.write_all(format!("{line}\n").as_bytes()).await.is_err() {
            break;
        }
    }
    // It cannot be told any more how it ended.
    let _ = performing.await;
}
