//! Source text → trees.
use crate::diagnostic::{Diagnostic, Span};
use crate::expr::{Context, Fault, Names, Type, Value};
use crate::syntax::{Node, Scalar};
/// An expression, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    span: Span,
}
/// A text with values in it, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    span: Span,
}
/// A name that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameUse {
    /// The bare name and its fields: `position.name` → `["position", "name"]`.
    pub path: Vec<String>,
    /// Where.
    pub span: Span,
}
#[allow(unused_variables, missing_docs)]
impl Expression {
    /// Compiles the text of a scalar. A whole-text duration (`24h`, `1h30m`) is that duration.
    pub fn parse(scalar: &Scalar) -> Result<Self, Box<Diagnostic>> {
        todo!()
    }
    /// Compiles any YAML: texts are expressions, lists and maps are built from them, everything else stands for itself.
    pub fn from_node(node: &Node, findings: &mut Vec<Diagnostic>) -> Option<Self> {
        todo!()
    }
    pub fn constant(value: Value, span: Span) -> Self {
        todo!()
    }
    pub fn span(&self) -> Span {
        self.span
    }
    pub fn names(&self) -> Vec<NameUse> {
        todo!()
    }
    /// Reports unknown names, fields, filters, tests, wrong types; tells the type of the result.
    pub fn check(&self, names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
        todo!()
    }
    pub fn evaluate(&self, context: &Context<'_>) -> Result<Value, Fault> {
        todo!()
    }
    /// Evaluates a condition.
    pub fn holds(&self, context: &Context<'_>) -> Result<bool, Fault> {
        todo!()
    }
}
#[allow(unused_variables, missing_docs)]
impl Template {
    pub fn parse(scalar: &Scalar) -> Result<Self, Box<Diagnostic>> {
        todo!()
    }
    pub fn span(&self) -> Span {
        self.span
    }
    pub fn names(&self) -> Vec<NameUse> {
        todo!()
    }
    /// Reports what [`Expression::check`] reports, and values that cannot be printed; tells the flags of the text (its kind is text).
    pub fn check(&self, names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
        todo!()
    }
    /// The text as HTML: the author's part as it is, every inserted value escaped.
    pub fn render(&self, context: &Context<'_>) -> Result<String, Fault> {
        todo!()
    }
    /// The text as it is, nothing escaped: labels, addresses, headers, bodies.
    pub fn render_plain(&self, context: &Context<'_>) -> Result<String, Fault> {
        todo!()
    }
    /// The expression, if the template is one `{{ }}` and nothing else.
    pub fn whole(&self) -> Option<&Expression> {
        todo!()
    }
    /// The text, if there is nothing to insert.
    pub fn fixed(&self) -> Option<&str> {
        todo!()
    }
}
