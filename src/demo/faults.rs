//! Failures on purpose: what the next requests meet instead of a good answer.

use std::time::Duration;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::demo::Profile;
use crate::demo::reply::Reply;

/// The size of a huge answer.
const HUGE: usize = 8 << 20;

/// Failures that wait for their requests, in the order in which they were asked for.
#[derive(Debug, Default)]
pub struct Faults {
    waiting: Vec<Fault>,
}

/// One failure, as it is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the JSON that asks for the failure")]
pub struct Fault {
    /// How many requests it meets; 0 forgets all failures that wait.
    #[serde(default = "one")]
    pub next: u32,
    /// `METHOD /path` of the route it waits for; any route of the API if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// Answer this status and do nothing — or, with `drop_after_commit`, do it and answer this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Answer that much later; with `refuse`, how long connections are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Do what was asked, and then lose the answer.
    #[serde(default)]
    pub drop_after_commit: bool,
    /// Do what was asked, and answer 200 with a body that is no JSON.
    #[serde(default)]
    pub garbage: bool,
    /// Do what was asked, and answer 200 with a body of eight megabytes.
    #[serde(default)]
    pub huge: bool,
    /// Refuse all connections for a while.
    #[serde(default)]
    pub refuse: bool,
    /// Seconds of the `Retry-After` header of `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// Create the login and do not link it: `user_id` is null.
    #[serde(default)]
    pub unlinked: bool,
}

fn one() -> u32 {
    1
}

impl Faults {
    /// Lets a failure wait.
    pub fn add(&mut self, fault: Fault) {
        if fault.next == 0 {
            self.waiting.clear();
        } else {
            self.waiting.push(fault);
        }
    }

    /// What a request of this route meets.
    pub fn take(&mut self, route: &str) -> Option<Fault> {
        let meets = |fault: &Fault| fault.route.as_deref().is_none_or(|wanted| wanted == route);
        let place = self.waiting.iter().position(meets)?;
        let fault = self.waiting.get_mut(place)?;
        fault.next -= 1;
        let met = fault.clone();
        if met.next == 0 {
            self.waiting.remove(place);
        }
        Some(met)
    }

    /// How many requests will still meet one.
    pub fn requests_left(&self) -> u32 {
        self.waiting.iter().fold(0, |left, fault| left.saturating_add(fault.next))
    }

    /// All that wait.
    pub fn waiting(&self) -> &[Fault] {
        &self.waiting
    }
}

impl Fault {
    /// What is wrong with it, if anything.
    pub fn mistake(&self) -> Option<&'static str> {
        let spoils = [self.drop_after_commit, self.garbage, self.huge, self.refuse].iter().filter(|set| **set).count();
        let has_effect = spoils > 0 || self.status.is_some() || self.delay_ms.is_some() || self.unlinked;
        if self.next == 0 {
            None
        } else if !has_effect {
            Some("nothing would fail: give status, delay_ms, drop_after_commit, garbage, huge, refuse or unlinked")
        } else if spoils > 1 {
            Some("drop_after_commit, garbage, huge and refuse exclude each other")
        } else if self.refuse && (self.route.is_some() || self.status.is_some() || self.next != 1) {
            Some("refuse shuts the door to everybody for delay_ms: it takes no route, status or next")
        } else if self.status.is_some_and(|status| !(300..=599).contains(&status)) {
            Some("status must be from 300 to 599")
        } else if (self.garbage || self.huge) && self.status.is_some() {
            Some("garbage and huge answer 200: they take no status")
        } else if self.retry_after.is_some() && self.status.is_none() {
            Some("retry_after belongs to a status")
        } else {
            None
        }
    }

    /// Whether the request is carried out.
    pub fn commits(&self) -> bool {
        self.status.is_none() || self.drop_after_commit
    }

    /// How long the answer is late.
    pub fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or(0))
    }

    /// Its word in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            _ if self.drop_after_commit => "drop_after_commit",
            _ if self.garbage => "garbage",
            _ if self.huge => "huge",
            _ if self.status.is_some() => "status",
            _ if self.unlinked => "unlinked",
            _ => "delay",
        }
    }

    /// The spoilt answer; none if there is to be no answer at all.
    pub fn spoil(&self, good: Option<Reply>, profile: Profile) -> Option<Reply> {
        if let Some(status) = self.status {
            return Some(self.failure(status, profile));
        }
        match self {
            _ if self.drop_after_commit => None,
            _ if self.garbage => Some(Reply::text(200, "application/json", "{\"id\": 4\u{0}, <html>")),
            _ if self.huge => {
                let text = format!("[\"{}\"]", "x".repeat(HUGE));
                Some(Reply::text(200, "application/json", text))
            }
            _ => good,
        }
    }

    fn failure(&self, status: u16, profile: Profile) -> Reply {
        let words = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
        let reply = match status {
            401 => Reply::unauthorized("Could not validate credentials"),
            500 if self.drop_after_commit && profile == Profile::Compat => {
                Reply::detail(500, "Failed to create staff: (psycopg2.OperationalError) server closed the connection unexpectedly")
            }
            500 => Reply::crash(),
            // What a proxy in front of the back-end says.
            502..=504 => Reply::text(status, "text/html", format!("<html>\n<body><h1>{status} {words}</h1></body>\n</html>\n")),
            _ => Reply::detail(status, words),
        };
        match self.retry_after {
            Some(seconds) => reply.with("retry-after", seconds.to_string()),
            None => reply,
        }
    }
}
