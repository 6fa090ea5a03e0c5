//! A graph as a mermaid flowchart, which many wikis and editors draw.

use std::fmt::Write as _;

use crate::graph::picture::{self, name};
use crate::graph::{Graph, Kind, Node, Way};

/// How nodes look: side by side with the shapes, so that they can be told apart in print as well.
const CLASSES: &str = "  classDef begin fill:#1f4e79,stroke:#1f4e79,color:#ffffff
  classDef asks fill:#fff4d6,stroke:#b58900,color:#222222
  classDef calls fill:#e3f0fb,stroke:#3b78b0,color:#222222
  classDef plain fill:#ffffff,stroke:#777777,color:#222222
  classDef ended fill:#e8e8e8,stroke:#555555,color:#222222
";

/// Writes the graph as a mermaid flowchart, every flow as a subgraph of its own if there are several.
pub fn mermaid(graph: &Graph) -> String {
    let mut out = "flowchart TD\n".to_owned();
    let framed = graph.flows.len() > 1;
    for group in &graph.flows {
        if framed {
            let _ = writeln!(out, "  subgraph flow.{}[\"{}\"]", group.flow, escaped(&group.title));
        }
        for node in &group.nodes {
            write_node(&mut out, node);
        }
        if framed {
            out.push_str("  end\n");
        }
    }
    for node in &graph.others {
        write_node(&mut out, node);
    }
    for line in picture::lines(graph) {
        let arrow = match line.way {
            Way::Main => "-->",
            Way::Side => "-.->",
            Way::Start => "==>",
        };
        let label = joined(&line.lines);
        let label = if label.is_empty() { label } else { format!("|\"{label}\"|") };
        let _ = writeln!(out, "  {} {arrow}{label} {}", name(line.from), name(line.to));
    }
    out.push_str(CLASSES);
    out
}

fn write_node(out: &mut String, node: &Node) {
    let (open, close) = match node.kind {
        Kind::Say => ("(", ")"),
        Kind::Ask => ("[/", "/]"),
        Kind::Review => ("[/", "\\]"),
        Kind::Call => ("{{", "}}"),
        Kind::Set | Kind::Stop => ("[", "]"),
        Kind::Branch => ("{", "}"),
        Kind::Begin | Kind::Run => ("[[", "]]"),
        Kind::Wait | Kind::Notify => (">", "]"),
        Kind::Approve => ("[\\", "/]"),
        Kind::End => ("([", "])"),
    };
    let class = match node.kind {
        Kind::Begin => "begin",
        Kind::Ask | Kind::Review | Kind::Approve => "asks",
        Kind::Call | Kind::Run => "calls",
        Kind::End => "ended",
        Kind::Say | Kind::Set | Kind::Branch | Kind::Wait | Kind::Notify | Kind::Stop => "plain",
    };
    let _ = writeln!(out, "  {}{open}\"{}\"{close}:::{class}", name(&node.point), joined(&node.lines));
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>")
}

/// Text that is neither markup, nor markdown, nor the end of the label.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut leading = true;
    for c in text.chars() {
        // `1.` and `-` at the beginning of a line would make a list of it.
        let makes_list = leading && matches!(c, '.' | '-' | '+' | ')');
        leading &= c.is_ascii_digit();
        if makes_list || matches!(c, '"' | '#' | '<' | '>' | '&' | '\\' | '`' | '*' | '~' | '$' | '[' | ']' | '{' | '}' | '|') {
            let _ = write!(out, "#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
