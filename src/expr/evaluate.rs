//! Evaluation.

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;

use jiff::tz::TimeZone;

use crate::diagnostic::Span;
use crate::expr::tree::{Comparison, Node, Term, Test};
use crate::expr::{Time, Value, arithmetic, compare, filters, format};

/// Operations one expression or one text may take.
const MAX_OPERATIONS: usize = 10_000;
/// Bytes of a text that is computed.
pub(super) const MAX_TEXT: usize = 64 * 1024;

/// Where an evaluation finds its names.
pub trait Scope {
    /// The value of a bare name, `None` if there is no such name here.
    fn get(&self, name: &str) -> Option<Cow<'_, Value>>;

    /// A field of a bare name, where the scope can tell it without building the whole value; `None` means: take [`Scope::get`].
    fn field(&self, _name: &str, _field: &str) -> Option<Cow<'_, Value>> {
        None
    }

    /// The label that was shown for what the bare name `name` holds (the option a person chose), in the language of the scope.
    fn label(&self, name: &str) -> Option<String>;

    /// The label of the option `id` of the declared `one_of` that was read from `path` (a name and its fields; of a list, those of
    /// its items), in the language of the scope. Without it `| label` prints the id.
    fn option_label(&self, path: &[&str], id: &str) -> Option<String> {
        let _ = (path, id);
        None
    }
}

/// Everything an evaluation may depend on.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The names.
    pub scope: &'a dyn Scope,
    /// Two letters: decides the forms of plurals, dates, yes and no. Russian and English have forms of their own; with any other,
    /// also an empty one, dates are ISO 8601 and numbers have a point, as machines expect.
    pub language: &'a str,
    /// In which moments are printed and times of day read.
    pub zone: &'a TimeZone,
    /// The time of the turn.
    pub now: Time,
}

/// Why an evaluation failed. Holds no value of the conversation, so it may be logged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{cause}")]
pub struct Fault {
    /// The place in the flow.
    pub span: Span,
    /// What went wrong, in the words of the flow.
    pub cause: String,
}

impl Fault {
    /// A fault at `span`.
    pub(super) fn new(span: Span, cause: impl Into<String>) -> Self {
        Self { span, cause: cause.into() }
    }
}

/// One evaluation: what it depends on, and what it has spent.
pub(super) struct Run<'e> {
    pub context: &'e Context<'e>,
    spent: Cell<usize>,
}

/// The name of a `for` and the item it holds, and those of the `for`s around it.
pub(super) struct Local<'e> {
    pub name: &'e str,
    pub value: &'e Value,
    /// What the list was read from, if that was a name.
    pub list: Option<&'e Node>,
    pub outer: Option<&'e Local<'e>>,
}

impl<'e> Run<'e> {
    pub fn new(context: &'e Context<'e>) -> Self {
        Self { context, spent: Cell::new(0) }
    }

    /// Counts operations against the budget.
    pub fn spend(&self, operations: usize, span: Span) -> Result<(), Fault> {
        let spent = self.spent.get().saturating_add(operations);
        self.spent.set(spent);
        if spent > MAX_OPERATIONS { Err(Fault::new(span, "this takes too many operations")) } else { Ok(()) }
    }

    /// A computed text, unless it is too long.
    pub fn text(&self, text: String, span: Span) -> Result<Value, Fault> {
        self.spend(text.len() / 256, span)?;
        if text.len() > MAX_TEXT { Err(Fault::new(span, "this text is too long")) } else { Ok(Value::Text(text)) }
    }

    /// The printed form of a value.
    pub fn printed<'v>(&self, value: &'v Value, node: &Node) -> Result<Cow<'v, str>, Fault> {
        let unprintable = || Fault::new(node.span, format!("{} is {} and cannot be printed", named(node), value.describe()));
        format::printed(value, self.context.language, self.context.zone).ok_or_else(unprintable)
    }
}

/// The value of a whole expression.
pub(super) fn value(node: &Node, context: &Context<'_>) -> Result<Value, Fault> {
    evaluate(node, &Run::new(context), None).map(Cow::into_owned)
}

/// The truth of a whole expression.
pub(super) fn condition(node: &Node, context: &Context<'_>) -> Result<bool, Fault> {
    truth(node, &Run::new(context), None)
}

/// The value of a node.
pub(super) fn evaluate<'e>(node: &'e Node, run: &'e Run<'e>, local: Option<&'e Local<'e>>) -> Result<Cow<'e, Value>, Fault> {
    run.spend(1, node.span)?;
    let boolean = |value| Ok(Cow::Owned(Value::Bool(value)));
    match &node.term {
        Term::Constant(value) => Ok(Cow::Borrowed(value)),
        Term::Name(name, fields) => read_name(node, name, fields, run, local),
        Term::Field(inner, name) => {
            let base = evaluate(inner, run, local)?;
            let kind = base.describe();
            field(base, name).ok_or_else(|| Fault::new(node.span, format!("{kind} has no field \"{name}\"")))
        }
        Term::Item(list, index) => item(node, evaluate(list, run, local)?, &*evaluate(index, run, local)?),
        Term::List(items) => {
            let items = items.iter().map(|item| evaluate(item, run, local).map(Cow::into_owned));
            Ok(Cow::Owned(Value::List(items.collect::<Result<_, _>>()?)))
        }
        Term::Record(fields) => {
            let fields = fields.iter().map(|(name, value)| Ok((name.clone(), evaluate(value, run, local)?.into_owned())));
            Ok(Cow::Owned(Value::Record(fields.collect::<Result<_, Fault>>()?)))
        }
        Term::Not(inner) => boolean(!truth(inner, run, local)?),
        Term::And(left, right) => boolean(truth(left, run, local)? && truth(right, run, local)?),
        Term::Or(left, right) => boolean(truth(left, run, local)? || truth(right, run, local)?),
        Term::Negate(inner) => computed(node, arithmetic::negate(&*evaluate(inner, run, local)?)),
        Term::Arithmetic(operator, left, right) => {
            let (left, right) = (evaluate(left, run, local)?, evaluate(right, run, local)?);
            computed(node, arithmetic::compute(*operator, &left, &right))
        }
        Term::Compare(first, rest) => boolean(chain(first, rest, run, local)?),
        Term::Join(left, right) => {
            let (first, second) = (evaluate(left, run, local)?, evaluate(right, run, local)?);
            let text = [run.printed(&first, left)?, run.printed(&second, right)?].concat();
            run.text(text, node.span).map(Cow::Owned)
        }
        Term::If { condition, then, otherwise } => match (truth(condition, run, local)?, otherwise) {
            (true, _) => evaluate(then, run, local),
            (false, Some(otherwise)) => evaluate(otherwise, run, local),
            (false, None) => Ok(Cow::Owned(Value::None)),
        },
        Term::Filter { filter, input, arguments } => filters::apply(&filters::Call { node, filter: *filter, input, arguments, run, local }),
        Term::Test { test, input } => boolean(passes(node, test, input, run, local)?),
    }
}

/// The truth of a node that must be a boolean.
pub(super) fn truth(node: &Node, run: &Run<'_>, local: Option<&Local<'_>>) -> Result<bool, Fault> {
    let value = evaluate(node, run, local)?;
    match *value {
        Value::Bool(value) => Ok(value),
        ref other => Err(Fault::new(node.span, format!("{} is {}, not true or false", named(node), other.describe()))),
    }
}

/// What a node is called in a fault: its source if it is a name.
pub(super) fn named(node: &Node) -> String {
    match &node.term {
        Term::Name(name, fields) if fields.is_empty() => format!("`{name}`"),
        Term::Name(name, fields) => format!("`{name}.{}`", fields.join(".")),
        Term::Filter { filter, .. } => format!("the result of `{}`", filter.name()),
        _ => "the value".to_owned(),
    }
}

fn computed<'e>(node: &Node, result: Result<Value, String>) -> Result<Cow<'e, Value>, Fault> {
    result.map(Cow::Owned).map_err(|cause| Fault::new(node.span, cause))
}

fn read_name<'e>(
    node: &Node,
    name: &str,
    fields: &[String],
    run: &'e Run<'e>,
    local: Option<&'e Local<'e>>,
) -> Result<Cow<'e, Value>, Fault> {
    let mut scopes = std::iter::successors(local, |local| local.outer);
    let local = scopes.find(|local| local.name == name);
    // A scope may know a field without building all that it is a field of.
    if let (None, Some(first)) = (local, fields.first())
        && let Some(value) = run.context.scope.field(name, first)
    {
        return fields_of(node, name, fields, 1, value);
    }
    let found = match local {
        Some(local) => Some(Cow::Borrowed(local.value)),
        None => run.context.scope.get(name),
    };
    let value = found.ok_or_else(|| Fault::new(node.span, format!("there is no `{name}` here")))?;
    fields_of(node, name, fields, 0, value)
}

/// Goes down the fields of a name, from this depth on.
fn fields_of<'e>(node: &Node, name: &str, fields: &[String], from: usize, mut value: Cow<'e, Value>) -> Result<Cow<'e, Value>, Fault> {
    for (depth, wanted) in fields.iter().enumerate().skip(from) {
        let before = || std::iter::once(name).chain(fields[..depth].iter().map(String::as_str)).collect::<Vec<_>>().join(".");
        value = field(value, wanted).ok_or_else(|| Fault::new(node.span, format!("`{}` has no field \"{wanted}\"", before())))?;
    }
    Ok(value)
}

fn field<'v>(value: Cow<'v, Value>, name: &str) -> Option<Cow<'v, Value>> {
    match value {
        Cow::Borrowed(value) => value.field(name),
        Cow::Owned(value) => value.into_field(name).map(Cow::Owned),
    }
}

/// An item of a list by its place, from the end if that is negative; none behind the ends. A field of a record by its name.
fn item<'v>(node: &Node, base: Cow<'v, Value>, index: &Value) -> Result<Cow<'v, Value>, Fault> {
    if base.is_none() {
        return Ok(base);
    }
    match (base, index) {
        (Cow::Borrowed(Value::List(items)), Value::Integer(at)) => {
            Ok(place(items.len(), *at).map_or(Cow::Owned(Value::None), |at| Cow::Borrowed(&items[at])))
        }
        (Cow::Owned(Value::List(mut items)), Value::Integer(at)) => {
            Ok(Cow::Owned(place(items.len(), *at).map_or(Value::None, |at| items.swap_remove(at))))
        }
        (base, Value::Text(name)) => {
            let kind = base.describe();
            field(base, name).ok_or_else(|| Fault::new(node.span, format!("{kind} has no such field")))
        }
        (base, index) => {
            let cause = format!("{} cannot be read by {} in brackets", base.describe(), index.describe());
            Err(Fault::new(node.span, cause))
        }
    }
}

fn place(length: usize, at: i64) -> Option<usize> {
    let at = if at < 0 { i64::try_from(length).ok()?.checked_add(at)? } else { at };
    usize::try_from(at).ok().filter(|at| *at < length)
}

fn chain(first: &Node, rest: &[(Comparison, Node)], run: &Run<'_>, local: Option<&Local<'_>>) -> Result<bool, Fault> {
    let mut left = evaluate(first, run, local)?;
    for (how, operand) in rest {
        let right = evaluate(operand, run, local)?;
        if !holds(*how, &left, &right, operand.span, run)? {
            return Ok(false);
        }
        left = right;
    }
    Ok(true)
}

fn holds(how: Comparison, left: &Value, right: &Value, span: Span, run: &Run<'_>) -> Result<bool, Fault> {
    let mismatch = || Fault::new(span, format!("{} cannot be compared with {}", left.describe(), right.describe()));
    let same = || compare::same(left, right).ok_or_else(mismatch);
    let order = || compare::order(left, right).ok_or_else(mismatch);
    match how {
        Comparison::Equal => same(),
        Comparison::Unequal => same().map(|same| !same),
        Comparison::Less => order().map(Ordering::is_lt),
        Comparison::AtMost => order().map(Ordering::is_le),
        Comparison::More => order().map(Ordering::is_gt),
        Comparison::AtLeast => order().map(Ordering::is_ge),
        Comparison::In => contains(left, right, run, span),
    }
}

/// `left in right`: an item of a list, a part of a text, a field of a record. Nothing is in none.
fn contains(left: &Value, right: &Value, run: &Run<'_>, span: Span) -> Result<bool, Fault> {
    let mismatch = || Fault::new(span, format!("{} cannot be searched for {}", right.describe(), left.describe()));
    match (left, right) {
        (_, Value::List(items)) => {
            run.spend(items.len() / 8, span)?;
            let mut comparable = items.is_empty();
            for item in items {
                match compare::same(left, item) {
                    Some(true) => return Ok(true),
                    Some(false) => comparable = true,
                    None => {}
                }
            }
            if comparable { Ok(false) } else { Err(mismatch()) }
        }
        (_, Value::None) | (Value::None, _) => Ok(false),
        (Value::Text(name), Value::Record(fields)) => Ok(fields.contains_key(name)),
        _ => match (left.as_text(), right.as_text()) {
            (Some(part), Some(text)) => Ok(text.contains(part)),
            _ => Err(mismatch()),
        },
    }
}

fn passes(node: &Node, test: &Test, input: &Node, run: &Run<'_>, local: Option<&Local<'_>>) -> Result<bool, Fault> {
    let value = evaluate(input, run, local)?;
    let wrong = |wanted: &str| {
        let cause = format!("`is {}` takes {wanted}; {} is {}", test.name(), named(input), value.describe());
        Fault::new(node.span, cause)
    };
    let written = || value.as_text().ok_or_else(|| wrong("a text"));
    match test {
        Test::None => Ok(value.is_none()),
        Test::Past => against_now(&value, run).map(Ordering::is_lt).ok_or_else(|| wrong("a date or a moment")),
        Test::Future => against_now(&value, run).map(Ordering::is_gt).ok_or_else(|| wrong("a date or a moment")),
        Test::Empty => match &*value {
            Value::None => Ok(true),
            Value::List(items) => Ok(items.is_empty()),
            other => other.as_text().map(str::is_empty).ok_or_else(|| wrong("a list or a text")),
        },
        Test::StartingWith(prefix) => {
            let start = evaluate(prefix, run, local)?;
            let start = start.as_text().ok_or_else(|| wrong("a text to start with"))?;
            Ok(written()?.starts_with(start))
        }
        Test::Matching(pattern) => {
            run.spend(written()?.len() / 64, node.span)?;
            Ok(pattern.matches(written()?))
        }
    }
}

/// How a moment lies to now, or a date to today.
fn against_now(value: &Value, run: &Run<'_>) -> Option<Ordering> {
    let context = run.context;
    match value {
        Value::Time(time) => Some(time.cmp(&context.now)),
        Value::Date(day) => Some(day.cmp(&format::civil(context.now, context.zone).date())),
        _ => None,
    }
}
