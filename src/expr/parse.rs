//! Source text → trees. No type of minijinja leaves this module.

mod lower;
mod source;
mod text;

use crate::diagnostic::{About, Diagnostic, Fix, Span};
use crate::expr::length::{self, Lengths};
use crate::expr::tree::{Node, Part, Term};
use crate::expr::{
    Claim, Context, Fact, Fault, Leaf, NameUse, Names, Proof, Type, Value, check, codes, evaluate, names, parse_duration, proof, render,
};
use crate::syntax;
use crate::syntax::Scalar;
use crate::syntax::shape::duration_meant;
use rust_decimal::Decimal;
use source::Source;

/// An expression, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    span: Span,
    root: Node,
}

/// A text with values in it, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    span: Span,
    form: Form,
}

/// The three forms of a text, from the cheapest to the dearest to render.
#[derive(Debug, Clone, PartialEq)]
enum Form {
    Fixed(String),
    Whole(Expression),
    Mixed(Vec<Part>),
}

impl Expression {
    /// Compiles the text of a scalar. A whole-text duration (`24h`, `1h30m`) is that duration.
    pub fn parse(scalar: &Scalar) -> Result<Self, Box<Diagnostic>> {
        let root = match parse_duration(scalar.text.trim()) {
            Some(duration) => Node { span: scalar.span, term: Term::Constant(Value::Duration(duration)) },
            None => Source::expression(scalar).compile().map_err(|found| in_words(scalar).map_or(found, Box::new))?,
        };
        Ok(Self { span: scalar.span, root })
    }

    /// Compiles any YAML: texts are expressions, lists and maps are built from them, everything else stands for itself.
    /// Every mistake is reported; `None` if there was one.
    pub fn from_node(node: &syntax::Node, findings: &mut Vec<Diagnostic>) -> Option<Self> {
        Some(Self { span: node.span, root: from_yaml(node, findings)? })
    }

    /// An expression that is this value.
    pub fn constant(value: Value, span: Span) -> Self {
        Self { span, root: Node { span, term: Term::Constant(value) } }
    }

    /// Where it was written.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The value, if it depends on nothing.
    pub fn value(&self) -> Option<&Value> {
        match &self.root.term {
            Term::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Every name that is read, with its fields, in the order of the source.
    pub fn names(&self) -> Vec<NameUse> {
        names::of_node(&self.root)
    }

    /// Reports unknown names and fields and wrong types; tells the type of the result.
    pub fn check(&self, names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
        let before = findings.len();
        let of = check::expression(&self.root, names, findings);
        say_what_is_read(&mut findings[before..], || self.names());
        of
    }

    /// True if this condition and another one never hold together, whatever the values are; the same names mean the same in both.
    pub fn excludes(&self, other: &Self) -> bool {
        proof::exclude(&self.root, &other.root, true)
    }

    /// The values that are read, for a finding about the whole of it.
    pub fn reads(&self) -> impl Iterator<Item = About> {
        self.names().into_iter().map(|name| About::Value(name.path.join(".")))
    }

    /// The same for a condition: anything but a certain boolean is reported, too.
    pub fn check_condition(&self, names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
        let before = findings.len();
        let of = check::condition(&self.root, names, findings);
        say_what_is_read(&mut findings[before..], || self.names());
        of
    }

    /// What the condition proves where it is `holds`.
    pub fn facts(&self, holds: bool) -> Vec<Fact> {
        let mut facts = Vec::new();
        proof::facts(&self.root, holds, &mut facts);
        facts
    }

    /// What can be told of the condition from what is known.
    pub fn proof(&self) -> Proof<Leaf> {
        proof::proof(&self.root)
    }

    /// Every claim that the condition is made of.
    pub fn claims(&self) -> Vec<Claim> {
        let mut claims = Vec::new();
        proof::claims(&self.root, &mut claims);
        claims
    }

    /// Computes the value.
    pub fn evaluate(&self, context: &Context<'_>) -> Result<Value, Fault> {
        evaluate::value(&self.root, context)
    }

    /// Evaluates a condition.
    pub fn holds(&self, context: &Context<'_>) -> Result<bool, Fault> {
        evaluate::condition(&self.root, context)
    }
}

impl Template {
    /// Compiles the text of a scalar. The final line break of a block is dropped.
    pub fn parse(scalar: &Scalar) -> Result<Self, Box<Diagnostic>> {
        let mut parts = text::parse(scalar)?;
        let form = match parts.as_mut_slice() {
            [] => Form::Fixed(String::new()),
            [Part::Words(words)] => Form::Fixed(std::mem::take(words)),
            [Part::Print(node)] => Form::Whole(Expression { span: scalar.span, root: node.clone() }),
            _ => Form::Mixed(parts),
        };
        Ok(Self { span: scalar.span, form })
    }

    /// A text with nothing to insert, braces and all.
    pub fn literal(text: impl Into<String>, span: Span) -> Self {
        Self { span, form: Form::Fixed(text.into()) }
    }

    /// Where it was written.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Every name that is read, with its fields, in the order of the source; names of `for` are not among them.
    pub fn names(&self) -> Vec<NameUse> {
        match &self.form {
            Form::Fixed(_) => Vec::new(),
            Form::Whole(expression) => expression.names(),
            Form::Mixed(parts) => names::of_parts(parts),
        }
    }

    /// Reports what [`Expression::check`] reports, and values that cannot be printed; tells the flags of the text (its kind is text).
    pub fn check(&self, names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
        let before = findings.len();
        let of = match &self.form {
            Form::Fixed(_) => Type::certain(crate::expr::Kind::Text),
            Form::Whole(expression) => check::printed(&expression.root, names, findings),
            Form::Mixed(parts) => check::text(parts, names, findings),
        };
        say_what_is_read(&mut findings[before..], || self.names());
        of
    }

    /// The values that it prints, each with its place and its type.
    pub fn prints(&self, names: &dyn Names) -> Vec<(Span, Type)> {
        match &self.form {
            Form::Fixed(_) => Vec::new(),
            Form::Whole(expression) => vec![(expression.root.span, expression.check(names, &mut Vec::new()))],
            Form::Mixed(parts) => check::prints(parts, names),
        }
    }

    /// Every `plural`: where, and how many forms it is given.
    pub fn plurals(&self) -> Vec<(Span, usize)> {
        match &self.form {
            Form::Fixed(_) => Vec::new(),
            Form::Whole(expression) => names::plurals_of_node(&expression.root),
            Form::Mixed(parts) => names::plurals_of_parts(parts),
        }
    }

    /// How many characters people may see of it.
    pub fn lengths(&self, names: &dyn Names) -> Lengths {
        match &self.form {
            Form::Fixed(words) => length::of_words(words, names),
            Form::Whole(expression) => length::of_node(&expression.root, names),
            Form::Mixed(parts) => length::of_parts(parts, names),
        }
    }

    /// The text as HTML: the author's part as it is, every inserted value escaped.
    pub fn render(&self, context: &Context<'_>) -> Result<String, Fault> {
        self.write(context, render::Escaping::Html)
    }

    /// The text as it is, nothing escaped: labels, addresses, headers, bodies.
    pub fn render_plain(&self, context: &Context<'_>) -> Result<String, Fault> {
        self.write(context, render::Escaping::Nothing)
    }

    /// The expression, if the template is one `{{ }}` and nothing else.
    pub fn whole(&self) -> Option<&Expression> {
        match &self.form {
            Form::Whole(expression) => Some(expression),
            _ => None,
        }
    }

    /// The text, if there is nothing to insert.
    pub fn fixed(&self) -> Option<&str> {
        match &self.form {
            Form::Fixed(words) => Some(words),
            _ => None,
        }
    }

    fn write(&self, context: &Context<'_>, escaping: render::Escaping) -> Result<String, Fault> {
        match &self.form {
            Form::Fixed(words) => Ok(words.clone()),
            Form::Whole(expression) => render::node(&expression.root, context, escaping),
            Form::Mixed(parts) => render::parts(parts, context, escaping),
        }
    }
}

/// Puts into findings which of these names are read at their places.
fn say_what_is_read(findings: &mut [Diagnostic], names: impl FnOnce() -> Vec<NameUse>) {
    if findings.is_empty() {
        return;
    }
    let names = names();
    for finding in findings {
        let (start, end) = (finding.span.start, finding.span.end);
        // A field that is not there is marked alone.
        let is_read = |name: &&NameUse| name.span.start < end && start < name.span.end;
        finding.about.extend(names.iter().filter(is_read).map(|name| About::Value(name.path.join("."))));
    }
}

/// The finding about a duration that is written in words.
fn in_words(scalar: &Scalar) -> Option<Diagnostic> {
    let meant = duration_meant(&scalar.text)?;
    let found = Diagnostic::error(codes::EXPRESSION_SYNTAX, scalar.span, format!("\"{}\" is not a duration", scalar.text.trim()));
    Some(found.help(format!("write {meant}")).fix(Fix::risky(scalar.span, meant)))
}

fn from_yaml(node: &syntax::Node, findings: &mut Vec<Diagnostic>) -> Option<Node> {
    let term = match &node.kind {
        syntax::Kind::Null => Term::Constant(Value::None),
        syntax::Kind::Bool(value) => Term::Constant(Value::Bool(*value)),
        syntax::Kind::Integer(value) => Term::Constant(Value::Integer(*value)),
        syntax::Kind::Float(_) => {
            let Some(number) = read_decimal(&node.scalar.text) else {
                findings.push(Diagnostic::error(codes::EXPRESSION_SYNTAX, node.span, "this number cannot be kept exactly"));
                return None;
            };
            Term::Constant(Value::Decimal(number))
        }
        syntax::Kind::Text => match Expression::parse(&node.scalar) {
            Ok(expression) => return Some(expression.root),
            Err(finding) => {
                findings.push(*finding);
                return None;
            }
        },
        syntax::Kind::List(items) => {
            let built: Vec<_> = items.iter().map(|item| from_yaml(item, findings)).collect();
            Term::List(built.into_iter().collect::<Option<_>>()?)
        }
        syntax::Kind::Map(entries) => {
            let read = |entry: &syntax::Entry| Some((entry.key.clone(), from_yaml(&entry.value, findings)?));
            let built: Vec<_> = entries.iter().map(read).collect();
            Term::Record(built.into_iter().collect::<Option<_>>()?)
        }
    };
    Some(Node { span: node.span, term })
}

/// Reads the author's digits, underscores between them and an exponent allowed.
fn read_decimal(written: &str) -> Option<Decimal> {
    let digits = written.replace('_', "");
    let digits = digits.trim_start_matches('+');
    digits.parse().or_else(|_| Decimal::from_scientific(digits)).ok()
}
