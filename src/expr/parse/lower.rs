//! minijinja's syntax tree → our own, each node with its place in the file.

use minijinja::machinery::{Span as Range, ast};
use minijinja::value::ValueKind;

use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::expr::tree::{Comparison, Filter, Node, Operator, Pattern, Term, Test};
use crate::expr::{Value, codes};

use super::read_decimal;
use super::source::{Rewritten, Source};

type Lowered = Result<Piece, Box<Diagnostic>>;

/// Every recursion over a tree goes this deep at most.
const MAX_DEPTH: usize = 100;

/// Lowers one expression.
pub(super) struct Lowering<'s> {
    pub source: Source<'s>,
    pub rewritten: &'s Rewritten,
}

/// A node and where it really begins: minijinja's own ranges of chains and comparisons begin elsewhere.
struct Piece {
    node: Node,
    start: usize,
}

impl Lowering<'_> {
    /// The tree of a whole expression.
    pub fn lower(&self, expr: &ast::Expr<'_>) -> Result<Node, Box<Diagnostic>> {
        self.piece(expr, 0).map(|piece| piece.node)
    }

    fn piece(&self, expr: &ast::Expr<'_>, depth: usize) -> Lowered {
        let range = expr.span();
        let (start, end) = (range.start_offset as usize, range.end_offset as usize);
        if depth > MAX_DEPTH {
            return Err(self.source.too_deep(self.rewritten.origin(start), self.rewritten.origin(end)).into());
        }
        let depth = depth + 1;
        match expr {
            ast::Expr::Var(var) => Ok(self.name(var.id, start, end)),
            ast::Expr::Const(constant) => self.constant(&constant.value, start, end),
            ast::Expr::UnaryOp(unary) => self.unary(unary, start, end, depth),
            ast::Expr::BinOp(binary) => self.binary(binary, end, depth),
            ast::Expr::Compare(chain) => {
                let first = self.piece(&chain.expr, depth)?;
                let mut rest = Vec::with_capacity(chain.ops.len());
                for link in &chain.ops {
                    rest.push((self.comparison(link.op, range)?, self.piece(&link.expr, depth)?.node));
                }
                let term = Term::Compare(Box::new(first.node), rest);
                Ok(self.made(term, first.start, end))
            }
            ast::Expr::IfExpr(choice) => {
                let then = self.piece(&choice.true_expr, depth)?;
                let condition = Box::new(self.piece(&choice.test_expr, depth)?.node);
                let otherwise = choice.false_expr.as_ref().map(|expr| self.piece(expr, depth)).transpose()?;
                let otherwise = otherwise.map(|piece| Box::new(piece.node));
                Ok(self.made(Term::If { condition, then: Box::new(then.node), otherwise }, then.start, end))
            }
            ast::Expr::Filter(filter) => self.filter(filter, range, depth),
            ast::Expr::Test(test) => self.test(test, range, depth),
            ast::Expr::GetAttr(attribute) => Ok(self.field(self.piece(&attribute.expr, depth)?, attribute.name, end)),
            ast::Expr::GetItem(item) => self.item(item, end, depth),
            ast::Expr::List(list) => {
                let items = list.items.iter().map(|item| self.piece(item, depth).map(|piece| piece.node));
                Ok(self.made(Term::List(items.collect::<Result<_, _>>()?), start, end))
            }
            ast::Expr::Map(map) => self.record(map, range, depth),
            ast::Expr::Call(call) => Err(self.call(call, depth)?.into()),
            ast::Expr::Tuple(_) => Err(self.refuse(range, "a list stands in square brackets").into()),
            ast::Expr::Slice(_) => Err(self.refuse(range, "a part of a list cannot be taken").into()),
        }
    }

    fn name(&self, id: &str, start: usize, end: usize) -> Piece {
        let duration = self.rewritten.durations.iter().find(|(at, _)| *at == start);
        let term = match duration {
            Some((_, millis)) => Term::Constant(Value::Duration(*millis)),
            None => Term::Name(id.to_owned(), Vec::new()),
        };
        self.made(term, start, end)
    }

    fn constant(&self, value: &minijinja::Value, start: usize, end: usize) -> Lowered {
        let value = match value.kind() {
            ValueKind::Bool => Value::Bool(value.is_true()),
            ValueKind::String => Value::Text(value.as_str().unwrap_or_default().to_owned()),
            ValueKind::Number => self.number(value, start, end)?,
            _ => Value::None,
        };
        Ok(self.made(Term::Constant(value), start, end))
    }

    /// A whole number from its value, any other from the author's digits.
    fn number(&self, value: &minijinja::Value, start: usize, end: usize) -> Result<Value, Box<Diagnostic>> {
        let written = &self.rewritten.text[start..end];
        let number = if value.is_integer() {
            i64::try_from(value.clone()).ok().map(Value::Integer)
        } else {
            read_decimal(written).map(Value::Decimal)
        };
        number.ok_or_else(|| Box::new(self.at(self.source.code, start, end, "this number is too large")))
    }

    fn unary(&self, unary: &ast::UnaryOp<'_>, start: usize, end: usize, depth: usize) -> Lowered {
        let inner = self.piece(&unary.expr, depth)?;
        let written = &self.rewritten.text[start.min(end)..end];
        match (&unary.op, inner.node.term) {
            (ast::UnaryOpKind::Neg, Term::Constant(Value::Integer(number))) => {
                Ok(self.made(Term::Constant(Value::Integer(-number)), start, end))
            }
            (ast::UnaryOpKind::Neg, Term::Constant(Value::Decimal(number))) => {
                Ok(self.made(Term::Constant(Value::Decimal(-number)), start, end))
            }
            (ast::UnaryOpKind::Neg, term) => {
                let inner = Node { span: inner.node.span, term };
                Ok(self.made(Term::Negate(Box::new(inner)), start, end))
            }
            (ast::UnaryOpKind::Not, term) => {
                // `a not in b` and `a is not x` begin with `a`, whatever the range says.
                let start = if written.starts_with("not") && start < inner.start { start } else { inner.start };
                let inner = Node { span: inner.node.span, term };
                Ok(self.made(Term::Not(Box::new(inner)), start, end))
            }
        }
    }

    fn binary(&self, binary: &ast::BinOp<'_>, end: usize, depth: usize) -> Lowered {
        let left = self.piece(&binary.left, depth)?;
        let right = self.piece(&binary.right, depth)?;
        let start = left.start;
        let (left, right) = (Box::new(left.node), Box::new(right.node));
        let compare = |how, left, right: Box<Node>| Term::Compare(left, vec![(how, *right)]);
        let term = match binary.op {
            ast::BinOpKind::Eq => compare(Comparison::Equal, left, right),
            ast::BinOpKind::Ne => compare(Comparison::Unequal, left, right),
            ast::BinOpKind::Lt => compare(Comparison::Less, left, right),
            ast::BinOpKind::Lte => compare(Comparison::AtMost, left, right),
            ast::BinOpKind::Gt => compare(Comparison::More, left, right),
            ast::BinOpKind::Gte => compare(Comparison::AtLeast, left, right),
            ast::BinOpKind::In => compare(Comparison::In, left, right),
            ast::BinOpKind::ScAnd => Term::And(left, right),
            ast::BinOpKind::ScOr => Term::Or(left, right),
            ast::BinOpKind::Concat => Term::Join(left, right),
            ast::BinOpKind::Add => Term::Arithmetic(Operator::Add, left, right),
            ast::BinOpKind::Sub => Term::Arithmetic(Operator::Subtract, left, right),
            ast::BinOpKind::Mul => Term::Arithmetic(Operator::Multiply, left, right),
            ast::BinOpKind::Div => Term::Arithmetic(Operator::Divide, left, right),
            ast::BinOpKind::FloorDiv => Term::Arithmetic(Operator::DivideWhole, left, right),
            ast::BinOpKind::Rem => Term::Arithmetic(Operator::Remainder, left, right),
            ast::BinOpKind::Pow => return Err(self.at(self.source.code, start, end, "`**` is not part of the language").into()),
        };
        Ok(self.made(term, start, end))
    }

    fn comparison(&self, op: ast::CompareOpKind, range: Range) -> Result<Comparison, Box<Diagnostic>> {
        Ok(match op {
            ast::CompareOpKind::Eq => Comparison::Equal,
            ast::CompareOpKind::Ne => Comparison::Unequal,
            ast::CompareOpKind::Lt => Comparison::Less,
            ast::CompareOpKind::Lte => Comparison::AtMost,
            ast::CompareOpKind::Gt => Comparison::More,
            ast::CompareOpKind::Gte => Comparison::AtLeast,
            ast::CompareOpKind::In => Comparison::In,
            ast::CompareOpKind::NotIn => {
                return Err(self.refuse(range, "`not in` cannot stand in a chain of comparisons").help("join them by `and`").into());
            }
        })
    }

    fn field(&self, base: Piece, name: &str, end: usize) -> Piece {
        let term = match base.node.term {
            Term::Name(root, mut fields) => {
                fields.push(name.to_owned());
                Term::Name(root, fields)
            }
            term => Term::Field(Box::new(Node { span: base.node.span, term }), name.to_owned()),
        };
        self.made(term, base.start, end)
    }

    fn item(&self, item: &ast::GetItem<'_>, end: usize, depth: usize) -> Lowered {
        let base = self.piece(&item.expr, depth)?;
        let index = self.piece(&item.subscript_expr, depth)?;
        if let Term::Constant(Value::Text(name)) = &index.node.term {
            return Ok(self.field(base, name, end));
        }
        let start = base.start;
        Ok(self.made(Term::Item(Box::new(base.node), Box::new(index.node)), start, end))
    }

    fn record(&self, map: &ast::Map<'_>, range: Range, depth: usize) -> Lowered {
        let mut fields: Vec<(String, Node)> = Vec::with_capacity(map.keys.len());
        for (key, value) in map.keys.iter().zip(&map.values) {
            let ast::Expr::Const(name) = key else { return Err(self.refuse(key.span(), "a key stands in quotes").into()) };
            let Some(name) = name.value.as_str() else { return Err(self.refuse(key.span(), "a key is a text in quotes").into()) };
            if fields.iter().any(|(known, _)| known == name) {
                return Err(self.refuse(key.span(), format!("the key \"{name}\" stands here twice")).into());
            }
            fields.push((name.to_owned(), self.piece(value, depth)?.node));
        }
        Ok(self.made(Term::Record(fields), range.start_offset as usize, range.end_offset as usize))
    }

    fn filter(&self, filter: &ast::Filter<'_>, range: Range, depth: usize) -> Lowered {
        let (named, end) = (range.start_offset as usize, range.end_offset as usize);
        let Some(input) = &filter.expr else { return Err(self.refuse(range, "a filter needs a value before it").into()) };
        let input = self.piece(input, depth)?;
        let Some((name, kind, least, most)) = Filter::ALL.into_iter().find(|(name, ..)| *name == filter.name) else {
            return Err(self.unknown_filter(filter.name, named).into());
        };
        let (arguments, number) = self.arguments(name, kind == Filter::Plural, &filter.args, range, depth)?;
        if !(least..=most).contains(&arguments.len()) {
            return Err(self.arity(name, least, most, named, end).into());
        }
        if kind.takes_field() && arguments.first().is_some_and(|first| !matches!(first.term, Term::Constant(Value::Text(_)))) {
            let message = format!("the first argument of `{name}` is a field's name in quotes");
            return Err(Diagnostic::error(codes::BAD_ARGUMENTS, arguments[0].span, message).into());
        }
        let kind = if number { kind } else { Filter::PluralForm };
        let (start, input) = (input.start, Box::new(input.node));
        Ok(self.made(Term::Filter { filter: kind, input, arguments }, start, end))
    }

    /// Positional arguments, and what `number=` says.
    fn arguments(
        &self,
        name: &str,
        takes_number: bool,
        written: &[ast::CallArg<'_>],
        range: Range,
        depth: usize,
    ) -> Result<(Vec<Node>, bool), Box<Diagnostic>> {
        let mut number = true;
        let mut arguments = Vec::with_capacity(written.len());
        for argument in written {
            match argument {
                ast::CallArg::Pos(expr) => arguments.push(self.piece(expr, depth)?.node),
                ast::CallArg::Kwarg("number", expr) if takes_number => match self.piece(expr, depth)?.node {
                    Node { term: Term::Constant(Value::Bool(value)), .. } => number = value,
                    Node { span, .. } => {
                        return Err(Diagnostic::error(codes::BAD_ARGUMENTS, span, "`number` is true or false").into());
                    }
                },
                ast::CallArg::Kwarg(unknown, expr) => {
                    let span = self.piece(expr, depth)?.node.span;
                    return Err(Diagnostic::error(codes::BAD_ARGUMENTS, span, format!("`{name}` has no argument \"{unknown}\"")).into());
                }
                ast::CallArg::PosSplat(_) | ast::CallArg::KwargSplat(_) => {
                    let (start, end) = (range.start_offset as usize, range.end_offset as usize);
                    return Err(self.at(codes::BAD_ARGUMENTS, start, end, "arguments are written one by one").into());
                }
            }
        }
        Ok((arguments, number))
    }

    fn test(&self, test: &ast::Test<'_>, range: Range, depth: usize) -> Lowered {
        let (named, end) = (range.start_offset as usize, range.end_offset as usize);
        let input = self.piece(&test.expr, depth)?;
        let Some((name, wanted)) = Test::ALL.into_iter().find(|(name, _)| *name == test.name) else {
            return Err(self.unknown_test(test.name, named).into());
        };
        let (mut arguments, _) = self.arguments(name, false, &test.args, range, depth)?;
        if arguments.len() != wanted {
            return Err(self.arity(name, wanted, wanted, named, end).into());
        }
        let test = match (name, arguments.pop()) {
            ("past", _) => Test::Past,
            ("future", _) => Test::Future,
            ("empty", _) => Test::Empty,
            ("starting_with", Some(prefix)) => Test::StartingWith(Box::new(prefix)),
            ("matching", Some(pattern)) => Test::Matching(compile_pattern(&pattern)?),
            _ => Test::None,
        };
        let (start, input) = (input.start, Box::new(input.node));
        Ok(self.made(Term::Test { test, input }, start, end))
    }

    fn unknown_filter(&self, name: &str, named: usize) -> Diagnostic {
        let all = Filter::ALL.iter().map(|(name, ..)| *name);
        let finding = self.at(codes::UNKNOWN_FILTER, named, named + name.len(), format!("there is no filter `{name}`"));
        match nearest(name, all.clone()) {
            Some(near) => finding.meant(near),
            None => finding.help(format!("filters are: {}", all.collect::<Vec<_>>().join(", "))),
        }
    }

    fn unknown_test(&self, name: &str, named: usize) -> Diagnostic {
        let finding = self.at(codes::UNKNOWN_TEST, named, named + name.len(), format!("there is no test `is {name}`"));
        match name {
            "defined" => finding.help("there is nothing undefined; write `is not none`"),
            "undefined" => finding.help("there is nothing undefined; write `is none`"),
            _ => match nearest(name, Test::ALL.iter().map(|(name, _)| *name)) {
                Some(near) => finding.meant(near),
                None => finding.help("tests are: empty, future, matching, none, past, starting_with; values are compared by `==`"),
            },
        }
    }

    fn arity(&self, name: &str, least: usize, most: usize, named: usize, end: usize) -> Diagnostic {
        let message = match (least, most) {
            (0, 0) => format!("`{name}` takes no arguments"),
            (1, 1) => format!("`{name}` takes one argument"),
            (0, 1) => format!("`{name}` takes one argument at most"),
            _ if least == most => format!("`{name}` takes {least} arguments"),
            _ => format!("`{name}` takes {least} or {most} arguments"),
        };
        self.at(codes::BAD_ARGUMENTS, named, end, message)
    }

    fn call(&self, call: &ast::Call<'_>, depth: usize) -> Result<Diagnostic, Box<Diagnostic>> {
        let called = self.piece(&call.expr, depth)?;
        let name = match &call.expr {
            ast::Expr::Var(var) => var.id,
            ast::Expr::GetAttr(attribute) => attribute.name,
            _ => "",
        };
        let finding = Diagnostic::error(codes::UNKNOWN_FUNCTION, called.node.span, "there are no functions");
        let meant = match name {
            "len" | "count" | "size" => "length",
            "str" => "",
            _ => name,
        };
        Ok(match Filter::ALL.iter().find(|(filter, ..)| *filter == meant) {
            Some((filter, ..)) => finding.help(format!("write `value | {filter}`")),
            None => finding.help("values are computed by filters: `value | filter`"),
        })
    }

    fn refuse(&self, range: Range, message: impl Into<String>) -> Diagnostic {
        self.at(self.source.code, range.start_offset as usize, range.end_offset as usize, message)
    }

    fn at(&self, code: Code, start: usize, end: usize, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.place(start, end), message)
    }

    fn made(&self, term: Term, start: usize, end: usize) -> Piece {
        Piece { node: Node { span: self.place(start, end), term }, start }
    }

    fn place(&self, start: usize, end: usize) -> Span {
        self.source.place(self.rewritten.origin(start), self.rewritten.origin(end))
    }
}

fn compile_pattern(pattern: &Node) -> Result<Pattern, Box<Diagnostic>> {
    let Term::Constant(Value::Text(written)) = &pattern.term else {
        return Err(Diagnostic::error(codes::BAD_ARGUMENTS, pattern.span, "the pattern of `matching` is a text in quotes").into());
    };
    Pattern::new(written).map_err(|why| Diagnostic::error(codes::BAD_ARGUMENTS, pattern.span, format!("this is no pattern: {why}")).into())
}
