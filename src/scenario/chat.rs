//! One person's chat as they see it, and what has happened in it that no line has named yet.

use std::collections::VecDeque;

use crate::engine::{Button, EffectId, Keyboard, Message, MessageRef};
use crate::expr::{File, FileAt, Shown as FileShown};
use crate::scenario::script::Flag;

/// A message in a chat.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// The channel's id of it.
    pub id: String,
    /// What ordered it; nothing for the person's own.
    pub effect: Option<EffectId>,
    /// As it is read: without tags.
    pub text: String,
    pub flags: Vec<Flag>,
    /// It shows a secret, and is treated so.
    pub secret: bool,
    /// Buttons it shows now.
    pub buttons: Vec<Pushable>,
    /// Buttons it showed when it last had some: somebody may still have it so on their screen.
    pub had: Vec<Pushable>,
    pub deleted: bool,
    /// The file that it shows: how, and its path beside the flows or its name.
    pub file: Option<(FileShown, String)>,
}

/// Something that can be pressed under a message or instead of the keyboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pushable {
    /// Under a message.
    Under(Button),
    /// Instead of the keyboard: shares the person's own number.
    Contact(String),
    /// Instead of the keyboard: shares where the person is.
    Location(String),
    /// Instead of the keyboard: writes its label.
    Writes(String),
}

impl Pushable {
    pub fn label(&self) -> &str {
        match self {
            Self::Under(button) => &button.label,
            Self::Contact(label) | Self::Location(label) | Self::Writes(label) => label,
        }
    }
}

/// What has happened to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happened {
    Sent(usize),
    Edited(usize),
    Deleted(usize),
    /// It says which of its buttons was taken. Whoever reads a test knows that already: no line need name it.
    Frozen(usize),
}

/// A chat.
#[derive(Debug, Default)]
pub(super) struct Chat {
    pub messages: Vec<Shown>,
    /// What no line has named yet, in order, and what the message was like at that moment.
    pub unnamed: VecDeque<(Happened, Shown)>,
}

impl Chat {
    /// Shows a message of the bot's; tells its place.
    pub fn send(&mut self, id: String, effect: EffectId, message: &Message) -> usize {
        let mut shown = Shown::of(id, message);
        shown.effect = Some(effect);
        if message.remove_keyboard || message.keyboard.replaces_the_persons() {
            // There is one keyboard in a chat, whichever message brought it.
            for earlier in &mut self.messages {
                earlier.buttons.retain(|button| matches!(button, Pushable::Under(_)));
            }
        }
        self.messages.push(shown);
        let at = self.messages.len() - 1;
        self.remember(Happened::Sent(at), at);
        at
    }

    /// Shows a message of the person's own; tells its place.
    pub fn write(&mut self, id: String, text: &str) -> usize {
        let message = Message { html: String::new(), ..Message::default() };
        self.messages.push(Shown { text: text.to_owned(), ..Shown::of(id, &message) });
        self.messages.len() - 1
    }

    /// Puts another message in the place of one; tells its place, or nothing if it is not there.
    pub fn edit(&mut self, of: &MessageRef, message: &Message) -> Option<usize> {
        let at = self.find(of)?;
        let shown = &mut self.messages[at];
        let now = Shown::of(shown.id.clone(), message);
        let had = if now.buttons.is_empty() { shown.had.clone() } else { now.buttons.clone() };
        // The file of a message stays what it is.
        *shown = Shown { effect: shown.effect, had, file: shown.file.clone(), ..now };
        self.remember(Happened::Edited(at), at);
        Some(at)
    }

    /// Takes the buttons of a message away, and lets it say which of them was taken.
    pub fn freeze(&mut self, of: &MessageRef, message: &Message) {
        let Some(at) = self.find(of) else { return };
        self.messages[at].buttons.clear();
        self.messages[at].text = plain(&message.html);
        self.remember(Happened::Frozen(at), at);
    }

    /// Takes the buttons of a message away.
    pub fn strip(&mut self, of: &MessageRef) {
        if let Some(at) = self.find(of) {
            self.messages[at].buttons.clear();
        }
    }

    /// Deletes a message; tells its place.
    pub fn delete(&mut self, of: &MessageRef) -> Option<usize> {
        let at = self.find(of)?;
        self.messages[at].deleted = true;
        self.remember(Happened::Deleted(at), at);
        Some(at)
    }

    /// The last message that has buttons now.
    pub fn last_with_buttons(&self) -> Option<&Shown> {
        self.messages.iter().rev().find(|message| !message.deleted && !message.buttons.is_empty())
    }

    fn remember(&mut self, happened: Happened, at: usize) {
        self.unnamed.push_back((happened, self.messages[at].clone()));
    }

    fn find(&self, of: &MessageRef) -> Option<usize> {
        self.messages.iter().rposition(|message| {
            !message.deleted
                && match of {
                    MessageRef::Ours(effect) => message.effect == Some(*effect),
                    MessageRef::Native(id) => message.id == *id,
                }
        })
    }
}

impl Shown {
    fn of(id: String, message: &Message) -> Self {
        let buttons = pushables(&message.keyboard);
        Self {
            id,
            effect: None,
            text: plain(&message.html),
            flags: flags(message),
            secret: message.secret,
            had: buttons.clone(),
            buttons,
            deleted: false,
            file: message.file.as_ref().map(|attached| (attached.shown, called(&attached.file))),
        }
    }
}

/// What lines call a file: its path if it stands beside the flows, else its name.
fn called(file: &File) -> String {
    match &file.at {
        FileAt::Flows { path, .. } => path.clone(),
        FileAt::Channel { .. } | FileAt::Here(_) => file.name.clone(),
    }
}

fn flags(message: &Message) -> Vec<Flag> {
    let holds = |flag: &Flag| match flag {
        Flag::Protected => message.protect,
        Flag::NoPreview => !message.preview,
    };
    Flag::ALL.into_iter().filter(holds).collect()
}

fn pushables(keyboard: &Keyboard) -> Vec<Pushable> {
    match keyboard {
        Keyboard::None => Vec::new(),
        Keyboard::Rows(rows) => rows.iter().flatten().cloned().map(Pushable::Under).collect(),
        Keyboard::Contact { label, skip } => {
            std::iter::once(Pushable::Contact(label.clone())).chain(skip.clone().map(Pushable::Writes)).collect()
        }
        Keyboard::Location { label, skip } => {
            std::iter::once(Pushable::Location(label.clone())).chain(skip.clone().map(Pushable::Writes)).collect()
        }
    }
}

/// HTML as it is read: tags removed, entities resolved.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = rest[at..].find('>').map_or("", |end| &rest[at + end + 1..]);
    }
    text.push_str(rest);
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")];
    let text = entities.into_iter().fold(text, |text, (entity, char)| text.replace(entity, char));
    text.trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_inserted_text_is_as_it_was_written() {
        assert_eq!(plain("<b>Код</b>:\n<code>A&amp;lt;</code>\n"), "Код:\nA&lt;");
        assert_eq!(plain("О&#39;Нил &lt;3 &amp; Ко"), "О'Нил <3 & Ко");
        assert_eq!(plain("1 &lt; 2 <i"), "1 < 2 ");
    }
}
