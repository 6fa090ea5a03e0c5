//! A scenario as meant: `given` merged, parts put in their places, every line read.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::diagnostic::Span;
use crate::expr::Shown;
use crate::flow::MessageLimit;

/// All tests of a bot, in the order of their files.
#[derive(Debug, Clone, Default)]
pub struct Suite {
    /// The tests.
    pub tests: Vec<Test>,
}

/// One test conversation.
#[derive(Debug, Clone)]
pub struct Test {
    /// The id of its file.
    pub scenarios: String,
    /// Its own id.
    pub id: String,
    /// What it shows, for people.
    pub title: Option<String>,
    /// Where its id stands.
    pub span: Span,
    pub(super) given: Given,
    pub(super) talk: Vec<Line>,
}

impl Test {
    /// The languages it can be played in, out of those of the bot. What somebody says their language is decides alone.
    pub(super) fn languages(&self, of_bot: &[String]) -> Vec<String> {
        if let Some(language) = self.given.people.get(ME).and_then(|me| me.language.as_ref()) {
            return vec![language.clone()];
        }
        let first = of_bot.first();
        let phrases: Vec<&Phrase> = self.talk.iter().flat_map(Line::phrases).collect();
        let has = |language: &String| phrases.iter().all(|phrase| phrase.is_in(language, Some(language) == first));
        of_bot.iter().filter(|language| has(language)).cloned().collect()
    }
}

/// The person the flow serves.
pub(super) const ME: &str = "me";

/// What is true before the first line.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    /// The clock, in the bot's zone.
    pub now: Option<civil::DateTime>,
    /// Settings over those of the bot.
    pub settings: Vec<Fact>,
    /// Which profiles the servers have.
    pub profile: Vec<Chosen>,
    /// The roles there are, and what they are called; none if it is those of the place where the bot runs.
    pub roles: Vec<(String, String)>,
    /// Roles that may not do everything: role, its place, what it may.
    pub rights: Vec<(String, Span, Vec<String>)>,
    /// How fast people may write.
    pub messages: Option<MessageLimit>,
    /// Who takes part.
    pub people: BTreeMap<String, Somebody>,
    /// What the bot knows of them already: person, then field.
    pub person: BTreeMap<String, Vec<Fact>>,
}

/// A named JSON value and its place.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub name: String,
    pub span: Span,
    pub value: Json,
}

/// Somebody who takes part.
#[derive(Debug, Clone, Default)]
pub(super) struct Somebody {
    /// The account in the channel, with the channel's name if it is not the usual one.
    pub id: String,
    pub first_name: String,
    pub last_name: Option<String>,
    pub username: Option<String>,
    pub language: Option<String>,
    /// Each with its place.
    pub roles: Vec<(String, Span)>,
}

/// The profile of a connection; both with their places.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub connection: (String, Span),
    pub profile: (String, Span),
}

/// One line of a talk.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub span: Span,
    pub what: What,
}

impl Line {
    /// The texts that decide in which languages the test can be played.
    pub(super) fn phrases(&self) -> Vec<&Phrase> {
        match &self.what {
            What::Does { deed: Deed::Writes(text) | Deed::Edits { text, .. } | Deed::Presses { label: text, .. }, .. } => vec![text],
            What::Says(said) | What::Edited { becomes: Some(said), .. } => said.phrases(),
            _ => Vec::new(),
        }
    }
}

/// What a line says.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// Somebody does something.
    Does { who: String, deed: Deed, name: Option<String> },
    /// The bot has said this.
    Says(Said),
    /// The bot has sent this request.
    Sent(Sent),
    /// The bot has made this call.
    Called(Called),
    /// Another system reports this: the event and its fields.
    Event { event: String, fields: serde_json::Map<String, Json> },
    /// Time passes.
    Pass(i64),
    /// The process is ended, and started again so many milliseconds later.
    Restart(i64),
    /// Files of the bot are other ones now; or they would be, if they were not refused.
    Reload { files: Vec<(String, Span, String)>, refused: bool },
    /// The message of this name is gone.
    Deleted(String),
    /// The message of this name is another one now; of those to several people, the ones to these.
    Edited { name: String, to: Option<Vec<String>>, becomes: Option<Said> },
    /// This is so now.
    Expect(Box<Expect>),
}

/// What somebody does.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Writes(Phrase),
    Presses { label: Phrase, at: Option<String> },
    Shares { own: bool, forwarded: bool, number: String },
    SendsOther(&'static str),
    SendsFile { name: String, kind: String, size: u64, album: Option<String> },
    SharesLocation { latitude: Decimal, longitude: Decimal },
    Edits { text: Phrase, at: Option<String> },
}

/// A message as expected.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// To whom; each gets one.
    pub to: Vec<String>,
    /// Exactly this, tags removed; `None` for any.
    pub text: Option<Phrase>,
    /// Exactly these, in order.
    pub buttons: Vec<Phrase>,
    /// These hold.
    pub flags: Vec<Flag>,
    /// The file that it shows, exactly: how, and its path or its name.
    pub file: Option<(Shown, Phrase)>,
    /// What later lines call it.
    pub name: Option<String>,
}

impl Said {
    fn phrases(&self) -> Vec<&Phrase> {
        self.text.iter().chain(self.buttons.iter()).chain(self.file.iter().map(|(_, name)| name)).collect()
    }
}

/// How a message is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    Protected,
    NoPreview,
}

impl Flag {
    pub const ALL: [Self; 2] = [Self::Protected, Self::NoPreview];

    pub fn name(self) -> &'static str {
        match self {
            Self::Protected => "protected",
            Self::NoPreview => "no_preview",
        }
    }
}

/// A request as expected, and what is answered.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub method: String,
    pub target: String,
    pub has: Option<Json>,
    /// Names, and values where they are given.
    pub headers: Vec<(String, Option<String>)>,
    pub same_key: Option<String>,
    pub name: Option<String>,
    pub reply: Option<Reply>,
}

/// What a request is answered with.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    Answers {
        status: u16,
        retry_after: Option<u32>,
        body: String,
    },
    /// After so many milliseconds nothing has come.
    TimesOut(i64),
    /// Nobody listens.
    Refuses,
    /// A file that belongs to it is not in its channel any more.
    FileGone,
    /// The connection breaks after the request was sent.
    Resets,
}

/// A call as expected, and how it ends.
#[derive(Debug, Clone)]
pub(super) struct Called {
    pub operation: String,
    pub with: Option<Json>,
    pub name: Option<String>,
    /// `None`: no answer comes.
    pub outcome: Option<String>,
    pub output: serde_json::Map<String, Json>,
}

/// What must be so at some point.
#[derive(Debug, Clone, Default)]
pub(super) struct Expect {
    /// Flow → end.
    pub ended: Vec<(String, Span, String)>,
    /// Flow → step.
    pub waits: Vec<(String, Span, String)>,
    /// All audit records so far, in order.
    pub audit: Option<(Span, Vec<String>)>,
    /// `METHOD path` → how often.
    pub requests: Vec<(String, Span, usize)>,
    /// Strings that are kept nowhere.
    pub nowhere: Vec<(Span, String)>,
    /// Operations of which nobody knows whether they were done.
    pub doubts: Option<(Span, Vec<String>)>,
    /// What the bot knows: person, then field.
    pub person: Vec<(String, Fact)>,
}

/// A text in one language or several.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Phrase {
    pub span: Span,
    pub words: Words,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Words {
    /// In the first language of the bot.
    First(String),
    /// The same in all of them.
    Any(String),
    /// By language.
    By(BTreeMap<String, String>),
}

impl Phrase {
    /// The text, as it stands in `language`.
    pub fn text(&self, language: &str) -> &str {
        match &self.words {
            Words::First(text) | Words::Any(text) => text,
            Words::By(texts) => texts.get(language).or_else(|| texts.values().next()).map_or("", String::as_str),
        }
    }

    pub(super) fn is_in(&self, language: &str, is_first: bool) -> bool {
        match &self.words {
            Words::First(_) => is_first,
            Words::Any(_) => true,
            Words::By(texts) => texts.contains_key(language),
        }
    }

    /// The languages it names.
    pub(super) fn named_languages(&self) -> BTreeSet<&str> {
        match &self.words {
            Words::By(texts) => texts.keys().map(String::as_str).collect(),
            Words::First(_) | Words::Any(_) => BTreeSet::new(),
        }
    }
}
