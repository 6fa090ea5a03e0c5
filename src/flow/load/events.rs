//! Events: what other systems report, declared in `bot.yaml`, awaited by steps, and what starts flows.

use std::collections::BTreeMap;

use crate::diagnostic::{About, Diagnostic};
use crate::expr::{Expression, Kind, Type};
use crate::flow::load::declare::Declarations;
use crate::flow::load::flows::Builder;
use crate::flow::load::names::{Place, Reach};
use crate::flow::load::steps::Written;
use crate::flow::load::{codes, declare};
use crate::flow::{Awaited, Declared, EventRoad, Start, StartEvent};
use crate::syntax::{Entry, Node};

/// The events of a bot: name → fields.
pub(super) type Events = BTreeMap<String, BTreeMap<String, Declared>>;

/// Reads the events that a bot knows.
pub(super) fn declared(bot: Option<&Node>, findings: &mut Vec<Diagnostic>) -> Events {
    let declarations = Declarations::plain();
    let entries = bot.and_then(|bot| bot.get("events")).map_or(&[][..], Node::entries);
    let events = entries.iter().map(|entry| (entry.key.clone(), declarations.map(Some(&entry.value)))).collect();
    findings.append(&mut declarations.findings());
    events
}

/// The record that `event` is, where one has come.
pub(super) fn fields(event: &BTreeMap<String, Declared>) -> Type {
    Type::certain(Kind::Record(event.iter().map(|(name, declared)| (name.clone(), declared.of.clone())).collect()))
}

impl<'w> Builder<'w> {
    /// The event that is named, and the values its fields must have.
    pub(super) fn awaited(&mut self, name: &Node, matching: Option<&Node>, place: &Place<'_>) -> Option<Awaited> {
        let known = self.event(name)?;
        let entries = matching.map_or(&[][..], Node::entries);
        if entries.is_empty() && !known.is_empty() {
            let found =
                Diagnostic::warning(codes::MISSING_KEY, name.span, "nothing says whose event this is, so anybody's is taken for it");
            let fields = known.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            self.writer
                .findings
                .push(found.help(format!("say which value a field of it must have under \"match\"; its fields are {fields}")));
        }
        let matching = entries.iter().filter_map(|entry| {
            let declared = known.get(&entry.key);
            if declared.is_none() {
                self.unknown_field(name, entry, known);
            }
            let (value, of) = self.expression(&entry.value, place)?;
            self.check_match((&value, &of), &format!("{}.{}", name.text()?, entry.key), &declared?.of);
            Some((entry.key.clone(), value))
        });
        let matching = matching.collect();
        Some(Awaited { event: name.text()?.to_owned(), matching })
    }

    /// `event` beside a question, a review or a decision: the road that is taken when it comes.
    pub(super) fn event_road(&mut self, step: Written<'_>, place: &Place<'_>) -> Option<EventRoad> {
        let node = step.node.get("event")?;
        let name = node.get("name")?;
        let awaited = self.awaited(name, node.get("match"), place);
        let of = name.text().and_then(|name| self.world.events.get(name)).map(fields);
        let inner = of.map_or_else(|| place.clone(), |of| place.with("event", of));
        let addresses = self.road_addresses(step, "event");
        let road = self.road(node, &addresses, &inner);
        Some(EventRoad { awaited: awaited?, road })
    }

    /// `start.event`: begun for each person whose fields match.
    pub(super) fn start_event(&mut self, start: &Node) -> Option<StartEvent> {
        let name = start.get("event")?;
        let known = self.event(name)?;
        let place = Place::new(self.world, Reach::Bot).with("event", fields(known));
        let entries = start.get("match").map_or(&[][..], Node::entries);
        let mut matching = Vec::new();
        for entry in entries {
            let field = entry.key.strip_prefix("person.").and_then(|field| Some((field, self.world.writable.get(field)?.clone())));
            let Some((field, wanted)) = field else {
                let found = Diagnostic::error(codes::UNKNOWN_FIELD, entry.key_span, format!("\"{}\" is no field of a person", entry.key));
                let names: Vec<String> = self.world.writable.keys().map(|field| format!("person.{field}")).collect();
                self.writer.findings.push(found.nearest(&entry.key, names.iter().map(String::as_str)));
                continue;
            };
            let Some((value, of)) = self.writer.expression(&entry.value, &place) else { continue };
            let before = self.writer.findings.len();
            self.check_match((&value, &of), &entry.key, &wanted);
            for found in &mut self.writer.findings[before..] {
                let read = value.names().into_iter().filter(|read| read.path[0] == "event").filter_map(|read| read.path.into_iter().nth(1));
                found.about.extend(read.map(|field| About::Declared(format!("{}.{field}", name.text().unwrap_or_default()))));
            }
            matching.push((field.to_owned(), value));
        }
        if entries.is_empty() {
            let found = Diagnostic::error(codes::MISSING_KEY, name.span, "nothing says for whom this event starts the flow");
            self.writer.findings.push(found.help("name a field of the person: match: { person.staff_id: event.staff_id }"));
        }
        Some(StartEvent { event: name.text()?.to_owned(), matching })
    }

    /// The inputs that an event gives by itself: those that are called as its fields.
    pub(super) fn gives(&self, start: &Start, input: &str) -> bool {
        let event = start.event.as_ref().and_then(|started| self.world.events.get(&started.event));
        event.is_some_and(|event| event.contains_key(input))
    }

    fn event(&mut self, name: &Node) -> Option<&'w BTreeMap<String, Declared>> {
        let text = name.text()?;
        let world = self.world;
        let known = world.events.get(text);
        if known.is_none() && !world.unread.bot {
            let found = Diagnostic::error(codes::UNKNOWN_EVENT, name.span, format!("there is no event \"{text}\""));
            let found = found.nearest(text, world.events.keys().map(String::as_str));
            self.writer.findings.push(if found.help.is_some() { found } else { found.help("declare it in bot.yaml, under \"events\"") });
        }
        known
    }

    fn unknown_field(&mut self, event: &Node, entry: &Entry, known: &BTreeMap<String, Declared>) {
        let message = format!("the event \"{}\" has no field \"{}\"", event.text().unwrap_or_default(), entry.key);
        let found = Diagnostic::error(codes::UNKNOWN_FIELD, entry.key_span, message);
        self.writer.findings.push(found.nearest(&entry.key, known.keys().map(String::as_str)));
    }

    fn check_match(&mut self, (value, of): (&Expression, &Type), name: &str, wanted: &Type) {
        self.writer.findings.extend(declare::unfit(value, of, (name, wanted), |message| format!("this can never match: {message}")));
    }
}
