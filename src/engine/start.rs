//! Sessions: beginning, going on, ending.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::record::{Frame, Prompt, PromptKind, Session, SessionId, Stage, Standing};
use crate::engine::scope::View;
use crate::engine::steps::{approve, ask, call, review};
use crate::engine::walk::{Came, Onward, Trouble, Walk};
use crate::engine::work::Work;
use crate::engine::{Button, EffectId, EffectKind, FactKind, Keyboard, Message, MessageRef, Press, RecordId, keeping, words};
use crate::expr::Value;
use crate::flow::{Admits, Again, AnswerType, Ask, Call, Flow, Installation, Invited, OWN, Options, Project, StartCheck, Verb};

/// Sessions a person may have alive: the oldest that can be ended makes room.
const SESSIONS_AT_MOST: usize = 20;

/// Why a flow does not begin.
pub(crate) enum Refusal<'p> {
    /// The person holds none of its roles.
    Denied,
    /// This check does not hold.
    Check(&'p StartCheck),
}

/// Why this flow does not begin for this person, if it does not.
pub(crate) fn refusal<'p>(view: &View<'_>, flow: &'p Flow) -> Result<Option<Refusal<'p>>, Trouble> {
    if !may_begin(view.installation, view.id, flow) {
        return Ok(Some(Refusal::Denied));
    }
    for check in &flow.checks {
        if !check.when.holds(&view.context())? {
            return Ok(Some(Refusal::Check(check)));
        }
    }
    Ok(None)
}

/// Whether the person may begin this flow now, by themselves.
pub(crate) fn is_open(work: &Work<'_>, flow: &Flow) -> bool {
    let is_invited_only = flow.start.as_ref().is_some_and(|start| start.invitation == Invited::Required);
    !is_invited_only && matches!(refusal(&work.view(), flow), Ok(None))
}

/// Whether a flow is for this person.
pub(crate) fn may_begin(installation: &Installation, who: &RecordId, flow: &Flow) -> bool {
    let holds = |role: &String| installation.holds(&who.0, role);
    match &flow.admits {
        Admits::Anyone => true,
        Admits::Roles(roles) => roles.iter().any(holds),
    }
}

/// The inputs of a flow: what was given, else their defaults.
pub(crate) fn inputs(view: &View<'_>, flow: &Flow, mut given: BTreeMap<String, Value>) -> Result<BTreeMap<String, Value>, Trouble> {
    let mut inputs = BTreeMap::new();
    for (name, declared) in &flow.inputs {
        let value = match (given.remove(name).unwrap_or_default(), &declared.default) {
            (Value::None, Some(default)) => default.evaluate(&view.context())?,
            (Value::None, None) if !declared.of.optional => return Err(Trouble::new(format!("input \"{name}\" is not there"))),
            (value, _) => value,
        };
        inputs.insert(name.clone(), value);
    }
    Ok(inputs)
}

/// The person starts a flow: by a command, a button, a word. One that needs an invitation does not begin so.
pub(crate) fn start(work: &mut Work<'_>, flow: &str, given: BTreeMap<String, Value>) {
    let flows = &work.project().flows;
    let needs = |flow: &Flow| flow.start.as_ref().is_some_and(|start| start.invitation == Invited::Required);
    if flows.get(flow).is_some_and(|flow| needs(flow) && may_begin(&work.library.installation, &work.record.id, flow))
        && !is_alive(work, flow)
    {
        return work.say("invitation_needed");
    }
    invited(work, flow, given);
}

/// True if a session of this flow is alive.
fn is_alive(work: &Work<'_>, flow: &str) -> bool {
    work.record.sessions.iter().any(|session| session.frames.first().is_some_and(|frame| frame.flow == flow))
}

/// The same for somebody who is invited, or was.
pub(crate) fn invited(work: &mut Work<'_>, flow: &str, given: BTreeMap<String, Value>) {
    let project = Arc::clone(work.library.project());
    let Some(flow) = project.flows.get(flow) else {
        work.say("stale_button");
        return;
    };
    if !may_begin(&work.library.installation, &work.record.id, flow) {
        return deny(work, flow);
    }
    let alive = work.record.sessions.iter().rev().find(|session| session.frames.first().is_some_and(|frame| frame.flow == flow.id));
    if let Some(alive) = alive.map(|session| session.id.clone()) {
        match flow.again {
            Again::Ask => return prompt(work, alive, PromptKind::Again, given),
            Again::Resume => return show_again(work, &alive),
            Again::Restart => {
                if !cancel(work, &alive, "cancelled") {
                    return work.say("sending");
                }
            }
            Again::Many => {}
        }
    }
    begin(work, flow, given);
}

fn deny(work: &mut Work<'_>, flow: &Flow) {
    work.note(None, FactKind::Denied { flow: flow.id.clone() });
    work.say("denied");
}

/// Begins a session, if its checks hold.
pub(crate) fn begin(work: &mut Work<'_>, flow: &Flow, given: BTreeMap<String, Value>) {
    if let Err(trouble) = work.count_start() {
        return no_start(work, flow, trouble);
    }
    let view = work.view();
    let begun = refusal(&view, flow).and_then(|refused| match refused {
        Some(refusal) => Ok(Err(refusal)),
        None => inputs(&view, flow, given).map(Ok),
    });
    let inputs = match begun {
        Ok(Ok(inputs)) => inputs,
        Ok(Err(Refusal::Denied)) => return deny(work, flow),
        Ok(Err(Refusal::Check(check))) => {
            let html = work.html(&check.say, |view| view);
            work.say_html(html);
            return match &check.start {
                Some(instead) => start(work, instead, BTreeMap::new()),
                None => resume_if_alone(work),
            };
        }
        Err(trouble) => return no_start(work, flow, trouble),
    };
    if !make_room(work) {
        return work.say("sending");
    }
    let now = work.now;
    let session = Session {
        id: SessionId(work.draw_word()),
        version: work.project().version.clone(),
        started: now,
        touched: now,
        seed: work.draw(),
        revision: 0,
        frames: vec![Frame::new(&flow.id, inputs, now)],
        held: false,
        silence: None,
    };
    work.note(Some(&session.id), FactKind::Started { flow: flow.id.clone() });
    drop_prompt(work);
    let acted = work.acted;
    if acted {
        // Whoever asks in front is suspended from here on, even if this flow asks nothing yet.
        work.record.front = Some(session.id.clone());
    }
    drive(work, session, acted, |_| Ok(Onward::Enter(0)));
}

/// The beginning itself has failed: there is no session whose fault that would be.
fn no_start(work: &mut Work<'_>, flow: &Flow, trouble: Trouble) {
    work.note(None, FactKind::Faulted { flow: flow.id.clone(), step: String::new(), cause: trouble.cause });
    work.say("fault");
    resume_if_alone(work);
}

/// Nobody is in front any more: the youngest suspended session comes back, unless buttons were shown that begin something else.
fn resume_if_alone(work: &mut Work<'_>) {
    if work.record.front.is_none() && work.panel.is_none() {
        resume(work);
    }
}

/// A question of the engine's own that was not answered is over.
fn drop_prompt(work: &mut Work<'_>) {
    if let Some(prompt) = work.record.prompt.take() {
        take_inputs(work, &prompt.nonce);
        work.order(EffectKind::Strip { of: MessageRef::Ours(prompt.message) });
    }
}

/// Makes room for one more session; false if none of them can be ended now.
fn make_room(work: &mut Work<'_>) -> bool {
    while work.record.sessions.len() >= SESSIONS_AT_MOST {
        let project = work.library;
        let oldest = work.record.sessions.iter().find(|session| !is_binding(project, session)).map(|session| session.id.clone());
        let Some(oldest) = oldest else { return false };
        cancel(work, &oldest, "cancelled");
    }
    true
}

/// True while a call of the session cannot be abandoned.
pub(crate) fn is_binding(library: &crate::flow::Library, session: &Session) -> bool {
    let project = library.projects.get(&session.version);
    project.is_some_and(|project| session.frames.iter().any(|frame| call::is_binding(project, &frame.stage)))
}

/// Ends a session from outside; false if that cannot be done now.
pub(crate) fn cancel(work: &mut Work<'_>, id: &SessionId, end: &str) -> bool {
    let Some(at) = work.record.sessions.iter().position(|session| session.id == *id) else { return true };
    if is_binding(work.library, &work.record.sessions[at]) {
        return false;
    }
    let session = work.record.sessions.remove(at);
    clear_away(work, &session);
    if let Some(project) = work.library.projects.get(&session.version).map(Arc::clone) {
        keeping::keep(work, &project, &session, end);
    }
    let flow = session.frames.first().map(|frame| frame.flow.clone()).unwrap_or_default();
    work.note(Some(id), FactKind::Ended { flow, end: end.to_owned() });
    if work.record.front.as_ref() == Some(id) {
        work.record.front = None;
    }
    true
}

/// What a session that is cut off, or moved, leaves behind: calls nobody waits for, requests, buttons, secrets.
pub(crate) fn clear_away(work: &mut Work<'_>, session: &Session) {
    for frame in session.frames.iter().rev() {
        match &frame.stage {
            Stage::Asking(question) => {
                if let Some(message) = question.message.filter(|_| question.rows) {
                    work.order(EffectKind::Strip { of: MessageRef::Ours(message) });
                }
                if let Some(checking) = &question.checking {
                    work.record.outbox.retain(|effect| effect.id != checking.calling.effect);
                }
            }
            Stage::Calling(calling) => work.record.outbox.retain(|effect| effect.id != calling.effect),
            Stage::Deciding(deciding) => approve::withdrawn(work, deciding),
            Stage::Waiting(_) | Stage::Awaiting | Stage::Running | Stage::Counting(_) => {}
        }
        for secret in &frame.secrets {
            work.delete(MessageRef::Ours(*secret));
        }
    }
}

/// Walks a session on. It may be a new one, or one of the record's; a fault undoes the walk and ends it as its flow says.
pub(crate) fn drive(
    work: &mut Work<'_>,
    session: Session,
    initiative: bool,
    begin: impl for<'w, 'a, 'p> FnOnce(&mut Walk<'w, 'a, 'p>) -> Result<Onward<'p>, Trouble>,
) {
    let id = session.id.clone();
    let Some(project) = work.library.projects.get(&session.version).map(Arc::clone) else {
        return fault(work, None, &session, Trouble::new("the version of the session is not there"));
    };
    let mark = work.mark();
    let before = session.clone();
    let mut walk = Walk::new(work, &project, session, initiative);
    if initiative {
        walk.session.touched = walk.work.now;
        if walk.work.acted {
            walk.session.silence = None;
        }
    }
    let came = begin(&mut walk).and_then(|onward| walk.go(onward));
    let at = walk.frame().at.clone();
    let session = walk.session;
    match came {
        Ok(came) => arrive(work, session, came, initiative),
        Err(trouble) => {
            work.undo(mark);
            let mut faulted = before;
            if let Some(frame) = faulted.frames.last_mut() {
                frame.at = at;
            }
            work.record.sessions.retain(|session| session.id != id);
            fault(work, Some(&project), &faulted, trouble);
        }
    }
}

fn arrive(work: &mut Work<'_>, session: Session, came: Came, initiative: bool) {
    let id = session.id.clone();
    match came {
        Came::Waits | Came::Word(_) => match work.record.sessions.iter_mut().find(|kept| kept.id == id) {
            Some(kept) => *kept = session,
            None => work.record.sessions.push(session),
        },
        Came::Over | Came::Handing { .. } => work.record.sessions.retain(|kept| kept.id != id),
    }
    match came {
        Came::Waits => {}
        Came::Word(word) => words::take(work, word),
        Came::Over => over(work, &id, initiative),
        Came::Handing { flow, inputs } => {
            if work.record.front.as_ref() == Some(&id) {
                work.record.front = None;
            }
            start(work, &flow, inputs);
            resume_if_alone(work);
        }
    }
}

/// A session is over: the one it had suspended comes back.
fn over(work: &mut Work<'_>, id: &SessionId, initiative: bool) {
    let was_front = work.record.front.as_ref() == Some(id);
    if was_front {
        work.record.front = None;
    }
    // Whoever is shown buttons is about to press one: what was interrupted waits until what that begins is over.
    if work.panel.as_ref() != Some(id) && (was_front || initiative || work.record.asking().is_none()) {
        resume(work);
    }
}

/// The session that waits for the person comes to the front, with its question: the one in front, else the youngest.
pub(crate) fn resume(work: &mut Work<'_>) {
    let asking = |session: &&Session| session.is_asking();
    let front = work.record.front.as_ref().and_then(|front| work.record.session(front)).filter(asking);
    let Some(session) = front.or_else(|| work.record.sessions.iter().rev().find(asking)) else { return };
    let (id, never_put) = (session.id.clone(), session.held);
    work.record.front = Some(id.clone());
    if !never_put {
        let title = words::title(work, &id);
        work.say_with("resumed", |view| view.with("session", title));
    }
    show_again(work, &id);
}

/// Puts the question of a session again, or says where it stands.
pub(crate) fn show_again(work: &mut Work<'_>, id: &SessionId) {
    let Some(session) = work.record.session(id).cloned() else { return };
    if !session.is_asking() {
        return words::say_status(work, id);
    }
    work.record.front = Some(id.clone());
    drive(work, session, true, put_again);
}

/// Puts the question that waits here again, as if for the first time.
pub(crate) fn put_again<'p>(walk: &mut Walk<'_, '_, 'p>) -> Result<Onward<'p>, Trouble> {
    let changing = walk.question().is_some_and(|question| question.changing);
    match review::here(walk) {
        Some(review) if changing => return review::list(walk, review),
        Some(review) => review::show(walk, review)?,
        None => {
            let (_, asked) = ask::here(walk)?;
            if let Some(list) = own_list(walk, asked)? {
                return walk.change(&[list], None);
            }
            ask::put_first(walk, asked)?;
        }
    }
    Ok(Onward::Stay)
}

/// The step that has read what a question offers, where the engine itself was asked: what waits, and for whom, may be another by now, and
/// is read anew for whoever comes back to it. What several ticks stand in stays as it is.
fn own_list(walk: &Walk<'_, '_, '_>, asked: &Ask) -> Result<Option<usize>, Trouble> {
    let AnswerType::Choice(Options::Data(data)) = &asked.answer else { return Ok(None) };
    if walk.question().is_some_and(|question| question.checking.is_some()) {
        return Ok(None);
    }
    let flow = walk.flow()?;
    let is_own = |call: &Call| walk.project.operations.get(&call.operation).is_some_and(|read| read.connection == OWN && read.is_read());
    let mut sources = data.from.names().into_iter().filter_map(|name| flow.index.get(&name.path[0]).copied());
    Ok(sources.find(|at| matches!(&flow.steps[*at].verb, Verb::Call(call) if is_own(call))))
}

/// Asks one of the engine's own questions about a session; `given` is what its flow is given if it starts again.
pub(crate) fn prompt(work: &mut Work<'_>, session: SessionId, kind: PromptKind, given: BTreeMap<String, Value>) {
    drop_prompt(work);
    let nonce = work.draw_word();
    let (html, [yes, no]) = (words_of(work, kind), buttons_of(kind));
    let button =
        |work: &Work<'_>, name: &str, act: &str| Button { label: work.own_label(name), press: Press::Token(format!("p.{nonce}.{act}")) };
    let keyboard = Keyboard::Rows(vec![vec![button(work, yes, "y"), button(work, no, "n")]]);
    if !given.is_empty() {
        work.keep_button(Standing {
            token: inputs_token(&nonce),
            flow: String::new(),
            inputs: given,
            once: true,
            made: work.now,
            giver: None,
        });
    }
    let message = work.send(Message { html, keyboard, ..Message::default() });
    work.record.prompt = Some(Prompt { nonce, session, kind, message });
}

/// What is asked so.
fn words_of(work: &Work<'_>, kind: PromptKind) -> String {
    match kind {
        PromptKind::Again => work.sentence("again", |view| view),
        PromptKind::Restart => words::restart_question(work),
        PromptKind::Unsure => work.sentence("unsure", |view| view),
    }
}

/// The names of its two buttons, the affirmative first.
pub(crate) fn buttons_of(kind: PromptKind) -> [&'static str; 2] {
    match kind {
        PromptKind::Again => ["again_continue", "again_restart"],
        PromptKind::Restart => ["restart_yes", "restart_no"],
        PromptKind::Unsure => ["unsure_yes", "unsure_no"],
    }
}

/// Offers to show a question again whose message holds a secret and may not have arrived: it is never sent twice unasked.
pub(crate) fn offer_again(work: &mut Work<'_>, unsure: &[EffectId]) {
    let shows = |session: &&Session| match session.frames.last().map(|frame| &frame.stage) {
        Some(Stage::Asking(question)) => question.message.is_some_and(|message| unsure.contains(&message)),
        _ => false,
    };
    if let Some(session) = work.record.sessions.iter().find(shows).map(|session| session.id.clone()) {
        prompt(work, session, PromptKind::Unsure, BTreeMap::new());
    }
}

/// The person answered one of the engine's own questions.
pub(crate) fn prompted(work: &mut Work<'_>, yes: bool, message: Option<String>) {
    let Some(prompt) = work.record.prompt.take() else { return };
    match message.map(MessageRef::Native) {
        Some(of) => {
            let ([affirms, denies], html) = (buttons_of(prompt.kind), words_of(work, prompt.kind));
            let label = work.own_label(if yes { affirms } else { denies });
            work.freeze(of, Message { html, ..Message::default() }, &label);
        }
        None => {
            work.order(EffectKind::Strip { of: MessageRef::Ours(prompt.message) });
        }
    }
    let given = take_inputs(work, &prompt.nonce);
    match (prompt.kind, yes) {
        _ if work.record.session(&prompt.session).is_none() => work.say("stale_button"),
        (PromptKind::Again | PromptKind::Unsure, true) | (PromptKind::Restart, false) => show_again(work, &prompt.session),
        (PromptKind::Unsure, false) => {}
        (PromptKind::Again, false) | (PromptKind::Restart, true) => restart(work, &prompt.session, given),
    }
}

/// Cancels a session and starts its flow again, with what was given now, or else with what it was given then.
fn restart(work: &mut Work<'_>, id: &SessionId, given: Option<BTreeMap<String, Value>>) {
    let Some(frame) = work.record.session(id).and_then(|session| session.frames.first()) else { return };
    let (flow, inputs) = (frame.flow.clone(), given.unwrap_or_else(|| frame.inputs.clone()));
    if !cancel(work, id, "cancelled") {
        return work.say("sending");
    }
    invited(work, &flow, inputs);
    resume_if_alone(work);
}

/// What the button that starts again carries, as a standing button.
fn inputs_token(nonce: &str) -> String {
    format!("p.{nonce}.n")
}

fn take_inputs(work: &mut Work<'_>, nonce: &str) -> Option<BTreeMap<String, Value>> {
    let token = inputs_token(nonce);
    let at = work.record.standing.iter().position(|standing| standing.token == token)?;
    Some(work.record.standing.remove(at).inputs)
}

/// A flow has failed: it is said, remembered, and the session ends as the flow wants it.
fn fault(work: &mut Work<'_>, project: Option<&Project>, session: &Session, trouble: Trouble) {
    let outermost = session.frames.first().map(|frame| frame.flow.clone()).unwrap_or_default();
    let (flow, step) = session.frames.last().map(|frame| (frame.flow.clone(), frame.at.clone())).unwrap_or_default();
    work.note(Some(&session.id), FactKind::Faulted { flow, step, cause: trouble.cause });
    work.record.sessions.retain(|kept| kept.id != session.id);
    clear_away(work, session);
    let road = project.and_then(|project| project.flows.get(&outermost)).and_then(|flow| flow.on_fault.as_ref());
    match road.and_then(|road| road.say.as_ref()) {
        Some(say) => {
            let html = work.html(say, |view| view);
            work.say_html(html);
        }
        None => work.say("fault"),
    }
    if let Some(name) = road.and_then(|road| road.audit.clone()) {
        work.note(Some(&session.id), FactKind::Audited { name });
    }
    let end = match road.map(|road| &road.to) {
        Some(crate::flow::Target::End(end)) => end.clone(),
        _ => "fault".to_owned(),
    };
    if let Some(project) = project {
        keeping::keep(work, project, session, &end);
    }
    work.note(Some(&session.id), FactKind::Ended { flow: outermost, end });
    if work.record.front.as_ref() == Some(&session.id) {
        work.record.front = None;
        resume(work);
    }
}
