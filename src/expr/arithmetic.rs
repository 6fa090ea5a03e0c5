//! Arithmetic that never wraps: whole numbers stay whole where they can, everything else is decimal.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::expr::Value;
use crate::expr::compare::number;
use crate::expr::tree::Operator;

/// `left operator right`; otherwise what went wrong, in words.
pub(super) fn compute(operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
    if let (Value::Integer(left), Value::Integer(right)) = (left, right)
        && operator != Operator::Divide
    {
        return whole(operator, *left, *right);
    }
    match (number(left), number(right)) {
        (Some(left), Some(right)) => fractional(operator, left, right).map(Value::Decimal),
        _ => Err(format!("`{}` takes two numbers, not {} and {}", operator.sign(), left.describe(), right.describe())),
    }
}

/// The number with its sign turned.
pub(super) fn negate(value: &Value) -> Result<Value, String> {
    match value {
        Value::Integer(number) => number.checked_neg().map(Value::Integer).ok_or_else(too_large),
        Value::Decimal(number) => Ok(Value::Decimal(-number)),
        other => Err(format!("a minus takes a number, not {}", other.describe())),
    }
}

/// Rounded to `digits` behind the point, halves away from zero; whole without them.
pub(super) fn round(value: &Value, digits: i64) -> Result<Value, String> {
    let Some(number) = number(value) else { return Err(format!("`round` takes a number, not {}", value.describe())) };
    let digits = u32::try_from(digits).ok().filter(|digits| *digits <= 28);
    let digits = digits.ok_or_else(|| "`round` takes 0 to 28 digits".to_owned())?;
    let rounded = number.round_dp_with_strategy(digits, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    if digits > 0 { Ok(Value::Decimal(rounded)) } else { rounded.to_i64().map(Value::Integer).ok_or_else(too_large) }
}

/// The whole part of a number, or the whole number that a text says.
pub(super) fn int(value: &Value) -> Result<Value, String> {
    let whole = match value {
        Value::Integer(number) => Some(*number),
        Value::Decimal(number) => number.trunc().to_i64(),
        Value::Text(text) => {
            let digits = text.trim();
            return digits.parse().map(Value::Integer).map_err(|_| "this text is no whole number".to_owned());
        }
        other => return Err(format!("`int` takes a number or a text, not {}", other.describe())),
    };
    whole.map(Value::Integer).ok_or_else(too_large)
}

fn whole(operator: Operator, left: i64, right: i64) -> Result<Value, String> {
    if right == 0 && matches!(operator, Operator::DivideWhole | Operator::Remainder) {
        return Err("division by zero".to_owned());
    }
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::DivideWhole | Operator::Divide => {
            left.checked_div(right).map(|quotient| if left % right != 0 && (left < 0) != (right < 0) { quotient - 1 } else { quotient })
        }
        // The remainder has the sign of the divisor.
        Operator::Remainder => left.checked_rem(right).map(|rest| if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest }),
    };
    result.map(Value::Integer).ok_or_else(too_large)
}

fn fractional(operator: Operator, left: Decimal, right: Decimal) -> Result<Decimal, String> {
    if right.is_zero() && matches!(operator, Operator::Divide | Operator::DivideWhole | Operator::Remainder) {
        return Err("division by zero".to_owned());
    }
    let quotient = || left.checked_div(right).map(|quotient| quotient.floor());
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => left.checked_div(right),
        Operator::DivideWhole => quotient(),
        Operator::Remainder => left.checked_rem(right).and_then(|rest| {
            let turned = !rest.is_zero() && rest.is_sign_negative() != right.is_sign_negative();
            if turned { rest.checked_add(right) } else { Some(rest) }
        }),
    };
    result.map(|number| number.normalize()).ok_or_else(too_large)
}

fn too_large() -> String {
    "the result is too large".to_owned()
}
