//! The ERP is off in the middle: nobody types anything twice, all are served when it is back, and those who look after the bot hear of it
//! once at the beginning and once at the end.
//!
//! `USHER_OUTAGE=600 cargo test --test bot the_erp_is_off -- --nocapture` takes ten minutes for it, over the shipped flows as they are.

use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::task::JoinSet;

use super::registrants::{OFFICE, ROLES, Tally, impatient_bot, judge_person, number, register};
use crate::{Arc, Bot, BotApi, Duration, Erp, Profile, json};

/// How long the ERP is off, if nothing else is said: seconds.
const OUTAGE: usize = 8;

/// From here on it is long enough for the shipped flows, which try again after a minute, and later after five and fifteen.
const LONG: usize = 60;

/// It goes off so long after the first have come.
const BEFORE: Duration = Duration::from_secs(3);

/// What each is asked once.
const ASKED: [&str; 5] = ["Шаг 1 из", "Шаг 2 из", "Шаг 3 из", "Шаг 4 из", "Проверьте данные:"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_erp_is_off_in_the_middle_and_nobody_types_anything_twice() {
    let seconds = number("USHER_OUTAGE", OUTAGE);
    let outage = Duration::from_secs(seconds as u64);
    let (api, erp) = (Arc::new(BotApi::start().await), Arc::new(Erp::start(Profile::Extended).await));
    api.user(OFFICE, "Анна", "ru").write("/help");
    let mut bot =
        if seconds < LONG { impatient_bot(&api, &erp, Profile::Extended) } else { Bot::start_with(&api, &erp, "extended", ROLES) };
    let people = if seconds < LONG { 12 } else { 60 };
    let tally = Arc::new(Tally::new(Duration::from_hours(1)));
    let mut registering = JoinSet::new();
    for number in 0..people {
        let (api, erp, tally) = (Arc::clone(&api), Arc::clone(&erp), Arc::clone(&tally));
        registering.spawn(async move {
            // They come all the time: before it is off, while it is, and when it is back.
            tokio::time::sleep((outage + 2 * BEFORE) * number / people).await;
            register(&api, &erp, 1_001 + i64::from(number), Profile::Extended, &tally).await;
        });
    }
    tokio::time::sleep(BEFORE).await;
    assert_eq!(erp.post("/_demo/faults", json!({ "next": 1, "refuse": true, "delay_ms": seconds * 1000 })).await, 204);
    let back = Instant::now() + outage;
    tokio::time::sleep(outage).await;
    let served = tally.active.load(Ordering::Relaxed);
    while let Some(ended) = registering.join_next().await {
        ended.unwrap();
    }
    println!(
        "— the ERP off for {seconds} s — {people} people: {served} served before it was back, the last {:.0} s after",
        back.elapsed().as_secs_f64()
    );
    let told = |begin: &str| api.chat(OFFICE).messages.iter().filter(|message| message.text.starts_with(begin)).count();
    api.expect(OFFICE, "the end of the outage", |chat| chat.said().iter().any(|text| text.starts_with("ERP снова отвечает")).then_some(()))
        .await;
    assert_eq!((told("ERP не отвечает"), told("ERP снова отвечает")), (1, 1), "{:#?}", api.chat(OFFICE).said());
    assert_eq!(bot.stop(), Some(0));
    let staff = erp.get("/_demo/staff").await;
    for account in (0..people).map(|number| 1_001 + i64::from(number)) {
        judge_person(&api, staff.as_array().unwrap(), account, Profile::Extended);
        let chat = api.chat(account);
        for begin in ASKED {
            let times = chat.messages.iter().filter(|message| message.by_bot && message.text.starts_with(begin)).count();
            assert_eq!(times, 1, "{account} was asked «{begin}» {times} times");
        }
    }
    assert_eq!(staff.as_array().unwrap().len(), usize::try_from(people).unwrap());
    assert!(served < usize::try_from(people).unwrap(), "nobody met the outage");
    assert_eq!(*tally.nudges.lock().unwrap(), [""; 0]);
}
