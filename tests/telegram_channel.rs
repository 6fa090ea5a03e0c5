//! The Telegram channel against a Bot API server that is as strict as Telegram, with a hand-made inbox in place of the runtime.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

mod support {
    pub mod botapi;
}

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use support::botapi::{BotApi, Card, Does, Fault, User};
use usher::channel::telegram::{Limits, Settings, Telegram};
use usher::channel::{Channel, ChannelError, Command, Delivery, Incoming, Menus, Unkept};
use usher::engine::{Act, Button, EffectId, EffectKind, EventKind, Keyboard, Message, MessageRef, Press, RecordId, Visitor};

/// No limits and short pauses, so that tests wait for nothing but what they test.
fn settings(api: &BotApi) -> Settings {
    Settings {
        api_url: api.url(),
        poll: Duration::from_secs(20),
        answer_within: Duration::from_millis(700),
        pause: Duration::from_millis(20),
        limits: Limits { chat: 0, burst: 0, overall: 0 },
    }
}

fn channel(api: &BotApi) -> Channel {
    Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, settings(api)).unwrap())
}

fn menus() -> Menus {
    let command = |name: &str, title: &str| Command { name: name.to_owned(), title: title.to_owned() };
    Menus {
        language: "ru".to_owned(),
        commands: [
            ("ru".to_owned(), vec![command("start", "Регистрация"), command("отмена", "Не команда")]),
            ("en".to_owned(), vec![command("start", "Registration")]),
        ]
        .into(),
        private_only: [
            ("ru".to_owned(), "Пишите мне лично: {link}".to_owned()),
            ("en".to_owned(), "Write to me in private: {link}".to_owned()),
        ]
        .into(),
    }
}

/// A channel that receives.
struct Running {
    channel: Arc<Channel>,
    inbox: mpsc::Receiver<Incoming>,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), ChannelError>>,
}

impl Running {
    fn start(channel: Channel) -> Self {
        let channel = Arc::new(channel);
        let (sender, inbox) = mpsc::channel(64);
        let (stop, shutdown) = watch::channel(false);
        let receiving = Arc::clone(&channel);
        let task = tokio::spawn(async move { receiving.receive(sender, shutdown).await });
        Self { channel, inbox, stop, task }
    }

    async fn next(&mut self) -> Incoming {
        timeout(Duration::from_secs(10), self.inbox.recv()).await.expect("something comes").expect("the channel is alive")
    }

    /// The next thing a person did, kept at once.
    async fn act(&mut self) -> Act {
        let incoming = self.next().await;
        incoming.kept.send(Ok(())).unwrap();
        act(incoming.kind)
    }

    async fn nothing_comes(&mut self) {
        assert!(timeout(Duration::from_millis(150), self.inbox.recv()).await.is_err(), "nothing is to come");
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        timeout(Duration::from_secs(10), self.task).await.unwrap().unwrap().unwrap();
    }

    /// As if the process were killed.
    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

fn act(kind: EventKind) -> Act {
    match kind {
        EventKind::Acted { act, .. } => act,
        other => panic!("{other:?}"),
    }
}

fn text(act: Act) -> String {
    match act {
        Act::Wrote { text, .. } => text,
        other => panic!("{other:?}"),
    }
}

/// Somebody who has opened the bot.
fn person(api: &BotApi) -> User<'_> {
    let person = api.user(1001, "Алина", "ru");
    person.write("/start");
    person
}

fn message(html: &str) -> Message {
    Message { html: html.to_owned(), ..Message::default() }
}

fn button(label: &str, press: Press) -> Button {
    Button { label: label.to_owned(), press }
}

fn yes_and_no() -> Keyboard {
    let token = |token: &str| Press::Token(token.to_owned());
    Keyboard::Rows(vec![vec![button("Да", token("yes")), button("Нет", token("no"))]])
}

async fn perform(channel: &Channel, kind: EffectKind) -> Delivery {
    channel.perform("1001", &kind, &|_| None).await
}

async fn send(channel: &Channel, message: Message) -> Delivery {
    perform(channel, EffectKind::Send(message)).await
}

async fn sent(channel: &Channel, message: Message) -> String {
    match send(channel, message).await {
        Delivery::Done(Some(id)) => id,
        other => panic!("{other:?}"),
    }
}

fn native(id: &str) -> MessageRef {
    MessageRef::Native(id.to_owned())
}

mod receiving {
    use super::*;

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
        assert_eq!(api.answer_of(&press), Some(Some("я".repeat(200))), "a notice is at most 200 characters");
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
    async fn an_album_is_one_act() {
        let api = BotApi::start().await;
        let alina = person(&api);
        let mut bot = Running::start(channel(&api));
        bot.act().await;
        alina.album(3);
        alina.write("всё");
        assert!(matches!(bot.act().await, Act::SentOther { .. }));
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
}

mod groups {
    use super::*;

    #[tokio::test]
    async fn a_group_is_told_once_where_to_go() {
        let api = BotApi::start().await;
        let mut bot = Running::start(channel(&api));
        bot.channel.set_up(&menus()).await.unwrap();
        let alina = api.user(1001, "Алина", "ru");
        alina.in_group(-77, "привет");
        assert_eq!(api.expect_message(-77).await.text, "Пишите мне лично: https://t.me/usher_test_bot");
        alina.in_group(-77, "ещё");
        api.user(1002, "Bob", "en-US").in_group(-78, "hi");
        assert_eq!(api.expect_message(-78).await.text, "Write to me in private: https://t.me/usher_test_bot");
        bot.nothing_comes().await;
        api.expect_all_confirmed().await;
        assert_eq!(api.calls_of("sendMessage").len(), 2);
    }
}

mod sending {
    use super::*;

    #[tokio::test]
    async fn a_message_arrives_as_it_was_meant() {
        let api = BotApi::start().await;
        let alina = person(&api);
        let channel = channel(&api);
        let keyboard = Keyboard::Rows(vec![
            vec![button("Да", Press::Token("t".repeat(64)))],
            vec![button("Открыть", Press::Url("https://a.b/?q=1".into())), button("Скопировать", Press::Copy("К-7".into()))],
        ]);
        let code = Message { keyboard, protect: true, secret: true, ..message("Код: <code>К-7</code> &lt;&amp;&gt;") };
        let id = sent(&channel, code).await;
        let shown = alina.expect_message().await;
        assert_eq!(shown.id.to_string(), id);
        assert_eq!(shown.text, "Код: К-7 <&>");
        assert_eq!(shown.labels(), [vec!["Да"], vec!["Открыть", "Скопировать"]]);
        assert_eq!(shown.key("Скопировать"), Some(&Does::Copy("К-7".into())));
        assert_eq!(shown.key("Открыть"), Some(&Does::Url("https://a.b/?q=1".into())));
        assert!(shown.protected && !shown.preview);
        sent(&channel, Message { preview: true, ..message("https://a.b") }).await;
        let shown = alina.expect_message().await;
        assert!(!shown.protected && shown.preview);
        assert_eq!(api.objections(), [""; 0]);
    }

    #[tokio::test]
    async fn a_contact_keyboard_comes_and_goes() {
        let api = BotApi::start().await;
        let alina = person(&api);
        let channel = channel(&api);
        let contact = || Keyboard::Contact { label: "Мой номер".into(), skip: Some("Пропустить".into()) };
        sent(&channel, Message { keyboard: contact(), ..message("Номер?") }).await;
        assert_eq!(alina.expect_message().await.keyboard, ["Мой номер", "Пропустить"]);

        sent(&channel, Message { remove_keyboard: true, ..message("Спасибо") }).await;
        assert!(alina.expect_message().await.removes_keyboard);
        assert_eq!(alina.chat().keyboard, None);

        sent(&channel, Message { keyboard: contact(), ..message("Ещё раз?") }).await;
        sent(&channel, Message { keyboard: yes_and_no(), remove_keyboard: true, ..message("Верно?") }).await;
        alina.expect_message().await;
        let (receipt, question) = (alina.expect_message().await, alina.expect_message().await);
        assert!(receipt.removes_keyboard, "{receipt:?}");
        assert_eq!((question.text.as_str(), question.labels()), ("Верно?", vec![vec!["Да", "Нет"]]));
        assert_eq!(alina.chat().keyboard, None);
        assert_eq!(api.objections(), [""; 0]);
    }

    #[tokio::test]
    async fn a_long_text_becomes_several_messages() {
        let api = BotApi::start().await;
        let alina = person(&api);
        let channel = channel(&api);
        let html = format!("<b>{}</b>", "Длинный &amp; <i>важный</i> текст. ".repeat(400));
        let id = sent(&channel, Message { keyboard: yes_and_no(), ..message(&html) }).await;
        let parts = alina.chat().messages.into_iter().filter(|message| message.by_bot).collect::<Vec<_>>();
        assert!(parts.len() > 2);
        assert!(parts.iter().all(|part| part.text.encode_utf16().count() <= 4_096));
        assert_eq!(parts.iter().map(|part| !part.keys.is_empty()).collect::<Vec<_>>(), [vec![false; parts.len() - 1], vec![true]].concat());
        assert_eq!(parts.last().unwrap().id.to_string(), id);
        let whole: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(whole.join(" "), "Длинный & важный текст. ".repeat(400).trim());
    }

    #[tokio::test]
    async fn a_later_part_that_fails_is_pursued_without_repeating_the_first() {
        let api = BotApi::start().await;
        let alina = person(&api);
        let channel = channel(&api);
        // The contact keyboard goes with a message of its own, so there are two; the second one is told to wait.
        let question = Message { keyboard: yes_and_no(), remove_keyboard: true, ..message("Верно?") };
        api.fail_next("sendMessage", 1, Fault::Slow(Duration::from_millis(200)));
        let (delivery, ()) = tokio::join!(send(&channel, question), async {
            api.expect_calls("sendMessage", 1).await;
            api.fail_next("sendMessage", 1, Fault::TooMany(1));
        });
        assert!(matches!(delivery, Delivery::Done(Some(_))), "{delivery:?}");
        assert_eq!(alina.chat().said(), ["✓", "Верно?"]);
        assert_eq!(api.calls_of("sendMessage").len(), 3);
    }

    #[tokio::test]
    async fn broken_markup_goes_out_as_plain_text() {
        let api = BotApi::start().await;
        let alina = person(&api);
        let channel = channel(&api);
        sent(&channel, Message { keyboard: yes_and_no(), ..message("<b>Итог: 5 &lt; 6 <foo>") }).await;
        let shown = alina.expect_message().await;
        assert_eq!((shown.text.as_str(), shown.labels().len()), ("Итог: 5 < 6 <foo>", 1));
        let id = shown.id.to_string();
        let edit = EffectKind::Edit { of: native(&id), message: message("<i>и так") };
        assert_eq!(perform(&channel, edit).await, Delivery::Done(None));
        assert_eq!(alina.chat().last().unwrap().text, "и так");
    }

    #[tokio::test]
    async fn messages_to_one_chat_keep_to_the_pace() {
        let api = BotApi::start().await;
        api.limit_floods();
        person(&api);
        let limited = Settings { limits: Limits::default(), ..settings(&api) };
        let channel = Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, limited).unwrap());
        let before = Instant::now();
        for number in 0..6 {
            sent(&channel, message(&number.to_string())).await;
        }
        assert!(before.elapsed() >= Duration::from_millis(2_900), "{:?}", before.elapsed());
        let id = api.chat(1001).last().unwrap().id.to_string();
        let before = Instant::now();
        for number in 0..5 {
            let edit = EffectKind::Edit { of: native(&id), message: message(&format!("правка {number}")) };
            assert_eq!(perform(&channel, edit).await, Delivery::Done(None));
        }
        assert!(before.elapsed() < Duration::from_secs(1), "edits are not counted");
    }

    #[tokio::test]
    async fn a_text_never_loses_its_words_however_it_is_split() {
        let api = BotApi::start().await;
        person(&api);
        let channel = channel(&api);
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let word = prop_oneof!["[а-я<>&]{1,12}", Just("\n\n".to_owned()), Just("😀".to_owned()), "[a-z]{200}"];
        let words = prop::collection::vec((word, 0..4_u8), 500..2_500);
        for _ in 0..12 {
            let words = words.new_tree(&mut runner).unwrap().current();
            let (mut html, mut plain) = (String::new(), String::new());
            for (word, look) in words {
                let escaped = word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                html.push_str(&match look {
                    0 => format!("<b>{escaped}</b> "),
                    1 => format!("<a href=\"https://a.b/?q=1&amp;r=2\"><i>{escaped}</i></a> "),
                    _ => format!("{escaped} "),
                });
                plain.push_str(&word);
            }
            let before = api.chat(1001).messages.len();
            sent(&channel, message(&html)).await;
            let shown: String = api.chat(1001).messages[before..].iter().map(|message| message.text.as_str()).collect();
            let ink = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(ink(&shown), ink(&plain));
        }
        let formatted = api.calls_of("sendMessage").iter().all(|call| call.parameters["parse_mode"] == "HTML");
        assert!(formatted, "no part had to go out as plain text");
    }
}

mod classification {
    use super::*;

    /// What becomes of a message that meets this fault.
    async fn of_send(api: &BotApi, fault: Fault) -> Delivery {
        api.fail_next("sendMessage", 1, fault);
        send(&channel(api), message("Привет")).await
    }

    /// What becomes of an edit, a strip, a deletion and an acknowledgement, which may be done twice.
    async fn of_repeatable(api: &BotApi, fault: Fault) -> Vec<Delivery> {
        for method in ["editMessageText", "editMessageReplyMarkup", "deleteMessage", "answerCallbackQuery"] {
            api.fail_next(method, 1, fault.clone());
        }
        let channel = channel(api);
        let of = native("1");
        let mut deliveries = Vec::new();
        for kind in [
            EffectKind::Edit { of: of.clone(), message: message("x") },
            EffectKind::Strip { of: of.clone() },
            EffectKind::Delete { of },
            EffectKind::Acknowledge { press: "p".into(), text: None },
        ] {
            deliveries.push(perform(&channel, kind).await);
        }
        deliveries
    }

    #[tokio::test]
    async fn certainly_not_sent_is_later() {
        let api = BotApi::start().await;
        person(&api);
        let nobody_listens = Settings { api_url: "http://127.0.0.1:9".to_owned(), ..settings(&api) };
        let channel = Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, nobody_listens).unwrap());
        assert!(matches!(send(&channel, message("Привет")).await, Delivery::Later(_)));
        let unknown_host = Settings { api_url: "http://telegram.invalid".to_owned(), ..settings(&api) };
        let channel = Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, unknown_host).unwrap());
        assert!(matches!(send(&channel, message("Привет")).await, Delivery::Later(_)));
        let no_tls_there = Settings { api_url: api.url().replace("http:", "https:"), ..settings(&api) };
        let channel = Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, no_tls_there).unwrap());
        assert!(matches!(send(&channel, message("Привет")).await, Delivery::Later(_)));
        assert_eq!(api.chat(1001).said(), [""; 0]);
    }

    #[tokio::test]
    async fn a_server_that_never_answers_the_handshake_is_later_and_not_ambiguous() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = BotApi::start().await;
        let silent = Settings { api_url: format!("https://{}", listener.local_addr().unwrap()), ..settings(&api) };
        let channel = Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, silent).unwrap());
        let accept = tokio::spawn(async move { listener.accept().await });
        assert!(matches!(send(&channel, message("Привет")).await, Delivery::Later(_)));
        accept.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn perhaps_sent_is_ambiguous_for_messages_and_later_for_the_rest() {
        let api = BotApi::start().await;
        person(&api);
        let late = Fault::Slow(Duration::from_millis(1_500));
        for fault in [Fault::Status(500), Fault::Status(502), Fault::DropBefore, Fault::DropAfter, late, Fault::Garbage] {
            assert_eq!(of_send(&api, fault.clone()).await, Delivery::Ambiguous, "{fault:?}");
        }
        assert_eq!(api.chat(1001).said().len(), 3, "and some of them were sent indeed");
        for fault in [Fault::Status(500), Fault::DropBefore] {
            let deliveries = of_repeatable(&api, fault.clone()).await;
            assert!(deliveries.iter().all(|delivery| matches!(delivery, Delivery::Later(_))), "{fault:?} {deliveries:?}");
        }
    }

    #[tokio::test]
    async fn too_many_is_later_by_telegrams_measure() {
        let api = BotApi::start().await;
        person(&api);
        assert_eq!(of_send(&api, Fault::TooMany(7)).await, Delivery::Later(Duration::from_secs(7)));
        assert_eq!(of_repeatable(&api, Fault::TooMany(7)).await, vec![Delivery::Later(Duration::from_secs(7)); 4]);
    }

    #[tokio::test]
    async fn who_blocked_the_bot_or_never_opened_it_is_unreachable() {
        let api = BotApi::start().await;
        let stranger = api.user(1002, "Борис", "ru");
        let channel = channel(&api);
        let to = async |account: &str| channel.perform(account, &EffectKind::Send(message("Привет")), &|_| None).await;
        assert_eq!(to("1002").await, Delivery::Unreachable);
        assert_eq!(to("1003").await, Delivery::Unreachable, "unknown to Telegram");
        stranger.write("/start");
        assert!(matches!(to("1002").await, Delivery::Done(Some(_))));
        stranger.block();
        assert_eq!(to("1002").await, Delivery::Unreachable);
        stranger.unblock();
        assert!(matches!(to("1002").await, Delivery::Done(Some(_))));
        assert_eq!(of_send(&api, Fault::Refuse(403, "Forbidden: user is deactivated")).await, Delivery::Unreachable);
    }

    #[tokio::test]
    async fn a_refusal_is_final_and_quotes_nothing() {
        let api = BotApi::start().await;
        person(&api);
        let quoting = Fault::Refuse(400, "Bad Request: inline keyboard button URL 'https://a.b/?code=K-7' is invalid: Wrong HTTP URL");
        let Delivery::Refused(why) = of_send(&api, quoting).await else { panic!() };
        assert_eq!(why, "Bad Request: inline keyboard button URL … is invalid");
        assert!(matches!(send(&channel(&api), message(" ")).await, Delivery::Refused(why) if why.contains("text is empty")));
        let oversized = Keyboard::Rows(vec![vec![button("Да", Press::Token("x".repeat(65)))]]);
        assert!(matches!(send(&channel(&api), Message { keyboard: oversized, ..message("x") }).await, Delivery::Refused(_)));
        let refused = channel(&api).perform("me", &EffectKind::Send(message("x")), &|_| None).await;
        assert!(matches!(refused, Delivery::Refused(_)), "{refused:?}");
    }

    #[tokio::test]
    async fn a_revoked_token_loses_no_message() {
        let api = BotApi::start().await;
        person(&api);
        api.revoke_token();
        assert!(matches!(send(&channel(&api), message("Привет")).await, Delivery::Later(_)));
    }

    #[tokio::test]
    async fn an_edit_in_vain_is_done() {
        let api = BotApi::start().await;
        let alina = person(&api);
        let channel = channel(&api);
        let id = sent(&channel, Message { keyboard: yes_and_no(), ..message("Согласны?") }).await;
        let of = || MessageRef::Ours(EffectId { version: 4, index: 1 });
        let known = |effect: EffectId| (effect == EffectId { version: 4, index: 1 }).then(|| id.clone());
        let edit = EffectKind::Edit { of: of(), message: message("✓ Да") };
        assert_eq!(channel.perform("1001", &edit, &known).await, Delivery::Done(None));
        assert_eq!(channel.perform("1001", &edit, &known).await, Delivery::Done(None), "not modified");
        assert_eq!(channel.perform("1001", &EffectKind::Strip { of: of() }, &known).await, Delivery::Done(None), "nothing to strip");
        assert_eq!(alina.chat().said(), ["✓ Да"]);
        assert_eq!(alina.chat().last().unwrap().keys.len(), 0);
    }

    #[tokio::test]
    async fn an_edit_of_a_message_that_is_gone_sends_a_new_one() {
        let api = BotApi::start().await;
        let alina = person(&api);
        let channel = channel(&api);
        let id = sent(&channel, message("старое")).await;
        assert_eq!(perform(&channel, EffectKind::Delete { of: native(&id) }).await, Delivery::Done(None));
        let edit = |of| EffectKind::Edit { of, message: message("новое") };
        assert!(matches!(perform(&channel, edit(native(&id))).await, Delivery::Done(Some(_))));
        let unknown = MessageRef::Ours(EffectId { version: 1, index: 0 });
        assert!(matches!(perform(&channel, edit(unknown.clone())).await, Delivery::Done(Some(_))));
        assert_eq!(alina.chat().said(), ["новое", "новое"]);
        assert_eq!(perform(&channel, EffectKind::Strip { of: unknown.clone() }).await, Delivery::Done(None));
        assert_eq!(perform(&channel, EffectKind::Delete { of: unknown }).await, Delivery::Done(None));
        assert_eq!(perform(&channel, EffectKind::Strip { of: native(&id) }).await, Delivery::Done(None));
    }

    #[tokio::test]
    async fn an_edit_can_take_a_contact_keyboard_away_or_bring_one() {
        let api = BotApi::start().await;
        let alina = person(&api);
        let channel = channel(&api);
        let id = sent(&channel, message("раз")).await;
        let contact = Keyboard::Contact { label: "Мой номер".into(), skip: None };
        let brings = EffectKind::Edit { of: native(&id), message: Message { keyboard: contact, ..message("два") } };
        assert!(matches!(perform(&channel, brings).await, Delivery::Done(Some(_))), "an edited message cannot bring it");
        assert!(alina.chat().keyboard.is_some());
        let message = Message { keyboard: yes_and_no(), remove_keyboard: true, ..message("три") };
        perform(&channel, EffectKind::Edit { of: native(&id), message }).await;
        assert_eq!(alina.chat().keyboard, None);
        assert_eq!(alina.chat().said(), ["три", "два", "✓"]);
    }

    #[tokio::test]
    async fn a_message_that_is_too_old_or_gone_counts_as_deleted() {
        let api = BotApi::start().await;
        let alina = person(&api);
        let channel = channel(&api);
        let secret = alina.write("пароль");
        assert_eq!(perform(&channel, EffectKind::Delete { of: native(&secret.to_string()) }).await, Delivery::Done(None));
        assert!(alina.chat().message(secret).unwrap().deleted, "the person's own message");
        assert_eq!(perform(&channel, EffectKind::Delete { of: native(&secret.to_string()) }).await, Delivery::Done(None));
        let id = sent(&channel, message("старое")).await;
        api.advance(Duration::from_hours(49));
        assert_eq!(perform(&channel, EffectKind::Delete { of: native(&id) }).await, Delivery::Done(None));
        assert_eq!(alina.chat().said(), ["старое"]);
    }

    #[tokio::test]
    async fn a_late_acknowledgement_is_done() {
        let api = BotApi::start().await;
        let alina = person(&api);
        let channel = channel(&api);
        sent(&channel, Message { keyboard: yes_and_no(), ..message("?") }).await;
        let press = alina.press("Да").unwrap();
        api.advance(Duration::from_secs(151));
        assert_eq!(perform(&channel, EffectKind::Acknowledge { press: press.clone(), text: None }).await, Delivery::Done(None));
        assert_eq!(api.answer_of(&press), None);
    }

    #[tokio::test]
    async fn an_idle_connection_that_the_server_closed_costs_nothing() {
        let api = BotApi::start().await;
        let alina = person(&api);
        let channel = channel(&api);
        of_send(&api, Fault::DropBefore).await;
        for _ in 0..3 {
            sent(&channel, message("Привет")).await;
        }
        assert_eq!(alina.chat().said().len(), 3);
    }
}

mod set_up {
    use super::*;

    #[tokio::test]
    async fn menus_are_shown_per_language() {
        let api = BotApi::start().await;
        api.set_webhook("https://elsewhere.example/hook");
        let telegram = Telegram::new("tg", BotApi::TOKEN, settings(&api)).unwrap();
        telegram.set_up(&menus()).await.unwrap();
        assert_eq!(telegram.link().as_deref(), Some("https://t.me/usher_test_bot"));
        assert_eq!(api.webhook(), "");
        let shown: Vec<_> = api.calls_of("setMyCommands").into_iter().map(|call| call.parameters).collect();
        let russian = json!([{"command": "start", "description": "Регистрация"}]);
        let scope = json!({"type": "all_private_chats"});
        assert_eq!(shown.len(), 3);
        assert_eq!((&shown[0]["commands"], &shown[0]["scope"], shown[0].get("language_code")), (&russian, &scope, None));
        assert_eq!((&shown[1]["language_code"], &shown[1]["commands"][0]["description"]), (&json!("en"), &json!("Registration")));
        assert_eq!((&shown[2]["language_code"], &shown[2]["commands"]), (&json!("ru"), &russian));
        assert_eq!(api.objections(), [""; 0]);
    }

    #[tokio::test]
    async fn a_person_sees_the_menu_of_the_language_they_chose() {
        let api = BotApi::start().await;
        person(&api);
        let channel = channel(&api);
        channel.set_up(&menus()).await.unwrap();
        assert_eq!(perform(&channel, EffectKind::ShowCommands { language: "en".into() }).await, Delivery::Done(None));
        let last = api.calls_of("setMyCommands").pop().unwrap().parameters;
        assert_eq!(
            (&last["scope"], &last["commands"][0]["description"]),
            (&json!({"type": "chat", "chat_id": 1001}), &json!("Registration"))
        );
    }

    #[tokio::test]
    async fn a_refused_token_and_a_dead_network_are_told_apart() {
        let api = BotApi::start().await;
        api.revoke_token();
        assert!(matches!(channel(&api).set_up(&menus()).await, Err(ChannelError::TokenRefused)));
        let nobody_listens = Settings { api_url: "http://127.0.0.1:9".to_owned(), ..settings(&api) };
        let channel = Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, nobody_listens).unwrap());
        assert!(matches!(channel.set_up(&menus()).await, Err(ChannelError::Unavailable(_))));
    }

    #[test]
    fn a_token_or_an_address_that_cannot_be_one_is_refused_without_being_told() {
        let new = |token: &str, api_url: &str| Telegram::new("tg", token, Settings { api_url: api_url.to_owned(), ..Settings::default() });
        for token in ["", "secret", "42:", ":secret", "42:sec ret", "42:sec/ret", "x:secret"] {
            let error = new(token, "https://api.telegram.org").unwrap_err();
            assert!(matches!(error, ChannelError::TokenMalformed) && !error.to_string().contains("secret"), "{error}");
        }
        for address in ["", "api.telegram.org", "ftp://api.telegram.org", "https://", "https://a.b/?c=d"] {
            assert!(matches!(new(BotApi::TOKEN, address), Err(ChannelError::AddressMalformed)), "{address}");
        }
    }
}

mod secrecy {
    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Everything that can go wrong does, with every log line of every crate recorded.
    #[tokio::test]
    async fn neither_the_token_nor_a_text_is_ever_told() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
        let _recording = tracing::subscriber::set_default(subscriber);
        let api = BotApi::start().await;
        let alina = person(&api);
        let mut told = String::new();
        for fault in [
            Fault::Status(500),
            Fault::DropBefore,
            Fault::TooMany(1),
            Fault::Garbage,
            Fault::Refuse(400, "Bad Request: can't parse entities: Unsupported start tag \"ТАЙНА\""),
            Fault::Refuse(400, "Bad Request: odd 'ТАЙНА'"),
        ] {
            api.fail_next("sendMessage", 1, fault.clone());
            api.fail_next("getUpdates", 1, fault.clone());
            let delivery = send(&channel(&api), message("ТАЙНА <b>")).await;
            told.push_str(&format!("{delivery:?}\n"));
        }
        alina.write("ТАЙНА");
        let mut bot = Running::start(channel(&api));
        while text(bot.act().await) != "ТАЙНА" {}
        told.push_str(&format!("{:?}\n", bot.channel));
        bot.stop().await;
        let dead = Telegram::new("tg", BotApi::TOKEN, Settings { api_url: "http://127.0.0.1:9".into(), ..settings(&api) }).unwrap();
        let error = dead.set_up(&menus()).await.unwrap_err();
        told.push_str(&format!("{error} {error:?}\n"));
        for fault in [Fault::DropBefore, Fault::Garbage, Fault::Refuse(400, "Bad Request: odd 'ТАЙНА'")] {
            api.fail_next("getMe", 1, fault);
            let error = channel(&api).set_up(&menus()).await.unwrap_err();
            told.push_str(&format!("{error} {error:?}\n"));
        }
        api.revoke_token();
        let error = channel(&api).set_up(&menus()).await.unwrap_err();
        told.push_str(&format!("{error} {error:?}\n"));
        told.push_str(&String::from_utf8(log.0.lock().unwrap().clone()).unwrap());

        assert!(told.contains("the Bot API fails"), "the log was recorded:\n{told}");
        let secret = BotApi::TOKEN.split_once(':').unwrap().1;
        assert!(!told.contains(secret), "the token is told");
        assert!(!told.contains("ТАЙНА"), "a text is told:\n{told}");
    }
}
