//! Which values can be compared, and how they compare.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::expr::Value;

/// A value as a number.
pub(super) fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Integer(number) => Some((*number).into()),
        Value::Decimal(number) => Some(*number),
        _ => None,
    }
}

/// True if the two are the same; `None` if they are of kinds that never are. None equals none and nothing else.
pub(super) fn same(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::None, other) | (other, Value::None) => Some(other.is_none()),
        (Value::Bool(left), Value::Bool(right)) => Some(left == right),
        (Value::List(left), Value::List(right)) => {
            Some(left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right) == Some(true)))
        }
        (Value::Record(left), Value::Record(right)) => Some(
            left.len() == right.len()
                && left.iter().zip(right).all(|((name, left), (other, right))| name == other && same(left, right) == Some(true)),
        ),
        (Value::Money { amount, currency }, Value::Money { amount: other, currency: theirs }) => {
            Some(amount == other && currency == theirs)
        }
        _ => match (left.as_text(), right.as_text()) {
            (Some(left), Some(right)) => Some(left == right),
            _ => order(left, right).map(Ordering::is_eq),
        },
    }
}

/// Which comes first; `None` if the two have no order. Texts have none.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::Clock(left), Value::Clock(right)) => Some(left.cmp(right)),
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(right)),
        (Value::Integer(left), Value::Integer(right)) | (Value::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
        (Value::Money { amount, currency }, Value::Money { amount: other, currency: theirs }) if currency == theirs => {
            Some(amount.cmp(other))
        }
        _ => Some(number(left)?.cmp(&number(right)?)),
    }
}

/// The order in which lists are sorted: what `<` knows, texts as in a dictionary, none last.
pub(super) fn sorting(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::None, _) | (_, Value::None) => Some(left.is_none().cmp(&right.is_none())),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        _ => match (left.as_text(), right.as_text()) {
            (Some(left), Some(right)) => Some(letters(left).cmp(letters(right)).then_with(|| left.cmp(right))),
            _ => order(left, right),
        },
    }
}

/// Letters without case, «ё» as «е».
fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ё' { 'е' } else { letter })
}
