//! Filters on dates, moments and durations.

use jiff::Span;

use super::Call;
use crate::expr::evaluate::Fault;
use crate::expr::{Value, format};

const DAY: i64 = 86_400_000;

/// `date`: the day of a moment in the zone.
pub(super) fn date(call: &Call<'_>, input: &Value) -> Result<Value, Fault> {
    match input {
        Value::Time(time) => Ok(Value::Date(format::civil(*time, call.run.context.zone).date())),
        Value::Date(day) => Ok(Value::Date(*day)),
        other => Err(call.wrong("a date or a moment", other)),
    }
}

/// `time`: the time of day of a moment in the zone.
pub(super) fn clock(call: &Call<'_>, input: &Value) -> Result<Value, Fault> {
    match input {
        Value::Time(time) => Ok(Value::Clock(format::civil(*time, call.run.context.zone).time())),
        Value::Clock(time) => Ok(Value::Clock(*time)),
        other => Err(call.wrong("a time or a moment", other)),
    }
}

/// `datetime`: day and time as people say them.
pub(super) fn moment(call: &Call<'_>, input: &Value) -> Result<Value, Fault> {
    let context = call.run.context;
    match input {
        Value::Time(time) => Ok(Value::Text(format::moment(*time, context.now, context.language, context.zone))),
        Value::Date(day) => Ok(Value::Text(format::date(*day, context.language))),
        other => Err(call.wrong("a date or a moment", other)),
    }
}

/// `ago`: how long before now; a duration is that long.
pub(super) fn ago(call: &Call<'_>, input: &Value) -> Result<Value, Fault> {
    let context = call.run.context;
    let millis = match input {
        Value::Time(time) => context.now.0.saturating_sub(time.0),
        Value::Duration(millis) => *millis,
        Value::Date(day) => {
            let today = format::civil(context.now, context.zone).date();
            let days = i64::from(day.until(today).map(|span| span.get_days()).unwrap_or_default());
            if days == 0 {
                let today = if context.language == "ru" { "сегодня" } else { "today" };
                return Ok(Value::Text(today.to_owned()));
            }
            days.saturating_mul(DAY)
        }
        other => return Err(call.wrong("a date, a moment or a duration", other)),
    };
    Ok(Value::Text(format::ago(millis, context.language)))
}

/// `plus` and `minus`: a moment moves by the duration, a date by its whole days.
pub(super) fn shift(call: &Call<'_>, input: &Value, sign: i64) -> Result<Value, Fault> {
    let by = match call.argument(0)?.as_deref() {
        Some(Value::Duration(millis)) => millis.saturating_mul(sign),
        other => {
            let got = other.map_or("nothing", Value::describe);
            return Err(call.fault(format!("`{}` takes a duration such as 24h, not {got}", call.filter.name())));
        }
    };
    match input {
        Value::Time(time) => Ok(Value::Time(time.plus(by))),
        Value::Date(day) => {
            let moved = Span::new().try_days(by / DAY).and_then(|days| day.checked_add(days));
            moved.map(Value::Date).map_err(|_| call.fault("the date is out of reach"))
        }
        other => Err(call.wrong("a date or a moment", other)),
    }
}
