//! `notify`: a message to others; the walk goes on.

use crate::engine::record::Held;
use crate::engine::walk::{Onward, Trouble, Walk};
use crate::engine::work::Work;
use crate::engine::{FactKind, Handing, Letter, Notice, NoticeAct, NoticeButton, RecordId, RequestId};
use crate::expr::{Template, Value};
use crate::flow::{Installation, Notify, Recipient, StandingAct, StandingButton, Step, Text};

/// Buttons that work once, given to others and kept by one person, at most: the oldest go first.
const HANDING_AT_MOST: usize = 40;

pub(super) fn enter<'p>(walk: &mut Walk<'_, '_, 'p>, step: &'p Step, notify: &'p Notify) -> Result<Onward<'p>, Trouble> {
    let to = recipients(walk, &notify.to)?;
    let html = walk.for_others(&notify.text)?;
    let mut buttons = Vec::new();
    for button in &notify.buttons {
        buttons.extend(given(walk, button, &to)?);
    }
    let once_per = notify.once_per.map(|per| (format!("{}.{}", walk.frame().flow, step.id), per));
    let manner = &notify.manner;
    let file = walk.attached(manner)?;
    let notice =
        Notice { once_per, html, protect: manner.protect, preview: manner.preview, delete_after: manner.delete_after, buttons, file };
    let is_personal = notice.file.is_some() || says_something(&notify.text);
    if is_personal {
        keep_in_mind(walk.work, &to);
    }
    for one in &to {
        let notice = Box::new(notice.clone());
        walk.work.tell(one, if is_personal { Letter::Personal(notice) } else { Letter::Notice(notice) });
    }
    walk.keep(Held::default());
    walk.audit(step.audit.as_ref());
    Ok(Onward::Complete)
}

/// The text has something put into it that is not the same for everybody.
fn says_something(text: &Text) -> bool {
    let names = text.by_language.iter().flatten().flat_map(Template::names);
    names.into_iter().any(|name| name.path.first().is_some_and(|first| first != "settings"))
}

/// These people are told something of this person: they are to hear of it should the person be erased.
fn keep_in_mind(work: &mut Work<'_>, to: &[RecordId]) {
    let (own, shown) = (RequestId::notices_of(&work.record.id), &mut work.record.shown);
    let at = shown.iter().position(|(request, _)| *request == own).unwrap_or_else(|| {
        shown.push((own, Vec::new()));
        shown.len() - 1
    });
    for one in to {
        if !shown[at].1.contains(one) {
            shown[at].1.push(one.clone());
        }
    }
}

/// Whoever sent notices is erased: those who have them see that, and no more.
pub(crate) fn erased(work: &mut Work<'_>, notices: &RequestId, seen_by: &[RecordId]) {
    let html = work.wording("notice_erased", |_| Vec::new());
    for one in seen_by {
        work.tell(one, Letter::Erased { request: notices.clone(), card: html.clone() });
    }
}

fn recipients(walk: &Walk<'_, '_, '_>, to: &Recipient) -> Result<Vec<RecordId>, Trouble> {
    match to {
        Recipient::Role(role) => Ok(holders(&walk.work.library.installation, role)),
        Recipient::Person(id) => match walk.value(id)? {
            Value::Text(id) => Ok(vec![RecordId(id)]),
            _ => Err(Trouble::new("the person to be told is not known")),
        },
    }
}

/// Everybody who holds a role.
pub(crate) fn holders(installation: &Installation, role: &str) -> Vec<RecordId> {
    installation.holders(role).into_iter().map(|id| RecordId(id.to_owned())).collect()
}

/// A standing button as others get it.
fn given(walk: &mut Walk<'_, '_, '_>, button: &StandingButton, to: &[RecordId]) -> Result<Option<NoticeButton>, Trouble> {
    if let Some(when) = &button.when
        && !walk.holds(when)?
    {
        return Ok(None);
    }
    let label = walk.label_for_others(&button.label)?;
    let act = match &button.act {
        StandingAct::Url(url) => NoticeAct::Url(walk.label_for_others(url)?),
        StandingAct::Copy(text) => NoticeAct::Copy(walk.label_for_others(text)?),
        StandingAct::Start { flow, with, once: false } => NoticeAct::Start { flow: flow.clone(), inputs: walk.values(with)? },
        StandingAct::Start { flow, with, once: true } => {
            let inputs = walk.values(with)?;
            let declared = walk.project.flows.get(flow).map(|flow| &flow.inputs);
            let secret = declared.is_some_and(|declared| declared.values().any(|input| input.of.secret));
            let token = format!("b.{}", walk.work.draw_word());
            let made = walk.work.now;
            let handing = &mut walk.work.record.handing;
            handing.push(Handing { token: token.clone(), flow: flow.clone(), inputs, to: to.to_vec(), made, secret });
            let surplus = handing.len().saturating_sub(HANDING_AT_MOST);
            let dropped: Vec<_> = handing.drain(..surplus).collect();
            for handing in &dropped {
                take_back(walk.work, handing);
            }
            NoticeAct::Once { token }
        }
    };
    Ok(Some(NoticeButton { label, act }))
}

/// Somebody has pressed a button that works once: the first gets what it starts, and the others lose it.
pub(crate) fn claimed(work: &mut Work<'_>, token: &str, by: &RecordId) {
    let at = work.record.handing.iter().position(|handing| handing.token == token && handing.to.contains(by));
    let Some(at) = at else { return work.tell(by, Letter::Gone { token: token.to_owned() }) };
    let mut handing = work.record.handing.remove(at);
    handing.to.retain(|other| other != by);
    take_back(work, &handing);
    let Handing { token, flow, inputs, .. } = handing;
    work.note(None, FactKind::Handed { flow: flow.clone(), to: by.0.clone() });
    work.tell(by, Letter::Handed { token, flow, inputs });
}

/// A button has lost its meaning for those who have it.
pub(crate) fn take_back(work: &mut Work<'_>, handing: &Handing) {
    for one in &handing.to {
        work.tell(one, Letter::Gone { token: handing.token.clone() });
    }
}

/// Buttons that kept a secret for long enough.
pub(crate) fn take_back_due(work: &mut Work<'_>) {
    let now = work.now;
    let due = |handing: &Handing| handing.over().is_some_and(|over| over <= now);
    let (over, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut work.record.handing).into_iter().partition(due);
    work.record.handing = kept;
    for handing in &over {
        take_back(work, handing);
    }
}
