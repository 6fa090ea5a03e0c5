//! `call`: an HTTP call. What is sent and what an answer means is decided in `operation`; here is what the conversation makes of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::engine::record::{CallState, Calling, Held, Stage, hex};
use crate::engine::steps::trouble;
use crate::engine::walk::{Onward, Trouble, Walk};
use crate::engine::{EffectId, EffectKind, FactKind, Letter, Message, desk, invitation, words};
use crate::expr::Value;
use crate::flow::{Call, Manner, Operation, OutcomeRoad, Project, Step, Verb};
use crate::operation::{self, Again, Answer, Outcome, Progress, Sending};

/// How long what was not sent because its server is left alone does not count, in milliseconds: a server that never comes back must not be
/// waited for forever.
const UNCOUNTED_FOR: i64 = 24 * 60 * 60 * 1000;

pub(super) fn enter<'p>(walk: &mut Walk<'_, '_, 'p>, step: &'p Step, call: &'p Call) -> Result<Onward<'p>, Trouble> {
    let inputs = walk.values(&call.with)?;
    if call.operation == "usher.my_sessions" {
        let outcome = Outcome { output: words::my_sessions(walk), ..named("ok") };
        return settled(walk, step, call, &outcome, None);
    }
    match first_attempt(walk, &call.operation, inputs)? {
        Some(calling) => {
            walk.frame_mut().stage = Stage::Calling(Box::new(calling));
            Ok(Onward::Stay)
        }
        None => settled(walk, step, call, &named("absent"), None),
    }
}

/// An outcome of this name that brings nothing.
fn named(name: &str) -> Outcome {
    Outcome { name: name.to_owned(), output: BTreeMap::new(), error: None, retry_after: None, page: None, look: false }
}

fn declared<'p>(walk: &Walk<'_, '_, 'p>, id: &str) -> Result<&'p Operation, Trouble> {
    walk.project.operations.get(id).ok_or_else(|| Trouble::new(format!("operation \"{id}\" is not there")))
}

/// Orders the first attempt of an operation; `None` if it does not exist in the operator's profile.
pub(crate) fn first_attempt(
    walk: &mut Walk<'_, '_, '_>,
    id: &str,
    mut inputs: BTreeMap<String, Value>,
) -> Result<Option<Calling>, Trouble> {
    let operation = declared(walk, id)?;
    if !operation::exists(operation, profile(walk, operation)) {
        return Ok(None);
    }
    for (name, declared) in &operation.input {
        if inputs.get(name).is_none_or(Value::is_none) {
            let value = match &declared.default {
                Some(default) => walk.value(default)?,
                None if declared.of.optional => Value::None,
                None => return Err(Trouble::new(format!("input \"{name}\" of {id} is not there"))),
            };
            inputs.insert(name.clone(), value);
        }
    }
    let fresh = walk.frame().rewalk.as_ref().is_some_and(|rewalk| rewalk.asks(&walk.frame().at));
    let mut calling = Calling {
        effect: EffectId { version: 0, index: 0 },
        operation: id.to_owned(),
        inputs,
        key: key(walk),
        first: walk.work.now,
        attempts: 0,
        lookups: 0,
        state: CallState::Trying,
        said: None,
        pages: Vec::new(),
        fresh,
    };
    attempt(walk, operation, &mut calling, None)?;
    Ok(Some(calling))
}

fn profile<'w>(walk: &'w Walk<'_, '_, '_>, operation: &Operation) -> Option<&'w str> {
    walk.work.library.installation.profiles.get(&operation.connection).map(String::as_str)
}

/// The key that all attempts of this visit carry: nobody can guess it, and it is the same after any restart.
fn key(walk: &Walk<'_, '_, '_>) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&walk.session.seed.to_le_bytes()).expect("HMAC takes keys of any length");
    mac.update(walk.work.record.id.0.as_bytes());
    mac.update(walk.work.next_effect().to_string().as_bytes());
    hex(&mac.finalize().into_bytes()[..16])
}

/// Orders one attempt, or the next page of one.
fn attempt(walk: &mut Walk<'_, '_, '_>, operation: &Operation, calling: &mut Calling, next: Option<&str>) -> Result<(), Trouble> {
    let page = u32::try_from(calling.pages.len()).unwrap_or(u32::MAX);
    let profile = profile(walk, operation);
    let sending = Sending { operation, inputs: &calling.inputs, profile, key: &calling.key, page, next, fresh: calling.fresh };
    let request = operation::request(sending, &walk.view().context())?;
    let repeatable = operation::may_repeat(operation, profile);
    if calling.pages.is_empty() {
        calling.attempts += 1;
        // Each attempt that leaves a doubt is looked up with pauses of its own.
        calling.lookups = 0;
    }
    let kind = match own_act(walk, calling) {
        Some(act) => act,
        None => EffectKind::Call { request, repeatable },
    };
    calling.effect = walk.work.order(kind);
    calling.state = CallState::Trying;
    Ok(())
}

/// An act of the engine's own is a letter to the record that it concerns, which answers.
fn own_act(walk: &Walk<'_, '_, '_>, calling: &Calling) -> Option<EffectKind> {
    let record = &walk.work.record;
    let to = match calling.operation.as_str() {
        "usher.create_invitation" => invitation::record(record.id.channel(), &invitation::token(&calling.key)),
        operation => desk::addressee(operation, &calling.inputs)?,
    };
    let is_known = walk.work.library.installation.people.contains_key(&to.0) || to.0.contains(':');
    let letter = Letter::Asked {
        effect: walk.work.next_effect(),
        operation: calling.operation.clone(),
        inputs: calling.inputs.clone(),
        name: walk.work.myself().name,
    };
    // What names nobody is answered by the own record, which has nothing of the kind.
    Some(EffectKind::Tell { to: if is_known { to } else { record.id.clone() }, letter })
}

/// Orders a look-up: is what we sent there?
fn look(walk: &mut Walk<'_, '_, '_>, operation: &Operation, calling: &mut Calling) -> Result<(), Trouble> {
    let lookup = operation.lookup.as_ref().ok_or_else(|| Trouble::new(format!("{} cannot be looked up", operation.id)))?;
    let looked = declared(walk, &lookup.call)?;
    let mut inputs = BTreeMap::new();
    {
        let mut view = walk.view();
        for (name, value) in &calling.inputs {
            view = view.with(name.as_str(), Cow::Borrowed(value));
        }
        for (name, expression) in &lookup.with {
            inputs.insert(name.clone(), expression.evaluate(&view.context())?);
        }
    }
    let sending =
        Sending { operation: looked, inputs: &inputs, profile: profile(walk, looked), key: &calling.key, page: 0, next: None, fresh: true };
    let request = operation::request(sending, &walk.view().context())?;
    calling.lookups += 1;
    calling.effect = walk.work.order(EffectKind::Call { request, repeatable: true });
    calling.state = CallState::Looking;
    Ok(())
}

/// What has come of the attempt that was under way.
enum Judged {
    /// Another page is being read.
    Reading,
    /// This.
    Came(Outcome),
}

fn judge(walk: &mut Walk<'_, '_, '_>, calling: &mut Calling, answer: &Answer) -> Result<Judged, Trouble> {
    let operation = declared(walk, &calling.operation)?;
    let age = walk.work.now.0 - calling.first.0;
    let outcome = if calling.state == CallState::Looking {
        let lookup = operation.lookup.as_ref().ok_or_else(|| Trouble::new(format!("{} cannot be looked up", operation.id)))?;
        let looked = declared(walk, &lookup.call)?;
        operation::looked_up(operation, &operation::outcome(looked, profile(walk, looked), 0, answer))
    } else {
        operation::outcome(operation, profile(walk, operation), age, answer)
    };
    if outcome.name == "ok"
        && let (Some(pages), Some(seen)) = (&operation.pages, &outcome.page)
    {
        let read = u32::try_from(calling.pages.len()).unwrap_or(u32::MAX).saturating_add(1);
        let more = seen.next.is_some() || (!matches!(pages.by, crate::flow::PageBy::Next(_)) && seen.items >= pages.size as usize);
        if more && read < pages.max {
            calling.pages.push(outcome.output);
            attempt(walk, operation, calling, seen.next.as_deref())?;
            return Ok(Judged::Reading);
        }
    }
    let attempt = calling.attempts;
    walk.note(FactKind::Called { operation: operation.id.clone(), outcome: outcome.name.clone(), attempt });
    // An empty page after full ones is the end of the list, not an empty list.
    let ended = !calling.pages.is_empty() && outcome.page.as_ref().is_some_and(|page| page.items == 0);
    let outcome = if ended { named("ok") } else { outcome };
    Ok(Judged::Came(joined(std::mem::take(&mut calling.pages), outcome)))
}

/// The lists of all pages, one behind the other.
fn joined(pages: Vec<BTreeMap<String, Value>>, mut outcome: Outcome) -> Outcome {
    if outcome.name != "ok" || pages.is_empty() {
        return outcome;
    }
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for page in pages.into_iter().chain([std::mem::take(&mut outcome.output)]) {
        for (name, value) in page {
            match (all.get_mut(&name), value) {
                (Some(Value::List(items)), Value::List(more)) => items.extend(more),
                (_, value) => drop(all.insert(name, value)),
            }
        }
    }
    Outcome { output: all, ..outcome }
}

/// The answer to the attempt of the step it stands at.
pub(crate) fn attempted<'p>(walk: &mut Walk<'_, '_, 'p>, answer: &Answer) -> Result<Onward<'p>, Trouble> {
    let (step, call, mut calling) = here(walk)?;
    let Judged::Came(outcome) = judge(walk, &mut calling, answer)? else {
        walk.frame_mut().stage = Stage::Calling(Box::new(calling));
        return Ok(Onward::Stay);
    };
    let operation = declared(walk, &calling.operation)?;
    if matches!(answer, Answer::LeftAlone { .. }) && walk.work.now.0 - calling.first.0 < UNCOUNTED_FOR {
        // Nobody was asked, so the author's patience is not used up by it.
        calling.attempts = calling.attempts.saturating_sub(1);
    }
    let road = road(call, &outcome.name);
    let progress = Progress {
        outcome: &outcome,
        first: calling.first,
        now: walk.work.now,
        attempts: calling.attempts,
        lookups: calling.lookups,
        retry: road.and_then(|road| road.retry.as_ref()),
    };
    let again = operation::next_attempt(operation, profile(walk, operation), progress);
    let attempts = road.and_then(|road| road.retry.as_ref()).and_then(|retry| retry.max);
    trouble::noticed(walk, (operation, attempts), &calling, &outcome, &again);
    match again {
        Again::Settled => return settled(walk, step, call, &outcome, calling.said.as_deref()),
        Again::At(until) => {
            calling.state = CallState::Pausing { until };
            say_waiting(walk, call, &mut calling, "down")?;
        }
        Again::LookUp => {
            say_waiting(walk, call, &mut calling, "unknown")?;
            look(walk, operation, &mut calling)?;
        }
        Again::LookUpAt(until) => {
            calling.state = CallState::Doubting { until: Some(until) };
            say_waiting(walk, call, &mut calling, "unknown")?;
        }
        Again::Doubt => {
            calling.state = CallState::Doubting { until: None };
            say_waiting(walk, call, &mut calling, "unknown")?;
        }
    }
    walk.frame_mut().stage = Stage::Calling(Box::new(calling));
    Ok(Onward::Stay)
}

/// The answer to a check of a question; `None` while it is not settled.
pub(crate) fn check_attempted(walk: &mut Walk<'_, '_, '_>, calling: &mut Calling, answer: &Answer) -> Result<Option<Outcome>, Trouble> {
    let Judged::Came(outcome) = judge(walk, calling, answer)? else { return Ok(None) };
    let operation = declared(walk, &calling.operation)?;
    trouble::noticed(walk, (operation, None), calling, &outcome, &Again::Settled);
    Ok(Some(outcome))
}

/// The time to try again, or to look again, has come.
pub(crate) fn due<'p>(walk: &mut Walk<'_, '_, 'p>) -> Result<Onward<'p>, Trouble> {
    let (_, _, mut calling) = here(walk)?;
    let operation = declared(walk, &calling.operation)?;
    match calling.state {
        CallState::Pausing { .. } => attempt(walk, operation, &mut calling, None)?,
        CallState::Doubting { .. } => look(walk, operation, &mut calling)?,
        CallState::Trying | CallState::Looking => {}
    }
    walk.frame_mut().stage = Stage::Calling(Box::new(calling));
    Ok(Onward::Stay)
}

/// Somebody has looked it up: it was done, and brought this.
pub(crate) fn confirmed<'p>(walk: &mut Walk<'_, '_, 'p>, output: BTreeMap<String, Value>) -> Result<Onward<'p>, Trouble> {
    let (step, call, calling) = here(walk)?;
    settled(walk, step, call, &Outcome { output, ..named("ok") }, calling.said.as_deref())
}

/// Somebody wants it sent again, with the same key.
pub(crate) fn again<'p>(walk: &mut Walk<'_, '_, 'p>) -> Result<Onward<'p>, Trouble> {
    let (_, _, mut calling) = here(walk)?;
    let operation = declared(walk, &calling.operation)?;
    attempt(walk, operation, &mut calling, None)?;
    walk.frame_mut().stage = Stage::Calling(Box::new(calling));
    Ok(Onward::Stay)
}

/// Nobody tries it, or looks for it, any more.
pub(crate) fn stopped<'p>(walk: &mut Walk<'_, '_, 'p>) -> Result<Onward<'p>, Trouble> {
    let (step, call, calling) = here(walk)?;
    let outcome = if matches!(calling.state, CallState::Doubting { .. }) { "unknown" } else { "down" };
    settled(walk, step, call, &named(outcome), calling.said.as_deref())
}

fn here<'p>(walk: &Walk<'_, '_, 'p>) -> Result<(&'p Step, &'p Call, Calling), Trouble> {
    let step = walk.step()?;
    match (&step.verb, &walk.frame().stage) {
        (Verb::Call(call), Stage::Calling(calling)) => Ok((step, call, (**calling).clone())),
        _ => Err(Trouble::new(format!("step \"{}\" calls nothing", step.id))),
    }
}

fn road<'p>(call: &'p Call, outcome: &str) -> Option<&'p OutcomeRoad> {
    call.outcomes.get(outcome).or_else(|| call.outcomes.get("else"))
}

/// Says once, for each reason, that it will take a while.
fn say_waiting(walk: &mut Walk<'_, '_, '_>, call: &Call, calling: &mut Calling, about: &str) -> Result<(), Trouble> {
    let is_said = was_said(calling.said.as_deref(), about);
    if !is_said {
        calling.said = Some(calling.said.take().map_or(about.to_owned(), |said| format!("{said} {about}")));
    }
    if let Some(say) = road(call, about).and_then(|road| road.road.say.as_ref()) {
        let html = walk.html(say)?;
        walk.frame_mut().said = Some(html.clone());
        if !is_said {
            walk.send(Message { html, ..Message::default() }, &Manner::default());
        }
    }
    Ok(())
}

pub(super) fn was_said(said: Option<&str>, outcome: &str) -> bool {
    said.is_some_and(|said| said.split(' ').any(|about| about == outcome))
}

/// The call has ended.
fn settled<'p>(
    walk: &mut Walk<'_, '_, 'p>,
    step: &'p Step,
    call: &'p Call,
    outcome: &Outcome,
    said: Option<&str>,
) -> Result<Onward<'p>, Trouble> {
    let operation = declared(walk, &call.operation)?;
    // The call is over: what it read can be changed again unless it ended well.
    walk.frame_mut().stage = Stage::Running;
    let ok = outcome.name == "ok";
    let mut value = result(outcome);
    if let Value::Record(fields) = &mut value {
        let own = operation.outcomes.iter().flat_map(|rule| &rule.output);
        for output in operation.output.iter().chain(own) {
            fields.entry(output.name.clone()).or_default();
        }
    }
    walk.keep(Held { value, committed: ok && !operation.is_read(), ..Held::default() });
    if ok {
        walk.audit(step.audit.as_ref());
        return Ok(call.outcomes.get("ok").map_or(Onward::Complete, |road| Onward::Take(&road.road)));
    }
    let Some(road) = road(call, &outcome.name) else {
        return Err(Trouble::new(format!("{} ended {}, which has no road", operation.id, outcome.name)));
    };
    if let Some((field, step)) = refused_field(road, outcome) {
        let reason = outcome.error.as_ref().and_then(|error| error.fields.get(field)).map(|words| super::review::escape(words));
        return walk.change(&[step], reason);
    }
    if was_said(said, &outcome.name) {
        walk.audit(road.road.audit.as_ref());
        return Ok(Onward::Follow(&road.road.to));
    }
    Ok(Onward::Take(&road.road))
}

/// The first field that the ERP refused and some step asked for.
fn refused_field<'p>(road: &'p OutcomeRoad, outcome: &Outcome) -> Option<(&'p str, usize)> {
    let fields = &outcome.error.as_ref()?.fields;
    road.fields.iter().find(|(field, _)| fields.contains_key(field)).map(|(field, step)| (field.as_str(), *step))
}

/// An outcome as the result of a step.
pub(crate) fn result(outcome: &Outcome) -> Value {
    let mut fields = outcome.output.clone();
    fields.insert("outcome".to_owned(), Value::Text(outcome.name.clone()));
    let text = |text: &Option<String>| text.clone().map_or(Value::None, Value::Text);
    let error = outcome.error.as_ref().map_or(Value::None, |error| {
        Value::Record(BTreeMap::from([
            ("message".to_owned(), text(&error.message)),
            ("code".to_owned(), text(&error.code)),
            ("status".to_owned(), error.status.map_or(Value::None, |status| Value::Integer(i64::from(status)))),
            (
                "fields".to_owned(),
                Value::Record(error.fields.iter().map(|(field, words)| (field.clone(), Value::Text(words.clone()))).collect()),
            ),
        ]))
    });
    fields.insert("error".to_owned(), error);
    Value::Record(fields)
}

/// True while an unsafe call is under way, waits to be sent again, or is in doubt: such a session cannot be ended by anybody.
pub(crate) fn is_binding(project: &Project, stage: &Stage) -> bool {
    match stage {
        Stage::Calling(calling) => project.operations.get(&calling.operation).is_some_and(|operation| !operation.is_read()),
        _ => false,
    }
}
