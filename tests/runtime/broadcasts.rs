//! A message to many: it reaches each of them once, whatever dies meanwhile, and stops when it is told to.

use std::collections::BTreeMap;
use std::time::Duration;

use usher::engine::{Record, RecordId, broadcasts_id, going};
use usher::flow::{Installation, Library, Role};
use usher::store::{Commit, IndexKey, Page, Store};

use crate::support::botapi::BotApi;
use crate::{House, in_memory, library_of, opened, said};

const BOSS: i64 = 9001;
const WORDS: &str = "Завтра <чай>";

const FILES: &[(&str, &str)] = &[
    (
        "flows/bot.yaml",
        "bot: Проба\nlanguages: [ru]\nperson: { staff: integer }\nsegments: { staff: { title: Свои, when: person.staff is not none } }\n",
    ),
    (
        "flows/send.yaml",
        "flow: send\ntitle: Рассылка\nstart: { command: send }\nfor: [boss]\nsteps:\n  what: { ask: \"Что?\" }\n  \
         go: { call: usher.broadcast, with: { segment: \"'staff'\", text: what }, outcomes: { else: failed } }\n  \
         told: { say: \"Пошло.\", end: done }\n  failed: { say: \"Не вышло.\", end: failed }\n",
    ),
    (
        "flows/stop.yaml",
        "flow: stop\ntitle: Стоп\nstart: { command: stop }\nfor: [boss]\nsteps:\n  list: { call: usher.list_broadcasts, outcomes: { else: failed } }\n  \
         which: { ask: \"{% for item in list.items %}{{ item.state }} {{ item.sent }}{% endfor %}\", choice: { from: list.items, key: item.id, label: \"{{ item.title }} {{ item.state }} {{ item.sent }}\" } }\n  \
         stop: { call: usher.stop_broadcast, with: { id: which.id }, outcomes: { else: failed } }\n  \
         told: { say: \"Стоп.\", end: done }\n  failed: { say: \"Не вышло.\", end: failed }\n",
    ),
];

fn library() -> Library {
    let role = Role { title: "Босс".to_owned(), people: vec![format!("tg:{BOSS}")], may: vec!["broadcast".to_owned()] };
    library_of(FILES, Installation { roles: BTreeMap::from([("boss".to_owned(), role)]), ..Installation::default() })
}

/// So many people of whom every second belongs to the segment.
async fn people(store: &Store, api: &BotApi, count: i64) {
    opened(api, BOSS);
    for account in 1..=count {
        opened(api, account);
        let mut record = Record::new(RecordId::person("tg", &account.to_string()));
        record.version = 1;
        record.person.language = Some("ru".to_owned());
        if account % 2 == 0 {
            record.person.fields.insert("staff".to_owned(), usher::expr::Value::Integer(account));
        }
        let keys = IndexKey::all_of(&record);
        store.commit(Commit { record, expected: 0, wake: None, keys, facts: Vec::new() }).await.unwrap();
    }
}

async fn order(house: &mut House, from: &str) {
    for (n, text) in ["/send", WORDS].into_iter().enumerate() {
        house.hand_in(usher::engine::EventId(format!("{from}/{n}")), BOSS, text).await.unwrap();
        house.is_idle().await;
    }
}

async fn goes_on(store: &Store) -> bool {
    store.load(&broadcasts_id()).await.unwrap().as_ref().and_then(going).is_some()
}

async fn until_over(store: &Store) {
    for _ in 0..1200 {
        if !goes_on(store).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it never came to its end");
}

fn got(api: &BotApi, account: i64) -> usize {
    said(api, account).iter().filter(|text| text.as_str() == WORDS).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_of_the_segment_gets_it_once_and_nobody_else() {
    const PEOPLE: i64 = 40;
    let (api, store) = (BotApi::start().await, in_memory());
    people(&store, &api, PEOPLE).await;
    let mut house = House::of(library(), &store, &api).await;
    order(&mut house, "first").await;
    assert_eq!(said(&api, BOSS).last().map(String::as_str), Some("Пошло."));
    until_over(&store).await;
    house.is_idle().await;
    for account in 1..=PEOPLE {
        assert_eq!(got(&api, account), usize::from(account % 2 == 0), "{account}");
    }
    house.write(BOSS, "/stop").await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, BOSS).last().map(String::as_str), Some("done 20"));
    let facts = store.journal(&broadcasts_id(), &Page::first(100)).await.unwrap().items;
    assert!(format!("{facts:?}").contains("usher.broadcast"), "who ordered it is remembered: {facts:?}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_it_goes_on_and_nobody_gets_it_from_two_turns() {
    const PEOPLE: i64 = 60;
    let (api, store) = (BotApi::start().await, in_memory());
    people(&store, &api, PEOPLE).await;
    let mut house = House::of(library(), &store, &api).await;
    order(&mut house, "first").await;
    while (1..=PEOPLE).map(|account| got(&api, account)).sum::<usize>() < 8 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // As good as a kill: nothing is waited for.
    drop(house);
    assert!(goes_on(&store).await);
    let house = House::of(library(), &store, &api).await;
    until_over(&store).await;
    house.is_idle().await;
    house.stop().await;
    for account in 1..=PEOPLE {
        let record = store.load(&RecordId::person("tg", &account.to_string())).await.unwrap().unwrap();
        assert_eq!(record.seen.len(), usize::from(account % 2 == 0), "{account} has heard of it so often");
        // One message may have been on its way at that moment, and comes again.
        assert!(if account % 2 == 0 { (1..=2).contains(&got(&api, account)) } else { got(&api, account) == 0 }, "{account}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_that_is_stopped_reaches_nobody_more() {
    const PEOPLE: i64 = 60;
    let (api, store) = (BotApi::start().await, in_memory());
    people(&store, &api, PEOPLE).await;
    let mut house = House::of(library(), &store, &api).await;
    order(&mut house, "first").await;
    house.write(BOSS, "/stop").await.unwrap();
    house.is_idle().await;
    house.write(BOSS, "1").await.unwrap();
    for _ in 0..400 {
        if !goes_on(&store).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    house.is_idle().await;
    let reached = (1..=PEOPLE).map(|account| got(&api, account)).sum::<usize>();
    assert!(reached < 30, "{reached} of 30");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((1..=PEOPLE).map(|account| got(&api, account)).sum::<usize>(), reached, "nothing more goes out");
    assert_eq!(said(&api, BOSS).last().map(String::as_str), Some("Стоп."));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_blocked_the_bot_is_marked_and_holds_up_nobody() {
    let (api, store) = (BotApi::start().await, in_memory());
    people(&store, &api, 8).await;
    api.user(4, "A", "ru").block();
    let mut house = House::of(library(), &store, &api).await;
    order(&mut house, "first").await;
    until_over(&store).await;
    house.is_idle().await;
    for _ in 0..200 {
        if store.load(&RecordId::person("tg", "4")).await.unwrap().unwrap().unreachable {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert!(store.load(&RecordId::person("tg", "4")).await.unwrap().unwrap().unreachable);
    assert_eq!([2, 6, 8].map(|account| got(&api, account)), [1, 1, 1]);
    house.stop().await;
}
