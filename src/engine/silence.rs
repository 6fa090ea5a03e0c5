//! Silence: a person does not answer. They are reminded, each time once, and in the end the session is over.
//!
//! A silence begins with the question, or with the last thing the person did after it, and is over with the next. When something falls
//! due in it is worked out anew at the end of each turn, so that it follows the flow, the hours and the other sessions of that moment.

use std::sync::Arc;

use jiff::civil::Time as Clock;
use jiff::tz::TimeZone;

use crate::engine::record::{HELD_FOR, Session, SessionId, Silence};
use crate::engine::scope::zone;
use crate::engine::walk::Walk;
use crate::engine::work::Work;
use crate::engine::{FactKind, start, words};
use crate::expr::Time;
use crate::flow::{Expire, Flow, Project, Quiet, Remind};

/// The person did something: they are not silent in what they have before them.
pub(crate) fn breaks(work: &mut Work<'_>) {
    let asking = work.record.asking().map(|session| session.id.clone());
    if let Some(session) = work.record.sessions.iter_mut().find(|session| Some(&session.id) == asking.as_ref()) {
        session.silence = None;
    }
}

/// Works out what falls due in the silences that there are at the end of a turn.
pub(crate) fn count(work: &mut Work<'_>) {
    let counted: Vec<_> = work.record.sessions.iter().map(|session| counted(work, session)).collect();
    for (session, silence) in work.record.sessions.iter_mut().zip(counted) {
        session.silence = silence;
    }
}

fn counted(work: &Work<'_>, session: &Session) -> Option<Silence> {
    if !session.awaits_person() {
        return None;
    }
    let project = work.library.projects.get(&session.version)?;
    let Flow { remind, expire, .. } = outermost(project, session)?;
    let (since, reminded) = session.silence.map_or((work.now, 0), |silence| (silence.since, silence.reminded));
    let next = remind.as_ref().and_then(|remind| remind.after.get(reminded as usize));
    let remind = next.map(|after| free(work, &session.id, since.plus(*after)));
    Some(Silence { since, reminded, remind, expire: Some(since.plus(expire.after)) })
}

/// The flow whose `remind` and `expire` apply, whatever flows it runs.
fn outermost<'p>(project: &'p Project, session: &Session) -> Option<&'p Flow> {
    project.flows.get(&session.frames.first()?.flow)
}

/// The first moment from `due` on at which the person may be reminded: not while they are busy with another question, and not in
/// quiet hours.
fn free(work: &Work<'_>, id: &SessionId, due: Time) -> Time {
    let busy = work.record.asking().filter(|asking| asking.id != *id).map(|asking| asking.silent_since().plus(HELD_FOR));
    let at = due.max(work.now);
    let at = busy.map_or(at, |busy| at.max(busy));
    quiet_over(work, at, &zone(work.project(), &work.record.person))
}

/// This moment, or the end of the bot's quiet hours that it lies in: for what others are told.
pub(crate) fn after_quiet(work: &Work<'_>, at: Time) -> Time {
    bots_quiet_over(work.project(), at)
}

/// The same where there is no turn.
pub(crate) fn bots_quiet_over(project: &Project, at: Time) -> Time {
    project.bot.quiet.map_or(at, |quiet| quiet.after(at, &project.bot.zone))
}

/// This moment, or the end of the quiet hours that it lies in where this zone is.
pub(crate) fn quiet_over(work: &Work<'_>, at: Time, zone: &TimeZone) -> Time {
    work.project().bot.quiet.map_or(at, |quiet| quiet.after(at, zone))
}

/// True if a reminder that fell due since then has been given, or is about to be.
pub(crate) fn reminds_since(work: &Work<'_>, session: &Session, since: Time) -> bool {
    let Some(project) = work.library.projects.get(&session.version) else { return false };
    let remind = outermost(project, session).and_then(|flow| flow.remind.as_ref());
    let Some((remind, silence)) = remind.zip(session.silence) else { return false };
    let given = usize::try_from(silence.reminded).ok().and_then(|reminded| remind.after.get(reminded.checked_sub(1)?));
    let zone = zone(work.project(), &work.record.person);
    let last = given.is_some_and(|after| quiet_over(work, silence.since.plus(*after), &zone) > since);
    last || silence.remind.is_some_and(|at| at <= work.now)
}

impl Quiet {
    /// This moment, or the end of the quiet hours that it lies in.
    fn after(self, at: Time, zone: &TimeZone) -> Time {
        let Ok(moment) = jiff::Timestamp::from_millisecond(at.0) else { return at };
        let here = moment.to_zoned(zone.clone()).datetime();
        if !self.holds(here.time()) {
            return at;
        }
        let day = if here.time() < self.to { Ok(here.date()) } else { here.date().tomorrow() };
        // A clock that is put back passes `to` twice: the hours are over the second time.
        let over = day.and_then(|day| zone.to_ambiguous_timestamp(day.to_datetime(self.to)).later());
        over.map_or(at, |over| Time(over.as_millisecond()).max(at))
    }

    fn holds(self, clock: Clock) -> bool {
        if self.from < self.to { (self.from..self.to).contains(&clock) } else { clock >= self.from || clock < self.to }
    }
}

/// A reminder has fallen due. Those that fell due together are given as one; somebody who cannot be reached is not reminded.
pub(crate) fn remind(work: &mut Work<'_>, mut session: Session) {
    let Some(project) = work.library.projects.get(&session.version).map(Arc::clone) else { return };
    let remind = outermost(&project, &session).and_then(|flow| flow.remind.as_ref());
    let Some((remind, silence)) = remind.zip(session.silence) else { return };
    let at = free(work, &session.id, work.now);
    let delayed = at > work.now;
    let passed = remind.after.iter().take_while(|after| silence.since.plus(**after) <= work.now).count();
    let reminded = if delayed { silence.reminded } else { u32::try_from(passed).unwrap_or(u32::MAX) };
    session.silence = Some(Silence { reminded, remind: delayed.then_some(at), ..silence });
    if delayed || work.record.unreachable {
        if let Some(kept) = work.record.sessions.iter_mut().find(|kept| kept.id == session.id) {
            *kept = session;
        }
        return;
    }
    work.record.front = Some(session.id.clone());
    put_again(work, session);
}

/// Puts the question again, after the words that the flow reminds with.
pub(crate) fn put_again(work: &mut Work<'_>, session: Session) {
    start::drive(work, session, false, |walk| {
        if let Some(Remind { say, .. }) = of_walk(walk) {
            walk.say(say)?;
        }
        start::put_again(walk)
    });
}

fn of_walk<'p>(walk: &Walk<'_, '_, 'p>) -> Option<&'p Remind> {
    outermost(walk.project, &walk.session)?.remind.as_ref()
}

/// The silence has lasted too long: the session is over.
pub(crate) fn expire(work: &mut Work<'_>, session: &Session) {
    let Some(project) = work.library.projects.get(&session.version).map(Arc::clone) else { return };
    let Some(Flow { id, expire: Expire { say, end, .. }, .. }) = outermost(&project, session) else { return };
    let said = say.as_ref().map(|say| {
        words::in_session(work, session, |view| {
            let template = say.in_language(view.language_index());
            template.map_or(Ok(String::new()), |template| template.render(&view.context()))
        })
    });
    if !start::cancel(work, &session.id, end) {
        return;
    }
    match said.transpose() {
        Ok(html) => work.say_html(html.unwrap_or_default()),
        Err(fault) => {
            let step = session.frames.last().map(|frame| frame.at.clone()).unwrap_or_default();
            work.note(Some(&session.id), FactKind::Faulted { flow: id.clone(), step, cause: fault.cause });
        }
    }
}
