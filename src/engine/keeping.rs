//! What is kept of a session after its end: the answers, for as long as the `retention` of its flow says, and no longer than it takes
//! the record to have its next turn, for which a timer of it rings. Secrets end with their session.

use serde::{Deserialize, Serialize};

use crate::engine::work::Work;
use crate::engine::{Frame, Record, Session, SessionId};
use crate::expr::{Time, Value};
use crate::flow::{Project, Verb};

/// Sessions of one person whose answers are kept, at most: the oldest go first. A record is written as a whole at each turn.
const KEPT_AT_MOST: usize = 12;

/// A session that is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Its id.
    pub session: SessionId,
    /// Its flow.
    pub flow: String,
    /// How it ended.
    pub end: String,
    /// When it began.
    pub started: Time,
    /// When it ended.
    pub ended: Time,
    /// Until then it is kept.
    pub until: Time,
    /// The answers, in the order in which they were given.
    pub answers: Vec<KeptAnswer>,
}

/// An answer of a session that is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// The flow that asked.
    pub flow: String,
    /// Its step.
    pub step: String,
    /// What was answered.
    pub value: Value,
    /// The label of what was chosen, as it was shown.
    pub label: Option<String>,
}

/// A session has ended so. To be told before anything of it is gone; once told, it says the same for ever.
pub(crate) fn keep(work: &mut Work<'_>, project: &Project, session: &Session, end: &str) {
    let Some(outermost) = session.frames.first() else { return };
    let kept_for = project.flows.get(&outermost.flow).map_or(0, |flow| flow.kept_for(end));
    let answers: Vec<KeptAnswer> = session.frames.iter().flat_map(|frame| answers(project, frame)).collect();
    if kept_for <= 0 {
        work.record.closed.retain(|one| one.request.session() != session.id);
        work.record.forget_who_saw();
        return;
    }
    if answers.is_empty() {
        return;
    }
    let ended = work.now;
    let kept = &mut work.record.kept;
    kept.push(Kept {
        session: session.id.clone(),
        flow: outermost.flow.clone(),
        end: end.to_owned(),
        started: session.started,
        ended,
        until: ended.plus(kept_for),
        answers,
    });
    let surplus = kept.len().saturating_sub(KEPT_AT_MOST);
    kept.drain(..surplus);
}

/// The answers of one flow, without secrets.
fn answers<'f>(project: &'f Project, frame: &'f Frame) -> impl Iterator<Item = KeptAnswer> + 'f {
    let asks = |step: &str| match project.flows.get(&frame.flow).and_then(|flow| flow.step(step)).map(|step| &step.verb) {
        Some(Verb::Ask(ask)) => !ask.secret,
        _ => false,
    };
    frame.answered.iter().filter(move |step| asks(step)).filter_map(|step| {
        let held = frame.results.get(step).filter(|held| !held.value.is_none())?;
        let (flow, step) = (frame.flow.clone(), step.clone());
        Some(KeptAnswer { flow, step, value: held.value.clone(), label: held.label.clone() })
    })
}

/// What has been kept for long enough goes, and what became of its requests with it.
pub(crate) fn let_go(work: &mut Work<'_>) {
    let now = work.now;
    let Record { kept, closed, .. } = &mut work.record;
    if kept.iter().all(|one| one.until > now) {
        return;
    }
    let over: Vec<SessionId> = kept.iter().filter(|one| one.until <= now).map(|one| one.session.clone()).collect();
    kept.retain(|one| one.until > now);
    closed.retain(|one| !over.contains(&one.request.session()));
    work.record.forget_who_saw();
}
