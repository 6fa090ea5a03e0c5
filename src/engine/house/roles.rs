//! Roles given and taken in chat. Those of the operator's file are the operator's: they are shown, and nobody takes them here.

use std::collections::BTreeSet;

use crate::engine::desk::acts::Act;
use crate::engine::desk::look::Inquiry;
use crate::engine::desk::{Status, entry, refused, reply, text};
use crate::engine::house::{Kept, is_here, is_house};
use crate::engine::work::Work;
use crate::engine::{Letter, Record, RecordId};
use crate::expr::Value;
use crate::flow::{Installation, Role};
use crate::operation::Answer;

/// People who hold one role because of chat, at most.
const GIVEN_AT_MOST: usize = 100;

/// Those whose names the list needs.
pub(crate) fn people(installation: &Installation) -> Vec<RecordId> {
    let all: BTreeSet<&str> = installation.roles.keys().flat_map(|role| installation.holders(role)).collect();
    all.into_iter().map(|id| RecordId(id.to_owned())).collect()
}

/// `list_roles`: every role, and who holds it.
pub(crate) fn listed(inquiry: &Inquiry<'_>, found: &[Record]) -> Answer {
    let installation = &*inquiry.library.installation;
    let holder = |role: &Role, id: &str| {
        let known = found.iter().find(|record| record.id.0 == id).cloned();
        let record = known.unwrap_or_else(|| Record::new(RecordId(id.to_owned())));
        // Among those who hold it, to be called by a role says nothing.
        let name = record.own_name(installation).unwrap_or_else(|| record.id.short());
        let fields = [("id", text(id)), ("name", text(name)), ("by_operator", Value::Bool(role.people.iter().any(|own| own == id)))];
        entry(fields)
    };
    let item = |(name, role): (&String, &Role)| {
        let holders = installation.holders(name).into_iter().map(|id| holder(role, id)).collect();
        let fields = [("id", text(name)), ("title", text(inquiry.role_title(name, role))), ("holders", Value::List(holders))];
        entry(fields)
    };
    reply(Status::Ok, &[("items", Value::List(installation.roles.iter().map(item).collect()))])
}

/// Why somebody may not give a role, or let a code give it, if they may not: nobody gives what they have not themselves.
pub(super) fn cannot_give(installation: &Installation, giver: &str, role: &Role) -> bool {
    let own = installation.rights(giver);
    !own.contains("roles") || !role.rights().is_subset(&own)
}

/// `set_role`.
pub(crate) fn set(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    let (Some(role), Some(person), Some(Value::Bool(held))) = (act.text("role"), act.text("person_id"), act.inputs.get("held")) else {
        return refused("it is not said who is to hold which role");
    };
    let installation = &*work.library.installation;
    let Some(declared) = installation.roles.get(role) else { return reply(Status::NotFound, &[]) };
    if !is_here(work) || person.starts_with("system:") || !person.contains(':') {
        return reply(Status::NotFound, &[]);
    }
    if *held { give(work, act, (role, declared), person) } else { take(work, act, (role, declared), person) }
}

fn give(work: &mut Work<'_>, act: &Act<'_>, (name, role): (&str, &Role), person: &str) -> Answer {
    let installation = &*work.library.installation;
    if installation.holds(person, name) {
        return reply(Status::Ok, &[]);
    }
    if person == act.who.id.0 {
        return reply(Status::Oneself, &[]);
    }
    if cannot_give(installation, &act.who.id.0, role) || installation.holders(name).len() >= GIVEN_AT_MOST {
        return refused("nobody gives a role that may more than they themselves");
    }
    change(work, (name, role), person, Change::Gives);
    reply(Status::Ok, &[])
}

fn take(work: &mut Work<'_>, act: &Act<'_>, (name, role): (&str, &Role), person: &str) -> Answer {
    let installation = &*work.library.installation;
    if role.people.iter().any(|own| own == person) {
        return reply(Status::Operators, &[]);
    }
    if !installation.holds(person, name) {
        return reply(Status::Ok, &[]);
    }
    if cannot_give(installation, &act.who.id.0, role) && person != act.who.id.0 {
        return refused("nobody takes a role that may more than they themselves");
    }
    if role.is_of_owners() && is_last_owner(installation, name, person) {
        return reply(Status::LastOwner, &[]);
    }
    change(work, (name, role), person, Change::Takes);
    reply(Status::Ok, &[])
}

/// True if nobody would be left who may everything.
fn is_last_owner(installation: &Installation, without: &str, person: &str) -> bool {
    let owners = installation.roles.iter().filter(|(_, role)| role.is_of_owners());
    let mut left = owners.flat_map(|(name, _)| installation.holders(name).into_iter().map(move |holder| (name.as_str(), holder)));
    !left.any(|held| held != (without, person))
}

/// What becomes of a role that somebody holds or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Gives,
    Takes,
}

/// Gives or takes a role, and says so to whom it concerns.
pub(super) fn change(work: &mut Work<'_>, (name, role): (&str, &Role), person: &str, change: Change) {
    let mut kept = Kept::of(&work.record);
    let people = kept.given.entry(name.to_owned()).or_default();
    let sentence = match change {
        Change::Gives => {
            people.insert(person.to_owned());
            "role_given"
        }
        Change::Takes => {
            people.remove(person);
            "role_taken"
        }
    };
    kept.given.retain(|_, people| !people.is_empty());
    kept.keep(&mut work.record);
    let wording = work.wording(sentence, |language| vec![("role", text(work.project().bot.role_in(name, role, language)))]);
    work.tell(&RecordId(person.to_owned()), Letter::Said(wording));
}

/// Whoever is erased holds no role that was given in chat.
pub(crate) fn forget(record: &mut Record, gone: &RecordId) {
    if !is_house(&record.id) {
        return;
    }
    let mut kept = Kept::of(record);
    kept.given.values_mut().for_each(|people| {
        people.remove(&gone.0);
    });
    kept.given.retain(|_, people| !people.is_empty());
    kept.keep(record);
}
