//! What others notify this person of, and the buttons that come with it.

use std::collections::BTreeMap;

use crate::engine::record::Standing;
use crate::engine::work::Work;
use crate::engine::{
    Button, Counter, EffectId, Giver, Keyboard, Letter, Message, MessageRef, Notice, NoticeAct, Press, RecordId, cards, start,
};
use crate::expr::Value;

/// Shows a notice that says something of whoever sent it: should they be erased, it is known which message that is.
pub(crate) fn show_personal(work: &mut Work<'_>, from: &RecordId, notice: &Notice) {
    if let Some(message) = show(work, from, notice) {
        cards::keep_notice(work, from, message);
    }
}

/// Shows a notice; the message, unless one from the same step came not long ago.
pub(crate) fn show(work: &mut Work<'_>, from: &RecordId, notice: &Notice) -> Option<EffectId> {
    if !is_due(work, notice) {
        return None;
    }
    // The buttons that are kept are kept for this message, which is the next thing ordered.
    let message = work.next_effect();
    let rows: Vec<_> = notice.buttons.iter().map(|button| vec![shown(work, from, message, button)]).collect();
    let copies = notice.buttons.iter().any(|button| matches!(button.act, NoticeAct::Copy(_)));
    let keyboard = if rows.is_empty() { Keyboard::None } else { Keyboard::Rows(rows) };
    let secret = copies && notice.protect;
    let html = work.read(&notice.html).to_owned();
    let message = Message {
        html,
        keyboard,
        protect: notice.protect,
        preview: notice.preview && !secret,
        secret,
        file: notice.file.clone(),
        ..Message::default()
    };
    let sent = work.aside(|work| work.send(message));
    if let Some(after) = notice.delete_after {
        let at = work.now.plus(after);
        work.record.deletions.push((at, MessageRef::Ours(sent)));
    }
    Some(sent)
}

/// True unless one from the same step came not long ago.
fn is_due(work: &mut Work<'_>, notice: &Notice) -> bool {
    let Some((step, per)) = &notice.once_per else { return true };
    let name = format!("notice/{step}");
    let (now, horizon) = (work.now, work.now.plus(-per));
    let counters = &mut work.record.counters;
    let Some(counter) = counters.iter_mut().find(|counter| counter.step == name) else {
        counters.push(Counter { step: name, entered: vec![now] });
        return true;
    };
    if counter.entered.iter().any(|at| *at > horizon) {
        return false;
    }
    counter.entered = vec![now];
    true
}

fn shown(work: &mut Work<'_>, from: &RecordId, message: EffectId, button: &crate::engine::NoticeButton) -> Button {
    let label = work.read(&button.label).to_owned();
    let made = work.now;
    let press = match &button.act {
        NoticeAct::Url(url) => Press::Url(work.read(url).to_owned()),
        NoticeAct::Copy(text) => Press::Copy(work.read(text).to_owned()),
        NoticeAct::Start { flow, inputs } => {
            let token = format!("b.{}", work.draw_word());
            let (token, flow, inputs) = (token, flow.clone(), inputs.clone());
            work.keep_button(Standing { token: token.clone(), flow, inputs, once: false, made, giver: None });
            Press::Token(token)
        }
        NoticeAct::Once { token } => {
            let giver = Some(Giver { record: from.clone(), message });
            let inputs = BTreeMap::new();
            work.keep_button(Standing { token: token.clone(), flow: String::new(), inputs, once: true, made, giver });
            Press::Token(token.clone())
        }
    };
    Button { label, press }
}

/// A button was pressed that others have as well: whoever gave it knows who was the first.
pub(crate) fn claim(work: &mut Work<'_>, giver: &Giver, token: &str) {
    work.tell(&giver.record, Letter::Claimed { token: token.to_owned() });
}

/// This person was the first to press a button: what it starts begins.
pub(crate) fn handed(work: &mut Work<'_>, token: &str, flow: &str, inputs: BTreeMap<String, Value>) {
    take_away(work, token);
    work.acted = true;
    start::start(work, flow, inputs);
}

/// A button has lost its meaning.
pub(crate) fn gone(work: &mut Work<'_>, token: &str) {
    take_away(work, token);
}

fn take_away(work: &mut Work<'_>, token: &str) {
    let Some(at) = work.record.standing.iter().position(|standing| standing.token == token) else { return };
    let standing = work.record.standing.remove(at);
    if let Some(giver) = standing.giver {
        work.order(crate::engine::EffectKind::Strip { of: MessageRef::Ours(giver.message) });
    }
}
