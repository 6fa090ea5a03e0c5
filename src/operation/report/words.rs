//! The words of a server made fit for people.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value as Json;

/// Characters of a message.
const MESSAGE_MAX: usize = 300;

/// Characters of a code or of a field's name.
const NAME_MAX: usize = 64;

/// Texts of a list that are read.
const TEXTS_MAX: usize = 20;

static TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"</?[A-Za-z][^<>]*>"));
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| pattern(r#"[^\s@<>"'(),;:]+@[^\s@<>"'(),;:]+"#));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\+?\d(?:[\s().-]{0,2}\d){6,}"));

/// One line without markup, control characters, addresses or long numbers; `None` if nothing is left.
pub(super) fn clean(text: &str) -> Option<String> {
    // What is far too long for a message is cut before it is looked at closely.
    let head: String = text.chars().take(MESSAGE_MAX * 10).map(|c| if is_invisible(c) { ' ' } else { c }).collect();
    let plain = TAG.replace_all(&head, " ");
    let masked = NUMBER.replace_all(&plain, "***");
    let masked = ADDRESS.replace_all(&masked, "***");
    let line = masked.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return None;
    }
    match line.char_indices().nth(MESSAGE_MAX) {
        Some((at, _)) => Some(format!("{}…", line[..at].trim_end())),
        None => Some(line),
    }
}

/// A code: a word or a number. A sentence is none.
pub(super) fn code_of(json: &Json) -> Option<String> {
    let code = match json {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    let is_word = |c: char| c.is_alphanumeric() || "_.:-/".contains(c);
    let fits = !code.is_empty() && code.chars().count() <= NAME_MAX && code.chars().all(is_word);
    // As many digits as a phone number has are no code.
    let digits = code.chars().filter(char::is_ascii_digit).count();
    (fits && digits < 10).then_some(code)
}

/// The name of a field, if it can be one.
pub(super) fn field_name(name: &str) -> Option<String> {
    let fits = !name.is_empty() && name.chars().count() <= NAME_MAX && !name.chars().any(|c| is_invisible(c) || "<>&@".contains(c));
    fits.then(|| name.to_owned())
}

/// A text, or the texts of a list.
pub(super) fn texts(json: &Json) -> Vec<&str> {
    match json {
        Json::String(text) => vec![text],
        Json::Array(items) => items.iter().filter_map(Json::as_str).take(TEXTS_MAX).collect(),
        _ => Vec::new(),
    }
}

/// Control characters, and those that are not seen and turn or split what is.
fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant of this file")
}
