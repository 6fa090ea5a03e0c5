//! What the bot shows, against the lines that say so.

use crate::expr::Shown as FileShown;
use crate::scenario::chat::{Happened, Pushable, Shown};
use crate::scenario::difference::difference;
use crate::scenario::play::{Broken, Player};
use crate::scenario::script::{Flag, Said};
use crate::scenario::world::first_line;

/// The next thing that happened in somebody's chat.
pub(super) struct Surplus {
    happened: Happened,
    /// The message at that moment.
    shown: Shown,
}

impl Surplus {
    /// The message as it is shown in a difference.
    pub fn block(&self) -> String {
        block(&self.shown, &[])
    }

    /// What happened, in words.
    pub fn told(&self, who: &str) -> String {
        let first = first_line(&self.shown.text);
        match self.happened {
            Happened::Sent(_) => format!("the bot said «{first}» to {who}"),
            Happened::Edited(_) | Happened::Frozen(_) => format!("the bot edited a message to {who} into «{first}»"),
            Happened::Deleted(_) => format!("the message «{first}» to {who} was deleted"),
        }
    }
}

impl Player<'_, '_, '_> {
    pub(super) fn says(&mut self, said: &Said) -> Result<(), Broken> {
        let mut places = Vec::new();
        for who in &said.to {
            let surplus = self.next_said(who, said)?;
            self.compare(who, &surplus.shown, said)?;
            if let Happened::Sent(at) = surplus.happened {
                places.push((who.clone(), at));
            }
        }
        if let Some(name) = &said.name {
            self.named.insert(name.clone(), places);
        }
        Ok(())
    }

    pub(super) fn edited(&mut self, name: &str, to: Option<&[String]>, becomes: Option<&Said>) -> Result<(), Broken> {
        for (who, place) in self.holders(name)?.into_iter().filter(|(who, _)| to.is_none_or(|to| to.contains(who))) {
            let frozen = self.take_if(&who, |happened| happened == Happened::Frozen(place));
            let surplus = frozen.or_else(|| self.take(&who));
            let surplus = surplus.ok_or_else(|| self.nothing(&who, &format!("the message \"{name}\" was not edited")))?;
            if !matches!(surplus.happened, Happened::Edited(at) | Happened::Frozen(at) if at == place) {
                return Err(Broken::because(format!("the message \"{name}\" was to be edited, and {}", surplus.told(&who))));
            }
            if let Some(said) = becomes {
                self.compare(&who, &surplus.shown, said)?;
            }
        }
        Ok(())
    }

    pub(super) fn deleted(&mut self, name: &str) -> Result<(), Broken> {
        for (who, place) in self.holders(name)? {
            let surplus = self.take(&who).ok_or_else(|| self.nothing(&who, &format!("the message \"{name}\" was not deleted")))?;
            if surplus.happened != Happened::Deleted(place) {
                return Err(Broken::because(format!("the message \"{name}\" was to be deleted, and {}", surplus.told(&who))));
            }
        }
        Ok(())
    }

    /// The next thing in somebody's chat that no line has named.
    pub(super) fn next_happened(&self, who: &str) -> Option<Surplus> {
        let unnamed = &self.world.people.get(who)?.chat.unnamed;
        let (happened, shown) = unnamed.iter().find(|(happened, _)| !matches!(happened, Happened::Frozen(_)))?;
        Some(Surplus { happened: *happened, shown: shown.clone() })
    }

    fn take(&mut self, who: &str) -> Option<Surplus> {
        self.take_if(who, |happened| !matches!(happened, Happened::Frozen(_)))
    }

    /// The first thing of this kind in somebody's chat that no line has named.
    fn take_if(&mut self, who: &str, wanted: impl Fn(Happened) -> bool) -> Option<Surplus> {
        let unnamed = &mut self.world.people.get_mut(who)?.chat.unnamed;
        let at = unnamed.iter().position(|(happened, _)| wanted(*happened))?;
        unnamed.remove(at).map(|(happened, shown)| Surplus { happened, shown })
    }

    /// The next message to somebody.
    fn next_said(&mut self, who: &str, said: &Said) -> Result<Surplus, Broken> {
        let Some(surplus) = self.take(who) else {
            let expected: Vec<String> = self.expected(said, None).lines().map(|line| format!("- {line}")).collect();
            return Err(self.nothing(who, &format!("the bot has said nothing more to {who}")).with(expected.join("\n")));
        };
        if matches!(surplus.happened, Happened::Sent(_)) {
            return Ok(surplus);
        }
        let expected = self.expected(said, None);
        Err(Broken::because(format!("«{}» was to be said to {who}, and first {}", first_line(&expected), surplus.told(who))))
    }

    fn compare(&self, who: &str, shown: &Shown, said: &Said) -> Result<(), Broken> {
        let (expected, came) = (self.expected(said, Some(shown)), block(shown, &said.flags));
        if expected == came {
            return Ok(());
        }
        Err(Broken::because(format!("the message to {who} is another one")).with(difference(&expected, &came)))
    }

    /// A message as a line wants it: text, buttons, flags.
    fn expected(&self, said: &Said, shown: Option<&Shown>) -> String {
        let text = match (&said.text, shown) {
            (Some(text), _) => text.text(self.language).to_owned(),
            (None, Some(shown)) => shown.text.clone(),
            (None, None) => "*".to_owned(),
        };
        let buttons: Vec<&str> = said.buttons.iter().map(|label| label.text(self.language)).collect();
        let file = said.file.as_ref().map(|(shown, name)| (*shown, beside(name.text(self.language))));
        written(file, &text, &buttons, &said.flags)
    }

    fn holders(&self, name: &str) -> Result<Vec<(String, usize)>, Broken> {
        self.named.get(name).cloned().ok_or_else(|| Broken::because(format!("no message is called \"{name}\"")))
    }

    /// That nothing more happened, and what the bot waits for.
    fn nothing(&self, who: &str, message: &str) -> Broken {
        let waiting = self.world.calls.front().filter(|call| call.who == who);
        Broken::because(match waiting {
            Some(call) => format!("{message}: it waits for the answer to {} {}", call.request.method, call.request.target),
            None => message.to_owned(),
        })
    }
}

/// A message as it came. Only the flags that a line asks for are compared.
fn block(shown: &Shown, asked: &[Flag]) -> String {
    let flags: Vec<Flag> = asked.iter().copied().filter(|flag| shown.flags.contains(flag)).collect();
    let labels: Vec<&str> = shown.buttons.iter().map(Pushable::label).collect();
    let file = shown.file.as_ref().map(|(shown, name)| (*shown, beside(name)));
    written(file, &shown.text, &labels, &flags)
}

/// A path beside the flows, which means the same with a `./` and without.
fn beside(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

fn written(file: Option<(FileShown, &str)>, text: &str, buttons: &[&str], flags: &[Flag]) -> String {
    let mut lines = vec![text.to_owned()];
    if let Some((shown, name)) = file {
        let kind = if shown == FileShown::Photo { "photo" } else { "document" };
        lines.insert(0, format!("{kind}: {name}"));
    }
    if !buttons.is_empty() {
        lines.push(buttons.iter().map(|label| format!("[{label}]")).collect::<Vec<_>>().join(" "));
    }
    if !flags.is_empty() {
        let names: Vec<&str> = flags.iter().map(|flag| flag.name()).collect();
        lines.push(format!("# {}", names.join(" ")));
    }
    lines.join("\n")
}
