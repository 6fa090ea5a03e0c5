//! What is kept of people whatever version they are on: fields of the person, their language, the events they wait for.

use crate::diagnostic::Diagnostic;
use crate::lint::compat::{Compared, EVENT_REMOVED, FIELD_CHANGED, LANGUAGE_REMOVED};

impl Compared<'_> {
    /// Fields, languages and events that are gone or changed.
    pub(super) fn memory(&self, findings: &mut Vec<Diagnostic>) {
        let (old, new) = (&self.old.bot, &self.new.bot);
        for (name, before) in &old.person {
            let field = format!("\"person.{name}\"");
            let found = match new.person.get(name) {
                None => {
                    let message = format!("{field} is gone: conversations that began before still read it, and what was kept is lost");
                    let found = Diagnostic::warning(FIELD_CHANGED, self.places.of_bot(&["person"]), message);
                    found.help("keep it until nobody is on an older version; a new name begins empty")
                }
                Some(now) if now.of.kind != before.of.kind => {
                    let message = format!("{field} has another type: what is kept of people does not fit it");
                    let found = Diagnostic::warning(FIELD_CHANGED, self.places.of_bot(&["person", name]), message);
                    found.help("give the new field another name, and fill it where it is needed first")
                }
                Some(_) => continue,
            };
            findings.push(found);
        }
        for language in old.languages.iter().filter(|language| !new.languages.contains(language)) {
            let message =
                format!("the bot does not speak \"{language}\" any more: whoever chose it reads \"{}\" from now on", new.languages[0]);
            let place = self.places.of_bot(&["languages"]);
            findings.push(Diagnostic::warning(LANGUAGE_REMOVED, place, message).help("keep the language while somebody uses it"));
        }
        for event in old.events.keys().filter(|event| !new.events.contains_key(*event)) {
            let message = format!("the event \"{event}\" is not taken any more: whoever waits for it waits in vain");
            let place = self.places.of_bot(&["events"]);
            findings.push(Diagnostic::warning(EVENT_REMOVED, place, message).help("keep it declared until no conversation waits for it"));
        }
    }
}
