//! What stands in for the clock, chance, the Bot API and the ERP, and decides what goes wrong.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use usher::demo::Profile;
use usher::engine::EffectKind;
use usher::failpoint::{Cut, Exchanged, Fault, Happening, Mutation, Played, Point, Stage};
use usher::operation::{Answer, Request};

use crate::world::{EffectName, World, has_applied};

pub struct Player(pub Arc<World>);

/// How an exchange goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Unsent,
    LostBefore,
    LostAfter,
    Failed,
    FailedAfter,
    TooMany,
    /// Nobody waits for it any more when it arrives.
    Late,
}

impl Stage for Player {
    fn now(&self) -> i64 {
        self.0.now()
    }

    fn seed(&self) -> u64 {
        self.0.chance(crate::chance::Chance::draw)
    }

    fn at(&self, point: Point, record: &str, effect: Option<EffectName>) -> Happening {
        let world = &self.0;
        let times = {
            let mut book = world.book();
            let times = book.reached.entry(point).or_default();
            *times += 1;
            *times
        };
        if let (Point::Send | Point::Call, Some(effect)) = (point, effect) {
            self.check_durable(point, record, effect);
        }
        let happening = match self.happening(point, times) {
            // A plain ERP takes the same request twice for two: no bot can help that, and no network does it.
            Happening::Fault(Fault::Duplicate) if point == Point::Call && world.plot.profile == Profile::Compat => Happening::Nothing,
            happening => happening,
        };
        if world.plot.verbose || happening != Happening::Nothing {
            world.note(format_args!("{point:?} of {record}: {happening:?}"));
        }
        if let (Point::Sent, Some(effect), Happening::Fault(Fault::Error)) = (point, effect, happening) {
            *world.book().explained.entry((record.to_owned(), effect)).or_default() += 1;
        }
        match (point, happening) {
            (Point::Call, Happening::Fault(Fault::Duplicate)) => drop(world.book().twice.insert(record.to_owned())),
            // Somebody else hears something else.
            (Point::Called, Happening::Fault(_)) => drop(world.book().refused.remove(record)),
            _ => {}
        }
        happening
    }

    fn mutated(&self, mutation: Mutation) -> bool {
        self.0.plot.mutation == Some(mutation)
    }

    fn bot_api(&self, method: &str, body: &[u8]) -> Played<Exchanged> {
        let (world, method, body) = (Arc::clone(&self.0), method.to_owned(), body.to_vec());
        let trouble = trouble(&world, 12);
        Box::pin(async move {
            travel(&world, 20).await;
            if let Some(trouble) = trouble {
                world.note(format_args!("{method}: {trouble:?}"));
            }
            match trouble {
                Some(Trouble::Unsent) => return Err(Cut::Unsent),
                Some(Trouble::LostBefore | Trouble::Late) => {
                    travel(&world, 2_000).await;
                    return Err(Cut::Lost);
                }
                Some(Trouble::Failed) => return Ok((502, b"<html>".to_vec())),
                Some(Trouble::TooMany) => return Ok((429, TOO_MANY.to_vec())),
                _ => {}
            }
            let answer = exchange(&world, &method, &body).await;
            let done = answer.0 == 200 && method == "sendMessage";
            if let (true, Some(Trouble::LostAfter | Trouble::FailedAfter)) = (done, trouble) {
                explain(&world, &body);
            }
            travel(&world, 20).await;
            match trouble {
                Some(Trouble::LostAfter) => Err(Cut::Lost),
                Some(Trouble::FailedAfter) => Ok((502, b"<html>".to_vec())),
                _ => Ok(answer),
            }
        })
    }

    fn server(&self, request: &Request) -> Played<Answer> {
        let (world, request) = (Arc::clone(&self.0), request.clone());
        let trouble = trouble(&world, 3);
        Box::pin(async move {
            travel(&world, 300).await;
            let trouble = if world.is_out() { Some(Trouble::Unsent) } else { trouble };
            world.note(format_args!("{} {:?}", request.operation, trouble.map_or("fine".to_owned(), |trouble| format!("{trouble:?}"))));
            check_patience(&world, &request, trouble);
            let replied = |status, retry_after| Answer::Replied { status, retry_after, body: "{\"detail\":\"no\"}".to_owned() };
            match trouble {
                Some(Trouble::Unsent) => return Answer::NothingSent { why: "refused".to_owned() },
                Some(Trouble::LostBefore) => {
                    travel(&world, 10_000).await;
                    return Answer::Unanswered { why: "timed out".to_owned() };
                }
                Some(Trouble::Failed) => return replied(503, None),
                Some(Trouble::TooMany) => return replied(429, Some(7)),
                Some(Trouble::Late) => {
                    let (world, late) = (Arc::clone(&world), world.chance(|chance| chance.within(1, 60_000)));
                    tokio::spawn(async move {
                        sleep(Duration::from_millis(late)).await;
                        world.erp.perform(&request, world.now()).await;
                    });
                    sleep(Duration::from_secs(10)).await;
                    return Answer::Unanswered { why: "timed out".to_owned() };
                }
                _ => {}
            }
            let answer = world.erp.perform(&request, world.now()).await;
            travel(&world, 3_000).await;
            match trouble {
                Some(Trouble::LostAfter) => Answer::Unanswered { why: "cut".to_owned() },
                Some(Trouble::FailedAfter) => replied(500, None),
                _ => answer,
            }
        })
    }

    fn crashed(&self) {
        let world = &self.0;
        world.note("— the process is killed");
        world.book().refused.clear();
        world.doomed.store(true, Ordering::Relaxed);
        world.crash.notify_one();
    }
}

const TOO_MANY: &[u8] = br#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 4","parameters":{"retry_after":4}}"#;

impl Player {
    fn happening(&self, point: Point, times: u64) -> Happening {
        let world = &self.0;
        if !world.plot.planned.is_empty() {
            let planned = world.plot.planned.iter().find(|(planned, nth, _)| (*planned, *nth) == (point, times));
            return planned.map_or(Happening::Nothing, |(_, _, happening)| *happening);
        }
        if !world.is_stormy() {
            return Happening::Nothing;
        }
        let (which, time) = world.chance(|chance| (chance.within(0, 199), chance.within(1, 4_000)));
        let may_crash = world.book().crashes < world.plot.crashes;
        match which {
            0..=2 if may_crash => {
                world.book().crashes += 1;
                Happening::Crash
            }
            3..=6 => Happening::Fault(Fault::Error),
            7..=10 => Happening::Fault(Fault::Duplicate),
            11..=16 => Happening::Delay(Duration::from_millis(time)),
            _ => Happening::Nothing,
        }
    }

    /// Nothing leaves before the turn that ordered it is durable.
    fn check_durable(&self, point: Point, record: &str, effect: EffectName) {
        let world = &self.0;
        let ordered = |stored: usher::engine::Record| {
            let mut kept = stored.outbox.into_iter();
            kept.any(|kept| {
                (kept.id.version, kept.id.index) == effect && (point == Point::Send || matches!(kept.kind, EffectKind::Call { .. }))
            })
        };
        if !world.stored(record).is_some_and(ordered) {
            world.accuse(format!("{point:?} of {record} {effect:?}, which no durable turn has ordered"));
        }
        if point == Point::Send {
            let account = record.split_once(':').map_or(record, |(_, account)| account).to_owned();
            world.book().sending.insert(account, effect);
        }
    }
}

fn trouble(world: &World, rarity: u64) -> Option<Trouble> {
    if !world.is_stormy() {
        return None;
    }
    world.chance(|chance| {
        chance.once_in(rarity).then(|| match chance.within(0, 6) {
            0 => Trouble::Unsent,
            1 => Trouble::LostBefore,
            2 => Trouble::LostAfter,
            3 => Trouble::Failed,
            4 => Trouble::FailedAfter,
            5 => Trouble::TooMany,
            _ => Trouble::Late,
        })
    })
}

/// The way through the network. A process that is gone gets nowhere.
async fn travel(world: &World, most: u64) {
    if world.doomed.load(Ordering::Relaxed) {
        pending::<()>().await;
    }
    sleep(Duration::from_millis(world.chance(|chance| chance.within(1, most)))).await;
}

async fn exchange(world: &World, method: &str, body: &[u8]) -> (u16, Vec<u8>) {
    world.api.set_clock(Duration::from_millis(world.now().unsigned_abs()));
    let given: Value = serde_json::from_slice(body).unwrap_or_default();
    if method == "getUpdates" {
        confirmed(world, given["offset"].as_i64());
    }
    let answer = world.api.exchange(method, body).await;
    if method == "sendMessage" {
        let (account, text) = (given["chat_id"].to_string(), given["text"].as_str().unwrap_or_default().to_owned());
        if answer.0 == 200 {
            shown(world, &account, text);
        } else {
            world.note(format_args!("sendMessage to {account}: {}", answer.0));
        }
    }
    answer
}

/// After an attempt that has certainly done nothing the next one waits for its time, which the flow says.
fn check_patience(world: &World, request: &Request, trouble: Option<Trouble>) {
    const MINUTE: i64 = 58_000;
    let body: Value = request.body.as_ref().and_then(|body| serde_json::from_str(&body.text).ok()).unwrap_or_default();
    let (Some(whose), "erp.create_staff") = (body["external_id"].as_str(), request.operation.as_str()) else { return };
    let now = world.now();
    let (refused, is_exempt) = {
        let mut book = world.book();
        (book.refused.remove(whose), book.twice.contains(whose))
    };
    if let (Some(refused), false) = (refused, is_exempt)
        && now - refused < MINUTE
    {
        world.accuse(format!("{whose} was to be created again after {} s, before its time", (now - refused) / 1000));
    }
    if matches!(trouble, Some(Trouble::Unsent | Trouble::Failed)) {
        world.book().refused.insert(whose.to_owned(), now);
    }
}

/// What is confirmed now has been applied, durably.
fn confirmed(world: &World, offset: Option<i64>) {
    let confirmed: Vec<i64> = world.api.unconfirmed().into_iter().filter(|update| offset.is_some_and(|offset| *update < offset)).collect();
    if confirmed.is_empty() {
        return;
    }
    let records = world.records();
    for update in confirmed {
        if !has_applied(update, &records) {
            world.accuse(format!("the update {update} was acknowledged and is not kept"));
        }
    }
}

fn shown(world: &World, account: &str, text: String) {
    let record = format!("tg:{account}");
    let Some(effect) = world.book().sending.get(account).copied() else { return };
    world.note(format_args!("to {record} {effect:?}: {:?}", text.lines().next().unwrap_or_default().chars().take(24).collect::<String>()));
    let mut book = world.book();
    let before = book.latest.get(&record).copied();
    let is_first = !book.shown.keys().any(|(to, known, _)| (to, known) == (&record, &effect));
    *book.shown.entry((record.clone(), effect, text)).or_default() += 1;
    if is_first {
        book.latest.insert(record.clone(), effect);
    }
    drop(book);
    if is_first && before.is_some_and(|before| before > effect) {
        world.accuse(format!("{record} was shown {effect:?} after {before:?}"));
    }
}

fn explain(world: &World, body: &[u8]) {
    let given: Value = serde_json::from_slice(body).unwrap_or_default();
    let account = given["chat_id"].to_string();
    let mut book = world.book();
    if let Some(effect) = book.sending.get(&account).copied() {
        *book.explained.entry((format!("tg:{account}"), effect)).or_default() += 1;
    }
}
