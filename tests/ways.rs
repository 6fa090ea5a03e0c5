//! Every way on from every kind of step, and where it leads.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

use usher::diagnostic::Sources;
use usher::flow::ways::{self, To};
use usher::flow::{Flow, Installation, Project, load};

const EVERYTHING: &str = r#"
flow: all
title: Всё
for: anyone
on_fault: { say: Сломалось, end: broken }
steps:
  greeting:
    when: person.username is not none
    say: Здравствуйте
  kind:
    ask: Какой?
    choice:
      plain: Простой
      away: { label: Далёкий, go: done }
      over: { label: Никакой, end: nothing }
      other: { label: Другое, start: other, end: left }
      help: { label: Помощь, word: help }
      site: { label: Сайт, url: "https://example.com" }
    timeout: { after: 1d, go: done }
    limit: { max: 3, per: 1h, end: limited }
  name:
    title: Имя
    ask: Как вас зовут?
    optional: true
    attempts: { max: 3, go: done }
  guess: { ask: Сколько?, type: integer, default: 1, attempts: { max: 2 } }
  places:
    call: api.places
    outcomes: { empty: done, else: { change: name } }
  place:
    ask: Где?
    choice: { from: places.items, key: item.id, label: "{{ item.name }}", empty: done, also: { none: { label: Нигде, change: [name, guess] } } }
  summary: { review: Верно?, show: [name] }
  which:
    branch:
      - { when: guess == 1, go: child }
      - { else: done }
  child:
    run: other
    outcomes: { seen: sent, else: done }
  sent:
    call: api.send
    with: { name: name | default('') }
    outcomes:
      invalid: { fields: { name: name }, end: refused }
      down: { retry: { every: [1m], max: 3 }, go: done }
      refused: done
      unknown: { end: doubtful }
  rest: { wait: 1h, go: greeting }
  done: { end: completed }
"#;

const OTHER: &str = "flow: other\ntitle: Другой\nfor: anyone\nsteps:\n  done: { say: Да, end: seen }\n";

const API: &str = r#"
operations: api
places:
  request: GET /places
  output: { items: { at: "", list: { id: integer, name: text } } }
  outcomes: { empty: { json: { "": { size: 0 } } } }
send:
  request: POST /send
  input: { name: text }
  json: { name: "{{ name }}" }
"#;

fn project() -> Project {
    let mut sources = Sources::default();
    for (path, text) in [("all.yaml", EVERYTHING), ("other.yaml", OTHER), ("api/api.yaml", API)] {
        sources.add(path, text);
    }
    let loaded = load(&sources, &Installation::default());
    loaded.project.unwrap_or_else(|| panic!("{:#?}", loaded.findings))
}

fn told(flow: &Flow, step: &str) -> Vec<String> {
    let id = |at: usize| flow.steps[at].id.as_str();
    let ways = ways::of_step(flow, flow.index[step]).into_iter().map(|way| {
        let to = match way.to {
            To::Step(at) => id(at).to_owned(),
            To::Again(at) => format!("{} again", id(at)),
            To::End(end) => format!("end {end}"),
            To::Flow { flow, end } => format!("flow {flow}, end {end}"),
            To::Stay(word) => format!("/{}", word.name()),
            To::Nowhere => "nowhere".to_owned(),
        };
        format!("{} → {to}", way.cause.name(flow))
    });
    ways.collect()
}

#[test]
fn every_way_on_from_a_step_is_told_once_and_with_its_name() {
    let project = project();
    let flow = &project.flows["all"];
    for (step, ways) in [
        ("greeting", vec!["next → kind", "skipped → kind"]),
        (
            "kind",
            vec![
                "choice.plain → name",
                "choice.away → done",
                "choice.over → end nothing",
                "choice.other → flow other, end left",
                "choice.help → /help",
                "limit → end limited",
                "timeout → done",
            ],
        ),
        ("name", vec!["next → guess", "optional → guess", "attempts → done"]),
        ("guess", vec!["next → places", "attempts → places"]),
        ("places", vec!["next → place", "outcomes.else → name again", "outcomes.empty → done"]),
        ("place", vec!["next → summary", "choice.none → name again", "choice.none → guess again", "empty → done"]),
        ("summary", vec!["confirm → which", "change.name → name again"]),
        ("which", vec!["branch.1 → child", "branch.2 → done"]),
        ("child", vec!["outcomes.else → done", "outcomes.seen → sent"]),
        (
            "sent",
            vec![
                "next → rest",
                "outcomes.down → done",
                "outcomes.invalid.fields.name → name again",
                "outcomes.invalid → end refused",
                "outcomes.refused → done",
                "outcomes.unknown → end doubtful",
            ],
        ),
        ("rest", vec!["next → greeting"]),
        ("done", vec!["next → end completed"]),
    ] {
        assert_eq!(told(flow, step), ways, "{step}");
    }
}

#[test]
fn the_ends_of_a_flow_are_those_of_all_its_ways_and_of_its_fault() {
    let project = project();
    let mut ends: Vec<_> = ways::ends(&project.flows["all"]).collect();
    ends.sort_unstable();
    ends.dedup();
    assert_eq!(ends, ["broken", "completed", "doubtful", "left", "limited", "nothing", "refused"]);
}
