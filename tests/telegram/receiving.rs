//! From what people do to the inbox.

use crate::*;

#[tokio::test]
async fn what_people_do_is_handed_in_with_its_id_and_its_author() {
    let api = BotApi::start().await;
    let mut bot = Running::start(channel(&api));
    api.user(1001, "Алина", "ru").write("/start@usher_test_bot код");
    let incoming = bot.next().await;
    assert_eq!(incoming.record, RecordId("tg:1001".to_owned()));
    assert_eq!(incoming.id.0, "tg/update/501");
    let EventKind::Acted { who, act } = incoming.kind else { panic!() };
    assert_eq!(who, Visitor { first_name: "Алина".into(), language: Some("ru".into()), ..Visitor::default() });
    assert_eq!(text(act), "/start код");
}

#[tokio::test]
async fn every_kind_of_act_is_told_apart() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let mut bot = Running::start(channel(&api));
    assert_eq!(text(bot.act().await), "/start");

    alina.forward("чужое");
    assert!(matches!(bot.act().await, Act::Wrote { forwarded: true, .. }));
    alina.edit("исправлено");
    assert!(matches!(bot.act().await, Act::Edited { text, .. } if text == "исправлено"));
    alina.sticker();
    assert!(matches!(bot.act().await, Act::SentOther { .. }));
    alina.share_contact(Card::Own);
    assert!(matches!(bot.act().await, Act::SharedContact { own: true, forwarded: false, number, .. } if number == "79000001001"));
    alina.share_contact(Card::Foreign);
    assert!(matches!(bot.act().await, Act::SharedContact { own: false, .. }));
    alina.share_contact(Card::Forwarded);
    assert!(matches!(bot.act().await, Act::SharedContact { own: true, forwarded: true, .. }));
    alina.block();
    assert_eq!(bot.act().await, Act::Left);
    alina.unblock();
    assert_eq!(bot.act().await, Act::Returned);
    bot.stop().await;
    assert_eq!(api.objections(), [""; 0]);
}

#[tokio::test]
async fn a_press_carries_its_token_and_is_answered_once() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let mut bot = Running::start(channel(&api));
    bot.act().await;
    let id = sent(&bot.channel, Message { keyboard: yes_and_no(), ..message("Согласны?") }).await;
    let press = alina.press("Нет").unwrap();
    assert_eq!(bot.act().await, Act::Pressed { token: "no".into(), press: press.clone(), message: Some(id.clone()) });

    let acknowledge = EffectKind::Acknowledge { press: press.clone(), text: Some("я".repeat(300)) };
    assert_eq!(perform(&bot.channel, acknowledge.clone()).await, Delivery::Done(None));
    assert_eq!(api.answer_of(&press), Some("я".repeat(200)), "a notice is at most 200 characters");
    assert_eq!(perform(&bot.channel, acknowledge).await, Delivery::Done(None), "once more does no harm");

    perform(&bot.channel, EffectKind::Delete { of: native(&id) }).await;
    alina.press_under(id.parse().unwrap(), "Да");
    assert!(matches!(bot.act().await, Act::Pressed { message: None, .. }), "the message is not accessible any more");
}

#[tokio::test]
async fn one_person_in_order_and_different_people_at_once() {
    let api = BotApi::start().await;
    let (alina, boris) = (api.user(1001, "Алина", "ru"), api.user(1002, "Борис", "ru"));
    alina.write("раз");
    alina.write("два");
    boris.write("другое");
    let mut bot = Running::start(channel(&api));
    let (first, second) = (bot.next().await, bot.next().await);
    let (hers, his) = if first.record.account() == "1001" { (first, second) } else { (second, first) };
    assert_eq!((his.record.account(), text(act(his.kind)).as_str()), ("1002", "другое"));
    assert_eq!(text(act(hers.kind)), "раз");
    bot.nothing_comes().await;
    his.kept.send(Ok(())).unwrap();
    bot.nothing_comes().await;
    hers.kept.send(Ok(())).unwrap();
    assert_eq!(text(bot.act().await), "два");
}

#[tokio::test]
async fn nothing_is_confirmed_before_it_is_kept() {
    let api = BotApi::start().await;
    person(&api);
    let mut bot = Running::start(channel(&api));
    let incoming = bot.next().await;
    bot.nothing_comes().await;
    assert_eq!(api.unconfirmed(), [501]);
    incoming.kept.send(Ok(())).unwrap();
    api.expect_all_confirmed().await;
}

#[tokio::test]
async fn what_is_not_kept_comes_again_and_what_is_kept_does_not() {
    let api = BotApi::start().await;
    let (alina, boris) = (api.user(1001, "Алина", "ru"), api.user(1002, "Борис", "ru"));
    alina.write("не вышло");
    alina.write("после");
    boris.write("вышло");
    let mut bot = Running::start(channel(&api));
    for _ in 0..2 {
        let incoming = bot.next().await;
        let answer = if incoming.record.account() == "1001" { Err(Unkept) } else { Ok(()) };
        incoming.kept.send(answer).unwrap();
    }
    let again = bot.next().await;
    assert_eq!((again.id.0.as_str(), text(act(again.kind)).as_str()), ("tg/update/501", "не вышло"));
    assert_eq!(api.unconfirmed(), [501, 502, 503]);
    drop(again.kept);
    let again = bot.next().await;
    assert_eq!(again.id.0, "tg/update/501", "an answer that never comes means the same");
    again.kept.send(Ok(())).unwrap();
    assert_eq!(text(bot.act().await), "после");
    bot.nothing_comes().await;
    api.expect_all_confirmed().await;
}

#[tokio::test]
async fn a_killed_process_gets_everything_again() {
    let api = BotApi::start().await;
    person(&api);
    let mut bot = Running::start(channel(&api));
    let lost = bot.next().await;
    bot.kill().await;
    drop(lost);
    let mut bot = Running::start(channel(&api));
    assert_eq!(text(bot.act().await), "/start");
    bot.stop().await;
    assert_eq!(api.unconfirmed(), [0; 0], "what is kept is confirmed on the way out");
}

#[tokio::test]
async fn updates_delivered_again_keep_their_ids() {
    let api = BotApi::start().await;
    person(&api);
    let mut bot = Running::start(channel(&api));
    let id = bot.next().await;
    let first = id.id.clone();
    id.kept.send(Ok(())).unwrap();
    api.expect_all_confirmed().await;
    api.redeliver(1);
    assert_eq!(bot.next().await.id, first);
}

#[tokio::test]
async fn an_album_comes_in_parts_that_tell_what_they_belong_to() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let mut bot = Running::start(channel(&api));
    bot.act().await;
    alina.album(3);
    alina.write("всё");
    let mut albums = Vec::new();
    for _ in 0..3 {
        let Act::SharedFile { file, album, .. } = bot.act().await else { panic!("a part of an album is a file") };
        assert!(file.held_by("tg").is_some() && file.kind == "image/jpeg");
        albums.push(album.unwrap());
    }
    assert!(albums.iter().all(|album| *album == albums[0]), "{albums:?}");
    assert_eq!(text(bot.act().await), "всё");
}

#[tokio::test]
async fn strangers_and_unknown_updates_are_confirmed_and_ignored() {
    let api = BotApi::start().await;
    let private = json!({"id": 1001, "type": "private"});
    api.push_update("message", json!({"message_id": 1, "date": 1, "chat": private, "text": "нет автора"}));
    api.push_update(
        "message",
        json!({"message_id": 2, "date": 1, "chat": private, "from": {"id": 5, "is_bot": true, "first_name": "b"}, "text": "бот"}),
    );
    api.push_update("message", json!({"message_id": "odd"}));
    api.push_update("poll_answer", json!({"odd": []}));
    person(&api);
    let mut bot = Running::start(channel(&api));
    assert_eq!(text(bot.act().await), "/start");
    api.expect_all_confirmed().await;
}

#[tokio::test]
async fn only_the_kinds_of_a_conversation_are_asked_for() {
    let api = BotApi::start().await;
    let _bot = Running::start(channel(&api));
    let calls = api.expect_calls("getUpdates", 1).await;
    assert_eq!(calls[0].parameters["allowed_updates"], json!(["message", "edited_message", "callback_query", "my_chat_member"]));
    assert_eq!(calls[0].parameters["timeout"], 20);
}

#[tokio::test]
async fn faults_of_the_poll_are_survived() {
    let api = BotApi::start().await;
    for fault in [
        Fault::Status(502),
        Fault::DropBefore,
        Fault::TooMany(1),
        Fault::Refuse(400, "Bad Request: odd"),
        Fault::Garbage,
        Fault::Status(404),
    ] {
        api.fail_next("getUpdates", 1, fault);
    }
    person(&api);
    let mut bot = Running::start(channel(&api));
    assert_eq!(text(bot.act().await), "/start");
}

#[tokio::test]
async fn another_poller_is_outlived() {
    let api = BotApi::start().await;
    let mut bot = Running::start(channel(&api));
    api.expect_calls("getUpdates", 1).await;
    let url = format!("{}/bot{}/getupdates?timeout=0", api.url(), BotApi::TOKEN);
    reqwest::get(url).await.unwrap();
    api.expect_calls("GetUpdates", 3).await;
    let refused = api.calls_of("getUpdates")[0].answer.clone().unwrap();
    assert_eq!(refused["error_code"], 409, "the older poll is sent away");
    person(&api);
    assert_eq!(text(bot.act().await), "/start");
}

#[tokio::test]
async fn a_webhook_set_behind_our_back_is_removed() {
    let api = BotApi::start().await;
    api.set_webhook("https://elsewhere.example/hook");
    person(&api);
    let mut bot = Running::start(channel(&api));
    assert_eq!(text(bot.act().await), "/start");
    assert_eq!(api.webhook(), "");
}

#[tokio::test]
async fn a_token_that_is_not_accepted_ends_it() {
    let api = BotApi::start().await;
    api.revoke_token();
    let bot = Running::start(channel(&api));
    let ended = timeout(Duration::from_secs(10), bot.task).await.unwrap().unwrap();
    assert!(matches!(ended, Err(ChannelError::TokenRefused)), "{ended:?}");
}

#[tokio::test]
async fn an_inbox_that_nobody_reads_ends_it() {
    let api = BotApi::start().await;
    person(&api);
    let mut bot = Running::start(channel(&api));
    bot.inbox.close();
    let ended = timeout(Duration::from_secs(10), bot.task).await.unwrap().unwrap();
    assert!(matches!(ended, Err(ChannelError::Closed)), "{ended:?}");
}

#[tokio::test]
async fn a_stop_ends_a_poll_at_once() {
    let api = BotApi::start().await;
    let bot = Running::start(channel(&api));
    api.expect_calls("getUpdates", 1).await;
    let before = Instant::now();
    bot.stop().await;
    assert!(before.elapsed() < Duration::from_secs(5));
}
