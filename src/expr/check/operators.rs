//! Comparisons and arithmetic.

use crate::diagnostic::{About, Diagnostic};
use crate::expr::evaluate::named;
use crate::expr::tree::{Comparison, Node, Operator, Term};
use crate::expr::{Kind, Type, Value, codes};

use super::Checker;

impl Checker<'_> {
    /// A chain of comparisons: a boolean that keeps only what is secret.
    pub(super) fn comparison(&mut self, first: &Node, rest: &[(Comparison, Node)]) -> Type {
        let mut left = (first, self.node(first));
        let mut secret = left.1.secret;
        for (how, operand) in rest {
            // Only a name as such, or one in a list that is looked into, is of the kind that it is compared with.
            let is_wanted = matches!(&operand.term, Term::Name(..)) != (*how == Comparison::In)
                && matches!(&operand.term, Term::Name(..) | Term::List(_));
            let right = (operand, if is_wanted { self.wanted(operand, &left.1.kind) } else { self.node(operand) });
            secret |= right.1.secret;
            match how {
                Comparison::Equal | Comparison::Unequal => self.equality(&left, &right),
                Comparison::In => self.search(&left, &right),
                _ => self.order(&left, &right),
            }
            left = right;
        }
        Type { secret, ..Type::certain(Kind::Boolean) }
    }

    /// The type of `left operator right`.
    pub(super) fn arithmetic(&mut self, operator: Operator, left: &Node, right: &Node) -> Type {
        let (first, second) = (self.node(left), self.node(right));
        for (node, of) in [(left, &first), (right, &second)] {
            if of.kind != Kind::Any && !of.kind.is_number() {
                let message = format!("`{}` takes numbers; {} is {}", operator.sign(), named(node), of.kind.describe());
                let finding = Diagnostic::error(codes::TYPE_MISMATCH, node.span, message);
                self.report(match (&of.kind, operator) {
                    (kind, Operator::Add) if kind.is_text() => finding.help("texts are joined by `~`"),
                    (Kind::Date | Kind::DateTime | Kind::Duration, Operator::Add) => finding.help("write `… | plus(24h)`"),
                    (Kind::Date | Kind::DateTime | Kind::Duration, Operator::Subtract) => finding.help("write `… | minus(24h)`"),
                    (Kind::Money, _) => finding.help("write `.amount` behind it"),
                    _ => finding,
                });
            } else {
                self.must_be_certain(node, of, &format!("`{}`", operator.sign()));
            }
        }
        let kind = match (&first.kind, &second.kind) {
            (Kind::Integer, Kind::Integer) if operator != Operator::Divide => Kind::Integer,
            (left, right) if left.is_number() && right.is_number() => Kind::Decimal,
            _ => Kind::Any,
        };
        Type::certain(kind).flagged_by(&first).flagged_by(&second)
    }

    /// The comparison that `select('field', value)` makes.
    pub(super) fn selection(&mut self, field: (&Node, &Type), value: (&Node, &Type)) {
        if !field.1.kind.comparable(&value.1.kind) {
            let message = format!("the field is {} and cannot be compared with {}", field.1.kind.describe(), value.1.kind.describe());
            self.mismatch(value.0.span, message);
            return;
        }
        self.option(&field.1.kind, field.0, value.0);
    }

    fn equality(&mut self, left: &(&Node, Type), right: &(&Node, Type)) {
        if !left.1.kind.comparable(&right.1.kind) {
            self.incomparable(left, right);
            return;
        }
        self.option(&left.1.kind, left.0, right.0);
        self.option(&right.1.kind, right.0, left.0);
    }

    fn order(&mut self, left: &(&Node, Type), right: &(&Node, Type)) {
        if !left.1.kind.ordered(&right.1.kind) {
            self.incomparable(left, right);
            return;
        }
        for (node, of) in [left, right] {
            self.must_be_certain(node, of, "a comparison by size");
        }
    }

    fn incomparable(&mut self, left: &(&Node, Type), right: &(&Node, Type)) {
        let describe = |(node, of): &(&Node, Type)| match &node.term {
            Term::Constant(_) => of.kind.describe().to_owned(),
            _ => format!("{} ({})", named(node), of.kind.describe()),
        };
        let span = crate::diagnostic::Span { end: right.0.span.end, ..left.0.span };
        self.mismatch(span, format!("{} cannot be compared with {}", describe(left), describe(right)));
    }

    fn search(&mut self, left: &(&Node, Type), right: &(&Node, Type)) {
        match &right.1.kind {
            Kind::Any | Kind::None => {}
            Kind::List(item) => {
                if !left.1.kind.comparable(&item.kind) {
                    let message = format!("{} is {}; the list holds {}", named(left.0), left.1.kind.describe(), item.kind.describe());
                    self.mismatch(left.0.span, message);
                    return;
                }
                self.option(&item.kind, right.0, left.0);
                if let Term::List(items) = &right.0.term {
                    for item in items {
                        self.option(&left.1.kind, left.0, item);
                    }
                }
            }
            kind if kind.is_text() || matches!(kind, Kind::Record(_)) => {
                if !left.1.kind.comparable(&Kind::Text) {
                    self.incomparable(left, right);
                }
            }
            kind => {
                let message = format!("`in` looks into a list or a text; {} is {}", named(right.0), kind.describe());
                self.mismatch(right.0.span, message);
            }
        }
    }

    /// Reports a word that is none of the options it is compared with.
    fn option(&mut self, kind: &Kind, owner: &Node, word: &Node) {
        let (Kind::OneOf(options), Term::Constant(Value::Text(written))) = (kind, &word.term) else { return };
        let ids = || options.iter().map(|(id, _)| id.as_str());
        if ids().any(|id| id == written) {
            return;
        }
        let message = format!("\"{written}\" is no option of {}", named(owner));
        let mut finding = Diagnostic::warning(codes::NEVER_EQUAL, word.span, message).nearest(written, ids());
        if let Term::Name(name, fields) = &owner.term {
            let path: Vec<_> = std::iter::once(name).chain(fields).map(String::as_str).collect();
            finding.about.push(About::Value(path.join(".")));
        }
        self.report(match finding.help {
            Some(_) => finding,
            None => finding.help(format!("the options are: {}", ids().collect::<Vec<_>>().join(", "))),
        });
    }
}
