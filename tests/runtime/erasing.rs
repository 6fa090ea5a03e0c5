//! Somebody has themselves erased in the middle of a conversation: at once, once, and they hear of it.

use std::sync::Arc;

use usher::engine::{EventId, FactKind, RecordId};
use usher::flow::{Installation, Library};
use usher::store::{IndexKey, Page, Store};

use crate::support::botapi::BotApi;
use crate::{House, in_memory, library_of, on_disk, opened, said};

/// A bot that remembers a nickname, keeps a wish, and forgets both when it is asked to.
const FILES: &[(&str, &str)] = &[
    ("flows/bot.yaml", "bot: Проба\nlanguages: [ru]\nperson: { nick: text }\n"),
    (
        "flows/wish.yaml",
        "flow: wish\ntitle: Желание\nstart: { command: start }\nfor: anyone\nsteps:\n  nick: { ask: \"Как звать?\" }\n  \
         wish: { ask: \"Чего хочется?\" }\n  known: { set: { person.nick: nick } }\n  thanks: { say: \"Записал: {{ wish }}\", end: completed }\n",
    ),
    (
        "flows/forget.yaml",
        "flow: forget\ntitle: Забыть\nstart: { command: forget }\nfor: anyone\nretention: { deleted: 0d }\nsteps:\n  \
         sure: { ask: \"Забыть?\", choice: { yes: \"Да\" } }\n  gone:\n    call: usher.erase_me\n    \
         outcomes: { refused: { say: \"Нельзя.\", end: failed }, down: { say: \"Не вышло.\", end: failed } }\n  \
         told: { say: \"Забыто, акт {{ gone.act }}.\", end: deleted }\n",
    ),
];

const ME: i64 = 1;

fn bot() -> Library {
    library_of(FILES, Installation::default())
}

async fn begin(store: &Arc<Store>, api: &BotApi) -> House {
    House::of(bot(), store, api).await
}

fn me() -> RecordId {
    RecordId::person("tg", &ME.to_string())
}

/// Tells the bot a nickname and a wish, up to the question whether to forget them.
async fn confide(house: &mut House) {
    for text in ["/start", "Смородина", "Крыжовник", "/forget"] {
        house.write(ME, text).await.unwrap();
        house.is_idle().await;
    }
}

async fn finds(store: &Store, kind: &str, value: &str) -> bool {
    !store.find(&IndexKey::new(kind, value), &Page::first(9)).await.unwrap().items.is_empty()
}

async fn is_gone(store: &Store) {
    let left = store.load(&me()).await.unwrap().expect("what must not be done twice is known");
    assert!(left.is_nobody() && left.outbox.is_empty(), "{left:?}");
    let whole = serde_json::to_string(&left).unwrap();
    assert!(!whole.contains("Смородина") && !whole.contains("Крыжовник"), "{whole}");
    for (kind, value) in [("text", "смородина"), ("account", "1"), ("session", "alive"), ("name", "a")] {
        assert!(!finds(store, kind, value).await, "found by {kind}");
    }
    assert!(store.journal(&me(), &Page::first(9)).await.unwrap().items.is_empty());
    assert!(store.mailbox(&me()).await.unwrap().is_empty());
    assert_eq!(store.verify().await.unwrap().findings, [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_is_erased_at_once_and_hears_of_it() {
    let (api, folder) = (BotApi::start().await, tempfile::tempdir().unwrap());
    let store = on_disk(folder.path());
    opened(&api, ME);
    let mut house = begin(&store, &api).await;
    confide(&mut house).await;
    let before = store.load(&me()).await.unwrap().unwrap();
    assert_eq!((before.kept.len(), finds(&store, "text", "смородина").await), (1, true), "there is something to forget");
    store.put_mail(&me(), &[(1, Some(b"a letter".to_vec()))]).await.unwrap();

    house.hand_in(EventId("yes".to_owned()), ME, "Да").await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, ME).last().map(String::as_str), Some("Забыто, акт A-1."));
    // What became of that message is known by itself a moment later.
    while store.load(&me()).await.unwrap().is_some_and(|record| record.has_pending_effects()) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    is_gone(&store).await;

    // The same update again, as after a lost confirmation: it was applied before.
    let told = said(&api, ME).len();
    house.hand_in(EventId("yes".to_owned()), ME, "Да").await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, ME).len(), told);

    // Whoever comes back is somebody new.
    house.write(ME, "/start").await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, ME).last().map(String::as_str), Some("Как звать?"));
    house.stop().await;
    store.retire_keys(&|_| {}).await.unwrap();
    assert_eq!(store.verify().await.unwrap().findings, [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_meanwhile_erases_when_it_is_back_and_only_once() {
    for pause in 0..8 {
        let (api, store) = (BotApi::start().await, in_memory());
        opened(&api, ME);
        let mut house = begin(&store, &api).await;
        confide(&mut house).await;
        house.write(ME, "Да").await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        drop(house);
        let house = begin(&store, &api).await;
        while store.load(&me()).await.unwrap().is_none_or(|record| record.has_pending_effects()) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        is_gone(&store).await;
        let told = said(&api, ME);
        assert_eq!(told.last().map(String::as_str), Some("Забыто, акт A-1."), "{told:?}");
        house.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_erases_whoever_is_in_a_conversation() {
    let (api, store) = (BotApi::start().await, in_memory());
    opened(&api, ME);
    let mut house = begin(&store, &api).await;
    confide(&mut house).await;
    let act = house.runtime.eraser().erase(&me()).await.unwrap().expect("there was somebody");
    is_gone(&store).await;
    let stub = store.stub(&act.stub).await.unwrap();
    assert_eq!(stub.last().map(|entry| &entry.fact.kind), Some(&FactKind::Erased { act: 1 }));
    assert_eq!(house.runtime.eraser().erase(&me()).await.unwrap(), None, "nobody is left");
    house.stop().await;
}
