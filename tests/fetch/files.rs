//! Bodies that hold files.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use usher::expr::{File, FileAt};
use usher::fetch::{Opener, Stream};
use usher::operation::Part;

use super::*;

fn request(kind: &str) -> Request {
    let at = FileAt::Channel { channel: "tg".into(), id: "f1".into() };
    let file = File { at, name: "отчёт\"1\".pdf".into(), kind: kind.into(), size: 10 };
    let parts = [Part::Field { name: "title".into(), text: "Принтер".into() }, Part::File { name: "file".into(), file }];
    Request { body: Some(RequestBody::of_parts(&parts, "k3y")), ..post("/files", "") }
}

/// Ten bytes in two pieces, as many of them as are promised or not; counts how often it is opened.
fn opener(opened: &Arc<AtomicUsize>, promised: u64) -> Opener {
    let opened = Arc::clone(opened);
    Arc::new(move |file: File| {
        assert_eq!(file.held_by("tg"), Some("f1"));
        opened.fetch_add(1, Ordering::Relaxed);
        let pieces = stream::iter([Ok(Bytes::from_static(b"01234")), Ok(Bytes::from_static(b"56789"))]).boxed();
        Box::pin(async move { Ok(Stream { size: promised, pieces }) })
    })
}

#[tokio::test]
async fn a_file_is_streamed_as_a_part_with_its_length() {
    let opened = Arc::default();
    let server = Server::start(|_, _| Reply::json(201, "{}")).await;
    let answer = fetch(connection(&server.url())).send_with_files(&request("application/pdf"), &opener(&opened, 10)).await;
    assert_eq!(answer, replied(201, "{}"));
    let seen = &server.seen()[0];
    let boundary = seen.header("content-type").and_then(|kind| kind.strip_prefix("multipart/form-data; boundary=")).unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nПринтер\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"отчёт_1_.pdf\"\r\nContent-Type: application/pdf\r\n\r\n\
         0123456789\r\n--{boundary}--\r\n"
    );
    assert_eq!(seen.body, expected);
    assert_eq!(seen.header("content-length"), Some(expected.len().to_string().as_str()));
}

#[tokio::test]
async fn a_redirect_and_another_attempt_open_the_file_anew() {
    let opened = Arc::default();
    let server = Server::start(|number, _| if number == 0 { Reply::redirect(307, "/files/") } else { Reply::json(201, "{}") }).await;
    let fetch = fetch(connection(&server.url()));
    for _ in 0..2 {
        assert_eq!(fetch.send_with_files(&request("image/png"), &opener(&opened, 10)).await, replied(201, "{}"));
    }
    assert_eq!(opened.load(Ordering::Relaxed), 3);
    let bodies: Vec<String> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert!(bodies[0].contains("0123456789") && bodies.iter().all(|body| *body == bodies[0]), "every attempt is the same, byte by byte");
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_sends_nothing() {
    let server = Server::start(|_, _| Reply::json(201, "{}")).await;
    let fetch = fetch(connection(&server.url()));
    let gone = Answer::Unsendable { why: "gone".to_owned() };
    let answer = gone.clone();
    let opener: Opener = Arc::new(move |_| Box::pin(std::future::ready(Err(answer.clone()))));
    assert_eq!(fetch.send_with_files(&request("image/png"), &opener).await, gone);
    let too_large = fetch.send_with_files(&request("image/png"), &self::opener(&Arc::default(), (20 << 20) + 1)).await;
    assert_eq!(too_large, Answer::Unsendable { why: "a file (image/png) is larger than 20 MB".to_owned() });
    assert!(matches!(fetch.send(&request("image/png")).await, Answer::Unsendable { .. }));
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_file_that_breaks_off_is_no_answer_and_an_odd_kind_harms_nobody() {
    let server = Server::start(|_, _| Reply::json(201, "{}")).await;
    let fetch = fetch(connection(&server.url()));
    let short = fetch.send_with_files(&request("image/png"), &opener(&Arc::default(), 11)).await;
    assert!(matches!(short, Answer::Unanswered { .. }), "{short:?}");
    assert_eq!(fetch.send_with_files(&request("x\r\nX: y"), &opener(&Arc::default(), 10)).await, replied(201, "{}"));
    assert!(server.seen().last().unwrap().body.contains("Content-Type: application/octet-stream\r\n"));
}
