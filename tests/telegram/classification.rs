//! How far an effect got, for everything that can go wrong.

use crate::*;

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
    let late = Fault::Slow(Duration::from_secs(4));
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
async fn a_pressed_button_leaves_what_was_chosen_and_never_a_new_message() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let channel = channel(&api);
    let id = sent(&channel, Message { keyboard: yes_and_no(), ..message("Согласны?") }).await;
    let freeze = |of, html: &str| EffectKind::Freeze { of, message: message(html) };
    for _ in 0..2 {
        assert_eq!(perform(&channel, freeze(native(&id), "Согласны?\n✓ Да")).await, Delivery::Done(None));
    }
    let long = "слово ".repeat(1_000);
    let longer = sent(&channel, Message { keyboard: yes_and_no(), ..message(&long) }).await;
    let said = alina.chat().said().len();
    assert_eq!(perform(&channel, freeze(native(&longer), &format!("{long}\n✓ Да"))).await, Delivery::Done(None));
    assert_eq!(alina.chat().said()[0], "Согласны?\n✓ Да");
    assert!(alina.chat().last().unwrap().keys.is_empty(), "what is too long to be told again loses its buttons all the same");
    let unknown = MessageRef::Ours(EffectId { version: 1, index: 0 });
    assert_eq!(perform(&channel, freeze(unknown, "✓ Да")).await, Delivery::Done(None));
    assert_eq!(perform(&channel, EffectKind::Delete { of: native(&id) }).await, Delivery::Done(None));
    assert_eq!(perform(&channel, freeze(native(&id), "✓ Нет")).await, Delivery::Done(None));
    assert_eq!(alina.chat().said().len(), said - 1, "nothing is sent in the place of what is gone");
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
