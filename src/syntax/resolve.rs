//! What a plain scalar is, by the core schema of YAML 1.2.

use crate::syntax::Kind;

/// The kind of a scalar without quotes. Numbers with a leading zero (`017`, `007.5`) are texts: they are numbers of documents, of
/// rooms and of posts far more often than octal numbers.
pub fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => number(text).unwrap_or(Kind::Text),
    }
}

/// True for the words that YAML 1.1 reads as true or false and YAML 1.2 reads as texts.
pub fn is_ambiguous(text: &str) -> bool {
    matches!(text, "no" | "yes" | "on" | "off")
}

fn number(text: &str) -> Option<Kind> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(Kind::Float(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY })),
        ".nan" | ".NaN" | ".NAN" if unsigned.len() == text.len() => return Some(Kind::Float(f64::NAN)),
        _ => {}
    }
    let leading_zero = unsigned.len() > 1 && unsigned.starts_with('0') && unsigned.as_bytes()[1].is_ascii_digit();
    if leading_zero || !is_decimal(unsigned) {
        return None;
    }
    if let Ok(whole) = text.parse() {
        return Some(Kind::Integer(whole));
    }
    text.parse().ok().map(Kind::Float)
}

fn radix(digits: &str, base: u32) -> Option<Kind> {
    let all = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base));
    all.then(|| i64::from_str_radix(digits, base).ok()).flatten().map(Kind::Integer)
}

/// `[0-9]+ ( . [0-9]* )? ( e [-+]? [0-9]+ )?`, or the same beginning with the point.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some = !whole.is_empty() || !fraction.is_empty();
    some && digits(whole) && digits(fraction) && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for (text, kind) in [
            ("", Kind::Null),
            ("~", Kind::Null),
            ("null", Kind::Null),
            ("true", Kind::Bool(true)),
            ("False", Kind::Bool(false)),
            ("42", Kind::Integer(42)),
            ("-7", Kind::Integer(-7)),
            ("+79000000001", Kind::Integer(79_000_000_001)),
            ("0x1F", Kind::Integer(31)),
            ("0o17", Kind::Integer(15)),
            ("1.5", Kind::Float(1.5)),
            (".5", Kind::Float(0.5)),
            ("1e3", Kind::Float(1000.0)),
            ("99999999999999999999", Kind::Float(1e20)),
            ("0", Kind::Integer(0)),
            ("0.5", Kind::Float(0.5)),
        ] {
            assert_eq!(plain(text), kind, "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_number_elsewhere_is_a_text() {
        for text in [
            "017",
            "1_000",
            "no",
            "yes",
            "on",
            "off",
            "10:00",
            "2026-11-23",
            "1.2.3",
            "-",
            "+",
            ".",
            "e5",
            "0x",
            "0o9",
            "1e",
            "01.5",
            "--1",
            "+-1",
        ] {
            assert_eq!(plain(text), Kind::Text, "{text}");
        }
    }
}
