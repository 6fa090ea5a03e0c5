//! `review`: a summary to confirm, or to change something in.

use crate::engine::keyboard::{self, Pressed};
use crate::engine::record::{Held, Offer, Question, Stage};
use crate::engine::scope::{label_of, printed};
use crate::engine::steps::ask::{self, Given};
use crate::engine::walk::{Onward, Trouble, Walk};
use crate::engine::{Keyboard, Message, offers};
use crate::flow::{Manner, Review, Step, Verb};

pub(super) fn enter<'p>(walk: &mut Walk<'_, '_, 'p>, step: &'p Step, review: &'p Review) -> Result<Onward<'p>, Trouble> {
    walk.frame_mut().rewalk = None;
    walk.set_timeout(step)?;
    show(walk, review)?;
    walk.audit(step.audit.as_ref());
    Ok(Onward::Stay)
}

/// The review of the step it stands at, if it is one.
pub(crate) fn here<'p>(walk: &Walk<'_, '_, 'p>) -> Option<&'p Review> {
    match walk.step().ok().map(|step| &step.verb) {
        Some(Verb::Review(review)) => Some(review),
        _ => None,
    }
}

/// Puts the summary with its two buttons.
pub(crate) fn show(walk: &mut Walk<'_, '_, '_>, review: &Review) -> Result<(), Trouble> {
    let html = summary(walk, review)?;
    let confirm = walk.label_or(review.confirm.as_ref(), "confirm_yes")?;
    let change = walk.label_or(review.change.as_ref(), "confirm_change")?;
    let changeable = !changeable(walk, review)?.is_empty();
    put(walk, html, Question::default(), |walk| {
        let mut row = vec![keyboard::button(walk, confirm, Pressed::Confirm)];
        if changeable {
            row.push(keyboard::button(walk, change, Pressed::Change));
        }
        vec![row]
    });
    Ok(())
}

/// The author's words, and what was answered.
fn summary(walk: &Walk<'_, '_, '_>, review: &Review) -> Result<String, Trouble> {
    let mut lines = vec![walk.html(&review.text)?];
    let flow = walk.flow()?;
    for &at in &review.show {
        lines.extend(line(walk, &flow.steps[at])?);
    }
    Ok(lines.join("\n"))
}

/// `title: value`; nothing for what was not answered.
fn line(walk: &Walk<'_, '_, '_>, step: &Step) -> Result<Option<String>, Trouble> {
    let Some(held) = walk.frame().results.get(&step.id).filter(|held| !held.value.is_none()) else { return Ok(None) };
    let Some(title) = &step.title else { return Ok(None) };
    let view = walk.view();
    let printed = label_of(&view, step, &held.value).or_else(|| held.label.clone()).or_else(|| printed(&view, &held.value));
    Ok(match printed {
        Some(printed) => Some(format!("{}: {}", walk.html(title)?, escape(&printed))),
        None => None,
    })
}

/// A value in HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The questions shown that can still be changed.
fn changeable(walk: &Walk<'_, '_, '_>, review: &Review) -> Result<Vec<usize>, Trouble> {
    let flow = walk.flow()?;
    let committed = walk.committed()?;
    let answered = |step: &Step| walk.frame().results.contains_key(&step.id) && !committed.contains(step.id.as_str());
    let asks = |step: &Step| matches!(step.verb, Verb::Ask(_)) && step.title.is_some();
    Ok(review.show.iter().copied().filter(|&at| asks(&flow.steps[at]) && answered(&flow.steps[at])).collect())
}

/// Puts the list «What should be changed?».
pub(crate) fn list<'p>(walk: &mut Walk<'_, '_, 'p>, review: &'p Review) -> Result<Onward<'p>, Trouble> {
    let flow = walk.flow()?;
    let mut listed = Vec::new();
    for at in changeable(walk, review)? {
        let step = &flow.steps[at];
        if let Some(title) = &step.title {
            listed.push(Offer { key: step.id.clone(), label: walk.plain(title)?, item: None });
        }
    }
    if listed.is_empty() {
        show(walk, review)?;
        return Ok(Onward::Stay);
    }
    let html = walk.work.sentence("change", |view| view);
    put(walk, html, Question { offers: listed.clone(), changing: true, ..Question::default() }, |walk| {
        listed.iter().enumerate().map(|(at, offer)| vec![keyboard::button(walk, offer.label.clone(), Pressed::Offer(at))]).collect()
    });
    Ok(Onward::Stay)
}

fn put<'w, 'a, 'p>(
    walk: &mut Walk<'w, 'a, 'p>,
    html: String,
    question: Question,
    rows: impl FnOnce(&Walk<'w, 'a, 'p>) -> Vec<Vec<crate::engine::Button>>,
) {
    walk.strip();
    walk.session.revision += 1;
    // It has buttons only, so it is put even if another session stays in front.
    ask::come_to_front(walk, true);
    let keyboard = Keyboard::Rows(rows(walk));
    let message = walk.send(Message { html, keyboard, ..Message::default() }, &Manner::default());
    let revision = walk.session.revision;
    walk.frame_mut().stage = Stage::Asking(Question { message, rows: true, revision, put: 1, ..question });
}

/// Takes what a person gave.
pub(crate) fn given<'p>(walk: &mut Walk<'_, '_, 'p>, review: &'p Review, given: &Given) -> Result<Onward<'p>, Trouble> {
    let Some(question) = walk.question().cloned() else { return Ok(Onward::Stay) };
    let pressed = match given {
        Given::Button { pressed, .. } => Some(*pressed),
        Given::Text { text, .. } if question.changing => offers::typed(&question.offers, text).map(Pressed::Offer),
        Given::Text { text, .. } => typed(walk, review, text)?,
        Given::Contact { .. } | Given::File(_) | Given::Location { .. } | Given::Other => None,
    };
    match pressed {
        Some(Pressed::Confirm) if !question.changing => {
            let (html, label) = (summary(walk, review)?, walk.label_or(review.confirm.as_ref(), "confirm_yes")?);
            taken(walk, given, html, &label);
            walk.keep(Held::default());
            Ok(Onward::Complete)
        }
        Some(Pressed::Change) if !question.changing => {
            let (html, label) = (summary(walk, review)?, walk.label_or(review.change.as_ref(), "confirm_change")?);
            taken(walk, given, html, &label);
            list(walk, review)
        }
        Some(Pressed::Offer(at)) if question.changing => {
            let flow = walk.flow()?;
            let Some(offer) = question.offers.get(at) else { return Ok(Onward::Stay) };
            let Some(step) = flow.index.get(&offer.key) else { return Ok(Onward::Stay) };
            let html = walk.work.sentence("change", |view| view);
            taken(walk, given, html, &offer.label);
            walk.change(&[*step], None)
        }
        _ if question.changing => list(walk, review),
        _ => {
            show(walk, review)?;
            Ok(Onward::Stay)
        }
    }
}

/// One of the buttons was taken: pressed, or typed, which shows in the chat by itself.
fn taken(walk: &mut Walk<'_, '_, '_>, given: &Given, html: String, label: &str) {
    match given {
        Given::Button { message, .. } => walk.freeze(message.as_ref(), Message { html, ..Message::default() }, label),
        _ => walk.strip(),
    }
}

/// The button whose label, or number, was typed.
fn typed(walk: &Walk<'_, '_, '_>, review: &Review, written: &str) -> Result<Option<Pressed>, Trouble> {
    let label = |label: String| Offer { key: String::new(), label, item: None };
    let buttons =
        [label(walk.label_or(review.confirm.as_ref(), "confirm_yes")?), label(walk.label_or(review.change.as_ref(), "confirm_change")?)];
    Ok(match offers::typed(&buttons, written) {
        Some(0) => Some(Pressed::Confirm),
        Some(_) => Some(Pressed::Change),
        None => None,
    })
}
