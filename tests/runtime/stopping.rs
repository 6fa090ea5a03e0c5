//! A stop while others do not answer.

use std::time::{Duration, Instant};

use crate::support::botapi::{BotApi, Fault};
use crate::support::http::{Reply, Server};
use crate::{House, in_memory, on_disk, opened, said};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erp_that_hangs_delays_a_stop_a_little_and_repeats_no_message() {
    let folder = tempfile::tempdir().unwrap();
    let (api, store) = (BotApi::start().await, on_disk(folder.path()));
    opened(&api, 1);
    let erp = Server::start(|nth, _| if nth == 0 { Reply::Silence } else { Reply::json(200, r#"{"ok":true}"#) }).await;
    let mut house = House::start(&store, &api, &erp.url());
    house.write(1, "/start").await.unwrap();
    house.is_idle().await;
    house.write(1, "слово").await.unwrap();
    api.expect(1, "the announcement", |chat| chat.messages.iter().any(|message| message.text == "Передаю.").then_some(())).await;
    let began = Instant::now();
    house.stop().await;
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    store.close().await.unwrap();
    drop(store);

    let store = on_disk(folder.path());
    let house = House::start(&store, &api, &erp.url());
    house.is_idle().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(said(&api, 1), ["Какое слово?", "Передаю.", "Передано: слово"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_messenger_that_hangs_or_wants_a_pause_delays_a_stop_a_little() {
    for (fault, within) in [(Fault::Slow(Duration::from_secs(30)), 6), (Fault::TooMany(60), 2)] {
        let (api, store) = (BotApi::start().await, in_memory());
        opened(&api, 1);
        opened(&api, 2);
        api.fail_next("sendMessage", 1, fault);
        let mut house = House::start(&store, &api, "http://127.0.0.1:9");
        house.write(1, "/start").await.unwrap();
        api.expect_calls("sendMessage", 1).await;
        house.write(2, "/start").await.unwrap();
        api.expect(2, "somebody else's message", |chat| chat.messages.iter().any(|message| message.by_bot).then_some(())).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        house.stop().await;
        assert!(began.elapsed() < Duration::from_secs(within), "{:?}", began.elapsed());
    }
}
