//! The engine: one pure function that advances one person's record by one event.
//!
//! [`step`] knows no clock, no randomness, no files and no network: time and seeds come in with the event, and whatever is to be
//! done goes out as data. It never fails and always ends: trouble in a conversation is data, too.

mod answer;
mod away;
mod broadcast;
mod bulletin;
mod cards;
mod change;
mod desk;
mod effect;
mod erasing;
mod event;
mod fact;
mod flood;
mod house;
mod invitation;
mod keeping;
mod keyboard;
mod letter;
mod menu;
mod notices;
mod offers;
mod parked;
mod places;
mod qr;
mod record;
mod request;
mod route;
mod scope;
mod silence;
mod start;
mod steps;
mod tally;
mod told;
mod walk;
mod words;
mod work;

use crate::flow::Library;

pub use away::Back;
pub use broadcast::{Broadcast, State, broadcasts_id, concerns, going, is_broadcasts, may_go};
pub use bulletin::{Board, Waiting, boards, persons};
pub use desk::{Found, Inquiry, Order, Search, may};
pub use effect::{Attached, Button, Effect, EffectId, EffectKind, Keyboard, Message, MessageRef, Press};
pub use erasing::{ERASE_ME, forgotten};
pub use event::{Act, Event, EventId, EventKind, Receipt, Receipted, Visitor};
pub use fact::{Fact, FactKind};
pub use flood::Flood;
pub use house::{Matter, RELOAD, Reloaded, WAITS, Wish, house, house_id, is_house, maintained, waits, wishes};
pub use invitation::{Invitation, guest_key, is_token};
pub use keeping::{Kept, KeptAnswer};
pub use letter::{Card, CardAct, CardOption, Decider, Letter, Notice, NoticeAct, NoticeButton, Occurrence, RequestId, Wording};
pub use menu::Menu;
pub use parked::{PARKED, Parked};
pub use record::{
    Awaiting, CallState, Calling, Checking, Counter, Frame, Held, Offer, Person, Prompt, PromptKind, Question, Record, RecordId, Rewalk,
    Session, SessionId, Silence, Stage, Standing, value_key,
};
pub use request::{CardRef, Closed, Deciding, Giver, Handing, Hold, Picking, Vote, Writing};
pub use tally::{Count, Counted, Ending, Stop, Tally, Underway, gone};

/// What one event did to one record. The record and the facts are committed together; only then are the effects performed, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The record after the event, one version further.
    pub record: Record,
    /// What to do.
    pub effects: Vec<Effect>,
    /// What is to be remembered.
    pub facts: Vec<Fact>,
    /// What is to be counted; it becomes durable together with the rest.
    pub counts: Vec<Count>,
    /// The event was one message too many, and means nothing.
    pub dropped: bool,
}

/// Advances one record by one event. Pure: same arguments, same turn. Never fails, always ends.
pub fn step(library: &Library, record: Record, event: Event) -> Turn {
    route::turn(library, record, event)
}
