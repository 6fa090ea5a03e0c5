//! People of a role in a running bot: the queue, a decision from it, and a process that dies between.

use std::sync::Arc;

use usher::engine::{Act, EventId, FactKind, Record, RecordId};
use usher::flow::{Installation, Library, Role};
use usher::store::{Commit, IndexKey, Page, Store};

use crate::support::botapi::BotApi;
use crate::{House, in_memory, library_of, on_disk, opened, said};

/// A bot in which a boss grants wishes, from a queue.
const FILES: &[(&str, &str)] = &[
    ("flows/bot.yaml", "bot: Проба\nlanguages: [ru]\ntimezone: UTC\n"),
    (
        "flows/wish.yaml",
        "flow: wish\ntitle: Желание\nstart: { command: start }\nfor: anyone\nsteps:\n  boss:\n    approve: \"Можно?\"\n    by: clerk\n    \
         tell: \"Спросил.\"\n    choice: { yes: { label: \"Да\", done: \"Разрешено.\" } }\n    timeout: { after: 3d, end: refused }\n  \
         granted: { say: \"Можно.\", end: granted }\n",
    ),
    (
        "flows/queue.yaml",
        "flow: queue\ntitle: Очередь\nstart: { command: queue }\nfor: [boss]\nagain: restart\nsteps:\n  counts:\n    call: usher.counts\n    \
         outcomes: { else: failed }\n  list:\n    call: usher.list_requests\n    outcomes: { else: failed }\n  \
         pick: { ask: \"{{ counts.requests }}, {{ list.items | length }}\", choice: { from: list.items, key: item.id, label: \"{{ item.number }}\" } }\n  \
         act:\n    call: usher.decide\n    with: { id: pick.id, choice: \"'yes'\" }\n    outcomes: { decided: late, refused: failed, down: failed }\n  \
         told: { say: \"{{ act.done }}\", end: done }\n  late: { say: \"Поздно.\", end: late }\n  failed: { say: \"Не вышло.\", end: failed }\n",
    ),
];

const BOSS: i64 = 9001;

fn bot() -> Library {
    let role = |may: &[&str]| Role {
        title: "Начальство".to_owned(),
        people: vec![format!("tg:{BOSS}")],
        may: may.iter().map(|right| (*right).to_owned()).collect(),
    };
    let clerk = Role { people: vec![format!("tg:{BOSS}")], ..role(&[]) };
    let roles = [("boss".to_owned(), role(&["requests"])), ("clerk".to_owned(), clerk)].into();
    library_of(FILES, Installation { roles, ..Installation::default() })
}

async fn begin(store: &Arc<Store>, api: &BotApi) -> House {
    House::of(bot(), store, api).await
}

/// Presses the first option of the question that somebody was put last.
async fn press_first(house: &House, store: &Store, account: i64, id: &str) {
    let record = store.load(&RecordId::person("tg", &account.to_string())).await.unwrap().unwrap();
    let session = record.sessions.last().expect("a session");
    let usher::engine::Stage::Asking(question) = &session.frames[0].stage else { panic!("a question") };
    let token = format!("{}.{}.o0", session.id.0, question.revision);
    house.act(EventId(id.to_owned()), account, Act::Pressed { token, press: id.to_owned(), message: None }).await.unwrap();
}

async fn journal(store: &Store, id: &RecordId) -> Vec<FactKind> {
    store.journal(id, &Page::first(1000)).await.unwrap().items.into_iter().map(|entry| entry.fact.kind).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_from_the_queue_is_made_once_though_the_process_dies_after_every_step() {
    let folder = tempfile::tempdir().unwrap();
    let api = BotApi::start().await;
    for account in [1, BOSS] {
        opened(&api, account);
    }
    let store = on_disk(folder.path());
    let mut house = begin(&store, &api).await;
    house.write(1, "/start").await.unwrap();
    house.write(BOSS, "/queue").await.unwrap();
    // As good as a kill: nothing is waited for.
    drop(house);
    let house = begin(&store, &api).await;
    assert!(said(&api, BOSS).contains(&"1, 1".to_owned()), "{:?}", said(&api, BOSS));
    press_first(&house, &store, BOSS, "press").await;
    drop(house);
    let house = begin(&store, &api).await;
    let told = said(&api, BOSS);
    assert_eq!(told.iter().filter(|line| *line == "Разрешено.").count(), 1, "{told:?}");
    assert_eq!(said(&api, 1).iter().filter(|line| *line == "Можно.").count(), 1);
    let facts = journal(&store, &RecordId::person("tg", "1")).await;
    let acts: Vec<_> = facts.iter().filter(|fact| matches!(fact, FactKind::Administered { .. })).collect();
    let by = format!("tg:{BOSS}");
    assert_eq!(acts, [&FactKind::Administered { operation: "usher.decide".to_owned(), by, outcome: "ok".to_owned() }]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_that_was_taken_away_counts_at_once() {
    let (api, store) = (BotApi::start().await, in_memory());
    for account in [1, BOSS] {
        opened(&api, account);
    }
    let mut house = begin(&store, &api).await;
    house.write(1, "/start").await.unwrap();
    house.write(BOSS, "/queue").await.unwrap();
    house.is_idle().await;
    house.stop().await;
    let mut fewer = bot();
    Arc::make_mut(&mut fewer.installation).roles.get_mut("boss").unwrap().may.clear();
    let house = House::with(fewer, &store, &api, "http://127.0.0.1:9");
    press_first(&house, &store, BOSS, "press").await;
    house.is_idle().await;
    assert_eq!(said(&api, BOSS).last().map(String::as_str), Some("Не вышло."));
    assert!(!said(&api, 1).contains(&"Можно.".to_owned()), "nothing has been decided");
    house.stop().await;
}

/// A request like this one, of somebody else.
async fn like(store: &Store, original: &Record, account: u64) {
    let text = serde_json::to_string(original).unwrap().replace("tg:1/", &format!("tg:{account}/"));
    let mut record: Record = serde_json::from_str(&text).unwrap();
    record.id = RecordId::person("tg", &account.to_string());
    record.outbox.clear();
    let (version, wake) = (record.version, record.next_timer());
    let keys = IndexKey::all_of(&record);
    store.commit(Commit { expected: 0, wake, keys, facts: Vec::new(), record }).await.unwrap_or_else(|error| panic!("{version}: {error}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_page_of_ten_thousand_requests_reads_no_others() {
    let (api, store) = (BotApi::start().await, in_memory());
    for account in [1, BOSS] {
        opened(&api, account);
    }
    let mut house = begin(&store, &api).await;
    house.write(1, "/start").await.unwrap();
    house.is_idle().await;
    let original = store.load(&RecordId::person("tg", "1")).await.unwrap().unwrap();
    for account in (2..=10_001).filter(|account| *account != 9001) {
        like(&store, &original, account).await;
    }
    for _ in 0..2 {
        let before = store.health().read;
        house.write(BOSS, "/queue").await.unwrap();
        house.is_idle().await;
        assert!(said(&api, BOSS).last().is_some_and(|last| last.starts_with("10000, 50\n")), "{:?}", said(&api, BOSS).last());
        let read = store.health().read - before;
        assert!((50..60).contains(&read), "a page of 50, and {read} records were read");
    }
    house.stop().await;
}
