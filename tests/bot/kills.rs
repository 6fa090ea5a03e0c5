//! `kill -9` in a loop while people register: nobody is created twice, nobody is left out, and everybody has one code that works.
//!
//! `USHER_KILLS=500 USHER_REGISTRATIONS=1000 cargo test --test bot kill_9` is the long version.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::registrant::{Move, answer, email_of};
use crate::{Arc, BTreeMap, Bot, BotApi, Card, Duration, Erp, Path, Profile, Shown, json};

/// Who hears of what is in doubt.
const HR: i64 = 900_001;

/// So many register at one time.
const AT_ONCE: usize = 24;

/// After so long without anything new they do once more what was asked of them.
const PATIENCE: Duration = Duration::from_secs(45);

/// How long all of it may take.
const WITHIN: Duration = Duration::from_hours(2);

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name}: a number")))
}

/// The bot over flows that try again sooner than the shipped ones, so that an outage of the ERP takes seconds.
fn bot(api: &BotApi, erp: &Erp, profile: &str) -> Bot {
    let mut bot = Bot::start_with(api, erp, profile, &format!("roles: {{ hr: {{ people: [{HR}] }}, it: {{}}, owner: {{}} }}\nsettings:\n"));
    bot.kill();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
    let own = bot.folder.path().join("flows");
    copy(&shipped, &own);
    let registration = std::fs::read_to_string(own.join("registration.yaml")).unwrap();
    let sooner = registration
        .replace("every: [1m, 5m, 15m, 1h], max: 8", "every: [1s, 2s, 3s], max: 500")
        .replace("every: [1m, 5m, 15m", "every: [1s, 2s, 3s");
    assert_ne!(registration, sooner);
    std::fs::write(own.join("registration.yaml"), sooner).unwrap();
    let config = bot.folder.path().join("usher.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    let text =
        text.replace(&format!("flows: {}", shipped.display()), &format!("flows: {}", own.display())).replace("timeout: 5s", "timeout: 2s");
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

/// How a registration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Active,
    InDoubt,
}

fn end(message: &str) -> Option<End> {
    match () {
        () if message.starts_with("Отлично! Личный кабинет") || message.starts_with("Вход уже активирован") => {
            Some(End::Active)
        }
        () if message.starts_with("Проверяю, дошли ли данные") => Some(End::InDoubt),
        () => None,
    }
}

/// Registers with whatever the chat asks, until the login is active, or nobody can know.
async fn register(api: Arc<BotApi>, erp: Arc<Erp>, account: i64, profile: Profile) -> End {
    let person = api.user(account, "Иван", "ru");
    person.write("/start");
    let mut answered: BTreeMap<String, Instant> = BTreeMap::new();
    let mut heard = Instant::now();
    let mut messages = 0;
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
            Some(End::Active) => return End::Active,
            // With a key, or a look-up, doubt passes.
            Some(End::InDoubt) if profile == Profile::Compat => return End::InDoubt,
            _ => {}
        }
        let is_late = heard.elapsed() > PATIENCE;
        let Some(message) = newest(&|message| answer(account, message, false).is_some()) else {
            if is_late {
                person.write("/start");
                heard = Instant::now();
            }
            continue;
        };
        if answered.contains_key(&message.text) && !is_late {
            continue;
        }
        answered.insert(message.text.clone(), Instant::now());
        heard = Instant::now();
        let label = match answer(account, &message, false) {
            Some(Move::Press(label)) => label,
            Some(Move::Write(text)) => {
                person.write(&text);
                continue;
            }
            Some(Move::ShareNumber) => {
                person.share_contact(Card::Own);
                continue;
            }
            Some(Move::Activate) => {
                let code = message.text.lines().nth(1).unwrap_or_default().trim().to_owned();
                let took = erp.post("/api/v1/auth/activate", json!({ "activation_code": code, "password": "correct horse" })).await;
                assert_eq!(took, 200, "the code of {account} does not work");
                "Я вошёл"
            }
            None => continue,
        };
        if message.key(label).is_some() {
            person.press_under(message.id, label);
        }
    }
}

/// What goes wrong with the ERP meanwhile, one thing at a time; how often.
async fn trouble(erp: Arc<Erp>, most: usize, over: Arc<AtomicBool>) -> usize {
    const ROUTE: &str = "POST /api/v1/staff/";
    let mut times = 0;
    while !over.load(Ordering::Relaxed) && times < most {
        tokio::time::sleep(Duration::from_millis(700)).await;
        if !erp.get("/_demo/faults").await.as_array().is_some_and(Vec::is_empty) {
            continue;
        }
        let fault = match times % 4 {
            0 => json!({ "next": 1, "route": ROUTE, "status": 500, "drop_after_commit": true }),
            1 => json!({ "next": 1, "route": ROUTE, "drop_after_commit": true, "delay_ms": 2500 }),
            2 => json!({ "next": 1, "route": ROUTE, "status": 429, "retry_after": 1 }),
            _ => json!({ "next": 1, "delay_ms": 2500 }),
        };
        assert_eq!(erp.post("/_demo/faults", fault).await, 204);
        times += 1;
    }
    times
}

async fn kill_9_while_people_register(profile: Profile, kills: usize, people: usize) {
    let (api, erp) = (Arc::new(BotApi::start().await), Arc::new(Erp::start(profile).await));
    api.user(HR, "Анна", "ru").write("/help");
    let mut bot = bot(&api, &erp, profile.name());
    let (over, active, in_doubt) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let troubles = tokio::spawn(trouble(Arc::clone(&erp), people / 2, Arc::clone(&over)));
    let (places, mut registering) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    let accounts: Vec<i64> = (0..people).map(|number| 1_001 + i64::try_from(number).unwrap()).collect();
    for account in accounts.clone() {
        let (api, erp, places) = (Arc::clone(&api), Arc::clone(&erp), Arc::clone(&places));
        let (active, in_doubt) = (Arc::clone(&active), Arc::clone(&in_doubt));
        registering.spawn(async move {
            let _place = places.acquire().await.unwrap();
            let came_to = register(api, erp, account, profile).await;
            if came_to == End::Active { &active } else { &in_doubt }.fetch_add(1, Ordering::Relaxed);
        });
    }
    let began = Instant::now();
    let mut killed = 0;
    let all = async {
        while let Some(ended) = registering.join_next().await {
            ended.unwrap();
        }
    };
    tokio::pin!(all);
    loop {
        // From before the store is open to the midst of many turns.
        let moment = Duration::from_millis(300 + (killed as u64 * 7_919) % 3_400);
        tokio::select! {
            () = &mut all => break,
            () = tokio::time::sleep(moment), if killed < kills => {
                bot.restart();
                killed += 1;
            }
            () = tokio::time::sleep(WITHIN) => panic!("somebody is not served; {} are", active.load(Ordering::Relaxed)),
        }
    }
    over.store(true, Ordering::Relaxed);
    let troubles = troubles.await.unwrap();
    api.expect_all_confirmed().await;
    report(&api, &erp, &bot, profile, &accounts).await;
    let (active, in_doubt) = (active.load(Ordering::Relaxed), in_doubt.load(Ordering::Relaxed));
    println!(
        "{}: {people} people, {killed} kills in {:.0} s, {troubles} failures of the ERP: {active} active, {in_doubt} in doubt",
        profile.name(),
        began.elapsed().as_secs_f64()
    );
    assert!(killed >= kills.min(5), "they were done before it was killed often enough");
    assert!(profile == Profile::Compat || in_doubt == 0);
}

/// What the ERP holds, and what people were told.
async fn report(api: &BotApi, erp: &Erp, bot: &Bot, profile: Profile, accounts: &[i64]) {
    let all = erp.get("/_demo/staff").await;
    let staff = all.as_array().unwrap();
    let mut records = 0;
    for account in accounts {
        let own: Vec<_> = staff.iter().filter(|member| member["email"] == email_of(*account)).collect();
        let chat = api.chat(*account);
        let is_active = chat.said().iter().any(|text| end(text) == Some(End::Active));
        assert!(own.len() <= 1, "{account} was created {} times", own.len());
        assert!(own.len() == 1 || !is_active, "{account} is told that all is done, and there is nobody");
        if profile == Profile::Extended {
            assert_eq!(own.len(), 1, "{account} was not created");
        }
        if is_active {
            assert_eq!(own[0]["login"], "active", "{account}");
        }
        let codes: BTreeSet<&str> = chat
            .messages
            .iter()
            .filter(|message| message.by_bot)
            .filter_map(|message| message.text.strip_prefix("Код активации:\n")?.lines().next())
            .collect();
        assert!(codes.len() <= 1, "{account} was given several codes");
        records += own.len();
    }
    assert_eq!(staff.len(), records, "somebody was created who never asked");
    let logged = bot.logged();
    assert!(!logged.contains("panicked"), "{logged}");
    let twice: usize = accounts.iter().map(|account| repeated(api, *account)).sum();
    println!("{records} staff records; {twice} messages came twice, as those whose sending was cut off may");
}

/// Messages of which the person saw the same text again.
fn repeated(api: &BotApi, account: i64) -> usize {
    let chat = api.chat(account);
    let texts: Vec<String> = chat.messages.iter().filter(|message| message.by_bot).map(|message| message.text.clone()).collect();
    texts.len() - texts.iter().collect::<BTreeSet<_>>().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_in_a_loop_leaves_exactly_one_record_and_one_code_for_each() {
    kill_9_while_people_register(Profile::Extended, number("USHER_KILLS", 20), number("USHER_REGISTRATIONS", 40)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_in_a_loop_over_the_plain_erp_creates_nobody_twice() {
    kill_9_while_people_register(Profile::Compat, number("USHER_KILLS", 20) / 2, number("USHER_REGISTRATIONS", 40) / 2).await;
}
