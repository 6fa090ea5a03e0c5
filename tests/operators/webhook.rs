//! A bot to which Telegram brings updates.

use serde_json::{Value, json};

use crate::*;

const PATH: &str = "/telegram/hello";

struct Hooked {
    bot: Bot,
    url: String,
}

impl Hooked {
    async fn start(api: &BotApi) -> Self {
        let hooked = Self::begin(api);
        hooked.bot.get_until("/readyz", |status, _| status == 200).await;
        hooked
    }

    fn begin(api: &BotApi) -> Self {
        let (admin, public) = (free(), free());
        let url = format!("http://{public}{PATH}");
        let channel = format!(
            "tg: {{ kind: telegram, token: \"${{env:TELEGRAM_TOKEN}}\", api_url: \"{}\", receive: webhook, url: \"{url}\", \
             secret: \"${{env:WEBHOOK_SECRET}}\", max_connections: 7 }}",
            api.url()
        );
        let bot = Bot::with(admin, &channel, &format!("listen: \"{public}\""), &[]);
        Self { bot, url }
    }

    async fn post(&self, secret: Option<&str>, body: Vec<u8>) -> u16 {
        let mut request = reqwest::Client::builder().no_proxy().build().unwrap().post(&self.url).body(body);
        if let Some(secret) = secret {
            request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
        }
        // A body that is too large may find the connection closed before all of it is written.
        request.send().await.map_or(0, |answer| answer.status().as_u16())
    }
}

fn update(id: i64, text: &str) -> Value {
    json!({"update_id": id, "message": {"message_id": id, "date": 1, "text": text, "chat": {"id": 1001, "type": "private"},
           "from": {"id": 1001, "is_bot": false, "first_name": "Ann", "language_code": "en"}}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telegram_brings_updates_and_the_webhook_outlives_a_stop() {
    let api = BotApi::start().await;
    api.set_webhook("https://somebody.example.org/theirs");
    let mut hooked = Hooked::start(&api).await;
    assert_eq!(api.webhook(), hooked.url);
    let set = api.calls_of("setWebhook");
    let expected = json!({"url": hooked.url, "secret_token": SECRET, "max_connections": 7,
                          "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"]});
    assert_eq!(set[0].parameters, expected);
    assert!(hooked.bot.logged().contains("it is replaced by ours"), "{}", hooked.bot.logged());
    let user = api.user(1001, "Ann", "en");
    user.write("/start");
    assert_eq!(user.expect_message().await.text, "What is your name?");
    user.write("Annabella");
    assert_eq!(user.expect_message().await.text, "Hello, Annabella!");
    api.expect_all_confirmed().await;
    assert!(api.calls_of("getUpdates").is_empty(), "it does not poll");
    assert_eq!(hooked.bot.stop(), Some(0));
    assert_eq!(api.webhook(), hooked.url, "the next process is brought what comes meanwhile");
    assert!(api.calls_of("deleteWebhook").is_empty());
    user.write("/start");
    hooked.bot.process = begun(&hooked.bot.folder);
    assert_eq!(user.expect_message().await.text, "What is your name?");
    assert_eq!(api.objections(), [""; 0]);
    for private in ["Annabella", SECRET, BotApi::TOKEN] {
        assert!(!hooked.bot.logged().contains(private), "{private}: {}", hooked.bot.logged());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn back_to_polling_the_webhook_is_removed_and_nothing_is_lost() {
    let api = BotApi::start().await;
    let user = api.user(1001, "Ann", "en");
    let mut hooked = Hooked::start(&api).await;
    assert_eq!(hooked.bot.stop(), Some(0));
    user.write("/start");
    let _polling = Bot::start(&api, free());
    assert_eq!(user.expect_message().await.text, "What is your name?");
    assert_eq!(api.webhook(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_cannot_be_set_is_told_at_once_with_what_to_do() {
    let api = BotApi::start().await;
    api.fail_next("setWebhook", 1, Fault::Refuse(400, "Bad Request: bad webhook: Failed to resolve host: Name or service not known"));
    let mut hooked = Hooked::begin(&api);
    assert_eq!(hooked.bot.process.wait().unwrap().code(), Some(2));
    let log = hooked.bot.logged();
    assert!(log.contains("the webhook cannot be set, so no message comes: its url must be https on port 443"), "{log}");
    assert!(log.contains("bad webhook"), "{log}");

    api.fail_next("setWebhook", 1, Fault::Status(502));
    let hooked = Hooked::begin(&api);
    for _ in 0..200 {
        if hooked.bot.logged().contains("the webhook cannot be set, so no message comes; usher doctor tells more") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{}", hooked.bot.logged());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_telegram_is_believed() {
    let api = BotApi::start().await;
    let user = api.user(1001, "Ann", "en");
    let mut hooked = Hooked::start(&api).await;
    let bytes = serde_json::to_vec(&update(7, "/start")).unwrap();
    let long = format!("{SECRET}x");
    for secret in [None, Some(""), Some("a-secret_of-no-worth-at-alL"), Some(&SECRET[1..]), Some(long.as_str())] {
        assert_eq!(hooked.post(secret, bytes.clone()).await, 403, "{secret:?}");
    }
    assert!(matches!(hooked.post(Some(SECRET), vec![b' '; 2 << 20]).await, 0 | 400));
    // What can never be understood would come again and again, and hold up the others.
    for odd in ["{\"update_id\": 8, \"message\": {\"message_id\": \"odd\"}}", "{\"update_id\": 9, \"poll\": {}}", "[]", "<html>"] {
        assert_eq!(hooked.post(Some(SECRET), odd.as_bytes().to_vec()).await, 200, "{odd}");
    }
    assert!(user.chat().said().is_empty(), "{:?}", user.chat().said());
    assert_eq!(hooked.post(Some(SECRET), bytes.clone()).await, 200);
    assert_eq!(hooked.post(Some(SECRET), bytes).await, 200, "brought twice, it is the same");
    user.write("Ann");
    assert_eq!(user.expect_message().await.text, "What is your name?");
    assert_eq!(user.expect_message().await.text, "Hello, Ann!");
    assert_eq!(hooked.bot.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_it_loses_nothing_that_was_acknowledged() {
    let api = BotApi::start().await;
    let user = api.user(1001, "Ann", "en");
    let mut hooked = Hooked::start(&api).await;
    let mut acknowledged = 0;
    for (round, delay) in [0, 3, 8, 15, 25, 40].into_iter().enumerate() {
        let name = format!("Ann{round}");
        user.write("/start");
        user.write(&name);
        tokio::time::sleep(Duration::from_millis(delay)).await;
        hooked.bot.restart();
        let greeting = format!("Hello, {name}!");
        api.expect(1001, &greeting, |chat| chat.said().contains(&greeting.as_str()).then_some(())).await;
        api.expect_all_confirmed().await;
        acknowledged += 2;
    }
    let taken: std::collections::BTreeSet<i64> = api.brought().into_iter().filter(|(_, status)| *status == 200).map(|(id, _)| id).collect();
    assert_eq!(taken.len(), acknowledged);
    let names: Vec<String> = (0..6).map(|round| format!("Hello, Ann{round}!")).collect();
    let mut said: Vec<String> = api.chat(1001).said().into_iter().filter(|text| text.starts_with("Hello")).map(str::to_owned).collect();
    said.dedup();
    assert_eq!(said, names, "in order, and none of them is missing");
}
