//! A graph in the language of Graphviz.

use std::fmt::Write as _;

use crate::graph::picture::{self, name};
use crate::graph::{Graph, Kind, Node, Way};

const HEAD: &str = "digraph usher {
  rankdir=TB; nodesep=0.35; ranksep=0.45; newrank=true
  graph [fontname=\"Helvetica\", fontsize=14, style=rounded, color=\"#999999\"]
  node [fontname=\"Helvetica\", fontsize=11, style=filled, fillcolor=\"#ffffff\", color=\"#777777\", margin=\"0.12,0.06\"]
  edge [fontname=\"Helvetica\", fontsize=9, color=\"#333333\", fontcolor=\"#333333\", arrowsize=0.7]
";

/// Writes the graph in the language of Graphviz, every flow as a cluster of its own if there are several.
pub fn dot(graph: &Graph) -> String {
    let mut out = HEAD.to_owned();
    let framed = graph.flows.len() > 1;
    for group in &graph.flows {
        if framed {
            let _ = writeln!(out, "  subgraph {} {{\n  label={}", quoted(&format!("cluster_{}", group.flow)), quoted(&group.title));
        }
        for node in &group.nodes {
            write_node(&mut out, node);
        }
        if framed {
            out.push_str("  }\n");
        }
    }
    for node in &graph.others {
        write_node(&mut out, node);
    }
    for line in picture::lines(graph) {
        let mut looks = match line.way {
            Way::Main => String::new(),
            // Ways back and aside bend around the main road and do not stretch it.
            Way::Side => "style=dashed, color=\"#999999\", weight=0".to_owned(),
            Way::Start => "style=bold, color=\"#1f4e79\", weight=0".to_owned(),
        };
        if !line.lines.is_empty() {
            let comma = if looks.is_empty() { "" } else { ", " };
            let _ = write!(looks, "{comma}label={}", joined(&line.lines));
        }
        let _ = writeln!(out, "  {} -> {} [{looks}]", quoted(&name(line.from)), quoted(&name(line.to)));
    }
    out.push_str("}\n");
    out
}

fn write_node(out: &mut String, node: &Node) {
    let looks = match node.kind {
        Kind::Begin => "shape=box, peripheries=2, fillcolor=\"#1f4e79\", color=\"#1f4e79\", fontcolor=\"#ffffff\"",
        Kind::Say => "shape=box, style=\"rounded,filled\"",
        Kind::Ask => "shape=parallelogram, fillcolor=\"#fff4d6\", color=\"#b58900\", margin=\"0,0.04\"",
        Kind::Review => "shape=trapezium, fillcolor=\"#fff4d6\", color=\"#b58900\", margin=\"0,0.04\"",
        Kind::Call => "shape=hexagon, fillcolor=\"#e3f0fb\", color=\"#3b78b0\", margin=\"0,0.04\"",
        Kind::Set => "shape=box",
        Kind::Branch => "shape=diamond, margin=\"0,0.02\"",
        Kind::Run => "shape=box, peripheries=2, fillcolor=\"#e3f0fb\", color=\"#3b78b0\"",
        Kind::Wait => "shape=cds",
        Kind::Approve => "shape=house, fillcolor=\"#fff4d6\", color=\"#b58900\", margin=\"0,0.04\"",
        Kind::Notify => "shape=rarrow, margin=\"0.1,0.04\"",
        Kind::Stop => "shape=box, style=\"filled,dotted\"",
        Kind::End => "shape=box, style=\"rounded,filled\", fillcolor=\"#e8e8e8\", color=\"#555555\", margin=\"0.2,0.06\"",
    };
    let _ = writeln!(out, "  {} [{looks}, label={}]", quoted(&name(&node.point)), joined(&node.lines));
}

fn joined(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    format!("\"{}\"", lines.join("\\n"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Text that does not end its quotes and means nothing but itself.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;").replace(['\n', '\r'], " ")
}
