//! Requests that are put before a person who decides: their cards, what is pressed there, what must be written first.
//!
//! Nothing is decided here. What is pressed and written goes to the record of whoever asks, which knows the request and decides what
//! counts; it is told back what came of it.

use std::borrow::Cow;

use crate::engine::keyboard::{Pressed, SEARCHED_ABOVE, Shelf};
use crate::engine::work::Work;
use crate::engine::{
    Act, Button, Card, CardAct, CardRef, EffectId, EffectKind, FactKind, Keyboard, Letter, Message, MessageRef, Offer, Picking, Press,
    RecordId, RequestId, Wording, Writing, keyboard, offers, start,
};
use crate::expr::Value;

/// Cards that are kept, at most: those that wait, and those that are over and answer old buttons. The oldest go first.
const WAITING_AT_MOST: usize = 300;
const OVER_AT_MOST: usize = 40;

/// Notices that are kept in mind in case that whoever sent them is erased, at most. The oldest go first.
const NOTICES_AT_MOST: usize = 100;

/// How long what must be written is awaited, in milliseconds: the request is theirs so long.
pub(crate) const WRITES_WITHIN: i64 = 10 * 60 * 1000;

/// Shows a card; one that shows the same request already loses its buttons.
pub(crate) fn show(work: &mut Work<'_>, card: &Card) {
    let earlier = work.record.cards.iter().position(|known| known.request == card.request);
    if let Some(earlier) = earlier.map(|at| work.record.cards.remove(at)) {
        work.order(EffectKind::Strip { of: MessageRef::Ours(earlier.message) });
    }
    let nonce = work.draw_word();
    let buttons: Vec<Button> = card
        .options
        .iter()
        .map(|option| Button {
            label: work.read(&option.label).to_owned(),
            press: match &option.act {
                CardAct::Url(url) => Press::Url(work.read(url).to_owned()),
                CardAct::Decide | CardAct::Start { .. } => Press::Token(format!("d.{nonce}.{}", option.option)),
            },
        })
        .collect();
    let starts = card.options.iter().filter_map(|option| match &option.act {
        CardAct::Start { flow, inputs } => Some((option.option, flow.clone(), inputs.clone())),
        CardAct::Decide | CardAct::Url(_) => None,
    });
    let starts = starts.collect();
    let html = work.read(&card.html).to_owned();
    let message = Message { html, keyboard: Keyboard::Rows(keyboard::rows(buttons)), ..Message::default() };
    let message = work.aside(|work| work.send(message));
    work.record.cards.push(CardRef { nonce, request: card.request.clone(), message, starts, late: None });
    tidy(work);
}

fn tidy(work: &mut Work<'_>) {
    let over: fn(&CardRef) -> bool = |card| card.late.is_some();
    let waiting: fn(&CardRef) -> bool = |card| card.late.is_none() && !card.request.names_notices();
    let notices: fn(&CardRef) -> bool = |card| card.request.names_notices();
    let cards = &mut work.record.cards;
    for (of_this_kind, most) in [(over, OVER_AT_MOST), (waiting, WAITING_AT_MOST), (notices, NOTICES_AT_MOST)] {
        let mut surplus = cards.iter().filter(|card| of_this_kind(card)).count().saturating_sub(most);
        cards.retain(|card| {
            let goes = surplus > 0 && of_this_kind(card);
            surplus -= usize::from(goes);
            !goes
        });
    }
}

/// This message says something of whoever sent it.
pub(crate) fn keep_notice(work: &mut Work<'_>, from: &RecordId, message: EffectId) {
    let request = RequestId::notices_of(from);
    work.record.cards.push(CardRef { nonce: String::new(), request, message, starts: Vec::new(), late: None });
    tidy(work);
}

/// A request is over: its card says so, and its buttons go.
pub(crate) fn closed(work: &mut Work<'_>, request: &RequestId, card: &Wording, late: Wording) {
    if let Some(writing) = work.record.writing.take_if(|writing| writing.request == *request) {
        take_away(work, writing.picking.as_ref());
    }
    let Some(known) = work.record.cards.iter_mut().find(|known| known.request == *request && known.late.is_none()) else { return };
    known.late = Some(late);
    let of = MessageRef::Ours(known.message);
    let html = work.read(card).to_owned();
    work.order(EffectKind::Edit { of, message: Message { html, ..Message::default() } });
    tidy(work);
}

/// Whoever made a request, or sent a notice, is erased: the message says nothing of them any more, and nothing leads back to it.
pub(crate) fn erased(work: &mut Work<'_>, request: &RequestId, card: &Wording) {
    if let Some(writing) = work.record.writing.take_if(|writing| writing.request == *request) {
        take_away(work, writing.picking.as_ref());
    }
    let (theirs, others) = std::mem::take(&mut work.record.cards).into_iter().partition::<Vec<_>, _>(|known| known.request == *request);
    work.record.cards = others;
    let html = work.read(card).to_owned();
    for known in theirs {
        let of = MessageRef::Ours(known.message);
        work.order(EffectKind::Edit { of, message: Message { html: html.clone(), ..Message::default() } });
    }
}

/// What came of a press or of something written.
pub(crate) fn said(work: &mut Work<'_>, html: &Wording) {
    let html = work.read(html).to_owned();
    work.aside(|work| work.say_html(html));
    resume(work);
}

/// A question that was passed by while something else was written comes again.
fn resume(work: &mut Work<'_>) {
    if work.record.writing.is_none() && work.record.asking().is_some_and(|asking| asking.silent_since() < work.now) {
        start::resume(work);
    }
}

/// Before a decision counts, something is to be written, or one of these chosen.
pub(crate) fn write(work: &mut Work<'_>, (request, option): (RequestId, u32), html: &Wording, offers: &[(String, Wording)]) {
    let until = work.now.plus(WRITES_WITHIN);
    let html = work.read(html).to_owned();
    let picking = if offers.is_empty() {
        work.say_html(html);
        None
    } else {
        let offer =
            |(at, (key, label)): (u32, &(String, Wording))| Offer { key: key.clone(), label: work.read(label).to_owned(), item: Some(at) };
        let offers = (0..).zip(offers).map(offer).collect();
        Some(put(work, html, offers, None))
    };
    work.record.writing = Some(Writing { request, option, until, picking });
}

/// Puts a list before them, under buttons of its own.
fn put(work: &mut Work<'_>, html: String, offers: Vec<Offer>, search: Option<String>) -> Picking {
    let nonce = work.draw_word();
    let message = list(work, (&nonce, &html), Shelf { offers: &offers, page: 0, search: search.as_deref() });
    let message = work.send(message);
    Picking { nonce, html, message, offers, page: 0, search }
}

fn list(work: &Work<'_>, (nonce, html): (&str, &str), shelf: Shelf<'_>) -> Message {
    let button = |label, pressed: Pressed| Button { label, press: Press::Token(format!("w.{nonce}.{}", pressed.write())) };
    let rows = keyboard::pages(work, shelf, |offer| offer.label.clone(), button);
    let hint = (shelf.offers.len() > SEARCHED_ABOVE).then(|| work.sentence("search_hint", |view| view));
    let html = hint.map_or_else(|| html.to_owned(), |hint| format!("{html}\n{hint}"));
    Message { html, keyboard: Keyboard::Rows(rows), ..Message::default() }
}

/// A button of the list was pressed; false if it is an old one.
pub(crate) fn picked(work: &mut Work<'_>, nonce: &str, pressed: &str) -> bool {
    let Some(writing) = awaited(work) else { return false };
    let Some(picking) = writing.picking.as_ref().filter(|picking| picking.nonce == nonce) else { return false };
    match Pressed::read(pressed) {
        Some(Pressed::Page(page)) => {
            let shelf = Shelf { offers: &picking.offers, page, search: picking.search.as_deref() };
            let message = list(work, (nonce, &picking.html), shelf);
            work.order(EffectKind::Edit { of: MessageRef::Ours(picking.message), message });
            let turned = Picking { page, ..picking.clone() };
            work.record.writing = Some(Writing { picking: Some(turned), ..writing });
        }
        Some(Pressed::Offer(at)) if at < picking.offers.len() => {
            let Offer { key, label, .. } = picking.offers[at].clone();
            let (of, html) = (MessageRef::Ours(picking.message), picking.html.clone());
            work.freeze(of, Message { html, ..Message::default() }, &label);
            choose(work, writing, key);
            work.record.pressed = Some(format!("w.{nonce}.{pressed}"));
        }
        // No button of ours says so: what a button carries can be forged.
        _ => {}
    }
    true
}

/// One of the list has been chosen. Should it not be offered any more the list comes again, as it is then.
fn choose(work: &mut Work<'_>, writing: Writing, key: String) {
    work.record.writing = None;
    tell_written(work, writing, key);
}

/// The buttons of a list that is over go.
fn take_away(work: &mut Work<'_>, picking: Option<&Picking>) {
    if let Some(picking) = picking {
        work.order(EffectKind::Strip { of: MessageRef::Ours(picking.message) });
    }
}

/// What is awaited of them now.
fn awaited(work: &mut Work<'_>) -> Option<Writing> {
    let writing = work.record.writing.clone()?;
    if writing.until < work.now {
        work.record.writing = None;
        return None;
    }
    Some(writing)
}

/// A button of a card was pressed, under this message.
pub(crate) fn pressed(work: &mut Work<'_>, nonce: &str, option: u32, message: Option<String>) {
    let Some(card) = work.record.cards.iter().find(|card| card.nonce == nonce && !nonce.is_empty()) else { return denied(work) };
    if let Some((_, flow, inputs)) = card.starts.iter().find(|(start, ..)| *start == option).cloned() {
        return start::start(work, &flow, inputs);
    }
    if let Some(late) = &card.late {
        let html = work.read(late).to_owned();
        // A card that came twice has a copy that nobody has changed.
        if let Some(copy) = message {
            work.order(EffectKind::Strip { of: MessageRef::Native(copy) });
        }
        return work.say_html(html);
    }
    let request = card.request.clone();
    let who = work.myself();
    work.tell(&request.record(), Letter::Pressed { request, option, who });
}

/// What a button carries was never given to this person.
pub(crate) fn denied(work: &mut Work<'_>) {
    work.note(None, FactKind::Denied { flow: String::new() });
    work.say("denied");
}

/// Takes what is written while something for a decision is awaited; gives it back otherwise.
pub(crate) fn written(work: &mut Work<'_>, act: Act) -> Option<Act> {
    let Act::Wrote { text, .. } = &act else { return Some(act) };
    let Some(writing) = awaited(work) else { return Some(act) };
    match &writing.picking {
        None => tell_written(work, writing, text.clone()),
        Some(picking) => match offers::typed(&picking.offers, text) {
            Some(at) => {
                let key = picking.offers[at].key.clone();
                take_away(work, writing.picking.as_ref());
                choose(work, writing, key);
            }
            None => search(work, &writing, picking.clone(), text),
        },
    }
    None
}

/// What was written is the answer.
fn tell_written(work: &mut Work<'_>, writing: Writing, text: String) {
    let who = work.myself();
    let Writing { request, option, .. } = writing;
    work.tell(&request.record(), Letter::Written { request, option, text, who });
}

/// What was written is no label of the list: a part of some, perhaps. The list comes again, with those that fit.
fn search(work: &mut Work<'_>, writing: &Writing, picking: Picking, text: &str) {
    let sought = offers::sought(&picking.offers, text);
    take_away(work, Some(&picking));
    if let Err(wanted) = &sought {
        let none = work.sentence("search_none", |view| view.with("input", Cow::Owned(Value::Text(wanted.clone()))));
        work.say_html(none);
    }
    let Picking { html, offers, .. } = picking;
    let picking = put(work, html, offers, sought.ok());
    work.record.writing = Some(Writing { picking: Some(picking), ..writing.clone() });
}

/// Gives up what was to be written; false if nothing was.
pub(crate) fn give_up(work: &mut Work<'_>) -> bool {
    let Some(writing) = work.record.writing.take().filter(|writing| writing.until >= work.now) else { return false };
    take_away(work, writing.picking.as_ref());
    work.tell(&writing.request.record(), Letter::Withdrew { request: writing.request });
    work.say("decision_left");
    resume(work);
    true
}
