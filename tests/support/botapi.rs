//! A Bot API server for tests, strict where Telegram is strict: offsets, long polls and conflicts, the grammar of HTML, the limits
//! of buttons, the lifetime of presses, edits and deletions, blocked bots, floods — and faults on demand.
//!
//! It lives on a thread of its own, so it goes on whatever becomes of the bot it serves: that may be killed and started again.
//! People act through [`User`]; what the bot says to them is read with [`BotApi::expect_message`] and [`BotApi::chat`].
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "several tests share it, each with another part, and a test may fail at once"
)]

mod faults;
mod html;
mod keyboards;
mod methods;
mod parameters;
mod people;
mod played;
mod server;
mod shown;
mod world;

use std::net::SocketAddr;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;

pub use faults::Fault;
pub use keyboards::{Does, Key};
pub use people::{Card, User};
pub use shown::ShownFile;
pub use world::{Call, Chat, Shown};

use world::{State, World};

/// How long a test waits for the bot before it fails.
const PATIENCE: Duration = Duration::from_secs(15);

/// The server.
pub struct BotApi {
    world: Arc<World>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
}

impl BotApi {
    /// The token of the one bot it serves. It is shorter than a real one, so that what blanks out real ones does not hide a leak.
    pub const TOKEN: &'static str = "4242:a-token_of-no-worth";
    /// The name of that bot.
    pub const USERNAME: &'static str = "usher_test_bot";
    /// Its account.
    pub const ID: i64 = 4242;

    /// Starts a server on a free port.
    pub async fn start() -> Self {
        let world = Arc::new(World::new());
        let (stop, stopped) = oneshot::channel();
        let address = server::start(Arc::clone(&world), stopped).await;
        Self { world, address, stop: Some(stop) }
    }

    /// What the bot is to use as the address of the Bot API.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A person; met for the first time or again.
    pub fn user(&self, id: i64, first_name: &str, language: &str) -> User<'_> {
        self.change(|state| state.meet(id, first_name, language));
        User { api: self, id }
    }

    /// The next message of the bot in this private chat that no test has seen yet. Waits for it.
    pub async fn expect_message(&self, user: i64) -> Shown {
        self.until(&format!("the next message to {user}"), |state| state.chat_mut(user).next_unseen()).await
    }

    /// Waits until the chat looks as wanted; `what` is said if it never does.
    pub async fn expect<T>(&self, user: i64, what: &str, mut wanted: impl FnMut(&Chat) -> Option<T>) -> T {
        self.until(what, |state| wanted(state.chat_mut(user))).await
    }

    /// What is in a chat: a person's, or a group's.
    pub fn chat(&self, id: i64) -> Chat {
        self.state().chat_mut(id).clone()
    }

    /// Everything the bot has called, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// How often the bot has tried to send a message to anybody.
    pub fn attempts(&self) -> usize {
        self.state().calls.iter().filter(|call| call.method.eq_ignore_ascii_case("sendMessage")).count()
    }

    /// The messages that the bot tried to send to this chat, in order.
    pub fn calls_to(&self, chat: i64) -> Vec<Call> {
        let to = |call: &&Call| call.method.eq_ignore_ascii_case("sendMessage") && call.parameters["chat_id"] == chat;
        self.state().calls.iter().filter(to).cloned().collect()
    }

    /// The calls of one method, whatever the case of its name.
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.method.eq_ignore_ascii_case(method)).collect()
    }

    /// Waits until a method has been called so often.
    pub async fn expect_calls(&self, method: &str, times: usize) -> Vec<Call> {
        self.until(&format!("{times} calls of {method}"), |state| {
            let of: Vec<Call> = state.calls.iter().filter(|call| call.method.eq_ignore_ascii_case(method)).cloned().collect();
            (of.len() >= times).then_some(of)
        })
        .await
    }

    /// What a press was answered with: nothing yet, or the notice, which is empty for an answer without one.
    pub fn answer_of(&self, press: &str) -> Option<String> {
        self.state().presses.get(press).and_then(|press| press.answer.clone())
    }

    /// What the bot did that Telegram would silently ignore: parameters it does not know.
    pub fn objections(&self) -> Vec<String> {
        self.state().objections.clone()
    }

    /// The next so many calls of a method meet this fault.
    pub fn fail_next(&self, method: &str, times: usize, fault: Fault) {
        self.change(|state| state.faults.plan(method, times, fault));
    }

    /// No fault is planned any more.
    pub fn heal(&self) {
        self.change(|state| state.faults.clear());
    }

    /// More than a message a second to a chat (bursts of three apart) is answered with 429 from now on.
    pub fn limit_floods(&self) {
        self.change(|state| state.floods = Some(std::collections::HashMap::new()));
    }

    /// Lets time pass for messages, presses and updates.
    pub fn advance(&self, time: Duration) {
        self.change(|state| state.skipped += time);
    }

    /// Sets a webhook behind the bot's back.
    pub fn set_webhook(&self, url: &str) {
        self.change(|state| url.clone_into(&mut state.webhook));
    }

    /// The webhook that is set; empty if none is.
    pub fn webhook(&self) -> String {
        self.state().webhook.clone()
    }

    /// What was brought to the webhook so far: the update, and the status it was answered with; 0 for no answer.
    pub fn brought(&self) -> Vec<(i64, u16)> {
        self.state().hook.brought.clone()
    }

    /// Telegram has the file no more.
    pub fn lose_file(&self, id: &str) {
        self.change(|state| drop(state.files.remove(id)));
    }

    /// The token is revoked: nothing is accepted any more.
    pub fn revoke_token(&self) {
        self.change(|state| state.revoked = true);
    }

    /// Hands out the last so many confirmed updates again, as Telegram may.
    pub fn redeliver(&self, updates: usize) {
        self.change(|state| state.redeliver(updates));
    }

    /// Hands out an update of any form.
    pub fn push_update(&self, kind: &str, body: Value) -> i64 {
        self.change(|state| state.push_update(kind, body))
    }

    /// The ids of the updates that are not confirmed yet.
    pub fn unconfirmed(&self) -> Vec<i64> {
        self.state().queue.iter().map(|pending| pending.id).collect()
    }

    /// Waits until every update is confirmed.
    pub async fn expect_all_confirmed(&self) {
        self.until("every update to be confirmed", |state| state.queue.is_empty().then_some(())).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.world.state()
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.world.change(change)
    }

    async fn until<T>(&self, what: &str, mut wanted: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut changed = self.world.watch();
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                changed.borrow_and_update();
                if let Some(found) = wanted(&mut self.state()) {
                    return found;
                }
                changed.changed().await.unwrap();
            }
        });
        found.await.unwrap_or_else(|_| panic!("waited in vain for {what}\n{}", self.state().transcript()))
    }
}

impl Drop for BotApi {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}
