//! A file as an answer: one, or several that are gathered until the person says that this is all.
//!
//! What has been gathered stands beside the results of the frame, under a name that no step can have, and goes when the step is left.

use std::borrow::Cow;

use crate::engine::record::{Frame, Held};
use crate::engine::steps::ask::{check, failed, message_of, no_answer, put};
use crate::engine::walk::{Onward, Trouble, Walk};
use crate::engine::{EffectKind, MessageRef, answer, keyboard};
use crate::expr::{File, Value};
use crate::flow::{AnswerType, Ask, Files};

/// Files of one answer, at most.
const TOGETHER: usize = 20;

/// A file that was sent, and the album it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sent {
    pub file: File,
    pub album: Option<String>,
    pub message: String,
}

/// The rule of a question that wants files.
pub(crate) fn wanted(ask: &Ask) -> Option<&Files> {
    match &ask.answer {
        AnswerType::Photo(files) | AnswerType::Document(files) => Some(files),
        _ => None,
    }
}

/// Takes a file that was sent.
pub(super) fn given<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, sent: Sent) -> Result<Onward<'p>, Trouble> {
    let Some(files) = wanted(ask) else { return no_answer(walk, ask) };
    if let Err(unclear) = answer::file(&ask.answer, &sent.file) {
        return failed(walk, ask, &unclear, &sent.file.name);
    }
    if files.many {
        return gather(walk, ask, sent);
    }
    check(walk, ask, Held { value: Value::File(sent.file), message: Some(sent.message), ..Held::default() }, 0)
}

/// Puts a file to the others. The parts of an album come one by one and are told of in one message, which counts them.
fn gather<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask, sent: Sent) -> Result<Onward<'p>, Trouble> {
    let Sent { file, album, message } = sent;
    let mut held = gathered(walk.frame()).cloned().unwrap_or_default();
    let goes_on = album.is_some() && held.key == album;
    let mut files = match std::mem::take(&mut held.value) {
        Value::List(files) => files,
        _ => Vec::new(),
    };
    if files.len() >= TOGETHER {
        return failed(walk, ask, &answer::Unclear("many"), &file.name);
    }
    files.push(Value::File(file));
    let count = i64::try_from(files.len()).unwrap_or(i64::MAX);
    let name = name_of(&walk.frame().at);
    let held = Held { value: Value::List(files), key: album, message: Some(message), ..Held::default() };
    walk.frame_mut().results.insert(name, held);
    let words = walk.work.sentence("files_taken", |view| view.with("count", Cow::Owned(Value::Integer(count))));
    let shown = walk.question().filter(|question| question.rows).and_then(|question| question.message);
    match shown.filter(|_| goes_on) {
        Some(shown) => {
            let keyboard = walk.question().cloned().map(|question| keyboard::of(walk, ask, &question)).transpose()?.unwrap_or_default();
            let message = message_of(ask, words, keyboard);
            walk.work.order(EffectKind::Edit { of: MessageRef::Ours(shown), message });
        }
        None => put(walk, ask, Some(words))?,
    }
    Ok(Onward::Stay)
}

/// The person says that this is all.
pub(super) fn done<'p>(walk: &mut Walk<'_, '_, 'p>, ask: &'p Ask) -> Result<Onward<'p>, Trouble> {
    match gathered(walk.frame()).cloned() {
        Some(held) => check(walk, ask, Held { key: None, ..held }, 0),
        None => failed(walk, ask, &answer::Unclear("other"), ""),
    }
}

/// What has been gathered at the step where the frame stands.
pub(crate) fn gathered(frame: &Frame) -> Option<&Held> {
    frame.results.get(&name_of(&frame.at))
}

/// The step is left: what was gathered for it is in its result, or not wanted any more.
pub(crate) fn forget(frame: &mut Frame) {
    let name = name_of(&frame.at);
    frame.results.remove(&name);
}

/// No step is called so.
fn name_of(step: &str) -> String {
    format!("{step}+")
}
