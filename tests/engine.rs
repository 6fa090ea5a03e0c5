//! Properties of the one function: the same arguments make the same turn, writing the record out and reading it back changes nothing,
//! it never panics and always ends, whatever happens in whatever order.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/shipped.rs"]
mod shipped;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use cases::cases;
use proptest::prelude::*;
use usher::engine::{
    Act, CardRef, EffectId, EffectKind, Event, EventId, EventKind, Keyboard, MessageRef, Press, Receipt, Receipted, Record, RecordId,
    RequestId, Turn, Visitor, Wording, step,
};
use usher::expr::Time;
use usher::flow::Library;
use usher::operation::Answer;

/// Something that may happen; numbers choose among what is possible then.
#[derive(Debug, Clone)]
enum Happening {
    Writes(String),
    Presses(usize),
    PressesTwice(usize),
    Forges(String),
    Shares { own: bool, forwarded: bool },
    Sticker,
    Edits(usize, String),
    Leaves,
    Returns,
    Answers(usize, Answer),
    TimePasses(i64),
    Delivered(usize, u8),
    Repeats,
}

fn happening() -> impl Strategy<Value = Happening> {
    let words = prop::sample::select(vec![
        "/start",
        "/code",
        "/menu",
        "/profile",
        "/access",
        "/language",
        "/cancel",
        "/back",
        "/help",
        "/status",
        "/restart",
        "/nothing",
        "Иванов Иван Иванович",
        "О'Нил <3 & Ко",
        "{{ settings.site }}",
        "ivanov@example.com",
        "ivanov@",
        "+79000000001",
        "Зарегистрироваться",
        "Согласен",
        "1",
        "2",
        "Всё верно",
        "Изменить",
        "Да",
        "",
        " ",
        "\u{202e}",
        "Продолжить",
        "Начать заново",
        "Русский",
        "English",
    ]);
    let answer = prop_oneof![
        Just(ok(
            r#"[{"id":1,"name":"Руководитель отдела","code":"POS_HEAD","attribute":"HEAD","is_active":true},{"id":3,"name":"Ассистент","code":"POS_AS","attribute":"ASSISTANT","is_active":true}]"#
        )),
        Just(ok("[]")),
        Just(ok(r#"{"id":42,"user_id":7,"activation_code":"TEST-CODE-0001"}"#)),
        Just(ok(r#"{"id":42,"user_id":null,"activation_code":null}"#)),
        Just(ok(r#"{"activation_code":"TEST-CODE-0002","expires_at":"2026-11-25T07:00:00Z"}"#)),
        Just(ok(r#"[{"id":42,"user_id":7}]"#)),
        Just(ok(r#"{"state":"issued"}"#)),
        Just(replied(409, r#"{"detail":{"code":"staff_duplicate","field":"phone","staff_id":42}}"#)),
        Just(replied(400, r#"{"detail":"User with email X already exists."}"#)),
        Just(replied(404, r#"{"detail":"Position with ID 1 not found"}"#)),
        Just(replied(
            422,
            r#"{"detail":[{"type":"value_error","loc":["body","email"],"msg":"value is not a valid email address","input":"x"}]}"#
        )),
        Just(replied(500, "Internal Server Error")),
        Just(replied(401, "{}")),
        Just(Answer::NothingSent { why: "connection refused".into() }),
        Just(Answer::Unanswered { why: "timed out".into() }),
        (100_u16..600, ".{0,40}").prop_map(|(status, body)| replied(status, &body)),
    ];
    prop_oneof![
        6 => words.prop_map(|text| Happening::Writes(text.to_owned())),
        1 => ".{0,60}".prop_map(Happening::Writes),
        8 => (0_usize..40).prop_map(Happening::Presses),
        1 => (0_usize..40).prop_map(Happening::PressesTwice),
        1 => "[a-zA-Z0-9.]{0,20}".prop_map(Happening::Forges),
        3 => (any::<bool>(), any::<bool>()).prop_map(|(own, forwarded)| Happening::Shares { own, forwarded }),
        1 => Just(Happening::Sticker),
        1 => (0_usize..6, "[А-я ]{0,20}").prop_map(|(at, text)| Happening::Edits(at, text)),
        1 => Just(Happening::Leaves),
        1 => Just(Happening::Returns),
        8 => (0_usize..4, answer).prop_map(|(at, answer)| Happening::Answers(at, answer)),
        3 => prop::sample::select(vec![1_000, 60_000, 3_600_000, 90_000_000, 800_000_000]).prop_map(Happening::TimePasses),
        3 => (0_usize..6, 0_u8..4).prop_map(|(at, how)| Happening::Delivered(at, how)),
        1 => Just(Happening::Repeats),
    ]
}

fn ok(body: &str) -> Answer {
    replied(200, body)
}

fn replied(status: u16, body: &str) -> Answer {
    Answer::Replied { status, retry_after: None, body: body.to_owned() }
}

fn library(profile: &str) -> &'static Library {
    static EXTENDED: OnceLock<Library> = OnceLock::new();
    static COMPAT: OnceLock<Library> = OnceLock::new();
    let cell = if profile == "compat" { &COMPAT } else { &EXTENDED };
    cell.get_or_init(|| shipped::library(profile))
}

/// A person, what they see, and what is under way for them.
struct World {
    library: &'static Library,
    record: Record,
    now: i64,
    count: u64,
    tokens: Vec<String>,
    effects: BTreeSet<EffectId>,
    last: Option<Event>,
}

impl World {
    fn new(library: &'static Library) -> Self {
        let record = Record::new(RecordId::person("tg", "1001"));
        Self { library, record, now: 1_795_417_200_000, count: 0, tokens: Vec::new(), effects: BTreeSet::new(), last: None }
    }

    fn acts(act: Act) -> EventKind {
        let who = Visitor { first_name: "Иван <b>".into(), last_name: None, username: None, language: Some("ru".into()) };
        EventKind::Acted { who, act }
    }

    /// The event a happening is now; `None` if it cannot happen.
    fn event(&mut self, happening: Happening) -> Option<Event> {
        self.count += 1;
        let message = format!("m{}", self.count);
        let mut receipts = Vec::new();
        let token = |at: usize| self.tokens.iter().rev().nth(at).cloned();
        let kind = match happening {
            Happening::Writes(text) => Self::acts(Act::Wrote { text, message, forwarded: false }),
            Happening::Presses(at) | Happening::PressesTwice(at) => {
                Self::acts(Act::Pressed { token: token(at)?, press: message, message: Some("m0".into()) })
            }
            Happening::Forges(token) => Self::acts(Act::Pressed { token, press: message, message: None }),
            Happening::Shares { own, forwarded } => {
                Self::acts(Act::SharedContact { number: "79000000001".into(), own, forwarded, message })
            }
            Happening::Sticker => Self::acts(Act::SentOther { message }),
            Happening::Edits(back, text) => {
                Self::acts(Act::Edited { text, message: format!("m{}", self.count.saturating_sub(back as u64 + 1)) })
            }
            Happening::Leaves => Self::acts(Act::Left),
            Happening::Returns => Self::acts(Act::Returned),
            Happening::Answers(at, answer) => EventKind::Attempted { effect: self.record.pending_calls().nth(at)?.id, answer },
            Happening::TimePasses(millis) => {
                self.now += millis;
                EventKind::Woke
            }
            Happening::Delivered(at, how) => {
                let pending = self.record.outbox.iter().filter(|effect| effect.kind.is_for_channel()).nth(at)?;
                let result = match how {
                    0 => Receipted::Unreachable,
                    1 => Receipted::Refused("no".into()),
                    2 => Receipted::Ambiguous,
                    _ => Receipted::Done(Some(message)),
                };
                receipts.push(Receipt { effect: pending.id, result });
                EventKind::Settled
            }
            Happening::Repeats => return self.last.clone(),
        };
        self.now += 700;
        Some(Event {
            id: EventId(format!("tg/update/{}", self.count)),
            at: Time(self.now),
            seed: self.count.wrapping_mul(0x9e37_79b9),
            receipts,
            kind,
        })
    }

    fn take(&mut self, event: Event) -> Result<(), TestCaseError> {
        let turn = step(self.library, self.record.clone(), event.clone());
        let again = step(self.library, self.record.clone(), event.clone());
        prop_assert_eq!(&turn, &again, "the same arguments made another turn");
        let read_back: Record = serde_json::from_str(&serde_json::to_string(&self.record).unwrap()).unwrap();
        prop_assert_eq!(&read_back, &self.record, "writing the record out changed it");
        let stored: Record = postcard::from_bytes(&postcard::to_allocvec(&self.record).unwrap()).unwrap();
        prop_assert_eq!(&stored, &self.record, "the store's encoding changed the record");
        self.check(&turn)?;
        self.last = Some(event);
        self.record = turn.record;
        Ok(())
    }

    fn check(&mut self, turn: &Turn) -> Result<(), TestCaseError> {
        prop_assert_eq!(turn.record.version, self.record.version + 1);
        for effect in &turn.effects {
            let fresh = effect.id.version == turn.record.version;
            prop_assert!(!fresh || self.effects.insert(effect.id), "an effect's name was used twice");
            prop_assert!(
                !effect.kind.is_kept() || turn.record.outbox.contains(effect),
                "an effect is performed that the record does not hold"
            );
            let (EffectKind::Send(message) | EffectKind::Edit { message, .. } | EffectKind::Freeze { message, .. }) = &effect.kind else {
                continue;
            };
            prop_assert!(!message.html.trim().is_empty(), "an empty message");
            prop_assert!(!message.html.contains("Иван <b>"), "a name became markup");
            let Keyboard::Rows(rows) = &message.keyboard else { continue };
            for button in rows.iter().flatten() {
                prop_assert!(!button.label.is_empty());
                if let Press::Token(token) = &button.press {
                    prop_assert!(token.len() <= 64, "{token}");
                    self.tokens.push(token.clone());
                }
            }
        }
        let ids: BTreeSet<_> = turn.record.sessions.iter().map(|session| &session.id).collect();
        prop_assert_eq!(ids.len(), turn.record.sessions.len(), "two sessions have one name");
        prop_assert!(turn.record.sessions.iter().all(|session| !session.frames.is_empty()));
        prop_assert!(turn.record.front.as_ref().is_none_or(|front| turn.record.session(front).is_some()), "nobody is in front");
        let strips_ours = turn.effects.iter().filter_map(|effect| match &effect.kind {
            EffectKind::Strip { of: MessageRef::Ours(of) }
            | EffectKind::Freeze { of: MessageRef::Ours(of), .. }
            | EffectKind::Delete { of: MessageRef::Ours(of) } => Some(*of),
            _ => None,
        });
        for of in strips_ours {
            prop_assert!(self.effects.contains(&of), "a message is named that was never sent");
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(192), max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_every_turn_is_a_function_of_its_arguments(
        profile in prop::sample::select(vec!["extended", "compat"]),
        happenings in prop::collection::vec(happening(), 1..60),
    ) {
        let mut world = World::new(library(profile));
        for happening in happenings {
            let twice = matches!(happening, Happening::PressesTwice(_));
            let Some(event) = world.event(happening) else { continue };
            let before = world.record.clone();
            world.take(event.clone())?;
            if twice {
                let sessions = world.record.sessions.clone();
                let again = Event { id: EventId(format!("{}-again", event.id.0)), ..event };
                world.take(again)?;
                // A second press of the same button never answers anything: at most the present question is shown once more.
                prop_assert_eq!(sessions.len(), world.record.sessions.len());
            }
            let repeated = world.last.clone().unwrap();
            if matches!(repeated.kind, EventKind::Acted { .. }) {
                let after = world.record.clone();
                let turn = step(world.library, after.clone(), repeated);
                prop_assert_eq!(&turn.record.sessions, &after.sessions, "an event that was applied was applied again");
                prop_assert!(turn.effects.is_empty());
            }
            prop_assert!(world.record.version > before.version);
        }
    }
}

/// The text and the tokens of the last message that a turn sends.
fn last_message(turn: &Turn) -> Option<(String, Vec<String>)> {
    turn.effects.iter().rev().find_map(|effect| match &effect.kind {
        EffectKind::Send(message) => {
            let rows = if let Keyboard::Rows(rows) = &message.keyboard { rows.as_slice() } else { &[] };
            let tokens = rows.iter().flatten().filter_map(|button| match &button.press {
                Press::Token(token) => Some(token.clone()),
                Press::Url(_) | Press::Copy(_) => None,
            });
            Some((message.html.clone(), tokens.collect()))
        }
        _ => None,
    })
}

#[test]
fn a_code_that_may_have_arrived_is_offered_and_not_sent_again_unasked() {
    let mut world = World::new(library("extended"));
    let mut number = 0_u64;
    let mut play = |world: &mut World, kind: EventKind, receipts: Vec<Receipt>| {
        number += 1;
        let event = Event { id: EventId(format!("tg/update/{number}")), at: Time(world.now), seed: number, receipts, kind };
        let turn = step(world.library, world.record.clone(), event);
        world.record = turn.record.clone();
        turn
    };
    let wrote = |text: &str| World::acts(Act::Wrote { text: text.into(), message: "1".into(), forwarded: false });
    let press = |token: &str| World::acts(Act::Pressed { token: token.into(), press: "1".into(), message: Some("1".into()) });
    let first = |turn: &Turn| last_message(turn).unwrap().1[0].clone();
    let answer =
        |world: &World, body: &str| EventKind::Attempted { effect: world.record.pending_calls().next().unwrap().id, answer: ok(body) };

    let mut turn = play(&mut world, wrote("/start"), Vec::new());
    for _ in 0..2 {
        turn = play(&mut world, press(&first(&turn)), Vec::new());
    }
    play(&mut world, wrote("Иванов Иван Иванович"), Vec::new());
    let card = Act::SharedContact { number: "+79000000001".into(), own: true, forwarded: false, message: "1".into() };
    play(&mut world, World::acts(card), Vec::new());
    play(&mut world, wrote("ivanov@example.com"), Vec::new());
    let positions = answer(&world, r#"[{"id":1,"name":"Руководитель отдела","attribute":"HEAD","is_active":true}]"#);
    turn = play(&mut world, positions, Vec::new());
    for _ in 0..2 {
        turn = play(&mut world, press(&first(&turn)), Vec::new());
    }
    let nobody_else = answer(&world, r#"{"phone":false,"email":false}"#);
    play(&mut world, nobody_else, Vec::new());
    let created = answer(&world, r#"{"id":42,"user_id":7,"activation_code":"TEST-CODE-0001"}"#);
    turn = play(&mut world, created, Vec::new());
    let shown = play(&mut world, press(&first(&turn)), Vec::new());
    assert!(last_message(&shown).unwrap().0.contains("TEST-CODE-0001"));

    let code = shown.effects.iter().find(|effect| matches!(&effect.kind, EffectKind::Send(message) if message.secret)).unwrap().id;
    let lost = Receipt { effect: code, result: Receipted::Ambiguous };
    let offered = play(&mut world, EventKind::Settled, vec![lost]);
    let (text, tokens) = last_message(&offered).unwrap();
    assert!(text.starts_with("Связь прервалась") && !text.contains("TEST-CODE-0001"), "{text}");
    assert!(!world.record.outbox.iter().any(|effect| effect.id == code), "the code waits to be sent again");
    let again = play(&mut world, press(&tokens[0]), Vec::new());
    assert!(last_message(&again).unwrap().0.contains("TEST-CODE-0001"));
}

#[test]
fn a_copy_of_a_decided_card_loses_its_buttons_when_it_is_pressed() {
    let mut world = World::new(library("extended"));
    world.record.cards.push(CardRef {
        nonce: "abc".to_owned(),
        request: RequestId("tg:2/ABCDEF.1".to_owned()),
        message: EffectId { version: 1, index: 0 },
        starts: Vec::new(),
        late: Some(Wording([("ru".to_owned(), "Заявка уже обработана".to_owned())].into())),
    });
    let kind = World::acts(Act::Pressed { token: "d.abc.0".to_owned(), press: "1".to_owned(), message: Some("77".to_owned()) });
    let event = Event { id: EventId("tg/update/1".to_owned()), at: Time(world.now), seed: 1, receipts: Vec::new(), kind };
    let turn = step(world.library, world.record, event);
    let copy = MessageRef::Native("77".to_owned());
    assert!(turn.effects.iter().any(|effect| effect.kind == EffectKind::Strip { of: copy.clone() }));
    assert_eq!(last_message(&turn).unwrap().0, "Заявка уже обработана");
}
