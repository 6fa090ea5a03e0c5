//! What must be so at some point.

use crate::diagnostic::Span;
use crate::engine::{CallState, FactKind, Stage};
use crate::expr::Value;
use crate::scenario::compare::{is_within, path, same_target};
use crate::scenario::difference::difference;
use crate::scenario::play::{Broken, Player};
use crate::scenario::script::{Expect, Fact};

impl Player<'_, '_, '_> {
    pub(super) fn expect(&mut self, expect: &Expect) -> Result<(), Broken> {
        expect.ended.iter().try_for_each(|(flow, span, end)| self.ended(flow, end).map_err(|broken| broken.at(*span)))?;
        expect.waits.iter().try_for_each(|(flow, span, step)| self.waits(flow, step).map_err(|broken| broken.at(*span)))?;
        if let Some((span, names)) = &expect.audit {
            let came = self.world.facts.iter().filter_map(|fact| match &fact.kind {
                FactKind::Audited { name } => Some(name.as_str()),
                _ => None,
            });
            same("the audit records are other ones", names, &came.collect::<Vec<_>>()).map_err(|broken| broken.at(*span))?;
        }
        for (request, span, count) in &expect.requests {
            self.requests(request, *count).map_err(|broken| broken.at(*span))?;
        }
        if let Some((span, operations)) = &expect.doubts {
            let came = self.doubts();
            let came: Vec<&str> = came.iter().map(String::as_str).collect();
            same("other operations are in doubt", operations, &came).map_err(|broken| broken.at(*span))?;
        }
        expect.person.iter().try_for_each(|(who, fact)| self.knows(who, fact).map_err(|broken| broken.at(fact.span)))?;
        expect.nowhere.iter().try_for_each(|(span, text)| self.nowhere(text, *span))
    }

    fn ended(&self, flow: &str, end: &str) -> Result<(), Broken> {
        let last = self.world.facts.iter().rev().find_map(|fact| match &fact.kind {
            FactKind::Ended { flow: of, end } if of == flow => Some(end.as_str()),
            _ => None,
        });
        match last {
            Some(last) if last == end => Ok(()),
            Some(last) => Err(Broken::because(format!("the flow {flow} has ended otherwise")).with(difference(end, last))),
            None => Err(Broken::because(format!("the flow {flow} has not ended"))),
        }
    }

    fn waits(&self, flow: &str, step: &str) -> Result<(), Broken> {
        let frames = self.world.people.values().flat_map(|person| &person.record.sessions).flat_map(|session| &session.frames);
        let at: Vec<&str> = frames.filter(|frame| frame.flow == flow).map(|frame| frame.at.as_str()).collect();
        match at.as_slice() {
            [] => Err(Broken::because(format!("nobody is in the flow {flow}"))),
            at if at.contains(&step) => Ok(()),
            at => Err(Broken::because(format!("the flow {flow} waits elsewhere")).with(difference(step, &at.join("\n")))),
        }
    }

    fn requests(&self, request: &str, count: usize) -> Result<(), Broken> {
        let (method, target) = request.split_once(' ').unwrap_or(("", request));
        let fits = |sent: &&crate::operation::Request| {
            let whole = if target.contains('?') { sent.target.as_str() } else { path(&sent.target) };
            sent.method == method && same_target(target, whole)
        };
        let came = self.world.requests.iter().filter(fits).count();
        if came == count { Ok(()) } else { Err(Broken::because(format!("{request} was sent {came} times, not {count}"))) }
    }

    /// Calls of which only a person, or a later look-up, can tell whether they were done.
    fn doubts(&self) -> Vec<String> {
        let frames = self.world.people.values().flat_map(|person| &person.record.sessions).flat_map(|session| &session.frames);
        let doubted = frames.filter_map(|frame| match &frame.stage {
            Stage::Calling(calling) if matches!(calling.state, CallState::Doubting { .. }) => Some(calling.operation.clone()),
            _ => None,
        });
        doubted.collect()
    }

    fn knows(&self, who: &str, fact: &Fact) -> Result<(), Broken> {
        let Some(person) = self.world.people.get(who).map(|person| &person.record.person) else {
            return Err(Broken::because(format!("nobody is called {who}")));
        };
        let came = match fact.name.as_str() {
            "language" => person.language.clone().map_or(Value::None, Value::Text),
            name => person.fields.get(name).cloned().unwrap_or_default(),
        };
        let came = came.to_json();
        if is_within(&fact.value, &came) {
            return Ok(());
        }
        let message = format!("what the bot knows of {who} as \"{}\" is something else", fact.name);
        Err(Broken::because(message).with(difference(&fact.value.to_string(), &came.to_string())))
    }

    /// A string that must be kept nowhere: in no fact, in no message but one that holds a secret, in no record. A declared secret may
    /// stand in a record while a session that holds it is alive.
    fn nowhere(&self, text: &str, span: Span) -> Result<(), Broken> {
        let broken = |place: &str| Err(Broken::because(format!("«{text}» stands {place}")).at(span));
        if self.world.facts.iter().any(|fact| serde_json::to_string(fact).is_ok_and(|fact| fact.contains(text))) {
            return broken("in the journal");
        }
        for (who, person) in &self.world.people {
            let open = |message: &&crate::scenario::chat::Shown| message.effect.is_some() && !message.secret && message.text.contains(text);
            if person.chat.messages.iter().any(|message| open(&message)) {
                return broken(&format!("in a message to {who} that is not treated as a secret"));
            }
            let is_held = self.world.secrets.contains(text) && !person.record.sessions.is_empty();
            if !is_held && serde_json::to_string(&person.record).is_ok_and(|record| record.contains(text)) {
                return broken(&format!("in the record of {who}"));
            }
        }
        Ok(())
    }
}

fn same(message: &str, expected: &[String], came: &[&str]) -> Result<(), Broken> {
    if expected.iter().map(String::as_str).eq(came.iter().copied()) {
        return Ok(());
    }
    Err(Broken::because(message).with(difference(&expected.join("\n"), &came.join("\n"))))
}
