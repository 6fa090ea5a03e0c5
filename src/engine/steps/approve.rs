//! `approve`: a decision by people of a role.
//!
//! The request lives in the session that waits for it. Those who decide have cards, in records of their own; what they press and write
//! comes here as letters, and the first valid decision wins.

use std::collections::BTreeMap;

use crate::engine::record::{Held, SessionId, Stage};
use crate::engine::steps::notify::holders;
use crate::engine::walk::{Onward, Trouble, Walk};
use crate::engine::work::Work;
use crate::engine::{
    Card, CardAct, CardOption, Closed, Decider, Deciding, EffectId, FactKind, Hold, Letter, Record, RecordId, RequestId, Vote, Wording,
    answer, cards, desk, offers, silence, start,
};
use crate::expr::{Time, Value};
use crate::flow::{AnswerType, Approve, Decision, DecisionAct, Demand, Step, Target, Verb, Verdict};

/// Closed requests that are kept for one person, at most: the oldest go first.
const CLOSED_AT_MOST: usize = 20;

pub(super) fn enter<'p>(walk: &mut Walk<'_, '_, 'p>, step: &'p Step, approve: &'p Approve) -> Result<Onward<'p>, Trouble> {
    walk.frame_mut().rewalk = None;
    walk.session.revision += 1;
    let deciding = request(walk, approve);
    walk.frame_mut().stage = Stage::Deciding(Box::new(deciding));
    let card = walk.for_others(&approve.card)?;
    walk.set_timeout(step)?;
    let flow = walk.frame().flow.clone();
    walk.note(FactKind::Requested { flow, step: step.id.clone() });
    if let Some(tell) = &step.tell {
        walk.say(tell)?;
    }
    let to = others(walk, &approve.by);
    if let Some(deciding) = deciding_mut(walk) {
        deciding.card = card;
        deciding.asked.clone_from(&to);
    }
    put_before(walk, approve, &to)?;
    Ok(Onward::Stay)
}

/// A request as it begins.
fn request(walk: &mut Walk<'_, '_, '_>, approve: &Approve) -> Deciding {
    let (now, session) = (walk.work.now, walk.session.id.clone());
    let record = &walk.work.record;
    let request = RequestId(format!("{}/{}.{}", record.id.0, session.0, walk.session.revision));
    let earlier = record.closed.iter().rev().find(|closed| closed.request.session() == session);
    let follows = earlier.map(|closed| closed.number.clone());
    let number = if follows.is_some() { walk.work.draw_word() } else { session.0 };
    let after = |millis: i64| silence::after_quiet(walk.work, now.plus(millis));
    let remind = approve.remind.first().map(|millis| after(*millis));
    let escalate = approve.escalate.as_ref().map(|escalate| after(escalate.after));
    Deciding {
        request,
        number,
        follows,
        made: now,
        card: Wording::default(),
        asked: Vec::new(),
        votes: Vec::new(),
        hold: None,
        reminded: 0,
        remind,
        escalate,
    }
}

/// Those who hold a role, but for the person themself: nobody decides on their own request.
fn others(walk: &Walk<'_, '_, '_>, role: &str) -> Vec<RecordId> {
    let mut holders = holders(&walk.work.library.installation, role);
    holders.retain(|holder| *holder != walk.work.record.id);
    holders
}

/// Puts the request before these people, as it is now.
fn put_before(walk: &mut Walk<'_, '_, '_>, approve: &Approve, to: &[RecordId]) -> Result<(), Trouble> {
    let Some(deciding) = deciding(walk) else { return Ok(()) };
    let (request, mut html) = (deciding.request.clone(), deciding.card.clone());
    if let Some(follows) = &deciding.follows {
        let earlier = Value::Record(BTreeMap::from([("number".to_owned(), Value::Text(follows.clone()))]));
        html = html.followed_by(&walk.work.sentence_for_others("request_follows", &earlier));
    }
    let mut options = Vec::new();
    for (at, option) in (0..).zip(&approve.options) {
        if !is_shown(walk, option)? {
            continue;
        }
        let act = match &option.act {
            DecisionAct::Decide(_) => CardAct::Decide,
            DecisionAct::Start { flow, with } => CardAct::Start { flow: flow.clone(), inputs: walk.values(with)? },
            DecisionAct::Url(url) => CardAct::Url(walk.label_for_others(url)?),
        };
        options.push(CardOption { option: at, label: walk.label_for_others(&option.label)?, act });
    }
    for one in to {
        let card = Card { request: request.clone(), html: html.clone(), options: options.clone() };
        walk.work.tell(one, Letter::Card(Box::new(card)));
    }
    Ok(())
}

/// False if the option's `when` hides it, or there is nothing to choose from.
fn is_shown(walk: &Walk<'_, '_, '_>, option: &Decision) -> Result<bool, Trouble> {
    if !option.when.as_ref().map_or(Ok(true), |when| walk.holds(when))? {
        return Ok(false);
    }
    match &option.act {
        DecisionAct::Decide(verdict) => verdict.data().map_or(Ok(true), |data| Ok(!offers::from_data(&walk.view(), data)?.is_empty())),
        DecisionAct::Start { .. } | DecisionAct::Url(_) => Ok(true),
    }
}

fn deciding<'w>(walk: &'w Walk<'_, '_, '_>) -> Option<&'w Deciding> {
    match &walk.frame().stage {
        Stage::Deciding(deciding) => Some(deciding),
        _ => None,
    }
}

fn deciding_mut<'w>(walk: &'w mut Walk<'_, '_, '_>) -> Option<&'w mut Deciding> {
    match &mut walk.frame_mut().stage {
        Stage::Deciding(deciding) => Some(deciding),
        _ => None,
    }
}

fn here<'p>(walk: &Walk<'_, '_, 'p>) -> Result<(&'p Step, &'p Approve), Trouble> {
    let step = walk.step()?;
    match &step.verb {
        Verb::Approve(approve) => Ok((step, approve)),
        _ => Err(Trouble::new(format!("step \"{}\" asks for no decision", step.id))),
    }
}

// — what those who decide do —

/// An option was pressed.
pub(crate) fn pressed(work: &mut Work<'_>, request: &RequestId, at: u32, who: &Decider) {
    decide(work, request, Said { option: Named::Place(at), who, text: None, asked: None });
}

/// What was to be written has been written.
pub(crate) fn written(work: &mut Work<'_>, request: &RequestId, at: u32, text: &str, who: &Decider) {
    decide(work, request, Said { option: Named::Place(at), who, text: Some(text), asked: None });
}

/// A decision was asked for by its name, without a card.
pub(crate) fn chosen(work: &mut Work<'_>, request: &RequestId, option: &str, text: Option<&str>, (who, asked): (&Decider, EffectId)) {
    decide(work, request, Said { option: Named::Id(option), who, text, asked: Some(asked) });
}

/// Whoever was to write something has given that up: the request is everybody's again.
pub(crate) fn withdrew(work: &mut Work<'_>, request: &RequestId, who: &RecordId) {
    let waiting = work.record.sessions.iter_mut().find_map(|session| match session.frames.last_mut().map(|frame| &mut frame.stage) {
        Some(Stage::Deciding(deciding)) if deciding.request == *request => Some(deciding),
        _ => None,
    });
    if let Some(deciding) = waiting
        && deciding.hold.as_ref().is_some_and(|hold| hold.by.id == *who)
    {
        deciding.hold = None;
    }
}

/// What somebody who decides has done.
#[derive(Clone, Copy)]
struct Said<'s> {
    option: Named<'s>,
    who: &'s Decider,
    /// What they wrote.
    text: Option<&'s str>,
    /// It did not come from a card: the attempt that awaits what comes of it.
    asked: Option<EffectId>,
}

/// An option.
#[derive(Clone, Copy)]
enum Named<'s> {
    /// By its place.
    Place(u32),
    /// By its id.
    Id(&'s str),
}

impl Said<'_> {
    /// The option and its place.
    fn find<'p>(&self, approve: &'p Approve) -> Option<(u32, &'p Decision)> {
        let mut options = (0..).zip(&approve.options);
        options.find(|(at, option)| match self.option {
            Named::Place(place) => place == *at,
            Named::Id(id) => id == option.id,
        })
    }

    /// Tells whoever decides what came of it.
    fn tell(&self, work: &mut Work<'_>, request: &RequestId, came: Came) {
        if let Some(asked) = self.asked {
            return desk::of_request(work, (self.who, asked), &came);
        }
        let letter = match came {
            Came::Nothing => return,
            Came::Denied => Letter::Denied,
            Came::Late(html) | Came::Held(html) | Came::Counted(html) | Came::Done(html) => Letter::Said(html),
            Came::Demands { option, html, offers } => Letter::Write { request: request.clone(), option, html, offers },
        };
        work.tell(&self.who.id, letter);
    }
}

/// What came of it, for whoever decides.
pub(crate) enum Came {
    /// There is no such option now.
    Nothing,
    /// They may not.
    Denied,
    /// The request is over.
    Late(Wording),
    /// Somebody else is at it.
    Held(Wording),
    /// Something must be written or chosen first.
    Demands {
        /// The option, by its place.
        option: u32,
        /// The question.
        html: Wording,
        /// What is offered, if something must be chosen.
        offers: Vec<(String, Wording)>,
    },
    /// It counts, once others agree.
    Counted(Wording),
    /// It is decided.
    Done(Wording),
}

fn decide(work: &mut Work<'_>, request: &RequestId, said: Said<'_>) {
    let waits = |stage: &Stage| matches!(stage, Stage::Deciding(deciding) if deciding.request == *request);
    let session = work.record.sessions.iter().find(|session| session.frames.last().is_some_and(|frame| waits(&frame.stage)));
    match session.cloned() {
        Some(session) => start::drive(work, session, false, |walk| judge(walk, said)),
        None => too_late(work, request, said),
    }
}

/// The request is over: whoever pressed is told so, unless it was by the same press.
fn too_late(work: &mut Work<'_>, request: &RequestId, said: Said<'_>) {
    let closed = work.record.closed.iter().find(|closed| closed.request == *request);
    let by_same = closed.is_some_and(|closed| closed.by.as_ref().is_some_and(|(by, _)| by.id == said.who.id));
    if by_same && said.asked.is_none() {
        return;
    }
    let late = match closed {
        Some(closed) => closed.late.clone(),
        None => work.sentence_for_others("request_gone", &Value::None),
    };
    said.tell(work, request, Came::Late(late));
}

fn judge<'p>(walk: &mut Walk<'_, '_, 'p>, said: Said<'_>) -> Result<Onward<'p>, Trouble> {
    let (step, approve) = here(walk)?;
    let Some(request) = deciding(walk).map(|deciding| deciding.request.clone()) else { return Ok(Onward::Stay) };
    if !may_decide(walk, approve, said.who) {
        let flow = walk.frame().flow.clone();
        walk.note(FactKind::Denied { flow });
        said.tell(walk.work, &request, Came::Denied);
        return Ok(Onward::Stay);
    }
    let shown = match said.find(approve) {
        Some((at, option)) if is_shown(walk, option)? => Some((at, option)),
        _ => None,
    };
    let Some((at, option, verdict)) = shown.and_then(|(at, option)| match &option.act {
        DecisionAct::Decide(verdict) => Some((at, option, &**verdict)),
        DecisionAct::Start { .. } | DecisionAct::Url(_) => None,
    }) else {
        said.tell(walk.work, &request, Came::Nothing);
        return Ok(Onward::Stay);
    };
    if let Some(by) = held_by_another(walk, said.who) {
        let by = about(walk, Some(&by), None);
        let html = walk.work.sentence_for_others("request_held", &by);
        said.tell(walk.work, &request, Came::Held(html));
        return Ok(Onward::Stay);
    }
    let Some(answer) = demanded(walk, verdict, at, said)? else { return Ok(Onward::Stay) };
    take(walk, Taken { step, approve, option, at, verdict, answer }, said)
}

/// The role is looked at when the decision comes, not when the card was shown. Nobody decides on their own request.
fn may_decide(walk: &Walk<'_, '_, '_>, approve: &Approve, who: &Decider) -> bool {
    let installation = &walk.work.library.installation;
    let escalated = deciding(walk).is_some_and(|deciding| deciding.escalate.is_none());
    let second = approve.escalate.as_ref().filter(|_| escalated);
    who.id != walk.work.record.id
        && (installation.holds(&who.id.0, &approve.by) || second.is_some_and(|second| installation.holds(&who.id.0, &second.to)))
}

fn held_by_another(walk: &Walk<'_, '_, '_>, who: &Decider) -> Option<Decider> {
    let hold = deciding(walk)?.hold.as_ref()?;
    (hold.by.id != who.id && hold.until > walk.work.now).then(|| hold.by.clone())
}

/// What must be written or chosen first, if it has been; none that must be is `none`. Otherwise it is asked for, and the request is
/// theirs for a while.
fn demanded(walk: &mut Walk<'_, '_, '_>, verdict: &Verdict, at: u32, said: Said<'_>) -> Result<Option<Value>, Trouble> {
    let Some(demand) = &verdict.ask else { return Ok(Some(Value::None)) };
    let given = said.text.map(|text| given(walk, demand, text)).transpose()?.flatten();
    if given.is_some() {
        return Ok(given);
    }
    let html = walk.for_others(&demand.text)?;
    let offers = match &demand.answer {
        AnswerType::Choice(options) => offers::for_others(walk, options)?,
        _ => Vec::new(),
    };
    let until = walk.work.now.plus(cards::WRITES_WITHIN);
    let Some(deciding) = deciding_mut(walk) else { return Ok(None) };
    if said.asked.is_none() {
        deciding.hold = Some(Hold { by: said.who.clone(), option: at, until });
    }
    let request = deciding.request.clone();
    said.tell(walk.work, &request, Came::Demands { option: at, html, offers });
    Ok(None)
}

/// What was written, or the key of what was chosen, as the value it stands for; nothing if it is no answer.
fn given(walk: &Walk<'_, '_, '_>, demand: &Demand, text: &str) -> Result<Option<Value>, Trouble> {
    match &demand.answer {
        AnswerType::Choice(options) => offers::of_key(walk, options, text),
        answer => Ok(answer::read(walk, answer, text).ok()),
    }
}

/// An option that somebody took.
struct Taken<'p> {
    step: &'p Step,
    approve: &'p Approve,
    option: &'p Decision,
    /// Its place.
    at: u32,
    verdict: &'p Verdict,
    answer: Value,
}

fn take<'p>(walk: &mut Walk<'_, '_, 'p>, taken: Taken<'p>, said: Said<'_>) -> Result<Onward<'p>, Trouble> {
    let alone = taken.verdict.road.to != Target::Complete;
    let Some(deciding) = deciding_mut(walk) else { return Ok(Onward::Stay) };
    deciding.hold = None;
    deciding.votes.retain(|vote| vote.by != said.who.id);
    deciding.votes.push(Vote { by: said.who.id.clone(), option: taken.at });
    let agreed = deciding.votes.iter().filter(|vote| vote.option == taken.at).count();
    let request = deciding.request.clone();
    if !alone && agreed < taken.approve.quorum as usize {
        let noted = about(walk, Some(said.who), None);
        let html = walk.work.sentence_for_others("vote_counted", &noted);
        said.tell(walk.work, &request, Came::Counted(html));
        return Ok(Onward::Stay);
    }
    decided(walk, taken, said)
}

fn decided<'p>(walk: &mut Walk<'_, '_, 'p>, taken: Taken<'p>, said: Said<'_>) -> Result<Onward<'p>, Trouble> {
    let Taken { step, option, verdict, answer, .. } = taken;
    let who = said.who;
    let Some(number) = deciding(walk).map(|deciding| deciding.number.clone()) else { return Ok(Onward::Stay) };
    let text = |text: &str| Value::Text(text.to_owned());
    let chooses = verdict.ask.as_ref().is_some_and(Demand::is_choice);
    let (answer, chosen) = if chooses { (Value::None, answer) } else { (answer, Value::None) };
    let result = [
        ("choice", text(&option.id)),
        ("answer", answer),
        ("chosen", chosen),
        ("number", text(&number)),
        ("at", Value::Time(walk.work.now)),
        ("by", person(who)),
    ];
    let spoken = spoken(walk, option, verdict, said.text)?;
    let done = verdict.done.as_ref().map(|done| walk.for_others(done)).transpose()?;
    close(walk, Over { verdict: spoken, by: Some((who.clone(), option.id.clone())) });
    tell_done(walk, said, done);
    let label = walk.plain(&option.label)?;
    let value = desk::entry(result);
    walk.keep(Held { value, label: Some(label), ..Held::default() });
    let flow = walk.frame().flow.clone();
    walk.note(FactKind::Decided { flow, step: step.id.clone(), choice: option.id.clone(), by: who.id.0.clone() });
    walk.audit(step.audit.as_ref());
    Ok(Onward::Take(&verdict.road))
}

/// What others read of a decision, with what was chosen for it.
fn spoken(walk: &Walk<'_, '_, '_>, option: &Decision, verdict: &Verdict, key: Option<&str>) -> Result<Wording, Trouble> {
    let spoken = match &verdict.verdict {
        Some(verdict) => walk.for_others(verdict)?,
        None => walk.label_for_others(&option.label)?,
    };
    let Some(Demand { answer: AnswerType::Choice(options), .. }) = &verdict.ask else { return Ok(spoken) };
    let offers = offers::for_others(walk, options)?;
    let chosen = offers.into_iter().find(|(offered, _)| Some(offered.as_str()) == key);
    Ok(chosen.map_or(spoken.clone(), |(_, label)| spoken.with_in_brackets(&label)))
}

/// Whoever decided on a card sees it there; who decided without one is told in any case.
fn tell_done(walk: &mut Walk<'_, '_, '_>, said: Said<'_>, done: Option<Wording>) {
    let Some(closed) = walk.work.record.closed.last() else { return };
    let (request, over) = (closed.request.clone(), Over { verdict: closed.verdict.clone(), by: closed.by.clone() });
    let taken = || said.asked.map(|_| about_over(walk.work, "decision_taken", (&closed.number, closed.at), &over));
    if let Some(done) = done.or_else(taken) {
        said.tell(walk.work, &request, Came::Done(done));
    }
}

fn person(who: &Decider) -> Value {
    let fields = [("id", &who.id.0), ("name", &who.name)];
    Value::Record(fields.map(|(name, text)| (name.to_owned(), Value::Text(text.clone()))).into())
}

// — how it ends —

/// How a request is over.
struct Over {
    /// What others read of it.
    verdict: Wording,
    /// Who decided, and the option they took.
    by: Option<(Decider, String)>,
}

/// What the engine's own sentences know of a request.
fn about(walk: &Walk<'_, '_, '_>, by: Option<&Decider>, verdict: Option<&str>) -> Value {
    let (number, made) = deciding(walk).map_or((String::new(), walk.work.now), |deciding| (deciding.number.clone(), deciding.made));
    known(&number, made, by, verdict)
}

fn known(number: &str, at: Time, by: Option<&Decider>, verdict: Option<&str>) -> Value {
    Value::Record(BTreeMap::from([
        ("number".to_owned(), Value::Text(number.to_owned())),
        ("at".to_owned(), Value::Time(at)),
        ("by".to_owned(), by.map_or(Value::None, person)),
        ("verdict".to_owned(), verdict.map_or(Value::None, |verdict| Value::Text(verdict.to_owned()))),
    ]))
}

/// The cards lose their buttons and say what became of the request.
fn close(walk: &mut Walk<'_, '_, '_>, over: Over) {
    if let Some(deciding) = deciding(walk).cloned() {
        shut(walk.work, &deciding, over, "decided", "decided_card");
    }
}

/// The time of the request is over.
pub(crate) fn timed_out(walk: &mut Walk<'_, '_, '_>) {
    if let Some(deciding) = deciding(walk).cloned() {
        shut(walk.work, &deciding, Over { verdict: Wording::default(), by: None }, "request_gone", "request_expired");
    }
}

/// Something came that matters more than a decision.
pub(crate) fn interrupted(walk: &mut Walk<'_, '_, '_>) {
    if let Some(deciding) = deciding(walk).cloned() {
        withdrawn(walk.work, &deciding);
    }
}

/// The session of the request is over.
pub(crate) fn withdrawn(work: &mut Work<'_>, deciding: &Deciding) {
    shut(work, deciding, Over { verdict: Wording::default(), by: None }, "request_gone", "request_withdrawn");
}

/// Whoever made a request is erased: those who have its card see that, and no more.
pub(crate) fn erased(work: &mut Work<'_>, request: &RequestId, number: &str, seen_by: &[RecordId]) {
    let about = known(number, work.now, None, None);
    let card = work.sentence_for_others("request_erased", &about);
    for one in seen_by {
        work.tell(one, Letter::Erased { request: request.clone(), card: card.clone() });
    }
}

/// One of the engine's own sentences about a request that is over: its verdict in the language in which each reads it.
fn about_over(work: &Work<'_>, name: &str, (number, at): (&str, Time), over: &Over) -> Wording {
    let by = over.by.as_ref().map(|(by, _)| by);
    let languages = work.sentence_for_others(name, &Value::None).0.into_iter().map(|(language, _)| language);
    let spoken = languages.map(|language| {
        let about = known(number, at, by, Some(over.verdict.in_language(Some(&language))));
        let html = work.sentence_for_others(name, &about).in_language(Some(&language)).to_owned();
        (language, html)
    });
    Wording(spoken.collect())
}

fn shut(work: &mut Work<'_>, deciding: &Deciding, over: Over, late: &str, line: &str) {
    let at = work.now;
    let [late, line] = [late, line].map(|name| about_over(work, name, (&deciding.number, at), &over));
    let card = deciding.card.followed_by(&line);
    for one in &deciding.asked {
        work.tell(one, Letter::Closed { request: deciding.request.clone(), card: card.clone(), late: late.clone() });
    }
    let closed = &mut work.record.closed;
    let (request, number, follows) = (deciding.request.clone(), deciding.number.clone(), deciding.follows.clone());
    closed.push(Closed { request, number, follows, at, by: over.by, verdict: over.verdict, late });
    let surplus = closed.len().saturating_sub(CLOSED_AT_MOST);
    closed.drain(..surplus);
    work.record.shown.push((deciding.request.clone(), deciding.asked.clone()));
    work.record.forget_who_saw();
}

// — while it waits —

/// A reminder or the escalation has fallen due.
pub(crate) fn due<'p>(walk: &mut Walk<'_, '_, 'p>) -> Result<Onward<'p>, Trouble> {
    let (_, approve) = here(walk)?;
    let now = walk.work.now;
    let Some(deciding) = deciding(walk).cloned() else { return Ok(Onward::Stay) };
    if deciding.escalate.is_some_and(|at| at <= now) {
        let second = approve.escalate.as_ref().map(|escalate| others(walk, &escalate.to)).unwrap_or_default();
        let new: Vec<_> = second.into_iter().filter(|one| !deciding.asked.contains(one)).collect();
        if let Some(deciding) = deciding_mut(walk) {
            deciding.escalate = None;
            deciding.asked.extend(new.iter().cloned());
        }
        put_before(walk, approve, &new)?;
    }
    if deciding.remind.is_some_and(|at| at <= now) {
        let silent: Vec<_> = deciding.asked.iter().filter(|one| !deciding.votes.iter().any(|vote| vote.by == **one)).cloned().collect();
        put_before(walk, approve, &silent)?;
        let passed = approve.remind.iter().take_while(|after| deciding.made.plus(**after) <= now).count();
        let next = approve.remind.get(passed).map(|after| silence::after_quiet(walk.work, deciding.made.plus(*after)));
        if let Some(deciding) = deciding_mut(walk) {
            deciding.reminded = u32::try_from(passed).unwrap_or(u32::MAX);
            deciding.remind = next;
        }
    }
    Ok(Onward::Stay)
}

/// `request` in the texts of a step that waits for a decision.
pub(crate) fn names(stage: &Stage) -> Option<Value> {
    let Stage::Deciding(deciding) = stage else { return None };
    let Value::Record(mut fields) = known(&deciding.number, deciding.made, None, None) else { return None };
    fields.insert("id".to_owned(), Value::Text(deciding.request.0.clone()));
    Some(Value::Record(fields))
}

impl Record {
    /// Who has seen a card is known as long as the request is; who was told something of the person, as long as the person.
    pub(crate) fn forget_who_saw(&mut self) {
        let closed = &self.closed;
        self.shown.retain(|(request, _)| request.names_notices() || closed.iter().any(|one| one.request == *request));
    }
}

impl RequestId {
    /// The session that made it.
    pub(crate) fn session(&self) -> SessionId {
        let last = self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, last)| last);
        SessionId(last.split('.').next().unwrap_or_default().to_owned())
    }
}
