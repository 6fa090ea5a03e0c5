//! What is known at a point of a flow: which values are there, which are none, which claims hold. Kept as bits, as there is a state
//! for every way on which a step is reached.

use std::collections::{BTreeMap, BTreeSet};

use crate::expr::{Claim, Fact, Known, Type};

/// Everything that some expression of a flow asks: only that is worth knowing.
#[derive(Default)]
pub(super) struct Universe {
    paths: Vec<Vec<String>>,
    by_path: BTreeMap<Vec<String>, usize>,
    claims: Vec<Claim>,
    by_key: BTreeMap<String, usize>,
}

/// What is known at one point. Less is known in a state whose bits are among those of another.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct State(Vec<u64>);

impl Universe {
    pub(super) fn new(paths: BTreeSet<Vec<String>>, claims: Vec<Claim>) -> Self {
        let mut universe = Self::default();
        for path in paths {
            for depth in 1..=path.len() {
                universe.add_path(&path[..depth]);
            }
        }
        for claim in claims {
            if !universe.by_key.contains_key(&claim.key) {
                universe.by_key.insert(claim.key.clone(), universe.claims.len());
                universe.claims.push(claim);
            }
        }
        universe
    }

    fn add_path(&mut self, path: &[String]) {
        if !self.by_path.contains_key(path) {
            self.by_path.insert(path.to_owned(), self.paths.len());
            self.paths.push(path.to_owned());
        }
    }

    /// Nothing is known.
    pub(super) fn nothing(&self) -> State {
        State(vec![0; (2 * (self.paths.len() + self.claims.len())).div_ceil(64)])
    }

    /// The state together with a fact; nothing if the two cannot be.
    pub(super) fn assume(&self, mut state: State, fact: &Fact) -> Option<State> {
        match fact {
            Fact::Presence(path, there) => {
                if self.presence(&state, path) == Some(!there) {
                    return None;
                }
                if *there {
                    self.put(&mut state, path);
                } else if let Some(at) = self.by_path.get(path) {
                    state.set(2 * at + 1);
                }
            }
            Fact::Truth(claim, holds) => {
                if self.truth(&state, claim) == Some(!holds) {
                    return None;
                }
                if let Some(at) = self.by_key.get(&claim.key) {
                    state.set(2 * (self.paths.len() + at) + usize::from(!holds));
                }
            }
        }
        Some(state)
    }

    /// The value at a path is there now, and so is all that leads to it.
    pub(super) fn put(&self, state: &mut State, path: &[String]) {
        for depth in 1..=path.len() {
            if let Some(at) = self.by_path.get(&path[..depth]) {
                state.set(2 * at);
                state.clear(2 * at + 1);
            }
        }
    }

    /// The value at a path is there, and so is what its type says is always in it.
    pub(super) fn fill(&self, state: &mut State, path: &[String], of: &Type) {
        self.put(state, path);
        for known in self.paths.iter().filter(|known| known.len() > path.len() && known.starts_with(path)) {
            let mut inner = of.clone();
            let certain = known[path.len()..].iter().all(|name| match inner.field(name) {
                Ok(field) if !field.optional => {
                    inner = field;
                    true
                }
                _ => false,
            });
            if certain {
                self.put(state, known);
            }
        }
    }

    /// The value at a path is none now.
    pub(super) fn empty(&self, state: &mut State, path: &[String]) {
        self.forget(state, path);
        if let Some(at) = self.by_path.get(path) {
            state.set(2 * at + 1);
        }
    }

    /// The value at a path is another one now: nothing is known of it, nor of what reads it.
    pub(super) fn forget(&self, state: &mut State, path: &[String]) {
        for (at, known) in self.paths.iter().enumerate().filter(|(_, known)| known.starts_with(path)) {
            debug_assert!(known.len() >= path.len());
            state.clear(2 * at);
            state.clear(2 * at + 1);
        }
        let touches = |read: &Vec<String>| read.starts_with(path) || path.starts_with(read);
        for (at, _) in self.claims.iter().enumerate().filter(|(_, claim)| claim.reads.iter().any(touches)) {
            state.clear(2 * (self.paths.len() + at));
            state.clear(2 * (self.paths.len() + at) + 1);
        }
    }

    /// The value at a path is this constant now, as far as somebody compares it with one.
    pub(super) fn equal(&self, state: &mut State, path: &[String], constant: &str) {
        for (at, claim) in self.claims.iter().enumerate() {
            if let Some((_, other)) = claim.equals.as_ref().filter(|(of, _)| of.as_slice() == path) {
                state.set(2 * (self.paths.len() + at) + usize::from(other != constant));
            }
        }
    }

    fn presence(&self, state: &State, path: &[String]) -> Option<bool> {
        let bit = |depth: usize, none: usize| self.by_path.get(&path[..depth]).is_some_and(|at| state.has(2 * at + none));
        if (1..=path.len()).any(|depth| bit(depth, 1)) {
            return Some(false);
        }
        bit(path.len(), 0).then_some(true)
    }

    fn truth(&self, state: &State, claim: &Claim) -> Option<bool> {
        let bit = |at: usize, denied: usize| state.has(2 * (self.paths.len() + at) + denied);
        let at = *self.by_key.get(&claim.key)?;
        if bit(at, 0) || bit(at, 1) {
            return Some(bit(at, 0));
        }
        // Who is one thing is not another.
        let (path, constant) = claim.equals.as_ref()?;
        let other = |other: &Claim| other.equals.as_ref().is_some_and(|(of, is)| of == path && is != constant);
        self.claims.iter().enumerate().any(|(at, claim)| bit(at, 0) && other(claim)).then_some(false)
    }
}

impl State {
    fn has(&self, bit: usize) -> bool {
        self.0[bit / 64] & (1 << (bit % 64)) != 0
    }

    fn set(&mut self, bit: usize) {
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    fn clear(&mut self, bit: usize) {
        self.0[bit / 64] &= !(1 << (bit % 64));
    }

    /// What is known in both.
    pub(super) fn meet(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(bits, other)| *bits &= other);
    }

    /// True if all that is known here is known there.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(bits, other)| bits & !other == 0)
    }
}

/// A state, to be asked what is known in it.
pub(super) struct View<'a> {
    pub universe: &'a Universe,
    pub state: &'a State,
}

impl Known for View<'_> {
    fn presence(&self, path: &[String]) -> Option<bool> {
        self.universe.presence(self.state, path)
    }

    fn truth(&self, claim: &Claim) -> Option<bool> {
        self.universe.truth(self.state, claim)
    }
}
