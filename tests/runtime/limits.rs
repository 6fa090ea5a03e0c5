//! A step that counts by a value: however many come at the same moment, and whatever dies meanwhile, no place is given twice.

use std::sync::Arc;

use usher::engine::RecordId;
use usher::flow::{Installation, Library};
use usher::store::Store;

use crate::support::botapi::BotApi;
use crate::{House, in_memory, library_of, opened, said};

/// A bot with two seats in each row.
const FILES: &[(&str, &str)] = &[
    ("flows/bot.yaml", "bot: Проба\nlanguages: [ru]\n"),
    (
        "flows/seat.yaml",
        "flow: seat\ntitle: Место\nstart: { command: seat }\nfor: anyone\nsteps:\n  row: { ask: \"Какой ряд?\" }\n  \
         taken: { limit: { max: 2, per: 9d, by: row, say: \"Занято.\", end: full }, set: { row: row } }\n  \
         sits: { say: \"Сидите в ряду {{ taken.row }}.\", end: seated }\n",
    ),
];

fn bot() -> Library {
    library_of(FILES, Installation::default())
}

async fn begin(store: &Arc<Store>, api: &BotApi) -> House {
    House::of(bot(), store, api).await
}

fn answers(api: &BotApi, people: i64, answer: &str) -> usize {
    (1..=people).filter(|account| said(api, *account).last().is_some_and(|last| last == answer)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_places_are_given_once_however_many_come_at_the_same_moment() {
    const PEOPLE: i64 = 24;
    let (api, store) = (BotApi::start().await, in_memory());
    let mut house = begin(&store, &api).await;
    for account in 1..=PEOPLE {
        opened(&api, account);
        house.write(account, "/seat").await.unwrap();
    }
    house.is_idle().await;
    let came = (1..=PEOPLE).map(|account| house.hand_in(usher::engine::EventId(format!("row/{account}")), account, "7"));
    assert!(futures_util::future::join_all(came).await.iter().all(Result::is_ok));
    house.is_idle().await;
    assert_eq!((answers(&api, PEOPLE, "Сидите в ряду 7."), answers(&api, PEOPLE, "Занято.")), (2, 22));
    // Another row has places of its own.
    house.write(1, "/seat").await.unwrap();
    house.is_idle().await;
    house.write(1, "8").await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, 1).last().map(String::as_str), Some("Сидите в ряду 8."));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asked_for_a_place_when_the_process_died_hears_of_it_and_counts_once() {
    for pause in 0..6 {
        let (api, store) = (BotApi::start().await, in_memory());
        let mut house = begin(&store, &api).await;
        for account in 1..=3 {
            opened(&api, account);
            house.write(account, "/seat").await.unwrap();
        }
        house.is_idle().await;
        house.write(1, "7").await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        drop(house);
        let mut house = begin(&store, &api).await;
        while store.load(&RecordId::person("tg", "1")).await.unwrap().is_some_and(|record| !record.sessions.is_empty()) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        for account in 2..=3 {
            house.write(account, "7").await.unwrap();
            house.is_idle().await;
        }
        let told: Vec<_> = (1..=3).map(|account| said(&api, account).last().cloned().unwrap()).collect();
        assert_eq!(told, ["Сидите в ряду 7.", "Сидите в ряду 7.", "Занято."], "one place was taken, one was left");
        house.stop().await;
    }
}
