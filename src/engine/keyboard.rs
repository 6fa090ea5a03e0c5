//! The buttons under a question.
//!
//! A button's token names its session, the revision of its question and what it does: `K7PQ2M.12.o3`. It is valid while that revision
//! is current, and is applied once.

use crate::engine::record::{Offer, Question, SessionId};
use crate::engine::steps::file;
use crate::engine::walk::{Trouble, Walk};
use crate::engine::work::Work;
use crate::engine::{Button, Keyboard, Press, offers};
use crate::flow::{AnswerType, Ask};

/// Options on one page.
pub(crate) const PAGE: usize = 8;

/// Lists longer than this say that typing searches them, and what they do not have.
pub(crate) const SEARCHED_ABOVE: usize = 40;

/// Labels that stand side by side hold at most so many characters together.
const ROW_WIDTH: usize = 26;

/// What a pressed button of a question does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pressed {
    /// Takes, or ticks, the offer at this place.
    Offer(usize),
    /// Turns to this page.
    Page(u32),
    /// Skips the question.
    Skip,
    /// Ends a multiple choice.
    Done,
    /// Confirms a review.
    Confirm,
    /// Asks what to change in a review.
    Change,
}

impl Pressed {
    /// As it stands in a token.
    pub(crate) fn write(self) -> String {
        match self {
            Self::Offer(at) => format!("o{at}"),
            Self::Page(page) => format!("p{page}"),
            Self::Skip => "s".to_owned(),
            Self::Done => "d".to_owned(),
            Self::Confirm => "y".to_owned(),
            Self::Change => "c".to_owned(),
        }
    }

    /// The reverse of [`Self::write`].
    pub(crate) fn read(text: &str) -> Option<Self> {
        match text {
            "s" => Some(Self::Skip),
            "d" => Some(Self::Done),
            "y" => Some(Self::Confirm),
            "c" => Some(Self::Change),
            _ => {
                let (kind, number) = text.split_at_checked(1)?;
                match kind {
                    "o" => number.parse().ok().map(Self::Offer),
                    "p" => number.parse().ok().map(Self::Page),
                    _ => None,
                }
            }
        }
    }
}

/// A token of a session's question, taken apart.
pub(crate) fn read_token(token: &str) -> Option<(SessionId, u32, Pressed)> {
    let mut parts = token.splitn(3, '.');
    let (session, revision, pressed) = (parts.next()?, parts.next()?, parts.next()?);
    Some((SessionId(session.to_owned()), revision.parse().ok()?, Pressed::read(pressed)?))
}

/// A button of the session's present question.
pub(crate) fn button(walk: &Walk<'_, '_, '_>, label: String, pressed: Pressed) -> Button {
    let token = format!("{}.{}.{}", walk.session.id.0, walk.session.revision, pressed.write());
    Button { label, press: Press::Token(token) }
}

/// All buttons of a question.
pub(crate) fn of(walk: &Walk<'_, '_, '_>, ask: &Ask, question: &Question) -> Result<Keyboard, Trouble> {
    let skip = match &ask.optional {
        Some(label) => Some(walk.plain(label)?),
        None => None,
    };
    if let AnswerType::Contact { .. } = ask.answer {
        return Ok(Keyboard::Contact { label: walk.label_or(ask.button.as_ref(), "contact_button")?, skip });
    }
    if let AnswerType::Location = ask.answer {
        return Ok(Keyboard::Location { label: walk.label_or(ask.button.as_ref(), "location_button")?, skip });
    }
    let mut rows = match offers::data(ask) {
        Some(_) => paged(walk, question),
        None => literal(walk, ask, question)?,
    };
    if matches!(ask.answer, AnswerType::Choices { .. }) || file::gathered(walk.frame()).is_some() {
        rows.push(vec![button(walk, walk.work.own_label("done"), Pressed::Done)]);
    }
    if let Some(skip) = skip {
        rows.push(vec![button(walk, skip, Pressed::Skip)]);
    }
    Ok(if rows.is_empty() { Keyboard::None } else { Keyboard::Rows(rows) })
}

/// Options written in the flow, in the author's order, addresses and texts to copy among them.
fn literal(walk: &Walk<'_, '_, '_>, ask: &Ask, question: &Question) -> Result<Vec<Vec<Button>>, Trouble> {
    let mut buttons = Vec::new();
    if matches!(ask.answer, AnswerType::YesNo) {
        buttons.extend(question.offers.iter().enumerate().map(|(at, offer)| button(walk, offer.label.clone(), Pressed::Offer(at))));
    }
    for choice in offers::choices(ask) {
        if !offers::is_shown(walk, choice)? {
            continue;
        }
        let label = walk.plain(&choice.label)?;
        buttons.push(match (&choice.url, &choice.copy) {
            (Some(url), _) => Button { label, press: Press::Url(walk.plain(url)?) },
            (None, Some(copy)) => Button { label, press: Press::Copy(walk.plain(copy)?) },
            (None, None) => {
                let Some(at) = question.offers.iter().position(|offer| offer.key == choice.id) else { continue };
                button(walk, ticked(question, &question.offers[at]), Pressed::Offer(at))
            }
        });
    }
    Ok(rows(buttons))
}

/// Few short buttons stand side by side, others below one another.
pub(crate) fn rows(buttons: Vec<Button>) -> Vec<Vec<Button>> {
    let together: usize = buttons.iter().map(|button| button.label.chars().count()).sum();
    if together <= ROW_WIDTH && buttons.len() <= 3 {
        return if buttons.is_empty() { Vec::new() } else { vec![buttons] };
    }
    buttons.into_iter().map(|button| vec![button]).collect()
}

/// One page of a list, and the buttons that turn it.
fn paged(walk: &Walk<'_, '_, '_>, question: &Question) -> Vec<Vec<Button>> {
    let Question { offers, page, search, .. } = question;
    let label = |offer: &Offer| ticked(question, offer);
    pages(walk.work, Shelf { offers, page: *page, search: search.as_deref() }, label, |label, pressed| button(walk, label, pressed))
}

/// A list that is shown page by page.
#[derive(Clone, Copy)]
pub(crate) struct Shelf<'s> {
    /// What is offered, in order.
    pub offers: &'s [Offer],
    /// The page shown, from 0.
    pub page: u32,
    /// What was searched for.
    pub search: Option<&'s str>,
}

/// The buttons of one page of a list, those that turn it, and what is no item of the list.
pub(crate) fn pages(
    work: &Work<'_>,
    shelf: Shelf<'_>,
    label: impl Fn(&Offer) -> String,
    button: impl Fn(String, Pressed) -> Button,
) -> Vec<Vec<Button>> {
    let Shelf { offers, page, search } = shelf;
    let (items, also): (Vec<usize>, Vec<usize>) = offers::found(offers, search).into_iter().partition(|at| offers[*at].item.is_some());
    let row = |at: usize| vec![button(label(&offers[at]), Pressed::Offer(at))];
    let pages = items.len().div_ceil(PAGE).max(1);
    let page = (page as usize).min(pages - 1);
    let mut rows: Vec<Vec<Button>> = items.iter().skip(page * PAGE).take(PAGE).map(|at| row(*at)).collect();
    let turn = |to: usize, name: &str| button(work.own_label(name), Pressed::Page(u32::try_from(to).unwrap_or(u32::MAX)));
    let back = (page > 0).then(|| turn(page - 1, "previous_page"));
    let on = (page + 1 < pages).then(|| turn(page + 1, "next_page"));
    let turning: Vec<Button> = back.into_iter().chain(on).collect();
    if !turning.is_empty() {
        rows.push(turning);
    }
    rows.extend(also.into_iter().map(row));
    rows
}

fn ticked(question: &Question, offer: &Offer) -> String {
    if question.ticked.contains(&offer.key) { format!("✓ {}", offer.label) } else { offer.label.clone() }
}
