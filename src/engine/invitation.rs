//! Invitations: links that open a flow with inputs, for so many people and so long. Each has a record of the system's own, which knows
//! the flow, the inputs and who has opened it; the link, and the picture of it, hold a token from which the record's name is made, and
//! which is kept nowhere.
//!
//! Whoever opens a link asks that record by letter and is answered by letter, so that an invitation is never used twice and never lost.
//! Of a link that was used, is too old or never existed the same is said.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::engine::desk::{Act, Status, refused, reply};
use crate::engine::record::hex;
use crate::engine::work::Work;
use crate::engine::{FactKind, Letter, Record, RecordId, qr, start};
use crate::expr::{File, Time, Value};
use crate::flow::{Flow, Invited};
use crate::operation::Answer;

const PREFIX: &str = "system:invitation/";

/// Letters that a token may have.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// How many there are in one: 130 bits.
const TOKEN: usize = 26;

/// People whom one invitation serves, at most.
const USES_AT_MOST: i64 = 1000;

/// How long an invitation lives, in milliseconds: a minute, and ninety days.
const LIFE_AT_LEAST: i64 = 60 * 1000;
const LIFE_AT_MOST: i64 = 90 * 24 * 60 * 60 * 1000;

/// What an invitation is for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Invitation {
    /// The flow it opens.
    pub flow: String,
    /// What that is given.
    pub inputs: BTreeMap<String, Value>,
    /// How many people it serves.
    pub uses: u32,
    /// Who has opened it.
    pub opened: Vec<RecordId>,
    /// When it is over.
    pub expires: Time,
}

/// The token of the invitation that a call with this key makes. The key is known to nobody, and the same whenever the call is made again.
pub(crate) fn token(key: &str) -> String {
    let digest = Sha256::digest(format!("usher invitation {key}"));
    digest.iter().take(TOKEN).map(|byte| char::from(LETTERS[usize::from(*byte & 31)])).collect()
}

/// True if what a link brings could be the token of an invitation.
pub fn is_token(payload: &str) -> bool {
    payload.len() == TOKEN && payload.bytes().all(|byte| LETTERS.contains(&byte))
}

/// The record of an invitation into this channel. Its name does not tell the token.
pub(crate) fn record(channel: &str, token: &str) -> RecordId {
    let name = hex(&Sha256::digest(token)[..16]);
    RecordId(format!("{PREFIX}{channel}/{name}"))
}

/// `create_invitation`, at the record of the invitation. Asked again, it answers the same.
pub(crate) fn create(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    if work.record.invitation.is_none() {
        match asked_for(work, act) {
            Ok(invitation) => work.record.invitation = Some(invitation),
            Err(why) => return refused(&why),
        }
    }
    let expires = work.record.invitation.as_ref().map_or(work.now, |invitation| invitation.expires);
    reply(Status::Ok, &[("expires", Value::Time(expires))])
}

fn asked_for(work: &Work<'_>, act: &Act<'_>) -> Result<Invitation, String> {
    let flow = act.text("flow").unwrap_or_default();
    let opens = |flow: &&Flow| flow.start.as_ref().is_some_and(|start| start.invitation != Invited::No);
    let flow = work.project().flows.get(flow).filter(opens).ok_or("no invitation opens such a flow")?;
    let inputs = fitting(flow, act.inputs.get("inputs"))?;
    let uses = match act.inputs.get("uses") {
        Some(Value::Integer(uses)) if (1..=USES_AT_MOST).contains(uses) => u32::try_from(*uses).unwrap_or(1),
        _ => return Err(format!("an invitation serves one to {USES_AT_MOST} people")),
    };
    let life = match act.inputs.get("life") {
        Some(Value::Duration(life)) if (LIFE_AT_LEAST..=LIFE_AT_MOST).contains(life) => *life,
        _ => return Err("an invitation lives for a minute to 90 days".to_owned()),
    };
    Ok(Invitation { flow: flow.id.clone(), inputs, uses, opened: Vec::new(), expires: work.now.plus(life) })
}

/// The inputs as the flow declares them.
fn fitting(flow: &Flow, given: Option<&Value>) -> Result<BTreeMap<String, Value>, String> {
    let given = match given {
        Some(Value::Record(given)) => given.clone(),
        None | Some(Value::None) => BTreeMap::new(),
        Some(_) => return Err("inputs are a map".to_owned()),
    };
    let mut fitting = BTreeMap::new();
    for (name, value) in given.into_iter().filter(|(_, value)| !value.is_none()) {
        let declared = flow.inputs.get(&name).ok_or_else(|| format!("the flow has no input \"{name}\""))?;
        let value = Value::from_json(&value.to_json(), &declared.of).map_err(|expected| format!("the input \"{name}\" is {expected}"))?;
        fitting.insert(name, value);
    }
    let needed = |(name, declared): &(&String, &crate::flow::Declared)| {
        !declared.of.optional && declared.default.is_none() && !fitting.contains_key(*name)
    };
    match flow.inputs.iter().find(needed) {
        Some((name, _)) => Err(format!("the flow needs the input \"{name}\"")),
        None => Ok(fitting),
    }
}

/// Somebody has opened a link: the record that it may belong to is asked.
pub(crate) fn open(work: &mut Work<'_>, token: &str) {
    let of = record(work.record.id.channel(), token);
    work.tell(&of, Letter::Opened);
}

/// Somebody asks whether they are invited. Without an invitation, or with one that is over, the record has been made by this question.
pub(crate) fn opened(work: &mut Work<'_>, by: &RecordId) {
    let now = work.now;
    let invitation = work.record.invitation.as_mut().filter(|invitation| invitation.expires > now);
    let Some(invitation) = invitation else { return work.tell(by, Letter::Uninvited) };
    let known = invitation.opened.contains(by);
    if !known && invitation.opened.len() >= invitation.uses as usize {
        return work.tell(by, Letter::Uninvited);
    }
    let (flow, inputs) = (invitation.flow.clone(), invitation.inputs.clone());
    if !known {
        invitation.opened.push(by.clone());
        work.note(None, FactKind::Handed { flow: flow.clone(), to: by.0.clone() });
    }
    work.tell(by, Letter::Invited { flow, inputs });
}

/// Where the invitations are found that somebody has opened.
pub fn guest_key(guest: &RecordId) -> (&'static str, String) {
    ("invited", guest.0.clone())
}

/// Whoever has opened it is erased: nothing is kept of them, and their place is nobody's any more.
pub(crate) fn forget(record: &mut Record, guest: &RecordId) {
    let Some(invitation) = &mut record.invitation else { return };
    if let Some(at) = invitation.opened.iter().position(|by| by == guest) {
        invitation.opened.remove(at);
        invitation.uses -= 1;
    }
}

/// An invitation is over: its record has nothing left to do.
pub(crate) fn expire(work: &mut Work<'_>) {
    let now = work.now;
    work.record.invitation.take_if(|invitation| invitation.expires <= now);
}

/// They are invited.
pub(crate) fn invited(work: &mut Work<'_>, flow: &str, inputs: BTreeMap<String, Value>) {
    work.acted = true;
    start::invited(work, flow, inputs);
}

/// What whoever made an invitation is given: where it leads, and a picture of that. A channel without addresses takes the command as it
/// is, which no camera opens.
pub(crate) fn link(work: &Work<'_>, key: &str) -> (String, Option<File>) {
    let token = token(key);
    let Some(address) = work.library.installation.links.get(work.record.id.channel()) else { return (format!("/start {token}"), None) };
    let link = format!("{address}?start={token}");
    let picture = qr::picture(&link).and_then(|bytes| File::made(&work.own_label("invitation_picture"), "image/png", bytes));
    (link, picture)
}

impl Record {
    /// True for the record of an invitation that is over: it may go.
    pub fn is_over(&self) -> bool {
        self.id.0.starts_with(PREFIX) && self.invitation.is_none() && self.outbox.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_into_a_link_and_its_record_does_not_tell_it() {
        let token = token("0123456789abcdef");
        assert!(is_token(&token) && token.len() <= 64, "{token}");
        assert!(!is_token("registration") && !is_token(&token[1..]) && !is_token(&token.to_uppercase()));
        let record = record("tg", &token);
        assert!(record.0.starts_with("system:invitation/tg/") && !record.0.contains(&token[..6]), "{}", record.0);
        assert_ne!(record, super::record("chat", &token), "an invitation is into one channel");
    }
}
