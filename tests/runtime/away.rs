//! The bot did not run for long: whoever stands at a question is asked again, once, whatever dies meanwhile.

use std::sync::Arc;

use usher::engine::{Act, Event, EventId, EventKind, Letter, Record, RecordId, Turn, Visitor, house_id, step};
use usher::expr::Time;
use usher::flow::Installation;
use usher::store::{Commit, IndexKey, Store};

use crate::support::botapi::BotApi;
use crate::{FILES, House, in_memory, library_of, opened, said};

const HOUR: i64 = 60 * 60 * 1000;
const ASKED: &str = "Какое слово?";
const BACK: &str = "Бот какое-то время не работал и снова на связи. Продолжим с того места, где остановились.";

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Time(i64::try_from(since.as_millis()).unwrap())
}

/// A turn that was made that long ago, and all of whose messages arrived.
async fn put(store: &Store, record: RecordId, ago: i64, kind: EventKind) {
    let library = library_of(FILES, Installation::default());
    let event = Event { id: EventId(format!("{}/then", record.0)), at: now().plus(-ago), seed: 7, receipts: Vec::new(), kind };
    let Turn { mut record, facts, .. } = step(&library, Record::new(record), event);
    record.outbox.clear();
    let (wake, keys) = (record.next_timer(), IndexKey::all_of(&record));
    store.commit(Commit { record, expected: 0, wake, keys, facts }).await.unwrap();
}

/// People stood at a question so many hours ago, when the bot went.
async fn went(hours: i64, people: i64) -> Arc<Store> {
    let store = in_memory();
    let alive = EventKind::Told { from: RecordId("system:runtime".to_owned()), letter: Letter::Alive };
    put(&store, house_id(), hours * HOUR, alive).await;
    for account in 1..=people {
        let act = Act::Wrote { text: "/start".to_owned(), message: "1".to_owned(), forwarded: false };
        let id = RecordId::person("tg", &account.to_string());
        put(&store, id, hours * HOUR + 1000, EventKind::Acted { who: Visitor::default(), act }).await;
    }
    store
}

async fn is_over(store: &Store, people: i64) -> bool {
    for account in 1..=people {
        let id = RecordId::person("tg", &account.to_string());
        if store.load(&id).await.unwrap().unwrap().version < 3 {
            return false;
        }
    }
    let library_says = store.load(&house_id()).await.unwrap().unwrap();
    usher::engine::house(&library_says).away.is_none()
}

async fn until_over(store: &Store, people: i64) {
    for _ in 0..600 {
        if is_over(store, people).await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let mut versions = Vec::new();
    for account in 1..=people {
        versions.push(store.load(&RecordId::person("tg", &account.to_string())).await.unwrap().unwrap().version);
    }
    let house = usher::engine::house(&store.load(&house_id()).await.unwrap().unwrap());
    panic!("not all were told: the records are at {versions:?}, and the house says {:?}", house.away);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_day_everybody_at_a_question_is_asked_again_once() {
    const PEOPLE: i64 = 20;
    let (api, store) = (BotApi::start().await, went(25, PEOPLE).await);
    (1..=PEOPLE).for_each(|account| opened(&api, account));
    let library = || library_of(FILES, Installation::default());
    let house = House::of(library(), &store, &api).await;
    until_over(&store, PEOPLE).await;
    house.is_idle().await;
    house.stop().await;
    for account in 1..=PEOPLE {
        assert_eq!(said(&api, account), [BACK, ASKED]);
    }

    let house = House::of(library(), &store, &api).await;
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    house.is_idle().await;
    house.stop().await;
    assert_eq!(said(&api, 1), [BACK, ASKED], "the next start says nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_people_are_told_the_next_start_tells_the_others() {
    const PEOPLE: i64 = 20;
    let (api, store) = (BotApi::start().await, went(30, PEOPLE).await);
    (1..=PEOPLE).for_each(|account| opened(&api, account));
    let library = || library_of(FILES, Installation::default());
    let house = House::of(library(), &store, &api).await;
    for _ in 0..600 {
        if usher::engine::house(&store.load(&house_id()).await.unwrap().unwrap()).away.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // As good as a kill: nothing is waited for.
    drop(house);
    let house = House::of(library(), &store, &api).await;
    until_over(&store, PEOPLE).await;
    house.is_idle().await;
    house.stop().await;
    for account in 1..=PEOPLE {
        let told = said(&api, account);
        // What was being sent at that moment may come twice; nobody is asked by two turns.
        assert!(told.contains(&BACK.to_owned()) && told.last().map(String::as_str) == Some(ASKED) && told.len() <= 4, "{told:?}");
        let record = store.load(&RecordId::person("tg", &account.to_string())).await.unwrap().unwrap();
        let question = record.asking().and_then(|session| match &session.frames.last()?.stage {
            usher::engine::Stage::Asking(question) => Some(question.revision),
            _ => None,
        });
        assert_eq!(question, Some(2), "asked at first, and once again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_less_than_a_day_nobody_is_told() {
    let (api, store) = (BotApi::start().await, went(23, 1).await);
    opened(&api, 1);
    let house = House::of(library_of(FILES, Installation::default()), &store, &api).await;
    for _ in 0..600 {
        if store.load(&house_id()).await.unwrap().unwrap().version > 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(usher::engine::house(&store.load(&house_id()).await.unwrap().unwrap()).away.is_none());
    house.is_idle().await;
    house.stop().await;
    assert_eq!(said(&api, 1), Vec::<String>::new());
}
