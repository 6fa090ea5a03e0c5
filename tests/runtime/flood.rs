//! Whoever writes too fast: what is dropped is counted, stays dropped over a restart, and concerns nobody else.

use std::sync::Arc;

use usher::engine::{Act, EventId, RecordId};
use usher::flow::{Installation, MessageLimit};
use usher::store::Store;

use crate::support::botapi::BotApi;
use crate::{FILES, House, in_memory, library_of, opened, said};

/// So slow that nothing comes back while a test runs.
const HOUR: i64 = 60 * 60 * 1000;

async fn begin(store: &Arc<Store>, api: &BotApi) -> House {
    let messages = Some(MessageLimit { burst: 5, refill: HOUR, notice: HOUR });
    House::of(library_of(FILES, Installation { messages, ..Installation::default() }), store, api).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_floods_is_answered_a_few_times_told_once_and_counted() {
    let (api, store) = (BotApi::start().await, in_memory());
    let mut house = begin(&store, &api).await;
    (1..=2).for_each(|account| opened(&api, account));
    for _ in 0..30 {
        house.write(1, "/status").await.unwrap();
    }
    house.is_idle().await;
    let told = said(&api, 1);
    assert_eq!(told.len(), 6, "{told:?}");
    assert_eq!(told[5], "Слишком много сообщений подряд. Подождите 3600 с, ответы сохранены.");
    assert_eq!(house.runtime.counters().counts().dropped, 25);
    house.write(2, "/status").await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, 2).len(), 1, "nobody else has to wait");
    house.stop().await;

    let house = begin(&store, &api).await;
    for n in 0..10 {
        house.hand_in(EventId(format!("later/{n}")), 1, "/status").await.unwrap();
    }
    let press = Act::Pressed { token: "f.word".to_owned(), press: "press".to_owned(), message: None };
    house.act(EventId("later/press".to_owned()), 1, press).await.unwrap();
    house.is_idle().await;
    assert_eq!((said(&api, 1).len(), house.runtime.counters().counts().dropped), (6, 11), "a restart is no way around it");
    assert_eq!(store.load(&RecordId::person("tg", "1")).await.unwrap().unwrap().flood.dropped, 36);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_handed_in_twice_is_dropped_once() {
    let (api, store) = (BotApi::start().await, in_memory());
    let mut house = begin(&store, &api).await;
    opened(&api, 1);
    for _ in 0..5 {
        house.write(1, "/status").await.unwrap();
    }
    for _ in 0..3 {
        house.hand_in(EventId("tg/7".to_owned()), 1, "/status").await.unwrap();
    }
    house.is_idle().await;
    assert_eq!(house.runtime.counters().counts().dropped, 1);
    house.stop().await;
}
