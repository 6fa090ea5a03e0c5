//! What of a state still matters at a step: what some way on from it asks before it is set anew. Only that tells states apart.

use crate::flow::load::paths::explore::Explorer;
use crate::flow::load::paths::pieces::{self, It, Moment};
use crate::flow::load::paths::state::State;
use crate::flow::ways::{Cause, To, Way};

/// What still matters where.
pub(super) struct Live {
    /// At each step, when it is reached.
    pub at: Vec<State>,
    /// At the ends: what the outputs are made of.
    pub ends: State,
}

impl Live {
    /// Follows all ways of a flow back from where something is asked.
    pub(super) fn of(explorer: &Explorer<'_>) -> Self {
        let universe = &explorer.universe;
        let mut ends = universe.nothing();
        let outputs = explorer.flow.outputs.values().flat_map(crate::expr::Expression::names);
        outputs.for_each(|name| universe.ask_for(&mut ends, &name.path));
        let mut at: Vec<State> = (0..explorer.flow.steps.len()).map(|at| asked(explorer, at)).collect();
        let settled: Vec<Vec<State>> =
            (0..at.len()).map(|step| explorer.ways[step].iter().map(|way| settled_on(explorer, step, way)).collect()).collect();
        let mut changed = true;
        while changed {
            changed = false;
            for step in (0..at.len()).rev() {
                for (way, settled) in explorer.ways[step].iter().zip(&settled[step]) {
                    let mut behind = match way.to {
                        To::Step(to) | To::Again(to) => at[to].clone(),
                        To::End(_) | To::Flow { .. } => ends.clone(),
                        To::Stay(_) | To::Nowhere => continue,
                    };
                    behind.without(settled);
                    if !behind.is_within(&at[step]) {
                        at[step].add(&behind);
                        changed = true;
                    }
                }
            }
        }
        Self { at, ends }
    }
}

/// What a step itself asks of the state in which it is reached.
fn asked(explorer: &Explorer<'_>, at: usize) -> State {
    let universe = &explorer.universe;
    let mut asked = universe.nothing();
    for piece in pieces::of_step(&explorer.flow.steps[at], &explorer.ways[at]) {
        let mut by_piece = universe.nothing();
        piece.it.names().into_iter().for_each(|name| universe.ask_for(&mut by_piece, &name.path));
        let own = match piece.it {
            It::Condition(condition) => Some(condition),
            _ => None,
        };
        own.into_iter().chain(piece.guard).for_each(|condition| universe.ask(&mut by_piece, &explorer.condition(condition)));
        if let Moment::Leaving(cause) = piece.moment {
            by_piece.without(&own_result(explorer, at, cause));
        }
        asked.add(&by_piece);
    }
    asked
}

/// What is known anew on a way out of a step, whatever was known before.
fn settled_on(explorer: &Explorer<'_>, at: usize, way: &Way<'_>) -> State {
    let (universe, steps) = (&explorer.universe, &explorer.flow.steps);
    let mut settled = own_result(explorer, at, way.cause);
    if !matches!(way.cause, Cause::Skipped) {
        for (name, field) in &steps[at].forget {
            let path: Vec<_> = std::iter::once(name).chain(field).cloned().collect();
            settled.add(&universe.about(&path));
        }
    }
    if let To::Again(to) = way.to {
        settled.add(&universe.about(std::slice::from_ref(&steps[to].id)));
    }
    settled
}

/// The result of a step, which every way out of it sets; but not where it is not done at all, nor where it has none.
fn own_result(explorer: &Explorer<'_>, at: usize, cause: Cause<'_>) -> State {
    match cause {
        Cause::Limit | Cause::Branch(_) => explorer.universe.nothing(),
        _ => (*explorer.universe.about(std::slice::from_ref(&explorer.flow.steps[at].id))).clone(),
    }
}
