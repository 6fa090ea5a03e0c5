//! Codes: whoever brings one first holds a role from then on. The first owner comes by one that the operator sees at the start, everybody
//! else by one that an owner has let the bot make. Only a keyed hash is kept, a code works once, ends after its time, and guesses are few.

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::engine::desk::acts::Act;
use crate::engine::desk::{Status, refused, reply, text};
use crate::engine::house::roles::{Change, cannot_give, change};
use crate::engine::house::{Kept, house_id, is_here};
use crate::engine::work::Work;
use crate::engine::{Decider, FactKind, Letter, RecordId, record};
use crate::expr::{Time, Value};
use crate::flow::{Installation, Role};
use crate::operation::Answer;

/// How long a code works that somebody has let the bot make, in milliseconds.
const LIFE: i64 = 24 * 60 * 60 * 1000;

/// Codes that are out at one time, at most; the oldest go first.
const CODES_AT_MOST: usize = 20;

/// Wrong guesses of one person within an hour, and of all people before all codes are withdrawn.
const GUESSES_OF_ONE: usize = 5;
const GUESSES_OF_ALL: u32 = 20;
const HOUR: i64 = 60 * 60 * 1000;

/// A code that is out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Code {
    /// What it gives.
    role: String,
    /// Who has let it be made; nobody for the first owner's.
    by: Option<String>,
    /// What the hash is keyed with.
    key: String,
    /// The hash of the code.
    hash: String,
    /// When it ends.
    until: Time,
}

/// Wrong guesses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Guesses {
    /// Of the last hour.
    recent: Vec<(String, Time)>,
    /// Since a code came out while there was none.
    all: u32,
}

impl Code {
    fn is(&self, written: &str) -> bool {
        let Ok(hash) = hex(&self.hash) else { return false };
        // Compared in constant time.
        keyed(&self.key, written).verify_slice(&hash).is_ok()
    }
}

fn keyed(key: &str, written: &str) -> Hmac<Sha256> {
    let bare: String = written.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(bare.as_bytes());
    mac
}

fn hex(text: &str) -> Result<Vec<u8>, ()> {
    let byte = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or(());
    (0..text.len()).step_by(2).map(byte).collect()
}

/// Somebody may come to hold a role by this code.
fn put_out(work: &mut Work<'_>, role: &str, by: Option<&RecordId>, code: &str, until: Time) {
    let key = format!("{:016x}{:016x}", work.draw(), work.draw());
    let hash = record::hex(&keyed(&key, code).finalize().into_bytes());
    let mut kept = Kept::of(&work.record);
    let now = work.now;
    kept.codes.retain(|code| code.until > now && (by.is_some() || code.by.is_some()));
    if kept.codes.is_empty() {
        kept.guesses.all = 0;
    }
    kept.codes.push(Code { role: role.to_owned(), by: by.map(|by| by.0.clone()), key, hash, until });
    let surplus = kept.codes.len().saturating_sub(CODES_AT_MOST);
    kept.codes.drain(..surplus);
    kept.keep(&mut work.record);
}

/// The role of owners, if the operator has declared one.
fn owners(installation: &Installation) -> Option<(&String, &Role)> {
    let mut roles = installation.roles.iter().filter(|(_, role)| role.is_of_owners());
    let usual = installation.roles.get_key_value("owner").filter(|(_, role)| role.is_of_owners());
    usual.or_else(|| roles.next())
}

/// True if somebody may everything.
fn is_owned(installation: &Installation) -> bool {
    let mut owners = installation.roles.iter().filter(|(_, role)| role.is_of_owners());
    owners.any(|(name, _)| !installation.holders(name).is_empty())
}

/// The operator was shown a code at the start: it makes the first owner. Nobody needs it who has one already.
pub(crate) fn offered(work: &mut Work<'_>, code: &str, until: Time) {
    let installation = &work.library.installation;
    let Some((role, _)) = owners(installation) else { return };
    if !is_here(work) || is_owned(installation) {
        return;
    }
    put_out(work, role, None, code, until);
    work.note(None, FactKind::Audited { name: "owner.code_offered".to_owned() });
}

/// `create_role_code`.
pub(crate) fn create(work: &mut Work<'_>, act: &Act<'_>) -> Answer {
    let Some(name) = act.text("role").filter(|_| is_here(work)) else { return reply(Status::NotFound, &[]) };
    let Some(role) = work.library.installation.roles.get(name) else { return reply(Status::NotFound, &[]) };
    if cannot_give(&work.library.installation, &act.who.id.0, role) {
        return refused("nobody gives a role that may more than they themselves");
    }
    let (code, until) = (format!("{}-{}", work.draw_word(), work.draw_word()), work.now.plus(LIFE));
    put_out(work, name, Some(&act.who.id), &code, until);
    reply(Status::Ok, &[("code", text(code)), ("expires", Value::Time(until))])
}

/// Somebody has written a code; false if none is out, and it means nothing.
pub(crate) fn claim(work: &mut Work<'_>, code: &str) -> bool {
    if !work.library.installation.house.has_codes || code.len() > 100 {
        return false;
    }
    let who = work.myself();
    work.tell(&house_id(), Letter::Claims { code: code.to_owned(), who });
    true
}

/// Somebody brings a code.
pub(crate) fn claimed(work: &mut Work<'_>, code: &str, who: &Decider) {
    if !is_here(work) {
        return;
    }
    let now = work.now;
    let mut kept = Kept::of(&work.record);
    kept.codes.retain(|code| code.until > now);
    kept.guesses.recent.retain(|(_, at)| at.plus(HOUR) > now);
    let guessed = kept.guesses.recent.iter().filter(|(person, _)| *person == who.id.0).count();
    if guessed >= GUESSES_OF_ONE {
        kept.keep(&mut work.record);
        return answer(work, who, "code_limit");
    }
    let at = kept.codes.iter().position(|known| known.is(code));
    let known = at.map(|at| kept.codes[at].clone()).filter(|known| is_good(&work.library.installation, known, &who.id));
    let Some((at, known)) = at.zip(known) else {
        kept.guesses.recent.push((who.id.0.clone(), now));
        kept.guesses.all += 1;
        if kept.guesses.all >= GUESSES_OF_ALL && !kept.codes.is_empty() {
            kept.codes.clear();
            work.note(None, FactKind::Audited { name: "role.codes_withdrawn".to_owned() });
        }
        kept.keep(&mut work.record);
        return answer(work, who, "code_wrong");
    };
    kept.codes.remove(at);
    kept.keep(&mut work.record);
    taken_up(work, &known, who);
}

/// True if the code still gives its role to this person: whoever let it be made may give it now, and brings it not themself.
fn is_good(installation: &Installation, code: &Code, who: &RecordId) -> bool {
    let Some(role) = installation.roles.get(&code.role) else { return false };
    match &code.by {
        Some(by) => *by != who.0 && !cannot_give(installation, by, role),
        None => !is_owned(installation),
    }
}

fn taken_up(work: &mut Work<'_>, code: &Code, who: &Decider) {
    let installation = std::sync::Arc::clone(&work.library.installation);
    let Some(role) = installation.roles.get(&code.role) else { return };
    let by = code.by.clone().unwrap_or_else(|| who.id.0.clone());
    work.note(None, FactKind::Administered { operation: "usher.create_role_code".to_owned(), by, outcome: "ok".to_owned() });
    change(work, (&code.role, role), &who.id.0, Change::Gives);
    if let Some(by) = &code.by {
        let title = |language| text(work.project().bot.role_in(&code.role, role, language));
        let wording = work.wording("role_taken_up", |language| vec![("role", title(language)), ("name", text(&who.name))]);
        work.tell(&RecordId(by.clone()), Letter::Said(wording));
    }
}

fn answer(work: &mut Work<'_>, who: &Decider, sentence: &str) {
    let wording = work.wording(sentence, |_| Vec::new());
    work.tell(&who.id, Letter::Said(wording));
}
