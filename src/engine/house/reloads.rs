//! The flows are read again because somebody of a role asks for it: the house takes it down, whoever keeps the files reads them, and the
//! house answers. So it is asked for once, whatever dies in between.

use serde::{Deserialize, Serialize};

use crate::engine::desk::{self, acts::Act};
use crate::engine::house::alerts::FINDINGS_AT_MOST;
use crate::engine::house::{Kept, is_here};
use crate::engine::work::Work;
use crate::engine::{EffectId, Record, RecordId};

/// The engine's own operation by which somebody has the flows read again.
pub const RELOAD: &str = "usher.reload_flows";

/// Somebody waits for the flows to be read again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wish {
    /// Who.
    pub who: RecordId,
    /// The attempt that awaits the answer.
    pub effect: EffectId,
}

/// What came of reading the flows again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reloaded {
    /// They are live.
    Live {
        /// Their version.
        version: String,
        /// Other ones were live before.
        changed: bool,
    },
    /// Something is wrong with them, and the earlier ones stay.
    Wrong {
        /// Where and what, a line each.
        findings: String,
    },
    /// They cannot be read again.
    Impossible {
        /// Why.
        why: String,
    },
}

/// Who waits for the flows to be read again.
pub fn wishes(record: &Record) -> Vec<Wish> {
    Kept::of(record).reloads
}

/// Takes it down; false if this is not the house.
pub(crate) fn wish(work: &mut Work<'_>, act: &Act<'_>) -> bool {
    if is_here(work) {
        let mut kept = Kept::of(&work.record);
        kept.reloads.push(Wish { who: act.who.id.clone(), effect: act.effect });
        kept.keep(&mut work.record);
    }
    is_here(work)
}

/// They have been read: whoever waited is answered, once.
pub(crate) fn reloaded(work: &mut Work<'_>, wish: &Wish, came: Reloaded) {
    let mut kept = Kept::of(&work.record);
    let Some(at) = kept.reloads.iter().position(|waiting| waiting == wish).filter(|_| is_here(work)) else { return };
    kept.reloads.remove(at);
    kept.keep(&mut work.record);
    let came = match came {
        Reloaded::Wrong { findings } => Reloaded::Wrong { findings: findings.chars().take(FINDINGS_AT_MOST).collect() },
        came => came,
    };
    desk::of_reload(work, wish, &came);
}
