//! What happens to a person: nouns and past tense.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::engine::{EffectId, Letter, RecordId};
use crate::expr::{File, Time};
use crate::operation::Answer;

/// An id that the source of the event never gives to another event: `tg/update/500`. The same id is applied once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventId(pub String);

impl EventId {
    /// By which a record remembers it.
    pub fn hash(&self) -> u64 {
        let digest = Sha256::digest(self.0.as_bytes());
        u64::from_le_bytes(digest[..8].try_into().expect("a digest has more than eight bytes"))
    }
}

/// Something that happened. Time and randomness enter the engine here and nowhere else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// The time of the turn.
    pub at: Time,
    /// Fresh randomness: names sessions, keys and buttons.
    pub seed: u64,
    /// What became of messages sent earlier; applied before anything else.
    pub receipts: Vec<Receipt>,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EventKind {
    /// The person did something in their channel.
    Acted {
        /// Who they say they are there.
        who: Visitor,
        /// What they did.
        act: Act,
    },
    /// One attempt of a call ended.
    Attempted {
        /// The call.
        effect: EffectId,
        /// What came of it.
        answer: Answer,
    },
    /// The time the record asked to be woken at has come, or the process has started again.
    Woke,
    /// Nothing but the receipts.
    Settled,
    /// Whoever it is is erased. What the turn remembers goes under the name that the rest of their facts get.
    Erased {
        /// The number of the act.
        act: u64,
        /// The attempt by which they asked for it; nothing if somebody else does.
        asked: Option<EffectId>,
        /// The invitations that they have opened.
        guest_of: Vec<RecordId>,
    },
    /// Another record says something. Delivered at least once; the event's id makes it once.
    Told {
        /// Who says it.
        from: RecordId,
        /// What.
        letter: Letter,
    },
}

/// A person as their channel describes them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Visitor {
    /// Given name.
    pub first_name: String,
    /// Family name, if they gave one.
    pub last_name: Option<String>,
    /// `@name`, if they have one.
    pub username: Option<String>,
    /// IETF tag of their application's language (`ru`, `en-US`), if it is known.
    pub language: Option<String>,
}

/// What a person did. Message ids are the channel's own, as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Act {
    /// Wrote a text; commands and words are texts as well.
    Wrote {
        /// As written.
        text: String,
        /// The message.
        message: String,
        /// It was passed on from elsewhere.
        forwarded: bool,
    },
    /// Changed a message they had written.
    Edited {
        /// The new text.
        text: String,
        /// The message.
        message: String,
    },
    /// Pressed a button.
    Pressed {
        /// What the button carries.
        token: String,
        /// The press, to be acknowledged.
        press: String,
        /// The message the button stands under, if it is still accessible.
        message: Option<String>,
    },
    /// Sent a contact card.
    SharedContact {
        /// As the channel gives it, with or without `+`.
        number: String,
        /// The channel says that the card is their own.
        own: bool,
        /// It was passed on from elsewhere.
        forwarded: bool,
        /// The message.
        message: String,
    },
    /// Sent something that is no answer to anything: a sticker, a voice message.
    SentOther {
        /// The message.
        message: String,
    },
    /// Blocked the bot, or deleted the chat.
    Left,
    /// Came back.
    Returned,
    /// Sent a photo or another file.
    SharedFile {
        /// Where it is.
        file: File,
        /// The album it belongs to: its parts come as messages of their own.
        album: Option<String>,
        /// The message.
        message: String,
    },
    /// Shared a point on the map.
    SharedLocation {
        /// Degrees north of the equator.
        latitude: Decimal,
        /// Degrees east of Greenwich.
        longitude: Decimal,
        /// The message.
        message: String,
    },
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The effect that ordered it.
    pub effect: EffectId,
    /// What became of it.
    pub result: Receipted,
}

/// What became of an effect on the channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Receipted {
    /// Done; the channel's id of the message (the last, if a long text became several), if it made one.
    Done(Option<String>),
    /// The same of a message, by an attempt after one of which nobody knows what it came to: it may be there twice.
    Repeated(Option<String>),
    /// The person cannot be reached: they blocked the bot. The message stays until they come back.
    Unreachable,
    /// It cannot be done, ever; why, without any text of the message.
    Refused(String),
    /// It may have been done. A message without a secret is sent again; one with a secret is not.
    Ambiguous,
}
