//! Phone numbers: does a flow want what a channel cannot give?

use std::borrow::Cow;

use jiff::tz::TimeZone;

use crate::cli::bot::Candidate;
use crate::cli::config::{self, Config};
use crate::cli::doctor::report::Report;
use crate::expr::{Context, Expression, Scope, Time, Value};
use crate::flow::{AnswerType, Project, Verb};

/// Looks at what is asked in web chats: there a number is typed, and nobody has verified it.
pub fn look(config: &Config, bots: &[Candidate], report: &mut Report) {
    for Candidate { bot, project, .. } in bots {
        let Some(project) = project else { continue };
        for name in bot.channels.iter().filter(|name| matches!(config.channels.get(*name), Some(config::Channel::Web { .. }))) {
            for (step, setting) in demanding(project) {
                let todo = match setting {
                    Some(setting) => format!("set settings.{setting} to true in usher.yaml, if a typed number will do"),
                    None => "let the step take a typed number, too: typed: true".to_owned(),
                };
                report.advice(format!("channel {name}"), format!("{step} wants a verified number, which a web chat never has"), todo);
            }
        }
    }
}

/// Steps that take no typed number in this installation, and the setting that decides it, if one does.
fn demanding(project: &Project) -> Vec<(String, Option<String>)> {
    let settings = project.bot.settings.iter().map(|(name, setting)| (name.clone(), setting.value.clone()));
    let settings = Settings(Value::Record(settings.collect()));
    let mut found = Vec::new();
    for (id, flow) in &project.flows {
        for step in &flow.steps {
            if let Verb::Ask(ask) = &step.verb
                && let AnswerType::Contact { typed, .. } = &ask.answer
                && typed.as_ref().is_none_or(|typed| settings.refuse(typed))
            {
                let names = typed.iter().flat_map(Expression::names);
                let setting = names.map(|name| name.path).find(|path| path.first().is_some_and(|first| first == "settings"));
                found.push((format!("{id}.{}", step.id), setting.and_then(|path| path.into_iter().nth(1))));
            }
        }
    }
    found
}

/// What is known before anybody has come.
struct Settings(Value);

impl Settings {
    /// True if the condition holds for nobody. One that depends on more than settings may hold for somebody.
    fn refuse(&self, condition: &Expression) -> bool {
        let context = Context { scope: self, language: "en", zone: &TimeZone::UTC, now: Time(0) };
        condition.evaluate(&context) == Ok(Value::Bool(false))
    }
}

impl Scope for Settings {
    fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
        (name == "settings").then_some(Cow::Borrowed(&self.0))
    }

    fn label(&self, _: &str) -> Option<String> {
        None
    }
}
