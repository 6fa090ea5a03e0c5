//! The names that expressions and texts read.

use crate::diagnostic::Span;
use crate::expr::tree::{Filter, Node, Part, Term, Test};

/// A name that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameUse {
    /// The bare name and its fields: `position.name` → `["position", "name"]`.
    pub path: Vec<String>,
    /// Where.
    pub span: Span,
}

/// The names of an expression.
pub(super) fn of_node(node: &Node) -> Vec<NameUse> {
    let mut search = Search::default();
    search.node(node);
    search.found
}

/// The names of a text.
pub(super) fn of_parts(parts: &[Part]) -> Vec<NameUse> {
    let mut search = Search::default();
    search.parts(parts);
    search.found
}

/// Where an expression has a `plural`, and how many forms it gives it.
pub(super) fn plurals_of_node(node: &Node) -> Vec<(Span, usize)> {
    let mut search = Search::default();
    search.node(node);
    search.plurals
}

/// The same of a text.
pub(super) fn plurals_of_parts(parts: &[Part]) -> Vec<(Span, usize)> {
    let mut search = Search::default();
    search.parts(parts);
    search.plurals
}

#[derive(Default)]
struct Search<'t> {
    found: Vec<NameUse>,
    plurals: Vec<(Span, usize)>,
    /// Names of the `for`s we are in.
    locals: Vec<&'t str>,
}

impl<'t> Search<'t> {
    fn node(&mut self, node: &'t Node) {
        if let Term::Name(name, fields) = &node.term
            && !self.locals.contains(&name.as_str())
        {
            let path = std::iter::once(name).chain(fields).cloned().collect();
            self.found.push(NameUse { path, span: node.span });
        }
        if let Term::Filter { filter: Filter::Plural | Filter::PluralForm, arguments, .. } = &node.term {
            self.plurals.push((node.span, arguments.len()));
        }
        for_each_child(node, &mut |child| self.node(child));
    }

    fn parts(&mut self, parts: &'t [Part]) {
        for part in parts {
            match part {
                Part::Words(_) => {}
                Part::Print(node) => self.node(node),
                Part::If { branches, otherwise } => {
                    for (condition, body) in branches {
                        self.node(condition);
                        self.parts(body);
                    }
                    self.parts(otherwise);
                }
                Part::For { item, list, body, otherwise } => {
                    self.node(list);
                    self.locals.push(item);
                    self.parts(body);
                    self.locals.pop();
                    self.parts(otherwise);
                }
            }
        }
    }
}

/// Visits the direct parts of an expression in the order of the source.
pub(super) fn for_each_child<'t>(node: &'t Node, visit: &mut dyn FnMut(&'t Node)) {
    match &node.term {
        Term::Constant(_) | Term::Name(..) => {}
        Term::Field(inner, _) | Term::Not(inner) | Term::Negate(inner) => visit(inner),
        Term::Item(left, right)
        | Term::And(left, right)
        | Term::Or(left, right)
        | Term::Join(left, right)
        | Term::Arithmetic(_, left, right) => {
            visit(left);
            visit(right);
        }
        Term::List(items) => items.iter().for_each(visit),
        Term::Record(fields) => fields.iter().for_each(|(_, value)| visit(value)),
        Term::Compare(first, rest) => {
            visit(first);
            for (_, operand) in rest {
                visit(operand);
            }
        }
        Term::If { condition, then, otherwise } => {
            visit(then);
            visit(condition);
            if let Some(node) = otherwise {
                visit(node);
            }
        }
        Term::Filter { input, arguments, .. } => {
            visit(input);
            arguments.iter().for_each(visit);
        }
        Term::Test { test, input } => {
            visit(input);
            if let Test::StartingWith(prefix) = test {
                visit(prefix);
            }
        }
    }
}
