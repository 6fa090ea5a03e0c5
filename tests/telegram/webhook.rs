//! The webhook, with a hand-made inbox in place of the runtime.

use usher::channel::telegram::Webhook;

use crate::*;

const SECRET: &str = "a-secret_of-no-worth";

/// A bot that is brought updates, set up and receiving.
async fn hooked(api: &BotApi) -> Running {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let webhook = Some(Webhook { url, secret: SECRET.to_owned(), connections: 40 });
    let settings = Settings { webhook, look: Duration::from_millis(50), ..settings(api) };
    let channel = Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, settings).unwrap());
    let routes = axum::Router::new().route("/hook", channel.webhook().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    channel.set_up(&menus()).await.unwrap();
    Running::start(channel)
}

#[tokio::test]
async fn an_update_is_acknowledged_when_it_is_kept_and_brought_again_when_it_is_not() {
    let api = BotApi::start().await;
    let mut bot = hooked(&api).await;
    tokio::task::yield_now().await;
    person(&api);
    let first = bot.next().await;
    assert_eq!((first.id.0.as_str(), first.record.account()), ("tg/update/501", "1001"));
    bot.nothing_comes().await;
    assert_eq!((api.unconfirmed(), api.brought().len()), (vec![501], 0), "nothing is acknowledged before it is kept");
    first.kept.send(Err(Unkept)).unwrap();
    let again = bot.next().await;
    assert_eq!(again.id.0, "tg/update/501");
    drop(again.kept);
    let again = bot.next().await;
    again.kept.send(Ok(())).unwrap();
    api.expect_all_confirmed().await;
    let statuses: Vec<u16> = api.brought().into_iter().map(|(_, status)| status).collect();
    assert_eq!(statuses, [503, 503, 200]);
}

#[tokio::test]
async fn messages_keep_their_order_and_a_press_does_not_wait_for_them() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let mut bot = hooked(&api).await;
    bot.act().await;
    sent(&bot.channel, Message { keyboard: yes_and_no(), ..message("Согласны?") }).await;
    alina.write("раз");
    let first = bot.next().await;
    alina.write("два");
    alina.press("Нет").unwrap();
    let press = bot.next().await;
    assert!(matches!(act(press.kind), Act::Pressed { .. }), "a queue of its own");
    bot.nothing_comes().await;
    press.kept.send(Ok(())).unwrap();
    first.kept.send(Ok(())).unwrap();
    assert_eq!(text(bot.act().await), "два");
    api.expect_all_confirmed().await;
}

#[tokio::test]
async fn a_webhook_that_somebody_else_took_is_set_again() {
    let api = BotApi::start().await;
    let mut bot = hooked(&api).await;
    let ours = api.webhook();
    api.set_webhook("https://somebody.example.org/theirs");
    api.expect_calls("setWebhook", 2).await;
    // A call is on record before it is answered, so it may not have been done yet.
    let again = async {
        while api.webhook() != ours {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), again).await.expect("the webhook is ours again");
    person(&api);
    assert_eq!(text(bot.act().await), "/start");
    bot.stop().await;
    assert_eq!(api.webhook(), ours);
    assert_eq!(api.objections(), [""; 0]);
}

#[tokio::test]
async fn a_webhook_that_telegram_refuses_is_told_without_the_secret() {
    let api = BotApi::start().await;
    let why = "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443";
    api.fail_next("setWebhook", 1, Fault::Refuse(400, why));
    let webhook = Some(Webhook { url: "http://127.0.0.1:1/hook".to_owned(), secret: SECRET.to_owned(), connections: 40 });
    let channel = Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, Settings { webhook, ..settings(&api) }).unwrap());
    let error = channel.set_up(&menus()).await.unwrap_err();
    assert!(matches!(&error, ChannelError::Refused(why) if why.contains("bad webhook")), "{error}");
    assert!(!format!("{error} {channel:?}").contains(SECRET));
    api.fail_next("setWebhook", 1, Fault::DropBefore);
    assert!(matches!(channel.set_up(&menus()).await, Err(ChannelError::Unavailable(_))));
}
