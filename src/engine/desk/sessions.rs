//! Sessions of others: those in which somebody is silent, and what helps them on.

use crate::engine::desk::acts::Act;
use crate::engine::desk::look::{ITEMS_AT_MOST, Inquiry, plain};
use crate::engine::desk::{Status, entry, of_session, refused, reply, session_name, text};
use crate::engine::walk::{Onward, Trouble};
use crate::engine::work::Work;
use crate::engine::{Record, Session, SessionId, Stage, silence, start, words};
use crate::expr::{Time, Value};
use crate::operation::Answer;

/// `list_sessions`: those in which somebody has been silent so long, the longest first.
pub(super) fn silent(inquiry: &Inquiry<'_>, records: &[Record]) -> Vec<Value> {
    let silent_for = match inquiry.inputs.get("silent_for") {
        Some(Value::Duration(millis)) => *millis,
        _ => 0,
    };
    let (flow, until) = (inquiry.text("flow"), inquiry.now.plus(-silent_for));
    let wanted = |session: &Session| {
        let of_flow = flow.is_empty() || session.frames.iter().any(|frame| frame.flow == flow);
        of_flow && session.awaits_person() && session.silent_since() <= until
    };
    let all = records.iter().flat_map(|record| record.sessions.iter().map(move |session| (record, session)));
    let mut silent: Vec<_> = all.filter(|(_, session)| wanted(session)).collect();
    silent.sort_by_key(|(_, session)| session.silent_since());
    silent.into_iter().take(ITEMS_AT_MOST).map(|(record, session)| item(inquiry, record, session)).collect()
}

fn item(inquiry: &Inquiry<'_>, record: &Record, session: &Session) -> Value {
    let view = inquiry.view(record, Some(session));
    let outermost = session.frames.first().and_then(|frame| view.project.flows.get(&frame.flow));
    let titled = outermost.map_or(&[][..], |flow| &flow.steps).iter().filter_map(|step| Some((step, step.title.as_ref()?)));
    let steps = titled.map(|(step, title)| {
        let fields = [("id", text(&step.id)), ("title", text(plain(&view, title)))];
        entry(fields)
    });
    let steps = steps.collect();
    let at = session.frames.last().map(|frame| frame.at.as_str()).unwrap_or_default();
    let here = view.flow().and_then(|flow| flow.step(at)).and_then(|step| step.title.as_ref());
    let fields = [
        ("id", text(session_name(&record.id, &session.id))),
        ("name", text(inquiry.name(record))),
        ("flow_title", text(inquiry.flow_title(record, session))),
        ("step_title", text(here.map_or(at.to_owned(), |title| plain(&view, title)))),
        ("since", Value::Time(session.silent_since())),
        ("steps", Value::List(steps)),
    ];
    entry(fields)
}

impl Session {
    /// Since when the person is silent here, to the hour: so that it is not another time after every message.
    pub(crate) fn silent_hour(&self) -> Option<Time> {
        const HOUR: i64 = 60 * 60 * 1000;
        self.awaits_person().then(|| Time(self.silent_since().0.div_euclid(HOUR) * HOUR))
    }
}

/// The session that an act is about, if it is there.
fn named(work: &Work<'_>, act: &Act<'_>) -> Option<Session> {
    let (_, id) = of_session(act.text("session_id")?);
    work.record.session(&id).cloned()
}

const NO_SESSION: &str = "there is no such session any more";
const BEING_SENT: &str = "something is being sent for this session: it cannot be ended now";

/// `nudge`: the question comes again, after the words that the flow reminds with.
pub(super) fn nudge(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    let Some(session) = named(work, act) else { return refused(NO_SESSION) };
    if !session.is_asking() || work.record.unreachable {
        return refused("nothing is asked there that could be asked again");
    }
    work.record.front = Some(session.id.clone());
    silence::put_again(work, session);
    reply(Status::Ok, &[])
}

/// `reset_session`: its flow begins anew, with what it was given.
pub(super) fn reset(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    let Some(session) = named(work, act) else { return refused(NO_SESSION) };
    let Some(frame) = session.frames.first() else { return refused(NO_SESSION) };
    if !start::cancel(work, &session.id, "reset") {
        return refused(BEING_SENT);
    }
    say(work, &session, "reset_for_you");
    start::start(work, &frame.flow, frame.inputs.clone());
    reply(Status::Ok, &[])
}

/// `end_session`.
pub(super) fn end(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    let Some(session) = named(work, act) else { return refused(NO_SESSION) };
    if !start::cancel(work, &session.id, "ended_by_others") {
        return refused(BEING_SENT);
    }
    say(work, &session, "ended_for_you");
    start::resume(work);
    reply(Status::Ok, &[])
}

/// `move_session`: on from another step of its outermost flow.
pub(super) fn move_to(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    let Some(mut session) = named(work, act) else { return refused(NO_SESSION) };
    if start::is_binding(work.library, &session) {
        return refused(BEING_SENT);
    }
    let flow =
        work.library.projects.get(&session.version).zip(session.frames.first()).and_then(|(project, frame)| project.flows.get(&frame.flow));
    let Some(at) = flow.and_then(|flow| flow.index.get(act.text("step")?).copied()) else { return refused("there is no such step") };
    start::clear_away(work, &session);
    session.frames.truncate(1);
    if let Some(frame) = session.frames.first_mut() {
        (frame.stage, frame.due, frame.rewalk) = (Stage::Running, None, None);
        frame.secrets.clear();
    }
    session.held = false;
    let id = session.id.clone();
    work.record.front = Some(id.clone());
    start::drive(work, session, false, |_| -> Result<Onward<'_>, Trouble> { Ok(Onward::Enter(at)) });
    forget_front(work, &id);
    reply(Status::Ok, &[])
}

/// A session that has ended is not in front.
fn forget_front(work: &mut Work<'_>, id: &SessionId) {
    if work.record.front.as_ref() == Some(id) && work.record.session(id).is_none() {
        work.record.front = None;
        start::resume(work);
    }
}

/// Says what has become of a session that is over.
fn say(work: &mut Work<'_>, session: &Session, sentence: &str) {
    let title = words::title_of(work, session);
    work.say_with(sentence, |view| view.with("session", title));
}
