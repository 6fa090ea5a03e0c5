//! `ask`: a question that waits for its answer.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::engine::answer::{self, Unclear};
use crate::engine::keyboard::{self, Pressed};
use crate::engine::record::{Checking, Held, Question, Stage};
use crate::engine::steps::file::Sent;
use crate::engine::steps::{call, file};
use crate::engine::walk::{Onward, Trouble, Walk, text};
use crate::engine::{EffectKind, FactKind, Keyboard, Message, MessageRef, Offer, offers};
use crate::expr::Value;
use crate::flow::{AnswerType, Ask, Road, Step, Target, Verb};
use crate::operation::Outcome;

/// What a person gave for an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given {
    /// A text.
    Text { text: String, message: String },
    /// A contact card.
    Contact { number: String, own: bool, forwarded: bool, message: String },
    /// A button of this question, under this message.
    Button { pressed: Pressed, message: Option<String> },
    /// A file.
    File(Sent),
    /// A point on the map.
    Location { latitude: Decimal, longitude: Decimal, message: String },
    /// Something that is no answer to anything.
    Other,
}

impl Given {
    fn message(&self) -> Option<String> {
        match self {
            Self::Text { message, .. }
            | Self::Contact { message, .. }
            | Self::Location { message, .. }
            | Self::File(Sent { message, .. }) => Some(message.clone()),
            Self::Button { .. } | Self::Other => None,
        }
    }
}

pub(super) fn enter<'p>(walk: &mut Walk<'_, '_, 'p>, step: &'p Step, ask: &'p Ask) -> Result<Onward<'p>, Trouble> {
    let offers = offers::of(walk, ask)?;
    if offers.is_empty() && offers_something(ask) {
        return match offers::data(ask).and_then(|data| data.empty.as_ref()) {
            Some(road) => Ok(Onward::Take(road)),
            None => Err(Trouble::new("there is nothing to choose from")),
        };
    }
    let reason = walk.reason.take();
    walk.frame_mut().stage = Stage::Asking(Question { offers, reason, ..Question::default() });
    walk.set_timeout(step)?;
    put(walk, ask, None)?;
    walk.audit(step.audit.as_ref());
    Ok(Onward::Stay)
}

fn offers_something(ask: &Ask) -> bool {
    matches!(ask.answer, AnswerType::YesNo | AnswerType::Choice(_) | AnswerType::Choices { .. })
}

/// The question of the step it stands at.
pub(crate) fn here<'p>(walk: &Walk<'_, '_, 'p>) -> Result<(&'p Step, &'p Ask), Trouble> {
    let step = walk.step()?;
    match &step.verb {
        Verb::Ask(ask) => Ok((step, ask)),
        _ => Err(Trouble::new(format!("step \"{}\" asks nothing", step.id))),
    }
}

/// Puts the question, or these words in its place, with its buttons; held back while another session is in front and this one was
/// not asked for.
pub(crate) fn put(walk: &mut Walk<'_, '_, '_>, ask: &Ask, words: Option<String>) -> Result<(), Trouble> {
    walk.strip();
    walk.session.revision += 1;
    let Some(question) = walk.question().cloned() else { return Ok(()) };
    // A picture that has been seen is not sent anew with every attempt to answer.
    let file = if question.put == 0 && words.is_none() { walk.attached(&ask.manner)? } else { None };
    let html = match words {
        Some(words) => words,
        None => wording(walk, ask, &question)?,
    };
    let keyboard = keyboard::of(walk, ask, &question)?;
    let buttons_only = matches!(keyboard, Keyboard::Rows(_)) && offers_something(ask);
    if !come_to_front(walk, buttons_only) {
        return Ok(());
    }
    let rows = matches!(keyboard, Keyboard::Rows(_));
    let message = walk.send(Message { html, keyboard, file, ..Message::default() }, &ask.manner);
    let revision = walk.session.revision;
    if let Some(question) = walk.question_mut() {
        question.message = message;
        question.rows = rows;
        question.revision = revision;
        question.put += 1;
        question.reason = None;
    }
    Ok(())
}

/// Puts the question as if for the first time: the person has turned to it again.
pub(crate) fn put_first(walk: &mut Walk<'_, '_, '_>, ask: &Ask) -> Result<(), Trouble> {
    // What is offered may be called otherwise by now: the person may have chosen another language.
    let offers = offers::of(walk, ask)?;
    if let Some(question) = walk.question_mut() {
        question.put = 0;
        if !offers.is_empty() && question.checking.is_none() {
            question.offers = offers;
        }
    }
    put(walk, ask, None)
}

/// The words of the question this time: how often it was put, what the ERP said, that typing searches.
fn wording(walk: &Walk<'_, '_, '_>, ask: &Ask, question: &Question) -> Result<String, Trouble> {
    let again = ask.repeat.len().min(question.put as usize);
    let html = match again {
        0 => walk.html(&ask.text)?,
        n => walk.html(&ask.repeat[n - 1])?,
    };
    let mut lines = Vec::new();
    lines.extend(question.reason.clone());
    lines.push(html);
    if question.offers.len() > keyboard::SEARCHED_ABOVE && question.search.is_none() {
        lines.push(walk.work.sentence("search_hint", |view| view));
    }
    Ok(lines.join("\n"))
}

/// True if the question may be put now. A session that the person did not turn to waits until the one in front is done with; buttons
/// alone cannot be confused and are sent without coming to the front.
pub(crate) fn come_to_front(walk: &mut Walk<'_, '_, '_>, buttons_only: bool) -> bool {
    let id = walk.session.id.clone();
    let record = &mut walk.work.record;
    let other = record.front.as_ref() != Some(&id) && record.asking().is_some_and(|asking| asking.id != id);
    if !other || walk.initiative {
        record.front = Some(id);
        walk.session.held = false;
        return true;
    }
    walk.session.held = !buttons_only;
    buttons_only
}

/// An answer that was known before it was asked; `None` if it is not acceptable, and so is asked.
pub(crate) fn take_known<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, value: Value) -> Result<Option<Onward<'p>>, Trouble> {
    let Some(held) = acceptable(walk, ask, value)? else { return Ok(None) };
    for check in ask.checks.iter().filter(|check| check.call.is_none()) {
        if !check.when.holds(&walk.view().with("value", Cow::Borrowed(&held.value)).context())? {
            return Ok(None);
        }
    }
    let road = offers::road(ask, &held);
    walk.keep(held);
    Ok(Some(road.map_or(Onward::Complete, Onward::Take)))
}

/// A value as an answer, if it can be one: it is offered, or within the bounds.
fn acceptable(walk: &Walk<'_, '_, '_>, ask: &Ask, value: Value) -> Result<Option<Held>, Trouble> {
    if !offers_something(ask) {
        let fits = answer::fits(walk, &ask.answer, &value);
        return Ok(fits.then(|| Held { value, ..Held::default() }));
    }
    let offers = offers::of(walk, ask)?;
    let AnswerType::Choices { min, max, .. } = &ask.answer else {
        let Some(offer) = meant(walk, ask, &offers, &value)? else { return Ok(None) };
        let leads_nowhere = as_word_of(ask, &offer).is_some();
        return Ok(if leads_nowhere { None } else { Some(taken(walk, ask, offer, None)?) });
    };
    let Value::List(values) = value else { return Ok(None) };
    let mut picked = Vec::new();
    for value in &values {
        let Some(offer) = meant(walk, ask, &offers, value)? else { return Ok(None) };
        picked.push(offer);
    }
    let counts = picked.len() >= *min && max.is_none_or(|max| picked.len() <= max);
    Ok(if counts { Some(taken_together(walk, ask, &picked, None)?) } else { None })
}

/// The offer that a value stands for.
fn meant(walk: &Walk<'_, '_, '_>, ask: &Ask, offers: &[Offer], value: &Value) -> Result<Option<Offer>, Trouble> {
    let key = match (value, offers::data(ask)) {
        (Value::Bool(yes), _) => if *yes { "yes" } else { "no" }.to_owned(),
        (Value::Text(id), None) => id.clone(),
        (item @ Value::Record(_), Some(data)) => offers::key(walk, data, item)?,
        _ => return Ok(None),
    };
    Ok(offers.iter().find(|offer| offer.key == key).cloned())
}

/// Takes what a person gave.
pub(crate) fn given<'p>(walk: &mut Walk<'_, '_, 'p>, given: Given) -> Result<Onward<'p>, Trouble> {
    let (_, ask) = here(walk)?;
    let Some(question) = walk.question() else { return Ok(Onward::Stay) };
    if question.checking.is_some() {
        walk.work.say("sending");
        return Ok(Onward::Stay);
    }
    let message = given.message();
    if ask.secret
        && let Some(message) = &message
    {
        walk.work.order(EffectKind::Delete { of: MessageRef::Native(message.clone()) });
    }
    match given {
        Given::File(sent) => file::given(walk, ask, sent),
        Given::Location { latitude, longitude, .. } if matches!(ask.answer, AnswerType::Location) => {
            check(walk, ask, Held { value: Value::Location { latitude, longitude }, message, ..Held::default() }, 0)
        }
        Given::Location { .. } | Given::Other => no_answer(walk, ask),
        Given::Button { pressed, message } => button(walk, ask, pressed, message),
        Given::Contact { number, own, forwarded, .. } => match answer::contact(&ask.answer, &number, own, forwarded) {
            Ok(value) => check(walk, ask, Held { value, message, ..Held::default() }, 0),
            Err(unclear) => failed(walk, ask, &unclear, &number),
        },
        Given::Text { text, .. } => written(walk, ask, &text, message),
    }
}

/// What came is no answer to anything. Where a message of some other kind than a text is wanted, that is told.
pub(super) fn no_answer<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask) -> Result<Onward<'p>, Trouble> {
    if matches!(ask.answer, AnswerType::Photo(_) | AnswerType::Document(_) | AnswerType::Location) {
        return failed(walk, ask, &Unclear("other"), "");
    }
    put(walk, ask, None)?;
    Ok(Onward::Stay)
}

fn written<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, written: &str, message: Option<String>) -> Result<Onward<'p>, Trouble> {
    if let Some(skip) = &ask.optional
        && is_label(&walk.plain(skip)?, written)
    {
        return skipped(walk, ask);
    }
    let Some(question) = walk.question() else { return Ok(Onward::Stay) };
    match &ask.answer {
        AnswerType::Photo(files) | AnswerType::Document(files) if files.many && is_label(&walk.work.own_label("done"), written) => {
            file::done(walk, ask)
        }
        AnswerType::Choices { .. } if is_label(&walk.work.own_label("done"), written) => several(walk, ask, message),
        AnswerType::Choices { .. } => match all_typed(&question.offers, written) {
            Some(typed) => {
                if let Some(question) = walk.question_mut() {
                    for key in typed {
                        tick(question, key);
                    }
                    question.put = 0;
                }
                put(walk, ask, None)?;
                Ok(Onward::Stay)
            }
            None => search(walk, ask, written),
        },
        AnswerType::Choice(_) | AnswerType::YesNo => match offers::typed(&question.offers, written) {
            Some(at) => chosen(walk, ask, at, message),
            None => match (&ask.answer, answer::yes_or_no(written)) {
                (AnswerType::YesNo, Some(yes)) => chosen(walk, ask, usize::from(!yes), message),
                _ => search(walk, ask, written),
            },
        },
        answer => match answer::read(walk, answer, written) {
            Ok(value) => check(walk, ask, Held { value, message, ..Held::default() }, 0),
            Err(unclear) => failed(walk, ask, &unclear, written),
        },
    }
}

fn is_label(label: &str, written: &str) -> bool {
    label.trim().to_lowercase() == written.trim().to_lowercase()
}

/// Ticks an option, or takes its tick away.
fn tick(question: &mut Question, key: String) {
    match question.ticked.iter().position(|ticked| *ticked == key) {
        Some(at) => drop(question.ticked.remove(at)),
        None => question.ticked.push(key),
    }
}

/// The keys of several labels or numbers, written with commas between.
fn all_typed(offers: &[Offer], written: &str) -> Option<Vec<String>> {
    written.split([',', ';', '\n']).map(|one| offers::typed(offers, one).map(|at| offers[at].key.clone())).collect()
}

/// What is no option is looked for in a list that has pages. A long list says so, and says what it does not have; in a short one that is
/// no answer, as elsewhere.
fn search<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, written: &str) -> Result<Onward<'p>, Trouble> {
    let Some(question) = walk.question_mut() else { return Ok(Onward::Stay) };
    let is_long = question.offers.len() > keyboard::SEARCHED_ABOVE;
    let sought = offers::sought(&question.offers, written).ok().filter(|_| question.offers.len() > keyboard::PAGE);
    if is_long || sought != question.search {
        question.page = 0;
    }
    question.search = sought;
    if question.search.is_none() && !is_long {
        return failed(walk, ask, &Unclear("other"), written);
    }
    let words = question.search.is_none().then(|| walk.work.sentence("search_none", |view| view.with("input", text(written))));
    put(walk, ask, words)?;
    Ok(Onward::Stay)
}

fn button<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, pressed: Pressed, message: Option<String>) -> Result<Onward<'p>, Trouble> {
    let several_wanted = matches!(ask.answer, AnswerType::Choices { .. });
    let Some(question) = walk.question_mut() else { return Ok(Onward::Stay) };
    match pressed {
        // No button of ours says so: what a button carries can be forged.
        Pressed::Offer(at) if at >= question.offers.len() => Ok(Onward::Stay),
        Pressed::Offer(at) if several_wanted => {
            let key = question.offers[at].key.clone();
            tick(question, key);
            show_again(walk, ask, message)
        }
        Pressed::Page(page) => {
            question.page = page;
            show_again(walk, ask, message)
        }
        Pressed::Offer(at) => {
            let label = question.offers[at].label.clone();
            if let Some(word) = as_word(walk, ask, at) {
                return Ok(Onward::Take(word));
            }
            freeze(walk, ask, message.as_ref(), &label);
            chosen(walk, ask, at, None)
        }
        Pressed::Done if several_wanted => {
            let labels = labels_of(&ticked(walk));
            freeze(walk, ask, message.as_ref(), &labels);
            several(walk, ask, None)
        }
        Pressed::Done if file::wanted(ask).is_some_and(|files| files.many) => {
            freeze(walk, ask, message.as_ref(), "");
            file::done(walk, ask)
        }
        Pressed::Skip if ask.optional.is_some() => {
            let label = ask.optional.as_ref().map(|skip| walk.plain(skip)).transpose()?.unwrap_or_default();
            freeze(walk, ask, message.as_ref(), &label);
            skipped(walk, ask)
        }
        Pressed::Done | Pressed::Skip | Pressed::Confirm | Pressed::Change => Ok(Onward::Stay),
    }
}

/// The same question in the same message: another page, another tick. Its buttons stay current.
fn show_again<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, message: Option<String>) -> Result<Onward<'p>, Trouble> {
    let Some(question) = walk.question().cloned() else { return Ok(Onward::Stay) };
    let first = Question { put: 0, ..question.clone() };
    let html = wording(walk, ask, &first)?;
    let keyboard = keyboard::of(walk, ask, &question)?;
    let ours = question.message.map(MessageRef::Ours);
    let Some(of) = message.map(MessageRef::Native).or(ours) else { return Ok(Onward::Stay) };
    walk.work.order(EffectKind::Edit { of, message: message_of(ask, html, keyboard) });
    Ok(Onward::Stay)
}

/// What the message of the question becomes. A file that it shows stays as it is.
pub(super) fn message_of(ask: &Ask, html: String, keyboard: Keyboard) -> Message {
    let manner = &ask.manner;
    Message { html, keyboard, protect: manner.protect, preview: manner.preview, secret: manner.secret, ..Message::default() }
}

/// The question was answered by a button under this message, which says so from now on.
fn freeze(walk: &mut Walk<'_, '_, '_>, ask: &Ask, pressed: Option<&String>, chosen: &str) {
    // What cannot be told again is left as it stands.
    let html = if ask.secret { String::new() } else { walk.html(&ask.text).unwrap_or_default() };
    walk.freeze(pressed, message_of(ask, html, Keyboard::None), chosen);
}

fn chosen<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, at: usize, message: Option<String>) -> Result<Onward<'p>, Trouble> {
    let offer = walk.question().and_then(|question| question.offers.get(at)).cloned();
    let Some(offer) = offer else { return Ok(Onward::Stay) };
    if let Some(word) = as_word(walk, ask, at) {
        return Ok(Onward::Take(word));
    }
    let held = taken(walk, ask, offer, message)?;
    check(walk, ask, held, 0)
}

/// What was offered, as an answer.
fn taken(walk: &Walk<'_, '_, '_>, ask: &Ask, offer: Offer, message: Option<String>) -> Result<Held, Trouble> {
    let (value, key) = match (offers::data(ask), &ask.answer) {
        (Some(data), _) if offer.item.is_some() => (offers::item(walk, data, &offer)?, Some(offer.key)),
        (_, AnswerType::YesNo) => (Value::Bool(offer.key == "yes"), None),
        _ => (Value::Text(offer.key), None),
    };
    Ok(Held { value, label: Some(offer.label), key, message, committed: false })
}

/// All that was ticked, as an answer.
fn taken_together(walk: &Walk<'_, '_, '_>, ask: &Ask, picked: &[Offer], message: Option<String>) -> Result<Held, Trouble> {
    let mut values = Vec::new();
    for offer in picked {
        values.push(match (offers::data(ask), offer.item) {
            (Some(data), Some(_)) => offers::item(walk, data, offer)?,
            _ => Value::Text(offer.key.clone()),
        });
    }
    Ok(Held { value: Value::List(values), label: Some(labels_of(picked)), message, ..Held::default() })
}

/// The labels of several offers, as one text.
fn labels_of(picked: &[Offer]) -> String {
    picked.iter().map(|offer| offer.label.as_str()).collect::<Vec<_>>().join(", ")
}

/// All that is ticked.
fn ticked(walk: &Walk<'_, '_, '_>) -> Vec<Offer> {
    let Some(question) = walk.question() else { return Vec::new() };
    question.offers.iter().filter(|offer| question.ticked.contains(&offer.key)).cloned().collect()
}

/// The road of an option that stands for a word: the question keeps waiting, with its buttons.
fn as_word<'p>(walk: &Walk<'_, '_, 'p>, ask: &'p Ask, at: usize) -> Option<&'p Road> {
    as_word_of(ask, walk.question()?.offers.get(at)?)
}

fn as_word_of<'p>(ask: &'p Ask, offer: &Offer) -> Option<&'p Road> {
    let choice = offers::choices(ask).iter().find(|choice| offer.item.is_none() && choice.id == offer.key)?;
    matches!(choice.road.to, Target::Word(_)).then_some(&choice.road)
}

fn several<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, message: Option<String>) -> Result<Onward<'p>, Trouble> {
    let AnswerType::Choices { min, max, .. } = &ask.answer else { return Ok(Onward::Stay) };
    let picked = ticked(walk);
    if picked.len() < *min {
        return failed(walk, ask, &Unclear("few"), "");
    }
    if max.is_some_and(|max| picked.len() > max) {
        return failed(walk, ask, &Unclear("many"), "");
    }
    let held = taken_together(walk, ask, &picked, message)?;
    check(walk, ask, held, 0)
}

fn skipped<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask) -> Result<Onward<'p>, Trouble> {
    let value = match &ask.default {
        Some(default) => walk.value(default)?,
        None => Value::None,
    };
    accepted(walk, ask, Held { value, ..Held::default() })
}

/// Checks an answer that was read, from this check on.
pub(super) fn check<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, held: Held, from: usize) -> Result<Onward<'p>, Trouble> {
    for (at, check) in ask.checks.iter().enumerate().skip(from) {
        if let Some((operation, with)) = &check.call {
            let view = walk.view().with("value", Cow::Borrowed(&held.value));
            let mut inputs = std::collections::BTreeMap::new();
            for (name, expression) in with {
                inputs.insert(name.clone(), expression.evaluate(&view.context())?);
            }
            let Some(calling) = call::first_attempt(walk, operation, inputs)? else { continue };
            if let Some(question) = walk.question_mut() {
                let check = u32::try_from(at).unwrap_or_default();
                question.checking = Some(Box::new(Checking { answer: held, check, calling }));
            }
            return Ok(Onward::Stay);
        }
        if !check.when.holds(&walk.view().with("value", Cow::Borrowed(&held.value)).context())? {
            let words = walk.html_with(&check.say, |view| view.with("value", Cow::Borrowed(&held.value)))?;
            return again(walk, ask, words);
        }
    }
    accepted(walk, ask, held)
}

/// The ERP has answered a check. If it could not, the check passes: what is submitted later decides.
pub(crate) fn checked<'p>(walk: &mut Walk<'_, '_, 'p>, checking: Checking, outcome: &Outcome) -> Result<Onward<'p>, Trouble> {
    let (_, ask) = here(walk)?;
    let Checking { answer, check: at, .. } = checking;
    let at = at as usize;
    let Some(asked) = ask.checks.get(at) else { return accepted(walk, ask, answer) };
    if outcome.name == "ok" {
        let result = call::result(outcome);
        let view = walk.view().with("value", Cow::Borrowed(&answer.value)).with("result", Cow::Borrowed(&result));
        if !asked.when.holds(&view.context())? {
            let template =
                asked.say.in_language(view.language_index()).ok_or_else(|| Trouble::new("a text is not there in any language"))?;
            let words = template.render(&view.context())?;
            return again(walk, ask, words);
        }
    }
    check(walk, ask, answer, at + 1)
}

fn accepted<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, held: Held) -> Result<Onward<'p>, Trouble> {
    walk.strip_if_typed(&held);
    let (flow, step) = (walk.flow()?, walk.step()?);
    let road = offers::road(ask, &held);
    walk.note(FactKind::Answered { flow: flow.id.clone(), step: step.id.clone() });
    walk.keep(held);
    let answered = &mut walk.frame_mut().answered;
    answered.retain(|id| *id != step.id);
    answered.push(step.id.clone());
    Ok(road.map_or(Onward::Complete, Onward::Take))
}

/// An answer that could not be read.
pub(super) fn failed<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, unclear: &Unclear, written: &str) -> Result<Onward<'p>, Trouble> {
    let said = ask.unclear.get(unclear.0).or_else(|| ask.unclear.get("else"));
    let words = if let Some(said) = said {
        walk.html_with(said, |view| view.with("input", Cow::Owned(Value::Text(shortened(written)))))?
    } else {
        let Some(question) = walk.question().cloned() else { return Ok(Onward::Stay) };
        let (before, question) = (walk.work.sentence("unclear", |view| view), wording(walk, ask, &question)?);
        if before.is_empty() { question } else { format!("{before}\n\n{question}") }
    };
    again(walk, ask, words)
}

/// What was written, short enough to be repeated to whoever wrote it.
fn shortened(written: &str) -> String {
    if written.chars().count() <= 200 {
        return written.to_owned();
    }
    written.chars().take(200).chain(['…']).collect()
}

/// An answer failed: these words and the buttons again, unless that was one too many.
fn again<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, words: String) -> Result<Onward<'p>, Trouble> {
    let Some(question) = walk.question_mut() else { return Ok(Onward::Stay) };
    question.failed += 1;
    if let Some(attempts) = &ask.attempts
        && question.failed >= attempts.max
    {
        walk.strip();
        if let Some(road) = &attempts.road {
            return Ok(Onward::Take(road));
        }
        if let Some(default) = &ask.default {
            let value = walk.value(default)?;
            return accepted(walk, ask, Held { value, ..Held::default() });
        }
    }
    put(walk, ask, Some(words))?;
    Ok(Onward::Stay)
}

impl Walk<'_, '_, '_> {
    /// A typed answer leaves the buttons under the question; they go.
    fn strip_if_typed(&mut self, held: &Held) {
        if held.message.is_some() {
            self.strip();
        }
    }
}
