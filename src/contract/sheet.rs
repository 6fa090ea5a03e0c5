//! One operation beside what one profile's description says of it.

use std::collections::BTreeMap;

use crate::contract::causes::Difference;
use crate::contract::document::Document;
use crate::diagnostic::Diagnostic;
use crate::expr::{Kind, Names, Type};
use crate::flow::{BodyNode, Declared, Operation};
use crate::syntax::Node;

/// How many profiles have to agree that something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// One will do: what is sent has to be right in each.
    Any,
    /// All: what is awaited may come in one profile and not in another.
    All,
}

/// What is looked at, and what was found.
pub(super) struct Sheet<'a> {
    pub document: &'a Document,
    pub operation: &'a Operation,
    /// The operation as written.
    pub node: &'a Node,
    pub profile: Option<&'a str>,
    pub found: Vec<(Weight, Difference)>,
}

impl Sheet<'_> {
    /// Notes what is wrong in each profile by itself.
    pub(super) fn tell(&mut self, finding: Diagnostic) {
        self.note(Weight::Any, finding);
    }

    /// Notes what is wrong if so many profiles agree.
    pub(super) fn note(&mut self, weight: Weight, difference: impl Into<Difference>) {
        self.found.push((weight, difference.into()));
    }

    /// True if what is marked with `only` is there in this profile.
    pub(super) fn has(&self, only: Option<&String>) -> bool {
        only.is_none() || only.map(String::as_str) == self.profile
    }

    /// The type of what a piece of a request sends, and nothing if this profile leaves it out or it cannot be known.
    pub(super) fn sent(&self, piece: &BodyNode) -> Sent {
        match piece {
            BodyNode::Constant(value) => Sent::Constant(value.clone()),
            BodyNode::Whole(expression) => Sent::Typed(expression.check(&Inputs(&self.operation.input), &mut Vec::new())),
            BodyNode::Text(_) | BodyNode::Encoded(_) => Sent::Typed(Type::certain(Kind::Text)),
            BodyNode::Only(profile, inner) if self.has(Some(profile)) => self.sent(inner),
            BodyNode::Only(..) => Sent::Nothing,
            BodyNode::Keep(inner) => match self.sent(inner) {
                Sent::Typed(of) => Sent::Kept(of),
                other => other,
            },
            BodyNode::Map(_) => Sent::Map,
            BodyNode::List(_) => Sent::List,
        }
    }
}

/// What a piece of a request sends.
pub(super) enum Sent {
    /// It is left out in this profile.
    Nothing,
    /// Always this value.
    Constant(serde_json::Value),
    /// A value of this type; one that is `none` is left out.
    Typed(Type),
    /// A value of this type; one that is `none` is sent as null.
    Kept(Type),
    Map,
    List,
}

/// The names that a request may read.
struct Inputs<'a>(&'a BTreeMap<String, Declared>);

impl Names for Inputs<'_> {
    fn type_of(&self, name: &str) -> Option<Type> {
        // What has a default is never missing.
        self.0.get(name).map(|declared| Type { optional: declared.of.optional && declared.default.is_none(), ..declared.of.clone() })
    }

    fn all(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn has_label(&self, _: &str) -> bool {
        true
    }
}
