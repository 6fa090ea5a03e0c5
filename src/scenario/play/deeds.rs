//! What people do.

use crate::engine::{Act, Press};
use crate::expr::{File, FileAt};
use crate::scenario::chat::Pushable;
use crate::scenario::play::{Broken, Player};
use crate::scenario::script::{Deed, Phrase};

impl Player<'_, '_, '_> {
    pub(super) fn does(&mut self, who: &str, deed: &Deed, name: Option<&String>) -> Result<(), Broken> {
        match deed {
            Deed::Writes(text) => {
                let text = text.text(self.language).to_owned();
                self.writes(who, &text, name)
            }
            Deed::Presses { label, at } => self.presses(who, label, at.as_ref()),
            Deed::Shares { own, forwarded, number } => {
                self.world.note(format!("{who}: a contact, {number}"));
                let message = self.own_message(who, number, name);
                let act = Act::SharedContact { number: number.clone(), own: *own, forwarded: *forwarded, message };
                Ok(self.world.act(who, act, None)?)
            }
            Deed::SendsFile { name: file, kind, size, album } => {
                self.world.note(format!("{who}: a file, {file}"));
                let message = self.own_message(who, file, name);
                // What a channel calls a file says nothing of it; the same file sent twice is two.
                let id = self.world.fresh("file");
                let channel = self.world.people.get(who).map(|person| person.record.id.channel().to_owned()).unwrap_or_default();
                let file = File { at: FileAt::Channel { channel, id }, name: file.clone(), kind: kind.clone(), size: *size };
                Ok(self.world.act(who, Act::SharedFile { file, album: album.clone(), message }, None)?)
            }
            Deed::SharesLocation { latitude, longitude } => {
                let shown = format!("{latitude}, {longitude}");
                self.world.note(format!("{who}: a location, {shown}"));
                let message = self.own_message(who, &shown, name);
                Ok(self.world.act(who, Act::SharedLocation { latitude: *latitude, longitude: *longitude, message }, None)?)
            }
            Deed::SendsOther(kind) => {
                self.world.note(format!("{who}: a {kind}"));
                let message = self.own_message(who, kind, name);
                Ok(self.world.act(who, Act::SentOther { message }, None)?)
            }
            Deed::Edits { text, at } => self.edits(who, text, at.as_ref()),
        }
    }

    fn writes(&mut self, who: &str, text: &str, name: Option<&String>) -> Result<(), Broken> {
        self.world.note(format!("{who}: {text}"));
        let message = self.own_message(who, text, name);
        let act = Act::Wrote { text: self.world.meant(text), message, forwarded: false };
        Ok(self.world.act(who, act, Some(text))?)
    }

    fn presses(&mut self, who: &str, label: &Phrase, at: Option<&String>) -> Result<(), Broken> {
        let label = label.text(self.language).to_owned();
        let (message, buttons) = self.buttons(who, at)?;
        let Some(button) = buttons.iter().find(|button| button.label() == label) else {
            let there: Vec<String> = buttons.iter().map(|button| format!("[{}]", button.label())).collect();
            let message = format!("{who} has no button [{label}] to press");
            return Err(Broken::because(if there.is_empty() { message } else { format!("{message}; there are {}", there.join(" ")) }));
        };
        let token = match button {
            Pushable::Writes(label) => return self.writes(who, &label.clone(), None),
            Pushable::Contact(_) => {
                return Err(Broken::because(format!("[{label}] shares a contact: write {{ contact: own, phone: \"…\" }} instead")));
            }
            Pushable::Location(_) => {
                return Err(Broken::because(format!("[{label}] shares a location: write {{ location: \"55.75, 37.61\" }} instead")));
            }
            Pushable::Under(button) => match &button.press {
                Press::Token(token) => token.clone(),
                Press::Url(url) => return Err(Broken::because(format!("[{label}] opens {url}, which tells the bot nothing"))),
                Press::Copy(_) => return Err(Broken::because(format!("[{label}] copies a text, which tells the bot nothing"))),
            },
        };
        self.world.note(format!("{who} presses [{label}]"));
        let press = self.world.fresh("press");
        Ok(self.world.act(who, Act::Pressed { token, press, message: Some(message) }, Some(&label))?)
    }

    /// The buttons somebody can press: of a named message those it had when it last had some, else those shown last.
    fn buttons(&self, who: &str, at: Option<&String>) -> Result<(String, Vec<Pushable>), Broken> {
        let chat = self.world.people.get(who).map(|person| &person.chat);
        if let Some(name) = at {
            let place = self.place(who, name)?;
            let shown = chat.and_then(|chat| chat.messages.get(place));
            return Ok(shown.map(|shown| (shown.id.clone(), shown.had.clone())).unwrap_or_default());
        }
        let last = chat.and_then(|chat| chat.last_with_buttons());
        last.map(|shown| (shown.id.clone(), shown.buttons.clone()))
            .ok_or_else(|| Broken::because(format!("no message to {who} has buttons")))
    }

    fn edits(&mut self, who: &str, text: &Phrase, at: Option<&String>) -> Result<(), Broken> {
        let place = match at {
            Some(name) => Some(self.place(who, name)?),
            None => None,
        };
        let messages = self.world.people.get_mut(who).map(|person| &mut person.chat.messages);
        let own = messages.and_then(|messages| match place {
            Some(place) => messages.get_mut(place),
            None => messages.iter_mut().rev().find(|message| message.effect.is_none() && !message.deleted),
        });
        let Some(own) = own.filter(|message| message.effect.is_none()) else {
            return Err(Broken::because(format!("{who} has written nothing that could be edited")));
        };
        let text = text.text(self.language).to_owned();
        text.clone_into(&mut own.text);
        let message = own.id.clone();
        self.world.note(format!("{who} edits a message: {text}"));
        Ok(self.world.act(who, Act::Edited { text: text.clone(), message }, Some(&text))?)
    }

    /// Shows somebody's own message in their chat and tells its id.
    fn own_message(&mut self, who: &str, text: &str, name: Option<&String>) -> String {
        let id = self.world.fresh("m");
        if let Some(person) = self.world.people.get_mut(who) {
            let place = person.chat.write(id.clone(), text);
            if let Some(name) = name {
                self.named.insert(name.clone(), vec![(who.to_owned(), place)]);
            }
        }
        id
    }

    /// The place of a named message in somebody's chat.
    pub(super) fn place(&self, who: &str, name: &str) -> Result<usize, Broken> {
        let places = self.named.get(name).map(Vec::as_slice).unwrap_or_default();
        let place = places.iter().find(|(whose, _)| whose == who).map(|(_, place)| *place);
        place.ok_or_else(|| Broken::because(format!("no message to {who} is called \"{name}\"")))
    }
}
