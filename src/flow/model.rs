//! The model as meant: what the engine walks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil;
use jiff::tz::TimeZone;
use regex::Regex;

use crate::diagnostic::Span;
use crate::expr::{Expression, Shown, Template, Type, Value};
use crate::flow::operations::Operation;
use crate::flow::{Approve, EventRoad, Notify, Role, StartEvent, Version, Wait};

/// One version of a bot, compiled.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its content hash.
    pub version: Version,
    /// What all flows share.
    pub bot: Bot,
    /// Flows by id.
    pub flows: BTreeMap<String, Flow>,
    /// Operations by `connection.operation`.
    pub operations: BTreeMap<String, Operation>,
    /// Connections that have operations: name → title.
    pub connections: BTreeMap<String, Text>,
    /// Connection → the profiles that its operations know.
    pub profiles: BTreeMap<String, Vec<String>>,
    /// Which flow a command starts.
    pub commands: BTreeMap<String, String>,
    /// Where a `one_of` with labels is declared → word → label; read it through [`Project::option_label`].
    pub labels: BTreeMap<String, BTreeMap<String, Text>>,
    /// The files beside the flows that messages show, by the digest of their content.
    pub files: BTreeMap<String, Arc<[u8]>>,
}

/// A text in every language it is written in, in the order of [`Bot::languages`]; the first is always there.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// By language.
    pub by_language: Vec<Option<Template>>,
}

impl Text {
    /// The template for the language with this index, or the first.
    pub fn in_language(&self, index: usize) -> Option<&Template> {
        self.by_language.get(index).and_then(Option::as_ref).or_else(|| self.by_language.first().and_then(Option::as_ref))
    }
}

impl Bot {
    /// A language as its place among the bot's; that of the first if the bot does not speak it, or none is known.
    pub fn language_index(&self, spoken: Option<&str>) -> usize {
        self.languages.iter().position(|language| Some(language.as_str()) == spoken).unwrap_or(0)
    }

    /// Its title in the language with this index, or else in the first.
    pub fn title_in(&self, index: usize) -> &str {
        self.titles.get(index).and_then(Option::as_deref).unwrap_or(&self.title)
    }

    /// What a field of a person is called in the language with this index, or else in the first; its name if it has no title.
    pub fn field_in<'f>(&'f self, name: &'f str, field: &'f Declared, index: usize) -> &'f str {
        let translated = self.fields.get(name).and_then(|titles| titles.get(index)).and_then(Option::as_deref);
        translated.or(field.title.as_deref()).unwrap_or(name)
    }

    /// What a role is called in the language with this index, or else as the operator calls it.
    pub fn role_in<'r>(&'r self, name: &str, role: &'r Role, index: usize) -> &'r str {
        self.roles.get(name).and_then(|titles| titles.get(index)).and_then(Option::as_deref).unwrap_or(&role.title)
    }
}

/// `bot.yaml`, with the defaults of what it leaves out.
#[derive(Debug, Clone)]
pub struct Bot {
    /// Its title in the first language.
    pub title: String,
    /// Its title in each language, where somebody has translated it.
    pub titles: Vec<Option<String>>,
    /// Translations of the titles of roles, in the order of [`Bot::languages`].
    pub roles: BTreeMap<String, Vec<Option<String>>>,
    /// Translations of the titles of what is remembered of a person, in the same order.
    pub fields: BTreeMap<String, Vec<Option<String>>>,
    /// Two-letter codes; the first is the language of the flow files.
    pub languages: Vec<String>,
    /// Where times are shown and read.
    pub zone: TimeZone,
    /// When nobody is reminded of anything.
    pub quiet: Option<Quiet>,
    /// Two letters: how typed phone numbers are read.
    pub country: String,
    /// ISO 4217: the default of `money`.
    pub currency: String,
    /// Settings: type, title and value (the operator's, where there is one).
    pub settings: BTreeMap<String, Setting>,
    /// What flows may remember about a person.
    pub person: BTreeMap<String, Declared>,
    /// What other systems report: event → fields.
    pub events: BTreeMap<String, BTreeMap<String, Declared>>,
    /// What the words that work anywhere do.
    pub words: BTreeMap<Word, WordRule>,
    /// Built-in sentences by name, the author's or the default.
    pub texts: BTreeMap<String, Text>,
    /// Groups of people by id, in the order of the file.
    pub segments: Vec<(String, Segment)>,
    /// How people read what flows record with `audit`, by its name there.
    pub audit: BTreeMap<String, Text>,
}

/// A group of people.
#[derive(Debug, Clone)]
pub struct Segment {
    /// What people read.
    pub title: Text,
    /// Who belongs to it.
    pub when: Expression,
}

/// Hours of the day, in the zone of the person; they may go beyond midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// When they begin.
    pub from: civil::Time,
    /// When they are over; never the same as `from`.
    pub to: civil::Time,
}

/// A setting.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What the console shows.
    pub title: Option<String>,
    /// Its type.
    pub of: Type,
    /// Its value in this installation. Of type text, it may be translated: then by language.
    pub value: Value,
    /// Translations of a text value, in the order of [`Bot::languages`].
    pub translated: Vec<Option<String>>,
}

/// A declared name with a type: an input, a person's field.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Its type.
    pub of: Type,
    /// What it is called in the first language.
    pub title: Option<String>,
    /// Taken when nothing is given.
    pub default: Option<Expression>,
}

/// The words that work anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// Ends the session in front.
    Cancel,
    /// One question back.
    Back,
    /// Help for this step.
    Help,
    /// Where the session stands.
    Status,
    /// Cancels and starts the same flow.
    Restart,
    /// Starts the flow that chooses a language.
    Language,
}

impl Word {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Cancel, Self::Back, Self::Help, Self::Status, Self::Restart, Self::Language];

    /// As it is written: `cancel`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Back => "back",
            Self::Help => "help",
            Self::Status => "status",
            Self::Restart => "restart",
            Self::Language => "language",
        }
    }

    /// The word of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.name() == name)
    }
}

/// What a word does in this bot.
#[derive(Debug, Clone, Default)]
pub struct WordRule {
    /// False: the word is an ordinary text here.
    pub on: bool,
    /// Said.
    pub say: Option<Text>,
    /// Said when there is nothing to do it to.
    pub none: Option<Text>,
    /// Asked first.
    pub ask: Option<Text>,
    /// The flow it starts.
    pub start: Option<String>,
}

/// A flow.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Its id.
    pub id: String,
    /// What people see.
    pub title: Text,
    /// How people start it, if they can.
    pub start: Option<Start>,
    /// Who may be in it.
    pub admits: Admits,
    /// What must hold before it begins, in order.
    pub checks: Vec<StartCheck>,
    /// What it is given.
    pub inputs: BTreeMap<String, Declared>,
    /// What it gives back at its end.
    pub outputs: BTreeMap<String, Expression>,
    /// What happens when it is started while a session of it is alive.
    pub again: Again,
    /// What a person who is silent at a question is told.
    pub remind: Option<Remind>,
    /// When their silence ends the session.
    pub expire: Expire,
    /// How long answers are kept after an end, in milliseconds; the ends that are not named keep them for [`KEPT_FOR`].
    pub retention: BTreeMap<String, i64>,
    /// Taken when the flow itself fails.
    pub on_fault: Option<Road>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Id → index in `steps`.
    pub index: BTreeMap<String, usize>,
}

/// How long answers are kept after an end of which the flow says nothing: 30 days, in milliseconds.
pub const KEPT_FOR: i64 = 30 * 24 * 60 * 60 * 1000;

impl Flow {
    /// How long answers are kept after this end, in milliseconds.
    pub fn kept_for(&self, end: &str) -> i64 {
        self.retention.get(end).copied().unwrap_or(KEPT_FOR)
    }

    /// The step of this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.index.get(id).map(|&at| &self.steps[at])
    }
}

/// `remind`: of the outermost flow of a session, whatever flow it runs.
#[derive(Debug, Clone)]
pub struct Remind {
    /// After so many milliseconds of silence; each more than the one before.
    pub after: Vec<i64>,
    /// Said before the question is put again.
    pub say: Text,
}

/// `expire`: of the outermost flow of a session, whatever flow it runs.
#[derive(Debug, Clone)]
pub struct Expire {
    /// After so many milliseconds of silence.
    pub after: i64,
    /// Said then.
    pub say: Option<Text>,
    /// How the session ends.
    pub end: String,
}

/// How people start a flow.
#[derive(Debug, Clone)]
pub struct Start {
    /// `/command`.
    pub command: Option<String>,
    /// Its line in the channel's command menu.
    pub menu: Option<Text>,
    /// `?start=<flow id>` opens it.
    pub link: bool,
    /// An event begins it.
    pub event: Option<StartEvent>,
    /// Invitations open it.
    pub invitation: Invited,
}

/// Whether invitations open a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invited {
    /// No.
    No,
    /// Yes, and people may begin it by themselves.
    Opens,
    /// Yes, and nobody begins it by themselves.
    Required,
}

/// Who may start a flow or be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admits {
    /// Everybody.
    Anyone,
    /// Holders of one of these roles.
    Roles(Vec<String>),
}

/// A condition of beginning.
#[derive(Debug, Clone)]
pub struct StartCheck {
    /// Its id.
    pub id: String,
    /// Must be true.
    pub when: Expression,
    /// Said otherwise.
    pub say: Text,
    /// And this flow is started.
    pub start: Option<String>,
}

/// `again`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Ask: go on, or start again?
    Ask,
    /// Go on.
    Resume,
    /// Start again.
    Restart,
    /// Open one more.
    Many,
}

/// A step.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its id, which names its result.
    pub id: String,
    /// Where its key stands.
    pub span: Span,
    /// Short name.
    pub title: Option<Text>,
    /// False: the step is skipped.
    pub when: Option<Expression>,
    /// Where its normal completion leads.
    pub next: Next,
    /// Said when the step begins; the answer to /status.
    pub tell: Option<Text>,
    /// The answer to /status, when `tell` is not it.
    pub status: Option<Text>,
    /// The answer to /help.
    pub help: Option<Text>,
    /// When waiting ends by itself.
    pub timeout: Option<Timeout>,
    /// The road taken when an event comes while it waits for something else.
    pub event: Option<EventRoad>,
    /// How often it may be entered.
    pub limit: Option<Limit>,
    /// The record written when its work is done.
    pub audit: Option<String>,
    /// Erased when the step is left: a step id, and a field of its result (none: all of it).
    pub forget: Vec<(String, Option<String>)>,
    /// False: /back does not go before this step.
    pub back: bool,
    /// What it does.
    pub verb: Verb,
    /// The steps whose results its expressions read directly; texts do not count.
    pub reads: BTreeSet<String>,
}

/// Where a step leads when it completes normally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The next step in the file.
    Following,
    /// That step, by its index.
    Go(usize),
    /// The session ends so.
    End(String),
}

/// `timeout`.
#[derive(Debug, Clone)]
pub struct Timeout {
    /// When.
    pub due: Due,
    /// The road taken then.
    pub road: Road,
}

/// When something falls due.
#[derive(Debug, Clone)]
pub enum Due {
    /// This many milliseconds after the step was entered; the expression gives a duration.
    After(Expression),
    /// At this moment; the expression gives a datetime.
    At(Expression),
}

/// `limit`.
#[derive(Debug, Clone)]
pub struct Limit {
    /// So many times…
    pub max: u32,
    /// …within so many milliseconds.
    pub per: i64,
    /// Counted for everybody by this value, and not by the person.
    pub by: Option<Expression>,
    /// The road taken instead.
    pub road: Road,
}

/// Where something leads.
#[derive(Debug, Clone)]
pub struct Road {
    /// Said first.
    pub say: Option<Text>,
    /// Record written when it is taken.
    pub audit: Option<String>,
    /// Where to.
    pub to: Target,
}

/// The end of a road.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// The step completes normally.
    Complete,
    /// Walk on from that step.
    Go(usize),
    /// The session ends so.
    End(String),
    /// Ask again only these steps and what depends on them, in this order.
    Change(Vec<usize>),
    /// The session ends, and that flow starts for the same person.
    Start {
        /// The flow.
        flow: String,
        /// Its inputs.
        with: Vec<(String, Expression)>,
        /// How the session ends: `handed_over` unless the author says otherwise.
        end: String,
    },
    /// As if the person had written the word; the step keeps waiting.
    Word(Word),
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Verb {
    /// A message; does not wait.
    Say(Say),
    /// A question; waits.
    Ask(Box<Ask>),
    /// A summary to confirm; waits.
    Review(Review),
    /// An HTTP call.
    Call(Call),
    /// Values computed.
    Set(Set),
    /// The first true one is taken.
    Branch(Vec<Branch>),
    /// Another flow, then on.
    Run(Run),
    /// Time passes, or an event comes.
    Wait(Wait),
    /// A decision by others; waits.
    Approve(Box<Approve>),
    /// A message to others; does not wait.
    Notify(Box<Notify>),
    /// Only an end.
    End,
}

/// `say`.
#[derive(Debug, Clone)]
pub struct Say {
    /// The message.
    pub text: Text,
    /// How it is shown.
    pub manner: Manner,
    /// Standing buttons.
    pub buttons: Vec<StandingButton>,
}

/// How a message is shown.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// No forwarding, no saving. Always true for a message with a secret.
    pub protect: bool,
    /// Link previews are shown.
    pub preview: bool,
    /// Milliseconds after which it is deleted; at most 47 hours.
    pub delete_after: Option<i64>,
    /// It prints a secret: deleted when the step is left, never sent twice blindly.
    pub secret: bool,
    /// The file that goes with it.
    pub file: Option<Enclosed>,
}

/// `photo` or `document`: a file that goes with a message.
#[derive(Debug, Clone)]
pub struct Enclosed {
    /// How it is shown, if it can be shown so.
    pub shown: Shown,
    /// The file.
    pub file: Expression,
}

/// A button that stays valid after its session.
#[derive(Debug, Clone)]
pub struct StandingButton {
    /// Its id.
    pub id: String,
    /// What is on it.
    pub label: Text,
    /// False: hidden.
    pub when: Option<Expression>,
    /// What it does.
    pub act: StandingAct,
}

/// What a standing button does.
#[derive(Debug, Clone)]
pub enum StandingAct {
    /// Opens an address.
    Url(Text),
    /// Copies a text.
    Copy(Text),
    /// Starts a flow.
    Start {
        /// The flow.
        flow: String,
        /// Its inputs.
        with: Vec<(String, Expression)>,
        /// Taken away after the first press.
        once: bool,
    },
}

/// `ask`.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The question.
    pub text: Text,
    /// What counts as an answer.
    pub answer: AnswerType,
    /// Not `none` and acceptable: taken as the answer, not asked.
    pub known: Option<Expression>,
    /// The label of the skip button, if the question may be skipped.
    pub optional: Option<Text>,
    /// The answer when attempts are used up without a road, and on a skipped question.
    pub default: Option<Expression>,
    /// Said when the answer cannot be read: by reason, `else` for all others.
    pub unclear: BTreeMap<String, Text>,
    /// What must hold of the value.
    pub checks: Vec<Check>,
    /// After so many failed answers…
    pub attempts: Option<Attempts>,
    /// Wording when the question is put again: 2nd time, 3rd and later.
    pub repeat: Vec<Text>,
    /// `pii` of the answer.
    pub pii: bool,
    /// `secret` of the answer: the person's message is deleted after reading.
    pub secret: bool,
    /// The contact button's label.
    pub button: Option<Text>,
    /// How the question is shown.
    pub manner: Manner,
}

/// A check of an answer.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its id.
    pub id: String,
    /// Must be true; sees `value`, and `result` if the check calls.
    pub when: Expression,
    /// Said otherwise.
    pub say: Text,
    /// A safe operation asked first, and its inputs. If it does not end well the check passes.
    pub call: Option<(String, Vec<(String, Expression)>)>,
}

/// `attempts`.
#[derive(Debug, Clone)]
pub struct Attempts {
    /// So many failed answers.
    pub max: u32,
    /// The road taken then, unless the question has a `default`.
    pub road: Option<Road>,
}

/// What counts as an answer.
#[derive(Debug, Clone)]
pub enum AnswerType {
    /// Free text.
    Text {
        /// Characters, at least.
        min: usize,
        /// Characters, at most.
        max: usize,
        /// The whole text must match.
        pattern: Option<Regex>,
    },
    /// A person's name.
    Name,
    /// A whole number.
    Integer(Bounds),
    /// A number.
    Decimal(Bounds),
    /// A sum.
    Money(Bounds, String),
    /// A day.
    Date(Bounds),
    /// A time of day.
    Clock(Bounds),
    /// A moment.
    DateTime(Bounds),
    /// An e-mail address.
    Email,
    /// A typed phone number; the country decides how it is read.
    Phone(String),
    /// The person's own card.
    Contact {
        /// When a typed number is taken, too, unverified; never if nothing is said.
        typed: Option<Expression>,
        /// How a typed number is read.
        country: String,
    },
    /// Yes or no.
    YesNo,
    /// One option.
    Choice(Options),
    /// Several options.
    Choices {
        /// What is offered.
        options: Options,
        /// At least so many.
        min: usize,
        /// At most so many.
        max: Option<usize>,
    },
    /// A photo, or an image sent as a document.
    Photo(Files),
    /// Any file.
    Document(Files),
    /// A shared point.
    Location,
}

/// Which files are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Media types (`image/png`), families of them (`image/*`) or endings of names (`pdf`); empty: all.
    pub kinds: Vec<String>,
    /// Bytes, at most.
    pub max_size: u64,
    /// Several are one answer.
    pub many: bool,
}

impl Files {
    /// The largest file that any channel can pass on.
    pub const LARGEST: u64 = 20 << 20;

    /// True if a file of this name and media type is wanted.
    pub fn wants(&self, name: &str, kind: &str) -> bool {
        let (name, kind) = (name.to_ascii_lowercase(), kind.to_ascii_lowercase());
        let is = |wanted: &String| match wanted.to_ascii_lowercase() {
            family if family.ends_with("/*") => kind.starts_with(family.trim_end_matches('*')),
            media if media.contains('/') => kind.split(';').next().is_some_and(|kind| kind.trim() == media),
            ending => name.rsplit_once('.').is_some_and(|(_, own)| own == ending.trim_start_matches('.')),
        };
        self.kinds.is_empty() || self.kinds.iter().any(is)
    }
}

/// The least and the greatest value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bounds {
    /// `min`.
    pub min: Option<Expression>,
    /// `max`.
    pub max: Option<Expression>,
}

/// What is offered.
#[derive(Debug, Clone)]
pub enum Options {
    /// Written in the flow.
    Literal(Vec<Choice>),
    /// From data.
    Data(Box<DataOptions>),
}

/// An option written in the flow.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Its id, the value.
    pub id: String,
    /// What is on the button.
    pub label: Text,
    /// False: hidden.
    pub when: Option<Expression>,
    /// Where it leads; `Complete` when it has no road of its own.
    pub road: Road,
    /// It opens an address and is not an answer.
    pub url: Option<Text>,
    /// It copies a text and is not an answer.
    pub copy: Option<Text>,
}

/// Options from data.
#[derive(Debug, Clone)]
pub struct DataOptions {
    /// A list of records.
    pub from: Expression,
    /// Over `item`: others are not offered.
    pub filter: Option<Expression>,
    /// Over `item`: what the button stands for.
    pub key: Expression,
    /// Over `item`.
    pub label: Text,
    /// Over `item`: the catalog's label for it, if there is one.
    pub label_key: Option<Expression>,
    /// Labels by key, each in every language that has one.
    pub labels: BTreeMap<String, Text>,
    /// Literal options after the list.
    pub also: Vec<Choice>,
    /// The road when there is nothing to choose from.
    pub empty: Option<Road>,
}

/// `review`.
#[derive(Debug, Clone)]
pub struct Review {
    /// The heading.
    pub text: Text,
    /// The steps shown, in order.
    pub show: Vec<usize>,
    /// The confirming button.
    pub confirm: Option<Text>,
    /// The changing button.
    pub change: Option<Text>,
}

/// `call`.
#[derive(Debug, Clone)]
pub struct Call {
    /// `connection.operation`.
    pub operation: String,
    /// Its inputs.
    pub with: Vec<(String, Expression)>,
    /// Roads by outcome; `else` for the rest.
    pub outcomes: BTreeMap<String, OutcomeRoad>,
}

/// The road of an outcome.
#[derive(Debug, Clone)]
pub struct OutcomeRoad {
    /// The road.
    pub road: Road,
    /// On `down`: wait and try again.
    pub retry: Option<Retry>,
    /// On `invalid`: the ERP's field → the step that asked for it.
    pub fields: Vec<(String, usize)>,
}

/// `retry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Pauses in milliseconds; the last repeats.
    pub every: Vec<i64>,
    /// Attempts in all, at most.
    pub max: Option<u32>,
    /// Milliseconds since the first attempt, at most.
    pub within: Option<i64>,
}

/// `set`.
#[derive(Debug, Clone)]
pub enum Set {
    /// The result is the value.
    Value(Expression),
    /// Fields of the result, and fields of the person.
    Fields {
        /// Of the result.
        result: Vec<(String, Expression)>,
        /// Of the person (`language` among them).
        person: Vec<(String, Expression)>,
    },
}

/// A line of `branch`.
#[derive(Debug, Clone)]
pub struct Branch {
    /// `None` for `else`.
    pub when: Option<Expression>,
    /// Where it leads.
    pub road: Road,
}

/// `run`.
#[derive(Debug, Clone)]
pub struct Run {
    /// The flow.
    pub flow: String,
    /// Its inputs.
    pub with: Vec<(String, Expression)>,
    /// Roads by end; `else` for the rest.
    pub outcomes: BTreeMap<String, Road>,
}
