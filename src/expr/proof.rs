//! What a condition proves, and what can be told of it where some things are proven already.

use std::fmt::Write as _;

use crate::expr::tree::{Comparison, Node, Term, Test};
use crate::expr::{Value, names};

/// Something that is known behind a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The value at this path is there (true) or is none (false).
    Presence(Vec<String>, bool),
    /// A claim about values holds, or does not.
    Truth(Claim, bool),
}

/// A comparison or a test: the same words are the same claim, as long as nothing that it reads has changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Tells claims apart.
    pub key: String,
    /// What it reads.
    pub reads: Vec<Vec<String>>,
    /// It says that the value at this path is this constant.
    pub equals: Option<(Vec<String>, String)>,
}

/// What is proven at a place.
pub trait Known {
    /// Whether the value at this path is there (true) or none (false).
    fn presence(&self, path: &[String]) -> Option<bool>;
}

/// What a condition proves where it is `holds`.
pub(super) fn facts(node: &Node, holds: bool, proven: &mut Vec<Fact>) {
    match &node.term {
        Term::Not(inner) => return facts(inner, !holds, proven),
        Term::And(left, right) if holds => {
            facts(left, true, proven);
            return facts(right, true, proven);
        }
        Term::Or(left, right) if !holds => {
            facts(left, false, proven);
            return facts(right, false, proven);
        }
        _ => {}
    }
    if let Some((path, none_if)) = absence(node) {
        proven.push(Fact::Presence(path, holds != none_if));
    } else {
        let mut certain = Vec::new();
        super::check::proven(node, holds, &mut certain);
        proven.extend(certain.into_iter().map(|path| Fact::Presence(path, true)));
    }
    if let Some((claim, negated)) = claim(node) {
        proven.push(Fact::Truth(claim, holds != negated));
    }
}

/// True if two conditions cannot both be `holds`, whatever the values are.
pub(super) fn exclude(left: &Node, right: &Node, holds: bool) -> bool {
    let (mut one, mut other) = (Vec::new(), Vec::new());
    facts(left, holds, &mut one);
    facts(right, holds, &mut other);
    one.iter().any(|one| other.iter().any(|other| one.excludes(other)))
}

impl Fact {
    fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Presence(one, is_there), Self::Presence(other, is_too)) => one == other && is_there != is_too,
            (Self::Truth(one, holds), Self::Truth(other, does_too)) if one.key == other.key => holds != does_too,
            (Self::Truth(one, true), Self::Truth(other, true)) => match (&one.equals, &other.equals) {
                (Some((one, is)), Some((other, is_too))) => one == other && is != is_too,
                _ => false,
            },
            (Self::Presence(path, false), Self::Truth(claim, true)) | (Self::Truth(claim, true), Self::Presence(path, false)) => {
                claim.equals.as_ref().is_some_and(|(equal, _)| equal == path)
            }
            _ => false,
        }
    }
}

/// What a condition is made of, as far as something can be told of it; `L` is what can be known.
#[derive(Debug, Clone, PartialEq)]
pub enum Proof<L> {
    /// It is this, whatever is known.
    Settled(bool),
    /// It follows from something that can be known, or from its opposite (false).
    Leaf(L, bool),
    /// It holds where this does not.
    Not(Box<Self>),
    /// It holds where both do.
    And(Box<Self>, Box<Self>),
    /// It holds where one of them does.
    Or(Box<Self>, Box<Self>),
    /// Nothing can be told.
    Open,
}

/// Something that can be known of values.
#[derive(Debug, Clone, PartialEq)]
pub enum Leaf {
    /// The value at this path is none.
    Absent(Vec<String>),
    /// A claim holds.
    Claim(Claim),
}

impl<L> Proof<L> {
    /// The same about something else that can be known.
    pub fn map<M>(self, to: &impl Fn(L) -> M) -> Proof<M> {
        match self {
            Self::Settled(holds) => Proof::Settled(holds),
            Self::Leaf(leaf, holds) => Proof::Leaf(to(leaf), holds),
            Self::Not(inner) => Proof::Not(Box::new(inner.map(to))),
            Self::And(left, right) => Proof::And(Box::new(left.map(to)), Box::new(right.map(to))),
            Self::Or(left, right) => Proof::Or(Box::new(left.map(to)), Box::new(right.map(to))),
            Self::Open => Proof::Open,
        }
    }

    /// Visits all that can be known of it.
    pub fn leaves(&self, visit: &mut impl FnMut(&L)) {
        match self {
            Self::Settled(_) | Self::Open => {}
            Self::Leaf(leaf, _) => visit(leaf),
            Self::Not(inner) => inner.leaves(visit),
            Self::And(left, right) | Self::Or(left, right) => {
                left.leaves(visit);
                right.leaves(visit);
            }
        }
    }

    /// Whether the condition holds, if that follows from what is known.
    pub fn judge(&self, known: &impl Fn(&L) -> Option<bool>) -> Option<bool> {
        match self {
            Self::Settled(holds) => Some(*holds),
            Self::Leaf(leaf, holds) => known(leaf).map(|told| told == *holds),
            Self::Not(inner) => inner.judge(known).map(|holds| !holds),
            Self::And(left, right) => match (left.judge(known), right.judge(known)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(left, right) => match (left.judge(known), right.judge(known)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::Open => None,
        }
    }
}

/// What can be told of a condition.
pub(super) fn proof(node: &Node) -> Proof<Leaf> {
    let part = |node| Box::new(proof(node));
    match &node.term {
        Term::Constant(Value::Bool(value)) => Proof::Settled(*value),
        Term::Not(inner) => Proof::Not(part(inner)),
        Term::And(left, right) => Proof::And(part(left), part(right)),
        Term::Or(left, right) => Proof::Or(part(left), part(right)),
        _ => match absence(node) {
            Some((path, none_if)) => Proof::Leaf(Leaf::Absent(path), none_if),
            None => claim(node).map_or(Proof::Open, |(claim, negated)| Proof::Leaf(Leaf::Claim(claim), !negated)),
        },
    }
}

/// All claims that a condition is made of.
pub(super) fn claims(node: &Node, found: &mut Vec<Claim>) {
    found.extend(claim(node).map(|(claim, _)| claim));
    names::for_each_child(node, &mut |child| claims(child, found));
}

/// `x is none`, or `x == none` and its opposite: the path, and what the condition is when it is none.
fn absence(node: &Node) -> Option<(Vec<String>, bool)> {
    match &node.term {
        Term::Test { test: Test::None, input } => Some((path(input)?, true)),
        Term::Compare(left, rest) => {
            let [(how @ (Comparison::Equal | Comparison::Unequal), right)] = rest.as_slice() else { return None };
            let none = |node: &Node| matches!(node.term, Term::Constant(Value::None));
            let compared = if none(right) { left } else { right };
            (none(left) || none(right)).then(|| Some((path(compared)?, *how == Comparison::Equal))).flatten()
        }
        _ => None,
    }
}

fn path(node: &Node) -> Option<Vec<String>> {
    match &node.term {
        Term::Name(name, fields) => Some(std::iter::once(name).chain(fields).cloned().collect()),
        _ => None,
    }
}

/// The claim that a condition makes, and whether it denies it.
fn claim(node: &Node) -> Option<(Claim, bool)> {
    let (equals, negated) = match &node.term {
        Term::Compare(left, rest) => match rest.as_slice() {
            [(how @ (Comparison::Equal | Comparison::Unequal), right)] => {
                let equals = |one: &Node, other: &Node| match &other.term {
                    Term::Constant(value) if !value.is_none() => Some((path(one)?, format!("{value:?}"))),
                    _ => None,
                };
                (equals(left, right).or_else(|| equals(right, left)), *how == Comparison::Unequal)
            }
            [_] => (None, false),
            _ => return None,
        },
        Term::Name(..) | Term::Test { test: Test::Empty | Test::StartingWith(_) | Test::Matching(_), .. } => (None, false),
        _ => return None,
    };
    let mut key = String::new();
    match &equals {
        Some((path, constant)) => write!(key, "{} == {constant}", path.join(".")).ok()?,
        None => spell(node, &mut key)?,
    }
    let reads: Vec<_> = names::of_node(node).into_iter().map(|read| read.path).collect();
    let lasting = !reads.is_empty() && reads.iter().all(|path| !FLEETING.contains(&path[0].as_str()));
    lasting.then_some((Claim { key, reads, equals }, negated))
}

/// Names that mean something else a moment later, or at another place.
const FLEETING: [&str; 7] = ["now", "value", "input", "item", "event", "result", "step"];

/// The same condition in the same words, however it is spaced; nothing for what cannot be told apart so.
fn spell(node: &Node, key: &mut String) -> Option<()> {
    match &node.term {
        Term::Constant(value) => write!(key, "{value:?}").ok()?,
        Term::Name(name, fields) => {
            key.push_str(name);
            fields.iter().try_for_each(|field| write!(key, ".{field}")).ok()?;
        }
        Term::Compare(first, rest) => {
            spell(first, key)?;
            for (how, operand) in rest {
                // What is unequal is the same claim, denied.
                let how = if *how == Comparison::Unequal { Comparison::Equal } else { *how };
                write!(key, " {how:?} ").ok()?;
                spell(operand, key)?;
            }
        }
        Term::List(items) => {
            for item in items {
                key.push(',');
                spell(item, key)?;
            }
        }
        Term::Arithmetic(operator, left, right) => {
            key.push('(');
            spell(left, key)?;
            key.push_str(operator.sign());
            spell(right, key)?;
            key.push(')');
        }
        Term::Filter { filter, input, arguments } => {
            spell(input, key)?;
            write!(key, "|{filter:?}").ok()?;
            arguments.iter().try_for_each(|argument| {
                key.push(',');
                spell(argument, key)
            })?;
        }
        Term::Test { test, input } => {
            spell(input, key)?;
            match test {
                Test::Matching(pattern) => write!(key, " matching {pattern:?}").ok()?,
                Test::StartingWith(prefix) => {
                    key.push_str(" starting ");
                    spell(prefix, key)?;
                }
                _ => write!(key, " is {}", test.name()).ok()?,
            }
        }
        _ => return None,
    }
    Some(())
}
