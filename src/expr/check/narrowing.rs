//! What a condition proves: paths that are certainly there where it holds, or where it does not.

use crate::expr::Value;
use crate::expr::tree::{Comparison, Node, Term, Test};

/// Adds the paths that are certain where the condition is `holds`.
pub(super) fn facts(condition: &Node, holds: bool, certain: &mut Vec<Vec<String>>) {
    match &condition.term {
        // In a text `{% if x %}` asks whether `x` is there; elsewhere it is a boolean that is true.
        Term::Name(..) if holds => present(condition, certain),
        Term::Not(inner) => facts(inner, !holds, certain),
        Term::And(left, right) if holds => {
            facts(left, true, certain);
            facts(right, true, certain);
        }
        Term::Or(left, right) if !holds => {
            facts(left, false, certain);
            facts(right, false, certain);
        }
        Term::Test { test: Test::None, input } if !holds => present(input, certain),
        Term::Test { test: Test::Empty, input } if !holds => present(input, certain),
        Term::Test { test: Test::None | Test::Empty, .. } => {}
        // Any other test faults on none.
        Term::Test { input, .. } => present(input, certain),
        Term::Compare(left, rest) if rest.len() == 1 => compared(left, rest[0].0, &rest[0].1, (holds, certain)),
        _ => {}
    }
}

/// Something equal to a value that is there is there, too; and so is what has been compared by `<`.
fn compared(left: &Node, how: Comparison, right: &Node, (holds, certain): (bool, &mut Vec<Vec<String>>)) {
    let none = |node: &Node| matches!(node.term, Term::Constant(Value::None));
    let there = |node: &Node| matches!(&node.term, Term::Constant(value) if !value.is_none());
    match how {
        Comparison::Equal | Comparison::Unequal => {
            let equal = holds == (how == Comparison::Equal);
            if (equal && there(right)) || (!equal && none(right)) {
                present(left, certain);
            }
            if (equal && there(left)) || (!equal && none(left)) {
                present(right, certain);
            }
        }
        Comparison::In => {
            if let Term::List(items) = &right.term
                && holds
                && items.iter().all(there)
            {
                present(left, certain);
            }
        }
        Comparison::Less | Comparison::AtMost | Comparison::More | Comparison::AtLeast => {
            present(left, certain);
            present(right, certain);
        }
    }
}

fn present(node: &Node, certain: &mut Vec<Vec<String>>) {
    if let Term::Name(name, fields) = &node.term {
        certain.push(std::iter::once(name).chain(fields).cloned().collect());
    }
}
