//! What can no longer be changed: what has been done in another system, and all that it was made of. A road that changes it on every
//! way leads nowhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::flow::load::codes;
use crate::flow::ways::{self, Cause, To, Way};
use crate::flow::{Flow, Operation, Target, Verb};

/// Unsafe calls that have certainly been done.
type Done = BTreeSet<usize>;

/// Reports roads that change what is committed on every way to them.
pub(super) fn check(flow: &Flow, operations: &BTreeMap<String, Operation>, findings: &mut Vec<Diagnostic>) {
    let ways: Vec<_> = (0..flow.steps.len()).map(|at| ways::of_step(flow, at)).collect();
    let walk = Walk { flow, operations, ways };
    let reached = walk.done();
    for (at, reached) in reached.iter().enumerate() {
        let Some(reached) = reached else { continue };
        for way in &walk.ways[at] {
            let To::Again(target) = way.to else { continue };
            let Some(road) = way.road.filter(|road| matches!(road.to, Target::Change(_))) else { continue };
            let done = walk.left(at, way, reached);
            if let Some(call) = done.iter().find(|call| walk.depends(**call, target)) {
                let (step, call) = (&flow.steps[target], &flow.steps[*call]);
                let span = road.say.as_ref().and_then(|say| say.in_language(0)).map_or(flow.steps[at].span, crate::expr::Template::span);
                let message = format!("\"{}\" cannot be changed any more here: \"{}\" has sent it on every way", step.id, call.id);
                findings.push(
                    Diagnostic::error(codes::COMMITTED, span, message)
                        .help("lead the road elsewhere, or ask before the call is made")
                        .related(call.span, "what this call was made with stays as it is once it has ended well"),
                );
            }
        }
    }
}

struct Walk<'f> {
    flow: &'f Flow,
    operations: &'f BTreeMap<String, Operation>,
    ways: Vec<Vec<Way<'f>>>,
}

impl Walk<'_> {
    /// What has certainly been done when a step is reached; nothing for steps that are not.
    fn done(&self) -> Vec<Option<Done>> {
        let mut reached: Vec<Option<Done>> = vec![None; self.flow.steps.len()];
        let mut open = Vec::new();
        if let Some(first) = reached.first_mut() {
            *first = Some(Done::new());
            open.push(0);
        }
        while let Some(at) = open.pop() {
            let Some(here) = reached[at].clone() else { continue };
            for way in &self.ways[at] {
                let Some(to) = way.to.step() else { continue };
                let done = self.left(at, way, &here);
                let common = reached[to].as_ref().map_or_else(|| done.clone(), |known| known & &done);
                if reached[to].as_ref() != Some(&common) {
                    reached[to] = Some(common);
                    open.push(to);
                }
            }
        }
        reached
    }

    /// What has been done when a step is left on this way.
    fn left(&self, at: usize, way: &Way<'_>, before: &Done) -> Done {
        let mut done = before.clone();
        if let Verb::Call(call) = &self.flow.steps[at].verb
            && matches!(way.cause, Cause::Done | Cause::Outcome("unknown"))
            && self.operations.get(&call.operation).is_some_and(|operation| !operation.is_read())
        {
            done.insert(at);
        }
        done
    }

    /// True if a call was made of what this step gave, directly or not.
    fn depends(&self, call: usize, on: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![call];
        while let Some(at) = open.pop() {
            if at == on {
                return true;
            }
            if seen.insert(at) {
                open.extend(self.flow.steps[at].reads.iter().filter_map(|id| self.flow.index.get(id)).copied());
            }
        }
        false
    }
}
