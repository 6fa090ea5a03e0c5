//! Walking: from step to step until one waits or the session ends.
//!
//! A [`Walk`] is one session taken out of its record for the time of a turn. Verbs live in `steps`; this file knows entering and
//! leaving steps, roads and ends.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::engine::record::{Frame, Held, Question, Session, Stage};
use crate::engine::scope::{View, zone};
use crate::engine::steps;
use crate::engine::work::Work;
use crate::engine::{Attached, EffectId, EffectKind, FactKind, Keyboard, Message, MessageRef, Press, keeping, places};
use crate::expr::{Expression, Fault, Shown, Time, Value};
use crate::flow::{Due, Flow, Limit, Manner, Next, Project, Road, Step, Target, Text, Verb};

/// How deep flows may run one another.
pub(crate) const DEPTH: usize = 8;

/// Messages with secrets go after 47 hours at the latest: Telegram deletes nothing older than 48.
pub(crate) const SECRET_FOR: i64 = 47 * 60 * 60 * 1000;

/// A fault of a flow: where, and why, without any value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trouble {
    pub cause: String,
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self { cause: fault.cause }
    }
}

impl Trouble {
    pub fn new(cause: impl Into<String>) -> Self {
        Self { cause: cause.into() }
    }
}

/// Where a walk goes on.
#[derive(Debug, Clone)]
pub(crate) enum Onward<'p> {
    /// Into the step with this index.
    Enter(usize),
    /// The step it stands at is done; its own `go`, `end` or the next step follows.
    Complete,
    /// By this road.
    Take(&'p Road),
    /// Where a road leads, without its words: it was walked before.
    Follow(&'p Target),
    /// The innermost flow ends so.
    End(String),
    /// The session ends so, all flows of it, and that flow starts.
    HandOver { flow: &'p str, inputs: BTreeMap<String, Value>, end: &'p str },
    /// The person is taken to have written this word; the step keeps waiting.
    Word(crate::flow::Word),
    /// Nowhere: something is awaited.
    Stay,
}

/// What a walk came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Came {
    /// It waits.
    Waits,
    /// The session is over.
    Over,
    /// The session is over, and that flow starts for the same person.
    Handing { flow: String, inputs: BTreeMap<String, Value> },
    /// It waits, and the person is taken to have written this word.
    Word(crate::flow::Word),
}

/// A session being walked.
pub(crate) struct Walk<'w, 'a, 'p> {
    pub work: &'w mut Work<'a>,
    pub project: &'p Project,
    pub session: Session,
    /// The person did something in this session in this turn: it may come to the front.
    pub initiative: bool,
    /// The words of the ERP that precede the next question, in HTML.
    pub reason: Option<String>,
    /// The event on whose road the walk is.
    pub event: Option<Cow<'static, Value>>,
    /// Steps passed over in this walk, with the depth of their frames: who comes by twice walks in a circle.
    pub passed: BTreeSet<(usize, String)>,
}

impl<'w, 'a, 'p> Walk<'w, 'a, 'p> {
    pub fn new(work: &'w mut Work<'a>, project: &'p Project, session: Session, initiative: bool) -> Self {
        Self { work, project, session, initiative, reason: None, event: None, passed: BTreeSet::new() }
    }

    /// Walks until something is awaited or the session is over.
    pub fn go(&mut self, mut onward: Onward<'p>) -> Result<Came, Trouble> {
        loop {
            onward = match onward {
                Onward::Enter(at) => self.enter(at)?,
                Onward::Complete => self.complete()?,
                Onward::Take(road) => self.take(road)?,
                Onward::Follow(target) => self.follow(target)?,
                Onward::End(end) => match self.end(&end)? {
                    Some(onward) => onward,
                    None => return Ok(Came::Over),
                },
                Onward::HandOver { flow, inputs, end } => {
                    self.end_all(end);
                    return Ok(Came::Handing { flow: flow.to_owned(), inputs });
                }
                Onward::Word(word) => return Ok(Came::Word(word)),
                Onward::Stay => return Ok(Came::Waits),
            }
        }
    }

    // — where it stands —

    pub fn frame(&self) -> &Frame {
        self.session.frames.last().expect("a session has a frame")
    }

    pub fn frame_mut(&mut self) -> &mut Frame {
        self.session.frames.last_mut().expect("a session has a frame")
    }

    pub fn flow(&self) -> Result<&'p Flow, Trouble> {
        self.flow_of(self.frame())
    }

    pub fn flow_of(&self, frame: &Frame) -> Result<&'p Flow, Trouble> {
        self.project.flows.get(&frame.flow).ok_or_else(|| Trouble::new(format!("flow \"{}\" is not there", frame.flow)))
    }

    /// The step it stands at.
    pub fn step(&self) -> Result<&'p Step, Trouble> {
        let at = &self.frame().at;
        self.flow()?.step(at).ok_or_else(|| Trouble::new(format!("step \"{at}\" is not there")))
    }

    /// The question that waits here, if one does.
    pub fn question(&self) -> Option<&Question> {
        match &self.frame().stage {
            Stage::Asking(question) => Some(question),
            _ => None,
        }
    }

    pub fn question_mut(&mut self) -> Option<&mut Question> {
        match &mut self.frame_mut().stage {
            Stage::Asking(question) => Some(question),
            _ => None,
        }
    }

    // — names and texts —

    pub fn view(&self) -> View<'_> {
        View {
            project: self.project,
            installation: &self.work.library.installation,
            id: &self.work.record.id,
            person: &self.work.record.person,
            session: Some(&self.session),
            frame: self.session.frames.last(),
            now: self.work.now,
            zone: zone(self.project, &self.work.record.person),
            spoken: None,
            local: self.event.iter().map(|event| (Cow::Borrowed("event"), Cow::Borrowed(event.as_ref()))).collect(),
        }
    }

    pub fn value(&self, expression: &Expression) -> Result<Value, Trouble> {
        Ok(expression.evaluate(&self.view().context())?)
    }

    pub fn holds(&self, condition: &Expression) -> Result<bool, Trouble> {
        Ok(condition.holds(&self.view().context())?)
    }

    pub fn values(&self, with: &[(String, Expression)]) -> Result<BTreeMap<String, Value>, Trouble> {
        with.iter().map(|(name, expression)| Ok((name.clone(), self.value(expression)?))).collect()
    }

    /// A text as HTML.
    pub fn html(&self, text: &Text) -> Result<String, Trouble> {
        self.html_with(text, |view| view)
    }

    pub fn html_with<'v>(&'v self, text: &Text, names: impl FnOnce(View<'v>) -> View<'v>) -> Result<String, Trouble> {
        let view = names(self.view());
        let template = text.in_language(view.language_index()).ok_or_else(|| Trouble::new("a text is not there in any language"))?;
        Ok(template.render(&view.context())?)
    }

    /// A text as it is: a label, an address.
    pub fn plain(&self, text: &Text) -> Result<String, Trouble> {
        self.plain_with(text, |view| view)
    }

    pub fn plain_with<'v>(&'v self, text: &Text, names: impl FnOnce(View<'v>) -> View<'v>) -> Result<String, Trouble> {
        let view = names(self.view());
        let template = text.in_language(view.language_index()).ok_or_else(|| Trouble::new("a text is not there in any language"))?;
        Ok(template.render_plain(&view.context())?)
    }

    /// The author's label, or the engine's own of this name.
    pub fn label_or(&self, label: Option<&Text>, own: &str) -> Result<String, Trouble> {
        match label {
            Some(label) => self.plain(label),
            None => Ok(self.work.own_label(own)),
        }
    }

    /// Says a text. What a secret stands in is deleted when the step is left.
    pub fn say(&mut self, text: &Text) -> Result<String, Trouble> {
        let html = self.html(text)?;
        self.send(Message { html: html.clone(), ..Message::default() }, &Manner::default());
        Ok(html)
    }

    /// Sends a message in this manner.
    pub fn send(&mut self, message: Message, manner: &Manner) -> Option<EffectId> {
        if message.html.trim().is_empty() && message.file.is_none() {
            return None;
        }
        let secret = manner.secret || message.keyboard_copies() && manner.protect;
        let id = self.work.send(Message { protect: manner.protect || secret, preview: manner.preview && !secret, secret, ..message });
        let gone_after = manner.delete_after.or(secret.then_some(SECRET_FOR));
        if let Some(after) = gone_after {
            self.work.record.deletions.push((self.work.now.plus(after), MessageRef::Ours(id)));
        }
        if secret {
            self.frame_mut().secrets.push(id);
        }
        Some(id)
    }

    /// The file that goes with a message, if there is one. What no chat can show as a picture is shown as a file.
    pub fn attached(&self, manner: &Manner) -> Result<Option<Box<Attached>>, Trouble> {
        let Some(enclosed) = &manner.file else { return Ok(None) };
        let file = match self.value(&enclosed.file)? {
            Value::File(file) => file,
            Value::None => return Ok(None),
            _ => return Err(Trouble::new("what is shown is no file")),
        };
        let shown = if file.is_picture() { enclosed.shown } else { Shown::Document };
        Ok(Some(Box::new(Attached { file, shown })))
    }

    pub fn note(&mut self, kind: FactKind) {
        let session = self.session.id.clone();
        self.work.note(Some(&session), kind);
    }

    pub fn audit(&mut self, name: Option<&String>) {
        if let Some(name) = name {
            self.note(FactKind::Audited { name: name.clone() });
        }
    }

    // — steps —

    /// Enters a step: judged, limited, told, done.
    fn enter(&mut self, at: usize) -> Result<Onward<'p>, Trouble> {
        self.work.count_step()?;
        let flow = self.flow()?;
        let Some(step) = flow.steps.get(at) else { return Ok(Onward::End("completed".to_owned())) };
        self.stand_at(step);
        if let Some(when) = &step.when
            && !self.holds(when)?
        {
            self.lose(&step.id);
            self.need_not_ask(&step.id);
            return Ok(Onward::Enter(at + 1));
        }
        if let Some(onward) = self.pass_over(step)? {
            return Ok(onward);
        }
        self.note(FactKind::Reached { flow: flow.id.clone(), step: step.id.clone() });
        if let Some(onward) = self.known(step)? {
            return Ok(onward);
        }
        if let Some(limit) = &step.limit {
            let by = limit.by.as_ref().map(|by| self.value(by)).transpose()?;
            match by {
                Some(value) if !value.is_none() => return Ok(places::ask(self, limit, &value)),
                _ if self.is_surplus(flow, step, limit) => return Ok(Onward::Take(&limit.road)),
                _ => {}
            }
        }
        self.perform(step)
    }

    /// Does what the step says, now that it is entered.
    pub fn perform(&mut self, step: &'p Step) -> Result<Onward<'p>, Trouble> {
        // What an `approve` tells knows of the request, which is made by the step itself.
        if let Some(tell) = &step.tell
            && !matches!(step.verb, Verb::Approve(_))
        {
            self.say(tell)?;
        }
        let onward = steps::perform(self, step)?;
        if let (Onward::Stay, Some(event)) = (&onward, &step.event) {
            steps::wait::listen(self, &event.awaited)?;
        }
        Ok(onward)
    }

    /// Stands at a step; what belonged to the stay at the one before is over.
    pub fn stand_at(&mut self, step: &Step) {
        let now = self.work.now;
        self.session.silence = None;
        let frame = self.frame_mut();
        steps::file::forget(frame);
        step.id.clone_into(&mut frame.at);
        frame.entered = now;
        frame.due = None;
        frame.awaiting = None;
    }

    /// The answer that is known already, taken without asking.
    fn known(&mut self, step: &'p Step) -> Result<Option<Onward<'p>>, Trouble> {
        let Verb::Ask(ask) = &step.verb else { return Ok(None) };
        let Some(known) = &ask.known else { return Ok(None) };
        if self.frame().rewalk.as_ref().is_some_and(|rewalk| rewalk.asks(&step.id)) {
            return Ok(None);
        }
        let value = self.value(known)?;
        if value.is_none() {
            return Ok(None);
        }
        steps::ask::take_known(self, ask, value)
    }

    /// Counts this entry of a step with `limit`, by this person; true if there were too many.
    fn is_surplus(&mut self, flow: &Flow, step: &Step, limit: &Limit) -> bool {
        let name = format!("{}.{}", flow.id, step.id);
        let (now, horizon) = (self.work.now, self.work.now.plus(-limit.per));
        let counters = &mut self.work.record.counters;
        let at = counters.iter().position(|counter| counter.step == name).unwrap_or_else(|| {
            counters.push(crate::engine::Counter { step: name, entered: Vec::new() });
            counters.len() - 1
        });
        let entered = &mut counters[at].entered;
        entered.retain(|at| *at > horizon);
        if entered.len() >= limit.max as usize {
            return true;
        }
        entered.push(now);
        false
    }

    /// Sets the step's deadline: it waits from here.
    pub fn set_timeout(&mut self, step: &Step) -> Result<(), Trouble> {
        let Some(timeout) = &step.timeout else { return Ok(()) };
        let entered = self.frame().entered;
        let due = self.moment(&timeout.due, entered)?;
        self.frame_mut().due = Some(due);
        Ok(())
    }

    /// The moment something falls due, counted from `from`.
    pub fn moment(&self, due: &Due, from: Time) -> Result<Time, Trouble> {
        match due {
            Due::After(expression) => match self.value(expression)? {
                Value::Duration(millis) => Ok(from.plus(millis.max(0))),
                _ => Err(Trouble::new("a duration is needed")),
            },
            Due::At(expression) => match self.value(expression)? {
                Value::Time(at) => Ok(at),
                _ => Err(Trouble::new("a moment is needed")),
            },
        }
    }

    /// The step it stands at is done.
    fn complete(&mut self) -> Result<Onward<'p>, Trouble> {
        let (flow, step) = (self.flow()?, self.step()?);
        self.leave(step);
        self.frame_mut().said = None;
        Ok(match &step.next {
            Next::Following => Onward::Enter(flow.index[&step.id] + 1),
            Next::Go(at) => Onward::Enter(*at),
            Next::End(end) => Onward::End(end.clone()),
        })
    }

    /// What leaving a step takes away: its messages with secrets, and what it was told to forget.
    pub fn leave(&mut self, step: &Step) {
        self.drop_secrets();
        self.need_not_ask(&step.id);
        self.frame_mut().due = None;
        for (id, field) in &step.forget {
            let Some(held) = self.frame_mut().results.get_mut(id) else { continue };
            match (field, &mut held.value) {
                (None, value) => *value = Value::None,
                (Some(field), Value::Record(fields)) => {
                    fields.insert(field.clone(), Value::None);
                }
                (Some(_), _) => {}
            }
        }
    }

    /// A change has had its turn at this step.
    fn need_not_ask(&mut self, id: &str) {
        if let Some(rewalk) = &mut self.frame_mut().rewalk {
            rewalk.ask.retain(|ask| ask != id);
        }
    }

    /// A result that is no more.
    pub fn lose(&mut self, id: &str) {
        let frame = self.frame_mut();
        if let Some(lost) = frame.results.remove(id)
            && !lost.value.is_none()
            && let Some(rewalk) = &mut frame.rewalk
        {
            rewalk.changed.push(id.to_owned());
        }
        frame.answered.retain(|answered| answered != id);
    }

    /// Keeps the result of the step it stands at; in a re-walk, whoever reads it must know if it is another one.
    pub fn keep(&mut self, held: Held) {
        let frame = self.frame_mut();
        steps::file::forget(frame);
        let id = frame.at.clone();
        let old = frame.results.insert(id.clone(), held);
        let new = &frame.results[&id];
        if let Some(rewalk) = &mut frame.rewalk {
            let same = match rewalk.aside.remove(&id) {
                Some(aside) => aside == fingerprint(new),
                None => old.is_some_and(|old| old.value == new.value),
            };
            rewalk.ask.retain(|ask| *ask != id);
            if !same && !rewalk.changed.contains(&id) {
                rewalk.changed.push(id);
                self.lose_dependants();
            }
        }
    }

    // — roads and ends —

    fn take(&mut self, road: &'p Road) -> Result<Onward<'p>, Trouble> {
        self.audit(road.audit.as_ref());
        let said = road.say.as_ref().map(|say| self.html(say)).transpose()?;
        if let Some(html) = said.clone() {
            // What is said stands below what was taken away.
            if !matches!(road.to, Target::Word(_)) {
                self.drop_secrets();
            }
            self.send(Message { html, ..Message::default() }, &Manner::default());
        }
        let onward = self.follow(&road.to)?;
        if said.is_some() {
            self.frame_mut().said = said;
        }
        Ok(onward)
    }

    fn follow(&mut self, target: &'p Target) -> Result<Onward<'p>, Trouble> {
        let step = self.step()?;
        Ok(match target {
            Target::Complete => self.complete()?,
            Target::Go(at) => {
                self.leave(step);
                self.event = None;
                Onward::Enter(*at)
            }
            Target::End(end) => {
                self.leave(step);
                Onward::End(end.clone())
            }
            Target::Change(steps) => self.change(steps, None)?,
            Target::Start { flow, with, end } => {
                // What the step forgets may be what is handed over.
                let inputs = self.values(with)?;
                self.leave(step);
                Onward::HandOver { flow, inputs, end }
            }
            Target::Word(word) => Onward::Word(*word),
        })
    }

    /// The innermost flow ends; the one that ran it goes on, if there is one.
    fn end(&mut self, end: &str) -> Result<Option<Onward<'p>>, Trouble> {
        if self.session.frames.len() == 1 {
            keeping::keep(self.work, self.project, &self.session, end);
            self.over(end);
            return Ok(None);
        }
        let flow = self.flow()?;
        let view = self.view();
        let mut outputs = BTreeMap::new();
        for (name, expression) in &flow.outputs {
            // An output that this end cannot compute is optional: none.
            outputs.insert(name.clone(), expression.evaluate(&view.context()).unwrap_or_default());
        }
        let committed = self.frame().results.values().any(|held| held.committed);
        self.note(FactKind::Ended { flow: flow.id.clone(), end: end.to_owned() });
        self.drop_secrets();
        self.session.frames.pop();
        steps::run::ended(self, end, outputs, committed).map(Some)
    }

    fn end_all(&mut self, end: &str) {
        keeping::keep(self.work, self.project, &self.session, end);
        while self.session.frames.len() > 1 {
            self.abandon(end);
        }
        self.over(end);
    }

    /// Cuts the innermost flow off.
    pub fn abandon(&mut self, end: &str) {
        self.over(end);
        self.session.frames.pop();
    }

    fn over(&mut self, end: &str) {
        let flow = self.frame().flow.clone();
        self.note(FactKind::Ended { flow, end: end.to_owned() });
        self.drop_secrets();
    }

    fn drop_secrets(&mut self) {
        let secrets = std::mem::take(&mut self.frame_mut().secrets);
        for message in secrets {
            self.work.delete(MessageRef::Ours(message));
        }
    }

    /// Takes away the buttons of the question that waits here.
    pub fn strip(&mut self) {
        if let Some(of) = self.with_buttons(None) {
            self.work.order(EffectKind::Strip { of });
        }
    }

    /// The same after one of them was pressed under this message, which then says which; `question` is what it has said.
    pub fn freeze(&mut self, pressed: Option<&String>, question: Message, chosen: &str) {
        if let Some(of) = self.with_buttons(pressed) {
            self.work.freeze(of, question, chosen);
        }
    }

    /// The message with the buttons of the question that waits here, the pressed one or the one we sent, which has none from now on.
    /// Once is enough: whoever has taken them away already has left none.
    fn with_buttons(&mut self, pressed: Option<&String>) -> Option<MessageRef> {
        let question = self.question_mut();
        let ours = question.and_then(|question| std::mem::take(&mut question.rows).then_some(question.message).flatten());
        pressed.cloned().map(MessageRef::Native).or(ours.map(MessageRef::Ours))
    }
}

/// A held result as text, to compare with what comes after.
pub(crate) fn fingerprint(held: &Held) -> String {
    match &held.key {
        Some(key) => format!("key {key}"),
        None => held.value.to_json().to_string(),
    }
}

impl Message {
    /// True if some button copies a text.
    fn keyboard_copies(&self) -> bool {
        match &self.keyboard {
            Keyboard::Rows(rows) => rows.iter().flatten().any(|button| matches!(button.press, Press::Copy(_))),
            Keyboard::None | Keyboard::Contact { .. } | Keyboard::Location { .. } => false,
        }
    }
}

/// A value for a name of its own.
pub(crate) fn text(text: &str) -> Cow<'static, Value> {
    Cow::Owned(Value::Text(text.to_owned()))
}
