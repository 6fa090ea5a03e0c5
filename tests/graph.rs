//! Flows as graphs: nothing that leads somewhere is left out, and the pictures of the shipped registration and of the smallest bot.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

#[allow(dead_code)] // other tests use the rest of it
#[path = "support/shipped.rs"]
mod shipped;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use usher::diagnostic::Sources;
use usher::flow::{Installation, Next, Project, Target, Verb, load};
use usher::graph::{Edge, Graph, Kind, Point, Way, dot, mermaid};
use usher::scenario;

fn project(files: Vec<(String, String)>, installation: &Installation) -> (Sources, Project) {
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(path, text);
    }
    let project = load(&sources, installation).project.expect("the bot loads");
    (sources, project)
}

fn shipped_bot() -> (Sources, Project) {
    project(shipped::files(), &shipped::installation("extended"))
}

fn one_flow(steps: &str) -> Graph {
    let flow = format!("flow: f\ntitle: F\nstart: {{ command: f }}\nfor: anyone\nsteps:\n{steps}");
    let bot = "bot: B\nlanguages: [en]\n".to_owned();
    let (sources, project) = project(vec![("bot.yaml".to_owned(), bot), ("f.yaml".to_owned(), flow)], &Installation::default());
    Graph::of_bot(&project, &sources)
}

fn leaving<'g>(graph: &'g Graph, flow: &str, step: &str) -> Vec<&'g Edge> {
    let from = Point::Step(flow.to_owned(), step.to_owned());
    graph.edges.iter().filter(|edge| edge.from == from).collect()
}

/// What an edge is, in a word: `outcomes.down -> step pause`.
fn told(edge: &Edge) -> String {
    let to = match &edge.to {
        Point::Begin(flow) => format!("flow {flow}"),
        Point::Step(_, step) => format!("step {step}"),
        Point::End(_, end) => format!("end {end}"),
    };
    format!("{} -> {to}", edge.road)
}

#[test]
fn every_road_that_coverage_counts_is_an_edge() {
    let (sources, project) = shipped_bot();
    let graph = Graph::of_bot(&project, &sources);
    let suite = scenario::read(&sources).suite;
    let coverage = scenario::play(&sources, &shipped::installation("extended"), &suite).coverage;
    assert_eq!(coverage.flows.len(), project.flows.len());
    for (flow, counted) in &coverage.flows {
        for (road, _) in &counted.roads {
            let (step, name) = road.split_once('.').unwrap();
            assert!(leaving(&graph, flow, step).iter().any(|edge| edge.road == name), "{flow}.{road} is not drawn");
        }
        for (step, _) in &counted.steps {
            assert!(!leaving(&graph, flow, step).is_empty(), "nothing leaves {flow}.{step}");
        }
    }
}

#[test]
fn every_step_that_goes_on_by_itself_does_so_in_the_graph() {
    let (sources, project) = shipped_bot();
    let graph = Graph::of_bot(&project, &sources);
    for flow in project.flows.values() {
        for (at, step) in flow.steps.iter().enumerate() {
            if matches!(&step.verb, Verb::Branch(lines) if lines.iter().all(|line| line.road.to != Target::Complete)) {
                continue;
            }
            let to = match &step.next {
                Next::Following => flow.steps.get(at + 1).map(|step| Point::Step(flow.id.clone(), step.id.clone())),
                Next::Go(to) => Some(Point::Step(flow.id.clone(), flow.steps[*to].id.clone())),
                Next::End(end) => Some(Point::End(flow.id.clone(), end.clone())),
            };
            let leaves = leaving(&graph, &flow.id, &step.id);
            let goes_on = |name: &str| leaves.iter().any(|edge| edge.road == name && Some(&edge.to) == to.as_ref());
            match &step.verb {
                Verb::Say(_) | Verb::Set(_) | Verb::Wait(_) | Verb::Notify(_) | Verb::End | Verb::Call(_) => {
                    assert!(goes_on("next"), "{}", step.id);
                }
                Verb::Review(_) => assert!(goes_on("confirm"), "{}", step.id),
                Verb::Run(run) => assert!(leaves.iter().any(|edge| edge.to == Point::Begin(run.flow.clone())), "{}", step.id),
                Verb::Approve(approve) => {
                    let leads = |id: &str| leaves.iter().any(|edge| edge.road == format!("choice.{id}"));
                    assert!(approve.verdicts().all(|(option, _)| leads(&option.id)), "{}", step.id);
                }
                Verb::Ask(_) | Verb::Branch(_) => {}
            }
            assert_eq!(step.when.is_some(), leaves.iter().any(|edge| edge.road == "skipped"), "{}", step.id);
        }
    }
}

#[test]
fn edges_join_nodes_that_are_drawn_and_every_node_once() {
    let (sources, project) = shipped_bot();
    let single = project.flows.keys().map(|flow| Graph::of_flow(&project, &sources, flow).unwrap());
    for graph in single.chain([Graph::of_bot(&project, &sources)]) {
        let nodes: Vec<&Point> = graph.flows.iter().flat_map(|group| &group.nodes).chain(&graph.others).map(|node| &node.point).collect();
        let known: BTreeSet<&Point> = nodes.iter().copied().collect();
        assert_eq!(nodes.len(), known.len());
        for edge in &graph.edges {
            assert!(known.contains(&edge.from) && known.contains(&edge.to), "{edge:?}");
        }
    }
    assert_eq!(Graph::of_flow(&project, &sources, "nobody"), None);
}

#[test]
fn the_ways_out_of_a_question_are_told_apart() {
    let graph = one_flow(
        "  name:
    ask: Your name?
    type: text
    optional: Later
    attempts: { max: 3, end: lost }
    timeout: { after: 2d, go: bye }
  sure:
    when: name is not none
    ask: Sure?
    choice:
      yes: 'Yes'
      again: { label: Another name, change: name }
      lost: { label: Lost, word: help }
      site: { label: Site, url: 'https://example.com' }
  bye:
    limit: { max: 2, per: 1h, end: often }
    say: Bye
    end: done
",
    );
    let of = |step| leaving(&graph, "f", step).into_iter().map(told).collect::<Vec<_>>();
    assert_eq!(of("name"), ["next -> step sure", "optional -> step sure", "attempts -> end lost", "timeout -> step bye"]);
    assert_eq!(of("sure"), ["choice.yes -> step bye", "choice.again -> step name", "choice.lost -> step sure", "skipped -> step bye"]);
    assert_eq!(of("bye"), ["next -> end done", "limit -> end often"]);
    let labels: Vec<&str> = graph.edges.iter().map(|edge| edge.label.as_str()).collect();
    for label in ["Later", "3 failed answers", "after 2d", "Another name", "Lost: /help", "unless name is not none", "more than 2 in 1h"] {
        assert!(labels.contains(&label), "{label} is not among {labels:?}");
    }
    let way = |road: &str| graph.edges.iter().find(|edge| edge.road == road).unwrap().way;
    assert_eq!((way("next"), way("choice.again"), way("timeout")), (Way::Main, Way::Side, Way::Side));
    assert_eq!(graph.flows[0].nodes.iter().filter(|node| node.kind == Kind::End).count(), 3);
}

#[test]
fn titles_are_text_and_never_markup() {
    let steps = "  a:\n    title: '\"]-->b #1 <i>x</i> | \\n & `y`'\n    say: Hello\n    end: done\n";
    let graph = one_flow(steps);
    let line = |text: &str| text.lines().find(|line| line.contains("]-->b") || line.contains("#93;--")).map(str::to_owned);
    assert_eq!(
        line(&mermaid(&graph)).unwrap(),
        "  step.f.a(\"#34;#93;--#62;b #35;1 #60;i#62;x#60;/i#62; #124; #92;n #38;<br/>#96;y#96;<br/>a\"):::plain"
    );
    assert!(line(&dot(&graph)).unwrap().ends_with(r#"label="\"]-->b #1 <i>x</i> | \\n &amp;\n`y`\na"]"#), "{}", dot(&graph));
}

#[test]
fn the_pictures_are_as_they_were_looked_at() {
    let (sources, project_) = shipped_bot();
    let registration = Graph::of_flow(&project_, &sources, "registration").unwrap();
    let hello = shipped::yaml_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hello/flows"));
    let (sources, project_) = project(hello, &Installation::default());
    let hello = Graph::of_bot(&project_, &sources);
    for (name, graph) in [("registration", registration), ("hello", hello)] {
        agrees(&format!("{name}.mmd"), &mermaid(&graph));
        agrees(&format!("{name}.dot"), &dot(&graph));
    }
}

fn agrees(name: &str, made: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graph").join(name);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(made, golden, "{name}: look at the picture, then UPDATE_GOLDENS=1");
}
