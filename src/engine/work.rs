//! What a turn gathers while it is made: the record as it changes, effects, facts.

use std::collections::BTreeSet;

use crate::engine::scope::{View, zone};
use crate::engine::steps::review::escape;
use crate::engine::walk::Trouble;
use crate::engine::{
    Effect, EffectId, EffectKind, EventId, Fact, FactKind, Keyboard, Matter, Message, MessageRef, Receipt, Receipted, Record, SessionId,
    Standing, Turn, house, tally,
};
use crate::expr::Time;
use crate::flow::{Library, Project, Text};

/// How long the ids of applied events are kept, in milliseconds, and how many at least.
const SEEN_FOR: i64 = 24 * 60 * 60 * 1000;
const SEEN_AT_LEAST: usize = 256;

/// How many of them are kept at most: whoever sends without end must not make their record grow. No channel hands in again what it
/// handed in so long ago: it reads a hundred ahead.
const SEEN_AT_MOST: usize = 1024;

/// Messages whose channel ids are kept, more than any dialogue edits or deletes later; those of cards and of what is to be deleted are
/// kept beside them.
const SENT_AT_MOST: usize = 40;

/// Steps walked for one thing that happened, at most: more is a fault of the flow.
const STEPS_A_TURN: u32 = 100;

/// Flows that may start one another in a turn.
const STARTS_A_TURN: u32 = 8;

/// What waits for a person who cannot be reached, at most: the oldest go first.
const WAITING_AT_MOST: usize = 60;

/// Standing buttons that carry inputs and are kept for one person, at most: the oldest go first.
const STANDING_AT_MOST: usize = 40;

/// A turn in the making.
pub(crate) struct Work<'a> {
    pub library: &'a Library,
    pub record: Record,
    pub now: Time,
    /// The person did something: what is started now is started by them.
    pub acted: bool,
    /// The event was one message too many.
    pub dropped: bool,
    /// The session that has last said something, if that offers other flows to begin.
    pub panel: Option<SessionId>,
    seed: u64,
    walked: u32,
    started: u32,
    effects: Vec<Effect>,
    facts: Vec<Fact>,
    next_effect: u32,
}

/// What a faulted walk goes back to.
pub(crate) struct Mark {
    record: Record,
    effects: usize,
    facts: usize,
}

impl<'a> Work<'a> {
    pub fn new(library: &'a Library, mut record: Record, now: Time, seed: u64) -> Self {
        record.version += 1;
        let (effects, facts) = (Vec::new(), Vec::new());
        Self {
            library,
            record,
            now,
            acted: false,
            dropped: false,
            panel: None,
            seed,
            walked: 0,
            started: 0,
            effects,
            facts,
            next_effect: 0,
        }
    }

    /// Counts the start of a flow: flows may lead to one another, but not for ever.
    pub fn count_start(&mut self) -> Result<(), Trouble> {
        self.started += 1;
        if self.started <= STARTS_A_TURN {
            Ok(())
        } else {
            Err(Trouble::new(format!("more than {STARTS_A_TURN} flows led to one another")))
        }
    }

    /// Counts a step.
    pub fn count_step(&mut self) -> Result<(), Trouble> {
        self.walked += 1;
        if self.walked <= STEPS_A_TURN { Ok(()) } else { Err(Trouble::new(format!("more than {STEPS_A_TURN} steps in one turn"))) }
    }

    /// Something else happens in the same turn, and is counted for itself.
    pub fn count_anew(&mut self) {
        (self.walked, self.started) = (0, 0);
    }

    /// The turn that was made.
    pub fn finish(mut self) -> Turn {
        self.give_up_surplus();
        let counts = tally::of_turn(&mut self);
        Turn { record: self.record, effects: self.effects, facts: self.facts, counts, dropped: self.dropped }
    }

    /// The project that new sessions start on and that the engine's own sentences come from.
    pub fn project(&self) -> &'a Project {
        self.library.project()
    }

    /// The next random number: splitmix64 over the event's seed.
    pub fn draw(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Six characters that cannot be taken for one another, to be said aloud.
    pub fn draw_word(&mut self) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        let drawn = self.draw().to_le_bytes();
        drawn.iter().take(6).map(|byte| char::from(LETTERS[usize::from(*byte & 31)])).collect()
    }

    /// True the first time an event's id is seen.
    pub fn is_new(&mut self, id: &EventId) -> bool {
        let hash = id.hash();
        if self.record.has_seen(hash) {
            return false;
        }
        let seen = &mut self.record.seen;
        let horizon = self.now.plus(-SEEN_FOR);
        let surplus = (seen.len() + 1).saturating_sub(SEEN_AT_LEAST);
        let old = seen.iter().take(surplus).take_while(|(_, at)| *at < horizon).count();
        let old = old.max((seen.len() + 1).saturating_sub(SEEN_AT_MOST));
        seen.drain(..old);
        seen.push((hash, self.now));
        true
    }

    /// Orders an effect and tells its name.
    pub fn order(&mut self, kind: EffectKind) -> EffectId {
        let id = self.next_effect();
        self.next_effect += 1;
        let effect = Effect { id, kind };
        if effect.kind.is_kept() {
            self.record.outbox.push(effect.clone());
        }
        self.effects.push(effect);
        id
    }

    /// The name the next effect will have.
    pub fn next_effect(&self) -> EffectId {
        EffectId { version: self.record.version, index: self.next_effect }
    }

    /// Sends a message; a contact keyboard that is still shown goes with it.
    pub fn send(&mut self, mut message: Message) -> EffectId {
        let contact = message.keyboard.replaces_the_persons();
        message.remove_keyboard = self.record.keyboard_shown && !contact;
        self.record.keyboard_shown = contact;
        self.order(EffectKind::Send(message))
    }

    /// Does something beside the conversation: what is sent meanwhile leaves the button for the person's own number where it is.
    pub fn aside<T>(&mut self, does: impl FnOnce(&mut Self) -> T) -> T {
        let shown = std::mem::take(&mut self.record.keyboard_shown);
        let done = does(self);
        self.record.keyboard_shown |= shown;
        done
    }

    /// A question was answered by a button: its buttons go, and its message says which. What is secret or protected is not repeated.
    pub fn freeze(&mut self, of: MessageRef, question: Message, chosen: &str) {
        let is_told = !question.secret && !question.protect && !question.html.trim().is_empty() && !chosen.is_empty();
        self.order(if is_told {
            let html = format!("{}\n✓ {}", question.html.trim_end(), escape(chosen));
            EffectKind::Freeze { of, message: Message { html, keyboard: Keyboard::None, ..question } }
        } else {
            EffectKind::Strip { of }
        });
    }

    /// Says one of the engine's own sentences, or nothing if the bot has none of this name.
    pub fn say(&mut self, name: &str) {
        self.say_with(name, |view| view);
    }

    /// The same with names of its own.
    pub fn say_with(&mut self, name: &str, names: impl FnOnce(View<'_>) -> View<'_>) {
        let html = self.sentence(name, names);
        self.say_html(html);
    }

    /// Says a text, or nothing if it is empty.
    pub fn say_html(&mut self, html: String) {
        if !html.trim().is_empty() {
            self.send(Message { html, ..Message::default() });
        }
    }

    /// One of the engine's own sentences, as HTML.
    pub fn sentence(&self, name: &str, names: impl FnOnce(View<'_>) -> View<'_>) -> String {
        self.project().bot.texts.get(name).map(|text| self.html(text, names)).unwrap_or_default()
    }

    /// One of the engine's own labels, as plain text.
    pub fn own_label(&self, name: &str) -> String {
        let view = self.view();
        let template = self.project().bot.texts.get(name).and_then(|text| text.in_language(view.language_index()));
        template.and_then(|template| template.render_plain(&view.context()).ok()).unwrap_or_default()
    }

    /// A text as it is, in the language with this index.
    pub fn plain_in(&self, text: &Text, language: usize) -> Option<String> {
        let view = View { spoken: Some(language), ..self.view() };
        text.in_language(language)?.render_plain(&view.context()).ok()
    }

    /// A text outside of any session, as HTML; empty if its template fails, for want of a flow whose fault that would be.
    pub fn html(&self, text: &Text, names: impl FnOnce(View<'_>) -> View<'_>) -> String {
        let view = names(self.view());
        text.in_language(view.language_index()).and_then(|template| template.render(&view.context()).ok()).unwrap_or_default()
    }

    /// The names outside of any session.
    pub fn view(&self) -> View<'_> {
        View {
            project: self.project(),
            installation: &self.library.installation,
            id: &self.record.id,
            person: &self.record.person,
            session: None,
            frame: None,
            now: self.now,
            zone: zone(self.project(), &self.record.person),
            spoken: None,
            local: Vec::new(),
        }
    }

    /// Keeps a button that carries something.
    pub fn keep_button(&mut self, button: Standing) {
        let standing = &mut self.record.standing;
        standing.push(button);
        let surplus = standing.len().saturating_sub(STANDING_AT_MOST);
        standing.drain(..surplus);
    }

    /// Remembers something.
    pub fn note(&mut self, session: Option<&SessionId>, kind: FactKind) {
        self.facts.push(Fact { at: self.now, session: session.cloned(), kind });
    }

    /// What is to be remembered so far.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// Where to go back to if the walk that follows faults.
    pub fn mark(&self) -> Mark {
        Mark { record: self.record.clone(), effects: self.effects.len(), facts: self.facts.len() }
    }

    /// Undoes everything since `mark`. Names of effects are not used again.
    pub fn undo(&mut self, mark: Mark) {
        self.record = mark.record;
        self.effects.truncate(mark.effects);
        self.facts.truncate(mark.facts);
    }

    /// Takes note of what became of messages; returns those of which nobody knows whether they arrived, and which hold a secret.
    pub fn settle(&mut self, receipts: Vec<Receipt>) -> Vec<EffectId> {
        let mut unsure = Vec::new();
        for Receipt { effect, result } in receipts {
            let Some(at) = self.record.outbox.iter().position(|pending| pending.id == effect) else { continue };
            let is_repeated = matches!(result, Receipted::Repeated(_));
            match result {
                Receipted::Unreachable => self.record.unreachable = true,
                Receipted::Done(native) | Receipted::Repeated(native) => {
                    // Nothing is remembered any more of whoever was erased.
                    if is_repeated && !self.record.is_nobody() {
                        self.note(None, FactKind::Repeated { message: effect });
                    }
                    self.record.outbox.remove(at);
                    if let Some(native) = native {
                        self.keep_native(effect, native);
                    }
                }
                Receipted::Refused(why) => {
                    // That a message cannot be changed or deleted any more is nothing that anybody must mend.
                    if matches!(self.record.outbox[at].kind, EffectKind::Send(_)) {
                        house::report(self, Matter::Undelivered { why: why.clone() });
                    }
                    self.give_up(at, why);
                }
                Receipted::Ambiguous => {
                    self.give_up(at, "it may have been sent, and holds a secret".to_owned());
                    unsure.push(effect);
                }
            }
        }
        unsure
    }

    fn give_up(&mut self, at: usize, why: String) {
        self.record.outbox.remove(at);
        self.note(None, FactKind::Undelivered { why });
    }

    fn keep_native(&mut self, effect: EffectId, native: String) {
        self.record.sent.push((effect, native));
        let mut surplus = self.record.sent.len().saturating_sub(SENT_AT_MOST);
        // Without the channel's id a message could never be deleted, and a secret would stay; and whoever decides much would not see on a
        // card what became of it.
        let mut needed: BTreeSet<EffectId> = self.record.deletions.iter().filter_map(|(_, of)| ours(of)).collect();
        needed.extend(self.record.cards.iter().map(|card| card.message));
        self.record.sent.retain(|(sent, _)| {
            let goes = surplus > 0 && !needed.contains(sent);
            surplus -= usize::from(goes);
            !goes
        });
    }

    /// What is said to somebody who cannot be reached does not pile up for ever. Calls are not theirs, and deletions must be done.
    fn give_up_surplus(&mut self) {
        if !self.record.unreachable {
            return;
        }
        let waits = |effect: &Effect| effect.kind.is_for_channel() && !matches!(effect.kind, EffectKind::Delete { .. });
        let waiting: Vec<EffectId> = self.record.outbox.iter().filter(|effect| waits(effect)).map(|effect| effect.id).collect();
        for id in waiting.iter().take(waiting.len().saturating_sub(WAITING_AT_MOST)) {
            self.record.outbox.retain(|effect| effect.id != *id);
            self.note(None, FactKind::Undelivered { why: "too much waits for somebody who cannot be reached".to_owned() });
        }
    }

    /// They are there again: whatever waits for them is tried again, before anything new.
    pub fn reach_again(&mut self) {
        if std::mem::take(&mut self.record.unreachable) {
            let waiting = self.record.outbox.iter().filter(|effect| effect.kind.is_for_channel()).cloned();
            self.effects.splice(0..0, waiting);
        }
    }

    /// Orders the deletion of a message now, and forgets any later one.
    pub fn delete(&mut self, message: MessageRef) {
        self.record.deletions.retain(|(_, due)| *due != message);
        self.order(EffectKind::Delete { of: message });
    }

    /// Deletes the messages whose time has come.
    pub fn delete_due(&mut self) {
        let now = self.now;
        let due: Vec<_> = self.record.deletions.iter().filter(|(at, _)| *at <= now).map(|(_, of)| of.clone()).collect();
        for message in due {
            self.delete(message);
        }
    }
}

/// The effect that sent a message, if it is one of ours that is named so.
fn ours(message: &MessageRef) -> Option<EffectId> {
    match message {
        MessageRef::Ours(effect) => Some(*effect),
        MessageRef::Native(_) => None,
    }
}
