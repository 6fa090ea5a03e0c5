//! Redirects.

use usher::fetch::{Auth, Redirects, Secret};

use super::*;

fn key(request: Request) -> Request {
    Request { headers: vec![("Idempotency-Key".to_owned(), "k3y".to_owned())], ..request }
}

fn signed(server: &Server) -> Connection {
    let auth = Auth::Header { name: "X-API-Key".to_owned(), value: Secret::new("s3cret") };
    Connection { auth, ..connection(&server.url()) }
}

/// Answers 307 to a path without its last slash, as `FastAPI` does.
fn wants_slash(location: fn(&str) -> String) -> impl Fn(usize, &http::Seen) -> Reply {
    move |_, seen| {
        let path = seen.line.split(' ').nth(1).unwrap();
        if path.ends_with('/') { Reply::json(201, "{\"id\":42}") } else { Reply::redirect(307, &location(path)) }
    }
}

#[tokio::test]
async fn a_missing_slash_keeps_method_body_key_and_credentials() {
    for location in [(|path| format!("{path}/")) as fn(&str) -> String, |_| "/api/v1/staff/".to_owned(), |_| "staff/".to_owned()] {
        let server = Server::start(wants_slash(location)).await;
        let answer = fetch(signed(&server)).send(&key(post("/api/v1/staff", "{\"a\":1}"))).await;
        assert_eq!(answer, replied(201, "{\"id\":42}"));
        let seen = server.seen();
        assert_eq!(seen.len(), 2);
        for (seen, line) in seen.iter().zip(["POST /api/v1/staff", "POST /api/v1/staff/"]) {
            assert_eq!((seen.line.as_str(), seen.body.as_str()), (line, "{\"a\":1}"));
            assert_eq!((seen.header("idempotency-key"), seen.header("x-api-key")), (Some("k3y"), Some("s3cret")));
            assert_eq!(seen.header("content-type"), Some("application/json"));
            assert_eq!(seen.header("referer"), None);
        }
    }
}

#[tokio::test]
async fn another_origin_is_never_followed() {
    let other = Server::start(|_, _| Reply::json(200, "{}")).await;
    let port = other.address.port();
    let elsewhere = [
        format!("http://127.0.0.1:{port}/staff/"),
        format!("//127.0.0.1:{port}/staff/"),
        format!("http://localhost:{port}/"),
        "https://127.0.0.1/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ];
    for to in elsewhere {
        let server = Server::start(move |_, _| Reply::redirect(307, &to)).await;
        assert_eq!(fetch(signed(&server)).send(&post("/staff", "{}")).await, replied(307, ""));
        assert_eq!(server.seen().len(), 1);
    }
    assert_eq!(other.seen().len(), 0);
}

#[tokio::test]
async fn an_address_with_a_user_is_not_followed() {
    let server = Server::start(|_, seen| {
        let host = seen.header("host").unwrap();
        Reply::redirect(307, &format!("http://mallory:pw@{host}/x/"))
    })
    .await;
    assert_eq!(fetch(signed(&server)).send(&get("/x")).await, replied(307, ""));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_redirect_that_may_change_the_method_is_the_answer() {
    for status in [301, 302, 303] {
        let server = Server::start(move |_, _| Reply::redirect(status, "/staff/")).await;
        for request in [post("/staff", "{}"), get("/staff")] {
            assert_eq!(fetch(signed(&server)).send(&request).await, replied(status, ""));
        }
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn three_redirects_are_enough() {
    let server = Server::start(|nth, _| Reply::redirect(308, &format!("/{nth}/"))).await;
    assert_eq!(fetch(signed(&server)).send(&post("/staff", "{}")).await, replied(308, ""));
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn an_operator_may_follow_none() {
    let server = Server::start(wants_slash(|path| format!("{path}/"))).await;
    let never = Connection { redirects: Redirects::Never, ..signed(&server) };
    assert_eq!(fetch(never).send(&post("/staff", "{}")).await, replied(307, ""));
    assert_eq!(server.seen().len(), 1);
}
