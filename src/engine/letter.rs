//! What records tell one another. A letter is delivered at least once and known by the effect that ordered it; what it says is decided by
//! the record that writes it, in every language of the bot, as only the reader's record knows which of them is spoken there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::effect::Tail;
use crate::engine::steps::review::escape;
use crate::engine::{Attached, EffectId, Matter, RecordId, Reloaded, SessionId, Wish};
use crate::expr::{Time, Value};
use crate::flow::{Away, Maintenance};
use crate::operation::Answer;

/// A text in every language of the bot, as HTML or as it is on a button. The first stands in for those that are missing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wording(pub Vec<(String, String)>);

impl Wording {
    /// As it reads in this language.
    pub fn in_language(&self, language: Option<&str>) -> &str {
        let spoken = self.0.iter().find(|(code, _)| Some(code.as_str()) == language);
        spoken.or_else(|| self.0.first()).map_or("", |(_, text)| text)
    }

    /// This, and that plain text in brackets behind it.
    #[must_use]
    pub fn with_in_brackets(&self, more: &Self) -> Self {
        let both = |code: &str, text: &str| format!("{text} ({})", escape(more.in_language(Some(code))));
        Self(self.0.iter().map(|(code, text)| (code.clone(), both(code, text))).collect())
    }

    /// This, and that below it.
    #[must_use]
    pub fn followed_by(&self, more: &Self) -> Self {
        Self(self.0.iter().map(|(code, text)| (code.clone(), format!("{text}\n\n{}", more.in_language(Some(code))))).collect())
    }
}

/// Names a request for a decision: the record of whoever asks, their session, and which request of that session it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub String);

impl RequestId {
    /// The record of whoever asks.
    pub fn record(&self) -> RecordId {
        RecordId(self.0.rsplit_once('/').map_or(self.0.as_str(), |(record, _)| record).to_owned())
    }

    /// What stands among requests for the notices of a person that say something of them. No session is called so.
    pub(crate) fn notices_of(record: &RecordId) -> Self {
        Self(format!("{}/{NOTICES}", record.0))
    }

    /// True for what [`Self::notices_of`] makes.
    pub(crate) fn names_notices(&self) -> bool {
        self.0.rsplit_once('/').is_some_and(|(_, last)| last == NOTICES)
    }
}

const NOTICES: &str = "notices";

/// Somebody who decides, as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decider {
    /// Their record.
    pub id: RecordId,
    /// Their name.
    pub name: String,
}

/// What one record tells another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Letter {
    /// A message for them: of `notify`.
    Notice(Box<Notice>),
    /// A request waits for their decision, or still waits.
    Card(Box<Card>),
    /// A request waits no longer: its card becomes this, and whoever presses an old button of it is told the other.
    Closed {
        /// Which request.
        request: RequestId,
        /// The card.
        card: Wording,
        /// The answer to an old button.
        late: Wording,
    },
    /// What became of a press or of something written.
    Said(Wording),
    /// What they pressed is not for them.
    Denied,
    /// Before the decision counts, this is to be written, or chosen.
    Write {
        /// Which request.
        request: RequestId,
        /// The option, by its place.
        option: u32,
        /// The question.
        html: Wording,
        /// What is offered: the key of each, and what is on its button. Nothing if something is to be written.
        offers: Vec<(String, Wording)>,
    },
    /// An option of a card was pressed.
    Pressed {
        /// Which request.
        request: RequestId,
        /// The option, by its place.
        option: u32,
        /// By whom.
        who: Decider,
    },
    /// What was to be written or chosen before a decision has been.
    Written {
        /// Which request.
        request: RequestId,
        /// The option, by its place.
        option: u32,
        /// As written, or the key of what was chosen.
        text: String,
        /// By whom.
        who: Decider,
    },
    /// Whoever was to write something has given that up.
    Withdrew {
        /// Which request.
        request: RequestId,
    },
    /// Somebody pressed a button that works once for all who have it.
    Claimed {
        /// What the button carries.
        token: String,
    },
    /// They were the first: the flow starts.
    Handed {
        /// What the button carries.
        token: String,
        /// The flow.
        flow: String,
        /// Its inputs.
        inputs: BTreeMap<String, Value>,
    },
    /// An event has come. Whoever waits for it takes it; a flow that it starts begins, if so asked and nobody waits.
    Occurred {
        /// The event.
        occurrence: Occurrence,
        /// It may start flows.
        starts: bool,
    },
    /// A session waits for an event: it is to be told of it, and of one that came within the last day.
    Awaits {
        /// Its values.
        matching: BTreeMap<String, Value>,
        /// The session.
        session: SessionId,
        /// When it stops waiting at the latest.
        until: Option<Time>,
    },
    /// Somebody else was, or its time is over: the button goes.
    Gone {
        /// What the button carries.
        token: String,
    },
    /// Somebody of a role asks for something to be done here: one of the engine's own operations.
    Asked {
        /// The attempt that awaits the answer.
        effect: EffectId,
        /// `usher.…`
        operation: String,
        /// Its inputs.
        inputs: BTreeMap<String, Value>,
        /// What they are called.
        name: String,
    },
    /// What came of that.
    Answered {
        /// The attempt that awaits the answer.
        effect: EffectId,
        /// The answer.
        answer: Answer,
        /// What they are to read.
        done: Option<Wording>,
    },
    /// Maintenance is over: whoever was asked to wait goes on.
    Reopened,
    /// The house: the operator was shown a code for the first owner.
    Offered {
        /// The code.
        code: String,
        /// When it ends.
        until: Time,
    },
    /// The house: somebody brings a code by which they may come to hold a role.
    Claims {
        /// As written.
        code: String,
        /// Who.
        who: Decider,
    },
    /// The house: the operator switches maintenance on or off.
    Ordered {
        /// What people are asked from now on.
        maintenance: Option<Maintenance>,
    },
    /// The house: something that people of a role are to hear of.
    Matter(Box<Matter>),
    /// Somebody has opened a link: are they invited?
    Opened,
    /// They are: the flow starts.
    Invited {
        /// The flow.
        flow: String,
        /// Its inputs.
        inputs: BTreeMap<String, Value>,
    },
    /// They are not: the link was used, is too old, or never was one.
    Uninvited,
    /// A session does not wait for an event any more: whoever it is of is erased.
    AwaitsNoMore {
        /// The session.
        session: SessionId,
    },
    /// Somebody enters a step that counts by a value: is there a place left?
    Enters {
        /// This letter, as the answer will name it.
        effect: EffectId,
        /// How many there are…
        max: u32,
        /// …within so many milliseconds.
        per: i64,
    },
    /// The answer to that.
    Counted {
        /// The letter that asked.
        effect: EffectId,
        /// There was one, and it is theirs.
        free: bool,
    },
    /// Whoever made a request is erased: its card becomes this, and nothing is kept of it.
    Erased {
        /// Which request.
        request: RequestId,
        /// The card.
        card: Wording,
    },
    /// The house: the bot is there.
    Alive,
    /// The bot was away for long, and is back.
    Away(Away),
    /// The house: all have been told that it is back since then.
    AwayTold {
        /// Since when it is back.
        until: Time,
    },
    /// Sent to many.
    Broadcast {
        /// What.
        html: String,
    },
    /// The broadcasts: a stretch of the records has been gone through.
    Went {
        /// Which broadcast.
        id: String,
        /// To how many it was sent in that stretch.
        sent: u64,
        /// The record up to which everybody has been looked at; nothing at the end.
        after: Option<String>,
    },
    /// An invitation, or the house: whoever says so is erased.
    Forget,
    /// The house: the flows have been read again, because somebody asked for it.
    Reloaded {
        /// Who asked.
        wish: Wish,
        /// What came of it.
        came: Reloaded,
    },
    /// A message for them that says something of whoever writes: it changes should that person be erased.
    Personal(Box<Notice>),
}

/// Something that another system reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Occurrence {
    /// What the other system calls it; the same id is taken once.
    pub id: String,
    /// The event.
    pub event: String,
    /// When it was reported.
    pub at: Time,
    /// Its fields.
    pub fields: BTreeMap<String, Value>,
}

/// A message for somebody else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "StoredNotice", from = "StoredNotice")]
pub struct Notice {
    /// `flow.step`, and the time within which nobody gets another one from there, in milliseconds.
    pub once_per: Option<(String, i64)>,
    /// What it says.
    pub html: Wording,
    /// No forwarding, no saving.
    pub protect: bool,
    /// Link previews are shown.
    pub preview: bool,
    /// Milliseconds after which it is deleted.
    pub delete_after: Option<i64>,
    /// Its buttons.
    pub buttons: Vec<NoticeButton>,
    /// The file that it shows.
    pub file: Option<Box<Attached>>,
}

/// A notice as it has been stored since before it could show a file.
#[derive(Serialize, Deserialize)]
struct StoredNotice {
    once_per: Option<(String, i64)>,
    html: Wording,
    protect: bool,
    preview: Tail,
    delete_after: Option<i64>,
    buttons: Vec<NoticeButton>,
}

impl From<Notice> for StoredNotice {
    fn from(Notice { once_per, html, protect, preview, delete_after, buttons, file }: Notice) -> Self {
        Self { once_per, html, protect, preview: Tail::of(preview, file), delete_after, buttons }
    }
}

impl From<StoredNotice> for Notice {
    fn from(StoredNotice { once_per, html, protect, preview, delete_after, buttons }: StoredNotice) -> Self {
        let (preview, file) = preview.parts();
        Self { once_per, html, protect, preview, delete_after, buttons, file }
    }
}

/// A button of a notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoticeButton {
    /// What is on it.
    pub label: Wording,
    /// What it does.
    pub act: NoticeAct,
}

/// What a button of a notice does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum NoticeAct {
    /// Opens an address.
    Url(Wording),
    /// Copies a text.
    Copy(Wording),
    /// Starts a flow.
    Start {
        /// The flow.
        flow: String,
        /// Its inputs.
        inputs: BTreeMap<String, Value>,
    },
    /// Starts a flow for whoever presses it first; the record that wrote the notice knows which.
    Once {
        /// What the button carries.
        token: String,
    },
}

/// A request as those see it who decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Which request.
    pub request: RequestId,
    /// What it says.
    pub html: Wording,
    /// What can be pressed.
    pub options: Vec<CardOption>,
}

/// What can be pressed under a card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardOption {
    /// Its place among the options of the step.
    pub option: u32,
    /// What is on the button.
    pub label: Wording,
    /// What it does.
    pub act: CardAct,
}

/// What a button of a card does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CardAct {
    /// Decides.
    Decide,
    /// Starts a flow for whoever pressed it.
    Start {
        /// The flow.
        flow: String,
        /// Its inputs.
        inputs: BTreeMap<String, Value>,
    },
    /// Opens an address.
    Url(Wording),
}
