//! The command menus of a bot, in each of its languages.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::channel::{Command, LINK, Menus};
use crate::expr::{Context, Scope, Time, Value};
use crate::flow::{Admits, Project, Text, Word};

/// The words that stand in the menu, behind the flows, with the names of their lines.
const WORDS: [(Word, &str); 3] = [(Word::Status, "menu_status"), (Word::Help, "menu_help"), (Word::Cancel, "menu_cancel")];

/// What people are offered before they write anything.
pub fn of(project: &Project) -> Menus {
    let language = project.bot.languages.first().cloned().unwrap_or_default();
    let mut menus = Menus { language, ..Menus::default() };
    for (index, language) in project.bot.languages.iter().enumerate() {
        let speaker = Speaker { project, index, language };
        menus.titles.insert(language.clone(), project.bot.title_in(index).to_owned());
        menus.commands.insert(language.clone(), commands(&speaker));
        let private_only = project.bot.texts.get("private_only").and_then(|text| speaker.html(text));
        menus.private_only.extend(private_only.map(|text| (language.clone(), text)));
    }
    menus
}

/// One language of a bot, before anybody is there.
struct Speaker<'a> {
    project: &'a Project,
    index: usize,
    language: &'a str,
}

impl Speaker<'_> {
    fn context(&self) -> Context<'_> {
        Context { scope: self, language: self.language, zone: &self.project.bot.zone, now: Time::default() }
    }

    fn plain(&self, text: &Text) -> Option<String> {
        text.in_language(self.index)?.render_plain(&self.context()).ok().filter(|text| !text.trim().is_empty())
    }

    fn html(&self, text: &Text) -> Option<String> {
        text.in_language(self.index)?.render(&self.context()).ok()
    }
}

impl Scope for Speaker<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
        match name {
            "link" => Some(Cow::Owned(Value::Text(LINK.to_owned()))),
            "settings" => {
                let value = |setting: &crate::flow::Setting| match setting.translated.get(self.index) {
                    Some(Some(text)) => Value::Text(text.clone()),
                    _ => setting.value.clone(),
                };
                let fields: BTreeMap<_, _> =
                    self.project.bot.settings.iter().map(|(name, setting)| (name.clone(), value(setting))).collect();
                Some(Cow::Owned(Value::Record(fields)))
            }
            _ => None,
        }
    }

    fn label(&self, _name: &str) -> Option<String> {
        None
    }
}

fn commands(speaker: &Speaker<'_>) -> Vec<Command> {
    let starts = speaker.project.flows.values().filter_map(|flow| {
        let start = flow.start.as_ref()?;
        let roles = match &flow.admits {
            Admits::Anyone => Vec::new(),
            Admits::Roles(roles) => roles.clone(),
        };
        Some(Command { name: start.command.clone()?, title: speaker.plain(start.menu.as_ref()?)?, roles })
    });
    let mut commands: Vec<Command> = starts.collect();
    // Telegram's own first command comes first.
    commands.sort_by_key(|command| (command.name != "start", command.name.clone()));
    for (word, line) in WORDS {
        let is_on = speaker.project.bot.words.get(&word).is_some_and(|rule| rule.on);
        let title = speaker.project.bot.texts.get(line).and_then(|text| speaker.plain(text));
        if let (true, Some(title)) = (is_on, title) {
            commands.push(Command { name: word.name().to_owned(), title, roles: Vec::new() });
        }
    }
    commands
}
