//! How far a request got, over real sockets.

#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "also in the functions that tests share")]
#![allow(clippy::disallowed_methods, reason = "the shell's clock is measured with a clock")]

#[path = "fetch/files.rs"]
mod files;
#[path = "support/http.rs"]
mod http;
#[path = "fetch/redirects.rs"]
mod redirects;
#[path = "fetch/rules.rs"]
mod rules;
#[path = "fetch/sharing.rs"]
mod sharing;
#[path = "fetch/signing_in.rs"]
mod signing_in;
#[path = "fetch/tls.rs"]
mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Reply, Server};
use tokio::net::TcpListener;
use usher::fetch::{Connection, Fetch};
use usher::operation::{Answer, Request, RequestBody};

/// A connection to a server on this machine.
fn connection(base: &str) -> Connection {
    Connection { private_network: true, timeout: Duration::from_secs(5), ..Connection::new(base.parse().unwrap()) }
}

fn fetch(connection: Connection) -> Fetch {
    Fetch::new([("erp".to_owned(), connection)].into()).unwrap()
}

fn get(target: &str) -> Request {
    Request {
        connection: "erp".to_owned(),
        operation: "erp.tried".to_owned(),
        method: "GET".to_owned(),
        target: target.to_owned(),
        headers: Vec::new(),
        body: None,
        timeout: None,
        answer_max: None,
        keep: None,
    }
}

fn post(target: &str, body: &str) -> Request {
    let body = RequestBody { content_type: "application/json".to_owned(), text: body.to_owned() };
    Request { method: "POST".to_owned(), body: Some(body), ..get(target) }
}

fn replied(status: u16, body: &str) -> Answer {
    Answer::Replied { status, retry_after: None, body: body.to_owned() }
}

fn not_sent(why: &str) -> Answer {
    Answer::NothingSent { why: why.to_owned() }
}

fn unanswered(why: &str) -> Answer {
    Answer::Unanswered { why: why.to_owned() }
}

/// What comes of a request to which the server does this.
async fn answer_to(reply: fn() -> Reply) -> Answer {
    let server = Server::start(move |_, _| reply()).await;
    let answer = fetch(connection(&server.url())).send(&post("/staff/", "{}")).await;
    assert_eq!(server.seen().len(), 1, "one attempt is one request");
    answer
}

#[tokio::test]
async fn an_answer_comes_back_whole() {
    let server = Server::start(|_, _| Reply::Full(409, vec![("Retry-After", "17".to_owned())], "{\"ошибка\":1}".to_owned())).await;
    let mut request = post("/staff/?a=%2B1", "{\"имя\":\"Анна\"}");
    request.headers = vec![("Idempotency-Key".to_owned(), "k3y".to_owned()), ("X-Name".to_owned(), "Анна".to_owned())];
    let answer = fetch(connection(&format!("{}/api/", server.url()))).send(&request).await;
    assert_eq!(answer, Answer::Replied { status: 409, retry_after: Some(17), body: "{\"ошибка\":1}".to_owned() });
    let seen = &server.seen()[0];
    assert_eq!((seen.line.as_str(), seen.body.as_str()), ("POST /api/staff/?a=%2B1", "{\"имя\":\"Анна\"}"));
    for (name, value) in [
        ("content-type", "application/json"),
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
        ("idempotency-key", "k3y"),
        ("x-name", "Анна"),
        ("user-agent", concat!("usher/", env!("CARGO_PKG_VERSION"))),
    ] {
        assert_eq!(seen.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(fetch(connection(&url)).send(&post("/staff/", "{}")).await, not_sent("connection refused"));
}

#[tokio::test]
async fn an_unknown_name_sent_nothing() {
    assert_eq!(fetch(connection("http://erp.invalid")).send(&get("/")).await, not_sent("name not found"));
}

#[tokio::test]
async fn a_failed_handshake_sent_nothing() {
    let server = Server::start(|_, _| Reply::Silence).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.ok();
        }
    });
    assert_eq!(fetch(connection(&format!("https://{plain}"))).send(&post("/", "{}")).await, not_sent("TLS failed"));
    let mute = Connection { timeout: Duration::from_millis(600), ..connection(&format!("https://{}", server.address)) };
    assert_eq!(fetch(mute).send(&post("/", "{}")).await, not_sent("connecting timed out"));
}

#[tokio::test]
async fn a_reset_after_the_request_is_no_answer() {
    assert_eq!(answer_to(|| Reply::Reset).await, unanswered("connection reset"));
}

#[tokio::test]
async fn a_close_after_the_request_is_no_answer() {
    assert_eq!(answer_to(|| Reply::Raw(Vec::new())).await, unanswered("connection closed without an answer"));
    assert!(matches!(answer_to(|| Reply::Raw(b"SSH-2.0-OpenSSH\r\n".to_vec())).await, Answer::Unanswered { .. }));
}

#[tokio::test]
async fn an_answer_cut_short_is_no_answer() {
    let cut = || Reply::Raw(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\": 42".to_vec());
    assert_eq!(answer_to(cut).await, unanswered("answer cut short"));
    let chunked = || Reply::Raw(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"id\": 42".to_vec());
    assert_eq!(answer_to(chunked).await, unanswered("answer cut short"));
    let head = || Reply::Raw(b"HTTP/1.1 201 Cre".to_vec());
    assert!(matches!(answer_to(head).await, Answer::Unanswered { .. }));
}

/// Sends to a server that never finishes, and tells what came of it and how long it took.
async fn impatiently(reply: fn() -> Reply) -> (Answer, Duration) {
    let server = Server::start(move |_, _| reply()).await;
    let fetch = fetch(Connection { timeout: Duration::from_millis(500), ..connection(&server.url()) });
    let began = Instant::now();
    let answer = fetch.send(&post("/", "{}")).await;
    (answer, began.elapsed())
}

#[tokio::test]
async fn silence_times_out() {
    let (answer, took) = impatiently(|| Reply::Silence).await;
    assert_eq!(answer, unanswered("timed out"));
    assert!(took >= Duration::from_millis(450) && took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn a_slow_drip_times_out() {
    let drip = || Reply::Endless(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".to_vec(), b" ".to_vec(), Duration::from_millis(20));
    let (answer, took) = impatiently(drip).await;
    assert_eq!(answer, unanswered("timed out"));
    assert!(took < Duration::from_secs(3), "{took:?}");
    let head = || Reply::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X: y\r\n".to_vec(), Duration::from_millis(20));
    assert_eq!(impatiently(head).await.0, unanswered("timed out"));
}

#[tokio::test]
async fn an_operation_may_have_a_timeout_of_its_own() {
    let server = Server::start(|_, _| Reply::Silence).await;
    let fetch = fetch(Connection { timeout: Duration::from_millis(400), ..connection(&server.url()) });
    let began = Instant::now();
    fetch.send(&Request { timeout: Some(1_500), ..get("/") }).await;
    assert!(began.elapsed() >= Duration::from_millis(1_400), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_body_that_is_announced_as_too_large_is_not_read() {
    let huge = || Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec());
    let server = Server::start(move |_, _| huge()).await;
    let fetch = fetch(Connection { answer_max: 1000, ..connection(&server.url()) });
    assert_eq!(fetch.send(&get("/")).await, unanswered("answer larger than 1000 bytes"));
}

#[tokio::test]
async fn a_body_that_turns_out_too_large_is_cut_off_early() {
    let chunk = || {
        let mut chunk = b"4000\r\n".to_vec();
        chunk.extend([b'x'; 0x4000]);
        chunk.extend(b"\r\n");
        chunk
    };
    let flood =
        move || Reply::Endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(), chunk(), Duration::from_micros(100));
    let server = Server::start(move |_, _| flood()).await;
    let fetch = fetch(connection(&server.url()));
    let answer = fetch.send(&Request { answer_max: Some(100_000), ..get("/") }).await;
    assert_eq!(answer, unanswered("answer larger than 100000 bytes"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let written = server.written();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.written(), written, "the server goes on writing");
    assert!(written < 20_000_000, "{written}");
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_whole() {
    let server = Server::start(|_, _| Reply::json(200, "0123456789")).await;
    let fetch = fetch(connection(&server.url()));
    assert_eq!(fetch.send(&Request { answer_max: Some(10), ..get("/") }).await, replied(200, "0123456789"));
    assert_eq!(fetch.send(&Request { answer_max: Some(9), ..get("/") }).await, unanswered("answer larger than 9 bytes"));
}

#[tokio::test]
async fn nothing_is_unpacked() {
    let packed: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let mut answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n".to_vec();
    answer.extend(packed);
    let server = Server::start(move |_, _| Reply::Raw(answer.clone())).await;
    let Answer::Replied { body, .. } = fetch(connection(&server.url())).send(&get("/")).await else { panic!("no answer") };
    assert_eq!(body, String::from_utf8_lossy(packed));
}

#[tokio::test]
async fn a_write_never_meets_a_stale_connection() {
    let server = Server::start(|_, _| Reply::json(200, "{}")).await;
    let fetch = fetch(connection(&server.url()));
    for _ in 0..3 {
        fetch.send(&post("/", "{}")).await;
    }
    for _ in 0..3 {
        fetch.send(&get("/")).await;
    }
    let connections: Vec<usize> = server.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 1, 2, 3, 3, 3]);
}
