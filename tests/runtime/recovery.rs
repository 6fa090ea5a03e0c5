//! What a process that was killed has left.

use std::collections::BTreeSet;
use std::time::Duration;

use usher::engine::{EffectKind, EventId};
use usher::expr::Time;
use usher::store::{self, Commit, Page, Store};

use crate::support::botapi::{BotApi, Fault};
use crate::support::http::{Reply, Server};
use crate::{House, call, in_memory, message, on_disk, opened, put, said, with_effects};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_that_was_under_way_is_made_again_once() {
    const PEOPLE: i64 = 300;
    let (api, store) = (BotApi::start().await, in_memory());
    for account in 1..=PEOPLE {
        put(&store, with_effects(account, vec![call(true)])).await;
    }
    let erp = Server::start(|_, _| Reply::Later(Duration::from_millis(60), Box::new(Reply::json(200, r#"{"ok":true}"#)))).await;
    let house = House::start(&store, &api, &erp.url());
    house.is_idle().await;
    assert_eq!(erp.count("POST /tell"), usize::try_from(PEOPLE).unwrap(), "each call once");
    assert!(store.pending(&Page::first(1)).await.unwrap().items.is_empty(), "all of it is known to be done");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_erp_holds_up_a_few_records_at_a_time() {
    let (api, store) = (BotApi::start().await, in_memory());
    for account in 1..=200 {
        put(&store, with_effects(account, vec![call(true)])).await;
    }
    let erp = Server::start(|_, _| Reply::Silence).await;
    let house = House::start(&store, &api, &erp.url());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let under_way = erp.seen().len();
    assert!((1..=64).contains(&under_way), "{under_way} calls at once");
    drop(house);
}

/// A process that is killed again and again gets to some of those who wait, each time to others.
#[test]
fn nobody_is_always_the_last_to_be_taken_up() {
    let around = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (api, store) = (around.block_on(BotApi::start()), in_memory());
    for account in 1..=200 {
        let mut call = call(true);
        if let EffectKind::Call { request, .. } = &mut call {
            request.target = format!("/tell?of={account}");
        }
        around.block_on(put(&store, with_effects(account, vec![call])));
    }
    let erp = around.block_on(Server::start(|_, _| Reply::Silence));
    let asked = || erp.seen().into_iter().map(|seen| seen.line).collect::<BTreeSet<_>>().len();
    let start_and_kill = || {
        let process = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let house = process.block_on(async {
            let house = House::start(&store, &api, &erp.url());
            tokio::time::sleep(Duration::from_millis(300)).await;
            house
        });
        process.shutdown_background();
        drop(house);
    };
    start_and_kill();
    let first = asked();
    assert!((1..=64).contains(&first), "{first} at the first start");
    // It begins at a place that is drawn: to draw near the same one twenty times is as good as impossible.
    (0..20).for_each(|_| start_and_kill());
    assert!(asked() > 100, "{} of 200 in 21 starts", asked());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_that_rings_at_the_start_does_not_repeat_what_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let (api, store) = (BotApi::start().await, on_disk(folder.path()));
    for account in 1..=40 {
        opened(&api, account);
        let record = with_effects(account, vec![message("раз"), message("два")]);
        store.commit(Commit { record, expected: 0, wake: Some(Time(1)), keys: Vec::new(), facts: Vec::new() }).await.unwrap();
    }
    let house = House::start(&store, &api, "http://127.0.0.1:9");
    house.is_idle().await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    for account in 1..=40 {
        assert_eq!(said(&api, account), ["раз", "два"], "to {account}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_of_somebody_who_left_is_taken_up_all_the_same() {
    let (api, store) = (BotApi::start().await, in_memory());
    let mut record = with_effects(1, vec![message("потом"), call(true)]);
    record.unreachable = true;
    put(&store, record).await;
    let erp = Server::start(|_, _| Reply::json(200, r#"{"ok":true}"#)).await;
    let mut house = House::start(&store, &api, &erp.url());
    house.is_idle().await;
    assert_eq!(erp.count("POST /tell"), 1);
    assert_eq!(said(&api, 1), [""; 0]);
    opened(&api, 1);
    house.write(1, "/nothing").await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, 1).first().map(String::as_str), Some("потом"), "it waited for them");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_opens_the_chat_while_it_is_said_that_they_have_not_is_reached() {
    let (api, store) = (BotApi::start().await, in_memory());
    put(&store, with_effects(1, vec![message("раз"), message("два")])).await;
    api.fail_next("sendMessage", 1, Fault::Slow(Duration::from_millis(500)));
    let mut house = House::start(&store, &api, "http://127.0.0.1:9");
    api.expect_calls("sendMessage", 1).await;
    opened(&api, 1);
    house.write(1, "/start").await.unwrap();
    house.is_idle().await;
    assert_eq!(said(&api, 1), ["раз", "два", "Какое слово?"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_opens_the_chat_in_a_turn_whose_commit_was_not_heard_of_is_reached() {
    let (api, store) = (BotApi::start().await, in_memory());
    put(&store, with_effects(1, vec![message("раз"), message("два")])).await;
    let house = House::start(&store, &api, "http://127.0.0.1:9");
    api.expect_calls("sendMessage", 1).await;
    // The refusal is here and not kept yet.
    tokio::time::sleep(Duration::from_millis(60)).await;
    opened(&api, 1);
    let Store::Memory(memory) = store.as_ref() else { unreachable!("made in memory") };
    memory.plan(1, store::Fault::LoseAnswer);
    assert!(house.hand_in(EventId("test/back".to_owned()), 1, "/start").await.is_err(), "nobody was told that it is kept");
    // The refused attempt, and all that was to be said.
    api.expect_calls("sendMessage", 4).await;
    house.is_idle().await;
    assert_eq!(said(&api, 1), ["раз", "два", "Какое слово?"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_whose_commit_was_not_heard_of_is_done_once() {
    let (api, store) = (BotApi::start().await, in_memory());
    opened(&api, 1);
    let house = House::start(&store, &api, "http://127.0.0.1:9");
    house.is_idle().await;
    let Store::Memory(memory) = store.as_ref() else { unreachable!("made in memory") };
    memory.plan(1, store::Fault::LoseAnswer);
    let id = || EventId("test/once".to_owned());
    assert!(house.hand_in(id(), 1, "/start").await.is_err(), "nobody was told that it is kept");
    assert!(house.hand_in(id(), 1, "/start").await.is_ok());
    house.is_idle().await;
    assert_eq!(said(&api, 1), ["Какое слово?"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_the_erp_outlasts_a_store_that_takes_nothing() {
    let (api, store) = (BotApi::start().await, in_memory());
    opened(&api, 1);
    let erp = Server::start(|_, _| Reply::Later(Duration::from_millis(300), Box::new(Reply::json(200, r#"{"ok":true}"#)))).await;
    let mut house = House::start(&store, &api, &erp.url());
    house.write(1, "/start").await.unwrap();
    house.is_idle().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    house.write(1, "слово").await.unwrap();
    let Store::Memory(memory) = store.as_ref() else { unreachable!("made in memory") };
    // Whatever is committed next, the outcome of the message or that of the call: it is refused three times.
    (1..=3).for_each(|nth| memory.plan(nth, store::Fault::Refuse));
    house.is_idle().await;
    assert_eq!(said(&api, 1), ["Какое слово?", "Передаю.", "Передано: слово"]);
    assert_eq!(erp.count("POST /tell"), 1);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_refused_commit_it_finds_out_by_itself_that_the_store_takes_turns_again() {
    let (api, store) = (BotApi::start().await, in_memory());
    opened(&api, 1);
    let mut house = House::start(&store, &api, "http://127.0.0.1:1");
    let Store::Memory(memory) = store.as_ref() else { unreachable!("made in memory") };
    memory.plan(1, store::Fault::Refuse);
    assert!(house.write(1, "/start").await.is_err());
    let counters = house.runtime.counters();
    assert!(counters.counts().refusing);
    let turns = counters.counts().turns;
    // A balancer sends nobody to a bot that is not ready.
    for _ in 0..100 {
        if !counters.counts().refusing {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!((counters.counts().refusing, counters.counts().turns), (false, turns));
    house.stop().await;
}
