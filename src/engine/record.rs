//! All that is kept of one person.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::desk::{Order, stuck};
use crate::engine::{
    Back, Board, CardRef, Closed, Deciding, Effect, EffectId, EffectKind, Flood, Giver, Handing, Invitation, Kept, Menu, MessageRef,
    RequestId, Underway, WAITS, Writing, guest_key, house, parked, waits,
};
use crate::expr::{Time, Value};
use crate::flow::{Bot, Installation, Library, OWN, Version};

/// Names a record: `tg:1001` (channel, the account there), or `system:…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordId(pub String);

impl RecordId {
    /// The record of a person.
    pub fn person(channel: &str, account: &str) -> Self {
        Self(format!("{channel}:{account}"))
    }

    /// The channel's name.
    pub fn channel(&self) -> &str {
        self.0.split_once(':').map_or("", |(channel, _)| channel)
    }

    /// Whether it is a person's, and not a matter of the system's own.
    pub fn is_person(&self) -> bool {
        self.channel() != "system"
    }

    /// The account in the channel.
    pub fn account(&self) -> &str {
        self.0.split_once(':').map_or(self.0.as_str(), |(_, account)| account)
    }

    /// As people read it: an account that was drawn, as those of browsers are, says no more by all of its digits than by the first.
    pub fn short(&self) -> String {
        const READABLE: usize = 12;
        const SHOWN: usize = 6;
        match self.0.split_once(':') {
            Some((channel, account)) if account.chars().count() > READABLE => {
                format!("{channel}:{}…", account.chars().take(SHOWN).collect::<String>())
            }
            _ => self.0.clone(),
        }
    }
}

/// Names a session in its record: six characters without look-alikes, made from its first event's seed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(pub String);

/// A person, or one matter of the system's own: what a turn reads and writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Whose it is.
    pub id: RecordId,
    /// Grows by one each turn; 0 before the first.
    pub version: u64,
    /// Who they are.
    pub person: Person,
    /// Sessions alive, the oldest first.
    pub sessions: Vec<Session>,
    /// The session that gets typed text.
    pub front: Option<SessionId>,
    /// Effects that are not known to be done, in order.
    pub outbox: Vec<Effect>,
    /// The channel's ids of messages that may still be edited or deleted.
    pub sent: Vec<(EffectId, String)>,
    /// Messages to delete, and when.
    pub deletions: Vec<(Time, MessageRef)>,
    /// Hashes of the ids of events applied in the last 24 hours (at least 256 of them, at most 1024), with their times.
    pub seen: Vec<(u64, Time)>,
    /// Entries of steps with `limit`.
    pub counters: Vec<Counter>,
    /// Buttons that outlive their session.
    pub standing: Vec<Standing>,
    /// A question of the engine's own that waits beside the sessions.
    pub prompt: Option<Prompt>,
    /// The button that was taken last: pressed again, it is only acknowledged.
    pub pressed: Option<String>,
    /// A contact keyboard is shown.
    pub keyboard_shown: bool,
    /// They have blocked us.
    pub unreachable: bool,
    /// Requests that were put before them, the oldest first.
    pub cards: Vec<CardRef>,
    /// What they are to write before a decision of theirs counts.
    pub writing: Option<Writing>,
    /// Buttons given to others that work once.
    pub handing: Vec<Handing>,
    /// Requests of theirs that were closed, the latest last.
    pub closed: Vec<Closed>,
    /// Of a board of events: what was posted, and who waits.
    pub board: Board,
    // What follows came later: records that were stored before end above, and read as if all of it were empty (`store::codec`).
    /// What has been counted of the sessions alive.
    pub underway: Vec<Underway>,
    /// Of an invitation: what it is for, and who has opened it.
    pub invitation: Option<Invitation>,
    /// Sessions that are over and whose answers are still kept, the oldest first.
    pub kept: Vec<Kept>,
    /// Who has seen the cards of requests that were closed, and notices that say something of the person: should they be erased, those
    /// messages change.
    pub shown: Vec<(RequestId, Vec<RecordId>)>,
    /// They were erased, and have done nothing since.
    pub erased: bool,
    /// Of a record that counts the entries of a step by a value: when they were.
    pub places: Vec<Time>,
    /// How fast they have written.
    pub flood: Flood,
    /// They are to be told that the bot was away for long.
    pub back: Option<Back>,
    /// The menu that was made for them; none if they have the one that everybody has.
    pub menu: Option<Menu>,
}

/// A question of the engine's own: go on or start again?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// What its buttons carry. Inputs that a new start was given are kept as a standing button of the one that starts again.
    pub nonce: String,
    /// The session it is about.
    pub session: SessionId,
    /// What is asked.
    pub kind: PromptKind,
    /// Its message.
    pub message: EffectId,
}

/// What a [`Prompt`] asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PromptKind {
    /// The flow was started while a session of it is alive: go on, or start again?
    Again,
    /// The word /restart: really?
    Restart,
    /// A message with a secret may have arrived, or not: show it again?
    Unsure,
}

/// How long a question is held back while another session is in front, in milliseconds.
pub(crate) const HELD_FOR: i64 = 10 * 60 * 1000;

/// A day, in milliseconds: sessions are found by the day of the person's last act.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Each beginning of each word of a name, in lower case: of three letters and more, and the word itself.
fn name_prefixes(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|c: char| !c.is_alphanumeric()).flat_map(|word| {
        let letters: Vec<char> = word.to_lowercase().chars().collect();
        (letters.len().min(3)..=letters.len()).filter(|n| *n > 0).map(move |n| letters[..n].iter().collect())
    })
}

/// What somebody can be found by who has this value among their fields: a kind of key, and the value.
pub fn value_key(value: &Value) -> Option<(&'static str, String)> {
    match value {
        Value::Text(text) | Value::Contact { number: text, .. } => Some(("text", text.to_lowercase())),
        Value::Integer(number) => Some(("number", number.to_string())),
        _ => None,
    }
}

/// True for a number or an address: other texts are shared by many.
fn tells_apart(value: &Value) -> bool {
    match value {
        Value::Contact { .. } => true,
        Value::Text(text) => {
            let number = text.strip_prefix('+').is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()));
            number || text.contains('@') && !text.contains(char::is_whitespace)
        }
        _ => false,
    }
}

/// The name among these values. Of several nobody can tell which is theirs.
fn only_name<'v>(values: impl Iterator<Item = &'v Value>) -> Option<&'v str> {
    let mut names = values.filter_map(|value| match value {
        Value::Name(name) => Some(name.text.as_str()),
        _ => None,
    });
    names.next().filter(|_| names.next().is_none())
}

/// Bytes as names and keys are written with them: two small hexadecimal digits each.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

impl Record {
    /// Whether the turn of the event with this [hash](EventId::hash) is in it.
    pub fn has_seen(&self, hash: u64) -> bool {
        self.seen.iter().any(|(known, _)| *known == hash)
    }

    /// The record of somebody never seen before.
    pub fn new(id: RecordId) -> Self {
        Self {
            id,
            version: 0,
            person: Person::default(),
            sessions: Vec::new(),
            front: None,
            outbox: Vec::new(),
            sent: Vec::new(),
            deletions: Vec::new(),
            seen: Vec::new(),
            counters: Vec::new(),
            standing: Vec::new(),
            prompt: None,
            pressed: None,
            keyboard_shown: false,
            unreachable: false,
            cards: Vec::new(),
            writing: None,
            handing: Vec::new(),
            closed: Vec::new(),
            board: Board::default(),
            underway: Vec::new(),
            invitation: None,
            kept: Vec::new(),
            shown: Vec::new(),
            erased: false,
            places: Vec::new(),
            flood: Flood::default(),
            back: None,
            menu: None,
        }
    }

    /// The session of this id.
    pub fn session(&self, id: &SessionId) -> Option<&Session> {
        self.sessions.iter().find(|session| &session.id == id)
    }

    /// When the record must be woken at the latest for a timer of its own; effects in the outbox are not counted.
    pub fn next_timer(&self) -> Option<Time> {
        let timers = self.sessions.iter().filter_map(Session::next_timer);
        let handing = self.handing.iter().filter_map(Handing::over);
        let kept = self.kept.iter().map(|kept| kept.until);
        let invitation = self.invitation.as_ref().map(|invitation| invitation.expires);
        let back = self.back.map(|back| back.at);
        let others = handing.chain(kept).chain(invitation).chain(back).chain(house::next_timer(self));
        timers.chain(self.deletions.iter().map(|(at, _)| *at)).chain(self.held_until()).chain(others).min()
    }

    /// The session that waits for the person: the one in front if it asks, else the youngest whose question has been put.
    pub fn asking(&self) -> Option<&Session> {
        let asks = |session: &&Session| session.is_asking() && !session.held;
        let front = self.front.as_ref().and_then(|front| self.session(front)).filter(asks);
        front.or_else(|| self.sessions.iter().rev().find(asks))
    }

    /// When a held question is put although another session asks: the person has then been silent for ten minutes.
    pub fn held_until(&self) -> Option<Time> {
        let held = self.sessions.iter().find(|session| session.held)?;
        Some(self.asking().map_or(held.touched, |asking| asking.silent_since().plus(HELD_FOR)))
    }

    /// What the record can be found by: a kind of key, and a value that stands in the store only as a keyed hash.
    pub fn index_keys(&self) -> Vec<(&'static str, String)> {
        if let Some(keys) = parked::keys(self) {
            return keys;
        }
        if self.is_nobody() {
            return Vec::new();
        }
        let mut keys: Vec<_> = self.versions().map(|version| ("version", version.0.clone())).collect();
        for value in self.person.fields.values() {
            match value {
                Value::Name(name) => keys.extend(name_prefixes(&name.text).map(|prefix| ("name", prefix))),
                value => keys.extend(value_key(value)),
            }
        }
        for session in &self.sessions {
            keys.push(("session", "alive".to_owned()));
            keys.push(("day", session.touched.0.div_euclid(DAY).to_string()));
            keys.extend(session.frames.first().map(|frame| ("flow", frame.flow.clone())));
            keys.extend(session.frames.last().map(|frame| ("step", format!("{}.{}", frame.flow, frame.at))));
        }
        for value in self.put_before_others() {
            match value {
                Value::Name(name) => keys.extend(name_prefixes(&name.text).map(|prefix| ("name", prefix))),
                value => keys.extend(value_key(value).filter(|_| tells_apart(value))),
            }
        }
        keys.extend(self.requests().map(|(_, deciding)| ("request", deciding.number.clone())));
        keys.extend(self.closed.iter().map(|closed| ("request", closed.number.clone())));
        let Person { first_name, last_name, username, .. } = &self.person;
        let names = [Some(first_name), last_name.as_ref()].into_iter().flatten();
        keys.extend(names.flat_map(|name| name_prefixes(name)).map(|prefix| ("name", prefix)));
        keys.extend(username.iter().map(|username| ("text", format!("@{}", username.to_lowercase()))));
        keys.push(("account", self.id.account().to_lowercase()));
        keys.extend(self.invitation.iter().flat_map(|invitation| &invitation.opened).map(guest_key));
        if waits(self) {
            keys.push((WAITS.0, WAITS.1.to_owned()));
        }
        keys.sort();
        keys.dedup();
        keys
    }

    /// An operation of which nobody knows whether it has changed something at the other side: until that is known, nobody may end what
    /// depends on it.
    pub fn in_doubt(&self) -> Option<&str> {
        let under_way = self.outbox.iter().find_map(|effect| match &effect.kind {
            EffectKind::Call { request, .. } if request.connection == OWN => None,
            EffectKind::Call { request, repeatable } if !repeatable || request.method != "GET" => Some(request.operation.as_str()),
            _ => None,
        });
        let doubted = self.sessions.iter().flat_map(|session| &session.frames).find_map(|frame| match &frame.stage {
            Stage::Calling(calling) if matches!(calling.state, CallState::Doubting { .. }) => Some(calling.operation.as_str()),
            _ => None,
        });
        under_way.or(doubted)
    }

    /// Its requests that wait for a decision, with their sessions.
    pub(crate) fn requests(&self) -> impl Iterator<Item = (&Session, &Deciding)> {
        self.sessions.iter().filter_map(|session| match session.frames.last().map(|frame| &frame.stage) {
            Some(Stage::Deciding(deciding)) => Some((session, &**deciding)),
            _ => None,
        })
    }

    /// What is known in the sessions with a request, whether it waits or is decided: as long as they go on, whoever made it is found by that.
    fn put_before_others(&self) -> impl Iterator<Item = &Value> {
        let waits = |session: &Session| session.frames.last().is_some_and(|frame| matches!(frame.stage, Stage::Deciding(_)));
        let is_decided = |session: &Session| self.closed.iter().any(|closed| closed.request.session() == session.id);
        let asked = self.sessions.iter().filter(move |session| waits(session) || is_decided(session));
        let frames = asked.flat_map(|session| &session.frames);
        frames.flat_map(|frame| frame.results.values()).map(|held| &held.value)
    }

    /// What the record is listed by, and where in it.
    pub fn in_order(&self) -> Vec<(Order, Time)> {
        let of_session = |session: &Session| {
            let waiting = match session.frames.last().map(|frame| &frame.stage) {
                Some(Stage::Deciding(deciding)) => Some((Order::Waiting, deciding.made)),
                _ => None,
            };
            let silent = session.silent_hour().map(|since| (Order::Silent, since));
            let doubtful = stuck(session).map(|calling| (Order::Doubtful, calling.first));
            [waiting, silent, doubtful].into_iter().flatten()
        };
        self.sessions.iter().flat_map(of_session).collect()
    }

    /// What they are called by others, never nothing: as the operator names them, by the name that is remembered of them or that they have
    /// given with a request that waits, as the channel calls them, by their role in the bot's language with this index, by a short form of
    /// their id.
    pub fn name(&self, library: &Library, language: usize) -> String {
        let (installation, bot) = (&library.installation, &library.project().bot);
        self.own_name(installation).unwrap_or_else(|| stand_in(&self.id, installation, bot, language))
    }

    /// The same without what only stands for a name.
    pub fn own_name(&self, installation: &Installation) -> Option<String> {
        let given = || only_name(self.put_before_others()).map(str::to_owned);
        let remembered = || self.person.remembered_name().or_else(given);
        named_by_operator(&self.id, installation)
            .or_else(remembered)
            .or_else(|| self.person.name_in_channel())
            .or_else(|| self.person.handle())
    }

    /// The call that awaits the answer of this attempt.
    pub fn calling(&self, effect: EffectId) -> Option<&Calling> {
        let frames = self.sessions.iter().flat_map(|session| &session.frames);
        let mut calls = frames.filter_map(|frame| match &frame.stage {
            Stage::Calling(calling) => Some(&**calling),
            Stage::Asking(question) => question.checking.as_ref().map(|checking| &checking.calling),
            _ => None,
        });
        calls.find(|calling| calling.effect == effect)
    }

    /// True if some effect is not known to be done: recovery at start looks at such records.
    pub fn has_pending_effects(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// The versions its sessions stand on.
    pub fn versions(&self) -> impl Iterator<Item = &Version> {
        self.sessions.iter().map(|session| &session.version)
    }

    /// The calls whose attempt is under way or was when the process died.
    pub fn pending_calls(&self) -> impl Iterator<Item = &Effect> {
        self.outbox.iter().filter(|effect| matches!(effect.kind, EffectKind::Call { .. }))
    }
}

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Person {
    /// Given name in the channel.
    pub first_name: String,
    /// Family name in the channel.
    pub last_name: Option<String>,
    /// `@name` in the channel.
    pub username: Option<String>,
    /// The language they chose, or else the channel's, if the bot speaks it; two letters.
    pub language: Option<String>,
    /// They chose it themselves.
    pub language_chosen: bool,
    /// Their own time zone, an IANA name, if a flow has set it; else the bot's holds.
    pub timezone: Option<String>,
    /// The fields `bot.yaml` declares.
    pub fields: BTreeMap<String, Value>,
}

impl Person {
    /// As the channel calls them, if it tells.
    pub(crate) fn name_in_channel(&self) -> Option<String> {
        match &self.last_name {
            Some(last) => Some(format!("{} {last}", self.first_name)),
            None => (!self.first_name.is_empty()).then(|| self.first_name.clone()),
        }
    }

    /// The only name that is remembered of them.
    pub(crate) fn remembered_name(&self) -> Option<String> {
        only_name(self.fields.values()).map(str::to_owned)
    }

    /// Their `@name`, if the channel has such.
    pub(crate) fn handle(&self) -> Option<String> {
        self.username.as_ref().map(|name| format!("@{name}"))
    }
}

/// What stands for the name of somebody of whom none is known: their role in the bot's language with this index, or a short form of their
/// id.
pub(crate) fn stand_in(id: &RecordId, installation: &Installation, bot: &Bot, language: usize) -> String {
    let role = installation.roles_of(&id.0).next().map(|(name, role)| bot.role_in(name, role, language).to_owned());
    role.unwrap_or_else(|| id.short())
}

/// What the operator calls somebody.
pub(crate) fn named_by_operator(id: &RecordId, installation: &Installation) -> Option<String> {
    installation.people.get(&id.0).and_then(|known| known.name.clone()).filter(|name| !name.is_empty())
}

/// One run through a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The version it started on.
    pub version: Version,
    /// When it began.
    pub started: Time,
    /// When the person last did something in it.
    pub touched: Time,
    /// Its randomness: the secret that idempotency keys are made with.
    pub seed: u64,
    /// Grows with every question put: what makes a button current.
    pub revision: u32,
    /// The flow, and the flows it runs, the innermost last. Never empty.
    pub frames: Vec<Frame>,
    /// Its question waits for the session in front to end.
    pub held: bool,
    /// A question of it waits, and the person is silent.
    pub silence: Option<Silence>,
}

/// A silence of the person at a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Since when: the last thing they did, or the question if that came later.
    pub since: Time,
    /// The reminders of the flow that are over.
    pub reminded: u32,
    /// When the next of them is given: after its time in quiet hours, never before it.
    pub remind: Option<Time>,
    /// When it ends the session.
    pub expire: Option<Time>,
}

impl Session {
    /// True if nothing but the person is waited for: their question has been put, and no check of an answer is under way.
    pub fn awaits_person(&self) -> bool {
        let free = |frame: &Frame| matches!(&frame.stage, Stage::Asking(question) if question.checking.is_none());
        !self.held && self.frames.last().is_some_and(free)
    }

    /// True if a question or a review of it waits for its answer.
    pub fn is_asking(&self) -> bool {
        self.frames.last().is_some_and(|frame| matches!(frame.stage, Stage::Asking(_)))
    }

    /// Since when the person has been silent here: their last act, or the question if that came later.
    pub(crate) fn silent_since(&self) -> Time {
        self.frames.last().map_or(self.touched, |frame| frame.entered.max(self.touched))
    }

    /// When it must be woken.
    pub fn next_timer(&self) -> Option<Time> {
        let silence = self.silence.iter().flat_map(|silence| [silence.remind, silence.expire]);
        self.frames.iter().flat_map(|frame| [frame.due, frame.stage.due()]).chain(silence).flatten().min()
    }
}

/// A flow being walked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The flow.
    pub flow: String,
    /// What it was given.
    pub inputs: BTreeMap<String, Value>,
    /// Results by step.
    pub results: BTreeMap<String, Held>,
    /// Questions answered, in order, the last one last.
    pub answered: Vec<String>,
    /// The step it stands at.
    pub at: String,
    /// When that was entered.
    pub entered: Time,
    /// When that step's `timeout` falls due.
    pub due: Option<Time>,
    /// What it is doing there.
    pub stage: Stage,
    /// A change under way: what is asked again.
    pub rewalk: Option<Rewalk>,
    /// What the last road said, in HTML: an answer to /status.
    pub said: Option<String>,
    /// Messages with secrets that go when the step is left.
    pub secrets: Vec<EffectId>,
    /// The event that is awaited at this step.
    pub awaiting: Option<Awaiting>,
}

/// An event that is awaited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Awaiting {
    /// Its name.
    pub event: String,
    /// The values that its fields must have.
    pub matching: BTreeMap<String, Value>,
}

impl Frame {
    /// A flow at its beginning.
    pub fn new(flow: &str, inputs: BTreeMap<String, Value>, now: Time) -> Self {
        Self {
            flow: flow.to_owned(),
            inputs,
            results: BTreeMap::new(),
            answered: Vec::new(),
            at: String::new(),
            entered: now,
            due: None,
            stage: Stage::Running,
            rewalk: None,
            said: None,
            secrets: Vec::new(),
            awaiting: None,
        }
    }
}

/// A step's result.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Held {
    /// The value.
    pub value: Value,
    /// The label of what was chosen, as it was shown.
    pub label: Option<String>,
    /// The key of a choice from data.
    pub key: Option<String>,
    /// For ever: a call that changed something and ended well.
    pub committed: bool,
    /// The person's message that answered it.
    pub message: Option<String>,
}

/// What a frame is doing at its step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Stage {
    /// A question or a review waits for its answer.
    Asking(Question),
    /// A call is under way.
    Calling(Box<Calling>),
    /// Time passes until then.
    Waiting(Time),
    /// Others decide.
    Deciding(Box<Deciding>),
    /// An event is awaited.
    Awaiting,
    /// The frame above it runs.
    Running,
    /// The step counts its entries by a value: the answer to this letter tells whether there is a place left.
    Counting(EffectId),
}

impl Stage {
    /// When it wants to be woken by itself.
    pub fn due(&self) -> Option<Time> {
        match self {
            Self::Calling(calling) => match calling.state {
                CallState::Pausing { until } => Some(until),
                CallState::Doubting { until } => until,
                CallState::Trying | CallState::Looking => None,
            },
            Self::Waiting(until) => Some(*until),
            Self::Deciding(deciding) => deciding.remind.into_iter().chain(deciding.escalate).min(),
            Self::Asking(_) | Self::Running | Self::Awaiting | Self::Counting(_) => None,
        }
    }
}

/// A question that waits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Question {
    /// The message that put it last.
    pub message: Option<EffectId>,
    /// The session's revision at that time: buttons of others are over.
    pub revision: u32,
    /// How often it was put.
    pub put: u32,
    /// How many answers failed.
    pub failed: u32,
    /// What is offered, in order.
    pub offers: Vec<Offer>,
    /// `choices`: what is ticked.
    pub ticked: Vec<String>,
    /// The page shown, from 0.
    pub page: u32,
    /// What was searched for.
    pub search: Option<String>,
    /// A review shows its list «What should be changed?».
    pub changing: bool,
    /// Its message has buttons under it.
    pub rows: bool,
    /// A check asks the ERP about an answer; the question waits for that.
    pub checking: Option<Box<Checking>>,
    /// The words of the ERP that precede the question.
    pub reason: Option<String>,
}

/// An answer that a check asks the ERP about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checking {
    /// The answer.
    pub answer: Held,
    /// The check, by its place.
    pub check: u32,
    /// Its call.
    pub calling: Calling,
}

/// Something offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The option's id, or the key over the item.
    pub key: String,
    /// What is on the button.
    pub label: String,
    /// For a choice from data: the item's place in the list.
    pub item: Option<u32>,
}

/// A call under way: one visit of a step, however many attempts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calling {
    /// The attempt whose answer is awaited.
    pub effect: EffectId,
    /// `connection.operation`.
    pub operation: String,
    /// Its inputs.
    pub inputs: BTreeMap<String, Value>,
    /// The idempotency key of this visit.
    pub key: String,
    /// When the first attempt was ordered.
    pub first: Time,
    /// Attempts ordered so far.
    pub attempts: u32,
    /// Look-ups made so far.
    pub lookups: u32,
    /// What it is doing.
    pub state: CallState,
    /// The outcomes whose road's `say` has been said, with spaces between.
    pub said: Option<String>,
    /// Pages read so far, by output.
    pub pages: Vec<BTreeMap<String, Value>>,
    /// A changed answer wants fresh data, not what is kept.
    pub fresh: bool,
}

/// What a call is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallState {
    /// An attempt is under way.
    Trying,
    /// Waiting to try again.
    Pausing {
        /// Until then.
        until: Time,
    },
    /// A look-up is under way.
    Looking,
    /// Nobody knows.
    Doubting {
        /// Looked up again then, if anything can be looked up; otherwise only a person can settle it.
        until: Option<Time>,
    },
}

/// A change under way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rewalk {
    /// Steps still to be asked again, in order.
    pub ask: Vec<String>,
    /// Results set aside, to compare with: step → canonical JSON of the old value.
    pub aside: BTreeMap<String, String>,
    /// Steps whose results changed or were lost.
    pub changed: Vec<String>,
}

impl Rewalk {
    /// True if the step is to be asked again.
    pub fn asks(&self, step: &str) -> bool {
        self.ask.iter().any(|ask| ask == step)
    }
}

/// Entries of a step with `limit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// `flow.step`.
    pub step: String,
    /// When it was entered.
    pub entered: Vec<Time>,
}

/// A button that outlives its session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// What the button carries.
    pub token: String,
    /// The flow it starts.
    pub flow: String,
    /// Its inputs.
    pub inputs: BTreeMap<String, Value>,
    /// Taken away after the first press.
    pub once: bool,
    /// When it was made; the oldest go first when there are too many.
    pub made: Time,
    /// Others have it as well, and it works for the first who presses it: who gave it.
    pub giver: Option<Giver>,
}
