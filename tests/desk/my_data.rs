//! What somebody is given who asks what is kept of them: all of it, in their language, and no secret.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use usher::diagnostic::{Format, Sources, render};
use usher::engine::{
    Act, Closed, Event, EventId, EventKind, Fact, FactKind, Found, Inquiry, Invitation, Record, RecordId, RequestId, Search, Visitor,
    Wording, step,
};
use usher::expr::{Time, Value};
use usher::flow::{Installation, Known, Library, Role, load};
use usher::operation::Answer;

const BOT: &str = r"bot: Клуб
languages: [ru, en]
timezone: Europe/Moscow
person:
  nick: { type: text, title: Прозвище }
  level: { one_of: { new: новичок, old: старожил }, title: Уровень }
  agreed: { type: boolean, title: Согласие }
  pass: { holder: text, code: { type: text, secret: true } }
  pin: { type: text, title: Пин-код, secret: true }
";

const FLOWS: &str = r#"flows:
  form:
    title: Анкета
    start: { command: form, link: true }
    for: anyone
    inputs: { table: { type: integer, title: Столик, optional: true }, token: { type: text, secret: true, optional: true } }
    steps:
      drink: { title: Напиток, ask: Что будете пить?, choice: { tea: Чай, juice: Сок } }
      word: { title: Секрет, ask: Секрет?, secret: true }
      wish: { title: Пожелание, ask: Пожелание? }
      note: { ask: Ещё что-нибудь? }
      z: { end: completed }
  trip:
    title: Поездка
    start: { command: trip }
    for: anyone
    steps:
      where: { title: Куда, ask: Куда? }
      boss:
        approve: "<b>Поездка</b>: {{ where }}"
        by: boss
        tell: Спросил.
        choice: { yes: { label: Да, verdict: одобрена } }
        timeout: { after: 9d, end: late }
      z: { end: completed }
"#;

const ENGLISH: &str = r#"messages: en
bot:
  title: Club
  person: { nick.title: Nickname, level.title: Level, level.one_of: { new: newcomer, old: veteran } }
  roles: { boss: Management }
form:
  title: Form
  drink: { ask: "What will you drink?", title: Drink, choice: { tea: Tea, juice: Juice } }
  word: { ask: "Secret?", title: Secret }
  wish: { ask: "A wish?", title: Wish }
  note.ask: Anything else?
trip:
  title: Trip
  where: { ask: "Where to?", title: Where }
  boss: { approve: "<b>Trip</b>: {{ where }}", tell: Asked., choice.yes: "Yes", choice.yes.verdict: granted }
"#;

/// Nine in the morning of 1 March 2027 in Moscow.
const NOW: Time = Time(1_803_880_800_000);

fn library() -> Library {
    let mut sources = Sources::default();
    for (path, text) in [("bot", BOT), ("flows", FLOWS), ("messages/en", ENGLISH)] {
        sources.add(format!("flows/{path}.yaml"), text);
    }
    let boss = Role { title: "Начальство".to_owned(), people: vec!["tg:9".to_owned()], may: Vec::new() };
    let known = Known { name: Some("Ольга".to_owned()), language: None };
    let installation =
        Installation { roles: [("boss".to_owned(), boss)].into(), people: [("tg:8".to_owned(), known)].into(), ..Installation::default() };
    let loaded = load(&sources, &installation);
    let told = render(&sources, &loaded.findings, Format::Concise, false);
    assert_eq!(told, "", "the bot of this test has no mistakes");
    Library::new(loaded.project.unwrap(), installation)
}

/// Somebody who has filled one form, begun another and waits for a decision.
fn somebody(library: &Library, language: &str) -> Record {
    let mut record = Record::new(RecordId::person("tg", "1"));
    let person = &mut record.person;
    person.language = Some(language.to_owned());
    person.language_chosen = true;
    let text = |text: &str| Value::Text(text.to_owned());
    let pass = Value::Record([("holder", text("Анна")), ("code", text("hidden"))].map(|(name, value)| (name.to_owned(), value)).into());
    let name = text("Мышь <Серая>");
    person.fields = [("nick", name), ("level", text("old")), ("agreed", Value::Bool(true)), ("pin", text("0000")), ("pass", pass)]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
    let said = ["/form", "1", "hidden", "у окна", "нет", "/trip", "Тверь", "/form", "2", "hidden"];
    for (minute, text) in said.into_iter().enumerate() {
        let minute = i64::try_from(minute).unwrap();
        let who = Visitor { first_name: "Анна".to_owned(), username: Some("anna".to_owned()), ..Visitor::default() };
        let act = Act::Wrote { text: text.to_owned(), message: minute.to_string(), forwarded: false };
        let kind = EventKind::Acted { who, act };
        let (id, at, seed) = (EventId(minute.to_string()), NOW.plus(minute * 60_000), minute.unsigned_abs());
        record = step(library, record, Event { id, at, seed, receipts: Vec::new(), kind }).record;
    }
    let wording = |ru: &str, en: &str| Wording([("ru", ru), ("en", en)].map(|(code, text)| (code.to_owned(), text.to_owned())).into());
    record.closed.push(Closed {
        request: RequestId("tg:1/ABCDEF.1".to_owned()),
        number: "ABCDEF".to_owned(),
        follows: None,
        at: NOW.plus(540_000),
        by: None,
        verdict: wording("— одобрена: Ольга &amp; Ко", "— granted: Ольга &amp; Co"),
        late: wording("", ""),
    });
    record
}

fn invitation(by: &RecordId) -> Record {
    let mut record = Record::new(RecordId("system:invitation/tg/00".to_owned()));
    let inputs = [("table", Value::Integer(4)), ("token", Value::Text("hidden".to_owned()))];
    record.invitation = Some(Invitation {
        flow: "form".to_owned(),
        inputs: inputs.map(|(name, value)| (name.to_owned(), value)).into(),
        uses: 2,
        opened: vec![RecordId::person("tg", "2"), by.clone()],
        expires: NOW.plus(86_400_000),
    });
    record
}

fn facts() -> Vec<Fact> {
    let fact = |minute: i64, kind| Fact { at: NOW.plus(minute * 60_000), session: None, kind };
    let administered =
        |by: &str| FactKind::Administered { operation: "usher.set_person".to_owned(), by: by.to_owned(), outcome: "ok".to_owned() };
    vec![
        fact(9, administered("tg:7")),
        fact(8, administered("tg:8")),
        fact(7, administered("tg:9")),
        fact(0, FactKind::Started { flow: "form".to_owned() }),
    ]
}

/// The text in the file, and what it is called.
fn asked(library: &Library, by: &Record, facts: &Found, invitations: &Found) -> (String, String) {
    let inputs = BTreeMap::new();
    let inquiry = Inquiry { library, by, operation: "usher.my_data", inputs: &inputs, now: NOW.plus(600_000) };
    assert!(matches!(inquiry.search(), Ok(Search::Facts { of, before: None, .. }) if of == by.id), "only of whoever asks");
    let Some(Search::Keys(keys, _)) = inquiry.further(facts) else { panic!("invitations are looked for") };
    for record in &invitations.records {
        assert!(record.index_keys().contains(&keys[0]), "an invitation is found by whoever has opened it");
    }
    let Answer::Replied { status: 200, body, .. } = inquiry.answer(facts, invitations) else { panic!("a file") };
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    let bytes = STANDARD.decode(body["file"]["content"].as_str().unwrap()).unwrap();
    assert_eq!(body["file"]["kind"], "text/plain");
    (body["file"]["name"].as_str().unwrap().to_owned(), String::from_utf8(bytes).unwrap())
}

#[test]
fn all_that_is_kept_of_somebody_can_be_read_in_their_language_and_no_secret() {
    let library = library();
    for (language, name) in [("ru", "мои-данные.txt"), ("en", "my-data.txt")] {
        let record = somebody(&library, language);
        let invitations = Found { records: vec![invitation(&record.id)], ..Found::default() };
        let (called, text) = asked(&library, &record, &Found { facts: facts(), ..Found::default() }, &invitations);
        assert_eq!(called, name);
        for secret in ["0000", "hidden", "tg:7", "tg:9", "tg:2"] {
            assert!(!text.contains(secret), "{secret} in\n{text}");
        }
        let path = format!("{}/tests/desk/my_data.{language}.txt", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(text, std::fs::read_to_string(path).unwrap_or_default(), "run with UPDATE_GOLDENS=1 if this is as it should be");
    }
}

#[test]
fn of_too_much_the_latest_is_told_and_that_there_is_more() {
    let library = library();
    let record = somebody(&library, "en");
    let started = |minute: i64| Fact { at: NOW.plus(-minute * 60_000), session: None, kind: FactKind::Started { flow: "x".repeat(200) } };
    let many = Found { facts: (0..2000).map(started).collect(), ..Found::default() };
    let few = Found { facts: (0..3).map(started).collect(), earlier: Some(4), ..Found::default() };
    let whole = Found { earlier: None, ..few.clone() };
    let of = |found: &Found| asked(&library, &record, found, &Found::default()).1;
    for (found, is_cut) in [(&many, true), (&few, true), (&whole, false)] {
        let text = of(found);
        assert_eq!(text.contains("This is not all"), is_cut);
        assert!(text.len() <= usher::expr::MADE_AT_MOST && text.contains("1 Mar 2027 09:00"), "{}", text.len());
    }
    assert!(of(&many).len() > 50_000, "nothing is left out before it must be");
}
