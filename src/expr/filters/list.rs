//! Filters on lists.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::Call;
use crate::expr::evaluate::{Fault, named};
use crate::expr::tree::{Filter, Operator};
use crate::expr::{Value, arithmetic, compare, format};

/// `first` and `last`: none of an empty list.
pub(super) fn end<'e>(call: &Call<'_>, input: Cow<'e, Value>) -> Result<Cow<'e, Value>, Fault> {
    let first = call.filter == Filter::First;
    match input {
        Cow::Borrowed(Value::List(items)) => {
            let item = if first { items.first() } else { items.last() };
            Ok(item.map_or(Cow::Owned(Value::None), Cow::Borrowed))
        }
        Cow::Owned(Value::List(mut items)) => {
            let item = if first && !items.is_empty() { Some(items.swap_remove(0)) } else { items.pop() };
            Ok(Cow::Owned(item.unwrap_or_default()))
        }
        other => Err(call.wrong("a list", &other)),
    }
}

/// The value of a filter that takes a list.
pub(super) fn compute(call: &Call<'_>, input: &Value) -> Result<Value, Fault> {
    let Value::List(items) = input else { return Err(call.wrong("a list", input)) };
    call.run.spend(items.len(), call.node.span)?;
    match call.filter {
        Filter::Join => join(call, items),
        Filter::Sort => sort(call, items),
        Filter::Unique => unique(call, items),
        Filter::Sum => sum(call, items),
        Filter::Map => {
            let read = |item| field(call, item).map(Cow::into_owned);
            items.iter().map(read).collect::<Result<_, _>>().map(Value::List)
        }
        _ => select(call, items),
    }
}

fn join(call: &Call<'_>, items: &[Value]) -> Result<Value, Fault> {
    let context = call.run.context;
    let separator = call.text(0)?;
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(&separator);
        }
        let unprintable = || call.fault(format!("an item of {} is {} and cannot be printed", named(call.input), item.describe()));
        out.push_str(&format::printed(item, context.language, context.zone).ok_or_else(unprintable)?);
        if out.len() > crate::expr::evaluate::MAX_TEXT {
            return Err(call.fault("this text is too long"));
        }
    }
    call.run.text(out, call.node.span)
}

fn sort(call: &Call<'_>, items: &[Value]) -> Result<Value, Fault> {
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        keyed.push((if call.field().is_some() { field(call, item)? } else { Cow::Borrowed(item) }, item));
    }
    call.run.spend(items.len().saturating_mul(items.len().max(1).ilog2() as usize) / 8, call.node.span)?;
    // Kinds that have no order among themselves are found first: a sort must not be asked about them.
    let present = keyed.iter().map(|(key, _)| &**key).find(|key| !key.is_none());
    if let Some(first) = present
        && keyed.iter().any(|(key, _)| compare::sorting(first, key).is_none())
    {
        return Err(call.fault(format!("the items of {} have no order", named(call.input))));
    }
    keyed.sort_by(|left, right| compare::sorting(&left.0, &right.0).unwrap_or(Ordering::Equal));
    Ok(Value::List(keyed.into_iter().map(|(_, item)| item.clone()).collect()))
}

fn unique(call: &Call<'_>, items: &[Value]) -> Result<Value, Fault> {
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        call.run.spend(kept.len() / 8, call.node.span)?;
        if !kept.iter().any(|known| compare::same(known, item) == Some(true)) {
            kept.push(item.clone());
        }
    }
    Ok(Value::List(kept))
}

fn sum(call: &Call<'_>, items: &[Value]) -> Result<Value, Fault> {
    let mut total = Value::Integer(0);
    for item in items {
        if compare::number(item).is_none() {
            return Err(call.fault(format!("`sum` takes numbers; an item of {} is {}", named(call.input), item.describe())));
        }
        total = arithmetic::compute(Operator::Add, &total, item).map_err(|cause| call.fault(cause))?;
    }
    Ok(total)
}

fn select(call: &Call<'_>, items: &[Value]) -> Result<Value, Fault> {
    let wanted = call.argument(1)?.unwrap_or_default();
    let mut kept = Vec::new();
    for item in items {
        let value = field(call, item)?;
        let mismatch = || call.fault(format!("{} cannot be compared with {}", value.describe(), wanted.describe()));
        if compare::same(&value, &wanted).ok_or_else(mismatch)? {
            kept.push(item.clone());
        }
    }
    Ok(Value::List(kept))
}

fn field<'v>(call: &Call<'_>, item: &'v Value) -> Result<Cow<'v, Value>, Fault> {
    let name = call.field().unwrap_or_default();
    item.field(name).ok_or_else(|| call.fault(format!("an item of {} has no field \"{name}\"", named(call.input))))
}
