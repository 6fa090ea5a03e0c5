//! Filters on texts.

use super::Call;
use crate::expr::Value;
use crate::expr::evaluate::Fault;
use crate::expr::tree::Filter;

/// The value of a filter that takes a text.
pub(super) fn compute(call: &Call<'_>, input: &Value) -> Result<Value, Fault> {
    let Some(text) = input.as_text() else { return Err(call.wrong("a text", input)) };
    call.run.spend(text.len() / 64, call.node.span)?;
    let made = match call.filter {
        Filter::Upper => text.to_uppercase(),
        Filter::Lower => text.to_lowercase(),
        Filter::Title => title(text),
        Filter::Trim => text.trim().to_owned(),
        Filter::Mask => mask(text),
        Filter::Truncate => truncate(call, text)?,
        Filter::Replace => return replace(call, text),
        _ => {
            let words = text.split_whitespace().map(|word| Value::Text(word.to_owned())).collect::<Vec<_>>();
            call.run.spend(words.len(), call.node.span)?;
            return Ok(Value::List(words));
        }
    };
    call.run.text(made, call.node.span)
}

/// «иванов-петров иван» → «Иванов-Петров Иван»
fn title(text: &str) -> String {
    let mut inside = false;
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if inside {
            out.extend(letter.to_lowercase());
        } else {
            out.extend(letter.to_uppercase());
        }
        inside = letter.is_alphanumeric() || (inside && matches!(letter, '\'' | '’'));
    }
    out
}

/// At most `n` characters, the last of them an ellipsis if something was left out.
fn truncate(call: &Call<'_>, text: &str) -> Result<String, Fault> {
    let limit = call.whole(0)?.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0);
    let limit = limit.ok_or_else(|| call.fault("`truncate` takes a number of characters above zero"))?;
    if text.chars().count() <= limit {
        return Ok(text.to_owned());
    }
    let mut short: String = text.chars().take(limit - 1).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    Ok(short)
}

/// The length is known before the text is made: replacing can make it as long as one likes.
fn replace(call: &Call<'_>, text: &str) -> Result<Value, Fault> {
    let (from, to) = (call.text(0)?, call.text(1)?);
    if from.is_empty() {
        return Err(call.fault("`replace` needs something to look for"));
    }
    let found = text.matches(from.as_str()).count();
    let length = (text.len() - found * from.len()).saturating_add(found.saturating_mul(to.len()));
    if length > crate::expr::evaluate::MAX_TEXT {
        return Err(call.fault("this text is too long"));
    }
    call.run.text(text.replace(from.as_str(), &to), call.node.span)
}

/// Enough to recognise what one knows, too little to learn it: `+7***67`, `i***@example.com`, «И*** П***».
fn mask(text: &str) -> String {
    let digits = text.strip_prefix('+').filter(|rest| rest.len() >= 7 && rest.bytes().all(|byte| byte.is_ascii_digit()));
    if let Some(digits) = digits {
        return format!("+{}***{}", &digits[..1], &digits[digits.len() - 2..]);
    }
    let hidden = |word: &str| word.chars().take(1).chain("***".chars()).collect::<String>();
    match text.rsplit_once('@') {
        Some((account, host)) if !account.is_empty() && !text.contains(char::is_whitespace) => format!("{}@{host}", hidden(account)),
        _ => text.split_whitespace().map(hidden).collect::<Vec<_>>().join(" "),
    }
}
