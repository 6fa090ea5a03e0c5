//! The web chat over real HTTP, with a hand-made inbox in place of the runtime, on a store in memory and on the disk.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use usher::channel::web::{Numbers, Web};
use usher::channel::{Channel, Delivery, Incoming, Menus, Unkept, Unopened};
use usher::engine::{Act, Attached, Button, EffectKind, EventKind, Keyboard, Message, MessageRef, Press};
use usher::expr::{File, Shown};
use usher::store::{Store, StoreConfig};

const PATIENCE: Duration = Duration::from_secs(20);

/// A chat under a path of a server, as a caller mounts it.
struct Chat {
    channel: Arc<Channel>,
    site: String,
    inbox: mpsc::Receiver<Incoming>,
    _open: watch::Sender<bool>,
}

impl Chat {
    async fn open(store: Arc<Store>) -> Self {
        let channel = Arc::new(Channel::Web(Web::new("web", Numbers::Typed, None)));
        channel.attach(&store);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = format!("http://{}/talk/", listener.local_addr().unwrap());
        let router = axum::Router::new().nest("/talk/", channel.router().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (hand_in, inbox) = mpsc::channel(8);
        let (open, shutdown) = watch::channel(false);
        let receiving = Arc::clone(&channel);
        tokio::spawn(async move { receiving.receive(hand_in, shutdown).await });
        tokio::task::yield_now().await;
        Self { channel, site, inbox, _open: open }
    }

    async fn in_memory() -> Self {
        Self::open(Arc::new(Store::memory().unwrap())).await
    }

    async fn next(&mut self) -> Incoming {
        timeout(PATIENCE, self.inbox.recv()).await.expect("nothing was handed in").unwrap()
    }

    async fn perform(&self, account: &str, kind: EffectKind) -> Delivery {
        self.channel.perform(account, &kind, &|_| None).await
    }

    async fn send(&self, account: &str, message: Message) -> String {
        match self.perform(account, EffectKind::Send(message)).await {
            Delivery::Done(Some(number)) => number,
            other => panic!("{other:?}"),
        }
    }
}

/// A browser with its cookie.
#[derive(Clone)]
struct Visitor {
    client: Client,
    site: String,
    cookie: String,
}

impl Visitor {
    async fn enter(chat: &Chat) -> Self {
        let mut visitor = Self { client: Client::builder().no_proxy().build().unwrap(), site: chat.site.clone(), cookie: String::new() };
        let entered = visitor.client.post(format!("{}enter", chat.site)).header("sec-fetch-site", "same-origin").send().await.unwrap();
        assert_eq!(entered.status(), StatusCode::NO_CONTENT);
        let cookie = entered.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
        cookie.split(';').next().unwrap().clone_into(&mut visitor.cookie);
        visitor
    }

    fn account(&self) -> String {
        self.cookie.split(['=', '.']).nth(1).unwrap().to_owned()
    }

    async fn post(&self, what: &str, body: Value) -> StatusCode {
        let request = self.client.post(format!("{}{what}", self.site)).header("cookie", &self.cookie);
        request.header("sec-fetch-site", "same-origin").json(&body).send().await.unwrap().status()
    }

    async fn listen(&self) -> Events {
        let response = self.client.get(format!("{}events", self.site)).header("cookie", &self.cookie).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Events { response, read: Vec::new() }
    }

    /// What a page that opens now shows.
    async fn page(&self) -> Value {
        self.listen().await.next("letters").await
    }
}

struct Events {
    response: Response,
    read: Vec<u8>,
}

impl Events {
    /// The next event, which must be of this kind.
    async fn next(&mut self, kind: &str) -> Value {
        loop {
            if let Some(end) = self.read.windows(2).position(|pair| pair == b"\n\n") {
                let event = String::from_utf8(self.read.drain(..end + 2).collect()).unwrap();
                let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) else { continue };
                assert!(event.contains(&format!("event: {kind}\n")), "waiting for {kind}: {event}");
                return serde_json::from_str(data).unwrap();
            }
            let piece = timeout(PATIENCE, self.response.chunk()).await.expect("nothing comes").unwrap().expect("the stream has ended");
            self.read.extend_from_slice(&piece);
        }
    }
}

fn message(html: &str) -> Message {
    Message { html: html.to_owned(), ..Message::default() }
}

fn text_of(incoming: &Incoming) -> (String, String) {
    match &incoming.kind {
        EventKind::Acted { act: Act::Wrote { text, message, forwarded: false }, .. } => (text.clone(), message.clone()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_text_is_confirmed_only_when_it_is_kept() {
    let mut chat = Chat::in_memory().await;
    let anna = Visitor::enter(&chat).await;
    let mut page = anna.listen().await;
    assert_eq!(page.next("letters").await, json!([]));

    let posting = tokio::spawn({
        let anna = anna.clone();
        async move { anna.post("text", json!({"act": "act-number-1", "text": "Анна <b>"})).await }
    });
    let incoming = chat.next().await;
    assert_eq!(text_of(&incoming), ("Анна <b>".to_owned(), "1".to_owned()));
    assert_eq!(incoming.record.0, format!("web:{}", anna.account()));
    let shown = page.next("letter").await;
    assert_eq!((&shown["open"], &shown["html"]), (&json!(true), &json!("Анна &lt;b&gt;")));
    assert!(!posting.is_finished(), "it is confirmed before it is kept");
    incoming.kept.send(Ok(())).unwrap();
    assert_eq!(posting.await.unwrap(), StatusCode::NO_CONTENT);
    assert_eq!(page.next("letter").await["open"], json!(false));
}

#[tokio::test]
async fn what_could_not_be_kept_is_refused_and_is_the_same_act_when_it_comes_again() {
    let mut chat = Chat::in_memory().await;
    let anna = Visitor::enter(&chat).await;
    let mut ids = Vec::new();
    for (verdict, status) in [(Err(Unkept), StatusCode::SERVICE_UNAVAILABLE), (Ok(()), StatusCode::NO_CONTENT)] {
        let posting = tokio::spawn({
            let anna = anna.clone();
            async move { anna.post("text", json!({"act": "act-number-1", "text": "Анна"})).await }
        });
        let incoming = chat.next().await;
        ids.push(incoming.id.clone());
        incoming.kept.send(verdict).unwrap();
        assert_eq!(posting.await.unwrap(), status);
        let page = anna.page().await;
        let seen = page.as_array().unwrap().iter().filter(|letter| letter["gone"] == json!(false)).count();
        assert_eq!(seen, usize::from(verdict.is_ok()), "what was not kept is not shown as said");
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn messages_are_changed_in_the_mailbox_and_on_every_open_page() {
    let chat = Chat::in_memory().await;
    let anna = Visitor::enter(&chat).await;
    let (mut one, mut two) = (anna.listen().await, anna.listen().await);
    for page in [&mut one, &mut two] {
        assert_eq!(page.next("letters").await, json!([]));
    }
    let button = |label: &str, press| Button { label: label.to_owned(), press };
    let rows = vec![vec![
        button("Да", Press::Token("t1".to_owned())),
        button("Сайт", Press::Url("https://a.b/".to_owned())),
        button("Зло", Press::Url("javascript:alert(1)".to_owned())),
        button("Код", Press::Copy("c0de".to_owned())),
    ]];
    let account = anna.account();
    let question = Message { keyboard: Keyboard::Rows(rows), protect: true, ..message("<b>Верно?</b><script>x</script>") };
    let number = chat.send(&account, question).await;
    for page in [&mut one, &mut two] {
        let shown = page.next("letter").await;
        assert_eq!(shown["html"], "<b>Верно?</b>&lt;script&gt;x&lt;/script&gt;");
        let buttons = json!([[{"label": "Да", "does": {"press": "t1"}}, {"label": "Сайт", "does": {"open": "https://a.b/"}}, {"label": "Код", "does": {"copy": "c0de"}}]]);
        assert_eq!((&shown["rows"], &shown["protect"]), (&buttons, &json!(true)));
    }
    let of = || MessageRef::Native(number.clone());
    assert_eq!(chat.perform(&account, EffectKind::Freeze { of: of(), message: message("Верно?\n✓ Да") }).await, Delivery::Done(None));
    let frozen = one.next("letter").await;
    assert_eq!((&frozen["html"], &frozen["protect"]), (&json!("Верно?\n✓ Да"), &json!(true)));
    assert!(frozen["rows"].as_array().is_none_or(Vec::is_empty), "{frozen}");
    assert_eq!(chat.perform(&account, EffectKind::Edit { of: of(), message: message("Верно") }).await, Delivery::Done(None));
    assert_eq!(one.next("letter").await["html"], "Верно");
    assert_eq!(chat.perform(&account, EffectKind::Delete { of: of() }).await, Delivery::Done(None));
    assert_eq!(one.next("letter").await["gone"], json!(true));
    let again = chat.perform(&account, EffectKind::Edit { of: of(), message: message("Снова") }).await;
    assert_eq!(again, Delivery::Done(Some("2".to_owned())), "what is gone is sent anew, and no number is given twice");
    let notice = EffectKind::Acknowledge { press: "p".to_owned(), text: Some("Уже".to_owned()) };
    assert_eq!(chat.perform(&account, notice).await, Delivery::Done(None));
    assert_eq!((one.next("letter").await["html"].clone(), one.next("notice").await), (json!("Снова"), json!("Уже")));
}

#[tokio::test]
async fn the_last_two_hundred_messages_are_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&StoreConfig::new(folder.path().join("store"))).unwrap());
    let chat = Chat::open(Arc::clone(&store)).await;
    let anna = Visitor::enter(&chat).await;
    let account = anna.account();
    let long = "длинный текст ".repeat(700);
    let first = chat.send(&account, message(&long)).await;
    assert_eq!(anna.page().await[0]["html"], long);
    let short = EffectKind::Edit { of: MessageRef::Native(first), message: message("короткий") };
    assert_eq!(chat.perform(&account, short).await, Delivery::Done(None));
    for number in 2..=205 {
        chat.send(&account, message(&format!("№ {number}"))).await;
    }
    store.close().await.unwrap();
    drop((chat, store));

    let store = Arc::new(Store::open(&StoreConfig::new(folder.path().join("store"))).unwrap());
    let chat = Chat::open(store).await;
    let anna = Visitor { site: chat.site.clone(), ..anna };
    let page = anna.page().await;
    let page = page.as_array().unwrap();
    assert_eq!((page.len(), &page[0]["html"], &page[199]["html"]), (200, &json!("№ 6"), &json!("№ 205")), "the cookie is known again, too");
}

#[tokio::test]
async fn a_number_is_an_unverified_text_and_is_asked_for_no_longer_than_needed() {
    let mut chat = Chat::in_memory().await;
    let anna = Visitor::enter(&chat).await;
    let contact =
        Keyboard::Contact { label: "Отправить мой номер".to_owned(), skip: Some("Пропустить".to_owned()) };
    chat.send(&anna.account(), Message { keyboard: contact, ..message("Ваш номер?") }).await;
    assert_eq!(anna.page().await[0]["contact"], json!({"label": "Отправить мой номер", "skip": "Пропустить"}));
    let posting = tokio::spawn({
        let anna = anna.clone();
        async move { anna.post("contact", json!({"act": "act-number-1", "text": "+7 916 123-45-67"})).await }
    });
    let incoming = chat.next().await;
    assert_eq!(text_of(&incoming).0, "+7 916 123-45-67", "nobody has verified it, so it is no contact card");
    assert_eq!(anna.page().await[1]["unverified"], json!(true), "and the page says so");
    incoming.kept.send(Ok(())).unwrap();
    assert_eq!(posting.await.unwrap(), StatusCode::NO_CONTENT);
    chat.send(&anna.account(), Message { remove_keyboard: true, ..message("Спасибо") }).await;
    assert_eq!(anna.page().await[0]["contact"], Value::Null);
}

#[tokio::test]
async fn what_was_sent_is_kept_although_the_browser_goes_away_at_once() {
    let mut chat = Chat::in_memory().await;
    let anna = Visitor::enter(&chat).await;
    let posting = tokio::spawn({
        let anna = anna.clone();
        async move { anna.post("text", json!({"act": "act-number-1", "text": "https://a.b и <b>"})).await }
    });
    let incoming = chat.next().await;
    posting.abort();
    assert!(posting.await.unwrap_err().is_cancelled());
    tokio::time::sleep(Duration::from_millis(50)).await;
    incoming.kept.send(Ok(())).unwrap();
    let mut letters = anna.listen().await;
    let mut letter = letters.next("letters").await[0].clone();
    while letter["open"] == json!(true) {
        letter = letters.next("letter").await;
    }
    assert!(letter["at"].as_i64().unwrap() > 1_700_000_000, "{letter}");
    assert!(
        letter["html"].as_str().unwrap().contains("href=\"https://a.b\"") && letter["html"].as_str().unwrap().ends_with(" и &lt;b&gt;")
    );
}

#[tokio::test]
async fn a_door_for_one_person_makes_everybody_that_person_and_others_nobody_else() {
    let store = Arc::new(Store::memory().unwrap());
    let web = Web::new("web", Numbers::Typed, None);
    web.attach(&store);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = format!("http://{}/", listener.local_addr().unwrap());
    let router = axum::Router::new().nest("/hr/", web.router_of("hr")).nest("/chat/", web.router());
    tokio::spawn(async move { axum::serve(listener, router).await });
    for (path, is_hr) in [("hr/", true), ("chat/", false), ("hr/", true)] {
        let client = Client::builder().no_proxy().build().unwrap();
        let entered = client.post(format!("{site}{path}enter")).header("sec-fetch-site", "same-origin").send().await.unwrap();
        let cookie = entered.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert_eq!(cookie.starts_with("usher-web=hr."), is_hr, "{cookie}");
        assert!(!cookie.contains("Path="), "each path makes its browsers known for itself");
    }
}

#[tokio::test]
async fn nobody_speaks_for_another_and_no_other_site_speaks_at_all() {
    let chat = Chat::in_memory().await;
    let (anna, boris) = (Visitor::enter(&chat).await, Visitor::enter(&chat).await);
    assert_ne!(anna.account(), boris.account());
    chat.send(&anna.account(), message("Тайна")).await;
    assert_eq!(boris.page().await, json!([]));

    let signature = boris.cookie.split('.').nth(1).unwrap();
    let forged = Visitor { cookie: format!("usher-web={}.{signature}", anna.account()), ..boris.clone() };
    let body = json!({"act": "act-number-1", "text": "x"});
    for visitor in [forged, Visitor { cookie: String::new(), ..boris.clone() }] {
        assert_eq!(visitor.post("text", body.clone()).await, StatusCode::UNAUTHORIZED);
        let events = visitor.client.get(format!("{}events", chat.site)).header("cookie", &visitor.cookie).send().await.unwrap();
        assert_eq!(events.status(), StatusCode::UNAUTHORIZED);
    }
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "http://evil.example"), ("x-none", "")]
    {
        for what in ["text", "contact", "enter"] {
            let request = anna.client.post(format!("{}{what}", chat.site)).header("cookie", &anna.cookie).header(name, value);
            assert_eq!(request.json(&body).send().await.unwrap().status(), StatusCode::FORBIDDEN, "{what} {name} {value}");
        }
    }
}

#[tokio::test]
async fn what_no_page_sends_is_refused() {
    let chat = Chat::in_memory().await;
    let anna = Visitor::enter(&chat).await;
    for (what, body, status) in [
        ("text", json!({"act": "act-number-1", "text": "  "}), 422),
        ("text", json!({"act": "act-number-1", "text": "я".repeat(4097)}), 422),
        ("text", json!({"act": "act/../1", "text": "x"}), 422),
        ("press", json!({"act": "act-number-1", "token": "t".repeat(65), "message": 1}), 422),
        ("text", json!({"act": "act-number-1", "text": "x".repeat(40_000)}), 413),
    ] {
        assert_eq!(anna.post(what, body).await.as_u16(), status, "{what}");
    }
}

#[tokio::test]
async fn the_page_runs_nothing_but_its_own_script_and_is_small() {
    let chat = Chat::in_memory().await;
    let titles = [("ru".to_owned(), "Персонал".to_owned()), ("en".to_owned(), "Staff <1>".to_owned())];
    let menus = Menus { language: "ru".to_owned(), titles: titles.into(), ..Menus::default() };
    chat.channel.set_up(&menus).await.unwrap();
    let anna = Visitor::enter(&chat).await;
    let mut bytes = 0;
    for path in ["", "style.css", "script.js"] {
        let answer = anna.client.get(format!("{}{path}", chat.site)).header("accept-language", "en-GB,ru;q=0.5").send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!answer.headers().contains_key("set-cookie"), "a visit from a link would replace the account");
        let text = answer.text().await.unwrap();
        bytes += text.len();
        if path.is_empty() {
            assert!(text.contains("<title>Staff &lt;1&gt;</title>"), "{text}");
            assert!(text.contains("lang=\"en\"") && text.contains("Your message") && !text.contains(['{', '}']), "{text}");
        }
    }
    assert!(bytes < 60_000, "{bytes}");
}

impl Visitor {
    async fn upload(&self, query: &str, kind: &str, bytes: Vec<u8>, site: &str) -> StatusCode {
        let request = self.client.post(format!("{}file?{query}", self.site)).header("cookie", &self.cookie);
        request.header("sec-fetch-site", site).header("content-type", kind).body(bytes).send().await.unwrap().status()
    }
}

#[tokio::test]
async fn a_file_is_handed_in_and_can_be_read_until_the_process_ends() {
    let mut chat = Chat::in_memory().await;
    let visitor = Visitor::enter(&chat).await;
    let bytes = vec![7; 3 << 20];
    let sending = {
        let (visitor, bytes) = (visitor.clone(), bytes.clone());
        tokio::spawn(async move {
            visitor.upload("act=act-0001&name=..%2F%D1%84%D0%BE%D1%82%D0%BE.jpg", "image/jpeg", bytes, "same-origin").await
        })
    };
    let incoming = chat.next().await;
    let EventKind::Acted { act: Act::SharedFile { file, album: None, .. }, .. } = incoming.kind else { panic!("a file was sent") };
    incoming.kept.send(Ok(())).unwrap();
    assert_eq!(sending.await.unwrap(), StatusCode::NO_CONTENT);
    let id = file.held_by("web").unwrap();
    assert_eq!((file.name.as_str(), file.kind.as_str(), file.size), ("фото.jpg", "image/jpeg", 3 << 20));
    assert_eq!(visitor.page().await[0]["html"], "📎 фото.jpg");
    for _ in 0..2 {
        let opened = chat.channel.open(id).await.unwrap();
        assert_eq!(opened.size, 3 << 20);
        let pieces: Vec<_> = opened.pieces.try_collect().await.unwrap();
        assert!(pieces.concat() == bytes);
    }
    let restarted = Channel::Web(Web::new("web", Numbers::Typed, None));
    assert_eq!(restarted.open(id).await.err(), Some(Unopened::Gone));
}

#[tokio::test]
async fn a_file_of_a_stranger_or_too_large_or_without_a_name_is_not_taken() {
    let chat = Chat::in_memory().await;
    let visitor = Visitor::enter(&chat).await;
    let stranger = Visitor { cookie: String::new(), ..visitor.clone() };
    let named = "act=act-0001&name=a.pdf";
    assert_eq!(stranger.upload(named, "application/pdf", vec![1], "same-origin").await, StatusCode::UNAUTHORIZED);
    assert_eq!(visitor.upload(named, "application/pdf", vec![1], "cross-site").await, StatusCode::FORBIDDEN);
    assert_eq!(visitor.upload(named, "application/pdf", vec![0; (20 << 20) + 1], "same-origin").await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(visitor.upload(named, "application/pdf", Vec::new(), "same-origin").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(visitor.upload("act=act-0001&name=%2F", "a/b", vec![1], "same-origin").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(visitor.upload("act=x&name=a", "a/b", vec![1], "same-origin").await, StatusCode::UNPROCESSABLE_ENTITY);
}

impl Visitor {
    async fn shown(&self, number: u64) -> reqwest::Response {
        self.client.get(format!("{}shown/{number}", self.site)).header("cookie", &self.cookie).send().await.unwrap()
    }
}

#[tokio::test]
async fn a_message_shows_a_file_to_its_reader_alone_and_never_as_a_page() {
    let chat = Chat::in_memory().await;
    let (visitor, other) = (Visitor::enter(&chat).await, Visitor::enter(&chat).await);
    let png = b"\x89PNG\r\n\x1a\nqr".to_vec();
    let with = |file: File, shown| {
        let file = Some(Box::new(Attached { file, shown }));
        Message { html: "<b>Вот</b>".to_owned(), file, ..Message::default() }
    };
    let account = visitor.account();
    chat.send(&account, with(File::made("qr.png", "image/png", png.clone()).unwrap(), Shown::Photo)).await;
    let page = File::made("данные \"1\".html", "text/html", b"<script>alert(1)</script>".to_vec()).unwrap();
    chat.send(&account, with(page, Shown::Document)).await;

    let letters = visitor.page().await;
    assert_eq!(
        letters[0]["file"],
        json!({"picture": true, "name": "qr.png", "size": 10}),
        "where it is, and what is in it, is not for the page"
    );
    assert_eq!(letters[1]["file"]["picture"], false);
    let picture = visitor.shown(1).await;
    let headers = picture.headers().clone();
    assert_eq!((headers["content-type"].to_str().unwrap(), headers["x-content-type-options"].to_str().unwrap()), ("image/png", "nosniff"));
    assert!(headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert_eq!(picture.bytes().await.unwrap(), png);
    let kept = visitor.shown(2).await;
    let headers = kept.headers().clone();
    assert_eq!(headers["content-type"], "application/octet-stream");
    assert!(headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename*=UTF-8''%D0%B4"), "{headers:?}");
    assert_eq!(kept.bytes().await.unwrap().as_ref(), b"<script>alert(1)</script>");

    assert_eq!(other.shown(1).await.status(), StatusCode::NOT_FOUND, "it is in another person's mailbox");
    assert_eq!(Visitor { cookie: String::new(), ..visitor.clone() }.shown(1).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(visitor.shown(3).await.status(), StatusCode::NOT_FOUND);

    // Edited, it goes on showing the file; deleted, it does not.
    let of = MessageRef::Native("1".to_owned());
    chat.perform(&account, EffectKind::Edit { of: of.clone(), message: Message { html: "Потом".to_owned(), ..Message::default() } }).await;
    assert_eq!((&visitor.page().await[0]["html"], &visitor.page().await[0]["file"]["name"]), (&json!("Потом"), &json!("qr.png")));
    chat.perform(&account, EffectKind::Delete { of }).await;
    assert_eq!(visitor.shown(1).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_location_is_shared_by_the_button_and_asked_for_no_more() {
    let mut chat = Chat::in_memory().await;
    let visitor = Visitor::enter(&chat).await;
    let keyboard = Keyboard::Location { label: "Я здесь".to_owned(), skip: Some("Пропустить".to_owned()) };
    chat.send(&visitor.account(), Message { html: "Где вы?".to_owned(), keyboard, ..Message::default() }).await;
    let rows = json!([[{"label": "Я здесь", "does": {"locate": ""}}, {"label": "Пропустить", "does": {"say": "Пропустить"}}]]);
    assert_eq!(visitor.page().await[0]["rows"], rows);
    assert_eq!(visitor.post("location", json!({"act": "act-0001", "text": "at home"})).await, StatusCode::UNPROCESSABLE_ENTITY);
    let sending = {
        let visitor = visitor.clone();
        tokio::spawn(async move { visitor.post("location", json!({"act": "act-0001", "text": "55.751244, -37.5"})).await })
    };
    let incoming = chat.next().await;
    let EventKind::Acted { act: Act::SharedLocation { latitude, longitude, .. }, .. } = incoming.kind else {
        panic!("a location was sent")
    };
    assert_eq!((latitude.to_string().as_str(), longitude.to_string().as_str()), ("55.751244", "-37.5"));
    incoming.kept.send(Ok(())).unwrap();
    assert_eq!(sending.await.unwrap(), StatusCode::NO_CONTENT);
    chat.send(&visitor.account(), Message { html: "Спасибо".to_owned(), remove_keyboard: true, ..Message::default() }).await;
    assert_eq!(visitor.page().await[0]["rows"], json!([]));
}
