//! Where an event goes: the first thing a turn decides.

use std::collections::BTreeMap;

use crate::engine::keyboard::read_token;
use crate::engine::record::{Held, Question, Record, Session, SessionId, Stage};
use crate::engine::steps::ask::Given;
use crate::engine::steps::file::Sent;
use crate::engine::steps::{approve, ask, call, file, notify, review, wait};
use crate::engine::walk::{Onward, Trouble, Walk};
use crate::engine::work::Work;
use crate::engine::{
    Act, EffectId, EffectKind, Event, EventId, EventKind, Turn, Visitor, away, cards, erasing, flood, house, invitation, keeping, menu,
    notices, offers, silence, start, told, words,
};
use crate::expr::Time;
use crate::flow::{Library, StandingAct, StandingButton, Step, Verb, Word};
use crate::operation::Answer;

/// Timers handled in one turn; the rest ring in the next, at once.
const TIMERS_A_TURN: usize = 50;

/// The turn an event makes.
pub(super) fn turn(library: &Library, record: Record, event: Event) -> Turn {
    let mut work = Work::new(library, record, event.at, event.seed);
    let unsure = work.settle(event.receipts);
    keeping::let_go(&mut work);
    work.acted = matches!(event.kind, EventKind::Acted { .. });
    match event.kind {
        EventKind::Acted { who, act } => {
            if work.is_new(&event.id) {
                acted(&mut work, who, act);
            }
        }
        EventKind::Attempted { effect, answer } => attempted(&mut work, effect, &answer),
        EventKind::Woke => ring(&mut work),
        EventKind::Told { from, letter } => {
            if work.is_new(&event.id) {
                told::take(&mut work, &from, letter);
            }
        }
        EventKind::Erased { act, asked, guest_of } => erasing::erased(&mut work, act, asked, &guest_of),
        EventKind::Settled => {}
    }
    start::offer_again(&mut work, &unsure);
    silence::count(&mut work);
    menu::refresh(&mut work);
    work.finish()
}

fn acted(work: &mut Work<'_>, who: Visitor, act: Act) {
    if act == Act::Left {
        work.record.unreachable = true;
        return;
    }
    work.reach_again();
    meet(work, who);
    if flood::drops(work, &act) {
        return;
    }
    // Whoever comes by themself need not be told that the bot is back.
    work.record.back = None;
    silence::breaks(work);
    if house::holds_back(work, &act) {
        return;
    }
    let Some(act) = answers_card(work, act) else { return };
    match act {
        Act::Left | Act::Returned => {}
        Act::Wrote { text, message, .. } => wrote(work, &text, message),
        Act::Edited { text, message } => edited(work, text, &message),
        Act::Pressed { token, press, message } => pressed(work, &token, press, message),
        Act::SharedContact { number, own, forwarded, message } => give(work, Given::Contact { number, own, forwarded, message }),
        Act::SharedFile { file, album, message } => shared(work, Sent { file, album, message }),
        Act::SharedLocation { latitude, longitude, message } => give(work, Given::Location { latitude, longitude, message }),
        Act::SentOther { .. } => give(work, Given::Other),
    }
}

/// Takes note of who they say they are.
fn meet(work: &mut Work<'_>, who: Visitor) {
    let languages = &work.project().bot.languages;
    work.record.erased = false;
    let person = &mut work.record.person;
    person.first_name = who.first_name;
    person.last_name = who.last_name;
    person.username = who.username;
    if !person.language_chosen {
        let theirs = who.language.as_deref().and_then(|tag| tag.split(['-', '_']).next()).map(str::to_lowercase);
        person.language = theirs.filter(|language| languages.contains(language)).or_else(|| languages.first().cloned());
    }
}

// — what is written —

fn wrote(work: &mut Work<'_>, text: &str, message: String) {
    if let Some((command, payload)) = command(text)
        && !is_off(work, &command)
    {
        return commanded(work, &command, payload);
    }
    if let Some(yes) = answers_prompt(work, text) {
        return start::prompted(work, yes, None);
    }
    give(work, Given::Text { text: text.to_owned(), message });
}

/// `/command payload`, if the text is one.
fn command(text: &str) -> Option<(String, Option<&str>)> {
    let rest = text.trim().strip_prefix('/')?;
    let (name, payload) = match rest.split_once(char::is_whitespace) {
        Some((name, payload)) => (name, Some(payload.trim())),
        None => (rest, None),
    };
    let is_name = !name.is_empty() && name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| (name.to_ascii_lowercase(), payload))
}

/// True for a word that the author has switched off: it is an ordinary text.
fn is_off(work: &Work<'_>, command: &str) -> bool {
    Word::named(command).and_then(|word| work.project().bot.words.get(&word)).is_some_and(|rule| !rule.on)
}

fn commanded(work: &mut Work<'_>, command: &str, payload: Option<&str>) {
    let project = work.project();
    if let Some(word) = Word::named(command).filter(|word| project.bot.words.contains_key(word)) {
        return words::take(work, word);
    }
    if let (Some(flow), "start") = (payload, command)
        && project.flows.get(flow).and_then(|flow| flow.start.as_ref()).is_some_and(|start| start.link)
    {
        return start::start(work, flow, BTreeMap::new());
    }
    if let (Some(token), "start") = (payload, command)
        && invitation::is_token(token)
    {
        return invitation::open(work, token);
    }
    match (project.commands.get(command), payload.and_then(|payload| code(command, payload))) {
        (_, Some(code)) if house::claim(work, code) => {}
        (Some(flow), _) => start::start(work, flow, BTreeMap::new()),
        // The button of Telegram that opens a chat sends this, whatever the flows are called.
        (None, _) if command == "start" => words::take(work, Word::Help),
        (None, code) if command == "role" => work.aside(|work| work.say(if code.is_some() { "code_wrong" } else { "code_missing" })),
        (None, _) => work.aside(|work| work.say("unknown_command")),
    }
}

/// The code in `/role CODE`, or in the link that says the same.
fn code<'t>(command: &str, payload: &'t str) -> Option<&'t str> {
    match command {
        "role" => Some(payload),
        "start" => payload.strip_prefix("role-"),
        _ => None,
    }
    .filter(|code| !code.is_empty())
}

/// What is written while words for a decision are awaited belongs to that, unless it is a word or a command.
fn answers_card(work: &mut Work<'_>, act: Act) -> Option<Act> {
    let commands = matches!(&act, Act::Wrote { text, .. } if command(text).is_some_and(|(name, _)| !is_off(work, &name)));
    if commands { Some(act) } else { cards::written(work, act) }
}

fn answers_prompt(work: &Work<'_>, text: &str) -> Option<bool> {
    let [yes, no] = start::buttons_of(work.record.prompt.as_ref()?.kind);
    let is = |name: &str| work.own_label(name).trim().to_lowercase() == text.trim().to_lowercase();
    if is(yes) {
        return Some(true);
    }
    is(no).then_some(false)
}

/// A file. Of an album the first part is taken; the others only where files are being gathered of it, and in silence elsewhere.
fn shared(work: &mut Work<'_>, sent: Sent) {
    let gathers = |session: &Session| session.frames.last().and_then(file::gathered).is_some_and(|held| held.key == sent.album);
    if let Some(album) = &sent.album
        && !work.is_new(&EventId(format!("album/{album}")))
        && !work.record.asking().is_some_and(gathers)
    {
        return;
    }
    give(work, Given::File(sent));
}

/// Gives what came to the session in front.
fn give(work: &mut Work<'_>, given: Given) {
    let present = || work.record.session(&words::present(work)?);
    let session = work.record.asking().or_else(present).cloned();
    let Some(session) = session else { return words::take(work, Word::Help) };
    if !session.is_asking() {
        return words::say_status(work, &session.id);
    }
    start::drive(work, session, true, |walk| take(walk, given));
}

fn take<'p>(walk: &mut Walk<'_, '_, 'p>, given: Given) -> Result<Onward<'p>, Trouble> {
    match review::here(walk) {
        Some(review) => review::given(walk, review, &given),
        None => ask::given(walk, given),
    }
}

/// A message that was written before is another now: it corrects the answer given last, if it was that one.
fn edited(work: &mut Work<'_>, text: String, message: &str) {
    let Some(present) = words::present(work) else { return };
    let is_answer = |held: &Held| held.message.as_deref() == Some(message);
    let answers = |session: &&Session| session.frames.iter().any(|frame| frame.results.values().any(is_answer));
    let session = work.record.sessions.iter().rev().find(answers).or_else(|| work.record.session(&present)).cloned();
    let Some(session) = session else { return };
    let mut taken = false;
    start::drive(work, session, true, |walk| {
        let Some((depth, at)) = walk.last_answered()? else { return Ok(Onward::Stay) };
        let frame = &walk.session.frames[depth];
        let step = &walk.flow_of(frame)?.steps[at];
        if !frame.results.get(&step.id).is_some_and(is_answer) {
            return Ok(Onward::Stay);
        }
        taken = true;
        walk.surface(depth);
        walk.set_aside(at)?;
        let (_, asked) = ask::here(walk)?;
        let offers = offers::of(walk, asked)?;
        walk.frame_mut().stage = Stage::Asking(Question { offers, ..Question::default() });
        ask::given(walk, Given::Text { text, message: message.to_owned() })
    });
    if !taken {
        work.aside(|work| work.say("edited"));
    }
}

// — buttons —

fn pressed(work: &mut Work<'_>, token: &str, press: String, message: Option<String>) {
    // The press is acknowledged before anything else is sent, so that the button stops turning.
    work.order(EffectKind::Acknowledge { press, text: None });
    if work.record.pressed.as_deref() == Some(token) {
        return;
    }
    if let Some(flow) = token.strip_prefix("f.") {
        return if is_offered(work, flow) { start::start(work, flow, BTreeMap::new()) } else { stale(work) };
    }
    if token.starts_with("b.") {
        return standing(work, token, message);
    }
    if let Some((nonce, option)) = token.strip_prefix("d.").and_then(|card| card.split_once('.')) {
        return cards::pressed(work, nonce, option.parse().unwrap_or(u32::MAX), message);
    }
    if let Some((nonce, pressed)) = token.strip_prefix("w.").and_then(|list| list.split_once('.')) {
        if !cards::picked(work, nonce, pressed) {
            stale(work);
        }
        return;
    }
    if let Some(answer) = token.strip_prefix("p.") {
        return prompted(work, token, answer, message);
    }
    let current = read_token(token).and_then(|(session, revision, pressed)| {
        let session = work.record.session(&session)?;
        let current = match &session.frames.last()?.stage {
            Stage::Asking(question) => question.revision,
            _ => return None,
        };
        (current == revision).then(|| (session.clone(), pressed))
    });
    let Some((session, pressed)) = current else { return stale(work) };
    let id = session.id.clone();
    start::drive(work, session, true, |walk| take(walk, Given::Button { pressed, message }));
    let still = work.record.session(&id).and_then(|session| session.frames.last().map(|frame| frame.stage.clone()));
    let consumed = !matches!(&still, Some(Stage::Asking(question)) if token_is_current(token, question));
    if consumed {
        work.record.pressed = Some(token.to_owned());
    }
}

/// True if people may start this flow by themselves, or some button of some version starts it: what a button carries can be forged.
fn is_offered(work: &Work<'_>, flow: &str) -> bool {
    let starts = |button: &StandingButton| matches!(&button.act, StandingAct::Start { flow: started, with, once: false } if started == flow && with.is_empty());
    let shows = |step: &Step| match &step.verb {
        Verb::Say(say) => say.buttons.iter().any(starts),
        Verb::Notify(notify) => notify.buttons.iter().any(starts),
        _ => false,
    };
    let mut versions = work.library.projects.values();
    work.project().flows.get(flow).is_some_and(|flow| flow.start.is_some())
        || versions.any(|project| project.flows.values().flat_map(|flow| &flow.steps).any(shows))
}

fn token_is_current(token: &str, question: &Question) -> bool {
    read_token(token).is_some_and(|(_, revision, _)| revision == question.revision)
}

fn standing(work: &mut Work<'_>, token: &str, message: Option<String>) {
    let Some(at) = work.record.standing.iter().position(|standing| standing.token == token) else { return stale(work) };
    let standing = work.record.standing[at].clone();
    if let Some(giver) = &standing.giver {
        return notices::claim(work, giver, token);
    }
    if standing.once {
        work.record.standing.remove(at);
        work.record.pressed = Some(token.to_owned());
        if let Some(message) = message {
            work.order(EffectKind::Strip { of: crate::engine::MessageRef::Native(message) });
        }
    }
    start::start(work, &standing.flow, standing.inputs);
}

fn prompted(work: &mut Work<'_>, token: &str, answer: &str, message: Option<String>) {
    let asked = work.record.prompt.as_ref().map(|prompt| prompt.nonce.clone());
    match (answer.split_once('.'), asked) {
        (Some((nonce, act @ ("y" | "n"))), Some(asked)) if nonce == asked => {
            work.record.pressed = Some(token.to_owned());
            start::prompted(work, act == "y", message);
        }
        _ => stale(work),
    }
}

/// A button of a step that is over: said, and the present question again.
fn stale(work: &mut Work<'_>) {
    work.say("stale_button");
    if let Some(present) = words::present(work) {
        start::show_again(work, &present);
    }
}

// — calls —

/// An attempt of a call has ended.
pub(crate) fn attempted(work: &mut Work<'_>, effect: EffectId, answer: &Answer) {
    work.record.outbox.retain(|pending| pending.id != effect);
    let awaits = |session: &&Session| match session.frames.last().map(|frame| &frame.stage) {
        Some(Stage::Calling(calling)) => calling.effect == effect,
        Some(Stage::Asking(question)) => question.checking.as_ref().is_some_and(|checking| checking.calling.effect == effect),
        _ => false,
    };
    // An answer nobody waits for: the call was of a session that has ended, or this attempt was settled before.
    let Some(session) = work.record.sessions.iter().find(awaits).cloned() else { return };
    start::drive(work, session, false, |walk| {
        let checking = walk.question_mut().and_then(|question| question.checking.take());
        let Some(mut checking) = checking else { return call::attempted(walk, answer) };
        if let Some(outcome) = call::check_attempted(walk, &mut checking.calling, answer)? {
            return ask::checked(walk, *checking, &outcome);
        }
        if let Some(question) = walk.question_mut() {
            question.checking = Some(checking);
        }
        Ok(Onward::Stay)
    });
}

// — timers —

/// Everything that has fallen due, in the order in which it did.
fn ring(work: &mut Work<'_>) {
    work.delete_due();
    notify::take_back_due(work);
    invitation::expire(work);
    house::ring(work);
    let mut alone = false;
    for _ in 0..TIMERS_A_TURN {
        let now = work.now;
        let due = work.record.sessions.iter().filter_map(|session| earliest(session, now).map(|(at, what)| (at, session.id.clone(), what)));
        let Some((_, id, what)) = due.filter(|(at, ..)| *at <= now).min_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1))) else { break };
        work.count_anew();
        alone |= what == Due::Expire && work.record.front.as_ref() == Some(&id);
        ring_one(work, &id, what);
    }
    work.count_anew();
    if alone && work.record.front.is_none() {
        start::resume(work);
    }
    if work.record.held_until().is_some_and(|at| at <= work.now)
        && let Some(held) = work.record.sessions.iter().find(|session| session.held).map(|session| session.id.clone())
    {
        start::show_again(work, &held);
    }
    away::ring(work);
}

/// What falls due in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    /// The `timeout` of the step it stands at.
    Timeout,
    /// What the innermost frame waits for by itself.
    Stage,
    /// The person's silence ends the session.
    Expire,
    /// The person is reminded of the question.
    Remind,
}

fn earliest(session: &Session, now: Time) -> Option<(Time, Due)> {
    let frame = session.frames.last()?;
    let timeout = frame.due.map(|due| (due, Due::Timeout));
    let stage = frame.stage.due().map(|due| (due, Due::Stage));
    let expire = session.silence.and_then(|silence| silence.expire).map(|due| (due, Due::Expire));
    let remind = session.silence.and_then(|silence| silence.remind).map(|due| (due, Due::Remind));
    // Nobody is reminded of a question that is over in the same moment.
    let over = timeout.into_iter().chain(stage).chain(expire).min_by_key(|(at, _)| *at);
    over.filter(|(at, _)| *at <= now).or_else(|| over.into_iter().chain(remind).min_by_key(|(at, _)| *at))
}

fn ring_one(work: &mut Work<'_>, id: &SessionId, what: Due) {
    let Some(session) = work.record.session(id).cloned() else { return };
    match what {
        Due::Expire => silence::expire(work, &session),
        Due::Remind => silence::remind(work, session),
        Due::Stage => start::drive(work, session, false, |walk| match &walk.frame().stage {
            Stage::Waiting(_) => wait::over(walk),
            Stage::Deciding(_) => approve::due(walk),
            _ => call::due(walk),
        }),
        Due::Timeout => start::drive(work, session, false, |walk| {
            walk.strip();
            approve::timed_out(walk);
            let step = walk.step()?;
            walk.frame_mut().due = None;
            let timeout = step.timeout.as_ref().ok_or_else(|| Trouble::new(format!("step \"{}\" has no timeout", step.id)))?;
            Ok(Onward::Take(&timeout.road))
        }),
    }
}
