//! A server whose every byte a test decides.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Which connection it came on, from 0.
    pub connection: usize,
    /// `POST /path?query`.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Seen {
    /// A header's value, if it came once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(key, _)| key == name);
        let first = values.next()?;
        values.next().is_none().then_some(first.1.as_str())
    }
}

/// What the server does about a request.
pub enum Reply {
    /// Answers: status, headers, body.
    Full(u16, Vec<(&'static str, String)>, String),
    /// Writes these bytes and closes.
    Raw(Vec<u8>),
    /// Writes the first bytes, then the second ones again and again, with pauses, until the other side has had enough.
    Endless(Vec<u8>, Vec<u8>, Duration),
    /// Resets the connection.
    Reset,
    /// Says nothing and keeps the connection open.
    Silence,
    /// Waits, then does that.
    Later(Duration, Box<Reply>),
}

impl Reply {
    /// An answer with a body.
    pub fn json(status: u16, body: &str) -> Self {
        Self::Full(status, vec![("Content-Type", "application/json".to_owned())], body.to_owned())
    }

    /// A redirect.
    pub fn redirect(status: u16, to: &str) -> Self {
        Self::Full(status, vec![("Location", to.to_owned())], String::new())
    }
}

/// A listening server.
pub struct Server {
    /// Where.
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    written: Arc<Mutex<usize>>,
    listening: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Server {
    /// Starts a server that asks `reply` what to do about each request, counted from 0 over all connections.
    pub async fn start(reply: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, written) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let talk = Talk { reply: Arc::new(reply), seen: Arc::clone(&seen), written: Arc::clone(&written) };
        let listening = tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                tokio::spawn(talk.clone().serve(stream, connection));
            }
        });
        Self { address, seen, written, listening }
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many of them have this line.
    pub fn count(&self, line: &str) -> usize {
        self.seen().iter().filter(|seen| seen.line == line).count()
    }

    /// Bytes written by [`Reply::Endless`].
    pub fn written(&self) -> usize {
        *self.written.lock().unwrap()
    }
}

type Replies = dyn Fn(usize, &Seen) -> Reply + Send + Sync;

#[derive(Clone)]
struct Talk {
    reply: Arc<Replies>,
    seen: Arc<Mutex<Vec<Seen>>>,
    written: Arc<Mutex<usize>>,
}

impl Talk {
    async fn serve(self, mut stream: TcpStream, connection: usize) {
        while let Some(seen) = read(&mut stream, connection).await {
            let nth = {
                let mut all = self.seen.lock().unwrap();
                all.push(seen.clone());
                all.len() - 1
            };
            let mut reply = (self.reply)(nth, &seen);
            while let Reply::Later(pause, then) = reply {
                tokio::time::sleep(pause).await;
                reply = *then;
            }
            if !self.act(&mut stream, reply).await {
                return;
            }
        }
    }

    /// True if the connection goes on.
    async fn act(&self, stream: &mut TcpStream, reply: Reply) -> bool {
        match reply {
            Reply::Full(status, headers, body) => {
                let length = ("Content-Length", body.len().to_string());
                let headers = headers.into_iter().chain([length]).map(|(name, value)| format!("{name}: {value}"));
                let answer = format!("HTTP/1.1 {status} X\r\n{}\r\n\r\n{body}", headers.collect::<Vec<_>>().join("\r\n"));
                stream.write_all(answer.as_bytes()).await.is_ok()
            }
            Reply::Raw(bytes) => {
                stream.write_all(&bytes).await.ok();
                stream.shutdown().await.ok();
                false
            }
            Reply::Endless(first, again, pause) => {
                let mut next = first;
                while stream.write_all(&next).await.is_ok() {
                    *self.written.lock().unwrap() += next.len();
                    next.clone_from(&again);
                    tokio::time::sleep(pause).await;
                }
                false
            }
            Reply::Reset => {
                stream.set_zero_linger().unwrap();
                false
            }
            Reply::Silence => {
                tokio::time::sleep(Duration::from_mins(1)).await;
                false
            }
            Reply::Later(..) => unreachable!("waited for above"),
        }
    }
}

/// Reads one request with a `Content-Length`, or without a body.
async fn read(stream: &mut TcpStream, connection: usize) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.split("\r\n");
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let length: usize = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[head + 4..head + 4 + length]).into_owned();
    Some(Seen { connection, line, headers, body })
}
