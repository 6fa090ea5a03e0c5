//! Events of other systems: kept before they are confirmed, taken once, by whoever waits or may be begun with.

use serde_json::{Map, Value, json};
use usher::flow::Installation;
use usher::runtime::NotTaken;

use crate::support::botapi::BotApi;
use crate::{House, library_of, on_disk, opened, said};

const FILES: &[(&str, &str)] = &[
    (
        "flows/bot.yaml",
        "bot: Проба\nlanguages: [ru]\ntimezone: UTC\nperson: { order: integer }\nevents: { shop.paid: { order: integer }, shop.shut: {} }\n",
    ),
    (
        "flows/order.yaml",
        "flow: order\ntitle: Заказ\nstart: { command: start }\nfor: anyone\nsteps:\n  number: { ask: \"Номер?\", type: integer }\n  \
         paid:\n    wait: { event: shop.paid, match: { order: number } }\n    tell: \"Жду оплаты.\"\n    timeout: { after: 2d, go: late }\n  \
         thanks: { say: \"Оплачено: {{ paid.order }}\", end: done }\n  late: { say: \"Поздно.\", end: late }\n",
    ),
    (
        "flows/known.yaml",
        "flows:\n  know:\n    title: Запомнить\n    start: { command: know }\n    for: anyone\n    steps: { set: { set: { person.order: 7 } }, z: { \
         say: \"Запомнил.\", end: done } }\n  paid:\n    title: Оплата\n    start: { event: shop.paid, match: { person.order: event.order } }\n    \
         for: anyone\n    steps: { z: { say: \"Ваш заказ оплачен.\", end: done } }\n",
    ),
];

fn order(number: i64) -> Map<String, Value> {
    json!({ "order": number }).as_object().cloned().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_confirmed_reaches_whoever_waits_though_the_process_dies() {
    let folder = tempfile::tempdir().unwrap();
    let api = BotApi::start().await;
    let store = on_disk(folder.path());
    let begin = || House::with(library_of(FILES, Installation::default()), &store, &api, "http://127.0.0.1:9");
    let mut house = begin();
    for account in 1..=3 {
        opened(&api, account);
        house.write(account, "/start").await.unwrap();
        house.write(account, &account.to_string()).await.unwrap();
    }
    house.is_idle().await;
    house.runtime.events().report("shop.paid", "e1", &order(2)).await.unwrap();
    // As good as a kill.
    drop(house);
    let house = begin();
    house.is_idle().await;
    // The other system has heard nothing and reports again.
    house.runtime.events().report("shop.paid", "e1", &order(2)).await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, 2).iter().filter(|line| *line == "Оплачено: 2").count(), 1, "{:?}", said(&api, 2));
    for other in [1, 3] {
        assert!(!said(&api, other).iter().any(|line| line.starts_with("Оплачено")), "{:?}", said(&api, other));
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_begins_a_flow_for_the_people_it_concerns_once() {
    let folder = tempfile::tempdir().unwrap();
    let api = BotApi::start().await;
    let store = on_disk(folder.path());
    let mut house = House::with(library_of(FILES, Installation::default()), &store, &api, "http://127.0.0.1:9");
    for account in 1..=2 {
        opened(&api, account);
    }
    house.write(1, "/know").await.unwrap();
    house.write(2, "/start").await.unwrap();
    house.is_idle().await;
    for _ in 0..2 {
        house.runtime.events().report("shop.paid", "e7", &order(7)).await.unwrap();
    }
    house.is_idle().await;
    assert_eq!(said(&api, 1), ["Запомнил.", "Ваш заказ оплачен."]);
    assert_eq!(said(&api, 2), ["Номер?"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_event_is_refused_without_telling_its_values() {
    let api = BotApi::start().await;
    let folder = tempfile::tempdir().unwrap();
    let store = on_disk(folder.path());
    let house = House::with(library_of(FILES, Installation::default()), &store, &api, "http://127.0.0.1:9");
    let events = house.runtime.events();
    for (event, fields, why) in [
        ("shop.pid", json!({}), "there is no event \"shop.pid\""),
        ("shop.paid", json!({}), "the field \"order\" is missing"),
        ("shop.paid", json!({ "order": 1, "sum": 2 }), "the event \"shop.paid\" has no field \"sum\""),
        ("shop.paid", json!({ "order": "secret" }), "the field \"order\" must be a whole number"),
    ] {
        let told = events.report(event, "e", fields.as_object().unwrap()).await;
        assert_eq!(told, Err(NotTaken::Wrong(why.to_owned())));
    }
    house.stop().await;
}
