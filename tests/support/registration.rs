//! A registration in the shipped bot, played against the engine alone, without the ERP and without a chat.

use usher::engine::{Act, EffectKind, Event, EventId, EventKind, Keyboard, Press, Record, RecordId, Turn, Visitor, step};
use usher::expr::Time;
use usher::flow::Library;
use usher::operation::Answer;

/// The code that the ERP answers with.
const CODE: &str = "TEST-CODE-0001";

/// A registration played once, all at this time, from `/start` to the code; every turn is kept as the record before it and the event.
pub fn registration(library: &Library, at: Time) -> Vec<(Record, Event)> {
    let record = Record::new(RecordId::person("tg", "1001"));
    let mut play = Play { library, at, record, turns: Vec::new(), token: String::new(), said: String::new() };
    play.write("/start");
    play.press();
    play.press();
    play.write("Иванов Иван Иванович");
    play.act(Act::SharedContact { number: "+79000000001".into(), own: true, forwarded: false, message: "5".into() });
    play.write("ivanov@example.com");
    play.answer(r#"[{"id":1,"name":"Руководитель отдела","code":"POS_HEAD","attribute":"HEAD","is_active":true},{"id":2,"name":"Фотограф","code":"POS_PH","attribute":"SPECIALIST","is_active":true}]"#);
    play.press();
    play.press();
    play.answer(r#"{"phone":false,"email":false}"#);
    play.answer(&format!(r#"{{"id":42,"user_id":7,"activation_code":"{CODE}"}}"#));
    play.press();
    assert!(play.said.contains(CODE), "the registration ended with: {}", play.said);
    play.turns
}

struct Play<'a> {
    library: &'a Library,
    at: Time,
    record: Record,
    turns: Vec<(Record, Event)>,
    /// What the first button under the last message with buttons carries.
    token: String,
    /// The last message.
    said: String,
}

impl Play<'_> {
    fn write(&mut self, text: &str) {
        self.act(Act::Wrote { text: text.into(), message: "1".into(), forwarded: false });
    }

    fn press(&mut self) {
        self.act(Act::Pressed { token: self.token.clone(), press: "1".into(), message: Some("1".into()) });
    }

    fn act(&mut self, act: Act) {
        let who = Visitor { first_name: "Иван".into(), last_name: None, username: None, language: Some("ru".into()) };
        self.happen(EventKind::Acted { who, act });
    }

    fn answer(&mut self, body: &str) {
        let effect = self.record.pending_calls().next().expect("a call is under way").id;
        self.happen(EventKind::Attempted { effect, answer: Answer::Replied { status: 200, retry_after: None, body: body.into() } });
    }

    fn happen(&mut self, kind: EventKind) {
        let n = self.turns.len() as u64;
        let event = Event { id: EventId(format!("tg/update/{n}")), at: self.at, seed: n, receipts: Vec::new(), kind };
        let Turn { record, effects, .. } = step(self.library, self.record.clone(), event.clone());
        self.turns.push((std::mem::replace(&mut self.record, record), event));
        for effect in effects {
            let EffectKind::Send(message) = effect.kind else { continue };
            self.said = message.html;
            let Keyboard::Rows(rows) = message.keyboard else { continue };
            let token = rows.into_iter().flatten().find_map(|button| match button.press {
                Press::Token(token) => Some(token),
                _ => None,
            });
            self.token = token.unwrap_or_default();
        }
        // Nothing is awaited of the channel here: messages count as delivered.
        self.record.outbox.retain(|effect| !effect.kind.is_for_channel());
    }
}
