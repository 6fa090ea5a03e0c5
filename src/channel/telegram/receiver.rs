//! The poll: updates are asked for, handed in, and confirmed only when what they caused is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::{error, warn};

use crate::channel::telegram::Bot;
use crate::channel::telegram::backoff::Backoff;
use crate::channel::telegram::sender;
use crate::channel::telegram::setup;
use crate::channel::telegram::update::{Batch, Meaning, Own, Talk, Update};
use crate::channel::telegram::wire::{Failure, Method, redacted};
use crate::channel::{ChannelError, Inbox, Incoming, Shutdown, stopped};
use crate::engine::{EventId, EventKind, RecordId};

/// The kinds of updates that a conversation is made of.
pub(super) const KINDS: [&str; 4] = ["message", "edited_message", "callback_query", "my_chat_member"];

/// As many as Telegram gives at once; the engine remembers the ids of many more.
const BATCH: u8 = 100;

/// How long turns under way may take once the process is to stop.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct GetUpdates {
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<i64>,
    limit: u8,
    timeout: u64,
    allowed_updates: [&'static str; 4],
}

impl GetUpdates {
    fn from(offset: Option<i64>) -> Self {
        Self { offset, limit: BATCH, timeout: 0, allowed_updates: KINDS }
    }
}

/// Polls until told to stop, or until it can never succeed.
pub(super) async fn run(bot: &Arc<Bot>, inbox: &Inbox, mut shutdown: Shutdown) -> Result<(), ChannelError> {
    let mut cursor = Cursor::default();
    let mut backoff = Backoff::new(bot.settings.pause);
    loop {
        let polled = tokio::select! {
            biased;
            () = stopped(&mut shutdown) => break,
            polled = poll(bot, cursor.offset) => polled,
        };
        let taken = match polled {
            Ok(bytes) => cursor.take(bot, inbox, &bytes, &mut shutdown).await,
            Err(failure) => Err(failure),
        };
        let pause = match taken {
            Ok(Taken::Wholly) => {
                backoff.reset();
                continue;
            }
            Ok(Taken::Partly) if inbox.is_closed() && !*shutdown.borrow() => return Err(ChannelError::Closed),
            Ok(Taken::Partly) => backoff.pause(),
            Err(failure) => pause_after(bot, &failure, &mut backoff).await?,
        };
        tokio::select! {
            biased;
            () = stopped(&mut shutdown) => break,
            () = sleep(pause) => {}
        }
    }
    confirm(bot, cursor.offset).await;
    Ok(())
}

async fn poll(bot: &Bot, offset: Option<i64>) -> Result<Bytes, Failure> {
    let wait = bot.settings.poll.as_secs().min(50);
    let parameters = GetUpdates { timeout: wait, ..GetUpdates::from(offset) };
    bot.wire.raw(Method::GetUpdates, &parameters, Duration::from_secs(wait) + bot.settings.answer_within).await
}

/// Confirms what is kept, so that it is not handed in again after a restart. Best effort: the engine would recognise it.
async fn confirm(bot: &Bot, offset: Option<i64>) {
    if offset.is_some() {
        let parameters = GetUpdates { limit: 1, ..GetUpdates::from(offset) };
        let _ = bot.wire.raw(Method::GetUpdates, &parameters, Duration::from_secs(3)).await;
    }
}

/// How long to wait after a failed poll, if waiting helps at all.
async fn pause_after(bot: &Bot, failure: &Failure, backoff: &mut Backoff) -> Result<Duration, ChannelError> {
    let channel = bot.name.as_str();
    match failure {
        Failure::Api { code: 401, .. } => return Err(ChannelError::TokenRefused),
        Failure::Api { code: 404, description, .. } if description == "Not Found" => return Err(ChannelError::TokenRefused),
        Failure::Api { code: 429, retry_after: Some(seconds), .. } => {
            warn!(channel, seconds, "the Bot API asks for a pause");
            return Ok(Duration::from_secs(*seconds));
        }
        Failure::Api { code: 409, description, .. } if description.contains("webhook") => {
            error!(channel, "a webhook takes the updates of this bot: it is removed, as the bot is set to poll");
            setup::drop_webhook(bot).await;
        }
        Failure::Api { code: 409, .. } => {
            error!(channel, "another process polls with the same token: only one of the two gets an update; stop one of them");
        }
        Failure::Api { code, description, .. } => warn!(channel, code, why = redacted(description), "the Bot API refuses the poll"),
        Failure::Server(status) => warn!(channel, status, "the Bot API fails"),
        Failure::Unsent => warn!(channel, "the Bot API cannot be reached"),
        Failure::Lost => warn!(channel, "the poll got no answer that can be read"),
    }
    Ok(backoff.pause())
}

/// How much of a batch is kept.
enum Taken {
    Wholly,
    Partly,
}

/// Where the poll stands.
#[derive(Default)]
struct Cursor {
    /// The lowest update that is not kept.
    offset: Option<i64>,
    /// Updates above it that are.
    kept: BTreeSet<i64>,
}

/// Something a person did, to be handed in.
struct Heard {
    update: i64,
    kind: EventKind,
}

impl Cursor {
    /// Hands in a batch, waits until it is durable, and moves the offset as far as it is.
    async fn take(&mut self, bot: &Arc<Bot>, inbox: &Inbox, bytes: &[u8], shutdown: &mut Shutdown) -> Result<Taken, Failure> {
        let mut order = Vec::new();
        let mut lanes: BTreeMap<i64, Vec<Heard>> = BTreeMap::new();
        let username = bot.know(|known| known.username.clone());
        for (update, meaning) in meanings(bytes, Own { channel: &bot.name, username: username.as_deref() })? {
            order.push(update);
            match meaning {
                _ if self.kept.contains(&update) => {}
                Meaning::Event { account, kind, album } if bot.albums.is_first_of(album.as_deref(), update) => {
                    lanes.entry(account).or_default().push(Heard { update, kind });
                    continue;
                }
                Meaning::Group(talk) => tell(bot, talk),
                Meaning::Event { .. } | Meaning::Nothing => {}
            }
            self.kept.insert(update);
        }
        self.hand_in(bot, inbox, lanes, shutdown).await;
        Ok(self.advance(&order))
    }

    /// People in parallel, what one person did in order.
    async fn hand_in(&mut self, bot: &Arc<Bot>, inbox: &Inbox, lanes: BTreeMap<i64, Vec<Heard>>, shutdown: &mut Shutdown) {
        let mut under_way = JoinSet::new();
        for (account, heard) in lanes {
            under_way.spawn(lane(bot.name.clone(), inbox.clone(), account, heard));
        }
        let all = async {
            while let Some(done) = under_way.join_next().await {
                self.kept.extend(done.unwrap_or_default());
            }
        };
        let overdue = async {
            stopped(shutdown).await;
            sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            () = all => {}
            () = overdue => {}
        }
    }

    fn advance(&mut self, order: &[i64]) -> Taken {
        let Some(first_unkept) = order.iter().position(|update| !self.kept.contains(update)) else {
            // Ids begin anew after a quiet week, so it is the last of the batch that counts, not the highest ever.
            self.offset = order.last().map(|last| last + 1).or(self.offset);
            self.kept.clear();
            return Taken::Wholly;
        };
        self.offset = Some(order[first_unkept]);
        self.kept.retain(|update| order[first_unkept..].contains(update));
        Taken::Partly
    }
}

/// Hands in what one person did, one after the other; returns what is kept. What follows something unkept is not handed in.
async fn lane(channel: String, inbox: Inbox, account: i64, heard: Vec<Heard>) -> Vec<i64> {
    let mut durable = Vec::new();
    for Heard { update, kind } in heard {
        if !hand_in(&channel, &inbox, account, update, kind).await {
            break;
        }
        durable.push(update);
    }
    durable
}

/// Hands in what somebody did; whether it is kept.
pub(super) async fn hand_in(channel: &str, inbox: &Inbox, account: i64, update: i64, kind: EventKind) -> bool {
    let (kept, answer) = oneshot::channel();
    let record = RecordId::person(channel, &account.to_string());
    let incoming = Incoming { record, id: EventId(format!("{channel}/update/{update}")), kind, kept };
    let is_kept = inbox.send(incoming).await.is_ok() && matches!(answer.await, Ok(Ok(())));
    if !is_kept {
        warn!(channel, update, "an update could not be kept and will come again");
    }
    is_kept
}

/// Tells a group where the bot can be talked to, unless it was told today.
pub(super) fn tell(bot: &Arc<Bot>, talk: Talk) {
    let text = bot.know(|known| known.menus.private_only_in(talk.language.as_deref().unwrap_or_default()).map(str::to_owned));
    if let (Some(text), Some(link)) = (text, bot.link())
        && bot.groups.may_tell(talk.group, Instant::now())
    {
        let bot = Arc::clone(bot);
        tokio::spawn(async move { sender::tell_group(&bot, &talk, &text.replace(crate::channel::LINK, &link)).await });
    }
}

/// Reads a batch. If one update is unlike anything known, the others must not suffer: that one alone means nothing.
fn meanings(bytes: &[u8], own: Own<'_>) -> Result<Vec<(i64, Meaning)>, Failure> {
    #[derive(Deserialize)]
    struct Loose {
        result: Vec<Value>,
    }
    if let Ok(batch) = serde_json::from_slice::<Batch>(bytes) {
        return Ok(batch.result.into_iter().map(|update| (update.update_id, update.meaning(own))).collect());
    }
    let loose: Loose = serde_json::from_slice(bytes).map_err(|_| Failure::Lost)?;
    let read = |value: &Value| match Update::deserialize(value) {
        Ok(update) => Some((update.update_id, update.meaning(own))),
        Err(_) => Some((unknown(value)?, Meaning::Nothing)),
    };
    Ok(loose.result.iter().filter_map(read).collect())
}

/// Reads an update that comes alone; nothing if it is none.
pub(super) fn meaning(bytes: &[u8], own: Own<'_>) -> Option<(i64, Meaning)> {
    match serde_json::from_slice::<Update>(bytes) {
        Ok(update) => Some((update.update_id, update.meaning(own))),
        Err(_) => Some((unknown(&serde_json::from_slice(bytes).ok()?)?, Meaning::Nothing)),
    }
}

/// The number of an update that is unlike anything known.
fn unknown(value: &Value) -> Option<i64> {
    #[derive(Deserialize)]
    struct Numbered {
        update_id: i64,
    }
    let update = Numbered::deserialize(value).ok()?.update_id;
    warn!(update, "an update of an unknown form is left out");
    Some(update)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unreadable_update_does_not_hide_the_others() {
        let batch = br#"{"ok":true,"result":[{"update_id":5,"message":{"message_id":"odd"}},{"update_id":6,"message":{"message_id":1,
            "from":{"id":1,"is_bot":false,"first_name":"A"},"chat":{"id":1,"type":"private"},"text":"hi"}},{"odd":true}]}"#;
        let read = meanings(batch, Own { channel: "tg", username: None }).unwrap();
        assert!(matches!(read.as_slice(), [(5, Meaning::Nothing), (6, Meaning::Event { account: 1, .. })]), "{read:?}");
    }

    #[test]
    fn the_offset_stands_at_the_lowest_unkept() {
        let mut cursor = Cursor { kept: [5, 7].into(), ..Cursor::default() };
        assert!(matches!(cursor.advance(&[5, 6, 7]), Taken::Partly));
        assert_eq!((cursor.offset, cursor.kept.iter().copied().collect::<Vec<_>>()), (Some(6), vec![7]));
        cursor.kept.insert(6);
        assert!(matches!(cursor.advance(&[6, 7]), Taken::Wholly));
        assert_eq!((cursor.offset, cursor.kept.len()), (Some(8), 0));
    }

    #[test]
    fn ids_that_begin_anew_are_followed() {
        let mut cursor = Cursor { offset: Some(900), kept: [17].into() };
        cursor.advance(&[17]);
        assert_eq!(cursor.offset, Some(18));
    }
}
