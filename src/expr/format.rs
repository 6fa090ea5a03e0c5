//! How values look to people, by language: Russian, English, and for any other language forms that are the same everywhere.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time as Clock};
use jiff::tz::TimeZone;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::expr::{Time, Value};

const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;
const ENGLISH_MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The printed form; `None` for none, booleans, lists and records.
pub(super) fn printed<'v>(value: &'v Value, language: &str, zone: &TimeZone) -> Option<Cow<'v, str>> {
    Some(match value {
        Value::None | Value::Bool(_) | Value::List(_) | Value::Record(_) => return None,
        Value::Text(text) => Cow::Borrowed(text),
        Value::Name(name) => Cow::Borrowed(&name.text),
        Value::Contact { number, .. } => Cow::Borrowed(number),
        Value::File(file) => Cow::Borrowed(&file.name),
        Value::Location { latitude, longitude } => {
            Cow::Owned(format!("{}; {}", decimal(*latitude, language), decimal(*longitude, language)))
        }
        Value::Integer(number) => Cow::Owned(number.to_string()),
        Value::Decimal(number) => Cow::Owned(decimal(*number, language)),
        Value::Date(day) => Cow::Owned(date(*day, language)),
        Value::Clock(time) => Cow::Owned(clock(*time)),
        Value::Time(time) => Cow::Owned(full_moment(civil(*time, zone), language)),
        Value::Duration(millis) => Cow::Owned(duration(*millis, language)),
        Value::Money { amount, currency } => Cow::Owned(money(*amount, currency, language)),
    })
}

/// The moment as a timestamp; the far ends of time are clamped.
pub(super) fn timestamp(time: Time) -> Timestamp {
    let end = if time.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(time.0).unwrap_or(end)
}

/// What clocks in the zone show.
pub(super) fn civil(time: Time, zone: &TimeZone) -> DateTime {
    zone.to_datetime(timestamp(time))
}

/// `24.11 10:00`; with the year when it is a year or more from now.
pub(super) fn moment(time: Time, now: Time, language: &str, zone: &TimeZone) -> String {
    let at = civil(time, zone);
    let near = time.0.abs_diff(now.0) < (365 * DAY).unsigned_abs();
    match language {
        "ru" if near => format!("{:02}.{:02} {}", at.day(), at.month(), clock(at.time())),
        "en" if near => format!("{} {} {}", at.day(), english_month(at.date()), clock(at.time())),
        _ => full_moment(at, language),
    }
}

/// `24.11.2026`
pub(super) fn date(day: Date, language: &str) -> String {
    match language {
        "ru" => format!("{:02}.{:02}.{:04}", day.day(), day.month(), day.year()),
        "en" => format!("{} {} {}", day.day(), english_month(day), day.year()),
        _ => day.to_string(),
    }
}

fn full_moment(at: DateTime, language: &str) -> String {
    format!("{} {}", date(at.date(), language), clock(at.time()))
}

fn english_month(day: Date) -> &'static str {
    usize::try_from(day.month() - 1).ok().and_then(|at| ENGLISH_MONTHS.get(at)).copied().unwrap_or_default()
}

/// `10:05`
pub(super) fn clock(time: Clock) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// A number without exponent and without trailing zeros.
pub(super) fn decimal(number: Decimal, language: &str) -> String {
    let digits = number.normalize().to_string();
    if language == "ru" { digits.replace('.', ",") } else { digits }
}

/// `1 500,50 ₽`; whole amounts without the fraction.
pub(super) fn money(amount: Decimal, currency: &str, language: &str) -> String {
    let rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let digits = if rounded.is_integer() { format!("{:.0}", rounded.abs()) } else { format!("{:.2}", rounded.abs()) };
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let (separator, point) = if language == "en" { (',', '.') } else { (' ', ',') };
    let mut out = String::new();
    if rounded.is_sign_negative() && !rounded.is_zero() {
        out.push('-');
    }
    let symbol = currency_symbol(currency);
    let leads = language == "en" && symbol != currency;
    if leads {
        out.push_str(symbol);
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(separator);
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push(point);
        out.push_str(fraction);
    }
    if !leads && !symbol.is_empty() {
        out.push(' ');
        out.push_str(symbol);
    }
    out
}

fn currency_symbol(currency: &str) -> &str {
    match currency {
        "RUB" => "₽",
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "KZT" => "₸",
        other => other,
    }
}

/// `1 ч 30 мин`: every unit that is not zero; days from two days on.
pub(super) fn duration(millis: i64, language: &str) -> String {
    let names = if language == "ru" { ["дн", "ч", "мин", "с"] } else { ["d", "h", "min", "s"] };
    let mut rest = millis.unsigned_abs();
    let sizes =
        [if rest >= 2 * DAY.unsigned_abs() { DAY.unsigned_abs() } else { u64::MAX }, HOUR.unsigned_abs(), MINUTE.unsigned_abs(), 1000];
    let mut words = Vec::new();
    for (size, name) in sizes.into_iter().zip(names) {
        if rest / size > 0 {
            words.push(format!("{} {name}", rest / size));
            rest %= size;
        }
    }
    if words.is_empty() {
        words.push(format!("0 {}", names[3]));
    }
    let sign = if millis <= -1000 { "-" } else { "" };
    format!("{sign}{}", words.join(" "))
}

/// `5 минут назад`, `через 2 дня`; the largest unit alone.
pub(super) fn ago(millis: i64, language: &str) -> String {
    let size = millis.saturating_abs();
    if size < MINUTE {
        return if language == "ru" { "только что".to_owned() } else { "just now".to_owned() };
    }
    let units: [(i64, [&str; 3], [&str; 2]); 5] = [
        (365 * DAY, ["год", "года", "лет"], ["year", "years"]),
        (30 * DAY, ["месяц", "месяца", "месяцев"], ["month", "months"]),
        (DAY, ["день", "дня", "дней"], ["day", "days"]),
        (HOUR, ["час", "часа", "часов"], ["hour", "hours"]),
        (MINUTE, ["минуту", "минуты", "минут"], ["minute", "minutes"]),
    ];
    let (unit, russian, english) = units.into_iter().find(|(unit, ..)| size >= *unit).unwrap_or(units[4]);
    let count = size / unit;
    if language == "ru" {
        let amount = format!("{count} {}", russian[plural_form(count.into(), language, 3)]);
        if millis > 0 { format!("{amount} назад") } else { format!("через {amount}") }
    } else {
        let amount = format!("{count} {}", english[plural_form(count.into(), "en", 2)]);
        if millis > 0 { format!("{amount} ago") } else { format!("in {amount}") }
    }
}

/// The index of the form for `number` among `forms` (two or three): Russian has one, few, many; other languages one and the rest.
pub(super) fn plural_form(number: Decimal, language: &str, forms: usize) -> usize {
    let last = forms.saturating_sub(1);
    let number = number.normalize().abs();
    let form = match language {
        "ru" if !number.is_integer() => 1, // «1,5 вопроса», «2,5 вопроса»
        "ru" => {
            let ones = number % Decimal::TEN;
            let eleven_to_fourteen = (Decimal::from(11)..=Decimal::from(14)).contains(&(number % Decimal::ONE_HUNDRED));
            match () {
                () if ones == Decimal::ONE && !eleven_to_fourteen => 0,
                () if ones >= Decimal::TWO && ones <= Decimal::from(4) && !eleven_to_fourteen => 1,
                () => 2,
            }
        }
        _ if number == Decimal::ONE => 0,
        _ => last,
    };
    form.min(last)
}

/// «да» and «нет».
pub(super) fn yes_no(value: bool, language: &str) -> &'static str {
    match (language, value) {
        ("ru", true) => "да",
        ("ru", false) => "нет",
        (_, true) => "yes",
        (_, false) => "no",
    }
}
