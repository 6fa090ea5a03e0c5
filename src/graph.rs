//! What a bot looks like from above: steps as nodes, and every way on from each of them as an edge.
//!
//! [`Graph`] holds all of it by name; [`mermaid`] and [`dot`] write it down as pictures that stay readable for a flow of forty steps.
//! It must not know how an engine walks: it tells where a walk *can* lead.

mod dot;
mod labels;
mod mermaid;
mod picture;
mod roads;

use std::collections::BTreeSet;

use crate::diagnostic::Sources;
use crate::expr::print_duration;
use crate::flow::{Due, Flow, Project, Recipient, Step, Verb, Wait};
use labels::Labels;

pub use dot::dot;
pub use mermaid::mermaid;

/// Flows with their nodes, and the edges between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graph {
    /// The flows that are drawn.
    pub flows: Vec<Group>,
    /// Where other flows begin, if an edge leads there: drawn as single nodes.
    pub others: Vec<Node>,
    /// In the order of the files.
    pub edges: Vec<Edge>,
}

/// The nodes of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The id of the flow.
    pub flow: String,
    /// Its title in the first language, or its id.
    pub title: String,
    /// Its beginning, its steps in their order, its ends.
    pub nodes: Vec<Node>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it stands for.
    pub point: Point,
    /// What is done there.
    pub kind: Kind,
    /// What is written on it, line by line.
    pub lines: Vec<String>,
}

/// What a node stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// The flow of this id begins.
    Begin(String),
    /// A step: flow and step.
    Step(String, String),
    /// A session ends: flow and the name of the end.
    End(String, String),
}

/// What is done at a node: the verb of a step, or the edge of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The flow begins.
    Begin,
    /// Something is said.
    Say,
    /// Something is asked.
    Ask,
    /// A summary is confirmed.
    Review,
    /// An operation is called.
    Call,
    /// Values are computed.
    Set,
    /// Conditions choose.
    Branch,
    /// Another flow is run.
    Run,
    /// Time passes.
    Wait,
    /// Others decide.
    Approve,
    /// Others are told.
    Notify,
    /// A step that only ends.
    Stop,
    /// The session ends.
    End,
}

/// A way on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// From here.
    pub from: Point,
    /// To there.
    pub to: Point,
    /// Which of the ways on it is: `next`, `skipped`, `choice.agree`, `outcomes.down`, `branch.2`, `timeout`…
    pub road: String,
    /// What is written on it; nothing where it is plain.
    pub label: String,
    /// How it is drawn.
    pub way: Way,
}

/// How people come along an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Where the conversation is meant to go.
    Main,
    /// What is done when something else happens than was hoped for, and ways back.
    Side,
    /// Another flow begins.
    Start,
}

impl Graph {
    /// All flows of a bot. The sources are those the project was loaded from: conditions are shown as they are written there.
    pub fn of_bot(project: &Project, sources: &Sources) -> Self {
        Self::of_flows(project, sources, project.flows.values())
    }

    /// One flow; `None` if there is none of this id.
    pub fn of_flow(project: &Project, sources: &Sources, flow: &str) -> Option<Self> {
        Some(Self::of_flows(project, sources, [project.flows.get(flow)?]))
    }

    fn of_flows<'p>(project: &'p Project, sources: &'p Sources, flows: impl IntoIterator<Item = &'p Flow>) -> Self {
        let labels = Labels { project, sources };
        let mut graph = Self::default();
        for flow in flows {
            let edges = roads::of_flow(flow, labels);
            graph.flows.push(group(flow, &edges, labels));
            graph.edges.extend(edges);
        }
        let drawn: BTreeSet<&str> = graph.flows.iter().map(|group| group.flow.as_str()).collect();
        let begun = graph.edges.iter().filter_map(|edge| match &edge.to {
            Point::Begin(flow) if !drawn.contains(flow.as_str()) => project.flows.get(flow),
            _ => None,
        });
        let begun: BTreeSet<&str> = begun.map(|flow| flow.id.as_str()).collect();
        graph.others = begun.into_iter().map(|id| begin(&project.flows[id], labels)).collect();
        graph
    }
}

fn group(flow: &Flow, edges: &[Edge], labels: Labels<'_>) -> Group {
    let mut nodes = vec![begin(flow, labels)];
    nodes.extend(flow.steps.iter().map(|step| node(flow, step, labels)));
    let ends: BTreeSet<&Point> = edges.iter().map(|edge| &edge.to).filter(|to| matches!(to, Point::End(..))).collect();
    nodes.extend(ends.into_iter().map(|end| {
        let Point::End(_, name) = end else { unreachable!("only ends were kept") };
        Node { point: end.clone(), kind: Kind::End, lines: vec![name.clone()] }
    }));
    Group { flow: flow.id.clone(), title: labels::title(flow), nodes }
}

/// The title of a flow, and how people begin it.
fn begin(flow: &Flow, labels: Labels<'_>) -> Node {
    let mut lines = labels::wrapped(&labels::title(flow));
    lines.extend(flow.start.as_ref().and_then(|start| start.command.as_ref()).map(|command| format!("/{command}")));
    lines.extend(labels.words_that_start(flow));
    Node { point: Point::Begin(flow.id.clone()), kind: Kind::Begin, lines }
}

fn node(flow: &Flow, step: &Step, labels: Labels<'_>) -> Node {
    let mut lines = step.title.as_ref().and_then(labels::fixed).map(|title| labels::wrapped(&title)).unwrap_or_default();
    lines.push(step.id.clone());
    let kind = match &step.verb {
        Verb::Say(_) => Kind::Say,
        Verb::Ask(_) => Kind::Ask,
        Verb::Review(_) => Kind::Review,
        Verb::Call(call) => {
            lines.push(call.operation.clone());
            Kind::Call
        }
        Verb::Set(_) => Kind::Set,
        Verb::Branch(_) => Kind::Branch,
        Verb::Run(_) => Kind::Run,
        Verb::Wait(wait) => {
            lines.extend(labels::wrapped(&match wait {
                Wait::Time(due) => labels.due(due),
                Wait::Event(awaited) => awaited.event.clone(),
            }));
            Kind::Wait
        }
        Verb::Approve(approve) => {
            lines.push(format!("by {}", approve.by));
            Kind::Approve
        }
        Verb::Notify(notify) => {
            lines.extend(match &notify.to {
                Recipient::Role(role) => Some(format!("to {role}")),
                Recipient::Person(_) => None,
            });
            Kind::Notify
        }
        Verb::End => Kind::Stop,
    };
    Node { point: Point::Step(flow.id.clone(), step.id.clone()), kind, lines }
}

impl Labels<'_> {
    /// When something falls due: `after 3d`, `at code.expires`.
    fn due(&self, due: &Due) -> String {
        match due {
            Due::After(expression) => match expression.value() {
                Some(crate::expr::Value::Duration(millis)) => format!("after {}", print_duration(*millis)),
                _ => format!("after {}", self.written(expression)),
            },
            Due::At(expression) => format!("at {}", self.written(expression)),
        }
    }
}
