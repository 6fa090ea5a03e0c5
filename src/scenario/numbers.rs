//! The numbers of sessions and requests as a test sees them: 1 for the first that is shown, 2 for the next. The real ones are drawn anew
//! whenever anything changes.

use crate::engine::{Keyboard, Message, Record, Stage};

/// The numbers shown so far, in order.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    shown: Vec<String>,
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
        text
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
