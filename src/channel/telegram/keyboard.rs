//! Buttons as the Bot API takes them.

use teloxide::types::{
    ButtonRequest, CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, KeyboardMarkup, KeyboardRemove, ReplyMarkup,
};

use crate::engine::{Button, Keyboard, Press};

/// The bytes that a button may carry.
const TOKEN: usize = 64;

/// The characters that a button may copy.
const COPIED: usize = 256;

/// The markup of a keyboard; none for no buttons. `Err` says why Telegram would refuse the message.
pub(super) fn markup(keyboard: &Keyboard) -> Result<Option<ReplyMarkup>, String> {
    match keyboard {
        Keyboard::None => Ok(None),
        Keyboard::Rows(rows) => Ok(inline(rows)?.map(ReplyMarkup::InlineKeyboard)),
        Keyboard::Contact { label, skip } => Ok(Some(shared(ButtonRequest::Contact, label, skip.as_deref()))),
        Keyboard::Location { label, skip } => Ok(Some(shared(ButtonRequest::Location, label, skip.as_deref()))),
    }
}

/// The markup that takes a shown contact keyboard away.
pub(super) fn removal() -> ReplyMarkup {
    ReplyMarkup::KeyboardRemove(KeyboardRemove::new())
}

fn inline(rows: &[Vec<Button>]) -> Result<Option<InlineKeyboardMarkup>, String> {
    let rows: Vec<Vec<_>> =
        rows.iter().filter(|row| !row.is_empty()).map(|row| row.iter().map(button).collect()).collect::<Result<_, _>>()?;
    Ok(if rows.is_empty() { None } else { Some(InlineKeyboardMarkup::new(rows)) })
}

fn button(button: &Button) -> Result<InlineKeyboardButton, String> {
    let label = button.label.as_str();
    if label.trim().is_empty() {
        return Err("a button has no label".to_owned());
    }
    match &button.press {
        Press::Token(token) if token.is_empty() || token.len() > TOKEN => Err("a button carries more than 64 bytes, or nothing".to_owned()),
        Press::Token(token) => Ok(InlineKeyboardButton::callback(label, token)),
        Press::Url(url) => Ok(InlineKeyboardButton::url(label, address(url).ok_or("the address of a button is not a URL")?)),
        Press::Copy(text) if text.is_empty() || text.encode_utf16().count() > COPIED => {
            Err("a button copies more than 256 characters, or nothing".to_owned())
        }
        Press::Copy(text) => Ok(InlineKeyboardButton::copy_text_button(label, CopyTextButton { text: text.clone() })),
    }
}

/// People write `t.me/bot` as readily as `https://t.me/bot`.
fn address(url: &str) -> Option<reqwest::Url> {
    match reqwest::Url::parse(url) {
        Err(_) if !url.contains("://") => reqwest::Url::parse(&format!("https://{url}")).ok(),
        parsed => parsed.ok(),
    }
}

/// A button that shares what is asked for.
fn shared(what: ButtonRequest, label: &str, skip: Option<&str>) -> ReplyMarkup {
    let share = vec![KeyboardButton::new(label).request(what)];
    let rows = std::iter::once(share).chain(skip.map(|label| vec![KeyboardButton::new(label)]));
    ReplyMarkup::Keyboard(KeyboardMarkup::new(rows).resize_keyboard().one_time_keyboard())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(press: Press) -> Keyboard {
        Keyboard::Rows(vec![vec![Button { label: "Да".to_owned(), press }]])
    }

    #[test]
    fn buttons_are_written_as_the_bot_api_wants_them() {
        let written = |press| serde_json::to_value(markup(&rows(press)).unwrap()).unwrap();
        assert_eq!(written(Press::Token("t1".into())), json!({"inline_keyboard": [[{"text": "Да", "callback_data": "t1"}]]}));
        assert_eq!(written(Press::Copy("код".into())), json!({"inline_keyboard": [[{"text": "Да", "copy_text": {"text": "код"}}]]}));
        assert_eq!(written(Press::Url("t.me/bot".into())), json!({"inline_keyboard": [[{"text": "Да", "url": "https://t.me/bot"}]]}));
    }

    #[test]
    fn the_contact_keyboard_is_small_and_goes_after_use() {
        let keyboard = Keyboard::Contact { label: "Мой номер".to_owned(), skip: Some("Пропустить".to_owned()) };
        assert_eq!(
            serde_json::to_value(markup(&keyboard).unwrap()).unwrap(),
            json!({"keyboard": [[{"text": "Мой номер", "request_contact": true}], [{"text": "Пропустить"}]],
                "resize_keyboard": true, "one_time_keyboard": true})
        );
        assert_eq!(serde_json::to_value(removal()).unwrap(), json!({"remove_keyboard": true}));
    }

    #[test]
    fn what_telegram_would_refuse_is_refused_here() {
        assert!(markup(&rows(Press::Token("я".repeat(33)))).is_err());
        assert!(markup(&rows(Press::Token("я".repeat(32)))).is_ok());
        assert!(markup(&rows(Press::Copy("к".repeat(257)))).is_err());
        assert!(markup(&rows(Press::Url("http://".into()))).is_err());
    }

    #[test]
    fn no_rows_are_no_keyboard() {
        assert_eq!(markup(&Keyboard::Rows(vec![vec![]])).unwrap(), None);
    }
}
