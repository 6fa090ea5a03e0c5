//! What turns to others: `approve` and `notify` to people, `wait` and `event` to other systems.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::expr::{Expression, Value};
use crate::flow::{AnswerType, Bot, DataOptions, Due, Manner, Options, Road, StandingButton, Text};

/// `approve`: a decision by people of a role.
#[derive(Debug, Clone)]
pub struct Approve {
    /// The card they see.
    pub card: Text,
    /// The role that decides.
    pub by: String,
    /// What they can press, in order.
    pub options: Vec<Decision>,
    /// So many different people must take the same option. One that leaves by a road decides alone.
    pub quorum: u32,
    /// After so many milliseconds those who have not answered are reminded; each more than the one before.
    pub remind: Vec<i64>,
    /// After so long another role may decide, too.
    pub escalate: Option<Escalate>,
}

impl Approve {
    /// The options that decide, each with its verdict.
    pub fn verdicts(&self) -> impl Iterator<Item = (&Decision, &Verdict)> {
        self.options.iter().filter_map(|option| match &option.act {
            DecisionAct::Decide(verdict) => Some((option, &**verdict)),
            DecisionAct::Start { .. } | DecisionAct::Url(_) => None,
        })
    }
}

/// `escalate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalate {
    /// After so many milliseconds.
    pub after: i64,
    /// The role.
    pub to: String,
}

/// An option of a card.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Its id, which is the value.
    pub id: String,
    /// What is on the button.
    pub label: Text,
    /// False: hidden.
    pub when: Option<Expression>,
    /// What it does.
    pub act: DecisionAct,
}

impl Decision {
    /// True if it decides and is always there: nothing hides it.
    pub fn is_certain(&self) -> bool {
        match &self.act {
            DecisionAct::Decide(verdict) => self.when.is_none() && verdict.data().is_none(),
            DecisionAct::Start { .. } | DecisionAct::Url(_) => false,
        }
    }
}

/// What an option of a card does.
#[derive(Debug, Clone)]
pub enum DecisionAct {
    /// Decides.
    Decide(Box<Verdict>),
    /// Starts a flow for whoever pressed it; it is no decision.
    Start {
        /// The flow.
        flow: String,
        /// Its inputs.
        with: Vec<(String, Expression)>,
    },
    /// Opens an address; it is no decision.
    Url(Text),
}

/// A decision.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Where it leads; `Complete` when it has no road of its own.
    pub road: Road,
    /// What others read of it: "rejected". Its label if it has none.
    pub verdict: Option<Text>,
    /// What whoever decides must write or choose first.
    pub ask: Option<Demand>,
    /// Told to whoever decided.
    pub done: Option<Text>,
}

impl Verdict {
    /// The data that whoever decides chooses from.
    pub fn data(&self) -> Option<&DataOptions> {
        match &self.ask.as_ref()?.answer {
            AnswerType::Choice(Options::Data(data)) => Some(data),
            _ => None,
        }
    }
}

/// What must be written or chosen before a decision counts.
#[derive(Debug, Clone)]
pub struct Demand {
    /// The question.
    pub text: Text,
    /// What counts as an answer.
    pub answer: AnswerType,
}

impl Demand {
    /// True if something is chosen, false if something is written.
    pub fn is_choice(&self) -> bool {
        matches!(self.answer, AnswerType::Choice(_))
    }
}

/// `notify`: a message to others; the walk goes on.
#[derive(Debug, Clone)]
pub struct Notify {
    /// The message.
    pub text: Text,
    /// To whom.
    pub to: Recipient,
    /// How it is shown.
    pub manner: Manner,
    /// Standing buttons.
    pub buttons: Vec<StandingButton>,
    /// Nobody gets more than one from this step within so many milliseconds.
    pub once_per: Option<i64>,
}

/// To whom something is said.
#[derive(Debug, Clone)]
pub enum Recipient {
    /// All who hold this role.
    Role(String),
    /// The person with this id.
    Person(Expression),
}

/// What a `wait` waits for.
#[derive(Debug, Clone)]
pub enum Wait {
    /// Time passes.
    Time(Due),
    /// An event comes.
    Event(Awaited),
}

/// An event that is awaited.
#[derive(Debug, Clone)]
pub struct Awaited {
    /// Its name.
    pub event: String,
    /// The values that its fields must have.
    pub matching: Vec<(String, Expression)>,
}

/// `event`: the road taken when an event comes while the step waits for something else.
#[derive(Debug, Clone)]
pub struct EventRoad {
    /// Which event.
    pub awaited: Awaited,
    /// The road; its texts and values see `event`.
    pub road: Road,
}

/// `start.event`: the flow begins for each person whose fields match.
#[derive(Debug, Clone)]
pub struct StartEvent {
    /// Its name.
    pub event: String,
    /// Fields of the person, and the values over `event` that they must have.
    pub matching: Vec<(String, Expression)>,
}

impl Bot {
    /// The fields of an event as its declaration reads them; otherwise what is wrong, without any value.
    pub fn read_event(&self, event: &str, given: &Map<String, Json>) -> Result<BTreeMap<String, Value>, String> {
        let declared = self.events.get(event).ok_or_else(|| format!("there is no event \"{event}\""))?;
        if let Some(unknown) = given.keys().find(|field| !declared.contains_key(*field)) {
            return Err(format!("the event \"{event}\" has no field \"{unknown}\""));
        }
        let mut fields = BTreeMap::new();
        for (name, field) in declared {
            let value = match given.get(name) {
                None | Some(Json::Null) if field.of.optional => Value::None,
                None | Some(Json::Null) => return Err(format!("the field \"{name}\" is missing")),
                Some(value) => Value::from_json(value, &field.of).map_err(|wanted| format!("the field \"{name}\" must be {wanted}"))?,
            };
            fields.insert(name.clone(), value);
        }
        Ok(fields)
    }
}
