//! Processes, one after the other, until everybody is served; and what is held against them in the end.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use usher::channel::Channel;
use usher::channel::telegram::{Settings, Telegram};
use usher::demo::Profile;
use usher::diagnostic::{self, Format, Sources};
use usher::expr::Value as Set;
use usher::failpoint;
use usher::fetch::Fetch;
use usher::flow::{Library, load};
use usher::runtime::{Libraries, Parts, Runtime};
use usher::store::Page;

use crate::people::{self, End};
use crate::stage::Player;
use crate::support::botapi::BotApi;
use crate::support::{registrant, shipped};
use crate::world::{Plot, World};

/// So long everybody has, by the simulated clock.
const DEADLINE: Duration = Duration::from_hours(20);

/// Processes of one world, at most.
const LIVES: usize = 50;

/// What came of a seed.
pub struct Outcome {
    pub wrong: Vec<String>,
    pub trace: Vec<String>,
    pub crashes: u32,
    pub registered: usize,
    pub in_doubt: usize,
    pub reached: BTreeMap<failpoint::Point, u64>,
}

/// Plays a plot to its end.
pub fn play(plot: Plot) -> Outcome {
    let world = Arc::new(World::new(plot));
    let library = library(&world.plot);
    for life in 0.. {
        let entered = failpoint::enter(Rc::new(Player(Arc::clone(&world))));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let served = runtime.block_on(live(&world, library.clone()));
        drop(runtime);
        drop(entered);
        // Only now nothing more of that process can reach anybody.
        if !served {
            world.explain_by_crash();
        }
        match served {
            true => break,
            false if life == LIVES => world.accuse("it never came to an end".to_owned()),
            false => continue,
        }
        break;
    }
    let mut book = std::mem::take(&mut *world.book());
    let ends: Vec<Option<End>> = (1..=world.plot.people).map(|account| people::end(&world, account)).collect();
    let count = |wanted: End| ends.iter().filter(|end| **end == Some(wanted)).count();
    Outcome {
        wrong: std::mem::take(&mut book.wrong),
        trace: std::mem::take(&mut book.trace),
        crashes: book.crashes,
        registered: count(End::Registered),
        in_doubt: count(End::InDoubt),
        reached: std::mem::take(&mut book.reached),
    }
}

/// One process; whether everybody was served before it ended.
async fn live(world: &Arc<World>, library: Library) -> bool {
    world.wake();
    let settings = Settings { api_url: "http://127.0.0.1:9".to_owned(), ..Settings::default() };
    let channel = Arc::new(Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, settings).unwrap()));
    let channels = BTreeMap::from([("tg".to_owned(), Arc::clone(&channel))]);
    let (store, fetch) = (Arc::clone(&world.store), Arc::new(Fetch::new(BTreeMap::new()).unwrap()));
    let runtime = Runtime::start(Parts { libraries: Libraries::of_one(library), store, fetch, channels, readers: BTreeMap::new() });
    let (_shutdown, stop) = watch::channel(false);
    let inbox = runtime.inbox();
    let _receiving = tokio::spawn(async move { channel.receive(inbox, stop).await });
    let mut admins = JoinSet::new();
    for account in people::ADMINS {
        admins.spawn(people::decide(Arc::clone(world), account));
    }
    let mut applicants = JoinSet::new();
    for account in 1..=world.plot.people {
        applicants.spawn(people::register(Arc::clone(world), account));
    }
    let all = async {
        while applicants.join_next().await.is_some() {}
        // What is still on its way, to those who decide as well, arrives.
        sleep(Duration::from_mins(40)).await;
    };
    let served = tokio::select! {
        biased;
        () = world.crash.notified() => false,
        ended = timeout(DEADLINE, all) => {
            if ended.is_err() {
                world.accuse("somebody is not served".to_owned());
            }
            true
        }
    };
    if served {
        // Those who decide may have pressed something this moment: that comes to its end, and then nobody does anything more.
        admins.shutdown().await;
        sleep(Duration::from_mins(1)).await;
        judge(world, &runtime).await;
    }
    let down = world.chance(|chance| if chance.once_in(4) { chance.within(1, 600_000) } else { chance.within(1, 20_000) });
    world.sleep(i64::try_from(down).unwrap());
    served
}

/// What is held against them in the end.
async fn judge(world: &World, runtime: &Runtime) {
    let given_up = runtime.counters().counts().given_up;
    if given_up > 0 {
        world.accuse(format!("the engine failed on {given_up} events"));
    }
    let pending = world.store.pending(&Page::first(10)).await.unwrap().items;
    if !pending.is_empty() {
        let mut left = Vec::new();
        for id in &pending {
            let record = world.store.load(id).await.unwrap();
            left.extend(
                record.iter().flat_map(|record| &record.outbox).map(|effect| format!("{} of {}: {:?}", effect.id, id.0, effect.kind)),
            );
        }
        world.accuse(format!("effects are left over: {left:#?}"));
    }
    for objection in world.api.objections() {
        world.accuse(format!("Telegram does not know {objection}"));
    }
    let staff = world.erp.staff().await;
    for account in 1..=world.plot.people {
        judge_person(world, account, &staff);
    }
    judge_messages(world);
}

fn judge_person(world: &World, account: i64, staff: &[Value]) {
    let own: Vec<&Value> = staff.iter().filter(|member| member["email"] == registrant::email_of(account)).collect();
    let keys = world.erp.keys.lock().unwrap().get(&format!("tg:{account}")).map_or(0, std::collections::BTreeSet::len);
    if keys > 1 {
        world.accuse(format!("{account} was to be created under {keys} keys"));
    }
    match (people::end(world, account), own.as_slice()) {
        (Some(End::Registered), [member]) => {
            if member["login"] != "active" {
                world.accuse(format!("{account} is told that all is done, and the login is {}", member["login"]));
            }
            let full = registrant::name_of(account);
            if !full.starts_with(member["last_name"].as_str().unwrap_or_default()) || member["phone"] != format!("+7900{account:07}") {
                world.accuse(format!("{account} is not who they said: {member}"));
            }
        }
        (Some(End::InDoubt), [] | [_]) if world.plot.profile == Profile::Compat => {}
        (end, own) => world.accuse(format!("{account} ended as {end:?} with {} members of staff", own.len())),
    }
    let book = world.book();
    let unclear = ["Не получилось разобрать", "Номер, введённый вручную", "Похоже, в адресе ошибка"];
    let misread = world.api.peek(account, |chat| chat.said().iter().any(|text| unclear.iter().any(|begin| text.starts_with(begin))));
    if misread && !book.impatient.contains(&account) {
        drop(book);
        world.accuse(format!("{account} answered what was asked and was not understood"));
    }
}

/// A message that came twice is explained, and nobody is told the same thing by two messages.
fn judge_messages(world: &World) {
    let (shown, explained) = {
        let mut book = world.book();
        (std::mem::take(&mut book.shown), std::mem::take(&mut book.explained))
    };
    for ((record, effect, text), times) in &shown {
        let may = 1 + explained.get(&(record.clone(), *effect)).copied().unwrap_or_default();
        if *times > may {
            world.accuse(format!("{record} was shown {effect:?} {times} times, of which {may} are explained: {text:?}"));
        }
    }
    let mut told: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (record, _, text) in shown.keys() {
        // These name the request, and are said once in its life.
        if text.starts_with("Новая заявка №") || text.contains(" одобрена. Сотрудник ") || text.starts_with("Готово! Вход в ERP создан.")
        {
            *told.entry((record, text)).or_default() += 1;
        }
    }
    for ((record, text), times) in told {
        if times > 1 {
            world.accuse(format!("{record} was told {times} times by different messages: {text:?}"));
        }
    }
}

/// The shipped bot as the plot wants it.
fn library(plot: &Plot) -> Library {
    static LOADED: [OnceLock<Library>; 4] = [const { OnceLock::new() }; 4];
    let which = usize::from(plot.approved) + 2 * usize::from(plot.profile == Profile::Compat);
    LOADED[which].get_or_init(|| read(plot)).clone()
}

fn read(plot: &Plot) -> Library {
    let mut installation = shipped::installation(plot.profile.name());
    let mode = if plot.approved { "approved" } else { "automatic" };
    installation.settings.insert("mode".to_owned(), Set::Text(mode.to_owned()));
    if let Some(hr) = installation.roles.get_mut("hr") {
        hr.people = people::ADMINS.iter().map(|account| format!("tg:{account}")).collect();
    }
    let mut sources = Sources::default();
    for (path, text) in shipped::files() {
        sources.add(path, text);
    }
    let loaded = load(&sources, &installation);
    let found = diagnostic::render(&sources, &loaded.findings, Format::Concise, false);
    Library::new(loaded.project.unwrap_or_else(|| panic!("{found}")), installation)
}
