//! What a record keeps of its dealings with other people: requests it has made, requests put before it, buttons it gave away.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::{Decider, EffectId, Offer, RecordId, RequestId, Wording};
use crate::expr::{Time, Value};

/// Whoever gave a button that works once for all who have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Giver {
    /// Their record.
    pub record: RecordId,
    /// The message here that it stands under.
    pub message: EffectId,
}

/// A button given to others that works for the first of them who presses it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Handing {
    /// What the button carries.
    pub token: String,
    /// The flow it starts.
    pub flow: String,
    /// Its inputs.
    pub inputs: BTreeMap<String, Value>,
    /// Who has it.
    pub to: Vec<RecordId>,
    /// When it was given.
    pub made: Time,
    /// Its inputs hold a secret: it is not kept for ever.
    pub secret: bool,
}

/// How long a button keeps a secret that nobody has asked for: 48 hours, in milliseconds.
const SECRET_KEPT_FOR: i64 = 48 * 60 * 60 * 1000;

impl Handing {
    /// When it is over by itself.
    pub fn over(&self) -> Option<Time> {
        self.secret.then(|| self.made.plus(SECRET_KEPT_FOR))
    }
}

/// A request that waits for a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deciding {
    /// Its id.
    pub request: RequestId,
    /// Six characters to say aloud.
    pub number: String,
    /// The request that this one follows in its session, by its number.
    pub follows: Option<String>,
    /// When it was made.
    pub made: Time,
    /// The card, as it was shown first.
    pub card: Wording,
    /// Who has a card.
    pub asked: Vec<RecordId>,
    /// What was taken so far, where more than one must agree.
    pub votes: Vec<Vote>,
    /// Somebody writes what their decision needs: the request is theirs for a while.
    pub hold: Option<Hold>,
    /// The reminders that are over.
    pub reminded: u32,
    /// When the next is given: after its time in quiet hours, never before it.
    pub remind: Option<Time>,
    /// When another role may decide, too; nothing if it may already, or never will.
    pub escalate: Option<Time>,
}

/// An option that somebody took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Who.
    pub by: RecordId,
    /// The option, by its place.
    pub option: u32,
}

/// Somebody writes what their decision needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Who.
    pub by: Decider,
    /// The option, by its place.
    pub option: u32,
    /// Until then it is theirs.
    pub until: Time,
}

/// A request that is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    /// Its id.
    pub request: RequestId,
    /// Its number.
    pub number: String,
    /// The request it followed, by its number.
    pub follows: Option<String>,
    /// When that was.
    pub at: Time,
    /// Who decided, if anybody did, and the option they took.
    pub by: Option<(Decider, String)>,
    /// What others read of it.
    pub verdict: Wording,
    /// The answer to an old button.
    pub late: Wording,
}

/// A request that was put before somebody, or a notice that says something of whoever sent it: of that nothing is known but the message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardRef {
    /// What its buttons carry; nothing for a notice.
    pub nonce: String,
    /// Which request; for a notice, whose.
    pub request: RequestId,
    /// The message that shows it.
    pub message: EffectId,
    /// Options that start a flow, by their places: the flow, and its inputs.
    pub starts: Vec<(u32, String, BTreeMap<String, Value>)>,
    /// It is over: the answer to its old buttons.
    pub late: Option<Wording>,
}

/// What somebody is to write, or to choose, before their decision counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    /// Which request.
    pub request: RequestId,
    /// The option, by its place.
    pub option: u32,
    /// Until then it is awaited.
    pub until: Time,
    /// What is offered, if something is to be chosen.
    pub picking: Option<Picking>,
}

/// A list before somebody who decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picking {
    /// What its buttons carry.
    pub nonce: String,
    /// The question, in HTML.
    pub html: String,
    /// The message that shows it.
    pub message: EffectId,
    /// What is offered, in order.
    pub offers: Vec<Offer>,
    /// The page shown, from 0.
    pub page: u32,
    /// What was searched for.
    pub search: Option<String>,
}
