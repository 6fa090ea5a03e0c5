//! Messages as they arrive.

use crate::*;

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
    assert_eq!(parts.iter().map(|part| part.id.to_string()).collect::<Vec<_>>().join(" "), id, "all of it can be deleted");
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
async fn one_chat_that_waits_does_not_hold_up_another() {
    let api = BotApi::start().await;
    person(&api);
    api.user(1002, "Борис", "ru").write("/start");
    let limits = Limits { chat: 1, burst: 1, overall: 30 };
    let channel = Arc::new(Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, Settings { limits, ..settings(&api) }).unwrap()));
    sent(&channel, message("раз")).await;
    let waiting = Arc::clone(&channel);
    let second = tokio::spawn(async move { sent(&waiting, message("два")).await });
    tokio::task::yield_now().await;
    let other = channel.perform("1002", &EffectKind::Send(message("другому")), &|_| None).await;
    assert!(matches!(other, Delivery::Done(_)) && !second.is_finished());
    second.await.unwrap();
}

#[tokio::test]
async fn a_text_never_loses_its_words_however_it_is_split() {
    let api = BotApi::start().await;
    person(&api);
    let channel = channel(&api);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let word = prop_oneof!["[а-я<>&]{1,12}", Just("\n\n".to_owned()), Just("😀".to_owned()), "[a-z]{200}"];
    let words = prop::collection::vec((word, 0..4_u8), 300..900);
    for _ in 0..8 {
        let words = words.new_tree(&mut runner).unwrap().current();
        let (mut html, mut plain) = (String::new(), String::new());
        for (word, look) in words {
            let escaped = word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let (before, after) = match look {
                0 => ("<b>", "</b> "),
                1 => ("<a href=\"https://a.b/?q=1&amp;r=2\"><i>", "</i></a> "),
                _ => ("", " "),
            };
            html.extend([before, escaped.as_str(), after]);
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
