//! The webhook: updates are handed in as Telegram brings them, and answered when what they caused is durable.
//!
//! Telegram brings an update again until it is answered with success, so anything else is said only of what could not be kept; what can
//! never be understood is answered as if it were. It keeps the messages of a chat in order by bringing one at a time, and so do we: they
//! enter the inbox in the order in which they came. Presses of the same person may overtake them on the way, as they may in Telegram.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::{MethodRouter, post};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tracing::{error, warn};

use crate::channel::telegram::update::{Meaning, Own};
use crate::channel::telegram::{Bot, Webhook, receiver, setup};
use crate::channel::{ChannelError, Inbox, Shutdown, stopped};

/// The header in which Telegram shows the secret.
const SECRET: &str = "x-telegram-bot-api-secret-token";

/// An update is far smaller.
const LARGEST: usize = 1 << 20;

/// How long a body may take.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// Telegram waits for an answer a minute at most; it hears before that that the update is to come again.
const PATIENCE: Duration = Duration::from_secs(50);

/// Whether updates are taken, and where they go.
pub(super) struct Hook(watch::Sender<Option<Inbox>>);

impl Default for Hook {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

/// Takes what comes until told to stop. The webhook is not removed then: what comes meanwhile waits at Telegram for the next process.
pub(super) async fn run(bot: &Bot, webhook: &Webhook, inbox: Inbox, mut shutdown: Shutdown) -> Result<(), ChannelError> {
    let nobody = inbox.clone();
    bot.hook.0.send_replace(Some(inbox));
    let ended = tokio::select! {
        () = stopped(&mut shutdown) => Ok(()),
        () = nobody.closed() => Err(ChannelError::Closed),
        gone = look_after(bot, webhook) => Err(gone),
    };
    bot.hook.0.send_replace(None);
    ended
}

/// Sees to it that the webhook stays ours, and tells of calls that fail on their way. Ends when it can never succeed.
async fn look_after(bot: &Bot, webhook: &Webhook) -> ChannelError {
    let mut told = None;
    loop {
        sleep(bot.settings.look).await;
        match setup::look_at_webhook(bot, webhook, &mut told).await {
            Ok(()) => {}
            Err(gone @ ChannelError::TokenRefused) => return gone,
            Err(error) => warn!(channel = bot.name, %error, "the webhook cannot be looked after now"),
        }
    }
}

/// What answers Telegram.
pub(super) fn route(bot: &Arc<Bot>) -> MethodRouter {
    post(take).with_state(Arc::clone(bot))
}

async fn take(State(bot): State<Arc<Bot>>, headers: HeaderMap, body: Body) -> StatusCode {
    if !is_telegram(&bot, &headers) {
        return StatusCode::FORBIDDEN;
    }
    let Ok(Ok(bytes)) = timeout(READ_WITHIN, to_bytes(body, LARGEST)).await else { return StatusCode::BAD_REQUEST };
    let Some(inbox) = bot.hook.0.borrow().clone() else { return StatusCode::SERVICE_UNAVAILABLE };
    let username = bot.know(|known| known.username.clone());
    match receiver::meaning(&bytes, Own { channel: &bot.name, username: username.as_deref() }) {
        Some((update, Meaning::Event { account, kind, album })) if bot.albums.is_first_of(album.as_deref(), update) => {
            let kept = timeout(PATIENCE, receiver::hand_in(&bot.name, &inbox, account, update, kind)).await;
            if kept.unwrap_or(false) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
        }
        Some((_, Meaning::Group(talk))) => {
            receiver::tell(&bot, talk);
            StatusCode::OK
        }
        Some((_, Meaning::Event { .. } | Meaning::Nothing)) => StatusCode::OK,
        None => {
            error!(channel = bot.name, "something was brought that is no update: it is left out");
            StatusCode::OK
        }
    }
}

/// True if the secret is shown. It takes the same time wherever the first difference is, so that it is not guessed byte by byte.
fn is_telegram(bot: &Bot, headers: &HeaderMap) -> bool {
    let Some(webhook) = &bot.settings.webhook else { return false };
    let (right, shown) = (webhook.secret.as_bytes(), headers.get(SECRET).map(HeaderValue::as_bytes).unwrap_or_default());
    let differs = right
        .iter()
        .enumerate()
        .fold(right.len() ^ shown.len(), |all, (at, byte)| all | usize::from(byte ^ shown.get(at).copied().unwrap_or_default()));
    differs == 0 && !right.is_empty()
}
