//! A company of a hundred thousand: how soon the bot is ready, and what memory it takes, with that many people in its store, to a
//! thousand of whom a process that died had still something to send.
//!
//! `cargo test --release --test scale -- --ignored --nocapture` prints the figures. Times are told and not judged, for they depend on
//! the machine; the first start reads what was written since the store's last snapshot of itself, here nearly all. The memory that the
//! bot may take is a promise. `USHER_SCALE` asks for another number of people.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support {
    pub mod botapi;
    pub mod registration;
    pub mod shipped;
}

#[path = "crowd/bot.rs"]
mod bot;
#[path = "crowd/load.rs"]
mod load;
#[path = "crowd/people.rs"]
mod people;

use std::time::{Duration, Instant};

use bot::Bot;
use support::botapi::BotApi;

/// People in the store, unless told otherwise.
const STORED: usize = 100_000;
/// People who register at the same time.
const REGISTERING: i64 = 200;
/// What the bot may take, in MiB, when nothing happens and at any time.
const IDLE: f64 = 60.0;
const PEAK: f64 = 256.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; run by tests/full"]
async fn a_hundred_thousand_people_in_the_store() {
    let stored = std::env::var("USHER_SCALE").ok().and_then(|people| people.parse().ok()).unwrap_or(STORED);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let began = Instant::now();
    let written = people::store(&folder.path().join("data"), stored).await;
    tell("people stored", &format!("{stored}, {} bytes each before encryption", written.bytes_a_person));
    tell("stored in", &seconds(began.elapsed()));
    tell("on the disk", &format!("{:.0} MiB", written.on_disk));

    let (api, erp) = (BotApi::start().await, bot::erp().await);
    let (bot, started) = Bot::start(folder.path(), &api, &erp);
    let ready = first_poll(&api, started).await;
    tell("from the first start to the first getUpdates", &format!("{}, of it {} of processor", seconds(ready), seconds(bot.worked())));
    tell("resident when it was ready", &megabytes(bot.resident()));
    let unfinished = people::UNFINISHED.min(stored);
    let mut sent = Vec::new();
    while sent.len() < unfinished {
        sent = api.expect_calls("sendMessage", (sent.len() + 100).min(unfinished)).await;
    }
    let first = sent[0].at.duration_since(started);
    let last = sent.last().unwrap().at.duration_since(started);
    let figures = format!("{} and {}, at the pace that Telegram allows", seconds(first), seconds(last));
    tell(&format!("from the first start to the first and the last of {unfinished} messages left unsent"), &figures);

    let began = Instant::now();
    load::register_at_once(&api, REGISTERING).await;
    tell(&format!("{REGISTERING} people registered at once in"), &seconds(began.elapsed()));
    let peak = bot.peak();
    tell("resident at the peak", &megabytes(peak));
    tell("resident afterwards", &megabytes(bot.resident()));
    assert_eq!(bot.stop(), Some(0), "it was stopped as an operator does");

    let api = BotApi::start().await;
    let (bot, started) = Bot::start(folder.path(), &api, &erp);
    let ready = first_poll(&api, started).await;
    tell("from the second start to the first getUpdates", &format!("{}, of it {} of processor", seconds(ready), seconds(bot.worked())));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let idle = bot.resident();
    tell("resident when idle for 10 s", &megabytes(idle));
    assert_eq!(bot.stop(), Some(0), "it was stopped as an operator does");

    assert!(idle <= IDLE, "idle it takes {idle:.1} MiB");
    assert!(peak <= PEAK, "at its peak it takes {peak:.1} MiB");
}

/// How long after its start the bot asked for updates for the first time.
async fn first_poll(api: &BotApi, started: Instant) -> Duration {
    api.expect_calls("getUpdates", 1).await[0].at.duration_since(started)
}

fn tell(what: &str, figure: &str) {
    println!("| {what} | {figure} |");
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn megabytes(mebibytes: f64) -> String {
    format!("{mebibytes:.1} MiB")
}
