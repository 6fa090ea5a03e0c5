//! The operator's side of the real binary: is it alive, can it work, what has it done.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

mod support {
    pub mod botapi;
}
#[path = "operators/doctor.rs"]
mod doctor;
#[path = "operators/reports.rs"]
mod reports;
#[path = "operators/several.rs"]
mod several;
#[path = "operators/web.rs"]
mod web;
#[path = "operators/webhook.rs"]
mod webhook;

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::botapi::{BotApi, Fault};
use tempfile::TempDir;

const FLOW: &str = "flow: hello
title: Hello
start: { command: start }
for: anyone
steps:
  name:
    ask: What is your name?
    type: text
  greeting:
    say: \"Hello, {{ name }}!\"
    end: greeted
";

/// What Telegram shows with each call of the webhook.
const SECRET: &str = "a-secret_of-no-worth-at-all";

/// A bot with the operator's listener, and its folder.
struct Bot {
    folder: TempDir,
    admin: SocketAddr,
    process: Child,
}

impl Bot {
    fn start(api: &BotApi, admin: SocketAddr) -> Self {
        Self::with(admin, &format!("tg: {{ kind: telegram, token: \"${{env:TELEGRAM_TOKEN}}\", api_url: \"{}\" }}", api.url()), "", &[])
    }

    /// A bot with these channels, these lines in the operator's file, and these files beside it.
    fn with(admin: SocketAddr, channels: &str, lines: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config =
            format!("usher: 1\nchannels:\n  {channels}\nstore: {{ kind: sled, path: data }}\nadmin_listen: \"{admin}\"\n{lines}\n");
        let usual = [("usher.yaml", config.as_str()), ("flows/hello.yaml", FLOW), ("flows/bot.yaml", "bot: Hello\nlanguages: [en]\n")];
        for (name, text) in usual.iter().chain(files) {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let process = begun(&folder);
        Self { folder, admin, process }
    }

    /// `kill -9`, and a new start.
    fn restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = begun(&self.folder);
    }

    /// What it answers, once it answers at all.
    async fn get(&self, path: &str) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        for _ in 0..300 {
            if let Ok(answer) = client.get(format!("http://{}{path}", self.admin)).send().await {
                return (answer.status().as_u16(), answer.text().await.unwrap());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nobody listens on {}:\n{}", self.admin, self.logged())
    }

    /// The same, once the answer is as wanted.
    async fn get_until(&self, path: &str, wanted: impl Fn(u16, &str) -> bool) -> String {
        let mut last = (0, String::new());
        for _ in 0..300 {
            last = self.get(path).await;
            if wanted(last.0, &last.1) {
                return last.1;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} stays {last:?}:\n{}", self.logged())
    }

    fn logged(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Stops as an operator does, and tells the exit code.
    fn stop(&mut self) -> Option<i32> {
        assert!(Command::new("kill").arg(self.process.id().to_string()).status().unwrap().success());
        self.process.wait().unwrap().code()
    }
}

fn begun(folder: &TempDir) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.path().join("log")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_usher"))
        .arg("run")
        .current_dir(folder.path())
        .env("TELEGRAM_TOKEN", BotApi::TOKEN)
        .env("WEBHOOK_SECRET", SECRET)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Drop for Bot {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_sees_that_it_lives_works_and_what_it_has_done() {
    let api = BotApi::start().await;
    let mut bot = Bot::start(&api, free());
    assert_eq!(bot.get("/healthz").await, (200, "alive\n".to_owned()));
    bot.get_until("/readyz", |status, text| (status, text) == (200, "ready\n")).await;
    let user = api.user(1001, "Ann", "en");
    user.write("/start");
    assert_eq!(user.expect_message().await.text, "What is your name?");
    user.write("Annabella");
    assert_eq!(user.expect_message().await.text, "Hello, Annabella!");
    let metrics = bot.get_until("/metrics", |_, text| text.contains("usher_deliveries_total{ended=\"done\"} 2\n")).await;
    for line in ["# TYPE usher_turns counter\n", "usher_commits_refused_total 0\n", "usher_ready 1\n", "# EOF\n"] {
        assert!(metrics.contains(line), "no {line}: {metrics}");
    }
    let turns: u64 = metrics.lines().find_map(|line| line.strip_prefix("usher_turns_total ")?.parse().ok()).unwrap();
    assert!(turns >= 2, "{metrics}");
    for private in ["1001", "Annabella", BotApi::TOKEN] {
        assert!(!metrics.contains(private), "the metrics hold {private}: {metrics}");
    }
    assert_eq!(bot.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_telegram_cannot_be_reached_it_lives_and_is_not_ready() {
    let api = BotApi::start().await;
    api.fail_next("getMe", 1000, Fault::DropBefore);
    let mut bot = Bot::start(&api, free());
    let why = "the channel \"tg\" is not set up yet\n";
    assert_eq!(bot.get("/readyz").await, (503, why.to_owned()));
    assert_eq!(bot.get("/healthz").await.0, 200);
    assert!(bot.get("/metrics").await.1.contains("usher_ready 0\n"));
    assert_eq!(bot.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_in_use_is_one_sentence() {
    let api = BotApi::start().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let mut bot = Bot::start(&api, address);
    assert_eq!(bot.process.wait().unwrap().code(), Some(2));
    let sentence =
        format!("port {} on 127.0.0.1 is in use by another program; stop that or choose another with admin_listen", address.port());
    assert!(bot.logged().contains(&sentence), "{}", bot.logged());
    assert!(!bot.folder.path().join("data").exists(), "the store was opened for nothing");
}

#[test]
fn a_key_file_that_cannot_be_made_is_one_sentence_about_it() {
    for (key, sentence) in [
        (
            "keys/usher.key",
            "cannot create the key file keys/usher.key: no such file or directory; give the key file a folder that this user",
        ),
        ("flows", "cannot read the key file flows: it is a folder; name a file in it: flows/usher.key"),
    ] {
        let store = format!("store: {{ kind: sled, path: data, key_file: {key} }}");
        let mut bot = Bot::with(free(), "chat: { kind: web }", &format!("listen: \"{}\"", free()), &[]);
        bot.process.kill().unwrap();
        bot.process.wait().unwrap();
        let file = bot.folder.path().join("usher.yaml");
        let written = std::fs::read_to_string(&file).unwrap().replace("store: { kind: sled, path: data }", &store);
        std::fs::write(&file, written.replace("path: data,", "path: other,")).unwrap();
        bot.process = begun(&bot.folder);
        assert_eq!(bot.process.wait().unwrap().code(), Some(2));
        assert!(bot.logged().contains(sentence) && !bot.logged().contains("key.new"), "{}", bot.logged());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_code_of_the_first_owner_is_gone_as_soon_as_there_is_one_and_the_doctor_names_them() {
    let api = BotApi::start().await;
    let channel = format!("tg: {{ kind: telegram, token: \"${{env:TELEGRAM_TOKEN}}\", api_url: \"{}\" }}", api.url());
    let bot = Bot::with(free(), &channel, "roles: { owner: { may: all } }", &[]);
    bot.get_until("/readyz", |status, _| status == 200).await;
    let file = bot.folder.path().join("data/owner.code");
    let line = std::fs::read_to_string(&file).unwrap();
    let ann = api.user(1001, "Ann", "en");
    ann.write(line.trim());
    for _ in 0..100 {
        if !file.exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!file.exists(), "{line}: {:?}", ann.chat().said());
    let doctor = Command::new(env!("CARGO_BIN_EXE_usher"))
        .arg("doctor")
        .current_dir(bot.folder.path())
        .env("TELEGRAM_TOKEN", BotApi::TOKEN)
        .output()
        .unwrap();
    let told = String::from_utf8(doctor.stdout).unwrap();
    assert!(told.contains("given in the chat: owner: tg:1001"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_that_is_started_twice_blames_no_other_program() {
    let api = BotApi::start().await;
    let mut bot = Bot::start(&api, free());
    bot.get_until("/readyz", |status, _| status == 200).await;
    assert!(bot.logged().contains("ready") && !bot.logged().contains("flows=\"\""), "a bot alone has no name: {}", bot.logged());
    assert_eq!(begun(&bot.folder).wait().unwrap().code(), Some(2));
    let told = bot.logged();
    assert!(told.contains("data is already in use by another process; stop that one") && !told.contains("another program"), "{told}");
    assert_eq!(bot.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_that_the_flows_do_not_have_is_told_at_the_start() {
    let api = BotApi::start().await;
    let channel = format!("tg: {{ kind: telegram, token: \"${{env:TELEGRAM_TOKEN}}\", api_url: \"{}\" }}", api.url());
    let bot_yaml = "bot: Hello\nlanguages: [en]\nsettings: { desk: { title: Desk, type: text, value: \"1\" } }\n";
    let files = [("flows/bot.yaml", bot_yaml)];
    let mut bot = Bot::with(free(), &channel, "settings: { deks: \"2\" }", &files);
    bot.get_until("/readyz", |status, _| status == 200).await;
    let told = bot.logged();
    assert!(told.contains("no setting \"deks\" is declared in bot.yaml") && told.contains("did you mean \"desk\"?"), "{told}");
    assert_eq!(bot.stop(), Some(0));
}
