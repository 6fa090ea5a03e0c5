//! Messages as they have been stored since before they could show files: a flag is followed by the file, if there is one.

use serde::{Deserialize, Serialize};

use crate::engine::{Attached, Keyboard};

/// A flag, and perhaps a file. Without one it is the byte that the flag alone has always been.
#[derive(Serialize, Deserialize)]
pub enum Tail {
    /// The flag is not set.
    Off,
    /// It is.
    On,
    /// It is not set, and there is a file.
    OffWith(Box<Attached>),
    /// It is set, and there is a file.
    OnWith(Box<Attached>),
}

impl Tail {
    /// Of both.
    pub fn of(flag: bool, file: Option<Box<Attached>>) -> Self {
        match (flag, file) {
            (false, None) => Self::Off,
            (true, None) => Self::On,
            (false, Some(file)) => Self::OffWith(file),
            (true, Some(file)) => Self::OnWith(file),
        }
    }

    /// The flag and the file.
    pub fn parts(self) -> (bool, Option<Box<Attached>>) {
        match self {
            Self::Off => (false, None),
            Self::On => (true, None),
            Self::OffWith(file) => (false, Some(file)),
            Self::OnWith(file) => (true, Some(file)),
        }
    }
}

/// A message.
#[derive(Serialize, Deserialize)]
pub struct Message {
    html: String,
    keyboard: Keyboard,
    protect: bool,
    preview: bool,
    secret: bool,
    remove_keyboard: Tail,
}

impl From<super::Message> for Message {
    fn from(message: super::Message) -> Self {
        let super::Message { html, keyboard, protect, preview, secret, remove_keyboard, file } = message;
        Self { html, keyboard, protect, preview, secret, remove_keyboard: Tail::of(remove_keyboard, file) }
    }
}

impl From<Message> for super::Message {
    fn from(message: Message) -> Self {
        let Message { html, keyboard, protect, preview, secret, remove_keyboard } = message;
        let (remove_keyboard, file) = remove_keyboard.parts();
        Self { html, keyboard, protect, preview, secret, remove_keyboard, file }
    }
}
