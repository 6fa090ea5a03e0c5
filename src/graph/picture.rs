//! What mermaid and dot share: lines that run side by side become one.

use std::collections::BTreeMap;

use crate::graph::labels::wrapped;
use crate::graph::{Edge, Graph, Point, Way};

/// A drawn line.
pub(super) struct Line<'a> {
    pub from: &'a Point,
    pub to: &'a Point,
    pub way: Way,
    /// What is written on it.
    pub lines: Vec<String>,
}

/// The edges as lines: those that join the same points in the same way share one, and every label of theirs stands on it.
pub(super) fn lines<'a>(graph: &'a Graph) -> Vec<Line<'a>> {
    let mut drawn: Vec<(&'a Edge, Vec<&str>)> = Vec::new();
    let mut known: BTreeMap<(&Point, &Point, Way), usize> = BTreeMap::new();
    for edge in &graph.edges {
        let at = *known.entry((&edge.from, &edge.to, edge.way)).or_insert_with(|| {
            drawn.push((edge, Vec::new()));
            drawn.len() - 1
        });
        let labels = &mut drawn[at].1;
        if !edge.label.is_empty() && !labels.contains(&edge.label.as_str()) {
            labels.push(&edge.label);
        }
    }
    let line = |(edge, labels): (&'a Edge, Vec<&str>)| {
        let lines = labels.into_iter().flat_map(wrapped).collect();
        Line { from: &edge.from, to: &edge.to, way: edge.way, lines }
    };
    drawn.into_iter().map(line).collect()
}

/// A name for a point that no other point has: what ids are made of has no dot in it.
pub(super) fn name(point: &Point) -> String {
    match point {
        Point::Begin(flow) => format!("begin.{flow}"),
        Point::Step(flow, step) => format!("step.{flow}.{step}"),
        Point::End(flow, end) => format!("ended.{flow}.{end}"),
    }
}
