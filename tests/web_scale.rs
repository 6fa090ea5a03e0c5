//! Many web chats open at once on one process: what memory they take, and how soon a message is on the page.
//!
//! `cargo test --release --test web_scale -- --ignored --nocapture` prints the figures for a thousand of them, and for the page itself.
//! Times depend on the machine and on what else it does: those of a push are judged by the middle one, those of the page by the
//! quickest. `USHER_CHATS` asks for another number of chats.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, reason = "what tests share is more than each of them needs")]

mod support {
    pub mod browser;
    pub mod browser_demo;
    pub mod browser_process;
}

use std::time::{Duration, Instant};

use reqwest::{Client, Response};
use serde_json::json;
use support::browser::{Browser, DESKTOP, Look};
use support::browser_demo::Demo;
use tokio::time::timeout;

/// Chats open at once, unless told otherwise.
const CHATS: usize = 1000;
/// What the process may take with them, in MiB.
const MEMORY: f64 = 150.0;
const PATIENCE: Duration = Duration::from_mins(1);

/// One open page.
struct Chat {
    client: Client,
    site: String,
    cookie: String,
    events: Response,
    read: Vec<u8>,
}

impl Chat {
    async fn open(client: &Client, site: &str) -> Self {
        let entered = client.post(format!("{site}/chat/enter")).header("sec-fetch-site", "same-origin").send().await.unwrap();
        let cookie = entered.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let events = client.get(format!("{site}/chat/events")).header("cookie", &cookie).send().await.unwrap();
        let mut chat = Self { client: client.clone(), site: site.to_owned(), cookie, events, read: Vec::new() };
        chat.hears("event: letters").await;
        chat
    }

    /// Writes something and waits until the bot's answer is on the page; how long that took.
    async fn says(&mut self, act: &str, text: &str, answer: &str) -> Duration {
        let began = Instant::now();
        let post = self.client.post(format!("{}/chat/text", self.site)).header("cookie", &self.cookie);
        let post = post.header("sec-fetch-site", "same-origin").json(&json!({ "act": act, "text": text })).send();
        let posting = tokio::spawn(post);
        self.hears(answer).await;
        let took = began.elapsed();
        assert!(posting.await.unwrap().unwrap().status().is_success());
        took
    }

    async fn hears(&mut self, words: &str) {
        let heard = async {
            loop {
                if let Some(at) = self.read.windows(words.len()).position(|part| part == words.as_bytes()) {
                    self.read.drain(..at + words.len());
                    return;
                }
                self.read.extend_from_slice(&self.events.chunk().await.unwrap().expect("the page was left alone"));
            }
        };
        timeout(PATIENCE, heard).await.unwrap_or_else(|_| panic!("«{words}» never came"));
    }
}

/// Opens so many, says something in each, one after the other and then in twenty at a time; how long the answers took.
async fn talk(site: &str, chats: usize) -> (Vec<Chat>, Vec<Duration>, Vec<Duration>) {
    let client = Client::builder().no_proxy().build().unwrap();
    let mut open = Vec::with_capacity(chats);
    for _ in 0..chats {
        open.push(Chat::open(&client, site).await);
    }
    let mut alone = Vec::with_capacity(chats);
    for chat in &mut open {
        alone.push(chat.says("act-number-1", "/start", "Здравствуйте!").await);
    }
    let mut together = Vec::with_capacity(chats);
    let mut spoken = Vec::with_capacity(chats);
    while !open.is_empty() {
        let twenty = open.split_off(open.len().saturating_sub(20)).into_iter().map(|mut chat| {
            tokio::spawn(async move {
                let took = chat.says("act-number-2", "/help", "Я провожу через регистрацию").await;
                (chat, took)
            })
        });
        for spoke in twenty.collect::<Vec<_>>() {
            let (chat, took) = spoke.await.unwrap();
            spoken.push(chat);
            together.push(took);
        }
    }
    alone.sort_unstable();
    together.sort_unstable();
    (spoken, alone, together)
}

/// What a process holds in memory, in MiB: now, and at its peak.
fn memory(process: u32) -> (f64, f64) {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    };
    (line("VmRSS:"), line("VmHWM:"))
}

fn tell(what: &str, figure: &str) {
    println!("| {what} | {figure} |");
}

fn spread(times: &[Duration]) -> String {
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    format!("{:.1} ms in the middle, {:.1} ms of a hundredth, {:.1} ms at most", at(50), at(99), at(100))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_chats_are_open_at_once_and_each_hears_its_own_answers() {
    let demo = Demo::start("ru");
    let (chats, alone, together) = talk(&demo.site, 50).await;
    assert_eq!((chats.len(), alone.len(), together.len()), (50, 50, 50));
    let (_, peak) = memory(demo.id());
    assert!(peak < MEMORY, "{peak:.1} MiB");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute; its times are told and judged by people; run by tests/full"]
async fn a_thousand_chats_are_open_at_once() {
    let chats = std::env::var("USHER_CHATS").ok().and_then(|chats| chats.parse().ok()).unwrap_or(CHATS);
    let demo = Demo::start("ru");
    tell("resident before the first chat", &format!("{:.1} MiB", memory(demo.id()).0));
    let began = Instant::now();
    let (open, alone, together) = talk(&demo.site, chats).await;
    tell("web chats open at once", &format!("{}, after {:.1} s", open.len(), began.elapsed().as_secs_f64()));
    let (now, peak) = memory(demo.id());
    tell("resident with them, now and at the peak", &format!("{now:.1} and {peak:.1} MiB"));
    tell("from a message to its answer on the page, one at a time (target: 200 ms)", &spread(&alone));
    tell("the same, twenty at a time", &spread(&together));
    assert!(peak <= MEMORY, "{peak:.1} MiB");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "its times are told and judged by people; run by tests/full"]
async fn the_page_is_usable_at_once() {
    let demo = Demo::start("ru");
    let browser = Browser::start().await;
    browser.look(Look { window: DESKTOP, scheme: "light", languages: "ru" }).await;
    let mut times = Vec::new();
    for _ in 0..11 {
        browser.open(&format!("{}/chat/", demo.site)).await;
        let usable = "return performance.getEntriesByName('usable')[0]?.startTime ?? null";
        let mut time = browser.run(usable).await;
        while time.is_null() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            time = browser.run(usable).await;
        }
        times.push(time.as_f64().unwrap());
    }
    times.sort_unstable_by(f64::total_cmp);
    tell(
        "from the navigation to a chat that is connected and drawn (target: 100 ms)",
        &format!("{:.0} ms in the middle, {:.0} ms at most", times[5], times[10]),
    );
    browser.quit().await;
}
