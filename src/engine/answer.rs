//! Reading an answer as its type.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use jiff::civil;
use jiff::tz::TimeZone;
use regex::Regex;
use rust_decimal::Decimal;
use unicode_normalization::UnicodeNormalization;

use crate::engine::walk::Walk;
use crate::expr::{Expression, File, Name, Time, Value};
use crate::flow::{AnswerType, Bounds, Files};

/// Why an answer cannot be read: a reason of its type, by which the author may say something of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unclear(pub &'static str);

/// Digits of a telephone number: 15 at most by E.164, and no country has numbers of fewer than these.
const DIGITS: RangeInclusive<usize> = 7..=15;

const OTHER: Unclear = Unclear("other");

/// Reads a typed text as the type of the question.
pub(crate) fn read(walk: &Walk<'_, '_, '_>, answer: &AnswerType, written: &str) -> Result<Value, Unclear> {
    let written = clean(written);
    let value = match answer {
        AnswerType::Text { min, max, pattern } => return text(&written, *min, *max, pattern.as_ref()).map(Value::Text),
        AnswerType::Name => Value::Name(name(&written, walk.view().language()).ok_or(OTHER)?),
        AnswerType::Integer(_) => Value::Integer(integer(&written).ok_or(OTHER)?),
        AnswerType::Decimal(_) => Value::Decimal(decimal(&written).ok_or(OTHER)?),
        AnswerType::Money(_, currency) => {
            let (amount, currency) = money(&written, currency).ok_or(OTHER)?;
            Value::Money { amount, currency }
        }
        AnswerType::Date(_) => Value::Date(date(&written).ok_or(OTHER)?),
        AnswerType::Clock(_) => Value::Clock(clock(&written).ok_or(OTHER)?),
        AnswerType::DateTime(_) => Value::Time(moment(&written, &walk.view().zone).ok_or(OTHER)?),
        AnswerType::Email => Value::Text(email(&written).ok_or(OTHER)?),
        AnswerType::Phone(country) => Value::Text(phone(&written, country).ok_or(OTHER)?),
        AnswerType::Contact { typed, country } if typed.as_ref().is_some_and(|typed| walk.holds(typed) == Ok(true)) => {
            Value::Contact { number: phone(&written, country).ok_or(OTHER)?, verified: false }
        }
        // What is no number at all is not told that it is no verified one.
        AnswerType::Contact { country, .. } => return Err(phone(&written, country).map_or(OTHER, |_| Unclear("typed"))),
        AnswerType::YesNo
        | AnswerType::Choice(_)
        | AnswerType::Choices { .. }
        | AnswerType::Photo(_)
        | AnswerType::Document(_)
        | AnswerType::Location => return Err(OTHER),
    };
    bounded(walk, answer, &value)?;
    Ok(value)
}

/// Reads a contact card: only the person's own, and not one passed on.
pub(crate) fn contact(answer: &AnswerType, number: &str, own: bool, forwarded: bool) -> Result<Value, Unclear> {
    let (AnswerType::Contact { country, .. } | AnswerType::Phone(country)) = answer else { return Err(OTHER) };
    if forwarded {
        return Err(Unclear("forwarded"));
    }
    if !own {
        return Err(Unclear("foreign"));
    }
    // Telegram gives the international number with or without its plus. One that no plan of numbers knows is taken as it is, if it has
    // as many digits as E.164 allows.
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let is_number = DIGITS.contains(&digits.len()).then(|| format!("+{digits}"));
    let number = phone(&format!("+{digits}"), country).or(is_number).ok_or(OTHER)?;
    Ok(match answer {
        AnswerType::Phone(_) => Value::Text(number),
        _ => Value::Contact { number, verified: true },
    })
}

/// Judges a file by what is known of it; it is not looked into.
pub(crate) fn file(answer: &AnswerType, file: &File) -> Result<(), Unclear> {
    let (files, fits) = match answer {
        AnswerType::Photo(files) => (files, file.kind.starts_with("image/")),
        AnswerType::Document(files) => (files, true),
        _ => return Err(OTHER),
    };
    if !fits || !files.wants(&file.name, &file.kind) {
        return Err(Unclear("kind"));
    }
    if file.size > files.max_size { Err(Unclear("big")) } else { Ok(()) }
}

/// Checks a value against the least and the greatest.
pub(crate) fn bounded(walk: &Walk<'_, '_, '_>, answer: &AnswerType, value: &Value) -> Result<(), Unclear> {
    let (bounds, too_little, too_much) = match answer {
        AnswerType::Integer(bounds) | AnswerType::Decimal(bounds) | AnswerType::Money(bounds, _) => (bounds, "low", "high"),
        AnswerType::Date(bounds) | AnswerType::Clock(bounds) | AnswerType::DateTime(bounds) => (bounds, "early", "late"),
        _ => return Ok(()),
    };
    let Bounds { min, max } = bounds;
    let limit = |bound: &Option<Expression>| match bound.as_ref().and_then(|bound| walk.value(bound).ok())? {
        // A day is bounded by the day of the moment.
        Value::Time(at) if matches!(value, Value::Date(_)) => {
            let at = jiff::Timestamp::from_millisecond(at.0).ok()?;
            Some(Value::Date(at.to_zoned(walk.view().zone).date()))
        }
        limit => Some(limit),
    };
    if limit(min).is_some_and(|min| less(value, &min)) {
        return Err(Unclear(too_little));
    }
    if limit(max).is_some_and(|max| less(&max, value)) {
        return Err(Unclear(too_much));
    }
    Ok(())
}

/// True if a value of this type that was not written by the person could be their answer.
pub(crate) fn fits(walk: &Walk<'_, '_, '_>, answer: &AnswerType, value: &Value) -> bool {
    match (answer, value) {
        (AnswerType::Text { min, max, pattern }, Value::Text(written)) => text(written, *min, *max, pattern.as_ref()).is_ok(),
        (AnswerType::Photo(files) | AnswerType::Document(files), value) => fits_files(answer, files, value),
        _ => bounded(walk, answer, value).is_ok(),
    }
}

fn fits_files(answer: &AnswerType, files: &Files, value: &Value) -> bool {
    match value {
        Value::File(one) => !files.many && file(answer, one).is_ok(),
        Value::List(all) => {
            files.many && !all.is_empty() && all.iter().all(|one| matches!(one, Value::File(one) if file(answer, one).is_ok()))
        }
        _ => false,
    }
}

fn less(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Date(a), Value::Date(b)) => a < b,
        (Value::Clock(a), Value::Clock(b)) => a < b,
        (Value::Time(a), Value::Time(b)) => a < b,
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a < b,
            _ => false,
        },
    }
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Integer(number) => Some(Decimal::from(*number)),
        Value::Decimal(number) | Value::Money { amount: number, .. } => Some(*number),
        _ => None,
    }
}

/// What people write, in one form: composed, without control, zero-width and bidirectional characters, trimmed.
pub(crate) fn clean(written: &str) -> String {
    let composed: String = written.nfc().filter(|c| !is_invisible(*c)).collect();
    composed.trim().to_owned()
}

fn is_invisible(c: char) -> bool {
    let format =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{00ad}' | '\u{061c}');
    format || (c.is_control() && c != '\n')
}

fn text(written: &str, min: usize, max: usize, pattern: Option<&Regex>) -> Result<String, Unclear> {
    let length = written.chars().count();
    if length < min {
        return Err(Unclear("short"));
    }
    if length > max {
        return Err(Unclear("long"));
    }
    if pattern.is_some_and(|pattern| !pattern.is_match(written)) {
        return Err(Unclear("pattern"));
    }
    Ok(written.to_owned())
}

/// Two to five words of letters, hyphens and apostrophes, of one script. In Russian the family name comes first, elsewhere it is the
/// author's example that says how; the order is the same for every language of the bot, so that a name means the same person.
fn name(written: &str, _language: &str) -> Option<Name> {
    let unified: String = written.chars().map(|c| if matches!(c, '‐' | '‑' | '–' | '—') { '-' } else { c }).collect();
    let unified: String = unified.chars().map(|c| if matches!(c, '’' | 'ʼ' | '`') { '\'' } else { c }).collect();
    let unified = spaced_hyphen().replace_all(&unified, "-").into_owned();
    let words: Vec<&str> = unified.split_whitespace().collect();
    if !(2..=5).contains(&words.len()) || !words.iter().all(|word| is_name_word(word)) || unified.chars().count() > 150 {
        return None;
    }
    if !is_one_script(&words.concat()) {
        return None;
    }
    Some(Name {
        text: words.join(" "),
        last: words[0].to_owned(),
        first: words[1].to_owned(),
        middle: (words.len() > 2).then(|| words[2..].join(" ")),
    })
}

fn spaced_hyphen() -> &'static Regex {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    PATTERN.get_or_init(|| Regex::new(r"\s*-\s*").expect("the pattern is well formed"))
}

fn is_name_word(word: &str) -> bool {
    let begins_and_ends = word.starts_with(char::is_alphabetic) && word.ends_with(|c: char| c.is_alphabetic() || c == '\'');
    begins_and_ends && word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'')) && !word.contains("--")
}

/// True if all letters are of one script, so that no Latin letter hides among Cyrillic ones.
pub(crate) fn is_one_script(written: &str) -> bool {
    let mut scripts = written.chars().filter(|c| c.is_alphabetic()).map(script);
    match scripts.next() {
        Some(first) => scripts.all(|script| script == first),
        None => true,
    }
}

fn script(c: char) -> u8 {
    match c {
        'a'..='z' | 'A'..='Z' | '\u{00c0}'..='\u{024f}' | '\u{1e00}'..='\u{1eff}' => 0,
        '\u{0370}'..='\u{03ff}' => 1,
        '\u{0400}'..='\u{052f}' => 2,
        '\u{0530}'..='\u{058f}' => 3,
        '\u{10a0}'..='\u{10ff}' => 4,
        _ => 5,
    }
}

fn integer(written: &str) -> Option<i64> {
    let number = decimal(written)?;
    (number.fract().is_zero()).then(|| i64::try_from(number).ok()).flatten()
}

/// Digits, spaces between groups, a comma or a point.
fn decimal(written: &str) -> Option<Decimal> {
    let plain: String = written
        .chars()
        .filter(|c| !matches!(c, ' ' | '\u{00a0}' | '\u{202f}' | '\u{2009}'))
        .map(|c| match c {
            ',' => '.',
            '−' | '–' => '-',
            other => char::from_digit(other.to_digit(10).unwrap_or(99), 10).unwrap_or(other),
        })
        .collect();
    let digits = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    let well_formed = !digits.is_empty()
        && digits.len() <= 28
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && digits.matches('.').count() <= 1
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit());
    if !well_formed {
        return None;
    }
    plain.strip_prefix('+').unwrap_or(&plain).parse().ok()
}

/// A sum, with its currency or without.
fn money(written: &str, default: &str) -> Option<(Decimal, String)> {
    let lower = written.to_lowercase();
    let currencies: [(&[&str], &str); 4] = [
        (&["рублей", "рубля", "рубль", "руб.", "руб", "₽", "rub", "р.", "р"], "RUB"),
        (&["долларов", "доллара", "доллар", "$", "usd"], "USD"),
        (&["евро", "€", "eur", "euro"], "EUR"),
        (&["тенге", "₸", "kzt"], "KZT"),
    ];
    for (signs, code) in currencies {
        for sign in signs {
            if let Some(rest) = lower.strip_suffix(sign).or_else(|| lower.strip_prefix(sign)) {
                return Some((decimal(rest.trim())?, code.to_owned()));
            }
        }
    }
    Some((decimal(&lower)?, default.to_owned()))
}

/// `24.11.2026`, `24/11/2026`, `2026-11-24`, `24 ноября 2026`, `24 November 2026`, `November 24, 2026`: always with four digits of the year.
fn date(written: &str) -> Option<civil::Date> {
    let parts: Vec<&str> = written.trim_end_matches(['г', '.']).split(['.', '/', '-', ' ', ',']).filter(|part| !part.is_empty()).collect();
    let [a, b, c] = parts[..] else { return None };
    let (year, month, day) = match (a.len(), month_named(a)) {
        (_, Some(_)) => (c, a, b),
        (4, None) => (a, b, c),
        _ => (c, b, a),
    };
    if year.len() != 4 {
        return None;
    }
    let year: i16 = year.parse().ok()?;
    let month: i8 = month.parse().ok().filter(|_| month.len() <= 2).or_else(|| month_named(month))?;
    let day: i8 = day.parse().ok().filter(|_| day.len() <= 2)?;
    (1900..=2999).contains(&year).then(|| civil::Date::new(year, month, day).ok()).flatten()
}

fn month_named(word: &str) -> Option<i8> {
    const MONTHS: [(&str, &str); 12] = [
        ("янв", "jan"),
        ("фев", "feb"),
        ("мар", "mar"),
        ("апр", "apr"),
        ("ма", "may"),
        ("июн", "jun"),
        ("июл", "jul"),
        ("авг", "aug"),
        ("сен", "sep"),
        ("окт", "oct"),
        ("ноя", "nov"),
        ("дек", "dec"),
    ];
    let word = word.to_lowercase();
    let at = MONTHS.iter().position(|(ru, en)| word.starts_with(ru) || word.starts_with(en))?;
    i8::try_from(at + 1).ok()
}

/// `9:30`, `09:30`, `09.30`, `9:30:15`.
fn clock(written: &str) -> Option<civil::Time> {
    let parts: Vec<&str> = written.split([':', '.']).collect();
    if !(2..=3).contains(&parts.len()) || parts.iter().any(|part| part.is_empty() || part.len() > 2) {
        return None;
    }
    let number = |at: usize| parts.get(at).map_or(Some(0), |part: &&str| part.parse::<i8>().ok());
    civil::Time::new(number(0)?, number(1)?, number(2)?, 0).ok()
}

/// A date and a time of day, in the zone of the bot.
fn moment(written: &str, zone: &TimeZone) -> Option<Time> {
    if let Ok(exact) = written.parse::<jiff::Timestamp>() {
        return Some(Time(exact.as_millisecond()));
    }
    let written = written.replace('T', " ");
    let (day, time) = written.trim().rsplit_once([' '])?;
    let day = date(day.trim_end_matches([',', ' ', 'в', 'a', 't']))?;
    let at = day.to_datetime(clock(time)?).to_zoned(zone.clone()).ok()?;
    Some(Time(at.timestamp().as_millisecond()))
}

/// An address: one top-level domain at least, no display name, one script in each label; the domain in lower case.
fn email(written: &str) -> Option<String> {
    let options = email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
    let address = email_address::EmailAddress::parse_with_options(written, options).ok()?;
    let (local, domain) = (address.local_part(), address.domain());
    let labels_hold = domain.split('.').all(is_one_script) && is_one_script(local) && !local.starts_with('"');
    let ends_well = domain.rsplit('.').next().is_some_and(|top| top.chars().count() >= 2);
    (labels_hold && ends_well && written.len() <= 254).then(|| format!("{local}@{}", domain.to_lowercase()))
}

/// A number in any usual form, as E.164.
pub(crate) fn phone(written: &str, country: &str) -> Option<String> {
    let plain: String = written.nfkc().collect();
    let usual = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ' | '.' | '\u{a0}' | '–' | '‑');
    if !plain.chars().all(usual) {
        return None;
    }
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    if !DIGITS.contains(&digits.len()) {
        return None;
    }
    if plain.trim_start().starts_with('+') {
        return phonelib::normalize_phone_number(&format!("+{digits}"));
    }
    phonelib::PhoneNumber::parse_with_country(&plain, country).map(|number| number.e164().to_owned())
}

/// «да», «нет», yes, no, and what is like them.
pub(crate) fn yes_or_no(written: &str) -> Option<bool> {
    match clean(written).to_lowercase().trim_end_matches(['.', '!']) {
        "да" | "ага" | "конечно" | "верно" | "yes" | "y" | "yep" | "sure" | "+" => Some(true),
        "нет" | "не" | "неа" | "no" | "n" | "nope" | "-" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_holds_a_number_or_is_none() {
        let answer = AnswerType::Contact { typed: None, country: "RU".to_owned() };
        let read = |number: &str| contact(&answer, number, true, false);
        assert_eq!(read("79161234567"), read("+7 916 123-45-67"));
        assert!(read("+88800012345").is_ok(), "a number that no plan of numbers knows");
        for none in ["abc", "", "+", "12345", "1234567890123456"] {
            assert_eq!(read(none), Err(OTHER), "{none:?}");
        }
    }
}
