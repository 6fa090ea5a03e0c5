//! What the bot sends, against the lines that say so.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::engine::{Calling, Stage};
use crate::expr::Value;
use crate::operation::{Answer, Request};
use crate::scenario::answer::answer_that_ends;
use crate::scenario::compare::{body, decoded, is_within, same_target};
use crate::scenario::difference::difference;
use crate::scenario::play::{Broken, Player};
use crate::scenario::script::{Called, Reply, Sent};
use crate::scenario::world::Pending;

impl Player<'_, '_, '_> {
    pub(super) fn sent(&mut self, sent: &Sent) -> Result<(), Broken> {
        let wanted = format!("{} {}", sent.method, sent.target);
        let call = self.next_call(&wanted)?;
        let request = &call.request;
        if request.method != sent.method || !same_target(&sent.target, &request.target) {
            let came = format!("{} {}", request.method, decoded(&request.target));
            return Err(Broken::because("the bot sent another request").with(difference(&wanted, &came)));
        }
        if let Some(has) = &sent.has {
            compare_bodies(has, request)?;
        }
        for (name, value) in &sent.headers {
            compare_header(name, value.as_deref(), request)?;
        }
        let key = self.key(&call);
        if let Some(name) = &sent.same_key {
            self.compare_keys(name, key.as_ref(), &wanted)?;
        }
        if let Some(name) = &sent.name {
            self.sent.insert(name.clone(), key);
        }
        self.reply(call, sent.reply.as_ref())
    }

    pub(super) fn called(&mut self, called: &Called) -> Result<(), Broken> {
        let call = self.next_call(&called.operation)?;
        if call.request.operation != called.operation {
            let message = "the bot made another call";
            return Err(Broken::because(message).with(difference(&called.operation, &call.request.operation)));
        }
        if let Some(with) = &called.with {
            let inputs = self.calling(&call).map(|calling| Value::Record(calling.inputs.clone()).to_json()).unwrap_or_default();
            if !is_within(with, &inputs) {
                let difference = difference(&pretty(with), &pretty(&inputs));
                return Err(Broken::because(format!("the inputs of {} are other ones", called.operation)).with(difference));
            }
        }
        if let Some(name) = &called.name {
            let key = self.key(&call);
            self.sent.insert(name.clone(), key);
        }
        let Some(outcome) = &called.outcome else {
            self.world.under_way.push(call);
            return Ok(());
        };
        let project = self.world.library.project();
        let profile = self.world.library.installation.profiles.get(&call.request.connection).map(String::as_str);
        let operation = project.operations.get(&called.operation);
        let operation = operation.ok_or_else(|| Broken::because(format!("there is no operation {}", called.operation)))?;
        let answer = answer_that_ends(operation, profile, outcome, &called.output).map_err(Broken::because)?;
        Ok(self.world.answer(&call, answer)?)
    }

    fn next_call(&mut self, wanted: &str) -> Result<Pending, Broken> {
        self.world.calls.pop_front().ok_or_else(|| Broken::because(format!("the bot has sent nothing, and {wanted} was expected")))
    }

    fn reply(&mut self, call: Pending, reply: Option<&Reply>) -> Result<(), Broken> {
        let answer = match reply {
            None => {
                self.world.under_way.push(call);
                return Ok(());
            }
            Some(Reply::Answers { status, retry_after, body }) => {
                Answer::Replied { status: *status, retry_after: *retry_after, body: body.clone() }
            }
            Some(Reply::TimesOut(after)) => {
                self.world.pass(*after)?;
                Answer::Unanswered { why: "timed out".to_owned() }
            }
            Some(Reply::Refuses) => Answer::NothingSent { why: "connection refused".to_owned() },
            Some(Reply::FileGone) => Answer::Unsendable { why: "the file is not there any more".to_owned() },
            Some(Reply::Resets) => Answer::Unanswered { why: "connection reset".to_owned() },
        };
        Ok(self.world.answer(&call, answer)?)
    }

    /// The idempotency key that a request carries, if its operation has one in this profile.
    fn key(&self, call: &Pending) -> Option<String> {
        let once = self.world.library.project().operations.get(&call.request.operation)?.once.as_ref()?;
        header(&call.request, &once.header).map(str::to_owned)
    }

    fn compare_keys(&self, name: &str, key: Option<&String>, wanted: &str) -> Result<(), Broken> {
        let Some(earlier) = self.sent.get(name) else {
            return Err(Broken::because(format!("no request is called \"{name}\"")));
        };
        match (earlier, key) {
            (Some(earlier), Some(key)) if earlier == key => Ok(()),
            (Some(_), Some(_)) => Err(Broken::because(format!("{wanted} carries another key than \"{name}\" did"))),
            (None, _) => Err(Broken::because(format!("the request \"{name}\" carried no key"))),
            (_, None) => Err(Broken::because(format!("{wanted} carries no key"))),
        }
    }

    /// What the record says of a call.
    fn calling(&self, call: &Pending) -> Option<&Calling> {
        let sessions = &self.world.people.get(&call.who)?.record.sessions;
        sessions.iter().flat_map(|session| &session.frames).find_map(|frame| {
            let calling = match &frame.stage {
                Stage::Calling(calling) => Some(&**calling),
                Stage::Asking(question) => question.checking.as_ref().map(|checking| &checking.calling),
                _ => None,
            };
            calling.filter(|calling| calling.effect == call.effect)
        })
    }
}

fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn compare_header(name: &str, value: Option<&str>, request: &Request) -> Result<(), Broken> {
    match (header(request, name), value) {
        (None, _) => Err(Broken::because(format!("the request carries no header {name}"))),
        (Some(came), Some(wanted)) if came != wanted => {
            Err(Broken::because(format!("the header {name} is another one")).with(difference(wanted, came)))
        }
        _ => Ok(()),
    }
}

fn compare_bodies(has: &Json, request: &Request) -> Result<(), Broken> {
    let came = request.body.as_ref().and_then(body);
    let came = came.ok_or_else(|| Broken::because("the request has no body of fields"))?;
    if is_within(has, &came) {
        return Ok(());
    }
    Err(Broken::because("the body of the request lacks something").with(difference(&pretty(has), &pretty(&only(has, &came)))))
}

/// Of a map, the entries another one names, too: the rest would only hide the difference.
fn only(wanted: &Json, came: &Json) -> Json {
    match (wanted, came) {
        (Json::Object(wanted), Json::Object(came)) => {
            let named: BTreeMap<_, _> = came.iter().filter(|(key, _)| wanted.contains_key(*key)).collect();
            // In the order of the author's own map.
            let ordered = wanted.iter().filter_map(|(key, value)| Some((key.clone(), only(value, named.get(key)?))));
            Json::Object(ordered.collect())
        }
        (Json::Array(wanted), Json::Array(came)) if wanted.len() == came.len() => {
            Json::Array(wanted.iter().zip(came).map(|(wanted, came)| only(wanted, came)).collect())
        }
        _ => came.clone(),
    }
}

fn pretty(json: &Json) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default()
}
