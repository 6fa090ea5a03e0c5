//! Tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use usher::fetch::{Auth, Grant, OAuth2, Secret};

use super::*;

fn signed_in(server: &Server) -> Connection {
    let grant = Grant::Password { user: "usher@erp".to_owned(), password: Secret::new("p&ss=1") };
    let oauth = OAuth2 { grant, token_path: "/login".to_owned(), client_id: None, client_secret: None, refresh_on: 401 };
    Connection { auth: Auth::OAuth2(oauth), ..connection(&server.url()) }
}

fn token(number: usize) -> Reply {
    Reply::json(200, &format!("{{\"access_token\":\"t{number}\",\"token_type\":\"bearer\"}}"))
}

/// A server that gives tokens `t1`, `t2`… and lets in whoever has the one that is valid.
async fn server(valid: Arc<AtomicUsize>) -> Server {
    let given = AtomicUsize::new(0);
    Server::start(move |_, seen| {
        if seen.line == "POST /login" {
            return Reply::Later(Duration::from_millis(50), Box::new(token(given.fetch_add(1, Ordering::SeqCst) + 1)));
        }
        let wanted = format!("Bearer t{}", valid.load(Ordering::SeqCst));
        if seen.header("authorization") == Some(&wanted) { Reply::json(200, "{}") } else { Reply::json(401, "{}") }
    })
    .await
}

/// Sends so many requests at once.
async fn at_once(fetch: &Arc<Fetch>, many: usize) -> Vec<Answer> {
    let mut tasks = tokio::task::JoinSet::new();
    for nth in 0..many {
        let fetch = Arc::clone(fetch);
        tasks.spawn(async move { fetch.send(&post(&format!("/staff/?n={nth}"), "{}")).await });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn a_token_is_fetched_once_and_used_by_all() {
    let server = server(Arc::new(AtomicUsize::new(1))).await;
    let fetch = Arc::new(fetch(signed_in(&server)));
    for answer in at_once(&fetch, 20).await {
        assert_eq!(answer, replied(200, "{}"));
    }
    assert_eq!(server.count("POST /login"), 1);
    let login = server.seen().into_iter().find(|seen| seen.line == "POST /login").unwrap();
    assert_eq!(login.body, "grant_type=password&username=usher%40erp&password=p%26ss%3D1");
    assert_eq!(login.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(login.header("authorization"), None);
}

#[tokio::test]
async fn twenty_that_find_it_old_renew_it_once() {
    let valid = Arc::new(AtomicUsize::new(1));
    let server = server(Arc::clone(&valid)).await;
    let fetch = Arc::new(fetch(signed_in(&server)));
    at_once(&fetch, 1).await;
    valid.store(2, Ordering::SeqCst);
    for answer in at_once(&fetch, 20).await {
        assert_eq!(answer, replied(200, "{}"));
    }
    assert_eq!(server.count("POST /login"), 2);
    assert_eq!(server.seen().len(), 2 + 1 + 40);
}

#[tokio::test]
async fn a_request_is_repeated_once_with_the_same_body_and_key() {
    let valid = Arc::new(AtomicUsize::new(9));
    let server = server(valid).await;
    let mut request = post("/staff/", "{\"a\":1}");
    request.headers = vec![("Idempotency-Key".to_owned(), "k3y".to_owned())];
    assert_eq!(fetch(signed_in(&server)).send(&request).await, replied(401, "{}"));
    let tries: Vec<_> = server.seen().into_iter().filter(|seen| seen.line == "POST /staff/").collect();
    assert_eq!(tries.len(), 2);
    assert!(tries.iter().all(|seen| seen.body == "{\"a\":1}" && seen.header("idempotency-key") == Some("k3y")));
    assert_eq!(tries.iter().map(|seen| seen.header("authorization").unwrap()).collect::<Vec<_>>(), ["Bearer t1", "Bearer t2"]);
}

#[tokio::test]
async fn another_401_of_a_connection_without_tokens_is_the_answer() {
    let server = Server::start(|_, _| Reply::json(401, "{}")).await;
    let bearer = Connection { auth: Auth::Bearer { token: Secret::new("s3cret") }, ..connection(&server.url()) };
    assert_eq!(fetch(bearer).send(&get("/")).await, replied(401, "{}"));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn failing_to_sign_in_sent_nothing() {
    for (reply, why) in [
        ((|| Reply::json(401, "{\"detail\":\"Incorrect email or password\"}")) as fn() -> Reply, "signing in failed: HTTP 401"),
        (|| Reply::json(200, "{}"), "signing in failed: the answer holds no token"),
        (|| Reply::json(200, "{\"access_token\":\"a\\nb\"}"), "signing in failed: the answer holds no token"),
        (|| Reply::json(200, "{\"access_token\":\"a\",\"token_type\":\"mac\"}"), "signing in failed: the answer holds no token"),
        (|| Reply::Reset, "signing in failed: connection reset"),
    ] {
        let server = Server::start(move |_, _| reply()).await;
        assert_eq!(fetch(signed_in(&server)).send(&post("/staff/", "{}")).await, not_sent(why));
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn those_who_wait_share_a_failure_and_the_next_one_tries_again() {
    let server = Server::start(|_, _| Reply::Later(Duration::from_millis(100), Box::new(Reply::json(503, "")))).await;
    let fetch = Arc::new(fetch(signed_in(&server)));
    for answer in at_once(&fetch, 20).await {
        assert_eq!(answer, not_sent("signing in failed: HTTP 503"));
    }
    assert_eq!(server.seen().len(), 1);
    at_once(&fetch, 1).await;
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_token_that_expires_is_renewed_before_it_is_refused() {
    let server = Server::start(|nth, seen| {
        if seen.line == "POST /login" {
            return Reply::json(200, &format!("{{\"access_token\":\"t{nth}\",\"expires_in\":1}}"));
        }
        Reply::json(200, "{}")
    })
    .await;
    let fetch = fetch(signed_in(&server));
    for _ in 0..2 {
        assert_eq!(fetch.send(&get("/")).await, replied(200, "{}"));
    }
    assert_eq!(server.count("POST /login"), 1);
    tokio::time::sleep(Duration::from_millis(600)).await;
    fetch.send(&get("/")).await;
    assert_eq!(server.count("POST /login"), 2);
}

#[tokio::test]
async fn a_client_signs_in_for_itself() {
    let server = server(Arc::new(AtomicUsize::new(1))).await;
    let oauth = OAuth2 {
        grant: Grant::Client,
        token_path: "/login".to_owned(),
        client_id: Some("usher".to_owned()),
        client_secret: Some(Secret::new("s3cret")),
        refresh_on: 401,
    };
    let fetch = fetch(Connection { auth: Auth::OAuth2(oauth), ..connection(&server.url()) });
    assert_eq!(fetch.send(&get("/")).await, replied(200, "{}"));
    assert_eq!(server.seen()[0].body, "grant_type=client_credentials&client_id=usher&client_secret=s3cret");
}
