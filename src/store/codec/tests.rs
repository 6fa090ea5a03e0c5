//! The encoding of all that is stored, held against golden files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::civil;
use rust_decimal::Decimal;

use super::*;
use crate::engine::{
    Attached, Awaiting, Back, Board, Button, CallState, Calling, Card, CardAct, CardOption, CardRef, Checking, Closed, Counter, Decider,
    Deciding, Effect, EffectId, EffectKind, Fact, FactKind, Flood, Frame, Giver, Handing, Held, Hold, Invitation, Kept, KeptAnswer,
    Keyboard, Letter, Menu, Message, MessageRef, Notice, NoticeAct, NoticeButton, Occurrence, Offer, Person, Picking, Press, Prompt,
    PromptKind, Question, Record, RecordId, RequestId, Rewalk, Session, SessionId, Stage, Standing, Underway, Vote, Waiting, Wording,
    Writing,
};
use crate::expr::{Content, File, FileAt, Name, Shown, Time, Value};
use crate::flow::Version;
use crate::operation::{Answer, Request, RequestBody};

/// Holds the encoding of `value` against the golden file of today's format, which `USHER_BLESS=1` writes.
fn assert_golden<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(name: &str, value: &T) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}-v{FORMAT}.bin"));
    let encoded = encode(value).expect("every value has an encoding");
    if std::env::var_os("USHER_BLESS").is_some() {
        fs::write(&path, &encoded).expect("the golden file can be written");
    }
    let golden = fs::read(&path).expect("there is a golden file of this format; USHER_BLESS=1 makes it");
    assert_eq!(decode::<T>(&golden).as_ref(), Ok(value), "{name}-v{FORMAT} does not decode: stored data would be lost");
    assert!(
        encoded == golden,
        "the encoding of a {name} has changed: give codec::FORMAT the next number, keep a reader of the old one, \
         and make the golden file of the new with USHER_BLESS=1"
    );
}

#[test]
fn a_record_is_encoded_as_in_the_golden_file() {
    assert_golden("record", &record());
}

#[test]
fn a_records_other_prompt_is_encoded_as_in_the_golden_file() {
    let mut record = Record::new(RecordId::person("tg", "1002"));
    record.prompt = self::record().prompt.map(|prompt| Prompt { kind: PromptKind::Restart, ..prompt });
    assert_golden("record-restart", &record);
}

#[test]
fn a_record_with_files_is_encoded_as_in_the_golden_file() {
    let file = |at| File { at, name: "photo.jpg".to_owned(), kind: "image/jpeg".to_owned(), size: 190_000 };
    let sent = file(FileAt::Channel { channel: "tg".to_owned(), id: "AgACAgIAAxk".to_owned() });
    let beside = file(FileAt::Flows { path: "./photo.jpg".to_owned(), digest: "00ff".to_owned() });
    let made = file(FileAt::Here(Content(vec![1, 2, 3])));
    let mut record = Record::new(RecordId::person("tg", "1003"));
    record.person.fields = BTreeMap::from([
        ("file".to_owned(), Value::File(sent)),
        ("made".to_owned(), Value::File(made)),
        ("place".to_owned(), Value::Location { latitude: Decimal::new(5575, 2), longitude: Decimal::new(-375, 1) }),
    ]);
    let keyboard = Keyboard::Location { label: "Here".to_owned(), skip: None };
    let shown = Some(Box::new(Attached { file: beside, shown: Shown::Document }));
    let send = EffectKind::Send(Message { html: "?".to_owned(), keyboard, file: shown, ..Message::default() });
    record.outbox = vec![Effect { id: EffectId { version: 1, index: 0 }, kind: send }];
    assert_golden("record-files", &record);
}

/// What the first programs wrote, which ended where fields have been added since.
#[test]
fn what_was_encoded_before_fields_were_added_is_read() {
    let old =
        |name: &str| fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}-v1.bin"))).expect("a golden file");
    assert_eq!(decode::<Record>(&old("record")), Ok(before_fields_were_added()));
    assert!(decode::<Record>(&old("record-restart")).is_ok() && decode::<Record>(&old("record-files")).is_ok());
    let of_then = facts().into_iter().filter(|fact| !matches!(fact.kind, FactKind::Repeated { .. })).collect();
    assert_eq!(decode::<Vec<Fact>>(&old("facts")), Ok(of_then));
    assert!(decode::<Vec<(String, String)>>(&old("sources")).is_ok());
    assert_eq!(decode::<Record>(&[old("record").as_slice(), &[255; 40]].concat()), Err("it does not decode"));
}

/// The record of the golden file of the first format.
fn before_fields_were_added() -> Record {
    let (underway, invitation, erased) = (Vec::new(), None, false);
    let (kept, shown, places) = (Vec::new(), Vec::new(), Vec::new());
    let mut record =
        Record { underway, invitation, kept, shown, erased, places, flood: Flood::default(), back: None, menu: None, ..record() };
    let is_later = |effect: &Effect| match &effect.kind {
        EffectKind::Tell { letter, .. } => matches!(letter, Letter::Opened | Letter::Invited { .. } | Letter::Uninvited),
        _ => false,
    };
    record.outbox.retain(|effect| !is_later(effect));
    record
}

#[test]
fn facts_are_encoded_as_in_the_golden_file() {
    assert_golden("facts", &facts());
}

#[test]
fn sources_are_encoded_as_in_the_golden_file() {
    assert_golden("sources", &vec![("flows/hello.yaml".to_owned(), "flow: hello\n".to_owned()), (String::new(), "é".to_owned())]);
}

#[test]
fn what_is_no_encoding_is_refused() {
    let encoded = encode(&record()).expect("encoded");
    assert_eq!(decode::<Record>(&[]), Err("it does not decode"));
    assert_eq!(decode::<Record>(&[0]), Err("it does not decode"));
    assert_eq!(decode::<Record>(&[FORMAT + 1, 0]), Err("its encoding is of a later version of this program"));
    assert_eq!(decode::<Record>(&[encoded.as_slice(), &[0]].concat()), Err("it does not decode"));
    for length in 0..encoded.len() {
        assert!(decode::<Record>(&encoded[..length]).is_err(), "cut to {length} bytes");
    }
}

/// A record with every kind of everything a record can hold.
fn record() -> Record {
    let effect = EffectId { version: 300, index: 2 };
    Record {
        id: RecordId::person("tg", "1001"),
        version: 301,
        person: Person {
            first_name: "Анна".to_owned(),
            last_name: Some("Ким".to_owned()),
            username: None,
            language: Some("ru".to_owned()),
            language_chosen: true,
            timezone: Some("Asia/Omsk".to_owned()),
            fields: values(),
        },
        sessions: vec![session(effect)],
        front: Some(SessionId("K7M2QX".to_owned())),
        outbox: outbox(effect),
        sent: vec![(effect, "77".to_owned())],
        deletions: vec![(Time(1_700_000_000_000), MessageRef::Ours(effect)), (Time(-1), MessageRef::Native("78".to_owned()))],
        seen: vec![(u64::MAX, Time(1_700_000_000_001))],
        counters: vec![Counter { step: "hello.code".to_owned(), entered: vec![Time(5)] }],
        standing: vec![Standing {
            token: "t".to_owned(),
            flow: "hello".to_owned(),
            inputs: values(),
            once: true,
            made: Time(6),
            giver: Some(giver(effect)),
        }],
        cards: vec![card_ref(effect)],
        writing: Some(Writing { request: request(), option: 1, until: Time(13), picking: Some(picking(effect)) }),
        handing: vec![handing()],
        closed: vec![closed()],
        board: board(),
        underway: vec![underway()],
        invitation: Some(invitation()),
        kept: vec![kept()],
        shown: vec![(request(), vec![RecordId::person("tg", "9001")])],
        erased: true,
        places: vec![Time(22)],
        flood: Flood { rested: Time(23), told: Some(Time(24)), dropped: 25 },
        back: Some(Back { since: Time(26), at: Time(27) }),
        menu: Some(Menu { language: Some("ru".to_owned()), roles: vec!["hr".to_owned()] }),
        keyboard_shown: true,
        unreachable: false,
        prompt: Some(Prompt { nonce: "n".to_owned(), session: SessionId("K7M2QX".to_owned()), kind: PromptKind::Again, message: effect }),
        pressed: Some("t".to_owned()),
    }
}

fn values() -> BTreeMap<String, Value> {
    let name = Name { text: "Ким Анна".to_owned(), last: "Ким".to_owned(), first: "Анна".to_owned(), middle: None };
    let values = [
        Value::None,
        Value::Bool(true),
        Value::Integer(-300),
        Value::Decimal(Decimal::new(-12345, 2)),
        Value::Text("текст".to_owned()),
        Value::Date(civil::date(2024, 2, 29)),
        Value::Clock(civil::time(23, 59, 1, 0)),
        Value::Time(Time(1_700_000_000_002)),
        Value::Duration(90_000),
        Value::Name(name),
        Value::Contact { number: "+79001234567".to_owned(), verified: true },
        Value::Money { amount: Decimal::new(1999, 2), currency: "RUB".to_owned() },
        Value::List(vec![Value::None, Value::Integer(1)]),
        Value::Record(BTreeMap::from([("a".to_owned(), Value::Bool(false))])),
    ];
    values.into_iter().enumerate().map(|(at, value)| (format!("v{at}"), value)).collect()
}

fn session(effect: EffectId) -> Session {
    let stages = [
        Stage::Asking(question(effect)),
        Stage::Calling(Box::new(calling(effect, CallState::Trying))),
        Stage::Calling(Box::new(calling(effect, CallState::Pausing { until: Time(8) }))),
        Stage::Calling(Box::new(calling(effect, CallState::Looking))),
        Stage::Calling(Box::new(calling(effect, CallState::Doubting { until: Some(Time(9)) }))),
        Stage::Waiting(Time(10)),
        Stage::Running,
        Stage::Deciding(Box::new(deciding())),
        Stage::Awaiting,
    ];
    Session {
        id: SessionId("K7M2QX".to_owned()),
        version: Version("0123456789abcdef".to_owned()),
        started: Time(1),
        touched: Time(2),
        seed: 3,
        revision: 4,
        frames: stages.into_iter().map(|stage| frame(stage, effect)).collect(),
        held: false,
        silence: None,
    }
}

fn frame(stage: Stage, effect: EffectId) -> Frame {
    Frame {
        flow: "hello".to_owned(),
        inputs: values(),
        results: BTreeMap::from([("name".to_owned(), held())]),
        answered: vec!["name".to_owned()],
        at: "code".to_owned(),
        entered: Time(11),
        due: Some(Time(12)),
        stage,
        rewalk: Some(Rewalk {
            ask: vec!["code".to_owned()],
            aside: BTreeMap::from([("name".to_owned(), "\"1\"".to_owned())]),
            changed: vec!["name".to_owned()],
        }),
        said: Some("<b>!</b>".to_owned()),
        secrets: vec![effect],
        awaiting: Some(Awaiting { event: "erp.activated".to_owned(), matching: values() }),
    }
}

fn held() -> Held {
    Held {
        value: Value::Text("1".to_owned()),
        label: Some("One".to_owned()),
        key: Some("one".to_owned()),
        committed: true,
        message: Some("79".to_owned()),
    }
}

fn question(effect: EffectId) -> Question {
    Question {
        message: Some(effect),
        revision: 4,
        put: 2,
        failed: 1,
        offers: vec![Offer { key: "one".to_owned(), label: "One".to_owned(), item: Some(0) }],
        ticked: vec!["one".to_owned()],
        page: 1,
        search: Some("o".to_owned()),
        changing: true,
        rows: true,
        checking: Some(Box::new(Checking { answer: held(), check: 1, calling: calling(effect, CallState::Trying) })),
        reason: Some("taken".to_owned()),
    }
}

fn calling(effect: EffectId, state: CallState) -> Calling {
    Calling {
        effect,
        operation: "erp.create".to_owned(),
        inputs: values(),
        key: "k".to_owned(),
        first: Time(7),
        attempts: 2,
        lookups: 1,
        state,
        said: Some("busy".to_owned()),
        pages: vec![values()],
        fresh: true,
    }
}

fn request() -> RequestId {
    RequestId("tg:1001/K7M2QX.4".to_owned())
}

fn wording() -> Wording {
    Wording(vec![("ru".to_owned(), "Да".to_owned()), ("en".to_owned(), "Yes".to_owned())])
}

fn decider() -> Decider {
    Decider { id: RecordId::person("tg", "2001"), name: "Борис".to_owned() }
}

fn deciding() -> Deciding {
    Deciding {
        request: request(),
        number: "K7M2QX".to_owned(),
        follows: Some("A2B3C4".to_owned()),
        made: Time(14),
        card: wording(),
        asked: vec![RecordId::person("tg", "2001")],
        votes: vec![Vote { by: RecordId::person("tg", "2001"), option: 1 }],
        hold: Some(Hold { by: decider(), option: 1, until: Time(15) }),
        reminded: 1,
        remind: Some(Time(16)),
        escalate: Some(Time(17)),
    }
}

fn closed() -> Closed {
    Closed {
        request: request(),
        number: "K7M2QX".to_owned(),
        follows: None,
        at: Time(18),
        by: Some((decider(), "yes".to_owned())),
        verdict: wording(),
        late: wording(),
    }
}

fn kept() -> Kept {
    let answer = |value, label| KeptAnswer { flow: "hello".to_owned(), step: "code".to_owned(), value, label };
    Kept {
        session: SessionId("K7M2QX".to_owned()),
        flow: "hello".to_owned(),
        end: "completed".to_owned(),
        started: Time(19),
        ended: Time(20),
        until: Time(21),
        answers: vec![answer(Value::Integer(7), Some("Seven".to_owned())), answer(Value::Bool(true), None)],
    }
}

fn card_ref(message: EffectId) -> CardRef {
    let starts = vec![(2, "about".to_owned(), values())];
    CardRef { nonce: "N2M3K4".to_owned(), request: request(), message, starts, late: Some(wording()) }
}

fn picking(message: EffectId) -> Picking {
    let offers = vec![Offer { key: "3".to_owned(), label: "Red".to_owned(), item: Some(0) }];
    Picking { nonce: "N2M3K4".to_owned(), html: "Which?".to_owned(), message, offers, page: 1, search: Some("re".to_owned()) }
}

fn giver(message: EffectId) -> Giver {
    Giver { record: RecordId::person("tg", "2001"), message }
}

fn handing() -> Handing {
    let to = vec![RecordId::person("tg", "2001")];
    Handing { token: "b.N2M3K4".to_owned(), flow: "about".to_owned(), inputs: values(), to, made: Time(19), secret: true }
}

fn occurrence() -> Occurrence {
    Occurrence { id: "e1".to_owned(), event: "erp.activated".to_owned(), at: Time(22), fields: values() }
}

fn invitation() -> Invitation {
    let opened = vec![RecordId::person("tg", "1001")];
    Invitation { flow: "hello".to_owned(), inputs: values(), uses: 2, opened, expires: Time(26) }
}

fn underway() -> Underway {
    let (session, flow) = (SessionId("K7M2QX".to_owned()), "hello".to_owned());
    Underway { session, flow, began: Time(24), day: 25, at: Some("code".to_owned()), rested: vec!["name".to_owned(), "code".to_owned()] }
}

fn board() -> Board {
    let (record, session) = (RecordId::person("tg", "1001"), SessionId("K7M2QX".to_owned()));
    Board { posted: vec![occurrence()], waiting: vec![Waiting { record, session, matching: values(), until: Some(Time(23)) }] }
}

fn letters(effect: EffectId) -> Vec<Letter> {
    let button = |act| NoticeButton { label: wording(), act };
    let (flow, token) = ("about".to_owned(), "b.N2M3K4".to_owned());
    let acts = [
        NoticeAct::Url(wording()),
        NoticeAct::Copy(wording()),
        NoticeAct::Start { flow: flow.clone(), inputs: values() },
        NoticeAct::Once { token: token.clone() },
    ];
    let notice = Notice {
        once_per: Some(("hello.tell".to_owned(), 20)),
        html: wording(),
        protect: true,
        preview: true,
        delete_after: Some(21),
        buttons: acts.into_iter().map(button).collect(),
        file: None,
    };
    let acts = [CardAct::Decide, CardAct::Start { flow: flow.clone(), inputs: values() }, CardAct::Url(wording())];
    let options = (0..).zip(acts).map(|(option, act)| CardOption { option, label: wording(), act }).collect();
    vec![
        Letter::Notice(Box::new(notice)),
        Letter::Card(Box::new(Card { request: request(), html: wording(), options })),
        Letter::Closed { request: request(), card: wording(), late: wording() },
        Letter::Said(wording()),
        Letter::Denied,
        Letter::Write { request: request(), option: 1, html: wording(), offers: vec![("3".to_owned(), wording())] },
        Letter::Pressed { request: request(), option: 1, who: decider() },
        Letter::Written { request: request(), option: 1, text: "!".to_owned(), who: decider() },
        Letter::Withdrew { request: request() },
        Letter::Claimed { token: token.clone() },
        Letter::Handed { token: token.clone(), flow, inputs: values() },
        Letter::Gone { token },
        Letter::Occurred { occurrence: occurrence(), starts: true },
        Letter::Awaits { matching: values(), session: SessionId("K7M2QX".to_owned()), until: None },
        Letter::Asked { effect, operation: "usher.decide".to_owned(), inputs: values(), name: "Борис".to_owned() },
        Letter::Answered { effect, answer: Answer::Unanswered { why: "timeout".to_owned() }, done: Some(wording()) },
        Letter::Opened,
        Letter::Invited { flow: "hello".to_owned(), inputs: values() },
        Letter::Uninvited,
    ]
}

fn outbox(effect: EffectId) -> Vec<Effect> {
    let keyboards = [
        Keyboard::None,
        Keyboard::Rows(vec![vec![
            Button { label: "a".to_owned(), press: Press::Token("t".to_owned()) },
            Button { label: "b".to_owned(), press: Press::Url("https://example.org".to_owned()) },
            Button { label: "c".to_owned(), press: Press::Copy("c".to_owned()) },
        ]]),
        Keyboard::Contact { label: "Share".to_owned(), skip: Some("Skip".to_owned()) },
    ];
    let message = |keyboard| Message {
        html: "<b>Анна</b>".to_owned(),
        keyboard,
        protect: true,
        preview: false,
        secret: true,
        remove_keyboard: false,
        file: None,
    };
    let mut kinds: Vec<_> = keyboards.into_iter().map(|keyboard| EffectKind::Send(message(keyboard))).collect();
    let request = Request {
        connection: "erp".to_owned(),
        operation: "erp.create".to_owned(),
        method: "POST".to_owned(),
        target: "/staff?x=1".to_owned(),
        headers: vec![("Idempotency-Key".to_owned(), "k".to_owned())],
        body: Some(RequestBody { content_type: "application/json".to_owned(), text: "{}".to_owned() }),
        timeout: Some(5000),
        answer_max: Some(1 << 20),
        keep: Some(0),
    };
    kinds.extend([
        EffectKind::Edit { of: MessageRef::Ours(effect), message: message(Keyboard::None) },
        EffectKind::Strip { of: MessageRef::Native("80".to_owned()) },
        EffectKind::Delete { of: MessageRef::Ours(effect) },
        EffectKind::Call { request, repeatable: true },
        EffectKind::Acknowledge { press: "p".to_owned(), text: Some("ok".to_owned()) },
        EffectKind::ShowCommands { language: "ru".to_owned() },
    ]);
    kinds.extend(letters(effect).into_iter().map(|letter| EffectKind::Tell { to: RecordId::person("tg", "2001"), letter }));
    kinds.into_iter().zip(0..).map(|(kind, index)| Effect { id: EffectId { version: 301, index }, kind }).collect()
}

fn facts() -> Vec<Fact> {
    let text = |text: &str| text.to_owned();
    let kinds = [
        FactKind::Started { flow: text("hello") },
        FactKind::Reached { flow: text("hello"), step: text("name") },
        FactKind::Answered { flow: text("hello"), step: text("name") },
        FactKind::Called { operation: text("erp.create"), outcome: text("ok"), attempt: 2 },
        FactKind::Audited { name: text("code.shown") },
        FactKind::Ended { flow: text("hello"), end: text("done") },
        FactKind::Denied { flow: text("hello") },
        FactKind::Faulted { flow: text("hello"), step: text("name"), cause: text("no such field") },
        FactKind::Undelivered { why: text("blocked") },
        FactKind::Erased { act: 7 },
        FactKind::Administered { operation: text("usher.decide"), by: text("tg:1"), outcome: text("ok") },
        FactKind::Requested { flow: text("hello"), step: text("boss") },
        FactKind::Decided { flow: text("hello"), step: text("boss"), choice: text("yes"), by: text("tg:2001") },
        FactKind::Handed { flow: text("hello"), to: text("tg:2001") },
        FactKind::Repeated { message: EffectId { version: 3, index: 1 } },
    ];
    let fact = |(kind, at): (FactKind, i64)| Fact { at: Time(at), session: (at > 0).then(|| SessionId("K7M2QX".to_owned())), kind };
    kinds.into_iter().zip(0..).map(fact).collect()
}
