//! `retention`: how long answers are kept after each end.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, nearest};
use crate::flow::load::codes;
use crate::flow::load::declare;
use crate::flow::load::flows::Builder;
use crate::flow::{Flow, ways};
use crate::syntax::Node;

/// Ends that every session can come to without a road: by silence, by the word `/cancel` or an admin, by a fault, by a button that
/// starts another flow.
const ALWAYS: [&str; 4] = ["cancelled", "expired", "fault", "handed_over"];

impl Builder<'_> {
    pub(super) fn retention(&self) -> BTreeMap<String, i64> {
        let entries = self.sheet.node.get("retention").map_or(&[][..], Node::entries);
        entries.iter().filter_map(|entry| Some((entry.key.clone(), declare::duration(&entry.value)?))).collect()
    }

    /// Every end that is named is one the flow can come to, if all of its roads are known.
    pub(super) fn check_retention(&mut self, flow: &Flow) {
        if self.lost {
            return;
        }
        let mut ends: BTreeSet<&str> = ways::ends(flow).collect();
        ends.insert(&flow.expire.end);
        let entries = self.sheet.node.get("retention").map_or(&[][..], Node::entries);
        for entry in entries {
            let end = entry.key.as_str();
            if ends.contains(end) || ALWAYS.contains(&end) {
                continue;
            }
            let found = Diagnostic::error(codes::IMPOSSIBLE, entry.key_span, format!("this flow never ends \"{end}\""));
            self.writer.findings.push(match nearest(end, ends.iter().copied().chain(ALWAYS)) {
                Some(near) => found.meant(near),
                None => found.help(format!("it ends {}", ends.iter().copied().collect::<Vec<_>>().join(", "))),
            });
        }
    }
}
