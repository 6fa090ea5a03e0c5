//! Several records in one matter: a request, those who decide, and a process that dies between them.

use std::collections::BTreeMap;
use std::sync::Arc;

use usher::engine::{Act, EventId, RecordId};
use usher::flow::{Installation, Known, Library, Role};
use usher::store::Store;

use crate::support::botapi::BotApi;
use crate::{House, in_memory, library_of, on_disk, opened, said};

/// A bot in which two bosses decide about everybody's wish.
const FILES: &[(&str, &str)] = &[
    ("flows/bot.yaml", "bot: Проба\nlanguages: [ru]\ntimezone: UTC\n"),
    (
        "flows/wish.yaml",
        "flow: wish\ntitle: Желание\nstart: { command: start }\nfor: anyone\nsteps:\n  boss:\n    approve: \"Можно?\"\n    by: boss\n    \
         tell: \"Спросил.\"\n    choice: { yes: \"Да\", no: { label: \"Нет\", go: refused } }\n    timeout: { after: 3d, go: refused }\n  \
         granted: { say: \"Можно: {{ boss.by.name }}\", end: granted }\n  refused: { say: \"Нельзя.\", end: refused }\n",
    ),
];

const ANNA: i64 = 9001;
const BORIS: i64 = 9002;

fn bosses() -> Library {
    let id = |account: i64| format!("tg:{account}");
    let boss = Role { title: "Начальство".to_owned(), people: vec![id(ANNA), id(BORIS)], may: Vec::new() };
    let known = |name: &str| Known { name: Some(name.to_owned()), language: None };
    let people = BTreeMap::from([(id(ANNA), known("Анна")), (id(BORIS), known("Борис"))]);
    library_of(FILES, Installation { roles: [("boss".to_owned(), boss)].into(), people, ..Installation::default() })
}

async fn begin(store: &Arc<Store>, api: &BotApi) -> House {
    House::of(bosses(), store, api).await
}

/// What a button of somebody's latest card carries.
async fn token(store: &Store, account: i64, request: &RecordId, option: u32) -> String {
    let record = store.load(&RecordId::person("tg", &account.to_string())).await.unwrap().expect("somebody who was asked");
    let card = record.cards.iter().rfind(|card| card.request.record() == *request).expect("a card");
    format!("d.{}.{option}", card.nonce)
}

fn press(token: String) -> Act {
    Act::Pressed { press: format!("press/{token}"), token, message: None }
}

/// How often in one run; `USHER_DECISIONS` asks for another number.
fn rounds() -> i64 {
    std::env::var("USHER_DECISIONS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(40)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_press_at_the_same_moment_make_one_decision_and_are_both_told_the_truth() {
    let (api, store) = (BotApi::start().await, in_memory());
    for boss in [ANNA, BORIS] {
        opened(&api, boss);
    }
    let mut house = begin(&store, &api).await;
    for account in 1..=rounds() {
        opened(&api, account);
        house.write(account, "/start").await.unwrap();
        house.is_idle().await;
        let request = RecordId::person("tg", &account.to_string());
        let (yes, no) = (token(&store, ANNA, &request, 0).await, token(&store, BORIS, &request, 1).await);
        let (before, id) = ((said(&api, ANNA).len(), said(&api, BORIS).len()), |who: &str| EventId(format!("press/{account}/{who}")));
        let (one, other) = tokio::join!(house.act(id("anna"), ANNA, press(yes)), house.act(id("boris"), BORIS, press(no)));
        assert!(one.is_ok() && other.is_ok());
        house.is_idle().await;
        let told = said(&api, account);
        let (granted, refused) = (told.contains(&"Можно: Анна".to_owned()), told.contains(&"Нельзя.".to_owned()));
        assert!(granted != refused, "one decision: {told:?}");
        assert_eq!(told.len(), 2, "{told:?}");
        let (anna, boris) = (said(&api, ANNA).split_off(before.0), said(&api, BORIS).split_off(before.1));
        let (winner, loser, name) = if granted { (anna, boris, "Анна") } else { (boris, anna, "Борис") };
        assert_eq!(winner, Vec::<String>::new(), "whoever decided sees it on the card");
        // The other pressed before the card had changed, or had their card changed first: both are told who it was.
        assert!(loser.iter().all(|late| late.contains("уже обработана") && late.contains(name)), "{loser:?}");
        for boss in [ANNA, BORIS] {
            let card = api.chat(boss).messages.iter().rfind(|message| message.text.starts_with("Можно?")).cloned().expect("a card");
            assert!(card.text.contains(name) && card.labels().is_empty(), "{}", card.text);
        }
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_tells_what_became_of_it_however_much_was_said_since() {
    const WAITING: i64 = 60;
    let (api, store) = (BotApi::start().await, in_memory());
    for account in [ANNA, BORIS] {
        opened(&api, account);
    }
    let mut house = begin(&store, &api).await;
    for account in 1..=WAITING {
        opened(&api, account);
        house.write(account, "/start").await.unwrap();
        house.is_idle().await;
    }
    // What a process knows besides the record goes with it.
    house.stop().await;
    let house = begin(&store, &api).await;
    let (cards, first) = (said(&api, ANNA).len(), RecordId::person("tg", "1"));
    let yes = token(&store, ANNA, &first, 0).await;
    house.act(EventId("press/first".to_owned()), ANNA, press(yes)).await.unwrap();
    house.is_idle().await;
    for boss in [ANNA, BORIS] {
        let card = api.chat(boss).messages.into_iter().find(|message| message.text.starts_with("Можно?")).expect("a card");
        assert!(card.text.contains("Анна") && card.labels().is_empty(), "the oldest card: {}", card.text);
        assert_eq!(said(&api, boss).len(), cards, "and nothing is said beside it");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_to_decide_is_asked_once_though_the_process_dies_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let api = BotApi::start().await;
    for account in [1, ANNA, BORIS] {
        opened(&api, account);
    }
    let store = on_disk(folder.path());
    let mut house = begin(&store, &api).await;
    house.write(1, "/start").await.unwrap();
    // As good as a kill: nothing is waited for.
    drop(house);
    let house = begin(&store, &api).await;
    for boss in [ANNA, BORIS] {
        let record = store.load(&RecordId::person("tg", &boss.to_string())).await.unwrap().unwrap();
        assert_eq!(record.cards.len(), 1, "asked once");
        // A message whose sending was cut off may come twice.
        let told = said(&api, boss);
        assert!(!told.is_empty() && told.len() <= 2 && told.iter().all(|card| card == "Можно?"), "{told:?}");
    }
    let request = RecordId::person("tg", "1");
    let yes = token(&store, ANNA, &request, 0).await;
    house.act(EventId("press/anna".to_owned()), ANNA, press(yes)).await.unwrap();
    drop(house);
    let house = begin(&store, &api).await;
    let told = said(&api, 1);
    assert_eq!(told.iter().filter(|line| *line == "Можно: Анна").count(), 1, "{told:?}");
    for boss in [ANNA, BORIS] {
        let told = said(&api, boss);
        assert!(told.iter().any(|card| card.contains("Анна")), "{told:?}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_was_taken_away_decides_nothing_and_a_forged_press_is_denied() {
    let (api, store) = (BotApi::start().await, in_memory());
    for account in [1, 2, ANNA, BORIS] {
        opened(&api, account);
    }
    let mut house = begin(&store, &api).await;
    house.write(1, "/start").await.unwrap();
    house.is_idle().await;
    let request = RecordId::person("tg", "1");
    let yes = token(&store, ANNA, &request, 0).await;
    house.act(EventId("forged".to_owned()), 2, press(yes.clone())).await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, 2), ["Команда недоступна."]);
    house.stop().await;
    // Anna is no boss any more, but still has her card.
    let mut fewer = bosses();
    let installation = Arc::make_mut(&mut fewer.installation);
    installation.roles.get_mut("boss").unwrap().people.retain(|holder| *holder != format!("tg:{ANNA}"));
    let house = House::with(fewer, &store, &api, "http://127.0.0.1:9");
    house.act(EventId("late".to_owned()), ANNA, press(yes)).await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, ANNA), ["Можно?", "Команда недоступна."]);
    assert_eq!(said(&api, 1), ["Спросил."], "nothing has been decided");
    house.stop().await;
}
