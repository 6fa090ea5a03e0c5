//! `usher audit`: what is remembered, and whether anything of it was changed or cut.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::cli::control::{Line, Out, Request, ask};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::{config, live, screen, sessions};
use crate::engine::{Fact, FactKind, RecordId};
use crate::expr::Time;
use crate::store::{Page, Store};

const EXAMPLE: &str = "\
Examples:
  usher audit list --name code --since 2026-11-01
  usher audit list --person tg:1001
  usher audit verify";

/// How often it is looked whether a digest is due, and how old the last one may be.
const LOOK_EVERY: Duration = Duration::from_hours(1);
const DIGEST_EVERY: i64 = 24 * 60 * 60 * 1000;

/// Records asked for at once.
const SLICE: usize = 256;

/// Show what is remembered of conversations, and find out whether anything of it was changed or cut
///
/// Facts hold names of the flows and moments, never an answer. Each record's facts are a chain; once a day the heads of all chains are
/// signed together, in the store and in audit.digests in the data folder: carry that file to where nobody can write to it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    #[command(subcommand)]
    does: Does,
    #[command(flatten)]
    config: config::Place,
}

#[derive(Debug, Subcommand)]
enum Does {
    /// What is remembered, in order of time: of one person everything, of all of them what the flows `audit`
    List {
        /// Of this person: tg:1001
        #[arg(long, value_name = "PERSON")]
        person: Option<String>,
        /// Of this audit name, or of all that begin with it
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Not before this day or moment: 2026-11-26, 2026-11-26T10:00:00Z
        #[arg(long, value_name = "TIME", value_parser = moment_of)]
        since: Option<i64>,
        /// At most so many, the latest
        #[arg(long, value_name = "N", default_value_t = 1000)]
        limit: usize,
    },
    /// Make every chain and every digest again and tell what does not agree
    Verify,
}

/// Does what is asked.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let request = match arguments.does {
        Does::List { person, name, since, limit } => Request::Audit { person, name, since, limit },
        Does::Verify => Request::VerifyAudit,
    };
    ask(&arguments.config, request)
}

/// What is wanted of what is remembered.
pub struct Wanted {
    /// Of this person.
    pub person: Option<String>,
    /// With an audit name that begins so.
    pub name: Option<String>,
    /// Not before this.
    pub since: Option<i64>,
    /// At most so many, the latest.
    pub limit: usize,
}

impl Wanted {
    fn wants(&self, fact: &Fact) -> bool {
        let named = match (&self.name, &fact.kind) {
            (Some(wanted), FactKind::Audited { name }) => name.starts_with(wanted.as_str()),
            (Some(_), _) => false,
            (None, FactKind::Audited { .. } | FactKind::Denied { .. } | FactKind::Decided { .. } | FactKind::Administered { .. }) => true,
            (None, _) => self.person.is_some(),
        };
        named && self.since.is_none_or(|since| fact.at.0 >= since)
    }
}

/// Shows what is remembered, in order of time: of all that is wanted the latest, as no more than those are held at once, however much is
/// kept.
pub async fn list(store: &Store, wanted: &Wanted, out: &Out) -> anyhow::Result<ExitCode> {
    let mut latest = Latest::new(wanted.limit);
    if let Some(person) = &wanted.person {
        let id = RecordId(person.clone());
        gather(store, &id, wanted, &mut latest).await?;
        if latest.is_empty() && store.load(&id).await.map_err(live::cannot_open)?.is_none() {
            return Err(sessions::nobody(person));
        }
    } else {
        let mut page = Page::first(SLICE);
        loop {
            let listed = store.records(&page).await.map_err(live::cannot_open)?;
            for id in &listed.items {
                gather(store, id, wanted, &mut latest).await?;
            }
            let Some(next) = listed.next else { break };
            page.after = Some(next);
        }
    }
    let is_cut = latest.is_cut;
    let lines = latest.in_order();
    let width = lines.iter().map(|line| line.of.chars().count()).max().unwrap_or_default();
    for Remembered { at, of, session, what, .. } in lines {
        out(Line::Say(format!("{}  {of:<width$}  {session:<6}  {what}", moment(at))));
    }
    if is_cut {
        out(Line::Note(format!("these are the latest {}; ask for more with --limit", wanted.limit)));
    }
    Ok(ExitCode::Done)
}

async fn gather(store: &Store, id: &RecordId, wanted: &Wanted, latest: &mut Latest) -> anyhow::Result<()> {
    let (mut page, of) = (Page::first(SLICE), column(id));
    let mut place = 0;
    loop {
        let listed = store.journal(id, &page).await.map_err(live::cannot_open)?;
        for entry in listed.items.iter().filter(|entry| wanted.wants(&entry.fact)) {
            place += 1;
            let session = entry.fact.session.as_ref().map(|session| session.0.clone()).unwrap_or_default();
            latest.add(Remembered { at: entry.fact.at.0, of: of.clone(), place, session, what: told(&entry.fact.kind) });
        }
        let Some(next) = listed.next else { return Ok(()) };
        page.after = Some(next);
    }
}

/// Whose chain it is, in a column that stays narrow: a person so that they can be asked for, a matter of the system's own, whose name was
/// drawn, by the beginning of that.
fn column(id: &RecordId) -> String {
    const READABLE: usize = 12;
    const SHOWN: usize = 6;
    match id.0.rsplit_once('/') {
        Some((kind, drawn)) if id.0.starts_with("system:") && drawn.len() > READABLE && drawn.bytes().all(|c| c.is_ascii_hexdigit()) => {
            format!("{kind}/{}…", &drawn[..SHOWN])
        }
        _ => id.0.clone(),
    }
}

/// A fact as it is listed. What is compared first comes first: what happened at one moment stays in the order of its chain.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Remembered {
    at: i64,
    of: String,
    place: u64,
    session: String,
    what: String,
}

/// The latest of all facts that are added.
struct Latest {
    limit: usize,
    kept: BinaryHeap<Reverse<Remembered>>,
    is_cut: bool,
}

impl Latest {
    fn new(limit: usize) -> Self {
        Self { limit, kept: BinaryHeap::new(), is_cut: false }
    }

    fn is_empty(&self) -> bool {
        self.kept.is_empty() && !self.is_cut
    }

    fn add(&mut self, fact: Remembered) {
        self.kept.push(Reverse(fact));
        if self.kept.len() > self.limit {
            self.kept.pop();
            self.is_cut = true;
        }
    }

    fn in_order(self) -> Vec<Remembered> {
        // The order of what is reversed is from the latest to the first.
        self.kept.into_sorted_vec().into_iter().rev().map(|Reverse(fact)| fact).collect()
    }
}

/// Finds out whether anything was changed or cut.
pub async fn verify(store: &Store, out: &Out) -> anyhow::Result<ExitCode> {
    let verified = store.verify().await.map_err(live::cannot_open)?;
    let [chains, links, digests] = [(verified.chains, "chain"), (verified.links, "link"), (verified.digests, "digest")]
        .map(|(number, of)| screen::counted(number, of));
    out(Line::Say(format!("Made again: {chains} with {links} and {digests}.")));
    if verified.unchained > 0 {
        out(Line::Say(format!("{} turns are from before there were chains.", verified.unchained)));
    }
    if verified.findings.is_empty() {
        out(Line::Say("Everything agrees.".to_owned()));
        return Ok(ExitCode::Done);
    }
    for finding in &verified.findings {
        out(Line::Say(format!("does not agree: {finding}")));
    }
    Ok(ExitCode::Findings)
}

/// Takes a digest whenever the last one is a day old, for as long as it is let.
pub async fn take_daily(store: Arc<Store>) {
    loop {
        let now = Timestamp::now().as_millisecond();
        let taken = match store.digests().await {
            Ok(digests) if digests.last().is_some_and(|last| now - last.at < DIGEST_EVERY) => Ok(()),
            Ok(_) => store.take_digest(Time(now)).await.map(|digest| tracing::info!(number = digest.number, "digest of the audit taken")),
            Err(error) => Err(error),
        };
        if let Err(error) = taken {
            tracing::warn!(%error, "the audit's digest was not taken; it is tried again in an hour");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A fact in a line.
pub fn told(kind: &FactKind) -> String {
    match kind {
        FactKind::Started { flow } => format!("started {flow}"),
        FactKind::Reached { flow, step } => format!("reached {flow}.{step}"),
        FactKind::Administered { operation, by, outcome } => format!("{operation} by {by}: {outcome}"),
        FactKind::Answered { flow, step } => format!("answered {flow}.{step}"),
        FactKind::Called { operation, outcome, attempt } => format!("called {operation}: {outcome} (attempt {attempt})"),
        FactKind::Audited { name } => name.clone(),
        FactKind::Requested { flow, step } => format!("requested {flow}.{step}"),
        FactKind::Decided { flow, step, choice, by } => format!("decided {flow}.{step}: {choice}, by {by}"),
        FactKind::Handed { flow, to } => format!("handed {flow} to {to}"),
        FactKind::Ended { flow, end } => format!("ended {flow}: {end}"),
        FactKind::Denied { flow } => format!("denied {flow}"),
        FactKind::Faulted { flow, step, cause } => format!("failed at {flow}.{step}: {cause}"),
        FactKind::Undelivered { why } => format!("not delivered: {why}"),
        FactKind::Repeated { message } => format!("message {message} was sent again: it may have come twice"),
        FactKind::Erased { act } => format!("erased, act A-{act}"),
    }
}

/// A moment in UTC, to the second.
pub fn moment(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| "?".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn moment_of(text: &str) -> anyhow::Result<i64> {
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|day| day.timestamp());
    let at = text.parse::<Timestamp>().ok().or_else(day);
    at.map(Timestamp::as_millisecond).ok_or_else(|| mistake("expected a day or a moment: 2026-11-26, 2026-11-26T10:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(at: i64, of: &str, place: u64) -> Remembered {
        Remembered { at, of: of.to_owned(), place, session: String::new(), what: String::new() }
    }

    #[test]
    fn the_latest_of_all_chains_are_kept_in_order_of_time() {
        let mut latest = Latest::new(4);
        for (at, of, place) in [(10, "tg:1", 1), (40, "tg:1", 2), (40, "tg:1", 3), (20, "tg:2", 1), (50, "tg:2", 2), (30, "tg:3", 1)] {
            latest.add(fact(at, of, place));
        }
        assert!(latest.is_cut);
        assert_eq!(latest.in_order(), [fact(30, "tg:3", 1), fact(40, "tg:1", 2), fact(40, "tg:1", 3), fact(50, "tg:2", 2)]);
    }

    #[test]
    fn a_person_is_named_whole_and_what_was_drawn_for_the_system_by_its_beginning() {
        let column = |id: &str| column(&RecordId(id.to_owned()));
        assert_eq!(column("system:invitation/chat/0123456789abcdef0123456789abcdef"), "system:invitation/chat/012345…");
        for whole in ["tg:1001", "chat:0123456789abcdef0123456789abcdef", "system:house", "system:event/erp.activated/staff_id=1234567"] {
            assert_eq!(column(whole), whole);
        }
    }
}
