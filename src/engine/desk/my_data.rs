//! `my_data`: what is kept of whoever asks, as a text that they can read and keep. Secrets are not in it, nor is what is kept of others.

use std::collections::BTreeMap;

use crate::engine::desk::audit::{self, Line, titled};
use crate::engine::desk::look::{Found, ITEMS_AT_MOST, Inquiry, Search, plain};
use crate::engine::desk::{Status, refused, reply, text};
use crate::engine::scope::{View, label_of, language_index, printed};
use crate::engine::{Closed, Deciding, Fact, Frame, Invitation, Kept, Record, Session, Stage, guest_key, words};
use crate::expr::{File, MADE_AT_MOST, Time, Value};
use crate::flow::{Declared, Flow, Project, Verb};
use crate::operation::Answer;

/// The operation.
const MY_DATA: &str = "usher.my_data";

/// What is remembered of somebody, at most so much of it.
const FACTS: usize = 300;

/// Bytes that are left for the last two paragraphs.
const LAST: usize = 4 << 10;

/// First what is remembered of them.
pub(super) fn search(inquiry: &Inquiry<'_>) -> Search {
    Search::Facts { of: inquiry.by.id.clone(), before: None, most: FACTS }
}

/// Then the invitations they have opened, which have records of their own.
pub(super) fn invitations(inquiry: &Inquiry<'_>) -> Search {
    Search::Keys(vec![guest_key(&inquiry.by.id)], ITEMS_AT_MOST)
}

/// The file.
pub(super) fn file(inquiry: &Inquiry<'_>, remembered: &Found, invitations: &[Record]) -> Answer {
    let mut sheet = Sheet::default();
    sheet.line(0, &inquiry.sentence("data_head", [("bot", text(inquiry.library.project().bot.title_in(language(inquiry))))]));
    sheet.section(inquiry, "data_about", &about(inquiry));
    sheet.section(inquiry, "data_open", &unfinished(inquiry));
    sheet.section(inquiry, "data_kept", &inquiry.by.kept.iter().flat_map(|kept| finished(inquiry, kept)).collect::<Vec<_>>());
    sheet.section(inquiry, "data_requests", &requests(inquiry));
    let opened = invitations.iter().filter_map(|record| record.invitation.as_ref());
    sheet.section(inquiry, "data_invitations", &opened.flat_map(|one| invited(inquiry, one)).collect::<Vec<_>>());
    sheet.section(inquiry, "data_events", &remembered.facts.iter().map(|fact| (1, event(inquiry, fact))).collect::<Vec<_>>());
    let more = remembered.earlier.is_some() || sheet.full;
    let bytes = sheet.end([more.then_some("data_more"), Some("data_rest")].into_iter().flatten().map(|name| inquiry.sentence(name, [])));
    match File::made(&inquiry.sentence("data_file", []), "text/plain", bytes) {
        Some(file) => reply(Status::Ok, &[("file", Value::File(file))]),
        None => refused("it is too long for one file"),
    }
}

/// A line, and how deep it stands.
type Written = (usize, String);

/// The text as far as it is written.
#[derive(Default)]
struct Sheet {
    text: String,
    /// Something did not fit.
    full: bool,
}

impl Sheet {
    /// Writes a line. After one that does not fit there are no others: what is missing is the end, and the end is said to be missing.
    fn line(&mut self, depth: usize, line: &str) {
        let indent = "  ".repeat(depth);
        let line = format!("{indent}{}\n", line.trim().replace('\n', &format!("\n{indent}")));
        self.full |= self.text.len() + line.len() > MADE_AT_MOST - LAST;
        if !self.full {
            self.text.push_str(&line);
        }
    }

    /// Writes lines below their heading, if there are any.
    fn section(&mut self, inquiry: &Inquiry<'_>, heading: &str, lines: &[Written]) {
        if lines.is_empty() {
            return;
        }
        self.line(0, "");
        self.line(0, &inquiry.sentence(heading, []));
        for (depth, line) in lines {
            self.line(*depth, line);
        }
    }

    /// The whole, with these paragraphs at its end. A mark at the beginning says that it is UTF-8: some phones take a text for something
    /// else without it.
    fn end(self, paragraphs: impl Iterator<Item = String>) -> Vec<u8> {
        let text = paragraphs.fold(self.text, |text, paragraph| format!("{text}\n{paragraph}\n"));
        format!("\u{feff}{text}").into_bytes()
    }
}

/// Who they are: in the channel, for the bot, and what flows have remembered.
fn about(inquiry: &Inquiry<'_>) -> Vec<Written> {
    let Record { id, person, .. } = inquiry.by;
    let handle = person.username.as_ref().map(|username| format!("@{username}"));
    let names = [Some(person.first_name.clone()), person.last_name.clone(), handle];
    let name = names.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let roles = inquiry.library.installation.roles_of(&id.0).map(|(role, held)| inquiry.role_title(role, held));
    let roles = roles.collect::<Vec<_>>().join(", ");
    let known = [
        ("data_account", id.0.clone()),
        ("data_name", name),
        ("data_roles", roles),
        ("data_language", person.language.clone().unwrap_or_default()),
        ("data_timezone", person.timezone.clone().unwrap_or_default()),
    ];
    let known = known.into_iter().filter(|(_, value)| !value.is_empty());
    let known = known.map(|(title, value)| (1, format!("{}: {value}", inquiry.sentence(title, []))));
    known.chain(fields(inquiry).into_iter().map(|line| (1, line))).collect()
}

/// What flows have remembered. Of a field that the bot does not declare any more nobody knows whether it is secret.
fn fields(inquiry: &Inquiry<'_>) -> Vec<String> {
    let (project, view) = (inquiry.library.project(), inquiry.view(inquiry.by, None));
    let label = |name: &str, value: &Value| match value {
        Value::Text(id) => project.person_label(name, id).map(|label| plain(&view, label)),
        _ => None,
    };
    let told = |(name, declared): (&String, &Declared)| {
        let value = inquiry.by.person.fields.get(name).filter(|_| !declared.of.holds_secret())?;
        let title = project.bot.field_in(name, declared, language(inquiry));
        Some(format!("{title}: {}", label(name, value).or_else(|| told(inquiry, &view, value))?))
    };
    project.bot.person.iter().filter_map(told).collect()
}

/// Sessions that are not over, with what was given to them and answered in them; not the one in which this is asked.
fn unfinished(inquiry: &Inquiry<'_>) -> Vec<Written> {
    let asks = |session: &&Session| {
        session.frames.iter().any(|frame| matches!(&frame.stage, Stage::Calling(calling) if calling.operation == MY_DATA))
    };
    inquiry.by.sessions.iter().filter(|session| !asks(session)).flat_map(|session| of_session(inquiry, session)).collect()
}

fn of_session(inquiry: &Inquiry<'_>, session: &Session) -> Vec<Written> {
    let view = inquiry.view(inquiry.by, Some(session));
    let subject = inquiry.flow_title(inquiry.by, session);
    let mut lines = vec![(1, inquiry.sentence("data_began", [("subject", text(subject)), ("since", Value::Time(session.started))]))];
    // What is secret is known to the flows that it was given to, and to no others.
    if !inquiry.library.projects.contains_key(&session.version) {
        return lines;
    }
    for frame in &session.frames {
        let view = View { frame: Some(frame), ..view.clone() };
        let Some(flow) = view.flow() else { continue };
        lines.extend(inputs(inquiry, &view, flow, &frame.inputs).into_iter().map(|line| (2, line)));
        lines.extend(answers(inquiry, &view, flow, frame).into_iter().map(|line| (2, line)));
    }
    lines
}

/// What a flow was given.
fn inputs(inquiry: &Inquiry<'_>, view: &View<'_>, flow: &Flow, given: &BTreeMap<String, Value>) -> Vec<String> {
    let label = |name: &str, value: &Value| match value {
        Value::Text(id) => view.project.option_label(flow, &["inputs", name], id).map(|label| plain(view, label)),
        _ => None,
    };
    let line = |(name, declared): (&String, &Declared)| {
        let value = given.get(name).filter(|_| !declared.of.holds_secret())?;
        let title = declared.title.as_deref().unwrap_or(name);
        Some(format!("{title}: {}", label(name, value).or_else(|| told(inquiry, view, value))?))
    };
    flow.inputs.iter().filter_map(line).collect()
}

/// What was answered in a flow.
fn answers(inquiry: &Inquiry<'_>, view: &View<'_>, flow: &Flow, frame: &Frame) -> Vec<String> {
    let line = |id: &String| {
        let step = flow.step(id).filter(|step| matches!(&step.verb, Verb::Ask(ask) if !ask.secret))?;
        let held = frame.results.get(id)?;
        let value = label_of(view, step, &held.value).or_else(|| held.label.clone()).or_else(|| told(inquiry, view, &held.value))?;
        Some(format!("{}: {value}", title(view, flow, id)))
    };
    frame.answered.iter().filter_map(line).collect()
}

/// The title of a question, or else its id.
fn title(view: &View<'_>, flow: &Flow, step: &str) -> String {
    let title = flow.step(step).and_then(|step| step.title.as_ref()).map(|title| plain(view, title));
    title.filter(|title| !title.is_empty()).unwrap_or_else(|| step.to_owned())
}

/// A session that is over, with the answers that are kept of it. They are told in the words of the present flows.
fn finished(inquiry: &Inquiry<'_>, kept: &Kept) -> Vec<Written> {
    let (project, view) = (inquiry.library.project(), inquiry.view(inquiry.by, None));
    let (since, until) = (Value::Time(kept.ended), Value::Time(kept.until));
    let mut lines =
        vec![(1, inquiry.sentence("data_ended", [("subject", of_flow(inquiry, &kept.flow)), ("since", since), ("until", until)]))];
    for answer in &kept.answers {
        let flow = project.flows.get(&answer.flow);
        let title = flow.map_or_else(|| answer.step.clone(), |flow| title(&view, flow, &answer.step));
        let label = flow.and_then(|flow| label_of(&view, flow.step(&answer.step)?, &answer.value));
        let value = label.or_else(|| answer.label.clone()).or_else(|| told(inquiry, &view, &answer.value));
        lines.extend(value.map(|value| (2, format!("{title}: {value}"))));
    }
    lines
}

/// Requests of theirs: those that wait, as they are shown to whoever decides, and what became of others.
fn requests(inquiry: &Inquiry<'_>) -> Vec<Written> {
    let stages = inquiry.by.sessions.iter().flat_map(|session| &session.frames).map(|frame| &frame.stage);
    let waiting = stages.filter_map(|stage| if let Stage::Deciding(deciding) = stage { Some(&**deciding) } else { None });
    let waiting = waiting.flat_map(|deciding| waits(inquiry, deciding));
    waiting.chain(inquiry.by.closed.iter().map(|closed| (1, decided(inquiry, closed)))).collect()
}

fn waits(inquiry: &Inquiry<'_>, Deciding { number, made, card, .. }: &Deciding) -> [Written; 2] {
    let line = inquiry.sentence("data_waits", [("number", text(number)), ("since", Value::Time(*made))]);
    [(1, line), (2, words::without_tags(card.in_language(inquiry.by.person.language.as_deref())))]
}

fn decided(inquiry: &Inquiry<'_>, Closed { number, at, verdict, .. }: &Closed) -> String {
    let verdict = words::without_tags(verdict.in_language(inquiry.by.person.language.as_deref()));
    let how = text(verdict.trim_start_matches(['—', ' ']));
    inquiry.sentence("data_decided", [("number", text(number)), ("since", Value::Time(*at)), ("how", how)])
}

/// An invitation that they have opened, with what it gives to the flow.
fn invited(inquiry: &Inquiry<'_>, invitation: &Invitation) -> Vec<Written> {
    let (project, view) = (inquiry.library.project(), inquiry.view(inquiry.by, None));
    let subject = of_flow(inquiry, &invitation.flow);
    let line = inquiry.sentence("data_invited", [("subject", subject), ("until", Value::Time(invitation.expires))]);
    let given = project.flows.get(&invitation.flow).map(|flow| inputs(inquiry, &view, flow, &invitation.inputs));
    std::iter::once((1, line)).chain(given.into_iter().flatten().map(|line| (2, line))).collect()
}

/// Something that is remembered. Whoever did it is named as they are to others, and never by an id.
fn event(inquiry: &Inquiry<'_>, fact: &Fact) -> String {
    let Line { what, by } = Line::of(inquiry, Some(inquiry.by), fact);
    let by = by.filter(|by| *by != inquiry.by.id.0).and_then(|by| audit::named(inquiry, by));
    let by = by.map(|by| format!(" ({by})")).unwrap_or_default();
    format!("{} {what}{by}", moment(inquiry, fact.at))
}

fn of_flow(inquiry: &Inquiry<'_>, id: &str) -> Value {
    text(titled(inquiry, id, |project: &Project| project.flows.get(id).map(|flow| &flow.title)))
}

fn language(inquiry: &Inquiry<'_>) -> usize {
    language_index(inquiry.library.project(), &inquiry.by.person)
}

fn moment(inquiry: &Inquiry<'_>, at: Time) -> String {
    printed(&inquiry.view(inquiry.by, None), &Value::Time(at)).unwrap_or_default()
}

/// A value, whatever it is; nothing if there is none.
fn told(inquiry: &Inquiry<'_>, view: &View<'_>, value: &Value) -> Option<String> {
    let several = |parts: Vec<String>| (!parts.is_empty()).then(|| parts.join(", "));
    match value {
        Value::Bool(yes) => Some(inquiry.sentence(if *yes { "yes" } else { "no" }, [])),
        Value::List(items) => several(items.iter().filter_map(|item| told(inquiry, view, item)).collect()),
        Value::Record(fields) => {
            several(fields.iter().filter_map(|(name, value)| Some(format!("{name}: {}", told(inquiry, view, value)?))).collect())
        }
        value => printed(view, value),
    }
}
