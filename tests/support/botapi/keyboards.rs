//! Keyboards, and what Telegram refuses in them.

use serde_json::Value;

use super::methods::Refusal;

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What is on it.
    pub label: String,
    /// What it does.
    pub does: Does,
}

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// Comes back to the bot with these data.
    Data(String),
    /// Opens an address.
    Url(String),
    /// Copies a text.
    Copy(String),
    /// Of a keyboard in place of the letters: shares the own number.
    ShareContact,
    /// Of a keyboard in place of the letters: says its label.
    Say,
}

/// What a message brings along.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Markup {
    #[default]
    None,
    Inline(Vec<Vec<Key>>),
    Reply(Vec<Vec<Key>>),
    Remove,
}

/// Reads `reply_markup` for a chat of this kind.
pub(super) fn read(markup: Option<Value>, private: bool) -> Result<Markup, Refusal> {
    let Some(markup) = markup else { return Ok(Markup::None) };
    let Value::Object(markup) = markup else { return Err(Refusal::bad("object expected as reply markup")) };
    if markup.values().any(Value::is_null) {
        return Err(Refusal::bad("a field of the reply markup is null"));
    }
    if let Some(rows) = markup.get("inline_keyboard") {
        let rows = keys(rows, inline_key)?;
        // A keyboard without buttons is as good as none.
        return Ok(if rows.iter().all(Vec::is_empty) { Markup::None } else { Markup::Inline(rows) });
    }
    if let Some(rows) = markup.get("keyboard") {
        return Ok(Markup::Reply(keys(rows, |key| reply_key(key, private))?));
    }
    if markup.get("remove_keyboard") == Some(&Value::Bool(true)) {
        return Ok(Markup::Remove);
    }
    Err(Refusal::bad("can't parse reply keyboard markup JSON object"))
}

fn keys(rows: &Value, key: impl Fn(&Value) -> Result<Key, Refusal>) -> Result<Vec<Vec<Key>>, Refusal> {
    let rows = rows.as_array().ok_or_else(|| Refusal::bad("field \"inline_keyboard\" must be of type Array"))?;
    let read: Vec<Vec<Key>> = rows
        .iter()
        .map(|row| row.as_array().ok_or_else(|| Refusal::bad("keyboard row must be of type Array"))?.iter().map(&key).collect())
        .collect::<Result<_, _>>()?;
    if read.iter().map(Vec::len).sum::<usize>() > 100 {
        return Err(Refusal::bad("reply markup is too long"));
    }
    Ok(read)
}

fn label(key: &Value) -> Result<String, Refusal> {
    match key.get("text").and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err(Refusal::bad("can't parse keyboard button: text must be non-empty")),
    }
}

fn inline_key(key: &Value) -> Result<Key, Refusal> {
    const ACTIONS: [&str; 10] = [
        "url",
        "callback_data",
        "copy_text",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "callback_game",
        "pay",
    ];
    let label = label(key)?;
    let fields = key.as_object().ok_or_else(|| Refusal::bad("can't parse inline keyboard button"))?;
    let actions: Vec<&String> = fields.keys().filter(|name| ACTIONS.contains(&name.as_str())).collect();
    if let Some(unknown) = fields.keys().find(|name| !ACTIONS.contains(&name.as_str()) && *name != "text") {
        return Err(Refusal::bad(&format!("unknown field \"{unknown}\" of a button")));
    }
    match actions.as_slice() {
        [] => Err(Refusal::bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")),
        [one] => Ok(Key { does: action(one, &fields[*one])?, label }),
        _ => Err(Refusal::bad("can't parse inline keyboard button: a button must have exactly one action")),
    }
}

fn action(name: &str, value: &Value) -> Result<Does, Refusal> {
    match name {
        "callback_data" => match value.as_str() {
            Some(data) if (1..=64).contains(&data.len()) => Ok(Does::Data(data.to_owned())),
            _ => Err(Refusal::bad("BUTTON_DATA_INVALID")),
        },
        "copy_text" => match value.get("text").and_then(Value::as_str) {
            Some(text) if (1..=256).contains(&text.encode_utf16().count()) => Ok(Does::Copy(text.to_owned())),
            _ => Err(Refusal::bad("BUTTON_COPY_TEXT_INVALID")),
        },
        "url" => {
            let url = value.as_str().unwrap_or_default();
            let good = reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "tg" | "ton"));
            if good {
                Ok(Does::Url(url.to_owned()))
            } else {
                Err(Refusal::bad(&format!("inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")))
            }
        }
        other => Err(Refusal::bad(&format!("buttons with {other} are not expected of this bot"))),
    }
}

fn reply_key(key: &Value, private: bool) -> Result<Key, Refusal> {
    if let Some(text) = key.as_str() {
        return Ok(Key { label: text.to_owned(), does: Does::Say });
    }
    let label = label(key)?;
    match key.get("request_contact") {
        Some(Value::Bool(true)) if !private => Err(Refusal::bad("phone number can be requested in private chats only")),
        Some(Value::Bool(true)) => Ok(Key { label, does: Does::ShareContact }),
        _ => Ok(Key { label, does: Does::Say }),
    }
}
