//! The flows of each bot of the process. A bot is a set of flows and the channels on which it speaks them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::RecordId;
use crate::flow::{House, Library};

/// The flows of all bots, by the bot's name, and which channel is whose.
#[derive(Debug, Clone)]
pub struct Libraries {
    bots: BTreeMap<String, Library>,
    channels: BTreeMap<String, String>,
}

impl Libraries {
    /// The flows of a bot that is alone: whatever channel there is, is its.
    pub fn of_one(library: Library) -> Self {
        Self { bots: [(String::new(), library)].into(), channels: BTreeMap::new() }
    }

    /// No bot yet; the process needs one at least.
    pub(super) fn none() -> Self {
        Self { bots: BTreeMap::new(), channels: BTreeMap::new() }
    }

    /// Adds a bot and its channels.
    pub(super) fn add(&mut self, bot: &str, library: Library, channels: &[String]) {
        self.bots.insert(bot.to_owned(), library);
        self.channels.extend(channels.iter().map(|channel| (channel.clone(), bot.to_owned())));
    }

    /// The flows of each bot, by its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Library)> {
        self.bots.iter().map(|(name, library)| (name.as_str(), library))
    }

    /// The flows of a bot.
    pub(super) fn bot(&self, bot: &str) -> &Library {
        self.bots.get(bot).unwrap_or_else(|| self.first())
    }

    pub(super) fn bot_mut(&mut self, bot: &str) -> Option<&mut Library> {
        self.bots.get_mut(bot)
    }

    /// The name of the bot that a record belongs to. A channel that is not there any more belonged to the first, if to any.
    pub(super) fn name_for(&self, record: &RecordId) -> &str {
        let known = self.channels.get(channel(record)).map(String::as_str);
        known.or_else(|| self.bots.keys().next().map(String::as_str)).unwrap_or_default()
    }

    /// The flows that a record's turns are made with.
    pub(super) fn for_record(&self, record: &RecordId) -> &Library {
        self.bot(self.name_for(record))
    }

    /// What was said in the house.
    pub(super) fn house(&self) -> &House {
        &self.first().installation.house
    }

    /// Takes over what others know of the installation by now.
    pub(super) fn dwell_with(&mut self, others: &Self) {
        for (name, library) in &mut self.bots {
            library.installation = Arc::clone(&others.bot(name).installation);
        }
    }

    /// True if somebody may everything, or no role may.
    pub(super) fn is_owned(&self) -> bool {
        let installation = &self.first().installation;
        let mut owners = installation.roles.iter().filter(|(_, role)| role.is_of_owners()).peekable();
        owners.peek().is_none() || owners.any(|(name, _)| !installation.holders(name).is_empty())
    }

    /// Gives all bots the same house.
    pub(super) fn furnish(&mut self, house: &House) {
        for library in self.bots.values_mut().filter(|library| library.installation.house != *house) {
            Arc::make_mut(&mut library.installation).house = house.clone();
        }
    }

    /// Takes note of where the chat of a channel is; false if that was known.
    pub(super) fn learn_link(&mut self, channel: &str, link: &str) -> bool {
        if self.iter().all(|(_, library)| library.installation.links.get(channel).is_some_and(|known| known == link)) {
            return false;
        }
        for library in self.bots.values_mut() {
            Arc::make_mut(&mut library.installation).links.insert(channel.to_owned(), link.to_owned());
        }
        true
    }

    fn first(&self) -> &Library {
        self.bots.values().next().expect("the process has a bot")
    }
}

/// The channel of a record; of one of the system's own, the channel that it is about, if it is about one: `system:invitation/tg/…`.
fn channel(record: &RecordId) -> &str {
    match record.channel() {
        "system" => record.account().split('/').nth(1).unwrap_or_default(),
        channel => channel,
    }
}
