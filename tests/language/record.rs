//! What no conversation shows: what buttons carry can be forged, and a record does not grow for ever.

use proptest::prelude::*;
use usher::diagnostic::{Format, Sources, render};
use usher::engine::{
    Act, EffectId, EffectKind, Event, EventId, EventKind, Keyboard, MessageRef, Press, Receipt, Receipted, Record, RecordId, Turn, Visitor,
    step,
};
use usher::expr::Time;
use usher::flow::{Installation, Known, Library, Role, load};

const FLOWS: &str = r#"flows:
  tongue: { title: Language, for: anyone, steps: { z: { end: completed } } }
  one:
    title: One
    start: { command: one }
    for: anyone
    again: many
    steps:
      a: { ask: A?, choice: { x: X, y: "Y" }, check: { never: { when: value != 'x', say: Not x } } }
      z: { end: completed }
  marked:
    title: Marked
    start: { command: marked }
    for: anyone
    steps: { a: { ask: Which?, choice: { x: "A & <b>", y: "Y" } }, z: { end: completed } }
  guarded:
    title: Guarded
    start: { command: guarded }
    for: anyone
    steps: { a: { ask: Which?, protect: true, choice: { x: X, y: "Y" } }, z: { end: completed } }
  hidden: { title: Hidden, for: anyone, steps: { a: { ask: Hidden? }, z: { end: completed } } }
  noisy:
    title: Noisy
    start: { command: noisy }
    for: anyone
    steps: { a: { wait: 1m }, b: { say: Still here., go: a, limit: { max: 5000, per: 90d, end: out } } }
  code:
    title: Code
    start: { command: code }
    for: anyone
    steps: { get: { say: "The code.", delete_after: 40h }, a: { ask: Go on?, go: b }, b: { ask: Go on?, go: a, timeout: { after: 30d, end: out } } }
  slow:
    title: Slow
    start: { command: slow }
    for: anyone
    again: resume
    remind: { after: [10h, 3d], say: Reminded }
    expire: { after: 5d, say: Expired }
    steps: { a: { ask: A? }, b: { ask: B?, go: a, limit: { max: 5000, per: 90d, end: out } } }
  stuck:
    title: Stuck
    start: { command: stuck }
    for: anyone
    again: many
    steps:
      send: { call: shop.order, with: { word: "'w'" }, outcomes: { unknown: { end: failed }, else: { end: failed } } }
      z: { end: completed }
"#;

struct World {
    library: Library,
    record: Record,
    count: i64,
}

impl World {
    fn new() -> Self {
        Self::of(FLOWS)
    }

    fn of(flows: &str) -> Self {
        let mut sources = Sources::default();
        sources.add("flows/bot.yaml", super::text("bot.yaml"));
        sources.add("flows/api/shop.yaml", super::text("api.yaml"));
        sources.add("flows/all.yaml", flows);
        let loaded = load(&sources, &Installation::default());
        let told = render(&sources, &loaded.findings, Format::Concise, false);
        let library = Library::new(loaded.project.expect(&told), Installation::default());
        Self { library, record: Record::new(RecordId::person("tg", "1")), count: 0 }
    }

    fn happens(&mut self, kind: EventKind, receipts: Vec<Receipt>, at: Time) -> Turn {
        self.count += 1;
        let seed = self.count.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let event = Event { id: EventId(self.count.to_string()), at, seed, receipts, kind };
        let turn = step(&self.library, self.record.clone(), event);
        self.record = turn.record.clone();
        turn
    }

    fn does(&mut self, act: Act) -> Turn {
        let at = Time(1_795_417_200_000 + self.count * 1000);
        self.happens(EventKind::Acted { who: Visitor::default(), act }, Vec::new(), at)
    }

    fn writes(&mut self, text: &str) -> Turn {
        let message = format!("m{}", self.count);
        self.does(Act::Wrote { text: text.to_owned(), message, forwarded: false })
    }

    fn presses(&mut self, token: &str) -> Turn {
        self.does(Act::Pressed { token: token.to_owned(), press: "p".to_owned(), message: Some("shown".to_owned()) })
    }

    /// Every message is delivered.
    fn delivers(&mut self, turn: &Turn) {
        let receipts = turn.effects.iter().filter(|effect| effect.kind.is_for_channel() && effect.kind.is_kept());
        let receipts: Vec<_> = receipts.map(|effect| Receipt { effect: effect.id, result: done(effect.id) }).collect();
        self.happens(EventKind::Settled, receipts, Time(0));
    }
}

fn done(effect: EffectId) -> Receipted {
    Receipted::Done(Some(format!("native {effect}")))
}

fn sent(turn: &Turn) -> Vec<&str> {
    let html = turn.effects.iter().filter_map(|effect| match &effect.kind {
        EffectKind::Send(message) => Some(message.html.as_str()),
        _ => None,
    });
    html.collect()
}

fn tokens(turn: &Turn) -> Vec<String> {
    let keyboards = turn.effects.iter().filter_map(|effect| match &effect.kind {
        EffectKind::Send(message) => Some(&message.keyboard),
        _ => None,
    });
    let rows = keyboards.filter_map(|keyboard| if let Keyboard::Rows(rows) = keyboard { Some(rows) } else { None });
    let tokens = rows.flatten().flatten().filter_map(|button| match &button.press {
        Press::Token(token) => Some(token.clone()),
        _ => None,
    });
    tokens.collect()
}

fn strips(turn: &Turn) -> usize {
    turn.effects.iter().filter(|effect| matches!(effect.kind, EffectKind::Strip { .. } | EffectKind::Freeze { .. })).count()
}

#[test]
fn what_no_button_says_does_nothing() {
    let mut world = World::new();
    let asked = world.writes("/one");
    let token = tokens(&asked).remove(0);
    for forged in ["o99", "d", "s", "y", "c"] {
        let turn = world.presses(&token.replace("o0", forged));
        assert_eq!((strips(&turn), sent(&turn).len()), (0, 0), "{forged}");
    }
    assert_eq!(sent(&world.presses("f.hidden"))[0], "This button no longer works. Here is where we are.");
    assert_eq!(world.record.sessions.len(), 1);
}

#[test]
fn buttons_are_taken_away_once() {
    let mut world = World::new();
    let asked = world.writes("/one");
    let refused = world.presses(&tokens(&asked)[0]);
    assert_eq!((strips(&refused), sent(&refused)), (1, vec!["Not x"]));
    assert_eq!(strips(&world.writes("x")), 1);
}

#[test]
fn a_pressed_button_stays_in_its_message_unless_that_is_protected() {
    for (command, left) in [("/one", Some("A?\n✓ X")), ("/marked", Some("Which?\n✓ A &amp; &lt;b&gt;")), ("/guarded", None)] {
        let mut world = World::new();
        let asked = world.writes(command);
        let turn = world.presses(&tokens(&asked)[0]);
        let frozen = turn.effects.iter().find_map(|effect| match &effect.kind {
            EffectKind::Freeze { message, .. } => Some((message.html.as_str(), &message.keyboard)),
            _ => None,
        });
        assert_eq!(frozen, left.map(|html| (html, &Keyboard::None)), "{command}");
        assert_eq!(strips(&turn), 1, "{command}");
    }
}

#[test]
fn a_message_that_is_to_be_deleted_is_found_however_much_was_said_since() {
    let mut world = World::new();
    let turn = world.writes("/code");
    let EffectKind::Send(message) = &turn.effects[0].kind else { panic!("the code comes first") };
    assert_eq!(message.html, "The code.");
    world.delivers(&turn);
    for _ in 0..100 {
        let turn = world.writes("on");
        world.delivers(&turn);
    }
    let (at, of) = world.record.deletions[0].clone();
    assert_eq!(of, MessageRef::Ours(turn.effects[0].id));
    assert!(world.record.sent.iter().any(|(effect, _)| *effect == turn.effects[0].id));
    assert!(world.record.sent.len() <= 41);
    let deleting = world.happens(EventKind::Woke, Vec::new(), at);
    assert!(deleting.effects.iter().any(|effect| effect.kind == EffectKind::Delete { of: of.clone() }));
}

#[test]
fn what_waits_for_somebody_out_of_reach_is_bounded() {
    let mut world = World::new();
    world.writes("/noisy");
    world.does(Act::Left);
    for _ in 0..500 {
        let at = world.record.next_timer().unwrap();
        world.happens(EventKind::Woke, Vec::new(), at);
    }
    assert_eq!(world.record.outbox.len(), 60);
    let back = world.does(Act::Returned);
    assert_eq!(sent(&back).len(), 60);
}

#[test]
fn sessions_that_cannot_be_ended_are_not_added_to_for_ever() {
    let mut world = World::new();
    for _ in 0..20 {
        assert!(sent(&world.writes("/stuck")).is_empty());
    }
    assert_eq!(sent(&world.writes("/stuck")), ["The data is being sent. Wait a little, I will write how it ended."]);
    assert_eq!(world.record.sessions.len(), 20);
}

#[test]
fn nobody_is_without_a_name_for_others() {
    let mut library = World::new().library;
    let mut name = |record: &Record, installation: &Installation, language| {
        library.installation = installation.clone().into();
        record.name(&library, language)
    };
    let mut record = Record::new(RecordId::person("web", "hr"));
    let mut installation = Installation::default();
    assert_eq!(name(&record, &installation, 0), "web:hr");
    let role = Role { title: "Staff department".to_owned(), people: vec![record.id.0.clone()], may: Vec::new() };
    installation.roles.insert("hr".to_owned(), role);
    assert_eq!(name(&record, &installation, 0), "Staff department");
    record.person.username = Some("anna".to_owned());
    assert_eq!(name(&record, &installation, 0), "@anna");
    record.person.first_name = "Anna".to_owned();
    assert_eq!(name(&record, &installation, 0), "Anna");
    record.person.last_name = Some("Petrova".to_owned());
    assert_eq!(name(&record, &installation, 0), "Anna Petrova");
    installation.people.insert(record.id.0.clone(), Known { name: Some("Anna of HR".to_owned()), language: None });
    assert_eq!(name(&record, &installation, 0), "Anna of HR");
}

#[test]
fn a_role_that_stands_for_a_name_is_called_as_the_reader_would_call_it() {
    let mut sources = Sources::default();
    sources.add("flows/bot.yaml", "bot: Проба\nlanguages: [ru, en]\n");
    sources.add("flows/a.yaml", "flow: a\ntitle: А\nstart: { command: a }\nfor: anyone\nsteps: { z: { end: completed } }\n");
    sources.add("flows/messages/en.yaml", "messages: en\nbot:\n  roles: { hr: HR }\n");
    let record = Record::new(RecordId::person("web", "hr"));
    let role = Role { title: "Отдел кадров".to_owned(), people: vec![record.id.0.clone()], may: Vec::new() };
    let installation = Installation { roles: [("hr".to_owned(), role)].into(), ..Installation::default() };
    let library = Library::new(load(&sources, &installation).project.expect("it loads"), installation);
    assert_eq!([0, 1].map(|language| record.name(&library, language)), ["Отдел кадров", "HR"]);
}

/// What happens to somebody who is slow: so many minutes pass, and then they write, or the record is woken, whether it asked for that
/// or not, and maybe long after its time.
fn slowness() -> impl Strategy<Value = Vec<(i64, bool)>> {
    prop::collection::vec((prop_oneof![0..30i64, 0..1500i64, 0..9000i64], prop::bool::weighted(0.2)), 1..40)
}

proptest! {
    #[test]
    fn a_reminder_is_never_early_never_at_night_and_never_twice(happenings in slowness()) {
        const HOUR: i64 = 3_600_000;
        let mut world = World::new();
        let (mut now, mut since, mut reminded) = (Time(1_795_417_200_000), Time(0), 0);
        for (minutes, writes) in happenings {
            now = now.plus(minutes * 60_000);
            let alive = !world.record.sessions.is_empty();
            let act = Act::Wrote { text: if alive { "x" } else { "/slow" }.to_owned(), message: "m".to_owned(), forwarded: false };
            let kind = if writes || !alive { EventKind::Acted { who: Visitor::default(), act } } else { EventKind::Woke };
            let acted = kind != EventKind::Woke;
            let turn = world.happens(kind, Vec::new(), now);
            let written = serde_json::to_string(&world.record).unwrap();
            world.record = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(&world.record, &turn.record);
            if acted {
                (since, reminded) = (now, 0);
                prop_assert!(!sent(&turn).contains(&"Reminded"));
            }
            for _ in sent(&turn).iter().filter(|html| **html == "Reminded") {
                let least = [10, 72].get(reminded).map(|hours| hours * HOUR);
                prop_assert!(least.is_some_and(|least| now >= since.plus(least)), "early, or once too often");
                prop_assert!((8..22).contains(&(now.0.rem_euclid(24 * HOUR) / HOUR)), "at night");
                // Those that fell due together are one.
                reminded = if now >= since.plus(72 * HOUR) { 2 } else { 1 };
            }
            let over = now >= since.plus(120 * HOUR);
            prop_assert_eq!(world.record.sessions.is_empty(), over);
            let next = world.record.next_timer();
            prop_assert!(next.is_none_or(|next| next > now), "it asks to be woken in the past");
        }
    }
}

const KEEPING: &str = r"flows:
  tongue: { title: Language, for: anyone, steps: { z: { end: completed } } }
  form:
    title: Form
    start: { command: form }
    for: anyone
    retention: { short: 2d, dropped: 0d, cancelled: 1h }
    steps:
      a: { title: Number, ask: A? }
      b: { title: Secret, ask: B?, secret: true }
      c: { ask: How?, choice: { short: { label: Short, end: short }, dropped: { label: Dropped, end: dropped }, long: { label: Long, end: long } } }
  empty: { title: Empty, start: { command: empty }, for: anyone, steps: { z: { say: Hello., end: completed } } }
";

const DAY: i64 = 24 * 60 * 60 * 1000;

#[test]
fn answers_are_kept_after_an_end_as_long_as_the_flow_says_and_secrets_are_not() {
    let mut world = World::of(KEEPING);
    for (end, kept_for) in [("Short", Some(2 * DAY)), ("Dropped", None), ("Long", Some(30 * DAY))] {
        for text in ["/form", "one", "two", end] {
            world.writes(text);
        }
        let kept = world.record.kept.last().filter(|kept| kept.end == end.to_lowercase());
        assert_eq!(kept.map(|kept| kept.until.0 - kept.ended.0), kept_for, "{end}");
        let steps = kept.map(|kept| kept.answers.iter().map(|answer| answer.step.as_str()).collect::<Vec<_>>());
        assert_eq!(steps, kept_for.map(|_| vec!["a", "c"]), "{end}");
    }
    for text in ["/form", "one", "/cancel", "/empty"] {
        world.writes(text);
    }
    let kept: Vec<_> = world.record.kept.iter().map(|kept| (kept.end.clone(), kept.until)).collect();
    assert_eq!(kept.iter().map(|(end, _)| end.as_str()).collect::<Vec<_>>(), ["short", "long", "cancelled"]);
    // Each goes when its time has come, and the record wakes for the next.
    for (at, left) in [(kept[2].1, 2), (kept[0].1, 1), (kept[1].1, 0)] {
        assert_eq!(world.record.next_timer(), Some(at));
        world.happens(EventKind::Woke, Vec::new(), at.plus(-1));
        assert_eq!(world.record.kept.len(), left + 1);
        world.happens(EventKind::Woke, Vec::new(), at);
        assert_eq!(world.record.kept.len(), left);
    }
    assert_eq!(world.record.next_timer(), None);
}

#[test]
fn a_record_does_not_grow_with_every_session_that_is_over() {
    let mut world = World::of(KEEPING);
    for round in 0..40 {
        for text in ["/form", &round.to_string(), "secret", "Long"] {
            world.writes(text);
        }
    }
    let first = &world.record.kept[0].answers[0].value;
    assert_eq!((world.record.kept.len(), first.to_json().to_string().as_str()), (12, "\"28\""), "the latest are kept");
}

#[test]
fn a_record_does_not_grow_with_what_somebody_writes() {
    let mut world = World::new();
    for _ in 0..1500 {
        let turn = world.writes("/help");
        world.delivers(&turn);
    }
    assert_eq!(world.record.seen.len(), 1024);
}

/// The roles that the menus of a turn are made for.
fn menus(turn: &Turn) -> Vec<&[String]> {
    let mut roles = Vec::new();
    for effect in &turn.effects {
        if let EffectKind::ShowMenu(menu) = &effect.kind {
            roles.push(menu.roles.as_slice());
        }
    }
    roles
}

#[test]
fn a_menu_is_shown_when_a_role_is_held_for_the_first_time_and_when_it_is_held_no_more() {
    let mut world = World::new();
    assert!(menus(&world.writes("/start")).is_empty(), "who never held a role has the menu that everybody has");
    let clerk = Role { title: "Clerk".to_owned(), people: vec!["tg:1".to_owned()], ..Role::default() };
    std::sync::Arc::make_mut(&mut world.library.installation).roles.insert("clerk".to_owned(), clerk);
    assert_eq!(menus(&world.writes("/help")), [["clerk".to_owned()]]);
    assert!(menus(&world.writes("/help")).is_empty(), "it is shown already");
    std::sync::Arc::make_mut(&mut world.library.installation).roles.clear();
    assert_eq!(menus(&world.writes("/help")), [&[] as &[String]]);
    assert!(menus(&world.writes("/help")).is_empty());
}
