//! A person is erased: all that their record holds goes, and those hear of it who hold something of theirs.
//!
//! What remains is what the next turn cannot do without: which updates were applied already, the language in which they are told, what
//! is still to be taken out of their chat, and letters that others were promised. If they asked for it themselves, the session that
//! asked goes on, so that they hear of it; what it holds ends with it, as its flow's `retention` says. What is remembered of them goes
//! under another name, which is the store's work.

use crate::engine::steps::{approve, notify};
use crate::engine::work::Work;
use crate::engine::{
    Effect, EffectId, EffectKind, Letter, MessageRef, Record, RecordId, Session, SessionId, Stage, Turn, bulletin, desk, house, house_id,
    invitation, route,
};

/// The engine's own operation by which somebody has themselves erased.
pub const ERASE_ME: &str = "usher.erase_me";

impl Record {
    /// True if nobody is behind it any more: they were erased, have heard of it, and have not come back.
    pub fn is_nobody(&self) -> bool {
        self.erased && self.sessions.is_empty() && self.kept.is_empty()
    }

    /// The attempt by which they ask to be erased, if they do.
    pub fn asks_to_be_erased(&self) -> Option<EffectId> {
        let asks = |effect: &&Effect| matches!(&effect.kind, EffectKind::Call { request, .. } if request.operation == ERASE_ME);
        self.outbox.iter().find(asks).map(|effect| effect.id)
    }
}

/// Whoever this is is erased, by the act of this number; `asked` is the attempt by which they asked for it, `guest_of` the invitations that
/// they have opened.
pub(crate) fn erased(work: &mut Work<'_>, act: u64, asked: Option<EffectId>, guest_of: &[RecordId]) {
    let asking = asked.and_then(|effect| asker(&work.record, effect)).cloned();
    let nobody = Record::new(work.record.id.clone());
    let gone = std::mem::replace(&mut work.record, nobody);
    remain(work, &gone);
    tell_others(work, &gone, asking.as_ref());
    let holds_roles = work.library.installation.roles_of(&gone.id.0).next().is_some();
    for other in guest_of.iter().cloned().chain(holds_roles.then(house_id)) {
        work.tell(&other, Letter::Forget);
    }
    clear_chat(work, &gone);
    let Some(session) = asking else { return };
    work.record.front = Some(session.id.clone());
    work.record.sessions.push(session);
    if let Some(effect) = asked {
        route::attempted(work, effect, &desk::erased(act));
    }
}

/// A record of the system's own forgets somebody who is erased: an invitation its guest, the house whoever was given a role.
pub(crate) fn forget(record: &mut Record, gone: &RecordId) {
    invitation::forget(record, gone);
    house::forget(record, gone);
}

/// The turn by which it does so while no bot runs.
pub fn forgotten(mut record: Record, gone: &RecordId) -> Turn {
    record.version += 1;
    forget(&mut record, gone);
    Turn { record, effects: Vec::new(), facts: Vec::new(), counts: Vec::new(), dropped: false }
}

fn asker(record: &Record, effect: EffectId) -> Option<&Session> {
    record.sessions.iter().find(|session| match session.frames.last().map(|frame| &frame.stage) {
        Some(Stage::Calling(calling)) => calling.effect == effect,
        _ => false,
    })
}

fn remain(work: &mut Work<'_>, gone: &Record) {
    let record = &mut work.record;
    record.version = gone.version;
    record.erased = true;
    record.seen.clone_from(&gone.seen);
    record.pressed.clone_from(&gone.pressed);
    // Numbers tell of nobody: what goes on and what is over is counted at the end of the turn, as always.
    record.underway.clone_from(&gone.underway);
    record.keyboard_shown = gone.keyboard_shown;
    record.unreachable = gone.unreachable;
    record.person.language.clone_from(&gone.person.language);
    record.person.language_chosen = gone.person.language_chosen;
    let is_owed = |effect: &&Effect| matches!(&effect.kind, EffectKind::Tell { letter, .. } if !matches!(letter, Letter::Card(_) | Letter::Personal(_)));
    record.outbox = gone.outbox.iter().filter(is_owed).cloned().collect();
}

/// Cards and notices lose what they say of the person, buttons that were given away go, boards strike the name out.
fn tell_others(work: &mut Work<'_>, gone: &Record, asking: Option<&Session>) {
    let frames = gone.sessions.iter().flat_map(|session| session.frames.iter().map(move |frame| (session, frame)));
    for (session, frame) in frames {
        if let Stage::Deciding(deciding) = &frame.stage {
            approve::erased(work, &deciding.request, &deciding.number, &deciding.asked);
        }
        let goes_on = asking.is_some_and(|asking| asking.id == session.id);
        if let Some(awaiting) = frame.awaiting.as_ref().filter(|_| !goes_on) {
            let board = bulletin::of_wait(&awaiting.event, &awaiting.matching);
            work.tell(&board, Letter::AwaitsNoMore { session: session.id.clone() });
        }
    }
    for (request, seen_by) in &gone.shown {
        if request.names_notices() {
            notify::erased(work, request, seen_by);
            continue;
        }
        let closed = gone.closed.iter().find(|closed| closed.request == *request);
        approve::erased(work, request, closed.map_or("", |closed| closed.number.as_str()), seen_by);
    }
    gone.handing.iter().for_each(|handing| notify::take_back(work, handing));
    if let Some(writing) = &gone.writing {
        work.tell(&writing.request.record(), Letter::Withdrew { request: writing.request.clone() });
    }
}

/// What was to be taken out of the chat later, or is being taken out, is ordered anew: by the channel's own ids, as nobody will know
/// which message an effect of before has sent.
fn clear_chat(work: &mut Work<'_>, gone: &Record) {
    let native = |of: &MessageRef| match of {
        MessageRef::Native(_) => Some(of.clone()),
        MessageRef::Ours(effect) => gone.sent.iter().find(|(sent, _)| sent == effect).map(|(_, native)| MessageRef::Native(native.clone())),
    };
    for effect in &gone.outbox {
        match &effect.kind {
            EffectKind::Strip { of } | EffectKind::Freeze { of, .. } => {
                native(of).map(|of| work.order(EffectKind::Strip { of }));
            }
            EffectKind::Delete { of } => {
                native(of).map(|of| work.order(EffectKind::Delete { of }));
            }
            _ => {}
        }
    }
    for of in gone.deletions.iter().filter_map(|(_, of)| native(of)) {
        work.order(EffectKind::Delete { of });
    }
}

/// A board strikes out a session of this record.
pub(crate) fn struck_out(work: &mut Work<'_>, record: &RecordId, session: &SessionId) {
    work.record.board.waiting.retain(|waiting| waiting.record != *record || waiting.session != *session);
}
