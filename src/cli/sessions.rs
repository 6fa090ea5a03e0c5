//! `usher sessions`: who is in the middle of what, and what is kept of a person.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::channel::web;
use crate::cli::audit::{moment, told};
use crate::cli::control::{Desk, Line, Out, Request, ask};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::{config, live, screen};
use crate::diagnostic::nearest;
use crate::engine::{Frame, Kept, Record, RecordId, Session, Stage};
use crate::expr::Value;
use crate::flow::{Installation, Project, Verb, load};
use crate::runtime::sources_of;
use crate::store::{IndexKey, Page, Store};

const EXAMPLE: &str = "\
Examples:
  usher sessions list --step registration.phone --older 3
  usher sessions list --all
  usher sessions show tg:1001
  usher sessions export tg:1001 > my-data.json
  usher sessions erase tg:1001";

/// Records asked for at once.
const SLICE: usize = 256;
/// How far back it is looked for sessions in which nothing happens.
const DAYS: i64 = 400;
/// Facts shown of a person.
const FACTS: usize = 20;

/// See who is in the middle of what, and show, export or erase what is kept of a person
///
/// A person is named by channel and account: tg:1001.
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
    /// Sessions under way: person, session, step, last act of the person
    List {
        /// And people who are in the middle of nothing, but of whom something is kept
        #[arg(long, conflicts_with_all = ["flow", "step", "older"])]
        all: bool,
        /// Of this flow
        #[arg(long)]
        flow: Option<String>,
        /// At this step: flow.step
        #[arg(long, value_name = "FLOW.STEP")]
        step: Option<String>,
        /// Of people who have done nothing for so many days
        #[arg(long, value_name = "DAYS")]
        older: Option<u32>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 200)]
        limit: usize,
    },
    /// What is kept of a person, with their answers masked
    Show {
        /// The person: tg:1001
        person: String,
    },
    /// What is kept of a person, as JSON, to be handed to them; secrets are left out
    Export {
        /// The person: tg:1001
        person: String,
    },
    /// Erase a person: record, index, messages; what remains are facts without values that do not lead back to them
    ///
    /// On a terminal it asks before it begins, and does nothing unless the answer is y; a script is not asked.
    Erase {
        /// The person: tg:1001
        person: String,
    },
}

/// Does what is asked.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let request = match arguments.does {
        Does::List { all, flow, step, older, limit } => Request::Sessions { all, flow, step, days: older, limit },
        Does::Show { person } => Request::Show { person },
        Does::Export { person } => Request::Export { person },
        Does::Erase { person } => {
            if !screen::is_confirmed(&format!("What is kept of {person} goes for good."))? {
                return Ok(ExitCode::Usage);
            }
            Request::Erase { person }
        }
    };
    ask(&arguments.config, request)
}

/// Which sessions are wanted.
pub struct Wanted {
    /// And people who have none.
    pub all: bool,
    /// Of this flow.
    pub flow: Option<String>,
    /// At this step.
    pub step: Option<String>,
    /// Of people who have done nothing for so many days.
    pub days: Option<u32>,
    /// At most so many.
    pub limit: usize,
}

impl Wanted {
    /// The keys that find their records: one of them holds for each.
    fn keys(&self, today: i64) -> Vec<IndexKey> {
        let key = |kind: &str, value: &str| vec![IndexKey::new(kind, value)];
        match (&self.step, &self.flow, self.days) {
            (Some(step), _, _) => key("step", step),
            (None, Some(flow), _) => key("flow", flow),
            (None, None, Some(days)) => (i64::from(days)..=DAYS).map(|days| IndexKey::new("day", (today - days).to_string())).collect(),
            (None, None, None) if self.all => Vec::new(),
            (None, None, None) => key("session", "alive"),
        }
    }

    fn wants(&self, session: &Session, today: i64) -> bool {
        let is_of = |flow: &String| session.frames.first().is_some_and(|frame| frame.flow == *flow);
        let is_at = |step: &String| place(session) == *step;
        let is_old = |days: u32| today - day(session.touched.0) >= i64::from(days);
        self.flow.as_ref().is_none_or(is_of) && self.step.as_ref().is_none_or(is_at) && self.days.is_none_or(is_old)
    }
}

/// Lists sessions; only the records that an index key finds are read, unless all are wanted.
pub async fn list(store: &Store, wanted: &Wanted, out: &Out) -> anyhow::Result<ExitCode> {
    let (today, mut left) = (day(Timestamp::now().as_millisecond()), wanted.limit);
    let mut rows = vec![["person", "number", "where", "last act, UTC"].map(str::to_owned)];
    if wanted.all {
        everybody(store, &mut left, &mut rows).await?;
    }
    for key in wanted.keys(today) {
        let mut page = Page::first(SLICE);
        loop {
            let found = store.find(&key, &page).await.map_err(live::cannot_open)?;
            for id in found.items {
                let Some(record) = store.load(&id).await.ok().flatten() else { continue };
                for session in record.sessions.iter().filter(|session| wanted.wants(session, today)).take(left) {
                    left -= 1;
                    rows.push([id.0.clone(), session.id.0.clone(), place(session), moment(session.touched.0)]);
                }
            }
            match found.next {
                Some(next) if left > 0 => page.after = Some(next),
                _ => break,
            }
        }
        if left == 0 {
            break;
        }
    }
    if rows.len() == 1 {
        known(store, wanted).await?;
    }
    tell(&rows, out);
    if left == 0 {
        out(Line::Note(format!("these are the first {}; ask for more with --limit", wanted.limit)));
    }
    Ok(ExitCode::Done)
}

/// Whoever anything is kept of, with or without a session.
async fn everybody(store: &Store, left: &mut usize, rows: &mut Vec<[String; 4]>) -> anyhow::Result<()> {
    let mut page = Page::first(SLICE);
    loop {
        let listed = store.records(&page).await.map_err(live::cannot_open)?;
        for id in listed.items.into_iter().filter(RecordId::is_person) {
            let Some(record) = store.load(&id).await.ok().flatten().filter(|record| !record.is_nobody()) else { continue };
            let heard = record.seen.iter().map(|(_, at)| *at).max().map_or_else(String::new, |at| moment(at.0));
            let idle = record.sessions.is_empty().then(|| [id.0.clone(), "—".to_owned(), "—".to_owned(), heard]);
            let row = |session: &Session| [id.0.clone(), session.id.0.clone(), place(session), moment(session.touched.0)];
            for row in record.sessions.iter().map(row).chain(idle).take(*left) {
                *left -= 1;
                rows.push(row);
            }
        }
        match listed.next {
            Some(next) if *left > 0 => page.after = Some(next),
            _ => return Ok(()),
        }
    }
}

/// That a flow or a step is there; a misspelt one has no sessions either, and whoever asks would believe it.
async fn known(store: &Store, wanted: &Wanted) -> anyhow::Result<()> {
    let asked = wanted.step.as_deref().or(wanted.flow.as_deref());
    let Some(asked) = asked else { return Ok(()) };
    let mut names = Vec::new();
    for version in store.versions().await.map_err(live::cannot_open)? {
        let Some(files) = store.get_version(&version).await.map_err(live::cannot_open)? else { continue };
        let Some(project) = load(&sources_of(&files), &Installation::default()).project else { continue };
        for flow in project.flows.values() {
            names.push(flow.id.clone());
            names.extend(flow.steps.iter().map(|step| format!("{}.{}", flow.id, step.id)));
        }
    }
    if names.is_empty() || names.iter().any(|name| name == asked) {
        return Ok(());
    }
    let kind = if wanted.step.is_some() { "step" } else { "flow" };
    let nearest = nearest(asked, names.iter().map(String::as_str)).map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"));
    Err(mistake(format!("there is no {kind} \"{asked}\"{nearest}")))
}

/// Tells the rows below the first, which is their heading, in columns; that there are none is no line that a script would read.
fn tell(rows: &[[String; 4]], out: &Out) {
    if rows.len() < 2 {
        return out(Line::Note("nobody is in the middle of anything that was asked for".to_owned()));
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [first, second, third] = [0, 1, 2].map(width);
    for (at, [person, number, place, last]) in rows.iter().enumerate() {
        let line = format!("{person:<first$}  {number:<second$}  {place:<third$}  {last}");
        out(if at == 0 { Line::Note(line) } else { Line::Say(line) });
    }
}

/// Shows what is kept of a person, masked.
pub async fn show(store: &Store, person: &str, out: &Out) -> anyhow::Result<ExitCode> {
    let record = loaded(store, person).await?;
    let say = |line: String| out(Line::Say(line));
    let names = [Some(record.person.first_name.as_str()), record.person.last_name.as_deref()];
    say(format!("{}  {}", record.id.0, names.into_iter().flatten().map(masked).collect::<Vec<_>>().join(" ")));
    for (field, value) in &record.person.fields {
        say(format!("  {field}: {}", shown(value)));
    }
    for session in &record.sessions {
        say(format!("session {}  {}  since {}  {}", session.id.0, place(session), moment(session.started.0), state(session)));
        for (step, held) in session.frames.iter().flat_map(|frame| &frame.results) {
            say(format!("  {step}: {}", shown(&held.value)));
        }
    }
    for kept in &record.kept {
        let (ended, until) = (moment(kept.ended.0), moment(kept.until.0));
        say(format!("session {}  {}  ended {ended} as {}, its answers are kept until {until}", kept.session.0, kept.flow, kept.end));
        for answer in &kept.answers {
            say(format!("  {}: {}", answer.step, shown(&answer.value)));
        }
    }
    let (waiting, letters) = (record.outbox.len(), store.mailbox(&record.id).await.map_err(live::cannot_open)?.len());
    say(format!("{} under way, {} kept", screen::counted(waiting, "effect"), screen::counted(letters, "message")));
    let journal = facts(store, &record.id).await?;
    for (at, what) in journal.iter().rev().take(FACTS).rev() {
        say(format!("{at}  {what}"));
    }
    Ok(ExitCode::Done)
}

/// Writes what is kept of a person, for themselves.
pub async fn export(store: &Store, person: &str, out: &Out) -> anyhow::Result<ExitCode> {
    let record = loaded(store, person).await?;
    let mut sessions = Vec::new();
    for session in &record.sessions {
        let project = project(store, session).await;
        let answers: Map<String, Json> = session.frames.iter().flat_map(|frame| answers(frame, project.as_ref())).collect();
        let (began, last) = (moment(session.started.0), moment(session.touched.0));
        sessions.push(json!({ "session": session.id.0, "at": place(session), "began": began, "last": last, "answers": answers }));
    }
    let kept: Vec<Json> = record.kept.iter().map(over).collect();
    let remembered: Vec<Json> = facts(store, &record.id).await?.into_iter().map(|(at, what)| json!({ "at": at, "what": what })).collect();
    let fields: Map<String, Json> = record.person.fields.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
    let whole = json!({
        "person": record.id.0,
        "first_name": record.person.first_name,
        "last_name": record.person.last_name,
        "username": record.person.username,
        "language": record.person.language,
        "fields": fields,
        "sessions": sessions,
        "kept": kept,
        "remembered": remembered,
    });
    out(Line::Say(serde_json::to_string_pretty(&whole)?));
    Ok(ExitCode::Done)
}

/// A session that is over, with what is kept of it: its secrets have ended with it.
fn over(kept: &Kept) -> Json {
    let answers: Map<String, Json> =
        kept.answers.iter().map(|answer| (format!("{}.{}", answer.flow, answer.step), answer.value.to_json())).collect();
    let [began, ended, until] = [kept.started, kept.ended, kept.until].map(|at| moment(at.0));
    json!({ "session": kept.session.0, "flow": kept.flow, "end": kept.end, "began": began, "ended": ended, "until": until, "answers": answers })
}

/// Erases a person, and prints the act.
pub async fn erase(desk: &Desk, person: &str, out: &Out) -> anyhow::Result<ExitCode> {
    let Some(act) = desk.erase(&RecordId(person.to_owned())).await? else { return Err(nobody(person)) };
    for line in [
        format!("Act A-{} of {} UTC", act.number, moment(act.at.0)),
        format!("Erased: {person}, with everything that finds the record and {}.", screen::counted(act.messages, "message")),
        format!("Remaining: {} turns' facts without values, under {}, which does not lead back.", act.facts, act.stub),
        "Old pages of the disk and backups made before become unreadable with `usher key retire`.".to_owned(),
    ] {
        out(Line::Say(line));
    }
    Ok(ExitCode::Done)
}

async fn loaded(store: &Store, person: &str) -> anyhow::Result<Record> {
    let found = store.load(&RecordId(person.to_owned())).await.map_err(live::cannot_open)?;
    // Of whoever was erased there may be a record for a while, with what is still to be deleted.
    found.filter(|record| !record.is_nobody()).ok_or_else(|| nobody(person))
}

/// That nothing is kept of somebody; of one who cannot be, why.
pub fn nobody(person: &str) -> anyhow::Error {
    let (_, account) = person.split_once(':').unwrap_or_default();
    let can_be = web::is_account(account) || (!account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit()));
    mistake(if can_be {
        format!("nothing is kept of \"{person}\"; a person is named by channel and account: tg:1001")
    } else {
        format!(
            "nothing is kept of \"{person}\": a person is named by channel and account, which is a number in Telegram (tg:1001) and \
             32 digits and letters from a to f in a web chat; `usher sessions list --all` shows them"
        )
    })
}

async fn facts(store: &Store, id: &RecordId) -> anyhow::Result<Vec<(String, String)>> {
    let (mut page, mut facts) = (Page::first(SLICE), Vec::new());
    loop {
        let listed = store.journal(id, &page).await.map_err(live::cannot_open)?;
        facts.extend(listed.items.iter().map(|entry| (moment(entry.fact.at.0), told(&entry.fact.kind))));
        let Some(next) = listed.next else { return Ok(facts) };
        page.after = Some(next);
    }
}

/// The flows that a session stands on.
async fn project(store: &Store, session: &Session) -> Option<Project> {
    let files = store.get_version(&session.version).await.ok()??;
    load(&sources_of(&files), &Installation::default()).project
}

/// The answers of a flow. Those that are secret are left out, and so are those of which that cannot be told.
fn answers(frame: &Frame, project: Option<&Project>) -> Vec<(String, Json)> {
    let steps = project.and_then(|project| project.flows.get(&frame.flow)).map_or(&[][..], |flow| &flow.steps);
    let is_open = |id: &str| steps.iter().any(|step| step.id == id && matches!(&step.verb, Verb::Ask(ask) if !ask.secret));
    let given = frame.answered.iter().filter_map(|step| Some((step, frame.results.get(step)?)));
    let value = |step: &str, value: &Value| if is_open(step) { value.to_json() } else { json!("(hidden)") };
    given.map(|(step, held)| (format!("{}.{step}", frame.flow), value(step, &held.value))).collect()
}

/// Where a session is: the innermost flow and its step.
fn place(session: &Session) -> String {
    session.frames.last().map_or_else(String::new, |frame| format!("{}.{}", frame.flow, frame.at))
}

fn state(session: &Session) -> &'static str {
    match session.frames.last().map(|frame| &frame.stage) {
        Some(Stage::Asking(_)) => "waits for an answer",
        Some(Stage::Calling(_)) => "waits for a call",
        Some(Stage::Waiting(_)) => "waits for a time",
        Some(Stage::Awaiting) => "waits for an event",
        Some(Stage::Deciding(_)) => "waits for a decision",
        Some(Stage::Counting(_)) => "waits for its turn",
        Some(Stage::Running) | None => "",
    }
}

fn day(millis: i64) -> i64 {
    millis.div_euclid(24 * 60 * 60 * 1000)
}

/// That there is a value, and of which kind.
fn shown(value: &Value) -> &'static str {
    match value {
        Value::None => "—",
        Value::Bool(_) | Value::Integer(_) | Value::Decimal(_) | Value::Money { .. } => "••• (a number or a choice)",
        Value::Date(_) | Value::Clock(_) | Value::Time(_) | Value::Duration(_) => "••• (a time)",
        Value::File(_) => "••• (a file)",
        Value::Location { .. } => "••• (a place)",
        Value::List(_) | Value::Record(_) => "••• (several values)",
        Value::Text(_) | Value::Name(_) | Value::Contact { .. } => "•••",
    }
}

/// The first letter of a name.
fn masked(name: &str) -> String {
    name.chars().next().map_or_else(String::new, |first| format!("{first}…"))
}
