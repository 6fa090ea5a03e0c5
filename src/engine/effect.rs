//! What is to be done: imperatives.

mod stored;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::engine::{Letter, Menu, RecordId};
use crate::expr::{File, Shown};
use crate::operation::Request;

pub(super) use stored::Tail;

/// Names an effect of a record: the version of the record that ordered it, and its place in that turn. Deterministic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectId {
    /// The version the turn made.
    pub version: u64,
    /// From 0.
    pub index: u32,
}

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.version, self.index)
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Its name.
    pub id: EffectId,
    /// What.
    pub kind: EffectKind,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EffectKind {
    /// Send a message to the person.
    Send(Message),
    /// Put this text and these buttons in the place of a message's.
    Edit {
        /// The message.
        of: MessageRef,
        /// What it becomes.
        message: Message,
    },
    /// Take the buttons of a message away.
    Strip {
        /// The message.
        of: MessageRef,
    },
    /// Delete a message, ours or the person's own.
    Delete {
        /// The message.
        of: MessageRef,
    },
    /// Make one attempt of a call.
    Call {
        /// What is sent.
        request: Request,
        /// It may be sent again if the process died while it was under way: a read, or the server knows our key.
        repeatable: bool,
    },
    /// Tell another record something.
    Tell {
        /// Which.
        to: RecordId,
        /// What.
        letter: Letter,
    },
    /// Acknowledge a press. Best effort, not kept.
    Acknowledge {
        /// The press.
        press: String,
        /// A short notice, at most 200 characters.
        text: Option<String>,
    },
    /// Show the commands of this language in the person's menu. Best effort, not kept.
    ShowCommands {
        /// Two letters.
        language: String,
    },
    /// Show the commands that somebody of these roles may begin with. Best effort, not kept.
    ShowMenu(Menu),
    /// Take the buttons of a message away and let it say which of them was taken. Where its text cannot be changed any more only the
    /// buttons go, and nothing is sent anew.
    Freeze {
        /// The message.
        of: MessageRef,
        /// What it becomes.
        message: Message,
    },
}

impl EffectKind {
    /// False for what is best effort: it is not kept in the record and not repeated.
    pub fn is_kept(&self) -> bool {
        !matches!(self, Self::Acknowledge { .. } | Self::ShowCommands { .. } | Self::ShowMenu(_))
    }

    /// True for what the channel does, false for calls and letters.
    pub fn is_for_channel(&self) -> bool {
        !matches!(self, Self::Call { .. } | Self::Tell { .. })
    }
}

/// A message of the chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageRef {
    /// One that this effect sent.
    Ours(EffectId),
    /// One by the channel's own id.
    Native(String),
}

/// A message to a person.
#[allow(clippy::struct_excessive_bools)] // each is a flag of the channel's own, and any may go with any
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "stored::Message", from = "stored::Message")]
pub struct Message {
    /// HTML of Telegram's kind, every inserted value escaped. May be longer than a channel takes at once.
    pub html: String,
    /// Buttons.
    pub keyboard: Keyboard,
    /// No forwarding, no saving.
    pub protect: bool,
    /// Link previews are shown.
    pub preview: bool,
    /// It holds a secret: never sent again after an ambiguous attempt.
    pub secret: bool,
    /// A keyboard of the contact kind is still shown and must go.
    pub remove_keyboard: bool,
    /// The file that it shows; the text is below it.
    pub file: Option<Box<Attached>>,
}

/// A file in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// The file.
    pub file: File,
    /// How it is shown.
    pub shown: Shown,
}

/// The buttons of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Keyboard {
    /// None.
    #[default]
    None,
    /// Rows of buttons under the message.
    Rows(Vec<Vec<Button>>),
    /// One button that shares the person's own number.
    Contact {
        /// What is on it.
        label: String,
        /// What is on the button that skips the question, if it may be skipped.
        skip: Option<String>,
    },
    /// One button that shares the place where the person is.
    Location {
        /// What is on it.
        label: String,
        /// What is on the button that skips the question, if it may be skipped.
        skip: Option<String>,
    },
}

impl Keyboard {
    /// True for one that takes the place of the person's own keyboard until it is taken away.
    pub fn replaces_the_persons(&self) -> bool {
        matches!(self, Self::Contact { .. } | Self::Location { .. })
    }
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What is on it.
    pub label: String,
    /// What it does.
    pub press: Press,
}

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Press {
    /// Comes back to us with this token, at most 64 bytes.
    Token(String),
    /// Opens an address.
    Url(String),
    /// Copies a text of 1–256 characters.
    Copy(String),
}
