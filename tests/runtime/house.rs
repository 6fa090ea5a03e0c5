//! The house of a running bot: maintenance, an outage that people of a role hear of, and processes that die between.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use usher::engine::RecordId;
use usher::fetch::{Breaker, Connection};
use usher::flow::{Installation, Library, Role};
use usher::store::Store;

use crate::support::botapi::BotApi;
use crate::support::http::{Reply, Server};
use crate::{House, in_memory, library_of, on_disk, opened, said};

/// A bot that tells words to a server, patiently; an admin may ask people to wait.
const FILES: &[(&str, &str)] = &[
    ("flows/bot.yaml", "bot: Проба\nlanguages: [ru]\n"),
    (
        "flows/api/erp.yaml",
        "operations: erp\ntitle: ERP\ntell:\n  request: POST /tell\n  input: { word: text }\n  json: { word: \"{{ word }}\" }\n  repeatable: true\n",
    ),
    (
        "flows/word.yaml",
        "flow: word\ntitle: Слово\nstart: { command: start }\nfor: anyone\nsteps:\n  word: { ask: \"Какое слово?\", type: text, max: 50 }\n  \
         told:\n    call: erp.tell\n    with: { word: word }\n    outcomes:\n      \
         down: { say: \"Подождите.\", retry: { every: [1s], for: 1d }, end: down }\n      else: { say: \"Отказ.\", end: refused }\n  \
         done: { say: \"Передано: {{ word }}\", end: done }\n",
    ),
    (
        "flows/works.yaml",
        "flows:\n  works_on:\n    title: Работы\n    start: { command: works_on }\n    for: [owner]\n    steps:\n      on:\n        \
         call: usher.set_maintenance\n        with: { active: true }\n        outcomes: { else: failed }\n      \
         told: { say: \"Включено.\", end: done }\n      failed: { say: \"Нет.\", end: failed }\n  works_off:\n    title: Конец\n    \
         start: { command: works_off }\n    for: [owner]\n    steps:\n      off:\n        call: usher.set_maintenance\n        \
         with: { active: false }\n        outcomes: { else: failed }\n      told: { say: \"Выключено.\", end: done }\n      \
         failed: { say: \"Нет.\", end: failed }\n",
    ),
];

const OWNER: i64 = 9001;

fn bot() -> Library {
    let role = |may: &[&str]| Role {
        title: "Роль".to_owned(),
        people: vec![format!("tg:{OWNER}")],
        may: may.iter().map(|right| (*right).to_owned()).collect(),
    };
    let roles = [("owner".to_owned(), role(&["all"])), ("alerts".to_owned(), role(&[]))].into();
    library_of(FILES, Installation { roles, ..Installation::default() })
}

/// The bot as it starts over a store that knows of a house.
async fn begin(store: &Arc<Store>, api: &BotApi) -> House {
    let library = bot();
    let (project, installation) = ((**library.project()).clone(), (*library.installation).clone());
    let files: Vec<_> = FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let library = usher::runtime::library(store, project, &files, installation).await.unwrap();
    House::of(library, store, api).await
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// As good as a kill, once it is kept which messages have arrived: what was being sent may come twice.
async fn killed(house: House) {
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(house);
}

fn count(api: &BotApi, account: i64, text: &str) -> usize {
    said(api, account).iter().filter(|line| *line == text).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maintenance_outlives_kills_and_whoever_waited_hears_once_that_it_is_over() {
    const WAIT: &str = "Идут работы. Ответы сохранены, продолжим чуть позже.";
    const OVER: &str = "Работы закончены, можно продолжать.";
    let folder = tempfile::tempdir().unwrap();
    let api = BotApi::start().await;
    let people: Vec<i64> = (1..=20).collect();
    for account in people.iter().copied().chain([OWNER]) {
        opened(&api, account);
    }
    let store = on_disk(folder.path());
    let mut house = begin(&store, &api).await;
    for account in &people {
        house.write(*account, "/start").await.unwrap();
    }
    house.write(OWNER, "/works_on").await.unwrap();
    house.is_idle().await;
    killed(house).await;
    let mut house = begin(&store, &api).await;
    // What is written now is something else than what was written before.
    house.next = 1000;
    for account in &people {
        house.write(*account, "солнце").await.unwrap();
        house.write(*account, "солнце").await.unwrap();
    }
    house.is_idle().await;
    assert!(people.iter().all(|account| count(&api, *account, WAIT) == 2), "{:?} {:?}", said(&api, 1), said(&api, OWNER));
    killed(house).await;
    // The operator's command, while nothing runs: whoever waits hears of it at the next start.
    usher::runtime::maintain(&store, None).await.unwrap();
    let house = begin(&store, &api).await;
    until("everybody hears that it is over", || people.iter().all(|account| count(&api, *account, OVER) == 1)).await;
    house.is_idle().await;
    killed(house).await;
    let house = begin(&store, &api).await;
    for account in people {
        assert_eq!((count(&api, account, OVER), count(&api, account, "Какое слово?")), (1, 2), "{account}");
        let record = store.load(&RecordId::person("tg", &account.to_string())).await.unwrap().unwrap();
        assert_eq!(record.sessions.len(), 1, "nothing was answered meanwhile");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_told_once_and_everybody_is_served_after_it_without_typing_anything_twice() {
    let (api, store) = (BotApi::start().await, in_memory());
    let people: Vec<i64> = (1..=12).collect();
    for account in people.iter().copied().chain([OWNER]) {
        opened(&api, account);
    }
    let (off, tried) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let (is_off, attempts) = (Arc::clone(&off), Arc::clone(&tried));
    let erp = Server::start(move |_, _| {
        if is_off.load(Ordering::SeqCst) {
            attempts.fetch_add(1, Ordering::SeqCst);
            return Reply::json(503, "{}");
        }
        Reply::json(200, "{}")
    })
    .await;
    let breaker = Some(Breaker { failures: 3, pause: Duration::from_millis(1500) });
    let connection = Connection { private_network: true, breaker, ..Connection::new(erp.url().parse().unwrap()) };
    let mut house = House::over(bot(), &store, &api, connection);
    for account in &people {
        house.write(*account, "/start").await.unwrap();
        house.write(*account, &format!("слово {account}")).await.unwrap();
    }
    until("everybody waits", || people.iter().all(|account| count(&api, *account, "Подождите.") == 1)).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(tried.load(Ordering::SeqCst) < people.len() * 2, "the server is left alone: {tried:?} attempts reached it");
    off.store(false, Ordering::SeqCst);
    until("everybody is served", || people.iter().all(|account| count(&api, *account, &format!("Передано: слово {account}")) == 1)).await;
    house.is_idle().await;
    for account in &people {
        assert_eq!((count(&api, *account, "Какое слово?"), count(&api, *account, "Подождите.")), (1, 1), "{account}");
    }
    until("the end is told", || said(&api, OWNER).iter().any(|line| line.starts_with("ERP снова отвечает."))).await;
    let told = said(&api, OWNER);
    assert_eq!(told.iter().filter(|line| line.starts_with("ERP не отвечает: POST /tell → 503")).count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|line| line.starts_with("ERP снова отвечает. Отправлено из очереди: ")).count(), 1, "{told:?}");
    house.stop().await;
}

/// The author allows two attempts. Only one may reach the server before it is left alone, and what is not sent meanwhile is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_sent_to_a_server_that_is_left_alone_uses_up_nobodys_patience() {
    let (api, store) = (BotApi::start().await, in_memory());
    opened(&api, 1);
    let tried = Arc::new(AtomicUsize::new(0));
    let attempts = Arc::clone(&tried);
    let erp = Server::start(move |_, _| {
        let is_first = attempts.fetch_add(1, Ordering::SeqCst) == 0;
        Reply::json(if is_first { 503 } else { 200 }, "{}")
    })
    .await;
    let files: Vec<(&str, String)> = FILES.iter().map(|(path, text)| (*path, text.replace("for: 1d", "max: 2"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let breaker = Some(Breaker { failures: 1, pause: Duration::from_millis(3500) });
    let connection = Connection { private_network: true, breaker, ..Connection::new(erp.url().parse().unwrap()) };
    let mut house = House::over(library_of(&files, bot().installation.as_ref().clone()), &store, &api, connection);
    house.write(1, "/start").await.unwrap();
    house.write(1, "солнце").await.unwrap();
    until("they are served", || count(&api, 1, "Передано: солнце") == 1).await;
    assert_eq!(tried.load(Ordering::SeqCst), 2, "the server was asked twice");
    assert!(house.runtime.counters().counts().calls[&("erp".to_owned(), "left_alone")] >= 2, "and was spared meanwhile");
    house.stop().await;
}
