//! What is not sent, and what is not said.

use usher::fetch::{Auth, FetchError, Grant, OAuth2, Secret};

use super::*;

async fn nothing_comes_of(connection: Connection, request: &Request, server: &Server) -> String {
    let answer = fetch(connection).send(request).await;
    assert_eq!(server.seen().len(), 0, "{answer:?}");
    let Answer::NothingSent { why } = answer else { panic!("{answer:?}") };
    why
}

async fn good() -> Server {
    Server::start(|_, _| Reply::json(200, "{}")).await
}

#[tokio::test]
async fn this_machine_is_reached_only_where_allowed() {
    let server = good().await;
    let port = server.address.port();
    for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"] {
        let connection = Connection { private_network: false, ..connection(&format!("http://{host}:{port}")) };
        assert_eq!(nothing_comes_of(connection, &get("/"), &server).await, "address not allowed", "{host}");
    }
}

#[tokio::test]
async fn metadata_is_never_reached() {
    let server = good().await;
    for host in ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200", "[::ffff:169.254.169.254]", "0.0.0.0"] {
        let connection = connection(&format!("http://{host}"));
        assert_eq!(nothing_comes_of(connection, &get("/latest/meta-data/"), &server).await, "address not allowed", "{host}");
    }
}

#[tokio::test]
async fn only_allowed_methods_are_sent() {
    let server = good().await;
    let reading = Connection { methods: vec!["GET".to_owned()], ..connection(&server.url()) };
    let delete = Request { method: "DELETE".to_owned(), ..get("/staff/1") };
    for request in [post("/staff/", "{}"), delete, Request { method: "get".to_owned(), ..get("/") }] {
        assert!(nothing_comes_of(reading.clone(), &request, &server).await.contains("method"));
    }
    assert_eq!(fetch(reading).send(&get("/")).await, replied(200, "{}"));
}

#[tokio::test]
async fn a_target_never_leaves_the_base() {
    let server = good().await;
    let base = format!("{}/api", server.url());
    for target in
        ["/../admin", "/%2e%2e/admin", "/a/../../admin", "admin", "", "@evil.example/", ":1/", "/a\\b", "/a#b", "/a b", "/a\r\nX: y"]
    {
        assert!(nothing_comes_of(connection(&base), &get(target), &server).await.contains("leads out"), "{target}");
    }
    fetch(connection(&base)).send(&get("//evil.example/x")).await;
    assert_eq!(server.seen()[0].line, "GET /api//evil.example/x");
}

#[tokio::test]
async fn headers_of_the_connection_cannot_be_set_by_a_flow() {
    let server = good().await;
    let auth = Auth::Header { name: "X-API-Key".to_owned(), value: Secret::new("s3cret") };
    for name in ["Host", "content-length", "Transfer-Encoding", "Connection", "Cookie", "x-api-key", "Proxy-Authorization"] {
        let request = Request { headers: vec![(name.to_owned(), "v4lue".to_owned())], ..get("/") };
        let signed = Connection { auth: auth.clone(), ..connection(&server.url()) };
        let why = nothing_comes_of(signed, &request, &server).await;
        assert!(why.contains(&name.to_lowercase()) && !why.contains("v4lue"), "{why}");
    }
    for (name, value) in [("X-A", "a\r\nHost: b"), ("X A", "b"), ("", "c"), ("X-A", "\0")] {
        let request = Request { headers: vec![(name.to_owned(), value.to_owned())], ..get("/") };
        nothing_comes_of(connection(&server.url()), &request, &server).await;
    }
}

#[tokio::test]
async fn credentials_are_sent_in_their_header() {
    let secret = || Secret::new("s3cret");
    for (auth, header, value) in [
        (Auth::Header { name: "Authorization".to_owned(), value: Secret::new("token k:s3cret") }, "authorization", "token k:s3cret"),
        (Auth::Bearer { token: secret() }, "authorization", "Bearer s3cret"),
        (Auth::Basic { user: "usher".to_owned(), password: secret() }, "authorization", "Basic dXNoZXI6czNjcmV0"),
    ] {
        let server = good().await;
        fetch(Connection { auth, ..connection(&server.url()) }).send(&get("/")).await;
        assert_eq!(server.seen()[0].header(header), Some(value));
    }
}

#[tokio::test]
async fn cookies_are_not_kept() {
    let server = Server::start(|_, _| Reply::Full(200, vec![("Set-Cookie", "sid=1; Path=/".to_owned())], "{}".to_owned())).await;
    let fetch = fetch(connection(&server.url()));
    for _ in 0..2 {
        fetch.send(&get("/")).await;
    }
    assert!(server.seen().iter().all(|seen| seen.header("cookie").is_none()));
}

#[tokio::test]
async fn an_unknown_connection_sends_nothing() {
    let server = good().await;
    let request = Request { connection: "hr".to_owned(), ..get("/") };
    assert_eq!(nothing_comes_of(connection(&server.url()), &request, &server).await, "no such connection");
}

/// The whole of this file's programme is run once more, with a proxy in its environment that answers nobody.
#[test]
fn a_proxy_of_the_environment_is_not_used() {
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        again.env(name, "http://127.0.0.1:9");
    }
    again.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("REQUEST_METHOD");
    let run = again.args(["--exact", "rules::credentials_are_sent_in_their_header"]).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn what_cannot_be_a_connection_is_refused_with_its_name_alone() {
    let made = |connection| Fetch::new([("erp".to_owned(), connection)].into()).map(|_| ()).unwrap_err();
    for base in
        ["ftp://erp.example", "http://u:s3cret@erp.example", "http://erp.example/?key=s3cret", "http://erp.example/#s3cret", "data:s3cret"]
    {
        let error = made(connection(base));
        assert!(matches!(error, FetchError::Base { .. }), "{error:?}");
        assert!(error.to_string().contains("erp") && !format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
    for auth in [
        Auth::Bearer { token: Secret::new("s3cret\r\nX: y") },
        Auth::Header { name: "X-API-Key".to_owned(), value: Secret::new("s3cret\n") },
        Auth::Header { name: "X API".to_owned(), value: Secret::new("s3cret") },
    ] {
        let error = made(Connection { auth, ..connection("http://erp.example") });
        assert!(matches!(error, FetchError::Credentials { .. }) && !format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
    for ca in ["", "s3cret", "-----BEGIN CERTIFICATE-----\ns3cret\n-----END CERTIFICATE-----"] {
        let error = made(Connection { ca: Some(ca.to_owned()), ..connection("https://erp.example") });
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
}

#[tokio::test]
async fn secrets_and_values_are_in_no_words_of_ours() {
    let secret = || Secret::new("s3cret");
    let oauth = |grant| {
        let (client_id, client_secret) = (Some("usher".to_owned()), Some(secret()));
        Auth::OAuth2(OAuth2 { grant, token_path: "/login".to_owned(), client_id, client_secret, refresh_on: 401 })
    };
    let auths = [
        Auth::None,
        Auth::Header { name: "X-API-Key".to_owned(), value: secret() },
        Auth::Bearer { token: secret() },
        Auth::Basic { user: "usher".to_owned(), password: secret() },
        oauth(Grant::Client),
        oauth(Grant::Password { user: "usher".to_owned(), password: secret() }),
    ];
    let replies: [fn() -> Reply; 4] = [
        || Reply::Reset,
        || Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nAnna".to_vec()),
        || Reply::Full(200, Vec::new(), "x".repeat(3000)),
        || Reply::Silence,
    ];
    let mut said = vec![format!("{:?}", secret())];
    for auth in auths {
        for reply in replies {
            let server = Server::start(move |_, _| reply()).await;
            for base in
                [server.url(), "http://erp.invalid".to_owned(), "http://127.0.0.1:9".to_owned(), format!("https://{}", server.address)]
            {
                let limits = Connection { timeout: Duration::from_millis(300), answer_max: 1000, ..connection(&base) };
                let connection = Connection { auth: auth.clone(), ..limits };
                said.push(format!("{connection:?}"));
                let fetch = fetch(connection);
                let mut request = post("/staff/?phone=%2B79991234567", "{\"name\":\"Anna\"}");
                request.headers.push(("X-Trace".to_owned(), "Anna".to_owned()));
                said.push(format!("{fetch:?} {:?}", fetch.send(&request).await));
            }
        }
    }
    let said = said.join("\n");
    for word in ["s3cret", "7999", "Anna", "xxx", "/staff"] {
        assert!(!said.contains(word), "{word}: {said}");
    }
}
