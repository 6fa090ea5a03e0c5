//! The numbers of sessions and requests as a test sees them: 1 for the first that is shown, 2 for the next. The real ones are drawn anew
//! whenever anything changes.

use crate::engine::{Keyboard, Message, Record, Stage, is_token};

/// The numbers shown so far, in order.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    shown: Vec<String>,
    /// Tokens of invitations, which a test sees as `invitation-1`, `invitation-2`.
    tokens: Vec<String>,
}

impl Numbers {
    /// The message with the numbers that a test sees.
    pub fn of_tests<'r>(&mut self, message: &Message, records: impl Iterator<Item = &'r Record>) -> Message {
        let known: Vec<String> = records.flat_map(of_record).collect();
        let mut message = message.clone();
        message.html = self.in_text(&message.html, &known);
        if let Keyboard::Rows(rows) = &mut message.keyboard {
            for button in rows.iter_mut().flatten() {
                button.label = self.in_text(&button.label, &known);
            }
        }
        message
    }

    fn in_text(&mut self, text: &str, known: &[String]) -> String {
        let mut new: Vec<_> = known
            .iter()
            .filter(|number| !self.shown.contains(number))
            .filter_map(|number| Some((text.find(number.as_str())?, number)))
            .collect();
        new.sort();
        new.dedup();
        self.shown.extend(new.into_iter().map(|(_, number)| number.clone()));
        let mut text = text.to_owned();
        for (at, number) in (1..).zip(&self.shown) {
            text = text.replace(number.as_str(), &at.to_string());
        }
        self.with_tokens(&text)
    }

    fn with_tokens(&mut self, text: &str) -> String {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let new: Vec<_> =
            words.filter(|word| is_token(word) && !self.tokens.iter().any(|known| known == word)).map(str::to_owned).collect();
        self.tokens.extend(new);
        let each = (1..).zip(&self.tokens);
        each.fold(text.to_owned(), |text, (at, token)| text.replace(token.as_str(), &format!("invitation-{at}")))
    }

    /// What somebody writes, with the tokens that are meant, or the number: `№1` is the first that was shown.
    pub fn meant(&self, text: &str) -> String {
        let number = text.strip_prefix(['№', '#']).and_then(|at| self.shown.get(at.parse::<usize>().ok()?.checked_sub(1)?));
        if let Some(number) = number {
            return format!("№{number}");
        }
        let Some(token) =
            text.strip_prefix("/start invitation-").and_then(|number| self.tokens.get(number.parse::<usize>().ok()?.checked_sub(1)?))
        else {
            return text.to_owned();
        };
        format!("/start {token}")
    }
}

/// Every number that a record may show.
fn of_record(record: &Record) -> Vec<String> {
    let waiting = record.sessions.iter().flat_map(|session| &session.frames).filter_map(|frame| match &frame.stage {
        Stage::Deciding(deciding) => Some(deciding.number.clone()),
        _ => None,
    });
    let sessions = record.sessions.iter().map(|session| session.id.0.clone());
    waiting.chain(record.closed.iter().map(|closed| closed.number.clone())).chain(sessions).collect()
}
