//! Many people who register at one time with the real binary, each at their own pace.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use crate::support::registrant::{Move, answer, email_of};
use crate::{Bot, BotApi, Card, Duration, Erp, Path, Profile, Shown, User, json};

/// Who looks after the bot: they hold every right, and hear of trouble.
pub const OFFICE: i64 = 900_001;

/// The roles of the office.
pub const ROLES: &str = "\
roles:
  hr: { people: [\"900001\"], may: all }
  it: { people: [\"900001\"] }
  owner: { people: [\"900001\"] }
  alerts: { people: [\"900001\"] }
settings:
";

/// How a registration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The login is active.
    Active,
    /// Nobody knows whether they were created: people have to find out.
    InDoubt,
}

/// What a message says of the end.
pub fn end(message: &str) -> Option<End> {
    match () {
        () if message.starts_with("Добро пожаловать в команду") || message.starts_with("Вход уже активирован") => {
            Some(End::Active)
        }
        () if message.starts_with("Проверяю, дошли ли данные") => Some(End::InDoubt),
        () => None,
    }
}

/// What has come of all of them so far.
pub struct Tally {
    /// After so long without anything new they do once more what they did last, as people do who think that they were forgotten.
    patience: Duration,
    pub active: AtomicUsize,
    pub in_doubt: AtomicUsize,
    /// Whoever did again what they had done, for want of an answer, and what they had read last.
    pub nudges: Mutex<Vec<String>>,
    /// Codes that the ERP took.
    pub activated: AtomicUsize,
    /// They are all done.
    pub over: AtomicBool,
}

impl Tally {
    /// Of nobody yet.
    pub fn new(patience: Duration) -> Self {
        let (active, in_doubt, nudges, activated, over) = Default::default();
        Self { patience, active, in_doubt, nudges, activated, over }
    }
}

/// A number from the environment.
pub fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name}: a number")))
}

/// The bot over flows that try again sooner than the shipped ones, so that an outage of the ERP takes seconds.
pub fn impatient_bot(api: &BotApi, erp: &Erp, profile: Profile) -> Bot {
    let mut bot = Bot::start_with(api, erp, profile.name(), ROLES);
    bot.kill();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    let own = bot.folder.path().join("flows");
    copy(&shipped, &own);
    let registration = std::fs::read_to_string(own.join("registration.yaml")).unwrap();
    let sooner = registration.replace("every: [1m, 5m, 15m, 1h], max: 8", "every: [1s, 2s, 3s], max: 500");
    let sooner = sooner.replace("every: [1m, 5m, 15m", "every: [1s, 2s, 3s");
    assert_ne!(registration, sooner);
    std::fs::write(own.join("registration.yaml"), sooner).unwrap();
    let config = bot.folder.path().join("usher.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace(&format!("flows: {}", shipped.display()), &format!("flows: {}", own.display()));
    let text = text.replace("timeout: 5s", "timeout: 2s\n    breaker: { failures: 5, pause: 1s }");
    std::fs::write(config, text).unwrap();
    bot.again();
    bot
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &target);
        } else if !entry.to_string_lossy().ends_with(".test.yaml") {
            std::fs::copy(&entry, target).unwrap();
        }
    }
}

/// Registers with whatever the chat asks, until the login is active, or nobody can know. Each message is answered once, and again only
/// after a long silence. The same text with other buttons asks anew; one that came twice does not.
pub async fn register(api: &BotApi, erp: &Erp, account: i64, profile: Profile, tally: &Tally) {
    let person = api.user(account, "Иван", "ru");
    let (mut answered, mut activated) = (Vec::<Shown>::new(), BTreeSet::new());
    let (mut heard, mut messages) = (Instant::now(), 0);
    person.write("/start");
    loop {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let chat = person.chat();
        if chat.messages.len() != messages {
            (messages, heard) = (chat.messages.len(), Instant::now());
        }
        let newest = |wanted: &dyn Fn(&Shown) -> bool| {
            chat.messages.iter().rev().find(|message| message.by_bot && !message.deleted && wanted(message)).cloned()
        };
        match newest(&|message| end(&message.text).is_some()).and_then(|message| end(&message.text)) {
            Some(End::Active) => return count(&tally.active),
            // With a key, or a look-up, doubt passes.
            Some(End::InDoubt) if profile == Profile::Compat => return count(&tally.in_doubt),
            _ => {}
        }
        let asked = newest(&|message| answer(account, message, false).is_some());
        let is_answered = |message: &Shown| {
            let same = |done: &Shown| done.text == message.text && (message.keys.is_empty() || done.keys == message.keys);
            answered.iter().any(|done| done.id == message.id || same(done))
        };
        let is_late = heard.elapsed() > tally.patience;
        if is_late {
            let last = chat.messages.iter().rfind(|message| message.by_bot && !message.deleted);
            let last = last.and_then(|message| message.text.lines().next()).unwrap_or_default();
            tally.nudges.lock().unwrap().push(format!("{account}, after «{last}»"));
            heard = Instant::now();
        }
        match asked {
            Some(message) if is_late || !is_answered(&message) => {
                heard = Instant::now();
                if act(person, erp, &message, &mut activated).await {
                    count(&tally.activated);
                }
                answered.push(message);
            }
            None if is_late => drop(person.write("/start")),
            _ => {}
        }
    }
}

fn count(what: &AtomicUsize) {
    what.fetch_add(1, Ordering::Relaxed);
}

/// Does what a message asks for; true if the ERP took a code.
async fn act(person: User<'_>, erp: &Erp, message: &Shown, activated: &mut BTreeSet<String>) -> bool {
    let mut took = false;
    let label = match answer(person.id(), message, false) {
        Some(Move::Press(label)) => label,
        Some(Move::Write(text)) => return person.write(&text) < 0,
        Some(Move::ShareNumber) => return person.share_contact(Card::Own) < 0,
        Some(Move::Activate) => {
            let code = message.text.lines().nth(1).unwrap_or_default().trim().to_owned();
            if activated.insert(code.clone()) {
                let given = json!({ "activation_code": code, "password": "correct horse" });
                let answer = loop {
                    match erp.try_post("/api/v1/auth/activate", &given).await {
                        Some(status) => break status,
                        None => tokio::time::sleep(Duration::from_secs(1)).await,
                    }
                };
                assert_eq!(answer, 200, "the code of {} does not work", person.id());
                took = true;
            }
            "Я вошёл"
        }
        None => return false,
    };
    if message.key(label).is_some() {
        person.press_under(message.id, label);
    }
    took
}

/// Somebody whose registration has its end in the chat was told one code at most, and the ERP holds what the chat says.
pub fn judge_person(api: &BotApi, staff: &[serde_json::Value], account: i64, profile: Profile) -> usize {
    let own: Vec<_> = staff.iter().filter(|member| member["email"] == email_of(account)).collect();
    let chat = api.chat(account);
    let is_active = chat.said().iter().any(|text| end(text) == Some(End::Active));
    assert!(own.len() <= 1, "{account} was created {} times", own.len());
    assert!(own.len() == 1 || !is_active, "{account} is told that all is done, and there is nobody");
    if profile == Profile::Extended {
        assert_eq!(own.len(), 1, "{account} was not created");
    }
    if is_active {
        assert_eq!(own[0]["login"], "active", "{account}");
    }
    let codes = chat.messages.iter().filter(|message| message.by_bot).filter_map(|message| message.text.strip_prefix("Код активации:\n"));
    let codes: BTreeSet<&str> = codes.filter_map(|rest| rest.lines().next()).collect();
    assert!(codes.len() <= 1, "{account} was given several codes");
    assert!(profile == Profile::Compat || codes.len() == 1, "{account} was given no code");
    own.len()
}
