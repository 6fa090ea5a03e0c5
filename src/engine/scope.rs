//! What the names of a flow mean at one moment of a walk.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::engine::offers;
use crate::engine::record::{self, Frame, Person, RecordId, Session};
use crate::engine::steps::approve;
use crate::expr::{Context, Scope, Time, Value};
use crate::flow::{AnswerType, Flow, Installation, Options, Project, Step, Text, Verb};

/// The names at one moment: a person, a session with its innermost frame (if one is alive), and what only this place knows.
#[derive(Clone)]
pub(crate) struct View<'a> {
    pub project: &'a Project,
    pub installation: &'a Installation,
    pub id: &'a RecordId,
    pub person: &'a Person,
    pub session: Option<&'a Session>,
    pub frame: Option<&'a Frame>,
    pub now: Time,
    /// Where the person is: what times are shown and read in.
    pub zone: TimeZone,
    /// The language of others whom a text is for, as its place among the bot's languages.
    pub spoken: Option<usize>,
    /// Names of this place alone: `value`, `input`, `item`, `result`, and what built-in sentences are given.
    pub local: Vec<(Cow<'a, str>, Cow<'a, Value>)>,
}

impl<'a> View<'a> {
    /// The same with one more name.
    pub fn with(mut self, name: impl Into<Cow<'a, str>>, value: Cow<'a, Value>) -> Self {
        self.local.push((name.into(), value));
        self
    }

    /// The language the person is spoken to in, as its place among the bot's languages.
    pub fn language_index(&self) -> usize {
        self.spoken.unwrap_or_else(|| language_index(self.project, self.person))
    }

    /// The language the person is spoken to in.
    pub fn language(&self) -> &'a str {
        self.project.bot.languages.get(self.language_index()).map_or("ru", String::as_str)
    }

    /// What an evaluation may depend on.
    pub fn context(&self) -> Context<'_> {
        Context { scope: self, language: self.language(), zone: &self.zone, now: self.now }
    }

    /// The flow of the frame.
    pub fn flow(&self) -> Option<&'a Flow> {
        self.project.flows.get(&self.frame?.flow)
    }

    fn person(&self) -> Value {
        let who = self.person;
        let text = |text: &str| Value::Text(text.to_owned());
        let mut fields: BTreeMap<String, Value> =
            self.project.bot.person.keys().map(|field| (field.clone(), who.fields.get(field).cloned().unwrap_or_default())).collect();
        fields.extend([
            ("id".to_owned(), text(&self.id.0)),
            ("channel".to_owned(), text(self.id.channel())),
            ("account".to_owned(), text(self.id.account())),
            ("name".to_owned(), text(&self.name())),
            ("first_name".to_owned(), text(&who.first_name)),
            ("username".to_owned(), who.username.as_deref().map_or(Value::None, text)),
            ("language".to_owned(), text(self.language())),
            ("timezone".to_owned(), self.zone.iana_name().map_or(Value::None, text)),
            ("roles".to_owned(), Value::List(self.installation.roles_of(&self.id.0).map(|(id, _)| text(id)).collect())),
            ("rights".to_owned(), Value::List(self.installation.rights(&self.id.0).into_iter().map(text).collect())),
        ]);
        Value::Record(fields)
    }

    /// What the person is called where they are spoken of: as their channel calls them, or else as the engine's own lists do. Never empty.
    fn name(&self) -> String {
        let (id, who, installation) = (self.id, self.person, self.installation);
        let known = || record::named_by_operator(id, installation).or_else(|| who.remembered_name()).or_else(|| who.handle());
        let named = who.name_in_channel().or_else(known);
        named.unwrap_or_else(|| record::stand_in(id, installation, &self.project.bot, self.language_index()))
    }

    fn settings(&self) -> Value {
        let language = self.language_index();
        let value = |setting: &crate::flow::Setting| match setting.translated.get(language) {
            Some(Some(text)) => Value::Text(text.clone()),
            _ => setting.value.clone(),
        };
        Value::Record(self.project.bot.settings.iter().map(|(name, setting)| (name.clone(), value(setting))).collect())
    }

    fn session(&self) -> Option<Value> {
        let session = self.session?;
        let flow = self.project.flows.get(&session.frames.first()?.flow)?;
        let title = self.plain(&flow.title);
        Some(Value::Record(BTreeMap::from([
            ("id".to_owned(), Value::Text(session.id.0.clone())),
            ("number".to_owned(), Value::Text(session.id.0.clone())),
            ("title".to_owned(), Value::Text(title)),
            ("started".to_owned(), Value::Time(session.started)),
        ])))
    }

    /// `step.title`, `step.number`, `step.total`.
    fn step(&self) -> Option<Value> {
        let (flow, frame) = (self.flow()?, self.frame?);
        let here = flow.step(&frame.at)?;
        let last_question = frame.answered.last().and_then(|id| flow.step(id)).and_then(|step| step.title.as_ref());
        let title = here.title.as_ref().or(last_question).unwrap_or(&flow.title);
        let mut fields = BTreeMap::from([("title".to_owned(), Value::Text(self.plain(title)))]);
        let (number, total) = self.place_among_questions(flow, frame);
        fields.insert("number".to_owned(), number.map_or(Value::None, Value::Integer));
        fields.insert("total".to_owned(), Value::Integer(total));
        Some(Value::Record(fields))
    }

    fn place_among_questions(&self, flow: &'a Flow, frame: &Frame) -> (Option<i64>, i64) {
        let review = flow.steps.iter().find_map(|step| match &step.verb {
            Verb::Review(review) => Some(review),
            _ => None,
        });
        let (mut number, mut total) = (None, 0);
        for &at in review.map_or(&[][..], |review| &review.show) {
            let step = &flow.steps[at];
            if !self.is_asked(step) && step.id != frame.at {
                continue;
            }
            total += 1;
            if step.id == frame.at {
                number = Some(total);
            }
        }
        (number, total)
    }

    /// True unless the question is skipped now by its `when` or `known`. What cannot be judged yet counts as asked.
    fn is_asked(&self, step: &Step) -> bool {
        let Verb::Ask(ask) = &step.verb else { return false };
        let skipped = step.when.as_ref().is_some_and(|when| when.holds(&self.context()) == Ok(false));
        let known = ask.known.as_ref().is_some_and(|known| known.evaluate(&self.context()).is_ok_and(|value| !value.is_none()));
        !skipped && !known
    }

    /// A short text without values of its own; empty if its template fails.
    fn plain(&self, text: &Text) -> String {
        text.in_language(self.language_index()).and_then(|template| template.render_plain(&self.context()).ok()).unwrap_or_default()
    }
}

impl Scope for View<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
        if let Some((_, value)) = self.local.iter().rev().find(|(local, _)| *local == name) {
            return Some(Cow::Borrowed(value));
        }
        match name {
            "now" => return Some(Cow::Owned(Value::Time(self.now))),
            "person" => return Some(Cow::Owned(self.person())),
            "settings" => return Some(Cow::Owned(self.settings())),
            "session" => return self.session().map(Cow::Owned),
            "step" => return self.step().map(Cow::Owned),
            "request" => return approve::names(&self.frame?.stage).map(Cow::Owned),
            "inputs" => return self.frame.map(|frame| Cow::Owned(Value::Record(frame.inputs.clone()))),
            _ => {}
        }
        let frame = self.frame?;
        match frame.results.get(name) {
            Some(held) => Some(Cow::Borrowed(&held.value)),
            None => self.flow()?.step(name).map(|_| Cow::Owned(Value::None)),
        }
    }

    fn field(&self, name: &str, field: &str) -> Option<Cow<'_, Value>> {
        if self.local.iter().any(|(local, _)| *local == name) {
            return None;
        }
        match name {
            "settings" => {
                let setting = self.project.bot.settings.get(field)?;
                Some(match setting.translated.get(self.language_index()) {
                    Some(Some(text)) => Cow::Owned(Value::Text(text.clone())),
                    _ => Cow::Borrowed(&setting.value),
                })
            }
            "person" if self.project.bot.person.contains_key(field) => {
                Some(self.person.fields.get(field).map_or(Cow::Owned(Value::None), Cow::Borrowed))
            }
            "inputs" => self.frame?.inputs.get(field).map(Cow::Borrowed),
            _ => None,
        }
    }

    fn option_label(&self, path: &[&str], id: &str) -> Option<String> {
        let label = self.project.option_label(self.flow()?, path, id)?;
        Some(self.plain(label))
    }

    fn label(&self, name: &str) -> Option<String> {
        let held = self.frame?.results.get(name)?;
        label_of(self, self.flow()?.step(name)?, &held.value).or_else(|| held.label.clone())
    }
}

/// The label of what was chosen, in the language of the view. `None` for what is no choice, and for what cannot be told from the value.
pub(crate) fn label_of(view: &View<'_>, step: &Step, value: &Value) -> Option<String> {
    let Verb::Ask(ask) = &step.verb else { return None };
    let (AnswerType::Choice(options) | AnswerType::Choices { options, .. }) = &ask.answer else { return None };
    let label = |value: &Value| match (options, value) {
        (Options::Literal(choices), Value::Text(id)) => {
            choices.iter().find(|choice| choice.id == *id).map(|choice| view.plain(&choice.label))
        }
        (Options::Data(data), item @ Value::Record(_)) => {
            offers::label(&view.clone().with("item", Cow::Borrowed(item)), data).ok().filter(|label| !label.is_empty())
        }
        _ => None,
    };
    match (options, value) {
        (Options::Literal(_), Value::List(ids)) => Some(ids.iter().filter_map(label).collect::<Vec<_>>().join(", ")),
        (Options::Data(_), Value::List(items)) => items.iter().map(label).collect::<Option<Vec<_>>>().map(|labels| labels.join(", ")),
        (_, one) => label(one),
    }
}

/// A value as people read it, a list as its items. `None` for what cannot be printed.
pub(crate) fn printed(view: &View<'_>, value: &Value) -> Option<String> {
    match value {
        Value::List(items) => Some(items.iter().filter_map(|item| printed(view, item)).collect::<Vec<_>>().join(", ")),
        value => value.print(view.language(), &view.zone),
    }
}

/// The language a person is spoken to in, as its place among the bot's languages.
pub(crate) fn language_index(project: &Project, person: &Person) -> usize {
    project.bot.language_index(person.language.as_deref())
}

/// The zone a person is in: their own, else the bot's. A name that is no longer known counts as none.
pub(crate) fn zone(project: &Project, person: &Person) -> TimeZone {
    let own = person.timezone.as_deref().and_then(|name| TimeZone::get(name).ok());
    own.unwrap_or_else(|| project.bot.zone.clone())
}
