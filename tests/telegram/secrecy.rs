//! What is never told.

use crate::*;

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
    let mut told = Vec::new();
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
        told.push(format!("{delivery:?}"));
    }
    alina.write("ТАЙНА");
    let mut bot = Running::start(channel(&api));
    while text(bot.act().await) != "ТАЙНА" {}
    told.push(format!("{:?}", bot.channel));
    bot.stop().await;
    let dead = Telegram::new("tg", BotApi::TOKEN, Settings { api_url: "http://127.0.0.1:9".into(), ..settings(&api) }).unwrap();
    let error = dead.set_up(&menus()).await.unwrap_err();
    told.push(format!("{error} {error:?}"));
    for fault in [Fault::DropBefore, Fault::Garbage, Fault::Refuse(400, "Bad Request: odd 'ТАЙНА'")] {
        api.fail_next("getMe", 1, fault);
        let error = channel(&api).set_up(&menus()).await.unwrap_err();
        told.push(format!("{error} {error:?}"));
    }
    api.revoke_token();
    let error = channel(&api).set_up(&menus()).await.unwrap_err();
    told.push(format!("{error} {error:?}"));
    told.push(String::from_utf8(log.0.lock().unwrap().clone()).unwrap());
    let told = told.join("\n");

    assert!(told.contains("the Bot API fails"), "the log was recorded:\n{told}");
    let secret = BotApi::TOKEN.split_once(':').unwrap().1;
    assert!(!told.contains(secret), "the token is told");
    assert!(!told.contains("ТАЙНА"), "a text is told:\n{told}");
}
