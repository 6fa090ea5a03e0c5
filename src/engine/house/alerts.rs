//! What people of a role are told of trouble: once a matter, whatever the hour, in the language of each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::desk::{entry, text};
use crate::engine::house::{Kept, house_id, is_here};
use crate::engine::steps::notify::holders;
use crate::engine::work::Work;
use crate::engine::{Letter, Wording};
use crate::expr::{Time, Value};

/// The role that is told of trouble, where nothing else is said; and the one that is told of edits of the flows.
const ALERTS: &str = "alerts";
const AUTHORS: &str = "authors";

/// Calls that wait for one server and are counted, at most: beyond that nobody needs a number, and the house would do nothing else.
pub(crate) const WAITING_AT_MOST: u32 = 200;

/// After a doubt was told, those that follow are gathered for so long, in milliseconds, and told as one: a server that fails for everybody
/// must not send hundreds of messages, behind which an answer to a command would wait.
const GATHERED_FOR: i64 = 5 * 60 * 1000;

/// How long a matter that has no end is not told again, in milliseconds, and how many such matters are known at most.
const TOLD_FOR: i64 = 24 * 60 * 60 * 1000;
const TOLD_AT_MOST: usize = 300;

/// What is shown of the findings in refused files, at most.
pub(super) const FINDINGS_AT_MOST: usize = 1500;

/// Something that people of a role are to hear of. Nothing in it is about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Matter {
    /// A call was not taken by its server.
    Down {
        /// The connection.
        connection: String,
        /// What was sent, without any value: `POST /staff/{id}`.
        request: String,
        /// The status, if an answer came.
        answer: Option<String>,
        /// Which attempt it was, and how many there will be, if that is known.
        attempts: (u32, Option<u32>),
        /// The number of the session that waits for it to be sent again, if one does.
        waits: Option<String>,
    },
    /// A call that waited does so no longer, though nothing came.
    GivenUp {
        /// The connection.
        connection: String,
    },
    /// A server answers again.
    Up {
        /// The connection.
        connection: String,
    },
    /// Nobody knows whether an operation was done, and nothing can tell but a person.
    Doubt {
        /// The connection.
        connection: String,
        /// `connection.operation`.
        operation: String,
    },
    /// The channel will never take a message.
    Undelivered {
        /// Why.
        why: String,
    },
    /// A record cannot be read.
    Unreadable {
        /// Its opaque key.
        record: String,
    },
    /// Something that happened to somebody could not be dealt with because of a fault of ours.
    Parked {
        /// The channel it came by.
        channel: String,
    },
    /// Edited flows were not taken.
    EditRefused {
        /// Whose they are: the bot's name, empty for the only one.
        bot: String,
        /// Where and why, a line each.
        findings: String,
    },
    /// Edited flows went live.
    EditLive {
        /// Whose they are: the bot's name, empty for the only one.
        bot: String,
        /// The version.
        version: String,
    },
}

/// A server that does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Outage {
    /// Since when.
    since: Time,
    /// How many calls wait for it.
    pub waiting: u32,
}

/// Doubts that follow one that was told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Doubts {
    /// When the last was told.
    told: Time,
    /// How many came since then.
    more: u32,
}

impl Doubts {
    /// When those that came since then are told.
    fn due(&self) -> Time {
        self.told.plus(GATHERED_FOR)
    }
}

/// What was told of edits, by bot: the version that is live, or what was wrong last.
pub(super) type Edits = BTreeMap<String, String>;

/// Reports something to the house.
pub(crate) fn report(work: &mut Work<'_>, matter: Matter) {
    work.tell(&house_id(), Letter::Matter(Box::new(matter)));
}

/// The house hears of something.
pub(crate) fn heard(work: &mut Work<'_>, matter: &Matter) {
    if !is_here(work) {
        return;
    }
    let mut kept = Kept::of(&work.record);
    let told = told(work, &mut kept, matter);
    kept.keep(&mut work.record);
    if let Some((role, wording)) = told {
        tell(work, &role, &wording);
    }
}

fn tell(work: &mut Work<'_>, role: &str, wording: &Wording) {
    for person in holders(&work.library.installation, role) {
        work.tell(&person, Letter::Said(wording.clone()));
    }
}

/// When doubts that were gathered are to be told.
pub(super) fn next_timer(kept: &Kept) -> Option<Time> {
    kept.doubts.values().filter(|doubts| doubts.more > 0).map(Doubts::due).min()
}

/// Tells of the doubts that were gathered long enough.
pub(super) fn ring(work: &mut Work<'_>, kept: &mut Kept) {
    for (role, doubts) in &mut kept.doubts {
        if doubts.more > 0 && doubts.due() <= work.now {
            let count = Value::Integer(i64::from(doubts.more));
            let wording = work.wording("doubts", |_| vec![("count", count.clone())]);
            *doubts = Doubts { told: work.now, more: 0 };
            tell(work, role, &wording);
        }
    }
}

/// The role that is to be told, and what; nothing if it was told already.
fn told(work: &Work<'_>, kept: &mut Kept, matter: &Matter) -> Option<(String, Wording)> {
    let of_connection = |connection: &str| work.library.installation.alerts.get(connection).cloned().unwrap_or_else(|| ALERTS.to_owned());
    match matter {
        Matter::Down { connection, waits, .. } => {
            let waiting = u32::from(waits.is_some());
            if let Some(outage) = kept.outages.get_mut(connection) {
                outage.waiting += waiting;
                return None;
            }
            kept.outages.insert(connection.clone(), Outage { since: work.now, waiting });
            Some((of_connection(connection), outage(work, matter)))
        }
        Matter::GivenUp { connection } => {
            let outage = kept.outages.get_mut(connection)?;
            outage.waiting = outage.waiting.saturating_sub(1);
            None
        }
        Matter::Up { connection } => {
            let Outage { since, waiting } = kept.outages.remove(connection)?;
            let given = |language| {
                vec![
                    ("connection", titled(work, connection, language)),
                    ("sent", Value::Integer(i64::from(waiting))),
                    ("since", Value::Time(since)),
                ]
            };
            Some((of_connection(connection), work.wording("outage_over", given)))
        }
        Matter::Doubt { connection, operation } => {
            let role = of_connection(connection);
            if let Some(doubts) = kept.doubts.get_mut(&role).filter(|doubts| doubts.more > 0 || work.now < doubts.due()) {
                doubts.more += 1;
                return None;
            }
            kept.doubts.insert(role.clone(), Doubts { told: work.now, more: 0 });
            let given = |language| vec![("operation", operation_titled(work, operation, language))];
            Some((role, work.wording("doubt", given)))
        }
        Matter::Undelivered { why } => once(work, kept, &format!("undelivered/{why}"), "undelivered", ("why", why)),
        Matter::Unreadable { record } => once(work, kept, &format!("unreadable/{record}"), "unreadable", ("record", record)),
        Matter::Parked { channel } => once(work, kept, &format!("parked/{channel}"), "parked", ("channel", channel)),
        Matter::EditRefused { bot, findings } => {
            let findings: String = findings.chars().take(FINDINGS_AT_MOST).collect();
            let is_new = kept.edits.insert(bot.clone(), findings.clone()).as_ref() != Some(&findings);
            is_new.then(|| (AUTHORS.to_owned(), work.wording("edit_refused", |_| vec![("findings", text(&findings))])))
        }
        Matter::EditLive { bot, version } => {
            let is_new = kept.edits.insert(bot.clone(), version.clone()).as_ref() != Some(version);
            is_new.then(|| (AUTHORS.to_owned(), work.wording("edit_live", |_| vec![("version", text(version))])))
        }
    }
}

fn outage(work: &Work<'_>, matter: &Matter) -> Wording {
    let Matter::Down { connection, request, answer, attempts: (attempt, attempts), waits } = matter else { return Wording::default() };
    let optional = |value: Option<Value>| value.unwrap_or(Value::None);
    let operation = entry([
        ("request", text(request)),
        ("answer", optional(answer.as_ref().map(text))),
        ("attempt", Value::Integer(i64::from(*attempt))),
        ("attempts", optional(attempts.map(|attempts| Value::Integer(i64::from(attempts))))),
    ]);
    let number = optional(waits.as_ref().map(text));
    let given =
        |language| vec![("connection", titled(work, connection, language)), ("operation", operation.clone()), ("number", number.clone())];
    work.wording("outage", given)
}

/// Tells of a matter that has no end, once a day.
fn once(work: &Work<'_>, kept: &mut Kept, key: &str, sentence: &str, (name, value): (&'static str, &String)) -> Option<(String, Wording)> {
    let horizon = work.now.plus(-TOLD_FOR);
    kept.told.retain(|_, at| *at > horizon);
    if kept.told.len() >= TOLD_AT_MOST || kept.told.contains_key(key) {
        return None;
    }
    kept.told.insert(key.to_owned(), work.now);
    Some((ALERTS.to_owned(), work.wording(sentence, |_| vec![(name, text(value))])))
}

/// `connection` in a sentence.
fn titled(work: &Work<'_>, connection: &str, language: usize) -> Value {
    let title = work.project().connections.get(connection).and_then(|title| work.plain_in(title, language));
    entry([("title", text(title.unwrap_or_else(|| connection.to_owned())))])
}

/// `operation` in a sentence.
fn operation_titled(work: &Work<'_>, operation: &str, language: usize) -> Value {
    let declared = work.project().operations.get(operation).and_then(|declared| declared.title.as_ref());
    let title = declared.and_then(|title| work.plain_in(title, language));
    entry([("title", text(title.unwrap_or_else(|| operation.to_owned())))])
}
