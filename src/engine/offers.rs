//! What a question offers, in order.

use std::borrow::Cow;

use crate::engine::record::{Held, Offer};
use crate::engine::scope::View;
use crate::engine::walk::{Trouble, Walk};
use crate::engine::{Wording, told};
use crate::expr::Value;
use crate::flow::{AnswerType, Ask, Choice, DataOptions, Options, Road};

/// The longest list that is offered.
const OFFERS_AT_MOST: usize = 1000;

/// Everything a question offers now.
pub(crate) fn of(walk: &Walk<'_, '_, '_>, ask: &Ask) -> Result<Vec<Offer>, Trouble> {
    match &ask.answer {
        AnswerType::YesNo => Ok(["yes", "no"].into_iter().map(|key| offer(key, walk.work.own_label(key))).collect()),
        AnswerType::Choice(options) | AnswerType::Choices { options, .. } => match options {
            Options::Literal(choices) => literal(walk, choices),
            Options::Data(data) => {
                let mut offers = from_data(&walk.view(), data)?;
                // Where an empty list has no road of its own, what stands beside it is offered alone.
                if !offers.is_empty() || data.empty.is_none() {
                    offers.extend(literal(walk, &data.also)?);
                }
                Ok(offers)
            }
        },
        _ => Ok(Vec::new()),
    }
}

/// The options of a question that stand in the flow: all, or those after a list from data.
pub(crate) fn choices(ask: &Ask) -> &[Choice] {
    match &ask.answer {
        AnswerType::Choice(options) | AnswerType::Choices { options, .. } => match options {
            Options::Literal(choices) => choices,
            Options::Data(data) => &data.also,
        },
        _ => &[],
    }
}

/// The road of the option that was taken; none for an item of a list and for what is no option.
pub(crate) fn road<'p>(ask: &'p Ask, held: &Held) -> Option<&'p Road> {
    let Value::Text(id) = &held.value else { return None };
    let choice = choices(ask).iter().find(|choice| held.key.is_none() && choice.id == *id)?;
    Some(&choice.road)
}

/// The data a question offers, if it does.
pub(crate) fn data(ask: &Ask) -> Option<&DataOptions> {
    match &ask.answer {
        AnswerType::Choice(Options::Data(data)) | AnswerType::Choices { options: Options::Data(data), .. } => Some(data),
        _ => None,
    }
}

fn offer(key: &str, label: String) -> Offer {
    Offer { key: key.to_owned(), label, item: None }
}

fn literal(walk: &Walk<'_, '_, '_>, choices: &[Choice]) -> Result<Vec<Offer>, Trouble> {
    let mut offers = Vec::new();
    for choice in choices.iter().filter(|choice| choice.url.is_none() && choice.copy.is_none()) {
        if is_shown(walk, choice)? {
            offers.push(offer(&choice.id, walk.plain(&choice.label)?));
        }
    }
    Ok(offers)
}

/// False if the option's `when` hides it.
pub(crate) fn is_shown(walk: &Walk<'_, '_, '_>, choice: &Choice) -> Result<bool, Trouble> {
    choice.when.as_ref().map_or(Ok(true), |when| walk.holds(when))
}

/// What a list of records offers: filtered, keyed, labelled as it is read from there.
pub(crate) fn from_data(view: &View<'_>, data: &DataOptions) -> Result<Vec<Offer>, Trouble> {
    let Value::List(items) = data.from.evaluate(&view.context())? else { return Ok(Vec::new()) };
    let mut offers: Vec<Offer> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let view = view.clone().with("item", Cow::Borrowed(item));
        if let Some(filter) = &data.filter
            && !filter.holds(&view.context())?
        {
            continue;
        }
        let key = key_in(&view, data)?;
        if offers.iter().any(|offer| offer.key == key) {
            return Err(Trouble::new("two items have the same key"));
        }
        offers.push(Offer { key, label: label(&view, data)?, item: u32::try_from(at).ok() });
        if offers.len() > OFFERS_AT_MOST {
            return Err(Trouble::new(format!("more than {OFFERS_AT_MOST} options")));
        }
    }
    Ok(offers)
}

/// What the button of `item` says.
pub(crate) fn label(view: &View<'_>, data: &DataOptions) -> Result<String, Trouble> {
    let translated = match &data.label_key {
        Some(label_key) => match label_key.evaluate(&view.context())? {
            Value::Text(key) => data.labels.get(&key),
            _ => None,
        },
        None => None,
    };
    // The catalog's label counts where the language of the person has one; otherwise the author's own does.
    let own = translated.and_then(|labels| labels.by_language.get(view.language_index())?.as_ref());
    let template = own.or_else(|| data.label.in_language(view.language_index()));
    let template = template.ok_or_else(|| Trouble::new("a label is not there in any language"))?;
    Ok(template.render_plain(&view.context())?)
}

/// What the button of an item stands for.
pub(crate) fn key(walk: &Walk<'_, '_, '_>, data: &DataOptions, item: &Value) -> Result<String, Trouble> {
    key_in(&walk.view().with("item", Cow::Borrowed(item)), data)
}

fn key_in(view: &View<'_>, data: &DataOptions) -> Result<String, Trouble> {
    match data.key.evaluate(&view.context())? {
        Value::None => Err(Trouble::new("an item has no key")),
        key => Ok(key.to_json().to_string()),
    }
}

/// The record an offer stands for.
pub(crate) fn item(walk: &Walk<'_, '_, '_>, data: &DataOptions, offer: &Offer) -> Result<Value, Trouble> {
    match (walk.value(&data.from)?, offer.item) {
        (Value::List(mut items), Some(at)) if (at as usize) < items.len() => Ok(items.swap_remove(at as usize)),
        _ => Err(Trouble::new("the chosen item is not in the list any more")),
    }
}

/// What is offered to others: the key of each, and its label in every language.
pub(crate) fn for_others(walk: &Walk<'_, '_, '_>, options: &Options) -> Result<Vec<(String, Wording)>, Trouble> {
    let data = match options {
        Options::Literal(choices) => {
            return choices.iter().map(|choice| Ok((choice.id.clone(), walk.label_for_others(&choice.label)?))).collect();
        }
        Options::Data(data) => data,
    };
    let mut offers: Vec<(String, Wording)> = Vec::new();
    for (language, view) in told::views_of_others(&walk.view()) {
        let seen = from_data(&view, data)?;
        offers.resize_with(seen.len(), Default::default);
        for ((key, wording), offer) in offers.iter_mut().zip(seen) {
            *key = offer.key;
            wording.0.push((language.to_owned(), offer.label));
        }
    }
    Ok(offers)
}

/// What the key of an offer stands for: the id of an option, or the record of a list; nothing if it is not offered.
pub(crate) fn of_key(walk: &Walk<'_, '_, '_>, options: &Options, key: &str) -> Result<Option<Value>, Trouble> {
    match options {
        Options::Literal(choices) => Ok(choices.iter().find(|choice| choice.id == key).map(|choice| Value::Text(choice.id.clone()))),
        Options::Data(data) => {
            let offers = from_data(&walk.view(), data)?;
            offers.iter().find(|offer| offer.key == key).map(|offer| item(walk, data, offer)).transpose()
        }
    }
}

/// The offers that match what was searched for, by their places.
pub(crate) fn found(offers: &[Offer], search: Option<&str>) -> Vec<usize> {
    let wanted = search.map(str::to_lowercase);
    let matches = |offer: &Offer| wanted.as_ref().is_none_or(|wanted| offer.label.to_lowercase().contains(wanted.as_str()));
    // What is no item of the list stays at the end of every page.
    offers.iter().enumerate().filter(|(_, offer)| offer.item.is_none() || matches(offer)).map(|(at, _)| at).collect()
}

/// What is searched for in a list by this text; in vain if nothing in it fits.
pub(crate) fn sought(offers: &[Offer], written: &str) -> Result<String, String> {
    let wanted: String = written.trim().chars().take(64).collect();
    let fits = found(offers, Some(&wanted)).iter().any(|at| offers[*at].item.is_some());
    if fits { Ok(wanted) } else { Err(wanted) }
}

/// The offer that a typed text means: its label, or its number in the list.
pub(crate) fn typed(offers: &[Offer], written: &str) -> Option<usize> {
    let wanted = written.trim().to_lowercase();
    let by_label = offers.iter().position(|offer| offer.label.trim().to_lowercase() == wanted);
    by_label.or_else(|| wanted.parse::<usize>().ok().filter(|n| (1..=offers.len()).contains(n)).map(|n| n - 1))
}
