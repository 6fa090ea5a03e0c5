//! The same server without a network: calls come from the test's own thread, and the clock is the test's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::BotApi;
use super::methods;
use super::parameters::Parameters;
use super::server::{get_updates, json_of};
use super::world::{Chat, World};

impl BotApi {
    /// A server that is reached by [`BotApi::exchange`] only.
    pub fn played() -> Self {
        Self { world: Arc::new(World::new()), address: SocketAddr::from(([127, 0, 0, 1], 9)), stop: None }
    }

    /// It is this time since 1970.
    pub fn set_clock(&self, time: Duration) {
        self.state().clock = Some(time);
    }

    /// Looks at a chat.
    pub fn peek<T>(&self, chat: i64, look: impl FnOnce(&Chat) -> T) -> T {
        look(self.state().chat_mut(chat))
    }

    /// A call with a JSON body: status and body of the answer.
    pub async fn exchange(&self, method: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let outcome = match Parameters::read("application/json", body, "") {
            Ok(mut parameters) if method.eq_ignore_ascii_case("getUpdates") => get_updates(&self.world, &mut parameters).await,
            Ok(mut parameters) => {
                let called = self.change(|state| methods::call(state, &method.to_ascii_lowercase(), &mut parameters));
                let unknown = parameters.unread().into_iter().filter(|_| called.is_ok()).map(|name| format!("{method}: {name}"));
                self.change(|state| state.objections.extend(unknown));
                called
            }
            Err(refusal) => Err(refusal),
        };
        let status = outcome.as_ref().err().map_or(200, |refusal| refusal.code);
        (status, json_of(&outcome).to_string().into_bytes())
    }

    /// Telegram gives its next update a number that has nothing to do with the last one.
    pub fn jump(&self, by: i64) {
        self.change(|state| state.last_update += by);
    }
}
