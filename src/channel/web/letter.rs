//! A message of the mailbox: what is kept of it, and what the page is given.

use serde::{Deserialize, Serialize};

use crate::channel::web::markup;
use crate::engine::{Attached, Keyboard, Message, Press};
use crate::expr::{File, Kind, Shown, Type, Value};

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a property that the page shows by itself")]
pub struct Letter {
    /// Its id: greater than that of any before it.
    pub number: u64,
    /// When it was said, in seconds; 0 if nobody noted it.
    #[serde(default)]
    pub at: i64,
    /// The act by which the person wrote it; none if the bot did.
    pub by: Option<String>,
    /// It is on its way: whether the turn was kept is not known yet.
    pub open: bool,
    /// It is not there any more; its number is not given again.
    pub gone: bool,
    /// What it says, in HTML that holds nothing but formatting.
    pub html: String,
    /// Its rows of buttons.
    pub rows: Vec<Vec<Key>>,
    /// It asks for the person's number.
    pub contact: Option<Contact>,
    /// It is neither to be copied nor marked.
    pub protect: bool,
    /// It is a number that the person gave as their own, which nobody has verified.
    #[serde(default)]
    pub unverified: bool,
    /// The file that it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Box<Kept>>,
}

/// A file of a letter. Where it is is nothing for the page, which asks for it by the number of the letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// It is shown as a picture.
    pub picture: bool,
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The file, as JSON; left out of what a page is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<serde_json::Value>,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// What is on it.
    pub label: String,
    /// What it does.
    pub does: Does,
}

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    /// Comes back to us.
    Press(String),
    /// Opens an address.
    Open(String),
    /// Copies a text.
    Copy(String),
    /// Shares where the person is, as the browser knows it.
    Locate(String),
    /// Writes its label.
    Say(String),
}

/// A question for a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// What is on the button.
    pub label: String,
    /// What is on the one that skips it.
    pub skip: Option<String>,
}

impl Letter {
    /// Something the bot says.
    pub fn told(message: &Message) -> Self {
        let (rows, contact) = match &message.keyboard {
            Keyboard::None => (Vec::new(), None),
            Keyboard::Rows(rows) => (rows.iter().map(|row| row.iter().filter_map(key).collect()).collect(), None),
            Keyboard::Location { label, skip } => {
                let share = Key { label: label.clone(), does: Does::Locate(String::new()) };
                let skip = skip.iter().map(|label| Key { label: label.clone(), does: Does::Say(label.clone()) });
                (vec![std::iter::once(share).chain(skip).collect()], None)
            }
            Keyboard::Contact { label, skip } => (Vec::new(), Some(Contact { label: label.clone(), skip: skip.clone() })),
        };
        let file = message.file.as_deref().map(kept).map(Box::new);
        Self { html: markup::safe(&message.html), rows, contact, protect: message.protect, file, ..Self::default() }
    }

    /// Something the person writes by this act.
    pub fn written(text: &str, act: &str) -> Self {
        Self { by: Some(act.to_owned()), open: true, html: markup::linked(text), ..Self::default() }
    }

    /// As a page is given it.
    pub fn for_page(&self) -> Self {
        let mut letter = self.clone();
        if let Some(kept) = &mut letter.file {
            kept.file = None;
        }
        letter
    }

    /// The file that it shows.
    pub fn shown(&self) -> Option<File> {
        match Value::from_json(self.file.as_ref()?.file.as_ref()?, &Type::certain(Kind::File)) {
            Ok(Value::File(file)) => Some(file),
            _ => None,
        }
    }

    /// True if it asks for a number or a location.
    pub fn asks_to_share(&self) -> bool {
        self.contact.is_some() || self.rows.iter().flatten().any(|key| matches!(key.does, Does::Locate(_)))
    }

    /// Takes its buttons away.
    pub fn strip(&mut self) {
        self.rows.clear();
        self.contact = None;
    }

    /// Takes its buttons away, and lets it say which of them was taken.
    pub fn freeze(&mut self, message: &Message) {
        self.strip();
        self.html = markup::safe(&message.html);
    }

    /// Takes all of it away but its number.
    pub fn remove(&mut self) {
        *self = Self { number: self.number, gone: true, ..Self::default() };
    }
}

fn kept(attached: &Attached) -> Kept {
    let Attached { file, shown } = attached;
    let json = Value::File(file.clone()).to_json();
    Kept { picture: *shown == Shown::Photo, name: file.name.clone(), size: file.size, file: Some(json) }
}

/// A button; none if its address is not one that a page may open.
fn key(button: &crate::engine::Button) -> Option<Key> {
    let does = match &button.press {
        Press::Token(token) => Does::Press(token.clone()),
        Press::Url(url) if markup::may_open(url) => Does::Open(url.clone()),
        Press::Url(_) => return None,
        Press::Copy(text) => Does::Copy(text.clone()),
    };
    Some(Key { label: button.label.clone(), does })
}
