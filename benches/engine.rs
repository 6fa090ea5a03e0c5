//! What a turn of the shipped registration costs, and what loading the shipped bot costs.
//!
//! `cargo bench --bench engine`. Compare within one run only; the targets are a median of 30 µs a turn and 50 ms a load.

#[path = "../tests/support/shipped.rs"]
mod shipped;

use divan::{Bencher, black_box};
use usher::diagnostic::Sources;
use usher::engine::{Act, EffectKind, Event, EventId, EventKind, Keyboard, Press, Record, RecordId, Turn, Visitor, step};
use usher::expr::Time;
use usher::flow::{Library, load};
use usher::operation::Answer;

fn main() {
    divan::main();
}

/// A registration played once; every turn is kept as the record before it and the event.
fn registration(library: &Library) -> Vec<(Record, Event)> {
    let mut play = Play { library, record: Record::new(RecordId::person("tg", "1001")), turns: Vec::new(), token: String::new() };
    play.write("/start");
    play.press();
    play.press();
    play.write("Иванов Иван Иванович");
    play.act(Act::SharedContact { number: "+79000000001".into(), own: true, forwarded: false, message: "5".into() });
    play.write("ivanov@example.com");
    play.answer(r#"[{"id":1,"name":"Руководитель отдела","code":"POS_HEAD","attribute":"HEAD","is_active":true},{"id":2,"name":"Фотограф","code":"POS_PH","attribute":"SPECIALIST","is_active":true}]"#);
    play.press();
    play.press();
    play.answer(r#"{"id":42,"user_id":7,"activation_code":"TEST-CODE-0001"}"#);
    play.press();
    play.turns
}

struct Play<'a> {
    library: &'a Library,
    record: Record,
    turns: Vec<(Record, Event)>,
    token: String,
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
        let event = Event { id: EventId(format!("tg/update/{n}")), at: Time(1_795_417_200_000), seed: n, receipts: Vec::new(), kind };
        let Turn { record, effects, .. } = step(self.library, self.record.clone(), event.clone());
        self.turns.push((std::mem::replace(&mut self.record, record), event));
        for effect in effects {
            let EffectKind::Send(message) = effect.kind else { continue };
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

/// One pass over all turns of a registration: divide by their number.
#[divan::bench]
fn eleven_turns_of_registration(bencher: Bencher<'_, '_>) {
    let library = shipped::library("extended");
    let turns = registration(&library);
    assert_eq!(turns.len(), 11);
    bencher.with_inputs(|| turns.clone()).bench_values(|turns| {
        for (record, event) in turns {
            black_box(step(&library, record, event));
        }
    });
}

#[divan::bench]
fn load_the_shipped_bot(bencher: Bencher<'_, '_>) {
    let installation = shipped::installation("extended");
    let mut sources = Sources::default();
    for (path, text) in shipped::files() {
        sources.add(path, text);
    }
    bencher.bench(|| black_box(load(&sources, &installation)));
}
