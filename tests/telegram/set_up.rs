//! What is asked once at start.

use crate::*;

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
    assert_eq!((&last["scope"], &last["commands"][0]["description"]), (&json!({"type": "chat", "chat_id": 1001}), &json!("Registration")));
}

#[tokio::test]
async fn whoever_holds_a_role_sees_what_it_may_do_and_nobody_else_does() {
    let api = BotApi::start().await;
    person(&api);
    let channel = channel(&api);
    let mut menus = menus();
    let requests = Command { name: "requests".to_owned(), title: "Requests".to_owned(), roles: vec!["hr".to_owned(), "owner".to_owned()] };
    menus.commands.get_mut("en").unwrap().push(requests);
    channel.set_up(&menus).await.unwrap();
    let names = |call: &serde_json::Value| {
        let commands = call["commands"].as_array().unwrap().iter();
        commands.map(|command| command["command"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(api.calls_of("setMyCommands").iter().all(|call| names(&call.parameters) == ["start"]));
    for (roles, offered) in [(vec!["hr".to_owned()], vec!["start", "requests"]), (Vec::new(), vec!["start"])] {
        let menu = EffectKind::ShowMenu(Menu { language: Some("en".to_owned()), roles });
        assert_eq!(perform(&channel, menu).await, Delivery::Done(None));
        let last = api.calls_of("setMyCommands").pop().unwrap().parameters;
        assert_eq!(
            (&last["scope"], names(&last)),
            (&json!({"type": "chat", "chat_id": 1001}), offered.into_iter().map(str::to_owned).collect())
        );
    }
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
