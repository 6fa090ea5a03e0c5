//! A bot to which the demo ERP reports, over real HTTP.

use std::sync::Arc;

use serde_json::{Value, json};
use usher::demo::{DemoErp, Options, Receiver, serve};

use crate::*;

const BOT: &str = "bot: Hello\nlanguages: [en]\nevents: { erp.activated: { staff_id: integer } }\n";

const WAITING: &str = "flow: hello
title: Hello
start: { command: start }
for: anyone
steps:
  number: { ask: Which number?, type: integer }
  login: { wait: { event: erp.activated, match: { staff_id: number } }, tell: I wait., timeout: { after: 2d, go: late } }
  welcome: { say: \"Welcome, {{ number }}!\", end: active }
  late: { say: Too late., end: late }
";

async fn post(site: &str, path: &str, body: &Value) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(format!("{site}{path}")).header("x-api-key", "demo-key").header("content-type", "application/json");
    let answer = request.body(body.to_string()).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

async fn hired_and_activated(erp: &str, account: i64) -> Value {
    let email = format!("somebody{account}@example.com");
    let staff = json!({ "first_name": "Ann", "last_name": "Smith", "email": email, "phone": format!("+7900000{account}"), "create_user": true,
                        "positions": [{ "position_id": 1, "is_primary": true }] });
    let staff = post(erp, "/api/v1/staff/", &staff).await;
    post(erp, "/api/v1/auth/activate", &json!({ "activation_code": staff["activation_code"], "password": "correct horse" })).await;
    staff["id"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_their_activation_is_welcomed_once_though_the_bot_was_away() {
    let api = BotApi::start().await;
    let (admin, public) = (free(), free());
    let channel = format!("tg: {{ kind: telegram, token: \"${{env:TELEGRAM_TOKEN}}\", api_url: \"{}\" }}", api.url());
    let lines = format!("listen: \"{public}\"\nhooks: {{ erp: {{ events: [erp.activated], secret: \"${{env:WEBHOOK_SECRET}}\" }} }}");
    let mut bot = Bot::with(admin, &channel, &lines, &[("flows/bot.yaml", BOT), ("flows/hello.yaml", WAITING)]);
    let receiver = Receiver::new(&format!("http://{public}"), SECRET.to_owned()).unwrap();
    let erp = DemoErp::new(Options { receiver: Some(receiver), ..Options::default() }).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, Arc::new(erp), std::future::pending()));

    let people = [(1001, "1"), (1002, "2")].map(|(account, number)| (api.user(account, "Ann", "en"), account, number));
    for (user, _, number) in &people {
        user.write("/start");
        assert_eq!(user.expect_message().await.text, "Which number?");
        user.write(number);
        assert_eq!(user.expect_message().await.text, "I wait.");
    }
    let [(first, one, _), (second, two, _)] = &people;
    assert_eq!(hired_and_activated(&site, *one).await, 1);
    assert_eq!(first.expect_message().await.text, "Welcome, 1!");
    assert_eq!(second.chat().said().last(), Some(&"I wait."), "it is not theirs");

    assert_eq!(bot.stop(), Some(0));
    assert_eq!(hired_and_activated(&site, *two).await, 2);
    // The first attempt meets nobody; the report comes again once the bot is back.
    tokio::time::sleep(Duration::from_millis(200)).await;
    bot.process = begun(&bot.folder);
    assert_eq!(second.expect_message().await.text, "Welcome, 2!");
    assert_eq!(bot.stop(), Some(0));
    for (user, _, number) in &people {
        let welcome = format!("Welcome, {number}!");
        assert_eq!(user.chat().said().iter().filter(|said| **said == welcome).count(), 1, "{:?}", user.chat().said());
    }
    assert!(!bot.logged().contains(SECRET));
}
