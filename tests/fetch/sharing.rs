//! Answers that are kept, and requests that become one.

use std::sync::Arc;

use super::*;

fn kept(millis: i64) -> Request {
    Request { keep: Some(millis), ..get("/positions/?skip=0") }
}

/// A server that numbers its answers and takes its time.
async fn numbered() -> Server {
    Server::start(|nth, _| Reply::Later(Duration::from_millis(100), Box::new(Reply::json(200, &nth.to_string())))).await
}

async fn at_once(fetch: &Arc<Fetch>, request: &Request, many: usize) -> Vec<Answer> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..many {
        let (fetch, request) = (Arc::clone(fetch), request.clone());
        tasks.spawn(async move { fetch.send(&request).await });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn a_good_answer_is_kept_for_its_time() {
    let server = numbered().await;
    let fetch = fetch(connection(&server.url()));
    assert_eq!(fetch.send(&kept(700)).await, replied(200, "0"));
    assert_eq!(fetch.send(&kept(700)).await, replied(200, "0"));
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(fetch.send(&kept(700)).await, replied(200, "1"));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_fresh_one_is_fetched_and_kept_for_the_others() {
    let server = numbered().await;
    let fetch = fetch(connection(&server.url()));
    assert_eq!(fetch.send(&kept(60_000)).await, replied(200, "0"));
    assert_eq!(fetch.send(&kept(0)).await, replied(200, "1"));
    assert_eq!(fetch.send(&kept(60_000)).await, replied(200, "1"));
}

#[tokio::test]
async fn what_is_not_to_be_kept_is_asked_for_each_time() {
    let server = numbered().await;
    let fetch = fetch(connection(&server.url()));
    fetch.send(&kept(60_000)).await;
    assert_eq!(fetch.send(&Request { keep: None, ..kept(0) }).await, replied(200, "1"));
}

#[tokio::test]
async fn a_bad_answer_is_not_kept() {
    let server = Server::start(|nth, _| Reply::json(if nth == 0 { 503 } else { 200 }, &nth.to_string())).await;
    let fetch = fetch(connection(&server.url()));
    assert_eq!(fetch.send(&kept(60_000)).await, replied(503, "0"));
    assert_eq!(fetch.send(&kept(60_000)).await, replied(200, "1"));
}

#[tokio::test]
async fn other_requests_have_other_answers() {
    let server = numbered().await;
    let fetch = fetch(connection(&server.url()));
    let search = |body: &str| Request { keep: Some(60_000), ..post("/search", body) };
    let in_language = |language: &str| Request { headers: vec![("Accept-Language".to_owned(), language.to_owned())], ..kept(60_000) };
    let requests = [
        kept(60_000),
        Request { target: "/positions/?skip=100".to_owned(), ..kept(60_000) },
        search("1"),
        search("2"),
        in_language("ru"),
        in_language("en"),
    ];
    for _ in 0..2 {
        for (nth, request) in requests.iter().enumerate() {
            assert_eq!(fetch.send(request).await, replied(200, &nth.to_string()));
        }
    }
}

#[tokio::test]
async fn identical_requests_under_way_are_one() {
    let server = numbered().await;
    let fetch = Arc::new(fetch(connection(&server.url())));
    for request in [kept(60_000), Request { target: "/other".to_owned(), ..kept(60_000) }] {
        let answers = at_once(&fetch, &request, 20).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn those_who_want_fresh_answers_share_one_asked_for_after_they_came() {
    let server = numbered().await;
    let fetch = Arc::new(fetch(connection(&server.url())));
    at_once(&fetch, &kept(0), 20).await;
    // The first one asks; the others came while its answer may have been made already, so they share the second.
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_wait_for_it() {
    let server = Server::start(|_, _| Reply::Later(Duration::from_millis(100), Box::new(Reply::Reset))).await;
    let fetch = Arc::new(fetch(connection(&server.url())));
    for answer in at_once(&fetch, &kept(60_000), 20).await {
        assert_eq!(answer, unanswered("connection reset"));
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn who_gives_up_does_not_stop_those_who_wait() {
    let server = Server::start(|nth, _| if nth == 0 { Reply::Silence } else { Reply::json(200, "1") }).await;
    let fetch = Arc::new(fetch(connection(&server.url())));
    let first = tokio::spawn({
        let fetch = Arc::clone(&fetch);
        async move { fetch.send(&kept(60_000)).await }
    });
    while server.seen().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let second = tokio::spawn({
        let fetch = Arc::clone(&fetch);
        async move { fetch.send(&kept(60_000)).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    first.abort();
    assert_eq!(second.await.unwrap(), replied(200, "1"));
}

#[tokio::test]
async fn no_more_than_so_many_answers_are_kept() {
    let server = Server::start(|nth, _| Reply::json(200, &nth.to_string())).await;
    let fetch = fetch(connection(&server.url()));
    let numbered = |nth: usize| Request { target: format!("/{nth}"), ..kept(60_000) };
    for nth in 0..=256 {
        fetch.send(&numbered(nth)).await;
    }
    assert_eq!(fetch.send(&numbered(256)).await, replied(200, "256"));
    assert_eq!(fetch.send(&numbered(1)).await, replied(200, "1"));
    assert_eq!(fetch.send(&numbered(0)).await, replied(200, "257"), "the oldest has gone");
}
