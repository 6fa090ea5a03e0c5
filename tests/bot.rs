//! The real binary against a strict Bot API server and the demo ERP: a registration from `/start` to the activated account, in two
//! languages, for three people at once, and with the process killed after every single turn.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

#[path = "support"]
mod support {
    pub mod botapi;
    pub mod registrant;
}

mod bot {
    mod kills;
    mod office;
    mod outage;
    mod registrants;
}

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use support::botapi::{BotApi, Card, Shown, User};
use tempfile::TempDir;
use tokio::net::TcpListener;
use usher::demo::{DemoErp, Options, Profile, serve};

/// An ERP that outlives the bot.
struct Erp {
    url: String,
    client: reqwest::Client,
}

impl Erp {
    async fn start(profile: Profile) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let erp = Arc::new(DemoErp::new(Options { profile, ..Options::default() }).unwrap());
        tokio::spawn(serve(listener, erp, std::future::pending()));
        Self { url, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn get(&self, path: &str) -> Value {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> u16 {
        self.client.post(format!("{}{path}", self.url)).json(&body).send().await.unwrap().status().as_u16()
    }

    /// The status; nothing if the door is shut.
    async fn try_post(&self, path: &str, body: &Value) -> Option<u16> {
        self.client.post(format!("{}{path}", self.url)).json(body).send().await.ok().map(|answer| answer.status().as_u16())
    }

    /// The staff that were created, by external id.
    async fn staff(&self) -> BTreeMap<String, usize> {
        let mut count = BTreeMap::new();
        for member in self.get("/_demo/staff").await.as_array().unwrap() {
            *count.entry(member["external_id"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        count
    }

    /// The idempotency keys under which staff were posted.
    async fn keys_of_posts(&self) -> Vec<String> {
        let log = self.get("/_demo/log").await;
        let posts = log.as_array().unwrap().iter().filter(|entry| entry["method"] == "POST" && entry["path"] == "/api/v1/staff/");
        let mut keys: Vec<String> = posts.filter_map(|entry| Some(entry["idempotency_key"].as_str()?.to_owned())).collect();
        keys.dedup();
        keys
    }
}

/// The bot's process and its folder.
struct Bot {
    folder: TempDir,
    api: String,
    erp: String,
    process: Option<Child>,
}

impl Bot {
    fn start(api: &BotApi, erp: &Erp, profile: &str) -> Self {
        Self::start_with(api, erp, profile, "roles: { hr: {}, it: {}, owner: {} }\nsettings:\n")
    }

    /// With these roles; what ends them are settings, to which the address of the ERP is added.
    fn start_with(api: &BotApi, erp: &Erp, profile: &str, roles: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let flows = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
        let config = format!(
            "usher: 1\nflows: {}\nchannels:\n  tg: {{ kind: telegram, token: \"${{env:TELEGRAM_TOKEN}}\", api_url: \"${{env:BOT_API}}\" }}\n\
             store: {{ kind: sled, path: data }}\nconnections:\n  erp:\n    url: \"${{env:ERP_URL}}\"\n    \
             auth: {{ kind: header, name: X-API-Key, value: \"${{env:ERP_KEY}}\" }}\n    profile: {profile}\n    timeout: 5s\n    \
             redirects: same_origin\n    private_network: true\n{roles}  site: \"${{env:ERP_URL}}\"\n",
            flows.display()
        );
        std::fs::write(folder.path().join("usher.yaml"), config).unwrap();
        let mut bot = Self { folder, api: api.url(), erp: erp.url.clone(), process: None };
        bot.again();
        bot
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn again(&mut self) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_usher"))
            .arg("run")
            .current_dir(self.folder.path())
            .env("TELEGRAM_TOKEN", BotApi::TOKEN)
            .env("BOT_API", &self.api)
            .env("ERP_URL", &self.erp)
            .env("ERP_KEY", "demo-key")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(process);
    }

    /// `kill -9`.
    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    fn restart(&mut self) {
        self.kill();
        self.again();
    }

    /// Stops as an operator does, and tells the exit code.
    fn stop(&mut self) -> Option<i32> {
        let mut process = self.process.take().unwrap();
        let asked = Command::new("kill").arg(process.id().to_string()).status().unwrap();
        assert!(asked.success());
        process.wait().unwrap().code()
    }

    fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap()
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("the bot's log:\n{}", self.logged());
        }
    }
}

/// What is said in one language, as far as the test needs it.
struct Words {
    name: &'static str,
    buttons: [&'static str; 6],
    texts: [&'static str; 10],
}

const RU: Words = Words {
    name: "Иванов Иван Иванович",
    buttons: ["Зарегистрироваться", "Согласен", "Руководитель отдела", "Всё верно", "Показать код", "Я вошёл"],
    texts: [
        "Здравствуйте! Это бот регистрации сотрудников.",
        "Для регистрации нужно ваше согласие",
        "Шаг 1 из 4.",
        "Шаг 2 из 4.",
        "Шаг 3 из 4.",
        "Шаг 4 из 4.",
        "Проверьте данные:",
        "Готово! Вход в ERP создан.",
        "Код активации:",
        "Добро пожаловать в команду",
    ],
};

const EN: Words = Words {
    name: "Ivanov Ivan Ivanovich",
    buttons: ["Register", "I agree", "Head of department", "All correct", "Show code", "I have logged in"],
    texts: [
        "Hello! This is the staff registration bot.",
        "To register we need your consent",
        "Step 1 of 4.",
        "Step 2 of 4.",
        "Step 3 of 4.",
        "Step 4 of 4.",
        "Check your data:",
        "Done! Your ERP login has been created.",
        "Activation code:",
        "Welcome to the team",
    ],
};

/// The person's part of S01, act by act.
const ACTS: usize = 9;

fn act(user: User<'_>, words: &Words, number: usize) {
    let press = |label: &str| drop(user.press(label));
    match number {
        0 => drop(user.write("/start")),
        1 => press(words.buttons[0]),
        2 => press(words.buttons[1]),
        3 => drop(user.write(words.name)),
        4 => drop(user.share_contact(Card::Own)),
        5 => drop(user.write(&format!("u{}@example.com", user.id()))),
        6 => press(words.buttons[2]),
        7 => press(words.buttons[3]),
        8 => press(words.buttons[4]),
        _ => press(words.buttons[5]),
    }
}

/// Waits for a message that begins so. Others on the way are returned: what announces, and what came twice.
async fn until(user: User<'_>, begins: &str) -> (Shown, Vec<String>) {
    let mut others = Vec::new();
    loop {
        let message = user.expect_message().await;
        if message.text.starts_with(begins) {
            return (message, others);
        }
        others.push(message.text);
        assert!(others.len() < 12, "waiting for «{begins}», got {others:#?}");
    }
}

/// What the bot says of a code when the process was killed before anybody knew whether it had arrived.
const UNSURE: &str = "Связь прервалась: прошлое сообщение могло не дойти.";

/// Waits for the code; shows it again if the bot does not know whether it arrived, and it did not.
async fn code_or_offer(user: User<'_>) -> (Shown, Vec<String>) {
    let mut others = Vec::new();
    loop {
        let message = user.expect_message().await;
        if message.text.starts_with(RU.texts[8]) {
            return (message, others);
        }
        let arrived = user.chat().messages.iter().any(|message| message.by_bot && message.text.starts_with(RU.texts[8]));
        if message.text.starts_with(UNSURE) && !arrived {
            user.press("Показать");
        }
        others.push(message.text);
        assert!(others.len() < 12, "waiting for the code, got {others:#?}");
    }
}

fn code_in(message: &Shown) -> String {
    message.text.lines().nth(1).unwrap().trim().to_owned()
}

/// Opens the login with the code.
async fn activate(erp: &Erp, message: &Shown) {
    let given = json!({ "activation_code": code_in(message), "password": "correct horse" });
    assert_eq!(erp.post("/api/v1/auth/activate", given).await, 200);
}

/// S01 from `/start` to the last word, with nothing going wrong.
async fn register(user: User<'_>, words: &Words, erp: &Erp) {
    let mut code = String::new();
    for number in 0..ACTS {
        act(user, words, number);
        let (message, others) = until(user, words.texts[number]).await;
        let announced = usize::from(number == 7);
        assert_eq!(others.len(), announced, "before «{}» came {others:?}", words.texts[number]);
        if number == 8 {
            assert!(message.protected && !message.preview, "the code may be forwarded");
            code = code_in(&message);
            activate(erp, &message).await;
        }
    }
    assert_eq!(code.len(), 43);
    act(user, words, ACTS);
    until(user, words.texts[ACTS]).await;
    let shown = user.chat();
    let gone = shown.messages.iter().filter(|message| message.text.contains(&code)).all(|message| message.deleted);
    assert!(gone, "the code is still in the chat");
    assert!(shown.keyboard.is_none(), "the contact keyboard is still shown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_people_register_at_once_in_two_languages() {
    let (api, erp) = (BotApi::start().await, Erp::start(Profile::Extended).await);
    let mut bot = Bot::start(&api, &erp, "extended");
    let people = [(api.user(1001, "Иван", "ru"), &RU), (api.user(1002, "John", "en"), &EN), (api.user(1003, "Пётр <b>", "ru"), &RU)];
    let [one, two, three] = people.map(|(user, words)| register(user, words, &erp));
    tokio::join!(one, two, three);
    assert_eq!(erp.staff().await, ["tg:1001", "tg:1002", "tg:1003"].map(|id| (id.to_owned(), 1)).into());
    api.expect_all_confirmed().await;
    assert_eq!(api.objections(), Vec::<String>::new());
    for (language, title) in [("ru", "Регистрация"), ("en", "Registration")] {
        let menus = api.calls_of("setMyCommands");
        let menu = menus.iter().rev().find(|call| call.parameters["language_code"] == language).expect("a menu for each language");
        assert!(menu.parameters["commands"].to_string().contains(title), "{menu:?}");
    }
    assert_eq!(bot.stop(), Some(0));
    let logged = bot.logged();
    for secret in [BotApi::TOKEN, "demo-key", "Иванов", "example.com", "+7900"] {
        assert!(!logged.contains(secret), "the log holds {secret}:\n{logged}");
    }
}

/// Nothing is lost and nothing is asked twice if the process is killed between turns; the ERP is asked once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_every_answer_the_person_goes_on_and_nothing_is_asked_twice() {
    let (api, erp) = (BotApi::start().await, Erp::start(Profile::Extended).await);
    let mut bot = Bot::start(&api, &erp, "extended");
    let user = api.user(1001, "Иван", "ru");
    for number in 0..=ACTS {
        act(user, &RU, number);
        let (message, others) = until(user, RU.texts[number]).await;
        assert_eq!(others.len(), usize::from(number == 7), "before «{}» came {others:?}", RU.texts[number]);
        if number == 8 {
            activate(&erp, &message).await;
        }
        api.expect_all_confirmed().await;
        // What became of the message is committed a moment after it was sent.
        tokio::time::sleep(Duration::from_millis(600)).await;
        bot.restart();
    }
    tokio::time::sleep(Duration::from_millis(800)).await;
    let said = user.chat();
    let all: Vec<&str> = said.messages.iter().filter(|message| message.by_bot).map(|message| message.text.as_str()).collect();
    assert_eq!(all.len(), ACTS + 2, "{all:#?}");
    assert_eq!(erp.staff().await, BTreeMap::from([("tg:1001".to_owned(), 1)]));
    assert_eq!(erp.keys_of_posts().await.len(), 1);
}

/// The process dies at any moment of a turn: before the update is taken, before the commit, before the message, before its outcome is
/// known. A message may then come twice, for nobody can tell whether it was sent; nothing else may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_every_turn_the_person_goes_on_and_is_created_once() {
    let (api, erp) = (BotApi::start().await, Erp::start(Profile::Extended).await);
    let mut bot = Bot::start(&api, &erp, "extended");
    let user = api.user(1001, "Иван", "ru");
    let mut twice = 0;
    for number in 0..=ACTS {
        act(user, &RU, number);
        for moment in [0, 15, 40, 90] {
            tokio::time::sleep(Duration::from_millis(moment)).await;
            bot.restart();
        }
        let (message, others) = if number == 8 { code_or_offer(user).await } else { until(user, RU.texts[number]).await };
        if number == 8 {
            activate(&erp, &message).await;
        }
        for other in &others {
            let known = ["Отправляю данные", UNSURE];
            let again = RU.texts[..=number].iter().chain(&known).any(|text| other.starts_with(text));
            assert!(again, "before «{}» came something else: {other}", RU.texts[number]);
        }
        twice += others.len();
        // The person goes on with the last message they see, whichever copy of it that is.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    println!("messages that came although they had, or might have, come before: {twice}");
    assert_eq!(erp.staff().await, BTreeMap::from([("tg:1001".to_owned(), 1)]));
    assert_eq!(erp.keys_of_posts().await.len(), 1, "the same action under two keys");
    let codes = user.chat().messages.iter().filter(|message| message.text.starts_with(RU.texts[8])).count();
    assert_eq!(codes, 1, "a code is never sent twice blindly");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_lost_after_the_erp_had_done_it_makes_no_second_employee() {
    let (api, erp) = (BotApi::start().await, Erp::start(Profile::Extended).await);
    let _bot = Bot::start(&api, &erp, "extended");
    let user = api.user(1001, "Иван", "ru");
    for number in 0..7 {
        act(user, &RU, number);
        until(user, RU.texts[number]).await;
    }
    erp.post("/_demo/faults", json!({ "next": 1, "route": "POST /api/v1/staff/", "drop_after_commit": true })).await;
    act(user, &RU, 7);
    let (_, others) = until(user, RU.texts[7]).await;
    assert!(others.iter().any(|text| text.starts_with("Проверяю, дошли ли данные")), "{others:?}");
    assert_eq!(erp.staff().await, BTreeMap::from([("tg:1001".to_owned(), 1)]));
}
