//! What can be known of an expression or a text before it runs.

mod filters;
mod narrowing;
mod operators;

use crate::diagnostic::{Code, Diagnostic, Fix, Span, nearest};
use crate::expr::evaluate::named;
use crate::expr::tree::{Filter, Node, Part, Term, Test};
use crate::expr::{Kind, Names, Type, Value, codes, names, proof};

/// Checks an expression; tells its type.
pub(super) fn expression(node: &Node, names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
    Checker::new(names, findings).node(node)
}

/// Checks an expression that must be a boolean.
pub(super) fn condition(node: &Node, names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
    Checker::new(names, findings).truth(node)
}

/// Checks a text that is one `{{ }}`; tells its flags.
pub(super) fn printed(node: &Node, names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
    Checker::new(names, findings).printed(node)
}

/// Checks a text; tells its flags.
pub(super) fn text(parts: &[Part], names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
    Checker::new(names, findings).parts(parts)
}

/// What a text prints: each value with its place.
pub(super) fn prints(parts: &[Part], names: &dyn Names) -> Vec<(Span, Type)> {
    let mut unheard = Vec::new();
    let mut checker = Checker::new(names, &mut unheard);
    checker.parts(parts);
    checker.prints
}

/// Adds the paths that are certain where the condition is `holds`.
pub(super) fn proven(condition: &Node, holds: bool, certain: &mut Vec<Vec<String>>) {
    narrowing::facts(condition, holds, certain);
}

struct Checker<'c> {
    names: &'c dyn Names,
    findings: &'c mut Vec<Diagnostic>,
    /// Names of the `for`s we are in, and what they hold.
    locals: Vec<(String, Type)>,
    /// Paths that are certain here, by the conditions we are behind.
    certain: Vec<Vec<String>>,
    /// What has been printed so far: where, and what it was made of.
    prints: Vec<(Span, Type)>,
    /// Where `default` gives words for a value that is only printed.
    worded: Vec<Span>,
    /// What a name that nothing has should be, by what it is compared with.
    wanted: Option<Kind>,
}

impl<'c> Checker<'c> {
    fn new(names: &'c dyn Names, findings: &'c mut Vec<Diagnostic>) -> Self {
        Self { names, findings, locals: Vec::new(), certain: Vec::new(), prints: Vec::new(), worded: Vec::new(), wanted: None }
    }

    /// The type of a node; whatever is wrong with it is reported.
    fn node(&mut self, node: &Node) -> Type {
        match &node.term {
            Term::Constant(value) => Type::of(value),
            Term::Name(name, fields) => self.name(node, name, fields),
            Term::Field(inner, name) => {
                let base = self.node(inner);
                base.field(name).unwrap_or_else(|known| self.unknown_field(node.span, &named(inner), &base, (name, &known)))
            }
            Term::Item(list, index) => self.item(node, list, index),
            Term::List(items) => {
                let item = items.iter().map(|item| self.node(item)).reduce(|left, right| left.either(&right));
                Type::certain(Kind::List(Box::new(item.unwrap_or(Type::certain(Kind::Any)))))
            }
            Term::Record(fields) => {
                Type::certain(Kind::Record(fields.iter().map(|(name, value)| (name.clone(), self.node(value))).collect()))
            }
            Term::Not(inner) => self.truth(inner),
            Term::And(left, right) => self.both(left, right, true),
            Term::Or(left, right) => self.both(left, right, false),
            Term::Negate(inner) => {
                let of = self.node(inner);
                self.needs(inner, &of, Kind::is_number, "a minus", "a number");
                if of.kind.is_number() { of.present() } else { Type::certain(Kind::Any).flagged_by(&of) }
            }
            Term::Arithmetic(operator, left, right) => self.arithmetic(*operator, left, right),
            Term::Compare(first, rest) => self.comparison(first, rest),
            Term::Join(left, right) => {
                let (left, right) = (self.printed(left), self.printed(right));
                left.flagged_by(&right)
            }
            Term::If { condition, then, otherwise } => self.choice(condition, then, otherwise.as_deref()),
            Term::Filter { filter, input, arguments } => self.filter(node, *filter, input, arguments),
            Term::Test { test, input } => self.test(test, input),
        }
    }

    /// The type of a node that must be a certain boolean.
    fn truth(&mut self, node: &Node) -> Type {
        let of = if matches!(node.term, Term::Name(..)) { self.wanted(node, &Kind::Boolean) } else { self.node(node) };
        match of.kind {
            Kind::Boolean | Kind::Any => self.must_be_certain(node, &of, "a condition"),
            _ => {
                let message = format!("{} is {}, not true or false", named(node), of.kind.describe());
                let help = if of.optional { "write `… is not none`" } else { "compare it with something" };
                self.report(Diagnostic::error(codes::TYPE_MISMATCH, node.span, message).help(help));
            }
        }
        Type::certain(Kind::Boolean).flagged_by(&of)
    }

    /// The flags of a node that is printed.
    fn printed(&mut self, node: &Node) -> Type {
        self.words_in(node);
        let of = self.node(node);
        self.prints.push((node.span, of.clone()));
        let name = named(node);
        let advice = match of.kind {
            Kind::None => Some("a value that is always none prints nothing; take it out"),
            Kind::Boolean => Some("add `| yes_no`"),
            Kind::List(_) => Some("add `| join(', ')`, or write `{% for item in … %}`"),
            Kind::Record(_) => Some("print one of its fields"),
            _ => None,
        };
        if let Some(advice) = advice {
            let message = format!("{name} is {} and cannot be printed", of.kind.describe());
            self.report(Diagnostic::error(codes::PRINTS_NONE, node.span, message).help(advice));
        } else if of.optional {
            let message = format!("{name} may be none, which cannot be printed");
            let help = "add `| default('…')`, or put it behind `{% if … %}`";
            self.report(Diagnostic::warning(codes::PRINTS_NONE, node.span, message).help(help));
        }
        Type::certain(Kind::Text).flagged_by(&of)
    }

    /// Notes every `default` whose value is printed as it is: words may stand for anything there.
    fn words_in(&mut self, node: &Node) {
        match &node.term {
            Term::Filter { filter: Filter::Default, input, arguments } => {
                self.worded.push(node.span);
                self.words_in(input);
                for argument in arguments {
                    self.words_in(argument);
                }
            }
            Term::If { then, otherwise, .. } => {
                self.words_in(then);
                if let Some(otherwise) = otherwise {
                    self.words_in(otherwise);
                }
            }
            _ => {}
        }
    }

    fn parts(&mut self, parts: &[Part]) -> Type {
        let mut text = Type::certain(Kind::Text);
        for part in parts {
            let of = match part {
                Part::Words(_) => continue,
                Part::Print(node) => self.printed(node),
                Part::If { branches, otherwise } => self.branches(branches, otherwise),
                Part::For { item, list, body, otherwise } => self.repetition((item, list), body, otherwise),
            };
            text = text.flagged_by(&of);
        }
        text
    }

    fn branches(&mut self, branches: &[(Node, Vec<Part>)], otherwise: &[Part]) -> Type {
        let before = self.certain.len();
        let mut text = Type::certain(Kind::Text);
        for (condition, body) in branches {
            text = text.flagged_by(&self.presence(condition));
            let outside = self.certain.len();
            narrowing::facts(condition, true, &mut self.certain);
            text = text.flagged_by(&self.parts(body));
            self.certain.truncate(outside);
            narrowing::facts(condition, false, &mut self.certain);
        }
        text = text.flagged_by(&self.parts(otherwise));
        self.certain.truncate(before);
        text
    }

    /// The flags of the condition of an `{% if %}`: a boolean, or something that may be none.
    fn presence(&mut self, node: &Node) -> Type {
        let of = self.node(node);
        let asks = of.optional || matches!(of.kind, Kind::Boolean | Kind::Any);
        if !asks {
            let message = format!("{} is {} that is always there, so this condition says nothing", named(node), of.kind.describe());
            let help = if matches!(of.kind, Kind::List(_)) { "write `… is not empty`" } else { "compare it with something" };
            self.report(Diagnostic::error(codes::CONSTANT_CONDITION, node.span, message).help(help));
        }
        // Whether something is there is all that is learnt of it.
        if matches!(of.kind, Kind::Boolean) { of } else { Type::certain(Kind::Boolean) }
    }

    fn repetition(&mut self, (item, list): (&str, &Node), body: &[Part], otherwise: &[Part]) -> Type {
        let of = self.node(list);
        self.needs(list, &of, |kind| matches!(kind, Kind::List(_)), "`for`", "a list");
        let held = of.item().unwrap_or(Type::certain(Kind::Any));
        let outside = self.certain.clone();
        self.certain.retain(|path| path[0] != item);
        self.locals.push((item.to_owned(), held));
        let shown = self.parts(body);
        self.locals.pop();
        self.certain = outside;
        let text = self.parts(otherwise);
        text.flagged_by(&shown)
    }

    fn name(&mut self, node: &Node, name: &str, fields: &[String]) -> Type {
        let local = self.locals.iter().rev().find(|(local, _)| local == name).map(|(_, of)| of.clone());
        let Some(mut of) = local.or_else(|| self.names.type_of(name)) else {
            self.unknown_name(node, name, fields);
            return Type::certain(Kind::Any);
        };
        for depth in 0..=fields.len() {
            if depth > 0 {
                let field = &fields[depth - 1];
                of = match of.field(field) {
                    Ok(of) => of,
                    Err(known) => {
                        let owner = std::iter::once(name).chain(fields[..depth - 1].iter().map(String::as_str));
                        let owner = format!("`{}`", owner.collect::<Vec<_>>().join("."));
                        return self.unknown_field(link(node.span, name, fields, depth), &owner, &of, (field, &known));
                    }
                };
            }
            if of.optional && self.is_certain(name, &fields[..depth]) {
                of.optional = false;
            }
        }
        of
    }

    /// True if this path, or one that leads through it, is proven by a condition we are behind, or at our place.
    fn is_certain(&self, name: &str, fields: &[String]) -> bool {
        let local = self.locals.iter().any(|(local, _)| local == name);
        self.certain.iter().any(|path| path[0] == name && path[1..].starts_with(fields)) || (!local && self.names.proves(name, fields))
    }

    fn item(&mut self, node: &Node, list: &Node, index: &Node) -> Type {
        let (of, at) = (self.node(list), self.node(index));
        let flags = Type::certain(Kind::Any).optional().flagged_by(&of).flagged_by(&at);
        match (&of.kind, &at.kind) {
            (Kind::List(item), Kind::Integer | Kind::Any) => (**item).clone().optional().flagged_by(&flags),
            (Kind::Record(fields), kind) if kind.is_text() || *kind == Kind::Any => fields.values().fold(flags, Type::flagged_by),
            (Kind::Any, _) => flags,
            _ => {
                let message =
                    format!("{} is {}, which cannot be read by {} in brackets", named(list), of.kind.describe(), at.kind.describe());
                self.report(Diagnostic::error(codes::TYPE_MISMATCH, node.span, message));
                flags
            }
        }
    }

    fn both(&mut self, left: &Node, right: &Node, holds: bool) -> Type {
        let first = self.truth(left);
        let outside = self.certain.len();
        narrowing::facts(left, holds, &mut self.certain);
        let second = self.truth(right);
        self.certain.truncate(outside);
        let word = if holds { "and" } else { "or" };
        for node in [left, right].into_iter().filter(|node| is_settled(node)) {
            let message = format!("this is the same whatever happens, and so it asks nothing in `{word}`");
            let found = Diagnostic::warning(codes::CONSTANT_CONDITION, node.span, message);
            self.report(found.help("take it out, or name what is to be asked"));
        }
        if proof::exclude(left, right, holds) {
            let (message, meant) = if holds {
                ("this and what stands before `and` never hold together", "or")
            } else {
                ("of this and what stands before `or` one always holds", "and")
            };
            let found = Diagnostic::warning(codes::CONSTANT_CONDITION, right.span, message);
            self.report(found.help(format!("write `{meant}` if that is what is meant, or correct it")));
        }
        first.flagged_by(&second)
    }

    fn choice(&mut self, condition: &Node, then: &Node, otherwise: Option<&Node>) -> Type {
        let asked = self.truth(condition);
        let outside = self.certain.len();
        narrowing::facts(condition, true, &mut self.certain);
        let chosen = self.node(then);
        self.certain.truncate(outside);
        narrowing::facts(condition, false, &mut self.certain);
        let other = otherwise.map_or(Type::certain(Kind::None).optional(), |node| self.node(node));
        self.certain.truncate(outside);
        chosen.either(&other).flagged_by(&asked)
    }

    fn test(&mut self, test: &Test, input: &Node) -> Type {
        let of = self.node(input);
        let user = format!("`is {}`", test.name());
        let boolean = Type::certain(Kind::Boolean);
        match test {
            Test::None => return boolean,
            Test::Past | Test::Future => {
                self.needs(input, &of, |kind| matches!(kind, Kind::Date | Kind::DateTime), &user, "a date or a moment");
            }
            Test::Empty => {
                let allowed = |kind: &Kind| matches!(kind, Kind::List(_)) || kind.is_text();
                self.needs(input, &of.clone().present(), allowed, &user, "a list or a text");
            }
            Test::Matching(_) => self.needs(input, &of, Kind::is_text, &user, "a text"),
            Test::StartingWith(prefix) => {
                self.needs(input, &of, Kind::is_text, &user, "a text");
                let start = self.node(prefix);
                self.needs(prefix, &start, Kind::is_text, &user, "a text");
                return boolean.flagged_by(&of).flagged_by(&start);
            }
        }
        boolean.flagged_by(&of)
    }

    /// Reports a value of a kind that its user does not take, and one that may be none.
    fn needs(&mut self, node: &Node, of: &Type, allowed: impl Fn(&Kind) -> bool, user: &str, wanted: &str) {
        if of.kind == Kind::Any || allowed(&of.kind) {
            self.must_be_certain(node, of, user);
            return;
        }
        let message = format!("{user} takes {wanted}; {} is {}", named(node), of.kind.describe());
        self.report(Diagnostic::error(codes::BAD_ARGUMENTS, node.span, message));
    }

    fn must_be_certain(&mut self, node: &Node, of: &Type, user: &str) {
        if of.optional {
            let message = format!("{} may be none, which {user} does not take", named(node));
            self.report(Diagnostic::warning(codes::MAYBE_NONE, node.span, message).help("add `| default(…)`, or ask `is not none` before"));
        }
    }

    /// The type of a node that is compared with a value of this kind, or must be one.
    fn wanted(&mut self, node: &Node, kind: &Kind) -> Type {
        let before = self.wanted.replace(kind.clone());
        let of = self.node(node);
        self.wanted = before;
        of
    }

    fn unknown_name(&mut self, node: &Node, name: &str, fields: &[String]) {
        let all = self.names.all();
        let known = all.iter().chain(self.locals.iter().map(|(name, _)| name)).map(String::as_str);
        let finding = Diagnostic::error(codes::UNKNOWN_NAME, link(node.span, name, fields, 0), format!("there is no `{name}` here"));
        if let (Some(Kind::OneOf(options)), true) = (&self.wanted, fields.is_empty()) {
            let ids = options.iter().map(|(id, _)| id.as_str());
            if let Some(word) = ids.clone().find(|id| *id == name).or_else(|| nearest(name, ids)) {
                let finding = finding.help(format!("a word as such stands in quotes: '{word}'"));
                return self.report(finding.fix(Fix::risky(node.span, format!("'{word}'"))));
            }
        }
        // What has none of the fields that are read was not meant, however alike it is written.
        let of = |known: &str| {
            let of = self.locals.iter().rev().find(|(local, _)| local == known).map(|(_, of)| of.clone());
            let of = of.or_else(|| self.names.type_of(known));
            of.and_then(|of| fields.iter().try_fold(of, |of, field| of.field(field).ok()))
        };
        let is_wanted = |known: &&str| of(known).is_some_and(|of| self.wanted.as_ref().is_none_or(|wanted| wanted.comparable(&of.kind)));
        let mut finding = finding.nearest(name, known.clone().filter(is_wanted));
        // Where a word may be compared, a name of another type is not nearer than that.
        if finding.help.is_none() && !(fields.is_empty() && self.wanted.as_ref().is_some_and(Kind::is_text)) {
            finding = finding.nearest(name, known.clone().filter(|known| of(known).is_some()));
        }
        if let (None, false, Some(near)) = (&finding.help, fields.is_empty(), nearest(name, known)) {
            finding = finding.help(format!("the nearest name is \"{near}\", which has no such field"));
        }
        if finding.help.is_none() {
            finding = match name {
                "null" | "nil" | "undefined" | "Null" | "NULL" => finding.help("write `none`"),
                "yes" | "on" | "TRUE" => finding.help("write `true`"),
                "no" | "off" | "FALSE" => finding.help("write `false`"),
                _ if fields.is_empty() => finding.help(format!("a word as such stands in quotes: '{name}'")),
                _ => finding,
            };
        }
        self.report(finding);
    }

    fn unknown_field(&mut self, span: Span, owner: &str, of: &Type, (field, known): (&str, &[&str])) -> Type {
        let finding = Diagnostic::error(codes::UNKNOWN_FIELD, span, format!("{owner} has no field \"{field}\""));
        let near = finding.clone().nearest(field, known.iter().copied());
        self.report(match (near.help.is_some(), known) {
            (true, _) => near,
            (false, []) if matches!(of.kind, Kind::Record(_)) => finding.help("it has no fields"),
            (false, []) => finding.help(format!("it is {}", of.kind.describe())),
            (false, known) => finding.help(format!("its fields are: {}", known.join(", "))),
        });
        Type::certain(Kind::Any).flagged_by(of)
    }

    fn mismatch(&mut self, span: Span, message: String) {
        self.found(codes::TYPE_MISMATCH, span, message);
    }

    fn found(&mut self, code: Code, span: Span, message: String) {
        self.report(Diagnostic::error(code, span, message));
    }

    fn report(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }
}

/// True for a condition that reads nothing. What is none at all is told as that.
fn is_settled(node: &Node) -> bool {
    let is_condition = matches!(node.term, Term::Constant(Value::Bool(_)) | Term::Not(_) | Term::Compare(..) | Term::Test { .. });
    is_condition && names::of_node(node).is_empty()
}

/// The place of one link of `name.field.field`, if it is written just so.
fn link(span: Span, name: &str, fields: &[String], depth: usize) -> Span {
    let lengths = || std::iter::once(name.len()).chain(fields.iter().map(String::len));
    let written: usize = lengths().sum::<usize>() + fields.len();
    if usize::try_from(span.end.saturating_sub(span.start)) != Ok(written) {
        return span;
    }
    let start = span.start as usize + lengths().take(depth).map(|length| length + 1).sum::<usize>();
    Span::new(span.file, start, start + lengths().nth(depth).unwrap_or_default())
}
