//! Reads: which records are looked at, and what is answered.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::engine::desk::{self, Status, audit, my_data, operations, people, refused, reply, requests, segments, sessions, statistics};
use crate::engine::scope::{View, language_index, zone};
use crate::engine::{Fact, Record, RecordId, RequestId, Session, Tally};
use crate::engine::{broadcast, house};
use crate::expr::{Time, Value};
use crate::flow::{Library, Project, Role, Text};
use crate::operation::Answer;

/// How many items a list has at most: what is longer is for a search.
pub(crate) const ITEMS_AT_MOST: usize = 50;

/// How long somebody is silent at a question before they count as stuck, in milliseconds: a day.
const STUCK_AFTER: i64 = 24 * 60 * 60 * 1000;

/// What a record is listed by, the earliest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// Since when its requests wait.
    Waiting,
    /// Since when somebody is silent in it, to the hour.
    Silent,
    /// Since when calls of it come to no end.
    Doubtful,
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Silent, Self::Doubtful];

    /// Its name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Silent => "silent",
            Self::Doubtful => "doubtful",
        }
    }
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// These records.
    Each(Vec<RecordId>),
    /// Records with one of these keys, of those that [`Record::index_keys`] tells: at most so many of each.
    Keys(Vec<(&'static str, String)>, usize),
    /// The first so many in an order.
    First(Order, usize),
    /// What is remembered of a record in versions before this one, the latest first: so many facts that [tell](FactKind::is_telling)
    /// something, and those of the same turn.
    ///
    /// [`FactKind::is_telling`]: crate::engine::FactKind::is_telling
    Facts {
        /// The record.
        of: RecordId,
        /// The version; none for the latest.
        before: Option<u64>,
        /// So many.
        most: usize,
    },
    /// How many are listed up to a time, in each of these orders.
    Count(Vec<(Order, Time)>),
    /// What was counted of the sessions of a flow that began on these days, both included, in the channels of whoever asks.
    Tallies {
        /// The flow.
        flow: String,
        /// The first day.
        from: i64,
        /// The last one.
        to: i64,
    },
    /// Everybody of the bot, one after another and never all at once, each given to [`Inquiry::count`]: so many at most.
    Everybody(usize),
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Records, each once.
    pub records: Vec<Record>,
    /// Numbers, as they were asked for.
    pub counts: Vec<u64>,
    /// Facts that tell something, the latest first.
    pub facts: Vec<Fact>,
    /// If there are earlier ones: the version before which they are.
    pub earlier: Option<u64>,
    /// What was counted of sessions, all of it together.
    pub tally: Tally,
    /// There are more than were looked at.
    pub more: bool,
}

/// Something that somebody asks about others.
#[derive(Clone, Copy)]
pub struct Inquiry<'a> {
    /// The flows and the operator's side.
    pub library: &'a Library,
    /// Who asks.
    pub by: &'a Record,
    /// `usher.…`
    pub operation: &'a str,
    /// Its inputs.
    pub inputs: &'a BTreeMap<String, Value>,
    /// When.
    pub now: Time,
}

impl<'a> Inquiry<'a> {
    /// What is to be looked for; or the answer, if they may not ask or nothing can be found.
    pub fn search(&self) -> Result<Search, Answer> {
        if !desk::may(&self.library.installation, &self.by.id, self.operation) {
            return Err(refused("they may not do that"));
        }
        Ok(match self.operation {
            "usher.counts" => {
                let stuck = (Order::Silent, self.now.plus(-STUCK_AFTER));
                Search::Count(vec![(Order::Waiting, self.now), stuck, (Order::Doubtful, self.now)])
            }
            "usher.list_requests" => Search::First(Order::Waiting, ITEMS_AT_MOST),
            "usher.get_request" => Search::Each(vec![RequestId(self.text("id").to_owned()).record()]),
            "usher.is_taken" => people::alike(self).ok_or_else(|| people::is_taken(self, &[]))?,
            "usher.find_people" => people::search(self).ok_or_else(|| reply(Status::NotFound, &[]))?,
            "usher.get_person" => Search::Each(vec![RecordId(self.text("id").to_owned())]),
            "usher.list_audit" => audit::search(self),
            "usher.my_data" => my_data::search(self),
            "usher.list_sessions" => Search::First(Order::Silent, ITEMS_AT_MOST),
            "usher.list_operations" => Search::First(Order::Doubtful, ITEMS_AT_MOST),
            "usher.list_roles" => Search::Each(house::role_people(&self.library.installation)),
            "usher.get_maintenance" => Search::Each(Vec::new()),
            "usher.statistics" => statistics::search(self)?,
            "usher.list_segments" => Search::Everybody(segments::LOOKED_AT),
            "usher.list_broadcasts" => broadcast::search(),
            _ => return Err(refused("nothing can be asked so")),
        })
    }

    /// What else is to be looked for, after this was found.
    pub fn further(&self, found: &Found) -> Option<Search> {
        match self.operation {
            "usher.get_request" => requests::alike(self, found.records.first()?),
            "usher.my_data" => Some(my_data::invitations(self)),
            "usher.list_audit" => Some(audit::others(self, found)),
            _ => None,
        }
    }

    /// The answer, given what was found first and what was found further.
    pub fn answer(&self, found: &Found, further: &Found) -> Answer {
        match self.operation {
            "usher.counts" => {
                let count =
                    |at: usize| Value::Integer(found.counts.get(at).and_then(|count| i64::try_from(*count).ok()).unwrap_or_default());
                reply(Status::Ok, &[("requests", count(0)), ("stuck", count(1)), ("doubts", count(2))])
            }
            "usher.list_requests" => reply(Status::Ok, &[("items", Value::List(requests::waiting(self, &found.records)))]),
            "usher.get_request" => requests::one(self, found.records.first(), &further.records),
            "usher.is_taken" => people::is_taken(self, &found.records),
            "usher.find_people" => listed(people::found(self, &found.records)),
            "usher.get_person" => people::one(self, found.records.first()),
            "usher.list_audit" => audit::page(self, found, &further.records),
            "usher.my_data" => my_data::file(self, found, &further.records),
            "usher.list_sessions" => listed(sessions::silent(self, &found.records)),
            "usher.list_operations" => listed(operations::open(self, &found.records)),
            "usher.list_roles" => house::listed(self, &found.records),
            "usher.get_maintenance" => house::maintenance_state(&self.library.installation),
            "usher.statistics" => statistics::shown(self, &found.tally),
            "usher.list_segments" => segments::shown(self, &found.counts, found.more),
            "usher.list_broadcasts" => broadcast::listed(self, &found.records),
            _ => refused("nothing can be asked so"),
        }
    }

    /// Counts one of everybody.
    pub fn count(&self, record: &Record, counts: &mut Vec<u64>) {
        segments::count(self, record, counts);
    }

    /// An input that is a text; empty if it is not there.
    pub(crate) fn text(&self, name: &str) -> &'a str {
        match self.inputs.get(name) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// A session of somebody as whoever asks would read it.
    pub(crate) fn view<'v>(&'v self, record: &'v Record, session: Option<&'v Session>) -> View<'v> {
        let of_session = session.and_then(|session| self.library.projects.get(&session.version));
        let project: &Project = of_session.unwrap_or(self.library.project());
        View {
            project,
            installation: &self.library.installation,
            id: &record.id,
            person: &record.person,
            session,
            frame: session.and_then(|session| session.frames.last()),
            now: self.now,
            zone: zone(project, &self.by.person),
            spoken: Some(language_index(project, &self.by.person)),
            local: Vec::new(),
        }
    }

    /// The title of the flow of a session.
    pub(crate) fn flow_title(&self, record: &Record, session: &Session) -> String {
        let view = self.view(record, Some(session));
        let flow = session.frames.first().and_then(|frame| view.project.flows.get(&frame.flow));
        flow.map(|flow| plain(&view, &flow.title)).unwrap_or_default()
    }

    /// One of the engine's own sentences with these names, for whoever asks.
    pub(crate) fn sentence<const N: usize>(&self, name: &str, names: [(&'static str, Value); N]) -> String {
        let Some(sentence) = self.library.project().bot.texts.get(name) else { return String::new() };
        let view = names.into_iter().fold(self.view(self.by, None), |view, (name, value)| view.with(name, Cow::Owned(value)));
        plain(&view, sentence)
    }

    /// The language of whoever asks, two letters.
    pub(crate) fn language(&self) -> &'a str {
        let project = self.library.project();
        project.bot.languages.get(language_index(project, &self.by.person)).map_or("", String::as_str)
    }

    /// What a role is called, for whoever asks.
    pub(crate) fn role_title(&self, name: &str, role: &'a Role) -> &'a str {
        let bot = &self.library.project().bot;
        bot.role_in(name, role, language_index(self.library.project(), &self.by.person))
    }

    /// What somebody is called.
    pub(crate) fn name(&self, record: &Record) -> String {
        record.name(self.library, language_index(self.library.project(), &self.by.person))
    }
}

/// A text as it is; empty if its template fails.
pub(crate) fn plain(view: &View<'_>, text: &Text) -> String {
    let template = text.in_language(view.language_index());
    template.and_then(|template| template.render_plain(&view.context()).ok()).unwrap_or_default()
}

/// A list, or that there is nothing.
fn listed(items: Vec<Value>) -> Answer {
    if items.is_empty() { reply(Status::NotFound, &[]) } else { reply(Status::Ok, &[("items", Value::List(items))]) }
}
