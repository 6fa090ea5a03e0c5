//! Filters.

mod list;
mod text;
mod time;

use std::borrow::Cow;

use crate::expr::evaluate::{Fault, Local, Run, evaluate, named};
use crate::expr::tree::{Filter, Node, Term};
use crate::expr::{Value, arithmetic, compare, format};

/// One use of a filter.
pub(super) struct Call<'e> {
    pub node: &'e Node,
    pub filter: Filter,
    pub input: &'e Node,
    pub arguments: &'e [Node],
    pub run: &'e Run<'e>,
    pub local: Option<&'e Local<'e>>,
}

/// The value of `input | filter(arguments)`.
pub(super) fn apply<'e>(call: &Call<'e>) -> Result<Cow<'e, Value>, Fault> {
    let input = evaluate(call.input, call.run, call.local)?;
    match call.filter {
        // The argument is not even looked at while there is a value.
        Filter::Default if input.is_none() => evaluate(&call.arguments[0], call.run, call.local),
        Filter::Default => Ok(input),
        Filter::First | Filter::Last => list::end(call, input),
        Filter::Trim if input.as_text().is_some_and(|text| text.trim().len() == text.len()) => Ok(input),
        _ => compute(call, &input).map(Cow::Owned),
    }
}

fn compute(call: &Call<'_>, input: &Value) -> Result<Value, Fault> {
    let context = call.run.context;
    let computed = |result: Result<Value, String>| result.map_err(|cause| call.fault(cause));
    match call.filter {
        Filter::Label => label(call, input),
        Filter::YesNo => match input {
            Value::Bool(value) => Ok(Value::Text(format::yes_no(*value, context.language).to_owned())),
            other => Err(call.wrong("true or false", other)),
        },
        Filter::Date => time::date(call, input),
        Filter::Time => time::clock(call, input),
        Filter::DateTime => time::moment(call, input),
        Filter::Ago => time::ago(call, input),
        Filter::Plus => time::shift(call, input, 1),
        Filter::Minus => time::shift(call, input, -1),
        Filter::Plural | Filter::PluralForm => plural(call, input),
        Filter::Round => computed(arithmetic::round(input, call.whole(0)?.unwrap_or(0))),
        Filter::Int => computed(arithmetic::int(input)),
        Filter::Money => money(call, input),
        Filter::Length => match input {
            Value::List(items) => Ok(count(items.len())),
            other => other.as_text().map(|text| count(text.chars().count())).ok_or_else(|| call.wrong("a list or a text", other)),
        },
        Filter::Upper
        | Filter::Lower
        | Filter::Title
        | Filter::Trim
        | Filter::Words
        | Filter::Replace
        | Filter::Truncate
        | Filter::Mask => text::compute(call, input),
        Filter::Join | Filter::Sort | Filter::Unique | Filter::Sum | Filter::Map | Filter::Select => list::compute(call, input),
        Filter::Default | Filter::First | Filter::Last => Ok(input.clone()),
    }
}

impl<'e> Call<'e> {
    /// A fault at this filter.
    fn fault(&self, cause: impl Into<String>) -> Fault {
        Fault::new(self.node.span, cause)
    }

    /// The fault of an input of a wrong kind.
    fn wrong(&self, wanted: &str, got: &Value) -> Fault {
        self.fault(format!("`{}` takes {wanted}; {} is {}", self.filter.name(), named(self.input), got.describe()))
    }

    /// An argument.
    fn argument(&self, at: usize) -> Result<Option<Cow<'e, Value>>, Fault> {
        self.arguments.get(at).map(|node| evaluate(node, self.run, self.local)).transpose()
    }

    /// An argument that is a whole number.
    fn whole(&self, at: usize) -> Result<Option<i64>, Fault> {
        match self.argument(at)?.as_deref() {
            None => Ok(None),
            Some(Value::Integer(number)) => Ok(Some(*number)),
            Some(other) => Err(self.fault(format!("`{}` takes a whole number, not {}", self.filter.name(), other.describe()))),
        }
    }

    /// An argument that is a text.
    fn text(&self, at: usize) -> Result<String, Fault> {
        let value = self.argument(at)?.unwrap_or_default();
        let wrong = || self.fault(format!("an argument of `{}` is {}, not a text", self.filter.name(), value.describe()));
        value.as_text().map(str::to_owned).ok_or_else(wrong)
    }

    /// The first argument as a field's name.
    fn field(&self) -> Option<&'e str> {
        match &self.arguments.first()?.term {
            Term::Constant(Value::Text(name)) => Some(name),
            _ => None,
        }
    }
}

/// The label shown for a choice, or that of an option.
fn label(call: &Call<'_>, input: &Value) -> Result<Value, Fault> {
    let scope = call.run.context.scope;
    if input.is_none() {
        return Err(call.wrong("a choice", input));
    }
    let mut path = Vec::new();
    let local = origin(call.input, call.local, &mut path);
    if let [name] = path[..]
        && !local
        && let Some(shown) = scope.label(name)
    {
        return Ok(Value::Text(shown));
    }
    match input {
        Value::Text(id) => Ok(Value::Text(scope.option_label(&path, id).unwrap_or_else(|| id.clone()))),
        other => Err(call.wrong("a choice", other)),
    }
}

/// The path that a node reads, through the lists that `for`s take their items from; true if there was one.
fn origin<'e>(node: &'e Node, local: Option<&'e Local<'e>>, path: &mut Vec<&'e str>) -> bool {
    let Term::Name(name, fields) = &node.term else { return false };
    let held = std::iter::successors(local, |local| local.outer).find(|local| local.name == name);
    match held {
        Some(held) => {
            if let Some(list) = held.list {
                origin(list, held.outer, path);
            }
        }
        None => path.push(name),
    }
    path.extend(fields.iter().map(String::as_str));
    held.is_some()
}

fn plural(call: &Call<'_>, input: &Value) -> Result<Value, Fault> {
    let language = call.run.context.language;
    let Some(number) = compare::number(input) else { return Err(call.wrong("a number", input)) };
    let form = call.text(format::plural_form(number, language, call.arguments.len()))?;
    let text = if call.filter == Filter::PluralForm { form } else { format!("{} {form}", format::decimal(number, language)) };
    call.run.text(text, call.node.span)
}

fn money(call: &Call<'_>, input: &Value) -> Result<Value, Fault> {
    let language = call.run.context.language;
    let (amount, currency) = match input {
        Value::Money { amount, currency } => (*amount, currency.as_str()),
        other => (compare::number(other).ok_or_else(|| call.wrong("an amount", other))?, ""),
    };
    Ok(Value::Text(format::money(amount, currency, language)))
}

fn count(length: usize) -> Value {
    Value::Integer(i64::try_from(length).unwrap_or(i64::MAX))
}
