//! What the bot is told by people while it runs, and every turn must know: the other half of what the operator's file says.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::expr::Time;

/// What holds in the house now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct House {
    /// People without a role are asked to wait.
    pub maintenance: Option<Maintenance>,
    /// Role → the person ids that hold it because somebody in chat gave it to them.
    pub given: BTreeMap<String, BTreeSet<String>>,
    /// A code is out by which somebody may come to hold a role.
    pub has_codes: bool,
    /// Connections whose servers do not answer → how many calls that wait for them are known.
    pub outages: BTreeMap<String, u32>,
    /// The bot was away for long, and not all of those who are to hear of it have.
    pub away: Option<Away>,
}

impl House {
    /// True if this person was given the role in chat.
    pub fn gives(&self, role: &str, person: &str) -> bool {
        self.given.get(role).is_some_and(|people| people.contains(person))
    }
}

/// A time during which the bot did not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// When it was there last, about.
    pub since: Time,
    /// When it was there again.
    pub until: Time,
}

/// People are asked to wait.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Maintenance {
    /// In whose words; the bot's own if nobody has written any.
    pub text: Option<String>,
}

impl Maintenance {
    /// An admin's own words are not longer.
    pub const TEXT_AT_MOST: usize = 1000;
}
