//! The house: codes for roles, roles given in chat, and what people of a role are told of trouble, turn by turn.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

use std::collections::BTreeMap;
use std::sync::Arc;

use usher::diagnostic::Sources;
use usher::engine::{
    Act, Decider, EffectId, EffectKind, Event, EventId, EventKind, FactKind, Letter, Matter, Record, RecordId, Turn, Visitor, house,
    house_id, step,
};
use usher::expr::{Time, Value};
use usher::flow::{Installation, Library, Role, load};
use usher::operation::Answer;

const HOUR: i64 = 60 * 60 * 1000;

/// A house with its record, and what all turns know of it.
struct House {
    library: Library,
    record: Record,
    now: Time,
    count: u64,
}

impl House {
    /// Owners are these people of the operator's.
    fn owned_by(owners: &[&str]) -> Self {
        let mut sources = Sources::default();
        sources.add("flows/bot.yaml", "bot: Test\nlanguages: [en]\n");
        sources.add("flows/a.yaml", "flow: a\ntitle: A\nstart: { command: a }\nfor: anyone\nsteps: { z: { end: completed } }\n");
        let role = |name: &str, people: &[&str], may: &[&str]| {
            let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
            (name.to_owned(), Role { title: name.to_owned(), people: owned(people), may: owned(may) })
        };
        let roles = [
            role("owner", owners, &["all"]),
            role("keeper", &["tg:keeper"], &["roles", "people"]),
            role("clerk", &[], &["people"]),
            role("alerts", &["tg:ann", "tg:bob"], &[]),
            role("authors", &["tg:ann"], &[]),
        ];
        let installation = Installation { roles: roles.into(), ..Installation::default() };
        let library = Library::new(load(&sources, &installation).project.unwrap(), installation);
        Self { library, record: Record::new(house_id()), now: Time(1_000_000), count: 0 }
    }

    fn event(&mut self, kind: EventKind) -> Event {
        self.count += 1;
        Event { id: EventId(self.count.to_string()), at: self.now, seed: self.count, receipts: Vec::new(), kind }
    }

    /// The house is told something; what it says is known to all turns from then on.
    fn told(&mut self, from: &str, letter: Letter) -> Turn {
        let event = self.event(EventKind::Told { from: RecordId(from.to_owned()), letter });
        let turn = step(&self.library, self.record.clone(), event);
        self.record = turn.record.clone();
        Arc::make_mut(&mut self.library.installation).house = house(&self.record);
        turn
    }

    /// Its timer rings; who is told what.
    fn woke(&mut self) -> Vec<(String, String)> {
        let event = self.event(EventKind::Woke);
        let turn = step(&self.library, self.record.clone(), event);
        self.record = turn.record.clone();
        said(&turn)
    }

    /// Somebody asks for an act; the status of the answer, and its body.
    fn act(&mut self, by: &str, operation: &str, inputs: &[(&str, Value)]) -> (u16, serde_json::Value) {
        let inputs: BTreeMap<_, _> = inputs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let effect = EffectId { version: 1, index: 0 };
        let letter = Letter::Asked { effect, operation: operation.to_owned(), inputs, name: by.to_owned() };
        let turn = self.told(by, letter);
        let remembered = |fact: &FactKind| matches!(fact, FactKind::Administered { by: who, .. } if who == by);
        assert!(turn.facts.iter().any(|fact| remembered(&fact.kind)), "{operation} of {by} is remembered");
        let answered = turn.effects.iter().find_map(|effect| match &effect.kind {
            EffectKind::Tell { letter: Letter::Answered { answer: Answer::Replied { status, body, .. }, .. }, .. } => {
                Some((*status, serde_json::from_str(body).unwrap()))
            }
            _ => None,
        });
        answered.unwrap()
    }

    fn set_role(&mut self, by: &str, role: &str, person: &str, held: bool) -> u16 {
        self.act(by, "usher.set_role", &[("role", text(role)), ("person_id", text(person)), ("held", Value::Bool(held))]).0
    }

    fn code_of(&mut self, by: &str, role: &str) -> String {
        let (status, body) = self.act(by, "usher.create_role_code", &[("role", text(role))]);
        assert_eq!(status, 200, "{body}");
        body["code"].as_str().unwrap().to_owned()
    }

    /// Somebody brings a code; what they hear.
    fn claims(&mut self, person: &str, code: &str) -> String {
        let who = Decider { id: RecordId(person.to_owned()), name: "Nina".to_owned() };
        let turn = self.told(person, Letter::Claims { code: code.to_owned(), who });
        said(&turn).into_iter().find(|(to, _)| to == person).map(|(_, said)| said).unwrap_or_default()
    }

    fn holds(&self, person: &str, role: &str) -> bool {
        self.library.installation.holds(person, role)
    }

    /// Something happened; who is told what.
    fn heard(&mut self, matter: Matter) -> Vec<(String, String)> {
        said(&self.told("system:runtime", Letter::Matter(Box::new(matter))))
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// What a turn says to others.
fn said(turn: &Turn) -> Vec<(String, String)> {
    let letters = turn.effects.iter().filter_map(|effect| match &effect.kind {
        EffectKind::Tell { to, letter: Letter::Said(wording) } => Some((to.0.clone(), wording.in_language(Some("en")).to_owned())),
        _ => None,
    });
    letters.collect()
}

fn offered(house: &mut House) {
    let until = house.now.plus(24 * HOUR);
    house.told("system:runtime", Letter::Offered { code: "ABCDEF-GHJKLM".to_owned(), until });
}

const WRONG: &str = "This code does not work: it was used, is too old, or was mistyped.";

#[test]
fn the_first_owner_comes_by_the_code_of_the_start_once() {
    let mut house = House::owned_by(&[]);
    offered(&mut house);
    assert!(!format!("{:?}", house.record).contains("ABCDEF"), "only a keyed hash is kept");
    assert_eq!(house.claims("tg:eve", "ABCDEF-GHJKLN"), WRONG);
    assert!(house.claims("tg:nina", "abcdef ghjklm").starts_with("You now hold the role"));
    assert!(house.holds("tg:nina", "owner") && house.library.installation.rights("tg:nina").contains("roles"));
    assert_eq!(house.claims("tg:eve", "ABCDEF-GHJKLM"), WRONG);
    offered(&mut house);
    assert_eq!(house.claims("tg:eve", "ABCDEF-GHJKLM"), WRONG, "an owner is there");
    assert!(!house.holds("tg:eve", "owner"));
}

#[test]
fn a_code_of_the_start_ends_after_a_day_and_with_the_next_start() {
    let mut house = House::owned_by(&[]);
    offered(&mut house);
    house.now = house.now.plus(24 * HOUR);
    assert_eq!(house.claims("tg:nina", "ABCDEF-GHJKLM"), WRONG);
    offered(&mut house);
    let until = house.now.plus(HOUR);
    house.told("system:runtime", Letter::Offered { code: "NNNNNN-NNNNNN".to_owned(), until });
    assert_eq!(house.claims("tg:nina", "ABCDEF-GHJKLM"), WRONG);
    assert!(house.claims("tg:nina", "NNNNNN-NNNNNN").starts_with("You now hold"));
}

#[test]
fn guesses_are_few_for_one_person_and_for_all() {
    let mut house = House::owned_by(&[]);
    offered(&mut house);
    for _ in 0..5 {
        assert_eq!(house.claims("tg:eve", "XXXXXX-XXXXXX"), WRONG);
    }
    assert_eq!(house.claims("tg:eve", "ABCDEF-GHJKLM"), "Too many attempts. The next one is possible in an hour.");
    house.now = house.now.plus(HOUR + 1);
    for guess in 0..14 {
        assert_eq!(house.claims(&format!("tg:{guess}"), "XXXXXX-XXXXXX"), WRONG);
    }
    assert!(house.library.installation.house.has_codes);
    assert_eq!(house.claims("tg:another", "XXXXXX-XXXXXX"), WRONG);
    assert!(!house.library.installation.house.has_codes, "after twenty guesses no code is out");
    assert_eq!(house.claims("tg:nina", "ABCDEF-GHJKLM"), WRONG);
}

#[test]
fn a_code_gives_what_its_maker_may_give_when_it_is_brought() {
    let mut house = House::owned_by(&["tg:boss"]);
    let code = house.code_of("tg:boss", "keeper");
    assert_eq!(house.claims("tg:boss", &code), WRONG, "nobody raises themself");
    assert!(house.claims("tg:nina", &code).starts_with("You now hold"));
    assert!(house.holds("tg:nina", "keeper"));
    assert_eq!(house.claims("tg:eve", &code), WRONG);
    let code = house.code_of("tg:nina", "clerk");
    assert_eq!(house.set_role("tg:boss", "keeper", "tg:nina", false), 200);
    assert_eq!(house.claims("tg:eve", &code), WRONG, "its maker may not give it any more");
    assert!(!house.holds("tg:eve", "clerk"));
}

#[test]
fn roles_are_given_and_taken_within_the_rights_of_whoever_does_it() {
    let mut house = House::owned_by(&["tg:boss"]);
    assert_eq!(house.set_role("tg:boss", "clerk", "tg:nina", true), 200);
    assert!(house.holds("tg:nina", "clerk"));
    assert_eq!(house.set_role("tg:nina", "clerk", "tg:eve", true), 400, "she has no right to");
    assert_eq!(house.set_role("tg:keeper", "clerk", "tg:eve", true), 200);
    assert_eq!(house.set_role("tg:keeper", "owner", "tg:eve", true), 400, "an owner may more than a keeper");
    assert_eq!(house.act("tg:keeper", "usher.create_role_code", &[("role", text("owner"))]).0, 400);
    assert_eq!(house.set_role("tg:keeper", "clerk", "tg:keeper", true), 403, "nobody raises themself");
    assert_eq!(house.set_role("tg:boss", "keeper", "tg:keeper", false), 423, "that is the operator's");
    assert_eq!(house.set_role("tg:boss", "nobody", "tg:eve", true), 404);
    assert_eq!(house.set_role("tg:boss", "clerk", "system:house", true), 404);
    assert_eq!(house.set_role("tg:keeper", "clerk", "tg:eve", false), 200);
    assert!(!house.holds("tg:eve", "clerk"));
}

#[test]
fn the_last_owner_stays() {
    let mut house = House::owned_by(&[]);
    offered(&mut house);
    house.claims("tg:nina", "ABCDEF-GHJKLM");
    assert_eq!(house.set_role("tg:nina", "owner", "tg:nina", false), 412);
    assert_eq!(house.set_role("tg:nina", "owner", "tg:boss", true), 200);
    assert_eq!(house.set_role("tg:nina", "owner", "tg:nina", false), 200);
    assert_eq!(house.set_role("tg:boss", "owner", "tg:boss", false), 412);
    assert!(house.holds("tg:boss", "owner") && !house.holds("tg:nina", "owner"));
}

#[test]
fn a_code_means_nothing_while_none_is_out_and_guesses_by_command_and_by_link_come_to_the_house() {
    let mut house = House::owned_by(&[]);
    let wrote = |house: &mut House, text: &str| {
        let act = Act::Wrote { text: text.to_owned(), message: "1".to_owned(), forwarded: false };
        let event = house.event(EventKind::Acted { who: Visitor { first_name: "Nina".to_owned(), ..Visitor::default() }, act });
        let turn = step(&house.library, Record::new(RecordId::person("tg", "nina")), event);
        turn.effects.iter().any(|effect| matches!(&effect.kind, EffectKind::Tell { letter: Letter::Claims { .. }, .. }))
    };
    assert!(!wrote(&mut house, "/role ABCDEF-GHJKLM"));
    offered(&mut house);
    assert!(wrote(&mut house, "/role ABCDEF-GHJKLM") && wrote(&mut house, "/start role-ABCDEF-GHJKLM"));
    assert!(!wrote(&mut house, "/role") && !wrote(&mut house, "/start ABCDEF-GHJKLM"));
}

fn down(waits: Option<&str>) -> Matter {
    let (request, connection) = ("POST /things".to_owned(), "erp".to_owned());
    Matter::Down { connection, request, answer: Some("500".to_owned()), attempts: (1, Some(8)), waits: waits.map(str::to_owned) }
}

#[test]
fn an_outage_is_told_once_at_its_beginning_and_once_at_its_end() {
    let mut house = House::owned_by(&[]);
    let told = house.heard(down(Some("ABC234")));
    let begun = "erp does not answer: POST /things → 500, attempt 1 of 8. Request #ABC234 waits in the outbox.";
    assert_eq!(told, [("tg:ann".to_owned(), begun.to_owned()), ("tg:bob".to_owned(), begun.to_owned())]);
    assert!(house.heard(down(Some("DEF567"))).is_empty() && house.heard(down(None)).is_empty());
    assert!(house.heard(Matter::GivenUp { connection: "erp".to_owned() }).is_empty());
    let told = house.heard(Matter::Up { connection: "erp".to_owned() });
    assert_eq!(told[0].1, "erp answers again. Sent from the outbox: 1.");
    assert!(house.heard(Matter::Up { connection: "erp".to_owned() }).is_empty());
    assert_eq!(house.heard(down(None)).len(), 2, "the next one is told anew");
}

#[test]
fn doubts_that_follow_one_another_are_gathered() {
    const WINDOW: i64 = 5 * 60 * 1000;
    let mut house = House::owned_by(&["tg:owner"]);
    let doubt = || Matter::Doubt { connection: "erp".to_owned(), operation: "erp.create".to_owned() };
    assert_eq!(house.heard(doubt()).len(), 2, "the first is told at once, to both who hear of trouble");
    assert_eq!(house.record.next_timer(), None, "nothing waits to be told");
    house.now = house.now.plus(1000);
    for _ in 0..3 {
        assert!(house.heard(doubt()).is_empty());
    }
    let due = house.record.next_timer().unwrap();
    assert_eq!(due, Time(1_000_000).plus(WINDOW));
    house.now = due;
    let told = house.woke();
    assert_eq!(
        told.iter().map(|(_, said)| said.as_str()).collect::<Vec<_>>(),
        ["3 more operations are in doubt. Please look into it and settle it."; 2]
    );
    assert_eq!(house.record.next_timer(), None);
    assert!(house.heard(doubt()).is_empty(), "what comes soon after is gathered again");
    house.now = house.record.next_timer().unwrap();
    assert_eq!(house.woke().len(), 2);
    house.now = house.now.plus(WINDOW);
    assert_eq!(house.heard(doubt()).len(), 2, "and what comes long after is told at once");
}

#[test]
fn other_trouble_is_told_once_a_day_and_edits_whenever_something_changes() {
    let mut house = House::owned_by(&[]);
    let unreadable = || Matter::Unreadable { record: "a1b2".to_owned() };
    assert_eq!(house.heard(unreadable()).len(), 2);
    house.now = house.now.plus(HOUR);
    assert!(house.heard(unreadable()).is_empty());
    house.now = house.now.plus(24 * HOUR);
    assert_eq!(house.heard(unreadable()).len(), 2);
    let refused = |findings: &str| Matter::EditRefused { bot: String::new(), findings: findings.to_owned() };
    let live = || Matter::EditLive { bot: String::new(), version: "abc".to_owned() };
    let told = house.heard(refused("flows/a.yaml:3:1: <b> is no step"));
    assert_eq!(
        told,
        [("tg:ann".to_owned(), "The edit was refused, the earlier version stays live.\nflows/a.yaml:3:1: &lt;b&gt; is no step".to_owned())]
    );
    assert!(house.heard(refused("flows/a.yaml:3:1: <b> is no step")).is_empty());
    assert_eq!(house.heard(live()).len(), 1);
    assert!(house.heard(live()).is_empty());
}
