//! `kill -9` in a loop while people register and everything around the bot fails: nobody is created twice, nobody is left without a word,
//! everybody has one code that works, and each message that came twice is explained by what the journal says of it.
//!
//! `USHER_KILLS=100000 USHER_REGISTRATIONS=1000 cargo test --test bot kill_9 -- --nocapture` kills it until a thousand are registered.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use usher::engine::{FactKind, Order, RecordId};
use usher::store::{Page, Store, StoreConfig};

use super::registrants::{OFFICE, Tally, impatient_bot, judge_person, number, register};
use crate::support::botapi::Fault;
use crate::{Arc, BTreeMap, Bot, BotApi, Duration, Erp, Profile, json};

/// So many register at one time.
const AT_ONCE: usize = 64;

/// Of so many messages one fails: more, and those who are left at the end would hear nothing for minutes, as with a server that is down.
const BETWEEN: usize = 8;

/// After so long without a word somebody would ask again, and that would be told.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long all of it may take.
const WITHIN: Duration = Duration::from_hours(2);

/// What went wrong around the bot, by kind.
type Troubles = BTreeMap<&'static str, usize>;

/// What goes wrong meanwhile: with the ERP one thing at a time, and with Telegram beside it.
async fn trouble(api: Arc<BotApi>, erp: Arc<Erp>, most: usize, tally: Arc<Tally>) -> Troubles {
    const ROUTE: &str = "POST /api/v1/staff/";
    let (mut troubles, mut next) = (Troubles::new(), 0);
    for turn in 0.. {
        tokio::time::sleep(Duration::from_millis(700)).await;
        if tally.over.load(Ordering::Relaxed) || troubles.values().sum::<usize>() >= most {
            break;
        }
        if api.attempts() >= next {
            next = api.attempts() + BETWEEN;
            let (kind, fault) = match turn % 3 {
                0 => ("Telegram: 429", Fault::TooMany(1)),
                1 => ("Telegram: answer lost", Fault::DropAfter),
                _ => ("Telegram: 502", Fault::Status(502)),
            };
            api.fail_next("sendMessage", 1, fault);
            *troubles.entry(kind).or_default() += 1;
        }
        if !erp.get("/_demo/faults").await.as_array().is_some_and(Vec::is_empty) {
            continue;
        }
        let (kind, fault) = match turn % 4 {
            0 => ("ERP: 500 after it was done", json!({ "next": 1, "route": ROUTE, "status": 500, "drop_after_commit": true })),
            1 => ("ERP: answer lost", json!({ "next": 1, "route": ROUTE, "drop_after_commit": true })),
            2 => ("ERP: 429", json!({ "next": 1, "route": ROUTE, "status": 429, "retry_after": 1 })),
            _ => ("ERP: answer after the time allowed", json!({ "next": 1, "route": ROUTE, "delay_ms": 2500 })),
        };
        assert_eq!(erp.post("/_demo/faults", fault).await, 204);
        *troubles.entry(kind).or_default() += 1;
    }
    troubles
}

/// What a process sent just before its end may be read so much later, on a machine that has much else to do.
const ON_THE_WAY: Duration = Duration::from_secs(1);

/// Kills it again and again until all are done; tells when it was dead.
async fn kill_until(all: impl Future<Output = ()>, bot: &mut Bot, most: usize) -> Vec<Instant> {
    tokio::pin!(all);
    let mut kills = Vec::new();
    let until = tokio::time::Instant::now() + WITHIN;
    loop {
        // From before the store is open to the midst of many turns.
        let moment = Duration::from_millis(200 + (kills.len() as u64 * 7_919) % 2_600);
        tokio::select! {
            () = &mut all => return kills,
            () = tokio::time::sleep(moment), if kills.len() < most => {
                bot.kill();
                kills.push(Instant::now());
                bot.again();
            }
            () = tokio::time::sleep_until(until) => panic!("somebody is not served"),
        }
    }
}

async fn kill_9_while_people_register(profile: Profile, kills: usize, people: usize) {
    let (api, erp) = (Arc::new(BotApi::start().await), Arc::new(Erp::start(profile).await));
    let office = api.user(OFFICE, "Анна", "ru");
    office.write("/help");
    let mut bot = impatient_bot(&api, &erp, profile);
    let tally = Arc::new(Tally::new(PATIENCE));
    let troubles = tokio::spawn(trouble(Arc::clone(&api), Arc::clone(&erp), 2 * people, Arc::clone(&tally)));
    let (places, mut registering) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    let accounts: Vec<i64> = (0..people).map(|number| 1_001 + i64::try_from(number).unwrap()).collect();
    for account in accounts.clone() {
        let (api, erp, places, tally) = (Arc::clone(&api), Arc::clone(&erp), Arc::clone(&places), Arc::clone(&tally));
        registering.spawn(async move {
            let _place = places.acquire().await.unwrap();
            register(&api, &erp, account, profile, &tally).await;
        });
    }
    let began = Instant::now();
    let all = async {
        while let Some(ended) = registering.join_next().await {
            ended.unwrap();
        }
    };
    let killed = kill_until(all, &mut bot, kills).await;
    let took = began.elapsed();
    tally.over.store(true, Ordering::Relaxed);
    let troubles = troubles.await.unwrap();
    api.heal();
    api.expect_all_confirmed().await;
    // What became of the last messages is committed a moment after they were sent.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let in_doubt = tally.in_doubt.load(Ordering::Relaxed);
    if in_doubt > 0 {
        office.write("/doubts");
        until_said(&api, &format!("Операций: {}", in_doubt.min(50))).await;
    }
    assert_eq!(bot.stop(), Some(0));
    let logged = bot.logged();
    assert!(!logged.contains("panicked"), "{logged}");

    let all = erp.get("/_demo/staff").await;
    let staff = all.as_array().unwrap();
    let records: usize = accounts.iter().map(|account| judge_person(&api, staff, *account, profile)).sum();
    assert_eq!(staff.len(), records, "somebody was created who never asked");
    let keys: BTreeSet<String> = erp.keys_of_posts().await.into_iter().collect();
    let store = Store::open(&StoreConfig::new(bot.folder.path().join("data"))).unwrap();
    let doubtful = store.first(Order::Doubtful, &Page::first(people + 1)).await.unwrap().items;
    let mut twice = Twice::default();
    for account in &accounts {
        twice.judge(&api, &store, *account, &killed).await;
    }
    let (active, nudges) = (tally.active.load(Ordering::Relaxed), tally.nudges.lock().unwrap());
    println!("— {}: {people} people, kill -9 {} times in {:.0} s —", profile.name(), killed.len(), took.as_secs_f64());
    for (kind, times) in troubles {
        println!("{kind}: {times}");
    }
    println!("logins that are active: {active}; in doubt, and in the list of those who decide: {in_doubt}; asked again: {}", nudges.len());
    println!("staff records: {records}; idempotency keys: {}; codes that worked: {}", keys.len(), tally.activated.load(Ordering::Relaxed));
    println!("messages: {}; came again: {}, all of them journaled", twice.messages, twice.copies);
    assert_eq!(doubtful.len(), in_doubt, "who is in doubt is in the list, and nobody else: {doubtful:?}");
    assert_eq!((active + in_doubt, tally.activated.load(Ordering::Relaxed)), (people, active), "one code that works for each");
    assert!(nudges.is_empty(), "somebody heard nothing for so long that they asked again: {nudges:#?}");
    assert!(killed.len() >= kills.min(5), "they were done before it was killed often enough");
    if profile == Profile::Extended {
        assert_eq!((records, keys.len(), in_doubt), (people, people, 0), "one record and one key for each");
    }
}

/// Waits until the office was told something.
async fn until_said(api: &BotApi, part: &str) {
    api.expect(OFFICE, part, |chat| chat.said().iter().any(|text| text.contains(part)).then_some(())).await;
}

/// Messages that came more than once.
#[derive(Default)]
struct Twice {
    messages: usize,
    copies: usize,
}

impl Twice {
    /// The same message again is explained by an attempt between whose beginning and whose end the process was killed, or whose answer
    /// was lost; and the journal of the person says that it may have come twice.
    async fn judge(&mut self, api: &BotApi, store: &Store, account: i64, kills: &[Instant]) {
        let mut sent: BTreeMap<String, Vec<(Instant, bool)>> = BTreeMap::new();
        for call in api.calls_to(account) {
            // What was refused did not arrive.
            if call.answer.as_ref().is_none_or(|answer| answer["ok"] == true) {
                sent.entry(call.parameters.to_string()).or_default().push((call.at, call.answer.is_none()));
            }
        }
        let repeated = journaled(store, account).await;
        self.messages += sent.values().map(Vec::len).sum::<usize>();
        self.copies += sent.values().map(|copies| copies.len() - 1).sum::<usize>();
        for (message, copies) in &sent {
            for pair in copies.windows(2) {
                let was_killed = kills.iter().any(|kill| pair[0].0 <= *kill + ON_THE_WAY && *kill <= pair[1].0);
                assert!(was_killed || pair[0].1, "{account} got this twice for no reason: {message}");
            }
        }
        let groups = sent.values().filter(|copies| copies.len() > 1).count();
        assert!(groups <= repeated, "{account} got {groups} messages more than once, and the journal knows of {repeated}");
    }
}

/// How many messages of a person may have come twice, as their journal has it.
async fn journaled(store: &Store, account: i64) -> usize {
    let (id, mut page, mut repeated) = (RecordId::person("tg", &account.to_string()), Page::first(500), BTreeSet::new());
    loop {
        let listed = store.journal(&id, &page).await.unwrap();
        repeated.extend(listed.items.iter().filter_map(|entry| match entry.fact.kind {
            FactKind::Repeated { message } => Some(message),
            _ => None,
        }));
        let Some(next) = listed.next else { return repeated.len() };
        page.after = Some(next);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_in_a_loop_leaves_exactly_one_record_and_one_code_for_each() {
    kill_9_while_people_register(Profile::Extended, number("USHER_KILLS", 12), number("USHER_REGISTRATIONS", 24)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_in_a_loop_over_the_plain_erp_creates_nobody_twice() {
    kill_9_while_people_register(Profile::Compat, number("USHER_KILLS", 8), number("USHER_REGISTRATIONS", 24)).await;
}
