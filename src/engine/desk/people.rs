//! People: found, shown, and what is remembered of them changed.

use std::collections::BTreeMap;

use crate::engine::desk::acts::Act;
use crate::engine::desk::look::{ITEMS_AT_MOST, Inquiry, Search, plain};
use crate::engine::desk::{Status, refused, reply, requests, session_name, text};
use crate::engine::record::value_key;
use crate::engine::work::Work;
use crate::engine::{Record, answer};
use crate::expr::Value;
use crate::operation::Answer;

/// Records looked at for one word, at most: others may be called so, too.
const LOOKED_AT: usize = 300;

/// Characters of a request's number.
const NUMBER: usize = 6;

/// What is looked for when somebody writes this: an address, `@name`, a number of any kind, that of a request among them, or words of a
/// name.
pub(super) fn search(inquiry: &Inquiry<'_>) -> Option<Search> {
    let written = answer::clean(inquiry.text("text")).to_lowercase();
    let country = &inquiry.library.project().bot.country;
    if written.contains('@') {
        return Some(Search::Keys(vec![("text", written)], ITEMS_AT_MOST));
    }
    let phone = answer::phone(&written, country).map(|number| ("text", number));
    let numbers = digits(&written).into_iter().flat_map(|digits| [("number", digits.to_owned()), ("account", digits.to_owned())]);
    let mut keys: Vec<_> = phone.into_iter().chain(numbers).collect();
    if keys.is_empty() {
        let longest = words(&written).max_by_key(|word| word.chars().count());
        keys.extend(longest.map(|longest| ("name", longest.to_owned())));
    }
    keys.extend(request_number(inquiry).map(|number| ("request", number)));
    (!keys.is_empty()).then_some(Search::Keys(keys, LOOKED_AT))
}

/// A number of a record, as people write it: `42`, `#42`, `№42`.
fn digits(written: &str) -> Option<&str> {
    let number = written.trim_start_matches(['#', '№']).trim();
    (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit())).then_some(number)
}

fn words(written: &str) -> impl Iterator<Item = &str> {
    written.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// What was written, if a request may have such a number.
fn request_number(inquiry: &Inquiry<'_>) -> Option<String> {
    let number = answer::clean(inquiry.text("text")).trim_start_matches(['#', '№']).trim().to_uppercase();
    let may_be = (1..=NUMBER).contains(&number.len()) && number.chars().all(|c| c.is_ascii_alphanumeric());
    may_be.then_some(number)
}

/// How many have the number that was written in the same field as this person: the fewer, the better it tells them apart.
fn sharing<'r>(written: &str, records: &'r [Record]) -> impl Fn(&'r Record) -> usize {
    let wanted = digits(written).map(|digits| ("number", digits.to_owned()));
    let holding = move |record: &'r Record| {
        let wanted = wanted.clone();
        let fields = record.person.fields.iter().filter(move |(_, value)| wanted.is_some() && value_key(value) == wanted);
        fields.map(|(name, _)| name.as_str())
    };
    let mut sharing: BTreeMap<&str, usize> = BTreeMap::new();
    records.iter().flat_map(&holding).for_each(|field| *sharing.entry(field).or_default() += 1);
    move |record| holding(record).filter_map(|field| sharing.get(field).copied()).min().unwrap_or_default()
}

/// `find_people`: those in whose names every word that was written begins a word, by name, those whom a number tells apart best before the
/// others; and whoever made the request of that number, whether it waits or is decided.
pub(super) fn found(inquiry: &Inquiry<'_>, records: &[Record]) -> Vec<Value> {
    let written = answer::clean(inquiry.text("text")).to_lowercase();
    let is_name = !written.contains('@') && !written.chars().any(|c| c.is_ascii_digit());
    let wanted: Vec<&str> = if is_name { words(&written).collect() } else { Vec::new() };
    let number = request_number(inquiry);
    let found_by = |record: &Record| {
        let keys = record.index_keys();
        let is_called = |word: &&str| word.chars().count() < 2 || keys.iter().any(|(kind, key)| *kind == "name" && key == word);
        let asked = keys.iter().any(|(kind, key)| *kind == "request" && Some(key) == number.as_ref());
        asked || wanted.iter().all(is_called)
    };
    let people = records.iter().filter(|record| found_by(record));
    let sharing = sharing(&written, records);
    let mut people: Vec<_> = people.map(|record| (sharing(record), inquiry.name(record), record)).collect();
    people.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
    let item = |(_, name, record): (usize, String, &Record)| {
        let mut fields = fields(inquiry, record);
        fields.insert("id".to_owned(), text(&record.id.0));
        fields.insert("name".to_owned(), text(name));
        fields.insert("reachable".to_owned(), Value::Bool(!record.unreachable));
        let request = requests::of_person(inquiry, record, number.as_deref());
        fields.extend(request.map(|(name, value)| (name.to_owned(), value)));
        Value::Record(fields)
    };
    people.into_iter().take(ITEMS_AT_MOST).map(item).collect()
}

/// Whoever has this phone number or this address among what is remembered of them.
pub(super) fn alike(inquiry: &Inquiry<'_>) -> Option<Search> {
    let keys: Vec<_> = ["phone", "email"].iter().filter_map(|name| inquiry.inputs.get(*name).and_then(value_key)).collect();
    (!keys.is_empty()).then_some(Search::Keys(keys, ITEMS_AT_MOST))
}

/// `is_taken`: whether somebody else has the number or the address. Who that is, is not told.
pub(super) fn is_taken(inquiry: &Inquiry<'_>, records: &[Record]) -> Answer {
    let is_taken = |name: &str| {
        let key = inquiry.inputs.get(name).and_then(value_key);
        let has = |record: &Record| record.person.fields.values().any(|value| value_key(value) == key);
        Value::Bool(key.is_some() && records.iter().any(|record| record.id != inquiry.by.id && has(record)))
    };
    reply(Status::Ok, &[("phone", is_taken("phone")), ("email", is_taken("email"))])
}

/// What is remembered of somebody, but for secrets.
fn fields(inquiry: &Inquiry<'_>, record: &Record) -> BTreeMap<String, Value> {
    let declared = inquiry.library.project().bot.person.iter().filter(|(_, field)| !field.of.holds_secret());
    declared.map(|(name, _)| (name.clone(), record.person.fields.get(name).cloned().unwrap_or_default())).collect()
}

/// `get_person`.
pub(super) fn one(inquiry: &Inquiry<'_>, record: Option<&Record>) -> Answer {
    let Some(record) = record.filter(|record| !record.is_nobody()) else { return reply(Status::NotFound, &[]) };
    let front = record.front.as_ref().and_then(|front| record.session(front)).or_else(|| record.sessions.last());
    let now = front.map(|session| {
        let step = session.frames.last().map(|frame| frame.at.as_str()).unwrap_or_default();
        let view = inquiry.view(record, Some(session));
        let title = view.flow().and_then(|flow| flow.step(step)).and_then(|step| step.title.as_ref()).map(|title| plain(&view, title));
        let flow = inquiry.flow_title(record, session);
        title.map_or(flow.clone(), |title| format!("{flow} / {title}"))
    });
    let roles = inquiry.library.installation.roles_of(&record.id.0);
    let mut all = fields(inquiry, record);
    let own = [
        ("id", text(&record.id.0)),
        ("name", text(inquiry.name(record))),
        ("roles", Value::List(roles.map(|(name, role)| text(inquiry.role_title(name, role))).collect())),
        ("now", now.map_or(Value::None, text)),
        ("session_id", front.map_or(Value::None, |session| text(session_name(&record.id, &session.id)))),
        ("reachable", Value::Bool(!record.unreachable)),
    ];
    let request = requests::of_person(inquiry, record, None);
    all.extend(own.into_iter().chain(request).map(|(name, value)| (name.to_owned(), value)));
    let all: Vec<_> = all.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    reply(Status::Ok, &all)
}

/// `set_person`: the fields that are given, and no others; `none` forgets one.
pub(super) fn set(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    let declared = &work.project().bot.person;
    let Some(Value::Record(fields)) = act.inputs.get("fields") else { return refused("no fields are given") };
    if is_new(work) {
        return refused("there is no such person");
    }
    if fields.keys().any(|name| declared.get(name).is_none_or(|field| field.of.holds_secret())) {
        return refused("the bot declares no such field of a person");
    }
    for (name, value) in fields {
        if value.is_none() {
            work.record.person.fields.remove(name);
        } else {
            work.record.person.fields.insert(name.clone(), value.clone());
        }
    }
    reply(Status::Ok, &[])
}

/// True if nobody was ever here: what is told to a record makes it. Whoever was erased is nobody, too.
fn is_new(work: &Work<'_>) -> bool {
    work.record.version <= 1 || work.record.erased
}
