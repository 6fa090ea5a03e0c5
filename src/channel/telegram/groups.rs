//! Groups: the bot talks in private only, and says so to a group at most once a day.
//!
//! Which groups were told is kept in memory: after a restart a group may be told once more within the day, which harms nobody.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const DAY: Duration = Duration::from_hours(24);

/// When each group was told.
#[derive(Default)]
pub(super) struct Groups {
    told: Mutex<HashMap<i64, Instant>>,
}

impl Groups {
    /// True if the group may be told now; it then counts as told.
    pub(super) fn may_tell(&self, group: i64, now: Instant) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| now.saturating_duration_since(*at) < DAY);
        let free = !told.contains_key(&group);
        if free {
            told.insert(group, now);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_told_once_a_day() {
        let (groups, now) = (Groups::default(), Instant::now());
        assert!(groups.may_tell(-1, now));
        assert!(!groups.may_tell(-1, now + Duration::from_mins(1)));
        assert!(groups.may_tell(-2, now));
        assert!(groups.may_tell(-1, now + DAY));
    }
}
