//! Those who register, and those who decide: they read what is in their chat and do what it asks of them.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use usher::demo::Profile;
use usher::engine::{Order, Record};

use crate::support::botapi::{Card, Shown};
use crate::support::registrant::{Move, answer};
use crate::world::World;

/// Those who decide.
pub const ADMINS: [i64; 2] = [9001, 9002];

/// After so long without anything new they do once more what was asked of them.
const PATIENCE: i64 = 20 * 60_000;

/// Where a conversation has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The login is active.
    Registered,
    /// The matter is with people: nobody can know whether it was done.
    InDoubt,
}

/// What the bot said last that ends it.
pub fn end(world: &World, account: i64) -> Option<End> {
    let stored = world.stored(&format!("tg:{account}"));
    // In the list of those who settle such things.
    let in_doubt = |record: &Record| record.in_doubt().is_some() && record.outbox.is_empty();
    if world.plot.profile == Profile::Compat && stored.as_ref().is_some_and(in_doubt) {
        let listed = stored.is_some_and(|record| record.in_order().iter().any(|(order, _)| *order == Order::Doubtful));
        return listed.then_some(End::InDoubt);
    }
    world.api.peek(account, |chat| {
        let said: Vec<&str> = chat.said();
        let has = |begin: &str| said.iter().any(|text| text.starts_with(begin));
        match () {
            () if has("Добро пожаловать в команду") || has("Вход уже активирован") => {
                Some(End::Registered)
            }
            () if has("ERP не приняла данные") || has("Я попросил администратора") || has("Вход в ERP создан. Код активации передаст") => {
                Some(End::InDoubt)
            }
            () => None,
        }
    })
}

/// Registers, until that is done.
pub async fn register(world: Arc<World>, account: i64) {
    loop {
        let pause = world.chance(|chance| chance.within(500, 20_000));
        sleep(Duration::from_millis(pause)).await;
        if end(&world, account).is_some() {
            return;
        }
        world.api.set_clock(Duration::from_millis(world.now().unsigned_abs()));
        let person = world.api.user(account, "Иван", "ru");
        let begun = world.book().answered.contains_key(&(account, 1, String::new()));
        if !begun {
            act(&world, account, 1, String::new(), |world| {
                {
                    world.api.user(account, "Иван", "ru").write("/start");
                };
            });
            continue;
        }
        let picky = account % 2 == 0 && world.book().codes.get(&account).is_none_or(Vec::is_empty);
        let asked = person
            .chat()
            .messages
            .into_iter()
            .rev()
            .find(|message| message.by_bot && !message.deleted && answer(account, message, picky).is_some());
        match asked {
            Some(message) => go_on(&world, account, &message, picky).await,
            None if is_overdue(&world, account) => act(&world, account, 1, String::new(), |world| {
                {
                    world.api.user(account, "Иван", "ru").write("/start");
                };
            }),
            None => {}
        }
    }
}

fn is_overdue(world: &World, account: i64) -> bool {
    let newest = world.api.peek(account, |chat| chat.messages.iter().map(|message| message.at * 1000).max()).unwrap_or_default();
    let acted = world.book().acted.get(&account).copied().unwrap_or_default();
    world.now() - newest.max(acted) > PATIENCE
}

/// Does something, once for each message, or again after a long silence.
fn act(world: &Arc<World>, account: i64, message: i64, text: String, doing: impl FnOnce(&World)) {
    let now = world.now();
    let again = world.book().answered.insert((account, message, text), now).is_some();
    {
        let mut book = world.book();
        book.acted.insert(account, now);
        if again {
            book.impatient.insert(account);
        }
    }
    if world.is_stormy() && world.chance(|chance| chance.once_in(40)) {
        world.api.jump(100_000);
    }
    doing(world);
    if world.is_stormy() && world.chance(|chance| chance.once_in(15)) {
        world.note("Telegram delivers again");
        world.api.redeliver(2);
    }
}

async fn go_on(world: &Arc<World>, account: i64, message: &Shown, picky: bool) {
    let known = (account, 0, message.text.clone());
    let answered = world.book().answered.contains_key(&known);
    if answered && !is_overdue(world, account) {
        return;
    }
    let Some(doing) = answer(account, message, picky) else { return };
    let label = match doing {
        Move::Write(text) => {
            world.note(format_args!("{account} answers «{}»", first_line(message)));
            return act(world, account, 0, message.text.clone(), |world| {
                world.api.user(account, "Иван", "ru").write(&text);
            });
        }
        Move::ShareNumber => {
            world.note(format_args!("{account} shares the number"));
            return act(world, account, 0, message.text.clone(), |world| {
                world.api.user(account, "Иван", "ru").share_contact(Card::Own);
            });
        }
        Move::Press(label) => label,
        Move::Activate => {
            let code = message.text.lines().nth(1).unwrap_or_default().trim().to_owned();
            let took = world.erp.activate(&code, world.now()).await;
            world.note(format_args!("{account} types a code in: {took}"));
            world.book().codes.entry(account).or_default().push(code);
            if took { "Я вошёл" } else { "Код не подходит" }
        }
    };
    if picky && label == "Код не подходит" {
        world.book().codes.entry(account).or_default().push(String::new());
    }
    if message.key(label).is_some() {
        world.note(format_args!("{account} presses «{label}»"));
        act(world, account, 0, message.text.clone(), |world| drop(world.api.user(account, "Иван", "ru").press_under(message.id, label)));
    }
}

fn first_line(message: &Shown) -> String {
    message.text.lines().next().unwrap_or_default().chars().take(30).collect()
}

/// Decides about whatever is put before them, for ever. Both see every request, and both press.
pub async fn decide(world: Arc<World>, account: i64) {
    loop {
        sleep(Duration::from_millis(world.chance(|chance| chance.within(1_000, 60_000)))).await;
        world.api.set_clock(Duration::from_millis(world.now().unsigned_abs()));
        if !world.book().answered.contains_key(&(account, 1, String::new())) {
            act(&world, account, 1, String::new(), |world| {
                world.api.user(account, "Анна", "ru").write("/help");
            });
            continue;
        }
        let admin = world.api.user(account, "Анна", "ru");
        let card = admin.chat().messages.into_iter().find(|message| {
            let known = (account, message.id, String::new());
            message.by_bot
                && !message.deleted
                && message.key("Одобрить").is_some()
                && (!world.book().answered.contains_key(&known) || is_overdue(&world, account))
        });
        if let Some(card) = card {
            world.note(format_args!("{account} decides"));
            act(&world, account, card.id, String::new(), |world| {
                let _ = world.api.user(account, "Анна", "ru").press_under(card.id, "Одобрить");
            });
        }
    }
}
