//! The words that work anywhere: /cancel /back /help /status /restart /language. They come before any step sees the text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::engine::cards;
use crate::engine::record::{PromptKind, Session, SessionId, Stage};
use crate::engine::scope::View;
use crate::engine::start;
use crate::engine::steps;
use crate::engine::walk::{Onward, Walk, text};
use crate::engine::work::Work;
use crate::expr::Value;
use crate::flow::{Project, Text, Word};

/// Decided requests that are listed for whoever made them, the latest first.
const DECIDED_SHOWN: usize = 5;

/// Does what a word says.
pub(crate) fn take(work: &mut Work<'_>, word: Word) {
    match word {
        Word::Cancel => cancel(work),
        Word::Back => back(work),
        Word::Help => help(work),
        Word::Status => status(work),
        Word::Restart => restart(work),
        Word::Language => start_its_flow(work, Word::Language),
    }
}

/// The session a word is about: the one in front, else the youngest.
pub(crate) fn present(work: &Work<'_>) -> Option<SessionId> {
    let front = work.record.front.as_ref().and_then(|front| work.record.session(front));
    front.or_else(|| work.record.sessions.last()).map(|session| session.id.clone())
}

fn rule<'a>(work: &Work<'a>, word: Word) -> Option<&'a crate::flow::WordRule> {
    work.project().bot.words.get(&word)
}

/// The author's sentence, else the engine's own.
fn say(work: &mut Work<'_>, author: Option<&Text>, own: &str) {
    let html = match author {
        Some(author) => work.html(author, |view| view),
        None => work.sentence(own, |view| view),
    };
    work.say_html(html);
}

/// `session` in a sentence of the engine's own: the title and the number of one session.
pub(crate) fn title<'v>(work: &Work<'_>, id: &SessionId) -> Cow<'v, Value> {
    let title = work.record.session(id).map(|session| in_session(work, session, |view| flow_title(view, session))).unwrap_or_default();
    titled(id, title)
}

/// The same for a session that is over.
pub(crate) fn title_of<'v>(work: &Work<'_>, session: &Session) -> Cow<'v, Value> {
    titled(&session.id, in_session(work, session, |view| flow_title(view, session)))
}

fn titled<'v>(id: &SessionId, title: String) -> Cow<'v, Value> {
    Cow::Owned(Value::Record(BTreeMap::from([
        ("title".to_owned(), Value::Text(title)),
        ("number".to_owned(), Value::Text(id.0.clone())),
        ("id".to_owned(), Value::Text(id.0.clone())),
    ])))
}

fn flow_title(view: &View<'_>, session: &Session) -> String {
    let flow = session.frames.first().and_then(|frame| view.project.flows.get(&frame.flow));
    let template = flow.and_then(|flow| flow.title.in_language(view.language_index()));
    template.and_then(|template| template.render_plain(&view.context()).ok()).unwrap_or_default()
}

pub(crate) fn in_session<T>(work: &Work<'_>, session: &Session, read: impl FnOnce(&View<'_>) -> T) -> T {
    let project: &Project = work.library.projects.get(&session.version).map_or(work.project(), |project| project);
    let view = View { project, session: Some(session), frame: session.frames.last(), ..work.view() };
    read(&view)
}

fn cancel(work: &mut Work<'_>) {
    if cards::give_up(work) {
        return;
    }
    let Some(id) = present(work) else { return work.say("nothing_to_cancel") };
    let about = title(work, &id);
    if !start::cancel(work, &id, "cancelled") {
        return work.say("sending");
    }
    let html = match rule(work, Word::Cancel).and_then(|rule| rule.say.as_ref()) {
        Some(say) => work.html(say, |view| view.with("session", about)),
        None => work.sentence("cancel", |view| view.with("session", about)),
    };
    work.say_html(html);
    start::resume(work);
}

fn back(work: &mut Work<'_>) {
    let session = present(work).and_then(|id| work.record.session(&id).cloned());
    let Some(session) = session else { return nowhere_back(work) };
    if start::is_binding(work.library, &session) {
        return work.say("sending");
    }
    let mut possible = false;
    start::drive(work, session, true, |walk| {
        let changing = walk.question().is_some_and(|question| question.changing);
        if changing && let Some(review) = steps::review::here(walk) {
            possible = true;
            steps::review::show(walk, review)?;
            return Ok(Onward::Stay);
        }
        let Some((depth, at)) = walk.last_answered()? else { return Ok(Onward::Stay) };
        possible = true;
        walk.surface(depth);
        walk.change(&[at], None)
    });
    if !possible {
        nowhere_back(work);
    }
}

fn nowhere_back(work: &mut Work<'_>) {
    let author = rule(work, Word::Back).and_then(|rule| rule.none.as_ref());
    say(work, author, "back_none");
}

fn help(work: &mut Work<'_>) {
    let own = present(work).and_then(|id| {
        let session = work.record.session(&id)?;
        in_session(work, session, |view| {
            let step = view.flow()?.step(&view.frame?.at)?;
            let template = step.help.as_ref()?.in_language(view.language_index())?;
            template.render(&view.context()).ok()
        })
    });
    if let Some(html) = own {
        return work.aside(|work| work.say_html(html));
    }
    let own = work.project().bot.texts.get("help");
    let html = match rule(work, Word::Help).and_then(|rule| rule.say.as_ref()).filter(|say| own != Some(say)) {
        // An author's own words say themselves what the bot can do; whoever is in the middle of nothing hears how to begin as well.
        Some(author) => {
            let words = work.html(author, |view| view);
            if present(work).is_none() { beginnings(work, &words) + &words } else { words }
        }
        None => beginnings(work, "") + &work.sentence("help", |view| view),
    };
    work.aside(|work| work.say_html(html));
}

/// What the person may begin with, a line each: the command, and what the menu calls it. Commands that these words name are left out.
fn beginnings(work: &Work<'_>, words: &str) -> String {
    let project = work.project();
    let listed = |(command, flow): (&String, &String)| {
        let flow = project.flows.get(flow).filter(|flow| start::is_open(work, flow) && !names(words, command))?;
        let title = flow.start.as_ref()?.menu.as_ref()?;
        Some(format!("/{command} — {}\n", work.html(title, |view| view)))
    };
    project.commands.iter().filter_map(listed).collect()
}

/// Whether a text names this command.
fn names(text: &str, command: &str) -> bool {
    text.split('/').skip(1).any(|rest| {
        let after = rest.strip_prefix(command);
        after.is_some_and(|after| !after.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_'))
    })
}

fn status(work: &mut Work<'_>) {
    match present(work) {
        Some(id) => {
            say_status(work, &id);
            if work.record.session(&id).is_some_and(Session::is_asking) {
                start::show_again(work, &id);
            }
        }
        None => start_its_flow(work, Word::Status),
    }
}

/// Says where a session stands.
pub(crate) fn say_status(work: &mut Work<'_>, id: &SessionId) {
    let Some(session) = work.record.session(id) else { return };
    let html = status_of(work, session);
    work.aside(|work| work.say_html(html));
}

/// Where a session stands: the step's `status`, its `tell`, what the last road said, else the question it waits for.
fn status_of(work: &Work<'_>, session: &Session) -> String {
    in_session(work, session, |view| {
        let Some(frame) = view.frame else { return String::new() };
        let step = view.flow().and_then(|flow| flow.step(&frame.at));
        let html = |text: &Text| text.in_language(view.language_index()).and_then(|template| template.render(&view.context()).ok());
        let told = step.and_then(|step| step.status.as_ref().or(step.tell.as_ref())).and_then(html);
        if let Some(told) = told {
            return told;
        }
        match &frame.stage {
            Stage::Asking(_) => {
                let title = step
                    .and_then(|step| step.title.as_ref())
                    .and_then(html)
                    .unwrap_or_else(|| steps::review::escape(&flow_title(view, session)));
                let plain = title.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
                work.sentence("status_question", |view| view.with("title", text(&plain)))
            }
            _ => frame.said.clone().unwrap_or_else(|| work.sentence("sending", |view| view)),
        }
    })
}

fn restart(work: &mut Work<'_>) {
    let Some(id) = present(work) else { return work.say("nothing_to_cancel") };
    if work.record.session(&id).is_some_and(|session| start::is_binding(work.library, session)) {
        return work.say("sending");
    }
    start::prompt(work, id, PromptKind::Restart, BTreeMap::new());
}

/// What /restart asks first.
pub(crate) fn restart_question(work: &Work<'_>) -> String {
    match rule(work, Word::Restart).and_then(|rule| rule.ask.as_ref()) {
        Some(ask) => work.html(ask, |view| view),
        None => work.sentence("restart_ask", |view| view),
    }
}

fn start_its_flow(work: &mut Work<'_>, word: Word) {
    match rule(work, word).and_then(|rule| rule.start.clone()) {
        Some(flow) => start::start(work, &flow, BTreeMap::new()),
        None => help(work),
    }
}

/// `usher.my_sessions`: what else the person has under way, and what was decided of late.
pub(crate) fn my_sessions(walk: &Walk<'_, '_, '_>) -> BTreeMap<String, Value> {
    let work = &walk.work;
    let others = work.record.sessions.iter().filter(|session| session.id != walk.session.id);
    let items = others.map(|session| {
        let title = in_session(work, session, |view| flow_title(view, session));
        Value::Record(BTreeMap::from([
            ("title".to_owned(), Value::Text(title)),
            ("status".to_owned(), Value::Text(without_tags(&status_of(work, session)))),
            ("since".to_owned(), Value::Time(session.started)),
        ]))
    });
    let language = work.record.person.language.as_deref();
    let decided = work.record.closed.iter().rev().filter(|closed| closed.by.is_some()).take(DECIDED_SHOWN).map(|closed| {
        Value::Record(BTreeMap::from([
            ("number".to_owned(), Value::Text(closed.number.clone())),
            ("verdict".to_owned(), Value::Text(without_tags(closed.verdict.in_language(language)))),
            ("at".to_owned(), Value::Time(closed.at)),
        ]))
    });
    let decided = Value::List(decided.collect());
    BTreeMap::from([("items".to_owned(), Value::List(items.collect())), ("decided".to_owned(), decided)])
}

/// HTML of ours as plain text.
pub(crate) fn without_tags(html: &str) -> String {
    let mut plain = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_a_command_only_as_a_whole() {
        for text in ["/menu", "to begin: /menu.", "/menus or /menu", "<b>/menu</b>, /status"] {
            assert!(names(text, "menu"), "{text}");
        }
        for text in ["", "menu", "/menus", "/menu_2", "/", "/men u"] {
            assert!(!names(text, "menu"), "{text}");
        }
    }
}
