//! Acts: what a record does because somebody of a role asks for it.

use std::collections::BTreeMap;

use crate::engine::desk::{self, Status, operations, people, refused, reply, sessions, text};
use crate::engine::steps::approve;
use crate::engine::work::Work;
use crate::engine::{Decider, EffectId, FactKind, Letter, RELOAD, Reloaded, RequestId, Wish, Wording, invitation, words};
use crate::engine::{broadcast, house};
use crate::expr::Value;
use crate::operation::Answer;

/// An act that somebody asks for.
pub(crate) struct Act<'a> {
    /// `usher.…`
    pub operation: &'a str,
    /// Its inputs.
    pub inputs: &'a BTreeMap<String, Value>,
    /// The attempt that awaits an answer.
    pub effect: EffectId,
    /// Who.
    pub who: &'a Decider,
}

impl Act<'_> {
    /// An input that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.inputs.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// Somebody asks for something to be done here.
pub(crate) fn asked(work: &mut Work<'_>, effect: EffectId, operation: &str, inputs: &BTreeMap<String, Value>, who: &Decider) {
    let act = Act { operation, inputs, effect, who };
    if !desk::may(&work.library.installation, &who.id, operation) {
        note(work, &act, "refused");
        return tell(work, &act, refused("they may not do that"), None);
    }
    if operation == "usher.decide" {
        // What it comes to is told by the one who judges.
        return decide(work, &act);
    }
    if operation == RELOAD && house::wish_reload(work, &act) {
        // It is answered when the files have been read.
        return;
    }
    let answer = match operation {
        "usher.set_person" => people::set(work, &act),
        "usher.create_invitation" => invitation::create(work, &act),
        "usher.nudge" => sessions::nudge(work, &act),
        "usher.reset_session" => sessions::reset(work, &act),
        "usher.end_session" => sessions::end(work, &act),
        "usher.move_session" => sessions::move_to(work, &act),
        "usher.confirm_operation" => operations::confirm(work, &act),
        "usher.retry_operation" => operations::retry(work, &act),
        "usher.stop_operation" => operations::stop(work, &act),
        "usher.broadcast" => broadcast::order(work, &act),
        "usher.stop_broadcast" => broadcast::stop(work, &act),
        "usher.set_maintenance" => house::set_maintenance(work, &act),
        "usher.set_role" => house::set_role(work, &act),
        "usher.create_role_code" => house::create(work, &act),
        _ => refused("there is no such act"),
    };
    let is_done = matches!(answer, Answer::Replied { status: 200, .. });
    note(work, &act, if is_done { "ok" } else { "refused" });
    tell(work, &act, answer, None);
}

fn note(work: &mut Work<'_>, act: &Act<'_>, outcome: &str) {
    let kind = FactKind::Administered { operation: act.operation.to_owned(), by: act.who.id.0.clone(), outcome: outcome.to_owned() };
    work.note(None, kind);
}

fn tell(work: &mut Work<'_>, act: &Act<'_>, answer: Answer, done: Option<Wording>) {
    work.tell(&act.who.id, Letter::Answered { effect: act.effect, answer, done });
}

fn decide(work: &mut Work<'_>, act: &Act<'_>) {
    let request = RequestId(act.text("id").unwrap_or_default().to_owned());
    let choice = act.text("choice").unwrap_or_default();
    approve::chosen(work, &request, choice, act.text("answer"), (act.who, act.effect));
}

/// What a decision that was asked for came to.
pub(crate) fn of_request(work: &mut Work<'_>, (who, effect): (&Decider, EffectId), came: &approve::Came) {
    let inputs = BTreeMap::new();
    let act = Act { operation: "usher.decide", inputs: &inputs, effect, who };
    let (outcome, answer, done) = match came {
        approve::Came::Done(done) | approve::Came::Counted(done) => ("ok", reply(Status::Ok, &[]), Some(done)),
        approve::Came::Late(late) => ("decided", reply(Status::Decided, &[]), Some(late)),
        approve::Came::Held(held) => ("refused", reply(Status::Refused, &[]), Some(held)),
        approve::Came::Demands { html, .. } => ("refused", reply(Status::Refused, &[]), Some(html)),
        approve::Came::Denied => ("refused", refused("they may not decide on this request"), None),
        approve::Came::Nothing => ("refused", refused("there is no such option"), None),
    };
    note(work, &act, outcome);
    tell(work, &act, answer, done.cloned());
}

/// What came of reading the flows again, which was asked for.
pub(crate) fn of_reload(work: &mut Work<'_>, wish: &Wish, came: &Reloaded) {
    let (inputs, who) = (BTreeMap::new(), Decider { id: wish.who.clone(), name: String::new() });
    let act = Act { operation: RELOAD, inputs: &inputs, effect: wish.effect, who: &who };
    let (outcome, answer) = match came {
        Reloaded::Live { version, changed } => ("ok", reply(Status::Ok, &[("version", text(version)), ("changed", Value::Bool(*changed))])),
        Reloaded::Wrong { findings } => ("wrong", reply(Status::Wrong, &[("findings", text(findings))])),
        Reloaded::Impossible { why } => ("refused", refused(why)),
    };
    note(work, &act, outcome);
    tell(work, &act, answer, None);
}

/// The answer to something that was asked for from here: words are put in, in the language that is spoken here.
pub(crate) fn answered(work: &Work<'_>, effect: EffectId, answer: Answer, done: Option<&Wording>) -> Answer {
    let Some(done) = done else { return with_link(work, effect, answer) };
    let plain = words::without_tags(work.read(done));
    match answer {
        Answer::Replied { status, retry_after, .. } => {
            let name = if status == 200 { "done" } else { "message" };
            let body = Value::Record([(name.to_owned(), text(plain))].into()).to_json().to_string();
            Answer::Replied { status, retry_after, body }
        }
        answer => answer,
    }
}

/// Whoever makes an invitation knows where it leads, and nobody else.
fn with_link(work: &Work<'_>, effect: EffectId, answer: Answer) -> Answer {
    let made = work.record.calling(effect).filter(|calling| calling.operation == "usher.create_invitation");
    match (made, answer) {
        (Some(calling), Answer::Replied { status: 200, retry_after, body }) => {
            let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&body).unwrap_or_default();
            let (link, picture) = invitation::link(work, &calling.key);
            fields.insert("link".to_owned(), link.into());
            fields.extend(picture.map(|picture| ("picture".to_owned(), Value::File(picture).to_json())));
            Answer::Replied { status: 200, retry_after, body: serde_json::Value::Object(fields).to_string() }
        }
        (_, answer) => answer,
    }
}
