//! What filters take and give.

use crate::diagnostic::{Diagnostic, Severity};
use crate::expr::evaluate::named;
use crate::expr::tree::{Filter, Node, Term};
use crate::expr::{Kind, Type, Value, codes};

use super::Checker;

impl Checker<'_> {
    /// The type of `input | filter(arguments)`.
    pub(super) fn filter(&mut self, node: &Node, filter: Filter, input: &Node, arguments: &[Node]) -> Type {
        let of = self.node(input);
        let before = self.findings.len();
        let given: Vec<Type> = arguments.iter().map(|argument| self.node(argument)).collect();
        if filter == Filter::Default && !of.optional && of.kind != Kind::Any {
            // What would be taken instead is never looked at.
            let rest = self.findings.split_off(before);
            self.findings.extend(rest.into_iter().filter(|finding| finding.severity == Severity::Error));
        }
        let user = format!("`{}`", filter.name());
        let text = Type::certain(Kind::Text).flagged_by(&of);
        let made = match filter {
            Filter::Default => {
                if !of.kind.comparable(&given[0].kind) && !self.worded.contains(&node.span) {
                    let (value, other) = (of.kind.describe(), given[0].kind.describe());
                    let message = format!("`default` stands in for {value}, and this is {other}");
                    let found = Diagnostic::error(codes::BAD_ARGUMENTS, arguments[0].span, message);
                    self.report(found.help("give a value of the same type; words may stand for another one only where it is printed"));
                }
                let optional = of.optional && given[0].optional;
                return Type { optional, ..of.clone().present().either(&given[0]) };
            }
            Filter::Label => return self.label(input, &of),
            Filter::YesNo => {
                self.needs(input, &of, |kind| *kind == Kind::Boolean, &user, "true or false");
                text
            }
            Filter::Date => self.moment(input, &of, &user, Kind::Date),
            Filter::Time => {
                self.needs(input, &of, |kind| matches!(kind, Kind::Clock | Kind::DateTime), &user, "a time or a moment");
                Type::certain(Kind::Clock)
            }
            Filter::DateTime => self.moment(input, &of, &user, Kind::Text),
            Filter::Ago => {
                let allowed = |kind: &Kind| matches!(kind, Kind::Date | Kind::DateTime | Kind::Duration);
                self.needs(input, &of, allowed, &user, "a date, a moment or a duration");
                text
            }
            Filter::Plus | Filter::Minus => {
                self.needs(&arguments[0], &given[0], |kind| *kind == Kind::Duration, &user, "a duration such as 24h");
                let kind = if of.kind == Kind::Date || of.kind == Kind::DateTime { of.kind.clone() } else { Kind::Any };
                self.moment(input, &of, &user, kind)
            }
            Filter::Plural | Filter::PluralForm => {
                self.needs(input, &of, Kind::is_number, &user, "a number");
                self.texts(arguments, &given, &user);
                text
            }
            Filter::Round => {
                self.needs(input, &of, Kind::is_number, &user, "a number");
                self.whole(arguments, &given, &user);
                Type::certain(if arguments.is_empty() { Kind::Integer } else { Kind::Decimal })
            }
            Filter::Int => {
                self.needs(input, &of, |kind| kind.is_number() || *kind == Kind::Text, &user, "a number or a text");
                Type::certain(Kind::Integer)
            }
            Filter::Money => {
                self.needs(input, &of, |kind| kind.is_number() || *kind == Kind::Money, &user, "an amount");
                text
            }
            Filter::Length => {
                self.needs(input, &of, |kind| kind.is_text() || matches!(kind, Kind::List(_)), &user, "a list or a text");
                return Type { secret: of.secret, ..Type::certain(Kind::Integer) };
            }
            Filter::Upper | Filter::Lower | Filter::Title | Filter::Trim | Filter::Mask => {
                self.needs(input, &of, Kind::is_text, &user, "a text");
                text
            }
            Filter::Words => {
                self.needs(input, &of, Kind::is_text, &user, "a text");
                Type::certain(Kind::List(Box::new(text)))
            }
            Filter::Replace => {
                self.needs(input, &of, Kind::is_text, &user, "a text");
                self.texts(arguments, &given, &user);
                text
            }
            Filter::Truncate => {
                self.needs(input, &of, Kind::is_text, &user, "a text");
                self.whole(arguments, &given, &user);
                text
            }
            Filter::Join | Filter::First | Filter::Last | Filter::Sort | Filter::Unique | Filter::Sum | Filter::Map | Filter::Select => {
                self.needs(input, &of, |kind| matches!(kind, Kind::List(_)), &user, "a list");
                self.list(node, filter, (input, &of), (arguments, &given))
            }
        };
        given.iter().fold(made.flagged_by(&of), Type::flagged_by)
    }

    fn moment(&mut self, input: &Node, of: &Type, user: &str, made: Kind) -> Type {
        self.needs(input, of, |kind| matches!(kind, Kind::Date | Kind::DateTime), user, "a date or a moment");
        Type::certain(made)
    }

    fn texts(&mut self, arguments: &[Node], given: &[Type], user: &str) {
        for (argument, of) in arguments.iter().zip(given) {
            self.needs(argument, of, Kind::is_text, user, "texts");
        }
    }

    fn whole(&mut self, arguments: &[Node], given: &[Type], user: &str) {
        for (argument, of) in arguments.iter().zip(given) {
            self.needs(argument, of, |kind| *kind == Kind::Integer, user, "a whole number");
        }
    }

    /// `label` prints what a person chose, or what an option of a declared `one_of` is called.
    fn label(&mut self, input: &Node, of: &Type) -> Type {
        let chosen = match &input.term {
            Term::Name(name, fields) if fields.is_empty() && !self.locals.iter().any(|(local, _)| local == name) => {
                self.names.has_label(name)
            }
            _ => false,
        };
        if chosen || matches!(of.kind, Kind::Any | Kind::OneOf(_)) {
            self.must_be_certain(input, of, "`label`");
        } else {
            let message = format!("`label` prints what was chosen; {} is {}", named(input), of.kind.describe());
            self.found(codes::BAD_ARGUMENTS, input.span, message);
        }
        Type { secret: of.secret, ..Type::certain(Kind::Text) }
    }

    fn list(&mut self, node: &Node, filter: Filter, (input, of): (&Node, &Type), (arguments, given): (&[Node], &[Type])) -> Type {
        let Some(item) = of.item() else { return Type::certain(Kind::Any) };
        let user = format!("`{}`", filter.name());
        let same = Type::certain(Kind::List(Box::new(item.clone())));
        match filter {
            Filter::First | Filter::Last => item.optional(),
            Filter::Join => {
                self.texts(arguments, given, &user);
                self.items_must_print(input, &item);
                Type::certain(Kind::Text).flagged_by(&item)
            }
            Filter::Sum => {
                self.items_must_be(input, &item, Kind::is_number, "numbers", &user);
                Type::certain(if item.kind.is_number() { item.kind.clone() } else { Kind::Decimal }).flagged_by(&item)
            }
            Filter::Map => {
                let field = self.item_field(input, &item, &arguments[0]);
                Type::certain(Kind::List(Box::new(field)))
            }
            Filter::Select => {
                let field = self.item_field(input, &item, &arguments[0]);
                self.selection((&arguments[0], &field), (&arguments[1], &given[1]));
                same
            }
            Filter::Sort => {
                let key = arguments.first().map_or_else(|| item.clone(), |field| self.item_field(input, &item, field));
                if matches!(key.kind, Kind::List(_) | Kind::Record(_)) {
                    let message = format!("`sort` cannot put {} in order", key.kind.describe());
                    let help = "name a field of the items: `sort('name')`";
                    self.report(Diagnostic::error(codes::BAD_ARGUMENTS, node.span, message).help(help));
                }
                same
            }
            _ => same,
        }
    }

    fn items_must_be(&mut self, input: &Node, item: &Type, allowed: impl Fn(&Kind) -> bool, wanted: &str, user: &str) {
        if item.kind != Kind::Any && !allowed(&item.kind) {
            let message = format!("{user} takes a list of {wanted}; an item of {} is {}", named(input), item.kind.describe());
            self.found(codes::BAD_ARGUMENTS, input.span, message);
        } else if item.optional {
            let message = format!("items of {} may be none, which {user} does not take", named(input));
            self.report(Diagnostic::warning(codes::MAYBE_NONE, input.span, message));
        }
    }

    fn items_must_print(&mut self, input: &Node, item: &Type) {
        let unprintable = matches!(item.kind, Kind::None | Kind::Boolean | Kind::List(_) | Kind::Record(_));
        if unprintable {
            let message = format!("an item of {} is {} and cannot be printed", named(input), item.kind.describe());
            let finding = Diagnostic::error(codes::PRINTS_NONE, input.span, message);
            let record = matches!(item.kind, Kind::Record(_));
            self.report(if record { finding.help("take one of its fields first: `| map('name')`") } else { finding });
        } else if item.optional {
            let message = format!("items of {} may be none, which cannot be printed", named(input));
            self.report(Diagnostic::warning(codes::PRINTS_NONE, input.span, message));
        }
    }

    /// The type of the field that an argument names, of the items of a list.
    fn item_field(&mut self, input: &Node, item: &Type, argument: &Node) -> Type {
        let Term::Constant(Value::Text(name)) = &argument.term else { return Type::certain(Kind::Any) };
        let owner = format!("an item of {}", named(input));
        match item.field(name) {
            Ok(field) => field,
            Err(known) => self.unknown_field(argument.span, &owner, item, (name, &known)),
        }
    }
}
