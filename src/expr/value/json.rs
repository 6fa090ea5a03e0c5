//! Values as JSON, and JSON as values of a declared type.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::civil;
use jiff::{Timestamp, tz};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Number, Value as Json};

use crate::expr::value::file;
use crate::expr::{Kind, Name, Time, Type, Value, format, parse_duration, print_duration};

/// The JSON of a value.
pub(super) fn write(value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Integer(number) => Json::from(*number),
        Value::Decimal(number) => write_decimal(*number),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Date(date) => Json::from(date.to_string()),
        Value::Clock(time) => Json::from(time.to_string()),
        Value::Time(time) => Json::from(format::timestamp(*time).to_string()),
        Value::Duration(millis) => Json::from(print_duration(*millis)),
        Value::Name(name) => Json::from(name.text.as_str()),
        Value::Contact { number, .. } => Json::from(number.as_str()),
        Value::Money { amount, currency } => Json::Object(
            [("amount".to_owned(), write_decimal(*amount)), ("currency".to_owned(), Json::from(currency.as_str()))].into_iter().collect(),
        ),
        Value::File(found) => file::write(found),
        Value::Location { latitude, longitude } => Json::Object(
            [("latitude".to_owned(), write_decimal(*latitude)), ("longitude".to_owned(), write_decimal(*longitude))].into_iter().collect(),
        ),
        Value::List(items) => Json::Array(items.iter().map(write).collect()),
        Value::Record(fields) => Json::Object(fields.iter().map(|(name, value)| (name.clone(), write(value))).collect()),
    }
}

/// The value of this type that the JSON holds, or what was expected instead.
pub(super) fn read(json: &Json, of: &Type) -> Result<Value, String> {
    if json.is_null() && (of.optional || matches!(of.kind, Kind::Any | Kind::None)) {
        return Ok(Value::None);
    }
    let expected = |what: &str| Err(what.to_owned());
    let text = json.as_str();
    match &of.kind {
        Kind::Any => read_any(json),
        Kind::None => expected("nothing"),
        Kind::Boolean => json.as_bool().map(Value::Bool).ok_or_else(|| "true or false".to_owned()),
        Kind::Integer => read_integer(json).map(Value::Integer).ok_or_else(|| "a whole number".to_owned()),
        Kind::Decimal => read_decimal(json).map(Value::Decimal).ok_or_else(|| "a number".to_owned()),
        Kind::Money => read_money(json).ok_or_else(|| "an amount of money".to_owned()),
        Kind::Text => text.map(|text| Value::Text(text.to_owned())).ok_or_else(|| "a text".to_owned()),
        Kind::Name => text.and_then(read_name).ok_or_else(|| "a person's name".to_owned()),
        Kind::Contact => read_contact(json).ok_or_else(|| "a phone number".to_owned()),
        Kind::File => file::read(json).map(Value::File).ok_or_else(|| "a file: where it is, name, kind and size".to_owned()),
        Kind::Location => read_location(json).ok_or_else(|| "a location: latitude and longitude".to_owned()),
        Kind::Date => text.and_then(read_date).map(Value::Date).ok_or_else(|| "a date such as 2026-11-24".to_owned()),
        Kind::Clock => text.and_then(|text| text.parse().ok()).map(Value::Clock).ok_or_else(|| "a time such as 10:00".to_owned()),
        Kind::DateTime => text.and_then(read_moment).map(Value::Time).ok_or_else(|| "a moment such as 2026-11-24T10:00:00Z".to_owned()),
        Kind::Duration => text.and_then(parse_duration).map(Value::Duration).ok_or_else(|| "a duration such as 1h30m".to_owned()),
        Kind::OneOf(options) => match text.filter(|text| options.iter().any(|(id, _)| id == text)) {
            Some(id) => Ok(Value::Text(id.to_owned())),
            None => Err(format!("one of {}", options.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", "))),
        },
        Kind::List(item) => match json {
            Json::Array(items) => {
                let read_item = |(at, json)| read(json, item).map_err(|expected| inside(&format!("[{at}]"), &expected));
                items.iter().enumerate().map(read_item).collect::<Result<_, _>>().map(Value::List)
            }
            _ => expected("a list"),
        },
        Kind::Record(fields) => match json {
            Json::Object(entries) => {
                let read_field = |(name, of): (&String, &Type)| {
                    let json = entries.get(name).unwrap_or(&Json::Null);
                    read(json, of).map(|value| (name.clone(), value)).map_err(|expected| inside(name, &expected))
                };
                fields.iter().map(read_field).collect::<Result<BTreeMap<_, _>, _>>().map(Value::Record)
            }
            _ => expected("a record"),
        },
    }
}

/// `a whole number` in field `a` of field `b` → `a whole number at b.a`.
fn inside(place: &str, expected: &str) -> String {
    match expected.rsplit_once(" at ").filter(|(_, rest)| !rest.contains(' ')) {
        Some((what, rest)) if rest.starts_with('[') => format!("{what} at {place}{rest}"),
        Some((what, rest)) => format!("{what} at {place}.{rest}"),
        None => format!("{expected} at {place}"),
    }
}

fn write_decimal(number: Decimal) -> Json {
    let number = number.normalize();
    if number.is_integer()
        && let Some(whole) = number.to_i64()
    {
        return Json::from(whole);
    }
    // Through its digits: the nearest binary number prints back as the same decimal, arithmetic conversion might not.
    number.to_string().parse().ok().and_then(Number::from_f64).map_or(Json::Null, Json::Number)
}

fn read_any(json: &Json) -> Result<Value, String> {
    Ok(match json {
        Json::Null => Value::None,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Decimal(read_decimal(json).ok_or_else(|| "a number of ordinary size".to_owned())?),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(read_any).collect::<Result<_, _>>()?),
        Json::Object(entries) => {
            let read_entry = |(name, json): (&String, &Json)| Ok::<_, String>((name.clone(), read_any(json)?));
            Value::Record(entries.iter().map(read_entry).collect::<Result<_, _>>()?)
        }
    })
}

/// A whole number; some servers write `1.0`.
fn read_integer(json: &Json) -> Option<i64> {
    let Json::Number(number) = json else { return None };
    number.as_i64().or_else(|| read_digits(&number.to_string()).filter(Decimal::is_integer)?.to_i64())
}

/// A number, or its digits as a text, as many servers write decimals.
fn read_decimal(json: &Json) -> Option<Decimal> {
    match json {
        Json::Number(number) => read_digits(&number.to_string()),
        Json::String(text) => read_digits(text.trim()),
        _ => None,
    }
}

fn read_digits(digits: &str) -> Option<Decimal> {
    Decimal::from_str(digits).or_else(|_| Decimal::from_scientific(digits)).ok()
}

fn read_money(json: &Json) -> Option<Value> {
    let (amount, currency) = match json {
        Json::Object(entries) => (read_decimal(entries.get("amount")?)?, entries.get("currency")?.as_str()?),
        bare => (read_decimal(bare)?, ""),
    };
    Some(Value::Money { amount, currency: currency.to_owned() })
}

/// Last name, first name, the rest: the order in which a name is printed.
fn read_name(text: &str) -> Option<Value> {
    let mut words = text.split_whitespace();
    let last = words.next()?.to_owned();
    let first = words.next().unwrap_or_default().to_owned();
    let middle = Some(words.collect::<Vec<_>>().join(" ")).filter(|middle| !middle.is_empty());
    Some(Value::Name(Name { text: text.split_whitespace().collect::<Vec<_>>().join(" "), last, first, middle }))
}

fn read_contact(json: &Json) -> Option<Value> {
    let (number, verified) = match json {
        Json::Object(entries) => (entries.get("number")?.as_str()?, entries.get("verified")?.as_bool()?),
        bare => (bare.as_str()?, false),
    };
    Some(Value::Contact { number: number.to_owned(), verified })
}

fn read_location(json: &Json) -> Option<Value> {
    let degrees = |key: &str| json.get(key).and_then(read_decimal);
    Some(Value::Location { latitude: degrees("latitude")?, longitude: degrees("longitude")? })
}

/// A date, or the date of a moment as it is written.
fn read_date(text: &str) -> Option<civil::Date> {
    let written = text.get(..10).filter(|_| text[10..].is_empty() || text[10..].starts_with(['T', ' ']));
    let date = written?.parse().ok()?;
    (text.len() == 10 || text.parse::<civil::DateTime>().is_ok()).then_some(date)
}

/// RFC 3339; without a zone it is UTC.
fn read_moment(text: &str) -> Option<Time> {
    let timestamp = match text.parse::<Timestamp>() {
        Ok(timestamp) => timestamp,
        Err(_) if text.len() > 10 => text.parse::<civil::DateTime>().ok()?.to_zoned(tz::TimeZone::UTC).ok()?.timestamp(),
        Err(_) => return None,
    };
    Some(Time(timestamp.as_millisecond()))
}
