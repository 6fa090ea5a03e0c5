//! Where things stand in the files of the present version.

use crate::diagnostic::{Sources, Span};
use crate::flow::shapes::{FileKind, holds_scenarios, kind_of};
use crate::syntax::{Entry, Node, parse};

/// The flows as written, and the file of what they share.
pub(super) struct Places {
    flows: Vec<(String, Span, Node)>,
    bot: Option<Node>,
}

impl Places {
    /// Reads the files once more: a flow that is loaded does not know where its parts stand.
    pub(super) fn new(sources: &Sources) -> Self {
        let mut places = Self { flows: Vec::new(), bot: None };
        for (file, source) in sources.iter().filter(|(_, source)| !holds_scenarios(&source.path)) {
            let Some(tree) = parse(file, &source.text).0 else { continue };
            match kind_of(&tree) {
                Some(FileKind::Flow) => {
                    let Some((id, span)) = tree.get("flow").and_then(|id| Some((id.text()?.to_owned(), id.span))) else { continue };
                    places.flows.push((id, span, tree));
                }
                Some(FileKind::Flows) => {
                    let flows = tree.get("flows").map_or(&[][..], Node::entries);
                    places.flows.extend(flows.iter().map(|flow| (flow.key.clone(), flow.key_span, flow.value.clone())));
                }
                Some(FileKind::Bot) => places.bot = Some(tree),
                _ => {}
            }
        }
        places
    }

    /// Where what is no more would be told of: the beginning of the bot's file, or of the first flow.
    pub(super) fn bot(&self) -> Span {
        let first = self.bot.as_ref().and_then(|bot| bot.entries().first()).map(|entry| entry.key_span);
        first.or_else(|| self.flows.first().map(|(_, span, _)| *span)).unwrap_or_default()
    }

    /// A key of the bot's file, or of a map in it; else the beginning of the file.
    pub(super) fn of_bot(&self, path: &[&str]) -> Span {
        self.bot.as_ref().and_then(|bot| key(bot, path)).unwrap_or_else(|| self.bot())
    }

    /// A key of a flow, or of a map in it; else its id.
    pub(super) fn of_flow(&self, id: &str, path: &[&str]) -> Span {
        let Some((_, span, node)) = self.flows.iter().find(|(known, ..)| known == id) else { return self.bot() };
        key(node, path).unwrap_or(*span)
    }
}

/// The deepest key of a path that is there.
fn key(node: &Node, path: &[&str]) -> Option<Span> {
    let (first, rest) = path.split_first()?;
    let Entry { key_span, value, .. } = node.entry(first)?;
    Some(key(value, rest).unwrap_or(*key_span))
}
