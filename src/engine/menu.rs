//! The menu of commands: whoever holds a role is offered what its flows begin with, from the first turn of theirs in which they hold it
//! to the first in which they do not.

use serde::{Deserialize, Serialize};

use crate::engine::EffectKind;
use crate::engine::work::Work;

/// Whom a menu is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// The language they speak; none for the bot's first one.
    pub language: Option<String>,
    /// The roles they hold.
    pub roles: Vec<String>,
}

/// Shows the menu anew if it was made for somebody else than they are now. Who never held a role has the menu that everybody has.
pub(super) fn refresh(work: &mut Work<'_>) {
    let roles: Vec<String> = work.library.installation.roles_of(&work.record.id.0).map(|(name, _)| name.to_owned()).collect();
    if roles.is_empty() && work.record.menu.is_none() {
        return;
    }
    let language = work.record.person.language.clone();
    if language.is_none() {
        return;
    }
    let menu = Menu { language, roles };
    let wanted = (!menu.roles.is_empty()).then(|| menu.clone());
    if work.record.menu != wanted {
        work.order(EffectKind::ShowMenu(menu));
        work.record.menu = wanted;
    }
}
