//! The public listener and the web chat of a bot that runs.

use reqwest::{Client, StatusCode, redirect};
use serde_json::json;

use crate::*;

fn client() -> Client {
    Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap()
}

async fn enter(site: &str, proto: Option<&str>) -> String {
    let mut request = client().post(format!("{site}enter")).header("sec-fetch-site", "same-origin");
    if let Some(proto) = proto {
        request = request.header("x-forwarded-proto", proto);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    answer.headers()["set-cookie"].to_str().unwrap().to_owned()
}

/// What the page would show, as the server's first event tells it.
async fn letters(site: &str, cookie: &str) -> String {
    let mut answer = client().get(format!("{site}events")).header("cookie", cookie).send().await.unwrap();
    let mut read = String::new();
    while !read.contains("\n\n") {
        read.push_str(std::str::from_utf8(&answer.chunk().await.unwrap().unwrap()).unwrap());
    }
    read
}

async fn write(site: &str, cookie: &str, act: &str, text: &str) -> StatusCode {
    let request = client().post(format!("{site}text")).header("cookie", cookie).header("sec-fetch-site", "same-origin");
    request.json(&json!({"act": act, "text": text})).send().await.unwrap().status()
}

async fn until(site: &str, cookie: &str, wanted: &str) {
    for _ in 0..300 {
        if letters(site, cookie).await.contains(wanted) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    panic!("nobody says {wanted:?}: {}", letters(site, cookie).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_chat_is_a_channel_of_a_bot_that_runs_and_outlives_a_kill() {
    let (admin, public) = (free(), free());
    let mut bot = Bot::with(admin, "chat: { kind: web }", &format!("listen: \"{public}\""), &[]);
    bot.get_until("/readyz", |status, _| status == 200).await;
    let (root, site) = (format!("http://{public}/"), format!("http://{public}/chat/"));
    let sent = client().get(&root).send().await.unwrap();
    assert_eq!((sent.status(), sent.headers()["location"].to_str().unwrap()), (StatusCode::TEMPORARY_REDIRECT, "/chat/"));
    let bare = client().get(format!("{root}chat")).send().await.unwrap();
    assert_eq!((bare.status(), bare.headers()["location"].to_str().unwrap()), (StatusCode::PERMANENT_REDIRECT, "/chat/"));
    let page = client().get(&site).send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let page = page.text().await.unwrap();
    assert!(page.contains("<title>Hello</title>") && page.contains("<h1>Hello</h1>"), "{page}");
    let cookie = enter(&site, None).await;
    let name = cookie.split(';').next().unwrap();
    assert_eq!(write(&site, name, "first-act", "/start").await, StatusCode::NO_CONTENT);
    until(&site, name, "What is your name?").await;
    bot.restart();
    bot.get_until("/readyz", |status, _| status == 200).await;
    assert_eq!(write(&site, name, "second-act", "Ann <b>").await, StatusCode::NO_CONTENT);
    until(&site, name, "Hello, Ann").await;
    for hidden in ["healthz", "readyz", "metrics"] {
        assert_eq!(client().get(format!("{root}{hidden}")).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{hidden}");
    }
    assert_eq!(bot.stop(), Some(0));
    assert!(!bot.logged().contains("Ann"), "{}", bot.logged());
}

/// A command of the operator, in the bot's folder.
fn usher(bot: &Bot, arguments: &[&str]) {
    let did = Command::new(env!("CARGO_BIN_EXE_usher")).args(arguments).current_dir(bot.folder.path()).output().unwrap();
    assert!(did.status.success(), "usher {arguments:?}: {}", String::from_utf8_lossy(&did.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_while_a_restored_bot_is_paused_hears_so() {
    let (admin, public) = (free(), free());
    let mut bot = Bot::with(admin, "chat: { kind: web }", &format!("listen: \"{public}\""), &[]);
    bot.get_until("/readyz", |status, _| status == 200).await;
    assert_eq!(bot.stop(), Some(0));
    usher(&bot, &["backup", "saved"]);
    let data = bot.folder.path().join("data");
    std::fs::copy(data.join("usher.key"), bot.folder.path().join("kept.key")).unwrap();
    std::fs::remove_dir_all(data).unwrap();
    usher(&bot, &["restore", "saved", "--key", "kept.key"]);
    bot.restart();
    bot.get_until("/readyz", |status, why| status == 503 && why.contains("paused")).await;
    let site = format!("http://{public}/chat/");
    let paused = client().post(format!("{site}enter")).send().await.unwrap();
    assert_eq!((paused.status(), paused.headers()["retry-after"].to_str().unwrap()), (StatusCode::SERVICE_UNAVAILABLE, "60"));
    assert!(paused.text().await.unwrap().contains("The bot is paused"));
    usher(&bot, &["resume"]);
    bot.get_until("/readyz", |status, _| status == 200).await;
    assert_eq!(client().get(&site).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(bot.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_is_for_https_alone_if_a_trusted_proxy_says_so() {
    for (line, secure) in [("", false), ("behind_proxy: true", true)] {
        let (admin, public) = (free(), free());
        let mut bot = Bot::with(admin, "chat: { kind: web, path: /talk/to/us/ }", &format!("listen: \"{public}\"\n{line}"), &[]);
        bot.get_until("/readyz", |status, _| status == 200).await;
        let site = format!("http://{public}/talk/to/us/");
        let cookie = enter(&site, Some("https")).await;
        assert_eq!(cookie.contains("; Secure"), secure, "{line}: {cookie}");
        assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
        assert!(!enter(&site, None).await.contains("; Secure"));
        assert_eq!(bot.stop(), Some(0));
    }
}

#[test]
fn a_public_port_in_use_or_a_wrong_address_is_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let mut bot = Bot::with(free(), "chat: { kind: web }", &format!("listen: \"{address}\""), &[]);
    assert_eq!(bot.process.wait().unwrap().code(), Some(2));
    let sentence =
        format!("usher: port {} on 127.0.0.1 is in use by another program; stop that or choose another with listen", address.port());
    assert!(bot.logged().contains(&sentence), "{}", bot.logged());
    assert!(!bot.folder.path().join("data").exists(), "the store was opened for nothing");
    for (lines, sentence) in [
        ("listen: \"192.0.2.1:8080\"", "192.0.2.1 is not an address of this machine; choose another with listen"),
        ("listen: \"8080\"", "this is not a place to listen on"),
        ("listen: \"127.0.0.1:0\"\nflows: flwos", "the folder flwos does not exist"),
        ("", "the channel \"chat\" is answered over HTTP, and nothing says where to listen"),
    ] {
        let mut bot = Bot::with(free(), "chat: { kind: web }", lines, &[]);
        assert_eq!(bot.process.wait().unwrap().code(), Some(2), "{lines}");
        assert!(bot.logged().contains(sentence), "{lines}: {}", bot.logged());
    }
}
