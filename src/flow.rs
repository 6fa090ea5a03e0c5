//! The model of a bot, and how files become it.
//!
//! [`load`] returns the project *and* all mistakes in one run. What is here is *meant*: names are resolved, templates compiled, texts
//! gathered with their translations. It must not know sessions, people or the outside world.

mod house;
mod labels;
mod limits;
mod load;
pub mod model;
pub mod operations;
pub mod others;
pub mod schema;
pub mod shapes;
pub mod texts;
mod titles;
pub mod ways;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::expr::Value;

pub use house::{Away, House, Maintenance};
pub use limits::MessageLimit;
pub use load::{LARGEST, Loaded, enclosed, load, load_parsed, unknown_settings};
pub use model::*;
pub use operations::*;
pub use others::*;
pub use titles::audited;

/// The content hash of all flows, operations and catalogs: 16 hexadecimal digits of SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Version(pub String);

/// What the operator's file says and flows may depend on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Installation {
    /// Settings over those of `bot.yaml`.
    pub settings: BTreeMap<String, Value>,
    /// Role → title and the people who hold it, as person ids (`tg:9001`).
    pub roles: BTreeMap<String, Role>,
    /// Connection → the profile of its operations, if the operator chose one.
    pub profiles: BTreeMap<String, String>,
    /// The zone in which times are shown, over that of `bot.yaml`; an IANA name.
    pub timezone: Option<String>,
    /// Those who hold a role, by person id, as the operator names them.
    pub people: BTreeMap<String, Known>,
    /// Connection → the role that is told when its server does not answer.
    pub alerts: BTreeMap<String, String>,
    /// How fast a person may write; `None`: as fast as they like.
    pub messages: Option<MessageLimit>,
    /// What the bot was told while it ran: no file says it.
    pub house: House,
    /// Channel → the address of the chat with the bot there, to which `?start=…` may be added. Known once the channel has told it.
    pub links: BTreeMap<String, String>,
    /// The operator's file is there, and nobody can read it: which roles there are is not known.
    pub unread: bool,
}

impl Installation {
    /// True if this person holds the role, by the operator's file or by what was said in chat.
    pub fn holds(&self, person: &str, role: &str) -> bool {
        self.roles.get(role).is_some_and(|declared| declared.people.iter().any(|holder| holder == person) || self.house.gives(role, person))
    }

    /// Everybody who holds a role, the operator's people first.
    pub fn holders(&self, role: &str) -> Vec<&str> {
        let Some(declared) = self.roles.get(role) else { return Vec::new() };
        let given = self.house.given.get(role).into_iter().flatten().filter(|person| !declared.people.contains(person));
        declared.people.iter().chain(given).map(String::as_str).collect()
    }

    /// The roles that this person holds.
    pub fn roles_of(&self, person: &str) -> impl Iterator<Item = (&str, &Role)> {
        self.roles.iter().filter(move |(name, _)| self.holds(person, name)).map(|(name, role)| (name.as_str(), role))
    }

    /// What this person may do, by all roles they hold, each right once; `all` is written out.
    pub fn rights(&self, person: &str) -> BTreeSet<&str> {
        written_out(self.roles_of(person).flat_map(|(_, role)| &role.may))
    }
}

impl Role {
    /// What whoever holds it may do, each right once; `all` is written out.
    pub fn rights(&self) -> BTreeSet<&str> {
        written_out(&self.may)
    }

    /// True for a role of owners: it may everything.
    pub fn is_of_owners(&self) -> bool {
        self.may.iter().any(|right| right == "all")
    }
}

fn written_out<'r>(may: impl IntoIterator<Item = &'r String>) -> BTreeSet<&'r str> {
    let written: BTreeSet<&str> = may.into_iter().map(String::as_str).collect();
    if written.contains("all") { RIGHTS.into() } else { written }
}

/// All that a role may be allowed.
pub const RIGHTS: [&str; 11] =
    ["requests", "people", "codes", "sessions", "operations", "maintenance", "reload", "roles", "invitations", "broadcast", "statistics"];

/// Somebody the operator knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// What others call them.
    pub name: Option<String>,
    /// Two letters: the language they are spoken to in until they choose another.
    pub language: Option<String>,
}

/// A role of the operator's file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Role {
    /// What people see.
    pub title: String,
    /// Person ids.
    pub people: Vec<String>,
    /// What it may do, by the names of the reference of the language.
    pub may: Vec<String>,
}

/// All versions that are in use, each compiled, and what the operator says.
#[derive(Debug, Clone)]
pub struct Library {
    /// The version that new sessions start on.
    pub current: Version,
    /// Every version that some session stands on, and the current one.
    pub projects: BTreeMap<Version, Arc<Project>>,
    /// The operator's side.
    pub installation: Arc<Installation>,
}

impl Library {
    /// A library of one version.
    pub fn new(project: Project, installation: Installation) -> Self {
        let current = project.version.clone();
        Self { current: current.clone(), projects: [(current, Arc::new(project))].into(), installation: Arc::new(installation) }
    }

    /// The project that new sessions start on.
    pub fn project(&self) -> &Arc<Project> {
        &self.projects[&self.current]
    }
}
