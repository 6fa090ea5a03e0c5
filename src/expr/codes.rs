//! The kinds of findings about expressions and texts.

use crate::diagnostic::Code;

/// A condition that always comes out the same.
pub const CONSTANT_CONDITION: Code = Code::new("FLW308", "constant-condition");
/// A value that may be `none` is used where that is a fault.
pub const MAYBE_NONE: Code = Code::new("FLW402", "maybe-none");
/// A name that nothing here has.
pub const UNKNOWN_NAME: Code = Code::new("FLW403", "unknown-name");
/// Two kinds of values that never go together.
pub const TYPE_MISMATCH: Code = Code::new("FLW405", "type-mismatch");
/// A field the value does not have.
pub const UNKNOWN_FIELD: Code = Code::new("FLW406", "unknown-field");
/// A comparison with a word that is no option.
pub const NEVER_EQUAL: Code = Code::new("FLW410", "comparison-never-true");
/// An expression that cannot be read.
pub const EXPRESSION_SYNTAX: Code = Code::new("FLW501", "expression-syntax");
/// A text whose `{{ }}` or `{% %}` cannot be read.
pub const TEMPLATE_SYNTAX: Code = Code::new("FLW502", "template-syntax");
/// A filter the language does not have.
pub const UNKNOWN_FILTER: Code = Code::new("FLW503", "unknown-filter");
/// A test the language does not have.
pub const UNKNOWN_TEST: Code = Code::new("FLW504", "unknown-test");
/// A call: the language has no functions.
pub const UNKNOWN_FUNCTION: Code = Code::new("FLW505", "unknown-function");
/// Arguments, or an input, that a filter or a test does not take.
pub const BAD_ARGUMENTS: Code = Code::new("FLW506", "bad-arguments");
/// Another language's spelling: `=`, `&&`, `||`, `!`, braces around an expression.
pub const ASSIGNMENT_IN_CONDITION: Code = Code::new("FLW507", "assignment-in-condition");
/// A statement that texts do not have.
pub const FORBIDDEN_CONSTRUCT: Code = Code::new("FLW508", "forbidden-construct");
/// Something without a printed form is printed.
pub const PRINTS_NONE: Code = Code::new("FLW509", "prints-none-or-bool");
