//! What is known at a point of a flow: which values are there, which are none, which claims hold. Kept as bits, as there is a state
//! for every way on which a step is reached.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::expr::{Claim, Expression, Fact, Known, Leaf, Proof, Type};

/// Everything that some expression of a flow asks: only that is worth knowing.
#[derive(Default)]
pub(super) struct Universe {
    paths: Vec<Vec<String>>,
    by_path: HashMap<Vec<String>, usize>,
    claims: Vec<Claim>,
    by_key: HashMap<String, usize>,
    /// What is known no more when the value at a path changes: found out when it is first asked for.
    about: RefCell<HashMap<Vec<String>, Rc<State>>>,
}

/// What is known at one point. Less is known in a state whose bits are among those of another.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct State(Vec<u64>);

/// A condition of the flow, with the places of all that it asks.
pub(super) struct Condition {
    proof: Proof<Bit>,
    /// What is known where it does not hold, and where it does.
    facts: [Vec<(Bit, bool)>; 2],
}

/// Something that can be known: its place among the bits.
enum Bit {
    /// The value at a path is none.
    Absent(Spot),
    /// A claim holds.
    Claim(Spoken),
}

/// A path: its place, and those of all that leads to it, itself included, as far as anybody asks for them.
struct Spot {
    own: Option<usize>,
    chain: Vec<usize>,
}

/// A claim: its place, those of claims that cannot hold beside it, and whose value it is about.
struct Spoken {
    own: Option<usize>,
    rivals: Vec<usize>,
    of: Option<Spot>,
}

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

    /// The places of all that a condition asks.
    pub(super) fn condition(&self, condition: &Expression) -> Condition {
        let proof = condition.proof().map(&|leaf| match leaf {
            Leaf::Absent(path) => Bit::Absent(self.spot(&path)),
            Leaf::Claim(claim) => Bit::Claim(self.spoken(&claim)),
        });
        let facts = |holds| {
            let facts = condition.facts(holds).into_iter();
            let placed = facts.map(|fact| match fact {
                Fact::Presence(path, there) => (Bit::Absent(self.spot(&path)), !there),
                Fact::Truth(claim, holds) => (Bit::Claim(self.spoken(&claim)), holds),
            });
            placed.collect()
        };
        Condition { proof, facts: [facts(false), facts(true)] }
    }

    fn spot(&self, path: &[String]) -> Spot {
        Spot { own: self.by_path.get(path).copied(), chain: self.chain(path).collect() }
    }

    /// The places of all that leads to a path, itself included.
    fn chain<'u>(&'u self, path: &'u [String]) -> impl Iterator<Item = usize> + 'u {
        (1..=path.len()).filter_map(|depth| self.by_path.get(&path[..depth]).copied())
    }

    fn spoken(&self, claim: &Claim) -> Spoken {
        let equals = claim.equals.as_ref();
        // Who is one thing is not another.
        let rivals = |other: &Claim| {
            let pair = equals.zip(other.equals.as_ref());
            pair.is_some_and(|((path, constant), (of, is))| path == of && constant != is)
        };
        let rivals = self.claims.iter().enumerate().filter(|(_, other)| rivals(other)).map(|(at, _)| at).collect();
        Spoken { own: self.by_key.get(&claim.key).copied(), rivals, of: equals.map(|(path, _)| self.spot(path)) }
    }

    /// Whether a condition holds in a state, if that follows from it.
    pub(super) fn judge(&self, condition: &Condition, state: &State) -> Option<bool> {
        condition.proof.judge(&|bit| match bit {
            Bit::Absent(spot) => spot.presence(state).map(|there| !there),
            Bit::Claim(claim) => self.truth(state, claim).or_else(|| {
                let of = claim.of.as_ref()?;
                (of.presence(state) == Some(false)).then_some(false)
            }),
        })
    }

    /// The state together with what is known where a condition holds, or does not; nothing if the two cannot be.
    pub(super) fn assume(&self, mut state: State, condition: &Condition, holds: bool) -> Option<State> {
        for (bit, is) in &condition.facts[usize::from(holds)] {
            match bit {
                Bit::Absent(spot) => {
                    if spot.presence(&state) == Some(*is) {
                        return None;
                    }
                    match spot.own {
                        Some(own) if *is => state.set(2 * own + 1),
                        _ if *is => {}
                        _ => state.put(spot.chain.iter().copied()),
                    }
                }
                Bit::Claim(claim) => {
                    if self.truth(&state, claim) == Some(!is) {
                        return None;
                    }
                    if let Some(own) = claim.own {
                        state.set(2 * (self.paths.len() + own) + usize::from(!is));
                    }
                }
            }
        }
        Some(state)
    }

    /// The value at a path is there now, and so is all that leads to it.
    pub(super) fn put(&self, state: &mut State, path: &[String]) {
        state.put(self.chain(path));
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
        state.without(&self.about(path));
    }

    /// All that can be known about the value at a path.
    pub(super) fn about(&self, path: &[String]) -> Rc<State> {
        let known = self.about.borrow().get(path).cloned();
        known.unwrap_or_else(|| {
            let about = Rc::new(self.find_about(path));
            self.about.borrow_mut().insert(path.to_owned(), Rc::clone(&about));
            about
        })
    }

    fn find_about(&self, path: &[String]) -> State {
        let mut about = self.nothing();
        let inner = self.paths.iter().enumerate().filter(|(_, known)| known.starts_with(path)).map(|(at, _)| at);
        let touches = |read: &Vec<String>| read.starts_with(path) || path.starts_with(read);
        let claims = self.claims.iter().enumerate().filter(|(_, claim)| claim.reads.iter().any(touches));
        inner.chain(claims.map(|(at, _)| self.paths.len() + at)).for_each(|at| about.set_both(at));
        about
    }

    /// Adds all that whoever reads the value at a path asks.
    pub(super) fn ask_for(&self, asked: &mut State, path: &[String]) {
        self.chain(path).for_each(|at| asked.set_both(at));
    }

    /// Adds all that a condition asks.
    pub(super) fn ask(&self, asked: &mut State, condition: &Condition) {
        let mut add = |bit: &Bit| match bit {
            Bit::Absent(spot) => spot.chain.iter().for_each(|at| asked.set_both(*at)),
            Bit::Claim(claim) => {
                claim.own.iter().chain(&claim.rivals).for_each(|at| asked.set_both(self.paths.len() + at));
                claim.of.iter().flat_map(|of| &of.chain).for_each(|at| asked.set_both(*at));
            }
        };
        condition.proof.leaves(&mut add);
        condition.facts.iter().flatten().for_each(|(bit, _)| add(bit));
    }

    /// The value at a path is this constant now, as far as somebody compares it with one.
    pub(super) fn equal(&self, state: &mut State, path: &[String], constant: &str) {
        for (at, claim) in self.claims.iter().enumerate() {
            if let Some((_, other)) = claim.equals.as_ref().filter(|(of, _)| of.as_slice() == path) {
                state.set(2 * (self.paths.len() + at) + usize::from(other != constant));
            }
        }
    }

    /// Whether the value at a path is there (true) or none (false), if this is known.
    pub(super) fn presence(&self, state: &State, path: &[String]) -> Option<bool> {
        state.presence(self.by_path.get(path).copied(), self.chain(path))
    }

    fn truth(&self, state: &State, claim: &Spoken) -> Option<bool> {
        let bit = |at: usize, denied: usize| state.has(2 * (self.paths.len() + at) + denied);
        let own = claim.own?;
        if bit(own, 0) || bit(own, 1) {
            return Some(bit(own, 0));
        }
        claim.rivals.iter().any(|rival| bit(*rival, 0)).then_some(false)
    }
}

impl Spot {
    fn presence(&self, state: &State) -> Option<bool> {
        state.presence(self.own, self.chain.iter().copied())
    }
}

impl State {
    /// Whether the value at the first place is there (true) or none (false), if this is known: it is none if something that leads to it is.
    fn presence(&self, own: Option<usize>, mut chain: impl Iterator<Item = usize>) -> Option<bool> {
        if chain.any(|at| self.has(2 * at + 1)) {
            return Some(false);
        }
        own.filter(|own| self.has(2 * own)).map(|_| true)
    }

    fn has(&self, bit: usize) -> bool {
        self.0[bit / 64] & (1 << (bit % 64)) != 0
    }

    fn set(&mut self, bit: usize) {
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    /// Something and its opposite.
    fn set_both(&mut self, at: usize) {
        self.set(2 * at);
        self.set(2 * at + 1);
    }

    fn clear(&mut self, bit: usize) {
        self.0[bit / 64] &= !(1 << (bit % 64));
    }

    /// The values at these places are there.
    fn put(&mut self, places: impl Iterator<Item = usize>) {
        for at in places {
            self.set(2 * at);
            self.clear(2 * at + 1);
        }
    }

    /// What is known in one of both.
    pub(super) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(bits, other)| *bits |= other);
    }

    /// All but what is known there.
    pub(super) fn without(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(bits, other)| *bits &= !other);
    }

    /// What is known in both.
    pub(super) fn meet(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(bits, other)| *bits &= other);
    }

    /// A number that says nothing of a state, and is most likely another for each.
    pub(super) fn rank(&self) -> u64 {
        const PRIME: u64 = 0x0100_0000_01b3;
        self.0.iter().fold(0xcbf2_9ce4_8422_2325, |rank, bits| {
            let rank = (rank ^ bits).wrapping_mul(PRIME);
            (rank ^ (rank >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
        })
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
}
